/** Takes over what can be read of a damaged database, newest first and within a time, so that production data goes on. */

import { existsSync, renameSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import type { Ms } from '../../base/units.js'
import { factSum } from '../facts/fact-sum.js'
import { listAnew } from '../facts/stops.js'
import { unseal } from '../store/codec.js'
import { type Database, openReader } from '../store/database.js'
import type { WireFact } from '../wire.js'

/** A start must not wait longer: the line goes on producing, and its PLCs count only so far. */
const BUDGET_MS: Ms = 8_000

type Row = Readonly<Record<string, unknown>>

/** What is taken over, in the order of need, and by which key. Sealed samples are too many to copy in the time; they stay in the file set aside. */
const TABLES: readonly (readonly [table: string, key: string, sound?: (row: Row) => boolean])[] = [
  ['epochs', 'id'],
  ['bookmarks', 'name'],
  ['notes', 'name'],
  ['layouts', 'id'],
  ['snapshots', 'line, seq'],
  ['facts', 'seq', (row) => factSum(row as unknown as WireFact) === row['crc']],
  ['packs', 'seq_first'],
  ['strands', 'id', (row) => isWhole(row['content'] as Buffer)],
  ['told', 'pack, stop, seq'],
  ['beginnings', 'pack, at'],
  ['staged', 'turn_first', (row) => isWhole(row['block'] as Buffer)],
  ['recorders', 'turn_first', (row) => isWhole(row['block'] as Buffer)],
  ['codes', 'id'],
  ['contexts', 'id'],
  ['minutes', 'minute, equipment, context'],
  ['commands', 'id'],
]

/** Rows taken over, by table; `broken` names the tables that could not be read to their end. */
export interface Salvaged { readonly rows: Readonly<Record<string, number>>; readonly broken: readonly string[] }

/** Moves a database and what belongs to it out of the way; returns where it went. */
export function setAside(path: string, now: number): string {
  const aside = path.replace(/\.db$/, `.damaged-${new Date(now).toISOString().replaceAll(':', '')}.db`)
  for (const part of ['', '-wal', '-shm']) if (existsSync(path + part)) renameSync(path + part, aside + part)
  return aside
}

export function salvage(from: string, into: Database): Salvaged {
  const rows: Record<string, number> = {}
  const broken: string[] = []
  const until = performance.now() + BUDGET_MS
  let source: Database | null = null
  try {
    source = openReader(from)
  } catch {
    return { rows, broken: TABLES.map(([table]) => table) }
  }
  // What refers to a row that was lost is kept all the same.
  into.pragma('foreign_keys = OFF')
  for (const [table, key, sound = () => true] of TABLES) {
    const newest = copy(source, into, table, newestFirst(key), sound, until)
    const oldest = newest.whole ? newest : copy(source, into, table, key, sound, until)
    rows[table] = newest.whole ? newest.count : newest.count + oldest.count
    if (!newest.whole) broken.push(table)
  }
  into.pragma('foreign_keys = ON')
  listAnew(into)
  source.close()
  return { rows, broken }
}

const newestFirst = (key: string): string => key.split(', ').map((part) => `${part} DESC`).join(', ')

/** Copies row by row until a row cannot be read; rows that are there already are left alone. */
function copy(from: Database, into: Database, table: string, order: string, sound: (row: Row) => boolean, until: number): { readonly count: number; readonly whole: boolean } {
  let count = 0
  let whole = true
  into.transaction(() => {
    try {
      let insert: ReturnType<Database['prepare']> | null = null
      for (const row of from.prepare<[], Row>(`SELECT * FROM ${table} ORDER BY ${order}`).iterate()) {
        if (performance.now() > until) { whole = false; return }
        if (!sound(row)) { whole = false; continue }
        const names = Object.keys(row)
        insert ??= into.prepare(`INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${names.map((name) => `:${name}`).join(', ')})`)
        count += insert.run(row).changes
      }
    } catch {
      whole = false
    }
  }).immediate()
  return { count, whole }
}

function isWhole(record: Buffer): boolean {
  try {
    unseal(record)
    return true
  } catch {
    return false
  }
}
