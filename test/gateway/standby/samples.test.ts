/** Samples of one box on the other: each chunk to the bit, merged hours in the place of their parts, and nothing that could not be read. */

import { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import { manualClock } from '../../../src/base/clock.js'
import { openLog } from '../../../src/base/log.js'
import { instant } from '../../../src/base/units.js'
import { type ChunkPart, type CopiedRecorder, type ListedChunk, type PartQuery, chunkPart, copiedRecorder } from '../../../src/contract/copied-samples.js'
import { type CopyPage, type Place, copyPage } from '../../../src/contract/copy.js'
import type { Fact } from '../../../src/contract/events/catalogue.js'
import { Fault } from '../../../src/contract/faults.js'
import type { Journal } from '../../../src/contract/journal.js'
import { type SampleCopier, missing, missingRecorders, startSampleCopier } from '../../../src/gateway/standby/sample-copier.js'
import { databasePath } from '../../../src/journal/keeping/gate.js'
import { type JournalOptions, openJournal } from '../../../src/journal/journal.js'
import { openWriter } from '../../../src/journal/store/database.js'
import { START, factOf, groups, optionsFor, turnOf } from '../../journal/plant.js'
import { damageColumn } from '../../journal/samples/damage.js'
import { intoRows } from '../../journal/samples/old-form.js'
import { until } from '../../support/child.js'
import { folderOf } from '../../support/folder.js'

t.setTimeout(240_000)

/** A turn in a minute, so that an hour is some. */
const PACE = 600
const HOUR = 60
const CHUNK = 10
const NEWEST = Number.MAX_SAFE_INTEGER
const FOREVER = { keepMs: 90 * 86_400_000, bytes: 1e9, factsKeepMs: 730 * 86_400_000 }

/** An active box with samples of so many turns, the last chunks of which are still staged, and a copy of its facts. Layouts have other numbers there. */
async function two(t: Test, turnsCount: number, storage: JournalOptions['storage'] = optionsFor('').storage, stopsAt: readonly number[] = []) {
  const directory = folderOf(t, { a: {}, b: {} })
  const open = (more: Partial<JournalOptions> = {}) => openJournal(optionsFor(`${directory}/b`, { beginning: { as: 'copy' }, groups: [...groups].reverse(), ...more }))
  const active = await openJournal(optionsFor(`${directory}/a`, { stageMs: 0, storage }))
  const { epoch } = active.remembered
  let [turned, told] = [0, 0]
  async function goesOn(count: number): Promise<void> {
    for (const end = turned + count; turned < end; turned++) {
      const number = (turned + 1) * PACE
      const { at } = turnOf(number)
      const stop = stopsAt.includes(turned) ? [factOf(++told, epoch, { at, type: 'downtime_event', body: { stop_id: `S${turned}` } } as Partial<Fact>)] : []
      await active.append(turnOf(number, [...turned % HOUR === 0 ? [factOf(++told, epoch, { at })] : [], ...stop]))
    }
    await active.flush()
  }
  await goesOn(turnsCount)
  const opened: Journal[] = [active]
  t.teardown(async () => { await Promise.all(opened.map((journal) => journal.close())) })
  return {
    active, goesOn, directory, lastTurn: () => turned * PACE,
    async standby(more: Partial<JournalOptions> = {}): Promise<Journal> {
      const journal = await open(more)
      opened.push(journal)
      return journal
    },
    /** Gone from among those that are closed at the end. */
    async close(journal: Journal): Promise<void> {
      opened.splice(opened.indexOf(journal), 1)
      await journal.close()
    },
  }
}
type Two = Awaited<ReturnType<typeof two>>

/** What has happened since on the active box, without samples. */
async function factsOn(active: Journal, standby: Journal): Promise<void> {
  const pages: CopyPage[] = []
  for (let after: Place = await standby.place(); ;) {
    const page = copyPage.parse(JSON.parse((await active.copyPage({ after, snapshotsAfter: 0 }))!))
    pages.push(page)
    if (page.whole) break
    after = { ...after, epoch: page.facts.at(-1)!.epoch, seq: page.facts.at(-1)!.seq }
  }
  await standby.copy(pages)
}

const partOf = async (active: Journal, query: PartQuery): Promise<ChunkPart | null> => {
  const text = await active.chunkPart(query)
  return text === null ? null : chunkPart.parse(JSON.parse(text))
}

const recorderOf = async (active: Journal, first: number): Promise<CopiedRecorder | null> => {
  const text = await active.recorder(first)
  return text === null ? null : copiedRecorder.parse(JSON.parse(text))
}

interface Wish { readonly keep?: typeof FOREVER; readonly reached?: () => number | null; readonly part?: (query: PartQuery) => Promise<ChunkPart | null> }

/** One that copies as the standby does, in a time of its own. */
function copying(t: Test, { active, lastTurn }: Two, standby: Journal, { keep = FOREVER, reached = lastTurn, part = (query) => partOf(active, query) }: Wish = {}) {
  const clock = manualClock(turnOf(lastTurn()).at)
  const said: string[] = []
  const copier: SampleCopier = startSampleCopier({
    clock, log: openLog('info', new Writable({ write: (line: Buffer, _, done) => { said.push(line.toString()); done() } })), journal: standby, keep, reached, 
    peer: { chunks: (before) => active.chunks(before), chunkPart: part, recorders: (before) => active.recorders(before), recorder: (first) => recorderOf(active, first) },
  })
  const stop = async (): Promise<void> => {
    const stopped = copier.stop()
    await clock.advance(60_000)
    await stopped
  }
  t.teardown(stop)
  /** Time passes until it is so. */
  const passes = (what: string, isSo: () => boolean | Promise<boolean>) => until(what, async () => { await clock.advance(1_000); return isSo() })
  return { clock, copier, said, passes, stop, isWhole: () => passes('nothing is left to copy', () => copier.read()?.left === 0 && copier.read()!.trouble === null) }
}

const chunksOf = async (journal: Journal): Promise<readonly ListedChunk[]> => (await journal.chunks(NEWEST)).chunks
/** Those that hold anything: a copy has also turns of which it only knows that they were. */
const filled = async (journal: Journal) => (await chunksOf(journal)).filter(({ values }) => values > 0)
/** Resolves when everything is sealed and merged that can be: each hour that is over one chunk, and what is staged less than one. */
const rests = ({ active, lastTurn }: Two) => until('all is sealed and merged', async () => {
  const turns = lastTurn() / PACE
  const sealed = Math.floor(turns / CHUNK)
  const [newest, ...others] = await chunksOf(active)
  return newest?.last === (sealed * CHUNK - 1) * PACE && others.length + 1 === Math.floor(turns / HOUR) + (sealed % (HOUR / CHUNK))
})

/** What anybody may ask of samples, up to the end of those that are sealed. */
async function told(journal: Journal, to: number): Promise<string> {
  const window = { from: START, to: instant(to) }
  const slots = ['running', 'total', 'speed', 'faults', 'zones', 'speed_set'].map((tag) => ({ plc: 'packer', tag, element: 0 }))
  const bits = (_: string, value: unknown): unknown => (value instanceof Float64Array || value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
    : value instanceof Map ? [...value] : value)
  return JSON.stringify([
    await journal.turns(START, window.to, 1e6, groups), await journal.overview({ slots, ...window, parts: 7 }),
    await Promise.all(slots.map((slot) => journal.samples({ ...slot, ...window, pointsMax: 1e6 }))),
  ], bits)
}

t.test('what there is of samples comes to the other box, the merged hours again as one, and is gone on with there', async (t) => {
  const pair = await two(t, 3 * HOUR + 25)
  const { active, goesOn } = pair
  // Three whole hours, two chunks of ten minutes, and what is staged.
  await rests(pair)
  const standby = await pair.standby()
  await factsOn(active, standby)
  const { copier, passes, isWhole } = copying(t, pair, standby)
  t.equal(copier.read(), null, 'nothing is said before it is known')
  await isWhole()
  t.strictSame(await filled(standby), await filled(active), 'the very chunks')
  const end = (await chunksOf(active))[0]!.to + 1
  t.ok(await told(standby, end) === await told(active, end), 'and every question has the same answer')
  t.match(copier.read(), { to: new Date(end - 1).toISOString(), left: 0, left_bytes: 0, share: 1, unusable: 0, trouble: null })

  await goesOn(50)
  await rests(pair)
  await factsOn(active, standby)
  await passes('the hour that was merged meanwhile is one here, too', async () => JSON.stringify(await filled(standby)) === JSON.stringify(await filled(active)))
  const later = (await chunksOf(active))[0]!.to + 1
  t.ok(await told(standby, later) === await told(active, later))

  // Whoever takes over has what was, goes on with the turns after it, and its samples come back in the same way.
  const { epoch } = active.remembered
  await pair.close(standby)
  const next = await pair.standby({ beginning: { as: 'take_over', from: epoch, above: 0 }, groups })
  t.equal(next.remembered.lastTurn, pair.lastTurn())
  const number = pair.lastTurn() + PACE
  await next.append(turnOf(number, [factOf(next.remembered.head + 1, next.remembered.epoch, { at: turnOf(number).at })]))
  t.ok(await told(next, later) === await told(active, later), 'a takeover changes nothing of what was')
  t.same((await next.samples({ plc: 'packer', tag: 'speed', element: 0, from: instant(turnOf(number).at - 50), to: instant(turnOf(number).at + 1), pointsMax: 9 })).length, 1, 'and the new ones follow')
})

t.test('what breaks off is begun again and nothing of it counts before it is whole', async (t) => {
  const pair = await two(t, 2 * HOUR + 15)
  const { active } = pair
  await rests(pair)
  const standby = await pair.standby()
  await factsOn(active, standby)
  let [asked, isCut] = [0, true]
  const { copier, said, passes, isWhole } = copying(t, pair, standby, { part: (query) => (isCut && ++asked > 1 ? Promise.reject(new Fault('STANDBY_UNREACHABLE', { why: 'cut' })) : partOf(active, query)) })
  await passes('it is told', () => typeof copier.read()?.trouble === 'string')
  t.match(copier.read(), { left: 2, trouble: /^STANDBY_UNREACHABLE: .*\(cut\)$/ })
  t.strictSame((await filled(standby)).map(({ first }) => first), [(await chunksOf(active))[0]!.first], 'the newest is here, whole')
  isCut = false
  await isWhole()
  t.strictSame(await filled(standby), await filled(active))
  t.equal(said.length, 1, 'and said once')
})

t.test('a chunk as versions before sealed it comes as it is, between others', async (t) => {
  const pair = await two(t, 2 * HOUR + 15)
  const { active, directory } = pair
  await rests(pair)
  const all = await chunksOf(active)
  const older = openWriter(databasePath(`${directory}/a`))
  intoRows(older, [older.prepare<[number], number>('SELECT id FROM chunks WHERE turn_first = ? AND sealed = 1').pluck().get(all[1]!.first)!])
  older.close()
  const standby = await pair.standby()
  await factsOn(active, standby)
  const { isWhole, copier } = copying(t, pair, standby)
  await isWhole()
  t.strictSame(await filled(standby), await filled(active))
  t.match(copier.read(), { left: 0, unusable: 0 })
  const here = openWriter(databasePath(`${directory}/b`))
  t.ok(here.prepare<[], number>('SELECT count(*) FROM columns').pluck().get()! > 0 && here.prepare<[], number>('SELECT count(*) FROM pieces').pluck().get()! > 0, 'both forms are here')
  here.close()
  const of = { plc: 'packer', tag: 'speed', element: 0, from: START, to: instant(all[0]!.to + 1), pointsMax: 1e6 }
  t.strictSame(await standby.samples(of), await active.samples(of))
})

t.test('a damaged chunk is left out and said, and the others come', async (t) => {
  const pair = await two(t, 2 * HOUR + 15)
  const { active, directory } = pair
  await rests(pair)
  const all = await chunksOf(active)
  const spoiling = openWriter(databasePath(`${directory}/a`))
  const strip = spoiling.prepare<[number], number>('SELECT id FROM strips WHERE chunk = (SELECT id FROM chunks WHERE turn_first = ? AND sealed = 1) LIMIT 1').pluck().get(all[1]!.first)!
  damageColumn(spoiling, strip, 2)
  spoiling.close()
  const standby = await pair.standby()
  await factsOn(active, standby)
  const { clock, copier, said, passes, isWhole } = copying(t, pair, standby)
  await isWhole()
  t.strictSame((await filled(standby)).map(({ first }) => first), [all[0]!.first, all[2]!.first])
  t.match(copier.read(), { left: 0, unusable: 1 })
  await clock.advance(300_000)
  await passes('and it is asked for once', () => copier.read()?.left === 0)
  t.equal(said.length, 1)
  t.match(said[0], /samples of the other box are damaged.*ends|checksum|damaged/)
})

t.test('samples never go ahead of the facts, and what would go again at once is not fetched', async (t) => {
  const pair = await two(t, 3 * HOUR + 15)
  const { active, lastTurn } = pair
  await rests(pair)
  const [newest, second, third] = await chunksOf(active)
  await t.test('facts that are behind', async (t) => {
    const standby = await pair.standby()
    await factsOn(active, standby)
    let reached: number | null = null
    const { clock, copier, passes, isWhole } = copying(t, pair, standby, { reached: () => reached })
    await clock.advance(60_000)
    t.same([copier.read(), await filled(standby)], [null, []], 'nothing while the copy of the facts is not whole')
    reached = newest!.last - 1
    await isWhole()
    t.notOk((await filled(standby)).some(({ first }) => first === newest!.first))
    reached = lastTurn()
    await passes('then the newest', async () => (await filled(standby)).some(({ first }) => first === newest!.first))
    await pair.close(standby)
  })
  await t.test('a box that keeps less', async (t) => {
    const choose = (keep: Partial<typeof FOREVER>, mine: readonly ListedChunk[] = []) =>
      missing([newest!, second!, third!], mine, { turn: lastTurn(), since: keep.keepMs === undefined ? 0 : newest!.to - keep.keepMs, bytes: keep.bytes ?? 1e9 })
    t.strictSame(choose({}), [newest, second, third])
    t.strictSame(choose({ keepMs: newest!.to - second!.to }), [newest, second], 'in time')
    t.strictSame(choose({ bytes: newest!.bytes + second!.bytes }), [newest, second], 'in bytes')
    t.strictSame(choose({}, [newest!, { ...second!, values: second!.values - 1 }, third!]), [second], 'what has fewer values is not the same')
    t.strictSame(choose({}, [newest!, { ...second!, last: second!.last - 1 }]), [second, third], 'nor what ends before it')
    t.strictSame(choose({}, [newest!, { ...third!, last: second!.last, values: second!.values + third!.values }]), [], 'but one that holds both holds each')
  })
})

t.test('of stops whose other samples are gone, the flight recorders come too', async (t) => {
  const stopsAt = [20, 80, 150]
  const { storage } = optionsFor('')
  // The chunk that is being filled, and that before it, are all that is kept of samples.
  const pair = await two(t, 0, { ...storage, samples: { ...storage.samples, keep: 2 * CHUNK * 60_000 } }, stopsAt)
  const { active, goesOn } = pair
  await goesOn(3 * HOUR + 25)
  const recorded = async (journal: Journal) => (await journal.recorders(NEWEST)).recorders
  await until('retention has cut out what stays', async () => (await recorded(active)).length === stopsAt.length && (await chunksOf(active)).length <= 3)
  const standby = await pair.standby()
  await factsOn(active, standby)
  const { passes, isWhole, said } = copying(t, pair, standby)
  await isWhole()
  await passes('they are here', async () => (await recorded(standby)).length === stopsAt.length)
  t.strictSame((await recorded(standby)).map(({ first, from, to }) => ({ first, from, to })), (await recorded(active)).map(({ first, from, to }) => ({ first, from, to })))
  const end = (await chunksOf(active))[0]!.to + 1
  for (const turn of stopsAt) {
    const { at } = turnOf((turn + 1) * PACE)
    const asked = { plc: 'packer', tag: 'total', element: 0, from: instant(at - 30_000), to: instant(at + 5_000), pointsMax: 9 }
    t.equal((await standby.samples(asked)).length, 1, 'what the stop began with')
    t.strictSame(await standby.samples(asked), await active.samples(asked))
  }
  t.ok(await told(standby, end) === await told(active, end), 'and every question has the same answer')
  t.strictSame(said, [])

  await t.test('but none of a time of which there is something here', (t) => {
    const of = (first: number, from: number, to: number) => ({ first, from, to, bytes: 1 })
    const chunk = { first: 1, last: 9, from: 100, to: 200, values: 5, bytes: 1 }
    const [old, within, after] = [of(1, 10, 50), of(2, 110, 150), of(3, 210, 250)]
    const choose = (mine: readonly ReturnType<typeof of>[], since = 0) => missingRecorders([after, within, old], mine, [chunk], since)
    t.strictSame(choose([]), [after, old], 'it is cut out of the chunk in its time')
    t.strictSame(choose([of(7, 245, 260)]), [old], 'nor when a recorder of ours has some of it')
    t.strictSame(missingRecorders([within], [], [{ ...chunk, values: 0 }], 0), [within], 'turns without samples are nothing')
    t.strictSame(choose([], 60), [after], 'and what would go again at once is not fetched')
    t.end()
  })
})

t.test('on order the last samples follow before the work changes hands', async (t) => {
  const pair = await two(t, 2 * HOUR + 15)
  const { active, goesOn } = pair
  await rests(pair)
  const standby = await pair.standby()
  await factsOn(active, standby)
  const { clock, copier, isWhole, said } = copying(t, pair, standby)
  await isWhole()
  await goesOn(7)
  await factsOn(active, standby)
  const last = await active.seal()
  t.equal(last, pair.lastTurn())
  let isHere = false
  void copier.finish(last, 3_600_000).then(() => { isHere = true })
  await until('they are here', async () => { await clock.advance(100); return isHere })
  const end = turnOf(last).at + 1
  t.equal((await standby.turns(instant(turnOf(last).at - 1), instant(end), 9, groups)).length, 1, 'the very last turn is here')
  t.ok(await told(standby, end) === await told(active, end), 'and all before it')
  t.strictSame(said, [])

  await t.test('and whoever waits for what does not come goes on, and says so', async (t) => {
    const { clock, copier, said } = copying(t, pair, standby, { part: () => Promise.reject(new Fault('STANDBY_UNREACHABLE', { why: 'cut' })) })
    let isOver = false
    void copier.finish(last + 1, 2_000).then(() => { isOver = true })
    await until('its time is over', async () => { await clock.advance(100); return isOver })
    t.match(said.at(-1), /the last samples of the other box did not come/)
  })
})
