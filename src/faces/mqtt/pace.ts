/** How fast numbers are acknowledged: over the last whole stretch of time, so that a person can be told when a backlog will be gone. */

import type { Clock } from '../../base/clock.js'
import { type Mono, type Ms, sinceMono } from '../../base/units.js'

const STRETCH_MS: Ms = 5_000

export class Pace {
  readonly #clock: Clock
  #since: Mono
  #sum = 0
  #perSecond: number | null = null

  constructor(clock: Clock) {
    this.#clock = clock
    this.#since = clock.mono()
  }

  add(count: number): void {
    this.#turnOver()
    this.#sum += count
  }

  /** `null` before the first stretch is over. */
  perSecond(): number | null {
    this.#turnOver()
    return this.#perSecond
  }

  #turnOver(): void {
    const ms = sinceMono(this.#clock.mono(), this.#since)
    if (ms < STRETCH_MS) return
    this.#perSecond = this.#sum * 1_000 / ms
    this.#sum = 0
    this.#since = this.#clock.mono()
  }
}
