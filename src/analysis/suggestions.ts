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
 * tells most; the stop that came directly after was often the same trouble; the hour tells of breaks and changes of crew; job and product of
 * material. Fixed, so that the same history gives the same guesses.
 */
const weights: Because = { same_faults: 8, same_fault: 6, next_stop: 6, same_hour: 1, same_job: 2, same_product: 1 }

/**
 * The three heaviest of them. Only what a person has said counts: an automatic reason would confirm itself.
 * What was said of the stop directly after one that nobody explained is always among them: it is offered, and taken by nobody but a person.
 */
export function suggestedReasons(stop: StopView, earlier: readonly StopView[]): Suggestion[] {
  const next = nextStopOf(stop, earlier)
  const bars = new Map<string, { name: string; times: number; weight: number; because: Because }>()
  let weightOfAll = 0
  for (const other of earlier) {
    const { reason } = other
    if (reason === null || other.stop_id === stop.stop_id || other.equipment_code !== stop.equipment_code || (reason.source !== 'operator' && reason.source !== 'edited')) continue
    const alike = alikeness(stop, other, next)
    const bar = bars.get(reason.code) ?? { name: reason.name, times: 0, weight: 0, because: none }
    const weight = 1 + names.reduce((sum, name) => sum + weights[name] * alike[name], 0)
    weightOfAll += weight
    bars.set(reason.code, { ...bar, times: bar.times + 1, weight: bar.weight + weight, because: added(bar.because, alike) })
  }
  const ranked = [...bars].sort(([oneCode, one], [otherCode, other]) => other.weight - one.weight || other.times - one.times || (oneCode < otherCode ? -1 : 1))
  const late = ranked.slice(SUGGESTIONS_MAX).filter(([, { because }]) => because.next_stop > 0)
  return [...ranked.slice(0, SUGGESTIONS_MAX - late.length), ...late]
    .map(([reason, { name, times, weight, because }]) => ({ reason, name, times, same_fault: because.same_fault > 0, because, likelihood: weight / weightOfAll }))
}

/** How soon a stop must begin after another has ended to have followed it directly. */
const DIRECTLY_MS = HOUR_MS

/** The id of the first stop that followed one without a reason, if it came directly; a micro-stop between them says nothing. */
function nextStopOf(stop: StopView, known: readonly StopView[]): string | null {
  if (stop.reason !== null || stop.to === null) return null
  const end = msOf(stop.to)
  const next = known
    .filter((other) => other.equipment_code === stop.equipment_code && other.stop_id !== stop.stop_id && !other.micro && msOf(other.from) >= end && msOf(other.from) - end <= DIRECTLY_MS)
    .reduce<StopView | null>((first, other) => first === null || msOf(other.from) < msOf(first.from) ? other : first, null)
  return next?.stop_id ?? null
}

const msOf = (text: string): number => given(instantOf(text), 'an instant')

const names = ['same_faults', 'same_fault', 'next_stop', 'same_hour', 'same_job', 'same_product'] as const satisfies readonly (keyof Because)[]
const none: Because = { same_faults: 0, same_fault: 0, next_stop: 0, same_hour: 0, same_job: 0, same_product: 0 }
const added = (a: Because, b: Because): Because => ({
  same_faults: a.same_faults + b.same_faults, same_fault: a.same_fault + b.same_fault, next_stop: a.next_stop + b.next_stop,
  same_hour: a.same_hour + b.same_hour, same_job: a.same_job + b.same_job, same_product: a.same_product + b.same_product,
})

/** 1 for each respect in which two stops are alike. Two that had no fault, or no job, are not alike for that. */
function alikeness(stop: StopView, other: StopView, next: string | null): Because {
  const pattern = patternOf(stop)
  return {
    same_faults: Number(pattern !== '' && pattern === patternOf(other)),
    same_fault: Number(stop.cause !== null && stop.cause.fault !== null && stop.cause.fault === other.cause?.fault),
    next_stop: Number(other.stop_id === next),
    same_hour: Number(apartMs(stop, other) <= HOUR_MS),
    same_job: Number(stop.job_id !== null && stop.job_id === other.job_id),
    same_product: Number(stop.product !== null && stop.product === other.product),
  }
}

const patternOf = ({ cause }: StopView): string => [...cause?.faults ?? []].sort().join(' ')

/** How far apart two stops began in the day, round midnight. */
function apartMs(stop: StopView, other: StopView): number {
  const apart = Math.abs(msOf(stop.from) - msOf(other.from)) % DAY_MS
  return Math.min(apart, DAY_MS - apart)
}
