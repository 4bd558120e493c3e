/** Sealed chunks copied by a second box: listed, read part by part as they are stored, and written there in the place of whatever they hold. */

import { limits } from '../../base/limits.js'
import type { ChunkList, ChunkPart, CopiedChunk, ListedChunk, PartQuery } from '../../contract/copied-samples.js'
import { Fault } from '../../contract/faults.js'
import { ByteReader } from '../store/bytes.js'
import { unseal } from '../store/codec.js'
import { type Database, prepared } from '../store/database.js'
import { type Layouts, layoutBy, readColumn, readTimes, readTurns } from './block.js'
import { markSealed } from './chunk.js'
import { readFigures } from './figures.js'
import { isText } from './layouts.js'
import { PIECES_PER_COMMIT } from './rolling.js'
import { Roll, pieceId } from './roll.js'
import { columnId, stripsOf } from './strips.js'

/** Newest first, those that begin before a turn. */
export function listChunks(database: Database, before: number): ChunkList {
  const chunks = prepared<[number, number], ListedChunk>(database, `
    SELECT turn_first AS first, turn_last AS last, at_first AS "from", at_last AS "to", values_count AS "values", bytes
    FROM chunks WHERE sealed = 1 AND turn_first < ? ORDER BY turn_first DESC LIMIT ?`).all(before, limits.copyChunksListedMax)
  return { chunks, before: chunks.length < limits.copyChunksListedMax ? null : chunks.at(-1)!.first }
}

type ColumnRecord = NonNullable<ChunkPart['columns']>[number]
type ColumnRow = Omit<ColumnRecord, 'content'> & { readonly content: Buffer }
type StripHead = NonNullable<ChunkPart['head']>['strips'][number]

/** JSON of a `ChunkPart`: columns or pieces from that one on, as many as a part holds. `null` when there is no such chunk any more: it was merged into another, or retention took it. */
export function readChunkPart(database: Database, layouts: Layouts, { first, last, column }: PartQuery): string | null {
  const chunk = prepared<[number, number], { id: number; turns: Buffer }>(database, 'SELECT id, turns FROM chunks WHERE sealed = 1 AND turn_first = ? AND turn_last = ?').get(first, last)
  if (chunk === undefined) return null
  const piecesCount = prepared<[number, number], number>(database, 'SELECT count(*) FROM pieces WHERE id >= ? AND id < ?').pluck()
  const figures = prepared<[number], Buffer>(database, 'SELECT figures FROM strips WHERE id = ?').pluck()
  const strips = stripsOf(database, chunk.id).map((strip) => {
    const layout = layoutBy(layouts, strip.layout)
    return { ...strip, layout: JSON.stringify(layout), columnsCount: layout.columns, piecesCount: strip.contents === null ? 0 : piecesCount.get(pieceId(strip.id, 0), pieceId(strip.id + 1, 0))! }
  })
  const head = column > 0 ? null : {
    turns: chunk.turns.toString('base64'),
    strips: strips.map(({ id, layout, times, contents, columnsCount: columns, piecesCount: pieces }): StripHead => ({
      layout, times: times.toString('base64'), columns,
      ...(contents === null ? {} : { roll: { contents: contents.toString('base64'), figures: (figures.get(id) ?? gone(first)).toString('base64'), pieces } }),
    })),
  }
  if (strips.every(({ contents }) => contents !== null)) {
    const ids = strips.flatMap(({ id, piecesCount: count }) => Array.from({ length: count }, (_, i) => pieceId(id, i)))
    const piece = prepared<[number], Buffer>(database, 'SELECT bytes FROM pieces WHERE id = ?').pluck()
    const { records: pieces, next } = someOf(ids, column, (id) => piece.get(id) ?? gone(first), (bytes) => bytes.length)
    return JSON.stringify({ head, pieces: pieces.map((bytes) => bytes.toString('base64')), next } satisfies ChunkPart)
  }
  const ids = strips.flatMap(({ id, columnsCount }) => Array.from({ length: columnsCount }, (_, c) => columnId(id, c)))
  const stored = prepared<[number], ColumnRow>(database, 'SELECT good_count, min, max, sum, content FROM columns WHERE id = ?')
  const { records: columns, next } = someOf(ids, column, (id) => stored.get(id) ?? gone(first), ({ content }) => content.length)
  return JSON.stringify({ head, columns: columns.map((row) => ({ ...row, content: row.content.toString('base64') })), next } satisfies ChunkPart)
}

function someOf<T>(ids: readonly number[], from: number, read: (id: number) => T, bytesOf: (record: T) => number): { readonly records: T[]; readonly next: number | null } {
  const records: T[] = []
  let bytes = 0
  let next = from
  while (next < ids.length && bytes < limits.copyPartBytesMax) {
    const record = read(ids[next++]!)
    bytes += bytesOf(record)
    records.push(record)
  }
  return { records, next: next < ids.length ? next : null }
}

function gone(turn: number): never {
  throw new Fault('JOURNAL_CORRUPT', { what: 'a column of a sealed chunk is gone', turn })
}

/**
 * Writes a chunk as it is stored on the other box; every record of it is read once, so that what is kept can be read. `idOf` finds the layout of that text here.
 * With the last step it takes the place of all chunks and staged turns that lie wholly in its stretch. Each `yield` is a place where the writer may do something more urgent.
 * Throws JOURNAL_CORRUPT when it is not what was listed: then nothing of it counts, and it is swept away.
 */
export function* copyChunk(database: Database, layouts: Layouts, idOf: (layout: string) => number, { chunk, parts }: CopiedChunk): Generator<void, void> {
  const head = parts[0]?.head ?? misfit('a chunk has no head')
  const turns = Buffer.from(head.turns, 'base64')
  const { numbers } = readTurns(new ByteReader(unseal(turns)))
  if (numbers[0] !== chunk.first || numbers.at(-1) !== chunk.last) misfit('a chunk holds other turns than were listed')
  yield
  const id = Number(prepared(database, 'INSERT INTO chunks (turn_first, turn_last, at_first, at_last, values_count, bytes, sealed, turns) VALUES (?, ?, ?, ?, ?, 0, 0, ?)')
    .run(chunk.first, chunk.last, chunk.from, chunk.to, chunk.values, turns).lastInsertRowid)
  const insertStrip = prepared(database, 'INSERT INTO strips (chunk, layout, times, contents, figures) VALUES (?, ?, ?, ?, ?)')
  const columns = parts.flatMap((part) => part.columns ?? [])
  const pieces = parts.flatMap((part) => part.pieces ?? [])
  let [columnsFrom, piecesFrom, values] = [0, 0, 0]
  for (const { layout: text, times: timesText, columns: count, roll } of head.strips) {
    const layout = idOf(text)
    const { tags, columns: columnsCount } = layoutBy(layouts, layout)
    if (count !== columnsCount) misfit('columns of a chunk are missing')
    const times = Buffer.from(timesText, 'base64')
    const scans = readTimes(new ByteReader(unseal(times))).ats.length
    values += scans * count
    const texts = new Set(tags.filter(isText).map((tag) => tag.column))
    const kept = roll === undefined ? null : { contents: Buffer.from(roll.contents, 'base64'), figures: Buffer.from(roll.figures, 'base64') }
    const strip = { id: Number(insertStrip.run(id, layout, times, kept?.contents ?? null, kept?.figures ?? null).lastInsertRowid), scans, count, texts }
    if (roll === undefined || kept === null) {
      yield* keepColumns(database, strip, columns.slice(columnsFrom, columnsFrom += count))
      continue
    }
    const from = new ByteReader(unseal(kept.figures))
    for (let c = 0; c < count; c++) readFigures(from)
    yield* keepPieces(database, strip, kept.contents, pieces.slice(piecesFrom, piecesFrom += roll.pieces), roll.pieces)
  }
  if (columnsFrom !== columns.length || piecesFrom !== pieces.length || values !== chunk.values) misfit('a chunk holds other values than were listed')
  database.transaction(() => {
    displace(database, id, chunk)
    markSealed(database, { id, bytes: chunk.bytes })
  }).immediate()
}

interface ComingStrip { readonly id: number; readonly scans: number; readonly count: number; readonly texts: ReadonlySet<number> }

const COLUMNS_PER_COMMIT = 128

function* keepColumns(database: Database, { id, scans, count, texts }: ComingStrip, columns: readonly ColumnRecord[]): Generator<void, void> {
  if (columns.length !== count) misfit('columns of a chunk are missing')
  const insert = prepared(database, 'INSERT INTO columns (id, good_count, min, max, sum, content) VALUES (?, ?, ?, ?, ?, ?)')
  for (let at = 0; at < count; at += COLUMNS_PER_COMMIT) {
    const rows: unknown[][] = []
    for (const [i, { good_count: good, min, max, sum, content }] of columns.slice(at, at + COLUMNS_PER_COMMIT).entries()) {
      const record = Buffer.from(content, 'base64')
      readColumn(scans, texts.has(at + i), new ByteReader(unseal(record)))
      rows.push([columnId(id, at + i), good, min, max, sum, record])
      yield
    }
    database.transaction(() => { for (const row of rows) insert.run(...row) }).immediate()
    yield
  }
}

function* keepPieces(database: Database, { id, scans, count, texts }: ComingStrip, contents: Buffer, pieces: readonly string[], piecesCount: number): Generator<void, void> {
  if (pieces.length !== piecesCount) misfit('pieces of a chunk are missing')
  const insert = prepared(database, 'INSERT INTO pieces (id, bytes) VALUES (?, ?)')
  for (let at = 0; at < pieces.length; at += PIECES_PER_COMMIT) {
    const some = pieces.slice(at, at + PIECES_PER_COMMIT).map((piece) => Buffer.from(piece, 'base64'))
    database.transaction(() => { for (const [i, bytes] of some.entries()) insert.run(pieceId(id, at + i), bytes) }).immediate()
    yield
  }
  const roll = new Roll(database, id, contents)
  if (roll.columnsCount !== count) misfit('columns of a chunk are missing')
  for (let c = 0; c < count; c++) {
    roll.column(c, scans, texts.has(c))
    yield
  }
}

/** What lies wholly in the stretch is in the chunk. Turns that this box only knows to have been, by which it tells when it last heard of the line, go wherever they touch it. */
function displace(database: Database, id: number, { first, last }: ListedChunk): void {
  prepared<[number, number, number, number, number]>(database, `
    UPDATE chunks SET sealed = 0, bytes = 0 WHERE sealed = 1 AND id <> ? AND (turn_first >= ? AND turn_last <= ? OR values_count = 0 AND turn_first <= ? AND turn_last >= ?)`)
    .run(id, first, last, last, first)
  prepared<[number, number]>(database, 'DELETE FROM staged WHERE turn_first >= ? AND turn_last <= ?').run(first, last)
}

function misfit(what: string): never {
  throw new Fault('JOURNAL_CORRUPT', { what })
}
