/** How often each byte comes, as a table of shares that is small itself: what `shares.ts` codes by. */

import { Fault } from '../../contract/faults.js'
import { BitReader, BitWriter } from './bits.js'
import type { ByteReader, ByteWriter } from './bytes.js'

export const SHARE_BITS = 12
/** All shares together. */
export const WHOLE = 2 ** SHARE_BITS
/** How many different bytes there are. */
export const VALUES = 256

const MARK_BITS = 6
const MARK_MAX = 4 * SHARE_BITS + 1
const RUN_BITS = 8

/** How often each byte comes, to an eighth more or less: 0 for never, else one more than four times its logarithm. A table must be small itself. */
export function marksOf(counts: Uint32Array, total: number): Uint8Array {
  return Uint8Array.from(counts, (count) => {
    if (count === 0) return 0
    const share = Math.max(1, Math.round(count / total * WHOLE))
    const power = 31 - Math.clz32(share)
    const quarters = power >= 2 ? (share >>> (power - 2)) & 3 : (share << (2 - power)) & 3
    return 1 + 4 * power + quarters
  })
}

/** Most bytes never come: of a run of these its length stands behind the first. */
export function writeMarks(marks: Uint8Array, to: ByteWriter): void {
  const bits = new BitWriter(to)
  for (let byte = 0; byte < VALUES;) {
    bits.put(marks[byte]!, MARK_BITS)
    if (marks[byte++] !== 0) continue
    let run = 0
    while (byte < VALUES && marks[byte] === 0) { byte++; run++ }
    bits.put(run, RUN_BITS)
  }
  bits.end()
}

export function readMarks(from: ByteReader): Uint8Array {
  const bits = new BitReader(from)
  const marks = new Uint8Array(VALUES)
  for (let byte = 0; byte < VALUES;) {
    const mark = bits.take(MARK_BITS)
    if (mark > MARK_MAX) misfit('a share out of range')
    marks[byte++] = mark
    if (mark === 0) byte += bits.take(RUN_BITS)
  }
  return marks
}

/** Shares that are together the whole; each that comes at all has some. Writer and reader work them out alike. */
export function sharesOf(marks: Uint8Array): Uint16Array {
  const weightOf = (mark: number): number => (mark === 0 ? 0 : (4 + ((mark - 1) & 3)) * 2 ** ((mark - 1) >>> 2))
  let sum = 0
  for (const mark of marks) sum += weightOf(mark)
  if (sum === 0) misfit('shares of nothing')
  const shares = new Uint16Array(VALUES)
  let left = WHOLE
  for (let byte = 0; byte < VALUES; byte++) {
    if (marks[byte] === 0) continue
    const share = Math.max(1, Math.floor(weightOf(marks[byte]!) * WHOLE / sum))
    shares[byte] = share
    left -= share
  }
  // What rounding left over goes to the largest; what it took too much is given back by the largest, again and again.
  while (left !== 0) {
    let largest = 0
    for (let byte = 1; byte < VALUES; byte++) if (shares[byte]! > shares[largest]!) largest = byte
    const change = Math.max(left, -(shares[largest]! >>> 1))
    shares[largest]! += change
    left -= change
  }
  return shares
}

function misfit(what: string): never {
  throw new Fault('JOURNAL_CORRUPT', { what })
}
