/** The active one of two boxes, and another one that says what a test lets it say: when it may act, and when it must not any more. */

import t, { type Test } from 'tap'
import { manualClock } from '../../../src/base/clock.js'
import { silentLog } from '../../../src/base/log.js'
import { epoch as asEpoch, instant, seq } from '../../../src/base/units.js'
import type { StandbyConfig } from '../../../src/contract/config.js'
import type { EpochRecord } from '../../../src/contract/journal.js'
import { isRefusal } from '../../../src/contract/refusals.js'
import { type Beat, type BeatAnswer, beat } from '../../../src/contract/standby.js'
import { openVersions } from '../../../src/configuration/versions.js'
import { openDoors } from '../../../src/gateway/faces.js'
import { startActiveSide } from '../../../src/gateway/standby/active-side.js'
import { Pair } from '../../../src/gateway/standby/pair.js'
import type { Standing } from '../../../src/gateway/standby/standing.js'
import { openJournal } from '../../../src/journal/journal.js'
import { factOf, optionsFor, turnOf } from '../../journal/plant.js'
import { until } from '../../support/child.js'
import { folderOf } from '../../support/folder.js'
import { type OtherBox, otherBox } from './other-box.js'

t.setTimeout(240_000)

// A beat is waited for a quarter of it, by the real clock: more than a busy machine takes to answer.
const SILENCE = 40_000

/** A box that works, in front of one that stands by: `other.answer` is what that one says. */
async function active(t: Test, standing: Partial<Standing> = {}, epochsBefore: readonly EpochRecord[] = []) {
  const directory = folderOf(t, { data: {} })
  const clock = manualClock(instant(Date.UTC(2026, 2, 29)))
  const journal = await openJournal(optionsFor(`${directory}/data`))
  const { epoch } = journal.remembered
  await journal.append(turnOf(1, [factOf(1, epoch)]))
  const standby: BeatAnswer = { role: 'standby', box: 'b', epoch, epochs: [epoch], seq: 1, version: '0', goes_on: [], stamp: 'b 0 0', leased: false, ordering: false, house: '' }
  const other: OtherBox = await otherBox(directory, () => standby)
  const config: StandbyConfig = { box: 'a', role: 'active', peer: other.url, token_file: other.tokenFile, takeover: 'on_silence', silence: SILENCE }
  const turns: { readonly role: Standing['role']; readonly mayAct: boolean }[] = []
  const ends: string[] = []
  const own = { standby: config } as Standing['own'] // of which only its being there is asked
  const pair = new Pair({
    config, directory: `${directory}/data`, clock, log: silentLog, turn: () => { turns.push({ role: pair.standing.role, mayAct: side.mayAct() }) },
    standing: { role: 'active', leased: false, taking: null, forks: [], copied: { tokens: [], people: [] }, own, ...standing },
  })
  const side = startActiveSide(pair, {
    journal: { place: () => journal.place(), copyPage: (query) => journal.copyPage(query), chunks: (before) => journal.chunks(before), chunkPart: (query) => journal.chunkPart(query), recorders: (before) => journal.recorders(before), recorder: (first) => journal.recorder(first), seal: () => journal.seal(), notes: () => journal.notes(), note: (name, value) => journal.note(name, value), epochs: async () => [...epochsBefore, ...await journal.epochs()] },
    desk: { head: () => ({ epoch, seq: journal.remembered.head }), follow: () => () => undefined }, house: { versions: openVersions(`${directory}/data`), ...await openDoors(`${directory}/data`, clock) },
    note: () => undefined, endWork: async () => { ends.push('work') }, onFence: () => undefined,
  })
  t.teardown(async () => { side.stop(); pair.close(); await other.stop(); await journal.close() })

  /** What the standby says; resolves with the answer. */
  async function hears(said: Partial<Beat>): Promise<BeatAnswer> {
    const answer = await side.beat(beat.parse({ box: 'b', ...said }))
    if (isRefusal(answer)) throw new Error(answer.refused)
    return answer
  }
  /** So many answers at least of the other box are taken in from here on: each before the next question. */
  async function asked(times = 1): Promise<void> {
    const before = other.heardCount
    await until('the other box is asked', async () => { await clock.advance(pair.beatMs); return other.heardCount > before + times })
  }
  return { clock, epoch, standby, other, pair, side, turns, ends, hears, asked }
}

t.test('a box acts on a promise, and not a moment longer', async (t) => {
  const { clock, side, pair, hears } = await active(t)
  t.equal(side.actsMs(), SILENCE / 2, 'without one what is begun has to leave before somebody could begin to rely on it')
  const { stamp } = await hears({})
  t.ok(!pair.standing.leased && side.mayAct(), 'who promises nothing takes nothing over')
  await clock.advance(1_000)
  const { leased } = await hears({ stamp, lease_ms: SILENCE / 2 })
  t.ok(leased && pair.standing.leased, 'it says that it lives on the promise, and has written that down')
  t.equal(side.actsMs(), SILENCE / 2 - 1_000, 'which counts from its own stamp')
  await clock.advance(SILENCE / 2 - 1_000)
  t.notOk(side.mayAct())
  t.notOk(side.mayAnswer(), 'what was recorded meanwhile is known to nobody who may go on')
})

t.test('a start and a handover that was taken back go on from the promise of before', async (t) => {
  const { side, hears } = await active(t, { leased: true })
  t.notOk(side.mayAct(), 'from the first moment on')
  const { stamp } = await hears({})
  t.notOk(side.mayAct())
  await hears({ stamp, lease_ms: SILENCE / 2 })
  t.ok(side.mayAct())
})

t.test('a box that was frozen and wakes does nothing on words that lay in its buffers', async (t) => {
  const { clock, side, pair, hears } = await active(t)
  const { stamp } = await hears({})
  const { stamp: newest } = await hears({ stamp, lease_ms: SILENCE / 2 })
  // Here it is frozen: time passes for others, and what they send is read when it wakes.
  await clock.advance(SILENCE * 3)
  await hears({ stamp: newest, lease_ms: SILENCE / 2 })
  t.notOk(side.mayAct(), 'an old promise')
  const { stamp: again } = await hears({})
  await clock.advance(SILENCE / 2)
  await hears({ stamp: again, lease_ms: 0 })
  t.ok(pair.standing.leased && !side.mayAct(), 'an old word that it is relied on no more')
  await hears({ stamp: newest, lease_ms: 0, leaving: true })
  t.ok(pair.standing.leased && !side.mayAct(), 'one that is no answer to the newest')
  const { stamp: last } = await hears({})
  await clock.advance(SILENCE / 2 - 1)
  await hears({ stamp: last, lease_ms: 0 })
  t.ok(!pair.standing.leased && side.mayAct(), 'a new one')
})

t.test('a word that takes a promise back, and comes together with the next promise, leaves both of one mind', async (t) => {
  for (const order of [[0, SILENCE / 2], [SILENCE / 2, 0]]) {
    const { side, pair, hears } = await active(t)
    const { stamp: first } = await hears({})
    const { stamp } = await hears({ stamp: first, lease_ms: SILENCE / 2 })
    const answers = await Promise.all(order.map((ms) => hears({ stamp, lease_ms: ms })))
    const toPromise = answers[order.indexOf(SILENCE / 2)]!
    t.equal(pair.standing.leased, toPromise.leased, 'whoever promised may rely on what he was answered')
    t.ok(toPromise.leased && side.mayAct())
  }
})

t.test('a box that gives way writes nothing while its parts are being stopped', async (t) => {
  const { clock, epoch, standby, other, side, pair, turns, hears, asked } = await active(t)
  const { stamp } = await hears({})
  await hears({ stamp, lease_ms: SILENCE / 2 })
  await clock.advance(SILENCE)
  other.answer = () => ({ ...standby, role: 'active', epoch: 'next', epochs: [epoch, 'next'] })
  await asked()
  await until('it gives way', () => turns.length > 0)
  t.same(turns, [{ role: 'standby', mayAct: false }])
  t.notOk(pair.standing.leased, 'nothing binds it any more')
  t.notOk(side.mayAct() || side.mayAnswer(), 'and it still does nothing')
  await asked(3)
  t.equal(turns.length, 1, 'it gives way once')
})

t.test('a box that acts as if it had not been gone on from is waited for', async (t) => {
  const epochsBefore: EpochRecord[] = [{ epoch: asEpoch('before'), first: seq(1), previous: null, previousHead: null, at: instant(0), why: 'created' }]
  const { epoch, standby, other, side, pair, turns, asked } = await active(t, {}, epochsBefore)
  // The other one was released by a person, and this one comes back: its epoch is the newer one.
  const before: BeatAnswer = { ...standby, role: 'active', epoch: 'before', epochs: ['before'] }
  other.answer = () => ({ ...before, leased: true })
  await asked()
  t.ok(side.mayAct(), 'who lives on a promise is fenced while nobody makes one')
  other.answer = () => before
  await asked()
  t.notOk(side.mayAct(), 'who was released acts')
  t.match(pair.trouble, /gives way when it hears/)
  other.answer = () => ({ ...before, epoch: 'strange', epochs: ['strange'], leased: true })
  await asked()
  t.notOk(side.mayAct(), 'nobody here knows its epoch')
  t.match(pair.trouble, /neither goes on/)
  other.answer = () => ({ ...standby, role: 'active', epoch, epochs: [epoch] })
  await asked()
  t.notOk(side.mayAct(), 'a data directory that was copied')
  other.answer = () => standby
  await asked()
  t.ok(side.mayAct())
  t.same(turns, [])
})

t.test('a person can release a box only from one that gives no answer', async (t) => {
  const { other, pair, side, hears, asked } = await active(t)
  const { stamp } = await hears({})
  await hears({ stamp, lease_ms: 1 })
  await asked()
  t.notOk(side.mayAct())
  t.ok(isRefusal(await side.release('Ana')))
  other.answer = () => 401
  t.ok(isRefusal(await side.release('Ana')), 'a refusal is an answer')
  await other.stop()
  t.notOk(isRefusal(await side.release('Ana')))
  t.ok(side.mayAct() && !pair.standing.leased)
})

t.test('what was handed over is taken back when the other one has given up, and by no older word', async (t) => {
  const { other, standby, side, pair, turns, ends, hears, asked } = await active(t)
  const { stamp } = await hears({})
  await hears({ stamp, lease_ms: SILENCE / 2 })
  t.notOk(isRefusal(await side.handOver()))
  t.same(ends, ['work'])
  t.equal(pair.standing.role, 'standby', 'a restart stands by')
  t.ok(!side.mayAct() && side.mayAnswer(), 'nothing is done, and what was is known to who goes on')
  await asked(2)
  await side.handOver()
  await asked(2)
  await side.handOver()
  t.same(turns, [], 'an order that came again is waited for again')
  // It gives up, is ordered once more, and its order is here before the answer to what was asked before.
  other.answer = async () => { await side.handOver(); return standby }
  await asked(8)
  t.same(turns, [])
  other.answer = () => ({ ...standby, ordering: true })
  await asked(8)
  t.same(turns, [], 'who is taking over is let')
  other.answer = () => standby
  await asked(8)
  t.same(turns, [{ role: 'active', mayAct: false }])
  t.ok(pair.standing.leased, 'the other one may rely on it, having heard nothing of the handover')
  t.match(await side.handOver(), { refused: 'STANDBY_ROLE' }, 'what was taken back is not given away once more by the way')
})
