/** Servers that tell a thousand samples a cycle to whoever subscribed: our live face, bare uWebSockets.js topics, socket.io rooms. Forked: kind, where peers are installed. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../../src/base/clock.js'
import { silentLog } from '../../../src/base/log.js'
import { type Config, config } from '../../../src/contract/config.js'
import type { Reading } from '../../../src/contract/events/catalogue.js'
import { messageOf } from '../../../src/contract/events/message.js'
import { rfc3339 } from '../../../src/base/units.js'
import { startLive } from '../../../src/faces/live/live.js'
import { openServer } from '../../../src/faces/server.js'
import { loadUws } from '../../../src/faces/server/uws-binary.js'
import { machineMs } from '../../../src/field/parcel.js'
import { announcing } from '../../faces/support/announcing.js'
import { openMemoryDesk } from '../../faces/support/desk.js'

export type FanKind = 'ours' | 'bare' | 'socket.io'

export const LINES = 16
export const MACHINES_PER_LINE = 62
export const machineOf = (line: number, machine: number): string => `L${line}.M${machine}`
export const lineIdOf = (line: number): string => `00000000-0000-4000-8000-0000000000${String(line).padStart(2, '0')}`

export interface Fan {
  readonly pid: number
  readonly port: number
  /** Tells every machine's sample so many times, one round every so many milliseconds. Resolves after the last. */
  tell(rounds: number, everyMs: number): Promise<void>
  stop(): Promise<void>
}

export async function startFan(kind: FanKind, peers: string): Promise<Fan> {
  const child = fork(fileURLToPath(import.meta.url), [kind, peers], { execArgv: ['--max-semi-space-size=1', '--single-threaded-gc'] })
  const [port] = await once(child, 'message') as [number]
  return {
    pid: child.pid!, port,
    async tell(rounds, everyMs) {
      const done = once(child, 'message')
      child.send({ rounds, everyMs })
      await done
    },
    async stop() { const exited = once(child, 'exit'); child.kill('SIGKILL'); await exited },
  }
}

type Tell = (readings: readonly Reading[]) => void

const plant = (): Config => config.parse({
  version: 1, gateway: { id: 'bench' }, server: { reading_interval: '10ms' }, plcs: [], calendars: { always: {} },
  lines: Array.from({ length: LINES }, (_, line) => ({
    id: lineIdOf(line), code: `L${line}`, name: `Line ${line}`, calendar: 'always',
    equipment: Array.from({ length: MACHINES_PER_LINE }, (_, machine) => ({ code: machineOf(line, machine), name: 'Machine' })),
  })),
})

/** One signal of each machine. Its value is the moment, by which who hears it knows how long it took. */
const readingsNow = (): Reading[] => Array.from({ length: LINES * MACHINES_PER_LINE }, (_, i) => {
  const [line, at] = [Math.floor(i / MACHINES_PER_LINE), systemClock.now()]
  const signals = { value: { value: machineMs(), unit: null, quality: 'good' as const, at: rfc3339(at), age_seconds: 0 } }
  return { type: 'plc_metrics_update', at, line: `L${line}`, equipment: machineOf(line, i % MACHINES_PER_LINE), body: { signals } }
})
const said = (reading: Reading): object => messageOf(reading, (line) => lineIdOf(Number(line.slice(1))))

async function ours(): Promise<[number, Tell]> {
  const desk = announcing(openMemoryDesk(plant(), systemClock))
  const refused = () => ({ status: 400, headers: [], body: '' })
  const actor = { id: 'bench', name: 'bench', role: 'viewer' as const, lines: null }
  const live = startLive({ desk, clock: systemClock, refused, access: { authorise: () => actor, holds: () => true } })
  const server = await openServer({ adapter: 'uws', host: '127.0.0.1', port: 0, tls: null, log: silentLog, refused, upgrade: live.upgrade, handler: refused })
  live.attach(server)
  return [server.port, (readings) => { desk.read(readings) }]
}

/** Subscribes whoever names topics, and publishes. */
async function bare(): Promise<[number, Tell]> {
  const uws = loadUws()
  const app = uws.App()
  app.ws('/*', { compression: 0, maxPayloadLength: 16_384, message: (ws, message) => { for (const topic of Buffer.from(message).toString().split(' ')) ws.subscribe(topic) } })
  const port = await new Promise<number>((resolve) => { app.listen('127.0.0.1', 0, 0, (bound) => { resolve(bound === false ? 0 : uws.us_socket_local_port(bound)) }) })
  return [port, (readings) => { for (const reading of readings) app.publish(reading.equipment!, JSON.stringify(said(reading))) }]
}

interface SocketIo { on(event: 'connection', heard: (socket: { on(event: string, heard: (topics: string[]) => void): void; join(topics: string[]): void }) => void): void; to(room: string): { emit(event: string, message: object): void } }

async function socketIo(peers: string): Promise<[number, Tell]> {
  const { Server } = createRequire(`${peers}package.json`)('socket.io') as { readonly Server: new (server: object, options: object) => SocketIo }
  const server = createServer()
  const io = new Server(server, { serveClient: false, perMessageDeflate: false })
  io.on('connection', (socket) => { socket.on('join', (topics) => { socket.join(topics) }) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return [(server.address() as AddressInfo).port, (readings) => { for (const reading of readings) io.to(reading.equipment!).emit('m', said(reading)) }]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [kind, peers = ''] = process.argv.slice(2)
  const [port, tell] = await (kind === 'ours' ? ours() : kind === 'bare' ? bare() : socketIo(peers))
  process.on('disconnect', () => { process.exit() })
  process.on('message', (message) => {
    const { rounds, everyMs } = message as { rounds: number; everyMs: number }
    void (async () => {
      for (let round = 0, due = performance.now(); round < rounds; round++, due += everyMs) {
        await sleep(Math.max(0, due - performance.now()))
        tell(readingsNow())
      }
      process.send?.('done')
    })()
  })
  process.send?.(port)
}
