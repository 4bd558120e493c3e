/** The columns of a sealed strip, one after the other in one run of bytes that is cut into pieces of the same size: a page of the file is full, whatever a column takes. */

import { Fault } from '../../contract/faults.js'
import { ByteReader, ByteWriter } from '../store/bytes.js'
import { seal, unseal } from '../store/codec.js'
import { type Database, PAGE_BYTES, prepared } from '../store/database.js'
import { type BookWriter, ShareBook } from '../store/share-book.js'
import { type Column, readColumn } from './block.js'

/** The first byte of the contents says which; an older one stays readable. */
const VERSION = 1
/**
 * A row fills the whole of its first page when what it has beyond that fills the others: of a page of SQLite, 35 bytes are not the row's, of those
 * that it goes on in, 4; and 5 are its own head. Fewer pages leave more bytes between them unused, more make one column take longer.
 */
const PAGES_PER_PIECE = 4
export const PIECE_BYTES = PAGE_BYTES - 35 + (PAGES_PER_PIECE - 1) * (PAGE_BYTES - 4) - 5
export const PIECES_PER_STRIP_MAX = 2 ** 20

export const pieceId = (strip: number, piece: number): number => strip * PIECES_PER_STRIP_MAX + piece

/** Where a column begins is told of each of so many; of those between, how long they are. */
const COLUMNS_PER_ANCHOR = 32
const ANCHOR_BYTES = 4
const LEVEL = 6

/** Where which column lies, and the tables that their bytes go by. */
export function writeContents(lengths: readonly number[], book: BookWriter): Buffer {
  const to = new ByteWriter(4 * lengths.length + 64)
  const width = lengths.some((length) => length >= 2 ** 16) ? 4 : 2
  to.byte(VERSION)
  to.varint(PIECE_BYTES)
  to.varint(lengths.length)
  to.byte(width)
  let at = 0
  lengths.forEach((length, c) => {
    if (c % COLUMNS_PER_ANCHOR === 0) little(at, ANCHOR_BYTES, to)
    little(length, width, to)
    at += length
  })
  book.write(to)
  return seal(to.view(), LEVEL)
}

function little(value: number, bytes: number, to: ByteWriter): void {
  for (let rest = value, i = 0; i < bytes; i++, rest = Math.floor(rest / 256)) to.byte(rest % 256)
}

/** Reads columns of a roll. Throws JOURNAL_CORRUPT where something is damaged; then the other columns are still to be had. */
export class Roll {
  readonly columnsCount: number
  readonly #strip: number
  readonly #pieces: { get(id: number): Buffer | undefined }
  readonly #pieceBytes: number
  readonly #index: Uint8Array
  readonly #width: number
  readonly #book: ShareBook
  /** Who reads one column after the other finds several in a piece. */
  #last: { readonly number: number; readonly bytes: Buffer } | null = null

  constructor(database: Database, strip: number, contents: Buffer) {
    this.#strip = strip
    this.#pieces = prepared<[number], Buffer>(database, 'SELECT bytes FROM pieces WHERE id = ?').pluck()
    const from = new ByteReader(unseal(contents))
    if (from.byte() !== VERSION) misfit('an unknown form of contents')
    this.#pieceBytes = from.varint()
    this.columnsCount = from.varint()
    this.#width = from.byte()
    this.#index = from.raw(Math.ceil(this.columnsCount / COLUMNS_PER_ANCHOR) * ANCHOR_BYTES + this.columnsCount * this.#width)
    this.#book = new ShareBook(from)
  }

  column(c: number, count: number, text: boolean): Column {
    return readColumn(count, text, new ByteReader(unseal(this.record(c))), this.#book)
  }

  /** Sealed, as it was written. */
  record(c: number): Buffer {
    const { start, length } = this.place(c)
    const first = Math.floor(start / this.#pieceBytes)
    const within = start - first * this.#pieceBytes
    const piece = this.#piece(first)
    if (within + length <= this.#pieceBytes) return piece.subarray(within, within + length)
    const record = Buffer.allocUnsafe(length)
    let filled = piece.copy(record, 0, within)
    for (let number = first + 1; filled < length; number++) {
      const copiedCount = this.#piece(number).copy(record, filled)
      if (copiedCount === 0) misfit('a piece of a sealed strip is empty')
      filled += copiedCount
    }
    return record
  }

  /** Its first byte in the run, and how many there are. */
  place(c: number): { readonly start: number; readonly length: number } {
    if (c >= this.columnsCount) misfit('a column of a sealed strip is missing')
    const anchor = Math.floor(c / COLUMNS_PER_ANCHOR)
    let at = anchor * (ANCHOR_BYTES + COLUMNS_PER_ANCHOR * this.#width)
    let start = this.#number(at, ANCHOR_BYTES)
    at += ANCHOR_BYTES
    for (let before = anchor * COLUMNS_PER_ANCHOR; before < c; before++, at += this.#width) start += this.#number(at, this.#width)
    return { start, length: this.#number(at, this.#width) }
  }

  #number(at: number, bytes: number): number {
    const index = this.#index
    const low = index[at]! | index[at + 1]! << 8
    return bytes === 2 ? low : low + (index[at + 2]! | index[at + 3]! << 8) * 2 ** 16
  }

  #piece(number: number): Buffer {
    if (this.#last?.number === number) return this.#last.bytes
    const bytes = this.#pieces.get(pieceId(this.#strip, number)) ?? misfit('a piece of a sealed strip is gone')
    this.#last = { number, bytes }
    return bytes
  }
}

function misfit(what: string): never {
  throw new Fault('JOURNAL_CORRUPT', { what })
}
