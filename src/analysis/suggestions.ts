/** The likely reasons of a stop: what people said before of stops like it, with the counts that speak for each. */

import { given } from '../base/assert.js'
import { instantOf } from '../base/units.js'
import type { DataOf } from '../contract/endpoints/table.js'
import type { StopView } from '../contract/views.js'

export type Suggestion = DataOf<'suggested_reasons'>['suggestions'][number]
type Because = Suggestion['because']

const SUGGESTIONS_MAX = 3
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * How much more an earlier stop says that is alike in this, beside the one it counts by being of the same equipment. What the controls saw
 * tells most; the hour tells of breaks and changes of crew; job and product of material. Fixed, so that the same history gives the same guesses.
 */
const weights: Because = { same_faults: 8, same_fault: 6, same_hour: 1, same_job: 2, same_product: 1 }

/** The three heaviest of them. Only what a person has said counts: an automatic reason would confirm itself. */
export function suggestedReasons(stop: StopView, earlier: readonly StopView[]): Suggestion[] {
  const bars = new Map<string, { name: string; times: number; weight: number; because: Because }>()
  let weightOfAll = 0
  for (const other of earlier) {
    const { reason } = other
    if (reason === null || other.stop_id === stop.stop_id || other.equipment_code !== stop.equipment_code || (reason.source !== 'operator' && reason.source !== 'edited')) continue
    const alike = alikeness(stop, other)
    const bar = bars.get(reason.code) ?? { name: reason.name, times: 0, weight: 0, because: none }
    const weight = 1 + names.reduce((sum, name) => sum + weights[name] * alike[name], 0)
    weightOfAll += weight
    bars.set(reason.code, { ...bar, times: bar.times + 1, weight: bar.weight + weight, because: added(bar.because, alike) })
  }
  return [...bars]
    .sort(([oneCode, one], [otherCode, other]) => other.weight - one.weight || other.times - one.times || (oneCode < otherCode ? -1 : 1))
    .slice(0, SUGGESTIONS_MAX)
    .map(([reason, { name, times, weight, because }]) => ({ reason, name, times, same_fault: because.same_fault > 0, because, likelihood: weight / weightOfAll }))
}

const names = ['same_faults', 'same_fault', 'same_hour', 'same_job', 'same_product'] as const satisfies readonly (keyof Because)[]
const none: Because = { same_faults: 0, same_fault: 0, same_hour: 0, same_job: 0, same_product: 0 }
const added = (a: Because, b: Because): Because => ({
  same_faults: a.same_faults + b.same_faults, same_fault: a.same_fault + b.same_fault, same_hour: a.same_hour + b.same_hour, same_job: a.same_job + b.same_job, same_product: a.same_product + b.same_product,
})

/** 1 for each respect in which two stops are alike. Two that had no fault, or no job, are not alike for that. */
function alikeness(stop: StopView, other: StopView): Because {
  const pattern = patternOf(stop)
  return {
    same_faults: Number(pattern !== '' && pattern === patternOf(other)),
    same_fault: Number(stop.cause !== null && stop.cause.fault !== null && stop.cause.fault === other.cause?.fault),
    same_hour: Number(apartMs(stop, other) <= HOUR_MS),
    same_job: Number(stop.job_id !== null && stop.job_id === other.job_id),
    same_product: Number(stop.product !== null && stop.product === other.product),
  }
}

const patternOf = ({ cause }: StopView): string => [...cause?.faults ?? []].sort().join(' ')

/** How far apart two stops began in the day, round midnight. */
function apartMs(stop: StopView, other: StopView): number {
  const apart = Math.abs(given(instantOf(stop.from), 'an instant') - given(instantOf(other.from), 'an instant')) % DAY_MS
  return Math.min(apart, DAY_MS - apart)
}
