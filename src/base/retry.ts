/** How long to wait before trying again: doubling, bounded, with jitter so that many do not return at once. */

import type { Chance } from './chance.js'
import type { Ms } from './units.js'

export interface RetryRule {
  readonly waitMsFirst: Ms
  readonly waitMsMax: Ms
  /** The share of each wait that is random, 0..1. 0.2 means ±20 %; 1 is full jitter (0..2 × the wait, bounded). */
  readonly jitter: number
}

/** An endless sequence of waits. Start a new one after a success. */
export function* retryWaits(rule: RetryRule, chance: Chance): Generator<Ms, never> {
  for (let wait = rule.waitMsFirst; ; wait = Math.min(wait * 2, rule.waitMsMax)) {
    yield Math.min(rule.waitMsMax, wait * (1 - rule.jitter + 2 * rule.jitter * chance.unit()))
  }
}
