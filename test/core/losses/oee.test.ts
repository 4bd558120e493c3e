import fc from 'fast-check'
import t, { type Test } from 'tap'
import { instant } from '../../../src/base/units.js'
import { type LossRow, type LossSums, type TimeLeaf, timeLeaves } from '../../../src/contract/losses.js'
import { type Oee, oee as oeeSchema } from '../../../src/contract/oee.js'
import { figuresOf, gradeOf, lineOee, standaloneAvailability } from '../../../src/core/losses/oee.js'
import { isoOf } from '../../../src/analysis/iso.js'
import { addSums, noParts, noSums, noTime, sumRows, sumRowsBy } from '../../../src/core/losses/sums.js'
import { Machine, planOf, reason, time } from '../../support/machine.js'
import { cases } from '../../support/cases.js'

const MINUTE = 60_000
const grades = { world_class: 0.85, good: 0.75, average: 0.6 }
const context = { method: 'equipment', policy: 'yield_to_run/exclude/unplanned', judged: true, grades, explain: '' } as const
const window = { from: time('06:00'), to: time('14:00') }
const figures = (sums: LossSums): Oee => figuresOf(sums, window, context)
const near = (t: Test, found: number | null, wanted: number | null, what: string): unknown =>
  t.ok(found === wanted || (found !== null && wanted !== null && Math.abs(found - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted))), `${what}: ${found} is ${wanted}`)

/* ── published examples, told as a day of a machine ──────────────────────────────────────────── */

interface Case {
  readonly name: string
  readonly shiftMin: number
  readonly breaksMin?: readonly number[]
  readonly breakPolicy?: 'count'
  /** Minutes of each kind of standstill. */
  readonly stops?: readonly (readonly ['unplanned' | 'planned' | 'changeover' | 'excluded', number])[]
  readonly idealMin: number
  readonly total: number
  readonly reject?: number
  readonly expected: Partial<Record<'availability' | 'performance' | 'quality' | 'oee' | 'teep' | 'utilization', number>>
  readonly runMin: number
}

const breaksOf = (minutes: readonly number[]) => minutes.map((length, index) => ({ start: clock(60 * (index + 1)), end: clock(60 * (index + 1) + length) }))
const clock = (minutes: number): string => `${String((6 + Math.floor(minutes / 60)) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

const examples: readonly Case[] = [
  { name: 'a packing shift with three breaks (Vorne, 480 min)', shiftMin: 480, breaksMin: [15, 15, 30], stops: [['unplanned', 47]], idealMin: 1 / 60, total: 19_271, reject: 423, runMin: 373,
    expected: { availability: 0.888095238095238, performance: 0.8610813226094728, quality: 0.9780499195682631, oee: 0.7479365079365079 } },
  { name: 'a shift on a worksheet (Vorne, 435 min)', shiftMin: 480, breaksMin: [15, 30], stops: [['unplanned', 30]], idealMin: 1 / 2, total: 700, reject: 25, runMin: 405,
    expected: { availability: 0.9310344827586207, performance: 0.8641975308641975, quality: 0.9642857142857143, oee: 0.7758620689655172 } },
  { name: 'a break outside planned time (Wikipedia)', shiftMin: 480, breaksMin: [30], stops: [['unplanned', 60]], idealMin: 1.5, total: 242, reject: 21, runMin: 390,
    expected: { availability: 0.8666666666666667, performance: 0.9307692307692308, quality: 0.9132231404958677, oee: 0.7366666666666667 } },
  { name: 'the same break as a loss (Wikipedia)', shiftMin: 480, breaksMin: [30], breakPolicy: 'count', stops: [['unplanned', 60]], idealMin: 1.5, total: 242, reject: 21, runMin: 390,
    expected: { availability: 0.8125, performance: 0.9307692307692308, quality: 0.9132231404958677, oee: 0.690625 } },
  { name: 'a day of two shifts (TEEP sheet)', shiftMin: 16 * 60, stops: [['planned', 99.6], ['unplanned', 124.8]], idealMin: 735.6 / 167, total: 100, reject: 8, runMin: 735.6,
    expected: { utilization: 0.6666666666666666, availability: 0.76625, performance: 0.5988023952095808, quality: 0.92, oee: 0.422125748502994, teep: 0.28141716566866265 } },
  { name: 'a short run (GE Proficy)', shiftMin: 125, stops: [['unplanned', 5]], idealMin: 1 / 10, total: 1_050, reject: 7, runMin: 120,
    expected: { availability: 0.96, performance: 0.875, quality: 0.9933333333333333, oee: 0.8344 } },
  { name: 'factors that must not be rounded before they are multiplied (waycalculator)', shiftMin: 480, stops: [['unplanned', 60]], idealMin: 1, total: 400, reject: 20, runMin: 420,
    expected: { availability: 0.875, performance: 0.9523809523809523, quality: 0.95, oee: 0.7916666666666666 } },
  { name: 'bottles', shiftMin: 480, stops: [['unplanned', 180]], idealMin: 1 / 60, total: 12_000, reject: 3_000, runMin: 300,
    expected: { availability: 0.625, performance: 0.6666666666666666, quality: 0.75, oee: 0.3125 } },
  { name: 'another implementation (formulab)', shiftMin: 480, stops: [['unplanned', 60]], idealMin: 0.4, total: 1_000, reject: 50, runMin: 420,
    expected: { availability: 0.875, performance: 0.9523809523809523, quality: 0.95, oee: 0.7916666666666666 } },
  { name: 'an ideal time that is too slow (formulab)', shiftMin: 480, stops: [['unplanned', 48]], idealMin: 0.456, total: 1_000, reject: 10, runMin: 432,
    expected: { availability: 0.9, performance: 1.0555555555555556, quality: 0.99, oee: 0.9405 } },
  { name: 'a changeover is an availability loss, breaks are not (provideam)', shiftMin: 720, breaksMin: [15, 30, 15], stops: [['changeover', 25], ['unplanned', 10], ['unplanned', 15]], idealMin: 1, total: 0, runMin: 610,
    expected: { availability: 0.9242424242424242 } },
  { name: 'breaks, meeting and maintenance inside planned time (course, a fifth of its week)', shiftMin: 1_440, stops: [['planned', 90], ['planned', 6], ['planned', 45], ['unplanned', 105.6]], idealMin: 9, total: 110.6, reject: 1.6, runMin: 1_193.4,
    expected: { availability: 0.82875, performance: 0.8340874811463047, quality: 0.9855334538878843, oee: 0.68125 } },
  { name: 'the same out of planned time (course)', shiftMin: 1_440, stops: [['excluded', 90], ['excluded', 6], ['excluded', 45], ['unplanned', 105.6]], idealMin: 9, total: 110.6, reject: 1.6, runMin: 1_193.4,
    expected: { availability: 0.9187066974595843, performance: 0.8340874811463047, oee: 0.7551963048498845 } },
  { name: 'a Tuesday without a word on quality (Willmott)', shiftMin: 910, stops: [['unplanned', 115], ['changeover', 12]], idealMin: 3, total: 203, runMin: 783,
    expected: { availability: 0.8604395604395605, performance: 0.7777777777777778 } },
]

t.test('published examples come out of the facts of such a day', async (t) => {
  for (const example of examples) {
    const machine = new Machine(planOf({
      calendar: { day_start: '06:00', breaks: example.breakPolicy ?? 'yield_to_run', shifts: [{ name: 'shift', start: '06:00', end: clock(example.shiftMin), breaks: breaksOf(example.breaksMin ?? []) }] },
    }))
    machine.job('05:00', 'J1').state('05:00', 'running')
    for (const [index, length] of (example.breaksMin ?? []).entries()) machine.stop(`L1-S${100 + index}`, clock(60 * (index + 1)), clock(60 * (index + 1) + length))
    let at: number = time(example.breaksMin === undefined ? '06:10' : '12:00') // clear of the breaks, one stop after another
    for (const [index, [category, minutes]] of (example.stops ?? []).entries()) {
      machine.stop(`L1-S${index}`, instant(at), instant(at + minutes * MINUTE), reason(category))
      at += minutes * MINUTE + 1_000
    }
    const reject = example.reject ?? 0
    machine.count('06:02', '06:03', { good: example.total - reject, reject, idealSeconds: example.idealMin * 60 })
    const end = example.expected.teep === undefined ? instant(time('06:00') + example.shiftMin * MINUTE) : time('2026-06-02T06:00:00Z')
    machine.until(instant(end + 10_000))
    const oee = machine.oee('06:00', end)
    for (const name of Object.keys(example.expected) as (keyof Case['expected'])[]) near(t, oee[name], example.expected[name]!, `${example.name}, ${name}`)
    near(t, oee.times.run / 60, example.runMin, `${example.name}, run`)
    t.strictSame(oee, figuresOf(machine.journalSums('06:00', end), { from: time('06:00'), to: end }, { ...context, policy: oee.policy, explain: oee.explain }), `${example.name}: the journal's rows say the same`)
    t.ok(oeeSchema.safeParse(oee).success, 'of the form it leaves the house in')
  }
})

t.test('a waterfall that was published with time counted twice closes here, with a gain of speed', async (t) => {
  const machine = new Machine(planOf({ calendar: { day_start: '06:00', shifts: [{ name: 'shift', start: '06:00', end: '08:05' }] } })).state('05:00', 'running')
  machine.stop('L1-S1', '06:30', '06:35')
  for (let index = 0; index < 25; index++) machine.stop(`L1-S${index + 2}`, instant(time('06:40') + index * 3 * MINUTE), instant(time('06:41') + index * 3 * MINUTE))
  machine.count('06:00', '06:01', { good: 1_043, reject: 7, idealSeconds: 6 }).until('08:06')
  const { times, warnings } = machine.oee('06:00', '08:05')
  t.equal(times.run, 120 * 60)
  t.equal(times.micro_stop, 25 * 60)
  near(t, times.speed_loss, -10 * 60, 'shown, not clamped')
  near(t, times.production_reject, 0.7 * 60, 'rejects')
  near(t, times.unplanned_stop + times.planned_stop + times.micro_stop + times.speed_loss + times.production_reject + times.fully_productive, 125 * 60, 'the tree closes')
  t.strictSame(warnings, ['speed_gain'])
})

t.test('five days of a week are 71.4 % of it, out of a week of rows', async (t) => {
  const plan = planOf({ calendar: { day_start: '00:00', shifts: [{ name: 'day', start: '00:00', end: '00:00', days: ['mon', 'tue', 'wed', 'thu', 'fri'] }] } })
  const machine = new Machine(plan).state('00:00', 'running')
  for (let day = 1; day <= 8; day++) machine.until(`2026-06-0${day}T00:10:00Z`)
  const sums = machine.journalSums('2026-06-01T00:00:00Z', '2026-06-08T00:00:00Z')
  near(t, figures(sums).utilization, 120 / 168, 'utilization')
  t.equal(figures(sums).times.all, 168 * 3_600)
})

t.test('what is undefined is null: no planned time, no run, no part', async (t) => {
  const of = (leaf: TimeLeaf): Oee => figures({ ms: { ...noTime, [leaf]: 60_000 }, products: [] })
  t.match(of('schedule_loss'), { oee: null, availability: null, performance: null, quality: null, utilization: 0, teep: 0, coverage: null, grade: null, partial: false })
  t.match(of('unplanned'), { oee: 0, availability: 0, performance: null, quality: null, utilization: 1, coverage: 1 })
  t.match(of('running'), { oee: 0, availability: 1, performance: 0, quality: null })
  t.match(of('no_data'), { oee: null, coverage: 0, partial: true, bounds: { low: 0, high: 1 }, warnings: ['partial'] })
  t.match(figures(noSums), { oee: null, utilization: null, teep: null, bounds: { low: null, high: null } })
})

t.test('an OEE says what it hides: fast, very fast, blind, and parts that came back', async (t) => {
  const of = (total: number, noData = 0): Oee => figures({ ms: { ...noTime, running: 100_000, no_data: noData }, products: [{ product: null, idealMs: 1_000, ...noParts, good: total }] })
  t.strictSame(of(100).warnings, [])
  t.strictSame(of(101).warnings, ['performance_above_1', 'speed_gain'])
  t.strictSame(of(121).warnings, ['performance_above_1', 'performance_above_1_2', 'speed_gain'])
  t.strictSame(of(-1).warnings, ['negative_good'])
  t.equal(of(-1).oee, -0.01, 'not clamped')
  t.equal(of(80, 5_263).partial, false)
  t.equal(of(80, 5_264).partial, true)
  t.match(of(80, 100_000), { oee: 0.8, coverage: 0.5, bounds: { low: 0.4, high: 0.9 } })
  t.match(of(80), { grade: 'good', ideal_cycle_seconds: 1 })
  t.strictSame([null, 0.59, 0.6, 0.75, 0.85, 1.1].map((oee) => gradeOf(oee, grades)), [null, 'poor', 'average', 'good', 'world_class', 'world_class'])
})

t.test('where only the total is counted nobody knows the quality; a reject that somebody enters is known', async (t) => {
  const signals = { running: 'plc/r', total_count: 'plc/t' }
  const made = (machine: object, rejects: number) => new Machine(planOf({ machine: { ideal_cycle: '1s', ...machine } })).state('05:00', 'running').count('06:00', '06:01', { good: 50 - rejects, reject: rejects }).until('06:02').oee('06:00', '06:01')
  t.match(made({ signals }, 0), { quality: null, oee: 50 / 60, performance: 50 / 60, warnings: ['quality_unmeasured'] })
  t.match(made({ signals }, 5), { quality: 0.9, oee: 45 / 60, warnings: [] })
  t.match(made({ signals: { ...signals, reject_count: 'plc/j' } }, 0), { quality: 1, warnings: [] })
  const plan = planOf({ machines: [{ code: 'A', signals: { total_count: 'plc/t', good_count: 'plc/g' }, constraint: true }, { code: 'B', signals }] })
  const sums = new Map(['A', 'B'].map((code) => [code, { ms: { ...noTime, running: 60_000 }, products: [{ product: null, idealMs: 1_000, ...noParts, good: 50 }] }]))
  t.match(lineOee(sums, window, plan), { quality: 1 }, 'one of those that the parts pass judges them')
  t.match(lineOee(sums, window, plan, 'line_exit'), { quality: null, warnings: ['quality_unmeasured'] })
})

/* ── lines ───────────────────────────────────────────────────────────────────────────────────── */

t.test('two machines of 60 s and 30 s in perfect flow: what each method says', async (t) => {
  const plan = planOf({ machines: [{ code: 'SLOW', ideal_cycle: '60s', constraint: true }, { code: 'FAST', ideal_cycle: '30s' }] })
  const hour = (idealMs: number): LossSums => ({ ms: { ...noTime, running: 3_600_000 }, products: [{ product: null, idealMs, ...noParts, good: 60 }] })
  const sums = new Map([['SLOW', hour(60_000)], ['FAST', hour(30_000)]])
  t.match(lineOee(sums, window, plan), { oee: 1, method: 'constraint', work_in_process: 0 })
  t.match(lineOee(sums, window, plan, 'line_exit'), { oee: 1, method: 'line_exit' })
  t.match(lineOee(sums, window, plan, 'ratio_of_sums'), { oee: 0.75, method: 'ratio_of_sums' })
  t.equal(figures(hour(30_000)).oee, 0.5, 'the fast machine waits by design')
})

t.test('a line by its constraint: what lies in the buffers is neither good nor scrap, and the count reconciles', async (t) => {
  const plan = planOf({ machines: [{ code: 'A' }, { code: 'B', constraint: true }, { code: 'C' }] })
  const of = (ms: Partial<LossSums['ms']>, parts: Partial<LossSums['products'][number]>, idealMs = 1_000): LossSums =>
    ({ ms: { ...noTime, ...ms }, products: [{ product: 'P', idealMs, ...noParts, ...parts }] })
  const line = lineOee(new Map([
    ['A', of({ running: 900_000, external: 100_000 }, { good: 900, production_reject: 50 }, 800)],
    ['B', of({ running: 800_000, unplanned: 200_000 }, { good: 700, production_reject: 20, startup_reject: 5 })],
    ['C', of({ running: 700_000, external: 300_000 }, { good: 640, production_reject: 10, off_schedule: 3 }, 900)],
  ]), window, plan)
  t.equal(line.oee, 640 * 1_000 / 1_000_000, 'good at the exit, at the pace of the slowest, over the time of the constraint')
  t.equal(line.availability, 0.8)
  t.match(line.counts, { good: 640, startup_reject: 5, production_reject: 30, total: 675, off_schedule: 3 })
  t.equal(line.work_in_process, 725 - 675, 'constraint total = rejects from there on + line good + work in process')
  near(t, line.availability! * line.performance! * line.quality!, line.oee, 'the factors agree')
  t.ok(oeeSchema.safeParse(line).success)
})

t.test('just after a start the line counts no parts that its constraint made while nobody saw it', async (t) => {
  const plan = planOf({ machines: [{ code: 'A', constraint: true }, { code: 'B' }] })
  const of = (ms: Partial<LossSums['ms']>, good: number): LossSums => ({ ms: { ...noTime, ...ms }, products: [{ product: null, idealMs: 1_000, ...noParts, good }] })
  const line = (constraint: LossSums, exit: LossSums) => lineOee(new Map([['A', constraint], ['B', exit]]), window, plan)
  // The machine at the exit has been seen for a minute, the constraint for three seconds of running and four of standing.
  const start = line(of({ no_data: 3_593_000, running: 3_000, unplanned: 4_000 }, 2), of({ no_data: 3_540_000, running: 60_000 }, 60))
  t.match(start, { oee: 2 / 7, performance: 2 / 3, counts: { good: 2, recovered: 58 }, work_in_process: 0, warnings: ['partial', 'parts_from_before'] })
  t.ok(oeeSchema.safeParse(start).success)
  // Nothing was blind: what drains out of the buffers was made in an earlier window, and the figure says so.
  const drained = line(of({ running: 3_000, unplanned: 3_597_000 }, 2), of({ running: 60_000, external: 3_540_000 }, 60))
  t.match(drained, { oee: 60 / 3_600, performance: 20, counts: { good: 60, recovered: 0 }, work_in_process: -58, warnings: ['performance_above_1', 'performance_above_1_2', 'speed_gain', 'buffer_drained'] })
  // A machine that is faster than its ideal drains nothing.
  t.strictSame(line(of({ running: 3_000_000, unplanned: 600_000 }, 3_600), of({ running: 3_600_000 }, 3_600)).warnings, ['performance_above_1', 'speed_gain'])
  // In ten blind seconds it cannot have made more than ten.
  t.match(line(of({ no_data: 10_000, running: 3_590_000 }, 3_500), of({ running: 3_600_000 }, 3_530)), { counts: { good: 3_520, recovered: 10 }, work_in_process: -20 })
  t.match(line(of({ no_data: 600_000, running: 3_000_000 }, 2_900), of({ running: 3_600_000 }, 2_800)), { counts: { good: 2_800, recovered: 0 }, work_in_process: 100, warnings: ['partial'] })
})

t.test('a line without a declared constraint takes its slowest machine, and one without data says nothing', async (t) => {
  const plan = planOf({ machines: [{ code: 'A', ideal_cycle: '1s' }, { code: 'B', ideal_cycle: '4s', parts_per_cycle: 2 }] })
  const sums = new Map([['B', { ms: { ...noTime, running: 100_000 }, products: [{ product: null, idealMs: 2_000, ...noParts, good: 40 }] }]])
  t.match(lineOee(sums, window, plan), { oee: 0.8, availability: 1, constraint: 'B' })
  t.match(lineOee(new Map(), window, plan), { oee: null, work_in_process: 0 })
})

t.test('no order excluded from OEE is still a loss of operations, and what neighbours cause is not the machine\'s', async (t) => {
  const sums: LossSums = { ms: { ...noTime, running: 60_000, external: 20_000, unplanned: 20_000, no_order: 100_000 }, products: [{ product: null, idealMs: 1_000, ...noParts, good: 50 }] }
  t.equal(figures(sums).oee, 0.5)
  t.match(figures(sums), { ooe: 0.25 })
  t.equal(standaloneAvailability(sums), 0.75)
  t.equal(figures(noSums).ooe, null)
})

t.test('the same shift in the words of ISO 22400-2', async (t) => {
  const withoutJob: LossSums = { ms: { ...noTime, external: 30 * MINUTE }, products: [] }
  const all: LossSums = {
    ms: { ...noTime, running: 330 * MINUTE, changeover: 30 * MINUTE, unplanned: 40 * MINUTE, micro_stop: 20 * MINUTE, external: 30 * MINUTE, schedule_loss: 60 * MINUTE },
    products: [{ product: 'P', idealMs: MINUTE / 2, ...noParts, good: 588, production_reject: 12, reworked: 3 }],
  }
  const { elements, ratios } = isoOf(all, withoutJob)
  t.match(elements, { PBT: 450 * 60, APT: 330 * 60, AUST: 30 * 60, ADET: 60 * 60, ADOT: 30 * 60, PQ: 600, GQ: 588, SQ: 12, RQ: 3 })
  for (const [name, percent] of Object.entries({ availability: 73.33, effectiveness: 90.91, quality: 98, oee: 65.33, nee: 71.27, allocation_efficiency: 93.33, utilization_efficiency: 78.57, technical_efficiency: 84.62, setup_ratio: 8.33 })) {
    t.ok(Math.abs(ratios[name as keyof typeof ratios]! * 100 - percent) < 0.005, name)
  }
  near(t, ratios.rework_ratio, 3 / 600, 'rework takes nothing away from the scrap of the first pass')
  near(t, ratios.oee, figures(all).oee, 'moving micro-stops between the factors leaves OEE')
  t.match(isoOf(noSums, noSums).ratios, { availability: null, oee: null, nee: null, setup_ratio: null })
})

/* ── properties ──────────────────────────────────────────────────────────────────────────────── */

const ms = fc.integer({ min: 0, max: 86_400_000 })
const times = fc.record(Object.fromEntries(timeLeaves.map((leaf) => [leaf, fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: ms })]))) as fc.Arbitrary<LossSums['ms']>
const count = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50_000 }))
const parts = fc.record({ good: count, startup_reject: count, production_reject: count, off_schedule: count, recovered: count, reworked: count })
const ideal = fc.oneof(fc.integer({ min: 1, max: 60_000 }), fc.double({ min: 0.5, max: 60_000, noNaN: true }))
const row: fc.Arbitrary<LossRow> = fc.record({
  minute: fc.nat({ max: 10_000 }).map((index) => instant(index * MINUTE)), shift: fc.constantFrom('a', 'b', null), job: fc.constantFrom('J1', 'J2', null),
  product: fc.constantFrom('P1', 'P2', null), idealMs: fc.constantFrom(1_000, 1_500, 1_000 / 3, 0.7), ms: times, parts,
}).map((row) => ({ line: 'L1', equipment: 'M1', revision: 0, ...row }))
const rows = fc.array(row, { minLength: 1, maxLength: 12 })
const close = (a: number, b: number, scale = 1): boolean => Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(scale), Math.abs(a), Math.abs(b)) * 8

t.test('4, 5, 6, 7, 8, 9: the tree adds up, and the factors multiply to OEE, whatever the rows', async () => {
  fc.assert(fc.property(rows, (rows) => {
    const sums = sumRows(rows)
    const { times: s, ...oee } = figures(sums)
    const scale = s.all + Math.abs(s.net_run)
    const ratiosAgree = oee.quality === null || oee.performance === null || oee.availability === null || close(oee.availability * oee.performance * oee.quality, oee.oee!, oee.oee!)
    const lossesAdd = oee.oee === null || close(1 - oee.oee, (s.unplanned_stop + s.planned_stop + s.micro_stop + s.speed_loss + s.startup_reject + s.production_reject) / s.planned_production, scale / s.planned_production)
    return ratiosAgree && lossesAdd
      && close(s.planned_production, s.unplanned_stop + s.planned_stop + s.run, scale) && close(s.run, s.micro_stop + s.speed_loss + s.net_run, scale)
      && close(s.net_run, s.startup_reject + s.production_reject + s.fully_productive, scale) && close(s.schedule_loss + s.no_data + s.planned_production, s.all, scale)
      && close(s.all, rows.reduce((sum, row) => sum + timeLeaves.reduce((sum, leaf) => sum + row.ms[leaf], 0), 0) / 1_000, scale)
      && (oee.availability === null || (oee.availability >= 0 && oee.availability <= 1)) && (oee.utilization === null || (oee.utilization >= 0 && oee.utilization <= 1))
      && (oee.quality === null || (oee.quality >= 0 && oee.quality <= 1)) && (oee.performance === null || oee.performance >= 0)
      && (oee.teep === null || oee.oee === null || close(oee.teep, oee.oee * oee.utilization!, oee.teep))
      && oee.counts.total === oee.counts.good + oee.counts.startup_reject + oee.counts.production_reject
      && (oee.oee === null || (oee.bounds.low! <= oee.oee + 1e-12 && (oee.oee > 1 || oee.oee <= oee.bounds.high! + 1e-12)))
  }), cases)
})

t.test('15: the same rows give the same sums to the last bit, whatever the grouping and the order', async () => {
  fc.assert(fc.property(rows, fc.constantFrom('shift', 'job', 'product', 'minute'), (rows, key) => {
    const whole = JSON.stringify(sumRows(rows))
    const byGroup = addSums(sumRowsBy(rows, (row) => row[key]).values())
    return JSON.stringify(byGroup) === whole && JSON.stringify(sumRows(rows.toReversed())) === whole
  }), cases)
})

t.test('10: with one ideal time quality is good parts of all, and OEE good parts times ideal of planned time', async () => {
  fc.assert(fc.property(times, parts, ideal, (ms, parts, idealMs) => {
    const oee = figures({ ms, products: [{ product: null, idealMs, ...parts }] })
    const { good, total } = oee.counts
    return (oee.quality === null || close(oee.quality, good / total)) && (oee.oee === null || close(oee.oee, good * idealMs / (oee.times.planned_production * 1_000), oee.oee))
  }), cases)
})

t.test('11: times and ideals in another measure change no ratio', async () => {
  fc.assert(fc.property(rows, fc.integer({ min: 2, max: 1_000 }), (rows, k) => {
    const plain = figures(sumRows(rows))
    const scaled = figures(sumRows(rows.map((row) => ({ ...row, idealMs: row.idealMs * k, ms: mapped(row.ms, (ms) => ms * k) }))))
    return (['oee', 'availability', 'performance', 'quality', 'utilization', 'teep', 'coverage'] as const)
      .every((name) => plain[name] === scaled[name] || close(plain[name]!, scaled[name]!, plain[name]!))
  }), cases)
})

t.test('12, 13: a stop that becomes a micro-stop moves A and P, never OEE; excluded time moves neither', async () => {
  fc.assert(fc.property(rows, ms, (rows, more) => {
    const sums = sumRows(rows)
    const plain = figures(sums)
    const moved = figures({ ...sums, ms: { ...sums.ms, unplanned: 0, micro_stop: sums.ms.micro_stop + sums.ms.unplanned } })
    const excluded = figures({ ...sums, ms: { ...sums.ms, schedule_loss: sums.ms.schedule_loss + more } })
    return moved.oee === plain.oee && (['oee', 'availability', 'performance', 'quality'] as const).every((name) => excluded[name] === plain[name])
  }), cases)
})

t.test('14: jobs of the same ideal time may be split and merged', async () => {
  fc.assert(fc.property(rows, (rows) => JSON.stringify(sumRows(rows)) === JSON.stringify(sumRows(rows.map((row, index) => ({ ...row, job: `J${index}` }))))), cases)
})

t.test('16, 17: a sum of groups lies between the least and the greatest of them; groups without planned time do not pull', async () => {
  fc.assert(fc.property(rows, (rows) => {
    const whole = figures(sumRows(rows))
    const members = [...sumRowsBy(rows, (row) => row.minute).values()].map(figures)
    return (['oee', 'availability', 'performance', 'quality'] as const).every((name) => {
      const known = members.flatMap((member) => member[name] ?? [])
      // Parts made in no planned time at all have no weight of their own to be averaged by.
      const loose = members.some((member) => (member.oee === null || member.performance === null) && member.counts.total !== 0)
      return loose || whole[name] === null || (whole[name] >= Math.min(...known) - 1e-9 && whole[name] <= Math.max(...known) + 1e-9)
    })
  }), cases)
})

const mapped = (leaves: LossSums['ms'], of: (ms: number) => number): LossSums['ms'] =>
  Object.fromEntries(timeLeaves.map((leaf) => [leaf, of(leaves[leaf])])) as unknown as LossSums['ms']
