/** A thousand sockets in a process of their own, each with ten subscriptions; and one that never reads. Forked: kind and port. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { machineMs } from '../../../src/field/parcel.js'
import { type FanKind, LINES, MACHINES_PER_LINE, lineIdOf, machineOf } from './fan.js'

export const SOCKETS = 1_000
export const SUBSCRIPTIONS = 10
/** So many sockets look at when the samples they hear were taken; the others only count. */
const WATCHERS = 50

export interface Crowd {
  /** Samples heard since the last time, and how long some of them took. */
  heard(): Promise<{ readonly count: number; readonly latencies: readonly number[] }>
  /** One more, that subscribes to everything and stops reading. */
  stall(): Promise<void>
  stop(): void
}

export async function startCrowd(kind: FanKind, port: number): Promise<Crowd> {
  const child = fork(fileURLToPath(import.meta.url), [kind, String(port)], { execArgv: [], serialization: 'advanced' })
  await once(child, 'message')
  const ask = async <T>(what: string): Promise<T> => {
    const answered = once(child, 'message')
    child.send(what)
    return (await answered as [T])[0]
  }
  return { heard: () => ask('report'), stall: () => ask('stall'), stop: () => { child.kill('SIGKILL') } }
}

const machinesOf = (socket: number): string[] => Array.from({ length: SUBSCRIPTIONS }, (_, i) => machineOf(socket % LINES, (socket * 7 + i * 5) % MACHINES_PER_LINE))

/** Opens a socket and subscribes it; resolves when the server has heard all of it. */
async function subscribed(kind: FanKind, port: number, socket: number): Promise<WebSocket> {
  const path = { ours: `/api/v1/ws/production/${lineIdOf(socket % LINES)}`, bare: '/', 'socket.io': '/socket.io/?EIO=4&transport=websocket' }[kind]
  const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false })
  const machines = machinesOf(socket)
  if (kind === 'ours') {
    const ready = new Promise<void>((resolve) => { ws.on('message', (data: Buffer) => { if (data.includes('"pong"')) resolve() }) })
    await once(ws, 'open')
    for (const equipment_code of machines) ws.send(JSON.stringify({ type: 'subscribe', event_type: 'plc_metrics_update', equipment_code }))
    ws.send('{"type":"ping"}')
    await ready
  } else if (kind === 'bare') {
    await once(ws, 'open')
    ws.send(machines.join(' '))
  } else {
    const greeted = once(ws, 'message')
    await greeted
    const connected = once(ws, 'message')
    ws.send('40')
    await connected
    ws.send(`42${JSON.stringify(['join', machines])}`)
    ws.on('message', (data: Buffer) => { if (data.length === 1 && data[0] === 0x32) ws.send('3') })
  }
  return ws
}

async function gather(kind: FanKind, port: number): Promise<void> {
  const value = /"value":\{"value":([\d.]+)/
  let count = 0
  let latencies: number[] = []
  for (let i = 0; i < SOCKETS; i++) {
    const ws = await subscribed(kind, port, i)
    ws.on('message', (data: Buffer) => {
      if (data.length < 100) return
      count++
      if (i % (SOCKETS / WATCHERS) === 0) latencies.push(machineMs() - Number(value.exec(data.toString())?.[1]))
    })
  }
  process.on('disconnect', () => { process.exit() })
  process.on('message', (what) => {
    if (what === 'report') {
      process.send?.({ count, latencies })
      count = 0
      latencies = []
    } else void stall(port).then(() => process.send?.(null))
  })
  process.send?.('open')
}

/** It has not narrowed itself, so it hears everything. */
async function stall(port: number): Promise<void> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/api/v1/ws/production`, { perMessageDeflate: false })
  await once(ws, 'message')
  ws.pause()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [kind, port] = process.argv.slice(2)
  await gather(kind as FanKind, Number(port))
}
