/** Who is asking: one function for requests and sockets alike, by token, ticket or session. */

import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import { type Log, silentLog } from '../../base/log.js'
import type { Ms } from '../../base/units.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import type { Actor } from '../../contract/roles.js'
import type { Asking } from '../http.js'
import { type BucketRule, openBuckets } from './buckets.js'
import type { Identity } from './identity.js'
import type { Sessions } from './sessions.js'
import { type Tickets, openTickets } from './tickets.js'
import type { Tokens } from './tokens.js'

export interface Access {
  /** Takes a ticket when it is used: ask once for each request. Reads headers at once. */
  authorise(request: Asking): Actor | Refusal
  /** Resolves when `authorise` can tell who is asking; `null` when it can at once. Reads headers at once. */
  introduce(request: Asking): Promise<void> | null
  /** Is what `authorise` once found still true? Long-lived sockets ask now and then. */
  holds(actor: Actor): boolean
  readonly tickets: Tickets
}

export interface AccessParts {
  readonly tokens: Tokens
  readonly clock: Clock
  /** The screens' sessions. Only asked when there is a cookie. */
  readonly sessions?: Pick<Sessions, 'of' | 'holds'>
  /** The site's identity provider, where there is one. */
  readonly identity?: Identity | null
  readonly requests?: BucketRule
  /** Told who shows what opens nothing. */
  readonly log?: Log
}

export function openAccess({ tokens, clock, sessions, identity = null, requests = limits.requests, log = silentLog }: AccessParts): Access {
  const tickets = openTickets(clock)
  const served = openBuckets(requests, clock)
  const failed = openBuckets(limits.failedLogins, clock)

  function found(request: Asking): Actor | null {
    const shown = bearerOf(request)
    if (shown !== null) return tokens.actorOf(shown) ?? identity?.actorOf(shown) ?? null
    if (request.header('upgrade') !== '') {
      const ticket = ticketOf(request.header('sec-websocket-protocol'))
      if (ticket !== null) return tickets.take(ticket)
    }
    return sessions !== undefined && request.header('cookie') !== '' ? sessions.of(request) : null
  }

  return {
    tickets,
    authorise(request) {
      const actor = found(request)
      if (actor === null) {
        // Guessing 256 bits is hopeless; this keeps the guessing from costing us anything.
        const waitMs = failed.take(request.address)
        if (waitMs > 0) return tooMany(waitMs)
        // Whoever shows nothing has only not signed in; beyond the limit nothing is written either, so a log is not filled from outside.
        if (request.header('authorization') !== '') log.warn('a token that opens nothing was shown', { address: request.address })
        return refuse('UNAUTHENTICATED')
      }
      const waitMs = served.take(actor.id)
      return waitMs > 0 ? tooMany(waitMs) : actor
    },
    introduce(request) {
      const shown = identity === null ? null : bearerOf(request)
      return shown === null || identity === null ? null : identity.introduce(shown)
    },
    holds: (actor) => sessions?.holds(actor) ?? (tokens.holds(actor.id) || identity?.holds(actor.id) === true),
  }
}

/** What is shown as a token; empty when something else is shown, `null` when nothing is. */
function bearerOf(request: Asking): string | null {
  const authorization = request.header('authorization')
  if (authorization === '') return null
  return /^bearer /i.test(authorization) ? authorization.slice(7).trim() : ''
}

const tooMany = (waitMs: Ms): Refusal => refuse('TOO_MANY_REQUESTS', { retry_after_seconds: Math.ceil(waitMs / 1_000) })

/** The ticket in a list of offered subprotocols: `lineside.v1, ticket.<value>`. */
function ticketOf(protocols: string): string | null {
  const offer = protocols.split(',').map((protocol) => protocol.trim()).find((protocol) => protocol.startsWith('ticket.'))
  return offer === undefined ? null : offer.slice('ticket.'.length)
}
