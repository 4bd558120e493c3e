/** Sealed chunks copied by a second box: listed, read part by part as they are stored, and written there in the place of whatever they hold. */

import { limits } from '../../base/limits.js'
import type { ChunkList, ChunkPart, CopiedChunk, ListedChunk, PartQuery } from '../../contract/copied-samples.js'
import { Fault } from '../../contract/faults.js'
import { ByteReader } from '../store/bytes.js'
import { unseal } from '../store/codec.js'
import { type Database, prepared } from '../store/database.js'
import { type Layouts, layoutBy, readColumn, readTimes, readTurns } from './block.js'
import { COLUMNS_PER_COMMIT, columnId, markSealed } from './chunk.js'
import { isText } from './layouts.js'

/** Newest first, those that begin before a turn. */
export function listChunks(database: Database, before: number): ChunkList {
  const chunks = prepared<[number, number], ListedChunk>(database, `
    SELECT turn_first AS first, turn_last AS last, at_first AS "from", at_last AS "to", values_count AS "values", bytes
    FROM chunks WHERE sealed = 1 AND turn_first < ? ORDER BY turn_first DESC LIMIT ?`).all(before, limits.copyChunksListedMax)
  return { chunks, before: chunks.length < limits.copyChunksListedMax ? null : chunks.at(-1)!.first }
}

type Column = ChunkPart['columns'][number]
type ColumnRow = Omit<Column, 'content'> & { readonly content: Buffer }

/** JSON of a `ChunkPart`: columns from that one on, as many as a part holds. `null` when there is no such chunk any more: it was merged into another, or retention took it. */
export function readChunkPart(database: Database, layouts: Layouts, { first, last, column }: PartQuery): string | null {
  const chunk = prepared<[number, number], { id: number; turns: Buffer }>(database, 'SELECT id, turns FROM chunks WHERE sealed = 1 AND turn_first = ? AND turn_last = ?').get(first, last)
  if (chunk === undefined) return null
  const strips = prepared<[number], { id: number; layout: number; times: Buffer }>(database, 'SELECT id, layout, times FROM strips WHERE chunk = ? ORDER BY layout').all(chunk.id)
  const stored = prepared<[number], ColumnRow>(database, 'SELECT good_count, min, max, sum, content FROM columns WHERE id = ?')
  const ids = strips.flatMap((strip) => Array.from({ length: layoutBy(layouts, strip.layout).columns }, (_, c) => columnId(strip.id, c)))
  const columns: Column[] = []
  let bytes = 0
  let next = column
  while (next < ids.length && bytes < limits.copyPartBytesMax) {
    const row = stored.get(ids[next++]!)
    if (row === undefined) throw new Fault('JOURNAL_CORRUPT', { what: 'a column of a sealed chunk is gone', turn: first })
    bytes += row.content.length
    columns.push({ ...row, content: row.content.toString('base64') })
  }
  const head = column > 0 ? null : {
    turns: chunk.turns.toString('base64'),
    strips: strips.map((strip) => { const layout = layoutBy(layouts, strip.layout); return { layout: JSON.stringify(layout), times: strip.times.toString('base64'), columns: layout.columns } }),
  }
  return JSON.stringify({ head, columns, next: next < ids.length ? next : null } satisfies ChunkPart)
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
  const insertStrip = prepared(database, 'INSERT INTO strips (chunk, layout, times) VALUES (?, ?, ?)')
  const insertColumn = prepared(database, 'INSERT INTO columns (id, good_count, min, max, sum, content) VALUES (?, ?, ?, ?, ?, ?)')
  const columns = parts.flatMap((part) => part.columns)
  let from = 0
  let values = 0
  for (const strip of head.strips) {
    const layout = idOf(strip.layout)
    const { tags, columns: count } = layoutBy(layouts, layout)
    const its = columns.slice(from, from + count)
    if (strip.columns !== count || its.length !== count) misfit('columns of a chunk are missing')
    from += count
    const times = Buffer.from(strip.times, 'base64')
    const scans = readTimes(new ByteReader(unseal(times))).ats.length
    values += scans * count
    const texts = new Set(tags.filter(isText).map((tag) => tag.column))
    const stripId = Number(insertStrip.run(id, layout, times).lastInsertRowid)
    for (let at = 0; at < count; at += COLUMNS_PER_COMMIT) {
      const rows: unknown[][] = []
      for (const [i, { good_count: good, min, max, sum, content }] of its.slice(at, at + COLUMNS_PER_COMMIT).entries()) {
        const record = Buffer.from(content, 'base64')
        readColumn(scans, texts.has(at + i), new ByteReader(unseal(record)))
        rows.push([columnId(stripId, at + i), good, min, max, sum, record])
        yield
      }
      database.transaction(() => { for (const row of rows) insertColumn.run(...row) }).immediate()
      yield
    }
  }
  if (from !== columns.length || values !== chunk.values) misfit('a chunk holds other values than were listed')
  database.transaction(() => {
    displace(database, id, chunk)
    markSealed(database, { id, bytes: chunk.bytes })
  }).immediate()
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
