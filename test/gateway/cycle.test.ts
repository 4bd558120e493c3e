import t, { type Test } from 'tap'
import { arrangementOf } from '../../src/turn/arrangement.js'
import { given } from '../../src/base/assert.js'
import { type ManualClock, manualClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, epoch, instant, instantOf, seq } from '../../src/base/units.js'
import type { Command } from '../../src/contract/commands.js'
import { config as configSchema } from '../../src/contract/config.js'
import { Fault } from '../../src/contract/faults.js'
import type { Turn } from '../../src/contract/journal.js'
import { isRefusal } from '../../src/contract/refusals.js'
import { type Scan, type ScanGroup, qualities } from '../../src/contract/scan.js'
import { openLine } from '../../src/core/snapshot.js'
import { linePlans } from '../../src/core/time/plan.js'
import { type Announced, type Cycle, startCycle } from '../../src/gateway/cycle.js'
import { signalPlan } from '../../src/signals/plan.js'
import { Sampler } from '../../src/signals/sampler.js'

const START = given(instantOf('2026-03-02T08:00:00.000Z'), 'an instant')
const by = { id: 'test', name: 'ana', role: 'admin', lines: null } as const

const config = configSchema.parse({
  version: 1,
  gateway: { id: 'test', time_zone: 'UTC' },
  plcs: [{ id: 'plc', driver: 's7', host: '127.0.0.1', cycle: '100ms', tags: { run: 'DB1,X0.0', count: 'DB1,UDINT2' } }],
  calendars: { always: { day_start: '00:00', shifts: [{ name: 'day', start: '00:00', end: '00:00' }] } },
  lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'always', equipment: [
    { code: 'M1', name: 'Machine', signals: { running: 'plc/run', total_count: 'plc/count' } },
  ] }],
})
const slot = { length: 1, unit: null } as const
const group: ScanGroup = { index: 0, plc: 'plc', class: 'normal', cycleMs: 100, slots: 2, tags: [
  { name: 'run', address: 'DB1,X0.0', type: 'bool', slot: 0, ...slot }, { name: 'count', address: 'DB1,UDINT2', type: 'uint32', slot: 1, ...slot },
] }

/** A journal in memory that can refuse, and that can be slow. */
class Memory {
  readonly turns: Turn[] = []
  refuses = false
  held: Promise<void> = Promise.resolve()
  async append(turn: Turn): Promise<void> {
    await this.held
    if (this.refuses) throw new Fault('JOURNAL_UNWRITABLE')
    this.turns.push(turn)
  }
  get facts() { return this.turns.flatMap((turn) => turn.facts) }
}

interface Plant { readonly clock: ManualClock; readonly cycle: Cycle; readonly journal: Memory; readonly announced: Announced[]; scan(running: boolean, count: number): void; read(running: boolean, count: number): Scan; at(): Instant }

async function run(t: Test, lastAt: Instant | null = null): Promise<Plant> {
  const clock = manualClock(START)
  const journal = new Memory()
  const announced: Announced[] = []
  const cycle = startCycle({
    clock, log: silentLog, cycleMs: 100, journal, head: seq(0), lastTurn: 0, lastAt, notes: [], rows: [],
    lines: linePlans(config, 1).map((plan) => openLine(plan, null, [])),
    epoch: epoch('e1'), arrangement: { ...arrangementOf(config, 1), sampler: new Sampler(signalPlan(config, [group])), lineOf: () => 'L1', linesOfPlc: () => ['L1'] },
    announce: (one) => { announced.push(one) }, turned: () => undefined, broken: (fault) => { t.fail(fault.message) },
  })
  t.teardown(async () => {
    journal.refuses = false
    const stopped = cycle.stop()
    await clock.advance(5_000)
    await stopped
  })
  const read = (running: boolean, count: number): Scan => ({ group: 0, at: clock.now(), mono: clock.mono(), values: Float64Array.of(Number(running), count), qualities: new Uint8Array(2).fill(qualities.good), texts: new Map() })
  return {
    clock, cycle, journal, announced, at: () => clock.now(),
    scan(running, count) { cycle.scan(read(running, count)) },
    read,
  }
}

const quality = (at: Instant, description: string): Command =>
  ({ name: 'quality_report', at, line: 'L1', equipment: 'M1', by, key: null, body: { description, severity: 'low', parts: 1, reject_reason: null } })

t.test('a scan becomes a state in the same turn, numbered and written before anybody hears of it', async (t) => {
  const plant = await run(t)
  plant.scan(true, 10)
  await plant.clock.advance(20)
  const changed = given(plant.journal.facts.find((fact) => fact.type === 'state_changed'), 'the change')
  t.match(changed, { equipment: 'M1', at: START, body: { state: 'running', previous: 'unknown' } })
  t.strictSame(plant.journal.facts.map((fact) => fact.seq), plant.journal.facts.map((_, i) => i + 1), 'numbers have no holes')
  t.strictSame(plant.announced.flatMap(({ facts }) => facts), plant.journal.facts)
  t.ok(plant.announced.some(({ touched }) => touched.has('M1')))
})

t.test('a command waits for no beat, and is answered after the write', async (t) => {
  const plant = await run(t)
  await plant.clock.advance(150)
  let release = (): void => undefined
  plant.journal.held = new Promise((resolve) => { release = resolve })
  let answered = false
  const answer = plant.cycle.command(quality(plant.at(), 'label skewed')).finally(() => { answered = true })
  await plant.clock.advance(1)
  t.notOk(answered, 'not while the disk has it')
  release()
  await plant.clock.advance(0)
  const outcome = await answer
  t.notOk(isRefusal(outcome))
  t.match(outcome, { facts: [{ type: 'quality_issue', at: START + 150 }], seq: plant.cycle.head() })
  t.match(plant.journal.turns.at(-1)?.commands, [{ name: 'quality_report', byName: 'ana', seqs: [plant.cycle.head()], refusal: null }])
})

t.test('a refusal is written too, and leaves no fact', async (t) => {
  const plant = await run(t)
  const answer = plant.cycle.command({ name: 'job_pause', at: plant.at(), line: 'L1', equipment: 'M1', by, key: null, body: { reason: null } })
  await plant.clock.advance(10)
  t.match(await answer, { refused: 'JOB_NOT_RUNNING' })
  t.match(plant.journal.turns.at(-1)?.commands, [{ name: 'job_pause', seqs: [], refusal: { refused: 'JOB_NOT_RUNNING' } }])
})

t.test('while the disk is full people are told no, and what the PLC said is not lost', async (t) => {
  const plant = await run(t)
  plant.scan(true, 10)
  await plant.clock.advance(200)
  const before = plant.cycle.head()
  plant.journal.refuses = true
  const answer = plant.cycle.command(quality(plant.at(), 'lost?'))
  plant.scan(false, 15)
  await plant.clock.advance(10)
  t.match(await answer, { refused: 'JOURNAL_UNWRITABLE' })
  t.equal(plant.cycle.head(), before, 'nothing happened, for nobody could have believed it')
  t.match(plant.cycle.figures().fault, { code: 'JOURNAL_UNWRITABLE' })

  plant.journal.refuses = false
  await plant.clock.advance(61_000)
  t.equal(plant.cycle.figures().fault, null)
  t.match(plant.journal.facts.find((fact) => fact.type === 'state_changed' && fact.seq > before), { body: { state: 'stopped' } })
  const parts = plant.journal.facts.reduce((sum, fact) => sum + (fact.type === 'count_recorded' ? fact.body.total : 0), 0)
  t.equal(parts, 5, 'each part once')
})

t.test('a turn that takes too long makes the beats it missed up for nothing, and counts them', async (t) => {
  const plant = await run(t)
  await plant.clock.advance(100)
  let release = (): void => undefined
  plant.journal.held = new Promise((resolve) => { release = resolve })
  plant.scan(true, 1)
  await plant.clock.advance(1_000)
  const turns = plant.cycle.figures().turnsCount
  release()
  await plant.clock.advance(100)
  t.ok(plant.cycle.figures().turnsMissedCount >= 8, 'missed')
  t.ok(plant.cycle.figures().turnsCount <= turns + 4, 'not made up for')
})

t.test('when the wall clock steps, the step is a fact and no time is lost or gained', async (t) => {
  const plant = await run(t)
  plant.scan(true, 1)
  await plant.clock.advance(1_000)
  plant.clock.step(-3_600_000)
  await plant.clock.advance(1_000)
  plant.scan(false, 2)
  await plant.clock.advance(200)
  t.match(plant.journal.facts.find((fact) => fact.type === 'clock_stepped'), { body: { by_seconds: -3_600 } })
  const stopped = plant.journal.facts.find((fact) => fact.type === 'state_changed' && fact.body.state === 'stopped')
  t.match(stopped, { at: START + 2_000 - 3_600_000, body: { previous_seconds: 2 } })
})

t.test('what was read before a step of the clock and comes after it loses no part', async (t) => {
  for (const byMs of [-86_400_000, 86_400_000]) {
    const plant = await run(t)
    plant.scan(true, 1)
    await plant.clock.advance(500)
    const late = { ...plant.read(true, 2) }
    plant.clock.step(byMs)
    await plant.clock.advance(200)
    plant.cycle.scan(late)
    await plant.clock.advance(500)
    plant.scan(true, 3)
    await plant.clock.advance(500)
    plant.scan(true, 4)
    await plant.clock.advance(60_000)
    t.match(plant.journal.facts.find((fact) => fact.type === 'clock_stepped'), { body: { by_seconds: byMs / 1_000 } })
    const steps = plant.journal.facts.flatMap((fact) => (fact.type === 'count_recorded' ? fact.body.steps : []))
    t.strictSame(steps.reduce((sum, { parts }) => sum + parts, 0), 3)
    t.strictSame(new Set(steps.map(({ rule }) => rule)), new Set(['base', 'advance']))
  }
})

t.test('a clock that was set back while the gateway was off is told at the start, one that went on is not', async (t) => {
  const plant = await run(t, instant(START + 3_600_000))
  await plant.clock.advance(200)
  t.match(plant.journal.facts.filter((fact) => fact.type === 'clock_stepped'), [{ body: { by_seconds: -3_600, before: '2026-03-02T09:00:00.100Z', after: '2026-03-02T08:00:00.100Z' } }])
  const later = await run(t, instant(START - 3_600_000))
  await later.clock.advance(200)
  t.strictSame(later.journal.facts.filter((fact) => fact.type === 'clock_stepped'), [])
})

t.test('a link that comes and goes is told with its fault, its remedy and how long it was as it was', async (t) => {
  const plant = await run(t)
  plant.cycle.link({ plc: 'plc', at: plant.at(), mono: plant.clock.mono(), up: true, fault: null })
  await plant.clock.advance(5_000)
  plant.cycle.link({ plc: 'plc', at: plant.at(), mono: plant.clock.mono(), up: false, fault: 'PLC_TIMEOUT' })
  await plant.clock.advance(200)
  const told = plant.journal.facts.filter((fact) => fact.type === 'plc_connection_status')
  t.match(told.map(({ body }) => body), [{ connected: true, previous_seconds: null }, { connected: false, fault: 'PLC_TIMEOUT', remedy: /load/, previous_seconds: 5 }])
})

t.test('an orderly end writes down what is pending, and a snapshot to begin from', async (t) => {
  const plant = await run(t)
  plant.scan(true, 10)
  await plant.clock.advance(100)
  plant.scan(true, 13)
  await plant.clock.advance(100)
  t.notOk(plant.journal.facts.some((fact) => fact.type === 'count_recorded' && fact.body.total > 0))
  const stopped = plant.cycle.stop()
  await plant.clock.advance(100)
  await stopped
  t.match(plant.journal.facts.findLast((fact) => fact.type === 'count_recorded'), { body: { total: 3 } })
  t.match(plant.journal.turns.at(-1)?.snapshots, [{ line: 'L1', seq: plant.cycle.head() }])
})
