/** The fixed cycle: a thousand tags on three PLCs at 100 ms, also while one PLC hangs and after it has died. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { ViewData } from '../../src/contract/views.js'
import { type Bench, type Figure } from './bench.js'
import { type Gateway, startGateway } from './support/gateway.js'
import { configOf, startSwinging } from './support/plant.js'

type PlcState = ViewData<'plcs'>['plcs'][number]

const CYCLE_MS = 100
const TAGS = [334, 333, 333]
const CALM_MS = 60_000
/** Jitter is told for the last one to two minutes: after two, what is told is of this time alone; after one, some of it may be of what was before. */
const DISTURBED_MS = Number(process.env['DISTURBED_MS'] ?? 60_000)

async function plcsOf({ address, tokens }: Gateway): Promise<readonly PlcState[]> {
  const reply = await fetch(`${address}/api/v1/enhanced/lines/L1/plcs`, { headers: { authorization: `Bearer ${tokens[0]}` } })
  return (await reply.json() as { data: { plcs: PlcState[] } }).data.plcs
}

/** Cycles that were missed meanwhile, and the worst jitter, of the PLCs from `first` on. */
async function watch(gateway: Gateway, ms: number, first: number): Promise<{ readonly missed: number; readonly cycles: number; readonly p99: number; readonly max: number }> {
  const before = await plcsOf(gateway)
  await sleep(ms)
  const after = (await plcsOf(gateway)).slice(first)
  const grown = (of: 'cycles' | 'cycles_missed'): number => after.reduce((sum, plc, i) => sum + plc[of] - before[first + i]![of], 0)
  return { missed: grown('cycles_missed'), cycles: grown('cycles'), p99: Math.max(...after.map((plc) => plc.jitter_milliseconds.p99)), max: Math.max(...after.map((plc) => plc.jitter_milliseconds.max)) }
}

export const bench: Bench = {
  name: 'cycle',
  peers: [],
  async run() {
    const plcs = await Promise.all(TAGS.map((tagsCount) => startSwinging(tagsCount, CYCLE_MS / 2)))
    const gateway = await startGateway(configOf(plcs.map(({ port }, i) => ({ port, tagsCount: TAGS[i]!, cycleMs: CYCLE_MS, transport: 'pipelined' }))))
    try {
      await sleep(5_000)
      const calm = await watch(gateway, CALM_MS, 0)
      process.kill(plcs[0]!.pid, 'SIGSTOP')
      const hung = await watch(gateway, DISTURBED_MS, 1)
      await plcs[0]!.kill()
      const dead = await watch(gateway, DISTURBED_MS, 1)
      const figures: Figure[] = [
        { figure: `cycles missed of ${calm.cycles} in 60 s`, value: calm.missed, unit: 'cycles', target: { atMost: 0 } },
        { figure: 'start jitter, p99 of the worst PLC', value: calm.p99, unit: 'ms', target: { atMost: 5 } },
        { figure: 'start jitter, max', value: calm.max, unit: 'ms', target: null },
        { figure: 'one PLC hung: cycles the others missed', value: hung.missed, unit: 'cycles', target: { atMost: 0 } },
        { figure: 'one PLC hung: jitter p99 of the others', value: hung.p99, unit: 'ms', target: { atMost: 5 } },
        { figure: 'one PLC dead: cycles the others missed', value: dead.missed, unit: 'cycles', target: { atMost: 0 } },
        { figure: 'one PLC dead: jitter p99 of the others', value: dead.p99, unit: 'ms', target: { atMost: 5 } },
        { figure: 'jitter p99 of the others, hung over calm', value: hung.p99 / calm.p99, unit: '×', target: null },
        { figure: 'jitter p99 of the others, dead over calm', value: dead.p99 / calm.p99, unit: '×', target: null },
      ]
      return figures
    } finally {
      await gateway.stop()
      await Promise.all(plcs.map((plc) => plc.kill()))
    }
  },
}
