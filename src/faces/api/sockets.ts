/** Answers beside the sockets: tickets, the events there are, and how the sockets are doing. */

import { rfc3339 } from '../../base/units.js'
import type { SocketConnection, SocketStats } from '../../contract/endpoints/sockets.js'
import { catalogue } from '../../contract/events/catalogue.js'
import type { Actor } from '../../contract/roles.js'
import { z } from '../../contract/schema.js'
import type { Tickets } from '../access/tickets.js'
import type { Handlers } from './ask.js'

/** What the socket face tells of itself. */
export interface SocketDesk {
  /** The open sockets that the actor may see. */
  connections(actor: Actor): SocketConnection[]
  stats(): SocketStats
}

export function socketHandlers(tickets: Tickets, sockets: SocketDesk): Pick<Handlers, 'socket_ticket' | 'event_types' | 'subscriptions' | 'socket_stats'> {
  const eventTypes = eventTypesOf()
  return {
    socket_ticket({ actor }) {
      const { ticket, expiresAt } = tickets.issue(actor)
      return { ticket, expires_at: rfc3339(expiresAt), subprotocols: ['lineside.v1', `ticket.${ticket}`] }
    },
    event_types: () => ({ event_types: eventTypes }),
    subscriptions: ({ actor }) => ({ connections: sockets.connections(actor) }),
    socket_stats: () => sockets.stats(),
  }
}

const eventTypesOf = () => Object.entries(catalogue)
  .map(([event_type, { kind, sentence, body, example }]) => ({ event_type, kind, sentence, schema: z.toJSONSchema(body) as Record<string, unknown>, example: example as unknown }))
  .sort((one, other) => rank(one.kind) - rank(other.kind))

/** What one subscribes to stands first. */
const rank = (kind: string): number => ['fact', 'reading', 'socket'].indexOf(kind)
