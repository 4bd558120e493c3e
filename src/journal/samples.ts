/** Samples on their way to rest: staged as they come, sealed into columns when their chunk is full. */

import { type Database, prepared } from './database.js'
import { type Block, type Column, type Joined, type KeptTurn, type Layouts, blockOf, joinBlocks, readBlock, valuesCount, writeBlock, writeColumn, writeTimes, writeTurns } from './block.js'
import { ByteWriter } from './bytes.js'
import { seal, unseal } from './codec.js'

/** Staged records live for minutes and are written every second: cheap to make counts. */
const STAGE_LEVEL = 1
/** Sealed ones are read for months: small counts. */
const SEAL_LEVEL = 6

/** A chunk is closed early when it holds this many values, so that sealing needs little memory and little time. */
export const CHUNK_VALUES_MAX = 1_000_000

/** Writes turns as one staged record. */
export function stager(database: Database, layouts: Layouts): (turns: readonly KeptTurn[]) => void {
  const insert = database.prepare('INSERT INTO staged (turn_first, turn_last, at_first, at_last, values_count, block) VALUES (?, ?, ?, ?, ?, ?)')
  const bytes = new ByteWriter(16_384)
  return (turns) => {
    const block = blockOf(turns, layouts)
    bytes.clear()
    writeBlock(block, layouts, bytes)
    const [first, last] = span(block)
    insert.run(turns[0]!.number, turns.at(-1)!.number, first, last, valuesCount(block), seal(bytes.view(), STAGE_LEVEL))
  }
}

interface StagedRow { readonly turn_first: number; readonly turn_last: number; readonly at_first: number; readonly at_last: number; readonly values_count: number }

export interface SealRule {
  readonly chunkMs: number
  /** Turns younger than this stay staged: a start solves the last of them again. */
  readonly lagMs: number
}

/** Whether the oldest staged turns make a chunk now; the last turn of it, or `null`. */
export function chunkDue(database: Database, rule: SealRule, now: number): { readonly first: number; readonly last: number } | null {
  const rows = prepared<[], StagedRow>(database, 'SELECT turn_first, turn_last, at_first, at_last, values_count FROM staged ORDER BY turn_first').all()
  const oldest = rows[0]
  if (oldest === undefined) return null
  const window = Math.floor(oldest.at_last / rule.chunkMs)
  let values = 0
  let last: StagedRow | null = null
  for (const row of rows) {
    const outside = Math.floor(row.at_last / rule.chunkMs) !== window
    if ((outside || values >= CHUNK_VALUES_MAX) && last !== null) return { first: oldest.turn_first, last: last.turn_last }
    if (Math.abs(now - row.at_last) < rule.lagMs) return null
    values += row.values_count
    last = row
  }
  return null
}

/**
 * Seals the staged turns from `first` to `last` into one chunk. Each `yield` is a place where the writer may do something more urgent;
 * what was written until then is not part of the journal before the last step has marked it, and the staged turns go in the same commit.
 */
export function* sealChunk(database: Database, layouts: Layouts, range: { readonly first: number; readonly last: number }): Generator<void, void> {
  const records = database.prepare<[number, number], { turn_first: number; block: Buffer }>(
    'SELECT turn_first, block FROM staged WHERE turn_first >= ? AND turn_first <= ? ORDER BY turn_first LIMIT 16')
  const blocks: Block[] = []
  for (let from = range.first; ;) {
    const some = records.all(from, range.last)
    for (const { block } of some) {
      blocks.push(readBlock(unseal(block), layouts))
      yield
    }
    const last = some.at(-1)
    if (last === undefined) break
    from = last.turn_first + 1
  }
  const block = joinBlocks(blocks)
  const values = blocks.reduce((sum, part) => sum + valuesCount(part), 0)
  yield
  const bytes = new ByteWriter(65_536)
  let sealedBytes = 0
  const sealed = (write: (to: ByteWriter) => void): Buffer => {
    bytes.clear()
    write(bytes)
    const record = seal(bytes.view(), SEAL_LEVEL)
    sealedBytes += record.length + ROW_BYTES
    return record
  }
  const chunk = beginChunk(database, block, values, sealed((to) => { writeTurns(block, to) }))
  const insertStrip = database.prepare('INSERT INTO strips (chunk, layout, times) VALUES (?, ?, ?)')
  const insertColumn = database.prepare('INSERT INTO columns (id, good_count, min, max, sum, content) VALUES (?, ?, ?, ?, ?, ?)')
  for (const strip of block.strips) {
    const times = sealed((to) => { writeTimes(strip, to) })
    let rows: unknown[][] = []
    const write = database.transaction(() => { for (const row of rows) insertColumn.run(...row) })
    const stripId = Number(insertStrip.run(chunk, strip.layout, times).lastInsertRowid)
    for (let c = 0; c < strip.columnsCount; c++) {
      const column = strip.column(c)
      const figures = figuresOf(column)
      rows.push([columnId(stripId, c), figures.goodCount, figures.min, figures.max, figures.sum, sealed((to) => { writeColumn(column, to) })])
      yield
      if (rows.length < COLUMNS_PER_COMMIT && c < strip.columnsCount - 1) continue
      write.immediate()
      rows = []
      yield
    }
  }
  endChunk(database, chunk, range, sealedBytes)
}

/** What a row takes beside its content. */
const ROW_BYTES = 48
const COLUMNS_PER_COMMIT = 128

/** What a crash left half sealed goes; its turns are still staged. */
export function dropUnsealed(database: Database): void {
  database.transaction(() => {
    for (const id of database.prepare<[], number>('SELECT id FROM chunks WHERE sealed = 0').pluck().all()) dropChunk(database, id)
  }).immediate()
}

/** Takes a chunk away; the caller holds the transaction. */
export function dropChunk(database: Database, chunk: number): void {
  const removeColumns = database.prepare('DELETE FROM columns WHERE id >= ? AND id < ?')
  for (const strip of database.prepare<[number], number>('SELECT id FROM strips WHERE chunk = ?').pluck().all(chunk)) {
    removeColumns.run(columnId(strip, 0), columnId(strip + 1, 0))
  }
  database.prepare('DELETE FROM strips WHERE chunk = ?').run(chunk)
  database.prepare('DELETE FROM chunks WHERE id = ?').run(chunk)
}

const COLUMNS_PER_STRIP_MAX = 2 ** 20

export const columnId = (strip: number, column: number): number => strip * COLUMNS_PER_STRIP_MAX + column

function beginChunk(database: Database, block: Joined, values: number, turns: Buffer): number {
  const [first, last] = span(block)
  const insert = database.prepare('INSERT INTO chunks (turn_first, turn_last, at_first, at_last, values_count, bytes, sealed, turns) VALUES (?, ?, ?, ?, ?, 0, 0, ?)')
  return Number(insert.run(block.numbers[0]!, block.numbers.at(-1)!, first, last, values, turns).lastInsertRowid)
}

function endChunk(database: Database, chunk: number, range: { readonly first: number; readonly last: number }, bytes: number): void {
  database.transaction(() => {
    database.prepare('UPDATE chunks SET sealed = 1, bytes = ? WHERE id = ?').run(bytes, chunk)
    database.prepare('DELETE FROM staged WHERE turn_first >= ? AND turn_first <= ?').run(range.first, range.last)
  }).immediate()
}

/** From the earliest to the latest instant of a block, whichever way the clock stepped meanwhile. */
function span(block: { readonly ats: Float64Array; readonly strips: readonly { readonly ats: Float64Array }[] }): [first: number, last: number] {
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
