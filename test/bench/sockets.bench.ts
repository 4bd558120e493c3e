/** A thousand sockets with ten subscriptions each: what a delivered sample costs, and what a client that does not read does to the others. */

import { setTimeout as sleep } from 'node:timers/promises'
import { type Bench, type Figure, median, percentile } from './bench.js'
import { SOCKETS, SUBSCRIPTIONS, startCrowd } from './support/crowd.js'
import { type FanKind, startFan } from './support/fan.js'
import { cpuMs, memoryOf } from './support/process.js'

const ROUNDS = 3
const TELLINGS = 10
/** socket.io needs most of it. */
const EVERY_MS = 400
const kinds: readonly FanKind[] = ['ours', 'bare', 'socket.io']

async function open(kind: FanKind, peers: string) {
  const fan = await startFan(kind, peers)
  const crowd = await startCrowd(kind, fan.port)
  await sleep(500)
  return {
    fan, crowd,
    async told() {
      await crowd.heard()
      const before = cpuMs([fan.pid])
      await fan.tell(TELLINGS, EVERY_MS)
      const cpu = cpuMs([fan.pid]) - before
      await sleep(1_000)
      const { count, latencies } = await crowd.heard()
      return { count, cpuUs: 1_000 * cpu / count, p99: percentile(latencies, 0.99) }
    },
    async stop() { crowd.stop(); await fan.stop() },
  }
}

export const bench: Bench = {
  name: 'sockets',
  peers: ['socket.io@4.8.4'],
  async run(peers) {
    const all = Object.fromEntries(await Promise.all(kinds.map(async (kind) => [kind, await open(kind, peers.directory)] as const)))
    const costs: Record<string, number>[] = []
    const stalls: { readonly alone: number; readonly stalled: number; readonly grownMiB: number }[] = []
    try {
      for (let round = -1; round < ROUNDS; round++) {
        const costsNow: Record<string, number> = {}
        for (const kind of kinds) {
          const { count, cpuUs } = await all[kind]!.told()
          if (count !== SOCKETS * SUBSCRIPTIONS * TELLINGS) throw new Error(`${kind} delivered ${count} samples`)
          costsNow[kind] = cpuUs
        }
        // The first round warms up.
        if (round >= 0) costs.push(costsNow)
      }
      const ours = all['ours']!
      for (let round = 0; round < ROUNDS; round++) {
        const alone = (await ours.told()).p99
        const before = memoryOf([ours.fan.pid]).rss
        await ours.crowd.stall()
        const stalled = (await ours.told()).p99
        stalls.push({ alone, stalled, grownMiB: memoryOf([ours.fan.pid]).rss - before })
      }
    } finally {
      for (const one of Object.values(all)) await one.stop()
    }
    const of = (kind: FanKind): number => median(costs.map((cost) => cost[kind]!))
    const ratios = (kind: FanKind): number[] => costs.map((cost) => cost['ours']! / cost[kind]!)
    const figures: Figure[] = [
      { figure: 'a delivered sample: ours', value: of('ours'), unit: 'µs CPU', target: null },
      { figure: 'a delivered sample: bare uWS topics', value: of('bare'), unit: 'µs CPU', target: null },
      { figure: 'a delivered sample: socket.io rooms', value: of('socket.io'), unit: 'µs CPU', target: null },
      { figure: 'ours over bare uWS topics', value: median(ratios('bare')), unit: '×', target: { atMost: 1.3 } },
      { figure: `the same, least of ${ROUNDS}`, value: Math.min(...ratios('bare')), unit: '×', target: null },
      { figure: `the same, most of ${ROUNDS}`, value: Math.max(...ratios('bare')), unit: '×', target: null },
      { figure: 'ours over socket.io rooms', value: median(ratios('socket.io')), unit: '×', target: { atMost: 1 / 12 } },
      { figure: 'p99 of the others, one stalled over none', value: median(stalls.map(({ alone, stalled }) => stalled / alone)), unit: '×', target: { atMost: 1.1 } },
      { figure: 'memory that a stalled client takes, most', value: Math.max(...stalls.map(({ grownMiB }) => grownMiB)), unit: 'MiB', target: { atMost: 4 } },
    ]
    return figures
  },
}
