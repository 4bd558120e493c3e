import t from 'tap'
import { limits } from '../../../src/base/limits.js'
import { type Instant, later, rfc3339 } from '../../../src/base/units.js'
import type { Draft, DraftOf } from '../../../src/contract/events/catalogue.js'
import type { Input } from '../../../src/contract/inputs.js'
import type { SumQuery } from '../../../src/contract/journal.js'
import type { LossRow } from '../../../src/contract/losses.js'
import type { Oee } from '../../../src/contract/oee.js'
import { apply } from '../../../src/core/apply.js'
import { type ClockStep, reckonedAt, shownAt } from '../../../src/core/time/clock-steps.js'
import { flush, solve } from '../../../src/core/line.js'
import { keyOf } from '../../../src/core/losses/lossbook.js'
import type { Line } from '../../../src/core/memory/memory.js'
import { lineOee } from '../../../src/core/losses/oee.js'
import { openLine, snapshotOf } from '../../../src/core/snapshot.js'
import { sumRowsBy } from '../../../src/core/losses/sums.js'
import { lineSumsBetween } from '../../../src/core/memory/underway.js'
import { lineOeeNow } from '../../../src/core/memory/oee-now.js'
import { transitsOf } from '../../../src/core/time/transit.js'
import { sumsOfPeriod } from '../../../src/gateway/figures.js'
import { at, commandOf, planOf } from '../story.js'

/**
 * The bagger fills a bag every ten seconds from 13:50:05 on, the palletizer has each 90 seconds later. At 13:57 the next job begins, of another product; at 14:00 the next shift.
 * The bag of 13:59:15 is torn: the palletizer rejects it at 14:00:45.
 */
const BAG_MS = 10_000
const first = at('13:50:05')
const torn = at('13:59:15')
const plan = planOf({ palletizer: 'transit: { bag: 90s }\nideal_cycle: 4s', rest: 'products: [{ code: A, ideal_cycle: { bag: 5s } }, { code: B, ideal_cycle: { bag: 8s } }]' })
const atOnce = planOf({ palletizer: 'ideal_cycle: 4s', rest: 'products: [{ code: A, ideal_cycle: { bag: 5s } }, { code: B, ideal_cycle: { bag: 8s } }]' })

/** What somebody says, and when. */
interface Said { readonly at: Instant; readonly words: string }
/** The wall clock steps; the plant lives on as if nothing was. */
interface Step { readonly at: Instant; readonly byMs: number }

interface Lived { readonly line: Line; /** Before what was pending is written down. */ readonly running: Line; readonly facts: readonly Draft[]; readonly rows: ReadonlyMap<string, LossRow> }

function live(of: typeof plan, until: Instant, restartAt: Instant | null = null, said: Said | null = null, step: Step | null = null): Lived {
  let line = openLine(of, null, [])
  const facts: Draft[] = []
  const rows = new Map<string, LossRow>()
  let snapshot: { readonly state: string; readonly facts: number } = { state: snapshotOf(line), facts: 0 }
  const hear = (solved: ReturnType<typeof solve>) => {
    if (solved.refusal !== null) throw new Error(solved.refusal.message)
    line = solved.line
    facts.push(...solved.drafts)
    for (const row of solved.rows) {
      const key = `${row.equipment} ${keyOf(row)}`
      const standing = rows.get(key)
      if (standing !== undefined && row.revision <= standing.revision) throw new Error(`${key} is written again under revision ${row.revision}, and stands under ${standing.revision}`)
      rows.set(key, row)
    }
  }
  const feed = (input: Input) => { hear(solve(line, input)) }
  const tell = (words: string, now: Instant) => { feed({ kind: 'command', at: now, command: commandOf(words, 'bag', now) }) }
  const bags = (now: Instant) => Math.max(0, Math.floor((now - first) / BAG_MS) + 1)
  for (let lived = at('13:45:00'), now = lived; now <= until; lived = later(lived, 1_000), now = later(now, 1_000)) {
    if (lived === step?.at) {
      feed({ kind: 'clock', at: now, byMs: step.byMs })
      now = later(now, step.byMs)
    }
    feed({ kind: 'beat', at: now })
    const gone = later(lived, -90_000)
    const rejects = gone >= torn ? 1 : 0
    feed({ kind: 'sample', at: now, equipment: 'bag', signals: { running: true, total_count: 7 + bags(lived), reject_count: 0 } })
    feed({ kind: 'sample', at: now, equipment: 'pal', signals: { running: true, total_count: 9 + bags(gone), reject_count: rejects } })
    if (lived === at('13:49:00')) for (const job of ['J1, product: A', 'J2, product: B']) tell(`job_create {job_id: ${job}, quantity: 1000}`, now)
    if (lived === at('13:50:00')) { tell('job_assign {job_id: J1}', now); tell('job_start {job_id: J1}', now) }
    // The filler stands from 13:51 to 13:54, for whoever has something to say about that.
    if (said !== null) feed({ kind: 'sample', at: now, equipment: 'fil', signals: { running: now < at('13:51:00') || now >= at('13:54:00') } })
    if (now === said?.at) tell(said.words, now)
    if (lived === at('13:57:00')) { tell('job_complete', now); tell('job_assign {job_id: J2}', now); tell('job_start {job_id: J2}', now) }
    // A snapshot is older than the last facts; a gateway that goes down in order has written down what was pending.
    if (restartAt !== null && now === later(restartAt, -40_000)) snapshot = { state: snapshotOf(line), facts: facts.length }
    if (now === restartAt) {
      hear(flush(line, now))
      line = openLine(of, snapshot.state, [...rows.values()], facts.slice(snapshot.facts))
    }
  }
  const running = line
  hear(flush(line, until))
  return { line, running, facts, rows }
}

const early = { from: at('13:46:00'), to: at('14:00:00') }
const late = { from: at('14:00:00'), to: at('14:10:00') }
const lateShift = '2026-03-24/late'
const recorded = (facts: readonly Draft[], interval: 'hour' | 'shift') => facts.filter((fact): fact is DraftOf<'oee_recorded'> => fact.type === 'oee_recorded' && fact.body.interval === interval && fact.equipment === null)
const balance = ({ counts, work_in_process: wip }: Oee) => counts.total + wip!

t.test('good parts of a line count in the shift, the job and for the product under which its constraint made them', async (t) => {
  const { line, facts } = live(plan, at('14:10:00'))
  const of = (window: typeof early, job?: string) => lineOee(new Map([...lineSumsBetween(line, window)].map(([code, sums]) => [code, job === undefined ? sums : { ...sums, products: sums.products.filter(({ product }) => product === job) }])), window, plan)

  // 60 bags were made, 9 of them had not left at 14:00; of those the torn one comes out last but four.
  t.match(of(early), { counts: { good: 59, production_reject: 1, off_schedule: 0, total: 60 }, work_in_process: 0 })
  t.match(of(early, 'A'), { counts: { good: 42, production_reject: 0 }, ideal_cycle_seconds: 5, work_in_process: 0 })
  t.match(of(early, 'B'), { counts: { good: 17, production_reject: 1 }, ideal_cycle_seconds: 8, work_in_process: 0 })
  t.equal(of(early).times.fully_productive, 42 * 5 + 17 * 8)

  // 60 more were made until 14:10, and those until 14:08:30 have left.
  t.match(of(late), { counts: { good: 51, production_reject: 0 }, work_in_process: 9 })
  t.match(lineOeeNow(line, 'shift', at('14:10:00')), { counts: { good: 51 }, work_in_process: 9, window: { from: rfc3339(late.from) } })
  t.equal(balance(of(late)), 60)
  t.equal(balance(of({ from: at('13:55:20'), to: at('14:05:40') })), 62, 'also where minutes are cut')

  const moved = facts.flatMap((fact) => fact.type === 'count_recorded' ? fact.body.made ?? [] : [])
  t.equal(moved.reduce((sum, { good, production_reject: reject }) => sum + good + reject, 0), 111)
  t.same(facts.filter((fact) => fact.type === 'count_recorded' && fact.equipment !== 'pal' && fact.body.made !== undefined), [], 'only what is behind the constraint was under way')
})

t.test('the line is told of its hour and shift when the last parts of them have left, and of its equipment at once', async (t) => {
  const { facts } = live(plan, at('14:10:00'))
  const [hour] = recorded(facts, 'hour')
  const [shift] = recorded(facts, 'shift')
  for (const fact of [hour, shift]) {
    t.equal(fact?.at, at('14:01:30'))
    t.match(fact?.body, { revision: 0, figures: { window: { to: rfc3339(early.to) }, counts: { good: 59, production_reject: 1 }, work_in_process: 0 } })
  }
  t.same(recorded(facts, 'shift').length, 1)
  t.equal(facts.find((fact) => fact.type === 'oee_recorded' && fact.equipment === 'pal' && fact.body.interval === 'shift')?.at, early.to)
  t.equal(recorded(live(plan, at('14:01:29')).facts, 'shift').length, 0)
})

t.test('an edit after the last parts left, and before they are written down, tells nothing of the line that it would have to take back', async (t) => {
  const { facts } = live(plan, at('14:10:00'), null, { at: at('14:01:40'), words: 'stop_reason {stop_id: L1-S1, reason: CLEANING}' })
  t.match(facts.filter((fact) => fact.type === 'oee_recorded' && fact.equipment === 'fil' && fact.body.interval === 'shift'), [{ body: { revision: 0 } }, { at: at('14:01:40'), body: { revision: 1 } }])
  for (const interval of ['hour', 'shift'] as const) t.match(recorded(facts, interval), [{ body: { revision: 0, figures: { counts: { good: 59, production_reject: 1 }, work_in_process: 0 } } }])
})

t.test('the last hour is one whose parts have all been written down, at any second of a minute', async (t) => {
  for (const now of ['14:05:29', '14:05:30', '14:05:59', '14:06:00'].map(at)) t.match(lineOeeNow(live(plan, now).running, 'hour', now), { work_in_process: 0 }, rfc3339(now))
})

t.test('where nothing is under way, nothing is moved', async (t) => {
  const { line, facts, rows } = live(atOnce, at('14:10:00'))
  t.same(transitsOf(atOnce.line), [0, 0, 0])
  t.notOk(facts.some((fact) => fact.type === 'count_recorded' && 'made' in fact.body))
  t.notOk([...rows.values()].some(({ equipment }) => equipment === 'L1'))
  t.same(line.underWay.bookings, [])
  t.match(recorded(facts, 'shift'), [{ at: early.to, body: { figures: { counts: { good: 51 }, work_in_process: 9 } } }])
})

t.test('the rows of the journal add up to the same, after a restart at any second too', async (t) => {
  const whole = live(plan, at('14:10:00'))
  const byRows = ({ rows }: Lived, shift: string) => lineOee(sumRowsBy([...rows.values()].filter((row) => row.shift === shift && row.minute < at('14:08:00')), (row) => row.equipment), late, plan)
  t.match(byRows(whole, '2026-03-24/early'), { counts: { good: 59, production_reject: 1 }, work_in_process: 0 })
  const book = ({ rows }: Lived) => [...rows.values()].filter(({ equipment, parts }) => equipment === 'L1' && Object.values(parts).some((value) => value !== 0)).map(({ revision: _revision, ...row }) => row).sort((one, other) => keyOf(one) < keyOf(other) ? -1 : 1)
  t.ok(book(whole).length > 4)
  for (const second of ['13:57:20', '13:59:59', '14:00:01', '14:00:30', '14:01:02', '14:01:31', '14:01:41', '14:02:02', '14:02:41', '14:03:03']) {
    const restarted = live(plan, at('14:10:00'), at(second))
    t.same(book(restarted), book(whole), second)
    t.same(lineSumsBetween(restarted.line, late).get('L1'), lineSumsBetween(whole.line, late).get('L1'), second)
    t.match(byRows(restarted, lateShift).counts, byRows(whole, lateShift).counts, second)
  }
  const again = whole.facts.reduce(apply, openLine(plan, null, []))
  t.match(lineOee(lineSumsBetween(again, early), early, plan).counts, { good: 59, production_reject: 1 }, 'facts alone give the same')
})

t.test('parts that are under way when the wall clock steps were made when it showed what it showed then', async (t) => {
  const sumsOf = ({ line }: Lived, window: typeof early) => lineOee(lineSumsBetween(line, window), window, plan)

  // Half an hour ahead in the middle of the early shift: the nine bags on their way come out in the late one.
  const ahead = live(plan, at('14:40:00'), null, null, { at: at('13:55:00'), byMs: 30 * 60_000 })
  t.match(sumsOf(ahead, early), { counts: { good: 30, production_reject: 0, off_schedule: 0, recovered: 0 }, work_in_process: 0 })
  // 90 were made since 14:25, and those until 14:38:30 have left; the torn one among them.
  t.match(sumsOf(ahead, { from: at('14:00:00'), to: at('14:40:00') }), { counts: { good: 80, production_reject: 1, recovered: 0 }, work_in_process: 9 })
  // Its last parts left 90 seconds after the step, whatever hour it was by then.
  t.match(recorded(ahead.facts, 'shift'), [{ at: at('14:26:30'), body: { key: '2026-03-24/early', figures: { counts: { good: 30 }, work_in_process: 0 } } }])
  t.equal(recorded(ahead.facts, 'hour').filter(({ body }) => body.figures.window.to === rfc3339(early.to)).length, 1)

  // Ten minutes back, from the late shift into the early one.
  const back = live(plan, at('14:10:00'), null, null, { at: at('14:05:00'), byMs: -10 * 60_000 })
  // 60 bags before 14:00, and 30 when these minutes came again.
  t.match(sumsOf(back, early), { counts: { good: 89, production_reject: 1 }, work_in_process: 0 })
  t.match(sumsOf(back, { from: at('14:00:00'), to: at('14:08:00') }), { counts: { good: 78 }, work_in_process: 0 })
  t.equal(balance(sumsOf(back, { from: at('14:00:00'), to: at('14:10:00') })), 90)

  for (const lived of [ahead, back]) {
    const again = lived.facts.reduce(apply, openLine(plan, null, []))
    t.same(sumsOf({ ...lived, line: again }, early).counts, sumsOf(lived, early).counts, 'facts alone give the same')
  }
  const restarted = live(plan, at('14:40:00'), at('13:54:50'), null, { at: at('13:55:00'), byMs: 30 * 60_000 })
  const afterwards = live(plan, at('14:40:00'), at('14:26:10'), null, { at: at('13:55:00'), byMs: 30 * 60_000 })
  for (const lived of [restarted, afterwards]) t.same(sumsOf(lived, early).counts, sumsOf(ahead, early).counts, 'and so does a restart, before the step and behind it')
})

t.test('a moment is found again behind any number of steps', async (t) => {
  const steps: ClockStep[] = [{ before: at('10:10:00'), after: at('10:40:00') }, { before: at('10:50:00'), after: at('09:50:00') }]
  for (const [now, shown] of [['09:55:00', '09:55:00'], ['09:45:00', '10:45:00'], ['09:40:00', '10:40:00'], ['09:39:00', '10:09:00']] as const) t.equal(shownAt(steps, at(now)), at(shown), now)
  t.equal(reckonedAt(steps, at('10:45:00')), at('10:45:00'), 'an hour that comes again is the one to come')
  t.equal(reckonedAt(steps.slice(0, 1), at('10:09:00')), at('10:39:00'))
  t.equal(reckonedAt(steps.slice(0, 1), at('10:20:00')), at('10:40:00'), 'what was leapt over lies where it leapt')
  t.equal(reckonedAt(steps, at('09:45:00')), at('09:15:00'), 'before both')
})

t.test('the way from the constraint is the longest that leads to an equipment', async (t) => {
  const machine = (code: string, upstream: string[], transit: Record<string, number>, constraint = false) => ({ code, upstream, transit, constraint, ideal_cycle: 1, parts_per_cycle: 1 })
  const equipment = [machine('fill', [], {}), machine('bag', ['fill'], { fill: 5 }, true), machine('left', ['bag'], { bag: 10 }), machine('right', ['bag'], { bag: 20 }), machine('wrap', ['left', 'right'], { left: 5, right: 7 }), machine('alone', [], {})]
  // Only what the way is made of.
  const line = (method: 'constraint' | 'line_exit') => ({ method, equipment }) as unknown as Parameters<typeof transitsOf>[0]
  t.same(transitsOf(line('constraint')), [0, 0, 10, 20, 27, 0])
  t.same(transitsOf(line('line_exit')), [0, 0, 0, 0, 0, 0])
})


t.test('where the book of the line has forgotten what its equipment still know, the journal is asked', async (t) => {
  const { line, rows } = live(plan, at('14:10:00'))
  const codes = [...line.equipment.map(({ code }) => code), 'L1']
  const asked: SumQuery[] = []
  const journal = { sums: async (query: SumQuery) => { asked.push(query); return [...rows.values()].filter(({ minute }) => minute >= early.from && minute < early.to) } }
  const known = await sumsOfPeriod(line, codes, early, journal)
  t.same(asked, [], 'memory reaches that far')
  const [own] = line.underWay.book.rows(early.from, late.to)
  const days = Array.from({ length: limits.lossRowsPerEquipmentMax }, (_, minute) => ({ ...own!, minute: later(late.to, minute * 60_000) }))
  const forgetful = { ...line, underWay: { ...line.underWay, book: line.underWay.book.put(days) } }
  t.same((await sumsOfPeriod(forgetful, codes, early, journal)).get('L1'), known.get('L1'))
  t.equal(asked.length, 1)
  await sumsOfPeriod(forgetful, codes.slice(0, -1), early, journal)
  t.equal(asked.length, 1, 'of equipment alone memory still knows')
})
