/** What the demo takes: memory of the daemon and everything it starts, and the time until it answers. */

import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { type Bench, median } from './bench.js'
import { startGateway } from './support/gateway.js'
import { type Memory, memoryOf, treeOf } from './support/process.js'

const ROUNDS = 5
const SETTLED_MS = 20_000
const DEMO = fileURLToPath(new URL('../../../config/lineside.yaml', import.meta.url))

/** One start of the demo, as `make run` starts it, with a screen that listens. */
async function demo(): Promise<Memory & { readonly readyMs: number; readonly processes: number }> {
  const gateway = await startGateway(DEMO, { args: ['--demo'] })
  try {
    const screen = new WebSocket(`${gateway.address.replace('http', 'ws')}/api/v1/ws/production`, { headers: { authorization: `Bearer ${gateway.tokens[0]}` } })
    await sleep(SETTLED_MS)
    const processes = treeOf(gateway.pid)
    const memory = memoryOf(processes)
    screen.terminate()
    return { ...memory, readyMs: gateway.readyMs, processes: processes.length }
  } finally {
    await gateway.stop()
  }
}

export const bench: Bench = {
  name: 'footprint',
  peers: [],
  async run() {
    const runs: Awaited<ReturnType<typeof demo>>[] = []
    for (let round = 0; round < ROUNDS; round++) runs.push(await demo())
    const of = (key: keyof Awaited<ReturnType<typeof demo>>): number[] => runs.map((run) => run[key])
    return [
      { figure: 'RSS of the demo: daemon, plant and driver process', value: median(of('rss')), unit: 'MiB', target: { atMost: 200 } },
      { figure: 'the same, largest of 5', value: Math.max(...of('rss')), unit: 'MiB', target: null },
      { figure: 'the same, shared pages counted once', value: median(of('pss')), unit: 'MiB', target: null },
      { figure: 'processes', value: median(of('processes')), unit: '', target: null },
      { figure: 'ready after', value: median(of('readyMs')) / 1_000, unit: 's', target: { atMost: 2 } },
      { figure: 'ready after, largest of 5', value: Math.max(...of('readyMs')) / 1_000, unit: 's', target: null },
    ]
  },
}
