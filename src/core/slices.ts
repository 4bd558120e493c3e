/** Cuts the known time of an equipment into slices: each lies in one leaf, one shift, one job. */

import { type Instant, type Ms, instant, since } from '../base/units.js'
import type { EquipmentConfig, StateClass } from '../contract/config.js'
import type { TimeLeaf } from '../contract/losses.js'
import { type LossRules, leafOf } from './attribution.js'
import type { Period } from './calendar.js'
import { type LinePlan, idealMsPerPart } from './plan.js'
import { slotAt } from './shifts.js'
import { type StateSpan, type Timeline, indexAt, sameIdeal } from './timeline.js'

export interface Slice extends Period {
  readonly leaf: TimeLeaf
  readonly shift: string | null
  readonly job: string | null
  readonly product: string | null
  readonly idealMs: number
}

/**
 * The slices of [from, to), in order, without gap or overlap. What has not ended by `asOf` is as long as it is then:
 * a standstill younger than the micro-stop threshold is provisional.
 */
export function slicesOf(timeline: Timeline, from: Instant, to: Instant, asOf: Instant, plan: LinePlan, equipment: EquipmentConfig): Slice[] {
  const rules: LossRules = { breaks: plan.calendar.breaks, noOrder: equipment.no_order, microMs: equipment.micro_stop }
  const { states, stops, works, changeovers } = timeline
  const slices: Slice[] = []
  let at = from
  while (at < to) {
    const slot = slotAt(plan.calendar, plan.timeZone, at)
    const stateIndex = indexAt(states, at)
    const work = spanAt(works, at)
    const stop = spanAt(stops, at)
    const changeover = spanAt(changeovers, at)
    const end = instant(Math.min(to, slot.to, states[stateIndex + 1]?.from ?? to, work.until, stop.until, changeover.until))

    const inChangeover = changeover.span !== null
    const work_ = inChangeover && (changeover.span.job !== null || changeover.span.product !== null) ? { ...changeover.span, idealMs: null } : work.span
    const product = work_?.product ?? null
    const stopMs = stop.span === null ? 0 : since(stop.span.to ?? asOf, stop.span.from)
    slices.push({
      from: at, to: end,
      leaf: leafOf({
        schedule: slot.shift === null ? 'closed' : slot.inBreak ? 'break' : 'open',
        state: bookedState(states, stateIndex, equipment.no_data),
        why: stop.span?.why ?? null,
        inChangeover, hasJob: (work_?.job ?? null) !== null,
        standingMs: Math.max(stopMs, standingMs(states, stateIndex, equipment.no_data, asOf)),
      }, rules),
      shift: slot.shift?.id ?? null,
      job: work_?.job ?? null,
      product,
      idealMs: work_?.idealMs ?? sameIdeal(idealMsPerPart(plan, equipment, product)),
    })
    at = end
  }
  return slices
}

/** The state a span is booked by: blind time is a state of its own, a stop, or what was before. */
export function bookedState(states: readonly StateSpan[], index: number, policy: EquipmentConfig['no_data']): StateClass {
  const state = states[index]?.state ?? 'unknown'
  // Before the first word of an equipment there is nothing to hold, and no machine that could stand.
  if (state !== 'unknown' || index < 0 || policy === 'exclude') return state
  if (policy === 'hold') return bookedState(states, index - 1, policy)
  return states.slice(0, index).some((span) => span.state !== 'unknown') ? 'stopped' : 'unknown'
}

/** How long the standstill lasts that the state at `index` is part of: from the end of one run to the start of the next. */
function standingMs(states: readonly StateSpan[], index: number, policy: EquipmentConfig['no_data'], asOf: Instant): Ms {
  const stands = (at: number) => {
    const state = bookedState(states, at, policy)
    return state !== 'running' && state !== 'unknown'
  }
  if (index < 0 || !stands(index)) return 0
  let first = index
  while (first > 0 && stands(first - 1)) first--
  let next = index + 1
  while (next < states.length && stands(next)) next++
  return since(states[next]?.from ?? asOf, states[first]!.from)
}

interface Span { readonly from: Instant; readonly to?: Instant | null }

/** The span that covers `at`, and until when that answer holds. */
function spanAt<T extends Span>(spans: readonly T[], at: Instant): { readonly span: T | null; readonly until: number } {
  const index = indexAt(spans, at)
  const span = spans[index]
  const next = spans[index + 1]?.from ?? Infinity
  if (span === undefined) return { span: null, until: next }
  const to = span.to ?? Infinity
  return to > at ? { span, until: Math.min(to, next) } : { span: null, until: next }
}
