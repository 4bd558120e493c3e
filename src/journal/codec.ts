/** The column codec: what one slot did over many scans, in few bytes and bit for bit. */

import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'
import { Fault } from '../contract/faults.js'
import type { ByteReader, ByteWriter } from './bytes.js'

/**
 * How a column of numbers is written. The first byte says which; the numbers never change meaning.
 * - same: one value for all.
 * - decimal: every value is a whole number over a power of ten, as nearly all PLC values are; written as differences.
 *   Found for single precision too, where 23.4 is really 23.399999618530273.
 * - single, double: the bits, sorted by their place in the word, so that bytes that change little stand together.
 */
const ways = { same: 0, decimal: 1, single: 2, double: 3 } as const

const EXPONENT_MAX = 9
const POWERS = Array.from({ length: EXPONENT_MAX + 1 }, (_, exponent) => 10 ** exponent)
/** Beyond this, differences of differences would leave the exact integers. */
const WHOLE_MAX = 2 ** 50
/** A single has seven sure digits; more would dress noise up as a decimal. */
const WHOLE_MAX_SINGLE = 1e7

/** `order` 1 writes differences (values), 2 differences of differences (times that advance by a steady step). */
export function writeNumbers(values: Float64Array, order: 1 | 2, to: ByteWriter): void {
  if (values.length === 0) return
  if (allSame(values)) return writeSame(values, to)
  const whole = wholes(values, false) ?? (allSingle(values) ? wholes(values, true) : null)
  if (whole !== null) writeWholes(whole, order, to)
  else if (allSingle(values)) writePlanes(ways.single, new Uint8Array(Float32Array.from(values).buffer), 4, to)
  else writePlanes(ways.double, bytesOf(values), 8, to)
}

export function readNumbers(count: number, from: ByteReader): Float64Array {
  if (count === 0) return new Float64Array(0)
  const way = from.byte()
  switch (way) {
    case ways.same: return new Float64Array(count).fill(new Float64Array(new Uint8Array(from.raw(8)).buffer)[0]!)
    case ways.decimal: return readWholes(count, from)
    case ways.single: return Float64Array.from(new Float32Array(readPlanes(count, 4, from).buffer))
    case ways.double: return new Float64Array(readPlanes(count, 8, from).buffer)
    default: throw new Fault('JOURNAL_CORRUPT', { what: 'an unknown way to write numbers', way })
  }
}

/** Qualities change rarely: nothing but one byte while all are good, else runs. */
export function writeQualities(qualities: Uint8Array, to: ByteWriter): void {
  if (allGood(qualities)) return to.byte(0)
  to.byte(1)
  writeRuns(qualities.length, (a, b) => qualities[a] === qualities[b], (at) => to.byte(qualities[at]!), to)
}

function allGood(qualities: Uint8Array): boolean {
  for (let i = 0; i < qualities.length; i++) if (qualities[i] !== 0) return false
  return true
}

export function readQualities(count: number, from: ByteReader): Uint8Array {
  const qualities = new Uint8Array(count)
  if (from.byte() === 0) return qualities
  readRuns(count, () => from.byte(), (quality, start, end) => { qualities.fill(quality, start, end) }, from)
  return qualities
}

/** Texts change rarely too. They are kept as UTF-16, so that even half a surrogate pair from a PLC comes back as it was. */
export function writeTexts(texts: readonly (string | null)[], to: ByteWriter): void {
  writeRuns(texts.length, (a, b) => texts[a] === texts[b], (at) => {
    const text = texts[at] ?? null
    to.varint(text === null ? 0 : text.length + 1)
    if (text !== null) to.raw(Buffer.from(text, 'utf16le'))
  }, to)
}

export function readTexts(count: number, from: ByteReader): (string | null)[] {
  const texts = new Array<string | null>(count).fill(null)
  readRuns(count, () => {
    const length = from.varint()
    return length === 0 ? null : Buffer.from(from.raw(2 * (length - 1))).toString('utf16le')
  }, (text, start, end) => { texts.fill(text, start, end) }, from)
  return texts
}

const SEAL_BYTES = 5
const plain = 0
const deflated = 1
/** Below this a deflated record is rarely shorter. */
const DEFLATE_FROM_BYTES = 48

/** Closes a record: its checksum, then the bytes, deflated when that is shorter. A flipped bit on the disk is found on reading. */
export function seal(bytes: Uint8Array, level: number): Buffer {
  const small = bytes.length < DEFLATE_FROM_BYTES ? null : deflateRawSync(bytes, { level, memLevel: 8 })
  const [form, body] = small !== null && small.length < bytes.length ? [deflated, small] as const : [plain, bytes] as const
  const record = Buffer.allocUnsafe(SEAL_BYTES + body.length)
  record.set(body, SEAL_BYTES)
  record[4] = form
  record.writeUInt32LE(crc32(record.subarray(4)), 0)
  return record
}

export function unseal(record: Buffer): Uint8Array {
  if (record.length < SEAL_BYTES || record.readUInt32LE(0) !== crc32(record.subarray(4))) throw new Fault('JOURNAL_CORRUPT', { what: 'a record fails its checksum' })
  const body = record.subarray(SEAL_BYTES)
  return record[4] === deflated ? inflateRawSync(body) : body
}

function bytesOf(values: Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

function allSame(values: Float64Array): boolean {
  const first = values[0]
  // `===` calls 0 and -0 the same. It calls every NaN different, which is right: their bits may be.
  if (first === 0) return values.every((value) => Object.is(value, first))
  for (let i = 1; i < values.length; i++) if (values[i] !== first) return false
  return true
}

function allSingle(values: Float64Array): boolean {
  // A NaN may carry bits that single precision would lose; it equals nothing, and so it says no.
  for (let i = 0; i < values.length; i++) if (Math.fround(values[i]!) !== values[i]) return false
  return true
}

function writeSame(values: Float64Array, to: ByteWriter): void {
  to.byte(ways.same)
  to.raw(bytesOf(values.subarray(0, 1)))
}

interface Wholes { readonly exponent: number; readonly single: boolean; readonly numbers: Float64Array }

/** The values as whole numbers over the smallest power of ten that gives every one of them back exactly. */
function wholes(values: Float64Array, single: boolean): Wholes | null {
  const max = single ? WHOLE_MAX_SINGLE : WHOLE_MAX
  const numbers = new Float64Array(values.length)
  let exponent = 0
  let power = POWERS[0]!
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    const number = Math.round(value * power)
    if ((single ? Math.fround(number / power) : number / power) === value && Math.abs(number) <= max && !(number === 0 && Object.is(value, -0))) {
      numbers[i] = number
      continue
    }
    if (!Number.isFinite(value) || Object.is(value, -0) || exponent === EXPONENT_MAX) return null
    power = POWERS[++exponent]!
    i = -1
  }
  return { exponent, single, numbers }
}

const SINGLE_FLAG = 0x10
const SECOND_ORDER_FLAG = 0x20

function writeWholes(whole: Wholes, order: 1 | 2, to: ByteWriter): void {
  to.byte(ways.decimal)
  to.byte(whole.exponent | (whole.single ? SINGLE_FLAG : 0) | (order === 2 ? SECOND_ORDER_FLAG : 0))
  let previous = 0
  let previousStep = 0
  let still = 0
  for (const number of whole.numbers) {
    const step = number - previous
    const change = order === 2 ? step - previousStep : step
    previous = number
    previousStep = step
    if (change === 0) { still++; continue }
    if (still > 0) { to.byte(0); to.varint(still - 1); still = 0 }
    // Zigzag: small numbers of either sign become small numbers.
    to.varint(change > 0 ? 2 * change : -2 * change - 1)
  }
  if (still > 0) { to.byte(0); to.varint(still - 1) }
}

function readWholes(count: number, from: ByteReader): Float64Array {
  const head = from.byte()
  const power = POWERS[head & 0x0f]
  if (power === undefined) throw new Fault('JOURNAL_CORRUPT', { what: 'a power of ten out of range' })
  const single = (head & SINGLE_FLAG) !== 0
  const second = (head & SECOND_ORDER_FLAG) !== 0
  const values = new Float64Array(count)
  let number = 0
  let step = 0
  let still = 0
  for (let i = 0; i < count; i++) {
    let change = 0
    if (still > 0) still--
    else {
      const coded = from.varint()
      if (coded === 0) still = from.varint()
      else change = coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2
    }
    step = second ? step + change : change
    number += step
    values[i] = single ? Math.fround(number / power) : number / power
  }
  return values
}

function writePlanes(way: number, bytes: Uint8Array, width: number, to: ByteWriter): void {
  to.byte(way)
  const count = bytes.length / width
  const planes = new Uint8Array(bytes.length)
  for (let place = 0; place < width; place++) {
    for (let i = 0; i < count; i++) planes[place * count + i] = bytes[i * width + place]!
  }
  to.raw(planes)
}

function readPlanes(count: number, width: number, from: ByteReader): Uint8Array<ArrayBuffer> {
  const planes = from.raw(count * width)
  const bytes = new Uint8Array(count * width)
  for (let place = 0; place < width; place++) {
    for (let i = 0; i < count; i++) bytes[i * width + place] = planes[place * count + i]!
  }
  return bytes
}

function writeRuns(count: number, same: (a: number, b: number) => boolean, writeItem: (at: number) => void, to: ByteWriter): void {
  for (let start = 0; start < count;) {
    let end = start + 1
    while (end < count && same(start, end)) end++
    to.varint(end - start)
    writeItem(start)
    start = end
  }
}

function readRuns<T>(count: number, readItem: () => T, fill: (item: T, start: number, end: number) => void, from: ByteReader): void {
  for (let start = 0; start < count;) {
    const end = start + from.varint()
    if (end <= start || end > count) throw new Fault('JOURNAL_CORRUPT', { what: 'a run of the wrong length' })
    fill(readItem(), start, end)
    start = end
  }
}
