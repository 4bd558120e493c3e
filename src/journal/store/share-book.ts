/** Tables of shares that many records go by, because each of its own takes a tenth of what a quiet record does. */

import { given } from '../../base/assert.js'
import { Fault } from '../../contract/faults.js'
import { ByteReader, ByteWriter } from './bytes.js'
import { SHARE_BITS, VALUES, WHOLE, marksOf, readMarks, sharesOf, writeMarks } from './share-table.js'
import type { Shares } from './shares.js'

/** What a table takes, about: so many bits for each byte that comes, and so many more. */
const ENTRY_BITS = 8
const TABLE_BITS = 40

interface Table {
  /** How often each byte comes in all records that go by it. */
  readonly counts: Uint32Array
  total: number
  /** Once a record was written by it, it stays as it is. */
  shares: Uint16Array | null
  marks: Uint8Array
}

/** Finds out which records are alike enough to go by one table. */
export class BookWriter implements Shares {
  readonly #tables: Table[] = []

  tableOf(number: number): Uint16Array {
    return given(this.#tables[number]?.shares, 'a table that was assigned')
  }

  /** The table of each of these records: one that is there already, or one that some of them make together. */
  assign(records: readonly Uint8Array[]): { readonly number: number; readonly shares: Uint16Array }[] {
    const numbers = records.map((bytes) => this.#numberOf(bytes))
    for (const table of this.#tables) {
      if (table.shares !== null) continue
      table.marks = marksOf(table.counts, table.total)
      table.shares = sharesOf(table.marks)
    }
    return numbers.map((number) => ({ number, shares: this.#tables[number]!.shares! }))
  }

  write(to: ByteWriter): void {
    const table = new ByteWriter(64)
    to.varint(this.#tables.length)
    for (const { marks } of this.#tables) {
      table.clear()
      writeMarks(marks, table)
      to.varint(table.length)
      to.raw(table.view())
    }
  }

  #numberOf(bytes: Uint8Array): number {
    const counts = countsOf(bytes)
    const present: number[] = []
    for (let byte = 0; byte < VALUES; byte++) if (counts[byte]! > 0) present.push(byte)
    let own = heft(bytes.length)
    for (const byte of present) own -= heft(counts[byte]!)
    let best = { number: this.#tables.length, bits: own + TABLE_BITS + ENTRY_BITS * present.length }
    this.#tables.forEach((table, number) => {
      const bits = table.shares === null ? bitsJoining(table, counts, present, bytes.length) : bitsBy(table.shares, counts, present)
      if (bits < best.bits) best = { number, bits }
    })
    const table = this.#tables[best.number] ?? { counts: new Uint32Array(VALUES), total: 0, shares: null, marks: new Uint8Array(0) }
    this.#tables[best.number] = table
    if (table.shares === null) {
      for (const byte of present) table.counts[byte]! += counts[byte]!
      table.total += bytes.length
    }
    return best.number
  }
}

/** About how many bits these bytes take by themselves, their table aside. */
export function entropyOf(bytes: Uint8Array): number {
  let bits = heft(bytes.length)
  for (const count of countsOf(bytes)) bits -= heft(count)
  return bits
}

function countsOf(bytes: Uint8Array): Uint32Array {
  const counts = new Uint32Array(VALUES)
  for (const byte of bytes) counts[byte]!++
  return counts
}

/** So many bytes take as many bits as this, less the same of how often each of them comes. */
const heft = (count: number): number => (count === 0 ? 0 : count * Math.log2(count))

/** Bits of a record by a table of others; infinite when it has a byte that they have not. */
function bitsBy(shares: Uint16Array, counts: Uint32Array, present: readonly number[]): number {
  let bits = 0
  for (const byte of present) bits += counts[byte]! * (SHARE_BITS - Math.log2(shares[byte]!))
  return bits
}

/** What all records of a table and this one take together, less what those take without it. */
function bitsJoining(table: Table, counts: Uint32Array, present: readonly number[], length: number): number {
  let bits = heft(table.total + length) - heft(table.total)
  for (const byte of present) {
    const before = table.counts[byte]!
    bits += heft(before) - heft(before + counts[byte]!)
    if (before === 0) bits += ENTRY_BITS
  }
  // A byte that is rarer than the least share takes as if it came that often.
  return bits + present.filter((byte) => (table.counts[byte]! + counts[byte]!) * WHOLE < table.total + length).length
}

/** A book as it was written; a table is worked out when the first record asks for it. */
export class ShareBook implements Shares {
  readonly #written: Uint8Array[]
  readonly #tables: (Uint16Array | undefined)[] = []

  constructor(from: ByteReader) {
    this.#written = []
    const count = from.varint()
    for (let number = 0; number < count; number++) this.#written.push(from.raw(from.varint()))
  }

  tableOf(number: number): Uint16Array {
    const known = this.#tables[number]
    if (known !== undefined) return known
    const written = this.#written[number]
    if (written === undefined) throw new Fault('JOURNAL_CORRUPT', { what: 'a table of shares that is in no book', number })
    return this.#tables[number] = sharesOf(readMarks(new ByteReader(written)))
  }
}
