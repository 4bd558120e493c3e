/** A column as tokens of a byte, which are much alike and so take few bits (`shares.ts`), and bits beside them for what a token does not say. */

import { Fault } from '../../contract/faults.js'
import { BitReader, BitWriter } from './bits.js'
import { type ByteReader, ByteWriter } from './bytes.js'
import { EXPONENT_MAX, POWERS, WHOLE_MAX_SINGLE, decimalOf, wholeOf } from './decimals.js'
import { type Shares, readShared, writeShared } from './shares.js'

/** Differences of differences of these are below 2^51, and their tokens below the two that mean something else. */
const WHOLE_MAX = 2 ** 48
/** Distances below this have a token each. */
const NEAR = 64
const NEAR_BITS = 6
/** Of farther ones the token says the highest bit and the two below it. */
const SAID_BITS = 2
const FAR_MAX = 2 ** 51
const MINUS_ZERO = 254
/** Its 64 bits stand beside. */
const ANY = 255
/** What is no decimal takes eight bytes more: a column with many of them is written otherwise. */
const ANY_SHARE_MAX = 1 / 32

const SINGLE_FLAG = 0x10
const SECOND_ORDER_FLAG = 0x20

/** Values as tokens: their unit and order, a token for each, and the bits that the tokens do not say. */
export interface Tokens { readonly head: number; readonly tokens: Uint8Array; readonly beside: Uint8Array }

/**
 * A token says how far a value is from the one before it; of a far one it says how far about, and the bits say the rest. What is no decimal,
 * once in a while, has tokens of its own. `order` 1 tells differences (values), 2 differences of differences (times that advance by a steady step). `null` when these values are
 * no decimals.
 */
export function tokensOf(values: Float64Array, order: 1 | 2): Tokens | null {
  const scale = scaleOf(values, false) ?? (isSingle(values) ? scaleOf(values, true) : null)
  if (scale === null) return null
  const tokens = new Uint8Array(values.length)
  const beside = new ByteWriter(64)
  const bits = new BitWriter(beside)
  const words = wordsOf(values)
  let previous = 0
  let previousStep = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    const whole = wholeOf(value, scale.power, scale.single, scale.max)
    if (whole === null && !Object.is(value, -0)) {
      tokens[i] = ANY
      bits.put(words[2 * i]!, WORD_BITS)
      bits.put(words[2 * i + 1]!, WORD_BITS)
      continue
    }
    const number = whole ?? 0
    const step = number - previous
    const change = order === 2 ? step - previousStep : step
    previous = number
    previousStep = step
    // Zigzag: small numbers of either sign become small numbers.
    tokens[i] = whole === null ? MINUS_ZERO : tokenOf(change >= 0 ? 2 * change : -2 * change - 1, bits)
  }
  bits.end()
  return { head: scale.exponent | (scale.single ? SINGLE_FLAG : 0) | (order === 2 ? SECOND_ORDER_FLAG : 0), tokens, beside: beside.view() }
}

/** `writeBytes` writes the tokens themselves, in a form that `readShared` knows. */
export function writeTokens({ head, tokens, beside }: Tokens, to: ByteWriter, writeBytes: (bytes: Uint8Array, to: ByteWriter) => void = writeShared): void {
  to.byte(head)
  writeBytes(tokens, to)
  to.raw(beside)
}

export function readTokens(count: number, from: ByteReader, book?: Shares): Float64Array {
  const head = from.byte()
  const power = POWERS[head & 0x0f] ?? misfit('a power of ten out of range')
  const single = (head & SINGLE_FLAG) !== 0
  const second = (head & SECOND_ORDER_FLAG) !== 0
  const tokens = readShared(count, from, book)
  const bits = new BitReader(from)
  const values = new Float64Array(count)
  const words = wordsOf(values)
  let number = 0
  let step = 0
  for (let i = 0; i < count; i++) {
    const token = tokens[i]!
    if (token < NEAR) {
      const change = token >>> 1 ^ -(token & 1)
      step = second ? step + change : change
      number += step
      values[i] = single ? Math.fround(number / power) : number / power
      continue
    }
    if (token === ANY) {
      words[2 * i] = bits.take(WORD_BITS)
      words[2 * i + 1] = bits.take(WORD_BITS)
      continue
    }
    if (token === MINUS_ZERO) {
      step = -number
      number = 0
      values[i] = -0
      continue
    }
    const far = farOf(token, bits)
    const change = far % 2 === 0 ? far / 2 : -(far + 1) / 2
    step = second ? step + change : change
    number += step
    values[i] = decimalOf(number, power, single)
  }
  return values
}

/* ── how far ─────────────────────────────────────────────────────────────────────────────────── */

function tokenOf(far: number, bits: BitWriter): number {
  if (far < NEAR) return far
  const power = Math.floor(Math.log2(far))
  // A logarithm may be rounded up to a whole one.
  const high = far < 2 ** power ? power - 1 : power
  const unsaid = high - SAID_BITS
  const unit = 2 ** unsaid
  bits.put(far % unit, unsaid)
  return NEAR + (high - NEAR_BITS) * 2 ** SAID_BITS + Math.floor(far / unit) - 2 ** SAID_BITS
}

function farOf(token: number, bits: BitReader): number {
  const said = (token - NEAR) % 2 ** SAID_BITS
  const unsaid = NEAR_BITS + Math.floor((token - NEAR) / 2 ** SAID_BITS) - SAID_BITS
  const far = (2 ** SAID_BITS + said) * 2 ** unsaid + bits.take(unsaid)
  return far > FAR_MAX ? misfit('a distance out of range') : far
}

const WORD_BITS = 32

/** What is no number keeps its bits only as long as nobody takes it for one. */
const wordsOf = (values: Float64Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, 2 * values.length)

/* ── in which unit ───────────────────────────────────────────────────────────────────────────── */

interface Scale { readonly exponent: number; readonly power: number; readonly single: boolean; readonly max: number }

/** The smallest power of ten that makes nearly all of them whole numbers. */
function scaleOf(values: Float64Array, single: boolean): Scale | null {
  const max = single ? WHOLE_MAX_SINGLE : WHOLE_MAX
  const anyMax = values.length * ANY_SHARE_MAX
  const counts = new Uint32Array(EXPONENT_MAX + 1)
  let any = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    const exponent = Object.is(value, -0) ? 0 : POWERS.findIndex((power) => wholeOf(value, power, single, max) !== null)
    if (exponent !== -1) counts[exponent]!++
    else if (++any > anyMax) return null
  }
  let exponent = counts.findLastIndex((count) => count > 0)
  if (exponent === -1) return null
  // A few with more digits than all others are no reason to count every value in their unit.
  for (; exponent > 0 && any + counts[exponent]! <= anyMax; exponent--) any += counts[exponent]!
  return { exponent, power: POWERS[exponent]!, single, max }
}

function isSingle(values: Float64Array): boolean {
  // What is no number may carry bits that single precision would lose; it is kept whole, beside.
  return values.every((value) => Number.isNaN(value) || Math.fround(value) === value)
}

function misfit(what: string): never {
  throw new Fault('JOURNAL_CORRUPT', { what })
}
