/** The invariants of the time model (domain note 11) that need more than one stage, or more than one rung, to be told; and that each of the 28 is told somewhere. */

import { readFileSync, readdirSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { downtimeStatistics } from '../src/analysis/downtime.js'
import { type Instant, instant, instantOf, later, rfc3339 } from '../src/base/units.js'
import type { StateClass } from '../src/contract/config.js'
import type { Draft } from '../src/contract/events/catalogue.js'
import type { Input } from '../src/contract/inputs.js'
import type { LossRow } from '../src/contract/losses.js'
import type { StopView } from '../src/contract/views.js'
import type { Period } from '../src/core/time/calendar.js'
import { productionDay, shiftsOfDay } from '../src/core/time/dated.js'
import { flush, solve } from '../src/core/line.js'
import { keyOf } from '../src/core/losses/lossbook.js'
import { sumLosses } from '../src/core/losses/losses.js'
import type { Line } from '../src/core/memory/memory.js'
import { lineOee } from '../src/core/losses/oee.js'
import { slotAt } from '../src/core/time/shifts.js'
import { openLine } from '../src/core/snapshot.js'
import { noParts, noTime, sumRowsBy } from '../src/core/losses/sums.js'
import { lineSumsBetween } from '../src/core/memory/underway.js'
import { at, commandOf, planOf as linePlan } from './core/story.js'
import { Machine, calendarOf, planOf, reason, time } from './support/machine.js'
import { cases, fewerCases } from './support/cases.js'

const HOUR = 3_600_000
const MINUTE = 60_000
t.setTimeout(600_000)

t.test('5: the shifts of a production day tile it, and it has 23, 24 or 25 hours', async () => {
  const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'UTC', 'Asia/Kolkata')
  const date = fc.integer({ min: 0, max: 729 }).map((day) => new Date(Date.UTC(2026, 0, 1) + day * 86_400_000).toISOString().slice(0, 10))
  const clock = (hour: number) => `${String(hour % 24).padStart(2, '0')}:00`
  fc.assert(fc.property(zone, date, fc.integer({ min: 3, max: 12 }), fc.integer({ min: 4, max: 8 }), fc.integer({ min: 4, max: 8 }), (timeZone, day, start, first, second) => {
    const calendar = calendarOf({ day_start: clock(start), shifts: [
      { name: 'a', start: clock(start), end: clock(start + first) }, { name: 'b', start: clock(start + first), end: clock(start + first + second) }, { name: 'c', start: clock(start + first + second), end: clock(start) },
    ] })
    const shifts = shiftsOfDay(calendar, timeZone, day)
    const whole = productionDay(calendar, timeZone, shifts[0]!.from)
    const hours = shifts.reduce((ms, shift) => ms + shift.to - shift.from, 0) / HOUR
    return shifts.every((shift, index) => shift.from === (shifts[index - 1]?.to ?? whole.from)) && shifts.at(-1)!.to === whole.to && [23, 24, 25].includes(hours)
  }), cases)
})

/* ── edits ───────────────────────────────────────────────────────────────────────────────────── */

const states: fc.Arbitrary<StateClass> = fc.constantFrom('running', 'running', 'stopped', 'faulted', 'starved', 'idle', 'unknown')
const stretches = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 12 * MINUTE }), state: states, late: fc.double({ min: 0, max: 0.99, noNaN: true }) }), { minLength: 1, maxLength: 12 })
const one = planOf({ machine: { micro_stop: '120s' } })

t.test('21: what is told late, while the next has not begun, ends in the same rows as what is told in time', async () => {
  fc.assert(fc.property(stretches, (stretches) => {
    // What is known of a machine begins with its first word, so both hear that in time.
    const inTime = new Machine(one).state('05:59', 'running').until('06:00')
    const late = new Machine(one).state('05:59', 'running').until('06:00')
    let from = time('06:00')
    for (const { ms, state, late: share } of stretches) {
      inTime.state(from, state).until(instant(from + ms - 1))
      late.until(instant(from + Math.floor(share * (ms - 1)))).state(from, state).until(instant(from + ms - 1))
      from = instant(from + ms)
    }
    const end = instant(Math.floor(from / MINUTE) * MINUTE + 2 * MINUTE)
    inTime.until(end)
    late.until(end)
    const begin = time('06:00')
    return JSON.stringify(inTime.sums(begin, end)) === JSON.stringify(late.sums(begin, end)) && JSON.stringify(inTime.journalSums(begin, end)) === JSON.stringify(late.journalSums(begin, end))
  }), cases)
})

t.test('22: a split conserves time and parts, a merge undoes it, and a reason taken back restores what was', async () => {
  const categories = fc.constantFrom<'unplanned' | 'planned' | 'changeover' | 'excluded'>('unplanned', 'planned', 'changeover', 'excluded')
  fc.assert(fc.property(fc.integer({ min: 2, max: 20 * MINUTE }), fc.double({ min: 0, max: 1, noNaN: true }), categories, fc.integer({ min: 0, max: 90 }), (ms, share, category, good) => {
    const [from, to] = [time('06:01:30'), instant(time('06:01:30') + ms)]
    const cut = instant(from + 1 + Math.floor(share * (ms - 2)))
    const machine = new Machine(one).state('05:00', 'running').stop('L1-S1', from, to).count('06:00', '06:00:30', { good })
    const end = instant(to + 3 * MINUTE)
    const sums = () => machine.until(end).sums('05:00', end)
    const edit = (change: 'split' | 'merge', at: Instant) => machine.tell(end, 'downtime_updated', {
      stop_id: 'L1-S1', revision: 1, change, reason: null, cause: null, from: rfc3339(from), to: rfc3339(at), merged: change === 'merge' ? 'L1-S2' : null, split_off: change === 'split' ? 'L1-S2' : null, note: null, by: 'ana',
    })
    const before = sums()
    edit('split', cut)
    const split = sums()
    machine.explain(end, 'L1-S2', cut, to, reason(category))
    const explained = sums()
    machine.explain(end, 'L1-S2', cut, to, null)
    const undone = sums()
    edit('merge', to)
    const all = (of: typeof before) => Object.values(of.ms).reduce((sum, leaf) => sum + leaf, 0)
    return JSON.stringify(split) === JSON.stringify(before) && JSON.stringify(undone) === JSON.stringify(before) && JSON.stringify(sums()) === JSON.stringify(before)
      && all(explained) === all(before) && JSON.stringify(explained.products) === JSON.stringify(before.products)
  }), cases)
})

/* ── parts under way ─────────────────────────────────────────────────────────────────────────── */

const departures = fc.array(fc.record({ gapMs: fc.integer({ min: 200, max: 30_000 }), waitMs: fc.constantFrom(0, 0, 0, 700, 15_000), torn: fc.constantFrom(false, false, false, true) }), { minLength: 1, maxLength: 10 })

t.test('a line counts each part when its constraint made it, in every window, and over time neither more nor fewer than leave it', async () => {
  const figuresOf = (line: Line, window: Period) => lineOee(lineSumsBetween(line, window), window, line.plan)
  fc.assert(fc.property(departures, fc.integer({ min: 0, max: 200_000 }), fc.constantFrom('09:58', '13:58', '21:58'), fc.integer({ min: 0, max: 4 * MINUTE }), (departures, transitMs, start, cutMs) => {
    const plan = linePlan({ palletizer: `transit: { bag: ${transitMs}ms }` })
    let line = openLine(plan, null, [])
    const rows = new Map<string, LossRow>()
    const feed = (input: Input) => {
      const solved = solve(line, input)
      line = solved.line
      for (const row of solved.rows) rows.set(`${row.equipment} ${keyOf(row)}`, row)
    }
    const begin = at(`${start}:00`)
    let made = begin
    const parts = departures.map(({ gapMs, waitMs, torn }) => {
      made = later(made, gapMs)
      return { made, left: later(made, transitMs + waitMs), torn }
    })
    const counts = { bag: 0, pal: 0, torn: 0 }
    const events = parts.flatMap((part) => [{ at: part.made, of: 'bag' as const, torn: false }, { at: part.left, of: 'pal' as const, torn: part.torn }]).sort((one, other) => one.at - other.at)
    for (const equipment of ['bag', 'pal']) feed({ kind: 'sample', at: later(begin, -MINUTE), equipment, signals: { running: true, total_count: 0, reject_count: 0 } })
    // The gateway hears a reading in every second in which there is one, and a beat now and then.
    let now = later(begin, -MINUTE)
    for (const event of [...events, { at: later(events.at(-1)!.at, 3 * MINUTE), of: null, torn: false }]) {
      for (; now < event.at; now = instant(Math.min(event.at, now + 30_000))) {
        feed({ kind: 'beat', at: now })
        for (const equipment of ['bag', 'pal'] as const) feed({ kind: 'sample', at: now, equipment, signals: { total_count: counts[equipment], ...equipment === 'pal' ? { reject_count: counts.torn } : {} } })
      }
      if (event.of === null) continue
      counts[event.of]++
      if (event.torn) counts.torn++
      feed({ kind: 'sample', at: event.at, equipment: event.of, signals: { total_count: counts[event.of], ...event.of === 'pal' ? { reject_count: counts.torn } : {} } })
    }
    line = flush(line, now).line
    const isPlanned = (instant: Instant) => slotAt(plan.calendar, plan.timeZone, instant).shift !== null
    const truthIn = ({ from, to }: Period) => {
      const counted = parts.map(({ left, torn }) => ({ when: later(left, -transitMs), torn })).filter(({ when }) => when >= from && when < to && isPlanned(when))
      return { good: counted.filter(({ torn }) => !torn).length, reject: counted.filter(({ torn }) => torn).length, made: parts.filter(({ made }) => made >= from && made < to && isPlanned(made)).length }
    }
    const whole = { from: later(begin, -MINUTE), to: now }
    const cut = instant(Math.floor((begin + cutMs) / MINUTE) * MINUTE)
    const windows: Period[] = [whole, { from: whole.from, to: cut }, { from: cut, to: whole.to }]
    const isTrue = windows.every((window) => {
      const { counts, work_in_process: wip } = figuresOf(line, window)
      const truth = truthIn(window)
      return counts.good === truth.good && counts.production_reject === truth.reject && wip === truth.made - truth.good - truth.reject
    })
    const all = figuresOf(line, whole).counts
    const exit = sumLosses(line.equipment[2]!.losses, whole.from, whole.to, plan).products.reduce((sum, product) => sum + product.good + product.production_reject + product.off_schedule, 0)
    const anywhere = { from: later(whole.from, -HOUR), to: whole.to }
    const moved = [...sumRowsBy(rows.values(), (row) => row.equipment)].filter(([code]) => code === 'L1').flatMap(([, sums]) => sums.products)
    return isTrue && all.total + all.off_schedule === exit && figuresOf(line, anywhere).counts.total === all.total
      && moved.reduce((sum, { good, production_reject, off_schedule }) => sum + good + production_reject + off_schedule, 0) === 0 && (transitMs > 0 || moved.length === 0)
  }), fewerCases(500))
})

/* ── figures about stops ─────────────────────────────────────────────────────────────────────── */

const stopArb = fc.record({
  gap: fc.integer({ min: 0, max: 30 * MINUTE }), ms: fc.integer({ min: 1, max: 30 * MINUTE }), open: fc.boolean(),
  reason: fc.constantFrom(null, 'JAM', 'TRIP', 'CLEAN', 'SHORT'),
})
const day = fc.array(stopArb, { minLength: 1, maxLength: 15 })

function stopsOf(day: readonly { readonly gap: number; readonly ms: number; readonly open: boolean; readonly reason: string | null }[]): { stops: StopView[]; to: Instant } {
  let now = time('06:00')
  const stops = day.map(({ gap, ms, open, reason: code }, index): StopView => {
    const from = instant(now + gap)
    now = instant(from + ms)
    const isLast = index === day.length - 1
    return {
      stop_id: `L1-S${index + 1}`, line: 'L1', equipment_code: 'M1', state: 'stopped', from: rfc3339(from), to: isLast && open ? null : rfc3339(now), seconds: ms / 1_000,
      micro: false, provisional: false, cause: null, job_id: null, product: null, shift: null, revision: 0, notes: [],
      reason: code === null ? null : reason(code === 'CLEAN' ? 'planned' : 'unplanned', { code, name: code, is_failure: code === 'JAM' || code === 'TRIP' }),
    }
  })
  return { stops, to: now }
}

t.test('26: MTBF times failures is the run time, and MTTR times those mended is the time of mending', async () => {
  fc.assert(fc.property(day, fc.integer({ min: 0, max: 8 * HOUR }), (day, runMs) => {
    const { stops, to } = stopsOf(day)
    const row: LossRow = { line: 'L1', equipment: 'M1', minute: time('06:00'), shift: null, job: null, product: null, idealMs: 1, ms: { ...noTime, running: runMs }, parts: noParts, revision: 0 }
    const figures = downtimeStatistics(stops, [row], time('06:00'), to)
    const failed = stops.filter((stop) => stop.reason?.is_failure === true && instantOf(stop.from)! < to)
    const mended = failed.filter((stop) => stop.to !== null)
    const near = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b))
    if (figures.failures !== failed.length) return false
    if (failed.length === 0) return figures.mtbf_hours === null && figures.mttr_minutes === null
    return near(figures.mtbf_hours! * HOUR * failed.length, runMs)
      && (mended.length === 0 ? figures.mttr_minutes === null : near(figures.mttr_minutes! * 60 * mended.length, mended.reduce((sum, stop) => sum + stop.seconds, 0)))
  }), cases)
})

t.test('28: the shares of a Pareto add up to one, with what nobody has explained, and never fall', async () => {
  fc.assert(fc.property(day, (day) => {
    const { stops, to } = stopsOf(day)
    const { pareto } = downtimeStatistics(stops, [], time('06:00'), to)
    const share = pareto.reduce((sum, bar) => sum + bar.share, 0)
    return (pareto.length === 0 || Math.abs(share - 1) < 1e-9) && pareto.every((bar, index) => index === 0 || (bar.seconds <= pareto[index - 1]!.seconds && bar.cumulative >= pareto[index - 1]!.cumulative))
      && new Set(pareto.map((bar) => bar.reason)).size === pareto.length
  }), cases)
})

/* ── ladders ─────────────────────────────────────────────────────────────────────────────────── */

const calls = linePlan()
const what = fc.constantFrom('andon_raise {event_type: safety, priority: critical}', 'andon_raise {event_type: quality, priority: low}', 'andon_acknowledge {andon_id: L1-A1}', 'andon_attend {andon_id: L1-A1}', 'andon_resolve {andon_id: L1-A1}', 'andon_acknowledge {andon_id: L1-A2}', 'andon_resolve {andon_id: L1-A2}', '-')

t.test('27: every level of a ladder fires once, in order, at its time; a call that was taken climbs no response ladder; steps come in order', async () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 20 * MINUTE }), what), { minLength: 1, maxLength: 8 }), (steps) => {
    let line = openLine(calls, null, [])
    const facts: Draft[] = []
    let now: Instant = at('06:00:00')
    for (const [ms, words] of steps) {
      now = instant(now + ms)
      const { line: next, drafts } = solve(line, words === '-' ? { kind: 'beat', at: now } : { kind: 'command', at: now, command: commandOf(words, 'bag', now) })
      line = next
      facts.push(...drafts)
    }
    return line.andons.every((call) => {
      const told = facts.filter((fact) => 'andon_id' in fact.body && fact.body.andon_id === call.id)
      const end = call.resolvedAt ?? Infinity
      const taken = Math.min(call.acknowledgedAt ?? Infinity, call.attendedAt ?? Infinity, end)
      const ordered = (['response', 'resolution'] as const).every((ladder) => {
        const climbed = told.flatMap((fact) => (fact.type === 'escalation_update' && fact.body.ladder === ladder ? [fact] : []))
        const limitMs = (ladder === 'response' ? call.acknowledgeBy : call.resolveBy) - call.raisedAt
        return climbed.every((fact, index) => fact.body.level === index + 1 && fact.at === call.raisedAt + (index + 1) * limitMs && fact.at <= (ladder === 'response' ? taken : end))
      })
      const instants = [call.raisedAt, call.acknowledgedAt ?? call.raisedAt, call.resolvedAt ?? Infinity]
      return ordered && instants.every((instant, index) => index === 0 || instants[index - 1]! <= instant)
    })
  }), cases)
})

t.test('each of the 28 invariants is asked by a test that bears its number', async (t) => {
  const files = ['invariants.test.ts', ...readdirSync(new URL('../../test/core', import.meta.url), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts')).map((file) => `core/${file}`)]
  const asked = new Map<number, string[]>()
  for (const file of files) {
    // A property as the other tests of these files are written: its numbers, and how many cases it is asked.
    for (const [, numbers = ''] of readFileSync(new URL(`../../test/${file}`, import.meta.url), 'utf8').matchAll(/^t\.test\('((?:\d+, )*\d+): (?:(?!^t\.test).)*?^  (?:\}|fc\.assert.*?)\), cases\)$/gms)) {
      for (const number of numbers.split(', ')) asked.set(Number(number), [...asked.get(Number(number)) ?? [], file])
    }
  }
  t.strictSame([...asked.keys()].sort((one, other) => one - other), Array.from({ length: 28 }, (_, i) => i + 1))
})
