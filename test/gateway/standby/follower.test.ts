/** The standby, and an active box that says what a test lets it say: when it takes over, and when it must not. */

import t, { type Test } from 'tap'
import { manualClock } from '../../../src/base/clock.js'
import { silentLog } from '../../../src/base/log.js'
import { instant } from '../../../src/base/units.js'
import type { StandbyConfig } from '../../../src/contract/config.js'
import type { CopyPage } from '../../../src/contract/copy.js'
import { standby } from '../../../src/contract/endpoints/standby.js'
import { Fault } from '../../../src/contract/faults.js'
import { isRefusal } from '../../../src/contract/refusals.js'
import type { BeatAnswer } from '../../../src/contract/standby.js'
import { openVersions } from '../../../src/configuration/versions.js'
import { openDoors } from '../../../src/gateway/faces.js'
import { Pair } from '../../../src/gateway/standby/pair.js'
import { openProgress } from '../../../src/gateway/standby/progress.js'
import { startStandbySide } from '../../../src/gateway/standby/standby-side.js'
import type { Standing } from '../../../src/gateway/standby/standing.js'
import { openJournal } from '../../../src/journal/journal.js'
import { factOf, optionsFor, turnOf } from '../../journal/plant.js'
import { until } from '../../support/child.js'
import { folderOf } from '../../support/folder.js'
import { type OtherBox, otherBox } from './other-box.js'

t.setTimeout(240_000)

// A beat is waited for a quarter of it, by the real clock: more than a busy machine takes to answer.
const SILENCE = 40_000
const EXAMPLE = new URL('../../../../config/lineside.yaml', import.meta.url).pathname

/** A box that stands by, behind one whose journal holds a fact; it takes over on silence. */
async function following(t: Test, how: Partial<StandbyConfig> = {}) {
  const directory = folderOf(t, { data: {}, theirs: {} })
  const clock = manualClock(instant(Date.UTC(2026, 2, 29)))
  const theirs = await openJournal(optionsFor(`${directory}/theirs`))
  const { epoch } = theirs.remembered
  await theirs.append(turnOf(1, [factOf(1, epoch)]))
  const journal = await openJournal(optionsFor(`${directory}/data`, { beginning: { as: 'copy' } }))
  const works: BeatAnswer = { role: 'active', box: 'a', epoch, epochs: [epoch], seq: 1, version: '0', goes_on: [], stamp: 'a 0 0', leased: false, ordering: false, house: 'h' }
  const other: OtherBox = await otherBox(directory, ({ lease_ms: ms }) => ({ ...works, leased: ms > 0 }))
  const copied = async (query: URLSearchParams): Promise<unknown> => {
    const number = (name: string) => Number(query.get(name))
    const page = await theirs.copyPage({ after: { epoch: query.get('epoch'), seq: number('after'), rows: number('rows'), commands: number('commands') }, snapshotsAfter: number('snapshots') })
    return JSON.parse(page!)
  }
  other.tells = (path, query) => path === standby.standby_house.path ? { data: { house: 'h', versions: [], tokens: [], people: [] } } : path === standby.standby_journal.path ? copied(query) : 503
  const config: StandbyConfig = { box: 'b', role: 'standby', peer: other.url, token_file: other.tokenFile, takeover: 'on_silence', silence: SILENCE, ...how }
  const own = { standby: config } as Standing['own'] // of which only its being there is asked
  const roles: string[] = []
  const disk = { isFull: false }
  const pair = new Pair({ config, directory: `${directory}/data`, clock, log: silentLog, turn: () => { roles.push(pair.standing.role) }, standing: { role: 'standby', leased: false, taking: null, forks: [], copied: { tokens: [], people: [] }, own } })
  const doors = await openDoors(`${directory}/data`, clock)
  const begin = () => startStandbySide(pair, {
    journal, desk: { head: () => ({ epoch, seq: journal.remembered.head }), follow: () => () => undefined }, house: { versions: openVersions(`${directory}/data`), ...doors },
    file: EXAMPLE, keep: { keepMs: 86_400_000, bytes: 1e9, factsKeepMs: 86_400_000 }, take: (pages) => (disk.isFull ? Promise.reject(new Fault('JOURNAL_UNWRITABLE')) : journal.copy(pages)), from: { place: { epoch: null, seq: 0, rows: 0, commands: 0 }, epoch: '', snapshotsAfter: 0 }, setAside: () => undefined, begin: () => undefined,
  })
  const side = begin()
  t.teardown(async () => {
    const stopped = side.stop()
    await clock.advance(60_000)
    await stopped
    pair.close()
    await other.stop()
    await Promise.all([journal.close(), theirs.close()])
  })
  /** Time passes until it is so. */
  const passes = (what: string, isSo: () => boolean) => until(what, async () => { await clock.advance(pair.beatMs); return isSo() })
  /** So many beats more are sent and not answered. */
  const unanswered = async (count: number): Promise<void> => {
    const before = other.heardCount
    await passes('the other box is asked', () => other.heardCount > before + count)
  }
  const tellsMore = () => theirs.append(turnOf(2, [factOf(2, epoch)]))
  return { clock, works, other, pair, side, roles, passes, unanswered, disk, tellsMore }
}

t.test('silence is taken for leave by a box that was told it is relied on, and by no other', async (t) => {
  await t.test('who was promised and said so', async (t) => {
    const { other, side, roles, passes } = await following(t)
    await passes('it relies', () => side.state().leased)
    other.answer = () => 503
    await passes('it takes over', () => roles.length > 0)
    t.same(roles, ['active'])
  })
  await t.test('who lives on a promise of before, and was told of none since', async (t) => {
    const { works, other, side, roles, passes, unanswered } = await following(t)
    // The link is cut when the copy has just become whole: what was said until then was no promise, and the active box may have let go of the one before.
    other.answer = ({ lease_ms: ms }) => (ms > 0 ? 503 : { ...works, leased: true })
    await passes('the copy is whole', () => side.state().whole === true)
    await unanswered(45)
    t.same(roles, [])
    t.notOk(side.state().leased)
  })
  await t.test('who was relied on once, and was then told that nothing is promised', async (t) => {
    const { works, other, side, roles, passes, unanswered } = await following(t)
    const { tells } = other
    await passes('it relies', () => side.state().leased)
    // More is under way than can be written as one: for as long the copy is not whole. The answer to that word is lost.
    other.answer = ({ lease_ms: ms }) => (ms > 0 ? { ...works, leased: true } : 503)
    other.tells = async (path, query) => ({ ...await tells(path, query) as object, whole: false })
    await passes('it promises nothing', () => other.heard.at(-1)?.lease_ms === 0)
    other.answer = () => 503
    other.tells = tells
    await passes('the copy is whole', () => side.state().whole === true)
    await unanswered(45)
    t.same(roles, [])
  })
  await t.test('who answers nothing to a promise that it heard', async (t) => {
    const { works, other, side, roles, passes, unanswered } = await following(t)
    other.answer = () => ({ ...works, leased: false })
    await passes('the copy is whole', () => side.state().whole === true)
    await unanswered(2)
    other.answer = () => 503
    await unanswered(45)
    t.same(roles, [], 'one that was released by a person acts by itself')
  })
  await t.test('nobody who waits for an order', async (t) => {
    const { other, side, roles, passes, unanswered } = await following(t, { takeover: 'on_order' })
    await passes('the copy is whole', () => side.state().whole === true)
    other.answer = () => 503
    await unanswered(45)
    t.same(roles, [])
    t.ok(other.heard.every(({ lease_ms: ms }) => ms === 0), 'and it promises nothing')
  })
})

t.test('a standby whose disk is full says so, and lets the active box work without it until there is room', async (t) => {
  const { works, other, side, pair, roles, passes, disk, tellsMore, unanswered } = await following(t)
  await passes('it relies', () => side.state().leased)
  disk.isFull = true
  await tellsMore()
  await passes('it promises nothing', () => other.heard.at(-1)?.lease_ms === 0)
  t.match(side.state(), { whole: false, leased: false, trouble: /^JOURNAL_UNWRITABLE/ })
  t.match(await side.takeOver(false, 'Ana'), { refused: 'STANDBY_NOT_WHOLE' })
  other.answer = () => 503
  await unanswered(45)
  t.same(roles, [], 'nothing is taken over that could not be gone on with')
  other.answer = ({ lease_ms: ms }) => ({ ...works, leased: ms > 0 })
  disk.isFull = false
  await passes('it relies again', () => side.state().leased)
  t.match(side.state(), { whole: true, behind_facts: 0 })
  t.equal(pair.trouble, null)
})

t.test('a copy that is not whole says how far it has got, to people and to programs', async (t) => {
  const { other, side, passes } = await following(t)
  const { tells } = other
  // One fact of a hundred is here, and what follows does not come.
  other.tells = async (path, query) => (path === standby.standby_journal.path ? { ...await tells(path, query) as object, whole: false, head: 100, rows_head: 0 } : tells(path, query))
  await passes('it has begun', () => side.state().copying !== null)
  t.match(side.state(), { whole: false, behind_facts: null, leased: false, copying: { records: 1, left: 99, share: 0.01 } })
  t.match(side.said(), { isWhole: false, sentence: /, 1 % of its journal copied/ })
  t.match(await side.takeOver(false, 'Ana'), { refused: 'STANDBY_NOT_WHOLE' })
  other.tells = tells
  await passes('the copy is whole', () => side.state().whole === true)
  t.match(side.state(), { copying: null, behind_facts: 0 })
  t.match(side.said(), { isWhole: true, sentence: /, as of .* s behind$/ })
})

t.test('a box of a later version is followed as long as it tells nothing that this one could not keep', async (t) => {
  const { works, other, side, passes } = await following(t)
  const { tells } = other
  const with_ = (more: object, told: unknown): unknown => (Array.isArray(told) ? told.map((one) => with_(more, one)) : typeof told === 'object' && told !== null ? { ...told, ...more } : told)
  // It says more everywhere: in the page, in each fact and epoch, of itself, and of the house.
  const later = { later: 'than this version' }
  other.answer = ({ lease_ms: ms }) => ({ ...works, leased: ms > 0, ...later })
  other.tells = async (path, query) => {
    const told = await tells(path, query) as Record<string, unknown>
    if (path === standby.standby_house.path) return { data: with_(later, told['data']) }
    return { ...told, ...later, facts: with_(later, told['facts']), epochs: with_(later, told['epochs']) }
  }
  await passes('it relies', () => side.state().leased)
  t.match(side.state(), { whole: true, behind_facts: 0, trouble: null })

  // Its journal has come to hold more than there is a place for here.
  other.tells = async (path, query) => ({ ...await tells(path, query) as object, journal: 1_000 })
  await passes('it promises nothing', () => other.heard.at(-1)?.lease_ms === 0)
  t.match(side.state(), { whole: false, leased: false, trouble: /^BOX_VERSIONS: Upgrade the one that stands by first.*its journal is of version 1000, and this box knows \d+/ })
  t.match(await side.takeOver(false, 'Ana'), { refused: 'STANDBY_NOT_WHOLE' })

  // And what this one needs is not said any more.
  other.tells = async (path, query) => ({ ...await tells(path, query) as object, turn: undefined })
  await passes('it says what is missing', () => /\/journal: turn /.test(side.state().trouble ?? ''))
  other.tells = tells
  await passes('it relies again', () => side.state().leased)
  t.match(side.state(), { whole: true, behind_facts: 0, trouble: null })
})

t.test('the promise holds while an order is under way', async (t) => {
  const { other, side, roles, passes, unanswered } = await following(t)
  await passes('it relies', () => side.state().leased)
  let refuse: () => void = () => undefined
  const { tells } = other
  other.tells = (path, query) => path === standby.standby_handover.path ? new Promise((done) => { refuse = () => { done(503) } }) : tells(path, query)
  const ordered = side.takeOver(false, 'Ana')
  const before = other.heardCount
  await unanswered(3)
  t.ok(other.heard.slice(before).every(({ lease_ms: ms }) => ms > 0), 'the active box is told nothing else, so it does not begin to act without one')
  refuse()
  t.match(await ordered, { refused: 'STANDBY_REFUSED', details: [{ path: 'why', message: /^STANDBY_REFUSED: It is there and says why/ }] })
  t.same(roles, [])
})

t.test('an order by force is obeyed when the other box is not heard, and not when it is', async (t) => {
  const { works, other, side, pair, roles, passes, unanswered } = await following(t)
  await passes('it relies', () => side.state().leased)
  t.notOk(isRefusal(await side.takeOver(true, 'Ana')), 'it hands nothing over, and says that it works')
  await unanswered(45)
  t.same(roles, [], 'so it is not off')
  t.match(await side.takeOver(false, 'Ana'), { refused: 'STANDBY_REFUSED' }, 'and the next order is one of its own')
  other.answer = () => 503
  await side.takeOver(true, 'Ana')
  await passes('it takes over', () => roles.length > 0)
  t.match(pair.standing.taking, { why: 'force', epoch: works.epoch, above: 1_000_000 })
})

t.test('who is not let in says so, and not that nobody is there', async (t) => {
  const { other, side, roles, passes } = await following(t)
  await passes('it follows', () => side.state().whole === true)
  const asked = { answer: other.answer, tells: other.tells }
  other.answer = () => 401
  other.tells = () => 401
  await passes('it is told', () => side.state().trouble !== null)
  t.match(side.state(), { peer_answers: true, trouble: /^STANDBY_TOKEN: Put a token of the other box.*\(TOKEN_UNKNOWN: .*\)$/ })
  for (const force of [false, true]) t.match(await side.takeOver(force, 'Ana'), { refused: 'STANDBY_REFUSED', details: [{ path: 'why', message: /STANDBY_TOKEN/ }] }, 'whoever does not let us in is not off')
  // A token that opens nothing is throttled after a few questions.
  other.answer = () => 429
  other.tells = () => 429
  for (const force of [false, true]) t.match(await side.takeOver(force, 'Ana'), { refused: 'STANDBY_REFUSED', details: [{ path: 'why', message: /STANDBY_TOKEN/ }] }, 'nor is whoever has been asked too often')
  t.match(side.state(), { trouble: /^STANDBY_TOKEN/ })
  t.same(roles, [])
  Object.assign(other, asked)
  await passes('with a token that is taken it goes on', () => side.state().trouble === null)

  // What answers with something else than lineside would is neither a box that is there nor a wrong token.
  other.answer = () => 200
  other.tells = () => 200
  await passes('it is told', () => side.state().trouble !== null)
  t.match(side.state(), { peer_answers: false, trouble: /^STANDBY_STRANGER: Check `standby.peer`/ })
})

t.test('how far a first copy has got is counted in what there is to copy, and its pace in its own time', async (t) => {
  const clock = manualClock(instant(Date.UTC(2026, 2, 29)))
  const progress = openProgress(clock)
  const page = (facts: readonly number[], rows: readonly number[], head: number, rowsHead: number): CopyPage => ({
    epochs: [], commands: [], snapshots: [], bookmarks: {}, notes: {}, turn: 1, at: null, head, rows_head: rowsHead, whole: false, rows: rows.map((written) => ({ written })),
    // Only their numbers are looked at.
    facts: facts.map((seq) => ({ seq })) as unknown as CopyPage['facts'],
  })
  const at = (seq: number, rows: number) => ({ epoch: 'e', seq, rows, commands: 0 })
  t.equal(progress.read(), null)
  // Everything before 1,001 was trimmed there.
  progress.took(page([1_001, 1_002], [1, 2], 1_500, 500), at(1_100, 100))
  t.match(progress.read(), { records: 200, left: 800, share: 0.2, per_second: null, remaining_seconds: null })
  await clock.advance(2_000)
  progress.took(page([1_101], [101], 1_600, 500), at(1_300, 300))
  t.same(progress.read(), { records: 600, left: 500, share: 600 / 1_100, per_second: 300, remaining_seconds: 500 / 300 })
  const { rows_head: _, ...older } = page([], [], 1_600, 500)
  progress.took(older, at(1_600, 500))
  t.match(progress.read(), { left: 0, share: 1 }, 'also behind a box that does not say how many rows it has')
})
