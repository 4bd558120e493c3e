/** What is worked out beside the line comes to what the turn itself would have made of it, whatever happens in between. */

import t, { type Test } from 'tap'
import { setTimeout as moment } from 'node:timers/promises'
import { given } from '../../src/base/assert.js'
import { manualClock, systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { instant, later, mono, seq } from '../../src/base/units.js'
import type { Command } from '../../src/contract/commands.js'
import { config as configSchema } from '../../src/contract/config.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import { isRefusal } from '../../src/contract/refusals.js'
import { qualities } from '../../src/contract/scan.js'
import { openLine } from '../../src/core/snapshot.js'
import { linePlans } from '../../src/core/time/plan.js'
import { startCycle } from '../../src/gateway/cycle.js'
import { editsOfPast } from '../../src/gateway/past-edits.js'
import { type PastWorkshop, startPastWorkshop } from '../../src/gateway/past-workshop.js'
import { openJournal } from '../../src/journal/journal.js'
import { Fold } from '../../src/replay/replay.js'
import { arrangementOf } from '../../src/turn/arrangement.js'
import { folderOf } from '../support/folder.js'
import type { Outcome } from '../../src/turn/turn.js'

t.setTimeout(600_000)

const codes = ['FIL', 'PAL']
const config = configSchema.parse({
  version: 1, gateway: { id: 'test', time_zone: 'UTC', cycle: '1s' },
  plcs: [{ id: 'plc', driver: 's7', host: '127.0.0.1', cycle: '1s', tags: Object.fromEntries(codes.flatMap((code, i) => [[`${code}_run`, `DB${i + 1},X0.0`], [`${code}_total`, `DB${i + 1},UDINT2`]])) }],
  calendars: { day: { day_start: '06:00', shifts: [{ name: 'early', start: '06:00', end: '14:00', breaks: [{ start: '08:00', end: '08:15' }] }, { name: 'late', start: '14:00', end: '22:00' }] } },
  reasons: [{ code: 'JAM', name: 'Jam', is_failure: true }],
  lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'day', equipment: codes.map((code, i) => ({
    code, name: code, ideal_cycle: '2s', constraint: i === 0, ...i === 0 ? {} : { upstream: ['FIL'], transit: { FIL: '30s' } }, signals: { running: `plc/${code}_run`, total_count: `plc/${code}_total` },
  })) }],
})
const START = instant(Date.parse('2026-03-24T04:00:00Z'))
const NOW = instant(Date.parse('2026-03-24T12:10:05Z'))
const by = { id: 'test', name: 'ana', role: 'admin', lines: null } as const
const said = (name: string, equipment: string | null, body: object): Command => ({ name, at: NOW, line: 'L1', equipment, key: null, by, body }) as unknown as Command
const over = (from: string, to: string) => ({ from: `2026-03-24T${from}:00.000Z`, to: `2026-03-24T${to}:00.000Z`, reason: 'told wrong' })

/** A morning in which both machines stand now and then, the longest for twenty minutes. */
function lived(): Fold {
  const fold = new Fold(linePlans(config, 1).map((plan) => openLine(plan, null, [])))
  const made = [0, 0]
  for (let at = START; at < NOW; at = later(at, 10_000)) {
    const minute = Math.floor((at - START) / 60_000)
    for (const [i, equipment] of codes.entries()) {
      const running = (minute + 7 * i) % 53 > 20 ? true : minute % 53 < 3 || i === 1
      if (running) made[i]! += 4
      fold.tell('L1', { kind: 'sample', at, equipment, signals: { running, total_count: made[i]! } })
    }
    fold.beat(later(at, 500))
  }
  return fold
}

const MORNING = lived().replayed(START, NOW)

type Gateway = Awaited<ReturnType<typeof openGateway>>

/** The heart of a gateway after that morning. `beside`: corrections are worked out beside the line, and this happens before a turn hears of them. */
async function openGateway(t: Test, beside: ((gateway: Gateway, time: number) => Promise<void>) | null, thread?: URL) {
  const directory = folderOf(t)
  const clock = manualClock(NOW)
  const arrangement = arrangementOf(config, 1)
  const journal = await openJournal({ directory, clock, log: silentLog, groups: arrangement.groups, recorded: () => true, storage: { ...config.storage, ballast: 0 } })
  const { facts: told, rows, lines } = MORNING
  const { epoch } = journal.remembered
  const facts = told.map((fact, i) => ({ ...fact, epoch, seq: seq(i + 1) }))
  // Minutes that no turn has closed are in no journal.
  const closed = new Set([...lines.values()].flatMap(({ equipment, underWay }) => [...equipment.map(({ losses }) => losses.book), underWay.book].flatMap((book) => [...book.rows(instant(0), NOW)])))
  await journal.append({ number: 1, at: NOW, mono: mono(1), facts, scans: [], rows: rows.filter((row) => closed.has(row)), commands: [], snapshots: [] })
  const cycle = startCycle({
    clock, log: silentLog, cycleMs: config.gateway.cycle, arrangement, epoch, head: seq(facts.length), lastTurn: 1, lastAt: null, lines: [...lines.values()], rows: [], notes: [],
    // The clock is ours and the journal's thread is not: no turn waits for it, so that each comes at its own instant.
    journal: { append(turn) { void journal.append(turn); return Promise.resolve() } },
    announce: () => undefined, turned: () => undefined, broken: (fault) => { throw fault },
  })
  const workshop: PastWorkshop | undefined = beside === null ? undefined : startPastWorkshop({ directory, clock: systemClock, inForce: () => arrangement, flush: () => journal.flush(), ...thread === undefined ? {} : { thread } })
  let times = 0
  let turnsMeanwhile = 0
  const edit = editsOfPast({
    clock, cycle, journal, configOf: () => config,
    ...workshop === undefined ? {} : { workshop: { async workOut(...asked) {
      const turns = cycle.figures().turnsCount
      const worked = await workshop.workOut(...asked)
      await beside!(gateway, times++)
      turnsMeanwhile = cycle.figures().turnsCount - turns
      return worked
    } } },
  })
  /** Until it has come, however long the threads take; the clock stands, or goes on by so much at a time. */
  async function comes<T>(awaited: Promise<T>, byMs = 0): Promise<T> {
    let isHere = false
    const marked = awaited.finally(() => { isHere = true })
    marked.catch(() => undefined)
    while (!isHere) {
      await clock.advance(byMs)
      await moment(1)
    }
    return marked
  }
  const gateway = {
    clock, cycle, edit: (command: Command): Promise<Outcome> => comes(edit(command)),
    tell: (command: Command): Promise<Outcome> => comes(cycle.command(command)),
    times: () => times, turnsMeanwhile: () => turnsMeanwhile,
    passes: async (ms: number, running = true): Promise<void> => {
      for (let left = ms; left > 0; left -= 1_000) {
        const [group] = arrangement.groups
        cycle.scan({ group: group!.index, at: clock.now(), mono: clock.mono(), values: Float64Array.from(group!.tags.map(({ name }) => (name.endsWith('_run') ? Number(running) : 12_000 + Math.floor((clock.now() - NOW) / 500)))), qualities: new Uint8Array(group!.slots).fill(qualities.good), texts: new Map() })
        await clock.advance(1_000)
      }
    },
    async written() {
      await comes(journal.flush())
      const read: Fact[] = await journal.facts({ after: seq(facts.length), limit: 1_000 })
      return { facts: read.map(({ epoch: _epoch, ...fact }) => ('facts_to' in fact.body ? { ...fact, body: { ...fact.body, facts_to: null } } : fact)), rows: await journal.rowsWritten({ after: 0, limit: 100_000 }) }
    },
  }
  t.teardown(async () => {
    await workshop?.stop()
    await comes(cycle.stop(), 1)
    await comes(journal.close(), 1)
  })
  return gateway
}

const corrections: readonly (readonly [string, Command])[] = [
  ['a shift that was not', said('calendar_correct', null, { ...over('09:30', '12:00'), as: 'closed' })],
  ['hours that were worked before the shift', said('calendar_correct', null, { ...over('04:30', '06:00'), as: 'open' })],
  ['an ideal time', said('ideal_correct', 'FIL', { ...over('06:00', '12:00'), ideal_cycle_seconds: 1.7 })],
]
const tells = (what: string): Command => said('quality_report', 'FIL', { description: what, severity: 'low', parts: 1, reject_reason: null })

/** What happens before the turn that tells the correction, how often it is worked out for that, and after which of them. */
const between: readonly (readonly [string, number, (gateway: Gateway) => Promise<void>])[] = [
  ['the line goes on', 1, async ({ tell, passes }) => { await passes(4_000); await tell(tells('label skewed')); await passes(3_000) }],
  ['a minute ends', 2, async ({ passes }) => { await passes(58_000) }],
  ['a stop of then gets its reason', 2, async ({ cycle, tell }) => {
    const stop = given(cycle.lines().get('L1')!.stops.findLast(({ to, from }) => to !== null && from > Date.parse('2026-03-24T09:40:00Z') && from < Date.parse('2026-03-24T11:50:00Z')), 'a stop')
    await tell(said('stop_reason', stop.equipment, { stop_id: stop.id, reason: 'JAM' }))
  }],
]

for (const [n, [what, correction]] of corrections.entries()) for (const [why, times, happens] of n === 0 ? between : between.slice(0, 1)) {
  t.test(`${what}: ${why} in between`, async (t) => {
    const inTurn = await openGateway(t, null)
    await happens(inTurn)
    const expected = await inTurn.edit(correction)
    const beside = await openGateway(t, async (gateway, time) => { if (time === 0) await happens(gateway) })
    const outcome = await beside.edit(correction)
    if (isRefusal(expected) || isRefusal(outcome)) return void t.strictSame(outcome, expected)
    t.equal(beside.times(), times, 'worked out so often')
    t.equal(outcome.facts.length, expected.facts.length)
    const [was, is] = [await inTurn.written(), await beside.written()]
    t.strictSame(is.facts, was.facts, 'every fact')
    t.strictSame(is.rows, was.rows, 'every row')
    t.ok(was.facts.some(({ type }) => type === 'oee_recorded'))
  })
}

t.test('several corrections are told one after the other, each of what the one before made of the past', async (t) => {
  const told: (readonly object[])[] = []
  for (const beside of [null, async () => { /* nothing happens meanwhile */ }]) {
    const gateway = await openGateway(t, beside)
    await Promise.all(corrections.map(([, correction]) => gateway.edit(correction)))
    told.push((await gateway.written()).facts)
  }
  t.strictSame(told[1], told[0])
  t.equal(told[0]!.filter((fact) => 'type' in fact && (fact.type === 'calendar_corrected' || fact.type === 'ideal_corrected')).length, 3)
})

t.test('what cannot be corrected is told no, and leaves nothing', async (t) => {
  const gateway = await openGateway(t, () => Promise.resolve())
  for (const [correction, refused] of [
    [said('calendar_correct', null, { ...over('09:30', '12:09'), as: 'closed' }), 'PERIOD_NOT_OVER'],
    [said('calendar_correct', null, { ...over('09:30', '10:00'), as: 'calendar' }), 'NOTHING_TO_CORRECT'],
    [said('ideal_correct', 'PAL', { ...over('02:00', '10:00'), ideal_cycle_seconds: 1 }), 'PAST_FORGOTTEN'],
  ] as const) t.match(await gateway.edit(correction), { refused })
  t.strictSame((await gateway.written()).facts, [])
})

t.test('a thread that falls leaves nothing behind, and the line goes on', async (t) => {
  const gateway = await openGateway(t, () => Promise.resolve(), new URL('./falling-thread.js', import.meta.url))
  await t.rejects(gateway.edit(corrections[0]![1]), { message: 'the thread falls' })
  await gateway.passes(2_000)
  t.notOk(isRefusal(await gateway.tell(tells('still there'))))
  t.strictSame((await gateway.written()).facts.filter(({ type }) => type === 'calendar_corrected'), [])
})
