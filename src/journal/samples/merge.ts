/** Sealed chunks become one for each hour: long columns take less room than short ones, and a day is read in fewer pieces. */

import type { Ms } from '../../base/units.js'
import { Fault } from '../../contract/faults.js'
import { type Database, prepared } from '../store/database.js'
import { type Layouts, joinBlocks } from './block.js'
import { markSealed, readChunk, writeChunk } from './chunk.js'

export interface MergeRule {
  /** Chunks that end in the same stretch of so much time become one. */
  readonly spanMs: Ms
  /** What one holds at most. Who reads turns has those of one chunk in memory, and who writes a column a turn may wait for. */
  readonly valuesMax: number
  readonly turnsMax: number
}

export const mergeRule: MergeRule = { spanMs: 3_600_000, valuesMax: 4_000_000, turnsMax: 100_000 }

/** Older ones stay as they are: a gateway that was merely updated does not write its whole past anew. */
const LOOKED_AT_MAX = 64

interface Row { readonly id: number; readonly turn_first: number; readonly turn_last: number; readonly at_last: number; readonly values_count: number }

/** The chunks that are one from now on, oldest first, or `null`. Nothing is due before a later stretch of time has a chunk. `without` are not touched. */
export function mergeDue(database: Database, rule: MergeRule, without: ReadonlySet<number>): readonly number[] | null {
  const rows = prepared<[number], Row>(database, 'SELECT id, turn_first, turn_last, at_last, values_count FROM chunks WHERE sealed = 1 ORDER BY turn_first DESC LIMIT ?').all(LOOKED_AT_MAX).reverse()
  const stretchOf = (row: Row): number => Math.floor(row.at_last / rule.spanMs)
  let run: Row[] = []
  for (const row of rows) {
    const first = run[0]
    const isOf = first !== undefined && stretchOf(first) === stretchOf(row) && !without.has(row.id)
      && row.values_count + run.reduce((sum, { values_count }) => sum + values_count, 0) <= rule.valuesMax && row.turn_last - first.turn_first < rule.turnsMax
    if (isOf) { run.push(row); continue }
    // The oldest of those that were looked at may have an older one beside it, which then stays alone.
    if (run.length > 1) return run.map(({ id }) => id)
    run = without.has(row.id) ? [] : [row]
  }
  return null
}

/**
 * Makes one chunk of several. Each `yield` is a place where the writer may do something more urgent; the one takes the place of the others in a single
 * commit, and they are swept away afterwards. Throws JOURNAL_CORRUPT when one of them is damaged: then they stay as they are.
 */
export function* mergeChunks(database: Database, layouts: Layouts, ids: readonly number[]): Generator<void, void> {
  const turns = database.prepare<[number], { id: number; turns: Buffer }>('SELECT id, turns FROM chunks WHERE id = ?')
  const blocks = ids.map((id) => readChunk(database, layouts, turns.get(id) ?? missing(id)))
  yield
  const written = yield* writeChunk(database, joinBlocks(blocks))
  const leave = database.prepare('UPDATE chunks SET sealed = 0, bytes = 0 WHERE id = ?')
  database.transaction(() => {
    markSealed(database, written)
    for (const id of ids) leave.run(id)
  }).immediate()
}

function missing(id: number): never {
  throw new Fault('JOURNAL_CORRUPT', { what: 'a chunk is gone', chunk: id })
}
