/** Bytes in as few bits as their shares ask for: what half of them are takes one bit, what a thousandth are takes ten, and fractions of bits count. */

import { Fault } from '../../contract/faults.js'
import { type ByteReader, ByteWriter } from './bytes.js'
import { SHARE_BITS, VALUES, WHOLE, marksOf, readMarks, sharesOf, writeMarks } from './share-table.js'

/** The first byte says which; the numbers never change meaning. */
const forms = { plain: 0, same: 1, shared: 2, booked: 3 } as const

/** Tables that many records go by, which stand elsewhere (`share-book.ts`). */
export interface Shares { tableOf(number: number): Uint16Array }
const noShares: Shares = { tableOf: () => misfit('bytes that go by a table which is nowhere') }

/*
 * Range asymmetric numeral systems (J. Duda, 2013, arXiv:1311.2540) with one table of shares for all bytes. Unlike the codes of deflate they waste
 * nothing on bytes of which nearly all are alike, and unlike arithmetic coding they are read by a look into a table.
 */
/** The state stays in [LOW, 256 × LOW), so that all sums are whole numbers of 31 bits. */
const LOW = 2 ** 23

export function writeShared(bytes: Uint8Array, to: ByteWriter): void {
  if (bytes.length === 0) return
  const counts = new Uint32Array(VALUES)
  for (const byte of bytes) counts[byte]!++
  if (counts[bytes[0]!] === bytes.length) { to.byte(forms.same); to.byte(bytes[0]!); return }
  const coded = new ByteWriter(bytes.length)
  const marks = marksOf(counts, bytes.length)
  writeMarks(marks, coded)
  code(bytes, sharesOf(marks), coded)
  if (coded.length >= bytes.length) { to.byte(forms.plain); to.raw(bytes); return }
  to.byte(forms.shared)
  to.raw(coded.view())
}

/** By a table that is in a book, and has a share for each of these bytes. */
export function writeBooked(bytes: Uint8Array, number: number, shares: Uint16Array, to: ByteWriter): void {
  if (bytes.length === 0) return
  to.byte(forms.booked)
  to.varint(number)
  code(bytes, shares, to)
}

export function readShared(count: number, from: ByteReader, book: Shares = noShares): Uint8Array {
  if (count === 0) return new Uint8Array(0)
  const form = from.byte()
  switch (form) {
    case forms.plain: return from.raw(count)
    case forms.same: return new Uint8Array(count).fill(from.byte())
    case forms.shared: return decode(count, sharesOf(readMarks(from)), from)
    case forms.booked: return decode(count, book.tableOf(from.varint()), from)
    default: return misfit('an unknown form of bytes')
  }
}

function startsOf(shares: Uint16Array): Uint16Array {
  const starts = new Uint16Array(VALUES)
  for (let byte = 1; byte < VALUES; byte++) starts[byte] = starts[byte - 1]! + shares[byte - 1]!
  return starts
}

/** The last byte first, and each byte of the result before the one that was made earlier: so it is read forwards. */
function code(bytes: Uint8Array, shares: Uint16Array, to: ByteWriter): void {
  const starts = startsOf(shares)
  // A byte that is one of 4,096 takes twelve bits, and the state four bytes.
  const backwards = new Uint8Array(Math.ceil(bytes.length * SHARE_BITS / 8) + 8)
  let at = backwards.length
  let state = LOW
  for (let i = bytes.length - 1; i >= 0; i--) {
    const byte = bytes[i]!
    const share = shares[byte]!
    for (const full = share * (LOW / WHOLE) * 256; state >= full; state >>>= 8) backwards[--at] = state & 0xff
    state = ((state / share) | 0) * WHOLE + state % share + starts[byte]!
  }
  for (let shift = 0; shift < 32; shift += 8) backwards[--at] = (state >>> shift) & 0xff
  to.varint(backwards.length - at)
  to.raw(backwards.subarray(at))
}

/**
 * For each part of the whole what a step needs, in one word, so that it is one look: the byte in the lowest 8 bits, its share less one in the
 * next 12, how far the part lies within that share in the highest 12. Filled anew for every table, and by nobody else.
 */
const stepOf = new Uint32Array(WHOLE)
let filledWith: Uint16Array | null = null

function fillSteps(shares: Uint16Array): void {
  if (shares === filledWith) return
  filledWith = shares
  let part = 0
  for (let byte = 0; byte < VALUES; byte++) {
    const share = shares[byte]!
    for (let within = 0; within < share; within++) stepOf[part++] = within << (8 + SHARE_BITS) | (share - 1) << 8 | byte
  }
}

function decode(count: number, shares: Uint16Array, from: ByteReader): Uint8Array {
  fillSteps(shares)
  const coded = from.raw(from.varint())
  if (coded.length < 4 || coded[0]! >= 0x80) misfit('a record of bytes begins in no state')
  const bytes = new Uint8Array(count)
  // Below 2^31 at all times, and so it stays a small number for the processor.
  let state = coded[0]! << 24 | coded[1]! << 16 | coded[2]! << 8 | coded[3]!
  let at = 4
  for (let i = 0; i < count; i++) {
    const step = stepOf[state & (WHOLE - 1)]!
    bytes[i] = step
    state = Math.imul((step >>> 8 & (WHOLE - 1)) + 1, state >>> SHARE_BITS) + (step >>> (8 + SHARE_BITS)) | 0
    while (state < LOW && at < coded.length) state = state << 8 | coded[at++]!
  }
  if (state !== LOW || at !== coded.length) misfit('bytes that are not what was written')
  return bytes
}

function misfit(what: string): never {
  throw new Fault('JOURNAL_CORRUPT', { what })
}
