/** Events that concern one connection only; they are neither journalled nor numbered. */

import { z } from '../schema.js'
import { socketEvent } from './event.js'

const scope = z.strictObject({ lines: z.array(z.string()), equipment: z.array(z.string()).nullable() })
const subscription = z.strictObject({ event_types: z.array(z.string()), line_id: z.string().nullable(), equipment_code: z.string().nullable() })

export const connectionEstablished = socketEvent('The socket is open.', z.strictObject({
  connection_id: z.string(), gateway: z.string(), epoch: z.string(), seq: z.int(), heartbeat_seconds: z.number(), event_types: z.array(z.string()), scope,
}), { connection_id: 'c1', gateway: 'demo', epoch: '1', seq: 17, heartbeat_seconds: 5, event_types: ['state_changed'], scope: { lines: ['BP01'], equipment: null } })
export const initialStatus = socketEvent('The whole view, true as of `seq`; events follow from the next number on.', z.looseObject({ lines: z.array(z.looseObject({})) }), { lines: [] })
export const status = socketEvent('The answer to get_status.', z.looseObject({ lines: z.array(z.looseObject({})) }), { lines: [] })
export const subscriptionUpdated = socketEvent('The subscriptions of this socket, after a change.', z.strictObject({ subscriptions: z.array(subscription) }), { subscriptions: [] })
export const ping = socketEvent('A heartbeat with the number the journal has reached.', z.strictObject({ seq: z.int() }), { seq: 17 })
export const pong = socketEvent('The answer to a ping of the client.', z.strictObject({ seq: z.int() }), { seq: 17 })
export const snapshotRequired = socketEvent('What was missed is no longer kept, or is of another epoch: take a new snapshot.', z.strictObject({ epoch: z.string(), first_seq: z.int(), seq: z.int() }), { epoch: '1', first_seq: 1, seq: 17 })
export const error = socketEvent('The last message could not be obeyed; the socket stays open.', z.strictObject({ code: z.string(), message: z.string() }), { code: 'UNKNOWN_MESSAGE', message: 'unknown message type "hello"' })
