/** Looking after the database of a data directory: checking it, copying it while it is in use, putting a copy back, and giving free pages back. */

import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Fault, faultOf } from '../../contract/faults.js'
import { factSum } from '../facts/fact-sum.js'
import { lastFact } from '../facts/facts.js'
import { everyPackedFact } from '../facts/packed.js'
import { packedTo } from '../facts/packs.js'
import type { KeptFact } from '../facts/strand.js'
import { migrate, pendingSteps, SCHEMA_VERSION, versionOf } from '../migrations/migrate.js'
import { sealedRecords } from '../samples/strips.js'
import { unseal } from '../store/codec.js'
import { type Database, ailmentOf, findDatabase, lockDirectory, openReader, openWriter, rewrite, sealedFile } from '../store/database.js'
import type { WireFact } from '../wire.js'
import { databasePath, lockPath } from './gate.js'

export interface Finding { readonly check: string; readonly ok: boolean; readonly detail: string }

export interface Checked {
  readonly findings: readonly Finding[]
  readonly facts: number
  /** 0 when there are none. */
  readonly head: number
  readonly bytes: number
}

/**
 * Reads a database from end to end: its pages, the numbers and checksums of its facts, and every sealed or staged record of its samples.
 * A gateway may be writing it meanwhile. Throws a `Fault`: JOURNAL_MISSING, JOURNAL_FOREIGN, JOURNAL_NEWER.
 */
export function checkDatabase(path: string): Checked {
  const database = openedOrDamaged(path)
  if ('findings' in database) return database
  try {
    // One look at one moment, whatever is written meanwhile.
    database.exec('BEGIN')
    const found = brokenPages(database)
    const numbers = new Numbers()
    const young = soundRows(database, `SELECT * FROM facts WHERE seq > ${packedTo(database)} ORDER BY seq`, (row) => {
      numbers.see(row as unknown as KeptFact)
      return factSum(row as unknown as WireFact) === row['crc']
    })
    const old = packedFacts(database, numbers)
    const facts = { count: young.count + old.count, bad: young.bad + old.bad }
    const holes = numbers.holes(database)
    const staged = soundRows(database, 'SELECT block AS record FROM staged UNION ALL SELECT block FROM recorders', (row) => isSealed(row['record'] as Buffer))
    const sealed = counted(sealedRecords(database), isSealed)
    const head = lastFact(database)?.seq ?? 0
    const finding = (check: string, { count, bad }: Counted): Finding => ({ check, ok: bad === 0, detail: bad === 0 ? `${count} are sound` : `${bad} of ${count} are damaged` })
    return {
      facts: facts.count, head, bytes: statSync(path).size,
      findings: [
        { check: 'pages', ok: found[0] === 'ok', detail: found[0] === 'ok' ? 'every page is whole' : found.join('; ') },
        { check: 'numbers', ok: holes.length === 0, detail: holes.length === 0 ? 'no number is missing' : holes.map(({ epoch, missing }) => `${missing} missing in epoch ${epoch}`).join('; ') },
        finding('facts', facts), finding('staged samples', staged), finding('sealed samples', sealed),
      ],
    }
  } finally {
    database.close()
  }
}

/** Copies the database of a directory into one file of its own, also while a gateway writes, and checks the copy before it gets its name. */
export async function backUp(directory: string, to: string): Promise<Checked> {
  if (existsSync(to)) throw new Fault('BACKUP_UNUSABLE', { path: to, why: 'there is such a file already' })
  const part = `${to}.part`
  const source = openOurs(databasePath(directory))
  try {
    // In one step, because every write of the gateway would begin the copy anew.
    await source.backup(part, { progress: () => PAGES_ALL }).catch((thrown: unknown) => { throw faultOf(thrown, 'BACKUP_UNUSABLE', { path: to, why: thrown instanceof Error ? thrown.message : String(thrown) }) })
    sealedFile(part)
    const checked = checkDatabase(part)
    const broken = checked.findings.filter(({ ok }) => !ok)
    if (broken.length > 0) throw new Fault('BACKUP_UNUSABLE', { path: to, why: broken.map(({ check, detail }) => `${check}: ${detail}`).join('; ') })
    sync(part)
    renameSync(part, to)
    sync(dirname(to))
    return checked
  } finally {
    source.close()
    for (const left of ['', '-wal', '-shm', '-journal']) rmSync(part + left, { force: true })
  }
}

/**
 * Puts a copy in the place of the database; what was there is kept beside it, and its new name returned. The next start begins a new epoch above
 * every number that was ever given. Throws JOURNAL_LOCKED while a gateway runs.
 */
export function restore(directory: string, from: string, stamp: string): { readonly checked: Checked; readonly aside: string | null } {
  const lock = lockDirectory(lockPath(directory))
  try {
    const checked = checkDatabase(from)
    const broken = checked.findings.filter(({ ok }) => !ok)
    if (broken.length > 0) throw new Fault('BACKUP_UNUSABLE', { path: from, why: broken.map(({ check, detail }) => `${check}: ${detail}`).join('; ') })
    const path = databasePath(directory)
    const { bavail, bsize } = statfsSync(directory)
    if (bavail * bsize < checked.bytes) throw new Fault('BACKUP_UNUSABLE', { path: from, why: `it needs ${checked.bytes} bytes, and ${bavail * bsize} are free` })
    const next = `${path}.restored`
    copyFileSync(from, next)
    sync(next)
    const aside = existsSync(path) ? path.replace(/\.db$/, `.before-${stamp}.db`) : null
    if (aside !== null) for (const part of ['', '-wal', '-shm']) if (existsSync(path + part)) renameSync(path + part, aside + part)
    renameSync(next, path)
    sync(directory)
    return { checked, aside }
  } finally {
    lock.close()
  }
}

/** Gives free pages back to the file system. While a gateway runs it does so by itself, so this asks for the directory. Throws JOURNAL_UNWRITABLE, with everything as it was, when there is no room for it. */
export function vacuum(directory: string): { readonly before: number; readonly after: number } {
  return owning(directory, (database, path) => {
    const before = statSync(path).size
    rewrite(database)
    return { before, after: statSync(path).size }
  })
}

/** The steps from the version found to this program's. With `doIt` they are taken. */
export function migration(directory: string, doIt: boolean): { readonly found: number; readonly known: number; readonly steps: readonly string[] } {
  const database = openOurs(databasePath(directory))
  const found = versionOf(database)
  database.close()
  const steps = pendingSteps(found)
  if (doIt && steps.length > 0) owning(directory, (writable) => { migrate(writable) })
  return { found, known: SCHEMA_VERSION, steps }
}

/* ── helpers ─────────────────────────────────────────────────────────────────────────────────── */

/** More pages than any database has. */
const PAGES_ALL = 0x7fff_ffff

type Row = Readonly<Record<string, unknown>>

/** What SQLite says of its pages, `ok` when they are whole. Of some damage it says nothing more than that it is there. */
function brokenPages(database: Database): readonly string[] {
  try {
    return (database.pragma('integrity_check(5)') as readonly { readonly integrity_check: string }[]).map((row) => row.integrity_check)
  } catch (error) {
    if (ailmentOf(error) !== 'corrupt') throw error
    return [error instanceof Error ? error.message : String(error)]
  }
}

function openOurs(path: string): Database {
  mustBeOurs(path)
  const database = openReader(path)
  if (versionOf(database) > SCHEMA_VERSION) {
    const version = versionOf(database)
    database.close()
    throw new Fault('JOURNAL_NEWER', { path, found: version, known: SCHEMA_VERSION })
  }
  return database
}

/** Where not even the schema can be read, that is all there is to say. */
function openedOrDamaged(path: string): Database | Checked {
  try {
    return openOurs(path)
  } catch (error) {
    if (!(error instanceof Error) || ailmentOf(error) !== 'corrupt') throw error
    return { facts: 0, head: 0, bytes: statSync(path).size, findings: [{ check: 'pages', ok: false, detail: error.message }] }
  }
}

function mustBeOurs(path: string): void {
  const found = findDatabase(path)
  if (found !== 'ours') throw new Fault(found === 'nothing' ? 'JOURNAL_MISSING' : 'JOURNAL_FOREIGN', { path })
}

function owning<T>(directory: string, work: (database: Database, path: string) => T): T {
  const lock = lockDirectory(lockPath(directory))
  try {
    const path = databasePath(directory)
    mustBeOurs(path)
    let database: Database | null = null
    try {
      database = openWriter(path)
      return work(database, path)
    } catch (error) {
      const ailment = ailmentOf(error)
      if (ailment !== 'full' && ailment !== 'broken') throw error
      throw new Fault('JOURNAL_UNWRITABLE', { path, why: ailment === 'full' ? 'disk full' : error instanceof Error ? error.message : String(error) }, error)
    } finally {
      database?.close()
    }
  } finally {
    lock.close()
  }
}

/** How many rows there are, and how many of them are not what was written. */
const soundRows = (database: Database, query: string, sound: (row: Row) => boolean): Counted => counted(database.prepare<[], Row>(query).iterate(), sound)

interface Counted { readonly count: number; readonly bad: number }

/** A page that cannot be read ends the count. */
function counted<T>(items: Iterable<T>, sound: (item: T) => boolean): Counted {
  let count = 0
  let bad = 0
  try {
    for (const item of items) {
      count++
      if (!sound(item)) bad++
    }
  } catch {
    bad++
    count++
  }
  return { count, bad }
}

/** The facts in packs. Of a strand that is damaged nobody knows how many it held; the numbers that are missing say it. */
function packedFacts(database: Database, numbers: Numbers): Counted {
  let count = 0
  let bad = 0
  for (const fact of everyPackedFact(database)) {
    count++
    if (fact === null) bad++
    else numbers.see(fact)
  }
  return { count, bad }
}

/** Which numbers there are, of each epoch. */
class Numbers {
  readonly #epochs = new Map<number, { first: number; last: number; count: number }>()

  see({ epoch, seq }: Pick<KeptFact, 'epoch' | 'seq'>): void {
    const known = this.#epochs.get(epoch)
    if (known === undefined) { this.#epochs.set(epoch, { first: seq, last: seq, count: 1 }); return }
    known.first = Math.min(known.first, seq)
    known.last = Math.max(known.last, seq)
    known.count++
  }

  /** Facts whose epoch was lost with a damaged file are not counted. */
  holes(database: Database): { readonly epoch: string; readonly missing: number }[] {
    const names = new Map(database.prepare<[], { id: number; epoch: string }>('SELECT id, epoch FROM epochs').all().map(({ id, epoch }) => [id, epoch]))
    return [...this.#epochs].flatMap(([id, { first, last, count }]) => {
      const epoch = names.get(id)
      return epoch === undefined || last - first + 1 === count ? [] : [{ epoch, missing: last - first + 1 - count }]
    })
  }
}

function isSealed(record: Buffer | null): boolean {
  if (record === null) return false
  try {
    unseal(record)
    return true
  } catch {
    return false
  }
}

function sync(path: string): void {
  const file = openSync(path, 'r')
  fsyncSync(file)
  closeSync(file)
}
