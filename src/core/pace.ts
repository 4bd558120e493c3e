/** Pace: how many parts there should be by now, how far ahead or behind that is, and when a job will be done (domain note 9). */

import { type Instant, type Ms, instant, rfc3339 } from '../base/units.js'
import { type LossSums, targetPartsOf } from '../contract/losses.js'
import type { ViewData } from '../contract/views.js'
import { configAt, productOf } from './lookups.js'
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
 * Without a part made so far the target rate stands in.
 */
export function expectedFinish(line: Line, i: number, job: Job, remaining: number, at: Instant): Progress['expected_finish'] {
  if (job.startedAt === null || remaining <= 0) return { p10: null, p50: null, p90: null }
  const rates = hourlyRates(line, i, job.startedAt, at)
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
  const rates: number[] = []
  for (let end: number = at, hours = 0; hours < RATE_HOURS && end > from; end -= HOUR_MS, hours++) {
    const sums = sumsNow(line, i, { from: instant(Math.max(from, end - HOUR_MS)), to: instant(end) })
    const planned = plannedMs(sums)
    // A sliver of an hour says nothing about a rate.
    if (planned >= HOUR_MS / 12) rates.push(sums.products.reduce((sum, product) => sum + product.good, 0) / planned)
  }
  return rates.sort((a, b) => a - b)
}

function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share
  const low = sorted[Math.floor(place)]!
  return low + (sorted[Math.ceil(place)]! - low) * (place % 1)
}
