/** What the time to repair was made of: until somebody knew, took it on, came, mended it, and the equipment produced again (domain note 7.3). */

import { given } from '../base/assert.js'
import { type Instant, instantOf } from '../base/units.js'
import type { DataOf } from '../contract/endpoints/table.js'
import type { AndonView, StopView } from '../contract/views.js'
import { mean } from './statistics.js'

export type Restoration = NonNullable<NonNullable<DataOf<'oee_performance_report'>['reliability']>['restoration']>
const steps = ['detect', 'acknowledge', 'arrive', 'repair', 'verify'] as const satisfies readonly (keyof Restoration)[]

/**
 * Of failures that have ended, by the first call for help with each that somebody answered before it was over, or else by the first: one that the stop or a fault raised, or a
 * person while the equipment stood. A machine may call more than once, and people answer one of these calls. A step counts where both its ends are known; of a failure whose steps are all known they add up to its length. `null` when nobody was called to any.
 */
export function restorationOf(failures: readonly StopView[], calls: readonly AndonView[]): Restoration | null {
  const found = failures.flatMap((stop) => {
    const its = stop.to === null ? [] : calls.filter((one) => isFor(one, stop))
    const call = its.find((one) => isAnswered(one, stop)) ?? its[0]
    return call === undefined ? [] : [stepsOf(stop.from, stop.to!, call)]
  })
  if (found.length === 0) return null
  const stepOf = (step: (typeof steps)[number]): Restoration['detect'] => {
    const seconds = found.flatMap((one) => one[step] ?? [])
    return { failures: seconds.length, mean_seconds: seconds.length === 0 ? null : mean(seconds) }
  }
  return { detect: stepOf('detect'), acknowledge: stepOf('acknowledge'), arrive: stepOf('arrive'), repair: stepOf('repair'), verify: stepOf('verify') }
}

const isFor = (call: AndonView, { stop_id, equipment_code, from, to }: StopView): boolean => call.stop_id === stop_id
  || (call.stop_id === null && call.equipment_code === equipment_code && (call.andon_type === 'stop' || call.andon_type === 'maintenance') && at(call.raised_at) >= at(from) && to !== null && at(call.raised_at) <= at(to))

const isAnswered = ({ acknowledged_at, attended_at }: AndonView, { to }: StopView): boolean => [acknowledged_at, attended_at].some((answer) => answer !== null && to !== null && at(answer) <= at(to))

/** In seconds. What was said after the equipment ran again was said too late to tell anything of it. */
function stepsOf(from: string, to: string, call: AndonView): Record<(typeof steps)[number], number | null> {
  const [start, end] = [at(from), at(to)]
  const within = (text: string | null): Instant | null => text === null || at(text) > end ? null : at(text)
  const [raised, acknowledged, attended, resolved] = [within(call.raised_at), within(call.acknowledged_at), within(call.attended_at), within(call.resolved_at)]
  return {
    detect: between(start, raised), acknowledge: between(raised, acknowledged), arrive: between(acknowledged, attended),
    // A call that ends with its stop says nothing of a time between.
    repair: between(attended, resolved ?? end), verify: resolved === end ? null : between(resolved, end),
  }
}

const at = (text: string): Instant => given(instantOf(text), 'an instant')
const between = (from: Instant | null, to: Instant | null): number | null => from === null || to === null || to < from ? null : (to - from) / 1_000
