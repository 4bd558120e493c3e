/** Pace: how many parts there should be by now, how far ahead or behind that is, and when a job will be done (domain note 9). */

import { type Instant, type Ms, instant, rfc3339 } from '../base/units.js'
import { type LossSums, targetPartsOf } from '../contract/losses.js'
import type { ViewData } from '../contract/views.js'
import { configAt, equipmentAt, productOf } from './lookups.js'
import { knownFrom, sumLosses } from './losses.js'
import type { Job, Line } from './memory.js'
import { plannedMs } from './oee.js'
import { idealMsPerPart } from './plan.js'
import { afterPlanned } from './schedule.js'
import { sumsNow } from './windows.js'

type Progress = Extract<ViewData<'job_progress'>, { status: 'active' }>
type Pace = Progress['pace']

const HOUR_MS = 3_600_000
/** How far back rates are looked at. */
const RATE_HOURS = 8
/** The same for the product, on other jobs; memory holds about as many. */
const HISTORY_HOURS = 96

/** Time a part may take so that the target OEE is met. */
const targetMsPerPart = (line: Line, i: number): Ms =>
  idealMsOf(line, i) / line.plan.line.target_oee

const idealMsOf = (line: Line, i: number): Ms => idealMsPerPart(line.plan, configAt(line, i), productOf(line, i))

/** Breaks and blind time do not raise the target: it grows with planned production time alone. */
export function paceOf(line: Line, i: number, sums: LossSums, good: number): Pace {
  const target = targetPartsOf(plannedMs(sums), idealMsOf(line, i), line.plan.line.target_oee)
  if (target === null) return { target_now: null, ahead_parts: null, ahead_seconds: null }
  return { target_now: target, ahead_parts: good - target, ahead_seconds: (good - target) * targetMsPerPart(line, i) / 1_000 }
}

/**
 * When the remaining parts will be there: the first instant at which future planned time times the expected rate covers them.
 * The rate is good parts per planned time of the job's last hours; slow and fast hours (10th and 90th percentile) give the range.
 * Without a part made so far the hours in which this product was last made here stand in, and where memory holds none, the target rate.
 */
export function expectedFinish(line: Line, i: number, job: Job, remaining: number, at: Instant): Progress['expected_finish'] {
  if (job.startedAt === null || remaining <= 0) return { p10: null, p50: null, p90: null }
  const own = hourlyRates(line, i, job.startedAt, at)
  const rates = own.some((rate) => rate > 0) ? own : productRates(line, i, job.startedAt)
  const fallback = 1 / targetMsPerPart(line, i)
  const rateAt = (share: number) => rates.some((rate) => rate > 0) ? quantile(rates, share) : fallback
  const finish = (rate: number) => {
    const found = rate > 0 && Number.isFinite(rate) ? afterPlanned(line, at, remaining / rate) : null
    return found === null ? null : rfc3339(found)
  }
  return { p10: finish(rateAt(0.9)), p50: finish(rateAt(0.5)), p90: finish(rateAt(0.1)) }
}

/** Good parts per planned millisecond, of each of the job's last hours in which production was planned. */
function hourlyRates(line: Line, i: number, from: Instant, at: Instant): number[] {
  const hours: LossSums[] = []
  for (let end: number = at; hours.length < RATE_HOURS && end > from; end -= HOUR_MS) hours.push(sumsNow(line, i, { from: instant(Math.max(from, end - HOUR_MS)), to: instant(end) }))
  return ratesOf(hours)
}

/** The same of the hours before `to` in which the product was made here that is made now. */
function productRates(line: Line, i: number, to: Instant): number[] {
  const { losses } = equipmentAt(line, i)
  const [product, known] = [productOf(line, i), knownFrom(losses)]
  if (product === null || known === null) return []
  const hours: LossSums[] = []
  for (let from = Math.floor(Math.max(known, to - HISTORY_HOURS * HOUR_MS) / HOUR_MS) * HOUR_MS; from < to; from += HOUR_MS) {
    hours.push(sumLosses(losses, instant(from), instant(Math.min(from + HOUR_MS, to)), line.plan, { product }))
  }
  return ratesOf(hours)
}

/** In order of size. A sliver of an hour says nothing about a rate. */
const ratesOf = (hours: readonly LossSums[]): number[] => hours.filter((sums) => plannedMs(sums) >= HOUR_MS / 12)
  .map((sums) => sums.products.reduce((sum, product) => sum + product.good, 0) / plannedMs(sums)).sort((a, b) => a - b)

function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share
  const low = sorted[Math.floor(place)]!
  return low + (sorted[Math.ceil(place)]! - low) * (place % 1)
}
