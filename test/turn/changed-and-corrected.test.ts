/** A calendar that is corrected over a change of the configuration: each side of it by its own rules, and all as if the calendar had been right on both. */

import fc from 'fast-check'
import t from 'tap'
import { type Instant, instant, later, rfc3339 } from '../../src/base/units.js'
import type { Command } from '../../src/contract/commands.js'
import { type LossRow, timeLeaves } from '../../src/contract/losses.js'
import { sumRowsBy } from '../../src/core/losses/sums.js'
import { cutFrom } from '../../src/core/time/eras.js'
import { slotAt } from '../../src/core/time/shifts.js'
import { fewerCases } from '../support/cases.js'
import { type Hours, type Lived, type Plant, hours, lived, timesIn, under } from './changed-plant.js'
import { START, day, difference, traceOf } from './corrected-plant.js'

t.setTimeout(600_000)

const MINUTE = 60_000

/** What else a configuration says. One machine goes by a calendar of its own, which nobody corrects. */
interface Rest extends Pick<Hours, 'policy' | 'noOrder' | 'noData'> { readonly ideal: number; readonly zone: string }
const rest: fc.Arbitrary<Rest> = fc.record({
  policy: fc.constantFrom('yield_to_run' as const, 'strict' as const, 'count' as const), noOrder: fc.constantFrom('excluded' as const, 'unplanned' as const), noData: fc.constantFrom('exclude' as const, 'hold' as const, 'stop' as const),
  ideal: fc.constantFrom(2_500, 4_000), zone: fc.constantFrom('UTC', 'UTC', 'Atlantic/Azores'),
})

function plantOf(times: Hours, { ideal, zone, ...policies }: Rest): Plant {
  const config = under({ ...times, ...policies, name: 'early' })
  const oven = under({ from: 400, to: 700, breaks: [[450, 470]], ...policies, name: 'early' }).calendars['oven']!
  return {
    ...config, gateway: { ...config.gateway, time_zone: zone }, calendars: { ...config.calendars, oven },
    products: config.products.map((product) => (product.code === 'A' ? { ...product, ideal_cycle: { ...product.ideal_cycle, fil: ideal } } : product)),
  }
}

type Correction = Pick<Command, 'name' | 'body'>
const corrects = (from: Instant, to: Instant, as: string, more: object = {}): Correction => ({ name: 'calendar_correct', body: { from: rfc3339(from), to: rfc3339(to), as, reason: 'nobody entered it', ...more } } as Correction)

/** What somebody says who knows the right calendar; a break is of a shift, so that has to be open first. */
function corrections({ line: { plan } }: Lived, from: Instant, to: Instant): Correction[] {
  const said: { readonly as: string; readonly it: Correction }[] = []
  for (let begin = from; begin < to;) {
    const slot = slotAt(plan.calendar, plan.timeZone, begin)
    const end = instant(Math.min(slot.to, to))
    const as = slot.shift === null ? 'closed' : slot.inBreak ? 'break' : 'open'
    said.push({ as, it: corrects(begin, end, as, as === 'open' ? { shift: 'early' } : {}) })
    begin = end
  }
  return [...said.filter(({ as }) => as === 'open'), ...said.filter(({ as }) => as !== 'open')].map(({ it }) => it)
}

/** What stood when nobody knew that it counted has no stop, so how long it stood begins elsewhere. */
const standing = ({ ms }: LossRow) => ({ ...ms, micro_stop: 0, unplanned: 0, external: 0, stood: ms.micro_stop + ms.unplanned + ms.external })

function partsOf({ rows }: Lived, isMeant: (row: LossRow) => boolean): Record<string, object> {
  const sums = sumRowsBy(rows.filter(isMeant), ({ equipment, job, idealMs }) => `${equipment} ${job} ${idealMs}`)
  return Object.fromEntries([...sums].filter(([, { products }]) => products.length > 0).map(([key, { products }]) => [key, products] as const).sort(([one], [other]) => (one < other ? -1 : 1)))
}

t.test('a calendar corrected over a change of ideal times, policies, hours or the zone leaves the rows of one that was right on both sides', async () => {
  const when = fc.integer({ min: 1, max: 120 })
  fc.assert(fc.property(day, hours, hours, hours, rest, rest, when, fc.boolean(), (steps, first, second, right, before, after, minute, restarts) => {
    const { trace, end } = traceOf(steps.filter(({ what }) => what !== 'correct' && what !== 'blind'))
    const at = later(START, minute * MINUTE + 417)
    fc.pre(at < later(end, -2 * MINUTE))
    const stop = later(end, 3 * MINUTE)
    const starts = restarts ? [later(START, 20 * MINUTE + 11), later(end, MINUTE)].filter((one) => one < end) : []
    const should = lived([plantOf(right, before), { at, to: plantOf(right, after) }], trace, stop)
    // The break at the end of what is corrected is of a shift only where something follows it.
    fc.pre(!slotAt(should.line.plan.calendar, should.line.plan.timeZone, later(end, -1)).inBreak)
    const is = lived([plantOf(first, before), { at, to: plantOf(second, after) }], trace, stop, starts, () => corrections(should, START, end))
    const no = is.refusals.find(({ refused }) => refused !== 'NOTHING_TO_CORRECT')
    if (no !== undefined) throw new Error(JSON.stringify(no))
    const isOver = ({ minute: of }: LossRow) => of >= START && of < end
    const hasTime = (row: LossRow) => isOver(row) && timeLeaves.some((leaf) => row.ms[leaf] !== 0)
    const wrong = difference(timesIn(is, hasTime, standing), timesIn(should, hasTime, standing)) ?? difference(partsOf(is, isOver), partsOf(should, isOver))
    if (wrong !== null) throw new Error(`${rfc3339(cutFrom(at))} ${wrong}`)
  }), { ...fewerCases(8), endOnFailure: true })
})

t.test('a correction over a change of the configuration that is taken back leaves every row as it was', async () => {
  const when = fc.integer({ min: 1, max: 120 })
  const stretch = fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 1, max: 120 }))
  fc.assert(fc.property(day, hours, hours, rest, rest, when, stretch, fc.constantFrom('closed', 'break', 'open'), (steps, first, second, before, after, minute, [start, length], as) => {
    const { trace, end } = traceOf(steps)
    const at = later(START, minute * MINUTE + 417)
    fc.pre(at < later(end, -2 * MINUTE))
    const stop = later(end, 3 * MINUTE)
    const [from, to] = [later(START, start * MINUTE), instant(Math.min(end, later(START, (start + length) * MINUTE)))]
    fc.pre(from < to)
    const configs = [plantOf(first, before), { at, to: plantOf(second, after) }] as const
    const was = lived(configs, trace, stop)
    const back = lived(configs, trace, stop, [], () => [corrects(from, to, as), corrects(from, to, 'calendar')])
    const wrong = difference(timesIn(back, () => true), timesIn(was, () => true)) ?? difference(partsOf(back, () => true), partsOf(was, () => true))
    if (wrong !== null) throw new Error(wrong)
  }), { ...fewerCases(8), endOnFailure: true })
})
