/** How long the last things took: a ring of durations and their percentiles. */

import type { Ms } from '../base/units.js'

const DURATIONS_MAX = 1_024

export class Percentiles {
  readonly #durations = new Float64Array(DURATIONS_MAX)
  #count = 0

  add(ms: Ms): void {
    this.#durations[this.#count++ % DURATIONS_MAX] = ms
  }

  read(): { readonly p50: Ms; readonly p99: Ms; readonly max: Ms } {
    const sorted = this.#durations.slice(0, Math.min(this.#count, DURATIONS_MAX)).sort()
    const at = (share: number): Ms => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 }
  }
}
