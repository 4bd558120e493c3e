/** The server on uWebSockets.js, native. The library is fast and trusting; each comment here names a trust it must not keep. */

// Two things cannot be mended from outside. A header line with an empty name ends the list of headers, so a length
// behind it is unseen, by the library too: behind a proxy that forwards such a line choose `node`. And a frame without
// a mask is read as if it had one: garbage, but one message at most.

import type { RefusalCode } from '../../contract/refusals.js'
import type { HttpReply, Server, SocketListener } from '../http.js'
import { whyNotListening } from './bind.js'
import { Framing, asksForSocket, isLengthless, isQuery, misframed, misupgraded, pathOf } from './guard.js'
import { checkProtocol, isBodiless } from './reply.js'
import { CLOSED_RESTARTING, type OpenSocket } from './sockets.js'
import { checkTls, watchTls } from './tls.js'
import { type Uws, type UwsApp, type UwsBehavior, type UwsBound, type UwsContext, type UwsReq, type UwsRes, loadUws } from './uws-binary.js'
import { Exchange, write } from './uws-exchange.js'
import { KeptRequest, LiveRequest, addressOf, headersOf } from './uws-request.js'
import { UwsWire } from './uws-wire.js'
import { SOCKET_PREFIX, type Workshop, isWelcome } from './workshop.js'

const NOTHING = Buffer.alloc(0)

export async function uwsAdapter(workshop: Workshop): Promise<Server> {
  const uws = loadUws()
  const { host, port, tls } = workshop.options
  if (tls !== null) checkTls(tls)
  const door = new Door(workshop)
  let hall = openHall(uws, workshop, door, port)
  if (hall !== null && tls !== null && port === 0) {
    // The library lets a port be taken again, for another certificate, only when it was asked for by number.
    const chosen = uws.us_socket_local_port(hall.bound)
    hall.app.close()
    hall = openHall(uws, workshop, door, chosen)
  }
  if (hall === null) {
    workshop.sockets.stop()
    throw await whyNotListening(host, port)
  }
  return new UwsServer(workshop, uws, hall, door)
}

/** One application of the library, and the port it listens at; `null` when the port cannot be had. */
interface Hall { readonly app: UwsApp; readonly bound: UwsBound }

/** The library reads a certificate when an application is made, and never again. */
function openHall(uws: Uws, { options: { host, tls } }: Workshop, door: Door, port: number): Hall | null {
  const app = tls === null ? uws.App() : uws.SSLApp({ cert_file_name: tls.certFile, key_file_name: tls.keyFile })
  // The socket route must exist before the first publish, or the library reads a context that is not there.
  app.ws<Seat>(`${SOCKET_PREFIX}*`, door.behaviour())
  app.any('/*', (res, req) => { door.serve(res, req) })
  let bound: UwsBound | false = false
  // Without the exclusive flag two daemons share the port, and every second request goes to the wrong one. It says at once what came of it.
  app.listen(host, port, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, (found) => { bound = found })
  if (bound !== false) return { app, bound }
  app.close()
  return null
}

/** How many applications with an earlier certificate go on for the connections they have. Beyond it the oldest is closed; its sockets come back by themselves. */
const HALLS_KEPT = 2

class UwsServer implements Server {
  readonly adapter = 'uws'
  readonly port: number
  readonly #workshop: Workshop
  readonly #uws: Uws
  readonly #door: Door
  readonly #watch: { stop(): void } | null
  /** With the certificate in force; `null` when stopped. */
  #hall: Hall | null
  /** Oldest first; none of them listens. */
  readonly #left: UwsApp[] = []

  constructor(workshop: Workshop, uws: Uws, hall: Hall, door: Door) {
    this.#workshop = workshop
    this.#uws = uws
    this.#hall = hall
    this.#door = door
    this.port = uws.us_socket_local_port(hall.bound)
    const { options: { tls }, limits, log } = workshop
    this.#watch = tls === null ? null : watchTls(tls, limits.certificateLookMs, log, () => { this.#renew() })
  }

  /** Another application takes the port over within this call: who comes in the moment between finds it closed, and comes again. */
  #renew(): void {
    const before = this.#hall
    if (before === null) return
    this.#uws.us_listen_socket_close(before.bound)
    const next = openHall(this.#uws, this.#workshop, this.#door, this.port)
    // The port was ours until now. Without it nobody reaches the gateway: the process ends, and its next start says who has it.
    if (next === null) { setImmediate(() => { throw new Error(`port ${this.port} could not be taken again`) }); return }
    this.#hall = next
    this.#left.push(before.app)
    while (this.#left.length > HALLS_KEPT) this.#left.shift()!.close()
  }

  get socketsCount(): number { return this.#workshop.sockets.count }

  publish(topic: string, text: string | Buffer): void {
    if (this.#hall === null) return
    this.#hall.app.publish(topic, text)
    for (const app of this.#left) app.publish(topic, text)
    this.#workshop.sockets.published(text.length)
  }

  backlog(): { bytes: number; slowCount: number } {
    return { bytes: this.#workshop.sockets.backlogBytes(), slowCount: this.#workshop.sockets.slowCount }
  }

  async stop(): Promise<void> {
    if (this.#hall === null) return
    const { app, bound } = this.#hall
    this.#watch?.stop()
    this.#uws.us_listen_socket_close(bound)
    this.#hall = null
    this.#workshop.sockets.closeAll(CLOSED_RESTARTING, 'the gateway stops')
    this.#workshop.sockets.stop()
    await this.#door.emptied(this.#workshop.limits.stopMs)
    for (const one of [...this.#left, app]) one.close()
  }
}

/** What a socket carries inside the library. */
interface Seat { readonly listener: SocketListener; readonly address: string; wire: UwsWire | null; socket: OpenSocket | null }

/** Takes what the library brings: requests and sockets. */
class Door {
  readonly #workshop: Workshop
  readonly #framing = new Framing()
  readonly #see = (name: string, value: string): void => { this.#framing.see(name, value) }
  readonly #inFlight = new Set<Exchange>()
  #isStopping = false
  #whenEmpty: () => void = nothing

  constructor(workshop: Workshop) { this.#workshop = workshop }

  /** Must reply, register an abort handler, or close before it returns; a throw from here ends the process. */
  serve(res: UwsRes, req: UwsReq): void {
    try {
      this.#serve(res, req)
    } catch (thrown) {
      this.#workshop.log.error('request lost', { error: String(thrown) })
      try { res.close() } catch { /* It was gone before. */ }
    }
  }

  #serve(res: UwsRes, req: UwsReq): void {
    const method = req.getCaseSensitiveMethod()
    const path = pathOf(req.getUrl())
    const query = req.getQuery() ?? ''
    const misfit = this.#misfit(req, method, path, query) ?? wrongUpgrade(req, method, path)
    if (misfit !== null || path === null) { this.#refuse(new Exchange(res, method), misfit ?? 'REQUEST_MALFORMED'); return }
    if (this.#framing.bodyBytes > 0) { this.#serveBody(res, req, method, path, query, this.#framing.bodyBytes); return }
    const isLast = isLengthless(method, this.#framing)
    const request = new LiveRequest(res, this.#framing, method === 'HEAD' ? 'GET' : method, path, query)
    const answer = this.#workshop.answer(request)
    request.release(isLast || answer instanceof Promise)
    if (isLast) { this.#later(new Exchange(res, method), later(answer), isLast); return }
    if (answer instanceof Promise) { this.#later(new Exchange(res, method), answer); return }
    // A reply without a body counts as unanswered for the library until the cork is pulled.
    if (method === 'HEAD' || isBodiless(answer.status)) res.onAborted(nothing)
    write(res, method, this.#workshop, answer, this.#isStopping)
  }

  #misfit(req: UwsReq, method: string, path: string | null, query: string): RefusalCode | null {
    this.#framing.clear()
    req.forEach(this.#see)
    if (path === null || !isQuery(query)) return 'REQUEST_MALFORMED'
    return misframed(method, this.#framing, this.#workshop.limits)
  }

  #serveBody(res: UwsRes, req: UwsReq, method: string, path: string, query: string, bytes: number): void {
    // Once the first chunk arrives the library has forgotten the headers.
    const headers = headersOf(req)
    const body = Buffer.allocUnsafe(bytes)
    let filled = 0
    const exchange = new Exchange(res, method)
    res.onData((chunk, isLast) => {
      if (exchange.isOver) return
      if (filled + chunk.byteLength > bytes) { exchange.cut(); return }
      // The chunk is the library's memory, and empty when this call is over.
      body.set(new Uint8Array(chunk), filled)
      filled += chunk.byteLength
      if (!isLast) return
      if (filled !== bytes) { exchange.cut(); return }
      const request = new KeptRequest(addressOf(res), method, path, query, headers, body)
      const answer = this.#workshop.answer(request)
      request.release()
      if (answer instanceof Promise) this.#later(exchange, answer)
      else exchange.reply(this.#workshop, answer, this.#isStopping)
    })
  }

  #later(exchange: Exchange, answer: Promise<HttpReply>, isLast = false): void {
    this.#wait(exchange)
    this.#settle(exchange, answer.then((given) => { exchange.reply(this.#workshop, given, isLast || this.#isStopping) }))
  }

  /** A reply that cannot even be written costs its connection, not the process. */
  #settle(exchange: Exchange, replied: Promise<void>): void {
    replied.catch((thrown: unknown) => {
      this.#workshop.log.error('reply lost', { error: String(thrown) })
      exchange.cut()
    })
  }

  /**
   * Says no to a request whose framing cannot be trusted, and ends the connection. The reply is written a tick later:
   * while one is outstanding the library itself ends a connection that brings a second request, so none is dispatched.
   */
  #refuse(exchange: Exchange, code: RefusalCode): void {
    setImmediate(() => { exchange.reply(this.#workshop, this.#workshop.refused(code), true) })
  }

  /* Sockets. */

  behaviour(): UwsBehavior<Seat> {
    const { limits, sockets } = this.#workshop
    return {
      compression: 0,
      maxPayloadLength: limits.socketFrameBytesMax,
      // Ours is the bound that is kept with a word; this is the wall behind it, in case a burst outruns the sweep.
      maxBackpressure: limits.socketBacklogBytesMax * 4,
      closeOnBackpressureLimit: 1,
      // Silence is judged by answered pings: one dripped byte now and then would keep this timer content for ever.
      idleTimeout: 120,
      sendPingsAutomatically: false,
      upgrade: (res, req, context) => { this.#upgrade(res, req, context) },
      open: (ws) => {
        const seat = ws.getUserData()
        seat.wire = new UwsWire(ws, seat.address)
        seat.socket = sockets.open(seat.wire, seat.listener)
      },
      message: (ws, message, isBinary) => {
        const bytes = Buffer.from(message.slice(0))
        ws.getUserData().socket?.received(isBinary ? bytes : bytes.toString('utf8'))
      },
      pong: (ws) => { ws.getUserData().socket?.heard() },
      drain: (ws) => { ws.getUserData().socket?.drained() },
      close: (ws, code) => {
        const seat = ws.getUserData()
        seat.wire?.gone()
        seat.socket?.closed(code)
      },
    }
  }

  #upgrade(res: UwsRes, req: UwsReq, context: UwsContext): void {
    const header = (name: string): string => req.getHeader(name)
    // The library takes a key of 24 characters for a wish to upgrade; without the other headers it is none.
    if (!asksForSocket(header)) { this.serve(res, req); return }
    const exchange = new Exchange(res, 'GET')
    try {
      const path = pathOf(req.getUrl())
      const query = req.getQuery() ?? ''
      const misfit = this.#misfit(req, 'GET', path, query) ?? misupgraded('GET', header)
      if (misfit !== null || path === null) { this.#refuse(exchange, misfit ?? 'REQUEST_MALFORMED'); return }
      const key = header('sec-websocket-key')
      const request = new KeptRequest(addressOf(res), 'GET', path, query, headersOf(req), NOTHING)
      const answer = this.#workshop.welcome(request)
      request.release()
      this.#wait(exchange)
      this.#settle(exchange, answer.then((given) => {
        if (!isWelcome(given)) { exchange.reply(this.#workshop, given, true); return }
        checkProtocol(given.protocol)
        const seat: Seat = { listener: given.listener, address: request.address, wire: null, socket: null }
        exchange.become(() => { res.upgrade(seat, key, given.protocol, '', context) })
      }))
    } catch (thrown) {
      this.#workshop.log.error('upgrade lost', { error: String(thrown) })
      exchange.cut()
    }
  }

  /* The end. */

  #wait(exchange: Exchange): void {
    this.#inFlight.add(exchange)
    exchange.whenDone = () => {
      this.#inFlight.delete(exchange)
      if (this.#inFlight.size === 0) this.#whenEmpty()
    }
  }

  /** From now on every reply is the last of its connection. Resolves when nothing is in flight, or after `ms`. */
  async emptied(ms: number): Promise<void> {
    this.#isStopping = true
    if (this.#inFlight.size === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      // A tick later, so that the reply is on its way before the connection is closed.
      this.#whenEmpty = () => { clearTimeout(timer); setImmediate(resolve) }
    })
  }
}

/** The library takes a wish to upgrade for one by its key alone; a wish with a bad key arrives as an ordinary request. */
function wrongUpgrade(req: UwsReq, method: string, path: string | null): RefusalCode | null {
  if (path === null || !path.startsWith(SOCKET_PREFIX)) return null
  const header = (name: string): string => req.getHeader(name)
  return asksForSocket(header) ? misupgraded(method, header) : null
}

/** The answer, a tick later: while one is outstanding the library itself ends a connection that brings a second request. */
const later = async (answer: HttpReply | Promise<HttpReply>): Promise<HttpReply> => {
  const given = await answer
  return new Promise((resolve) => { setImmediate(resolve, given) })
}

const nothing = (): void => undefined
