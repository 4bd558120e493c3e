/** Facts of past days: sealed into packs they answer as they did, whatever happens on the way. */

import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type Chance, seededChance } from '../../../src/base/chance.js'
import { type Epoch, instant, rfc3339, seq } from '../../../src/base/units.js'
import type { Fact } from '../../../src/contract/events/catalogue.js'
import type { FactQuery } from '../../../src/contract/journal.js'
import { partLeaves, timeLeaves } from '../../../src/contract/losses.js'
import { backUp, checkDatabase } from '../../../src/journal/keeping/care.js'
import { ailmentOf, type Database, openReader, openWriter } from '../../../src/journal/store/database.js'
import { factFinder, firstSeq, lastFact } from '../../../src/journal/facts/facts.js'
import { databasePath } from '../../../src/journal/keeping/gate.js'
import { openJournal } from '../../../src/journal/journal.js'
import { SCHEMA_VERSION, migrate, versionOf } from '../../../src/journal/migrations/migrate.js'
import { journal as first } from '../../../src/journal/migrations/001-journal.js'
import { upstream } from '../../../src/journal/migrations/002-upstream.js'
import { stops } from '../../../src/journal/migrations/003-stops.js'
import { hours } from '../../../src/journal/migrations/004-hours.js'
import { recorders } from '../../../src/journal/migrations/005-recorders.js'
import { dropUnsealedPacks, packDue, type PackRule, sealPack, sweepPacked } from '../../../src/journal/facts/packs.js'
import { rowReader, writtenReader } from '../../../src/journal/facts/rows.js'
import { rowSummer } from '../../../src/journal/facts/sums.js'
import { deadline } from '../../../src/journal/store/deadline.js'
import { salvage } from '../../../src/journal/keeping/salvage.js'
import { START, factOf, optionsFor, rowOf, turnOf } from '../plant.js'

const HOUR_MS = 3_600_000
const DAYS = 4
const END = instant(START + DAYS * 24 * HOUR_MS)
const RULE: PackRule = { lagMs: 24 * HOUR_MS, waitMs: 24 * HOUR_MS, factsMax: 100 }

/** Some days of two machines: counts, states, and stops that are opened, explained, parted and ended; a clock that once is set back. */
function days(epoch: Epoch, chance: Chance): Fact[] {
  const facts: Fact[] = []
  const say = (at: number, type: string, equipment: string | null, body: object): void => {
    facts.push(factOf(facts.length + 1, epoch, { at: instant(at), type, equipment, line: equipment === null ? null : equipment === 'PAL1' ? 'BP02' : 'BP01', body } as Partial<Fact>))
  }
  for (let hour = 0; hour < DAYS * 24; hour++) {
    // Between the second and the third day somebody set the clock back by two hours.
    const from = START + (hour < 50 ? hour : hour - 2) * HOUR_MS
    if (hour % 24 === 3) say(from, 'gateway_stopped', null, { reason: 'night' })
    for (const equipment of ['BAG1', 'PAL1']) {
      say(from + 60_000, 'count_recorded', equipment, { total: chance.whole(0, 60), text: 'line\nbreak "quoted" ü', at: rfc3339(instant(from)) })
      if (!chance.happens(0.5)) continue
      const stop_id = `S${facts.length}`
      say(from + 120_000, 'downtime_event', equipment, { stop_id })
      if (chance.happens(0.3)) say(from + 240_000, 'downtime_updated', equipment, { stop_id, from: rfc3339(instant(from + 120_000)), split_off: `${stop_id}b`, to: rfc3339(instant(from + 180_000)), note: null, merged: null, revision: 1 })
      say(from + 300_000, 'downtime_resolved', equipment, { stop_id, from: rfc3339(instant(from + 120_000)), lost_seconds: 180 })
    }
  }
  return facts
}

async function filled(directory: string, textOf: (fact: Fact) => string = () => ''): Promise<readonly Fact[]> {
  const journal = await openJournal(optionsFor(directory))
  // Bodies of these tests are of no schema.
  const facts = days(journal.remembered.epoch, seededChance(3)).map((fact) => (textOf(fact) === '' ? fact : { ...fact, body: { ...fact.body, note: textOf(fact) } } as Fact))
  // All in turns of one instant: the journal packs what has grown old by its turns, and here nothing but the tests packs.
  for (let i = 0, turn = 0; i < facts.length; i += 5) await journal.append({ ...turnOf(++turn, facts.slice(i, i + 5)), at: instant(START) })
  await journal.close()
  return facts
}

/** Questions of every kind; the same seed asks the same. */
function questions(facts: readonly Fact[], chance: Chance): FactQuery[] {
  const some = () => chance.pick(facts)
  const maybe = <T extends object>(share: number, part: () => T): T | object => (chance.happens(share) ? part() : {})
  const asked = Array.from({ length: 150 }, (): FactQuery => ({
    limit: chance.pick([1, 7, 1_000]),
    ...maybe(0.3, () => ({ after: some().seq })), ...maybe(0.3, () => ({ types: [some().type, some().type] })), ...maybe(0.3, () => ({ line: 'BP01' })), ...maybe(0.4, () => ({ equipment: chance.pick(['BAG1', 'PAL1', 'NONE']) })),
    ...maybe(0.3, () => ({ from: some().at })), ...maybe(0.3, () => ({ to: some().at })), ...maybe(0.2, () => ({ fromTurn: chance.whole(1, 80) })), ...maybe(0.2, () => ({ untilTurn: chance.whole(1, 80) })),
    ...maybe(0.3, () => ({ newestFirst: true })),
  }))
  const named = facts.flatMap((fact) => ('stop_id' in fact.body ? [String(fact.body.stop_id)] : []))
  return [...asked, ...[...new Set(named), 'NONE'].flatMap((stop): FactQuery[] => [{ limit: 100, stop }, { limit: 100, stop: `${stop}b` }, { limit: 1, stop, newestFirst: true }]), { limit: 1_000, stops: named.slice(3, 40) }, { limit: 9, stops: [...named.slice(-5), 'NONE'], newestFirst: true }]
}

/** What is held against itself here need not be on the disk. */
function quick(path: string): Database {
  const database = openWriter(path)
  database.pragma('synchronous = OFF')
  return database
}

function packNext(database: Database, rule: PackRule = RULE): boolean {
  const run = packDue(database, rule, END)
  if (run === null) return false
  for (const _ of sealPack(database, run)) { /* each piece is one that a crash may follow */ }
  return true
}

t.test('facts in packs answer every question as they did, also with half of a pack written or half of its rows gone', async (t) => {
  const directory = t.testdir()
  const facts = await filled(directory)
  const path = databasePath(directory)
  const writer = quick(path)
  const asked = questions(facts, seededChance(8))
  const find = factFinder(writer)
  const before = asked.map((query) => find(query))
  t.ok(before.filter((found) => found.length > 1).length > 50, 'the questions mean something')
  const agree = (message: string): void => {
    const reader = openReader(path)
    const again = factFinder(reader)
    t.strictSame(asked.map((query) => again(query)), before, message)
    t.equal(lastFact(reader)?.seq, facts.length)
    t.equal(firstSeq(reader), 1)
    reader.close()
  }
  let packs = 0
  while (packNext(writer)) {
    agree(`pack ${++packs} sealed, its rows still there`)
    sweepPacked(writer)
    agree(`pack ${packs}, some rows gone`)
    while (sweepPacked(writer)) { /* to the end */ }
  }
  agree('all packed')
  t.ok(packs >= 3)
  t.ok(writer.prepare('SELECT count(*) FROM facts').pluck().get() as number < facts.length / 2, 'what is young stays a row')
  t.ok(checkDatabase(path).findings.every(({ ok }) => ok), 'and the check reads them all')
  t.equal(checkDatabase(path).facts, facts.length)
  writer.close()
  const journal = await openJournal(optionsFor(directory))
  t.equal(journal.remembered.head, facts.length)
  t.strictSame(await journal.facts({ limit: 1_000 }), facts, 'body for body')
  t.strictSame(await journal.fact(seq(7)), facts[6])
  t.match(await journal.sizes(), { factsCount: facts.length, factSeqFirst: 1 })
  await journal.close()
})

t.test('a crash at any step of packing loses nothing, and the next start packs again', async (t) => {
  const directory = t.testdir()
  const facts = await filled(directory)
  const database = quick(databasePath(directory))
  const find = factFinder(database)
  const before = find({ limit: 10_000 })
  const run = packDue(database, RULE, END)!
  let steps = 0
  for (let stopAt = 1, ended = false; !ended; stopAt++) {
    const packing = sealPack(database, run)
    ended = true
    for (let step = 1; packing.next().done !== true; step++) if (step === stopAt) { ended = false; break }
    if (ended) break
    steps++
    t.equal(find({ limit: 10_000 }).length, facts.length)
    // What a start does first.
    dropUnsealedPacks(database)
    for (const table of ['packs', 'strands', 'told', 'beginnings']) t.equal(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), 0, `${table} after step ${stopAt}`)
  }
  t.ok(steps > 5, `${steps} places to crash at`)
  t.strictSame(find({ limit: 10_000 }), before)
  t.equal(packDue(database, RULE, END)!.first, run.last + 1)
  database.close()
})

t.test('a disk that is full at any page of a pack loses nothing, refuses nothing that fits, and is packed when there is room', async (t) => {
  const directory = t.testdir()
  // What cannot be made smaller needs pages of its own.
  await filled(directory, ({ seq: number }) => Array.from({ length: 8 }, (_, i) => createHash('sha512').update(`${number} ${i}`).digest('base64')).join(''))
  const database = quick(databasePath(directory))
  // Free pages would be room.
  database.exec('VACUUM')
  const find = factFinder(database)
  const before = find({ limit: 10_000 })
  const run = packDue(database, RULE, END)!
  const whole = database.pragma('page_count', { simple: true }) as number
  let fullCount = 0
  for (let isSealed = false; !isSealed;) {
    // Each try has a page more than the one before.
    database.pragma(`max_page_count = ${whole + fullCount}`)
    try {
      for (const _ of sealPack(database, run)) { /* to the end, or to the end of the room */ }
      isSealed = true
    } catch (error) {
      fullCount++
      t.equal(ailmentOf(error), 'full')
      t.equal(database.inTransaction, false, 'nothing half done holds the journal up')
      t.strictSame(find({ limit: 10_000 }), before)
      database.pragma('max_page_count = 1000000')
      // What the next try of the writer does first.
      dropUnsealedPacks(database)
      for (const table of ['packs', 'strands', 'told', 'beginnings']) t.equal(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), 0, `${table} when full for the ${fullCount}th time`)
    }
  }
  t.ok(fullCount >= 3, `full ${fullCount} times`)
  t.strictSame(find({ limit: 10_000 }), before)
  database.close()
  t.ok(checkDatabase(databasePath(directory)).findings.every(({ ok }) => ok))
})

t.test('kill -9 while facts are packed loses none, three times', { timeout: 600_000 }, async (t) => {
  const directory = t.testdir()
  const facts = await filled(directory)
  const chance = seededChance(4)
  for (let round = 0; round < 3; round++) {
    const child = fork(fileURLToPath(import.meta.resolve('../packer.js')), [databasePath(directory), String(END)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const steps = chance.whole(1, 12)
    for (let told = 0; told < steps; told++) await once(child, 'message')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const journal = await openJournal(optionsFor(directory))
    t.strictSame(await journal.facts({ limit: 1_000 }), facts, `killed after ${steps} steps`)
    await journal.close()
  }
  t.ok(checkDatabase(databasePath(directory)).findings.every(({ ok }) => ok))
})

t.test('an open journal packs by itself, forgets whole packs by age, and tells what went', async (t) => {
  const directory = t.testdir()
  const facts = await filled(directory)
  const gone: unknown[] = []
  const journal = await openJournal(optionsFor(directory, { onTrimmed: (trimmed) => { gone.push(trimmed) }, storage: { ballast: 0, facts: { keep: 30 * 24 * HOUR_MS, bytes: 2e9 }, samples: { keep: 90 * 24 * HOUR_MS, bytes: 4e9, chunk: 600_000 } } }))
  const { lastTurn, epoch } = journal.remembered
  const left = (sql: string): unknown => { const reader = openReader(databasePath(directory)); try { return reader.prepare(sql).pluck().get() } finally { reader.close() } }
  const next = (turn: number, at: number) => ({ ...turnOf(lastTurn + turn), at: instant(at), facts: [factOf(facts.length + turn, epoch, { at: instant(at) })], snapshots: [{ line: 'BP01', seq: seq(facts.length + turn), at: instant(at), state: '{}' }] })
  await journal.append(next(1, END + 3 * 24 * HOUR_MS))
  while (left('SELECT count(*) FROM packs WHERE sealed = 1') === 0 || left('SELECT count(*) FROM facts') !== 1) await sleep(20)
  t.strictSame((await journal.facts({ limit: 1_000 })).slice(0, -1), facts)
  await journal.append(next(2, END + 40 * 24 * HOUR_MS))
  while (left('SELECT count(*) FROM packs') !== 0 || gone.length === 0) await sleep(20)
  t.match(gone[0], { what: 'facts', fromSeq: 1, why: 'age', unacknowledged: false })
  for (const table of ['strands', 'told', 'beginnings']) t.equal(left(`SELECT count(*) FROM ${table}`), 0, table)
  await journal.close()
})

t.test('a damaged pack is found and named, and the others are taken over', async (t) => {
  const directory = t.testdir()
  const facts = await filled(directory)
  const path = databasePath(directory)
  const database = quick(path)
  while (packNext(database)) { /* all that are due */ }
  while (sweepPacked(database)) { /* and their rows */ }
  const [id, content] = Object.values(database.prepare(`SELECT id, content FROM strands WHERE type = 'count_recorded' ORDER BY id LIMIT 1`).get() as object) as [number, Buffer]
  content[content.length - 3]! ^= 4
  database.prepare('UPDATE strands SET content = ? WHERE id = ?').run(content, id)
  database.close()
  const bad = checkDatabase(path).findings.filter(({ ok }) => !ok).map(({ check, detail }) => `${check}: ${detail}`)
  t.match(bad, [/^numbers: \d+ missing/, /^facts: 1 of \d+ are damaged/])
  await t.rejects(backUp(directory, join(directory, 'copy.db')), { code: 'BACKUP_UNUSABLE' })
  const into = quick(join(directory, 'new.db'))
  migrate(into)
  t.strictSame(salvage(path, into).broken, ['strands'])
  const saved = factFinder(into)({ limit: 10_000 })
  t.ok(saved.length > facts.length - 60 && saved.length < facts.length, `${saved.length} of ${facts.length}`)
  t.strictSame(new Set(saved.map(({ type }) => type)), new Set(facts.map(({ type }) => type)))
  into.close()
})

t.test('a fact that is not what was written is not sealed as if it were', async (t) => {
  const directory = t.testdir()
  // What cannot be made smaller needs pages of its own.
  await filled(directory, ({ seq: number }) => Array.from({ length: 8 }, (_, i) => createHash('sha512').update(`${number} ${i}`).digest('base64')).join(''))
  const database = quick(databasePath(directory))
  database.prepare('UPDATE facts SET at = at + 1 WHERE seq = 20').run()
  t.throws(() => packNext(database), { code: 'JOURNAL_CORRUPT' })
  database.close()
})

class PowerCut extends Error {}

t.test('loss rows of a journal of an earlier version are the same under their new keys, and so are their hours', async (t) => {
  const directory = t.testdir()
  const database = quick(join(directory, 'old.db'))
  for (const step of [first, upstream, stops, hours, recorders]) database.exec(step)
  database.pragma('user_version = 5')
  const chance = seededChance(6)
  const rows = Array.from({ length: 400 }, (_, minute) => ['BAG1', 'PAL1'].map((equipment) => rowOf(minute * 11, {
    equipment, line: equipment === 'PAL1' ? 'BP02' : 'BP01', job: chance.pick([null, 'J-1']), shift: chance.pick([null, 'early', 'late']), revision: chance.whole(0, 3),
    parts: { ...rowOf(0).parts, good: chance.whole(1, 600) / 10, production_reject: chance.whole(0, 2) },
  }))).flat()
  // That version knew of no rework.
  const leaves = [...timeLeaves, ...partLeaves]
  const insert = database.prepare(`INSERT INTO losses (equipment, minute, shift, job, product, ideal_ms, line, revision, written, ${leaves.join(', ')}) VALUES (:equipment, :minute, :shift, :job, :product, :ideal, :line, :revision, :written, ${leaves.map((leaf) => `:${leaf}`).join(', ')})`)
  for (const [i, row] of rows.entries()) insert.run({ equipment: row.equipment, minute: row.minute, shift: row.shift ?? '', job: row.job ?? '', product: row.product ?? '', ideal: row.idealMs, line: row.line, revision: row.revision, written: i + 1, ...row.ms, ...row.parts })
  const summed = `SELECT sum(rows_count), round(sum(good), 3), sum(running), max(revision), count(*) FROM hours`
  const before = Object.values(database.prepare(summed).get() as object)
  // The power fails after every portion; the next start goes on with the rest.
  let cuts = 0
  const cut = (): never => { cuts++; throw new PowerCut() }
  for (let ended = false; !ended;) {
    try { migrate(database, SCHEMA_VERSION, cut); ended = true } catch (error) { if (!(error instanceof PowerCut)) throw error }
  }
  t.equal(cuts, 4, 'the rows of four days moved a day at a time')
  t.equal(versionOf(database), SCHEMA_VERSION)
  const whole = { from: START, to: instant(START + 10 * 24 * HOUR_MS) }
  for (const code of ['BAG1', 'PAL1']) t.strictSame(rowReader(database)({ equipment: [code], ...whole }), rows.filter(({ equipment }) => equipment === code))
  t.strictSame(writtenReader(database)({ after: 300, limit: 50 }), rows.slice(300, 350).map((row, i) => ({ ...row, written: 301 + i })))
  t.strictSame(Object.values(database.prepare(summed).get() as object), before)
  const sums = rowSummer(database)({ equipment: ['BAG1'], edges: [whole.from, whole.to], by: ['shift'] }, deadline(10_000, () => 0))
  t.equal(Math.round(sums.reduce((sum, row) => sum + row.parts.good, 0) * 10), Math.round(rows.filter(({ equipment }) => equipment === 'BAG1').reduce((sum, row) => sum + row.parts.good, 0) * 10))
  database.close()
})
