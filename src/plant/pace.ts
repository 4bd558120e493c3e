/** How fast the plant lives: model time as a straight line over the monotonic clock, bent whenever the factor changes. */

import { type Instant, type Mono, instant, sinceMono } from '../base/units.js'

export interface Pace {
  /** The last bend. */
  readonly mono: Mono
  readonly at: Instant
  /** Model milliseconds per real millisecond; 0 = paused. */
  readonly factor: number
  /** Where model time ends; nothing happens after it. */
  readonly until: Instant | null
}

export function modelInstant(pace: Pace, mono: Mono): Instant {
  const at = instant(pace.at + Math.floor(sinceMono(mono, pace.mono) * pace.factor))
  return pace.until !== null && at > pace.until ? pace.until : at
}

export const paced = (pace: Pace, mono: Mono, factor: number): Pace => ({ ...pace, mono, at: modelInstant(pace, mono), factor })

/** Ends model time at `until`, or now when that has passed. */
export function endedAt(pace: Pace, mono: Mono, until: Instant): Pace {
  const now = modelInstant(pace, mono)
  return { ...pace, until: until > now ? until : now }
}
