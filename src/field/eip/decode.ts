/** The reply to one read into numbers and texts, in place, without an object per value; and why it cannot be. */

import type { ScanSink } from '../../contract/driver.js'
import type { FaultCode } from '../../contract/faults.js'
import { type Quality, qualities } from '../../contract/scan.js'
import { type EipTarget, kinds } from './address.js'
import type { Reply } from './wire.js'

/** Why the controller did not give a tag. */
export interface Verdict { readonly quality: Quality; readonly fault: FaultCode; readonly detail: string }

const STRUCTURE = 0x02a0
/** STRING of Logix: LEN, 82 characters, two bytes to fill up. */
const [STRING_HANDLE, STRING_BYTES] = [0x0fce, 88]
const [SHORT_TEXT, PLAIN_TEXT] = [0xda, 0xd0]
const widths: Readonly<Record<number, number>> = { 0xc1: 1, 0xc2: 1, 0xc3: 2, 0xc4: 4, 0xc5: 8, 0xc6: 1, 0xc7: 2, 0xc8: 4, 0xc9: 8, 0xca: 4, 0xcb: 8, 0xd1: 1, 0xd2: 2, 0xd3: 4, 0xd4: 8 }
const names: Readonly<Record<number, string>> = {
  0xc1: 'BOOL', 0xc2: 'SINT', 0xc3: 'INT', 0xc4: 'DINT', 0xc5: 'LINT', 0xc6: 'USINT', 0xc7: 'UINT', 0xc8: 'UDINT', 0xc9: 'ULINT', 0xca: 'REAL', 0xcb: 'LREAL',
  0xd0: 'STRING', 0xd1: 'BYTE', 0xd2: 'WORD', 0xd3: 'array of BOOL', 0xd4: 'LWORD', 0xda: 'STRING', [STRUCTURE]: 'structure',
}
export const nameOfCode = (code: number): string => names[code] ?? `type 0x${code.toString(16)}`

/** What a good reply says of its type, and where the values begin. */
export interface Typed { readonly code: number; readonly at: number }
export function typeOf({ frame, at }: Reply, end: number): Typed | null {
  if (at + 2 > end) return null
  const code = frame.readUInt16LE(at)
  return code === STRUCTURE ? at + 4 > end ? null : { code, at: at + 4 } : { code, at: at + 2 }
}

/** True when the values have the length that their type and count say. A text measures itself. */
export function isWhole(frame: Buffer, { code, at }: Typed, end: number, count: number): boolean {
  if (code === STRUCTURE) return handleAt(frame, at) === STRING_HANDLE ? end - at === STRING_BYTES : end - at >= 4
  if (code === SHORT_TEXT) return at < end && end - at === 1 + frame[at]!
  if (code === PLAIN_TEXT) return at + 2 <= end && end - at === 2 + frame.readUInt16LE(at)
  const width = widths[code]
  return width === undefined || end - at === width * count
}

/** What is wrong with the type for this target, or `null`. */
export function misfitOfType({ code, at }: Typed, end: number, frame: Buffer, target: EipTarget): Verdict | null {
  // The table is `as const`; all that is asked of it here is whether it holds a number.
  const codes: readonly number[] = kinds[target.kind][2]
  const wrong = (held: string): Verdict => ({ quality: 'type_misfit', fault: 'TAG_TYPE_MISFIT', detail: `configured as ${nameOf(target)}, the PLC holds a ${held}` })
  if (!codes.includes(code)) return wrong(nameOfCode(code))
  if (target.kind === 'BIT' && target.bit >= 8 * widths[code]!) return wrong(`${nameOfCode(code)}, which has the bits 0 to ${8 * widths[code]! - 1}`)
  if (code !== STRUCTURE) return null
  // LEN and then the characters, as many as configured: any other structure is somebody's UDT, and its first member no length.
  const isText = handleAt(frame, at) === STRING_HANDLE || end - at === 4 + Math.ceil(target.extent / 4) * 4
  const length = frame.readInt32LE(at)
  return !isText || length < 0 || length > end - at - 4 ? wrong(`structure that is no string of ${target.extent} characters`) : null
}

const handleAt = (frame: Buffer, at: number): number => frame.readUInt16LE(at - 2)

const nameOf = ({ kind }: EipTarget): string => kind === 'BIT' ? 'a bit of an integer' : kind === 'BOOLS' || kind === 'BITS' ? 'an array of BOOL' : kind

/**
 * Decodes the values at `at`, which are whole and of a type that fits, into a tag's slots, from its element `from` on. Returns the quality.
 * A double holds 53 bits, so a 64-bit integer travels as its low and its high word.
 */
export function decode(frame: Buffer, { code, at }: Typed, target: EipTarget, count: number, from: number, tag: number, slot: number, into: ScanSink): number {
  const { values } = into
  const first = slot + from
  let sound = true
  switch (target.kind) {
    case 'BOOL': for (let i = 0; i < count; i++) values[first + i] = frame[at + i] === 0 ? 0 : 1; return qualities.good
    case 'SINT': for (let i = 0; i < count; i++) values[first + i] = frame.readInt8(at + i); return qualities.good
    case 'USINT': case 'BYTE': for (let i = 0; i < count; i++) values[first + i] = frame[at + i]!; return qualities.good
    case 'INT': for (let i = 0; i < count; i++) values[first + i] = frame.readInt16LE(at + 2 * i); return qualities.good
    case 'UINT': case 'WORD': for (let i = 0; i < count; i++) values[first + i] = frame.readUInt16LE(at + 2 * i); return qualities.good
    case 'DINT': for (let i = 0; i < count; i++) values[first + i] = frame.readInt32LE(at + 4 * i); return qualities.good
    case 'UDINT': case 'DWORD': for (let i = 0; i < count; i++) values[first + i] = frame.readUInt32LE(at + 4 * i); return qualities.good
    case 'LINT':
      for (let i = 0; i < count; i++) { values[first + from + 2 * i] = frame.readUInt32LE(at + 8 * i); values[first + from + 2 * i + 1] = frame.readInt32LE(at + 8 * i + 4) }
      return qualities.good
    case 'ULINT': case 'LWORD':
      for (let i = 0; i < count; i++) { values[first + from + 2 * i] = frame.readUInt32LE(at + 8 * i); values[first + from + 2 * i + 1] = frame.readUInt32LE(at + 8 * i + 4) }
      return qualities.good
    case 'REAL':
      for (let i = 0; i < count; i++) sound = Number.isFinite(values[first + i] = frame.readFloatLE(at + 4 * i)) && sound
      return sound ? qualities.good : qualities.not_a_number
    case 'LREAL':
      for (let i = 0; i < count; i++) sound = Number.isFinite(values[first + i] = frame.readDoubleLE(at + 8 * i)) && sound
      return sound ? qualities.good : qualities.not_a_number
    case 'BIT': values[slot] = bitAt(frame, at, target.bit); return qualities.good
    case 'BOOLS': {
      // `from` counts double words; the first bit wanted stands `target.bit` into the very first of them.
      const [begin, end] = [Math.max(0, 32 * from - target.bit), Math.min(target.extent, 32 * (from + count) - target.bit)]
      for (let i = begin; i < end; i++) values[slot + i] = bitAt(frame, at, i + target.bit - 32 * from)
      return qualities.good
    }
    case 'BITS': {
      let [low, high] = [0, 0]
      for (let i = 0; i < target.extent; i++) {
        if (bitAt(frame, at, target.bit + i) === 0) continue
        if (i < 32) low += 2 ** i
        else high += 2 ** (i - 32)
      }
      values[slot] = low
      values[slot + 1] = high
      return qualities.good
    }
    case 'STRING': {
      const [lengthBytes, length] = code === STRUCTURE ? [4, frame.readInt32LE(at)] : code === PLAIN_TEXT ? [2, frame.readUInt16LE(at)] : [1, frame[at]!]
      into.texts.set(tag, frame.toString('latin1', at + lengthBytes, at + lengthBytes + Math.min(length, target.extent)))
      return qualities.good
    }
  }
}

const bitAt = (frame: Buffer, at: number, bit: number): number => (frame[at + (bit >> 3)]! >> (bit & 7)) & 1

/** The controller's status for one tag (1756-PM020, "CIP service request status codes"). */
export function verdictOf({ status, extended }: Pick<Reply, 'status' | 'extended'>): Verdict {
  const meaning = meanings[status === 0xff ? extended : status]
  const detail = `CIP status 0x${status.toString(16).padStart(2, '0')}${extended === 0 ? '' : `, 0x${extended.toString(16)}`}${meaning === undefined ? '' : `: ${meaning}`}`
  if (status === 0x04 || status === 0x05) return { quality: 'not_found', fault: 'TAG_NOT_FOUND', detail }
  if (status === 0xff && (extended === 0x2105 || extended === 0x2104)) return { quality: 'out_of_range', fault: 'TAG_OUT_OF_RANGE', detail }
  if (tooLarge(status) || status === 0x13 || status === 0x15 || (status === 0xff && extended === 0x2107)) return { quality: 'type_misfit', fault: 'TAG_TYPE_MISFIT', detail }
  return { quality: 'protected', fault: 'TAG_PROTECTED', detail }
}

const meanings: Readonly<Record<number, string>> = {
  0x04: 'the controller cannot make sense of the address', 0x05: 'no tag or member of that name is there, or its External Access is None', 0x0f: 'this may not be read from outside',
  0x2104: 'it lies beyond the end', 0x2105: 'it lies beyond the end of the array', 0x2107: 'the type is another',
}

/** The reply did not fit: the tag, or one before it in the same message, holds more than its configured type. */
export const tooLarge = (status: number): boolean => status === 0x06 || status === 0x11
