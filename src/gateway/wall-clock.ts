/** The wall clock beside the monotonic one: when it steps, by how much, and what was read before a step and arrives after it. */

import type { Clock } from '../base/clock.js'
import { type Instant, type Mono, type Ms, instant, later, since, sinceMono } from '../base/units.js'

/** How much the wall clock may drift from the monotonic one within a turn before it counts as a step. */
const STEP_MS = 500
/** How long a scan may take from its reading to its turn, at worst. */
const ON_ITS_WAY_MS = 30_000

export class WallClock {
  readonly #clock: Clock
  #lead: Ms
  /** Of a step that the journal refused to hear of. */
  #owedMs: Ms = 0
  #last: { readonly byMs: Ms; readonly at: Mono } | null = null

  /** `lastAt` is what was written last: a clock that stands before it was set back while nobody looked, and that is a step too. */
  constructor(clock: Clock, lastAt: Instant | null) {
    this.#clock = clock
    this.#lead = Math.max(this.#leadNow(), (lastAt ?? instant(0)) - clock.mono())
  }

  /** What it jumped since it was last asked; 0 for nothing worth a word. */
  stepMs(): Ms {
    const lead = this.#leadNow()
    const jumped = Math.round(lead - this.#lead)
    // Slewing is not a step: follow it.
    this.#lead = lead
    const byMs = (Math.abs(jumped) < STEP_MS ? 0 : jumped) + this.#owedMs
    this.#owedMs = 0
    if (byMs !== 0) this.#last = { byMs, at: this.#clock.mono() }
    return byMs
  }

  /** It could not be told: the next one who asks hears it again. */
  owe(byMs: Ms): void { this.#owedMs += byMs }

  /** What was read by the clock as it stood before a step is dated as if it had stood right. */
  redated<T extends { readonly at: Instant }>(items: readonly T[], now: Instant): readonly T[] {
    const last = this.#last
    if (last === null || sinceMono(this.#clock.mono(), last.at) > ON_ITS_WAY_MS) return items
    const distance = (at: Instant): Ms => Math.abs(since(now, at))
    return items.map((item) => (distance(later(item.at, last.byMs)) < distance(item.at) ? { ...item, at: later(item.at, last.byMs) } : item))
  }

  #leadNow(): Ms { return this.#clock.now() - this.#clock.mono() }
}
