/** A chunk as it stands in the tables: turns sealed into columns, each of which is read when it is asked for. */

import { ByteReader, ByteWriter } from '../store/bytes.js'
import { seal, unseal } from '../store/codec.js'
import { type Database, prepared } from '../store/database.js'
import { type Layouts, type LazyBlock, type LazyStrip, layoutBy, readTimes, readTurns, valuesCount, writeTimes, writeTurns } from './block.js'
import { isText } from './layouts.js'
import { PIECE_BYTES } from './roll.js'
import { rollColumns } from './rolling.js'
import { columnId, columnReader, stripsOf } from './strips.js'

/** Deleting a row writes its pages. */
const ROWS_PER_SWEEP = 128
/** Read for months: small counts. */
const LEVEL = 6
/** What a row takes beside its content. */
const ROW_BYTES = 48

/** The strips of layouts that are not wanted are left out. Throws JOURNAL_CORRUPT, also when a column is asked for. */
export function readChunk(database: Database, layouts: Layouts, chunk: { readonly id: number; readonly turns: Buffer }, wanted: (layout: number) => boolean = () => true): LazyBlock {
  return {
    ...readTurns(new ByteReader(unseal(chunk.turns))),
    strips: stripsOf(database, chunk.id).filter(({ layout }) => wanted(layout)).map((row): LazyStrip => {
      const shared = readTimes(new ByteReader(unseal(row.times)))
      const { tags, columns } = layoutBy(layouts, row.layout)
      const texts = new Set(tags.filter(isText).map((tag) => tag.column))
      const read = columnReader(database, row)
      return { layout: row.layout, ...shared, columnsCount: columns, column: (c) => read(c, shared.ats.length, texts.has(c)) }
    }),
  }
}

export interface Written { readonly id: number; readonly bytes: number }

/**
 * Writes a block as a chunk that nobody reads before somebody marks it as sealed. Each `yield` is a place where the writer may do something more urgent.
 * What a crash leaves half written is swept away. Throws JOURNAL_CORRUPT when a column would not come back as it is; then nothing of it counts.
 */
export function* writeChunk(database: Database, block: LazyBlock): Generator<void, Written> {
  const bytes = new ByteWriter(65_536)
  let sealedBytes = 0
  const counted = (record: Buffer): Buffer => {
    sealedBytes += record.length
    return record
  }
  const written = (write: (to: ByteWriter) => void): Uint8Array => {
    bytes.clear()
    write(bytes)
    return bytes.view()
  }
  const [first, last] = spanOf(block)
  const insert = database.prepare('INSERT INTO chunks (turn_first, turn_last, at_first, at_last, values_count, bytes, sealed, turns) VALUES (?, ?, ?, ?, ?, 0, 0, ?)')
  const turns = counted(seal(written((to) => { writeTurns(block, to) }), LEVEL))
  const chunk = Number(insert.run(block.numbers[0]!, block.numbers.at(-1)!, first, last, valuesCount(block), turns).lastInsertRowid)
  sealedBytes += ROW_BYTES
  const insertStrip = database.prepare('INSERT INTO strips (chunk, layout, times) VALUES (?, ?, ?)')
  const completeStrip = database.prepare('UPDATE strips SET contents = ?, figures = ? WHERE id = ?')
  for (const strip of block.strips) {
    const times = counted(seal(written((to) => { writeTimes(strip, to) }), LEVEL))
    const stripId = Number(insertStrip.run(chunk, strip.layout, times).lastInsertRowid)
    const { contents, figures, piecesCount } = yield* rollColumns(database, stripId, strip)
    completeStrip.run(counted(contents), counted(figures), stripId)
    sealedBytes += ROW_BYTES + piecesCount * PIECE_BYTES
    yield
  }
  return { id: chunk, bytes: sealedBytes }
}

/** Whose columns are all written becomes part of the journal; the caller holds the transaction. */
export function markSealed(database: Database, { id, bytes }: Written): void {
  prepared<[number, number]>(database, 'UPDATE chunks SET sealed = 1, bytes = ? WHERE id = ?').run(bytes, id)
}

/** Takes a chunk away; the caller holds the transaction. */
export function dropChunk(database: Database, chunk: number): void {
  while (takeSome(database, chunk, Infinity)) { /* to the end */ }
}

/** Takes away some of what is not part of the journal: half written when a crash came, or merged into another. Returns whether there was any. */
export function sweepChunks(database: Database): boolean {
  const chunk = prepared<[], { id: number }>(database, 'SELECT id FROM chunks WHERE sealed = 0 LIMIT 1').get()
  if (chunk === undefined) return false
  database.transaction(() => { takeSome(database, chunk.id, ROWS_PER_SWEEP) }).immediate()
  return true
}

/** So many rows of the first strip, at most, and the strip with its last, and the chunk with its last strip. Returns whether there is more. */
function takeSome(database: Database, chunk: number, rowsMax: number): boolean {
  const strip = prepared<[number], { id: number }>(database, 'SELECT id FROM strips WHERE chunk = ? LIMIT 1').get(chunk)
  if (strip === undefined) {
    prepared<[number]>(database, 'DELETE FROM chunks WHERE id = ?').run(chunk)
    return false
  }
  if (takeRows(database, 'pieces', strip.id, rowsMax) && takeRows(database, 'columns', strip.id, rowsMax)) prepared<[number]>(database, 'DELETE FROM strips WHERE id = ?').run(strip.id)
  return true
}

/** Both tables count up from the number of the strip. Returns whether none is left. */
function takeRows(database: Database, table: 'pieces' | 'columns', strip: number, rowsMax: number): boolean {
  const [from, to] = [columnId(strip, 0), columnId(strip + 1, 0)]
  const beyond = rowsMax === Infinity ? undefined : prepared<[number, number, number], { id: number }>(database, `SELECT id FROM ${table} WHERE id >= ? AND id < ? ORDER BY id LIMIT 1 OFFSET ?`).get(from, to, rowsMax)
  prepared<[number, number]>(database, `DELETE FROM ${table} WHERE id >= ? AND id < ?`).run(from, beyond?.id ?? to)
  return beyond === undefined
}

/** From the earliest to the latest instant of a block, whichever way the clock stepped meanwhile. */
export function spanOf(block: { readonly ats: Float64Array; readonly strips: readonly { readonly ats: Float64Array }[] }): [first: number, last: number] {
  let first = Infinity
  let last = -Infinity
  const see = (ats: Float64Array): void => {
    for (const at of ats) {
      if (at < first) first = at
      if (at > last) last = at
    }
  }
  see(block.ats)
  block.strips.forEach((strip) => { see(strip.ats) })
  return [first, last]
}
