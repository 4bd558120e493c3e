/** Beside the sockets: tickets to open one, what they carry, and how they are doing. */

import { instantText, z } from '../schema.js'
import { asks } from './endpoint.js'

const tag = 'sockets'
const base = '/api/v1/ws'

export const subscription = z.strictObject({ event_types: z.array(z.string()), line_id: z.string().nullable(), equipment_code: z.string().nullable() })
export const connection = z.strictObject({
  connection_id: z.string(), actor: z.string(), since: instantText, lines: z.array(z.string()), equipment: z.array(z.string()).nullable(), subscriptions: z.array(subscription),
})
export const socketStats = z.strictObject({
  connections: z.number(), sent: z.record(z.string(), z.number()).describe('messages by type'), queued_bytes: z.number(),
  resumed: z.number(), closed_too_slow: z.number(), fan_out_milliseconds: z.strictObject({ p50: z.number(), p99: z.number() }),
})
export type SocketConnection = z.output<typeof connection>
export type SocketStats = z.output<typeof socketStats>

export const sockets = {
  socket_ticket: asks({
    method: 'POST', path: `${base}/tickets`, tag, sentence: 'A ticket that opens one socket within 30 seconds; offer it as subprotocol `ticket.<value>`.',
    data: () => z.strictObject({ ticket: z.string(), expires_at: instantText, subprotocols: z.array(z.string()).describe('what to offer in the upgrade') }),
  }),
  event_types: asks({
    path: `${base}/production/events/types`, tag, sentence: 'Every event a socket can carry, with its schema and an example.',
    data: () => z.strictObject({ event_types: z.array(z.strictObject({
      event_type: z.string(), kind: z.enum(['fact', 'reading', 'socket']), sentence: z.string(), schema: z.record(z.string(), z.unknown()), example: z.unknown(),
    })) }),
  }),
  subscriptions: asks({
    path: `${base}/production/subscriptions`, tag, sentence: 'The open sockets within the token\'s reach, with what each has subscribed to.',
    data: () => z.strictObject({ connections: z.array(connection) }),
  }),
  socket_stats: asks({ path: `${base}/production/stats`, tag, sentence: 'How the sockets are doing.', data: () => socketStats }),
} as const
