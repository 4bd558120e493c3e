/** Loss rows in the database: written again under the same key, read by equipment and time. */

import { limits } from '../../base/limits.js'
import type { Instant } from '../../base/units.js'
import type { RowQuery } from '../../contract/journal.js'
import { type LossRow, partCounts, timeLeaves, type WrittenRow } from '../../contract/losses.js'
import type { Database } from '../store/database.js'

export type StoredRow = Readonly<Record<string, string | number>>

const LEAVES = [...timeLeaves, ...partCounts]
const VALUES = ['line', 'revision', 'written', ...LEAVES] as const

/** Rows with the names that their numbers stand for: first the row, whatever SQLite thinks of its neighbours. */
const SELECT = `
  SELECT e.code AS equipment, m.minute, c.shift, c.job, c.product, c.ideal_ms, l.code AS line, m.revision, m.written, ${LEAVES.map((leaf) => `m.${leaf}`).join(', ')}
  FROM minutes m CROSS JOIN codes e ON e.id = m.equipment CROSS JOIN codes l ON l.id = m.line CROSS JOIN contexts c ON c.id = m.context`

/** Writes rows over those of the same key; the caller holds the transaction. A row of nothing stays as such, because whoever copied it must hear that an edit moved its time and parts elsewhere. */
export function rowWriter(database: Database): (rows: readonly LossRow[]) => void {
  const put = rowPutter(database)
  let written = database.prepare<[], number>('SELECT coalesce(max(written), 0) FROM minutes').pluck().get() ?? 0
  return (rows) => {
    put(rows, ({ shift, job, product, idealMs }) => [shift ?? '', job ?? '', product ?? '', idealMs], (row, values) => {
      values.push(row.revision, ++written)
      for (const leaf of timeLeaves) values.push(row.ms[leaf])
      for (const count of partCounts) values.push(row.parts[count])
    })
  }
}

/** Writes rows as they were read (`storedReader`), also those of another journal with the numbers of their writing there. */
export function rowCopier(database: Database): (rows: readonly StoredRow[]) => void {
  const put = rowPutter(database)
  return (rows) => {
    put(rows, (row) => [String(row['shift']), String(row['job']), String(row['product']), Number(row['ideal_ms'])], (row, values) => {
      // A box of an older version tells of no rework.
      for (const name of NUMBERS) values.push(Number(row[name] ?? (name === 'reworked' ? 0 : undefined)))
    })
  }
}

/** What a row says besides its key and its line: integers and parts. */
const NUMBERS = ['revision', 'written', ...LEAVES] as const
/** What either kind of row has by these names. */
interface Keyed { readonly minute: number; readonly equipment: string; readonly line: string }
type Context = [shift: string, job: string, product: string, idealMs: number]

/** Rows come by the ten thousand when a day is corrected, and are bound as they are: an object more for each would cost several times what SQLite takes. */
function rowPutter(database: Database) {
  const code = numbering<[string]>(database, 'codes', ['code'])
  const context = numbering<Context>(database, 'contexts', ['shift', 'job', 'product', 'ideal_ms'])
  const upsert = database.prepare<(string | number)[]>(`
    INSERT INTO minutes (minute, equipment, context, ${VALUES.join(', ')}) VALUES (?, ?, ?, ${VALUES.map(() => '?').join(', ')})
    ON CONFLICT (minute, equipment, context) DO UPDATE SET ${VALUES.map((name) => `${name} = excluded.${name}`).join(', ')}`)
  return <R extends StoredRow | LossRow>(rows: readonly R[], contextIn: (row: R) => Context, read: (row: R, into: (string | number)[]) => void): void => {
    // What is numbered in a transaction that comes to nothing is numbered anew, so no number outlives these rows.
    const [codes, contexts] = [new Map<string, number>(), new Map<string, number>()]
    const codeOf = (name: string) => numberOf(codes, name, () => code(name))
    const values: (string | number)[] = []
    for (const row of rows) {
      const of = contextIn(row)
      values.length = 0
      const { minute, equipment, line } = row as Keyed
      values.push(minute, codeOf(equipment), numberOf(contexts, of.join('\0'), () => context(...of)), codeOf(line))
      read(row, values)
      upsert.run(...values)
    }
  }
}

/** The number of what is named by some columns, which is given to it when it is new. */
function numbering<K extends unknown[]>(database: Database, table: string, columns: readonly string[]): (...key: K) => number {
  const [names, marks] = [columns.join(', '), columns.map(() => '?').join(', ')]
  const known = database.prepare<K, number>(`SELECT id FROM ${table} WHERE (${names}) = (${marks})`).pluck()
  const add = database.prepare<K>(`INSERT INTO ${table} (${names}) VALUES (${marks})`)
  return (...key) => known.get(...key) ?? Number(add.run(...key).lastInsertRowid)
}

function numberOf(known: Map<string, number>, key: string, ask: () => number): number {
  let number = known.get(key)
  if (number === undefined) known.set(key, number = ask())
  return number
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
