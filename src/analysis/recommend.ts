/** Recommendations that stay honest: what the data show, how sure that is, and what they do not show (domain note 10). */

import type { Oee } from '../contract/oee.js'
import { type ChangeoverGroup, SEQUENCE_MIN } from './changeovers.js'
import { type Focus, type Loss, focusOf, losses, lossTree } from './losstree.js'
import { GROWTH_ADVICE_MIN, type Growth } from './reliability.js'
import { median, quantile, sum } from './statistics.js'
import { TREND_POINTS_MIN, type Trend } from './trend.js'

export interface Evidence {
  readonly data: string
  readonly n: number
  readonly period: { readonly from: string; readonly to: string }
  readonly coverage: number | null
  readonly effect: { readonly value: number; readonly unit: string }
  readonly uncertainty: { readonly low: number | null; readonly high: number | null; readonly p: number | null; readonly method: string }
}

export interface Recommendation {
  readonly title: string
  readonly factor: Focus
  readonly loss: Loss | null
  readonly advice: string
  readonly evidence: Evidence
  readonly recoverable_points: number | null
  readonly recoverable_parts: number | null
  readonly caution: string
}

export interface NoFinding { readonly question: string; readonly why: string }

/** What is known about one equipment over one period. */
export interface Known {
  readonly period: Evidence['period']
  readonly whole: Oee
  readonly shifts: readonly Oee[]
  readonly days: Trend | null
  readonly growth: Growth | null
  readonly changeovers: readonly ChangeoverGroup[]
}

const SHIFTS_MIN = 8
const COVERAGE_MIN = 0.95
/** Less than half a point is not worth a person's attention. */
const POINTS_MIN = 0.005
const P_MAX = 0.05
const ASSOCIATION = 'An association in the data is no cause. The gains of several recommendations overlap and must not be added up.'

export function recommend(known: Known, focus: Focus | 'all'): { readonly recommendations: Recommendation[]; readonly no_finding: NoFinding[] } {
  const coverage = known.whole.coverage
  if (coverage === null || coverage < COVERAGE_MIN) {
    return { recommendations: [], no_finding: [{ question: 'anything', why: `coverage is ${coverage === null ? 'undefined' : `${(coverage * 100).toFixed(1)} %`}; below 95 % the data advise nothing` }] }
  }
  const found = [...lossFindings(known), trendFinding(known), growthFinding(known), ...changeoverFindings(known)]
  const isMeant = (factor: Focus): boolean => focus === 'all' || factor === focus
  return {
    recommendations: found.filter((one): one is Recommendation => 'advice' in one && isMeant(one.factor)).sort((one, other) => (other.recoverable_points ?? 0) - (one.recoverable_points ?? 0)),
    no_finding: found.flatMap((one) => ('why' in one && isMeant(one.factor) ? [{ question: one.question, why: one.why }] : [])),
  }
}

type Finding = Recommendation | (NoFinding & { readonly factor: Focus })

const advice: Readonly<Record<Loss, string>> = {
  unplanned_stop: 'Look at the Pareto of its reasons and take away the first.', external_stop: 'Look at what feeds and takes its parts; the cause is not in this equipment.',
  planned_stop: 'Compare the planned stops with their standard.', changeover: 'Make the best quarter of the changeovers the standard.',
  micro_stop: 'Watch where it hesitates: many short stops usually have few causes.', speed_loss: 'Find out what keeps it from its ideal pace, or whether the ideal is right.',
  startup_reject: 'Look at how it is started after long stops.', production_reject: 'Look at the reject reasons.',
}

/** What the own best quarter of the shifts shows to be possible is the realistic share of a loss. */
function lossFindings({ whole, shifts, period }: Known): Finding[] {
  const judged = shifts.filter(({ oee, coverage }) => oee !== null && (coverage ?? 0) >= COVERAGE_MIN)
  const trees = judged.flatMap((shift) => { const tree = lossTree(shift); return tree === null ? [] : [tree] })
  const now = lossTree(whole)
  return losses.map((loss): Finding => {
    const factor = focusOf[loss]
    const question = `Is there less ${loss.replaceAll('_', ' ')} to be had?`
    if (trees.length < SHIFTS_MIN || now === null) return { question, factor, why: `${trees.length} shifts with enough coverage; ${SHIFTS_MIN} are needed` }
    const shares = trees.map((tree) => tree.find((leaf) => leaf.loss === loss)!.points)
    const best = quantile(shares, 0.25)
    const leaf = now.find((one) => one.loss === loss)!
    const gap = leaf.points - best
    if (!(gap >= POINTS_MIN) || leaf.points <= 0) return { question, factor, why: 'the whole period is within half a point of its best quarter of shifts' }
    const share = gap / leaf.points
    const [low, high] = medianInterval(shares)
    return {
      title: `${loss.replaceAll('_', ' ')}: ${(gap * 100).toFixed(1)} points above its own best quarter`, factor, loss, advice: advice[loss],
      evidence: {
        data: 'loss tree of the shifts', n: trees.length, period, coverage: whole.coverage, effect: { value: gap, unit: 'OEE points lost beyond the best quarter of shifts' },
        uncertainty: { low: Math.max(0, low - best), high: Math.max(0, high - best), p: null, method: 'median of the shifts less their best quarter; 95 % interval of the median by order statistics' },
      },
      recoverable_points: leaf.recoverable_points * share, recoverable_parts: leaf.recoverable_parts === null ? null : leaf.recoverable_parts * share, caution: ASSOCIATION,
    }
  })
}

function medianInterval(values: readonly number[]): readonly [low: number, high: number] {
  const sorted = values.toSorted((one, other) => one - other)
  const reach = 0.98 * Math.sqrt(values.length)
  return [sorted[Math.max(0, Math.floor(values.length / 2 - reach))]!, sorted[Math.min(values.length - 1, Math.ceil(values.length / 2 + reach))]!]
}

function trendFinding({ days, whole, period }: Known): Finding {
  const question = 'Does OEE fall from day to day?'
  if (days === null || days.n < TREND_POINTS_MIN) return { question, factor: 'availability', why: `${days?.n ?? 0} days; ${TREND_POINTS_MIN} are needed` }
  if (days.p >= P_MAX || days.slope >= 0) return { question, factor: 'availability', why: `no fall beyond noise (p ${days.p.toFixed(2)})` }
  return {
    title: `OEE falls by ${(-days.slope * 100).toFixed(2)} points a day`, factor: 'availability', loss: null, advice: 'Compare the loss trees of the first and the last days, of the same product.',
    evidence: {
      data: 'OEE of the days', n: days.n, period, coverage: whole.coverage, effect: { value: days.slope, unit: 'OEE points a day' },
      uncertainty: { low: days.slopeLow, high: days.slopeHigh, p: days.p, method: 'Mann-Kendall, corrected for autocorrelation; slope by Theil and Sen' },
    },
    recoverable_points: null, recoverable_parts: null, caution: 'Another product mix can look like a trend. ' + ASSOCIATION,
  }
}

function growthFinding({ growth, whole, period }: Known): Finding {
  const question = 'Do failures come more often?'
  if (growth === null || growth.n < GROWTH_ADVICE_MIN) return { question, factor: 'availability', why: `${growth?.n ?? 0} failures; ${GROWTH_ADVICE_MIN} are needed` }
  if (growth.p >= P_MAX || growth.laplace <= 0) return { question, factor: 'availability', why: `no change for the worse beyond noise (Laplace ${growth.laplace.toFixed(2)})` }
  return {
    title: `failures come more often: one in ${growth.mtbfNow.toFixed(1)} h of run now`, factor: 'availability', loss: 'unplanned_stop', advice: 'Look for wear: the failures of the last days against those of the first.',
    evidence: {
      data: 'failures on the clock of run time', n: growth.n, period, coverage: whole.coverage, effect: { value: growth.betaUnbiased, unit: 'Crow-AMSAA beta; above 1 it gets worse' },
      uncertainty: { low: null, high: null, p: growth.p, method: 'Laplace' },
    },
    recoverable_points: null, recoverable_parts: null, caution: ASSOCIATION,
  }
}

function changeoverFindings({ changeovers, whole, period }: Known): Finding[] {
  const question = 'Is there time in the changeovers?'
  const enough = changeovers.filter(({ n }) => n >= SEQUENCE_MIN)
  if (enough.length === 0) return [{ question, factor: 'availability', why: `no pair of products was changed ${SEQUENCE_MIN} times` }]
  const planned = whole.times.planned_production
  const potential = sum(enough.map(({ potentialSeconds }) => potentialSeconds))
  const points = planned > 0 ? (potential / planned) * (whole.performance ?? 0) * (whole.quality ?? 0) : 0
  if (points < POINTS_MIN) return [{ question, factor: 'availability', why: 'what lies above the best quarter of each group is less than half a point' }]
  const perPart = whole.counts.total > 0 ? whole.times.net_run / whole.counts.total : 0
  return [{
    title: `changeovers: ${(potential / 3_600).toFixed(1)} h above the best quarter of each pair`, factor: 'availability', loss: 'changeover', advice: advice.changeover,
    evidence: {
      data: 'changeovers by pair of products', n: sum(enough.map(({ n }) => n)), period, coverage: whole.coverage, effect: { value: potential, unit: 'seconds' },
      uncertainty: { low: median(enough.map(({ p10Seconds }) => p10Seconds)), high: median(enough.map(({ p90Seconds }) => p90Seconds)), p: null, method: '10th and 90th percentile of a changeover, in seconds' },
    },
    recoverable_points: points, recoverable_parts: perPart > 0 ? (points * planned) / perPart : null, caution: ASSOCIATION,
  }]
}
