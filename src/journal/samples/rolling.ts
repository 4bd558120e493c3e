/** Writes the columns of a strip as a roll (`roll.ts`): each in the shortest of several ways, those that are alike by tables that they share, and each read again before it counts. */

import { Fault } from '../../contract/faults.js'
import { ByteReader, ByteWriter } from '../store/bytes.js'
import { seal, unseal } from '../store/codec.js'
import { type Database, prepared } from '../store/database.js'
import { writeNumbersDensely, writeTokenNumbers } from '../store/numbers.js'
import { BookWriter, entropyOf } from '../store/share-book.js'
import { writeBooked } from '../store/shares.js'
import { type Tokens, tokensOf } from '../store/tokens.js'
import { type Column, type LazyStrip, readColumn, writeColumn } from './block.js'
import { figuresOf, writeFigures } from './figures.js'
import { PIECE_BYTES, pieceId, writeContents } from './roll.js'

/** Read for months: small counts. */
const LEVEL = 6
export const PIECES_PER_COMMIT = 16
/** So many values are looked at together for what is alike among them. */
const VALUES_PER_BATCH = 2 ** 18
/** What a column by a shared table takes beside its tokens. */
const TOKENS_BYTES = 16

/** A column that waits for the others of its batch: the shortest that it is by itself, and its tokens where these may be shorter. */
interface Draft { readonly column: Column; readonly alone: Buffer; readonly tokens: Tokens | null }

export interface Rolled { readonly contents: Buffer; readonly figures: Buffer; readonly piecesCount: number }

/** Writes the pieces, so many in a commit. Each `yield` is a place where the writer may do something more urgent. */
export function* rollColumns(database: Database, stripId: number, strip: Pick<LazyStrip, 'columnsCount' | 'column'>): Generator<void, Rolled> {
  const book = new BookWriter()
  const figures = new ByteWriter(16 * strip.columnsCount)
  const lengths: number[] = []
  const run = new PieceWriter(database, stripId)
  const bytes = new ByteWriter(65_536)
  let drafts: Draft[] = []
  let waiting = 0
  for (let c = 0; c < strip.columnsCount; c++) {
    const column = strip.column(c)
    writeFigures(figuresOf(column), figures)
    drafts.push(draftOf(column, bytes))
    waiting += column.qualities.length
    yield
    if (waiting < VALUES_PER_BATCH && c < strip.columnsCount - 1) continue
    const tables = book.assign(drafts.flatMap(({ tokens }) => (tokens === null ? [] : [tokens.tokens])))
    yield
    let shared = 0
    for (const draft of drafts) {
      const table = draft.tokens === null ? null : tables[shared++]!
      const record = table === null ? draft.alone : shorter(draft.alone, bookedOf(draft, table, bytes))
      mustComeBack(record, draft.column, book)
      lengths.push(record.length)
      run.add(record)
      if (run.isDue) run.write()
      yield
    }
    drafts = []
    waiting = 0
  }
  run.end()
  yield
  return { contents: writeContents(lengths, book), figures: seal(figures.view(), LEVEL), piecesCount: run.piecesCount }
}

/** Deflate sees what comes again, shares what is merely frequent. */
function draftOf(column: Column, bytes: ByteWriter): Draft {
  const written = (write: () => void): Uint8Array => {
    bytes.clear()
    write()
    return bytes.view()
  }
  const deflated = seal(written(() => { writeColumn(column, bytes) }), LEVEL)
  if (column.texts !== null) return { column, alone: deflated, tokens: null }
  const tokens = tokensOf(column.values, 1)
  if (tokens === null) return { column, alone: shorter(deflated, seal(written(() => { writeColumn(column, bytes, writeNumbersDensely) }), 0)), tokens: null }
  const isWorthIt = entropyOf(tokens.tokens) / 8 + tokens.beside.length + TOKENS_BYTES < deflated.length
  return { column, alone: deflated, tokens: isWorthIt ? tokens : null }
}

function bookedOf({ column, tokens }: Draft, table: { readonly number: number; readonly shares: Uint16Array }, bytes: ByteWriter): Buffer {
  bytes.clear()
  writeColumn(column, bytes, (_, __, to) => { writeTokenNumbers(tokens!, to, (its) => { writeBooked(its, table.number, table.shares, to) }) })
  return seal(bytes.view(), 0)
}

const shorter = (one: Buffer, other: Buffer): Buffer => (one.length <= other.length ? one : other)

/** What is sealed is all there is from then on. */
function mustComeBack(record: Buffer, column: Column, book: BookWriter): void {
  const again = readColumn(column.qualities.length, column.texts !== null, new ByteReader(unseal(record)), book)
  if (!isSame(again, column)) throw new Fault('JOURNAL_CORRUPT', { what: 'a column that was sealed does not come back as it was' })
}

/** Bit for bit. */
function isSame(one: Column, other: Column): boolean {
  const bytesOf = ({ values }: Column): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  return bytesOf(one).equals(bytesOf(other)) && Buffer.from(one.qualities).equals(other.qualities)
    && (one.texts === null ? other.texts === null : one.texts.every((text, i) => text === other.texts?.[i]))
}

/** Cuts a run of bytes into rows. */
class PieceWriter {
  readonly #stripId: number
  readonly #waiting = new ByteWriter((PIECES_PER_COMMIT + 1) * PIECE_BYTES)
  readonly #insert: (pieces: readonly Uint8Array[]) => void
  piecesCount = 0

  constructor(database: Database, stripId: number) {
    this.#stripId = stripId
    const insert = prepared<[number, Uint8Array]>(database, 'INSERT INTO pieces (id, bytes) VALUES (?, ?)')
    this.#insert = (pieces) => { database.transaction(() => { for (const piece of pieces) insert.run(pieceId(this.#stripId, this.piecesCount++), piece) }).immediate() }
  }

  get isDue(): boolean { return this.#waiting.length >= PIECES_PER_COMMIT * PIECE_BYTES }

  add(bytes: Uint8Array): void { this.#waiting.raw(bytes) }

  /** Writes what is whole. */
  write(): void {
    const bytes = this.#waiting.view()
    const wholeCount = Math.floor(bytes.length / PIECE_BYTES)
    this.#insert(Array.from({ length: wholeCount }, (_, i) => bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES)))
    const rest = bytes.slice(wholeCount * PIECE_BYTES)
    this.#waiting.clear()
    this.#waiting.raw(rest)
  }

  end(): void {
    this.write()
    if (this.#waiting.length > 0) this.#insert([this.#waiting.view()])
  }
}
