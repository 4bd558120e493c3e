/** Reports over long periods: what the journal holds of them, and what `analysis` makes of it. They ask for nothing that lives. */

import { alertsOf, causesOf, chatteringIn, staleIn } from '../../analysis/alerts.js'
import { andonFacts, andonsOf } from '../../analysis/andons.js'
import { type Rate, ratesOf } from '../../analysis/bottleneck.js'
import { type ChangeoverGroup, changeoverGroups, changeoversOf } from '../../analysis/changeovers.js'
import { type Pair, type Side, comparisonsOf, mainProductOf } from '../../analysis/compare.js'
import { downtimeStatistics } from '../../analysis/downtime.js'
import { type Fastest, fastestOf, tooFast } from '../../analysis/fastest.js'
import { isoOfRows } from '../../analysis/iso.js'
import { type LossLeaf, lossTree, whatIf } from '../../analysis/losstree.js'
import { paretoOf } from '../../analysis/pareto.js'
import { type Known, recommendAll } from '../../analysis/recommend.js'
import { GROWTH_ADVICE_MIN, GROWTH_MIN, type Growth, growthOf, reliabilityOf } from '../../analysis/reliability.js'
import { rejectFacts, rejectsOf } from '../../analysis/rejects.js'
import { restorationOf } from '../../analysis/restoration.js'
import { sum } from '../../analysis/statistics.js'
import { TREND_POINTS_MIN, type Trend, trendOf } from '../../analysis/trend.js'
import type { AnalysisWords } from '../../analysis/words/en.js'
import { spoken } from '../../analysis/words/spoken.js'
import { given } from '../../base/assert.js'
import { limits } from '../../base/limits.js'
import { csvText } from '../../base/csv.js'
import { type Instant, type Ms, instant, instantOf, later, rfc3339, since } from '../../base/units.js'
import type { LineConfig } from '../../contract/config.js'
import { constraintFor, constraintsOf, inSeries } from '../../contract/constraint.js'
import type { Desk, PastDesk, SeriesBy, SeriesItem } from '../../contract/desk.js'
import type { DataOf } from '../../contract/endpoints/table.js'
import type { LossRow } from '../../contract/losses.js'
import type { Oee } from '../../contract/oee.js'
import { type Refusal, isRefusal, refuse } from '../../contract/refusals.js'
import type { AndonView, StopView } from '../../contract/views.js'
import type { Bare, Handlers } from './ask.js'
import { DAY_MS, type Period, allFacts, periodOf, windowOf } from './history.js'
import { plannedTimeEdits } from './edits.js'
import { stopsOver } from './stop-list.js'

type ReportName = 'oee_performance_report' | 'oee_comparative_analysis' | 'oee_alert_analysis' | 'oee_optimization_recommendations'

const REPORT_DAYS_MAX = 90
const COMPARISON_DAYS_MAX = 365
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** Rows of a minute are written a little after it is over. */
const SETTLED_MS = 5_000
const CRITICAL_SHARE = 0.8
const P_MAX = 0.05

export function reportHandlers(desk: Omit<PastDesk, 'explainEquipment' | 'explainLine'>): Pick<Handlers, ReportName> {
  return {
    async oee_performance_report({ params, query, line, accept, language }) {
      const of = params.equipment_code
      const period = reportPeriod(query.start_date, query.end_date, line!)
      if (isRefusal(period)) return period
      const { report_type: type, group_by } = query
      const [rows, totals] = await Promise.all([desk.series({ of, ...period, by: group_by }), whole(of, period)])
      if (accept.includes('text/csv')) return csvReport(group_by, rows, totals, spoken[language])
      const summary = { window: windowOf(period), equipment_code: of, group_by, totals, loss_tree: lossTree(totals), at_target: atTarget(totals, configOf(line!).target_oee) }
      if (type === 'summary') return summary
      const stops = await stopsIn(of, line!, period)
      if (isRefusal(stops)) return stops
      const edits = await plannedTimeEdits(desk, line!, of, period)
      if (isRefusal(edits)) return edits
      const lossRows = await desk.sums({ equipment: [of], edges: [period.from, period.to], by: ['job'] })
      const said = await allFacts(desk, { types: rejectFacts, line: line!, equipment: of, ...period })
      if (!Array.isArray(said)) return said
      const detailed = {
        ...summary, rows: [...rows], downtime: downtimeStatistics(stops, lossRows, period.from, period.to),
        pareto: paretoOf(stops, period.from, period.to, secondsPerPart(totals)),
        iso_22400: isoOfRows(lossRows), ideal_times: (await fastestIn(of, period)).map(({ product, ideal, held, hours }) => ({ product, ideal_seconds: ideal, held_seconds: held, hours })),
        rejects: rejectsOf(said, totals.counts.startup_reject + totals.counts.production_reject, desk.config.reject_reasons), planned_time_edits: edits,
      }
      if (type === 'detailed') return detailed
      const [groups, days, calls] = await Promise.all([changeoversIn(of, line!, period), desk.series({ of, ...period, by: 'day' }), allFacts(desk, { types: andonFacts, line: line!, equipment: of, ...period })])
      if (isRefusal(groups)) return groups
      if (!Array.isArray(calls)) return calls
      return { ...detailed, reliability: reliabilityFigures(totals, stops, (await failureClock(of, stops, period)).failures, andonsOf(calls), period), changeovers: groups.map(changeoverRow), trend: trendFigures(valuesOf(days)) }
    },

    async oee_comparative_analysis({ query, line, language }) {
      const { comparison_days: days, against } = query
      if (days > COMPARISON_DAYS_MAX) return refuse('WINDOW_TOO_LARGE', { days_max: COMPARISON_DAYS_MAX })
      const period = lastDays(desk, days)
      const pairs = await pairsOf(line!, period, against)
      const comparisons = comparisonsOf(pairs)
      return { against, window: windowOf(period), comparisons, no_finding: comparisons.some(({ significant }) => significant) ? null : spoken[language].compare.nothing }
    },

    async oee_alert_analysis({ query, line }) {
      if (query.days > REPORT_DAYS_MAX) return refuse('WINDOW_TOO_LARGE', { days_max: REPORT_DAYS_MAX })
      const period = lastDays(desk, query.days)
      const { alert_threshold: threshold } = query
      const facts = await allFacts(desk, { types: ['oee_alert', 'oee_alert_cleared'], line: line!, from: period.from })
      if (!Array.isArray(facts)) return facts
      const alerts = alertsOf(facts.filter(({ equipment }) => equipment === null))
      const hours = (await desk.series({ of: line!, ...period, by: 'hour' })).map(({ oee }) => oee).filter(({ oee }) => oee !== null)
      const below = hours.filter(({ oee }) => oee! < threshold)
      const plannedSeconds = sum(below.map(({ times }) => times.planned_production))
      const allSeconds = sum(hours.map(({ times }) => times.planned_production))
      return {
        window: windowOf(period), threshold, critical_threshold: threshold * CRITICAL_SHARE,
        alerts: alerts.map(({ at, clearedAt, level, oee }) => ({ at: rfc3339(at), cleared_at: clearedAt === null ? null : rfc3339(clearedAt), level, oee, lasted_seconds: since(clearedAt ?? desk.now(), at) / 1_000 })),
        below: { hours: below.length, critical_hours: below.filter(({ oee }) => oee! < threshold * CRITICAL_SHARE).length, planned_hours: hours.length, planned_seconds: plannedSeconds, share: allSeconds === 0 ? null : plannedSeconds / allSeconds },
        causes: causesOf(below), chattering: chatteringIn(alerts), stale: staleIn(alerts, desk.now()),
      }
    },

    async oee_optimization_recommendations({ query, line, language }) {
      const { optimization_focus: focus, horizon_days: days } = query
      if (days > REPORT_DAYS_MAX) return refuse('WINDOW_TOO_LARGE', { days_max: REPORT_DAYS_MAX })
      const period = lastDays(desk, days)
      const config = configOf(line!)
      const codes = [...constraintsOf(config).keys()]
      const known: Known[] = []
      for (const code of codes) {
        const one = await knownOf(config, code, codes.length > 1, period)
        if (isRefusal(one)) return one
        known.push(one)
      }
      const planned = sum(known.map(({ whole: { times } }) => times.planned_production))
      // Who limited it for no time at all has nothing to say; where nothing was planned, its constraint says so.
      const limited = known.filter(({ whole: { times } }, i) => times.planned_production > 0 || (planned === 0 && i === 0))
        .map((one) => ({ ...one, share: planned === 0 ? 1 : one.whole.times.planned_production / planned }))
        .sort((one, other) => other.share - one.share)
      const constraints = codes.length < 2 ? {} : { constraints: limited.map(({ equipment, share, whole: { times } }) => ({ equipment_code: equipment, planned_production: times.planned_production, share: planned === 0 ? null : share })) }
      return { window: windowOf(period), of: limited[0]!.equipment, focus, ...constraints, ...recommendAll(limited, focus, spoken[language]) }
    },
  }

  /** What is known of the equipment that limits a line, or of what it did where it limits it with some products alone. */
  async function knownOf(line: LineConfig, code: string, moves: boolean, period: Period): Promise<Known | Refusal> {
    const series = (by: SeriesBy): Promise<readonly SeriesItem[]> => desk.series(moves ? { of: line.code, ...period, by, limitedBy: code } : { of: code, ...period, by })
    const isLimiting = ({ product }: { readonly product: string | null }): boolean => !moves || constraintFor(line, product).code === code
    const [[all], shifts, days, stops, changeovers] = await Promise.all([series('whole'), series('shift'), series('day'), stopsIn(code, line.code, period), changeoversIn(code, line.code, period, isLimiting)])
    if (isRefusal(stops)) return stops
    if (isRefusal(changeovers)) return changeovers
    const clock = await failureClock(code, stops.filter(isLimiting), period, isLimiting)
    return {
      equipment: code, moves, share: 1, period: windowOf(period), whole: all?.oee ?? await desk.oee({ of: code, ...period }), shifts: shifts.map(({ oee }) => oee), days: trendOf(valuesOf(days), { correlated: true }),
      growth: growthOf(clock.failures, clock.runHours), changeovers, fastest: (await fastestIn(code, period)).filter(isLimiting), rates: await ratesIn(line, code, moves, shifts, period),
    }
  }

  function configOf(line: string): LineConfig { return given(desk.config.lines.find(({ code }) => code === line), `line ${line}`) }

  function reportPeriod(start: string | undefined, end: string | undefined, line: string): Period | Refusal {
    const period = periodOf(desk, { from: start ?? sevenDaysBefore(end, line), to: end }, line, REPORT_DAYS_MAX * DAY_MS)
    if (isRefusal(period)) return period
    const to = Math.min(period.to, lastDays(desk, 1).to)
    return to <= period.from ? refuse('WINDOW_MEANINGLESS', windowOf(period)) : { from: instant(Math.floor(period.from / MINUTE_MS) * MINUTE_MS), to: instant(Math.floor(to / MINUTE_MS) * MINUTE_MS) }
  }

  function sevenDaysBefore(end: string | undefined, line: string): string {
    const to = end === undefined ? desk.now() : instantOf(end) ?? desk.day(line, end)?.to ?? desk.now()
    return rfc3339(later(to, -7 * DAY_MS))
  }

  async function whole(of: string, period: Period): Promise<Oee> {
    const [item] = await desk.series({ of, ...period, by: 'whole' })
    return item?.oee ?? desk.oee({ of, ...period })
  }

  async function stopsIn(of: string, line: string, period: Period): Promise<StopView[] | Refusal> {
    const stops = await stopsOver(desk, line, of, period, { asOf: period.to, page: limits.listMax })
    return isRefusal(stops) ? stops : stops.reverse()
  }

  /** A changeover is of the product that comes. */
  async function changeoversIn(of: string, line: string, { from, to }: Period, isMeant: (comes: { readonly product: string | null }) => boolean = () => true): Promise<ChangeoverGroup[] | Refusal> {
    const facts = await allFacts(desk, { types: ['changeover_completed', 'changeover_measured'], line, equipment: of, from, to })
    if (!Array.isArray(facts)) return facts
    return changeoverGroups(changeoversOf(facts).filter((one) => isMeant({ product: one.to })))
  }

  /** When each failure came, in hours of run time since the period began, and how long it ran in all: hour by hour, and evenly within an hour. Too few failures have no clock. */
  async function failureClock(of: string, stops: readonly StopView[], period: Period, isMeant: (row: LossRow) => boolean = () => true): Promise<{ readonly failures: readonly number[]; readonly runHours: number }> {
    const failures = stops.filter((stop) => stop.reason?.is_failure === true && !stop.micro && instantOf(stop.from)! >= period.from).map((stop) => instantOf(stop.from)!).sort((one, other) => one - other)
    if (failures.length < GROWTH_MIN) return { failures: [], runHours: 0 }
    const hours = await runByHour(of, period, isMeant)
    let [next, beforeMs] = [0, 0]
    return {
      runHours: sum(hours.map(({ runMs }) => runMs)) / HOUR_MS,
      failures: failures.map((at) => {
        for (; next < hours.length && hours[next]!.end <= at; next++) beforeMs += hours[next]!.runMs
        const { start, end, runMs } = given(hours[next], 'the hour of a failure')
        return (beforeMs + runMs * (at - start) / (end - start)) / HOUR_MS
      }),
    }
  }

  async function runByHour(of: string, { from, to }: Period, isMeant: (row: LossRow) => boolean): Promise<{ readonly start: Instant; readonly end: Instant; readonly runMs: Ms }[]> {
    const edges = [from]
    for (let at = instant((Math.floor(from / HOUR_MS) + 1) * HOUR_MS); at < to; at = later(at, HOUR_MS)) edges.push(at)
    edges.push(to)
    const runs = new Map<Instant, Ms>()
    for (const row of await desk.sums({ equipment: [of], edges, by: [] })) if (isMeant(row)) runs.set(row.minute, (runs.get(row.minute) ?? 0) + row.ms.running + row.ms.micro_stop)
    return edges.slice(1).map((end, i) => ({ start: edges[i]!, end, runMs: runs.get(edges[i]!) ?? 0 }))
  }

  /** What is beside the constraint, and only where each part passes both; where the constraint moves, with the products that it limits. */
  async function ratesIn(line: LineConfig, constraint: string, moves: boolean, shifts: readonly SeriesItem[], period: Period): Promise<Rate[]> {
    const series = inSeries(line)
    if (series.every(({ code }) => code !== constraint)) return []
    const others = new Map<string, ReadonlyMap<string | null, Oee>>()
    for (const { code } of series) if (code !== constraint) others.set(code, byKey(await desk.series({ of: code, ...period, by: 'shift', ...moves ? { limitedBy: constraint } : {} })))
    return ratesOf(byKey(shifts), others)
  }

  /** Hour by hour, and only where something was faster than it can have been. */
  async function fastestIn(of: string, { from, to }: Period): Promise<Fastest[]> {
    const asked = tooFast(await desk.sums({ equipment: [of], edges: [from, to], by: [] }))
    if (asked.length === 0) return []
    const hours: Instant[] = []
    for (let at = Math.ceil(from / HOUR_MS) * HOUR_MS; at <= to; at += HOUR_MS) hours.push(instant(at))
    return hours.length < 2 ? [] : fastestOf(asked, await desk.sums({ equipment: [of], edges: hours, by: [] }))
  }

  async function pairsOf(line: string, period: Period, against: 'history' | 'equipment' | 'benchmark'): Promise<readonly Pair[]> {
    const config = configOf(line)
    if (against === 'equipment') {
      const sides = new Map(await Promise.all(config.equipment.map(async ({ code }) => [code, await sidesOf(code, code, period)] as const)))
      // Of each product against what limits the line with it.
      return [...sides].flatMap(([code, own]) => [...constraintsOf(config).keys()].flatMap((constraint) =>
        code === constraint ? [] : matched(own, sides.get(constraint)!).filter(({ product }) => constraintFor(config, product).code === constraint)))
    }
    const now = await sidesOf(line, against === 'history' ? 'this period' : line, period)
    if (against === 'history') return matched(now, await sidesOf(line, 'the period before', { from: later(period.from, period.from - period.to), to: period.from }))
    return [...now].map(([product, one]) => ({ product, one, other: { name: 'target', target: config.target_oee } }))
  }

  /** By product: only shifts that made the same product are like. */
  async function sidesOf(of: string, name: string, period: Period): Promise<ReadonlyMap<string | null, Side>> {
    const sides = new Map<string | null, { name: string; shifts: Oee[] }>()
    for (const { key, oee, netRunMs } of await desk.shifts({ of, ...period })) {
      const main = key === null ? null : mainProductOf(netRunMs)
      if (main === null) continue
      const side = sides.get(main.product) ?? { name, shifts: [] }
      side.shifts.push(oee)
      sides.set(main.product, side)
    }
    return sides
  }
}

/** Whole days up to the last minute that is in the journal. */
export function lastDays(desk: Pick<Desk, 'now'>, days: number): Period {
  const to = instant(Math.floor(later(desk.now(), -SETTLED_MS) / MINUTE_MS) * MINUTE_MS)
  return { from: later(to, -days * DAY_MS), to }
}

function matched(ones: ReadonlyMap<string | null, Side>, others: ReadonlyMap<string | null, Side>): Pair[] {
  return [...ones].flatMap(([product, one]) => {
    const other = others.get(product)
    return other === undefined ? [] : [{ product, one, other }]
  })
}

export const largest = (tree: readonly LossLeaf[] | null): readonly LossLeaf[] => (tree ?? []).filter(({ points }) => points > 0).slice(0, 3)
const byKey = (items: readonly SeriesItem[]): ReadonlyMap<string | null, Oee> => new Map(items.filter(({ key }) => key !== null).map(({ key, oee }) => [key, oee]))
const valuesOf = (items: readonly SeriesItem[]): (number | null)[] => items.map(({ oee }) => oee.oee)
const secondsPerPart = ({ times, counts }: Oee): number | null => counts.total > 0 && times.net_run > 0 ? times.net_run / counts.total : null

export function trendFigures(values: readonly (number | null)[]): DataOf<'oee_analytics'>['line']['trend'] {
  const trend: Trend | null = trendOf(values, { correlated: true })
  if (trend === null || trend.n < TREND_POINTS_MIN) return null
  return { n: trend.n, s: trend.s, variance: trend.variance, z: trend.z, slope: trend.slope, low: trend.slopeLow, high: trend.slopeHigh, p: trend.p, significant: trend.p < P_MAX }
}

function atTarget({ oee, counts, times }: Oee, target: number): DataOf<'oee_performance_report'>['at_target'] {
  if (oee === null || oee <= 0 || target <= 0) return null
  const { good, hoursForSameGood } = whatIf({ oee, good: counts.good, plannedHours: times.planned_production / 3_600 }, target)
  return { target_oee: target, good, planned_hours_for_same_good: hoursForSameGood }
}

function reliabilityFigures(totals: Oee, stops: readonly StopView[], clock: readonly number[], calls: readonly AndonView[], period: Period): NonNullable<DataOf<'oee_performance_report'>['reliability']> {
  const failures = stops.filter((stop) => stop.reason?.is_failure === true && !stop.micro && instantOf(stop.from)! >= period.from)
  const runHours = totals.times.run / 3_600
  const figures = reliabilityOf(runHours, failures.length, failures.filter(({ to }) => to !== null).map(({ seconds }) => seconds / 3_600))
  const growth: Growth | null = clock.length >= GROWTH_MIN ? growthOf(clock, runHours) : null
  return {
    failures: figures.failures, run_hours: figures.runHours, mtbf_hours: figures.mtbfHours, mtbf_low_hours: figures.mtbfLowHours, mtbf_high_hours: figures.mtbfHighHours,
    mttr_hours: figures.mttrHours, inherent_availability: figures.inherentAvailability, restoration: restorationOf(failures, calls),
    growth: growth === null ? null : { n: growth.n, laplace: growth.laplace, p: growth.p, beta: growth.betaUnbiased, beta_likeliest: growth.beta, lambda: growth.lambda, mtbf_now_hours: growth.mtbfNow, advice: growth.n >= GROWTH_ADVICE_MIN },
  }
}

const changeoverRow = (group: ChangeoverGroup): NonNullable<DataOf<'oee_performance_report'>['changeovers']>[number] => ({
  from_product: group.from, to_product: group.to, n: group.n, median_seconds: group.medianSeconds, p10_seconds: group.p10Seconds, p90_seconds: group.p90Seconds, spread: group.spread, potential_seconds: group.potentialSeconds,
  excess_seconds: group.excessSeconds,
})

/** The rows and their totals, one line each; ratios as fractions, times in seconds. */
function csvReport(groupBy: SeriesBy, rows: readonly SeriesItem[], totals: Oee, { table }: AnalysisWords): Bare {
  const times = Object.keys(totals.times) as (keyof Oee['times'])[]
  const counts = Object.keys(totals.counts) as (keyof Oee['counts'])[]
  const ratios = ['oee', 'availability', 'performance', 'quality', 'utilization', 'teep', 'coverage'] as const
  const lineOf = (key: string, oee: Oee) => [key, oee.window.from, oee.window.to, ...ratios.map((name) => oee[name]), ...times.map((name) => oee.times[name]), ...counts.map((name) => oee.counts[name] ?? 0)]
  const head = [table[groupBy], table.from, table.to, ...ratios.map((name) => table.ratios[name]), ...times.map((name) => table.times[name]), ...counts.map((name) => table.counts[name])]
  return { status: 200, media: 'text/csv; charset=utf-8', bare: csvText([head, ...rows.map(({ key, oee }) => lineOf(key ?? '', oee)), lineOf(table.total, totals)]) }
}

