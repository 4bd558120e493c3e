/** What a start remembers: the newest snapshots, the facts after them, the turns after the last fact, and the loss rows of the last days. */

import { given } from '../../base/assert.js'
import type { Ms } from '../../base/units.js'
import type { Snapshot } from '../../contract/journal.js'
import { factsAfter, lastFact } from '../facts/facts.js'
import { rowsSince } from '../facts/rows.js'
import { madeSince } from '../facts/sums.js'
import { type KeptTurn, type Layouts, readBlock, readTurns } from '../samples/block.js'
import { turnsOf } from '../samples/unrolled.js'
import { ByteReader } from '../store/bytes.js'
import { unseal } from '../store/codec.js'
import type { Database } from '../store/database.js'
import type { WireRemembered } from '../wire.js'

/** How far back loss rows are remembered: the longest live window is a production day of 25 hours. */
const ROWS_MS: Ms = 2 * 86_400_000
/** How far back it is looked for when a product was last made, and how many of those hours say how fast. */
const MADE_MS: Ms = 31 * 86_400_000
const MADE_HOURS = 8
/** How many turns are solved again at most. When nothing happened for longer than that, older turns have nothing to tell. */
const TAIL_TURNS_MAX = 3_000

export type Recalled = Pick<WireRemembered, 'head' | 'lastTurn' | 'lastAt' | 'snapshots' | 'facts' | 'factsLeft' | 'tail' | 'rows' | 'made'>

export function recall(database: Database, layouts: Layouts, lines: readonly string[] | null): Recalled {
  const snapshots = database.prepare<object, Snapshot>(`
    SELECT line, seq, at, state FROM snapshots s
    WHERE seq = (SELECT max(seq) FROM snapshots WHERE line = s.line) AND (:lines IS NULL OR line IN (SELECT value FROM json_each(:lines)))
    ORDER BY line`).all({ lines: lines === null ? null : JSON.stringify(lines) })
  const { lastTurn, lastAt } = lastWritten(database)
  return {
    head: headOf(database),
    lastTurn,
    lastAt,
    snapshots,
    ...factsAfter(database, snapshots.length === 0 ? 0 : Math.min(...snapshots.map((snapshot) => snapshot.seq))),
    tail: tailOf(database, layouts),
    rows: lastAt === null ? [] : rowsSince(database, lastAt - ROWS_MS),
    made: lastAt === null ? [] : madeSince(database, lastAt - MADE_MS, MADE_HOURS),
  }
}

/** The last number given: that of the last fact, or the one before the first of an epoch that has none yet. */
export function headOf(database: Database): number {
  return Math.max(lastFact(database)?.seq ?? 0, database.prepare<[], number>('SELECT coalesce(max(first_seq) - 1, 0) FROM epochs').pluck().get() ?? 0)
}

export function lastWritten(database: Database): { readonly lastTurn: number; readonly lastAt: number | null } {
  const turns = database.prepare<[], Buffer>(`
    SELECT turns FROM (SELECT * FROM (SELECT turn_last, block AS turns FROM staged ORDER BY turn_first DESC LIMIT 1)
    UNION ALL SELECT * FROM (SELECT turn_last, turns FROM chunks WHERE sealed = 1 ORDER BY turn_first DESC LIMIT 1)) ORDER BY turn_last DESC LIMIT 1`).pluck().get()
  if (turns === undefined) return { lastTurn: 0, lastAt: null }
  // The last turn's own instant: when the clock was set back, the latest of its record is one before that, and the next start would find it set back once more.
  const { numbers, ats } = readTurns(new ByteReader(unseal(turns)))
  return { lastTurn: given(numbers.at(-1), 'a turn'), lastAt: given(ats.at(-1), 'its instant') }
}

function tailOf(database: Database, layouts: Layouts): KeptTurn[] {
  const after = lastFact(database)?.turn ?? 0
  const newestFirst = database.prepare<[number, number], { turn_first: number; block: Buffer }>(
    'SELECT turn_first, block FROM staged WHERE turn_last > ? AND turn_first < ? ORDER BY turn_first DESC LIMIT 64')
  const tail: KeptTurn[][] = []
  let count = 0
  for (let before = Number.MAX_SAFE_INTEGER; count < TAIL_TURNS_MAX;) {
    const records = newestFirst.all(after, before)
    if (records.length === 0) break
    for (const record of records) {
      const turns = [...turnsOf(readBlock(unseal(record.block), layouts), layouts)].filter((turn) => turn.number > after)
      tail.unshift(turns)
      count += turns.length
      before = record.turn_first
    }
  }
  return tail.flat().slice(-TAIL_TURNS_MAX)
}
