/** A stop as its facts tell it: opened, explained, edited, ended. */

import { given } from '../base/assert.js'
import { limits } from '../base/limits.js'
import { type Instant, type Ms, instantOf, rfc3339 } from '../base/units.js'
import type { Fact, FactName, FactOf } from './events/catalogue.js'
import type { StopView } from './views.js'

export const stopFacts = ['downtime_event', 'downtime_updated', 'downtime_resolved', 'gap_declared'] as const satisfies readonly FactName[]

/** What facts say of a stop: all that a view shows but what depends on the time at which it is looked at. An open one has cost 0 seconds so far. */
export interface ToldStop extends Omit<StopView, 'micro' | 'provisional'> {
  /** It is a micro-stop where the threshold of its equipment lies above this; `null`: nowhere. */
  readonly microAboveMs: Ms | null
}

/** Stops by their ids, wherever they are kept. */
export interface ToldStops {
  get(id: string): ToldStop | undefined
  set(id: string, stop: ToldStop): void
  delete(id: string): void
}

/**
 * Hears one fact more. Facts come in order of their numbers and may begin in mid-story: a stop is known from its opening or its end,
 * and an edit alone is none.
 */
export function hearOfStop(stops: ToldStops, fact: Fact): void {
  if (fact.type === 'downtime_event') stops.set(fact.body.stop_id, opened(fact))
  if (fact.type === 'downtime_resolved') stops.set(fact.body.stop_id, ended(fact, stops.get(fact.body.stop_id)))
  if (fact.type === 'gap_declared') declare(stops, fact)
  if (fact.type === 'downtime_updated') update(stops, fact)
}

/** As it looks at an instant. `microMs` is the micro-stop threshold of its equipment. An open stop has lasted until now; what it costs so far the live view knows better. */
export function stopAsOf({ microAboveMs, ...stop }: ToldStop, now: Instant, microMs: Ms): StopView {
  if (stop.to !== null) return { ...stop, micro: microAboveMs !== null && microAboveMs < microMs, provisional: false }
  const lastedMs = Math.max(0, now - at(stop.from))
  return { ...stop, seconds: lastedMs / 1_000, micro: false, provisional: lastedMs < microMs }
}

/** Facts were checked before they were written, so what should be an instant is one. */
const at = (text: string): Instant => given(instantOf(text), 'an instant')

/** Below every threshold: who ended the stop had looked at its full length. */
const ALWAYS: Ms = -1

function opened({ line, equipment, at: from, body }: FactOf<'downtime_event'>): ToldStop {
  const { stop_id, state, reason, cause, job_id, product, shift } = body
  return {
    stop_id, line: line ?? '', equipment_code: equipment ?? '', state, reason, cause, job_id, product, shift,
    from: rfc3339(from), to: null, seconds: 0, microAboveMs: null, revision: 0, notes: [],
  }
}

function ended({ line, equipment, at: to, body }: FactOf<'downtime_resolved'>, before: ToldStop | undefined): ToldStop {
  const { stop_id, state, reason, cause, job_id, product, shift, from, lost_seconds, micro } = body
  return {
    stop_id, line: line ?? '', equipment_code: equipment ?? '', state, reason, cause, job_id, product, shift,
    from, to: rfc3339(to), seconds: lost_seconds, microAboveMs: micro ? ALWAYS : null, revision: before?.revision ?? 0, notes: before?.notes ?? [],
  }
}

/** Blind time that a person called a stop. */
function declare(stops: ToldStops, fact: FactOf<'gap_declared'>): void {
  const { stop_id, from, to, reason, job_id, product, shift, lost_seconds } = fact.body
  if (stop_id === null) return
  stops.set(stop_id, {
    stop_id, line: fact.line ?? '', equipment_code: fact.equipment ?? '', state: 'stopped', from, to, seconds: lost_seconds ?? lastedMs(from, to) / 1_000, microAboveMs: null,
    reason, cause: null, job_id, product, shift, revision: 0, notes: [],
  })
}

function update(stops: ToldStops, fact: FactOf<'downtime_updated'>): void {
  const { stop_id, revision, change, reason, cause, from, to, note, by, merged, split_off, lost_seconds } = fact.body
  const before = stops.get(stop_id)
  if (before === undefined) return
  const notes = note === null ? before.notes : [...before.notes.slice(1 - limits.notesPerStopMax), { at: rfc3339(fact.at), by, note }]
  const moved = from !== before.from || to !== before.to
  // The parts of a stop keep the class of the whole, and whoever parts one that still stands has looked at it.
  const microAboveMs = change !== 'split' && moved && to !== null ? lastedMs(from, to) : before.microAboveMs
  // What was told before facts said what a stop costs is as long as it lasted.
  const seconds = lost_seconds ?? (moved && to !== null ? lastedMs(from, to) / 1_000 : before.seconds)
  stops.set(stop_id, { ...before, revision, reason, cause, from, to, seconds, microAboveMs, notes })
  if (merged !== null) stops.delete(merged)
  // The second part of a split begins where the first now ends, and ends where the whole did.
  if (split_off !== null && to !== null && stops.get(split_off) === undefined) stops.set(split_off, { ...before, stop_id: split_off, from: to, seconds: Math.max(0, before.seconds - seconds), revision: 0, notes: [] })
}

const lastedMs = (from: string, to: string): Ms => at(to) - at(from)
