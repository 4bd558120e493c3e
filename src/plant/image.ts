/** A machine as its data block shows it: the layout that config/lineside.yaml reads. */

import type { Equipment } from './equipment.js'
import { makesParts, modes, states } from './packml.js'

/** Longest product name that fits. */
const PRODUCT_LENGTH_MAX = 20
/** Longest number of an order that fits. */
const ORDER_LENGTH_MAX = 14
export const IMAGE_BYTES = 36 + 2 + PRODUCT_LENGTH_MAX + 2 + ORDER_LENGTH_MAX + 4

/**
 * Big-endian, as in every S7 block: 0.0 running · 0.1 auto · 0.2 fault · 0.3 blocked · 0.4 starved · 0.5 changeover ·
 * 2 INT PackML state · 4 UDINT or UINT total · 8 UINT reject · 10 INT mode · 12 LWORD faults · 20 INT first-out plus one ·
 * 24 REAL speed · 28 REAL speed set, both in parts/min · 36 STRING[20] product ·
 * 58 STRING[14] order · 74 UDINT or UINT total when the order before ended.
 */
export function imageOf(equipment: Equipment): Buffer {
  const image = Buffer.alloc(IMAGE_BYTES)
  const { faults, total } = equipment
  image[0] = bits(
    makesParts(equipment.state), equipment.mode === 'production', faults.firstOut !== null && !equipment.starved && !equipment.blocked,
    equipment.blocked, equipment.starved, equipment.showsChangeover,
  )
  image.writeInt16BE(states[equipment.state], 2)
  if (total.bits === 32) image.writeUInt32BE(total.value, 4)
  else image.writeUInt16BE(total.value, 4)
  image.writeUInt16BE(equipment.reject.value, 8)
  image.writeInt16BE(modes[equipment.mode], 10)
  // Bit 0 of an LWORD is the lowest bit of its last byte.
  image.writeBigUInt64BE(faults.word, 12)
  image.writeInt16BE(faults.firstOut === null ? 0 : faults.firstOut + 1, 20)
  image.writeFloatBE(equipment.speed, 24)
  image.writeFloatBE(equipment.speedSet, 28)
  writeString(image, 36, PRODUCT_LENGTH_MAX, equipment.product)
  writeString(image, 58, ORDER_LENGTH_MAX, equipment.orders?.name ?? '')
  if (total.bits === 32) image.writeUInt32BE(equipment.orders?.totalLatched ?? 0, 74)
  else image.writeUInt16BE(equipment.orders?.totalLatched ?? 0, 74)
  return image
}

function writeString(image: Buffer, at: number, lengthMax: number, text: string): void {
  image[at] = lengthMax
  image[at + 1] = image.write(text.slice(0, lengthMax), at + 2, 'latin1')
}

function bits(...flags: boolean[]): number {
  return flags.reduce((byte, flag, bit) => byte | (flag ? 1 << bit : 0), 0)
}
