/** The likely reasons of a stop: what people said before, first about the same fault, then about the same equipment. */

import type { StopView } from '../contract/views.js'

export interface Suggestion {
  readonly reason: string
  readonly name: string
  /** How often it was given. */
  readonly times: number
  readonly same_fault: boolean
}

const SUGGESTIONS_MAX = 3

/** Only what a person has said counts: an automatic reason would confirm itself. */
export function suggestedReasons(stop: StopView, earlier: readonly StopView[]): Suggestion[] {
  const said = earlier.filter((other) => other.stop_id !== stop.stop_id && other.equipment_code === stop.equipment_code
    && other.reason !== null && (other.reason.source === 'operator' || other.reason.source === 'edited'))
  const fault = stop.cause?.fault ?? null
  const sameFault = fault === null ? [] : tally(said.filter((other) => other.cause?.fault === fault), true)
  const others = tally(said, false).filter(({ reason }) => !sameFault.some((suggestion) => suggestion.reason === reason))
  return [...sameFault, ...others].slice(0, SUGGESTIONS_MAX)
}

function tally(stops: readonly StopView[], same_fault: boolean): Suggestion[] {
  const tallies = new Map<string, Suggestion>()
  for (const { reason } of stops) {
    if (reason !== null) tallies.set(reason.code, { reason: reason.code, name: reason.name, times: (tallies.get(reason.code)?.times ?? 0) + 1, same_fault })
  }
  return [...tallies.values()].sort((one, other) => other.times - one.times)
}
