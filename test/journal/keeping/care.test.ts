/** Looking after the journal: copies made while it is written, copies put back, and damage that is found. */

import { closeSync, existsSync, mkdirSync, openSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Fault } from '../../../src/contract/faults.js'
import { openArchive } from '../../../src/journal/archive.js'
import { backUp, checkDatabase, migration, restore, vacuum } from '../../../src/journal/keeping/care.js'
import { openReader, openWriter, PAGE_BYTES } from '../../../src/journal/store/database.js'
import { databasePath } from '../../../src/journal/keeping/gate.js'
import { openJournal } from '../../../src/journal/journal.js'
import { SCHEMA_VERSION } from '../../../src/journal/migrations/migrate.js'
import { until } from '../../support/child.js'
import { factOf, optionsFor, turnOf } from '../plant.js'

const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'done'
  } catch (thrown) {
    return thrown instanceof Fault ? thrown.code : String(thrown)
  }
}

async function written(directory: string, factsCount: number) {
  const journal = await openJournal(optionsFor(directory))
  const { epoch, head, lastTurn } = journal.remembered
  for (let i = 1; i <= factsCount; i++) await journal.append(turnOf(lastTurn + i, [factOf(head + i, epoch)]))
  return journal
}

t.test('a copy is made while the journal is written, is one file, and holds what was durable', async (t) => {
  const directory = t.testdir()
  const journal = await written(directory, 50)
  const to = join(directory, 'copy.db')
  const { epoch } = journal.remembered
  let number = 50
  let writing = true
  const writer = (async () => { while (writing) { number++; await journal.append(turnOf(number, [factOf(number, epoch)])) } })()
  const checked = await backUp(directory, to)
  writing = false
  await writer
  t.ok(checked.head >= 50 && checked.facts === checked.head, 'nothing that was durable is missing')
  t.ok(checked.findings.every(({ ok }) => ok))
  t.strictSame(readdirSync(directory).filter((name) => name.startsWith('copy')), ['copy.db'], 'no other file belongs to it')
  await t.rejects(backUp(directory, to), { code: 'BACKUP_UNUSABLE' }, 'no copy is written over')
  await t.rejects(backUp(directory, join(directory, 'nowhere', 'copy.db')), { code: 'BACKUP_UNUSABLE', fields: { why: /directory does not exist/ } }, 'nor into a folder that is none')
  t.equal(codeOf(() => restore(directory, to, 'x')), 'JOURNAL_LOCKED', 'not under a running gateway')
  await journal.close()
})

t.test('a copy that is put back begins a new epoch above every number that was given', async (t) => {
  const directory = t.testdir()
  const journal = await written(directory, 10)
  const to = join(directory, 'copy.db')
  await backUp(directory, to)
  const { epoch } = journal.remembered
  for (let i = 11; i <= 20; i++) await journal.append(turnOf(i, [factOf(i, epoch)]))
  await journal.close()
  const { aside } = restore(directory, to, 'now')
  t.equal(aside, join(directory, 'journal.before-now.db'))
  t.equal(checkDatabase(aside!).head, 20, 'what was there is kept')
  const again = await openJournal(optionsFor(directory))
  t.match(again.remembered, { origin: 'rolled_back', head: 20, previousEpoch: epoch })
  t.not(again.remembered.epoch, epoch)
  t.equal((await again.facts({ limit: 100 })).length, 10)
  await again.close()

  const elsewhere = join(directory, 'elsewhere')
  mkdirSync(elsewhere)
  restore(elsewhere, to, 'now')
  const moved = await openJournal(optionsFor(elsewhere))
  t.match(moved.remembered, { origin: 'restored', head: 10, previousEpoch: epoch }, 'on another box too')
  await moved.close()
})

t.test('damage is found, by whichever check it concerns, and is never copied', async (t) => {
  const directory = t.testdir()
  await (await written(directory, 30)).close()
  const path = join(directory, 'journal.db')
  t.ok(checkDatabase(path).findings.every(({ ok }) => ok))
  const database = openWriter(path)
  database.prepare('UPDATE facts SET at = at + 1 WHERE seq = 7').run()
  database.prepare('DELETE FROM facts WHERE seq = 9').run()
  database.close()
  const found = checkDatabase(path).findings.filter(({ ok }) => !ok).map(({ check, detail }) => `${check}: ${detail}`)
  t.match(found, [/^numbers: 1 missing in epoch/, 'facts: 1 of 29 are damaged'])
  await t.rejects(backUp(directory, join(directory, 'copy.db')), { code: 'BACKUP_UNUSABLE' })
  t.notOk(existsSync(join(directory, 'copy.db')), 'and nothing bears its name')
  const reader = openReader(path)
  const page = reader.prepare<[], number>(`SELECT rootpage FROM sqlite_schema WHERE name = 'facts_by_type'`).pluck().get()!
  reader.close()
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(4_096, 0x5a), 0, 4_096, 4_096 * (page - 1))
  closeSync(file)
  t.ok(checkDatabase(path).findings.some(({ ok }) => !ok))
  writeFileSync(join(directory, 'letter.db'), 'Dear journal')
  t.equal(codeOf(() => checkDatabase(join(directory, 'letter.db'))), 'JOURNAL_FOREIGN')
  t.equal(codeOf(() => restore(directory, join(directory, 'letter.db'), 'x')), 'JOURNAL_FOREIGN')
})

t.test('a file with the large pages of an earlier version is written anew with small ones, and says the same', async (t) => {
  const directory = t.testdir()
  await (await written(directory, 10)).close()
  const database = openWriter(databasePath(directory))
  database.pragma('journal_mode = DELETE')
  database.pragma('page_size = 16384')
  database.exec('VACUUM')
  database.close()
  const pageBytes = (): unknown => {
    const reader = openReader(databasePath(directory))
    try { return reader.pragma('page_size', { simple: true }) } finally { reader.close() }
  }
  const before = await written(directory, 1)
  const facts = await before.facts({ limit: 100 })
  await before.close()
  t.equal(pageBytes(), 16_384, 'it is written as it stands')
  vacuum(directory)
  t.equal(pageBytes(), PAGE_BYTES)
  t.ok(checkDatabase(databasePath(directory)).findings.every(({ ok }) => ok))
  const after = await openJournal(optionsFor(directory))
  t.equal(after.remembered.origin, 'continued')
  t.strictSame(await after.facts({ limit: 100 }), facts)
  await after.close()
})

t.test('free pages go back, and steps are told before they are taken', async (t) => {
  const directory = t.testdir()
  await (await written(directory, 10)).close()
  const path = join(directory, 'journal.db')
  t.strictSame(migration(directory, false), { found: SCHEMA_VERSION, known: SCHEMA_VERSION, steps: [] })
  let database = openWriter(path)
  database.exec('CREATE TABLE ballast (x BLOB); INSERT INTO ballast VALUES (zeroblob(3000000)); DROP TABLE ballast')
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
  const { before, after } = vacuum(directory)
  t.ok(after < before - 2_000_000, `${before} → ${after}`)
  t.ok(checkDatabase(path).findings.every(({ ok }) => ok))
  database = openWriter(path)
  database.pragma('user_version = 99')
  database.close()
  t.equal(codeOf(() => migration(directory, false)), 'JOURNAL_NEWER')
  t.equal(codeOf(() => openArchive(directory)), 'JOURNAL_NEWER')
  // A gateway that an upgrade has not started again writes one like this.
  const older = openWriter(path)
  older.pragma(`user_version = ${SCHEMA_VERSION - 1}`)
  older.close()
  t.equal(codeOf(() => openArchive(directory)), 'JOURNAL_OLDER')
})

t.test('a file that was large once gives its pages back while the journal is written, and keeps some for what comes', async (t) => {
  const directory = t.testdir()
  await (await written(directory, 20)).close()
  const path = databasePath(directory)
  const database = openWriter(path)
  database.exec('CREATE TABLE filler (bytes BLOB)')
  database.exec(`INSERT INTO filler SELECT zeroblob(${2 ** 20}) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 64) SELECT i FROM n)`)
  database.exec('DROP TABLE filler')
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
  t.ok(statSync(path).size > 64 * 2 ** 20)
  const journal = await written(directory, 1)
  await until('the file is small again', () => statSync(path).size < 24 * 2 ** 20)
  await journal.append(turnOf(journal.remembered.lastTurn + 2, [factOf(22, journal.remembered.epoch)]))
  t.equal((await journal.facts({ limit: 100 })).length, 22)
  await journal.close()
  t.ok(statSync(path).size > 8 * 2 ** 20, 'less than 16 MB of room is not worth the wear')
  t.ok(checkDatabase(path).findings.every(({ ok }) => ok))
})
