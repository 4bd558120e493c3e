/** What is current while history drains through 200 kB/s, a million facts or as much of samples: how late it arrives, and whether the link is full all the same. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inflateRawSync } from 'node:zlib'
import { seededChance } from '../../src/base/chance.js'
import { instant, mono } from '../../src/base/units.js'
import type { Lane } from '../../src/contract/upstream.js'
import { until } from '../support/child.js'
import { type Gateway, startGateway } from '../support/gateway.js'
import { openMes } from '../support/mes.js'
import { startMosquitto } from '../support/mosquitto.js'
import { groups } from '../journal/plant.js'
import { type Bench, type Figure, percentile } from './bench.js'
import { startNarrowLink } from './support/narrow-link.js'

const BACKLOG = Number(process.env['BACKLOG'] ?? 1_000_000)
const LINK = { bytesPerSecond: 200_000, delayMs: 25 }
/** Turns with a scan of six values that nobody can guess. */
const TURNS = BACKLOG / 4
const CURRENT = 200
const EVERY_MS = 150

interface Batch { readonly ep: string; readonly lane: string; readonly after: number; readonly to: number; readonly recs: readonly { readonly s: number; readonly t: number }[] }

export const bench: Bench = {
  name: 'upstream',
  peers: [],
  async run() {
    const chance = seededChance(7)
    // As little as a stop says cannot be guessed: half of it is noise that no deflating takes away.
    const body = (number: number): object => ({ reason: `stop ${number} of the bagger`, noise: Array.from({ length: 4 }, () => chance.whole(0, 2 ** 30).toString(36)).join('') })
    // Of the last hours: what is older than is kept would go before it was sent.
    const begun = Date.now() - TURNS * 100
    const noise = (turn: number) => [{ group: 0, at: instant(begun + turn * 100), mono: mono(turn * 100), values: Float64Array.from({ length: 7 }, () => chance.unit()), qualities: new Uint8Array(6), texts: new Map() }]
    return [
      ...await behind('facts', async (gateway) => {
        for (let made = 0; made < BACKLOG; made += 10_000) await gateway.happen(Math.min(10_000, BACKLOG - made), { body, snapshot: true })
      }, body),
      ...await behind('samples', async (gateway) => {
        for (let turn = 1; turn <= TURNS; turn++) await gateway.happen(turn === TURNS ? 1 : 0, { scans: noise, at: instant(begun + turn * 100) })
      }, body),
    ]
  },
}

/** How late facts arrive that happen while the history of a lane is on its way. */
async function behind(history: Lane, fill: (gateway: Gateway) => Promise<void>, body: (number: number) => object): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'lineside-bench-'))
  const broker = await startMosquitto(directory)
  const link = await startNarrowLink(broker.port, LINK)
  const data = join(directory, 'gateway')
  const filling = await startGateway({ directory: data, id: 'bench', groups, upstreams: [] })
  await fill(filling)
  const head = filling.desk.head().seq
  await filling.stop()

  const arrivals: number[] = []
  const mes = await openMes({ url: broker.url, gateway: 'bench' })
  const streams = new Map<string, Stream>()
  const listener = await openMes({
    url: broker.url, gateway: 'bench-listener', listens: ['lineside/v1/bench/up/+'],
    hears(_topic, payload) {
      const now = Date.now()
      const batch = JSON.parse((payload[0] === 1 ? inflateRawSync(payload.subarray(1)) : payload).toString()) as Batch
      if (batch.lane === 'j' && batch.after >= head) for (const { t } of batch.recs) arrivals.push(now - t)
      const stream = streams.get(batch.lane) ?? { contiguous: 0, waiting: new Map() }
      streams.set(batch.lane, stream)
      void mes.say(`lineside/v1/bench/ack/${batch.lane}`, JSON.stringify({ v: 1, ep: batch.ep, to: putInOrder(stream, batch) }), { qos: 1, retain: true })
    },
  })
  const gateway = await startGateway({ directory: data, id: 'bench', groups, upstreams: [{ name: 'mes', url: `mqtt://127.0.0.1:${link.port}`, lanes: ['facts'], ...(history === 'samples' ? { samples: { tags: ['packer/*'] } } : {}) }] })
  const lane = () => gateway.upstreams[0]!.figures().lanes[history]!
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
    if (lane().acked >= (history === 'facts' ? BACKLOG : TURNS)) throw new Error('history was gone before the measurement was over')
    await until('what is current has arrived', () => arrivals.length >= CURRENT)
    return [
      { figure: `behind ${history}, what is current arrives after, p50`, value: percentile(arrivals, 0.5), unit: 'ms', target: null },
      { figure: `behind ${history}, what is current arrives after, p95`, value: percentile(arrivals, 0.95), unit: 'ms', target: { atMost: 200 } },
      { figure: 'the same, the worst', value: Math.max(...arrivals), unit: 'ms', target: null },
      { figure: `${history === 'facts' ? 'facts' : 'turns'} of history drained meanwhile`, value: drained / seconds, unit: '/s', target: null },
      { figure: 'of what the link can carry', value: sent / seconds / LINK.bytesPerSecond, unit: '', target: history === 'facts' ? { atLeast: 0.7 } : null },
    ]
  } finally {
    await gateway.stop()
    await listener.leave()
    await mes.leave()
    await link.stop()
    await broker.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Batches that came before what they follow wait for it. */
interface Stream { contiguous: number; readonly waiting: Map<number, number> }

function putInOrder(stream: Stream, { after, to }: Batch): number {
  stream.waiting.set(after, to)
  for (let next = stream.waiting.get(stream.contiguous); next !== undefined; next = stream.waiting.get(stream.contiguous)) {
    stream.waiting.delete(stream.contiguous)
    stream.contiguous = next
  }
  return stream.contiguous
}
