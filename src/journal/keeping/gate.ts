/** Opens the database for writing, after asking whether it is the one that was closed: never empty, foreign, newer or rolled back in silence. */

import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { given } from '../../base/assert.js'
import { Fault } from '../../contract/faults.js'
import type { Origin } from '../../contract/journal.js'
import { dropUnsealedPacks } from '../facts/packs.js'
import { SCHEMA_VERSION, migrate } from '../migrations/migrate.js'
import { ailmentOf, type Database, findDatabase, lockDirectory, openWriter } from '../store/database.js'
import { type Identity, type IdentityFile, openIdentity, readIdentity } from '../store/identity.js'
import type { Beginning } from '../wire.js'
import { headOf } from './recall.js'
import { type Salvaged, salvage, setAside } from './salvage.js'

export interface Entered {
  /** Held until the end: closing it lets another process in. */
  readonly lock: Database
  readonly database: Database
  readonly identity: IdentityFile
  readonly instance: string
  readonly origin: Origin
  readonly epoch: { readonly id: number; readonly name: string; readonly previous: string | null; readonly previousHead: number | null }
  /** The previous run ended orderly. */
  readonly clean: boolean
  /** What was taken over from a damaged file, and where that lies now. */
  readonly salvaged: (Salvaged & { readonly aside: string }) | null
}

export const databasePath = (directory: string): string => join(directory, 'journal.db')
export const identityPath = (directory: string): string => join(directory, 'journal.state')
export const lockPath = (directory: string): string => join(directory, 'journal.lock')
export const ballastPath = (directory: string): string => join(directory, 'ballast')

/**
 * Opens the database in a directory. `look` reads from it what a start needs: when that fails because the file is damaged,
 * the file is set aside, what can be read of it is taken over, and a new epoch begins. `moved` hears how a file of an earlier version is brought up.
 */
export function enter<T>(directory: string, now: number, beginning: Beginning, look: (database: Database) => T, moved: () => void): Entered & { readonly seen: T } {
  const path = databasePath(directory)
  const lock = lockDirectory(lockPath(directory))
  const known = readIdentity(identityPath(directory))
  const found = findDatabase(path)
  if (found === 'foreign' && known === null) throw new Fault('JOURNAL_FOREIGN', { path })
  // Without its database a WAL is of no use, and a new database must never take it for its own.
  if (found === 'nothing' || found === 'empty') removeWal(path)
  const opened = found === 'foreign' ? mended(path, now, look) : openSound(path, known?.suspect === true, look, moved) ?? mended(path, now, look)
  const { database, seen, salvaged } = opened
  const instance = mark(database, 'instance')
  const asFound = salvaged === null ? originOf(known, found === 'ours' && instance !== null ? { instance, head: headOf(database) } : null) : 'salvaged'
  const origin = beginning.as === 'take_over' && currentEpoch(database)?.name === beginning.from ? 'taken_over' : asFound
  const clean = mark(database, 'clean') === 'yes'
  const identity = openIdentity(identityPath(directory))
  const begun = beginning.as === 'copy' ? { ...asCopy(database, instance), clean }
    : origin === 'continued' ? { instance: given(instance, 'the instance'), epoch: given(currentEpoch(database), 'the epoch'), clean }
    : { ...beginEpoch(database, origin, known, now, beginning.as === 'take_over' ? beginning.above : 0), clean: origin === 'created' || clean }
  setMark(database, 'clean', 'no')
  identity.write({ instance: begun.instance, epoch: begun.epoch.name, head: headOf(database), suspect: false })
  identity.sync()
  return { lock, database, identity, origin, salvaged, seen, ...begun }
}

interface Opened<T> { readonly database: Database; readonly seen: T; readonly salvaged: (Salvaged & { readonly aside: string }) | null }

/** The database as it stands; `null` when it is damaged. A file that was found damaged while it was in use is looked at from end to end. */
function openSound<T>(path: string, suspect: boolean, look: (database: Database) => T, moved: () => void): Opened<T> | null {
  let database: Database | null = null
  try {
    database = openWriter(path)
    migrate(database, SCHEMA_VERSION, moved)
    dropUnsealedPacks(database)
    if (suspect && database.pragma('quick_check(1)', { simple: true }) !== 'ok') throw new Fault('JOURNAL_CORRUPT', { path })
    return { database, seen: look(database), salvaged: null }
  } catch (error) {
    database?.close()
    if (isDamage(error)) return null
    throw error
  }
}

function mended<T>(path: string, now: number, look: (database: Database) => T): Opened<T> {
  const aside = setAside(path, now)
  const database = openWriter(path)
  migrate(database)
  const salvaged = { aside, ...salvage(aside, database) }
  return { database, seen: look(database), salvaged }
}

const isDamage = (error: unknown): boolean => (error instanceof Fault ? error.code === 'JOURNAL_CORRUPT' : ailmentOf(error) === 'corrupt')

function removeWal(path: string): void {
  for (const part of ['-wal', '-shm']) rmSync(path + part, { force: true })
}

/** Decides what the database is, by what its state file says of it. */
export function originOf(known: Identity | null, database: { readonly instance: string; readonly head: number } | null): Origin {
  if (database === null) return known === null ? 'created' : 'lost'
  if (known === null || known.instance !== database.instance) return 'restored'
  return database.head < known.head ? 'rolled_back' : 'continued'
}

/** Closes the book: what follows a clean end was not interrupted. */
export function markClean(database: Database): void {
  setMark(database, 'clean', 'yes')
}

function currentEpoch(database: Database): Entered['epoch'] | null {
  return database.prepare<[], Entered['epoch']>('SELECT id, epoch AS name, previous, previous_head AS previousHead FROM epochs ORDER BY id DESC LIMIT 1').get() ?? null
}

/** A copy has the epochs of its original; before the first page it has none. */
function asCopy(database: Database, instance: string | null): Pick<Entered, 'instance' | 'epoch'> {
  const named = instance ?? randomBytes(8).toString('hex')
  setMark(database, 'instance', named)
  return { instance: named, epoch: currentEpoch(database) ?? { id: 0, name: '', previous: null, previousHead: null } }
}

/** Numbers go on above every number that was ever given, so that none can mean two things even to a reader that looks at no epoch. */
function beginEpoch(database: Database, why: Origin, known: Identity | null, now: number, above: number): Pick<Entered, 'instance' | 'epoch'> {
  const instance = randomBytes(8).toString('hex')
  const last = database.prepare<[], string>('SELECT epoch FROM epochs ORDER BY id DESC LIMIT 1').pluck().get() ?? null
  const previous = known?.epoch ?? last
  const head = Math.max(headOf(database), known?.head ?? 0)
  database.transaction(() => {
    // Facts may have been salvaged without their epochs; none of theirs is taken for the new one.
    database.prepare(`
      INSERT INTO epochs (id, epoch, first_seq, previous, previous_head, minted_at, why)
      VALUES (1 + max((SELECT coalesce(max(id), 0) FROM epochs), (SELECT coalesce(max(epoch), 0) FROM facts), (SELECT coalesce(max(epoch_last), 0) FROM packs)), ?, ?, ?, ?, ?, ?)`).run(mintEpoch(now), head + above + 1, previous, previous === null ? null : head, now, why)
    setMark(database, 'instance', instance)
  }).immediate()
  return { instance, epoch: given(currentEpoch(database), 'the epoch') }
}

/** 64 bits as hex: the instant, then twelve bits of chance. Later epochs sort after earlier ones. */
function mintEpoch(now: number): string {
  const chance = randomBytes(2).readUInt16BE() & 0xfff
  return ((BigInt(now) << 12n) | BigInt(chance)).toString(16).padStart(16, '0')
}

function mark(database: Database, name: 'instance' | 'clean'): string | null {
  return database.prepare<[string], string>('SELECT value FROM marks WHERE name = ?').pluck().get(name) ?? null
}

function setMark(database: Database, name: 'instance' | 'clean', value: string): void {
  database.prepare('INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value').run(name, value)
}
