/** A driver process that is killed: for how long its values are bad. */

import { readFileSync, readdirSync } from 'node:fs'
import { systemChance } from '../../src/base/chance.js'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { s7Plc } from '../../src/contract/plcs.js'
import { qualities } from '../../src/contract/scan.js'
import { startField } from '../../src/field/host.js'
import { startS7Plc } from '../field/support/s7-plc.js'
import { type Bench, median } from './bench.js'

const CYCLE_MS = 100
const KILLS = 7

/** The driver processes of this one. */
function drivers(): number[] {
  const children = readdirSync('/proc/self/task').flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number))
  return children.filter((pid) => /field\/\S+-process\.js/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')))
}

/** Milliseconds from the kill to the first good value, each from a field of its own, so that no back-off adds up. */
async function badMs(port: number, transport: 'pipelined' | 'snap7'): Promise<number> {
  const plc = s7Plc.parse({ id: 'plc', driver: 's7', host: '127.0.0.1', port, transport, isolation: 'process', cycle: `${CYCLE_MS}ms`, tags: { a: 'DB1,INT0' } })
  let heard: (isGood: boolean) => void = () => undefined
  const next = (wanted: boolean): Promise<void> => new Promise((done) => { heard = (isGood) => { if (isGood === wanted) done() } })
  const field = startField([plc], {
    clock: systemClock, chance: systemChance, log: silentLog, onLink: () => undefined,
    onScan: (scan) => { heard(scan.qualities[0] === qualities.good) },
  })
  try {
    await next(true)
    const from = performance.now()
    const fallen = next(false)
    for (const pid of drivers()) process.kill(pid, 'SIGKILL')
    await fallen
    await next(true)
    return performance.now() - from
  } finally {
    await field.stop()
  }
}

export const bench: Bench = {
  name: 'restart',
  peers: [],
  async run() {
    const plc = await startS7Plc([{ area: 'DB', db: 1, bytes: new Uint8Array(2) }])
    try {
      const times = { pipelined: [] as number[], snap7: [] as number[] }
      for (let i = 0; i < KILLS; i++) for (const transport of ['pipelined', 'snap7'] as const) times[transport].push(await badMs(plc.port, transport))
      return (['pipelined', 'snap7'] as const).flatMap((transport) => [
        { figure: `bad quality after a killed driver process, ${transport}`, value: median(times[transport]), unit: 'ms', target: { atMost: 2_000 } },
        { figure: `the longest of ${KILLS}, ${transport}`, value: Math.max(...times[transport]), unit: 'ms', target: { atMost: 2_000 } },
      ])
    } finally {
      await plc.kill()
    }
  },
}
