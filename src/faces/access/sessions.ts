/** Sessions of the screens: a browser showed a token once, and from then on its cookie stands for it; a person may work there on top of it. */

import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import { type Instant, instantOf, later, rfc3339 } from '../../base/units.js'
import { type Actor, roles } from '../../contract/roles.js'
import { instantText, z } from '../../contract/schema.js'
import type { Asking } from '../http.js'
import type { Person } from './people.js'

const actor = z.strictObject({ id: z.string(), name: z.string(), role: z.enum(roles), lines: z.array(z.string()).nullable() })
const entry = z.strictObject({
  /** SHA-256 of the cookie's value, in hex: whoever reads the file cannot use a session. */
  hash: z.string().regex(/^[0-9a-f]{64}$/), until: instantText,
  actor, person: z.strictObject({ actor, until: instantText }).nullable().default(null),
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

  /** The station behind a request, and who is signed on there; `null` when it has no session. */
  at(request: Asking): Station | null
  /** From now on the person acts at the station of this request, with their own rights, as far as both reach. `null` without a session. */
  signOn(request: Asking, person: Person): Station | null
  /** The person is still there. */
  stay(request: Asking): Station | null
  signOff(request: Asking): Station | null
}

export interface Station {
  readonly actor: Actor
  readonly person: { readonly actor: Actor; readonly until: Instant } | null
}

export interface SessionParts {
  readonly directory: string
  readonly clock: Clock
  /** A session ends with the token it was opened with. */
  readonly tokenHolds: (id: string) => boolean
  /** A person's time at a station ends when their PIN or their rights change. */
  readonly personHolds: (id: string) => boolean
}

export const COOKIE = 'lineside'

interface Session extends Station { readonly until: Instant }

/** The sessions in `sessions.json` of the data directory, so that a panel on the wall outlives a restart of the gateway. */
export function openSessions({ directory, clock, tokenHolds, personHolds }: SessionParts): Sessions {
  const path = join(directory, 'sessions.json')
  // In the order of opening or renewal, so the first ends first.
  const sessions = new Map<string, Session>(read(path))
  const byActor = new WeakMap<Actor, string>([...sessions].flatMap(([hash, { actor, person }]) => [actor, ...person === null ? [] : [person.actor]].map((one) => [one, hash] as const)))

  const isGood = (session: Session | undefined): session is Session => session !== undefined && clock.now() < session.until && tokenHolds(session.actor.id)

  /** The person at a station, unless they have been away for too long or are not known any more. */
  const personAt = ({ person }: Session): Station['person'] => person !== null && clock.now() < person.until && personHolds(person.actor.id) ? person : null
  const stationOf = (session: Session): Station => ({ actor: session.actor, person: personAt(session) })

  function keep(hash: string, { actor, person }: Station): Instant {
    for (const [old, session] of sessions) if (!isGood(session) || sessions.size >= limits.sessionsMax) sessions.delete(old)
    const until = later(clock.now(), limits.sessionMs)
    sessions.delete(hash)
    sessions.set(hash, { actor, person, until })
    byActor.set(actor, hash)
    if (person !== null) byActor.set(person.actor, hash)
    write(path, sessions)
    return until
  }

  /** Changes who is at the station of a request. */
  function change(request: Asking, next: (station: Station) => Station['person']): Station | null {
    const own = found(request)
    if (own === null) return null
    const station = { actor: own.session.actor, person: next(stationOf(own.session)) }
    keep(own.hash, station)
    return station
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
      return { value, until: keep(hashOf(value), { actor: { ...actor }, person: null }) }
    },
    of(request) {
      const session = found(request)?.session
      return session === undefined ? null : personAt(session)?.actor ?? session.actor
    },
    holds(actor) {
      const hash = byActor.get(actor)
      if (hash === undefined) return null
      const session = sessions.get(hash)
      return isGood(session) && (session.actor === actor || personAt(session)?.actor === actor)
    },
    renew(request) {
      const own = found(request)
      if (own === null) return null
      const isFresh = own.session.until - clock.now() > limits.sessionMs - RENEW_MS
      return isFresh ? own.session.until : keep(own.hash, stationOf(own.session))
    },
    end(request) {
      const own = found(request)
      if (own === null) return
      sessions.delete(own.hash)
      write(path, sessions)
    },
    at(request) {
      const own = found(request)
      return own === null ? null : stationOf(own.session)
    },
    signOn: (request, person) => change(request, ({ actor }) => ({ actor: actingAt(actor, person), until: later(clock.now(), limits.personAwayMs) })),
    stay: (request) => change(request, ({ person }) => person === null ? null : { actor: person.actor, until: later(clock.now(), limits.personAwayMs) }),
    signOff: (request) => change(request, () => null),
  }
}

/** A person reaches no line from here that the station does not. */
function actingAt(station: Actor, { id, name, role, lines }: Person): Actor {
  return { id, name, role, lines: station.lines === null ? lines : lines === null ? station.lines : lines.filter((line) => station.lines?.includes(line)) }
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
    return sessionFile.parse(JSON.parse(readFileSync(path, 'utf8'))).sessions.map(({ hash, until, actor, person }) =>
      [hash, { actor, person: person === null ? null : { actor: person.actor, until: instantOf(person.until)! }, until: instantOf(until)! }])
  } catch {
    return []
  }
}

function write(path: string, sessions: ReadonlyMap<string, Session>): void {
  const kept = [...sessions].map(([hash, { actor, person, until }]) =>
    ({ hash, until: rfc3339(until), actor, person: person === null ? null : { actor: person.actor, until: rfc3339(person.until) } }))
  writeFileSync(`${path}.new`, `${JSON.stringify({ version: 1, sessions: kept })}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
