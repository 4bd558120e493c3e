/** Lists of stops: what the journal lists is what the facts say, page by page, whatever became of the journal. */

import { writeSync, openSync, closeSync, statSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Chance, seededChance } from '../../src/base/chance.js'
import { manualClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, later, mono, rfc3339, seq } from '../../src/base/units.js'
import { copyPage } from '../../src/contract/copy.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import type { Journal, StopQuery } from '../../src/contract/journal.js'
import { isRefusal } from '../../src/contract/refusals.js'
import type { StopView } from '../../src/contract/views.js'
import { cursorOf, pageOfStops, placeAt, stopsOver } from '../../src/faces/api/stop-list.js'
import { toldStops } from '../../src/faces/api/told-stops.js'
import { openWriter } from '../../src/journal/store/database.js'
import { databasePath } from '../../src/journal/keeping/gate.js'
import { type JournalOptions, openJournal } from '../../src/journal/journal.js'
import { packDue, sealPack, sweepPacked } from '../../src/journal/facts/packs.js'
import { openStopTable } from '../../src/journal/facts/stops.js'
import { folderOf } from '../support/folder.js'
import { SHIFT_END, START, plant, shift, solved } from '../support/edited-shift.js'

const HOUR_MS = 3_600_000

const optionsFor = (directory: string, more: Partial<JournalOptions> = {}): JournalOptions => ({ directory, clock: manualClock(SHIFT_END), log: silentLog, groups: [], recorded: () => true, storage: plant.storage, ...more })

/** Facts of a shift under numbers of their own, as a journal takes them. */
const numbered = (facts: readonly Fact[], journal: Journal): Fact[] => facts.map((fact, i) => ({ ...fact, epoch: journal.remembered.epoch, seq: seq(i + 1) }))

async function append(journal: Journal, facts: readonly Fact[], turn: number): Promise<void> {
  await journal.append({ number: turn, at: START, mono: mono(turn), facts, scans: [], rows: [], commands: [], snapshots: [] })
}

/** What stands, as the live view would tell it, and all that there is, as the facts tell it from their beginning. */
async function heard(journal: Pick<Journal, 'facts'>): Promise<{ readonly all: readonly StopView[]; readonly standing: readonly StopView[] }> {
  const all = await toldStops({ config: plant, facts: (query) => journal.facts(query) }, { from: START, asOf: SHIFT_END })
  if (isRefusal(all)) throw new Error(all.message)
  return { all, standing: all.filter(({ to }) => to === null) }
}

const deskOf = (journal: Pick<Journal, 'facts' | 'stops'>) => ({ config: plant, now: () => SHIFT_END, facts: journal.facts.bind(journal), stops: journal.stops.bind(journal) })
/** The same that must hear the facts, all of them, whatever the period. */
const deskOfFacts = (journal: Pick<Journal, 'facts'>) => ({ config: plant, now: () => SHIFT_END, stops: async () => null, facts: (query: Parameters<Journal['facts']>[0]) => journal.facts({ ...query, from: START }) })

function question(chance: Chance): StopQuery {
  const from = later(START, chance.whole(0, 14) * HOUR_MS / 2)
  const maybe = <T>(share: number, value: T): T | undefined => (chance.happens(share) ? value : undefined)
  return {
    from, to: later(from, chance.whole(1, 16) * HOUR_MS / 2), lines: chance.pick([null, ['L1'], ['L2']]), equipment: maybe(0.3, chance.pick(['BAG', 'BAG', 'NONE'])), limit: chance.pick([1, 3, 1_000]),
    open: maybe(0.2, chance.happens(0.5)), reason: maybe(0.2, 'CLEAN'), explained: maybe(0.3, chance.happens(0.5)), microMs: maybe(0.3, { BAG: 60_000 }),
  }
}

/** Asks both for every page of some questions. Returns how many stops were seen. */
async function alike(t: Test, journal: Journal, chance: Chance, what: string, questions = 15): Promise<number> {
  const { standing } = await heard(journal)
  let seen = 0
  for (let n = 0; n < questions; n++) {
    const asked = question(chance)
    let after: StopQuery['after']
    for (;;) {
      const query = { ...asked, after }
      const [listed, told] = [await pageOfStops(deskOf(journal), query, standing), await pageOfStops(deskOfFacts(journal), query, standing)]
      if (!isDeepStrictEqual(listed, told)) t.strictSame(listed, told, `${what}: ${JSON.stringify(query)}`)
      if (isRefusal(told)) break
      seen += told.length
      if (told.length < asked.limit) break
      after = placeAt(cursorOf(told.at(-1)!))!
    }
  }
  t.pass(what)
  return seen
}

async function whenListed(journal: Journal): Promise<void> {
  while (await journal.stops({ from: START, to: SHIFT_END, lines: null, limit: 1 }) === null) await sleep(20)
}

t.test('what the journal lists is what the facts say, at every moment of shifts in which people edit what they see', async (t) => {
  const chance = seededChance(11)
  for (const seed of [1]) {
    const directory = folderOf(t, {})
    const journal = await openJournal(optionsFor(`${directory}/journal`))
    const facts = numbered(solved(shift(seed)).facts, journal)
    let seen = 0
    for (let from = 0, turn = 1; from < facts.length; turn++) {
      const some = facts.slice(from, from += chance.whole(1, Math.ceil(facts.length / 4)))
      await append(journal, some, turn)
      seen += await alike(t, journal, chance, `shift ${seed}, after ${from} facts`, 10)
    }
    t.ok(seen > 50, `${seen} stops were seen on pages`)
    const { all } = await heard(journal)
    t.strictSame(await stopsOver(deskOf(journal), 'L1', 'BAG', { from: START, to: SHIFT_END }), [...all].sort((one, other) => (one.from < other.from ? -1 : 1)), 'and all of them in their order')
    await journal.close()
  }
})

t.test('stops that were told before there was a list, half of them in packs, are listed while the line goes on', async (t) => {
  const directory = folderOf(t)
  const chance = seededChance(12)
  const old = await openJournal(optionsFor(directory))
  const facts = numbered(solved(shift(3)).facts, old)
  const half = Math.floor(facts.length / 2)
  await append(old, facts.slice(0, half), 1)
  await old.close()
  const database = openWriter(databasePath(directory))
  const rule = { lagMs: 0, waitMs: 0, factsMax: 40 }
  for (let i = 0; i < 3; i++) {
    for (const _ of sealPack(database, packDue(database, rule, SHIFT_END)!)) { /* nobody waits here */ }
    while (sweepPacked(database)) { /* to the end */ }
  }
  // As the last version without the list left it.
  database.exec('DROP TABLE pieces; ALTER TABLE strips DROP COLUMN contents; ALTER TABLE strips DROP COLUMN figures; DROP INDEX chunks_unsealed; DROP TABLE stops; DROP TABLE stop_texts; PRAGMA user_version = 10')
  database.close()

  const journal = await openJournal(optionsFor(directory))
  await alike(t, journal, chance, 'at once')
  await append(journal, facts.slice(half, half + 20), 2)
  await whenListed(journal)
  await alike(t, journal, chance, 'listed')
  await append(journal, facts.slice(half + 20), 3)
  t.ok(await alike(t, journal, chance, 'and gone on with') > 5)
  await journal.close()
  const again = await openJournal(optionsFor(directory))
  t.not(await again.stops({ from: START, to: SHIFT_END, lines: null, limit: 1 }), null, 'once is enough')
  await again.close()
})

t.test('a copy lists what its original does, and so does what was saved of a damaged journal', async (t) => {
  const directory = folderOf(t, { a: {}, b: {} })
  const chance = seededChance(13)
  const journal = await openJournal(optionsFor(`${directory}/a`))
  const facts = numbered(solved(shift(4)).facts, journal)
  for (let i = 0, turn = 1; i < facts.length; i += 50) await append(journal, facts.slice(i, i + 50), turn++)
  const copy = await openJournal(optionsFor(`${directory}/b`, { beginning: { as: 'copy' } }))
  const pages = []
  for (let place = await copy.place(); ;) {
    const page = copyPage.parse(JSON.parse((await journal.copyPage({ after: place, snapshotsAfter: 0 }))!))
    pages.push(page)
    place = { ...place, epoch: page.facts.at(-1)?.epoch ?? place.epoch, seq: page.facts.at(-1)?.seq ?? place.seq }
    if (page.whole) break
  }
  await copy.copy(pages)
  t.ok(await alike(t, copy, chance, 'copied') > 5)
  await Promise.all([copy.close(), journal.close()])

  const path = databasePath(`${directory}/a`)
  const file = openSync(path, 'r+')
  // The first page says where everything is.
  writeSync(file, Buffer.alloc(2_000, 0x5a), 0, 2_000, 100)
  writeSync(file, Buffer.alloc(4_096, 0x5a), 0, 4_096, Math.floor(statSync(path).size / 8_192) * 4_096)
  closeSync(file)
  const saved = await openJournal(optionsFor(`${directory}/a`))
  t.equal(saved.remembered.origin, 'salvaged')
  await alike(t, saved, chance, 'saved')
  await whenListed(saved)
  await alike(t, saved, chance, 'saved and listed')
  await saved.close()
})

t.test('stops go when their facts do, with the words that nobody says any more', async (t) => {
  const directory = folderOf(t)
  const journal = await openJournal(optionsFor(directory))
  const facts = numbered(solved(shift(5)).facts, journal)
  await append(journal, facts, 1)
  const { all } = await heard(journal)
  const [last] = all.slice(-1)
  await journal.close()
  const database = openWriter(databasePath(directory))
  const table = openStopTable(database)
  const names = (): string[] => database.prepare<[], string>('SELECT stop FROM stops ORDER BY began, stop').pluck().all()
  const texts = (): number => database.prepare<[], number>('SELECT count(*) FROM stop_texts').pluck().get()!
  const moved = rfc3339(later(START, 11 * HOUR_MS))
  database.transaction(() => { table.hear({ seq: 1, epoch: '', at: SHIFT_END, line: 'L1', equipment: 'BAG', type: 'downtime_resolved', config: 1, body: JSON.stringify({ ...last, from: moved, lost_seconds: 60, micro: false }) }) }).immediate()
  t.strictSame([names().length, names().at(-1)], [all.length, last!.stop_id], 'a stop whose beginning a step of the clock moved is in one place, and another')
  const until = later(START, 4 * HOUR_MS)
  const forget = (ended: Instant, opened: Instant): void => { database.transaction(() => { table.forget({ ended, opened }) }).immediate() }
  forget(until, START)
  const kept = all.filter(({ to }) => to === null || Date.parse(to) > until).map(({ stop_id }) => stop_id)
  t.strictSame(names().sort(), [...kept].sort())
  t.ok(kept.length > 0 && kept.length < all.length && texts() > 0)
  forget(SHIFT_END, SHIFT_END)
  t.strictSame([names(), texts()], [[], 0], 'what nobody ever ended goes in the end too')
  database.close()
})
