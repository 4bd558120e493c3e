/** The process that is frozen: it writes one number after the other to a PLC, each under a promise of its own, and knows when it last looked whether that held. */

import { given } from '../../src/base/assert.js'
import { systemChance } from '../../src/base/chance.js'
import { systemClock } from '../../src/base/clock.js'
import { laterMono } from '../../src/base/units.js'
import { familyOf } from '../../src/field/drivers.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { machineMs, untilIn } from '../../src/field/parcel.js'
import { deadlinesOf, startPoller } from '../../src/field/poller.js'
import { plc } from '../../src/contract/plcs.js'

/** By the machine's clock, which the one who freezes reads too. */
export interface Look { readonly untilMs: number; lookedMs: number }

const [port = '', promiseMs = '', transport = ''] = process.argv.slice(2)
const config = plc.parse({ id: 'lamps', driver: 's7', host: '127.0.0.1', port: Number(port), transport, cycle: '10ms', budget: { requests_per_second: 10_000, bytes_per_second: 10_000_000 }, tags: { lamp: { address: 'DB90,DWORD0', writable: true } } })
const { groups } = scanGroupsOf([config])
const family = familyOf(config)
if (typeof family === 'string') throw new Error(family)

const poller = startPoller({
  plc: config, groups, clock: systemClock, chance: systemChance, phaseMs: 0, forgottenCount: () => 0, onScan: () => undefined, onLink: () => undefined,
  makeDriver: () => family.make(config, groups, deadlinesOf(config)),
})
/** Written one behind the other in each cycle. */
const SIDE_BY_SIDE = 20
/** More than are written between two freezes. */
const KEPT = 100_000
const looks = new Map<number, Look>()
// Sent by the one who freezes, as a list of values.
process.on('message', (values) => process.send!((values as number[]).map((one) => looks.get(one) ?? null)))
process.send!('ready')

let value = 0
async function writeOn(): Promise<never> {
  for (;;) {
    const { machineMs: untilMs, at } = untilIn(() => Number(promiseMs), systemClock)
    const look = { untilMs, lookedMs: 0 }
    looks.set(++value, look)
    looks.delete(value - KEPT)
    // Whoever looks asks this, and then the machine's clock.
    const until = { at, get machineMs() { look.lookedMs = machineMs(); return untilMs } }
    await poller.write(given(groups[0], 'a group').index, 0, value, until).catch(() => systemClock.wait(laterMono(systemClock.mono(), 1)))
  }
}
await Promise.all(Array.from({ length: SIDE_BY_SIDE }, writeOn))
