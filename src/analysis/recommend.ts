/** Recommendations that stay honest: what the data show, how sure that is, and what they do not show (domain note 10). */

import { COVERAGE_MIN, type Oee } from '../contract/oee.js'
import type { Rate } from './bottleneck.js'
import { type ChangeoverGroup, SEQUENCE_MIN } from './changeovers.js'
import { type Fastest, HOURS_MIN } from './fastest.js'
import { type Focus, type Loss, focusOf, losses, lossTree } from './losstree.js'
import { GROWTH_ADVICE_MIN, type Growth } from './reliability.js'
import { median, medianInterval, quantile, sum } from './statistics.js'
import { TREND_POINTS_MIN, type Trend } from './trend.js'
import { type AnalysisWords, en } from './words/en.js'

export interface Evidence {
  readonly data: string
  readonly n: number
  readonly period: { readonly from: string; readonly to: string }
  readonly coverage: number | null
  readonly effect: { readonly value: number; readonly unit: string }
  readonly uncertainty: { readonly low: number | null; readonly high: number | null; readonly p: number | null; readonly method: string }
}

export interface Recommendation {
  readonly equipment_code: string
  /** Of the planned time of the line: that in which this equipment limited it. 1 where what limits the line does not move with the product. */
  readonly share: number
  readonly title: string
  readonly factor: Focus
  readonly loss: Loss | null
  readonly advice: string
  readonly evidence: Evidence
  /** Of the line, whatever the share. */
  readonly recoverable_points: number | null
  readonly recoverable_parts: number | null
  readonly caution: string
}

export interface NoFinding { readonly equipment_code: string; readonly question: string; readonly why: string }

/** What is known about one equipment over one period; where it limits the line with some products alone, about what it did with these. */
export interface Known {
  readonly equipment: string
  /** Of the planned time of the line, in which it limited it. */
  readonly share: number
  /** Whether others limit the line with other products. */
  readonly moves: boolean
  readonly period: Evidence['period']
  readonly whole: Oee
  readonly shifts: readonly Oee[]
  readonly days: Trend | null
  readonly growth: Growth | null
  readonly changeovers: readonly ChangeoverGroup[]
  /** What is made faster than its ideal time. */
  readonly fastest: readonly Fastest[]
  /** The equipment in series with it, by how fast each would be without its neighbours, the slowest first. */
  readonly rates: readonly Rate[]
}

const SHIFTS_MIN = 8
/** Less of a shift tells more of where it was cut than of what was lost in it. */
const SHIFT_SECONDS_MIN = 3_600
/** Less than half a point is not worth a person's attention. */
const POINTS_MIN = 0.005
const P_MAX = 0.05
/** Less than two percent slower is not worth another way to count. */
const SLOWER_MAX = 0.98

/** Of all that limited the line, each by itself: what one of them makes with its products is like nothing that another makes. */
export function recommendAll(all: readonly Known[], focus: Focus | 'all', words: AnalysisWords = en): Recommended {
  const found = all.map((known) => recommend(known, focus, words))
  return { recommendations: found.flatMap(({ recommendations }) => recommendations).sort(byGain), no_finding: found.flatMap((one) => one.no_finding) }
}

export interface Recommended { readonly recommendations: Recommendation[]; readonly no_finding: NoFinding[] }

const byGain = (one: Recommendation, other: Recommendation): number => (other.recoverable_points ?? 0) - (one.recoverable_points ?? 0)

export function recommend(known: Known, focus: Focus | 'all', words: AnalysisWords = en): Recommended {
  const { whole: { coverage }, equipment: equipment_code, share, moves } = known
  if (coverage === null || coverage < COVERAGE_MIN) {
    return { recommendations: [], no_finding: [{ equipment_code, question: words.recommend.anything, why: words.recommend.blind(coverage === null ? words.recommend.undefined : `${words.number(coverage * 100, 1)} %`) }] }
  }
  const found = [...lossFindings(known, words), trendFinding(known, words), growthFinding(known, words), ...changeoverFindings(known, words), ...idealFindings(known, words), ...constraintFinding(known, words)]
  const isMeant = (factor: Focus): boolean => focus === 'all' || factor === focus
  return {
    recommendations: found.flatMap((one) => ('advice' in one && isMeant(one.factor) ? [ofTheLine(one)] : [])).sort(byGain),
    no_finding: found.flatMap((one) => ('why' in one && isMeant(one.factor) ? [{ equipment_code, question: one.question, why: one.why }] : [])),
  }

  function ofTheLine(one: Found): Recommendation {
    const { evidence, recoverable_points: points } = one
    const limited = moves ? { evidence: { ...evidence, data: words.recommend.limitedData(evidence.data, equipment_code, words.number(share * 100, 1)) } } : {}
    return { equipment_code, share, ...one, ...limited, recoverable_points: points === null ? null : points * share }
  }
}

/** What is found in the time in which the equipment limits the line. */
type Found = Omit<Recommendation, 'equipment_code' | 'share'>
type Finding = Found | (Omit<NoFinding, 'equipment_code'> & { readonly factor: Focus })

/** What the own best quarter of the shifts shows to be possible is the realistic share of a loss. */
function lossFindings({ whole, shifts, period }: Known, { recommend: said, losses: names, number }: AnalysisWords): Finding[] {
  const judged = shifts.filter(({ oee, coverage, times }) => oee !== null && (coverage ?? 0) >= COVERAGE_MIN && times.planned_production >= SHIFT_SECONDS_MIN)
  const trees = judged.flatMap((shift) => { const tree = lossTree(shift); return tree === null ? [] : [tree] })
  const now = lossTree(whole)
  return losses.map((loss): Finding => {
    const factor = focusOf[loss]
    const question = said.lossQuestion(names[loss])
    if (trees.length < SHIFTS_MIN || now === null) return { question, factor, why: said.fewShifts(String(trees.length), String(SHIFTS_MIN)) }
    const shares = trees.map((tree) => tree.find((leaf) => leaf.loss === loss)!.points)
    const best = quantile(shares, 0.25)
    const leaf = now.find((one) => one.loss === loss)!
    const gap = leaf.points - best
    if (!(gap >= POINTS_MIN) || leaf.points <= 0) return { question, factor, why: said.atBest }
    const share = gap / leaf.points
    const [low, high] = medianInterval(shares)
    return {
      title: said.lossTitle(names[loss], number(gap * 100, 1)), factor, loss, advice: said.advice[loss],
      evidence: {
        data: said.lossData, n: trees.length, period, coverage: whole.coverage, effect: { value: gap, unit: said.lossEffect },
        uncertainty: { low: Math.max(0, low - best), high: Math.max(0, high - best), p: null, method: said.lossMethod },
      },
      recoverable_points: leaf.recoverable_points * share, recoverable_parts: leaf.recoverable_parts === null ? null : leaf.recoverable_parts * share, caution: said.association,
    }
  })
}

function trendFinding({ days, whole, period }: Known, { recommend: said, number }: AnalysisWords): Finding {
  const question = said.trendQuestion
  if (days === null || days.n < TREND_POINTS_MIN) return { question, factor: 'availability', why: said.fewDays(String(days?.n ?? 0), String(TREND_POINTS_MIN)) }
  if (days.p >= P_MAX || days.slope >= 0) return { question, factor: 'availability', why: said.noFall(number(days.p, 2)) }
  return {
    title: said.trendTitle(number(-days.slope * 100, 2)), factor: 'availability', loss: null, advice: said.trendAdvice,
    evidence: {
      data: said.trendData, n: days.n, period, coverage: whole.coverage, effect: { value: days.slope, unit: said.trendEffect },
      uncertainty: { low: days.slopeLow, high: days.slopeHigh, p: days.p, method: said.trendMethod },
    },
    recoverable_points: null, recoverable_parts: null, caution: said.mix,
  }
}

function growthFinding({ growth, whole, period }: Known, { recommend: said, number }: AnalysisWords): Finding {
  const question = said.growthQuestion
  if (growth === null || growth.n < GROWTH_ADVICE_MIN) return { question, factor: 'availability', why: said.fewFailures(String(growth?.n ?? 0), String(GROWTH_ADVICE_MIN)) }
  if (growth.p >= P_MAX || growth.laplace <= 0) return { question, factor: 'availability', why: said.noGrowth(number(growth.laplace, 2)) }
  return {
    title: said.growthTitle(number(growth.mtbfNow, 1)), factor: 'availability', loss: 'unplanned_stop', advice: said.growthAdvice,
    evidence: {
      data: said.growthData, n: growth.n, period, coverage: whole.coverage, effect: { value: growth.betaUnbiased, unit: said.growthEffect },
      uncertainty: { low: null, high: null, p: growth.p, method: said.growthMethod },
    },
    recoverable_points: null, recoverable_parts: null, caution: said.association,
  }
}

/** A gain of speed is an ideal time that is too slow, or a mistake in the counts: the pace that was held is offered, with what to look at first. */
function idealFindings({ fastest, whole, period }: Known, { recommend: said, number }: AnalysisWords): Finding[] {
  const [question, factor] = [said.idealQuestion, 'performance' as const]
  if (fastest.length === 0) return [{ question, factor, why: said.idealRight }]
  return fastest.map(({ product, ideal, held, fastestHour, middleHour, hours }): Finding => held === null ? { question, factor, why: said.fewHours(product ?? said.noProduct, String(hours), String(HOURS_MIN)) } : {
    title: said.idealTitle(product ?? said.noProduct, number(held, 3), number(ideal, 3)), factor, loss: null, advice: said.idealAdvice,
    evidence: {
      data: said.idealData, n: hours, period, coverage: whole.coverage, effect: { value: held, unit: said.idealEffect },
      uncertainty: { low: fastestHour, high: middleHour, p: null, method: said.idealMethod },
    },
    recoverable_points: null, recoverable_parts: null, caution: said.idealCaution,
  })
}

/** Whoever is slower by itself and waits less limits the line, whatever is declared. Alone on its line nobody asks. */
function constraintFinding({ rates, whole, period, moves }: Known, { recommend: said, number }: AnalysisWords): Finding[] {
  const [slowest] = rates
  if (slowest === undefined) return []
  const [question, factor] = [said.constraintQuestion, 'performance' as const]
  const { equipment, shifts, share, low, high, waits, constraintWaits } = slowest
  if (shifts < SHIFTS_MIN) return [{ question, factor, why: said.fewShifts(String(shifts), String(SHIFTS_MIN)) }]
  if (high >= 1 || share > SLOWER_MAX || waits >= constraintWaits) return [{ question, factor, why: said.constraintRight(equipment, number(share * 100, 1)) }]
  return [{
    title: said.constraintTitle(equipment, number((1 - share) * 100, 1)), factor, loss: null, advice: (moves ? said.constraintAdviceMoving : said.constraintAdvice)(equipment, number(waits * 100, 1), number(constraintWaits * 100, 1)),
    evidence: { data: said.constraintData, n: shifts, period, coverage: whole.coverage, effect: { value: share, unit: said.constraintEffect }, uncertainty: { low, high, p: null, method: said.constraintMethod } },
    recoverable_points: null, recoverable_parts: null, caution: said.constraintCaution,
  }]
}

function changeoverFindings({ changeovers, whole, period }: Known, { recommend: said, number }: AnalysisWords): Finding[] {
  const question = said.changeoverQuestion
  const enough = changeovers.filter(({ n }) => n >= SEQUENCE_MIN)
  if (enough.length === 0) return [{ question, factor: 'availability', why: said.fewChangeovers(String(SEQUENCE_MIN)) }]
  const planned = whole.times.planned_production
  const potential = sum(enough.map(({ potentialSeconds }) => potentialSeconds))
  const points = planned > 0 ? (potential / planned) * (whole.performance ?? 0) * (whole.quality ?? 0) : 0
  if (points < POINTS_MIN) return [{ question, factor: 'availability', why: said.shortChangeovers }]
  const perPart = whole.counts.total > 0 ? whole.times.net_run / whole.counts.total : 0
  return [{
    title: said.changeoverTitle(number(potential / 3_600, 1)), factor: 'availability', loss: 'changeover', advice: said.advice.changeover,
    evidence: {
      data: said.changeoverData, n: sum(enough.map(({ n }) => n)), period, coverage: whole.coverage, effect: { value: potential, unit: said.seconds },
      uncertainty: { low: median(enough.map(({ p10Seconds }) => p10Seconds)), high: median(enough.map(({ p90Seconds }) => p90Seconds)), p: null, method: said.changeoverMethod },
    },
    recoverable_points: points, recoverable_parts: perPart > 0 ? (points * planned) / perPart : null, caution: said.association,
  }]
}
