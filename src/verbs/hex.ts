/** The bytes of a value, most significant first, as an engineer compares them with the watch table of the PLC. */

import type { TagSlot, ValueType } from '../contract/scan.js'

const bytesOf: Readonly<Partial<Record<ValueType, number>>> = { int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, int64: 8, uint64: 8, float32: 4, float64: 8 }

/** `16#3FC0_0000`; empty for bits, times, texts and arrays, which say more as they are. */
export function hexOf({ type, length }: Pick<TagSlot, 'type' | 'length'>, value: number | string): string {
  const size = bytesOf[type]
  if (size === undefined || length !== 1) return ''
  const bytes = Buffer.alloc(8)
  if (type === 'float32') bytes.writeFloatBE(Number(value))
  else if (type === 'float64') bytes.writeDoubleBE(Number(value))
  else bytes.writeBigUInt64BE(BigInt.asUintN(8 * size, BigInt(value)))
  const used = type === 'float32' ? bytes.subarray(0, 4) : bytes.subarray(8 - size)
  const digits = used.toString('hex').toUpperCase()
  return `16#${digits.match(/.{1,4}/g)!.join('_')}`
}
