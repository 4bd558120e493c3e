/** What a tag is in a scan, as a number or a text: bits 0 or 1, 64-bit integers and arrays as text. */

import type { Scan, TagSlot } from '../contract/scan.js'

export function valueIn({ values, texts }: Pick<Scan, 'values' | 'texts'>, slot: TagSlot, position: number): number | string {
  if (slot.type === 'text') return texts.get(position) ?? ''
  return slot.length === 1 ? elementIn(values, slot, 0) : Array.from({ length: slot.length }, (_, i) => elementIn(values, slot, i)).join(' ')
}

/** The same for a person: a REAL with the fewest digits that still mean it. */
export function shownValue(value: number | string, { type }: Pick<TagSlot, 'type'>): string {
  if (type !== 'float32' || typeof value !== 'number' || !Number.isFinite(value)) return String(value)
  for (let digits = 6; digits < 9; digits++) if (Math.fround(Number(value.toPrecision(digits))) === value) return String(Number(value.toPrecision(digits)))
  return String(Number(value.toPrecision(9)))
}

/** One element of a tag that is no text. The low word comes first, and two's complement where the type has a sign. */
export function elementIn(values: Float64Array, { type, slot }: TagSlot, i: number): number | string {
  if (type !== 'int64' && type !== 'uint64') return values[slot + i]!
  const whole = (BigInt.asUintN(32, BigInt(values[slot + 2 * i + 1]!)) << 32n) + BigInt(values[slot + 2 * i]!)
  return String(type === 'int64' ? BigInt.asIntN(64, whole) : whole)
}
