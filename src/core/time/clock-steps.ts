/** Steps of the wall clock that parts under way were overtaken by: what the clock showed when they were made, and when what it showed then is past. */

import { limits } from '../../base/limits.js'
import { type Instant, instantOf, later, since } from '../../base/units.js'
import type { DraftOf } from '../../contract/events/catalogue.js'

/** What the clock showed at one moment, before it was set and after. */
export interface ClockStep { readonly before: Instant; readonly after: Instant }

/** Oldest first; of more than anybody sets in the time that parts are under way the oldest are forgotten. */
export const withStep = (steps: readonly ClockStep[], { body }: DraftOf<'clock_stepped'>): readonly ClockStep[] =>
  [...steps.slice(1 - limits.clockStepsMax), { before: instantOf(body.before)!, after: instantOf(body.after)! }]

/** What the clock showed at a moment of the past that is reckoned back from now. Of hours that came twice it is the second time, unless that had not begun. */
export function shownAt(steps: readonly ClockStep[], at: Instant): Instant {
  const last = steps.at(-1)
  return last === undefined || at >= last.after ? at : shownAt(steps.slice(0, -1), later(at, since(last.before, last.after)))
}

/** The other way round: where in today's reckoning the moment lies at which the clock showed this. What was leapt over lies where it leapt. */
export function reckonedAt(steps: readonly ClockStep[], shown: Instant): Instant {
  const last = steps.at(-1)
  if (last === undefined || shown >= last.after) return shown
  return later(last.after, -Math.max(0, since(last.before, reckonedAt(steps.slice(0, -1), shown))))
}
