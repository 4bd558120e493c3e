/** A line whose constraint moves with the product: whose time it has, what its parts are, and that all of it is the same however it is asked for. */

import fc from 'fast-check'
import t from 'tap'
import { type Instant, instant, instantOf, later } from '../../../src/base/units.js'
import type { DraftOf } from '../../../src/contract/events/catalogue.js'
import { type LossRow, type TimeLeaves, timeLeaves } from '../../../src/contract/losses.js'
import { apply } from '../../../src/core/apply.js'
import { flush, solve } from '../../../src/core/line.js'
import { keyOf } from '../../../src/core/losses/lossbook.js'
import { sumLosses } from '../../../src/core/losses/losses.js'
import { lineOee, lineSums } from '../../../src/core/losses/oee.js'
import { stretchSums } from '../../../src/core/losses/stretches.js'
import { noTime, sumRowsBy } from '../../../src/core/losses/sums.js'
import type { Line } from '../../../src/core/memory/memory.js'
import { lineOeeNow } from '../../../src/core/memory/oee-now.js'
import { lineSumsBetween } from '../../../src/core/memory/underway.js'
import { openLine } from '../../../src/core/snapshot.js'
import type { Period } from '../../../src/core/time/calendar.js'
import { explainLine } from '../../../src/gateway/explain.js'
import { fewerCases } from '../../support/cases.js'
import { journalOf } from '../../support/told.js'
import { type Event, LIMITS, Lived, begin, days, live, plant, same } from './moving-line.js'

t.setTimeout(600_000)

const total = (ms: TimeLeaves): number => timeLeaves.reduce((sum, leaf) => sum + ms[leaf], 0)
const timeOf = (line: Line, window: Period): TimeLeaves => lineSums(lineSumsBetween(line, window), line.plan, 'constraint').sums.ms
const sumOf = (all: readonly TimeLeaves[]): TimeLeaves => all.reduce((sum, ms) => Object.fromEntries(timeLeaves.map((leaf) => [leaf, sum[leaf] + ms[leaf]])) as TimeLeaves, noTime)

/** Piece by piece, between all instants at which anything happened: what the bagger was at says whose leaf it is. */
function truthOf({ line, facts, plan }: Lived, { from, to }: Period): TimeLeaves {
  const edges = new Set<number>([from, to])
  for (const { type, at, body } of facts) {
    if (type === 'oee_recorded') continue
    for (const edge of [at, ...['from', 'to'].map((name) => instantOf(String((body as Record<string, unknown>)[name] ?? '')))]) if (edge !== null && edge > from && edge < to) edges.add(edge)
  }
  for (let minute = Math.ceil(from / 60_000) * 60_000; minute < to; minute += 60_000) edges.add(minute)
  const sorted = [...edges].sort((a, b) => a - b).map(instant)
  const lossesOf = (code: string) => line.equipment.find((one) => one.code === code)!.losses
  return sumOf(sorted.slice(1).map((end, i) => {
    const start = sorted[i]!
    const product = ['A', 'B', 'C', null].find((one) => total(sumLosses(lossesOf('bag'), start, end, plan, { product: one }).ms) > 0) ?? null
    return sumLosses(lossesOf(product === null ? 'bag' : LIMITS[product] ?? 'bag'), start, end, plan).ms
  }))
}

t.test('the time of a line is at every millisecond that of what limits the product, whatever window is asked for', async () => {
  fc.assert(fc.property(days, ({ events, fillMs, bagMs, cuts }) => {
    const { lived, now } = live(plant(fillMs, bagMs), events)
    const [one, other] = cuts.map((share) => instant(begin + Math.floor(share * (now - begin)))).sort((a, b) => a - b) as [Instant, Instant]
    const windows = [{ from: begin, to: now }, { from: begin, to: one }, { from: one, to: other }, { from: other, to: now }]
    const times = windows.map((window) => timeOf(lived.line, window))
    for (const [i, window] of windows.entries()) {
      same(total(times[i]!), window.to - window.from, 'leaves tile')
      same(times[i], truthOf(lived, window), `leaves of ${JSON.stringify(window)}`)
    }
    same(times[0], sumOf(times.slice(1)), 'cut anywhere')
    const { oee, availability, performance, quality, work_in_process: wip, counts, times: told, constraints = [] } = lineOee(lineSumsBetween(lived.line, windows[0]!), windows[0]!, lived.plan)
    if (oee !== null && performance !== null && quality !== null && Math.abs(availability! * performance * quality - oee) > 1e-9) throw new Error('A × P × Q')
    if (Math.abs(constraints.reduce((sum, { planned_production: ms }) => sum + ms, 0) - (constraints.length === 0 ? 0 : told.planned_production)) > 1e-6) throw new Error('the shares are not the whole')
    const made = lived.line.equipment.flatMap(({ code, losses }) => sumLosses(losses, begin, now, lived.plan).products.filter(({ product }) => (LIMITS[product ?? ''] ?? 'bag') === code))
    return same(made.reduce((sum, { good, production_reject: reject, startup_reject: startup }) => sum + good + reject + startup, 0), counts.total + wip!, 'constraint total = rejects + good + work in process')
  }), fewerCases(120))
})

t.test('the rows of the journal add up to the same, in whatever groups, and those of the line to no time', async () => {
  fc.assert(fc.property(days, ({ events, fillMs, bagMs }) => {
    const { lived, now } = live(plant(fillMs, bagMs), events)
    const rows = lived.journal(now)
    for (const row of rows) if (row.equipment === 'L1') same(total(row.ms), 0, 'a row of the line')
    const whole = { from: begin, to: now }
    const byRows = (some: readonly LossRow[]) => lineSums(sumRowsBy(some, (row) => row.equipment), lived.plan, 'constraint').sums
    same(byRows(rows).ms, timeOf(lived.line, whole), 'all rows')
    for (const by of ['job', 'product', 'shift'] as const) {
      const groups = new Map<string | null, LossRow[]>()
      for (const row of rows) groups.set(row[by], [...groups.get(row[by]) ?? [], row])
      const times = [...groups.values()].map((group) => byRows(group).ms)
      same(sumOf(times), timeOf(lived.line, whole), `by ${by}`)
      for (const ms of times) for (const leaf of timeLeaves) if (ms[leaf] < 0) throw new Error(`${leaf} is below zero by ${by}`)
    }
    return true
  }), fewerCases(60))
})

t.test('the figures of all that limit a line add up to it: their time to its time, their parts to what its constraints made', async () => {
  fc.assert(fc.property(days, ({ events, fillMs, bagMs }) => {
    const { lived, now } = live(plant(fillMs, bagMs), events)
    const rows = lived.journal(now)
    const pieces = ['fil', 'bag', 'pal'].map((code) => stretchSums(rows, lived.plan, code))
    const line = lineSums(sumRowsBy(rows, (row) => row.equipment), lived.plan, 'constraint')
    same(sumOf(pieces.map(({ ms }) => ms)), line.sums.ms, 'time')
    for (const { ms } of pieces) for (const leaf of timeLeaves) if (ms[leaf] < 0) throw new Error(`${leaf} is below zero`)
    same(pieces.map((piece) => (piece.planned ?? []).reduce((sum, { ms }) => sum + ms, 0)), ['fil', 'bag', 'pal'].map((code) => line.planned.find(({ equipment }) => equipment.code === code)?.ms ?? 0), 'planned time of each')
    const made = pieces.flatMap(({ products }) => products).reduce((sum, { good, startup_reject: startup, production_reject: reject }) => sum + good + startup + reject, 0)
    return same(made, line.sums.products.reduce((sum, { good, startup_reject: startup, production_reject: reject }) => sum + good + startup + reject, 0) + line.workInProcess!, 'parts')
  }), fewerCases(60))
})

t.test('facts alone, and a restart anywhere, give the same line', async () => {
  fc.assert(fc.property(days, fc.nat(), ({ events, fillMs, bagMs }, nth) => {
    const plan = plant(fillMs, bagMs)
    const { lived, now } = live(plan, events)
    const whole = { from: begin, to: now }
    const restarted = live(plan, events, nth % (events.length - 1))
    same(timeOf(restarted.lived.line, whole), truthOf(restarted.lived, whole), 'restarted')
    const again = lived.facts.reduce(apply, openLine(plan, null, []))
    same(timeOf(again, whole), timeOf(lived.line, whole), 'told again')
    // Readings that no fact tells of, such as the last part before a changeover, are solved again by a start (`recall`), which this one leaves out.
    const own = ({ line }: Lived) => JSON.stringify(line.equipment.map(({ losses }) => sumLosses(losses, begin, now, plan).ms))
    if (own(restarted.lived) !== own(lived)) return true
    same(timeOf(restarted.lived.line, whole), timeOf(lived.line, whole), 'as if there had been no restart')
    const sorted = ({ rows }: Lived) => [...rows.values()].filter(({ equipment, ms }) => equipment === 'L1' && timeLeaves.some((leaf) => ms[leaf] !== 0)).map(({ revision: _revision, ...row }) => row).sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1)
    return same(sorted(restarted.lived), sorted(lived), 'rows of the line')
  }), fewerCases(60))
})

t.test('what was told of hours and shifts, with what edits told again, is what is known of them later', async () => {
  fc.assert(fc.property(days, ({ events, fillMs, bagMs }) => {
    const { lived } = live(plant(fillMs, bagMs), events)
    const told = new Map(lived.facts.filter((fact): fact is DraftOf<'oee_recorded'> => fact.type === 'oee_recorded' && fact.equipment === null).map((fact) => [`${fact.body.interval} ${fact.body.key}`, fact.body.figures]))
    for (const { window, times, constraint } of told.values()) {
      const later = lineOee(lineSumsBetween(lived.line, { from: instantOf(window.from)!, to: instantOf(window.to)! }), { from: instantOf(window.from)!, to: instantOf(window.to)! }, lived.plan)
      // A standstill that was open then was provisional.
      const { unplanned_stop: _stop, run: _run, micro_stop: _micro, external_stop: _external, speed_loss: _speed, net_run: _net, production_reject: _reject, startup_reject: _startup, fully_productive: _good, ...sure } = times
      for (const [name, seconds] of Object.entries(sure)) same(seconds, later.times[name as keyof typeof times], `${name} of ${window.from}`)
      same(constraint, later.constraint, 'who limited it')
    }
    return true
  }), fewerCases(60))
})

const passes = fc.record({
  gaps: fc.array(fc.integer({ min: 200, max: 30_000 }), { minLength: 2, maxLength: 12 }), fillMs: fc.integer({ min: 0, max: 70_000 }), bagMs: fc.integer({ min: 1, max: 70_000 }), torn: fc.nat(11), minutes: fc.integer({ min: 0, max: 6 }),
})
for (const [before, after] of [['A', 'B'], ['B', 'A']] as const) {
  t.test(`from ${before} to ${after}, each part is of the product with which what limits that made it, and all that leave the line are its good parts and rejects`, async () => {
    fc.assert(fc.property(passes, ({ gaps, fillMs, bagMs, torn, minutes }) => {
      const plan = plant(fillMs, bagMs)
      let made = later(begin, 30_000)
      const parts = gaps.map((gapMs, n) => { made = later(made, gapMs); return { fil: made, bag: later(made, fillMs), pal: later(made, fillMs + bagMs), torn: n === torn } })
      const change = instant(Math.floor(begin / 60_000) * 60_000 + (1 + minutes) * 60_000)
      const end = instant(Math.max(change, parts.at(-1)!.pal) + 5 * 60_000)
      const lived = new Lived(plan)
      lived.say(begin)
      lived.happen({ kind: 'job', product: before, gapMs: 0 }, begin)
      const events = [{ at: change, event: { kind: 'job' as const, product: after, gapMs: 0 } }, ...(['fil', 'bag', 'pal'] as const).flatMap((of) => parts.map((part) => ({ at: part[of], event: { kind: 'parts' as const, of, good: of === 'pal' && part.torn ? 0 : 1, reject: of === 'pal' && part.torn ? 1 : 0, gapMs: 0 } })))]
        .sort((one, other) => one.at - other.at)
      let now = begin
      for (const { at, event } of [...events, { at: end, event: null }]) {
        // Readings come often, so that each part is seen when it passes.
        for (; now < at; now = instant(Math.min(at, (Math.floor(now / 5_000) + 1) * 5_000))) { lived.feed({ kind: 'beat', at: now }); lived.say(now) }
        if (event !== null) { lived.happen(event, at); lived.say(at) }
      }
      lived.hear(flush(lived.line, end))
      const { sums: { products } } = lineSums(lineSumsBetween(lived.line, { from: begin, to: end }), plan, 'constraint')
      const counted = (product: string) => products.filter((one) => one.product === product).reduce((sum, { good, production_reject: reject }) => ({ good: sum.good + good, reject: sum.reject + reject }), { good: 0, reject: 0 })
      const isBefore = (part: typeof parts[number]) => part[before === 'A' ? 'fil' : 'pal'] < change
      const truth = (isMeant: (part: typeof parts[number]) => boolean) => ({ good: parts.filter((part) => isMeant(part) && !part.torn).length, reject: parts.filter((part) => isMeant(part) && part.torn).length })
      same(counted(before), truth(isBefore), before)
      same(counted(after), truth((part) => !isBefore(part)), after)
      const between = parts.filter(({ fil, pal }) => fil < change && pal >= change).length
      const { counts, work_in_process: wip } = lineOee(lineSumsBetween(lived.line, { from: begin, to: end }), { from: begin, to: end }, plan)
      same(counts.total, parts.length, 'all that left')
      return same(wip, before === 'A' ? between : -between, 'made by both in turn, or by neither')
    }), fewerCases(60))
  })
}

/** Parts that follow each other, so many of them of the product before; each machine's PLC names the product that it has before it. */
const named = fc.record({ gaps: fc.array(fc.integer({ min: 3_000, max: 30_000 }), { minLength: 2, maxLength: 12 }), first: fc.nat(12), fillMs: fc.integer({ min: 0, max: 70_000 }), bagMs: fc.integer({ min: 0, max: 70_000 }), torn: fc.nat(11), isSaidOfWay: fc.boolean() })
for (const [before, after] of [['A', 'B'], ['B', 'A'], ['A', 'C'], ['C', 'B']] as const) {
  t.test(`from ${before} to ${after} where each machine names its own product, every part is made once by what limits it: when all have left, nothing is in process`, async () => {
    fc.assert(fc.property(named, ({ gaps, first, fillMs, bagMs, torn, isSaidOfWay }) => {
      const plan = plant(isSaidOfWay ? fillMs : 0, isSaidOfWay ? bagMs : 0)
      const ways = { fil: 0, bag: fillMs, pal: fillMs + bagMs }
      let made = later(begin, 30_000)
      const starts = gaps.map((gapMs) => { made = later(made, gapMs); return made })
      const change = first === 0 ? later(begin, 1_500) : first < starts.length ? later(starts[first]!, -1_500) : later(made, 1_500)
      const end = later(made, fillMs + bagMs + 5 * 60_000)
      let line = openLine(plan, null, [])
      for (let now = begin; now <= end; now = later(now, 500)) {
        line = solve(line, { kind: 'beat', at: now }).line
        for (const of of ['fil', 'bag', 'pal'] as const) {
          const passed = starts.filter((at) => at + ways[of] <= now)
          const rejected = of === 'pal' ? starts.filter((at, n) => n === torn && at + ways[of] <= now).length : 0
          const product = now < change + ways[of] ? before : after
          line = solve(line, { kind: 'sample', at: now, equipment: of, since: later(now, -500), signals: { running: true, total_count: passed.length, reject_count: rejected, product } }).line
        }
      }
      line = flush(line, end).line
      const { counts, work_in_process: wip } = lineOee(lineSumsBetween(line, { from: begin, to: end }), { from: begin, to: end }, plan)
      same([counts.total, counts.production_reject], [starts.length, torn < starts.length ? 1 : 0], 'all that left')
      return same(wip, 0, 'in process')
    }), fewerCases(15))
  })
}

t.test('live is what is asked for afterwards', async () => {
  fc.assert(fc.property(days, ({ events }) => {
    const { lived, now } = live(plant(0, 0), events)
    const shown = lineOeeNow(lived.line, 'shift', now)
    const window = { from: instantOf(shown.window.from)!, to: now }
    return same(shown.times, lineOee(lineSumsBetween(lived.line, window), window, lived.plan).times, 'live')
  }), fewerCases(40))
})

t.test('a product that nobody limits otherwise, none at all, and one that is not known fall to the constraint of the line', async (t) => {
  const plan = plant(0, 0)
  const job = (product: 'A' | 'C' | null): Event[] => [{ gapMs: 60_000, kind: 'job', product }, { gapMs: 1_000, kind: 'run', of: 'fil', runs: false }, { gapMs: 120_000, kind: 'run', of: 'fil', runs: true }]
  const figures = (product: 'A' | 'C' | null) => { const { lived, now } = live(plan, job(product)); return lineOee(lineSumsBetween(lived.line, { from: begin, to: now }), { from: begin, to: now }, plan) }
  t.match(figures('A'), { constraint: 'fil', times: { unplanned_stop: 120 }, constraints: [{ equipment_code: 'fil' }, { equipment_code: 'bag', planned_production: 60 }] })
  for (const product of ['C', null] as const) {
    t.match(figures(product), { constraint: 'bag', times: { unplanned_stop: 0 } })
    t.notOk('constraints' in figures(product), 'one limited it')
  }
})

t.test('explained out of facts alone, the line has the same time and parts, slice by slice that of what limits the product', async () => {
  await fc.assert(fc.asyncProperty(days, fc.integer({ min: 0, max: 30 }), async ({ events, fillMs, bagMs }, minutes) => {
    const { lived: { line, facts, plan }, now } = live(plant(fillMs, bagMs), events)
    const cut = instant(Math.min(now, begin + minutes * 60_000))
    for (const window of [{ from: begin, to: now }, { from: begin, to: cut }, { from: cut, to: now }]) {
      if (window.from === window.to) continue
      const explained = await explainLine(plan, { of: 'L1', ...window }, new Map(['fil', 'bag', 'pal'].map((code) => [code, now])), journalOf(facts))
      const { times, constraints, constraint } = lineOee(lineSumsBetween(line, window), window, plan)
      for (const name of ['all', 'no_data', 'schedule_loss', 'planned_production', 'unplanned_stop', 'external_stop', 'planned_stop', 'changeover', 'run', 'micro_stop'] as const) same(explained.oee.times[name], times[name], name)
      same([explained.oee.constraint, explained.oee.constraints], [constraint, constraints], 'who limited it')
      const slices = explained.slices ?? []
      same(slices.reduce((sum, { ms }) => sum + ms, 0), window.to - window.from, 'the slices tile the window')
      for (const { equipment_code: code, product } of slices) same(code, LIMITS[product ?? ''] ?? 'bag', `whose time it is with ${product}`)
      for (const one of explained.made_of) if (one.limited !== undefined && !one.gives.includes('time')) throw new Error(`${one.equipment_code} gives no time`)
    }
  }), fewerCases(60))
})

t.test('where nobody has a job and only the PLC of the constraint names the product, all of the line make that', async (t) => {
  const lived = new Lived(plant(0, 0))
  lived.say(begin)
  lived.feed({ kind: 'sample', at: begin, equipment: 'bag', signals: { product: 'A' } })
  for (let minute = 1; minute <= 10; minute++) {
    for (const of of ['fil', 'bag', 'pal'] as const) lived.happen({ kind: 'parts', of, good: 4, reject: of === 'fil' ? 1 : 0, gapMs: 0 }, later(begin, minute * 60_000))
    if (minute === 5) lived.happen({ kind: 'run', of: 'fil', runs: false, gapMs: 0 }, later(begin, minute * 60_000))
    if (minute === 8) lived.happen({ kind: 'run', of: 'fil', runs: true, gapMs: 0 }, later(begin, minute * 60_000))
    lived.say(later(begin, minute * 60_000))
  }
  lived.hear(flush(lived.line, later(begin, 600_000)))
  const window = { from: begin, to: later(begin, 600_000) }
  t.match(lineOee(lineSumsBetween(lived.line, window), window, lived.plan), { constraint: 'fil', times: { unplanned_stop: 180, run: 420, fully_productive: 40 * 9 }, counts: { good: 40, production_reject: 10 }, work_in_process: 0, ideal_cycle_seconds: 9 })
})
