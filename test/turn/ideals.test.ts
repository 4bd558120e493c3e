/** An ideal time that was wrong and is corrected: afterwards everything is as if it had been right from the start. */

import fc from 'fast-check'
import t from 'tap'
import { type Instant, instant, instantOf, later, rfc3339 } from '../../src/base/units.js'
import type { Draft, FactOf } from '../../src/contract/events/catalogue.js'
import type { LossRow } from '../../src/contract/losses.js'
import type { Oee } from '../../src/contract/oee.js'
import { sumLosses } from '../../src/core/losses/losses.js'
import { lineOee, oeeOf } from '../../src/core/losses/oee.js'
import { openLine, snapshotOf } from '../../src/core/snapshot.js'
import { noSums, sumRowsBy } from '../../src/core/losses/sums.js'
import type { Replayed } from '../../src/replay/replay.js'
import { fewerCases } from '../support/cases.js'
import { type Ideals, START, ask, day, difference, movings, plant, played, rowsOf, traceOf } from './corrected-plant.js'

const MINUTE = 60_000

const day24 = (time: string): Instant => instantOf(`2026-03-24T${time}Z`)!

/** A filler that makes a part every four seconds from six to nine, under an ideal time of four. */
const steady = ['05:59:59', ...[6, 7, 8].flatMap((hour) => Array.from({ length: 60 }, (_, minute) => `0${hour}:${String(minute).padStart(2, '0')}:59`))]
  .map((time, i) => ({ at: `2026-03-24T${time}Z`, equipment: 'fil', signals: { running: true, total_count: 15 * i, reject_count: 0, product: 'A' } }))
const corrects = (time: string, from: string, to: string, ideal_cycle_seconds: number, more: object = {}) =>
  ask(day24(time), 'ideal_correct', { from: `2026-03-24T${from}:00Z`, to: `2026-03-24T${to}:00Z`, ideal_cycle_seconds, reason: 'nameplate', ...more })

t.test('parts are worth the ideal time that is said afterwards, hour by hour, and each correction says what held before it', async (t) => {
  const { facts, rows, refusals } = played(plant({ fil: '9s', A: '4s', B: '9s' }), [
    ...steady, corrects('09:03:00', '06:00', '08:00', 2, { product: 'A' }), corrects('09:04:00', '07:00', '09:00', 3), { at: '2026-03-24T09:05:00Z', equipment: 'fil', signals: {} },
  ])
  t.same(refusals, [])
  const hour = (of: string) => facts.flatMap((fact) => fact.type === 'oee_recorded' && fact.equipment === 'fil' && fact.body.interval === 'hour' && fact.body.key === `2026-03-24T${of}:00:00.000Z` ? [fact.body] : [])
  const told = (of: string) => hour(of).map(({ revision, figures: { oee, performance, quality, times, ideal_cycle_seconds } }) => ({ revision, oee, performance, quality, worth: times.fully_productive, ideal_cycle_seconds }))
  // Nine hundred parts an hour; a quarter of an hour in seven is a break, and it ran through it.
  t.same(told('06'), [
    { revision: 0, oee: 1, performance: 1, quality: 1, worth: 3_600, ideal_cycle_seconds: 4 },
    { revision: 1, oee: 0.5, performance: 0.5, quality: 1, worth: 1_800, ideal_cycle_seconds: 2 },
  ])
  t.same(told('07'), [
    { revision: 0, oee: 1, performance: 1, quality: 1, worth: 3_600, ideal_cycle_seconds: 4 },
    { revision: 1, oee: 0.5, performance: 0.5, quality: 1, worth: 1_800, ideal_cycle_seconds: 2 },
    { revision: 2, oee: 0.75, performance: 0.75, quality: 1, worth: 2_700, ideal_cycle_seconds: 3 },
  ])
  t.same(told('08').map(({ revision, oee }) => [revision, oee]), [[0, 1], [1, 0.75]])
  t.match(facts.filter(({ type }) => type === 'ideal_corrected'), [
    { body: { product: 'A', ideal_cycle_seconds: 2, previous: [{ product: 'A', ideal_cycle_seconds: 4 }], revision: 1, by: 'ana', reason: 'nameplate' } },
    { body: { ideal_cycle_seconds: 3, previous: [{ product: 'A', ideal_cycle_seconds: 2 }, { product: 'A', ideal_cycle_seconds: 4 }], revision: 2 } },
  ])
  const standing = (time: string) => rows.filter(({ equipment, minute }) => equipment === 'fil' && minute === day24(time)).map(({ idealMs, revision, ms, parts }) => [idealMs, revision, ms.running, parts.good])
  t.same(standing('06:30:00'), [[4_000, 1, 0, 0], [2_000, 1, 60_000, 15]], 'the old row is emptied, and the new one is none of the first writing')
  t.same(standing('07:30:00'), [[4_000, 1, 0, 0], [2_000, 2, 0, 0], [3_000, 2, 60_000, 15]])
})

t.test('a correction that says nothing new, of time that is not over or not known, or of too much, is told no with what is allowed', async (t) => {
  const { refusals } = played(plant({ fil: '9s', A: '4s', B: '9s' }), [
    ...steady, corrects('09:02:30', '06:00', '07:00', 4), corrects('09:02:31', '06:00', '07:00', 2, { product: 'B' }), corrects('09:02:32', '06:00', '09:02', 2), corrects('09:02:33', '05:00', '07:00', 2),
    corrects('09:02:34', '07:00', '07:00', 2), ask(day24('09:02:35'), 'ideal_correct', { from: '2026-03-20T06:00:00Z', to: '2026-03-24T07:00:00Z', ideal_cycle_seconds: 2, reason: 'x' }),
  ])
  t.match(refusals.map(({ refusal: { refused, details } }) => ({ refused, ...Object.fromEntries(details.map(({ path, message }) => [path, message])) })), [
    { refused: 'NOTHING_TO_CORRECT', made: 'A' }, { refused: 'NOTHING_TO_CORRECT', product: 'B', made: 'A' }, { refused: 'PERIOD_NOT_OVER', to_at_most: '2026-03-24T09:00:00.000Z' },
    { refused: 'PAST_FORGOTTEN', known_from: '2026-03-24T06:00:00.000Z' }, { refused: 'WINDOW_MEANINGLESS' }, { refused: 'WINDOW_TOO_LARGE', hours_max: '26' },
  ])
})

/** What every hour, shift and job made, by the last word about it; of those that a correction told again. */
const toldAt = (at: Instant, facts: readonly Draft[]) => [...new Map(facts.filter((fact): fact is FactOf<'oee_recorded'> => fact.type === 'oee_recorded')
  .map((fact) => [`${fact.equipment ?? 'line'} ${fact.body.interval} ${fact.body.key}`, fact])).entries()].filter(([, fact]) => fact.at === at && fact.body.revision > 0)

const madeIn = ({ counts, times, ideal_cycle_seconds, quality }: Oee) =>
  ({ counts, ideal_cycle_seconds, quality, net_run: times.net_run, fully_productive: times.fully_productive, startup_reject: times.startup_reject, production_reject: times.production_reject })

/** The same out of the rows. */
function madeByRows({ rows, lines }: Replayed, { equipment, body: { interval, key, figures } }: FactOf<'oee_recorded'>) {
  const { plan } = lines.get('L1')!
  const window = { from: instantOf(figures.window.from)!, to: instantOf(figures.window.to)! }
  const inside = rows.filter(({ minute, job }) => minute + MINUTE > window.from && minute < window.to && (interval !== 'job' || job === key))
  const sums = sumRowsBy(inside, (row) => row.equipment)
  return madeIn(equipment === null ? lineOee(sums, window, plan) : oeeOf(sums.get(equipment) ?? noSums, window, plan, plan.equipment.get(equipment)!))
}

const ideals = fc.constantFrom('2s', '2.5s', '3.7s', '7s')
const seconds = (text: string) => Number(text.slice(0, -1))

/** The plant with that ideal time, from the start. */
function rightly(wrong: Ideals, which: string, right: string): ReturnType<typeof plant> {
  if (which !== 'lab') return plant(which === 'all' ? { ...wrong, fil: right, A: right, B: right } : { ...wrong, [which]: right })
  const config = plant(wrong)
  return { ...config, lines: config.lines.map((line) => ({ ...line, equipment: line.equipment.map((one) => one.code === 'lab' ? { ...one, ideal_cycle: seconds(right) * 1_000 } : one) })) }
}

t.test('a plant whose ideal time is corrected afterwards has the rows and figures of one in which it was right from the start, whatever people say before and after', async () => {
  const what = fc.constantFrom('A', 'B', 'all', 'lab')
  fc.assert(fc.property(day, day, fc.tuple(ideals, ideals, ideals), ideals, what, fc.constantFrom('0s', '90s'), movings, (first, then, [fil, A, B], right, which, transit, constraints) => {
    const wrong: Ideals = { fil, A, B, transit, constraints }
    const { trace, end } = traceOf(first)
    const at = later(end, 3 * MINUTE)
    const { trace: rest, end: last } = traceOf(then, later(at, MINUTE))
    const corrects = (when: Instant, from: Instant, to: Instant) => ask(when, 'ideal_correct', {
      from: rfc3339(from), to: rfc3339(to), ideal_cycle_seconds: seconds(right), reason: 'nameplate', ...which === 'A' || which === 'B' ? { product: which } : {},
    }, which === 'lab' ? 'lab' : 'fil')
    const said = (when: Instant) => [ask(when, 'stop_reason', { stop_id: 'L1-S1', reason: 'NO_ORDER' }), ask(when, 'gap_declare', { at: rfc3339(later(START, 20 * MINUTE)), as: 'running' }, 'lab')]
    const days = (corrections: boolean) => [
      ...trace, ...corrections ? [corrects(at, START, end)] : [], ...said(at), ...rest, ...said(later(last, MINUTE)),
      ...corrections ? [corrects(later(last, 3 * MINUTE), end, last), corrects(later(last, 3 * MINUTE), START, last)] : [], { at: rfc3339(later(last, 3 * MINUTE)), equipment: 'fil', signals: {} },
    ]
    const corrected = played(plant(wrong), days(true))
    const always = played(rightly(wrong, which, right), days(false))
    const no = corrected.refusals.find(({ command, refusal }) => command === 'ideal_correct' && refusal.refused !== 'NOTHING_TO_CORRECT')
    if (no !== undefined) throw new Error(JSON.stringify(no))
    const isOver = ({ minute }: LossRow) => minute < last
    const figures = toldAt(later(last, 3 * MINUTE), corrected.facts)
    const wrongs = [
      difference(rowsOf(corrected, isOver), rowsOf(always, isOver)),
      difference(Object.fromEntries(figures.map(([name, { body }]) => [name, madeIn(body.figures)])), Object.fromEntries(figures.map(([name, fact]) => [name, madeByRows(corrected, fact)]))),
    ].filter((found) => found !== null)
    if (wrongs.length > 0) throw new Error(wrongs.join('\n'))
  }), { ...fewerCases(15), endOnFailure: true })
})

t.test('a correction of any stretch, and the one back, leave all as it was, also over a restart between them', async () => {
  const stretch = fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 1, max: 90 }))
  fc.assert(fc.property(day, stretch, ideals, fc.constantFrom('0s', '90s'), movings, (first, [start, lengthMinutes], other, transit, constraints) => {
    const config = plant({ fil: '3s', A: '3s', B: '3s', transit, constraints })
    const { trace, end } = traceOf(first)
    const from = later(START, start * MINUTE)
    const to = instant(Math.min(end, later(from, lengthMinutes * MINUTE)))
    const body = (ideal_cycle_seconds: number) => ({ from: rfc3339(from), to: rfc3339(to), ideal_cycle_seconds, reason: 'x' })
    const last = (at: Instant) => ({ at: rfc3339(at), equipment: 'fil', signals: {} })
    const at = later(end, 3 * MINUTE)
    const before = played(config, [...trace, last(at)])
    const there = played(config, [...trace, ask(at, 'ideal_correct', body(seconds(other))), last(at)])
    const back = played(config, [...trace, ask(at, 'ideal_correct', body(seconds(other))), ask(later(at, 1_000), 'ideal_correct', body(3)), last(later(at, 1_000))])
    const isOver = ({ minute }: LossRow) => minute < end
    const figures = toldAt(later(at, 1_000), back.facts)
    // A start remembers what facts made, and reads the rows in the journal.
    const kept = (run: Replayed) => {
      const line = run.lines.get('L1')!
      const again = openLine(line.plan, snapshotOf(line), run.rows)
      return Object.fromEntries(again.equipment.map(({ code, losses }) => [code, sumLosses(losses, START, end, line.plan)]))
    }
    const live = Object.fromEntries(there.lines.get('L1')!.equipment.map(({ code, losses }) => [code, sumLosses(losses, START, end, there.lines.get('L1')!.plan)]))
    const wrongs = [
      difference(rowsOf(back, isOver), rowsOf(before, isOver)), difference(kept(there), live),
      difference(Object.fromEntries(figures.map(([name, { body: { figures: told } }]) => [name, madeIn(told)])), Object.fromEntries(figures.map(([name, fact]) => [name, madeByRows(before, fact)]))),
    ].filter((found) => found !== null)
    if (wrongs.length > 0) throw new Error(wrongs.join('\n'))
  }), { ...fewerCases(15), endOnFailure: true })
})
