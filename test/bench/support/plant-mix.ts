/** Samples as a plant has them, the same for every store that is measured: made from a seed, a second at a time. */

import { seededChance } from '../../../src/base/chance.js'
import { type Instant, instant, mono } from '../../../src/base/units.js'
import type { Fact } from '../../../src/contract/events/catalogue.js'
import type { Turn } from '../../../src/contract/journal.js'
import type { ScanGroup } from '../../../src/contract/scan.js'

export const START: Instant = instant(Date.UTC(2026, 2, 29, 6))

/** In which precision noise comes: doubles, or the REALs of most PLCs. */
export type Noise = 'double' | 'single'

/** Of a hundred tags: 40 analog values with one decimal that move, 20 counters, 20 states, 15 setpoints, 5 of noise in full precision. */
export function plantMix(tagsCount: number, noise: Noise = 'double'): () => Float64Array {
  const chance = seededChance(7)
  const values = Float64Array.from({ length: tagsCount }, () => chance.whole(100, 900) / 10)
  return () => {
    for (let slot = 0; slot < tagsCount; slot++) {
      const kind = slot % 100
      if (kind < 40) values[slot] = Math.round(values[slot]! * 10 + chance.normal(0, 4)) / 10
      else if (kind < 60) values[slot] = Math.round(values[slot]!) + (chance.happens(0.7) ? 1 : 0)
      else if (kind < 80) { if (chance.happens(0.005)) values[slot] = chance.whole(0, 6) }
      else if (kind < 95) { if (chance.happens(0.0002)) values[slot] = chance.whole(10, 90) }
      else values[slot] = noise === 'single' ? Math.fround(50 + chance.normal(0, 10)) : 50 + chance.normal(0, 10)
    }
    return values.slice()
  }
}

/** A second at 1 Hz; now and then a millisecond late, as cycles are. */
export const atOf = (second: number): Instant => instant(START + second * 1_000 + (second % 7 === 0 ? 1 : 0))

export function turnAt(second: number, values: Float64Array, facts: readonly Fact[]): Turn {
  const at = atOf(second)
  const monotonic = mono(second * 1_000 + (second % 11) / 8)
  return {
    number: second + 1, at, mono: monotonic, facts, rows: [], commands: [], snapshots: [],
    scans: [{ group: 0, at, mono: monotonic, values, qualities: new Uint8Array(values.length), texts: new Map() }],
  }
}

export const groupOf = (tagsCount: number): ScanGroup => ({
  index: 0, plc: 'mix', class: 'normal', cycleMs: 1_000, slots: tagsCount,
  tags: Array.from({ length: tagsCount }, (_, slot) => ({ name: `tag${slot}`, address: '', type: 'float64', length: 1, slot, unit: null })),
})
