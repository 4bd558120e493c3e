/** What the journal does about files that are not what they were: locked, emptied, swapped, rolled back, newer, foreign, damaged. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, copyFileSync, cpSync, openSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Fault } from '../../../src/contract/faults.js'
import type { Remembered } from '../../../src/contract/journal.js'
import { openWriter, PAGE_BYTES } from '../../../src/journal/store/database.js'
import { originOf } from '../../../src/journal/keeping/gate.js'
import { openJournal } from '../../../src/journal/journal.js'
import { factsIn } from '../../support/recorded.js'
import { factOf, optionsFor, turnOf } from '../plant.js'

/** A journal of so many facts, closed. */
async function made(directory: string, factsCount: number): Promise<Remembered> {
  const journal = await openJournal(optionsFor(directory))
  const { epoch, head, lastTurn } = journal.remembered
  for (let i = 1; i <= factsCount; i++) await journal.append(turnOf(lastTurn + i, [factOf(head + i, epoch)]))
  await journal.close()
  return journal.remembered
}

async function reopened(directory: string): Promise<Remembered> {
  const journal = await openJournal(optionsFor(directory))
  await journal.append(turnOf(journal.remembered.lastTurn + 1, [factOf(journal.remembered.head + 1, journal.remembered.epoch)]))
  await journal.close()
  return journal.remembered
}

const refusedWith = async (directory: string): Promise<string> => {
  try {
    await (await openJournal(optionsFor(directory))).close()
    return 'opened'
  } catch (error) {
    return error instanceof Fault ? error.code : String(error)
  }
}

t.test('the origin of a database, as its state file tells it', async (t) => {
  const known = { instance: 'a', epoch: 'e', head: 10, suspect: false }
  t.equal(originOf(null, null), 'created')
  t.equal(originOf(known, null), 'lost')
  t.equal(originOf(null, { instance: 'a', head: 10 }), 'restored')
  t.equal(originOf(known, { instance: 'b', head: 10 }), 'restored')
  t.equal(originOf(known, { instance: 'a', head: 9 }), 'rolled_back')
  t.equal(originOf(known, { instance: 'a', head: 10 }), 'continued')
  t.equal(originOf(known, { instance: 'a', head: 11 }), 'continued', 'the state file may be a little behind')
})

t.test('a second journal on the same directory is refused, in this process and in another', async (t) => {
  const directory = t.testdir()
  const journal = await openJournal(optionsFor(directory))
  t.equal(await refusedWith(directory), 'JOURNAL_LOCKED')
  const child = fork(new URL('../child.js', import.meta.url), ['open', directory])
  const [answer] = await once(child, 'message') as [string]
  t.equal(answer, 'JOURNAL_LOCKED')
  await once(child, 'exit')
  await journal.append(turnOf(1, [factOf(1, journal.remembered.epoch)]))
  await journal.close()
  t.equal(await refusedWith(directory), 'opened', 'once it is closed the next may come')
})

t.test('an emptied or deleted database is noticed, and its numbers are not given again', async (t) => {
  for (const harm of ['emptied', 'deleted']) {
    const directory = t.testdir()
    const before = await made(directory, 7)
    const path = join(directory, 'journal.db')
    if (harm === 'emptied') truncateSync(path, 0)
    else rmSync(path)
    const after = await reopened(directory)
    t.equal(after.origin, 'lost', harm)
    t.equal(after.previousEpoch, before.epoch)
    t.equal(after.previousHead, 7)
    t.equal(after.head, 7)
    t.not(after.epoch, before.epoch)
    t.equal((await reopened(directory)).origin, 'continued')
  }
})

t.test('a database rolled back to an older copy begins a new epoch above every number given', async (t) => {
  const directory = t.testdir()
  const { epoch } = await made(directory, 3)
  const path = join(directory, 'journal.db')
  copyFileSync(path, `${path}.copy`)
  await made(directory, 4)
  copyFileSync(`${path}.copy`, path)
  const after = await reopened(directory)
  t.equal(after.origin, 'rolled_back')
  t.equal(after.previousEpoch, epoch)
  t.equal(after.head, 7)
  const journal = await openJournal(optionsFor(directory))
  const facts = await journal.facts({ limit: 100 })
  t.strictSame(facts.map((fact) => [fact.seq, fact.epoch]), [[1, epoch], [2, epoch], [3, epoch], [8, after.epoch]])
  await journal.close()
})

t.test('a database brought from elsewhere, or without its state file, begins a new epoch', async (t) => {
  const directory = t.testdir({ a: {}, b: {} })
  const a = await made(join(directory, 'a'), 3)
  const b = await made(join(directory, 'b'), 5)
  cpSync(join(directory, 'b', 'journal.db'), join(directory, 'a', 'journal.db'))
  const swapped = await reopened(join(directory, 'a'))
  t.equal(swapped.origin, 'restored')
  t.equal(swapped.head, 5)
  t.equal(swapped.previousEpoch, a.epoch, 'the epoch this box was in')
  rmSync(join(directory, 'b', 'journal.state'))
  const restored = await reopened(join(directory, 'b'))
  t.equal(restored.origin, 'restored')
  t.equal(restored.previousEpoch, b.epoch)
})

t.test('a foreign file is refused and not touched', async (t) => {
  const directory = t.testdir({ 'journal.db': 'not a database, but somebody needs it' })
  t.equal(await refusedWith(directory), 'JOURNAL_FOREIGN')
  t.equal(readFileSync(join(directory, 'journal.db'), 'utf8'), 'not a database, but somebody needs it')
})

t.test('a journal of a newer version is refused and not changed', async (t) => {
  const directory = t.testdir()
  await made(directory, 1)
  const path = join(directory, 'journal.db')
  const database = openWriter(path)
  database.pragma('user_version = 99')
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
  const before = readFileSync(path)
  t.equal(await refusedWith(directory), 'JOURNAL_NEWER')
  t.ok(readFileSync(path).equals(before))
})

t.test('a torn state file is as good as none', async (t) => {
  const directory = t.testdir()
  await made(directory, 2)
  writeFileSync(join(directory, 'journal.state'), readFileSync(join(directory, 'journal.state'), 'utf8').replace('"head":2', '"head":3'))
  t.equal((await reopened(directory)).origin, 'restored')
})

t.test('a damaged database is set aside, and what can be read of it goes on in a new epoch', async (t) => {
  const harms: Record<string, (path: string) => void> = {
    'a header overwritten': (path) => { overwrite(path, 0, 100) },
    'the schema overwritten': (path) => { overwrite(path, 100, 8_000) },
    'pages in the middle overwritten': (path) => { overwrite(path, 20 * PAGE_BYTES, 8 * PAGE_BYTES) },
    'cut in half': (path) => { truncateSync(path, Math.floor(statSync(path).size / 2 / PAGE_BYTES) * PAGE_BYTES) },
  }
  for (const [harm, inflict] of Object.entries(harms)) {
    const directory = t.testdir()
    const before = await made(directory, 400)
    inflict(join(directory, 'journal.db'))
    const after = await reopened(directory)
    if (after.origin === 'continued') {
      // Nothing a start needs was hit; the rest is found when it is read, and then named.
      t.equal(after.head, 400, harm)
      continue
    }
    t.match(after, { origin: 'salvaged', previousEpoch: before.epoch, previousHead: 400, head: 400 }, harm)
    t.equal(readdirSync(directory).filter((name) => /damaged.*db$/.test(name)).length, 1, 'set aside, not deleted')
    t.equal((await reopened(directory)).origin, 'continued')
  }
})

t.test('a flipped bit in a fact is found, and the other facts are salvaged', async (t) => {
  const directory = t.testdir()
  const { epoch } = await made(directory, 50)
  const path = join(directory, 'journal.db')
  const bytes = readFileSync(path)
  // Also where a page that was divided still has what it gave away.
  for (let at = bytes.indexOf('number 30 '); at !== -1; at = bytes.indexOf('number 30 ', at + 1)) bytes[at]! ^= 1
  writeFileSync(path, bytes)
  const journal = await openJournal(optionsFor(directory))
  t.equal(journal.remembered.origin, 'salvaged')
  const facts = await journal.facts({ limit: 100 })
  t.strictSame(facts.map((fact) => fact.seq), Array.from({ length: 50 }, (_, i) => i + 1).filter((number) => number !== 30))
  t.ok(facts.every((fact) => fact.epoch === epoch))
  await journal.close()
})

t.test('damage found while writing ends the journal, and the next start looks at all of the file', async (t) => {
  const directory = t.testdir()
  await made(directory, 400)
  let broke: Error | null = null
  const journal = await openJournal(optionsFor(directory, { onBroken: (fault) => { broke = fault } }))
  const { epoch, lastTurn } = journal.remembered
  overwrite(join(directory, 'journal.db'), PAGE_BYTES, statSync(join(directory, 'journal.db')).size - PAGE_BYTES)
  let head = journal.remembered.head
  let fault: unknown = null
  for (let i = 1; fault === null && i < 2_000; i++) {
    try {
      await journal.append(turnOf(lastTurn + i, [factOf(head + 1, epoch, { type: i % 2 === 0 ? 'gateway_stopped' : 'andon_event', equipment: `E${i}` } as never)]))
      head++
    } catch (error) {
      fault = error
    }
  }
  t.match(fault, { code: 'JOURNAL_CORRUPT' })
  t.match(broke, { code: 'JOURNAL_CORRUPT' }, 'the daemon is told, once and for all')
  await t.rejects(journal.append(turnOf(lastTurn + 5_000, [])), { code: 'JOURNAL_CORRUPT' }, 'nothing is taken any more')
  await journal.close().catch(() => undefined)
  const after = await reopened(directory)
  t.equal(after.origin, 'salvaged')
  t.ok(after.head >= head, 'no number is given twice')
})

function overwrite(path: string, offset: number, length: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(length, 0xa5), 0, length, offset)
  closeSync(file)
}

t.test('kill -9 in the middle of appends loses nothing that was answered', async (t) => {
  const directory = t.testdir()
  let answered = 0
  let epoch: string | null = null
  for (let round = 0; round < Number(process.env['KILLS'] ?? 6); round++) {
    const child = fork(new URL('../child.js', import.meta.url), ['append', directory])
    child.on('message', (head: number) => { answered = head })
    await once(child, 'message')
    await new Promise((resolve) => { setTimeout(resolve, (round * 67) % 150) })
    child.kill('SIGKILL')
    await once(child, 'exit')

    const journal = await openJournal(optionsFor(directory))
    const { remembered } = journal
    epoch ??= remembered.epoch
    const facts = await factsIn(journal)
    const sound = remembered.head >= answered && facts.length === remembered.head && facts.every((fact, i) => fact.seq === i + 1)
      && remembered.origin === 'continued' && !remembered.clean && remembered.epoch === epoch
      && remembered.tail.every((turn, i) => turn.number === remembered.lastTurn - remembered.tail.length + 1 + i)
    t.ok(sound, `round ${round}: ${answered} answered, ${remembered.head} found, ${remembered.tail.length} turns to solve again`)
    answered = remembered.head
    await journal.close()
    // `close` marks a clean end; the next round must not lean on it.
  }
  t.strictSame(readdirSync(directory).filter((name) => name.includes('damaged')), [])
})
