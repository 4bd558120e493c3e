/** Stops of a period: which of them lie in it, what each cost inside, and what was recorded around its beginning. */

import { limits } from '../base/limits.js'
import { type Instant, type Ms, instant, instantOf } from '../base/units.js'
import { given } from '../base/assert.js'
import type { Fact } from '../contract/events/catalogue.js'
import { type ToldStop, hearOfStop, stopAsOf } from '../contract/told-stop.js'
import type { StopView } from '../contract/views.js'

/**
 * The stops in a list of facts, by id, in the order they opened. Facts are in order of their numbers and may begin in mid-story.
 * `microMsOf` is the micro-stop threshold of an equipment, in milliseconds.
 */
export function stopsOf(facts: readonly Fact[], now: Instant, microMsOf: (equipment: string) => Ms): StopView[] {
  const stops = new Map<string, ToldStop>()
  for (const fact of facts) hearOfStop(stops, fact)
  return stopsAsOf(stops.values(), now, microMsOf)
}

export const stopsAsOf = (stops: Iterable<ToldStop>, now: Instant, microMsOf: (equipment: string) => Ms): StopView[] =>
  [...stops].map((stop) => stopAsOf(stop, now, microMsOf(stop.equipment_code)))

/** What a stop cost inside a period, in milliseconds: all of it where it lies inside, and never more than the part that does. */
export function lostMsIn(stop: StopView, from: Instant, to: Instant): number {
  const [start, end] = spanOf(stop, to)
  return Math.min(stop.seconds * 1_000, Math.max(0, Math.min(end, to) - Math.max(start, from)))
}

/** When it began and when it ended; an open one has lasted until now. */
export function spanOf(stop: StopView, now: Instant): readonly [from: Instant, to: Instant] {
  return [at(stop.from), stop.to === null ? now : at(stop.to)]
}

/** Facts were checked before they were written, so what should be an instant is one. */
const at = (text: string): Instant => given(instantOf(text), 'an instant')

/** Those that overlap a period, newest first. */
export function stopsWithin(stops: readonly StopView[], from: Instant, to: Instant): StopView[] {
  // Each text is read once, and not for every comparison.
  return stops.map((stop) => ({ stop, from: at(stop.from) }))
    .filter((one) => one.from < to && (one.stop.to === null || at(one.stop.to) > from))
    .sort((one, other) => other.from - one.from)
    .map(({ stop }) => stop)
}

/** The period a flight recorder covers: what led to the stop, and the moment after. */
export function recorderWindow(stop: StopView): { readonly from: Instant; readonly to: Instant } {
  const from = at(stop.from)
  return { from: instant(from - limits.recorderBeforeMs), to: instant(from + limits.recorderAfterMs) }
}
