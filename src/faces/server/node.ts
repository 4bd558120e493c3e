/** The server on Node's own http and https, with ws: everywhere Node runs, and the one to choose behind a proxy. */

import { type IncomingMessage, ServerResponse, createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket as TcpSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import { assert } from '../../base/assert.js'
import type { RefusalCode } from '../../contract/refusals.js'
import type { HttpReply, HttpRequest, Server, Welcome } from '../http.js'
import { bindFault } from './bind.js'
import { Framing, asksForSocket, isLengthless, isQuery, misframed, misupgraded, pathOf } from './guard.js'
import { Handshake, NodeWire, type Topics } from './node-wire.js'
import { checkHeaders, checkProtocol, headOf, isBodiless } from './reply.js'
import { CLOSED_RESTARTING, type OpenSocket } from './sockets.js'
import { checkTls, watchTls } from './tls.js'
import { SOCKET_PREFIX, type Workshop, isWelcome } from './workshop.js'

const NOTHING = Buffer.alloc(0)

export async function nodeAdapter(workshop: Workshop): Promise<Server> {
  const { limits, options } = workshop
  const settings = {
    maxHeaderSize: limits.headBytesMax,
    headersTimeout: limits.requestMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.requestMs,
    connectionsCheckingInterval: Math.min(1_000, limits.requestMs / 4),
    insecureHTTPParser: false,
    // Node would answer by itself, and go on to the next request; the guard asks for the header, too.
    requireHostHeader: false,
    noDelay: true,
  }
  const secure = options.tls === null ? null : createSecureServer({ ...settings, ...checkTls(options.tls) })
  const http = secure ?? createServer(settings)
  // Node drops the headers beyond this number in silence; one more than allowed arrives, so that it is seen.
  http.maxHeadersCount = limits.headersMax + 1
  const door = new Door(workshop)
  http.on('request', (req, res) => { door.serve(req, res) })
  http.on('checkContinue', (req, res) => { door.serve(req, res) })
  http.on('checkExpectation', (req, res) => { door.refuse(req, res, 'REQUEST_MALFORMED') })
  http.on('upgrade', (req, socket, head) => { door.upgrade(req, socket, head) })
  http.on('connect', (_req, socket) => { door.refuseRaw(socket, 'METHOD_NOT_ALLOWED') })
  http.on('clientError', (error: Error & { code?: string }, socket) => { door.refuseRaw(socket, whyUnread(error.code)) })
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error) => { workshop.sockets.stop(); reject(bindFault(options.host, options.port, error)) })
    http.listen({ host: options.host, port: options.port, exclusive: true }, resolve)
  })
  http.removeAllListeners('error')
  // Node binds to a port, so the address is one with a port.
  const { port } = http.address() as AddressInfo
  // Connections that stand keep the certificate they were opened with.
  const watch = options.tls === null ? null : watchTls(options.tls, limits.certificateLookMs, workshop.log, (pem) => { secure?.setSecureContext(pem) })
  let isStopped = false
  return {
    adapter: 'node',
    port,
    get socketsCount() { return workshop.sockets.count },
    publish(topic, text) {
      if (isStopped) return
      for (const wire of door.topics.get(topic) ?? []) wire.publish(text)
      workshop.sockets.published(text.length)
    },
    backlog: () => ({ bytes: workshop.sockets.backlogBytes(), slowCount: workshop.sockets.slowCount }),
    async stop() {
      if (isStopped) return
      isStopped = true
      watch?.stop()
      const closed = new Promise<void>((resolve) => { http.close(() => { resolve() }) })
      door.isStopping = true
      workshop.sockets.closeAll(CLOSED_RESTARTING, 'the gateway stops')
      workshop.sockets.stop()
      http.closeIdleConnections()
      const last = setTimeout(() => { http.closeAllConnections(); door.cutAll() }, limits.stopMs)
      await closed
      clearTimeout(last)
      door.cutAll()
    },
  }
}

class Door {
  readonly topics: Topics = new Map()
  isStopping = false
  readonly #workshop: Workshop
  /** Connections whose framing cannot be trusted: whatever follows on them is not a request. */
  readonly #doomed = new WeakSet<Duplex>()
  readonly #wires = new Set<NodeWire>()
  readonly #handshake: Handshake

  constructor(workshop: Workshop) {
    this.#workshop = workshop
    this.#handshake = new Handshake(workshop.limits.socketFrameBytesMax, workshop.limits.slowMs)
  }

  serve(req: IncomingMessage, res: ServerResponse): void {
    if (this.#doomed.has(req.socket)) { req.socket.destroy(); return }
    const framing = framingOf(req)
    const target = targetOf(req)
    const misfit = target === null ? 'REQUEST_MALFORMED' : misframed(req.method ?? '', framing, this.#workshop.limits)
    if (misfit !== null || target === null) { this.refuse(req, res, misfit ?? 'REQUEST_MALFORMED'); return }
    if (req.headers.expect !== undefined) res.writeContinue()
    const isLast = isLengthless(req.method ?? '', framing)
    if (isLast) this.#doomed.add(req.socket)
    if (framing.bodyBytes === 0) { this.#ask(req, res, target, NOTHING, isLast); return }
    const chunks: Buffer[] = []
    let filled = 0
    req.on('data', (chunk: Buffer) => {
      filled += chunk.length
      if (filled > framing.bodyBytes) req.socket.destroy()
      else chunks.push(chunk)
    })
    req.on('end', () => {
      if (filled === framing.bodyBytes) this.#ask(req, res, target, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
    })
  }

  #ask(req: IncomingMessage, res: ServerResponse, target: Target, body: Buffer, isLast = false): void {
    const request = new NodeRequest(req, target, body)
    const answer = this.#workshop.answer(request)
    request.release()
    if (answer instanceof Promise) this.#settle(req.socket, answer.then((given) => { this.#write(req, res, given, isLast) }))
    else this.#write(req, res, answer, isLast)
  }

  /** Says no to a request whose framing cannot be trusted, and ends the connection. */
  refuse(req: IncomingMessage, res: ServerResponse, code: RefusalCode): void {
    this.#doomed.add(req.socket)
    this.#write(req, res, this.#workshop.refused(code), true)
  }

  #write(req: IncomingMessage, res: ServerResponse, given: HttpReply, last: boolean): void {
    if (res.headersSent || req.socket.destroyed) return
    let reply = given
    try { checkHeaders(reply.status, reply.headers) } catch (thrown) { reply = this.#workshop.failed(thrown) }
    // One name may stand several times, as Set-Cookie does; so no object, and no setHeader.
    const headers = reply.headers.flat()
    if (!isBodiless(reply.status)) headers.push('Content-Length', String(Buffer.byteLength(reply.body)))
    if (last || this.isStopping) { res.shouldKeepAlive = false; headers.push('Connection', 'close') }
    res.writeHead(reply.status, headers)
    if (req.method === 'HEAD' || isBodiless(reply.status)) res.end()
    // A live reply is written over by the next request, but node may hold a body until a slow peer has read.
    else res.end(typeof reply.body === 'string' ? reply.body : Buffer.from(reply.body))
    // What the peer still sends of a body nobody wants is read and thrown away, so that it sees the reply.
    if (last) req.resume()
  }

  /** A reply that cannot even be written costs its connection, not the process. */
  #settle(socket: Duplex, replied: Promise<void>): void {
    replied.catch((thrown: unknown) => {
      this.#workshop.log.error('reply lost', { error: String(thrown) })
      socket.destroy()
    })
  }

  /** For a connection on which Node could not read a request: the reply is written by hand. */
  refuseRaw(socket: Duplex, code: RefusalCode): void {
    if (!socket.writable || this.#doomed.has(socket)) { socket.destroy(); return }
    this.#doomed.add(socket)
    const reply = this.#workshop.refused(code)
    const body = Buffer.from(reply.body)
    const head = [`HTTP/1.1 ${headOf(reply.status, reply.headers)}`, `Content-Length: ${body.length}`, 'Connection: close', '', '']
    socket.end(Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), body]), () => { socket.destroy() })
  }

  /* Sockets. */

  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => { socket.destroy() })
    // Node lets go of the connection here, also when the wish was another one; a response can still be put on it.
    const res = new ServerResponse(req)
    res.shouldKeepAlive = false
    // Both servers hand out TCP sockets.
    res.assignSocket(socket as TcpSocket)
    res.on('finish', () => { socket.end() })
    const header = (name: string): string => headerOf(req, name)
    const target = targetOf(req)
    if (!asksForSocket(header) || target === null || !target.path.startsWith(SOCKET_PREFIX)) { this.serve(req, res); return }
    const misfit = misframed(req.method ?? '', framingOf(req), this.#workshop.limits) ?? misupgraded(req.method ?? '', header)
    if (misfit !== null) { this.refuse(req, res, misfit); return }
    const request = new NodeRequest(req, target, NOTHING)
    const answer = this.#workshop.welcome(request)
    request.release()
    this.#settle(socket, answer.then((given) => {
      if (socket.destroyed) return
      if (!isWelcome(given)) { this.#write(req, res, given, true); return }
      checkProtocol(given.protocol)
      res.detachSocket(socket as TcpSocket)
      this.#seat(req, socket, head, given)
    }))
  }

  #seat(req: IncomingMessage, socket: Duplex, head: Buffer, welcome: Welcome): void {
    this.#handshake.shake(req, socket, head, welcome.protocol, (ws) => {
      const wire = new NodeWire(ws, socket, addressOf(req), this.topics, () => { open.drained() })
      this.#wires.add(wire)
      const open: OpenSocket = this.#workshop.sockets.open(wire, welcome.listener)
      ws.on('message', (data: Buffer, isBinary: boolean) => { open.received(isBinary ? data : data.toString('utf8')) })
      ws.on('pong', () => { open.heard() })
      // The close event follows every error and says the same.
      ws.on('error', () => undefined)
      ws.on('close', (code: number) => { this.#wires.delete(wire); wire.gone(); open.closed(code) })
    })
  }

  cutAll(): void { for (const wire of this.#wires) wire.cut() }
}

class NodeRequest implements HttpRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly body: Buffer
  readonly address: string
  #req: IncomingMessage | null

  constructor(req: IncomingMessage, target: Target, body: Buffer) {
    this.method = req.method === 'HEAD' ? 'GET' : req.method ?? ''
    this.path = target.path
    this.query = target.query
    this.body = body
    this.address = addressOf(req)
    this.#req = req
  }

  header(name: string): string {
    assert(this.#req !== null, 'headers are read before the first await')
    return headerOf(this.#req, name)
  }

  /** Here the headers would stay readable; they are let go all the same, so that no face comes to need it. */
  release(): void { this.#req = null }
}

interface Target { readonly path: string; readonly query: string }

function targetOf(req: IncomingMessage): Target | null {
  // Older versions frame their replies in other ways, newer ones do not look like this.
  if (req.httpVersion !== '1.1') return null
  const url = req.url ?? ''
  const mark = url.indexOf('?')
  const path = pathOf(mark < 0 ? url : url.slice(0, mark))
  const query = mark < 0 ? '' : url.slice(mark + 1)
  return path === null || !isQuery(query) ? null : { path, query }
}

function framingOf(req: IncomingMessage): Framing {
  const framing = new Framing()
  for (let i = 0; i < req.rawHeaders.length; i += 2) framing.see(req.rawHeaders[i]!.toLowerCase(), req.rawHeaders[i + 1]!)
  return framing
}

function headerOf(req: IncomingMessage, name: string): string {
  const value = req.headers[name]
  return value === undefined ? '' : Array.isArray(value) ? value[0] ?? '' : value
}

const addressOf = (req: IncomingMessage): string => (req.socket.remoteAddress ?? '').replace(/^::ffff:/, '')

function whyUnread(code: string | undefined): RefusalCode {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW': return 'HEAD_TOO_LARGE'
    case 'ERR_HTTP_REQUEST_TIMEOUT': return 'REQUEST_TIMEOUT'
    default: return 'REQUEST_MALFORMED'
  }
}
