/** Samples on their way to rest: staged as they come, sealed into columns when their chunk is full. */

import { ByteWriter } from '../store/bytes.js'
import { seal, unseal } from '../store/codec.js'
import { type Database, prepared } from '../store/database.js'
import { type Block, type KeptTurn, type Layouts, blockOf, joinBlocks, lazily, readBlock, valuesCount, writeBlock } from './block.js'
import { markSealed, spanOf, writeChunk } from './chunk.js'

/** Staged records live for minutes and are written every second: cheap to make counts. */
const STAGE_LEVEL = 1

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
    const [first, last] = spanOf(block)
    insert.run(turns[0]!.number, turns.at(-1)!.number, first, last, valuesCount(lazily(block)), seal(bytes.view(), STAGE_LEVEL))
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

/** Of all that is staged, what makes the next chunk when it is not waited for more; `null` when nothing is. */
export function chunkAtOnce(database: Database): { readonly first: number; readonly last: number } | null {
  const rows = prepared<[], StagedRow>(database, 'SELECT turn_first, turn_last, at_first, at_last, values_count FROM staged ORDER BY turn_first').all()
  let values = 0
  const full = rows.findIndex((row) => (values += row.values_count) >= CHUNK_VALUES_MAX)
  const last = full === -1 ? rows.at(-1) : rows[full]
  return last === undefined ? null : { first: rows[0]!.turn_first, last: last.turn_last }
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
  const block = joinBlocks(blocks.map(lazily))
  yield
  const written = yield* writeChunk(database, block)
  database.transaction(() => {
    markSealed(database, written)
    database.prepare('DELETE FROM staged WHERE turn_first >= ? AND turn_first <= ?').run(range.first, range.last)
  }).immediate()
}
