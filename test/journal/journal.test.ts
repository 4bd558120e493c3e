/** The journal as the daemon sees it: what is written comes back, over restarts, crashes and damaged files. */

import t from 'tap'
import { instant, seq } from '../../src/base/units.js'
import type { RecordedTurn } from '../../src/contract/journal.js'
import type { Scan } from '../../src/contract/scan.js'
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

t.test('samples read the same before, while and after they are sealed', async (t) => {
  const directory = t.testdir()
  const journal = await openJournal(optionsFor(directory, { stageMs: 20 }))
  const { epoch } = journal.remembered
  const turnsCount = 7_000
  const from = START
  const to = instant(START + turnsCount * 100 + 1)
  let seqs = 0
  for (let number = 1; number <= turnsCount; number++) await journal.append(turnOf(number, number % 500 === 0 ? [factOf(++seqs, epoch)] : []))
  const samples = (tag: string, element = 0) => journal.samples({ plc: 'packer', tag, element, from, to, pointsMax: 1e6 })
  const before = { speed: await samples('speed'), zone: await samples('zones', 1), faults: await samples('faults') }
  await until(async () => (await journal.sizes()).turnsStagedCount < 2_000)
  t.ok((await journal.sizes()).turnsStagedCount > 500, 'the last minute stays staged')
  t.strictSame({ speed: await samples('speed'), zone: await samples('zones', 1), faults: await samples('faults') }, before)
  t.equal(before.speed.length, turnsCount)
  t.equal(before.faults.find((point) => point.at === START + 300 * 100 - 7)?.value, 2 ** 63, 'the two words of a 64-bit value are one number')
  t.equal(before.zone.filter((point) => point.quality === 'not_a_number').length, Math.floor(turnsCount / 97))
  const turns = await journal.turns(from, to, 1e6)
  t.equal(turns.length, turnsCount)
  t.same(turns.findIndex((turn, i) => !sameTurn(turn, keptTurnOf(i + 1))), -1, 'every turn to the bit, in order')
  const border = await journal.turns(instant(START + 550_000), instant(START + 650_000), 1e6)
  t.same(border.map((turn) => turn.number), Array.from({ length: 1_000 }, (_, i) => 5_500 + i), 'across the border of sealed and staged')
  t.equal((await journal.turns(from, to, 10)).length, 10)
  const thin = await journal.samples({ plc: 'packer', tag: 'speed', element: 0, from, to, pointsMax: 300 })
  t.ok(thin.length <= 300 && thin.length > 100)
  const values = before.speed.map((point) => point.value!)
  t.ok(thin.some((point) => point.value === Math.max(...values)) && thin.some((point) => point.value === Math.min(...values)), 'peaks are kept')
  t.strictSame(await samples('nothing'), [])
  await journal.close()

  const again = await openJournal(optionsFor(directory))
  const after = await again.turns(from, to, 1e6)
  t.same(after.findIndex((turn, i) => !sameTurn(turn, keptTurnOf(i + 1))), -1, 'and after a restart')
  await again.close()
})

/** The very bits, not only equal numbers. */
function sameTurn(a: RecordedTurn, b: RecordedTurn): boolean {
  return a.number === b.number && a.at === b.at && a.mono === b.mono && a.scans.length === b.scans.length && a.scans.every((scan, i) => sameScan(scan, b.scans[i]!))
}
function sameScan(a: Scan, b: Scan): boolean {
  const bytes = (array: Float64Array | Uint8Array): Buffer => Buffer.from(array.buffer, array.byteOffset, array.byteLength)
  return a.group === b.group && a.at === b.at && a.mono === b.mono && bytes(a.values).equals(bytes(b.values)) && bytes(a.qualities).equals(bytes(b.qualities))
    && JSON.stringify([...a.texts]) === JSON.stringify([...b.texts])
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!await holds()) await new Promise((resolve) => { setTimeout(resolve, 50) })
}
