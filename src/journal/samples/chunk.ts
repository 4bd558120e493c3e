/** A chunk as it stands in the tables: turns sealed into columns, each of which is read when it is asked for. */

import { given } from '../../base/assert.js'
import { ByteReader, ByteWriter } from '../store/bytes.js'
import { seal, unseal } from '../store/codec.js'
import { type Database, prepared } from '../store/database.js'
import { writeNumbersDensely } from '../store/numbers.js'
import { type Column, type Layouts, type LazyBlock, type LazyStrip, layoutBy, readColumn, readTimes, readTurns, valuesCount, writeColumn, writeTimes, writeTurns } from './block.js'
import { isText } from './layouts.js'

/** Read for months: small counts. */
const LEVEL = 6
/** What a row takes beside its content. */
const ROW_BYTES = 48
export const COLUMNS_PER_COMMIT = 128
const COLUMNS_PER_STRIP_MAX = 2 ** 20

export const columnId = (strip: number, column: number): number => strip * COLUMNS_PER_STRIP_MAX + column

/** The strips of layouts that are not wanted are left out. Throws JOURNAL_CORRUPT, also when a column is asked for. */
export function readChunk(database: Database, layouts: Layouts, chunk: { readonly id: number; readonly turns: Buffer }, wanted: (layout: number) => boolean = () => true): LazyBlock {
  const strips = prepared<[number], { id: number; layout: number; times: Buffer }>(database, 'SELECT id, layout, times FROM strips WHERE chunk = ? ORDER BY layout')
  const content = prepared<[number], { content: Buffer }>(database, 'SELECT content FROM columns WHERE id = ?')
  return {
    ...readTurns(new ByteReader(unseal(chunk.turns))),
    strips: strips.all(chunk.id).filter(({ layout }) => wanted(layout)).map(({ id, layout, times }): LazyStrip => {
      const shared = readTimes(new ByteReader(unseal(times)))
      const { tags, columns } = layoutBy(layouts, layout)
      const texts = new Set(tags.filter(isText).map((tag) => tag.column))
      return {
        layout, ...shared, columnsCount: columns,
        column: (c) => readColumn(shared.ats.length, texts.has(c), new ByteReader(unseal(given(content.get(columnId(id, c)), 'a column of a sealed chunk').content))),
      }
    }),
  }
}

export interface Written { readonly id: number; readonly bytes: number }

/**
 * Writes a block as a chunk that nobody reads before somebody marks it as sealed. Each `yield` is a place where the writer may do something more urgent.
 * What a crash leaves half written is swept away.
 */
export function* writeChunk(database: Database, block: LazyBlock): Generator<void, Written> {
  const bytes = new ByteWriter(65_536)
  let sealedBytes = 0
  const counted = (record: Buffer): Buffer => {
    sealedBytes += record.length + ROW_BYTES
    return record
  }
  const written = (write: (to: ByteWriter) => void): Uint8Array => {
    bytes.clear()
    write(bytes)
    return bytes.view()
  }
  /** Deflate sees what comes again, shares what is merely frequent: the shorter of the two is kept. */
  const recordOf = (column: Column): Buffer => {
    const deflated = seal(written((to) => { writeColumn(column, to) }), LEVEL)
    if (column.texts !== null) return deflated
    const dense = written((to) => { writeColumn(column, to, writeNumbersDensely) })
    return deflated.length <= dense.length ? deflated : seal(dense, 0)
  }
  const [first, last] = spanOf(block)
  const insert = database.prepare('INSERT INTO chunks (turn_first, turn_last, at_first, at_last, values_count, bytes, sealed, turns) VALUES (?, ?, ?, ?, ?, 0, 0, ?)')
  const turns = counted(seal(written((to) => { writeTurns(block, to) }), LEVEL))
  const chunk = Number(insert.run(block.numbers[0]!, block.numbers.at(-1)!, first, last, valuesCount(block), turns).lastInsertRowid)
  const insertStrip = database.prepare('INSERT INTO strips (chunk, layout, times) VALUES (?, ?, ?)')
  const insertColumn = database.prepare('INSERT INTO columns (id, good_count, min, max, sum, content) VALUES (?, ?, ?, ?, ?, ?)')
  for (const strip of block.strips) {
    const times = counted(seal(written((to) => { writeTimes(strip, to) }), LEVEL))
    let rows: unknown[][] = []
    const write = database.transaction(() => { for (const row of rows) insertColumn.run(...row) })
    const stripId = Number(insertStrip.run(chunk, strip.layout, times).lastInsertRowid)
    for (let c = 0; c < strip.columnsCount; c++) {
      const column = strip.column(c)
      const figures = figuresOf(column)
      rows.push([columnId(stripId, c), figures.goodCount, figures.min, figures.max, figures.sum, counted(recordOf(column))])
      yield
      if (rows.length < COLUMNS_PER_COMMIT && c < strip.columnsCount - 1) continue
      write.immediate()
      rows = []
      yield
    }
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
  database.transaction(() => { takeSome(database, chunk.id, COLUMNS_PER_COMMIT) }).immediate()
  return true
}

/** So many columns of the first strip, at most, and the strip with its last, and the chunk with its last strip. Returns whether there is more. */
function takeSome(database: Database, chunk: number, columnsMax: number): boolean {
  const strip = prepared<[number], { id: number }>(database, 'SELECT id FROM strips WHERE chunk = ? LIMIT 1').get(chunk)
  if (strip === undefined) {
    prepared<[number]>(database, 'DELETE FROM chunks WHERE id = ?').run(chunk)
    return false
  }
  const [from, to] = [columnId(strip.id, 0), columnId(strip.id + 1, 0)]
  const beyond = columnsMax === Infinity ? undefined : prepared<[number, number, number], { id: number }>(database, 'SELECT id FROM columns WHERE id >= ? AND id < ? ORDER BY id LIMIT 1 OFFSET ?').get(from, to, columnsMax)
  prepared<[number, number]>(database, 'DELETE FROM columns WHERE id >= ? AND id < ?').run(from, beyond?.id ?? to)
  if (beyond === undefined) prepared<[number]>(database, 'DELETE FROM strips WHERE id = ?').run(strip.id)
  return true
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

interface Figures { readonly goodCount: number; readonly min: number | null; readonly max: number | null; readonly sum: number | null }

function figuresOf(column: Column): Figures {
  let goodCount = 0
  let min = Infinity
  let max = -Infinity
  let sum = 0
  for (let i = 0; i < column.values.length; i++) {
    const value = column.values[i]!
    // A value that is not finite would spoil the figures of all others; it stays in the column.
    if (column.qualities[i] !== 0 || !Number.isFinite(value)) continue
    goodCount++
    sum += value
    if (value < min) min = value
    if (value > max) max = value
  }
  return goodCount === 0 ? { goodCount, min: null, max: null, sum: null } : { goodCount, min, max, sum }
}
