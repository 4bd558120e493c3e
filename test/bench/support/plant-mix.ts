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

/**
 * Bytes that a sample of the mix tells, by the entropy of how it is made (C. Shannon, 1948): of a hundred tags each kind with its chances, the value before being known.
 * No encoding that gives every bit back takes less in the long run; times, which are shared, are not counted. Rarely does a state or setpoint change into itself, and -0 is not told: both are less than a thousandth.
 */
export function entropyOfMix(noise: Noise): number {
  const bits = 40 * ofRounded(4) + 20 * ofEvent(0.7) + 20 * (ofEvent(0.005 * 6 / 7) + 0.005 * 6 / 7 * Math.log2(6)) + 15 * (ofEvent(0.0002 * 80 / 81) + 0.0002 * 80 / 81 * Math.log2(80)) + 5 * ofNoise(50, 10, noise === 'single' ? 23 : 52)
  return bits / 100 / 8
}

const ofEvent = (p: number): number => -p * Math.log2(p) - (1 - p) * Math.log2(1 - p)
const density = (x: number, mean: number, deviation: number): number => Math.exp(-(((x - mean) / deviation) ** 2) / 2) / (deviation * Math.sqrt(2 * Math.PI))

/** Bits of a normal distribution rounded to whole numbers, wide enough that a bar has the height of its middle. */
function ofRounded(deviation: number): number {
  let bits = 0
  for (let whole = -10 * deviation; whole <= 10 * deviation; whole++) {
    const p = density(whole, 0, deviation)
    bits -= p * Math.log2(p)
  }
  return bits
}

/** Bits of a normal distribution in floating point: its differential entropy, and for each value how fine the grid is there, by its exponent and the bits of the mantissa. */
function ofNoise(mean: number, deviation: number, mantissaBits: number): number {
  const STEP = deviation / 1_000
  let bits = 0
  for (let x = mean - 8 * deviation; x <= mean + 8 * deviation; x += STEP) {
    const p = density(x, mean, deviation)
    bits += p * STEP * (-Math.log2(p) + mantissaBits - Math.floor(Math.log2(Math.abs(x) + Number.MIN_VALUE)))
  }
  return bits
}
