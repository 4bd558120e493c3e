/** Serves the screens: their pages and files, and the session of the browser that shows them. Everything else is the interface's. */

import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import type { Log } from '../../base/log.js'
import { type Instant, rfc3339, since } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import { type Refusal, isRefusal, misfitsOf, refuse } from '../../contract/refusals.js'
import { type Actor, type Permission, may, permissions } from '../../contract/roles.js'
import { z } from '../../contract/schema.js'
import { type WhoAmI, pin } from '../../contract/session.js'
import type { Access } from '../access/access.js'
import { openBuckets } from '../access/buckets.js'
import type { People, Person } from '../access/people.js'
import { changeOf } from '../access/record.js'
import { COOKIE, type Sessions, type Station } from '../access/sessions.js'
import type { Asking, HttpHandler, HttpReply, HttpRequest } from '../http.js'
import { openAssets } from './assets.js'

export interface ScreenParts {
  readonly desk: Desk
  readonly clock: Clock
  readonly access: Access
  readonly sessions: Sessions
  readonly people: People
  /** Where the bundler left its files. */
  readonly directory: string
  /** Cookies go over TLS only. */
  readonly secure: boolean
  /** Puts a refusal into the envelope of every other refusal. */
  readonly refused: (refusal: Refusal) => HttpReply
  readonly log: Log
}

/** Paths that a screen answers to; what it shows there is its own business. */
const SCREENS = /^\/(?:(?:line|equipment|signal|stop|shift|jobs|maintenance|explain|why|log|configuration|audit|tokens|people)(?:\/.*)?)?$/

/** A handler that answers what concerns screens, and leaves the rest to `next`. */
export function openScreens({ desk, clock, access, sessions, people, directory, secure, refused, log }: ScreenParts, next: HttpHandler): HttpHandler {
  const assets = openAssets(directory)
  const tries = openBuckets(limits.pinTries, clock)
  if (assets === null) return (request) => request.path === SESSION ? session(request) : request.path === PERSON ? person(request) : next(request)
  const { build, pages } = assets

  function session(request: HttpRequest): HttpReply {
    switch (request.method) {
      case 'GET': {
        const actor = access.authorise(request)
        if (isRefusal(actor)) return refused(actor)
        const until = sessions.renew(request)
        return told(actor, sessions.at(request), until === null ? [] : [cookie(valueOf(request), until)])
      }
      case 'POST': {
        // The token is shown as it is shown everywhere, so wrong ones are counted as they are everywhere.
        if (request.header('authorization') === '') return refused(refuse('UNAUTHENTICATED'))
        const actor = access.authorise(request)
        if (isRefusal(actor)) return refused(actor)
        const { value, until } = sessions.open(actor)
        return told(actor, null, [cookie(value, until)])
      }
      case 'DELETE':
        sessions.end(request)
        return { status: 204, headers: [...quiet, cookie('', null)], body: '' }
      default:
        return refused(refuse('METHOD_NOT_ALLOWED', { allow: 'GET, POST, DELETE' }))
    }
  }

  /** Who works at the station: a PIN opens, a touch prolongs, and leaving gives the station back. */
  function person(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const actor = access.authorise(request)
    if (isRefusal(actor)) return refused(actor)
    const station = sessions.at(request)
    // Without a station a PIN opens nothing, whoever knows it.
    if (station === null) return refused(refuse('UNAUTHENTICATED'))
    switch (request.method) {
      case 'POST': return signOn(request, station)
      case 'PATCH': return changed(sessions.stay(request))
      case 'PUT': return newPin(request, station)
      case 'DELETE': return changed(sessions.signOff(request))
      default: return refused(refuse('METHOD_NOT_ALLOWED', { allow: 'POST, PUT, PATCH, DELETE' }))
    }
  }

  const changed = (station: Station | null): HttpReply => station === null ? refused(refuse('UNAUTHENTICATED')) : told(station.person?.actor ?? station.actor, station, [])

  async function signOn(request: HttpRequest, station: Station): Promise<HttpReply> {
    const wish = proving.safeParse(jsonOf(request.body))
    if (!wish.success) return refused(refuse('BODY_MISFIT', misfitsOf(wish.error)))
    const asking = askingOf(request)
    const proved = await provedBy(asking, station, wish.data)
    if (isRefusal(proved)) return refused(proved)
    if (!reaches(station.actor, proved)) return refused(wrongPin(asking, station, proved.name))
    log.info('a person signed on', { person: proved.name, station: station.actor.name })
    return changed(sessions.signOn(asking, proved))
  }

  /** Whoever works here gives themselves another PIN, and proves by the old one that nobody else does it while they are away. */
  async function newPin(request: HttpRequest, station: Station): Promise<HttpReply> {
    const { person: here } = station
    if (here === null) return refused(refuse('UNAUTHENTICATED'))
    const wish = renewing.safeParse(jsonOf(request.body))
    if (!wish.success) return refused(refuse('BODY_MISFIT', misfitsOf(wish.error)))
    const asking = askingOf(request)
    const proved = await provedBy(asking, station, { name: here.actor.name, pin: wish.data.pin })
    if (isRefusal(proved)) return refused(proved)
    const record = await people.set({ name: proved.name, role: proved.role, lines: proved.lines, pin: wish.data.next })
    await desk.record(changeOf('pin', 'changed', { ...record, of: record.name }, here.actor, desk.now()))
    // What was opened with the old PIN has ended with it, here too: this station goes on with the new one.
    return changed(sessions.signOn(asking, record))
  }

  /** The person whose PIN this is; how long to wait when too many wrong ones came from here or for them. */
  async function provedBy(asking: Asking, station: Station, { name, pin: given }: z.infer<typeof proving>): Promise<Person | Refusal> {
    const tooFast = tries.take(asking.address)
    if (tooFast > 0) return tooMany(tooFast)
    const proved = await people.prove(name, given)
    if (proved === null) return wrongPin(asking, station, name)
    return 'waitMs' in proved ? tooMany(proved.waitMs) : proved
  }

  function wrongPin({ address }: Asking, station: Station, person: string): Refusal {
    log.warn('a PIN was wrong', { person, station: station.actor.name, address })
    return refuse('PIN_WRONG')
  }

  function told(actor: Actor, station: Station | null, cookies: readonly (readonly [string, string])[]): HttpReply {
    const who: WhoAmI = {
      name: actor.name, station: station?.actor.name ?? actor.name, person: station === null || station.person === null ? null : { name: station.person.actor.name, until: rfc3339(station.person.until) },
      people: people.list().filter((one) => reaches(station?.actor ?? actor, one)).map(({ name }) => name).sort(), away_seconds: limits.personAwayMs / 1_000,
      role: actor.role, lines: actor.lines === null ? null : [...actor.lines],
      permissions: (Object.keys(permissions) as Permission[]).filter((permission) => may(actor, permission, null)),
      gateway: desk.gateway, version: desk.version, build: assets?.build ?? '', time_zone: desk.config.gateway.time_zone, now: rfc3339(desk.now()),
    }
    return { status: 200, headers: [...quiet, ['Content-Type', 'application/json; charset=utf-8'], ...cookies], body: JSON.stringify({ success: true, data: who }) }
  }

  function cookie(value: string, until: Instant | null): readonly [string, string] {
    const seconds = until === null ? 0 : Math.floor(since(until, clock.now()) / 1_000)
    return ['Set-Cookie', `${COOKIE}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`]
  }

  return (request) => {
    const { method, path } = request
    if (path === SESSION) return session(request)
    if (path === PERSON) return person(request)
    if (path.startsWith('/api/') || method !== 'GET') return next(request)
    if (path.startsWith('/assets/')) return assets.reply(path.slice('/assets/'.length), request) ?? refused(refuse('NOT_FOUND'))
    if (path === '/build') return { status: 200, headers: [...quiet, ['Content-Type', 'text/plain; charset=utf-8']], body: build }
    if (path === '/andon') return { status: 200, headers: pageHeaders, body: pages.board }
    if (SCREENS.test(path)) return { status: 200, headers: pageHeaders, body: pages.index }
    const wantsPage = request.header('accept').includes('text/html')
    const reply = next(request)
    // A person who mistyped an address is told so by a screen, with the way back; a program gets the refusal.
    return wantsPage && !(reply instanceof Promise) && reply.status === 404 ? { status: 404, headers: pageHeaders, body: pages.index } : reply
  }
}

const SESSION = '/api/v1/session'
const PERSON = '/api/v1/session/person'

const proving = z.strictObject({ name: z.string().min(1).max(200), pin })
const renewing = z.strictObject({ pin, next: pin })

function jsonOf(body: Buffer): unknown {
  try { return JSON.parse(body.toString('utf8')) } catch { return null }
}

const tooMany = (waitMs: number): Refusal => refuse('TOO_MANY_REQUESTS', { retry_after_seconds: Math.ceil(waitMs / 1_000) })

/** What a request says of itself, asked for before the wait; later it is not there any more. */
function askingOf(request: HttpRequest): Asking {
  const headers = new Map(['cookie', 'origin', 'host', 'sec-fetch-site'].map((name) => [name, request.header(name)]))
  return { address: request.address, header: (name) => headers.get(name) ?? '' }
}

/** Has this person anything to do at this station? */
const reaches = (station: Actor, { lines }: Pick<Person, 'lines'>): boolean => station.lines === null || lines === null || lines.some((line) => station.lines?.includes(line))

const valueOf = (request: HttpRequest): string => new RegExp(`(?:^|;\\s*)${COOKIE}=([^;]*)`).exec(request.header('cookie'))?.[1] ?? ''

const quiet: HttpReply['headers'] = [['Cache-Control', 'no-store'], ['X-Content-Type-Options', 'nosniff'], ['Referrer-Policy', 'no-referrer']]

/** A page runs nothing and shows nothing but what this gateway serves, and nobody can put it into a frame. */
const pageHeaders: HttpReply['headers'] = [
  ...quiet,
  ['Content-Type', 'text/html; charset=utf-8'],
  ['Content-Security-Policy', [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "font-src 'self'", "connect-src 'self'", "manifest-src 'self'",
    "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
  ].join('; ')],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Permissions-Policy', 'camera=(), microphone=(), geolocation=()'],
]
