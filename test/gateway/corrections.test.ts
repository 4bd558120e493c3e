/** Corrections of the calendar on a gateway that goes on: over another configuration that took effect in the middle, and while the PLC speaks, links fall and people ask. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as moment } from 'node:timers/promises'
import t from 'tap'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, instant, later, mono, rfc3339, seq } from '../../src/base/units.js'
import type { Command } from '../../src/contract/commands.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import { type LossRow, timeLeaves } from '../../src/contract/losses.js'
import { openLine, snapshotOf } from '../../src/core/snapshot.js'
import { linePlans } from '../../src/core/time/plan.js'
import { openJournal } from '../../src/journal/journal.js'
import { replayRecording } from '../../src/replay/recording.js'
import { factsText } from '../../src/replay/report.js'
import { Fold } from '../../src/replay/replay.js'
import { arrangementOf } from '../../src/turn/arrangement.js'
import { START, config, make, openGateway, written } from './open-gateway.js'

t.setTimeout(600_000)

const ENHANCED = '/api/v1/enhanced'
const correct = `${ENHANCED}/lines/L1/calendar-correction`
const at = (minute: number) => later(START, minute * 60_000)

/** What rows add up to, minute by minute of a leaf. */
const sumOf = (rows: readonly LossRow[]) => {
  const sum = { good: 0, off: 0, ...Object.fromEntries(timeLeaves.map((leaf) => [leaf, 0])) } as Record<string, number>
  for (const { ms, parts } of rows) {
    for (const leaf of timeLeaves) sum[leaf]! += ms[leaf] / 1_000
    sum['good']! += parts.good
    sum['off']! += parts.off_schedule
  }
  return Object.fromEntries(Object.entries(sum).filter(([, value]) => value !== 0))
}

t.test('another calendar and ideal time are applied while it works, and a correction goes over the change: each side by its own rules, in the rows too, at a start, and in a replay to the byte', async (t) => {
  const directory = t.testdir()
  let gateway = await openGateway(directory)
  // By it a replay knows which configuration was in force first.
  gateway.cycle.note({ type: 'gateway_started', at: START, line: null, equipment: null, body: { version: '0.0.0', config: 1, previous_epoch: null, last_seen: null, clean: true } })
  const makes = () => { make(gateway.plc, 5) }
  await gateway.runs(1)
  await gateway.runs(60, makes)
  // From 13:41 on there is a break from 13:45 to 13:50, and the product takes longer.
  const changed = {
    ...written, products: [{ code: '1', ideal_cycle: { FIL: '4s', PAL: '2s' } }, written.products[1]],
    calendars: { day: { day_start: '06:00', shifts: [{ name: 'early', start: '06:00', end: '14:00', breaks: [{ start: '13:45', end: '13:50', name: 'short' }] }, { name: 'late', start: '14:00', end: '22:00' }] } },
  }
  t.match(await gateway.apply(changed), { applied: 2 })
  await gateway.runs(36, makes)
  // It stands for two minutes of the break and two after it.
  await gateway.runs(24, () => { Object.assign(gateway.plc, { f_run: 0, p_run: 0 }) })
  await gateway.runs(30, makes)
  const rows = async () => ({ before: sumOf(await gateway.rows('FIL', at(5), at(10))), in: sumOf(await gateway.rows('FIL', at(15), at(20))), after: sumOf(await gateway.rows('FIL', at(20), at(24))) })
  const was = await rows()
  t.match(was.before, { running: 300, good: 150 }, 'the minutes before the change know nothing of it')
  t.same(was.in['schedule_loss'], 220, 'the break that came, but for what ran in it')
  const ideals = async (from: number, to: number) => [...new Set((await gateway.rows('FIL', at(from), at(to))).filter(({ ms }) => ms.running > 0).map(({ idealMs }) => idealMs))]
  t.strictSame([await ideals(1, 10), await ideals(11, 14)], [[2_000], [4_000]])

  const said = { from: rfc3339(at(5)), to: rfc3339(at(18)), as: 'closed', reason: 'fire drill' }
  t.match(await gateway.ask(correct, said), { status: 201, data: { correction: { revision: 1, previous: [{ as: 'open' }, { as: 'break' }] } } })
  const closed = await rows()
  t.same(closed.before, { off: 150, schedule_loss: 300 })
  t.same(closed.after, was.after, 'what is not spoken of stays')
  t.same(await ideals(1, 5), [2_000])
  t.match(await gateway.ask(correct, { ...said, from: rfc3339(at(12)), to: rfc3339(at(20)), as: 'open' }), { status: 201, data: { correction: { revision: 2 } } })
  const open = await rows()
  t.equal(open.in['schedule_loss'], undefined, 'no break any more')
  t.equal((open.in['unplanned'] ?? 0) + (open.in['micro_stop'] ?? 0) + (open.in['running'] ?? 0), 300)
  t.strictSame(await ideals(12, 14), [4_000], 'each part is worth what it was under the configuration of then')

  const explained = async (of: string) => (await gateway.ask(`/api/v1/explain/${of}/oee?from=${rfc3339(at(1))}&to=${rfc3339(at(24))}`)).data as { readonly oee: { readonly times: object; readonly counts: object } }
  const figures = { filler: await explained('equipment/FIL'), line: await explained('lines/L1') }
  const { totals } = (await gateway.ask(`${ENHANCED}/oee/equipment/FIL/oee-performance-report?start_date=${rfc3339(at(1))}&end_date=${rfc3339(at(24))}`)).data as { readonly totals: { readonly times: object; readonly counts: object } }
  t.strictSame([totals.times, totals.counts], [figures.filler.oee.times, figures.filler.oee.counts], 'a report adds up the rows that the explanation finds in the facts')
  await gateway.runs(18, makes)
  const [known, told, now] = [await rows(), await gateway.desk.facts({ limit: 1_000 }), gateway.clock.now()]
  const { configOf } = gateway
  await gateway.close()
  const replayed = await replayRecording(configOf, join(directory, 'journal'), { from: START, to: later(now, 60_000) })
  t.ok(factsText(replayed.facts.slice(0, told.length)) === factsText(told), 'a replay tells the same, to the byte')
  gateway = await openGateway(directory, now)
  t.strictSame([await explained('equipment/FIL'), await explained('lines/L1')], [figures.filler, figures.line], 'a start finds what was told')
  t.match(await gateway.ask(correct, { ...said, from: rfc3339(at(5)), to: rfc3339(at(20)), as: 'calendar' }), { status: 201 })
  t.strictSame([known.in['schedule_loss'], (await rows()).before, (await rows()).in, (await rows()).after], [undefined, was.before, was.in, was.after], 'taken back, also after the start')
  await gateway.close()
})

/** Hours in which both machines made a part every two seconds, and stood now and then, as a gateway would have written them down. */
async function lived(directory: string, from: Instant, to: Instant): Promise<void> {
  const fold = new Fold(linePlans(config, 1).map((plan) => openLine(plan, null, [])))
  for (let when = from; when <= to; when = later(when, 20_000)) {
    const read = (when - from) / 20_000
    for (const [i, equipment] of ['FIL', 'PAL'].entries()) fold.tell('L1', { kind: 'sample', at: later(when, i), equipment, signals: { running: (Math.floor(read / 9) + i) % 17 !== 0, total_count: read * 10, reject_count: 0, product: 1 } })
    fold.beat(later(when, 100))
  }
  const { facts: told, rows, lines } = fold.replayed(from, to)
  const { groups } = arrangementOf(config, 1)
  mkdirSync(join(directory, 'journal'), { recursive: true })
  const journal = await openJournal({ directory: join(directory, 'journal'), clock: systemClock, log: silentLog, groups, recorded: () => true, storage: config.storage })
  const facts = told.map((fact, n) => ({ ...fact, epoch: journal.remembered.epoch, seq: seq(n + 1) }))
  await journal.append({ number: 1, at: to, mono: mono(1), facts, scans: [], rows, commands: [], snapshots: [...lines].map(([line, known]) => ({ line, seq: seq(facts.length), at: to, state: snapshotOf(known) })) })
  await journal.close()
}

t.test('what the PLC says, a link that falls and what people ask while a correction is worked out is neither lost nor booked elsewhere, and done once', async (t) => {
  const directory = t.testdir()
  const [from, to] = [later(START, -6 * 3_600_000), later(START, -5 * 60_000)]
  await lived(directory, from, to)
  const gateway = await openGateway(directory)
  const { cycle, clock, plc, desk } = gateway
  const made = (parts: number) => { plc.f_total += parts; plc.p_total += parts }
  Object.assign(plc, { f_run: 1, p_run: 1, f_total: 10_000, p_total: 10_000 })
  await gateway.runs(12, () => { made(3) })
  const by = { id: 'ana', name: 'ana', role: 'admin', lines: null } as const
  const tells = (command: object) => desk.tell({ at: clock.now(), line: 'L1', equipment: 'FIL', key: null, by, ...command } as Command)
  const link = (up: boolean) => { cycle.link({ plc: 'plc', at: clock.now(), mono: clock.mono(), up, fault: up ? null : 'PLC_TIMEOUT' }) }
  const order = () => tells({ name: 'job_create', key: 'once', body: { job_id: 'J1', quantity: 100 } })
  const start = { turns: cycle.figures().turnsCount, at: clock.now(), total: plc.f_total }
  const secondsAt = (when: Instant) => (when - start.at) / 1_000

  let isOver = false
  const corrected = tells({ name: 'calendar_correct', equipment: null, body: { from: rfc3339(later(from, 3_600_000)), to: rfc3339(later(to, -600_000)), as: 'closed', reason: 'nobody came' } }).finally(() => { isOver = true })
  // It reads the past, and then works in one turn that puts its work down between portions: minutes pass for the plant meanwhile.
  let [turns, silent]: [number, number] = [start.turns, 0]
  let [lost, fell, back]: [Instant, Instant, Instant] = [start.at, start.at, start.at]
  const asked: ReturnType<typeof tells>[] = []
  while (!isOver) {
    if (silent > 12) {
      await gateway.comes(moment(1))
      continue
    }
    await clock.advance(10_000 - (clock.now() % 10_000))
    // An ordinary turn is over by then.
    await moment(10)
    const isSilent = cycle.figures().turnsCount === turns
    turns = cycle.figures().turnsCount
    if (isSilent) silent++
    else continue
    if (silent === 3) { gateway.blind(true); link(false); fell = clock.now() }
    if (silent === 9) { gateway.blind(false); link(true); back = clock.now() }
    if (silent < 3) lost = clock.now()
    made(3)
    gateway.read()
    if (silent === 5) asked.push(order(), order())
  }
  t.match(await corrected, { facts: [{ type: 'calendar_corrected' }] })
  t.ok(silent > 12, `${silent} readings came while no turn was taken`)
  const answers = await gateway.comes(Promise.all(asked))
  await gateway.runs(13, () => { made(3) })

  const told = await desk.facts({ limit: 10_000 })
  const now = clock.now()
  // What waited for the end of its minute is written down by the end of the gateway.
  await gateway.close()
  const again = await openGateway(directory, now)
  const facts = await again.desk.facts({ limit: 10_000 })
  t.strictSame(facts.slice(0, told.length), told, 'a start finds the same')
  const since = <T extends Fact['type']>(type: T) => facts.filter((fact): fact is Extract<Fact, { type: T }> => fact.type === type && fact.at > start.at)
  t.equal(since('job_created').length, 1, 'the command was done once')
  // A minute may end with it, and with that what waited for its end.
  t.strictSame(answers.map((answer) => ('facts' in answer ? answer.facts.filter(({ type }) => type === 'job_created').length : answer)), [1, 1], 'and both hear of it')
  const states = since('state_changed').filter(({ equipment }) => equipment === 'FIL').map(({ at: when, body: { state } }) => [state, secondsAt(when)])
  t.strictSame(states, [['unknown', secondsAt(lost)], ['running', secondsAt(back)]], 'it is blind from the last good reading to the next')
  t.strictSame(since('plc_connection_status').map(({ at: when, body: { connected } }) => [connected, secondsAt(when)]), [[false, secondsAt(fell)], [true, secondsAt(back)]])
  const records = since('count_recorded').filter(({ equipment }) => equipment === 'FIL')
  const sum = (of: (body: (typeof records)[number]['body']) => number) => records.reduce((all, { body }) => all + of(body), 0)
  t.equal(sum(({ total }) => total), plc.f_total - start.total, 'each part once')
  t.equal(sum(({ recovered }) => recovered), 7 * 3, 'those that nobody saw are found by the counter')
  const rows = await again.rows('FIL', instant(Math.floor(start.at / 60_000) * 60_000), now)
  t.equal(rows.reduce((ms, row) => ms + row.ms.no_data, 0), back - lost, 'and the blind time is a leaf of its own')
  await again.close()
})
