/** Serves the screens: their pages and files, and the session of the browser that shows them. Everything else is the interface's. */

import type { Clock } from '../../base/clock.js'
import { type Instant, rfc3339, since } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import { type Refusal, isRefusal, refuse } from '../../contract/refusals.js'
import { type Actor, type Permission, may, permissions } from '../../contract/roles.js'
import type { WhoAmI } from '../../contract/session.js'
import type { Access } from '../access/access.js'
import { COOKIE, type Sessions } from '../access/sessions.js'
import type { HttpHandler, HttpReply, HttpRequest } from '../http.js'
import { openAssets } from './assets.js'

export interface ScreenParts {
  readonly desk: Desk
  readonly clock: Clock
  readonly access: Access
  readonly sessions: Sessions
  /** Where the bundler left its files. */
  readonly directory: string
  /** Cookies go over TLS only. */
  readonly secure: boolean
  /** Puts a refusal into the envelope of every other refusal. */
  readonly refused: (refusal: Refusal) => HttpReply
}

/** Paths that a screen answers to; what it shows there is its own business. */
const SCREENS = /^\/(?:(?:line|equipment|stop|shift|jobs|maintenance|explain)(?:\/.*)?)?$/

/** A handler that answers what concerns screens, and leaves the rest to `next`. */
export function openScreens({ desk, clock, access, sessions, directory, secure, refused }: ScreenParts, next: HttpHandler): HttpHandler {
  const assets = openAssets(directory)
  if (assets === null) return (request) => request.path === SESSION ? session(request) : next(request)
  const { build, pages } = assets

  function session(request: HttpRequest): HttpReply {
    switch (request.method) {
      case 'GET': {
        const actor = access.authorise(request)
        if (isRefusal(actor)) return refused(actor)
        const until = sessions.renew(request)
        return told(actor, until === null ? [] : [cookie(valueOf(request), until)])
      }
      case 'POST': {
        // The token is shown as it is shown everywhere, so wrong ones are counted as they are everywhere.
        if (request.header('authorization') === '') return refused(refuse('UNAUTHENTICATED'))
        const actor = access.authorise(request)
        if (isRefusal(actor)) return refused(actor)
        const { value, until } = sessions.open(actor)
        return told(actor, [cookie(value, until)])
      }
      case 'DELETE':
        sessions.end(request)
        return { status: 204, headers: [...quiet, cookie('', null)], body: '' }
      default:
        return refused(refuse('METHOD_NOT_ALLOWED', { allow: 'GET, POST, DELETE' }))
    }
  }

  function told(actor: Actor, cookies: readonly (readonly [string, string])[]): HttpReply {
    const who: WhoAmI = {
      name: actor.name, role: actor.role, lines: actor.lines === null ? null : [...actor.lines],
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
