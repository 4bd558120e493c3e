/** Tickets: how a browser elsewhere opens a socket without putting a token into an address. Each opens one, once, soon. */

import { randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import { type Instant, type Mono, later, laterMono } from '../../base/units.js'
import type { Actor } from '../../contract/roles.js'

export interface Tickets {
  issue(actor: Actor): { readonly ticket: string; readonly expiresAt: Instant }
  /** The actor it was issued to; `null` when it is unknown, used or too old. Either way it is gone. */
  take(ticket: string): Actor | null
}

export function openTickets(clock: Clock): Tickets {
  // In the order of issue, so the oldest stand first.
  const open = new Map<string, { readonly actor: Actor; readonly until: Mono }>()

  function forgetOld(): void {
    for (const [ticket, { until }] of open) {
      if (clock.mono() < until && open.size < limits.ticketsMax) return
      open.delete(ticket)
    }
  }

  return {
    issue(actor) {
      forgetOld()
      const ticket = randomBytes(32).toString('base64url')
      open.set(ticket, { actor, until: laterMono(clock.mono(), limits.ticketMs) })
      return { ticket, expiresAt: later(clock.now(), limits.ticketMs) }
    },
    take(ticket) {
      const entry = open.get(ticket)
      open.delete(ticket)
      return entry !== undefined && clock.mono() < entry.until ? entry.actor : null
    },
  }
}
