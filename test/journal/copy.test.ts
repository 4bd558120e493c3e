/** A journal copied page by page: the same facts under the same numbers, and never a copy with a hole in it. */

import t, { type Test } from 'tap'
import { instant, seq } from '../../src/base/units.js'
import { type CopyPage, type Place, copyPage } from '../../src/contract/copy.js'
import type { Journal } from '../../src/contract/journal.js'
import { openJournal } from '../../src/journal/journal.js'
import { START, factOf, optionsFor, rowOf, turnOf } from './plant.js'

const NOWHERE: Place = { epoch: null, seq: 0, rows: 0, commands: 0 }
const command = (number: number) => ({
  at: START, name: 'stop_reason' as const, line: 'BP01', equipment: 'BAG1', body: { stop_id: 'x' }, byId: 'panel', byName: 'Ana', role: 'operator', key: `k-${number}`, seqs: [], refusal: null,
})

async function pageOf(journal: Journal, after: Place): Promise<CopyPage | null> {
  const text = await journal.copyPage({ after, snapshotsAfter: 0 })
  return text === null ? null : copyPage.parse(JSON.parse(text))
}

/** Everything, as a standby would ask for it. */
async function copied(from: Journal, to: Journal): Promise<Place> {
  const pages: CopyPage[] = []
  for (let after = await to.place(); ;) {
    const page = (await pageOf(from, after))!
    pages.push(page)
    after = { epoch: page.facts.at(-1)?.epoch ?? after.epoch, seq: page.facts.at(-1)?.seq ?? after.seq, rows: Number(page.rows.at(-1)?.['written'] ?? after.rows), commands: page.commands.at(-1)?.id ?? after.commands }
    if (page.whole) return to.copy(pages)
  }
}

/** An active journal of so many turns, and an empty copy. */
async function two(t: Test, turns: number) {
  const directory = t.testdir({ a: {}, b: {} })
  const open = (name: string, more: object = {}) => openJournal({ ...optionsFor(`${directory}/${name}`), ...more })
  const active = await open('a')
  const { epoch } = active.remembered
  for (let number = 1; number <= turns; number++) {
    await active.append(turnOf(number, [factOf(number, epoch)], { rows: [rowOf(number % 50)], commands: [command(number)], snapshots: number % 7 === 0 ? [{ line: 'BP01', seq: seq(number), at: START, state: `{"n":${number}}` }] : [] }))
  }
  return { active, epoch, open, standby: await open('b', { beginning: { as: 'copy' } }) }
}

t.test('pages end whole, and what is gone on with is a new epoch that names the old one', async (t) => {
  const { active, epoch, open, standby } = await two(t, 1_203)
  t.equal(standby.remembered.epoch, '', 'a copy has no epoch of its own')
  await active.bookmark('upstream/mes', seq(800))
  await active.note('sess', '7')
  t.match(await pageOf(active, NOWHERE), { whole: false, snapshots: [], head: 1_203 }, 'more than a page holds')
  t.strictSame(await copied(active, standby), await active.place())
  t.strictSame(await standby.facts({ limit: 1_000 }), await active.facts({ limit: 1_000 }))
  t.strictSame(await standby.rowsWritten({ after: 0, limit: 1_000 }), await active.rowsWritten({ after: 0, limit: 1_000 }), 'rows keep the numbers of their writing')
  t.strictSame(await standby.commandByKey('k-1203'), await active.commandByKey('k-1203'), 'what was asked once is not done twice by another box')
  t.strictSame([...await standby.bookmarks(), ...await standby.notes()], [['upstream/mes', 800], ['sess', '7']])
  t.strictSame(await standby.epochs(), await active.epochs())

  await active.append(turnOf(1_300, [factOf(1_204, epoch)]))
  t.equal((await copied(active, standby)).seq, 1_204, 'and so on, from there')
  await standby.close()
  const again = await open('b', { beginning: { as: 'copy' } })
  t.match(again.remembered, { epoch, head: 1_204, lastTurn: 1_300, snapshots: [{ seq: 1_197, state: '{"n":1197}' }] }, 'over a restart too')
  t.strictSame(again.remembered.facts.map((fact) => fact.seq), [1_198, 1_199, 1_200, 1_201, 1_202, 1_203, 1_204])
  await again.close()

  const taking = { beginning: { as: 'take_over', from: epoch, above: 1_000 } }
  const next = await open('b', taking)
  t.match(next.remembered, { origin: 'taken_over', previousEpoch: epoch, previousHead: 1_204, head: 2_204 })
  await next.append(turnOf(1_301, [factOf(2_205, next.remembered.epoch)]))
  t.equal((await next.sizes()).factsCount, 1_205, 'what was left out is not counted')
  await next.close()
  const later = await open('b', taking)
  t.match(later.remembered, { origin: 'continued', epoch: next.remembered.epoch, head: 2_205 }, 'a restart does not take over again')

  // The box that was gone on from follows in its turn.
  await active.close()
  const back = await open('a', { beginning: { as: 'copy' } })
  await copied(later, back)
  t.strictSame(await back.facts({ limit: 3, after: seq(1_203) }), await later.facts({ limit: 3, after: seq(1_203) }))
  await Promise.all([back.close(), later.close()])
})

t.test('a copy with a hole, another history or a flipped bit is refused, and nothing of it is written', async (t) => {
  const { active, epoch, standby } = await two(t, 20)
  const page = (await pageOf(active, NOWHERE))!
  const refuses = (what: string, facts: CopyPage['facts']) => t.rejects(standby.copy([{ ...page, facts }]), { code: 'JOURNAL_CORRUPT' }, what)
  await refuses('a fact is missing', page.facts.filter((fact) => fact.seq !== 7))
  await refuses('a bit flipped', page.facts.map((fact) => fact.seq === 7 ? { ...fact, at: fact.at + 1 } : fact))
  t.strictSame(await standby.place(), NOWHERE)
  await standby.copy([page])
  await refuses('it does not go on from what is there', page.facts.filter((fact) => fact.seq > 25).concat({ ...page.facts[0]!, seq: 25 }))

  t.equal(await pageOf(active, { ...NOWHERE, epoch: 'another', seq: 20 }), null, 'the same number of another epoch')
  t.equal(await pageOf(active, { ...NOWHERE, epoch, seq: 21 }), null, 'a fact that this journal has not')
  t.match(await pageOf(active, { ...await standby.place() }), { facts: [], rows: [], commands: [], whole: true, turn: 20, at: instant(START + 2_000) })
  await Promise.all([active.close(), standby.close()])
})
