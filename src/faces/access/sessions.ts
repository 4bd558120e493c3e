/** Sessions of the screens: a browser showed a token once, and from then on its cookie stands for it. */

import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import { type Instant, instantOf, later, rfc3339 } from '../../base/units.js'
import { type Actor, roles } from '../../contract/roles.js'
import { instantText, z } from '../../contract/schema.js'
import type { Asking } from './access.js'

const entry = z.strictObject({
  /** SHA-256 of the cookie's value, in hex: whoever reads the file cannot use a session. */
  hash: z.string().regex(/^[0-9a-f]{64}$/), until: instantText,
  actor: z.strictObject({ id: z.string(), name: z.string(), role: z.enum(roles), lines: z.array(z.string()).nullable() }),
})
const sessionFile = z.strictObject({ version: z.literal(1), sessions: z.array(entry).max(limits.sessionsMax) })

export interface Sessions {
  /** Opens one. `value` is the cookie's and is kept nowhere. */
  open(actor: Actor): { readonly value: string; readonly until: Instant }
  /** Whose session a request carries; `null` when it has none that is good, or comes from a page of another site. */
  of(request: Asking): Actor | null
  /** Is the session behind this actor still good? `null` when the actor came without a session. */
  holds(actor: Actor): boolean | null
  /** A session in use is as good as new: until when it is good from now on, `null` when there is none. */
  renew(request: Asking): Instant | null
  end(request: Asking): void
}

export interface SessionParts {
  readonly directory: string
  readonly clock: Clock
  /** A session ends with the token it was opened with. */
  readonly tokenHolds: (id: string) => boolean
}

export const COOKIE = 'lineside'

interface Session { readonly actor: Actor; readonly until: Instant }

/** The sessions in `sessions.json` of the data directory, so that a panel on the wall outlives a restart of the gateway. */
export function openSessions({ directory, clock, tokenHolds }: SessionParts): Sessions {
  const path = join(directory, 'sessions.json')
  // In the order of opening or renewal, so the first ends first.
  const sessions = new Map<string, Session>(read(path))
  const byActor = new WeakMap<Actor, string>([...sessions].map(([hash, { actor }]) => [actor, hash]))

  const isGood = (session: Session | undefined): session is Session => session !== undefined && clock.now() < session.until && tokenHolds(session.actor.id)

  function keep(hash: string, actor: Actor): Instant {
    for (const [old, session] of sessions) if (!isGood(session) || sessions.size >= limits.sessionsMax) sessions.delete(old)
    const until = later(clock.now(), limits.sessionMs)
    sessions.delete(hash)
    sessions.set(hash, { actor, until })
    byActor.set(actor, hash)
    write(path, sessions)
    return until
  }

  function found(request: Asking): { readonly hash: string; readonly session: Session } | null {
    const value = cookieOf(request.header('cookie'))
    if (value === null || !isOwnPage(request)) return null
    const hash = hashOf(value)
    const session = sessions.get(hash)
    return isGood(session) ? { hash, session } : null
  }

  return {
    open(actor) {
      const value = randomBytes(32).toString('base64url')
      // A copy of its own, so that `holds` tells this session from the token and from other sessions of it.
      return { value, until: keep(hashOf(value), { ...actor }) }
    },
    of: (request) => found(request)?.session.actor ?? null,
    holds(actor) {
      const hash = byActor.get(actor)
      return hash === undefined ? null : isGood(sessions.get(hash))
    },
    renew(request) {
      const own = found(request)
      if (own === null) return null
      const isFresh = own.session.until - clock.now() > limits.sessionMs - RENEW_MS
      return isFresh ? own.session.until : keep(own.hash, own.session.actor)
    },
    end(request) {
      const own = found(request)
      if (own === null) return
      sessions.delete(own.hash)
      write(path, sessions)
    },
  }
}

/** The file is written at most this often for a session that is only used. */
const RENEW_MS = 24 * 3_600_000

const hashOf = (value: string): string => createHash('sha256').update(value).digest('hex')

function cookieOf(header: string): string | null {
  const pair = header.split(';').map((part) => part.trim()).find((part) => part.startsWith(`${COOKIE}=`))
  return pair === undefined ? null : pair.slice(COOKIE.length + 1)
}

/**
 * `SameSite=Strict` keeps the cookie from other sites; another program on the same host but another port is the same site, though.
 * Browsers name the origin with everything that can change something, and say with every request where it comes from.
 */
function isOwnPage(request: Asking): boolean {
  const origin = request.header('origin')
  const host = request.header('host')
  const site = request.header('sec-fetch-site')
  return (origin === '' || origin === `http://${host}` || origin === `https://${host}`) && ['', 'same-origin', 'none'].includes(site)
}

/** A file that is missing or makes no sense costs a login, not the start of the gateway. */
function read(path: string): [string, Session][] {
  try {
    return sessionFile.parse(JSON.parse(readFileSync(path, 'utf8'))).sessions.map(({ hash, until, actor }) => [hash, { actor, until: instantOf(until)! }])
  } catch {
    return []
  }
}

function write(path: string, sessions: ReadonlyMap<string, Session>): void {
  const kept = [...sessions].map(([hash, { actor, until }]) => ({ hash, until: rfc3339(until), actor }))
  writeFileSync(`${path}.new`, `${JSON.stringify({ version: 1, sessions: kept })}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
