import fc from 'fast-check'
import t from 'tap'
import { limits } from '../../../src/base/limits.js'
import { type Instant, instant, rfc3339 } from '../../../src/base/units.js'
import type { StateClass } from '../../../src/contract/config.js'
import type { BodyOf, Draft } from '../../../src/contract/events/catalogue.js'
import { type LossSums, type PartLeaves, type TimeLeaf, partLeaves, timeLeaves } from '../../../src/contract/losses.js'
import { type Losses, applyLosses, initialLosses, knownFrom, maskAt, replayed } from '../../../src/core/losses/losses.js'
import type { LinePlan } from '../../../src/core/time/plan.js'
import { slicesOf } from '../../../src/core/losses/slices.js'
import { addSums, sumRows } from '../../../src/core/losses/sums.js'
import { Machine, planOf, reason, time } from '../../support/machine.js'
import { cases } from '../../support/cases.js'

const MINUTE = 60_000
const shiftsWithBreak = (breaks: string) => ({ day_start: '06:00', breaks, shifts: [
  { name: 'early', start: '06:00', end: '14:00', breaks: [{ start: '10:00', end: '10:30' }] }, { name: 'late', start: '14:00', end: '22:00' },
] })

/** Minutes by leaf, without the empty ones. */
const minutes = (sums: LossSums): Partial<Record<TimeLeaf, number>> =>
  Object.fromEntries(timeLeaves.flatMap((leaf) => sums.ms[leaf] === 0 ? [] : [[leaf, sums.ms[leaf] / MINUTE]]))
const partsOf = (sums: LossSums): Partial<PartLeaves> =>
  Object.fromEntries(partLeaves.flatMap((leaf) => {
    const count = sums.products.reduce((sum, product) => sum + product[leaf], 0)
    return count === 0 ? [] : [[leaf, count]]
  }))
const total = (sums: LossSums): number => timeLeaves.reduce((sum, leaf) => sum + sums.ms[leaf], 0)

/* ── micro-stops ─────────────────────────────────────────────────────────────────────────────── */

t.test('a short jam is a micro-stop; one that grows is a stop from its first second on, and its rows say so anew', async (t) => {
  const machine = new Machine(planOf({ machine: { micro_stop: '120s' } })).state('05:00', 'running')
  machine.stop('L1-S1', '06:10', '06:10:40').until('06:20')
  t.match(minutes(machine.sums('06:00', '06:20')), { running: 20 - 40 / 60, micro_stop: 40 / 60 })

  machine.state('06:20', 'faulted').until('06:21:59')
  t.match(minutes(machine.sums('06:20', '06:21:59')), { micro_stop: 119 / 60 }, 'provisional while it is young')
  t.match(machine.written.at(-1), { minute: time('06:20'), ms: { micro_stop: MINUTE }, revision: 0 })
  const before = machine.written.length
  machine.until('06:22')
  t.strictSame(minutes(machine.sums('06:20', '06:22')), { unplanned: 2 }, 'grown')
  t.match(machine.written.slice(before), [{ minute: time('06:20'), ms: { micro_stop: 0, unplanned: MINUTE }, revision: 1 }])
})

t.test('a live figure does not wait for the turn that writes the rows', async (t) => {
  const machine = new Machine(planOf()).state('05:00', 'running').state('06:00:30', 'faulted').until('06:02:10')
  t.strictSame(minutes(machine.sums('06:01', '06:02:10')), { micro_stop: 70 / 60 })
  t.strictSame(minutes(machine.sums('06:01', '06:02:30')), { unplanned: 1.5 }, 'the closed minute has grown with it')
  machine.state('06:01', 'running')
  t.strictSame(minutes(machine.sums('06:00', '06:02:30')), { running: 2, micro_stop: 0.5 }, 'and a fact that is dated back counts at once')
})

t.test('a stop that a shift, an hour or a window cuts is still judged by its full length', async (t) => {
  const machine = new Machine(planOf({ calendar: shiftsWithBreak('yield_to_run') })).state('06:00', 'running').stop('L1-S1', '13:59:30', '14:05').until('15:00')
  t.strictSame(minutes(machine.sums('13:59', '14:00')), { unplanned: 0.5, running: 0.5 }, 'half a minute of it in the early shift')
  t.strictSame(minutes(machine.sums('14:00', '14:05')), { unplanned: 5 })
})

t.test('equipment that only counts has a threshold of some cycles', async (t) => {
  const machine = new Machine(planOf({ machine: { ideal_cycle: '5m', state: { from: 'counts', stop_factor: 6 } } })).state('05:00', 'running')
  machine.state('06:00', 'stopped').until('06:20')
  t.strictSame(minutes(machine.sums('06:00', '06:20')), { micro_stop: 20 }, 'of a cycle of five minutes')
  machine.until('06:25')
  t.strictSame(minutes(machine.sums('06:00', '06:25')), { unplanned: 25 })
})

/* ── breaks and shifts ───────────────────────────────────────────────────────────────────────── */

t.test('a break, by policy: the machine stands, runs through, or overruns it', async (t) => {
  for (const [policy, stands, runs] of [
    ['yield_to_run', { schedule_loss: 30 }, { running: 30 }],
    ['strict', { schedule_loss: 30 }, { schedule_loss: 30 }],
    ['count', { planned: 30 }, { running: 30 }],
  ] as const) {
    const plan = planOf({ calendar: shiftsWithBreak(policy) })
    const standing = new Machine(plan).state('06:00', 'running').stop('L1-S1', '09:58', '10:35').until('11:00')
    t.strictSame(minutes(standing.sums('10:00', '10:30')), stands, `${policy}, it stands`)
    t.strictSame(minutes(standing.sums('09:58', '10:00')), { unplanned: 2 }, 'the team left early')
    t.strictSame(minutes(standing.sums('10:30', '10:35')), { unplanned: 5 }, 'the overrun is an ordinary stop')
    const running = new Machine(plan).state('06:00', 'running').until('11:00')
    t.strictSame(minutes(running.sums('10:00', '10:30')), runs, `${policy}, it runs`)
    t.equal(maskAt(running.losses, time('10:10'), plan), policy === 'strict' ? 'off_schedule' : 'planned', 'and its parts with it')
    t.equal(maskAt(standing.losses, time('10:10'), plan), policy === 'count' ? 'planned' : 'off_schedule')
  }
})

t.test('outside shifts nothing is a loss, and parts made there stay outside A, P and Q', async (t) => {
  const machine = new Machine(planOf({ calendar: shiftsWithBreak('yield_to_run') })).state('04:00', 'running')
  machine.count('05:00', '05:01', { good: 10, off_schedule: 10 }).count('06:00', '06:01', { good: 50, reject: 2 }).until('07:00')
  t.strictSame(minutes(machine.sums('05:00', '07:00')), { schedule_loss: 60, running: 60 })
  t.strictSame(partsOf(machine.sums('05:00', '07:00')), { good: 50, production_reject: 2, off_schedule: 10 })
  t.match(machine.oee('05:00', '06:00'), { oee: null, counts: { off_schedule: 10, total: 0 } })
})

/* ── why it stands ───────────────────────────────────────────────────────────────────────────── */

t.test('the leaf of a standstill by its state, its reason, and whether there is a job', async (t) => {
  const auto = { source: 'auto', by: null } as const
  for (const [what, state, why, job, noOrder, leaf] of [
    ['nobody says why', 'stopped', null, true, 'unplanned', 'unplanned'],
    ['a fault', 'faulted', null, true, 'unplanned', 'unplanned'],
    ['starved', 'starved', null, true, 'unplanned', 'external'],
    ['blocked', 'blocked', null, true, 'unplanned', 'external'],
    ['idle', 'idle', null, true, 'unplanned', 'external'],
    ['maintenance', 'maintenance', null, true, 'unplanned', 'planned'],
    ['setup', 'setup', null, true, 'unplanned', 'changeover'],
    ['a changeover by the PLC', 'changeover', null, true, 'unplanned', 'changeover'],
    ['a planned reason', 'stopped', reason('planned'), true, 'unplanned', 'planned'],
    ['a changeover by reason', 'stopped', reason('changeover'), true, 'unplanned', 'changeover'],
    ['no material', 'stopped', reason('unplanned', { external: true }), true, 'unplanned', 'external'],
    ['an excluded reason with a job', 'stopped', reason('excluded'), true, 'unplanned', 'schedule_loss'],
    ['an excluded reason without a job', 'stopped', reason('excluded'), false, 'unplanned', 'no_order'],
    ['no job, which is a loss', 'idle', null, false, 'unplanned', 'external'],
    ['no job, which is none', 'idle', null, false, 'excluded', 'no_order'],
    ['stopped without a job, which is none', 'stopped', null, false, 'excluded', 'no_order'],
    ['waiting for a neighbour without a job', 'stopped', reason('unplanned', { ...auto, external: true }), false, 'excluded', 'no_order'],
    ['a jam by its fault bit, also without a job', 'stopped', reason('unplanned', auto), false, 'excluded', 'unplanned'],
    ['a breakdown is one, also without a job', 'faulted', null, false, 'excluded', 'unplanned'],
    ['a person\'s reason is one, also without a job', 'stopped', reason('unplanned'), false, 'excluded', 'unplanned'],
    ['the controls guess a fault in a changeover', 'changeover', reason('unplanned', auto), true, 'unplanned', 'changeover'],
    ['a person says it was one', 'changeover', reason('unplanned'), true, 'unplanned', 'unplanned'],
  ] as const) {
    const machine = new Machine(planOf({ machine: { no_order: noOrder } })).state('05:00', 'running')
    if (job) machine.job('05:00', 'J1')
    machine.stop('L1-S1', '06:00', '06:10', why, state).until('07:00')
    t.strictSame(minutes(machine.sums('06:00', '06:10')), { [leaf]: 10 }, what)
    t.equal(total(machine.sums('06:00', '06:10')), 10 * MINUTE)
  }
})

t.test('a short stop is a micro-stop whoever caused it, unless it is planned or excluded', async (t) => {
  for (const [state, why, leaf] of [
    ['starved', null, 'micro_stop'], ['faulted', null, 'micro_stop'], ['stopped', reason('unplanned'), 'micro_stop'],
    ['stopped', reason('planned'), 'planned'], ['stopped', reason('excluded'), 'no_order'], ['changeover', null, 'changeover'],
  ] as const) {
    const machine = new Machine(planOf()).state('05:00', 'running').stop('L1-S1', '06:00', '06:01', why, state).until('07:00')
    t.strictSame(minutes(machine.sums('06:00', '06:01')), { [leaf]: 1 })
  }
})

t.test('a reason that comes late rebuilds the rows of its stop, and only those; taking it back restores them', async (t) => {
  const machine = new Machine(planOf()).state('05:00', 'running').job('05:00', 'J1').stop('L1-S1', '06:00:30', '06:09').until('08:00')
  const before = machine.sums('05:00', '08:00')
  const written = machine.written.length
  machine.explain('08:00', 'L1-S1', '06:00:30', '06:09', reason('excluded')).until('08:00:01')
  const changed = machine.written.slice(written)
  t.equal(changed.length, 9)
  t.ok(changed.every((row) => row.minute >= time('06:00') && row.minute < time('06:09') && row.revision === 1))
  t.strictSame(minutes(machine.sums('06:00', '06:10')), { schedule_loss: 8.5, running: 1.5 })
  t.equal(total(machine.sums('05:00', '08:00')), total(before), 'all time is still there')

  machine.explain('08:01', 'L1-S1', '06:00:30', '06:09', null).until('08:01:01')
  t.strictSame(machine.sums('05:00', '08:00'), before)
  t.strictSame(machine.journalSums('05:00', '07:59'), machine.sums('05:00', '07:59'), 'the journal agrees')
})

t.test('a stop that is split keeps the class of the whole, and merged again is what it was', async (t) => {
  const machine = new Machine(planOf()).state('05:00', 'running').stop('L1-S1', '06:00', '06:10').until('07:00')
  const before = machine.sums('06:00', '07:00')
  const edit = (change: 'split' | 'merge', to: string): Machine => machine.tell(time('07:00'), 'downtime_updated', {
    stop_id: 'L1-S1', revision: 1, change, reason: null, cause: null, from: rfc3339(time('06:00')), to: rfc3339(time(to)),
    merged: change === 'merge' ? 'L1-S2' : null, split_off: change === 'split' ? 'L1-S2' : null, note: null, by: 'ana',
  })
  edit('split', '06:01').until('07:00:01')
  t.strictSame(machine.sums('06:00', '07:00'), before, 'a minute of ten is no micro-stop')
  machine.explain('07:00', 'L1-S2', '06:01', '06:10', reason('planned')).until('07:00:02')
  t.strictSame(minutes(machine.sums('06:00', '06:10')), { unplanned: 1, planned: 9 })
  edit('merge', '06:10').until('07:00:03')
  t.strictSame(machine.sums('06:00', '07:00'), before)
})

/* ── blind time ──────────────────────────────────────────────────────────────────────────────── */

t.test('blind time by policy, and a planned exclusion before it', async (t) => {
  for (const [policy, leaf] of [['exclude', 'no_data'], ['stop', 'unplanned'], ['hold', 'running']] as const) {
    const machine = new Machine(planOf({ calendar: shiftsWithBreak('strict'), machine: { no_data: policy } }))
    machine.state('06:00', 'running').state('09:00', 'unknown').state('11:00', 'running').until('12:00')
    t.strictSame(minutes(machine.sums('09:00', '11:00')), { [leaf]: 90, schedule_loss: 30 }, policy)
    t.equal(machine.oee('08:00', '12:00').coverage, policy === 'exclude' ? 1 - 90 / 210 : 1)
    t.equal(maskAt(machine.losses, time('09:30'), machine.plan), policy === 'exclude' ? 'recovered' : 'planned')
  }
})

t.test('before the first word of a machine nobody knows anything, whatever the policy', async (t) => {
  const machine = new Machine(planOf({ machine: { no_data: 'stop' } })).state('07:00:30', 'running').until('08:00')
  t.strictSame(minutes(machine.sums('06:00', '08:00')), { no_data: 60.5, running: 59.5 })
  t.equal(knownFrom(machine.losses), time('07:00'))
})

t.test('blindness is dated back to the last good read: closed minutes are cut again, parts found later stay outside', async (t) => {
  const machine = new Machine(planOf()).state('05:00', 'running').until('06:10')
  machine.state('06:05:30', 'unknown').until('06:20')
  t.strictSame(minutes(machine.sums('06:00', '06:20')), { running: 5.5, no_data: 14.5 })
  t.match(machine.written.find((row) => row.minute === time('06:06') && row.revision === 1), { ms: { no_data: MINUTE, running: 0 } })
  machine.state('06:20', 'running').count('06:05:30', '06:20', { good: 900, recovered: 900 }).until('06:30')
  t.strictSame(partsOf(machine.sums('06:00', '06:30')), { recovered: 900 })
  t.match(machine.oee('06:00', '06:30').counts, { total: 0, recovered: 900 })
})

t.test('a stop that lasts through blindness is one stop', async (t) => {
  const machine = new Machine(planOf()).state('05:00', 'running').state('06:00', 'stopped')
  machine.tell(time('06:00'), 'downtime_event', { stop_id: 'L1-S1', state: 'stopped', reason: null, cause: null, job_id: null, product: null, shift: null })
  machine.state('06:01', 'unknown').state('06:10', 'stopped').until('06:11')
  t.strictSame(minutes(machine.sums('06:00', '06:11')), { unplanned: 2, no_data: 9 }, 'neither minute is a micro-stop')
})

/* ── jobs, products, parts ───────────────────────────────────────────────────────────────────── */

t.test('a changeover within a job that then goes on stays its own; of one that the PLC alone names, the product that comes has it', (t) => {
  const began = { from_product: null, to_product: null, to_job_id: null, standard_seconds: null, by: 'plc' }
  const ended = { from_product: null, to_product: null, lasted_seconds: 900, excess_seconds: 0, by: 'plc' }
  const changed = (machine: Machine, from: string, to: string) =>
    machine.tell(time(from), 'changeover_started', began).state(from, 'changeover').tell(time(to), 'changeover_completed', ended).state(to, 'running')

  const within = changed(new Machine(planOf()).state('05:00', 'running').job('05:00', 'J1', 'A'), '05:30', '05:45').jobDone('07:00').job('07:00', 'J2', 'B').until('08:00')
  t.strictSame(minutes(within.sums('05:00', '08:00', { job: 'J1' })), { running: 105, changeover: 15 }, 'it made more of the same')
  const late = changed(new Machine(planOf()).state('05:00', 'running').job('05:00', 'J1', 'A'), '05:30', '05:45').jobDone('05:46').job('05:46', 'J2', 'B').until('06:00')
  t.strictSame(minutes(late.sums('05:00', '06:00', { job: 'J2' })), { changeover: 15, running: 14 }, 'somebody named the next job a minute late')

  const named = (machine: Machine, at: string, product: string, previous: string | null) => machine.tell(time(at), 'product_changed', { product, previous, job_id: null })
  const plc = named(changed(named(new Machine(planOf()).state('05:00', 'running'), '05:00', 'A', null), '05:30', '05:45'), '05:45', 'B', 'A').until('06:00')
  t.strictSame(minutes(plc.sums('05:00', '06:00', { product: 'B' })), { changeover: 15, running: 15 })
  const cleaned = named(changed(named(new Machine(planOf()).state('05:00', 'running'), '05:00', 'A', null), '05:30', '05:45'), '07:00', 'B', 'A').until('07:30')
  t.strictSame(minutes(cleaned.sums('05:00', '07:30', { product: 'A' })), { changeover: 15, running: 105 }, 'the same product was made after it')
  t.end()
})

t.test('a changeover belongs to the incoming job, and jobs with no job make the machine', async (t) => {
  const machine = new Machine(planOf()).state('05:00', 'running').job('05:00', 'J1', 'A').jobDone('06:00')
  machine.tell(time('06:05'), 'changeover_started', { from_product: 'A', to_product: null, to_job_id: null, standard_seconds: null, by: 'ana' })
  machine.state('06:05', 'changeover').until('06:20')
  t.strictSame(minutes(machine.sums('06:00', '06:20', { job: null })), { running: 5, changeover: 15 }, 'nobody knows yet what comes')
  machine.state('06:20', 'running').tell(time('06:20'), 'changeover_completed', { from_product: 'A', to_product: null, lasted_seconds: 900, excess_seconds: 0, by: 'ana' })
  machine.job('06:25', 'J2', 'B').until('07:00')
  t.strictSame(minutes(machine.sums('05:00', '07:00', { job: 'J1' })), { running: 60 })
  t.strictSame(minutes(machine.sums('05:00', '07:00', { job: 'J2' })), { changeover: 15, running: 35 })
  t.strictSame(minutes(machine.sums('05:00', '07:00', { job: null })), { running: 10 })
  t.strictSame(addSums(['J1', 'J2', null].map((job) => machine.sums('05:00', '07:00', { job }))), machine.sums('05:00', '07:00'))
  t.strictSame(machine.journalSums('05:00', '06:59'), machine.sums('05:00', '06:59'))
})

t.test('a job that pauses leaves its time to no job until it goes on', async (t) => {
  const machine = new Machine(planOf({ products: [{ code: 'A', ideal_cycle: { M1: '2s' } }] })).state('05:00', 'running').job('05:00', 'J1', 'A')
  machine.tell(time('06:00'), 'job_paused', { job_id: 'J1', by: 'ana', reason: null }).tell(time('06:10'), 'job_resumed', { job_id: 'J1', by: 'ana' }).until('07:00')
  t.strictSame(minutes(machine.sums('05:00', '07:00', { job: 'J1' })), { running: 110 })
  t.strictSame(minutes(machine.sums('05:00', '07:00', { product: 'A' })), { running: 120 }, 'the machine stays set up')
})

t.test('two products in one hour are worth their own ideal times', async (t) => {
  const machine = new Machine(planOf({ products: [{ code: 'A', ideal_cycle: { M1: '1s' } }, { code: 'B', ideal_cycle: { M1: '3s' } }] })).state('05:00', 'running')
  machine.job('05:00', 'J1', 'A').count('05:59', '06:00', { good: 60 }).count('06:00', '06:00:30', { good: 20, reject: 10 })
  machine.job('06:00:30', 'J2', 'B').count('06:00:30', '06:01', { good: 10, idealSeconds: 3 }).until('06:10')
  const oee = machine.oee('06:00', '06:01')
  t.equal(oee.times.fully_productive, 50)
  t.equal(oee.quality, 50 / 60, 'weighted by ideal time')
  t.equal(oee.ideal_cycle_seconds, null)
  t.equal(machine.sums('06:00', '06:01').products.length, 2)
  t.equal([...machine.journal.values()].filter((row) => row.minute === time('06:00')).length, 2, 'one row a job')
})

t.test('parts stand in the minutes in which they can have been made', async (t) => {
  const machine = new Machine(planOf({ calendar: shiftsWithBreak('yield_to_run') })).state('05:00', 'running')
  machine.stop('L1-S1', '06:01', '06:04').count('06:00:00.1', '06:05:00.1', { good: 120, reject: 3, startup_reject: 1 }).until('06:10')
  const made = (minute: string): number => partsOf(machine.sums(minute, instant(time(minute) + MINUTE))).good ?? 0
  t.strictSame(['06:00', '06:01', '06:02', '06:03', '06:04', '06:05'].map(made), [60, 0, 0, 0, 60, 0], 'not while it stood, and none for a tenth of a second')
  t.strictSame(partsOf(machine.sums('06:00', '06:10')), { good: 120, startup_reject: 1, production_reject: 2 })

  machine.count('13:59:59.9', '14:00:00.1', { good: 1 }).until('14:10')
  machine.tell(time('13:58'), 'count_recorded', { ...(machine.facts.at(-1)!.body as BodyOf<'count_recorded'>), from: rfc3339(time('13:57')), shift: '2026-06-01/early' })
  machine.tell(time('15:00'), 'counts_corrected', { good: -3, reject: 3, reason: 'found damaged', by: 'ana', job_id: null, shift: '2026-06-01/early', reject_reason: null }).until('15:10')
  t.match(partsOf(machine.sums('13:59', '14:00')), { good: -3, production_reject: 3 }, 'a correction stands at the end of the shift it speaks of')
  t.match(machine.oee('13:59', '14:00').warnings, ['negative_good'])
})

t.test('a window that cuts a minute takes its share of the parts, so that a rolling hour is not slower than the machine', async (t) => {
  const machine = new Machine(planOf()).state('05:00', 'running').stop('L1-S1', '06:00', '06:00:30')
  machine.count('06:00', '06:01', { good: 30 }).until('06:10')
  const good = (from: string, to: string) => partsOf(machine.sums(from, to)).good ?? 0
  t.strictSame([good('06:00', '06:00:45'), good('06:00:45', '06:01'), good('06:00:15', '06:10')], [22, 8, 23])
  machine.job('06:10:30', 'J1').count('06:10:30', '06:10:40', { good: 10 })
  t.equal(good('06:10:30', '06:10:40'), 10, 'parts of a job that began in this minute are live at once')
})

t.test('an ideal time that a new configuration changes holds from then on', async (t) => {
  const machine = new Machine(planOf({ machine: { ideal_cycle: '1s' } })).state('05:00', 'running').job('05:00', 'J1').until('06:00')
  const slower = planOf({ machine: { ideal_cycle: '2s' } })
  const applied: Draft = { type: 'config_applied', at: time('06:00'), line: null, equipment: null, body: { version: 2, previous: 1, hash: '', by: 'ana', changes: [] } }
  const losses = applyLosses(machine.losses, applied, slower)
  const slices = slicesOf(losses.timeline, time('05:30'), time('06:30'), time('06:30'), slower, slower.equipment.get('M1')!)
  t.strictSame(slices.map((slice) => [slice.idealMs, (slice.to - slice.from) / MINUTE]), [[1_000, 30], [2_000, 30]])
})

/* ── clocks, restarts, bounds ────────────────────────────────────────────────────────────────── */

t.test('a wall clock that steps makes no time and doubles none', async (t) => {
  const step = (machine: Machine, before: string, after: string): Machine => machine.tell(time(before), 'clock_stepped', {
    by_seconds: (time(after) - time(before)) / 1_000, before: rfc3339(time(before)), after: rfc3339(time(after)),
  })
  const forward = step(new Machine(planOf()).state('05:00', 'running').until('06:00'), '06:00', '06:30').until('07:00')
  t.strictSame(minutes(forward.sums('05:30', '07:00')), { running: 60, no_data: 30 }, 'nobody lived the half hour between')
  const back = step(new Machine(planOf()).state('05:00', 'running').until('06:30'), '06:30', '06:00').state('06:10', 'stopped').until('06:40')
  t.strictSame(minutes(back.sums('05:30', '06:40')), { running: 40, unplanned: 30 })
  t.strictSame(minutes(back.journalSums('05:30', '06:39')), { running: 40, unplanned: 29 })
})

t.test('three months in the cupboard come back as blind time, some hours a turn', async (t) => {
  const machine = new Machine(planOf()).state('05:00', 'running').until('05:10').state('05:10', 'unknown')
  const { losses } = machine
  machine.until('2026-08-31T00:00:00Z')
  t.equal(machine.journal.size, (time('2026-08-31T00:00:00Z') - limits.lossRowSettleMs - time('05:00')) / MINUTE | 0)
  t.ok(machine.losses.book.rowsCount <= limits.lossRowsPerEquipmentMax, 'and memory keeps its bound')
  machine.losses = losses
  const sums = machine.sums('2026-07-01T00:00:00Z', '2026-07-02T00:00:00Z')
  t.strictSame(minutes(sums), { no_data: 1_440 }, 'live sums do not wait for them')
})

t.test('a machine that chatters for days keeps a bounded memory, and every millisecond', async (t) => {
  const machine = new Machine(planOf()).state('05:00', 'running')
  for (let index = 0; index < 3_000; index++) {
    const at = time('06:00') + index * 30_000
    machine.state(instant(at), 'stopped').state(instant(at + 10_000), 'running')
    if (index % 120 === 0) machine.until(instant(at + 10_000))
  }
  machine.until('2026-06-02T08:00:00Z')
  t.ok(machine.losses.timeline.states.length <= limits.timelineSpansMax + 200)
  t.ok(JSON.stringify(machine.losses).length < 150_000, 'the snapshot stays small')
  t.equal(total(machine.sums('05:30:12.345', '2026-06-02T07:59:59.999Z')), time('2026-06-02T07:59:59.999Z') - time('05:30:12.345'))
  const [from, cut, to] = ['06:00:07', '06:05:12.3', '06:30:01'] as const
  t.strictSame(addSums([machine.sums(from, cut), machine.sums(cut, to)]), machine.sums(from, to), 'also where only rows are left')
})

/* ── properties over random days ─────────────────────────────────────────────────────────────── */

interface Day {
  readonly breaks: string
  readonly noData: string
  readonly noOrder: string
  readonly steps: readonly Step[]
}
type Step = readonly [gapMs: number, what: number, choice: number, lateMs: number]
const states: readonly StateClass[] = ['running', 'running', 'running', 'stopped', 'faulted', 'starved', 'idle', 'changeover', 'maintenance', 'unknown']
const reasons = [null, reason('unplanned'), reason('planned'), reason('changeover'), reason('excluded'), reason('unplanned', { external: true, source: 'auto', by: null })]

const gap = fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 1, max: 200_000 }), fc.integer({ min: 1, max: 1_200_000 }), fc.constantFrom(60_000, 120_000))
const step: fc.Arbitrary<Step> = fc.tuple(gap, fc.integer({ min: 0, max: 9 }), fc.nat({ max: 1_000 }), fc.integer({ min: 0, max: 90_000 }))
const day: fc.Arbitrary<Day> = fc.record({
  breaks: fc.constantFrom('yield_to_run', 'strict', 'count'), noData: fc.constantFrom('exclude', 'stop', 'hold'), noOrder: fc.constantFrom('unplanned', 'excluded'),
  steps: fc.array(step, { minLength: 1, maxLength: 25 }),
})
const plans = new Map<string, LinePlan>()
function planFor({ breaks, noData, noOrder }: Day): LinePlan {
  const name = `${breaks} ${noData} ${noOrder}`
  let plan = plans.get(name)
  if (plan === undefined) plans.set(name, plan = planUnder(breaks, noData, noOrder))
  return plan
}
const planUnder = (breaks: string, noData: string, noOrder: string): LinePlan => planOf({
  timeZone: 'Europe/Berlin',
  // The shift ends, breaks and changes to the next within a few hours, in the night when the clocks go forward.
  calendar: { day_start: '06:00', breaks, shifts: [
    { name: 'late', start: '20:00', end: '01:00', breaks: [{ start: '23:30', end: '00:00' }] }, { name: 'night', start: '01:00', end: '05:00', breaks: [{ start: '01:50', end: '03:10' }] },
  ] },
  machine: { no_data: noData, no_order: noOrder },
  products: [{ code: 'A', ideal_cycle: { M1: '700ms' } }, { code: 'B', ideal_cycle: { M1: '1s' } }],
})
const START = time('2026-03-28T22:00:00Z')

/** Lives a day as the rungs before would tell it: stops open and close with the states, parts are counted, facts come late. */
function live(day: Day, onTurn: (machine: Machine, at: Instant) => void = () => undefined, dateBack = true): { readonly machine: Machine; readonly end: Instant } {
  const machine = new Machine(planFor(day)).state(START, 'running')
  let at = START
  let countedTo = START
  let standing: StateClass | null = null
  let open: { readonly id: string; readonly from: Instant } | null = null
  let closed: { readonly id: string; readonly from: Instant; readonly to: Instant } | null = null
  let job: string | null = null
  let names = 0
  const stopBody = { state: 'stopped', reason: null, cause: null, job_id: null, product: null, shift: null } as const
  const enter = (state: StateClass, since: Instant): void => {
    machine.state(since, state)
    standing = state
    if (state === 'unknown') return
    if (state === 'running' && open !== null) {
      const from = open.from
      machine.tell(since, 'downtime_resolved', { ...stopBody, stop_id: open.id, from: rfc3339(from), lost_seconds: (since - from) / 1_000, micro: since - from < 120_000 })
      closed = { id: open.id, from, to: since }
      open = null
    } else if (state !== 'running' && open === null) {
      open = { id: `L1-S${++names}`, from: since }
      machine.tell(since, 'downtime_event', { ...stopBody, stop_id: open.id })
    }
  }
  let lastState = START
  for (const [gapMs, what, choice, lateMs] of day.steps) {
    at = instant(at + gapMs)
    const since = dateBack ? instant(Math.max(lastState + 1, open === null ? lastState + 1 : (open as { from: Instant }).from + 1, at - lateMs)) : at
    if (what <= 4) {
      enter(states[choice % states.length]!, instant(Math.min(at, since)))
      lastState = instant(Math.min(at, since))
    } else if (what === 5) {
      const good = choice % 70
      machine.count(countedTo, at, { good, reject: choice % 7, startup_reject: choice % 3 === 0 ? choice % 7 : 0, off_schedule: choice % 11 === 0 ? good : 0, idealSeconds: choice % 2 === 0 ? 0.7 : 1 / 3 })
      countedTo = at
    } else if (what === 6) {
      if (job === null) machine.job(at, job = `J${++names}`, choice % 2 === 0 ? 'A' : 'B')
      else { machine.jobDone(at); job = null }
    } else if (what === 7 && closed !== null && dateBack) {
      const stop = closed as { id: string; from: Instant; to: Instant }
      machine.explain(at, stop.id, stop.from, stop.to, reasons[choice % reasons.length]!)
    } else if (what === 8) {
      if (choice % 2 === 0) machine.tell(at, 'changeover_started', { from_product: null, to_product: null, to_job_id: choice % 4 === 0 ? `J${names + 1}` : null, standard_seconds: null, by: 'ana' })
      else machine.tell(at, 'changeover_completed', { from_product: null, to_product: null, lasted_seconds: 0, excess_seconds: 0, by: 'ana' })
    }
    machine.until(at)
    onTurn(machine, at)
  }
  void standing
  return { machine, end: at }
}

const FROM = instant(START - 30 * MINUTE)
const same = (a: LossSums, b: LossSums): boolean => JSON.stringify(a) === JSON.stringify(b)

t.test('1, 2: slices follow each other without gap or overlap, and every millisecond of any window is in one leaf', async () => {
  fc.assert(fc.property(day, fc.nat(), fc.nat(), (day, a, b) => {
    const { machine, end } = live(day)
    const span = end - FROM + 1
    const [from, to] = [instant(FROM + Math.min(a % span, b % span)), instant(FROM + Math.max(a % span, b % span))]
    const slices = slicesOf(machine.losses.timeline, from, to, end, machine.plan, machine.plan.equipment.get('M1')!)
    const meets = slices.every((slice, index) => slice.from === (index === 0 ? from : slices[index - 1]!.to) && slice.from < slice.to)
    return meets && (slices.at(-1)?.to ?? to) === to && total(machine.sums(from, to)) === to - from
  }), cases)
})

t.test('3: every bucket of a whole is the sum of its two parts, wherever it is cut', async () => {
  fc.assert(fc.property(day, fc.nat(), fc.nat(), fc.nat(), (day, a, b, c) => {
    const { machine, end } = live(day)
    const span = end - FROM + 1
    const [from, cut, to] = [a, b, c].map((offset) => instant(FROM + offset % span)).sort((x, y) => x - y) as [Instant, Instant, Instant]
    return same(addSums([machine.sums(from, cut), machine.sums(cut, to)]), machine.sums(from, to))
  }), cases)
})

t.test('15: jobs and no job make the machine, shifts and no shift make the day, products make both', async () => {
  fc.assert(fc.property(day, (day) => {
    const { machine, end } = live(day)
    machine.until(instant(end + 2 * MINUTE))
    const all = machine.sums(FROM, end)
    const values = (name: 'job' | 'shift' | 'product') => [...new Set([null, ...[...machine.journal.values()].map((row) => row[name])])]
    return (['job', 'shift', 'product'] as const).every((name) => same(addSums(values(name).map((value) => machine.sums(FROM, end, { [name]: value }))), all))
  }), cases)
})

t.test('the rows of the journal, each under its newest revision, are the live sums; none is written without a change', async () => {
  fc.assert(fc.property(day, (day) => {
    const { machine, end } = live(day)
    machine.until(instant(end + 2 * MINUTE))
    const from = machine.losses.book.from!
    const to = instant(Math.floor(end / MINUTE) * MINUTE)
    const whole = [...machine.journal.values()]
    const perMinute = new Map<Instant, number>()
    for (const row of whole) perMinute.set(row.minute, (perMinute.get(row.minute) ?? 0) + timeLeaves.reduce((sum, leaf) => sum + row.ms[leaf], 0))
    return same(machine.journalSums(from, to), machine.sums(from, to)) && [...perMinute.values()].every((ms) => ms === MINUTE)
      && new Set(machine.written.map((row) => JSON.stringify([row.minute, row.shift, row.job, row.product, row.idealMs, row.revision]))).size === machine.written.length
      && same(sumRows(whole), addSums([...new Set(whole.map((row) => row.minute))].map((minute) => machine.journalSums(minute, instant(minute + 1)))))
  }), cases)
})

t.test('18, 20: every part is in one leaf, and none is lost or doubled', async () => {
  fc.assert(fc.property(day, (day) => {
    const { machine, end } = live(day)
    const counted = { total: 0, off: 0, recovered: 0 }
    for (const fact of machine.facts) {
      if (fact.type !== 'count_recorded') continue
      counted.total += fact.body.total
      counted.off += fact.body.off_schedule
      counted.recovered += fact.body.recovered
    }
    const parts = partsOf(machine.sums(FROM, instant(end + MINUTE)))
    return partLeaves.reduce((sum, leaf) => sum + (parts[leaf] ?? 0), 0) === counted.total && (parts.off_schedule ?? 0) === counted.off && (parts.recovered ?? 0) === counted.recovered
  }), cases)
})

t.test('24: a figure of the past is what it was when it was live, but for stops that were young then', async () => {
  fc.assert(fc.property(day, (day) => {
    const snapshots: { readonly at: Instant; readonly sums: LossSums }[] = []
    const { machine } = live({ ...day, steps: day.steps.filter(([, what]) => what !== 8) }, (machine, at) => snapshots.push({ at, sums: machine.sums(FROM, at) }), false)
    const stands = (sums: LossSums): number => sums.ms.micro_stop + sums.ms.unplanned + sums.ms.external
    return snapshots.every(({ at, sums }) => {
      const now = machine.sums(FROM, at)
      return stands(now) === stands(sums) && timeLeaves.every((leaf) => ['micro_stop', 'unplanned', 'external'].includes(leaf) || now.ms[leaf] === sums.ms[leaf])
    })
  }), cases)
})

t.test('21: a gateway that restarts from a snapshot, the journal\'s rows and the facts since goes on as if nothing had been', async () => {
  fc.assert(fc.property(day, fc.nat(), fc.nat(), (day, a, b) => {
    const head = day.steps.length
    const [snapshotAt, crashAt] = [a % head, b % head].sort((x, y) => x - y) as [number, number]
    let turn = 0
    let snapshot = { json: '', facts: 0 }
    let rebuilt: Losses | null = null
    let agree = true
    const { machine, end } = live(day, (machine, at) => {
      if (turn === snapshotAt) snapshot = { json: JSON.stringify(machine.losses), facts: machine.facts.length }
      if (turn === crashAt) {
        const memory = JSON.parse(snapshot.json) as Losses
        let losses = initialLosses(machine.plan, machine.plan.equipment.get('M1')!, machine.journal.values(), memory)
        for (const fact of machine.facts.slice(snapshot.facts)) losses = applyLosses(losses, fact, machine.plan)
        losses = replayed(losses)
        const lived = machine.sums(FROM, at)
        machine.losses = losses
        machine.until(at)
        agree &&= same(machine.sums(FROM, at), lived)
        rebuilt = losses
      }
      turn++
    })
    const plain = live(day).machine
    machine.until(instant(end + 2 * MINUTE))
    plain.until(instant(end + 2 * MINUTE))
    return agree && rebuilt !== null && same(machine.sums(FROM, end), plain.sums(FROM, end)) && same(sumRows(machine.journal.values()), sumRows(plain.journal.values()))
  }), cases)
})

t.test('22, 23: explaining a stop moves time and no parts; only an excluded reason changes planned time', async () => {
  const planned = (sums: LossSums): number => total(sums) - sums.ms.schedule_loss - sums.ms.no_order - sums.ms.no_data
  const changeable = reasons.filter((why) => why !== null && why.category !== 'excluded' && why.source === 'operator')
  fc.assert(fc.property(day, fc.nat(), (day, choice) => {
    const { machine, end } = live({ ...day, noOrder: 'unplanned' })
    const stop = machine.losses.timeline.stops.find((one) => one.to !== null)
    if (stop === undefined) return true
    machine.explain(end, stop.id, stop.from, stop.to, reason('unplanned')).until(end)
    const before = machine.sums(FROM, end)
    machine.explain(end, stop.id, stop.from, stop.to, changeable[choice % changeable.length]!).until(end)
    const after = machine.sums(FROM, end)
    machine.explain(end, stop.id, stop.from, stop.to, reason('excluded')).until(end)
    const excluded = machine.sums(FROM, end)
    machine.explain(end, stop.id, stop.from, stop.to, reason('unplanned')).until(end)
    return planned(after) === planned(before) && total(after) === total(before) && total(excluded) === total(before) && planned(excluded) <= planned(before)
      && JSON.stringify(after.products) === JSON.stringify(before.products) && same(machine.sums(FROM, end), before)
  }), cases)
})
