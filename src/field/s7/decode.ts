/** Bytes of a PLC into numbers and texts: one tag at a time, in place, without an object per value. */

import { never } from '../../base/assert.js'
import type { ScanSink } from '../../contract/driver.js'
import { qualities } from '../../contract/scan.js'
import { type S7Target, kinds } from './address.js'

/**
 * Decodes one tag that stands at byte `at` of the image into its slots, and returns its quality.
 * Times become milliseconds: durations as they are, dates since 1970 as if the PLC's clock ran in UTC.
 */
export function decode(image: DataView, at: number, target: S7Target, length: number, tag: number, slot: number, into: ScanSink): number {
  const { values } = into
  let sound = true
  switch (target.kind) {
    case 'BOOL':
      for (let i = 0; i < length; i++) {
        const bit = target.bit + i
        values[slot + i] = (image.getUint8(at + (bit >> 3)) >> (bit & 7)) & 1
      }
      return qualities.good
    case 'BYTE': case 'USINT': for (let i = 0; i < length; i++) values[slot + i] = image.getUint8(at + i); return qualities.good
    case 'SINT': for (let i = 0; i < length; i++) values[slot + i] = image.getInt8(at + i); return qualities.good
    case 'WORD': case 'UINT': for (let i = 0; i < length; i++) values[slot + i] = image.getUint16(at + 2 * i); return qualities.good
    case 'INT': for (let i = 0; i < length; i++) values[slot + i] = image.getInt16(at + 2 * i); return qualities.good
    case 'DWORD': case 'UDINT': case 'TIME_OF_DAY': for (let i = 0; i < length; i++) values[slot + i] = image.getUint32(at + 4 * i); return qualities.good
    case 'DINT': case 'TIME': for (let i = 0; i < length; i++) values[slot + i] = image.getInt32(at + 4 * i); return qualities.good
    // A double holds 53 bits, so a 64-bit integer travels as its low and its high word.
    case 'LWORD': case 'ULINT':
      for (let i = 0; i < length; i++) { values[slot + 2 * i] = image.getUint32(at + 8 * i + 4); values[slot + 2 * i + 1] = image.getUint32(at + 8 * i) }
      return qualities.good
    case 'LINT':
      for (let i = 0; i < length; i++) { values[slot + 2 * i] = image.getUint32(at + 8 * i + 4); values[slot + 2 * i + 1] = image.getInt32(at + 8 * i) }
      return qualities.good
    case 'REAL':
      for (let i = 0; i < length; i++) sound = Number.isFinite(values[slot + i] = image.getFloat32(at + 4 * i)) && sound
      return sound ? qualities.good : qualities.not_a_number
    case 'LREAL':
      for (let i = 0; i < length; i++) sound = Number.isFinite(values[slot + i] = image.getFloat64(at + 8 * i)) && sound
      return sound ? qualities.good : qualities.not_a_number
    case 'LTIME':
      for (let i = 0; i < length; i++) values[slot + i] = Number(image.getBigInt64(at + 8 * i)) / 1e6
      return qualities.good
    case 'S5TIME': case 'TIMER': case 'COUNTER': case 'DATE': case 'DATE_AND_TIME': case 'DTL': {
      const bytes = kinds[target.kind][0]
      const read = readers[target.kind]
      for (let i = 0; i < length; i++) sound = !Number.isNaN(values[slot + i] = read(image, at + bytes * i)) && sound
      return sound ? qualities.good : qualities.type_misfit
    }
    case 'CHAR': into.texts.set(tag, chars(image, at, target.chars)); return qualities.good
    case 'STRING': {
      const [most, count] = [image.getUint8(at), image.getUint8(at + 1)]
      if (count > most) return qualities.type_misfit
      into.texts.set(tag, chars(image, at + 2, Math.min(count, target.chars)))
      return qualities.good
    }
    case 'WSTRING': {
      const [most, count] = [image.getUint16(at), image.getUint16(at + 2)]
      if (count > most) return qualities.type_misfit
      let text = ''
      for (let i = 0; i < Math.min(count, target.chars); i++) text += String.fromCharCode(image.getUint16(at + 4 + 2 * i))
      into.texts.set(tag, text)
      return qualities.good
    }
    default: return never(target.kind)
  }
}

/** Values that can be malformed: NaN when they are. */
const readers = { S5TIME: s5time, TIMER: s5time, COUNTER: bcdCounter, DATE: date, DATE_AND_TIME: dateAndTime, DTL: dtl } as const

/** Two bits of time base (10 ms … 10 s), three BCD digits. */
function s5time(image: DataView, at: number): number {
  const count = bcd(image.getUint8(at) & 0x0f) * 100 + bcd(image.getUint8(at + 1))
  return count * 10 ** (((image.getUint8(at) >> 4) & 3) + 1)
}

function bcdCounter(image: DataView, at: number): number {
  return bcd(image.getUint8(at) & 0x0f) * 100 + bcd(image.getUint8(at + 1))
}

/** Days since 1990-01-01. */
function date(image: DataView, at: number): number {
  return Date.UTC(1990, 0, 1 + image.getUint16(at))
}

/** Eight BCD bytes: year, month, day, hour, minute, second, two digits and one digit of milliseconds, weekday. Years 90 to 99 are 19xx. */
function dateAndTime(image: DataView, at: number): number {
  const year = bcd(image.getUint8(at))
  const ms = bcd(image.getUint8(at + 6)) * 10 + bcd(image.getUint8(at + 7) >> 4)
  return utc(year + (year >= 90 ? 1900 : 2000), bcd(image.getUint8(at + 1)), bcd(image.getUint8(at + 2)), bcd(image.getUint8(at + 3)), bcd(image.getUint8(at + 4)), bcd(image.getUint8(at + 5)), ms)
}

/** Year as a word, then month, day, weekday, hour, minute, second as bytes, nanoseconds as a double word. */
function dtl(image: DataView, at: number): number {
  return utc(image.getUint16(at), image.getUint8(at + 2), image.getUint8(at + 3), image.getUint8(at + 5), image.getUint8(at + 6), image.getUint8(at + 7), Math.floor(image.getUint32(at + 8) / 1e6))
}

/** Milliseconds since 1970; NaN when a part is out of its range, which `Date.UTC` would silently carry over. */
function utc(year: number, month: number, day: number, hour: number, minute: number, second: number, ms: number): number {
  const whole = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 23 && minute <= 59 && second <= 59 && ms <= 999
  return whole ? Date.UTC(year, month - 1, day, hour, minute, second, ms) : Number.NaN
}

/** Two decimal digits in a byte; NaN when one of them is none. */
function bcd(byte: number): number {
  const [tens, ones] = [byte >> 4, byte & 0x0f]
  return tens > 9 || ones > 9 ? Number.NaN : tens * 10 + ones
}

/** Latin-1 up to the first zero, as PLCs pad. */
function chars(image: DataView, at: number, count: number): string {
  let text = ''
  for (let i = 0; i < count; i++) {
    const code = image.getUint8(at + i)
    if (code === 0) break
    text += String.fromCharCode(code)
  }
  return text
}
