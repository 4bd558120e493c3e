/** Sealed chunks that become one answer as they did, whatever happens on the way. */

import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type Chance, seededChance } from '../../../src/base/chance.js'
import { type Instant, instant } from '../../../src/base/units.js'
import { catalogue } from '../../../src/contract/events/catalogue.js'
import { type KeptTurn, type Layouts, valuesCount, blockOf, lazily } from '../../../src/journal/samples/block.js'
import { backUp, checkDatabase } from '../../../src/journal/keeping/care.js'
import { sweepChunks } from '../../../src/journal/samples/chunk.js'
import { type Database, ailmentOf, openReader, openWriter } from '../../../src/journal/store/database.js'
import { databasePath } from '../../../src/journal/keeping/gate.js'
import { openJournal } from '../../../src/journal/journal.js'
import { type KeptScan, type Layout, keep, layoutOf } from '../../../src/journal/samples/layouts.js'
import { type MergeRule, mergeChunks, mergeDue } from '../../../src/journal/samples/merge.js'
import { migrate } from '../../../src/journal/migrations/migrate.js'
import { answerer } from '../../../src/journal/reads.js'
import { sealChunk, stager } from '../../../src/journal/samples/samples.js'
import { openStopTable } from '../../../src/journal/facts/stops.js'
import { openTrimmer } from '../../../src/journal/keeping/trim.js'
import { turnsBetween } from '../../../src/journal/samples/turns.js'
import type { Question } from '../../../src/journal/wire.js'
import { fewerCases } from '../../support/cases.js'
import { START, factOf, fastScan, groups, optionsFor, recorded, turnOf } from '../plant.js'
import { damageColumn } from './damage.js'
import { intoRows } from './old-form.js'

const NONE: ReadonlySet<number> = new Set()
const FOREVER = { keepMs: 1e12, bytes: 1e12 }
const RULE: MergeRule = { spanMs: 60_000, valuesMax: 1e6, turnsMax: 1e6 }
const untimed = (): void => undefined

/** The groups of the plant, and the first of them as it was after a tag had gone. */
const layouts: Layouts = new Map([groups[0]!, groups[1]!, { ...groups[0]!, tags: groups[0]!.tags.slice(0, 3) }].map((group, i): [number, Layout] => [i + 1, layoutOf(group, recorded)!]))

/** What is held against itself here need not be on the disk. */
function quick(path: string): Database {
  const database = openWriter(path)
  database.pragma('synchronous = OFF')
  migrate(database)
  const known = database.prepare('INSERT OR IGNORE INTO layouts (id, layout) VALUES (?, ?)')
  for (const [id, layout] of layouts) known.run(id, JSON.stringify(layout))
  return database
}

/** Every kind of value that a column can be made of, some columns of one kind, some of all. */
const oddities = [0, -0, Number.NaN, Infinity, -Infinity, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53, 2 ** 31, 0.1 + 0.2, Math.fround(23.4)]

/** Turns with gaps and steps of the clock, scans of some groups or none, values of all kinds. */
function randomTurns(chance: Chance, count: number): KeptTurn[] {
  let at: number = START
  let number = 0
  const styles = Array.from({ length: 16 }, () => chance.whole(0, 5))
  const valueOf = (style: number, before: number): number => {
    switch (style) {
      case 0: return before
      case 1: return before + chance.whole(0, 1)
      case 2: return (Math.round(before * 10) + chance.whole(-20, 20)) / 10
      case 3: return chance.happens(0.02) ? chance.pick(oddities) : Math.round(before + chance.whole(-2, 2))
      case 4: return Math.fround(chance.normal(50, 10))
      default: return chance.happens(0.3) ? chance.pick(oddities) : chance.normal(0, 1e6)
    }
  }
  const last = new Map<number, Float64Array>()
  const scan = (layout: number): KeptScan => {
    const { columns, tags } = layouts.get(layout)!
    const before = last.get(layout) ?? new Float64Array(columns)
    const values = before.map((value, c) => valueOf(styles[c]!, value))
    last.set(layout, values)
    const texts = tags.flatMap((tag): [number, string][] => (tag.type === 'text' && chance.happens(0.9) ? [[tag.column, chance.pick(['BAG500', 'BAG1000 ü', '\ud800', ''])]] : []))
    // Texts stand by their column, in which no number does.
    for (const tag of tags) if (tag.type === 'text') values[tag.column] = 0
    return { layout, at: at - chance.whole(0, 9), mono: at - START + chance.whole(0, 8) / 8, values, qualities: Uint8Array.from(tags, () => (chance.happens(0.05) ? chance.whole(0, 10) : 0)), texts }
  }
  return Array.from({ length: count }, (_, i) => {
    number += chance.happens(0.02) ? chance.whole(1, 500) : 1
    at += chance.happens(0.02) ? chance.pick([-3_600_000, -90_000, 1, 45_000, 600_000]) : 100 + chance.whole(-3, 3)
    const which = chance.pick([[], [1], [1], [1], [1, 2], [2], [3], [3, 1]])
    return { number, at, mono: at - START + (i % 7) / 8, scans: which.map(scan) }
  })
}

/** Staged a few turns at a time, and sealed so many at a time. */
function fillSealed(database: Database, turns: readonly KeptTurn[], perChunk: number): void {
  const stage = stager(database, layouts)
  for (let i = 0; i < turns.length; i += perChunk) {
    const its = turns.slice(i, i + perChunk)
    for (let j = 0; j < its.length; j += 20) stage(its.slice(j, j + 20))
    for (const _ of sealChunk(database, layouts, { first: its[0]!.number, last: its.at(-1)!.number })) { /* to the end */ }
  }
}

/** What anybody may ask of samples, in whole and in parts. */
function questions(turns: readonly KeptTurn[], chance: Chance, windowsCount = 1): Question[] {
  const ats = turns.map(({ at }) => at)
  const [first, last] = [Math.min(...ats) - 10, Math.max(...ats) + 1]
  const windows = [[first, last], ...Array.from({ length: windowsCount }, () => [chance.pick(ats), chance.pick(ats)].sort((a, b) => a - b))].map(([from, to]) => ({ from: instant(from!), to: instant(to!) }))
  const slots = [['running', 0], ['total', 0], ['speed', 0], ['faults', 0], ['zones', 0], ['zones', 1], ['speed_set', 0]].map(([tag, element]) => ({ plc: 'packer', tag: String(tag), element: Number(element) }))
  return windows.flatMap((window): Question[] => [
    { kind: 'turns', ...window, turnsMax: 1e6 }, { kind: 'overview', query: { slots, ...window } }, { kind: 'overview', query: { slots, ...window, parts: 7 } }, { kind: 'sizes' },
    ...slots.flatMap((slot): Question[] => [
      { kind: 'samples', query: { ...slot, ...window, pointsMax: 1e6 } }, { kind: 'samples', query: { ...slot, ...window, pointsMax: 20 } },
      { kind: 'summaries', query: { ...slot, windows: [window, { from: window.from, to: instant((window.from + window.to) / 2) }] } },
    ]),
  ])
}

/** Bit for bit: what is no number has no other way to be compared, and 0 is not -0. Means are of sums, whose order is another in a longer chunk. */
const told = (value: unknown): string => JSON.stringify(value, (key, its: unknown) => {
  if (key === 'mean' && typeof its === 'number') return its.toPrecision(9)
  if (key === 'means' && Array.isArray(its)) return its.map((mean) => (typeof mean === 'number' ? mean.toPrecision(9) : mean))
  if (['databaseBytes', 'walBytes', 'freeBytes', 'layouts'].includes(key)) return undefined
  if (its instanceof Float64Array) return Buffer.from(its.buffer, its.byteOffset, its.byteLength).toString('hex')
  if (its instanceof Uint8Array) return Buffer.from(its).toString('hex')
  return typeof its === 'number' && !Number.isFinite(its) ? String(its) : Object.is(its, -0) ? '-0' : its
})

/** Of each question what was asked and a sum of the answer: whole answers are too long to be shown. */
const answers = (database: Database, asked: readonly Question[]): string[] => {
  const answer = answerer(database)
  return asked.map((question) => `${JSON.stringify(question)}: ${createHash('sha1').update(told(answer(question, untimed))).digest('hex')}`)
}

/** All samples, as somebody takes a copy of them who comes again and again: scan by scan, whatever came in one piece. */
function copied(database: Database, turnsMax: number): string {
  const answer = answerer(database)
  const scans: string[] = []
  for (let after = 0; ;) {
    const piece = answer({ kind: 'sampled', query: { after, turnsMax, tags: ['packer/*'] } }, untimed) as { last: number; strips: { plc: string; turns: Float64Array; ats: Float64Array; columns: { tag: string; element: number; values: ArrayLike<unknown>; qualities: Uint8Array }[] }[] } | null
    if (piece === null) return scans.sort().join('\n')
    for (const strip of piece.strips) for (const [i, turn] of strip.turns.entries()) scans.push(told([turn, strip.ats[i], strip.columns.map(({ tag, element, values, qualities }) => [tag, element, values[i], qualities[i]])]))
    after = piece.last
  }
}

function mergeNext(database: Database, rule = RULE): boolean {
  const alike = mergeDue(database, rule, NONE)
  if (alike === null) return false
  for (const _ of mergeChunks(database, layouts, alike)) { /* each piece is one that a crash may follow */ }
  return true
}

const chunksCount = (database: Database): number => database.prepare<[], number>('SELECT count(*) FROM chunks WHERE sealed = 1').pluck().get()!

t.test('merged or not, every question has the same answer to the bit', async (t) => {
  const directory = t.testdir()
  let mergedCount = 0
  for (let seed = 1; seed <= fewerCases(4).numRuns; seed++) {
    const chance = seededChance(seed)
    const database = quick(join(directory, `${seed}.db`))
    const turns = randomTurns(chance, 250)
    fillSealed(database, turns, chance.whole(15, 60))
    const asked = questions(turns, chance)
    const before = answers(database, asked)
    const copy = copied(database, 33)
    intoRows(database, database.prepare<[], number>('SELECT id FROM chunks WHERE id % 2 = 0').pluck().all())
    t.strictSame(answers(database, asked), before, `seed ${seed}, half of it as versions before sealed it`)
    while (mergeNext(database)) {
      mergedCount++
      if (answers(database, asked).some((answer, i) => answer !== before[i])) t.fail(`seed ${seed}, merged and not yet swept`)
      while (sweepChunks(database)) { /* to the end */ }
    }
    const after = answers(database, asked)
    t.strictSame(after, before, `seed ${seed}`)
    t.ok(copied(database, 47) === copy, `seed ${seed}: whoever copies samples has the same`)
    for (const table of ['columns', 'pieces', 'strips']) t.equal(database.prepare(`SELECT count(*) FROM ${table} WHERE ${table === 'strips' ? 'chunk NOT IN (SELECT id FROM chunks)' : 'id / 1048576 NOT IN (SELECT id FROM strips)'}`).pluck().get(), 0, `no ${table} of nothing`)
    database.close()
    t.ok(checkDatabase(join(directory, `${seed}.db`)).findings.every(({ ok }) => ok))
  }
  t.ok(mergedCount > 0, `${mergedCount} times merged`)
})

/** A plain minute by minute, ten chunks of it, and what is after it. */
function plainTurns(count: number): KeptTurn[] {
  return Array.from({ length: count }, (_, i) => ({ number: i + 1, at: START + i * 100, mono: i * 100, scans: [keep({ ...fastScan(i + 1), group: 0 }, groups[0]!, layouts.get(1)!, 1)] }))
}

t.test('what is read while chunks merge goes on in the middle of the merged one', async (t) => {
  const database = quick(join(t.testdir(), 'one.db'))
  const turns = plainTurns(1_300)
  fillSealed(database, turns, 100)
  const reading = turnsBetween(database, layouts, { from: START, to: START + 1e9 }, untimed)
  const numbers = Array.from({ length: 250 }, () => (reading.next().value as KeptTurn).number)
  while (mergeNext(database)) while (sweepChunks(database)) { /* all */ }
  t.equal(chunksCount(database), 3, 'two whole minutes, each of which became one, and a minute that is not over')
  for (const turn of reading) numbers.push(turn.number)
  t.strictSame(numbers, turns.map(({ number }) => number))
  database.close()
})

t.test('a crash at any step of merging or sweeping loses nothing, and the next start merges again', async (t) => {
  const database = quick(join(t.testdir(), 'one.db'))
  const turns = plainTurns(700)
  fillSealed(database, turns, 200)
  const asked = questions(turns, seededChance(5))
  const before = answers(database, asked)
  const due = mergeDue(database, RULE, NONE)!
  t.equal(due.length, 3)
  const pieces = database.prepare<[], number>('SELECT count(*) FROM pieces').pluck()
  const piecesCount = pieces.get()
  let steps = 0
  for (let stopAt = 1, ended = false; !ended; stopAt++) {
    const merging = mergeChunks(database, layouts, due)
    ended = true
    for (let step = 1; merging.next().done !== true; step++) if (step === stopAt) { ended = false; break }
    if (ended) break
    steps++
    t.strictSame(answers(database, asked), before, `stopped after step ${stopAt}`)
    while (sweepChunks(database)) { /* what a start does first */ }
    t.equal(pieces.get(), piecesCount)
    t.strictSame(mergeDue(database, RULE, NONE), due)
  }
  t.ok(steps > 5, `${steps} places to crash at`)
  do t.strictSame(answers(database, asked), before, 'merged, and some of what was before swept away'); while (sweepChunks(database))
  t.equal(chunksCount(database), 2)
  database.close()
})

t.test('a disk that is full in the midst of a merge loses nothing', async (t) => {
  const database = quick(join(t.testdir(), 'one.db'))
  const chance = seededChance(9)
  // What cannot be made smaller needs pages of its own.
  const turns = plainTurns(700).map((turn) => ({ ...turn, scans: turn.scans.map((scan) => ({ ...scan, values: scan.values.map(() => chance.unit()) })) }))
  fillSealed(database, turns, 200)
  database.exec('VACUUM')
  const asked = questions(turns, seededChance(5))
  const before = answers(database, asked)
  const due = mergeDue(database, RULE, NONE)!
  const whole = database.pragma('page_count', { simple: true }) as number
  let fullCount = 0
  for (let isMerged = false; !isMerged;) {
    // Each try has a page more than the one before.
    database.pragma(`max_page_count = ${whole + fullCount}`)
    try {
      for (const _ of mergeChunks(database, layouts, due)) { /* to the end, or to the end of the room */ }
      isMerged = true
    } catch (error) {
      fullCount++
      if (ailmentOf(error) !== 'full') throw error
      t.equal(database.inTransaction, false, 'nothing half done holds the journal up')
      database.pragma('max_page_count = 1000000')
      while (sweepChunks(database)) { /* what the writer does next */ }
      t.strictSame(answers(database, asked), before)
    }
  }
  t.ok(fullCount >= 3, `full ${fullCount} times`)
  t.strictSame(answers(database, asked), before)
  database.close()
})

t.test('kill -9 while chunks merge loses none, three times', { timeout: 600_000 }, async (t) => {
  const path = join(t.testdir(), 'one.db')
  const turns = plainTurns(3_000)
  const database = quick(path)
  fillSealed(database, turns, 120)
  const asked = questions(turns, seededChance(5))
  const before = answers(database, asked)
  database.close()
  const chance = seededChance(4)
  for (let round = 0; round < 3; round++) {
    const child = fork(fileURLToPath(import.meta.resolve('../merger.js')), [path], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const steps = chance.whole(3, 40)
    for (let heard = 0; heard < steps; heard++) await once(child, 'message')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const again = openWriter(path)
    t.strictSame(answers(again, asked), before, `killed after ${steps} steps`)
    again.close()
  }
  t.ok(checkDatabase(path).findings.every(({ ok }) => ok))
})

t.test('what would be too large for one chunk becomes several, and is then left alone', async (t) => {
  const database = quick(join(t.testdir(), 'one.db'))
  const turns = plainTurns(1_300)
  fillSealed(database, turns, 50)
  const values = valuesCount(lazily(blockOf(turns.slice(0, 50), layouts)))
  while (mergeNext(database, { ...RULE, valuesMax: 5 * values })) while (sweepChunks(database)) { /* all */ }
  t.strictSame(database.prepare('SELECT values_count FROM chunks WHERE turn_last <= 600 ORDER BY turn_first').pluck().all(), [5 * values, 5 * values, 2 * values])
  t.ok((database.prepare('SELECT max(values_count) FROM chunks').pluck().get() as number) <= 5 * values)
  database.close()
  const other = quick(join(t.testdirName, 'other.db'))
  fillSealed(other, turns, 50)
  while (mergeNext(other, { ...RULE, turnsMax: 200 })) while (sweepChunks(other)) { /* all */ }
  t.strictSame(other.prepare('SELECT turn_last - turn_first + 1 FROM chunks WHERE turn_last <= 600 ORDER BY turn_first').pluck().all(), [200, 200, 200])
  other.close()
})

t.test('retention takes a merged chunk when all of it is too old, but for what is around a stop', async (t) => {
  const database = quick(join(t.testdir(), 'one.db'))
  const turns = plainTurns(1_300)
  fillSealed(database, turns, 100)
  database.prepare('INSERT INTO epochs (epoch, first_seq, minted_at, why) VALUES (?, 1, 0, ?)').run('e', 'created')
  database.prepare('INSERT INTO facts (seq, epoch, turn, at, line, equipment, type, config, body, crc) VALUES (1, 1, 1, ?, ?, ?, ?, 1, ?, 0)').run(START + 40_000, 'BP01', 'BAG1', 'downtime_event', JSON.stringify(catalogue.downtime_event.example))
  while (mergeNext(database)) while (sweepChunks(database)) { /* all */ }
  const around: Question = { kind: 'samples', query: { plc: 'packer', tag: 'speed', element: 0, from: instant(START + 30_000), to: instant(START + 45_000), pointsMax: 1e6 } }
  const before = answers(database, [around])
  const trimAt = (now: number): unknown => {
    const trimmer = openTrimmer(database, layouts, openStopTable(database), { facts: FOREVER, samples: { keepMs: 60_000, bytes: 1e12 }, lines: null })
    for (;;) {
      const trimmed = trimmer.step(now, false)
      if (trimmed !== 'more') return trimmed
    }
  }
  const first = database.prepare<[], { at_last: number }>('SELECT at_last FROM chunks WHERE sealed = 1 ORDER BY turn_first').get()!
  t.equal(trimAt(first.at_last + 60_000), null, 'its youngest turn is not too old')
  t.match(trimAt(first.at_last + 60_001), { what: 'samples', from: START, to: first.at_last, why: 'age' })
  t.strictSame(answers(database, [around]), before, 'what is around the stop stays')
  t.equal(database.prepare('SELECT min(turn_first) FROM chunks').pluck().get(), 601)
  database.close()
})

t.test('a damaged column of a merged chunk costs that column and nothing else', async (t) => {
  const path = join(t.testdir(), 'one.db')
  const database = quick(path)
  fillSealed(database, plainTurns(1_900), 100)
  while (mergeNext(database)) while (sweepChunks(database)) { /* all */ }
  const ask = (tag: string, from: number, to: number): unknown =>
    answerer(database)({ kind: 'samples', query: { plc: 'packer', tag, element: 0, from: instant(START + from), to: instant(START + to), pointsMax: 1e6 } }, untimed)
  const [speed, later] = [ask('speed', 0, 55_000), ask('total', 61_000, 190_000)]
  const first = database.prepare<[], number>('SELECT s.id FROM strips s JOIN chunks c ON c.id = s.chunk WHERE c.sealed = 1 ORDER BY c.turn_first').pluck().get()!
  damageColumn(database, first, 1)
  t.throws(() => ask('total', 0, 55_000), { code: 'JOURNAL_CORRUPT' })
  t.strictSame(ask('speed', 0, 55_000), speed, 'another tag of the same hour')
  t.strictSame(ask('total', 61_000, 190_000), later, 'the same tag of another')
  database.close()
  t.match(checkDatabase(path).findings.filter(({ ok }) => !ok), [{ check: 'sealed samples', detail: /^1 of / }])
})

async function until(isSo: () => unknown): Promise<void> {
  while (await isSo() !== true) await sleep(20)
}

t.test('an open journal merges hours by itself, and leaves damaged chunks as they are', { timeout: 600_000 }, async (t) => {
  const directory = t.testdir()
  const look = <T>(sql: string): T[] => { const reader = openReader(databasePath(directory)); try { return reader.prepare<[], T>(sql).pluck().all() } finally { reader.close() } }
  const complaints: string[] = []
  const log = { ...optionsFor('').log, error: (sentence: string) => { complaints.push(sentence) } }
  const everyTenSeconds = (number: number, facts: Parameters<typeof turnOf>[1] = []) => {
    const at = instant(START + number * 10_000)
    return turnOf(number, facts, { at, scans: [{ ...fastScan(number), at }] })
  }
  const journal = await openJournal(optionsFor(directory, { stageMs: 1e6, log }))
  const { epoch } = journal.remembered
  const turn = async (number: number): Promise<void> => { await journal.append(everyTenSeconds(number, number % 60 === 59 ? [factOf((number + 1) / 60, epoch)] : [])) }
  for (let number = 1; number < 440; number++) await turn(number)
  await journal.flush()
  await until(() => look('SELECT values_count FROM chunks WHERE sealed = 0').length === 0 && look<number>('SELECT turn_last - turn_first FROM chunks WHERE sealed = 1 ORDER BY turn_first')[0]! > 300)
  const history = (from: Instant, to: Instant) => journal.samples({ plc: 'packer', tag: 'speed', element: 0, from, to, pointsMax: 1e6 })
  t.equal((await history(START, instant(START + 3_600_000))).length, 359)
  // The second hour has a chunk that is not what was written.
  const writer = openWriter(databasePath(directory))
  damageColumn(writer, look<number>('SELECT s.id FROM strips s JOIN chunks c ON c.id = s.chunk WHERE c.turn_first >= 360')[0]!, 3)
  writer.close()
  for (let number = 440; number < 800; number++) await turn(number)
  await journal.flush()
  await until(() => complaints.length > 0 && look<number>('SELECT max(turn_last) FROM chunks WHERE sealed = 1')[0]! >= 779)
  t.strictSame(complaints, ['sealed samples are damaged and stay as they are'])
  t.ok(look('SELECT id FROM chunks WHERE sealed = 1 AND turn_first > 359 AND turn_last < 720').length >= 5, 'the chunks of the second hour stay')
  t.equal((await history(START, instant(START + 8_000_000))).length, 799, 'and who asks for another tag is answered')
  await journal.close()
  const again = await openJournal(optionsFor(directory))
  t.equal(again.remembered.lastTurn, 799)
  await again.close()
  await t.rejects(backUp(directory, join(directory, 'copy.db')), { code: 'BACKUP_UNUSABLE' })
})

t.test('a backup of merged chunks is sound and says the same', async (t) => {
  const directory = t.testdir()
  await (await openJournal(optionsFor(directory))).close()
  const database = quick(databasePath(directory))
  const turns = plainTurns(1_300)
  fillSealed(database, turns, 100)
  while (mergeNext(database)) while (sweepChunks(database)) { /* all */ }
  const asked = questions(turns, seededChance(5))
  const before = answers(database, asked)
  database.close()
  await backUp(directory, join(directory, 'copy.db'))
  const copy = openWriter(join(directory, 'copy.db'))
  t.strictSame(answers(copy, asked), before)
  copy.close()
})
