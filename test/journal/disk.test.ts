/** The journal on a disk that fills up or fails, and what retention takes away. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Epoch, instant, rfc3339, seq } from '../../src/base/units.js'
import { type Fact, catalogue } from '../../src/contract/events/catalogue.js'
import { Fault } from '../../src/contract/faults.js'
import type { Trimmed } from '../../src/contract/journal.js'
import { openReader } from '../../src/journal/store/database.js'
import { databasePath } from '../../src/journal/keeping/gate.js'
import { openJournal } from '../../src/journal/journal.js'
import { START, factOf, keptTurnOf, optionsFor, rowOf, turnOf } from './plant.js'
import { folderOf } from '../support/folder.js'

const MB = 1_000_000
// Each turn here is on the disk before the next, and a busy disk takes its time.
t.setTimeout(600_000)

/** A small file system of its own, or a word why there is none. */
function smallDisk(directory: string, megabytes: number): string | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory], { stdio: 'pipe' })
    return null
  } catch {
    return 'needs the right to mount a small file system'
  }
}

const large = (number: number, epoch: Epoch): Fact => factOf(number, epoch, { body: { reason: 'x'.repeat(50_000) } })

t.test('a full disk gets its ballast back, then refuses, and goes on as soon as there is room', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'lineside-'))
  const missing = smallDisk(directory, 24)
  if (missing !== null) { t.pass('a full disk', { skip: missing }); return }
  try {
    await fillUp(t, directory)
  } finally {
    execFileSync('umount', ['-l', directory])
    rmSync(directory, { recursive: true })
  }
})

async function fillUp(t: Test, directory: string): Promise<void> {
  writeFileSync(join(directory, 'somebody else'), Buffer.alloc(4 * MB))
  const storage = { ...optionsFor('').storage, ballast: 4 * MB }
  const journal = await openJournal(optionsFor(join(directory, 'data'), { storage }))
  const { epoch } = journal.remembered
  const ballast = join(directory, 'data', 'ballast')
  t.equal(statSync(ballast).size, 4 * MB)
  let head = 0
  let turn = 0
  let fault: unknown = null
  while (fault === null && head < 2_000) {
    try {
      await journal.append(turnOf(++turn, [large(head + 1, epoch)]))
      head++
    } catch (error) {
      fault = error
    }
  }
  t.ok(fault instanceof Fault && fault.code === 'JOURNAL_UNWRITABLE', 'refused')
  t.equal(statSync(ballast, { throwIfNoEntry: false }), undefined, 'the ballast went first')
  t.equal((await journal.facts({ after: seq(head - 1), limit: 10 })).length, 1, 'reading goes on, and nothing of the refused turn is there')
  await t.rejects(journal.append(turnOf(++turn, [large(head + 1, epoch)])), { code: 'JOURNAL_UNWRITABLE' }, 'refused again')
  rmSync(join(directory, 'somebody else'))
  await journal.append(turnOf(++turn, [large(head + 1, epoch)]))
  t.equal((await journal.fact(seq(head + 1)))?.seq, head + 1, 'written without opening again')
  await journal.close()
}

t.test('samples go by age, and the report says which', async (t) => {
  const trimmed: Trimmed[] = []
  const storage = { ...optionsFor('').storage, samples: { keep: 400_000, bytes: 4e9, chunk: 60_000 } }
  // Time runs far faster here than in a plant: turns that share a commit would share a chunk of many minutes.
  const journal = await openJournal(optionsFor(folderOf(t), { storage, stageMs: 0, onTrimmed: (what) => { trimmed.push(what) } }))
  for (let number = 1; number <= 9_000; number++) await journal.append(turnOf(number))
  // Retention goes on in small steps as chunks are sealed; it is done when less than a chunk is too old.
  await until(() => (trimmed.at(-1)?.to ?? START) > START + 900_000 - 400_000 - 61_000)
  const { to } = trimmed.at(-1)!
  t.match(trimmed[0], { what: 'samples', fromSeq: null, toSeq: null, from: START + 93, why: 'age', unacknowledged: false })
  t.ok(to < START + 900_000 - 400_000, 'no more than what is too old')
  const left = await journal.turns(START, instant(START + 900_001), 1e6)
  t.equal(left[0]!.at, keptTurnOf(left[0]!.number).at)
  t.equal(left.length, 9_000 - (left[0]!.number - 1), 'and nothing in between')
  t.ok(left[0]!.at > to)
  await journal.close()
})

t.test('what is around the beginning of a stop stays as long as the stop does, whatever the retention of samples', async (t) => {
  const trimmed: Trimmed[] = []
  const keep = 3_000_000
  const storage = { ...optionsFor('').storage, samples: { keep: 200_000, bytes: 4e9, chunk: 60_000 }, facts: { keep, bytes: 2e9 } }
  const journal = await openJournal(optionsFor(folderOf(t), { storage, stageMs: 0, onTrimmed: (what) => { trimmed.push(what) } }))
  const { epoch } = journal.remembered
  const stopAt = instant(START + 150_000)
  const partedAt = instant(START + 260_000)
  // The second stop was parted from the first long after it stood.
  const facts = [
    factOf(1, epoch, { at: stopAt, type: 'downtime_event', body: { ...catalogue.downtime_event.example, stop_id: 'BP01-S1' } }),
    factOf(2, epoch, { type: 'downtime_updated', body: { ...catalogue.downtime_updated.example, change: 'split', to: rfc3339(partedAt), split_off: 'BP01-S2' } }),
  ]
  const whole = new Map<string, unknown>()
  const asked = (tag: string, element: number, at: number) => ({ plc: 'packer', tag, element, from: instant(at - 30_000), to: instant(at + 5_000), pointsMax: 10_000 })
  const questions = [stopAt, partedAt].flatMap((at) => [asked('total', 0, at), asked('faults', 0, at), asked('zones', 1, at), asked('speed_set', 0, at)])
  for (let number = 5; number <= 3_000; number += 5) await journal.append(turnOf(number, number === 1_600 ? [facts[0]!] : number === 2_900 ? [facts[1]!] : []))
  for (const question of questions) whole.set(JSON.stringify(question), await journal.samples(question))
  t.ok((whole.get(JSON.stringify(questions[0])) as unknown[]).length >= 68)
  for (let number = 3_005; number <= 9_000; number += 5) await journal.append(turnOf(number))
  await until(() => (trimmed.at(-1)?.to ?? START) > START + 600_000)
  for (const question of questions) t.strictSame(await journal.samples(question), whole.get(JSON.stringify(question)), `${question.tag} around ${question.to}`)
  t.strictSame(await journal.samples(asked('total', 0, START + 210_000)), [], 'and what is not around a stop is gone')
  t.strictSame(await journal.turns(START, instant(START + 600_000), 1e6), [], 'no replay takes what is left for the whole')

  // When the facts of the stops go, so does what was around them.
  await journal.append(turnOf(9_001, [factOf(3, epoch, { at: instant(START + 900_100) })], { snapshots: [{ line: 'BP01', seq: seq(3), at: START, state: '{}' }] }))
  await journal.append(turnOf(40_000, [factOf(4, epoch, { at: instant(START + 4_000_000) })], { snapshots: [{ line: 'BP01', seq: seq(4), at: START, state: '{}' }] }))
  await until(async () => (await journal.facts({ limit: 1 }))[0]!.seq > 2)
  for (const question of questions) t.strictSame(await journal.samples(question), [])
  await journal.close()
})

t.test('facts go by age, but not those a start needs, and not past a reader before the hard cap', async (t) => {
  const trimmed: Trimmed[] = []
  const keep = 100_000
  const storage = { ...optionsFor('').storage, facts: { keep, bytes: 2e9 } }
  const directory = folderOf(t)
  const journal = await openJournal(optionsFor(directory, { storage, onTrimmed: (what) => { trimmed.push(what) } }))
  const { epoch } = journal.remembered
  const first = async (): Promise<number> => (await journal.facts({ limit: 1 }))[0]!.seq
  const write = async (from: number, to: number, snapshotAt: number | null): Promise<void> => {
    for (let number = from; number <= to; number += 10) {
      const snapshots = snapshotAt === null ? [] : [{ line: 'BP01', seq: seq(Math.min(snapshotAt, number)), at: START, state: '{}' }]
      await journal.append(turnOf(number, Array.from({ length: 10 }, (_, i) => factOf(number + i, epoch)), { snapshots }))
    }
  }
  await write(1, 1_500, null)
  await journal.append(turnOf(1_495, [], { rows: [rowOf(0, { job: 'OLD' }), rowOf(0, { job: 'LASTING' }), rowOf(60, { job: 'LASTING' })] }))
  await journal.flush()
  const beside = openReader(databasePath(directory))
  t.teardown(() => beside.close())
  const jobs = beside.prepare<[], string>('SELECT job FROM contexts ORDER BY job').pluck()
  t.strictSame(jobs.all(), ['LASTING', 'OLD'])
  await settled()
  t.equal(await first(), 1, 'without a snapshot a start needs them all')
  await journal.bookmark('mes', seq(200))
  t.strictSame([...await journal.bookmarks()], [['mes', 200]])
  await write(1_501, 1_600, 10_000)
  await until(() => trimmed.length > 0)
  t.match(trimmed[0], { what: 'facts', fromSeq: 1, toSeq: 200, why: 'age', unacknowledged: false })
  t.equal(await first(), 201, 'up to what the reader has')
  await write(1_601, 2_600, 10_000)
  await until(() => trimmed.length > 1)
  t.match(trimmed.at(-1), { what: 'facts', unacknowledged: true, why: 'age' })
  t.ok(await first() > 201 && await first() < 700, 'the hard cap is twice the time')
  await journal.bookmark('mes', null)
  await until(async () => await first() > 1_500)
  t.ok(await first() <= 1_600, 'without the reader the ordinary time holds')
  await until(() => jobs.all().length === 1)
  t.strictSame(jobs.all(), ['LASTING'], 'what was worked for goes with its last row')
  await journal.close()
})

t.test('turns misnumbered by the caller are refused and harm nobody', async (t) => {
  const journal = await openJournal(optionsFor(folderOf(t)))
  const { epoch } = journal.remembered
  await journal.append(turnOf(1, [factOf(1, epoch)]))
  await t.rejects(journal.append(turnOf(2, [factOf(3, epoch)])), 'a hole')
  await t.rejects(journal.append(turnOf(2, [factOf(1, epoch)])), 'a number given before')
  await t.rejects(journal.append(turnOf(1, [factOf(2, epoch)])), 'a turn written before')
  await t.rejects(journal.append(turnOf(2, [factOf(2, 'another' as Epoch)])), 'another epoch')
  await journal.append(turnOf(2, [factOf(2, epoch)]))
  t.equal((await journal.facts({ limit: 10 })).length, 2)
  await journal.close()
  await t.rejects(journal.append(turnOf(3, [factOf(3, epoch)])), { code: 'JOURNAL_UNWRITABLE' }, 'closed is closed')
})

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!await holds()) await new Promise((resolve) => { setTimeout(resolve, 50) })
}
/** Long enough for the journal to have looked after itself twice. */
async function settled(): Promise<void> {
  await new Promise((resolve) => { setTimeout(resolve, 1_200) })
}
