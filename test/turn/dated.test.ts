/** A configuration that is changed: what was before it took effect stays as it was, whatever is cut again. */

import fc from 'fast-check'
import t from 'tap'
import { type Instant, instantOf, later, rfc3339 } from '../../src/base/units.js'
import type { Command } from '../../src/contract/commands.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import type { LossRow } from '../../src/contract/losses.js'
import { productionDay } from '../../src/core/time/dated.js'
import { cutFrom } from '../../src/core/time/eras.js'
import { fewerCases } from '../support/cases.js'
import { type Hours, type Lived, type Plant, hours, lived, named, timesIn, under } from './changed-plant.js'
import { START, day, difference, traceOf } from './corrected-plant.js'

const MINUTE = 60_000

/* ── by chance ───────────────────────────────────────────────────────────────────────────────── */

/** Something is said of each of these stops, so that its time is cut again. */
const edited = (upTo: Instant) => (facts: readonly Fact[]) => facts.flatMap((fact): Pick<Command, 'name' | 'body'>[] => {
  if (fact.type !== 'downtime_event' || fact.at >= upTo) return []
  const { stop_id } = fact.body
  const reason = [null, 'JAM', null, 'CLEANING', 'NO_ORDER'][Number(stop_id.replace(/.*-S/, '')) % 5]
  return [reason === null || reason === undefined ? { name: 'stop_note', body: { stop_id, note: 'seen' } } : { name: 'stop_reason', body: { stop_id, reason } }]
})

t.test('minutes before a change stand by what held in them, and those after it by the new configuration, over starts and edits', async () => {
  const when = fc.integer({ min: 1, max: 200 * 60 })
  fc.assert(fc.property(day, hours, hours, when, fc.array(when, { maxLength: 2 }), (steps, before, after, second, starts) => {
    const { trace, end } = traceOf(steps.filter(({ what }) => what !== 'correct'))
    const at = later(START, second * 1_000 + 417)
    fc.pre(at < later(end, -2 * MINUTE))
    const [was, is] = [under(before), under(after)]
    const [from, stop] = [cutFrom(at), later(end, 3 * MINUTE)]
    const restarts = starts.map((one) => later(START, one * 1_000 + 11)).filter((one) => one < end)
    const changed = lived([was, { at, to: is }], trace, stop, restarts, edited(at))
    const always = lived([was], trace, stop, restarts, edited(at))
    const isOld = ({ minute }: LossRow) => minute < from
    // What a reading after the change tells may have been made before it.
    const seen = trace as readonly { readonly at: string; readonly equipment?: string; readonly signals?: { readonly total_count?: number | null } }[]
    const readTo = Object.fromEntries(['fil', 'lab', 'pal'].map((code) => [code, Math.max(0, ...seen.flatMap((one) => (one.equipment === code && typeof one.signals?.total_count === 'number' && instantOf(one.at)! <= at ? [instantOf(one.at)!] : [])))]))
    const parts = ({ rows }: Lived) => named(rows.filter((row) => row.minute + MINUTE <= readTo[row.equipment]! && isOld(row)), ({ ms, parts: of }) => ({ ms, parts: of }))
    const wrong = difference(timesIn(changed, isOld), timesIn(always, isOld)) ?? difference(parts(changed), parts(always))
    if (wrong !== null) throw new Error(`before ${rfc3339(from)}: ${wrong}`)
    // Where another calendar had no stop, how long it stood begins elsewhere, and nobody gave a reason.
    const anew = lived([is], trace, stop)
    const went = lived([was, { at, to: is }], trace, stop, restarts)
    const standing = ({ ms }: LossRow) => ({ ...ms, micro_stop: 0, unplanned: 0, stood: ms.micro_stop + ms.unplanned })
    const isNew = ({ minute }: LossRow) => minute >= from && minute < end
    const astray = difference(timesIn(went, isNew, standing), timesIn(anew, isNew, standing))
    if (astray !== null) throw new Error(`from ${rfc3339(from)}: ${astray}`)
  }), { ...fewerCases(20), endOnFailure: true })
})

/* ── by example ──────────────────────────────────────────────────────────────────────────────── */

const morning: Hours = { from: 360, to: 600, breaks: [[420, 450]], policy: 'yield_to_run', name: 'early', noOrder: 'unplanned', noData: 'exclude' }
const minute = (of: number): Instant => later(instantOf('2026-03-24T00:00:00Z')!, of * MINUTE)
/** From six on a part every four seconds, but for the minutes in which it stands. */
const steady = (stands: (minute: number) => boolean, to = 720) => Array.from({ length: to - 350 }, (_, i) => ['fil', 'pal'].map((equipment) => ({ at: rfc3339(later(minute(350 + i), -1_000)), equipment, signals: { running: !stands(350 + i), total_count: 15 * i, reject_count: 0, product: 'A' } }))).flat()
const told = ({ facts }: Lived, ...types: readonly Fact['type'][]) => facts.filter(({ type }) => types.includes(type))
const shiftsOf = (run: Lived) => told(run, 'shift_started', 'shift_ended').map((fact) => (fact.type === 'shift_started' || fact.type === 'shift_ended'
  ? `${rfc3339(fact.at).slice(11, 16)} ${fact.body.name} ${fact.type.slice(6)} ${fact.body.from.slice(11, 16)}-${fact.body.to.slice(11, 16)}${fact.type === 'shift_ended' ? ` ${fact.body.good}` : ''}` : ''))
const lossOf = ({ rows }: Lived, from: number, to: number) => rows.filter((row) => row.equipment === 'fil' && row.minute >= minute(from) && row.minute < minute(to))
  .reduce((sum, { ms }) => ({ stood: sum.stood + ms.unplanned + ms.micro_stop + ms.external, closed: sum.closed + ms.schedule_loss }), { stood: 0, closed: 0 })

t.test('a break that is taken out of the configuration was one all the same: a stop in it costs nothing, also when it is cut again', async (t) => {
  // It stands from before the break until after the change, and somebody says why when the break is long gone.
  const stands = (of: number) => of > 412 && of <= 470
  const change = { at: later(minute(455), 30_417), to: under({ ...morning, breaks: [] }) }
  for (const [name, starts] of [['at once', []], ['over a start', [minute(460), minute(475)]]] as const) {
    const run = lived([under(morning), change], steady(stands), minute(480), starts, edited(minute(480)))
    t.strictSame(lossOf(run, 420, 450), { stood: 0, closed: 30 * MINUTE }, name)
    t.strictSame(lossOf(run, 450, 470), { stood: 20 * MINUTE, closed: 0 }, name)
    const [ended] = told(run, 'downtime_resolved')
    const lost = ended?.type === 'downtime_resolved' ? ended.body.lost_seconds : null
    t.equal(lost, (470 - 412 - 30) * 60, 'the stop knows of the break, too')
    const hours = told(run, 'oee_recorded').flatMap((fact) => (fact.type === 'oee_recorded' && fact.equipment === 'fil' && fact.body.interval === 'hour' && fact.body.key.slice(11, 16) === '07:00' ? [fact.body.figures.times.planned_production] : []))
    t.strictSame(hours, hours.map(() => 1_800), 'and the hour, whenever it is told')
    t.ok(hours.length > 1, 'which it was again')
  }
})

t.test('the shift that is under way goes on under another calendar by its name; one that this does not know ends with the minute', async (t) => {
  const shiftsUnder = (...to: readonly (readonly [at: number, hours: Hours])[]) => shiftsOf(lived([under(morning), ...to.map(([at, hours]) => ({ at: later(minute(at), 20_000), to: under(hours) }))], steady(() => false), minute(715)))
  t.strictSame(shiftsUnder(), ['06:00 early started 06:00-10:00', '10:00 early ended 06:00-10:00 3600'])
  t.strictSame(shiftsUnder([480, { ...morning, to: 660 }]), ['06:00 early started 06:00-10:00', '11:00 early ended 06:00-11:00 4500'], 'it is longer')
  t.strictSame(shiftsUnder([480, { ...morning, from: 300, to: 420 }]), ['06:00 early started 06:00-10:00', '08:01 early ended 06:00-08:01 1815'], 'it would be over')
  t.strictSame(shiftsUnder([480, { ...morning, name: 'day', to: 660 }]), ['06:00 early started 06:00-10:00', '08:01 early ended 06:00-08:01 1815', '08:01 day started 08:01-11:00', '11:00 day ended 08:01-11:00 2685'], 'another has its place')
  t.strictSame(shiftsUnder([480, { ...morning, name: 'day', to: 660 }], [540, morning]), [
    '06:00 early started 06:00-10:00', '08:01 early ended 06:00-08:01 1815', '08:01 day started 08:01-11:00', '09:01 day ended 08:01-09:01 900', '09:01 early started 06:00-10:00', '10:00 early ended 06:00-10:00 2700',
  ], 'rolled back, it begins a second time, and its parts are those of both')
  t.strictSame(shiftsUnder([480, { ...morning, from: 660, to: 700 }], [480, morning]), ['06:00 early started 06:00-10:00', '10:00 early ended 06:00-10:00 3600'], 'taken back within the minute it was nothing')
  t.strictSame(shiftsUnder([620, { ...morning, to: 660 }]), ['06:00 early started 06:00-10:00', '10:00 early ended 06:00-10:00 3600', '10:21 early started 06:00-11:00', '11:00 early ended 06:00-11:00 4185'], 'after its end it comes back, around the time between')
})

t.test('a shift that another calendar cut short, or made longer, says at its end what it turned out to be planned for, under a revision', async (t) => {
  const ends = (...to: readonly (readonly [at: number, hours: Hours])[]) => told(lived([under(morning), ...to.map(([at, hours]) => ({ at: later(minute(at), 20_000), to: under(hours) }))], steady(() => false), minute(715), [minute(500)]), 'shift_started', 'shift_ended')
    .map(({ type, body }) => (type === 'shift_started' ? ['begins', body.planned_seconds] : type === 'shift_ended' ? [body.planned_seconds, body.revision] : []))
  t.strictSame(ends(), [['begins', 210 * 60], [210 * 60, 0]])
  t.strictSame(ends([480, { ...morning, from: 300, to: 420 }]), [['begins', 210 * 60], [91 * 60, 1]], 'over with the minute')
  t.strictSame(ends([480, { ...morning, to: 660 }]), [['begins', 210 * 60], [270 * 60, 1]], 'longer')
  t.strictSame(ends([400, { ...morning, breaks: [] }]), [['begins', 210 * 60], [240 * 60, 1]], 'without its break')
  t.strictSame(ends([480, { ...morning, from: 660, to: 700 }], [480, morning]), [['begins', 210 * 60], [210 * 60, 0]], 'taken back within the minute it was nothing')
  t.strictSame(ends([620, { ...morning, to: 660 }]), [['begins', 210 * 60], [210 * 60, 0], ['begins', 249 * 60], [249 * 60, 1]], 'it came back after its end')
})

t.test('hours and shifts that are told again have the method and the policies that they were told by', async (t) => {
  const changed = (config: Plant): Plant => ({ ...config, lines: config.lines.map((line) => ({ ...line, method: 'ratio_of_sums' })) })
  const run = lived([under(morning), { at: later(minute(600), 417), to: changed(under({ ...morning, policy: 'strict' })) }], steady((of) => of > 400 && of <= 410), minute(640), [minute(610)], edited(minute(600)))
  const figures = told(run, 'oee_recorded').flatMap((fact) => (fact.type === 'oee_recorded' && fact.body.interval === 'shift' && fact.equipment === null ? [fact.body] : []))
  t.strictSame(figures.map(({ revision, figures: { method, policy } }) => [revision, method, policy]), [[0, 'constraint', 'yield_to_run/exclude/unplanned'], [1, 'constraint', 'yield_to_run/exclude/unplanned']])
})

t.test('a production day that begins at another hour from a change on ends where the next begins, and days tile', async (t) => {
  const night = (config: Plant): Plant => ({ ...config, calendars: Object.fromEntries(Object.entries(config.calendars).map(([name, calendar]) => [name, { ...calendar, day_start: '09:00' }])) })
  const { line } = lived([under(morning), { at: minute(480), to: night(under(morning)) }], steady(() => false, 500), minute(490))
  const days: string[] = []
  for (let at = minute(100); at < minute(3_000);) {
    const day = productionDay(line.plan.calendar, line.plan.timeZone, at)
    days.push(`${day.day} ${rfc3339(day.from).slice(8, 16)} ${rfc3339(day.to).slice(8, 16)}`)
    t.equal(productionDay(line.plan.calendar, line.plan.timeZone, later(day.to, -1)).day, day.day)
    at = day.to
  }
  t.strictSame(days, ['2026-03-23 23T04:00 24T04:00', '2026-03-24 24T04:00 24T08:00', '2026-03-23 24T08:00 24T09:00', '2026-03-24 24T09:00 25T09:00', '2026-03-25 25T09:00 26T09:00'])
})
