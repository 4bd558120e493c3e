/** How milliseconds are spread over the last minute or two: p50, p99 and max, from histograms of bounded size. */

import { type RecordableHistogram, createHistogram } from 'node:perf_hooks'
import type { Mono, Ms } from '../base/units.js'

const WINDOW_MS = 60_000
/** Histograms count whole numbers, so milliseconds are recorded as microseconds. */
const US_PER_MS = 1_000

const empty = (): RecordableHistogram => createHistogram({ figures: 2, highest: 3_600_000 * US_PER_MS })

export class Spread {
  #now: RecordableHistogram = empty()
  #before: RecordableHistogram = empty()
  #from: Mono

  constructor(at: Mono) { this.#from = at }

  /** Values below a microsecond count as one. */
  record(ms: Ms, at: Mono): void {
    this.#turn(at)
    this.#now.record(Math.max(1, Math.round(ms * US_PER_MS)))
  }

  read(at: Mono): { readonly p50: Ms; readonly p99: Ms; readonly max: Ms } {
    this.#turn(at)
    const both = empty()
    both.add(this.#before)
    both.add(this.#now)
    if (both.count === 0) return { p50: 0, p99: 0, max: 0 }
    return { p50: both.percentile(50) / US_PER_MS, p99: both.percentile(99) / US_PER_MS, max: both.max / US_PER_MS }
  }

  #turn(at: Mono): void {
    const windows = Math.floor((at - this.#from) / WINDOW_MS)
    if (windows <= 0) return
    const freed = this.#before
    this.#before = this.#now
    this.#now = freed
    freed.reset()
    if (windows > 1) this.#before.reset()
    this.#from = (this.#from + windows * WINDOW_MS) as Mono
  }
}
