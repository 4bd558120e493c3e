/** A machine as its data block shows it: the layout that config/lineside.yaml reads. */

import type { Equipment } from './equipment.js'
import { makesParts, modes, states } from './packml.js'

/** Longest product name that fits. */
const PRODUCT_LENGTH_MAX = 20
export const IMAGE_BYTES = 36 + 2 + PRODUCT_LENGTH_MAX

/**
 * Big-endian, as in every S7 block: 0.0 running · 0.1 auto · 0.2 fault · 0.3 blocked · 0.4 starved · 0.5 changeover ·
 * 2 INT PackML state · 4 UDINT or UINT total · 8 UINT reject · 10 INT mode · 12 LWORD faults · 20 INT first-out plus one ·
 * 24 REAL speed · 28 REAL speed set, both in parts/min · 36 STRING[20] product.
 */
export function imageOf(equipment: Equipment): Buffer {
  const image = Buffer.alloc(IMAGE_BYTES)
  const { faults, total } = equipment
  image[0] = bits(
    makesParts(equipment.state), equipment.mode === 'production', faults.firstOut !== null && !equipment.starved && !equipment.blocked,
    equipment.blocked, equipment.starved, equipment.changingOver,
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
  image[36] = PRODUCT_LENGTH_MAX
  image[37] = image.write(equipment.product.slice(0, PRODUCT_LENGTH_MAX), 38, 'latin1')
  return image
}

function bits(...flags: boolean[]): number {
  return flags.reduce((byte, flag, bit) => byte | (flag ? 1 << bit : 0), 0)
}
