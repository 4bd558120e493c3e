/** One hostile battery against both servers, plain and TLS: nothing is dispatched that was not asked in one clear way. */

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, renameSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { silentLog } from '../../src/base/log.js'
import { Fault, type FaultCode } from '../../src/contract/faults.js'
import { refusals } from '../../src/contract/refusals.js'
import type { AdapterName, HttpReply, HttpRequest, Server, ServerOptions, Socket, SocketListener, Welcome } from '../../src/faces/http.js'
import { openServer } from '../../src/faces/server.js'
import { pathOf } from '../../src/faces/server/guard.js'
import { loadUws } from '../../src/faces/server/uws-binary.js'
import { type Address, frame, handshake, KEY, openRaw, statusOf } from './support/raw.js'

t.setTimeout(600_000)
// What has to be waited for is waited for at once.
t.jobs = 2
const directory = t.testdir({})
const files = { certFile: join(directory, 'cert.pem'), keyFile: join(directory, 'key.pem') }
execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
  '-keyout', files.keyFile, '-out', files.certFile], { stdio: 'ignore' })

const json = (status: number, value: unknown): HttpReply => ({ status, headers: [['Content-Type', 'application/json']], body: JSON.stringify(value) })

/** A server whose handler writes down what it was asked. */
interface Bench { readonly server: Server; readonly address: Address; readonly asked: string[]; readonly listeners: Listener[] }

class Listener implements SocketListener {
  socket: Socket | null = null
  readonly heard: (string | Buffer)[] = []
  drainedCount = 0
  readonly closing: Promise<number>
  #close: (code: number) => void = () => undefined

  constructor() { this.closing = new Promise((resolve) => { this.#close = resolve }) }

  opened(socket: Socket): void { this.socket = socket; socket.send('welcome') }
  received(message: string | Buffer): void {
    this.heard.push(message)
    if (message === 'throw') throw new Error('a listener that fails')
    this.socket?.send(typeof message === 'string' ? `echo ${message}` : `bytes ${message.length}`)
  }
  drained(): void { this.drainedCount++ }
  closed(code: number): void { this.#close(code) }
}

async function openBench(adapter: AdapterName, secure: boolean, limits: ServerOptions['limits'] = {}, tls = files): Promise<Bench> {
  const asked: string[] = []
  const listeners: Listener[] = []
  async function late(request: HttpRequest, how: string): Promise<HttpReply> {
    await new Promise((resolve) => { setTimeout(resolve, how === 'never' ? 60_000 : 20).unref() })
    if (how === 'header') request.header('host')
    if (how === 'throw') throw new Error('late')
    return json(200, request.address)
  }
  const server = await openServer({
    adapter, host: '127.0.0.1', port: 0, tls: secure ? tls : null, log: silentLog,
    limits: { requestMs: 1_000, answerMs: 1_000, slowMs: 500, stopMs: 1_000, ...limits },
    refused: (refusal) => json(refusals[refusal.refused][0], { refused: refusal.refused }),
    handler(request) {
      const { method, path, query, body, address } = request
      asked.push(path)
      switch (path) {
        case '/throw': throw new Error('a handler that fails')
        case '/late': return late(request, '')
        case '/late-throw': return late(request, 'throw')
        case '/late-header': return late(request, 'header')
        case '/never': return late(request, 'never')
        case '/nobody': return { status: 204, headers: [], body: '' }
        case '/unchanged': return { status: 304, headers: [['ETag', '"1"']], body: '' }
        case '/inject-value': return { status: 200, headers: [['X-A', 'b\r\nX-C: d']], body: '' }
        case '/inject-name': return { status: 200, headers: [['X-A: b\r\nX-C', 'd']], body: '' }
        case '/inject-length': return { status: 200, headers: [['Content-Length', '1']], body: 'more' }
        case '/inject-status': return { status: 99, headers: [], body: '' }
        case '/cookies': return { status: 200, headers: [['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2']], body: '' }
        case '/large': return { status: 200, headers: [], body: Buffer.alloc(4_000_000, 'x') }
        default: return json(200, { method, path, query, body: body.toString('latin1'), address, agent: request.header('x-agent') })
      }
    },
    upgrade(request): Welcome | HttpReply | Promise<Welcome | HttpReply> {
      asked.push(`upgrade ${request.path}`)
      const listener = new Listener()
      switch (request.path) {
        case '/api/v1/ws/refused': return json(401, { refused: 'UNAUTHENTICATED' })
        case '/api/v1/ws/throw': throw new Error('an upgrade that fails')
        case '/api/v1/ws/inject': return { listener, protocol: 'a\r\nX-C: d' }
      }
      listeners.push(listener)
      const welcome = { listener, protocol: request.header('sec-websocket-protocol').includes('lineside.v1') ? 'lineside.v1' : '' }
      return request.path === '/api/v1/ws/late' ? new Promise((resolve) => { setTimeout(() => { resolve(welcome) }, 20) }) : welcome
    },
  })
  return { server, address: { port: server.port, secure }, asked, listeners }
}

/** Sends the parts, each after the one before was on its way, and gives what was said until the server ended it. */
async function talk(address: Address, ...parts: readonly string[]): Promise<string> {
  const raw = await openRaw(address)
  for (const part of parts) {
    raw.send(part)
    await new Promise((resolve) => { setTimeout(resolve, 20) })
  }
  return raw.ended
}

/** A socket of an honest client that was welcomed. */
async function openSocket({ port, secure }: Address): Promise<WebSocket> {
  const ws = new WebSocket(`${secure ? 'wss' : 'ws'}://127.0.0.1:${port}/api/v1/ws/production`, { rejectUnauthorized: false })
  await once(ws, 'message')
  return ws
}

const BACKLOG = 64 * 1024
const FLOOD = 'x'.repeat(8_192)

interface Answer { readonly status: number; readonly headers: Record<string, unknown>; readonly rawHeaders: readonly string[]; readonly text: string }
function ask({ port, secure }: Address, path: string, options: { method?: string; body?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = (secure ? httpsRequest : httpRequest)({ port, host: '127.0.0.1', path, method: options.method ?? 'GET', headers: options.headers ?? {}, rejectUnauthorized: false, agent: false }, (res) => {
      const chunks: Buffer[] = []
      res.on('data', (chunk: Buffer) => chunks.push(chunk))
      res.on('end', () => { resolve({ status: res.statusCode ?? 0, headers: res.headers, rawHeaders: res.rawHeaders, text: Buffer.concat(chunks).toString('latin1') }) })
      res.on('error', reject)
    })
    req.on('error', reject)
    req.end(options.body)
  })
}

const second = 'GET /second HTTP/1.1\r\nHost: a\r\n\r\n'
const get = (headers: string, path = '/first'): string => `GET ${path} HTTP/1.1\r\n${headers}\r\n`
const post = (headers: string, body = ''): string => `POST /first HTTP/1.1\r\nHost: a\r\n${headers}\r\n${body}`

/** Each must not reach the handler, and nothing behind it on the same connection either. */
const hostile: Readonly<Record<string, readonly string[]>> = {
  'two lengths that differ': [post('Content-Length: 5\r\nContent-Length: 50\r\n', 'hello') + second],
  'two lengths that agree': [post('Content-Length: 5\r\nContent-Length: 5\r\n', 'hello') + second],
  'an empty length': [post('Content-Length: \r\n') + second],
  'a length with a sign': [post('Content-Length: +5\r\n', 'hello') + second],
  'a negative length': [post('Content-Length: -5\r\n', 'hello') + second],
  'a hexadecimal length': [post('Content-Length: 0x5\r\n', 'hello') + second],
  'a list of lengths': [post('Content-Length: 5, 5\r\n', 'hello') + second],
  'a length beyond any number': [post(`Content-Length: ${'9'.repeat(30)}\r\n`, 'hello') + second],
  'chunks': [post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n') + second],
  'chunks and a length': [post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n') + second],
  'an unknown coding': [post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n') + second],
  'identity, then chunked': [post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n') + second],
  'chunks with an extension that a lax reader takes for a digit': [post('Transfer-Encoding: chunked\r\n', '1;\r\nx\r\n0\r\n\r\n') + second],
  'chunks with bad terminators': [post('Transfer-Encoding: chunked\r\n', '5\r\nhelloXX0\r\n\r\n') + second],
  'a coding in capitals': [post('TRANSFER-ENCODING: CHUNKED\r\n', '0\r\n\r\n') + second],
  'two hosts': [get('Host: a\r\nHost: b\r\n') + second],
  'no host': [get('') + second],
  'an empty host': [get('Host: \r\n') + second],
  'a host with a path': [get('Host: a/b\r\n') + second],
  'a body on GET': [get('Host: a\r\nContent-Length: 36\r\n') + second],
  'a space before the colon': [post('Content-Length : 5\r\n', 'hello') + second],
  'a folded header': [get('Host: a\r\nX-A: b\r\n c\r\n') + second],
  'a NUL in a header': [get('Host: a\r\nX-A: b\0c\r\n') + second],
  'a bare CR in a header': [get('Host: a\r\nX-A: b\rContent-Length: 5\r\n') + second],
  'line feeds alone': ['GET /first HTTP/1.1\nHost: a\n\n' + second],
  'HTTP/1.0': ['GET /first HTTP/1.0\r\nHost: a\r\n\r\n' + second],
  'HTTP/2.0': ['GET /first HTTP/2.0\r\nHost: a\r\n\r\n' + second],
  'no version': ['GET /first\r\n\r\n' + second],
  'a preface of HTTP/2': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + second],
  'noise': ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 noise\r\n\r\n' + second],
  'a method in small letters': ['get /first HTTP/1.1\r\nHost: a\r\n\r\n' + second],
  'an unknown method': ['FROB /first HTTP/1.1\r\nHost: a\r\n\r\n' + second],
  'CONNECT': ['CONNECT first:443 HTTP/1.1\r\nHost: a\r\n\r\n' + second],
  'TRACE': ['TRACE /first HTTP/1.1\r\nHost: a\r\n\r\n' + second],
  'an absolute address': ['GET http://b/first HTTP/1.1\r\nHost: a\r\n\r\n' + second],
  'too many headers': [get(`Host: a\r\n${Array.from({ length: 60 }, (_, i) => `X-${i}: y\r\n`).join('')}`) + second],
  'too long a header': [get(`Host: a\r\nX-A: ${'y'.repeat(20_000)}\r\n`) + second],
  'a body larger than allowed': [post('Content-Length: 100000000\r\n', 'hello') + second],
  'dots that climb': [get('Host: a\r\n', '/a/../first') + second],
  'dots in disguise': [get('Host: a\r\n', '/a/%2e%2e/first') + second],
  'dots half in disguise': [get('Host: a\r\n', '/a/.%2E/first') + second],
  'a slash in disguise': [get('Host: a\r\n', '/a%2ffirst') + second],
  'a backslash': [get('Host: a\r\n', '/a\\first') + second],
  'two slashes': [get('Host: a\r\n', '//first') + second],
  'a NUL in the path': [get('Host: a\r\n', '/first%00') + second],
  'a line break in the path': [get('Host: a\r\n', '/first%0d%0aX:y') + second],
  'high bytes in the path': [get('Host: a\r\n', '/first\xff') + second],
  'bad UTF-8 in the path': [get('Host: a\r\n', '/first%ff%fe') + second],
  'half an escape': [get('Host: a\r\n', '/first%4') + second],
  'high bytes in the query': [get('Host: a\r\n', '/first?a=\xff') + second],
  'a fragment': [get('Host: a\r\n', '/first#a') + second],
  'an upgrade with a body': [handshake('/api/v1/ws/first', 'Content-Length: 36\r\n') + second],
  'an upgrade with two hosts': [handshake('/api/v1/ws/first', 'Host: b\r\n') + second],
  'an upgrade of an old version': [handshake('/api/v1/ws/first').replace('Version: 13', 'Version: 8') + second],
  'an upgrade with a short key': [handshake('/api/v1/ws/first').replace(KEY, 'dGhl') + second],
  'an upgrade with a key that is no base64': [handshake('/api/v1/ws/first').replace(KEY, '!'.repeat(22) + '==') + second],
  'an upgrade to a climbing path': [handshake('/api/v1/ws/../ws/first') + second],
  'a head that never ends': ['GET /first HTTP/1.1\r\nHost: a\r\nX-A:', ' b'],
  'a body that never ends': [post('Content-Length: 50\r\n', 'hel'), 'lo'],
}

const combinations: readonly { readonly adapter: AdapterName; readonly secure: boolean }[] =
  (['uws', 'node'] as const).flatMap((adapter) => [false, true].map((secure) => ({ adapter, secure })))

// All at once: what uWebSockets.js cannot read it lets go only after eleven seconds, and nothing can hurry it.
t.test('what can be read in two ways is refused, and the connection ended with nothing behind it read', { buffered: true }, async (t) => {
  await Promise.all(combinations.map(async ({ adapter, secure }) => {
    const name = `${adapter}, ${secure ? 'TLS' : 'plain'}`
    const { server, address, asked } = await openBench(adapter, secure)
    const said = await Promise.all(Object.entries(hostile).map(async ([why, parts]) => [why, await talk(address, ...parts)] as const))
    for (const [why, text] of said) {
      const status = statusOf(text)
      // uWebSockets.js itself says nothing to what it cannot read; what we refuse gets a proper answer.
      t.ok(text === '' || (status !== null && status >= 400 && status < 500), `${name}, ${why}: ${JSON.stringify(text.slice(0, 60))}`)
      t.ok(text.split('HTTP/1.1 ').length <= 2, `${name}, ${why}: one answer at most`)
    }
    t.strictSame(asked, [], `${name}: nothing reached the handler`)
    t.equal((await ask(address, '/fine')).status, 200, `${name}: an honest request is served as before`)
    await server.stop()
  }))
})

t.test('a socket that drips is let go, and one that answers pings stays, however little it says', { buffered: true }, async (t) => {
  await Promise.all(combinations.map(async ({ adapter, secure }) => {
    const name = `${adapter}, ${secure ? 'TLS' : 'plain'}`
    const { server, address } = await openBench(adapter, secure, { socketQuietMs: 5_000 })
    const dripping = await openRaw(address)
    dripping.send(handshake())
    await dripping.saying(/welcome/)
    dripping.send(frame(0x81, '', { claims: 10_000 }))
    const drip = setInterval(() => { dripping.send('x') }, 200)
    const honest = await openSocket(address)
    await dripping.ended
    clearInterval(drip)
    t.equal(honest.readyState, WebSocket.OPEN, name)
    honest.close()
    await server.stop()
  }))
})

t.test('over TLS, and only there, every reply says that a browser shall come by nothing else', async (t) => {
  for (const { adapter, secure } of combinations) {
    const { server, address } = await openBench(adapter, secure)
    for (const path of ['/fine', '/late', '/throw', '/nobody', '/api/v1/ws/refused']) {
      t.equal((await ask(address, path)).headers['strict-transport-security'], secure ? 'max-age=2592000' : undefined, `${adapter}, ${secure ? 'TLS' : 'plain'}, ${path}`)
    }
    await server.stop()
  }
})

// The second is a length that uWebSockets.js does not see; what stands in the body must not become a request.
t.test('a request without a length is the last on its connection', async (t) => {
  for (const { adapter, secure } of combinations) {
    const name = `${adapter}, ${secure ? 'TLS' : 'plain'}`
    const { server, address, asked } = await openBench(adapter, secure)
    const alone = await talk(address, post(''))
    t.equal(statusOf(alone), 200, `${name}: it is answered, as \`curl -X POST\` wants`)
    t.equal(asked.length, 1, name)
    for (const bytes of [post('') + second, post(': x\r\nContent-Length: 36\r\n', second)]) {
      asked.length = 0
      const said = await talk(address, bytes)
      t.ok(said.split('HTTP/1.1 ').length <= 2, `${name}: one answer at most`)
      t.ok(asked.length <= 1 && !asked.some((path) => path.includes('second')), `${name}: what follows is no request: ${JSON.stringify(asked)}`)
    }
    await server.stop()
  }
})

for (const { adapter, secure } of combinations) {
  const name = `${adapter}, ${secure ? 'TLS' : 'plain'}`

  t.test(`${name}: a refusal that can be answered is answered in our own envelope`, async (t) => {
    const { server, address } = await openBench(adapter, secure)
    for (const [bytes, status, code] of [
      [post('Transfer-Encoding: chunked\r\n'), 411, 'LENGTH_REQUIRED'],
      [get('Host: a\r\nHost: b\r\n'), 400, 'REQUEST_MALFORMED'],
      [get('Host: a\r\n', '/a/%2e%2e/b'), 400, 'REQUEST_MALFORMED'],
      [post('Content-Length: 65537\r\n'), 413, 'BODY_TOO_LARGE'],
      ['TRACE /a HTTP/1.1\r\nHost: a\r\n\r\n', 405, 'METHOD_NOT_ALLOWED'],
      [get(`Host: a\r\n${`X: ${'y'.repeat(500)}\r\n`.repeat(40)}`), 431, 'HEAD_TOO_LARGE'],
      [handshake().replace('Version: 13', 'Version: 8'), 426, 'UPGRADE_REQUIRED'],
      [handshake().replace(KEY, `${'!'.repeat(22)}==`), 400, 'REQUEST_MALFORMED'],
    ] as const) {
      const said = await talk(address, bytes)
      t.equal(statusOf(said), status, bytes.slice(0, 40))
      t.match(said, new RegExp(`"refused":"${code}"`))
      t.match(said, /content-type: application\/json/i)
    }
    await server.stop()
  })

  t.test(`${name}: requests and replies arrive whole`, async (t) => {
    // Time enough on any machine: here nothing is late on purpose.
    const { server, address, asked } = await openBench(adapter, secure, { requestMs: 60_000, answerMs: 60_000 })
    t.match(JSON.parse((await ask(address, '/a?b=c%20d', { headers: { 'X-Agent': 'me' } })).text), { method: 'GET', path: '/a', query: 'b=c%20d', agent: 'me', address: '127.0.0.1' })
    t.match(JSON.parse((await ask(address, '/p%C3%A4ck/')).text), { path: '/p\xc3\xa4ck' }, 'decoded once, without the last slash')
    const body = 'x'.repeat(65_536)
    t.match(JSON.parse((await ask(address, '/a', { method: 'POST', body, headers: { 'Content-Length': '65536', 'X-Agent': 'me' } })).text), { method: 'POST', body, agent: 'me' })
    t.match(JSON.parse((await ask(address, '/a', { method: 'POST', headers: { 'Content-Length': '0' } })).text), { method: 'POST', body: '' })
    t.equal(statusOf(await talk(address, post('Connection: close\r\n'))), 200, 'as `curl -X POST` asks')
    t.match(JSON.parse((await ask(address, '/a', { method: 'DELETE' })).text), { method: 'DELETE', body: '' })
    t.equal((await ask(address, '/late')).text, '"127.0.0.1"', 'who asked is known as long as the answer takes')
    t.equal((await ask(address, '/large')).text.length, 4_000_000)
    t.strictSame((await ask(address, '/cookies')).headers['set-cookie'], ['a=1', 'b=2'])

    const dripped = await openRaw(address)
    for (const byte of post('Content-Length: 5\r\nConnection: close\r\n', 'hello')) { dripped.send(byte); await new Promise((resolve) => { setImmediate(resolve) }) }
    t.match(await dripped.saying(/"body":"hello"/), /"body":"hello"/, 'byte by byte')
    dripped.socket.destroy()

    asked.length = 0
    const raw = await openRaw(address)
    raw.send(['HEAD /head', 'GET /nobody', 'GET /unchanged', 'GET /last'].map((line) => `${line} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
    const said = await raw.saying(/"path":"\/last"/)
    t.strictSame(asked, ['/head', '/nobody', '/unchanged', '/last'], 'one connection serves requests one after another')
    t.match(said, /^HTTP\/1\.1 200 OK\r\n[^{]*content-length: [1-9]\d*\r\n[^{]*\r\n\r\nHTTP\/1\.1 204 /i, 'HEAD has the length and no body')
    t.match(said, /HTTP\/1\.1 304 Not Modified\r\n(?:(?!content-length: [1-9]).)*\r\n\r\nHTTP\/1\.1 200 /is)
    raw.socket.destroy()
    await server.stop()
  })

  t.test(`${name}: a handler that fails is answered as a fault of ours, and costs nobody else anything`, async (t) => {
    const { server, address } = await openBench(adapter, secure, { answerMs: 200 })
    for (const path of ['/throw', '/late-throw', '/late-header', '/inject-value', '/inject-name', '/inject-length', '/inject-status']) {
      const { status, text, headers } = await ask(address, path)
      t.equal(status, 500, path)
      t.match(text, /INTERNAL/)
      t.notOk('x-c' in headers, 'no header of the attacker')
    }
    t.match(await ask(address, '/never'), { status: 503, text: /ANSWER_LATE/ })
    const gone = await Promise.all(Array.from({ length: 20 }, () => openRaw(address)))
    for (const raw of gone) raw.send(get('Host: a\r\n', '/late'))
    await new Promise((resolve) => { setTimeout(resolve, 5) })
    for (const raw of gone) raw.socket.destroy()
    await new Promise((resolve) => { setTimeout(resolve, 40) })
    t.equal((await ask(address, '/fine')).status, 200, 'those who left before their answer harm nobody')
    await server.stop()
  })

  t.test(`${name}: sockets are opened only by a proper handshake, and refused in our own envelope`, async (t) => {
    const { server, address, asked, listeners } = await openBench(adapter, secure, { socketsMax: 3 })
    for (const missing of ['Upgrade: websocket\r\n', 'Connection: Upgrade\r\n']) {
      const raw = await openRaw(address)
      raw.send(handshake('/api/v1/ws/plain').replace(missing, ''))
      t.equal(statusOf(await raw.saying(/\}$/)), 200, `without ${missing.trim()} it is an ordinary request`)
      raw.socket.destroy()
    }
    t.strictSame(asked, ['/api/v1/ws/plain', '/api/v1/ws/plain'])
    const elsewhere = await openRaw(address)
    elsewhere.send(handshake('/elsewhere'))
    t.equal(statusOf(await elsewhere.saying(/\}$/)), 200, 'elsewhere it is an ordinary request too')
    elsewhere.socket.destroy()
    for (const [path, status] of [['/api/v1/ws/refused', 401], ['/api/v1/ws/throw', 500]] as const) t.equal(statusOf(await talk(address, handshake(path))), status)
    t.notMatch(await talk(address, handshake('/api/v1/ws/inject')), /X-C: d/, 'no header through the subprotocol')
    const raws = await Promise.all(['production', 'late', 'production'].map(async (path) => {
      const raw = await openRaw(address)
      raw.send(handshake(`/api/v1/ws/${path}`, 'Sec-WebSocket-Protocol: lineside.v1, ticket.abc\r\n'))
      return { raw, said: await raw.saying(/welcome/) }
    }))
    for (const { said } of raws) {
      t.match(said, /^HTTP\/1\.1 101 /)
      t.match(said, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i)
      t.match(said, /sec-websocket-protocol: lineside\.v1\r\n/i)
    }
    t.equal(server.socketsCount, 3)
    t.equal(statusOf(await talk(address, handshake())), 503, 'one more than allowed')
    for (const { raw } of raws) raw.socket.destroy()
    t.strictSame(await Promise.all(listeners.map((listener) => listener.closing)), [1006, 1006, 1006])
    t.equal(server.socketsCount, 0)
    await server.stop()
  })

  t.test(`${name}: a socket that breaks the protocol is closed, and nothing of it is heard`, async (t) => {
    const { server, address, listeners } = await openBench(adapter, secure, { socketFrameBytesMax: 16_384 })
    const broken: Readonly<Record<string, readonly Buffer[]>> = {
      'a frame larger than allowed': [frame(0x81, 'x'.repeat(20_000))],
      'a claim of 2 GB': [frame(0x81, 'x', { claims: 2 ** 31 })],
      'a claim beyond any number': [frame(0x81, 'x', { claims: 2 ** 53 })],
      'text that is no UTF-8': [frame(0x81, Buffer.from([0xc3, 0x28]))],
      'a surrogate in UTF-8': [frame(0x81, Buffer.from([0xed, 0xa0, 0x80]))],
      'a reserved bit': [frame(0xc1, 'x')],
      'a reserved opcode': [frame(0x83, 'x')],
      'a reserved control opcode': [frame(0x8b, 'x')],
      'a fragmented ping': [frame(0x09, 'x')],
      'a long ping': [frame(0x89, 'x'.repeat(126))],
      'a continuation of nothing': [frame(0x80, 'x')],
      'a new message within a message': [frame(0x01, 'a'), frame(0x81, 'b')],
      'fragments larger than allowed together': [frame(0x01, 'x'.repeat(10_000)), frame(0x80, 'x'.repeat(10_000))],
    }
    // uWebSockets.js reads an unmasked frame as if it were masked: garbage, but never more than one message.
    const cases = adapter === 'node' ? { ...broken, 'an unmasked frame': [frame(0x81, 'hello', { unmasked: true })] } : broken
    await Promise.all(Object.entries(cases).map(async ([why, frames]) => {
      const raw = await openRaw(address)
      raw.send(handshake())
      await raw.saying(/welcome/)
      for (const bytes of frames) raw.send(bytes)
      t.notMatch(await raw.ended, /echo/, why)
    }))
    const raw = await openRaw(address)
    raw.send(handshake())
    await raw.saying(/welcome/)
    raw.send(Buffer.concat([frame(0x01, 'hel'), frame(0x89, 'ping'), frame(0x80, 'lo')]))
    t.match(await raw.saying(/echo hello/), /echo hello/, 'fragments with a ping between them are one message')
    raw.send(frame(0x88, Buffer.from([0x03, 0xe8])))
    await raw.ended
    t.equal(listeners.flatMap((listener) => listener.heard).join(), 'hello', 'and it is all that was heard')

    const failing = await openRaw(address)
    failing.send(handshake())
    await failing.saying(/welcome/)
    failing.send(frame(0x81, 'throw'))
    await failing.saying('\x03\xf3internal error')
    t.ok(failing.said().includes('\x03\xf3internal error'), 'a listener that fails loses its socket with 1011')
    await server.stop()
  })

  t.test(`${name}: a socket that does not read is let go, and costs those that do nothing`, async (t) => {
    const { server, address, listeners } = await openBench(adapter, secure, { slowMs: 500, socketBacklogBytesMax: BACKLOG })
    const honest = await openSocket(address)
    const stalled = await openSocket(address)
    stalled.pause()
    for (const { socket } of listeners) socket!.subscribe('flood')
    const got: number[] = []
    honest.on('message', (data: Buffer) => { got.push(data.length) })
    const before = process.memoryUsage().rss
    let sent = 0
    while (server.backlog().slowCount === 0 && sent < 20_000) {
      for (let i = 0; i < 8; i++, sent++) server.publish('flood', FLOOD)
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    t.equal(server.backlog().slowCount, 1, `found out after ${sent} messages`)
    t.equal(await listeners[1]!.closing, 4008)
    t.ok(server.backlog().bytes <= BACKLOG, 'nothing is kept for it')
    t.ok(process.memoryUsage().rss - before < 128 * 2 ** 20, 'and little was')
    while (got.length < sent) await new Promise((resolve) => { honest.once('message', resolve) })
    t.equal(got.length, sent, 'who reads has everything')
    stalled.terminate()
    honest.close()
    await server.stop()
  })

  t.test(`${name}: who reads too slowly, and reads on in time, is told so`, async (t) => {
    // In time on any machine: it is reading that ends the wait.
    const { server, address, listeners } = await openBench(adapter, secure, { slowMs: 120_000, socketBacklogBytesMax: BACKLOG })
    const slow = await openSocket(address)
    slow.pause()
    while (listeners[0]!.socket!.send(FLOOD) !== 'closed');
    t.equal(server.backlog().slowCount, 1)
    const closed = once(slow, 'close')
    slow.resume()
    t.match(String(await closed), /^4008,reads too slowly/)
    t.equal(await listeners[0]!.closing, 4008)
    await server.stop()
  })

  t.test(`${name}: what is published arrives once, in order, and only where it was asked for`, async (t) => {
    const { server, address, listeners } = await openBench(adapter, secure)
    server.publish('nobody', 'is there yet')
    const open = async (): Promise<{ ws: WebSocket; got: string[]; listener: Listener }> => {
      const got: string[] = ['welcome']
      const ws = await openSocket(address)
      ws.on('message', (data: Buffer) => { got.push(data.toString()) })
      return { ws, got, listener: listeners.at(-1)! }
    }
    const one = await open()
    const two = await open()
    one.listener.socket!.subscribe('a')
    two.listener.socket!.subscribe('a')
    two.listener.socket!.subscribe('b')
    server.publish('a', '1')
    one.listener.socket!.send('2')
    server.publish('a', Buffer.from('3'))
    server.publish('b', '4')
    one.listener.socket!.unsubscribe('a')
    server.publish('a', '5')
    one.listener.socket!.together(() => { one.listener.socket!.send('6'); one.listener.socket!.send('7') })
    one.ws.send('end')
    two.ws.send('end')
    while (one.got.at(-1) !== 'echo end' || two.got.at(-1) !== 'echo end') await new Promise((resolve) => { setTimeout(resolve, 5) })
    t.strictSame(one.got, ['welcome', '1', '2', '3', '6', '7', 'echo end'], 'leaving the last topic loses nothing that was published before')
    t.strictSame(two.got, ['welcome', '1', '3', '4', '5', 'echo end'])
    one.ws.send(Buffer.from([1, 2, 3]))
    while (one.got.at(-1) !== 'bytes 3') await new Promise((resolve) => { setTimeout(resolve, 5) })
    one.listener.socket!.close(4401, 'no longer')
    const [code, reason] = await new Promise<[number, string]>((resolve) => { one.ws.on('close', (code, reason) => { resolve([code, reason.toString()]) }) })
    t.strictSame([code, reason, await one.listener.closing], [4401, 'no longer', 4401])
    t.equal(one.listener.socket!.send('late'), 'closed', 'a socket that has gone takes nothing and throws nothing')
    one.listener.socket!.subscribe('late')
    one.listener.socket!.close(1000, 'again')
    two.ws.close(4999, 'bye')
    t.equal(await two.listener.closing, 4999)
    await server.stop()
  })

  t.test(`${name}: stopping answers what is in flight and says 1012 to the sockets`, async (t) => {
    const { server, address, asked, listeners } = await openBench(adapter, secure)
    const ws = await openSocket(address)
    const closed = new Promise<number>((resolve) => { ws.once('close', resolve) })
    const late = ask(address, '/late')
    while (!asked.includes('/late')) await new Promise((resolve) => { setImmediate(resolve) })
    const stopped = server.stop()
    t.equal((await late).status, 200)
    t.equal(await closed, 1012)
    t.equal(await listeners[0]!.closing, 1012)
    await stopped
    await server.stop()
    server.publish('a', 'after the end')
    await t.rejects(ask(address, '/'), 'the port is free')
  })
}

for (const adapter of ['uws', 'node'] as const) {
  t.test(`${adapter}: what keeps the server from opening is named`, async (t) => {
    const options = { adapter, host: '127.0.0.1', port: 0, tls: null, log: silentLog, refused: () => json(400, null), handler: () => json(200, null), upgrade: () => json(404, null) }
    const code = (changes: Partial<ServerOptions>): Promise<FaultCode | null> =>
      openServer({ ...options, ...changes }).then(async (server) => { await server.stop(); return null }, (thrown: unknown) => thrown instanceof Fault ? thrown.code : Promise.reject(thrown))
    const holder = createTcpServer()
    await new Promise<void>((resolve) => { holder.listen(0, '127.0.0.1', resolve) })
    const taken = holder.address()
    const { port } = typeof taken === 'object' && taken !== null ? taken : { port: 0 }
    t.equal(await code({ port }), 'PORT_IN_USE')
    holder.close()
    const first = await openServer(options)
    t.equal(await code({ port: first.port }), 'PORT_IN_USE', 'two of us never share a port')
    await first.stop()
    t.equal(await code({ host: '192.0.2.1' }), 'ADDRESS_UNUSABLE')
    t.equal(await code({ tls: { certFile: join(directory, 'none.pem'), keyFile: files.keyFile } }), 'CERTIFICATE_UNUSABLE')
    writeFileSync(join(directory, 'other.pem'), execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:prime256v1'], { stdio: ['ignore', 'pipe', 'ignore'] }))
    t.equal(await code({ tls: { certFile: files.certFile, keyFile: join(directory, 'other.pem') } }), 'CERTIFICATE_UNUSABLE', 'a key of another certificate')
    t.equal(await code({}), null)
  })
}

for (const adapter of ['uws', 'node'] as const) {
  t.test(`${adapter}: a certificate that is renewed serves whoever comes, and keeps whoever is there`, async (t) => {
    const renewed = t.testdir({})
    const own = { certFile: join(renewed, 'cert.pem'), keyFile: join(renewed, 'key.pem') }
    const pair = (name: string) => ({ cert: join(renewed, `${name}.cert`), key: join(renewed, `${name}.key`) })
    for (const name of ['first', 'second', 'third']) {
      execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', pair(name).key, '-out', pair(name).cert], { stdio: 'ignore' })
    }
    // As whoever renews it should: a new file takes the place of the old one in one step.
    const put = (from: string, to: string): void => { copyFileSync(from, `${to}.new`); renameSync(`${to}.new`, to) }
    put(pair('first').cert, own.certFile)
    put(pair('first').key, own.keyFile)
    const { server, address, listeners } = await openBench(adapter, true, { certificateLookMs: 20 }, own)
    const shown = async (): Promise<string> => {
      const { socket } = await openRaw(address)
      const { CN } = (socket as TLSSocket).getPeerCertificate().subject
      socket.destroy()
      return String(CN)
    }
    const until = async (name: string): Promise<void> => { while (await shown().catch(() => '') !== name) await new Promise((resolve) => { setTimeout(resolve, 10) }) }
    const open = async (): Promise<{ ws: WebSocket; got: string[] }> => {
      const got: string[] = ['welcome']
      const ws = await openSocket(address)
      ws.on('message', (data: Buffer) => { got.push(data.toString()) })
      listeners.at(-1)!.socket!.subscribe('a')
      return { ws, got }
    }
    t.equal(await shown(), 'first')
    const early = await open()

    put(pair('second').key, own.keyFile)
    await new Promise((resolve) => { setTimeout(resolve, 100) })
    t.equal(await shown(), 'first', 'a key without its certificate changes nothing')
    put(pair('second').cert, own.certFile)
    await until('second')
    const late = await open()
    put(pair('third').cert, own.certFile)
    put(pair('third').key, own.keyFile)
    await until('third')

    server.publish('a', '1')
    for (const { ws, got } of [early, late]) {
      ws.send('there')
      while (got.at(-1) !== 'echo there') await new Promise((resolve) => { setTimeout(resolve, 5) })
      t.strictSame(got, ['welcome', '1', 'echo there'])
    }
    t.equal((await ask(address, '/')).status, 200)
    t.equal(server.socketsCount, 2)
    await server.stop()
    for (const listener of listeners) t.equal(await listener.closing, 1012)
    await t.rejects(ask(address, '/'), 'nothing of it listens any more')
  })
}

t.test('the native library is that one file or none', (t) => {
  t.throws(() => loadUws('uws_linux_x64_137'), { code: 'SERVER_ADAPTER_MISSING' }, 'a Node without a reviewed build')
  t.doesNotThrow(() => loadUws())
  t.end()
})

t.test('a path has one reading', (t: Test) => {
  for (const [target, path] of [
    ['/', '/'], ['/a', '/a'], ['/a/', '/a'], ['/a/b.c', '/a/b.c'], ['/a/..b', '/a/..b'], ['/a/...', '/a/...'], ['/BP01.PACK.BAG1', '/BP01.PACK.BAG1'],
    ['/a%20b', '/a b'], ['/%E2%82%AC', '/€'], ['/a%252e', '/a%2e'], ['', null], ['a', null], ['*', null], ['/a//b', null], ['//', null], ['/.', null], ['/a/.', null], ['/a/..', null],
    ['/..', null], ['/%2e', null], ['/%2E%2e/a', null], ['/a%2Fb', null], ['/a%5cb', null], ['/a%00', null], ['/a%7f', null], ['/a%', null], ['/a%zz', null], ['/é', null], ['/a b', null], ['/a"b', null],
  ] as const) t.equal(pathOf(target), path, JSON.stringify(target))
  t.end()
})
