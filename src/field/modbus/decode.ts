/** Registers into numbers and texts, in the byte and word order of the device. */

import { never } from '../../base/assert.js'
import type { ScanSink } from '../../contract/driver.js'
import { qualities } from '../../contract/scan.js'
import { type ModbusTarget, kinds } from './address.js'

export interface Order { readonly words: 'big' | 'little'; readonly bytes: 'big' | 'little' }

/** Decodes the tag whose first register stands at byte `at` of a reply, and returns its quality. */
export function decode(reply: Buffer, at: number, target: ModbusTarget, length: number, order: Order, tag: number, slot: number, into: ScanSink): number {
  const { values } = into
  if (target.bit !== -1) {
    const register = order.bytes === 'big' ? reply.readUInt16BE(at) : reply.readUInt16LE(at)
    values[slot] = (register >> target.bit) & 1
    return qualities.good
  }
  if (target.kind === 'STRING') {
    into.texts.set(tag, textOf(reply, at, target, order))
    return qualities.good
  }
  const registers = kinds[target.kind][0]
  let sound = true
  for (let i = 0; i < length; i++) {
    const bytes = inOrder(reply, at + 2 * registers * i, registers, order)
    switch (target.kind) {
      case 'BOOL': case 'UINT16': values[slot + i] = bytes.getUint16(0); break
      case 'INT16': values[slot + i] = bytes.getInt16(0); break
      case 'UINT32': values[slot + i] = bytes.getUint32(0); break
      case 'INT32': values[slot + i] = bytes.getInt32(0); break
      // A double holds 53 bits, so a 64-bit integer travels as its low and its high word.
      case 'UINT64': values[slot + 2 * i] = bytes.getUint32(4); values[slot + 2 * i + 1] = bytes.getUint32(0); break
      case 'INT64': values[slot + 2 * i] = bytes.getUint32(4); values[slot + 2 * i + 1] = bytes.getInt32(0); break
      case 'FLOAT32': sound = Number.isFinite(values[slot + i] = bytes.getFloat32(0)) && sound; break
      case 'FLOAT64': sound = Number.isFinite(values[slot + i] = bytes.getFloat64(0)) && sound; break
      default: never(target.kind)
    }
  }
  return sound ? qualities.good : qualities.not_a_number
}

/** Bits come eight to a byte, the lowest first. */
export function decodeBits(bits: readonly boolean[], at: number, length: number, slot: number, into: ScanSink): void {
  for (let i = 0; i < length; i++) into.values[slot + i] = bits[at + i] === true ? 1 : 0
}

const scratch = new DataView(new ArrayBuffer(8))

/** One element with its highest byte first. */
function inOrder(reply: Buffer, at: number, registers: number, { words, bytes }: Order): DataView {
  for (let word = 0; word < registers; word++) {
    const from = at + 2 * (words === 'big' ? word : registers - 1 - word)
    scratch.setUint16(2 * word, bytes === 'big' ? reply.readUInt16BE(from) : reply.readUInt16LE(from))
  }
  return scratch
}

/** Latin-1, two characters to a register, up to the first zero. */
function textOf(reply: Buffer, at: number, { count, chars }: ModbusTarget, { bytes }: Order): string {
  let text = ''
  for (let i = 0; i < Math.min(chars, 2 * count); i++) {
    const code = reply[at + (bytes === 'big' ? i : i ^ 1)]!
    if (code === 0) break
    text += String.fromCharCode(code)
  }
  return text
}
