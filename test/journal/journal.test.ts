/** The journal as the daemon sees it: what is written comes back, over restarts, crashes and damaged files. */

import t from 'tap'
import { instant, seq } from '../../src/base/units.js'
import { openJournal } from '../../src/journal/journal.js'
import { START, factOf, keptTurnOf, optionsFor, rowOf, turnOf } from './plant.js'

t.test('a new journal remembers nothing, and numbers from one', async (t) => {
  const journal = await openJournal(optionsFor(t.testdir()))
  const { epoch, ...remembered } = journal.remembered
  t.match(epoch, /^[0-9a-f]{16}$/)
  t.strictSame(remembered, { origin: 'created', clean: true, previousEpoch: null, previousHead: null, head: 0, lastTurn: 0, lastAt: null, snapshots: [], facts: [], tail: [], rows: [] })
  await journal.close()
})

t.test('what a turn leaves behind comes back', async (t) => {
  const journal = await openJournal(optionsFor(t.testdir()))
  const { epoch } = journal.remembered
  const facts = [factOf(1, epoch), factOf(2, epoch, { line: null, equipment: null })]
  const command = {
    at: START, name: 'stop_reason' as const, line: 'BP01', equipment: 'BAG1', body: { stop_id: 'x', reason: 'MAT_JAM' }, byId: 'panel', byName: 'Ana', role: 'operator',
    key: 'k-1', seqs: [seq(1)], refusal: null,
  }
  const row = rowOf(0)
  await journal.append(turnOf(1, facts, { commands: [command], rows: [row], snapshots: [{ line: 'BP01', seq: seq(1), at: START, state: '{"a":1}' }] }))
  t.strictSame(await journal.facts({ limit: 10 }), facts)
  t.strictSame(await journal.fact(seq(2)), facts[1])
  t.equal(await journal.fact(seq(3)), null)
  t.strictSame(await journal.commandByKey('k-1'), command)
  t.equal(await journal.commandByKey('k-2'), null)
  t.strictSame(await journal.commands({ from: START, to: instant(START + 1), limit: 10 }), [command])
  t.strictSame(await journal.rows({ equipment: ['BAG1'], from: START, to: instant(START + 60_000) }), [row])
  t.strictSame(await journal.turns(START, instant(START + 1_000), 10), [keptTurnOf(1)])
  await journal.close()
})

t.test('a restart goes on where the journal ended', async (t) => {
  const directory = t.testdir()
  const first = await openJournal(optionsFor(directory))
  const { epoch } = first.remembered
  await first.append(turnOf(1, [factOf(1, epoch)], { snapshots: [{ line: 'BP01', seq: seq(1), at: START, state: '{}' }] }))
  await first.append(turnOf(2, [factOf(2, epoch)], { rows: [rowOf(0), rowOf(1)] }))
  for (let number = 3; number <= 25; number++) await first.append(turnOf(number))
  await first.close()

  const second = await openJournal(optionsFor(directory))
  const { remembered } = second
  t.equal(remembered.origin, 'continued')
  t.equal(remembered.epoch, epoch)
  t.equal(remembered.clean, true)
  t.equal(remembered.head, 2)
  t.equal(remembered.lastTurn, 25)
  t.equal(remembered.lastAt, START + 2_500)
  t.strictSame(remembered.snapshots, [{ line: 'BP01', seq: 1, at: START, state: '{}' }])
  t.strictSame(remembered.facts, [factOf(2, epoch)], 'only what follows the snapshot')
  t.strictSame(remembered.tail, Array.from({ length: 23 }, (_, i) => keptTurnOf(i + 3)), 'every turn after the last fact, to be solved again')
  t.strictSame(remembered.rows, [rowOf(0), rowOf(1)])
  await second.close()
})
