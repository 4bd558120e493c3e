/** What is current while a million facts of history drain through 200 kB/s: how late it arrives, and whether the link is full all the same. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inflateRawSync } from 'node:zlib'
import { seededChance } from '../../src/base/chance.js'
import { until } from '../support/child.js'
import { startGateway } from '../support/gateway.js'
import { openMes } from '../support/mes.js'
import { startMosquitto } from '../support/mosquitto.js'
import { type Bench, percentile } from './bench.js'
import { startNarrowLink } from './support/narrow-link.js'

const BACKLOG = Number(process.env['BACKLOG'] ?? 1_000_000)
const LINK = { bytesPerSecond: 200_000, delayMs: 25 }
const CURRENT = 300
const EVERY_MS = 150

interface Batch { readonly ep: string; readonly after: number; readonly to: number; readonly hist: boolean; readonly recs: readonly { readonly s: number; readonly t: number }[] }

export const bench: Bench = {
  name: 'upstream',
  peers: [],
  async run() {
    const directory = mkdtempSync(join(tmpdir(), 'lineside-bench-'))
    const broker = await startMosquitto(directory)
    const link = await startNarrowLink(broker.port, LINK)
    const data = join(directory, 'gateway')
    const chance = seededChance(7)
    // As little as a stop says cannot be guessed: half of it is noise that no deflating takes away.
    const body = (number: number): object => ({ reason: `stop ${number} of the bagger`, noise: Array.from({ length: 4 }, () => chance.whole(0, 2 ** 30).toString(36)).join('') })
    const filling = await startGateway({ directory: data, id: 'bench', upstreams: [] })
    for (let made = 0; made < BACKLOG; made += 10_000) await filling.happen(Math.min(10_000, BACKLOG - made), { body, snapshot: true })
    await filling.stop()

    const arrivals: number[] = []
    const mes = await openMes({ url: broker.url, gateway: 'bench' })
    let contiguous = 0
    const waiting = new Map<number, number>()
    const listener = await openMes({
      url: broker.url, gateway: 'bench-listener', listens: ['lineside/v1/bench/up/j'],
      hears(_topic, payload) {
        const now = Date.now()
        const batch = JSON.parse((payload[0] === 1 ? inflateRawSync(payload.subarray(1)) : payload).toString()) as Batch
        if (batch.after >= BACKLOG) for (const { t } of batch.recs) arrivals.push(now - t)
        waiting.set(batch.after, batch.to)
        for (let next = waiting.get(contiguous); next !== undefined; next = waiting.get(contiguous)) {
          waiting.delete(contiguous)
          contiguous = next
        }
        void mes.say('lineside/v1/bench/ack/j', JSON.stringify({ v: 1, ep: batch.ep, to: contiguous }), { qos: 1, retain: true })
      },
    })
    const gateway = await startGateway({ directory: data, id: 'bench', upstreams: [{ name: 'mes', url: `mqtt://127.0.0.1:${link.port}`, lanes: ['facts'] }] })
    const lane = () => gateway.upstreams[0]!.figures().lanes.facts!
    try {
      await until('history is on its way', () => lane().acked > 0)
      await sleep(5_000)
      const [begun, acked, bytes] = [performance.now(), lane().acked, link.sentBytes()]
      for (let i = 0; i < CURRENT; i++) {
        await gateway.happen(1, { body })
        await sleep(EVERY_MS)
      }
      const seconds = (performance.now() - begun) / 1_000
      const [drained, sent] = [lane().acked - acked, link.sentBytes() - bytes]
      if (lane().acked >= BACKLOG) throw new Error('history was gone before the measurement was over')
      await until('what is current has arrived', () => new Set(arrivals).size > 0 && arrivals.length >= CURRENT)
      return [
        { figure: 'what is current arrives after, p50', value: percentile(arrivals, 0.5), unit: 'ms', target: null },
        { figure: 'what is current arrives after, p95', value: percentile(arrivals, 0.95), unit: 'ms', target: { atMost: 200 } },
        { figure: 'the same, the worst', value: Math.max(...arrivals), unit: 'ms', target: null },
        { figure: 'history drained meanwhile', value: drained / seconds, unit: 'facts/s', target: null },
        { figure: 'of what the link can carry', value: sent / seconds / LINK.bytesPerSecond, unit: '', target: { atLeast: 0.7 } },
      ]
    } finally {
      await gateway.stop()
      await listener.leave()
      await mes.leave()
      await link.stop()
      await broker.stop()
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
