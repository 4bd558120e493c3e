/** Fifty PLCs in one crew, twenty of them dead: what that does to the others' pace. */

import { setTimeout as sleep } from 'node:timers/promises'
import { seededChance } from '../../src/base/chance.js'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Plc, s7Plc } from '../../src/contract/plcs.js'
import { startField } from '../../src/field/host.js'
import { startS7Plc } from '../field/support/s7-plc.js'
import { freePort } from '../support/ports.js'
import { type Bench, median, percentile } from './bench.js'

const PLCS = 50
const DEAD = 20
const CYCLE_MS = 250
const TAGS = 100
const ROUNDS = 3
const ROUND_MS = 10_000

const plcOf = (id: string, port: number): Plc => s7Plc.parse({ id, driver: 's7', host: '127.0.0.1', port, cycle: `${CYCLE_MS}ms`, tags: Object.fromEntries(Array.from({ length: TAGS }, (_, i) => [`t${i}`, `DB1,REAL${4 * i}`])) })

interface Run { readonly p50: number; readonly p99: number; readonly missed: number; readonly cycles: number }

/** Jitter of the PLCs that live, over one round. */
async function run(plcs: readonly Plc[]): Promise<Run> {
  const field = startField(plcs, { clock: systemClock, chance: seededChance(50), log: silentLog, onScan: () => undefined, onLink: () => undefined })
  try {
    await sleep(3_000)
    const before = field.health()
    await sleep(ROUND_MS)
    const after = field.health().filter(({ plc }) => plc.startsWith('live'))
    const grown = (of: 'cyclesCount' | 'cyclesMissedCount'): number => after.reduce((sum, health) => sum + health[of] - before.find(({ plc }) => plc === health.plc)![of], 0)
    return { p50: percentile(after.map(({ jitterMs }) => jitterMs.p50), 0.5), p99: percentile(after.map(({ jitterMs }) => jitterMs.p99), 0.5), missed: grown('cyclesMissedCount'), cycles: grown('cyclesCount') }
  } finally {
    await field.stop()
  }
}

export const bench: Bench = {
  name: 'many-plcs',
  peers: [],
  async run() {
    const blocks = [{ area: 'DB' as const, db: 1, bytes: new Uint8Array(4 * TAGS) }]
    const [well, hung] = [await startS7Plc(blocks), await startS7Plc(blocks)]
    await hung.freeze()
    const closed = await freePort()
    try {
      const live = (i: number): Plc => plcOf(`live${i}`, well.port)
      // Two of five are dead, wherever they stand in the configuration: every other one refuses, the rest accept and say nothing.
      const all = Array.from({ length: PLCS }, (_, i) => i % 5 < 5 * DEAD / PLCS ? plcOf(`dead${i}`, i % 2 === 0 ? closed : hung.port) : live(i))
      const livingOnly = all.filter(({ id }) => id.startsWith('live'))
      const rounds: { readonly alone: Run; readonly beside: Run }[] = []
      for (let round = 0; round < ROUNDS; round++) rounds.push({ alone: await run(livingOnly), beside: await run(all) })
      const of = (who: 'alone' | 'beside', what: keyof Run): number => median(rounds.map((round) => round[who][what]))
      return [
        { figure: `jitter p99 of ${PLCS - DEAD} PLCs at ${CYCLE_MS} ms`, value: of('alone', 'p99'), unit: 'ms', target: null },
        { figure: `the same beside ${DEAD} dead ones`, value: of('beside', 'p99'), unit: 'ms', target: null },
        { figure: 'p99 beside dead ones, over without', value: median(rounds.map(({ alone, beside }) => beside.p99 / alone.p99)), unit: '×', target: { atMost: 1.1 } },
        { figure: 'p50 beside dead ones, over without', value: median(rounds.map(({ alone, beside }) => beside.p50 / alone.p50)), unit: '×', target: null },
        { figure: `cycles missed of ${of('beside', 'cycles')} beside dead ones`, value: of('beside', 'missed'), unit: 'cycles', target: { atMost: 0 } },
      ]
    } finally {
      await Promise.all([well, hung].map((plc) => plc.kill()))
    }
  },
}
