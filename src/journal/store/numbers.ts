/** Numbers of one slot over many scans, in few bytes and bit for bit. */

import { Fault } from '../../contract/faults.js'
import type { ByteReader, ByteWriter } from './bytes.js'
import { EXPONENT_MAX, POWERS, WHOLE_MAX_SINGLE, decimalOf, wholeOf } from './decimals.js'
import { type Shares, readShared, writeShared } from './shares.js'
import { type Tokens, readTokens, tokensOf, writeTokens } from './tokens.js'

/**
 * How a column of numbers is written. The first byte says which; the numbers never change meaning.
 * - same: one value for all, with all its bits; still: the same, of a decimal.
 * - decimal: every value is a whole number over a power of ten; written as differences, those of nothing as runs.
 * - single, double: the bits, sorted by their place in the word, so that bytes that change little stand together.
 * - tokens, singleShared, doubleShared: as decimal, single and double, each byte in no more bits than it is worth. Nothing makes them smaller.
 */
const ways = { same: 0, decimal: 1, single: 2, double: 3, tokens: 4, singleShared: 5, doubleShared: 6, still: 7 } as const

/** Beyond this, differences of differences would leave the exact integers. */
const WHOLE_MAX = 2 ** 50
/** `order` 1 writes differences (values), 2 differences of differences (times that advance by a steady step). */
export function writeNumbers(values: Float64Array, order: 1 | 2, to: ByteWriter): void {
  if (values.length === 0) return
  if (allSame(values)) return writeSame(values, to)
  const whole = wholes(values, false) ?? (allSingle(values) ? wholes(values, true) : null)
  if (whole !== null) writeWholes(whole, order, to)
  else if (allSingle(values)) writePlanes(ways.single, new Uint8Array(Float32Array.from(values).buffer), 4, to)
  else writePlanes(ways.double, bytesOf(values), 8, to)
}

/** The same for many values that are kept for long: takes more time, and nothing that compresses afterwards gains anything. */
export function writeNumbersDensely(values: Float64Array, order: 1 | 2, to: ByteWriter): void {
  if (values.length === 0) return
  if (allSame(values)) return writeSame(values, to)
  const tokens = tokensOf(values, order)
  if (tokens !== null) writeTokenNumbers(tokens, to)
  else if (allSingle(values)) writePlanesShared(ways.singleShared, new Uint8Array(Float32Array.from(values).buffer), 4, to)
  else writePlanesShared(ways.doubleShared, bytesOf(values), 8, to)
}

/** Numbers that were made tokens of; with `writeBytes` by a table that stands elsewhere. */
export function writeTokenNumbers(tokens: Tokens, to: ByteWriter, writeBytes?: (bytes: Uint8Array, to: ByteWriter) => void): void {
  to.byte(ways.tokens)
  writeTokens(tokens, to, writeBytes)
}

/** `book` has the tables of who wrote them by some. */
export function readNumbers(count: number, from: ByteReader, book?: Shares): Float64Array {
  if (count === 0) return new Float64Array(0)
  const way = from.byte()
  switch (way) {
    case ways.same: return new Float64Array(count).fill(new Float64Array(new Uint8Array(from.raw(8)).buffer)[0]!)
    case ways.decimal: return readWholes(count, from)
    case ways.single: return Float64Array.from(new Float32Array(readPlanes(count, 4, from).buffer))
    case ways.double: return new Float64Array(readPlanes(count, 8, from).buffer)
    case ways.tokens: return readTokens(count, from, book)
    case ways.singleShared: return Float64Array.from(new Float32Array(readPlanesShared(count, 4, from).buffer))
    case ways.doubleShared: return new Float64Array(readPlanesShared(count, 8, from).buffer)
    case ways.still: return readStill(count, from)
    default: throw new Fault('JOURNAL_CORRUPT', { what: 'an unknown way to write numbers', way })
  }
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
  const first = values.subarray(0, 1)
  const whole = wholes(first, false) ?? (allSingle(first) ? wholes(first, true) : null)
  if (whole !== null && Math.abs(whole.numbers[0]!) < STILL_MAX) return writeStill(whole, to)
  to.byte(ways.same)
  to.raw(bytesOf(values.subarray(0, 1)))
}

interface Wholes { readonly exponent: number; readonly single: boolean; readonly numbers: Float64Array }

/** The values as whole numbers over the smallest power of ten that gives every one of them back exactly. */
function wholes(values: Float64Array, single: boolean): Wholes | null {
  const max = single ? WHOLE_MAX_SINGLE : WHOLE_MAX
  const numbers = new Float64Array(values.length)
  let exponent = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    const number = wholeOf(value, POWERS[exponent]!, single, max)
    if (number !== null) { numbers[i] = number; continue }
    if (!Number.isFinite(value) || Object.is(value, -0) || exponent === EXPONENT_MAX) return null
    exponent++
    i = -1
  }
  return { exponent, single, numbers }
}

/** Beyond this all the bits of the value are shorter. */
const STILL_MAX = 2 ** 40

function writeStill({ exponent, single, numbers: [number = 0] }: Wholes, to: ByteWriter): void {
  to.byte(ways.still)
  to.byte(exponent | (single ? SINGLE_FLAG : 0))
  to.varint(number >= 0 ? 2 * number : -2 * number - 1)
}

function readStill(count: number, from: ByteReader): Float64Array {
  const head = from.byte()
  const power = POWERS[head & 0x0f]
  if (power === undefined) throw new Fault('JOURNAL_CORRUPT', { what: 'a power of ten out of range' })
  const coded = from.varint()
  return new Float64Array(count).fill(decimalOf(coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2, power, (head & SINGLE_FLAG) !== 0))
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
  for (let i = 0; i < count;) {
    const coded = from.varint()
    if (coded === 0) {
      // Times go on by their step, values stand.
      const end = Math.min(count, i + from.varint() + 1)
      const advance = second ? step : 0
      while (i < end) values[i++] = number += advance
      step = advance
      continue
    }
    const change = coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2
    step = second ? step + change : change
    values[i++] = number += step
  }
  // Nearly all that is written so are whole numbers as they stand.
  if (power !== 1 || single) for (let i = 0; i < count; i++) values[i] = decimalOf(values[i]!, power, single)
  return values
}

function writePlanes(way: number, bytes: Uint8Array, width: number, to: ByteWriter): void {
  to.byte(way)
  for (let place = 0; place < width; place++) to.raw(planeOf(bytes, place, width))
}

function writePlanesShared(way: number, bytes: Uint8Array, width: number, to: ByteWriter): void {
  to.byte(way)
  for (let place = 0; place < width; place++) writeShared(planeOf(bytes, place, width), to)
}

const readPlanes = (count: number, width: number, from: ByteReader): Uint8Array<ArrayBuffer> => fromPlanes(count, width, () => from.raw(count))
const readPlanesShared = (count: number, width: number, from: ByteReader): Uint8Array<ArrayBuffer> => fromPlanes(count, width, () => readShared(count, from))

/** The bytes that stand in the same place of their words. */
function planeOf(bytes: Uint8Array, place: number, width: number): Uint8Array {
  const plane = new Uint8Array(bytes.length / width)
  for (let i = 0; i < plane.length; i++) plane[i] = bytes[i * width + place]!
  return plane
}

function fromPlanes(count: number, width: number, read: () => Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count * width)
  for (let place = 0; place < width; place++) {
    const plane = read()
    for (let i = 0; i < count; i++) bytes[i * width + place] = plane[i]!
  }
  return bytes
}
