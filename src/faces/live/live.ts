/** The socket face: lets readers in, and keeps each one's screen true. */

import type { Clock } from '../../base/clock.js'
import { type Mono, laterMono } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import type { SocketConnection, SocketStats } from '../../contract/endpoints/sockets.js'
import { type Refusal, isRefusal, refuse } from '../../contract/refusals.js'
import type { Actor } from '../../contract/roles.js'
import type { HttpReply, HttpRequest, HttpUpgrader, Server, Welcome } from '../http.js'
import { CatchUp } from './catch-up.js'
import { Fanout } from './fanout.js'
import { scopeOf } from './scope.js'
import { HEARTBEAT, Session } from './session.js'
import { Stats } from './stats.js'
import { socketWord } from './words.js'

export const SUBPROTOCOL = 'lineside.v1'
const CLOSED_UNAUTHENTICATED = 4401

export interface LiveParts {
  readonly desk: Desk
  readonly clock: Clock
  readonly access: LiveAccess
  /** Puts a refusal into the envelope of every other refusal. */
  readonly refused: (refusal: Refusal) => HttpReply
}

/** The same answers that any request gets. */
export interface LiveAccess {
  /** By header, by ticket in the offered subprotocols, or by session cookie. */
  authorise(request: HttpRequest): Actor | Refusal
  /** Is it still so? Asked with every heartbeat. */
  holds(actor: Actor): boolean
}

/** Started before its server, stopped after it. */
export interface Live {
  readonly upgrade: HttpUpgrader
  /** The server that publishes; to be called once, before the first socket. */
  attach(server: Pick<Server, 'publish' | 'backlog'>): void
  /** The open sockets within the actor's reach. */
  connections(actor: Actor): SocketConnection[]
  stats(): SocketStats
  stop(): void
}

export function startLive({ desk, clock, access, refused }: LiveParts): Live {
  const { heartbeat: heartbeatMs, reading_interval: readingMs, allowed_origins: origins } = desk.config.server
  const sessions = new Set<Session>()
  const stats = new Stats()
  const stopped = new AbortController()
  const started = desk.now().toString(36)
  let server: Pick<Server, 'publish' | 'backlog'> | null = null
  let openedCount = 0

  const publish = (topic: string, text: string): void => { server?.publish(topic, text) }
  const catchUp: CatchUp = new CatchUp(desk, () => fanout)
  const fanout: Fanout = new Fanout({
    desk, clock, stats, publish, readingMs,
    announced(facts) {
      catchUp.announced()
      if (facts.some((fact) => fact.type === 'config_applied')) for (const session of sessions) session.refresh()
    },
  })
  const parts = { desk, clock, stats, fanout, catchUp, heartbeatMs, began, ended }

  function began(session: Session): void { sessions.add(session) }
  function ended(session: Session): void { sessions.delete(session) }

  function welcome(request: HttpRequest): Welcome | HttpReply {
    const address = addressOf(request)
    if (isRefusal(address)) return refused(address)
    const offered = request.header('sec-websocket-protocol').split(',').map((protocol) => protocol.trim())
    if (!isTrustedOrigin(request, offered, origins)) return refused(refuse('FORBIDDEN', { origin: request.header('origin') }))
    const actor = access.authorise(request)
    if (isRefusal(actor)) return refused(actor)
    const scope = scopeOf(desk, actor, address)
    if (isRefusal(scope)) return refused(scope)
    const session = new Session(`${started}-${++openedCount}`, actor, scope, parts)
    return { listener: session, protocol: offered.includes(SUBPROTOCOL) ? SUBPROTOCOL : '' }
  }

  function beat(): void {
    for (const session of sessions) {
      if (access.holds(session.actor)) session.beat()
      else session.close(CLOSED_UNAUTHENTICATED, 'the token no longer holds')
    }
    publish(HEARTBEAT, socketWord('ping', desk.now(), fanout.head, { seq: fanout.head }))
  }

  async function keepBeating(): Promise<void> {
    for (let due: Mono = laterMono(clock.mono(), heartbeatMs); ; due = laterMono(clock.mono(), heartbeatMs)) {
      await clock.wait(due, stopped.signal)
      if (stopped.signal.aborted) return
      beat()
    }
  }
  void keepBeating()

  return {
    upgrade: welcome,
    attach(to) { server = to },
    connections: (actor) => [...sessions]
      .filter(({ lines }) => actor.lines === null || lines.every((line) => actor.lines?.includes(line)))
      .map((session) => session.describe()),
    stats: () => {
      const { bytes, slowCount } = server?.backlog() ?? { bytes: 0, slowCount: 0 }
      return stats.report({ connections: sessions.size, queuedBytes: bytes, slowCount })
    },
    stop() {
      stopped.abort()
      fanout.stop()
    },
  }
}

const LINE = /^\/api\/v1\/ws\/production(?:\/([^/]+))?$/
const EQUIPMENT = /^\/api\/v1\/ws\/equipment\/([^/]+)$/

/** What a socket's address is about. A token has no place in it: addresses end up in logs. */
function addressOf({ path, query }: HttpRequest): { line: string | null; equipment: string | null } | Refusal {
  const asked = new URLSearchParams(query)
  const equipment = EQUIPMENT.exec(path)?.[1] ?? null
  const line = LINE.exec(path)
  if (equipment === null && line === null) return refuse('NOT_FOUND')
  const inPath = line?.[1] ?? null
  const allowed = equipment === null && inPath === null ? ['line_id'] : []
  const unknown = [...asked.keys()].find((name) => !allowed.includes(name))
  if (unknown !== undefined) return refuse('BODY_MISFIT', [{ path: unknown, message: 'there is no such query parameter' }])
  return { line: inPath ?? asked.get('line_id'), equipment }
}

/**
 * A browser sends its cookie from any page; only the page's origin tells whether the person wanted it.
 * Who shows a token or a ticket has proven that already.
 */
function isTrustedOrigin(request: HttpRequest, offered: readonly string[], origins: readonly string[]): boolean {
  if (request.header('authorization') !== '' || offered.some((protocol) => protocol.startsWith('ticket.'))) return true
  if (request.header('cookie') === '') return true
  const origin = request.header('origin')
  const host = request.header('host')
  return origins.includes(origin) || origin === `http://${host}` || origin === `https://${host}`
}
