/** What comes in by the network: hostile HTTP, crowds of sockets of which many never read, and requests and frames made up at random from the schemas. */

import { readFileSync, readdirSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { type Chance, seededChance } from '../../src/base/chance.js'
import { commands } from '../../src/contract/commands.js'
import type { Endpoint } from '../../src/contract/endpoints/endpoint.js'
import { endpoints } from '../../src/contract/endpoints/table.js'
import { refusals } from '../../src/contract/refusals.js'
import { type Gateway, startGateway } from '../bench/support/gateway.js'
import { memoryOf } from '../bench/support/process.js'
import { frame, handshake, openRaw } from '../faces/support/raw.js'
import { type Trial, Wrong } from './trial.js'

const EXAMPLE = fileURLToPath(new URL('../../../config/lineside.yaml', import.meta.url))
const wait = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })
const filesOf = ({ pid }: Gateway): number => readdirSync(`/proc/${pid}/fd`).length

/** The gateway as it ships, with nobody at the other end of its PLCs; several tokens, because each may ask only so often. */
async function withGateway<T>(run: (gateway: Gateway) => Promise<T>): Promise<T> {
  const gateway = await startGateway(EXAMPLE, { tokensCount: 20 })
  try {
    return await run(gateway)
  } finally {
    await gateway.stop()
  }
}

interface Answer { readonly status: number; readonly type: string; readonly text: string }

function ask(gateway: Gateway, agent: Agent, method: string, target: string, token: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }) }
    const asked = request(`${gateway.address}${target}`, { method, headers, agent, timeout: 120_000 }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => { parts.push(part) })
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text: Buffer.concat(parts).toString() }) })
      response.on('error', reject)
    })
    asked.on('error', reject)
    asked.on('timeout', () => { asked.destroy(new Error('no answer')) })
    asked.end(body)
  })
}

/* ── hostile HTTP ────────────────────────────────────────────────────────────────────────────── */

const INSIDE = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'
const chunked = `0\r\n\r\n${INSIDE}`
/** Each hides a second request behind a length that two readers may read in two ways, or is no HTTP at all. */
const smuggled: readonly string[] = [
  `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: ${chunked.length}\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
  `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: ${INSIDE.length}\r\n\r\n${INSIDE}`,
  `POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n${chunked}`,
  `POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n${chunked}`,
  `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n${INSIDE}`,
  `GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n${INSIDE}`,
  `GET /healthz HTTP/1.1\nHost: x\n\n${INSIDE}`,
  `GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n${INSIDE}`,
  `GET /healthz\u0000 HTTP/1.1\r\nHost: x\r\n\r\n${INSIDE}`,
  `GET http://x/healthz HTTP/9.9\r\nHost: x\r\n\r\n${INSIDE}`,
  '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
]

export const doors: Trial = {
  name: 'slow, oversized, malformed and smuggled HTTP', count: 400,
  run: (seed, count) => withGateway(async (gateway) => {
    const wrong = new Wrong('second request obeyed', 'left open', 'unanswered', 'files left', '500')
    const chance = seededChance(seed)
    const address = { port: Number(new URL(gateway.address).port), secure: false }
    const agent = new Agent({ keepAlive: false })
    await ask(gateway, agent, 'GET', '/healthz', '')
    const before = filesOf(gateway)

    const slow = await Promise.all(Array.from({ length: count }, () => openRaw(address)))
    for (const [i, raw] of slow.entries()) raw.send(i % 2 === 0 ? 'GET /healthz HTTP/1.1\r\nHost: x\r\nX-' : `POST /api/v1/enhanced/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`)
    for (let i = 0; i < count; i++) {
      const raw = await openRaw(address)
      const large = chance.happens(0.2)
      raw.send(large ? chance.pick([`GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, `GET / HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(2_000)}\r\n`, 'POST /api/v1/enhanced/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n']) : chance.pick(smuggled))
      const said = await Promise.race([raw.ended, wait(500).then(() => raw.said())])
      raw.socket.destroy()
      const answers = said.match(/HTTP\/1\.1 \d{3}/g) ?? []
      if (answers.filter((line) => line.endsWith('200')).length > 1) wrong.is('second request obeyed', JSON.stringify(said.slice(0, 200)))
      if (answers.some((line) => line.endsWith('500'))) wrong.is('500', JSON.stringify(said.slice(0, 200)))
      if (i % 20 === 0) await ask(gateway, agent, 'GET', '/healthz', '').then(({ status }) => { if (status !== 200) wrong.is('unanswered', `${status}`) }, (error: unknown) => { wrong.is('unanswered', String(error)) })
    }
    // Each of them was given its time; then it is not waited for any longer.
    await Promise.race([Promise.all(slow.map((raw) => raw.ended)), wait(30_000)])
    wrong.is('left open', `after 30 s`, slow.filter((raw) => !raw.socket.destroyed && raw.socket.readable).length)
    for (const raw of slow) raw.socket.destroy()
    for (let left = 100; left > 0 && filesOf(gateway) > before + 3; left--) await wait(50)
    wrong.is('files left', `${before} before`, Math.max(0, filesOf(gateway) - before - 3))
    agent.destroy()
    return { thrown: `${count} that dawdle, ${count} that lie`, wrong: wrong.counts, details: wrong.details }
  }),
}

/* ── a crowd ─────────────────────────────────────────────────────────────────────────────────── */

export const crowd: Trial = {
  name: 'sockets, a tenth of which never read', count: 2_000,
  run: (seed, count) => withGateway(async (gateway) => {
    const wrong = new Wrong('reader cut', 'unanswered', 'MiB too many', 'unreachable')
    const chance = seededChance(seed)
    const address = { port: Number(new URL(gateway.address).port), secure: false }
    const token = (): string => chance.pick(gateway.tokens)
    const silent = Math.round(count / 10)
    const readers: { readonly ws: WebSocket; asked: number; heard: number; isCut: boolean }[] = []
    for (let i = 0; i < count - silent; i++) {
      const ws = new WebSocket(`${gateway.address.replace('http', 'ws')}/api/v1/ws/production`, { headers: { authorization: `Bearer ${token()}` }, perMessageDeflate: false })
      const reader = { ws, asked: 0, heard: 0, isCut: false }
      ws.on('message', (data: Buffer) => { if (data.includes('"pong"')) reader.heard++ })
      ws.on('close', () => { reader.isCut = true })
      ws.on('error', () => undefined)
      readers.push(reader)
      if (i % 50 === 49) await new Promise((resolve) => { ws.once('message', resolve); ws.once('close', resolve) })
    }
    const asking = Buffer.concat(Array.from({ length: 50 }, () => frame(0x81, '{"type":"get_status"}')))
    const deaf = await Promise.all(Array.from({ length: silent }, () => openRaw(address)))
    for (const raw of deaf) {
      raw.send(handshake('/api/v1/ws/production', `Authorization: Bearer ${token()}\r\n`))
      raw.socket.pause()
    }
    for (let second = 0; second < PINGS; second++) {
      for (const raw of deaf) raw.send(asking)
      for (const reader of readers) if (reader.ws.readyState === WebSocket.OPEN) { reader.asked++; reader.ws.send('{"type":"ping"}') }
      await wait(1_000)
    }
    for (let left = 100; left > 0 && readers.some(({ asked, heard, isCut }) => !isCut && heard < asked); left--) await wait(100)
    wrong.is('reader cut', 'of those that read', readers.filter(({ isCut }) => isCut).length)
    wrong.is('unanswered', 'pings', readers.filter(({ asked, heard, isCut }) => !isCut && (asked === 0 || heard < asked)).length)
    const agent = new Agent()
    await ask(gateway, agent, 'GET', '/healthz', '').catch((error: unknown) => { wrong.is('unreachable', String(error)) })
    const { rss } = memoryOf([gateway.pid])
    wrong.is('MiB too many', `${Math.round(rss)} MiB`, Math.max(0, Math.round(rss - RSS_MAX)))
    for (const { ws } of readers) ws.terminate()
    for (const raw of deaf) raw.socket.destroy()
    agent.destroy()
    return { thrown: `${readers.length} that read, ${silent} that do not, ${silent * PINGS * 50} questions; ${Math.round(rss)} MiB`, wrong: wrong.counts, details: wrong.details }
  }),
}

/** One each second. */
const PINGS = 6
/** Of the main process, with everything that waits for slow readers. */
const RSS_MAX = 400

/* ── made up at random ───────────────────────────────────────────────────────────────────────── */

/** What somebody might type, and what nobody should. */
const values: readonly unknown[] = [
  'BP01', 'BP01.PACK.BAG1', 'BP01.PACK.BAG1.BL', 'packer', 'running', 'speed', 'J1', 'material', 'maintenance', 'MAT_JAM', 'NO_ORDER', 'mes', 'open', 'day', 'shift', 'hour', 'job', 'csv',
  '2026-03-29', '2026-03-29T06:00:00Z', '2026-11-22T06:00:00.000Z', '2026-03-29/early', '12345678-1234-5678-9abc-123456789012', 0, 1, -1, 5, 100, 0.5, 1e9, -1e9, 1e308, 2 ** 53 + 2,
  true, false, null, '', ' ', 'x'.repeat(300), 'x'.repeat(5_000), 'ü\u0000\uFFFF', '\u202Eabc', '../../etc/passwd', '__proto__', 'constructor', "'; DROP TABLE facts; --", '%00', '{{7*7}}', 'NaN', 'Infinity', '-0',
  [], {}, ['BP01'], [1, null], { a: { b: { c: 1 } } }, [[[[[[]]]]]],
]

const texts = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Some of the members a schema has, with values that fit now and then, and sometimes one that it does not have. */
function madeUp(shape: object, chance: Chance): Record<string, unknown> {
  const names = Object.keys(shape).filter(() => chance.happens(0.6))
  if (chance.happens(0.05)) names.push(chance.pick(['extra', '__proto__', 'toString', 'line_id']))
  return Object.fromEntries(names.map((name) => [name, chance.pick(values)]))
}

function targetOf({ path, query }: Endpoint, chance: Chance): string {
  const known: Readonly<Record<string, readonly string[]>> = { line_id: ['BP01', '12345678-1234-5678-9abc-123456789012'], equipment_code: ['BP01.PACK.BAG1', 'BP01.PACK.BAG1.BL'], job_id: ['J1'], plc: ['packer'], upstream: ['mes'] }
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(known[name] !== undefined && chance.happens(0.7) ? chance.pick(known[name]) : texts(chance.pick(values)) || ' '))
  const asked = Object.entries(madeUp(query.shape, chance)).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(texts(value))}`).join('&')
  return asked === '' ? filled : `${filled}?${asked}`
}

/** What is wrong with an answer, or `null`. */
function misfitOf(endpoint: Endpoint, { status, type, text }: Answer): string | null {
  if (status >= 500 && status !== 503) return `${status} ${text.slice(0, 200)}`
  if (status === 204 || status === 304) return null
  if (endpoint.kind === 'asks' && endpoint.bare !== undefined && (status < 300 || status === 503)) return null
  if (!type.startsWith('application/json')) return status < 300 ? null : `${status} as ${type}`
  const { success, data, error } = JSON.parse(text) as { success?: boolean; data?: unknown; error?: { code?: string } }
  if (status >= 400) return success === false && error?.code !== undefined && error.code in refusals ? null : `${status} ${text.slice(0, 200)}`
  const issues = endpoint.data.safeParse(data).error?.issues
  return issues === undefined ? null : JSON.stringify(issues[0])
}

export const fuzz: Trial = {
  name: 'requests and frames at random', count: Number(process.env['FUZZ'] ?? 1_000_000),
  run: (seed, count) => withGateway(async (gateway) => {
    const wrong = new Wrong('500', 'misfit', 'no answer', 'frame misread', 'ended')
    const statuses = new Map<number, number>()
    const agent = new Agent({ keepAlive: true, maxSockets: 16 })
    let left = count
    const one = async (chance: Chance): Promise<void> => {
      for (let mine = 0; left > 0; mine++) {
        left--
        const [name, endpoint] = chance.pick(endpoints)
        const target = targetOf(endpoint, chance)
        const shape = endpoint.kind === 'tells' ? (commands[endpoint.command].body as { shape?: object }).shape ?? {} : endpoint.query.shape
        const body = endpoint.method === 'GET' ? undefined : chance.happens(0.1) ? texts(chance.pick(values)) : JSON.stringify(madeUp(shape, chance))
        try {
          const answer = await ask(gateway, agent, endpoint.method, target, chance.pick(gateway.tokens), body)
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
          const misfit = misfitOf(endpoint, answer)
          if (misfit !== null) wrong.is(answer.status === 500 ? '500' : 'misfit', `${name} ${target.slice(0, 200)} ${body?.slice(0, 200) ?? ''}: ${misfit}`)
        } catch (error) {
          wrong.is('no answer', `${name} ${target.slice(0, 200)} ${body?.slice(0, 200) ?? ''}: ${String(error)}`)
        }
      }
    }
    const chance = seededChance(seed)
    await Promise.all([...Array.from({ length: 16 }, (_, i) => one(chance.fork(`asker ${i}`))), ...Array.from({ length: 4 }, (_, i) => babble(gateway, chance.fork(`socket ${i}`), Math.ceil(count / 40), (what) => { wrong.is('frame misread', what) }))])
    agent.destroy()
    try { readFileSync(`/proc/${gateway.pid}/stat`) } catch { wrong.is('ended', 'the gateway is gone') }
    const shares = [...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${times} × ${status}`).join(', ')
    return { thrown: `${count} requests (${shares}), ${4 * Math.ceil(count / 40)} frames`, wrong: wrong.counts, details: wrong.details }
  }),
}

/** Frames on one socket after another; whatever is said in return is one of our messages. */
async function babble(gateway: Gateway, chance: Chance, count: number, misread: (what: string) => void): Promise<void> {
  const types = ['ping', 'subscribe', 'unsubscribe', 'get_status', 'resume', 'hello', '', null, 1]
  for (let sent = 0; sent < count;) {
    const ws = new WebSocket(`${gateway.address.replace('http', 'ws')}/api/v1/ws/production`, { headers: { authorization: `Bearer ${chance.pick(gateway.tokens)}` }, perMessageDeflate: false })
    ws.on('error', () => undefined)
    ws.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type?: unknown }
      if (typeof message.type !== 'string') misread(data.toString().slice(0, 200))
    })
    const gone = new Promise<void>((resolve) => { ws.once('close', () => { resolve() }) })
    await Promise.race([new Promise((resolve) => { ws.once('open', resolve) }), gone])
    while (sent < count && ws.readyState === WebSocket.OPEN) {
      sent++
      const members = Object.fromEntries(['event_type', 'line_id', 'equipment_code', 'after', 'epoch'].filter(() => chance.happens(0.4)).map((name) => [name, chance.pick(values)]))
      if (chance.happens(0.1)) ws.send(Buffer.from(texts(chance.pick(values))))
      else ws.send(chance.happens(0.15) ? texts(chance.pick(values)) : JSON.stringify({ type: chance.pick(types), ...members }))
      if (sent % 20 === 0) await wait(5)
    }
    await wait(20)
    ws.close()
    await Promise.race([gone, wait(1_000)])
    ws.terminate()
  }
}
