/** The last reading of every tag, and the last good one: what a person asks for who looks at a single tag. */

import type { Instant } from '../base/units.js'
import { type Quality, type Scan, type ScanGroup, qualities, qualityNames } from '../contract/scan.js'
import { valueIn } from '../field/reading.js'

export interface LastReading {
  readonly value: number | string
  readonly quality: Quality
  readonly at: Instant
}

export class LastReadings {
  readonly #groups: readonly ScanGroup[]
  readonly #scans = new Map<number, Scan>()
  /** Of tags that are bad now: the last good value, taken when they went bad. */
  readonly #good: Map<string, Omit<LastReading, 'quality'>>

  constructor(groups: readonly ScanGroup[]) {
    this.#groups = groups
    this.#good = new Map()
  }

  /** The scan is kept as it is and never changed. */
  take(scan: Scan): void {
    const before = this.#scans.get(scan.group)
    this.#scans.set(scan.group, scan)
    const group = this.#groups[scan.group]
    if (group === undefined) return
    for (let tag = 0; tag < group.tags.length; tag++) {
      const isGood = scan.qualities[tag] === qualities.good
      const wasGood = before?.qualities[tag] === qualities.good
      if (isGood === wasGood) continue
      const slot = group.tags[tag]!
      if (isGood) this.#good.delete(keyOf(scan.group, tag))
      else if (before !== undefined) this.#good.set(keyOf(scan.group, tag), { value: valueIn(before, slot, tag), at: before.at })
    }
  }

  /** `null` where nothing was read yet. */
  of(plc: string, name: string): { readonly last: LastReading | null; readonly lastGood: Omit<LastReading, 'quality'> | null } {
    for (const group of this.#groups) {
      const tag = group.plc === plc ? group.tags.findIndex((slot) => slot.name === name) : -1
      const scan = tag === -1 ? undefined : this.#scans.get(group.index)
      if (scan === undefined) continue
      const quality = qualityNames[scan.qualities[tag]!] ?? 'not_read'
      return { last: { value: valueIn(scan, group.tags[tag]!, tag), quality, at: scan.at }, lastGood: this.#good.get(keyOf(group.index, tag)) ?? null }
    }
    return { last: null, lastGood: null }
  }
}

const keyOf = (group: number, tag: number): string => `${group}/${tag}`
