/** Loss rows in the database: written again under the same key, read by equipment and time. */

import { limits } from '../base/limits.js'
import type { Instant } from '../base/units.js'
import type { RowQuery } from '../contract/journal.js'
import { type LossRow, partLeaves, timeLeaves, type WrittenRow } from '../contract/losses.js'
import type { Database } from './database.js'

const KEY = ['equipment', 'minute', 'shift', 'job', 'product', 'ideal_ms'] as const
const VALUES = ['line', 'revision', 'written', ...timeLeaves, ...partLeaves] as const

const NAMES = [...KEY, ...VALUES]
const UPSERT = `
  INSERT INTO losses (${NAMES.join(', ')}) VALUES (${NAMES.map((name) => `:${name}`).join(', ')})
  ON CONFLICT (${KEY.join(', ')}) DO UPDATE SET ${VALUES.map((name) => `${name} = excluded.${name}`).join(', ')}`

export type StoredRow = Readonly<Record<string, string | number>>

/** Writes a row over the one of the same key. A row of nothing stays as such, because whoever copied it must hear that an edit moved its time and parts elsewhere. */
export function rowWriter(database: Database): (row: LossRow) => void {
  const upsert = database.prepare(UPSERT)
  let written = database.prepare<[], number>('SELECT coalesce(max(written), 0) FROM losses').pluck().get() ?? 0
  return (row) => { upsert.run({ ...keyOf(row), line: row.line, revision: row.revision, written: ++written, ...row.ms, ...row.parts }) }
}

/** Writes rows of another journal with the numbers of their writing there. */
export function rowCopier(database: Database): (row: StoredRow) => void {
  const upsert = database.prepare(UPSERT)
  return (row) => { upsert.run(row) }
}

export function rowReader(database: Database): (query: RowQuery) => LossRow[] {
  const of = database.prepare<[string, number, number], StoredRow>(`
    SELECT * FROM losses WHERE equipment = ? AND minute >= ? AND minute < ? ORDER BY minute`)
  return (query) => query.equipment.flatMap((equipment) => of.all(equipment, query.from, query.to).map(rowOf)).filter((row) => !isNothing(row))
}

/** Rows in the order in which they were last written, those of nothing too. */
export function writtenReader(database: Database): (query: { readonly after: number; readonly limit: number }) => WrittenRow[] {
  const after = database.prepare<[number, number], StoredRow>('SELECT * FROM losses WHERE written > ? ORDER BY written LIMIT ?')
  return (query) => after.all(query.after, Math.min(query.limit, limits.factsPerReadMax)).map((stored) => ({ ...rowOf(stored), written: Number(stored['written']) }))
}

/** Every row since a minute, of all equipment, by equipment and minute. */
export function rowsSince(database: Database, from: number): LossRow[] {
  const equipment = database.prepare<[], string>('SELECT DISTINCT equipment FROM losses').pluck().all()
  return rowReader(database)({ equipment, from: from as Instant, to: Number.MAX_SAFE_INTEGER as Instant })
}

const isNothing = (row: LossRow): boolean => timeLeaves.every((leaf) => row.ms[leaf] === 0) && partLeaves.every((leaf) => row.parts[leaf] === 0)

const keyOf = (row: LossRow): StoredRow => ({
  equipment: row.equipment, minute: row.minute, shift: row.shift ?? '', job: row.job ?? '', product: row.product ?? '', ideal_ms: row.idealMs,
})

/** The columns are typed STRICT, so what is read is what was written. */
export function rowOf(stored: StoredRow): LossRow {
  const text = (name: string): string | null => (stored[name] === '' ? null : String(stored[name]))
  const leaves = <L extends string>(names: readonly L[]) => Object.fromEntries(names.map((name) => [name, stored[name]])) as Record<L, number>
  return {
    line: String(stored['line']), equipment: String(stored['equipment']), minute: stored['minute'] as Instant,
    shift: text('shift'), job: text('job'), product: text('product'), idealMs: Number(stored['ideal_ms']),
    ms: leaves(timeLeaves), parts: leaves(partLeaves), revision: Number(stored['revision']),
  }
}
