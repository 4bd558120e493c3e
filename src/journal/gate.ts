/** Opens the database for writing, after asking whether it is the one that was closed: never empty, foreign, newer or rolled back in silence. */

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { given } from '../base/assert.js'
import { Fault } from '../contract/faults.js'
import type { Origin } from '../contract/journal.js'
import { type Database, findDatabase, lockDirectory, openWriter } from './database.js'
import { type Identity, type IdentityFile, openIdentity, readIdentity } from './identity.js'
import { migrate } from './migrations/migrate.js'
import { headOf } from './recall.js'
import { dropUnsealed } from './samples.js'

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
}

export const databasePath = (directory: string): string => join(directory, 'journal.db')
export const identityPath = (directory: string): string => join(directory, 'journal.state')
export const lockPath = (directory: string): string => join(directory, 'journal.lock')
export const ballastPath = (directory: string): string => join(directory, 'ballast')

export function enter(directory: string, now: number): Entered {
  const path = databasePath(directory)
  const lock = lockDirectory(lockPath(directory))
  const known = readIdentity(identityPath(directory))
  const found = findDatabase(path)
  if (found === 'foreign') throw new Fault(known === null ? 'JOURNAL_FOREIGN' : 'JOURNAL_CORRUPT', { path })
  const database = openWriter(path)
  migrate(database)
  dropUnsealed(database)
  const instance = mark(database, 'instance')
  const origin = originOf(known, found === 'ours' && instance !== null ? { instance, head: headOf(database) } : null)
  const clean = mark(database, 'clean') === 'yes'
  const identity = openIdentity(identityPath(directory))
  const entered = origin === 'continued'
    ? { lock, database, identity, instance: given(instance, 'the instance'), origin, epoch: currentEpoch(database), clean }
    : { lock, database, identity, origin, clean: origin === 'created' || clean, ...beginEpoch(database, origin, known, now) }
  setMark(database, 'clean', 'no')
  identity.write({ instance: entered.instance, epoch: entered.epoch.name, head: headOf(database) })
  identity.sync()
  return entered
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

function currentEpoch(database: Database): Entered['epoch'] {
  return given(database.prepare<[], Entered['epoch']>(
    'SELECT id, epoch AS name, previous, previous_head AS previousHead FROM epochs ORDER BY id DESC LIMIT 1').get(), 'the epoch')
}

/** Numbers go on above every number that was ever given, so that none can mean two things even to a reader that looks at no epoch. */
function beginEpoch(database: Database, why: Origin, known: Identity | null, now: number): Pick<Entered, 'instance' | 'epoch'> {
  const instance = randomBytes(8).toString('hex')
  const last = database.prepare<[], string>('SELECT epoch FROM epochs ORDER BY id DESC LIMIT 1').pluck().get() ?? null
  const previous = known?.epoch ?? last
  const head = Math.max(headOf(database), known?.head ?? 0)
  database.transaction(() => {
    database.prepare('INSERT INTO epochs (epoch, first_seq, previous, previous_head, minted_at, why) VALUES (?, ?, ?, ?, ?, ?)')
      .run(mintEpoch(now), head + 1, previous, previous === null ? null : head, now, why)
    setMark(database, 'instance', instance)
  }).immediate()
  return { instance, epoch: currentEpoch(database) }
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
