/** A calendar that was wrong and is corrected afterwards: then everything is as if it had been right from the start. */

import fc from 'fast-check'
import t from 'tap'
import { type Instant, instant, instantOf, later, rfc3339 } from '../../src/base/units.js'
import type { FactOf } from '../../src/contract/events/catalogue.js'
import { type LossRow, timeLeaves } from '../../src/contract/losses.js'
import { sumLosses } from '../../src/core/losses/losses.js'
import { lineOee, oeeOf } from '../../src/core/losses/oee.js'
import { slotAt } from '../../src/core/time/shifts.js'
import { openLine, snapshotOf } from '../../src/core/snapshot.js'
import { noSums, sumRowsBy } from '../../src/core/losses/sums.js'
import { explainEquipment } from '../../src/gateway/explain.js'
import type { Replayed } from '../../src/replay/replay.js'
import { fewerCases } from '../support/cases.js'
import { journalOf } from '../support/told.js'
import { START, ask, day, difference, movings, plant, played, rowsOf, traceOf } from './corrected-plant.js'

const MINUTE = 60_000

type Rows = ReturnType<typeof rowsOf>
/** What stood when nobody knew that it counted has no stop, so how long it stood begins before: it may be too long for a micro-stop. */
const timesOf = (rows: Rows) => Object.fromEntries(Object.entries(rows).filter(([, { ms }]) => timeLeaves.some((leaf) => ms[leaf] !== 0))
  .map(([key, { ms }]) => [key, { ...ms, micro_stop: 0, unplanned: 0, stood: ms.micro_stop + ms.unplanned }]))

/** By everything but the minute. */
function partsOf({ rows }: Replayed, isMeant: (row: LossRow) => boolean): Record<string, object> {
  const sums = sumRowsBy(rows.filter(isMeant), ({ equipment, shift, job }) => `${equipment} ${shift} ${job}`)
  return Object.fromEntries([...sums].filter(([, { products }]) => products.length > 0).map(([key, { products }]) => [key, products] as const).sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** Since when the time of each job counts, how long its machine had run by then, and what was last told of it; of calendars that are the same until `end`. */
function jobsOf({ lines, facts }: Replayed, end: Instant, byParts: boolean): Record<string, unknown> {
  const told = new Map(facts.flatMap((fact) => (fact.type === 'oee_recorded' && fact.body.interval === 'job' ? [[fact.body.key, fact.body.figures] as const] : [])))
  return Object.fromEntries(Object.entries(lines.get('L1')!.jobs).map(([id, { clockFrom, runMsAtStart }]) => {
    if (clockFrom === null || clockFrom >= end) return [id, 'not yet']
    // What opened a clock that nobody knew of is known to the minute of its record.
    if (byParts) return [id, Math.ceil(clockFrom / MINUTE)]
    const figures = told.get(id)
    return [id, { clockFrom, runMsAtStart, ...figures === undefined ? {} : { window: figures.window, planned: figures.times.planned_production, counts: figures.counts } }]
  }))
}

type Plant = ReturnType<typeof plant>
interface Shift { readonly from: number; readonly to: number; readonly breaks: readonly (readonly [from: number, to: number])[] }

const clock = (minutes: number): string => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
const at = (minutes: number): Instant => later(instantOf('2026-03-24T00:00:00Z')!, minutes * MINUTE)

/** A plant whose one shift is that; in minutes of the day. */
function under({ from, to, breaks }: Shift, policy: 'yield_to_run' | 'strict' | 'count', transit: string, constraints: Readonly<Record<string, string>> = {}, clockParts = 0): Plant {
  const config = plant({ fil: '3s', A: '2.5s', B: '7s', transit, constraints })
  const pauses = breaks.map(([start, end]) => ({ start: clock(start), end: clock(end), name: 'break' }))
  const shifts = [{ ...config.calendars['day']!.shifts[0]!, name: 'early', start: clock(from), end: clock(to), breaks: pauses }]
  const lines = config.lines.map((line) => ({ ...line, equipment: line.equipment.map((one) => ({ ...one, jobs: { ...one.jobs, clock_parts: clockParts } })) }))
  return { ...config, lines, calendars: { day: { ...config.calendars['day']!, day_start: '04:00', breaks: policy, shifts } } }
}

/** Whole minutes of the morning, and pauses in it. */
const shift = fc.tuple(fc.integer({ min: 352, max: 420 }), fc.integer({ min: 421, max: 720 }), fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 60 })), { maxLength: 3 }))
  .map(([from, to, pauses]): Shift => {
    const breaks: [number, number][] = []
    for (const [start, length] of pauses) {
      const [begin, end] = [from + start, from + start + length]
      if (end < to && breaks.every(([other, last]) => end < other || begin > last)) breaks.push([begin, end])
    }
    return { from, to, breaks: breaks.sort(([one], [other]) => one - other) }
  })

/** What somebody says who knows the right one, stretch by stretch from `from` on. */
function corrections(right: Plant, when: Instant, from: Instant, to: Instant): object[] {
  const said: object[] = []
  for (let begin = from; begin < to;) {
    const slot = slotAt(right.calendars['day']!, 'UTC', begin)
    const end = instant(Math.min(slot.to, to))
    const as = slot.shift === null ? 'closed' : slot.inBreak ? 'break' : 'open'
    said.push(corrects(when, begin, end, as, as === 'open' ? { shift: 'early' } : {}))
    begin = end
  }
  // A break is of a shift, so that has to be open first.
  return said.sort((one, other) => rankOf(one) - rankOf(other))
}
const rankOf = (said: object): number => JSON.stringify(said).includes('"as":"open"') ? 0 : 1

const corrects = (when: Instant, from: Instant, to: Instant, as: string, more: object = {}) =>
  ask(when, 'calendar_correct', { from: rfc3339(from), to: rfc3339(to), as, reason: 'nobody entered it', ...more })

t.test('a line whose calendar is corrected afterwards has the rows of one in which it was right from the start', async () => {
  const policy = fc.constantFrom('yield_to_run' as const, 'strict' as const, 'count' as const)
  fc.assert(fc.property(day, shift, shift, policy, fc.constantFrom('0s', '90s'), fc.boolean(), movings, fc.constantFrom(0, 100), (steps, wrong, right, breaks, transit, onStroke, constraints, clockParts) => {
    const { trace, end } = traceOf(steps.filter(({ what }) => what !== 'correct').map((step) => ({ ...step, seconds: onStroke ? 0 : step.seconds })), onStroke ? START : later(START, 7_000))
    const when = later(end, 3 * MINUTE)
    // A break that nothing follows is of no shift.
    fc.pre(!slotAt(under(right, breaks, transit).calendars['day']!, 'UTC', later(end, -1)).inBreak)
    const last = { at: rfc3339(when), equipment: 'fil', signals: {} }
    // Parts that were found after blind time stand where they were found, and how long they had been under way nobody asked.
    const way = steps.some(({ what }) => what === 'blind') ? '0s' : transit
    const plants = [under(wrong, breaks, way, constraints, clockParts), under(right, breaks, way, constraints, clockParts)] as const
    const corrected = played(plants[0], [...trace, ...corrections(plants[1], when, START, end), last])
    const always = played(plants[1], [...trace, last])
    const no = corrected.refusals.find(({ refusal }) => refusal.refused !== 'NOTHING_TO_CORRECT' && refusal.refused !== 'JOB_NOT_ASSIGNED' && refusal.refused !== 'JOB_NOT_RUNNING' && refusal.refused !== 'JOB_ALREADY_RUNNING')
    if (no !== undefined && no.command === 'calendar_correct') throw new Error(JSON.stringify(no))
    const isOver = ({ minute }: LossRow) => minute >= START && minute < end
    const [is, should] = [rowsOf(corrected, isOver), rowsOf(always, isOver)]
    // Parts are written down when a stop ends, so where there was none they are spread over other minutes: of these the sums are the same.
    const wrongs = steps.some(({ what }) => what === 'stand' || what === 'blind')
      ? difference(timesOf(is), timesOf(should)) ?? difference(partsOf(corrected, isOver), partsOf(always, isOver)) : difference(is, should)
    const astray = wrongs ?? difference(jobsOf(corrected, end, clockParts > 0), jobsOf(always, end, clockParts > 0))
    if (astray !== null) throw new Error(astray)
  }), { ...fewerCases(15), endOnFailure: true })
})

t.test('a correction of any stretch, and what takes it back, leave all as it was, also over a restart between them', async () => {
  const stretch = fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 1, max: 90 }))
  fc.assert(fc.property(day, shift, stretch, fc.constantFrom('closed', 'break', 'open'), fc.constantFrom('0s', '90s'), movings, (steps, calendar, [start, length], as, transit, constraints) => {
    const config = under(calendar, 'yield_to_run', transit, constraints)
    const { trace, end } = traceOf(steps)
    const [from, to] = [later(START, start * MINUTE), instant(Math.min(end, later(START, (start + length) * MINUTE)))]
    const [when, then] = [later(end, 3 * MINUTE), later(end, 3 * MINUTE + 1_000)]
    const last = (of: Instant) => ({ at: rfc3339(of), equipment: 'fil', signals: {} })
    const before = played(config, [...trace, last(when)])
    const there = played(config, [...trace, corrects(when, from, to, as), last(when)])
    const back = played(config, [...trace, corrects(when, from, to, as), corrects(then, from, to, 'calendar'), last(then)])
    const isOver = ({ minute }: LossRow) => minute >= START && minute < end
    // A start remembers what facts made, and reads the rows in the journal.
    const sums = (run: Replayed, line = run.lines.get('L1')!) => Object.fromEntries(line.equipment.map(({ code, losses }) => [code, sumLosses(losses, START, end, line.plan)]))
    const known = there.lines.get('L1')!
    const again = openLine(played(config, []).lines.get('L1')!.plan, snapshotOf(known), there.rows)
    const figures = lastTold(back, then)
    const wrongs = [
      difference(rowsOf(back, isOver), rowsOf(before, isOver)), difference(sums(there, again), sums(there)),
      difference(Object.fromEntries(figures.map(([name, { body }]) => [name, body.figures])), Object.fromEntries(figures.map(([name, fact]) => [name, byRows(before, fact)]))),
    ].filter((found) => found !== null)
    if (wrongs.length > 0) throw new Error(wrongs.join('\n'))
  }), { ...fewerCases(15), endOnFailure: true })
})

/** The last word about each hour and shift that was told at that time. */
const lastTold = ({ facts }: Replayed, when: Instant) => facts.flatMap((fact) => (fact.type === 'oee_recorded' && fact.at === when && fact.body.interval !== 'job' ? [[`${fact.equipment ?? 'line'} ${fact.body.interval} ${fact.body.key}`, fact] as const] : []))

/** The same out of the rows. */
function byRows({ rows, lines }: Replayed, { equipment, body: { figures } }: FactOf<'oee_recorded'>): object {
  const { plan } = lines.get('L1')!
  const window = { from: instantOf(figures.window.from)!, to: instantOf(figures.window.to)! }
  const sums = sumRowsBy(rows.filter(({ minute }) => minute >= window.from && minute < window.to), (row) => row.equipment)
  return equipment === null ? lineOee(sums, window, plan) : oeeOf(sums.get(equipment) ?? noSums, window, plan, plan.equipment.get(equipment)!)
}

t.test('a shift that nobody entered, one that was cancelled, and one that went on longer', async (t) => {
  const config = under({ from: 6 * 60, to: 7 * 60, breaks: [] }, 'yield_to_run', '0s')
  // From six to nine a part every four seconds.
  const steady = Array.from({ length: 181 }, (_, minute) => ({ at: rfc3339(later(at(360), minute * MINUTE - 1_000)), equipment: 'fil', signals: { running: true, total_count: 15 * minute, reject_count: 0, product: 'A' } }))
  const says = (minute: number, ...[from, to, as, more]: [number, number, string, object?]) => corrects(later(at(545), minute * 1_000), at(from), at(to), as, more)
  const { facts, refusals, lines } = played(config, [
    ...steady, says(0, 450, 510, 'open'), says(1, 420, 440, 'open', { shift: 'early' }), says(2, 360, 440, 'closed'), says(3, 350, 500, 'open'), says(4, 445, 446, 'break'), says(5, 440, 520, 'open', { shift: 'early' }),
    { at: rfc3339(at(546)), equipment: 'fil', signals: {} },
  ])
  const told = facts.flatMap((fact) => (fact.type === 'calendar_corrected' ? [fact.body] : []))
  t.match(told, [
    { as: 'open', shift: '2026-03-24/overtime', previous: [{ as: 'closed', shift: null }], shifts: [{ shift: '2026-03-24/overtime', planned_seconds: 3_600 }], cancelled: [], revision: 1 },
    { as: 'open', shift: '2026-03-24/early', shifts: [{ shift: '2026-03-24/early', from: '2026-03-24T06:00:00.000Z', to: '2026-03-24T07:20:00.000Z', planned_seconds: 4_800 }], revision: 1 },
    { as: 'closed', previous: [{ as: 'open', shift: '2026-03-24/early' }], shifts: [], cancelled: ['2026-03-24/early'], revision: 2 },
  ])
  t.strictSame(told.length, 3)
  t.match(refusals.map(({ refusal: { refused } }) => refused), ['PAST_FORGOTTEN', 'NOTHING_TO_CORRECT', 'SHIFT_BETWEEN'])
  const shift = (key: string) => facts.flatMap((fact) => (fact.type === 'oee_recorded' && fact.equipment === 'fil' && fact.body.interval === 'shift' && fact.body.key === key ? [fact.body] : []))
    .map(({ revision, figures: { oee, counts, times } }) => [revision, oee, counts.good, counts.off_schedule, times.planned_production])
  // Two seconds and a half a part, made in four.
  t.strictSame(shift('2026-03-24/overtime'), [[0, 0.625, 900, 0, 3_600]], 'the extra shift is told for the first time')
  t.strictSame(shift('2026-03-24/early'), [[0, 0.625, 900, 0, 3_600], [1, 0.625, 1_200, 0, 4_800], [2, null, 0, 1_200, 0]], 'it was longer, and then it was none')
  const hours = facts.flatMap((fact) => (fact.type === 'oee_recorded' && fact.equipment === 'fil' && fact.body.interval === 'hour' ? [`${fact.body.key.slice(11, 16)} ${fact.body.revision} ${fact.body.figures.times.planned_production}`] : []))
  t.strictSame(hours, ['06:00 0 3600', '07:30 0 3600', '06:00 1 0'])
  t.equal(lines.get('L1')!.shifts.open, null)
})

t.test('what stood in time that counts only since then is a stop: told with its end and without a reason, explained like any other, and free of charge when it counts no more', async (t) => {
  const config = under({ from: 6 * 60, to: 7 * 60, breaks: [] }, 'yield_to_run', '0s')
  // It stands for a quarter of an hour after the shift, for a minute, and at last until the end of the day.
  const stands = (minute: number) => (minute > 430 && minute <= 445) || minute === 450 || minute > 480
  const seen = Array.from({ length: 190 }, (_, i) => ({ at: rfc3339(later(at(360), i * MINUTE - 1_000)), equipment: 'fil', signals: { running: !stands(360 + i), total_count: 15 * i, product: 'A' } }))
  const says = (second: number, from: number, to: number, as: string) => corrects(later(at(549), second * 1_000), at(from), at(to), as)
  const { facts, refusals, lines, rows } = played(config, [
    ...seen, says(10, 420, 540, 'open'), ask(later(at(549), 20_000), 'stop_reason', { stop_id: 'L1-S1', reason: 'JAM' }), says(30, 420, 435, 'closed'), says(40, 420, 540, 'calendar'), says(50, 420, 540, 'open'),
    { at: rfc3339(at(551)), equipment: 'fil', signals: {} },
  ])
  t.strictSame(refusals, [])
  const stops = facts.flatMap((fact) => (fact.type === 'downtime_resolved' ? [[fact.body.stop_id, fact.body.from.slice(11, 19), rfc3339(fact.at).slice(11, 19), fact.body.lost_seconds, fact.body.micro, fact.body.reason, fact.body.found]] : []))
  t.strictSame(stops, [
    ['L1-S1', '07:10:59', '07:25:59', 900, false, null, true],
    ['L1-S2', '07:29:59', '07:30:59', 60, true, null, true],
    ['L1-S3', '08:00:59', '09:00:00', 3_541, false, null, true],
  ])
  const costs = facts.flatMap((fact) => (fact.type === 'downtime_updated' && fact.body.stop_id === 'L1-S1' ? [[fact.body.change, fact.body.lost_seconds, fact.body.reason?.code ?? null]] : []))
  t.strictSame(costs, [['reason', 900, 'JAM'], ['calendar', 659, 'JAM'], ['calendar', 0, 'JAM'], ['calendar', 900, 'JAM']])
  const line = lines.get('L1')!
  t.match(line.stops.map(({ id, revision }) => [id, revision]), [['L1-S1', 4], ['L1-S2', 2], ['L1-S3', 2]], 'none of them is found twice')
  const lost = rows.filter(({ equipment, minute }) => equipment === 'fil' && minute >= at(420) && minute < at(540)).reduce((sum, { ms }) => sum + ms.unplanned + ms.micro_stop + ms.external, 0)
  t.equal(lost, 900_000 + 60_000 + 3_541_000, 'and the losses are those of the stops')
  t.equal(line.stopsCount, 3)
})

t.test('a stop that costs more or less by the corrected calendar moves no start-up window, and the explanation says so', async (t) => {
  const config = under({ from: 6 * 60, to: 9 * 60, breaks: [] }, 'yield_to_run', '0s')
  // It stands for forty minutes, and of the first parts after that two are rejects.
  const stands = (minute: number) => minute > 380 && minute <= 420
  const made = (minute: number) => 15 * (Math.min(minute, 380) - 360 + Math.max(0, minute - 421))
  const seen = Array.from({ length: 190 }, (_, i) => ({ at: rfc3339(later(at(360), i * MINUTE - 1_000)), equipment: 'fil', signals: { running: !stands(360 + i), total_count: made(360 + i), reject_count: 360 + i > 421 ? 2 : 0, product: 'A' } }))
  const says = (second: number, from: number, to: number, as: string) => corrects(later(at(549), second * 1_000), at(from), at(to), as)
  const explained = async (...said: object[]) => {
    const { facts, lines } = played(config, [...seen, ...said, { at: rfc3339(at(551)), equipment: 'fil', signals: {} }])
    const { counts, startups_as_counted: startups } = await explainEquipment(lines.get('L1')!.plan, { of: 'fil', from: at(360), to: at(540) }, new Map([['fil', at(550)]]), journalOf(facts))
    return [counts.reduce((sum, { parts }) => sum + parts.startup_reject, 0), counts.reduce((sum, { parts }) => sum + parts.production_reject, 0), startups]
  }
  t.strictSame(await explained(), [2, 0, undefined])
  t.match(await explained(says(10, 380, 400, 'closed')), [2, 0, [{ stop_id: 'L1-S1', at: '2026-03-24T07:00:59.000Z', lost_seconds: 1_259, opened: true }]])
  t.strictSame(await explained(says(10, 380, 400, 'closed'), says(20, 380, 400, 'calendar')), [2, 0, undefined], 'taken back')
  t.strictSame(await explained(says(10, 390, 392, 'break')), [2, 0, undefined], 'still longer than half an hour')
})
