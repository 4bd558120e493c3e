/** What a tag's slots mean as a signal: bits, words of bits, wide integers, scaled numbers, texts. */

import type { SignalValue } from '../contract/inputs.js'
import type { Scan } from '../contract/scan.js'
import type { Binding } from './plan.js'

const WORD = 2 ** 32

/** The value of a signal in a scan whose quality is good; `null` when the PLC gave what is no number. */
export function valueOf(binding: Binding, scan: Scan): SignalValue {
  const { slot } = binding
  switch (binding.kind) {
    case 'text': return scan.texts.get(binding.tag) ?? null
    case 'bit': return (scan.values[slot] !== 0) !== binding.invert
    case 'bits': return bitsOf(binding, scan.values)
    case 'wide': return scaled(binding, wideOf(binding, scan.values[slot]!, scan.values[slot + 1]!))
    case 'number': return scaled(binding, scan.values[slot]!)
  }
}

/** A PLC can hold an infinity or a NaN in a REAL; nobody can know what it stands for. */
function scaled(binding: Binding, raw: number): number | null {
  const value = raw * binding.scale + binding.offset
  if (!Number.isFinite(value)) return null
  return binding.invert ? Number(value === 0) : value
}

/** Low word first; the sign stands in the high word. */
function wideOf(binding: Binding, low: number, high: number): number {
  const signed = binding.type === 'int64' && high >= WORD / 2 ? high - WORD : high
  return signed * WORD + low
}

const widths: Readonly<Partial<Record<Binding['type'], number>>> = { bool: 1, int8: 8, uint8: 8, int16: 16, uint16: 16, int32: 32, uint32: 32, int64: 32, uint64: 32 }

/** The bits of an array of BOOL or of words, the first element lowest. */
function bitsOf(binding: Binding, values: Float64Array): bigint {
  const width = widths[binding.type] ?? 1
  let bits = 0n
  for (let i = binding.slots - 1; i >= 0; i--) bits = (bits << BigInt(width)) | BigInt.asUintN(width, BigInt(Math.trunc(values[binding.slot + i]!)))
  return binding.invert ? BigInt.asUintN(width * binding.slots, ~bits) : bits
}
