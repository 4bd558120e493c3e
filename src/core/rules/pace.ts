/** Pace: how many parts there should be by now, how far ahead or behind that is, and when a job will be done (domain note 9). */

import { limits } from '../../base/limits.js'
import { type Instant, type Ms, instant, instantOf, rfc3339 } from '../../base/units.js'
import type { Made } from '../../contract/journal.js'
import { type LossSums, targetPartsOf } from '../../contract/losses.js'
import type { ViewData } from '../../contract/views.js'
import { type Losses, asOfThen, knownFrom, sumLosses } from '../losses/losses.js'
import { plannedMs } from '../losses/oee.js'
import { configAt, equipmentAt, productOf } from '../memory/lookups.js'
import type { Equipment, Job, Line } from '../memory/memory.js'
import { AHEAD_MS_MAX, afterPlanned, asWorks, plannedMsBetween } from '../memory/schedule.js'
import { sumsNow } from '../memory/windows.js'
import { type LinePlan, idealMsPerPart } from '../time/plan.js'

type Progress = Extract<ViewData<'job_progress'>, { status: 'active' }>
type Pace = Omit<Progress['pace'], 'takt_seconds'>

const HOUR_MS = 3_600_000
/** How far back rates are looked at. */
const RATE_HOURS = 8
/** The same for the product, on other jobs; loss rows in memory reach back about as far. */
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

/** The pace that demand asks for: planned time from the start of a job to its due date, for each part of its order. `null` where no calendar reaches that far. */
export function taktMs(line: Line, { startedAt, order, equipment }: Job): Ms | null {
  const due = order.due === null ? null : instantOf(order.due)
  if (startedAt === null || due === null || due <= startedAt || due - startedAt > AHEAD_MS_MAX || order.quantity <= 0) return null
  return plannedMsBetween(equipment === null ? line : asWorks(line, equipment), startedAt, due) / order.quantity
}

/**
 * When the remaining parts will be there: the first instant at which future planned time times the expected rate covers them.
 * The rate is good parts per planned time of the job's last hours; slow and fast hours (10th and 90th percentile) give the range.
 * Without a part made so far the hours in which this product was last made here stand in, and where nobody knows of any, the target rate.
 */
export function expectedFinish(line: Line, i: number, job: Job, remaining: number, at: Instant): Progress['expected_finish'] {
  if (job.startedAt === null || remaining <= 0) return { p10: null, p50: null, p90: null }
  const own = hourlyRates(line, i, job.startedAt, at)
  const rates = own.some((rate) => rate > 0) ? own : productRates(line, i, job.startedAt)
  const fallback = 1 / targetMsPerPart(line, i)
  const rateAt = (share: number) => rates.some((rate) => rate > 0) ? quantile(rates, share) : fallback
  const finish = (rate: number) => {
    const found = rate > 0 && Number.isFinite(rate) ? afterPlanned(asWorks(line, equipmentAt(line, i).code), at, remaining / rate) : null
    return found === null ? null : rfc3339(found)
  }
  return { p10: finish(rateAt(0.9)), p50: finish(rateAt(0.5)), p90: finish(rateAt(0.1)) }
}

/** Good parts per planned millisecond, of each of the job's last hours in which production was planned. */
function hourlyRates(line: Line, i: number, from: Instant, at: Instant): number[] {
  const hours: LossSums[] = []
  for (let end: number = at; hours.length < RATE_HOURS && end > from; end -= HOUR_MS) hours.push(sumsNow(line, i, { from: instant(Math.max(from, end - HOUR_MS)), to: instant(end) }))
  return ratesOf(hours.map(madeIn))
}

/** The same of the hours in which the product was last made here that is made now: those before the job began, or those that are remembered. */
function productRates(line: Line, i: number, to: Instant): readonly number[] {
  const { losses, seen: { paces } } = equipmentAt(line, i)
  const product = productOf(line, i)
  if (product === null) return []
  const rates = ratesBefore(losses, product, to, line.plan)
  return rates.some((rate) => rate > 0) ? rates : paces.get(product) ?? []
}

function ratesBefore(losses: Losses, product: string, to: Instant, plan: LinePlan): number[] {
  const known = knownFrom(losses)
  if (known === null) return []
  const settled = asOfThen(losses, to, plan)
  const hours: LossSums[] = []
  for (let from = Math.floor(Math.max(known, to - HISTORY_HOURS * HOUR_MS) / HOUR_MS) * HOUR_MS; from < to; from += HOUR_MS) {
    hours.push(sumLosses(settled, instant(from), instant(Math.min(from + HOUR_MS, to)), plan, { product }))
  }
  return ratesOf(hours.map(madeIn))
}

/** An equipment that was set up for another product remembers how fast it made the one before, for longer than its loss rows reach back. */
export function withPace(equipment: Equipment, before: Losses, at: Instant, plan: LinePlan): Equipment {
  const product = before.timeline.works.at(-1)?.product ?? null
  if (product === null || product === (equipment.losses.timeline.works.at(-1)?.product ?? null)) return equipment
  return remembering(equipment, product, ratesBefore(before, product, at, plan))
}

/** What the journal knows of products, oldest first. */
export function withPaces(line: Line, hours: readonly Made[]): Line {
  return { ...line, equipment: line.equipment.map((one) => {
    const own = hours.filter(({ equipment }) => equipment === one.code)
    return [...new Set(own.map(({ product }) => product))].reduce((known, product) => remembering(known, product, ratesOf(own.filter((made) => made.product === product))), one)
  }) }
}

function remembering(equipment: Equipment, product: string, rates: readonly number[]): Equipment {
  if (!rates.some((rate) => rate > 0)) return equipment
  const others = [...equipment.seen.paces].filter(([one]) => one !== product)
  return { ...equipment, seen: { ...equipment.seen, paces: new Map([...others.slice(1 - limits.pacesPerEquipmentMax), [product, rates]]) } }
}

/** In order of size. A sliver of an hour says nothing about a rate. */
const ratesOf = (hours: readonly Pick<Made, 'good' | 'plannedMs'>[]): number[] =>
  hours.filter((hour) => hour.plannedMs >= HOUR_MS / 12).map((hour) => hour.good / hour.plannedMs).sort((a, b) => a - b)

const madeIn = (sums: LossSums): Pick<Made, 'good' | 'plannedMs'> => ({ good: sums.products.reduce((sum, product) => sum + product.good, 0), plannedMs: plannedMs(sums) })

function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share
  const low = sorted[Math.floor(place)]!
  return low + (sorted[Math.ceil(place)]! - low) * (place % 1)
}
