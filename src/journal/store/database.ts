/** The only door to SQLite: opens the file with its promises set and checked, and says what an error of SQLite means for us. */

import { existsSync, openSync, closeSync, readSync, statSync } from 'node:fs'
import BetterSqlite3 from 'better-sqlite3'
import { assert } from '../../base/assert.js'
import { Fault, faultOf } from '../../contract/faults.js'

export type Database = BetterSqlite3.Database
export type Statement<Bind extends unknown[] | object = unknown[], Row = unknown> = BetterSqlite3.Statement<Bind extends unknown[] ? Bind : [Bind], Row>

/** "Lsdj": lineside journal. */
export const APPLICATION_ID = 0x4c73_646a
/**
 * A commit writes every page that it touches whole, and most touch a few rows at the ends of some tables: small pages wear the flash least.
 * They also leave the least room unused behind a sealed column.
 */
export const PAGE_BYTES = 4_096
/** The first version without the fault that could damage a file when two connections checkpoint at once. */
const SQLITE_MIN = [3, 51, 3] as const

const statements = new WeakMap<Database, Map<string, BetterSqlite3.Statement>>()

/** A statement that is asked again and again, prepared once for each connection: that costs more than most answers. */
export function prepared<Bind extends unknown[] | object = unknown[], Row = unknown>(database: Database, sql: string): Statement<Bind, Row> {
  const known = statements.get(database) ?? new Map<string, BetterSqlite3.Statement>()
  statements.set(database, known)
  const statement = known.get(sql) ?? database.prepare(sql)
  known.set(sql, statement)
  // What it is bound to and answers with is what its text says; the caller has both before him.
  return statement as Statement<Bind, Row>
}

/** What stands at the path, told from its first bytes alone, without opening it. */
export type Found = 'nothing' | 'empty' | 'foreign' | 'ours'

export function findDatabase(path: string): Found {
  if (!existsSync(path)) return 'nothing'
  if (statSync(path).size === 0) return 'empty'
  const head = Buffer.alloc(100)
  const file = openSync(path, 'r')
  try { readSync(file, head, 0, 100, 0) } finally { closeSync(file) }
  // The file format keeps the application id, big-endian, at offset 68 of the header.
  return head.toString('latin1', 0, 16) === 'SQLite format 3\0' && head.readUInt32BE(68) === APPLICATION_ID ? 'ours' : 'foreign'
}

/** Opens for writing. Full durability is set after WAL, because the driver lowers it silently, and then checked. */
export function openWriter(path: string): Database {
  assertVersion()
  const database = new BetterSqlite3(path, { timeout: 1_000 })
  if (findDatabase(path) !== 'ours') {
    database.pragma(`page_size = ${PAGE_BYTES}`)
    database.pragma('auto_vacuum = INCREMENTAL')
    database.pragma(`application_id = ${APPLICATION_ID}`)
  }
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  // Checkpoints are the writer's own decision, between two commits and never inside one that somebody waits for.
  database.pragma('wal_autocheckpoint = 0')
  database.pragma('journal_size_limit = 4194304')
  database.pragma('foreign_keys = ON')
  database.pragma('temp_store = MEMORY')
  database.pragma('cache_size = -8192')
  assert(database.pragma('journal_mode', { simple: true }) === 'wal', 'the journal is in WAL mode')
  assert(database.pragma('synchronous', { simple: true }) === 2, 'what is committed is on the disk')
  return database
}

/** Writes a database anew without its free pages, in pages of the size that a new one has. */
export function rewrite(database: Database): void {
  // SQLite changes the size of pages only outside of WAL. A power cut meanwhile leaves the old file and a journal that puts it back.
  database.pragma('journal_mode = DELETE')
  database.pragma(`page_size = ${PAGE_BYTES}`)
  database.exec('VACUUM')
  database.pragma('journal_mode = WAL')
}

/** Makes a copy one file that needs no other beside it. */
export function sealedFile(path: string): void {
  const database = new BetterSqlite3(path)
  database.pragma('journal_mode = DELETE')
  database.close()
}

/** Opens for reading, beside the writer. */
export function openReader(path: string): Database {
  const database = new BetterSqlite3(path, { timeout: 1_000, readonly: true, fileMustExist: true })
  database.pragma('query_only = ON')
  // What a question is found by stands in the schema. An index made for a single question reads the whole table first.
  database.pragma('automatic_index = OFF')
  database.pragma('cache_size = -8192')
  return database
}

/**
 * Holds the directory for this process: an exclusive transaction on a small file of its own, kept for as long as the journal is open.
 * The system gives it up when the process ends, however it ends. Throws JOURNAL_LOCKED when another holds it.
 */
export function lockDirectory(path: string): Database {
  const lock = new BetterSqlite3(path, { timeout: 500 })
  try {
    lock.pragma('journal_mode = MEMORY')
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (codeOf(error).startsWith('SQLITE_BUSY')) throw new Fault('JOURNAL_LOCKED', { path }, error)
    throw faultOf(error, 'JOURNAL_UNWRITABLE', { path })
  }
}

/** What an error of SQLite asks of us: make room and try again, end and start over from the disk, or find the mistake in our own code. */
export type Ailment = 'full' | 'broken' | 'corrupt' | 'ours'

export function ailmentOf(error: unknown): Ailment {
  const code = codeOf(error)
  if (code === 'SQLITE_FULL') return 'full'
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) return 'corrupt'
  // After a failed sync nobody knows what the disk holds, and trying again proves nothing.
  if (/^SQLITE_(IOERR|READONLY|CANTOPEN|PERM|AUTH|BUSY|LOCKED|PROTOCOL|NOMEM)/.test(code)) return 'broken'
  return 'ours'
}

/** Asked of a database in memory, because a statement on the file would already wait for its locks. */
function assertVersion(): void {
  const memory = new BetterSqlite3(':memory:')
  const version = String(memory.prepare('SELECT sqlite_version()').pluck().get()).split('.').map(Number)
  memory.close()
  const at = SQLITE_MIN.findIndex((part, i) => part !== version[i])
  assert(at === -1 || version[at]! > SQLITE_MIN[at]!, `SQLite is at least ${SQLITE_MIN.join('.')}`)
}

function codeOf(error: unknown): string {
  return error instanceof BetterSqlite3.SqliteError ? error.code : ''
}
