/** Stops as their facts tell them: opened, explained, edited, ended. */

import { limits } from '../base/limits.js'
import { type Instant, instant, instantOf, rfc3339 } from '../base/units.js'
import { given } from '../base/assert.js'
import type { Fact, FactName, FactOf } from '../contract/events/catalogue.js'
import type { StopView } from '../contract/views.js'

export const stopFacts = ['downtime_event', 'downtime_updated', 'downtime_resolved', 'gap_declared'] as const satisfies readonly FactName[]

/**
 * The stops in a list of facts, by id, in the order they opened. Facts are in order of their numbers and may begin in mid-story:
 * a stop is known from its opening or its end. `microMsOf` is the micro-stop threshold of an equipment, in milliseconds.
 */
export function stopsOf(facts: readonly Fact[], now: Instant, microMsOf: (equipment: string) => number): StopView[] {
  const stops = new Map<string, StopView>()
  for (const fact of facts) hearOfStop(stops, fact, microMsOf)
  return stopsAsOf(stops, now, microMsOf)
}

/** The same fact by fact, for whom so many stops must not keep from everything else. */
export function hearOfStop(stops: Map<string, StopView>, fact: Fact, microMsOf: (equipment: string) => number): void {
  if (fact.type === 'downtime_event') stops.set(fact.body.stop_id, opened(fact))
  if (fact.type === 'downtime_resolved') stops.set(fact.body.stop_id, ended(fact, stops.get(fact.body.stop_id)))
  if (fact.type === 'gap_declared') declare(stops, fact)
  if (fact.type === 'downtime_updated') update(stops, fact, microMsOf)
}

export const stopsAsOf = (stops: ReadonlyMap<string, StopView>, now: Instant, microMsOf: (equipment: string) => number): StopView[] =>
  [...stops.values()].map((stop) => asOf(stop, now, microMsOf(stop.equipment_code)))

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

function opened({ line, equipment, at: from, body }: FactOf<'downtime_event'>): StopView {
  const { stop_id, state, reason, cause, job_id, product, shift } = body
  return {
    stop_id, line: line ?? '', equipment_code: equipment ?? '', state, reason, cause, job_id, product, shift,
    from: rfc3339(from), to: null, seconds: 0, micro: false, provisional: false, revision: 0, notes: [],
  }
}

function ended({ line, equipment, at: to, body }: FactOf<'downtime_resolved'>, before: StopView | undefined): StopView {
  const { stop_id, state, reason, cause, job_id, product, shift, from, lost_seconds, micro } = body
  return {
    stop_id, line: line ?? '', equipment_code: equipment ?? '', state, reason, cause, job_id, product, shift,
    from, to: rfc3339(to), seconds: lost_seconds, micro, provisional: false, revision: before?.revision ?? 0, notes: before?.notes ?? [],
  }
}

/** Blind time that a person called a stop. */
function declare(stops: Map<string, StopView>, fact: FactOf<'gap_declared'>): void {
  const { stop_id, from, to, reason, job_id, product, shift, lost_seconds } = fact.body
  if (stop_id === null) return
  stops.set(stop_id, {
    stop_id, line: fact.line ?? '', equipment_code: fact.equipment ?? '', state: 'stopped', from, to, seconds: lost_seconds ?? lastedSeconds(from, to), micro: false, provisional: false,
    reason, cause: null, job_id, product, shift, revision: 0, notes: [],
  })
}

function update(stops: Map<string, StopView>, fact: FactOf<'downtime_updated'>, microMsOf: (equipment: string) => number): void {
  const { stop_id, revision, change, reason, cause, from, to, note, by, merged, split_off, lost_seconds } = fact.body
  const before = stops.get(stop_id)
  if (before === undefined) return
  const notes = note === null ? before.notes : [...before.notes, { at: rfc3339(fact.at), by, note }]
  const moved = from !== before.from || to !== before.to
  // The parts of a stop keep the class of the whole, and whoever parts one that still stands has looked at it.
  const parted = change === 'split' ? before.to !== null && before.micro : null
  const micro = parted ?? (moved && to !== null ? at(to) - at(from) < microMsOf(before.equipment_code) : before.micro)
  // What was told before facts said what a stop costs is as long as it lasted.
  const seconds = lost_seconds ?? (moved && to !== null ? lastedSeconds(from, to) : before.seconds)
  stops.set(stop_id, { ...before, revision, reason, cause, from, to, seconds, micro, notes })
  if (merged !== null) stops.delete(merged)
  // The second part of a split begins where the first now ends, and ends where the whole did.
  if (split_off !== null && to !== null && !stops.has(split_off)) stops.set(split_off, { ...before, stop_id: split_off, from: to, seconds: Math.max(0, before.seconds - seconds), revision: 0, notes: [] })
}

const lastedSeconds = (from: string, to: string): number => (at(to) - at(from)) / 1_000

/** An open stop has lasted until now; what it costs so far the live view knows better. */
function asOf(stop: StopView, now: Instant, microMs: number): StopView {
  if (stop.to !== null) return stop
  const lasted = Math.max(0, now - at(stop.from))
  return { ...stop, seconds: lasted / 1_000, provisional: lasted < microMs }
}

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
