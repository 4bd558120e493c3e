/** What comes in by the network: hostile HTTP, and crowds of sockets of which many never read. */

import { readdirSync } from 'node:fs'
import { Agent } from 'node:http'
import { WebSocket } from 'ws'
import { seededChance } from '../../src/base/chance.js'
import type { Gateway } from '../bench/support/gateway.js'
import { memoryOf } from '../bench/support/process.js'
import { frame, handshake, openRaw } from '../faces/support/raw.js'
import { ask, withGateway } from './door.js'
import { type Trial, Wrong } from './trial.js'

const wait = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })
const filesOf = ({ pid }: Gateway): number => readdirSync(`/proc/${pid}/fd`).length

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
