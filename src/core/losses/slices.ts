/** Cuts the known time of an equipment into slices: each lies in one leaf, one shift, one job. */

import { type Instant, instant, since } from '../../base/units.js'
import type { EquipmentConfig, StateClass } from '../../contract/config.js'
import type { TimeLeaf } from '../../contract/losses.js'
import { type LossRules, leafOf, microMsOf } from '../time/attribution.js'
import type { Period } from '../time/calendar.js'
import { idealAt, idealUntil } from '../time/ideals.js'
import { breaksAt } from '../time/dated.js'
import { rulesAt } from '../time/eras.js'
import { type LinePlan, calendarOf, idealMsPerPart } from '../time/plan.js'
import { slotAt } from '../time/shifts.js'
import { type StateSpan, type Timeline, indexAt, sameIdeal } from '../time/timeline.js'

export interface Slice extends Period {
  readonly leaf: TimeLeaf
  readonly shift: string | null
  readonly job: string | null
  readonly product: string | null
  readonly idealMs: number
}

/**
 * The slices of [from, to), in order, without gap or overlap. What has not ended by `asOf` is as long as it is then:
 * a standstill younger than the micro-stop threshold is provisional. Each is cut by the rules that held then; how long a standstill may be, by those that held at its end.
 */
export function slicesOf(timeline: Timeline, from: Instant, to: Instant, asOf: Instant, plan: LinePlan, equipment: EquipmentConfig): Slice[] {
  const calendar = calendarOf(plan, equipment.code)
  const { states, stops, works, changeovers, ideals } = timeline
  const slices: Slice[] = []
  let at = from
  while (at < to) {
    const then = rulesAt(plan, equipment, at)
    const config = then.equipment
    const slot = slotAt(plan.calendar, plan.timeZone, at)
    const hours = calendar === plan.calendar ? slot : slotAt(calendar, plan.timeZone, at)
    const index = indexAt(states, at)
    const state = bookedState(states, index, config.no_data)
    const stop = spanAt(stops, at)
    const work = spanAt(works, at)
    const changeover = spanAt(changeovers, at)
    const end = instant(Math.min(to, then.until, slot.to, hours.to, states[index + 1]?.from ?? to, stop.until, work.until, changeover.until, idealUntil(ideals, at)))

    // A changeover belongs to what comes, as soon as that is known.
    const incoming = changeover.span !== null && (changeover.span.job !== null || changeover.span.product !== null) ? changeover.span : null
    const job = (incoming ?? work.span)?.job ?? null
    const product = (incoming ?? work.span)?.product ?? null
    const idealMs = idealAt(ideals, at, product, incoming === null && work.span !== null ? work.span.idealMs : sameIdeal(idealMsPerPart(then.plan, config, product)))
    const microMs = (end: Instant) => microMsOf(rulesAt(plan, equipment, end).equipment, idealMs)
    const short = () => {
      if (stop.span !== null) return stop.span.micro ?? since(stop.span.to ?? asOf, stop.span.from) < microMs(stop.span.to ?? asOf)
      const stood = standingAround(states, index, config.no_data, asOf)
      return stood !== null && since(stood.to, stood.from) < microMs(stood.to)
    }

    const rules: LossRules = { breaks: breaksAt(calendar, at), noOrder: config.no_order }
    const leaf = leafOf({
      schedule: hours.shift === null ? 'closed' : hours.inBreak ? 'break' : 'open',
      state, why: stop.span?.why ?? null, inChangeover: changeover.span !== null, hasJob: job !== null,
      short: state !== 'running' && state !== 'unknown' && short(),
    }, rules)
    slices.push({ from: at, to: end, leaf, shift: slot.shift?.id ?? null, job, product, idealMs })
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

/** The standstill that the state at `index` is part of: from the end of one run to the start of the next. */
function standingAround(states: readonly StateSpan[], index: number, policy: EquipmentConfig['no_data'], asOf: Instant): Period | null {
  const stands = (at: number) => {
    const state = bookedState(states, at, policy)
    return state !== 'running' && state !== 'unknown'
  }
  if (index < 0 || !stands(index)) return null
  let first = index
  while (first > 0 && stands(first - 1)) first--
  let next = index + 1
  while (next < states.length && stands(next)) next++
  return { from: states[first]!.from, to: states[next]?.from ?? asOf }
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
