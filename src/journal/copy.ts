/** A journal copied by a second box: pages read as of one moment, and written as they are, with their numbers, epochs and checksums. */

import { limits } from '../base/limits.js'
import { seq } from '../base/units.js'
import type { CopyPage, CopyQuery, Place } from '../contract/copy.js'
import { Fault } from '../contract/faults.js'
import { factSum } from './facts/fact-sum.js'
import { factFinder } from './facts/facts.js'
import { rowCopier, storedReader } from './facts/rows.js'
import type { StopTable } from './facts/stops.js'
import { headOf, lastWritten } from './keeping/recall.js'
import { SCHEMA_VERSION } from './migrations/migrate.js'
import type { Database } from './store/database.js'

type Epochs = CopyPage['epochs']
type Facts = CopyPage['facts']

/**
 * JSON of a `CopyPage`, so that it crosses to the thread of the server as one text. `null` when the place is none of this journal:
 * the asker has a fact that this one has not, or this one begins after the fact that the asker needs next.
 */
export function pageReader(database: Database): (query: CopyQuery) => string | null {
  const epochs = database.prepare<[], Epochs[number]>('SELECT id, epoch, first_seq, previous, previous_head, minted_at, why FROM epochs ORDER BY id')
  const find = factFinder(database)
  const rows = storedReader(database)
  const commands = database.prepare<[number, number], CopyPage['commands'][number]>('SELECT * FROM commands WHERE id > ? ORDER BY id LIMIT ?')
  const snapshots = database.prepare<[number], CopyPage['snapshots'][number]>('SELECT line, seq, at, state FROM snapshots s WHERE seq > ? AND seq = (SELECT max(seq) FROM snapshots WHERE line = s.line)')
  const lastRow = database.prepare<[], number | null>(LAST_ROW).pluck()
  const bookmarks = database.prepare<[], [string, number]>('SELECT name, seq FROM bookmarks').raw()
  const notes = database.prepare<[], [string, string]>('SELECT name, value FROM notes').raw()

  return ({ after, snapshotsAfter }) => {
    const lives = epochs.all()
    const page = limits.copyRecordsMax
    // One more, before the others: the fact that the asker has already.
    const found = find({ after: seq(Math.max(0, after.seq - 1)), limit: page + 1 })
    const known = found[0]?.seq === after.seq ? found[0] : null
    const facts = found.filter((fact) => fact.seq > after.seq && fact.epoch !== '').slice(0, page).map((fact) => ({ ...fact, crc: factSum(fact) }))
    if (after.epoch !== null && !follows(after.seq, after.epoch, known?.epoch ?? null, facts[0]?.seq ?? null, lives)) return null
    const some = { facts, rows: rows(after.rows, page), commands: commands.all(after.commands, page) }
    const whole = Object.values(some).every((records) => records.length < page)
    const { lastTurn, lastAt } = lastWritten(database)
    return JSON.stringify({
      ...some, epochs: lives, snapshots: whole ? snapshots.all(snapshotsAfter) : [], bookmarks: Object.fromEntries(bookmarks.all()), notes: Object.fromEntries(notes.all()),
      journal: SCHEMA_VERSION, turn: lastTurn, at: lastAt, head: headOf(database), rows_head: lastRow.get() ?? 0, whole,
    } satisfies CopyPage)
  }
}

/** Whether a journal goes on from a fact that somebody else has: it has that very fact, or has let go of it and of nothing after it. */
function follows(seq: number, epoch: string, found: string | null, next: number | null, lives: Epochs): boolean {
  if (found !== null) return found === epoch
  return lives.some((life) => life.epoch === epoch) && next !== null && isNext(seq, next, lives)
}

/** Numbers have no holes but before an epoch, which may begin above every number that was ever given. */
const isNext = (seq: number, next: number, lives: Epochs): boolean => next === seq + 1 || lives.some(({ first_seq: first }) => first > seq && first === next)

const LAST_ROW = 'SELECT max(written) FROM minutes'

/** How far a journal has got. */
export function placeOf(database: Database): Place {
  const [last] = factFinder(database)({ newestFirst: true, limit: 1 })
  const most = (sql: string): number => database.prepare<[], number | null>(sql).pluck().get() ?? 0
  return { epoch: last === undefined || last.epoch === '' ? null : last.epoch, seq: last?.seq ?? 0, rows: most(LAST_ROW), commands: most('SELECT max(id) FROM commands') }
}

/**
 * Writes pages that end whole; the caller holds the transaction. Throws JOURNAL_CORRUPT when a fact is not the one that was told,
 * or when one is missing: then nothing may be written.
 */
export function copier(database: Database, stops: Pick<StopTable, 'hear'>, stage: (turn: number, at: number) => void): (pages: readonly CopyPage[]) => Place {
  const insertEpoch = database.prepare('INSERT OR IGNORE INTO epochs (id, epoch, first_seq, previous, previous_head, minted_at, why) VALUES (:id, :epoch, :first_seq, :previous, :previous_head, :minted_at, :why)')
  const insertFact = database.prepare(`
    INSERT INTO facts (seq, epoch, turn, at, line, equipment, type, config, body, crc)
    VALUES (:seq, (SELECT id FROM epochs WHERE epoch = :epoch), :turn, :at, :line, :equipment, :type, :config, :body, :crc)`)
  const insertCommand = database.prepare(`
    INSERT INTO commands (id, at, name, line, equipment, by_id, by_name, role, key, body, seqs, refusal)
    VALUES (:id, :at, :name, :line, :equipment, :by_id, :by_name, :role, :key, :body, :seqs, :refusal)`)
  const insertSnapshot = database.prepare('INSERT OR REPLACE INTO snapshots (line, seq, at, state) VALUES (:line, :seq, :at, :state)')
  const forgetSnapshots = database.prepare('DELETE FROM snapshots WHERE line = :line AND seq < :seq')
  const copyRows = rowCopier(database)

  function writeFacts(facts: Facts, lives: Epochs, last: number): number {
    for (const fact of facts) {
      if (factSum(fact) !== fact.crc) throw new Fault('JOURNAL_CORRUPT', { what: 'a fact of the other box fails its checksum', seq: fact.seq })
      // What a new copy begins with is the oldest that is kept.
      if (last !== 0 && !isNext(last, fact.seq, lives)) throw new Fault('JOURNAL_CORRUPT', { what: 'facts are missing in the copy', from: last + 1, to: fact.seq - 1 })
      insertFact.run(fact)
      stops.hear(fact)
      last = fact.seq
    }
    return last
  }

  return (pages) => {
    let last = placeOf(database).seq
    for (const page of pages) {
      for (const epoch of page.epochs) insertEpoch.run(epoch)
      last = writeFacts(page.facts, page.epochs, last)
      copyRows(page.rows)
      for (const command of page.commands) insertCommand.run(command)
      for (const snapshot of page.snapshots) { insertSnapshot.run(snapshot); forgetSnapshots.run(snapshot) }
    }
    const { bookmarks, notes, turn, at } = pages.at(-1)!
    replaceAll(database, 'bookmarks', Object.entries(bookmarks).map(([name, seq]) => ({ name, seq, at: at ?? 0 })))
    replaceAll(database, 'notes', Object.entries(notes).map(([name, value]) => ({ name, value })))
    // A start reads there when somebody last saw the line, and which number the next turn has.
    if (at !== null && turn > lastWritten(database).lastTurn) stage(turn, at)
    return placeOf(database)
  }
}

function replaceAll(database: Database, table: 'bookmarks' | 'notes', rows: readonly Readonly<Record<string, string | number>>[]): void {
  database.prepare(`DELETE FROM ${table}`).run()
  for (const row of rows) database.prepare(`INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${Object.keys(row).map((name) => `:${name}`).join(', ')})`).run(row)
}
