import t, { type Test } from 'tap'
import { seededChance } from '../../src/base/chance.js'
import { manualClock } from '../../src/base/clock.js'
import { csvOf } from '../../src/base/csv.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, instant, later, mono, rfc3339, seq } from '../../src/base/units.js'
import { type Config, config } from '../../src/contract/config.js'
import type { Desk, ExplainQuery, PastDesk, SeriesBy, SeriesItem } from '../../src/contract/desk.js'
import { table } from '../../src/contract/endpoints/table.js'
import type { Oee } from '../../src/contract/oee.js'
import { sumRowsBy } from '../../src/core/losses/sums.js'
import { reportHandlers } from '../../src/faces/api/reports.js'
import { explainEquipmentByDay, explainLineByDay, isFolded } from '../../src/gateway/explain-days.js'
import { explainEquipment, explainLine } from '../../src/gateway/explain.js'
import { dayOf, oeeOfPeriod, seriesOf, shiftsOf } from '../../src/gateway/figures.js'
import { openJournal } from '../../src/journal/journal.js'
import { type Replayed, replayTrace } from '../../src/replay/replay.js'
import { readTrace } from '../../src/replay/trace.js'
import { folderOf } from '../support/folder.js'

/** A machine that jams, changes over and slows down, and a packer behind it; twelve days by lot, most of them with a job that rests for an hour. */
const plant: Config = config.parse({
  version: 1, gateway: { id: 'test', time_zone: 'Europe/Berlin', cycle: '60s' }, plcs: [],
  calendars: { day: { day_start: '06:00', shifts: [{ name: 'early', start: '06:00', end: '14:00', breaks: [{ start: '10:00', end: '10:30' }] }, { name: 'late', start: '14:00', end: '22:00' }] } },
  reasons: [{ code: 'JAM', name: 'Jam', is_failure: true }],
  products: [{ code: 'A', ideal_cycle: { BAG: '2s', PAL: '1s' } }, { code: 'B', ideal_cycle: { BAG: '3s', PAL: '1s' } }],
  lines: [{
    id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'day', oee_alert: {},
    equipment: [
      { code: 'BAG', name: 'Bagger', constraint: true, ideal_cycle: '2s', faults: [{ bit: 0, code: 'JAM', name: 'Jam', reason: 'JAM' }] },
      { code: 'PAL', name: 'Palletizer', upstream: ['BAG'], ideal_cycle: '1s' },
    ],
  }],
})
const FROM = instant(Date.parse('2026-03-23T05:00:00Z'))
const DAYS = 12

/** With B it is the packer that limits the line. */
const moving: Config = { ...plant, products: [plant.products[0]!, { ...plant.products[1]!, ideal_cycle: { BAG: 1_000, PAL: 3_000 } }], lines: [{ ...plant.lines[0]!, constraints: { B: 'PAL' } }] }

function live(plant: Config, days = DAYS): Replayed {
  const chance = seededChance(5)
  const lines: string[] = []
  const say = (at: Instant, equipment: string, signals: object): void => { lines.push(JSON.stringify({ at: rfc3339(at), equipment, signals })) }
  let [total, reject] = [0, 0]
  let at = FROM
  let product = 'A'
  for (const code of ['BAG', 'PAL']) say(at, code, { running: true, total_count: 0, reject_count: 0, product, fault_word: 0 })
  const tell = (name: string, body: object = {}): void => { lines.push(JSON.stringify({ at: rfc3339(at), command: { name, equipment: 'BAG', body, by: 'ana' } })) }
  let [day, hour] = [-1, 0]
  /** A job a day, and none on each fourth, all in the hours in which something is made. */
  const jobs = (): void => {
    const [today, now] = [Math.floor((at - FROM) / 86_400_000), Math.floor(((at - FROM) % 86_400_000) / 3_600_000)]
    if (today !== day) {
      if (day % 4 >= 1) tell('job_complete')
      if (today % 4 >= 1) for (const [name, body] of [['job_create', { job_id: `D${today}`, quantity: 9_000 }], ['job_assign', { job_id: `D${today}` }], ['job_start', {}]] as const) tell(name, body)
    } else if (day % 4 >= 1 && now !== hour && (now === 4 || now === 5)) tell(now === 4 ? 'job_pause' : 'job_resume')
    ;[day, hour] = [today, now]
  }
  while (at < FROM + days * 86_400_000) {
    jobs()
    // The product changes overnight.
    const today = Math.floor((at - FROM) / 86_400_000) % 2 === 0 ? 'A' : 'B'
    if (today !== product) for (const code of ['BAG', 'PAL']) say(at, code, { product: product = today })
    // Ten minutes of run, the second half slower than the first.
    const pace = (product === 'A' ? 2.2 : 3.2) * (at > FROM + (days / 2) * 86_400_000 ? 1.6 : 1)
    for (let i = 0; i < 10; i++) {
      at = later(at, 60_000)
      total += Math.round(60 / pace)
      if (chance.happens(0.3)) reject += 1
      say(at, 'BAG', { total_count: total, reject_count: reject })
      say(at, 'PAL', { total_count: total - reject })
    }
    if (chance.happens(0.12)) {
      const jam = chance.happens(0.6)
      say(at, 'BAG', { running: false, ...(jam ? { fault_word: 1 } : {}) })
      at = later(at, chance.whole(30, 900) * 1_000)
      say(at, 'BAG', { running: true, fault_word: 0 })
    }
    if (chance.happens(0.03)) {
      say(at, 'BAG', { changeover: true, running: false })
      at = later(at, chance.whole(400, 1_500) * 1_000)
      say(at, 'BAG', { changeover: false, running: true })
    }
  }
  const read = readTrace(lines.join('\n'), plant)
  if ('errors' in read) throw new Error(read.errors[0]!.message)
  return replayTrace(plant, read.moments)
}

const replayed = live(plant)
const line = replayed.lines.get('L1')!

/** The real figures over a real journal; live views and commands are not asked of it. */
async function openDesk(t: Test, plant: Config, replayed: Replayed): Promise<PastDesk & Pick<Desk, 'rows'>> {
  const line = replayed.lines.get('L1')!
  const NOW = later(replayed.to, 10_000)
  const journal = await openJournal({ directory: folderOf(t), clock: manualClock(NOW), log: silentLog, groups: [], recorded: () => true, storage: plant.storage })
  t.teardown(() => journal.close())
  const facts = replayed.facts.map((fact, i) => ({ ...fact, epoch: journal.remembered.epoch, seq: seq(i + 1) }))
  for (let i = 0, number = 0; i < Math.max(facts.length, replayed.rows.length); i += 2_000) {
    await journal.append({ number: ++number, at: NOW, mono: mono(number), facts: facts.slice(i, i + 2_000), scans: [], rows: replayed.rows.slice(i, i + 2_000).filter((row) => row.ms.running >= 0), commands: [], snapshots: [] })
  }
  const told = new Map(line.equipment.map(({ code, losses }) => [code, losses.now!]))
  return {
    config: plant, now: () => NOW, day: (_line, date) => dayOf(line, date),
    facts: (query) => journal.facts(query), stops: (query) => journal.stops(query), rows: (query) => journal.rows(query), sums: (query) => journal.sums(query),
    explainEquipment: (query) => explainEquipment(line.plan, query, told, journal), explainLine: (query) => explainLine(line.plan, query, told, journal),
    oee: (query) => oeeOfPeriod(line, query, journal), series: (query) => seriesOf(line, query, journal), shifts: (query) => shiftsOf(line, query, journal),
  }
}

t.setTimeout(600_000)
const opened = openDesk(t, plant, replayed)
const whole = { from: FROM, to: instant(Math.floor(replayed.to / 60_000) * 60_000) }
const add = (items: readonly { readonly oee: Oee }[], valueOf: (oee: Oee) => number): number => items.reduce((sum, { oee }) => sum + valueOf(oee), 0)
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b))

t.test('however the rows are grouped, their sums are the same, and those of the rows themselves', async (t) => {
  const desk = await opened
  const [total] = await desk.series({ of: 'BAG', ...whole, by: 'whole' })
  t.ok(total!.oee.counts.total > 10_000)
  for (const by of ['hour', 'shift', 'day', 'week', 'job', 'product'] satisfies SeriesBy[]) {
    const items = await desk.series({ of: 'BAG', ...whole, by })
    for (const name of ['planned_production', 'run', 'unplanned_stop', 'changeover', 'micro_stop', 'net_run', 'fully_productive'] as const) t.ok(near(add(items, ({ times }) => times[name]), total!.oee.times[name]), `${by}: ${name}`)
    t.equal(add(items, ({ counts }) => counts.good), total!.oee.counts.good, `${by}: good`)
  }
  const rows = (await desk.rows({ equipment: ['BAG', 'PAL'], ...whole }))
  const sums = await desk.sums({ equipment: ['BAG', 'PAL'], edges: [whole.from, later(whole.from, 86_400_000), whole.to], by: ['shift'] })
  t.same(sumRowsBy(sums, ({ equipment }) => equipment), sumRowsBy(rows, ({ equipment }) => equipment))
  const items = await desk.series({ of: 'L1', ...whole, by: 'day' })
  t.equal(items.length, DAYS + (items.length - DAYS))
  t.ok(items.every(({ key, oee }) => oee.window.from.startsWith(key!) && oee.method === 'constraint'), 'days are those of the plant')
})

// Each answer is held against its schema; here its members are looked at freely.
// oxlint-disable-next-line typescript/no-explicit-any
type Answered = Record<string, any>

/** An answer, held against its schema. */
async function answered<N extends 'oee_performance_report' | 'oee_comparative_analysis' | 'oee_alert_analysis' | 'oee_optimization_recommendations'>(t: Test, desk: PastDesk, name: N, query: object, accept = '', language = 'en') {
  const ask = { params: { line_id: 'L1', equipment_code: 'BAG' }, query: table[name].query.parse(query), line: 'L1', accept, language, actor: { id: 'a', name: 'a', role: 'viewer', lines: null } }
  // The name pairs the handler with its question, which the type cannot follow.
  const answer = await (reportHandlers(desk)[name] as unknown as (ask: object) => Promise<object>)(ask)
  if (!('bare' in answer) && !('refused' in answer)) t.strictSame(table[name].data.safeParse(answer).error?.issues ?? [], [])
  return answer as Answered
}

t.test('a report opens up to its totals, and is the same as CSV', async (t) => {
  const desk = await opened
  const report = await answered(t, desk, 'oee_performance_report', { start_date: '2026-03-23', report_type: 'comprehensive', group_by: 'day' })
  const points = report['loss_tree'].reduce((sum: number, leaf: { points: number }) => sum + leaf.points, 0)
  t.ok(Math.abs(points + report['totals'].oee - 1) < 1e-12, 'the losses and the OEE are the whole of planned time')
  t.ok(near(add(report['rows'], ({ times }) => times.planned_production), report['totals'].times.planned_production))
  t.match(report['pareto'].by_time.map(({ reason }: { reason: string }) => reason).sort(), ['JAM', 'micro_stop', 'unassigned'])
  t.ok(Math.abs(report['pareto'].by_count.at(-1).cumulative - 1) < 1e-12)
  t.ok(report['reliability'].mtbf_low_hours < report['reliability'].mtbf_hours && report['reliability'].mtbf_hours < report['reliability'].mtbf_high_hours)
  t.equal(report['reliability'].growth.n, report['reliability'].failures)
  t.match(report['trend'], { significant: true }, 'the second half is slower')
  t.ok(report['trend'].slope < 0)
  const { elements, ratios } = report['iso_22400']
  t.ok(near(elements.PBT, report['totals'].times.planned_production) && near(elements.PBT, elements.APT + elements.AUST + elements.ADET + elements.ADOT), 'in the words of ISO 22400, over as long a period as a report may have')
  t.ok(near(ratios.oee, report['totals'].oee) && near(ratios.availability * ratios.effectiveness * ratios.quality, ratios.oee))
  t.strictSame(report['ideal_times'], [], 'nothing was made faster than its ideal time')
  const csv = await answered(t, desk, 'oee_performance_report', { start_date: '2026-03-23', group_by: 'shift' }, 'text/csv')
  const read = csvOf(csv['bare'])
  t.ok(Array.isArray(read))
  if (Array.isArray(read)) t.equal(Number(read.at(-1)![3]!.text), report['totals'].oee, 'the last line is the total')
})

t.test('like with like: the slower days differ, and by its speed', async (t) => {
  const { comparisons } = await answered(t, await opened, 'oee_comparative_analysis', { comparison_days: 6 })
  t.ok(comparisons.length >= 1)
  for (const one of comparisons) {
    t.ok(near(one.by_loss.reduce((sum: number, { points }: { points: number }) => sum + points, 0), one.difference_points), 'the losses add up to the difference')
  }
  const likes = comparisons.filter(({ product }: { product: string | null }) => product !== null)
  type Like = { shifts: number; shifts_with: number; significant: boolean; by_loss: { loss: string; points: number }[] }
  t.ok(likes.some(({ significant }: Like) => significant))
  t.ok(likes.every(({ shifts, shifts_with, significant }: Like) => significant === (shifts >= 5 && shifts_with >= 5)), 'too few shifts are compared and never called different')
  t.ok(likes.every(({ by_loss }: Like) => by_loss.find(({ loss }) => loss === 'speed_loss')!.points < -0.1))
  const target = await answered(t, await opened, 'oee_comparative_analysis', { comparison_days: 12, against: 'benchmark' })
  t.match(target['comparisons'][0], { with: 'target', oee_with: 0.85, significant: true })
})

t.test('alerts, the hours below, and what was lost in them', async (t) => {
  const found = await answered(t, await opened, 'oee_alert_analysis', { days: 12, alert_threshold: 0.75 })
  t.ok(found['below'].hours > 0 && found['below'].critical_hours <= found['below'].hours && found['below'].share < 1)
  t.ok(found['causes'][0].seconds > 0)
  t.ok(found['alerts'].length > 0)
})

t.test('recommendations carry their evidence, and say what the data do not', async (t) => {
  const desk = await opened
  const found = await answered(t, desk, 'oee_optimization_recommendations', { horizon_days: 12 })
  t.equal(found['of'], 'BAG')
  t.ok(found['recommendations'].length > 0)
  for (const one of found['recommendations']) t.ok(one.evidence.n >= 5 && one.evidence.coverage >= 0.95 && one.evidence.uncertainty.method !== '')
  t.ok(found['no_finding'].some(({ question }: { question: string }) => question === 'Is there less startup reject to be had?'), 'nothing is made of nothing')
  t.match(found['no_finding'].find(({ question }: { question: string }) => question === 'Is the declared constraint what limits the line?'), { why: /the next is PAL, at 1\d\d\.\d % of its rate$/ })
  const quality = await answered(t, desk, 'oee_optimization_recommendations', { horizon_days: 12, optimization_focus: 'quality' })
  t.ok(quality['recommendations'].every(({ factor }: { factor: string }) => factor === 'quality'))
  const short = await answered(t, desk, 'oee_optimization_recommendations', { horizon_days: 1 })
  t.ok(short['no_finding'].some(({ why }: { why: string }) => why.includes('are needed')))
})

t.test('where the constraint moves with the product, each that limits the line is looked at in the time in which it did, and by what it made of these products', async (t) => {
  const replayed = live(moving, 9)
  const desk = await openDesk(t, moving, replayed)
  const whole = { from: FROM, to: instant(Math.floor(replayed.to / 60_000) * 60_000) }
  for (const by of ['whole', 'day', 'shift'] satisfies SeriesBy[]) {
    const all = await desk.series({ of: 'L1', ...whole, by })
    const pieces = await Promise.all(['BAG', 'PAL'].map((limitedBy) => desk.series({ of: 'L1', ...whole, by, limitedBy })))
    for (const { key, oee } of all) {
      const its = pieces.flatMap((items) => items.filter((one) => one.key === key))
      for (const name of ['planned_production', 'run', 'unplanned_stop', 'changeover', 'micro_stop', 'no_data'] as const) t.ok(near(add(its, ({ times }) => times[name]), oee.times[name]), `${by} ${key}: ${name}`)
      t.equal(add(its, ({ counts }) => counts.total), oee.counts.total + oee.work_in_process!, `${by} ${key}: what its constraints made`)
    }
  }
  const found = await answered(t, desk, 'oee_optimization_recommendations', { horizon_days: 9 })
  const [line] = await desk.series({ of: 'L1', from: later(whole.to, -9 * 86_400_000), to: whole.to, by: 'whole' })
  t.ok(found['constraints'].length === 2 && near(found['constraints'].reduce((sum: number, { share }: { share: number }) => sum + share, 0), 1))
  t.ok(Math.abs(found['constraints'].reduce((sum: number, one: { planned_production: number }) => sum + one.planned_production, 0) - line!.oee.times.planned_production) < 120, 'the planned time of the line')
  t.equal(found['of'], found['constraints'][0].equipment_code)
  const of = (code: string) => found['recommendations'].filter((one: Answered) => one['equipment_code'] === code) as Answered[]
  const stops = of('BAG').find(({ loss }) => loss === 'unplanned_stop')!
  const { share } = found['constraints'].find((one: Answered) => one['equipment_code'] === 'BAG')
  t.match(stops, { share, evidence: { data: `loss tree of the shifts; of the time in which BAG limited the line, ${(share * 100).toFixed(1)} % of what was planned` } })
  t.ok(stops['evidence'].n <= 12, 'of the shifts with A')
  t.equal(of('PAL').some(({ loss }) => loss === 'unplanned_stop' || loss === 'changeover'), false, 'the packer never stands, and it limits the line with B')
  t.ok(found['no_finding'].some((one: Answered) => one['equipment_code'] === 'PAL' && one['question'] === 'Is there less unplanned stop to be had?'))
  const { comparisons } = await answered(t, desk, 'oee_comparative_analysis', { comparison_days: 9, against: 'equipment' })
  t.strictSame(comparisons.map(({ of, with: other, product }: Answered) => `${of} ${other} ${product}`).sort(), ['BAG PAL B', 'PAL BAG A'], 'of each product against what limits the line with it')
})

t.test('every level of an explanation adds up to the one above it, to the millisecond and the part', async (t) => {
  const desk = await opened
  const chance = seededChance(9)
  for (let i = 0; i < 40; i++) {
    // Any window of whole minutes: within an hour, over shifts, over the night.
    const from = later(whole.from, chance.whole(0, (DAYS - 2) * 1_440) * 60_000)
    const to = later(from, chance.whole(1, 1_800) * 60_000)
    const of = chance.pick(['BAG', 'PAL'])
    const found = await desk.explainEquipment({ of, from, to })
    const leafMs = new Map(found.leaves.map(({ leaf, ms }) => [leaf, ms]))
    t.equal([...leafMs.values()].reduce((sum, ms) => sum + ms, 0), to - from, `${rfc3339(from)} ${(to - from) / 60_000} min: the leaves tile the window`)
    for (const [leaf, ms] of leafMs) t.equal(found.slices.filter((slice) => slice.leaf === leaf).reduce((sum, slice) => sum + slice.ms, 0), ms, `slices of ${leaf}`)
    for (const name of ['good', 'startup_reject', 'production_reject', 'off_schedule', 'recovered'] as const) {
      t.equal(found.counts.reduce((sum, count) => sum + count.parts[name], 0), found.parts.reduce((sum, product) => sum + product[name], 0), `counts of ${name}`)
    }
    for (const { value, part, whole: base } of found.factors) t.ok(base.ms === 0 ? value === null : Math.abs(value! - part.ms / base.ms) < 1e-12)
    const [journalled] = await desk.series({ of, from, to, by: 'whole' })
    if (journalled === undefined) { t.equal(to - from, leafMs.get('schedule_loss')); continue }
    for (const name of ['all', 'schedule_loss', 'no_data', 'planned_production', 'unplanned_stop', 'planned_stop', 'changeover', 'micro_stop', 'run'] as const) t.equal(found.oee.times[name], journalled.oee.times[name], `${name}: what the facts say is what the rows hold`)
    t.same(found.oee.counts, journalled.oee.counts)
    const { elements: iso, ratios } = found.iso_22400
    t.equal(Math.round((iso.AUST + iso.APT + iso.ADET + iso.ADOT) * 1_000), Math.round(iso.PBT * 1_000), 'ISO 22400: the elements make up the planned busy time')
    t.equal(iso.PBT, found.oee.times.planned_production)
    const stood = found.slices.filter(({ leaf, job }) => job !== null && ['unplanned', 'external', 'planned', 'micro_stop'].includes(leaf)).reduce((sum, { ms }) => sum + ms, 0)
    t.equal(Math.round(iso.ADET * 1_000), stood, 'what delays a job is what stood while it ran')
    t.same([ratios.oee, iso.GQ, iso.PQ], [found.oee.oee, found.oee.counts.good, found.oee.counts.total])
    for (const { key, oee } of await desk.series({ of, from, to, by: 'product' })) {
      t.equal(found.slices.filter(({ product }) => product === key).reduce((sum, { ms }) => sum + ms, 0), Math.round(oee.times.all * 1_000), `the time of product ${key}`)
      t.equal(found.counts.filter(({ product }) => product === key).reduce((sum, { parts }) => sum + parts.good, 0), oee.counts.good, `the good parts of product ${key}`)
    }
  }
})

t.test('the link of a figure opens that very figure: of a shift, of a product, of a job, or of what belongs to none', async (t) => {
  const desk = await opened
  const week = { from: later(FROM, 86_400_000), to: later(FROM, 7 * 86_400_000) }
  for (const of of ['BAG', 'PAL', 'L1']) {
    for (const by of ['shift', 'product', 'job'] satisfies SeriesBy[]) {
      const items = await desk.series({ of, ...week, by })
      t.ok(items.length > 1, `${of} by ${by}`)
      for (const { key, oee } of items) {
        // Outside shifts there is no window to name.
        if (by === 'shift' && key === null) continue
        const { oee: found } = of === 'L1' ? await desk.explainLine(linked(of, oee)) : await desk.explainEquipment(linked(of, oee))
        t.same([found.times, found.counts], [oee.times, oee.counts], `${of} ${by} ${key}`)
        t.equal(found.explain, oee.explain)
      }
    }
  }
  const recorded = [...new Map(replayed.facts.flatMap((fact) => (fact.type === 'oee_recorded' && fact.body.interval === 'job' ? [[fact.body.key, fact.body] as const] : []))).values()]
  t.ok(recorded.length > 5 && recorded.some(({ revision }) => revision > 0), 'some were told again, because a changeover in them was for the next job')
  const rows = new Map((await desk.series({ of: 'BAG', ...whole, by: 'job' })).map(({ key, oee }) => [key, oee]))
  for (const { key, figures } of recorded) {
    t.same([figures.times, figures.counts], [rows.get(key)?.times, rows.get(key)?.counts], `job ${key}: what was told of it is what its rows hold, the changeover to it and the hour of its rest as well`)
    t.same((await desk.explainEquipment(linked('BAG', figures))).oee, figures)
  }
})

t.test('a figure of more days than can be opened is folded by day: the days are the figure, and each of them opens', async (t) => {
  const desk = await opened
  t.ok(isFolded({ from: FROM, to: later(FROM, 31 * 86_400_000) }), 'that of a month is')
  t.notOk(isFolded({ from: FROM, to: later(FROM, 8 * 86_400_000) }))
  for (const by of ['whole', 'product', 'job'] satisfies SeriesBy[]) {
    for (const { key, oee } of await desk.series({ of: 'BAG', ...whole, by })) {
      const found = await explainEquipmentByDay(line, linked('BAG', oee), desk)
      t.same(found.oee, oee, `${by} ${key}`)
      t.equal(found.leaves.reduce((sum, { ms }) => sum + ms, 0), Math.round(oee.times.all * 1_000))
      t.equal(found.days!.reduce((sum, { good }) => sum + good, 0), oee.counts.good)
      if (by !== 'product' || oee.counts.good === 0) continue
      const day = found.days!.find(({ good }) => good > 0)!
      const { oee: ofDay, counts } = await desk.explainEquipment(linked('BAG', day))
      t.equal(ofDay.oee, day.oee)
      t.ok(counts.length > 0, 'down to its counts')
    }
  }
  const [{ oee }] = await desk.series({ of: 'L1', ...whole, by: 'whole' }) as [SeriesItem]
  const found = await explainLineByDay(line, linked('L1', oee), desk)
  t.same(found.oee, oee)
  t.equal(found.days!.reduce((sum, { good }) => sum + good, 0), oee.counts.good)
  for (const { equipment_code: of, good, explain } of found.made_of) t.equal((await explainEquipmentByDay(line, linked(of, { explain }), desk)).oee.counts.good, good)
})

/** What a program asks that follows the link of a figure. */
function linked(of: string, { explain }: Pick<Oee, 'explain'>): ExplainQuery {
  const query = new URL(explain, 'http://gateway').searchParams
  const moment = (name: string): Instant => instant(Date.parse(query.get(name)!))
  const chosen = (['job', 'product'] as const).flatMap((name) => (query.has(name) ? [[name, query.get(name) || null]] : []))
  return { of, from: moment('from'), to: moment('to'), ...Object.fromEntries(chosen) as Pick<ExplainQuery, 'job' | 'product'> }
}

t.test('a line is explained by who gives what', async (t) => {
  const desk = await opened
  const { oee, made_of, from_before, method } = await desk.explainLine({ of: 'L1', from: later(whole.from, 3 * 3_600_000), to: later(whole.from, 9 * 3_600_000) })
  t.equal(method, 'constraint')
  t.match(made_of, [{ equipment_code: 'BAG', gives: ['time', 'rejects'] }, { equipment_code: 'PAL', gives: ['good', 'rejects'] }])
  t.equal(made_of.find(({ gives }) => gives.includes('time'))!.planned_production, oee.times.planned_production)
  t.equal(made_of.find(({ gives }) => gives.includes('good'))!.good - from_before, oee.counts.good)
  t.equal(made_of.filter(({ gives }) => gives.includes('rejects')).reduce((sum, { rejects }) => sum + rejects, 0), oee.counts.startup_reject + oee.counts.production_reject)
})
