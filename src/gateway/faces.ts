/** The faces that are served over HTTP, and who may come in: the same for a gateway that works and for one that stands by. */

import { fileURLToPath } from 'node:url'
import type { Clock } from '../base/clock.js'
import type { Log } from '../base/log.js'
import type { Config } from '../contract/config.js'
import type { Desk } from '../contract/desk.js'
import type { Journal } from '../contract/journal.js'
import { openAccess } from '../faces/access/access.js'
import { introduced } from '../faces/access/introduced.js'
import { type People, openPeople } from '../faces/access/people.js'
import { openSessions } from '../faces/access/sessions.js'
import { type Tokens, firstToken, openTokens } from '../faces/access/tokens.js'
import { openApi } from '../faces/api/api.js'
import type { House } from '../faces/api/handlers.js'
import { startLive } from '../faces/live/live.js'
import { openScreens } from '../faces/screens/screens.js'
import { leaveServed, removeServed, urlOf } from '../faces/served.js'
import { openServer } from '../faces/server.js'
import type { Parts } from './parts.js'
import { startReporter } from './reporter.js'

export interface FacesParts {
  readonly desk: Desk
  readonly house: Omit<House, 'doors' | 'past'>
  readonly journal: Pick<Journal, 'flush'>
  readonly doors: Doors
  readonly directory: string
  /** With what the command line says in place of settings. */
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  /** Takes what has to be stopped. */
  readonly parts: Parts
}

export interface Doors { readonly tokens: Tokens; readonly people: People; /** Shown once, on the first start only. */ readonly firstToken: string | null }

export async function openDoors(directory: string, clock: Clock): Promise<Doors> {
  const tokens = openTokens(directory, clock)
  return { tokens, people: openPeople(directory, clock), firstToken: await firstToken(tokens) }
}

/** Resolves with the address when it is served. */
export async function serveFaces({ desk, house, journal, doors, directory, config, clock, log, parts }: FacesParts): Promise<string> {
  const { tokens, people } = doors
  const { host, tls, jwt } = config.server
  // Its library is loaded where there is a provider, and nowhere else.
  const identity = jwt === undefined ? null : (await import('../faces/access/identity.js')).openIdentity(jwt, clock, log.of('access'))
  const sessions = openSessions({ directory, clock, tokenHolds: (id) => tokens.holds(id) || identity?.holds(id) === true, personHolds: (id) => people.holds(id) })
  const access = openAccess({ tokens, clock, sessions, identity, log: log.of('access') })
  const live = startLive({ desk, clock, access, refused: (refusal) => api.refused(refusal) })
  parts.add('sockets', () => { live.stop() })
  const reporter = startReporter({ directory, clock, inForce: () => ({ config: desk.config, version: desk.configVersion }), told: (line) => desk.told(line), corrected: (line) => desk.corrected(line), before: (line) => desk.before(line), flush: () => journal.flush() })
  parts.add('reports', () => reporter.stop())
  const api = openApi({ desk, access, sockets: live, house: { ...house, doors, past: reporter.handlers }, log: log.of('api') })
  const screens = { desk, clock, access, sessions, people, directory: fileURLToPath(new URL('../../hmi', import.meta.url)), secure: tls !== undefined, refused: api.refused, log: log.of('access') }
  const server = await openServer({
    adapter: config.server.adapter, host, port: config.server.port,
    tls: tls === undefined ? null : { certFile: tls.cert_file, keyFile: tls.key_file },
    handler: introduced(access, openScreens(screens, api.handler)), upgrade: introduced(access, live.upgrade), refused: api.refused, log: log.of('server'), limits: { socketBacklogBytesMax: config.server.socket_backlog },
  })
  live.attach(server)
  parts.add('server', () => server.stop())

  leaveServed(directory, { url: urlOf({ ...config.server, port: server.port }), certificateFile: tls?.cert_file ?? null })
  parts.add('address', () => { removeServed(directory) })
  return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${server.port}`
}
