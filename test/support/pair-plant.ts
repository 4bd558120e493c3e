/** The plant behind two boxes, faster than it is, and what tests wait for. */

import { setTimeout as sleep } from 'node:timers/promises'
import { given } from '../../src/base/assert.js'
import { durationOf } from '../../src/base/units.js'
import type { Message } from '../../src/contract/events/message.js'
import type { Plant } from '../../src/plant/plant.js'
import type { TestBox, TestPair, Written } from './pair.js'
import { machines } from './sight.js'

export const PLANT_FACTOR = 40
const POLL_MS = 25

/** Resolves when it is so; whoever waits in vain is ended by the time limit of the test, and this says what for. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean, sofar: () => string = () => ''): Promise<void> {
  const begun = Date.now()
  while (!(await Promise.resolve(isSo()).catch(() => false))) {
    if (Date.now() - begun > 60_000) throw new Error(`in vain: ${what} ${sofar()}`)
    await sleep(20)
  }
}

/** One works on the word of the other, which has a whole copy. */
export async function settled({ a, b }: TestPair): Promise<[active: TestBox, standby: TestBox]> {
  let found: [TestBox, TestBox] | null = null
  let last: unknown
  await until('one box works, and the other follows', async () => {
    const [one, other] = await Promise.all([a.state(), b.state()])
    last = [one, other]
    if (one.role === other.role) return false
    const [active, standby] = one.role === 'active' ? [one, other] : [other, one]
    found = one.role === 'active' ? [a, b] : [b, a]
    return active.leased && !active.fenced && standby.leased && standby.whole === true && standby.epoch === active.epoch && standby.trouble === null
  }, () => JSON.stringify(last))
  return given(found as [TestBox, TestBox] | null, 'the two')
}

export async function seesAll(box: TestBox): Promise<void> {
  for (const code of machines) {
    await until(`${code} is seen`, async () => {
      const { data } = await box.ask('GET', `/api/v1/enhanced/equipment/${code}/production-status`)
      return (data as { readonly state: { readonly state: string } }).state.state !== 'unknown'
    })
  }
}

/** The demo, faster, with a lamp that is written again and again. */
export function hurried(config: Written, plant: Plant, lampPort: number): void {
  const faster = (text: string) => `${given(durationOf(text), text) / PLANT_FACTOR}ms`
  config.server = {}
  config.gateway.cycle = `${POLL_MS}ms`
  for (const plc of config.plcs) Object.assign(plc, { port: plc.driver === 's7' ? plant.s7Port : plant.logixPort, cycle: `${POLL_MS}ms`, timeout: '20s', budget: { requests_per_second: 2_000, bytes_per_second: 10_000_000 } })
  config.plcs.push({ id: 'lamps', driver: 's7', host: '127.0.0.1', port: lampPort, cycle: '100ms', timeout: '20s', tags: { lamp: { address: 'DB90,BYTE0', writable: true } } })
  config.calendars = { three_shifts: { day_start: '00:00', shifts: [{ name: 'all_day', start: '00:00', end: '00:00' }] } }
  config.andon = {}
  for (const { ideal_cycle = {} } of config.products ?? []) for (const [code, cycle] of Object.entries(ideal_cycle)) ideal_cycle[code] = faster(cycle)
  const line = given(config.lines[0], 'a line')
  line.stack_lights = [{ name: 'lamp', enabled: true, tag: 'lamps/lamp', patterns: { quiet: 1, attended: 2, acknowledged: 3, raised: 4, escalated: 5 }, again: '100ms' }]
  for (const equipment of line.equipment) {
    Object.assign(equipment, { ideal_cycle: faster(equipment.ideal_cycle ?? '1s'), micro_stop: faster('120s'), cold_after: faster('30m') })
    delete equipment.changeover_standard
    const late = equipment.counters?.['reject_count']?.late
    if (late !== undefined) late.delay = faster(late.delay)
    // Where this machine holds the plant up, its counters then leap, and so many times further.
    equipment.counts = { ...equipment.counts, slack: 5 * PLANT_FACTOR }
  }
}

export interface Parts { readonly good: number; readonly reject: number }

export const partsOfTruth = (plant: Plant): Record<string, Parts> =>
  Object.fromEntries(Object.entries(plant.truth().equipment).map(([code, { parts }]) => [code, { good: parts.good, reject: parts.reject + parts.startup_reject }]))

export const difference = (one: Parts, other: Parts): Parts => ({ good: one.good - other.good, reject: one.reject - other.reject })

export function partsOf(facts: readonly Message[], code: string): Parts {
  const records = facts.filter(({ type, equipment_code: of }) => (type === 'count_recorded' || type === 'rejects_found') && of === code)
  const sum = (what: 'good' | 'reject') => records.reduce((parts, { data }) => parts + Number(data[what]), 0)
  return { good: sum('good'), reject: sum('reject') }
}
