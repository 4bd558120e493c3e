/** What most would build first: a row for each sample, and an index by tag and time. SQLite, on this thread. */

import { statSync } from 'node:fs'
import { type Database, openWriter } from '../../../src/journal/store/database.js'
import type { Instant } from '../../../src/base/units.js'
import { thin } from '../../../src/journal/samples/thin.js'
import { atOf, plantMix } from './plant-mix.js'

export interface Rows {
  /** So many seconds of all tags in one transaction, and the index after them: as compact as it ever is. */
  prefill(seconds: number): void
  /** Further seconds, so many in each commit; the index is kept with each row. */
  append(seconds: number, perCommit: number): void
  /** Every sample of a tag in a period, in order. */
  tag(slot: number, from: Instant, to: Instant): { readonly ats: Float64Array; readonly values: Float64Array }
  /** How many there are of each tag, their least, largest and mean. */
  rollup(from: Instant, to: Instant): readonly unknown[]
  bytes(): number
  close(): void
}

/** The same answer as ours: what a chart can show of a tag, with every peak. */
export function chartOfRows(rows: Rows, slot: number, from: Instant, to: Instant, pointsMax: number): void {
  const { ats, values } = rows.tag(slot, from, to)
  if (ats.length !== (to - from) / 1_000) throw new Error('a period has its seconds')
  thin([{ ats, values, qualities: new Uint8Array(ats.length) }], { from, to, pointsMax })
}

/** Rows that are there already. */
export function reopenRows(path: string): Rows {
  return over(openWriter(path), path, 0)
}

/** Opened with the promises of the journal: WAL, and on the disk when it is committed. */
export function openRows(path: string, tagsCount: number): Rows {
  const database: Database = openWriter(path)
  database.exec('CREATE TABLE samples (tag INTEGER NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL, quality INTEGER NOT NULL)')
  return over(database, path, tagsCount)
}

function over(database: Database, path: string, tagsCount: number): Rows {
  const insert = database.prepare('INSERT INTO samples (tag, at, value, quality) VALUES (?, ?, ?, 0)')
  const next = plantMix(tagsCount)
  let second = 0
  const write = database.transaction((seconds: number) => {
    for (const end = second + seconds; second < end; second++) {
      const at = atOf(second)
      for (const [slot, value] of next().entries()) insert.run(slot, at, value)
    }
  })
  return {
    prefill(seconds) {
      for (let left = seconds; left > 0; left -= 100) write(Math.min(left, 100))
      database.exec('CREATE INDEX samples_by_tag ON samples (tag, at)')
      database.pragma('wal_checkpoint(TRUNCATE)')
    },
    append(seconds, perCommit) {
      for (let left = seconds; left > 0; left -= perCommit) {
        write(Math.min(left, perCommit))
        if (statSync(`${path}-wal`).size > 4 * 2 ** 20) database.pragma('wal_checkpoint(PASSIVE)')
      }
      database.pragma('wal_checkpoint(TRUNCATE)')
    },
    tag(slot, from, to) {
      const rows = database.prepare<[number, number, number], [number, number]>('SELECT at, value FROM samples WHERE tag = ? AND at >= ? AND at < ? ORDER BY at').raw().all(slot, from, to)
      return { ats: Float64Array.from(rows, ([at]) => at), values: Float64Array.from(rows, ([, value]) => value) }
    },
    rollup: (from, to) => database.prepare<[number, number]>('SELECT tag, count(*), min(value), max(value), avg(value) FROM samples WHERE at >= ? AND at < ? GROUP BY tag').all(from, to),
    bytes: () => statSync(path).size,
    close: () => { database.close() },
  }
}
