/** What the demo takes: memory of the daemon and everything it starts, processor time once it has settled, and the time until it answers. */

import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { type Bench, median } from './bench.js'
import { startGateway } from './support/gateway.js'
import { type Memory, cpuMs, memoryOf, treeOf } from './support/process.js'

const ROUNDS = 3
/** V8 looks for garbage three times more when a start has been quiet for eight seconds: of the main thread after seventeen or eighteen. */
const SETTLED_MS = 21_000
const WATCHED_MS = 10_000
const DEMO = fileURLToPath(new URL('../../../config/lineside.yaml', import.meta.url))

/** One start of the demo, as `make run` starts it, with a screen that listens. */
async function demo(): Promise<Memory & { readonly alone: number; readonly cpu: number; readonly readyMs: number; readonly processes: number }> {
  const gateway = await startGateway(DEMO, { args: ['--demo'] })
  try {
    const screen = new WebSocket(`${gateway.address.replace('http', 'ws')}/api/v1/ws/production`, { headers: { authorization: `Bearer ${gateway.tokens[0]}` } })
    await sleep(SETTLED_MS)
    const processes = treeOf(gateway.pid)
    const [from, before] = [performance.now(), cpuMs(processes)]
    await sleep(WATCHED_MS)
    const cpu = 100 * (cpuMs(processes) - before) / (performance.now() - from)
    const memory = memoryOf(processes)
    screen.terminate()
    return { ...memory, alone: memoryOf([gateway.pid]).rss, cpu, readyMs: gateway.readyMs, processes: processes.length }
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
      // Each process with all that it has resident: Node's own code, which they share, is counted in both.
      { figure: 'RSS of the demo: daemon and virtual plant, added', value: median(of('rss')), unit: 'MiB', target: { atMost: 150 } },
      { figure: `the same, largest of ${ROUNDS}`, value: Math.max(...of('rss')), unit: 'MiB', target: null },
      { figure: 'the same, pages of files counted once', value: median(of('once')), unit: 'MiB', target: null },
      { figure: 'the same, shared pages divided among those who have them (PSS)', value: median(of('pss')), unit: 'MiB', target: null },
      { figure: 'RSS of the daemon alone', value: median(of('alone')), unit: 'MiB', target: null },
      { figure: 'processor of the demo, settled', value: median(of('cpu')), unit: '% of a core', target: { atMost: 6 } },
      { figure: 'processes', value: median(of('processes')), unit: '', target: null },
      { figure: 'ready after', value: median(of('readyMs')) / 1_000, unit: 's', target: { atMost: 2 } },
      { figure: `ready after, largest of ${ROUNDS}`, value: Math.max(...of('readyMs')) / 1_000, unit: 's', target: null },
    ]
  },
}
