/** Loss rows in the database: written again under the same key, read by equipment and time. */

import { limits } from '../../base/limits.js'
import type { Instant } from '../../base/units.js'
import type { RowQuery } from '../../contract/journal.js'
import { type LossRow, partCounts, timeLeaves, type WrittenRow } from '../../contract/losses.js'
import type { Database } from '../store/database.js'

export type StoredRow = Readonly<Record<string, string | number>>

const LEAVES = [...timeLeaves, ...partCounts]
const VALUES = ['line', 'revision', 'written', ...LEAVES] as const

const CODE = (name: string): string => `(SELECT id FROM codes WHERE code = :${name})`

/** Rows with the names that their numbers stand for: first the row, whatever SQLite thinks of its neighbours. */
const SELECT = `
  SELECT e.code AS equipment, m.minute, c.shift, c.job, c.product, c.ideal_ms, l.code AS line, m.revision, m.written, ${LEAVES.map((leaf) => `m.${leaf}`).join(', ')}
  FROM minutes m CROSS JOIN codes e ON e.id = m.equipment CROSS JOIN codes l ON l.id = m.line CROSS JOIN contexts c ON c.id = m.context`

/** Writes a row over the one of the same key. A row of nothing stays as such, because whoever copied it must hear that an edit moved its time and parts elsewhere. */
export function rowWriter(database: Database): (row: LossRow) => void {
  const copy = rowCopier(database)
  let written = database.prepare<[], number>('SELECT coalesce(max(written), 0) FROM minutes').pluck().get() ?? 0
  return (row) => { copy({ ...keyOf(row), line: row.line, revision: row.revision, written: ++written, ...row.ms, ...row.parts }) }
}

/** Writes rows as they were read (`storedReader`), also those of another journal with the numbers of their writing there. */
export function rowCopier(database: Database): (row: StoredRow) => void {
  const code = database.prepare('INSERT OR IGNORE INTO codes (code) VALUES (?)')
  const context = database.prepare('INSERT OR IGNORE INTO contexts (shift, job, product, ideal_ms) VALUES (:shift, :job, :product, :ideal_ms)')
  const upsert = database.prepare(`
    INSERT INTO minutes (minute, equipment, context, ${VALUES.join(', ')})
    VALUES (:minute, ${CODE('equipment')}, (SELECT id FROM contexts WHERE (shift, job, product, ideal_ms) = (:shift, :job, :product, :ideal_ms)), ${CODE('line')}, :revision, :written, ${LEAVES.map((leaf) => `:${leaf}`).join(', ')})
    ON CONFLICT (minute, equipment, context) DO UPDATE SET ${VALUES.map((name) => `${name} = excluded.${name}`).join(', ')}`)
  return (row) => {
    code.run(row['equipment'])
    code.run(row['line'])
    context.run(row)
    // A box of an older version tells of no rework.
    upsert.run({ reworked: 0, ...row })
  }
}

export function rowReader(database: Database): (query: RowQuery) => LossRow[] {
  const of = database.prepare<[string, number, number], StoredRow>(`
    ${SELECT} WHERE m.equipment = (SELECT id FROM codes WHERE code = ?) AND m.minute >= ? AND m.minute < ? ORDER BY m.minute, m.context`)
  return (query) => query.equipment.flatMap((equipment) => of.all(equipment, query.from, query.to).map(rowOf)).filter((row) => !isNothing(row))
}

/** Rows in the order in which they were last written, those of nothing too. */
export function writtenReader(database: Database): (query: { readonly after: number; readonly limit: number }) => WrittenRow[] {
  const after = storedReader(database)
  return (query) => after(query.after, Math.min(query.limit, limits.factsPerReadMax)).map((stored) => ({ ...rowOf(stored), written: Number(stored['written']) }))
}

/** The same as they stand, with their names. */
export function storedReader(database: Database): (after: number, limit: number) => StoredRow[] {
  const rows = database.prepare<[number, number], StoredRow>(`${SELECT} WHERE m.written > ? ORDER BY m.written LIMIT ?`)
  return (after, limit) => rows.all(after, limit)
}

/** Every row since a minute, of all equipment, by equipment and minute. Those of nothing too: what is written over one goes on from its revision. */
export function rowsSince(database: Database, from: number): LossRow[] {
  return database.prepare<[number], StoredRow>(`${SELECT} WHERE m.minute >= ? ORDER BY e.code, m.minute, m.context`).all(from).map(rowOf)
}

const isNothing = (row: LossRow): boolean => timeLeaves.every((leaf) => row.ms[leaf] === 0) && partCounts.every((count) => row.parts[count] === 0)

const keyOf = (row: LossRow): StoredRow => ({
  equipment: row.equipment, minute: row.minute, shift: row.shift ?? '', job: row.job ?? '', product: row.product ?? '', ideal_ms: row.idealMs,
})

/** The columns are typed STRICT, so what is read is what was written. */
export function rowOf(stored: StoredRow): LossRow {
  const text = (name: string): string | null => (stored[name] === '' ? null : String(stored[name]))
  // A report reads tens of thousands of these.
  const leaves = <L extends string>(names: readonly L[]) => {
    const read: Record<string, unknown> = {}
    for (const name of names) read[name] = stored[name]
    return read as Record<L, number>
  }
  return {
    line: String(stored['line']), equipment: String(stored['equipment']), minute: stored['minute'] as Instant,
    shift: text('shift'), job: text('job'), product: text('product'), idealMs: Number(stored['ideal_ms']),
    ms: leaves(timeLeaves), parts: leaves(partCounts), revision: Number(stored['revision']),
  }
}
