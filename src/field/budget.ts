/** How much a PLC may be asked for: two token buckets, one of requests and one of bytes, each as deep as one second. */

import type { Mono, Ms } from '../base/units.js'

export interface Cost { readonly requests: number; readonly bytes: number }

export class Budget {
  readonly #perSecond: Cost
  #left: Cost
  #at: Mono

  constructor(perSecond: Cost, at: Mono) {
    this.#perSecond = perSecond
    this.#left = perSecond
    this.#at = at
  }

  /**
   * Milliseconds until `cost` may be spent; 0 is now. What costs more than a second's worth may go when the bucket is full,
   * and the debt is waited for afterwards, so that even the largest group is read at the rate of the budget.
   */
  waitMs(cost: Cost, at: Mono): Ms {
    this.#fill(at)
    return Math.max(0, this.#missingMs('requests', cost), this.#missingMs('bytes', cost))
  }

  spend(cost: Cost, at: Mono): void {
    this.#fill(at)
    this.#left = { requests: this.#left.requests - cost.requests, bytes: this.#left.bytes - cost.bytes }
  }

  #missingMs(what: keyof Cost, cost: Cost): Ms {
    const perSecond = this.#perSecond[what]
    return (Math.min(cost[what], perSecond) - this.#left[what]) / perSecond * 1_000
  }

  #fill(at: Mono): void {
    const seconds = (at - this.#at) / 1_000
    this.#at = at
    const filled = (what: keyof Cost): number => Math.min(this.#perSecond[what], this.#left[what] + seconds * this.#perSecond[what])
    this.#left = { requests: filled('requests'), bytes: filled('bytes') }
  }
}
