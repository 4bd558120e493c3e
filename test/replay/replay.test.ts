import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { arrangementOf } from '../../src/turn/arrangement.js'
import { type Chance, seededChance } from '../../src/base/chance.js'
import { type ManualClock, manualClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, instant, instantOf, later, rfc3339 } from '../../src/base/units.js'
import { loadConfig } from '../../src/configuration/configure.js'
import { commands } from '../../src/contract/commands.js'
import type { Command } from '../../src/contract/commands.js'
import { type Config, config as configSchema } from '../../src/contract/config.js'
import type { Journal } from '../../src/contract/journal.js'
import type { LossRow } from '../../src/contract/losses.js'
import { type Scan, qualities } from '../../src/contract/scan.js'
import { linePlans } from '../../src/core/time/plan.js'
import { startCycle } from '../../src/gateway/cycle.js'
import { planOf } from '../../src/gateway/plan.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { openJournal } from '../../src/journal/journal.js'
import { recall } from '../../src/turn/recall.js'
import { replayRecording } from '../../src/replay/recording.js'
import { replayTrace } from '../../src/replay/replay.js'
import { factsText, reportOf } from '../../src/replay/report.js'
import { signalPlan } from '../../src/signals/plan.js'
import { Sampler } from '../../src/signals/sampler.js'
import { readTrace } from '../../src/replay/trace.js'
import { replay, reportText } from '../../src/verbs/replay.js'
import { factsIn } from '../support/recorded.js'

// Long stretches of a plant are lived and solved again, and the machine may be busy.
t.setTimeout(600_000)

const EXAMPLE = new URL('../../../config/lineside.yaml', import.meta.url).pathname
const loaded = loadConfig(EXAMPLE)
if (!('config' in loaded)) throw new Error('the example configuration has errors')
const BAGGER = 'BP01.PACK.BAG1'
const UNDER_WAY = '95s'
const FOUND_LATE = '110s'
// What leaves the line was under way to the palletizer, and what is rejected there the bagger made, so that facts, rows and figures tell of what was made minutes before.
const example: Config = { ...loaded.config, lines: loaded.config.lines.map((line) => ({ ...line, equipment: line.equipment.map((one, i) => i < line.equipment.length - 1 ? one : {
  ...one, transit: { [BAGGER]: 95_000 }, counters: { ...one.counters, reject_count: { ...one.counters['reject_count']!, late: { delay: 110_000, of: BAGGER } } },
}) })) }
const codes = example.lines[0]!.equipment.map(({ code }) => code)

/** A machine by itself, for what can be worked out on paper. */
const machineOnPaper = {
  version: 1, gateway: { id: 'hand' },
  plcs: [{ id: 'p', driver: 's7', host: '127.0.0.1', cycle: '1s', tags: { run: 'DB1,X0.0', total: 'DB1,UINT2', rejects: 'DB1,UINT4' } }],
  calendars: { one: { shifts: [{ name: 'early', start: '06:00', end: '14:00', breaks: [{ start: '10:00', end: '10:30' }] }] } },
  products: [{ code: 'P1', ideal_cycle: { M1: '1s' } }, { code: 'P2', ideal_cycle: { M1: '2s' } }],
  lines: [{
    id: '12345678-1234-5678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'one',
    equipment: [{
      // What it made is read far apart here.
      code: 'M1', name: 'Machine', constraint: true, startup_good_parts: 10, changeover_wait: '1h',
      signals: { running: 'p/run', total_count: 'p/total', reject_count: 'p/rejects' }, counters: { total_count: { modulus: 65_536 }, reject_count: { modulus: 65_536 } },
    }],
  }],
}
const oneMachine: Config = configSchema.parse(machineOnPaper)

function momentsOf(lines: readonly object[], config = example) {
  const read = readTrace(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), config)
  if ('errors' in read) throw new Error(read.errors.map(({ line, message }) => `${line} ${message}`).join('\n'))
  return read.moments
}
const replayed = (lines: readonly object[]) => replayTrace(example, momentsOf(lines))

t.test('bad lines are all named, and nothing is replayed', async (t) => {
  const sample = { at: '2026-03-24T06:00:00Z', equipment: BAGGER, signals: { running: true } }
  const bad = [
    ['{', 'no JSON'], ['[]', 'a JSON object was expected'], [JSON.stringify({ at: sample.at }), 'a sample has `signals`'],
    [JSON.stringify({ ...sample, at: '2026-03-24 06:00' }), 'at: an RFC 3339 instant'], [JSON.stringify({ ...sample, equipment: 'BP01.PACK.BAG2' }), 'equipment: '],
    [JSON.stringify({ ...sample, signals: { running: [] } }), 'signals.running'], [JSON.stringify({ ...sample, signals: { fault_word: 'x' } }), 'signals.fault_word'],
    [JSON.stringify({ at: sample.at, plc: 'packr', link: 'lost' }), 'plc: '], [JSON.stringify({ at: sample.at, plc: 'bagger', link: 'gone' }), 'link'],
    [JSON.stringify({ at: sample.at, command: { name: 'fly' } }), 'command.name'], [JSON.stringify({ at: sample.at, command: { name: 'job_assign', equipment: BAGGER } }), 'command.body: job_id'],
    [JSON.stringify({ at: sample.at, command: { name: 'job_start', line: 'BP9' } }), 'command.line'], [JSON.stringify({ at: sample.at, wall_clock_step_ms: 0.5 }), 'wall_clock_step_ms'],
    [JSON.stringify({ ...sample, extra: 1 }), 'extra'],
  ] as const
  const read = readTrace([JSON.stringify(sample), '', ...bad.map(([line]) => line), JSON.stringify({ ...sample, at: '2026-03-24T05:00:00Z' })].join('\n'), example)
  t.ok('errors' in read)
  if (!('errors' in read)) return
  t.equal(read.errors.length, bad.length + 1)
  bad.forEach(([line, sentence], i) => {
    t.equal(read.errors[i]!.line, i + 3)
    t.ok(read.errors[i]!.message.includes(sentence), `${line}: ${read.errors[i]!.message}`)
  })
  t.match(read.errors.at(-1), { line: bad.length + 3, message: /earlier than the line before/ })
})

t.test('a trace of nothing is a report of nothing', async (t) => {
  t.match(reportOf(replayed([])), { stops: [], andons: [], jobs: [] })
})

t.test('an hour with a jam, a blind time, a call and a job', async (t) => {
  const at = (minute: number) => rfc3339(later(instantOf('2026-03-24T06:00:00Z')!, minute * 60_000))
  const bagger = (minute: number, signals: object) => ({ at: at(minute), equipment: BAGGER, signals })
  const command = (minute: number, name: string, body: object = {}) => ({ at: at(minute), command: { name, equipment: BAGGER, body, by: 'ana' } })
  const trace = [
    bagger(0, { state: 6, total_count: 1_000, reject_count: 10, fault_word: 0 }),
    command(0, 'job_create', { job_id: 'J1', quantity: 5_000 }), command(0, 'job_assign', { job_id: 'J1' }), command(0, 'job_start'),
    bagger(10, { total_count: 1_500, state: 9, fault_word: '4' }), bagger(20, { state: 6, fault_word: '0' }),
    { at: at(30), plc: 'bagger', link: 'lost' }, { at: at(35), plc: 'bagger', link: 'up' }, bagger(35, { state: 6, total_count: 2_400, reject_count: 12, fault_word: 0 }),
    command(40, 'andon_raise', { event_type: 'material' }), command(41, 'job_start', { job_id: 'J9' }), bagger(60, { total_count: 3_400 }),
  ]
  const report = reportOf(replayed(trace))
  const { window, shifts, jobs } = report.equipment[BAGGER]!
  t.match(window, { times: { all: 3_600, no_data: 300, planned_production: 3_300, unplanned_stop: 600 }, counts: { good: 1_500, recovered: 900 } })
  t.match(shifts['2026-03-24/early'], { times: { all: 3_600 } })
  t.match(jobs['J1'], { times: { unplanned_stop: 600 }, counts: { good: 1_500 } })
  t.match(report.stops, [{ equipment_code: BAGGER, seconds: 600, reason: { code: 'MAT_JAM' }, cause: { fault: 'INFEED_JAM' } }])
  t.match(report.andons.map(({ andon_type }) => andon_type), ['stop', 'material'])
  t.match(report.jobs, [{ job_id: 'J1', good: 2_398, reject: 2 }])
  t.match(report.refusals, [{ command: 'job_start' }])
  t.match(reportText(report, 'csv'), /line BP01,BP01,/)
})

t.test('a shift worked out by hand: start-up, micro-stop, rework, changeover, a counter that begins anew, a break run through and overrun, a blind time', async (t) => {
  const at = (time: string) => `2026-03-24T${time}Z`
  const said = (time: string, signals: object) => ({ at: at(time), equipment: 'M1', signals })
  const asked = (time: string, name: string, body: object = {}) => ({ at: at(time), command: { name, equipment: 'M1', body, by: 'ana' } })
  const report = reportOf(replayTrace(oneMachine, momentsOf([
    said('06:00:00', { running: true, total_count: 0, reject_count: 0 }),
    asked('06:00:00', 'job_create', { job_id: 'J1', quantity: 5_000, product: 'P1' }), asked('06:00:00', 'job_create', { job_id: 'J2', quantity: 9_000, product: 'P2' }),
    asked('06:00:00', 'job_assign', { job_id: 'J1' }), asked('06:00:00', 'job_start'),
    said('06:01:00', { total_count: 20, reject_count: 5 }), said('06:02:00', { total_count: 50 }), said('06:30:00', { total_count: 1_500 }),
    said('07:00:00.250', { running: false, total_count: 3_000 }), said('07:01:30.750', { running: true }),
    said('08:00:00', { running: false, total_count: 6_000, reject_count: 25 }), asked('08:00:00', 'rework_report', { good: 8 }),
    asked('08:00:00', 'job_complete'), asked('08:00:00', 'changeover_start', { to_product: 'P2' }), asked('08:20:00', 'changeover_complete'),
    asked('08:20:00', 'job_assign', { job_id: 'J2' }), asked('08:20:00', 'job_start'), said('08:20:00', { running: true }),
    // A program download: the counters begin at zero, and three readings make that believed.
    said('09:00:00', { total_count: 7_000 }), said('09:00:10', { total_count: 3, reject_count: 0 }), said('09:00:11', { total_count: 3 }), said('09:00:12', { total_count: 4 }),
    said('10:00:00', { total_count: 1_704, reject_count: 12 }), said('10:12:00', { running: false, total_count: 2_064 }), said('10:40:00', { running: true }), said('11:00:00', { total_count: 2_664 }),
    { at: at('11:00:00'), plc: 'p', link: 'lost' }, { at: at('11:10:00'), plc: 'p', link: 'up' }, said('11:10:00', { running: true, total_count: 2_904, reject_count: 12 }),
    said('13:59:00', { running: false, total_count: 7_904, reject_count: 40 }), asked('14:30:00', 'job_complete'), said('15:00:00', { running: false }),
  ], oneMachine)))
  // The changeover ends with the first of the 1,000 parts that were made from 08:20 to 09:00.
  // 8 h less 18 min of break in which it stood and 10 min of which nobody knows anything. P1 is worth 1 s a part, P2 2 s.
  const shift = {
    times: {
      all: 28_800, schedule_loss: 1_080, no_data: 600, planned_production: 27_120, unplanned_stop: 600 + 60, external_stop: 0, planned_stop: 1_202.4, changeover: 1_202.4,
      run: 25_257.6, micro_stop: 90.5, speed_loss: 1_839.1, net_run: 6_000 + 8_664 * 2, startup_reject: 5, production_reject: 20 + 40 * 2, fully_productive: 5_975 + 8_624 * 2,
    },
    counts: { good: 5_975 + 8_624, startup_reject: 5, production_reject: 60, total: 14_664, off_schedule: 0, recovered: 240, reworked: 8 },
    oee: 23_223 / 27_120, availability: 25_257_600 / 27_120_000, performance: 23_328 / 25_257.6, quality: 23_223 / 23_328, coverage: 27_120 / 27_720, bounds: { low: 23_223 / 27_720, high: 23_823 / 27_720 },
  }
  const { shifts, jobs } = report.equipment['M1']!
  for (const figures of [shifts['2026-03-24/early']!, report.lines['L1']!.shifts['2026-03-24/early']!]) {
    const { times, counts, oee, availability, performance, quality, coverage, bounds } = figures
    t.same({ times, counts, oee, availability, performance, quality, coverage, bounds }, shift)
  }
  t.match(jobs['J1'], { window: { from: at('06:00:00.000'), to: at('08:00:00.000') }, times: { all: 7_200, run: 7_200, micro_stop: 90.5, net_run: 6_000 }, counts: { good: 5_975, startup_reject: 5, production_reject: 20, reworked: 8 } })
  // The changeover to it is its own: the two are the machine, whose last half hour lies outside its shift.
  t.match(jobs['J2'], { window: { from: at('08:00:00.000'), to: at('14:30:00.000') }, times: { all: 23_400, schedule_loss: 1_080 + 1_800, planned_production: 27_120 - 7_200, changeover: 1_202.4 }, counts: { good: 8_624, production_reject: 40, recovered: 240 } })
  t.match(report.jobs, [{ job_id: 'J2', good: 8_864, reject: 40 }, { job_id: 'J1', good: 5_975, reject: 25, reworked_good: 8 }])
  t.same(report.stops.filter(({ seconds }) => seconds > 0).map(({ from, seconds, micro }) => [from, seconds, micro]), [
    [at('07:00:00.250'), 90.5, true], [at('08:00:00.000'), 1_202.4, false], [at('10:30:00.000'), 600, false], [at('13:59:00.000'), 3_660, false],
  ])
  t.same(report.refusals, [])
})

t.test('a long night worked out by hand: a machine that only counts, by a signed counter that wraps, before one whose parts are a minute under way', async (t) => {
  const night: Config = configSchema.parse({
    ...machineOnPaper, gateway: { id: 'hand', time_zone: 'Europe/Berlin' }, calendars: { one: { shifts: [{ name: 'night', start: '22:00', end: '06:00' }] } }, products: [],
    lines: [{ ...machineOnPaper.lines[0]!, equipment: [
      { code: 'A', name: 'A', constraint: true, ideal_cycle: '10s', signals: { good_count: 'p/total' }, state: { from: 'counts' }, counters: { good_count: { modulus: 65_536, signed: true } } },
      { code: 'B', name: 'B', upstream: ['A'], transit: { A: '60s' }, ideal_cycle: '5s', signals: { running: 'p/run', total_count: 'p/total', reject_count: 'p/rejects' } },
    ] }],
  })
  const begin = instantOf('2026-10-24T20:00:00Z')!
  const said = (second: number, equipment: string, signals: object) => ({ at: rfc3339(later(begin, second * 1_000)), equipment, signals })
  // A part every ten seconds, four slow ones, a minute without, five minutes without, and the last at 20 min.
  const parts = [...Array.from({ length: 60 }, (_, i) => 10 * (i + 1)), 615, 630, 645, 660, 720, 1_020, ...Array.from({ length: 18 }, (_, i) => 1_020 + 10 * (i + 1))]
  const count = (n: number) => 32_760 + n > 32_767 ? 32_760 + n - 65_536 : 32_760 + n
  const report = reportOf(replayTrace(night, momentsOf([
    said(0, 'A', { good_count: count(0) }), said(0, 'B', { running: true, total_count: 0, reject_count: 0 }), ...parts.map((second, i) => said(second, 'A', { good_count: count(i + 1) })),
    said(1_260, 'B', { total_count: 83, reject_count: 3 }), said(1_500, 'B', { running: false }), said(33_000, 'A', {}), said(33_000, 'B', { running: false }),
  ], night)))
  // The night has nine hours. Nobody knows what A did before its first part; after its last it stood from one cycle later on.
  const own = { all: 32_400, no_data: 10, planned_production: 32_390, unplanned_stop: 290 + 31_190, run: 910, micro_stop: 50, speed_loss: 4 * 5 + 10, net_run: 830 }
  t.match(report.equipment['A']!.shifts['2026-10-24/night'], { times: own, counts: { good: 83, recovered: 1 } })
  t.match(report.lines['L1']!.shifts['2026-10-24/night'], { times: { ...own, production_reject: 30, fully_productive: 800 }, counts: { good: 80, production_reject: 3 }, work_in_process: 0, oee: 800 / 32_390 })
  t.same(report.stops.filter(({ equipment_code }) => equipment_code === 'A').map(({ seconds, micro }) => [seconds, micro]), [[50, true], [290, false], [31_790, false]])
})

t.test('equipment with a calendar of its own: what it makes and how it stands counts when it is planned to work, and its line keeps its own time', async (t) => {
  const [line] = machineOnPaper.lines
  const [machine] = line!.equipment
  const early: Config = configSchema.parse({
    ...machineOnPaper, calendars: { ...machineOnPaper.calendars, oven: { shifts: [{ name: 'oven', start: '05:00', end: '12:00' }], day_start: '05:00' } },
    lines: [{ ...line!, equipment: [{ ...machine!, code: 'OVEN', name: 'Oven', constraint: false, calendar: 'oven', ideal_cycle: '3s' }, { ...machine!, upstream: ['OVEN'] }] }],
  })
  const said = (time: string, equipment: string, signals: object) => ({ at: `2026-03-24T${time}Z`, equipment, signals })
  const report = reportOf(replayTrace(early, momentsOf([
    said('04:50:00', 'OVEN', { running: true, total_count: 0, reject_count: 0 }), said('05:00:00', 'OVEN', { total_count: 100 }),
    said('06:00:00', 'M1', { running: true, total_count: 0, reject_count: 0 }),
    // It works through the break of the line, and stands an hour of its own time.
    said('10:15:00', 'OVEN', { total_count: 6_000 }), said('11:00:00', 'OVEN', { running: false, total_count: 7_000 }),
    said('13:00:00', 'OVEN', { running: true }), said('13:30:00', 'OVEN', { total_count: 7_100 }), said('14:00:00', 'M1', { running: false }), said('15:00:00', 'M1', { running: false }),
  ], early)))
  t.match(report.equipment['OVEN']!.window, {
    times: { all: 36_600, schedule_loss: 600 + 10_800, planned_production: 25_200, unplanned_stop: 3_600, run: 21_600, fully_productive: 6_900 * 3 }, counts: { good: 6_900, off_schedule: 200 },
    policy: 'yield_to_run/exclude/unplanned',
  })
  t.match(report.equipment['OVEN']!.shifts['2026-03-24/early'], { times: { all: 28_800, planned_production: 21_600, schedule_loss: 7_200 } }, 'its shifts are those of the line')
  t.match(report.stops.filter(({ equipment_code }) => equipment_code === 'OVEN'), [{ seconds: 3_600 }])
  t.match(report.lines['L1']!.shifts['2026-03-24/early'], { times: { planned_production: 28_800 }, constraint: 'M1' }, 'the constraint ran through the break')
})

t.test('a job that changed between two readings, worked out by hand: its parts are split where the PLC latched its counters', async (t) => {
  const [line] = machineOnPaper.lines
  const [machine] = line!.equipment
  const named: Config = configSchema.parse({ ...machineOnPaper, lines: [{ ...line!, equipment: [{
    ...machine!, startup_good_parts: 0, jobs: { from_plc: true }, signals: { ...machine!.signals, job: 'p/total', total_latched: 'p/total', reject_latched: 'p/total' },
    counters: { total_count: { modulus: 65_536, resets: 'never' }, reject_count: { modulus: 65_536, resets: 'job' } },
  }] }] })
  const said = (time: string, signals: object) => ({ at: `2026-03-24T${time}Z`, equipment: 'M1', signals })
  // J1 makes 65530 … 65537 (which is 1) with 3 rejects; the reading in which J2 is named has three parts more, one of them bad. J3 is named without a latch.
  const { facts, ...replayed } = replayTrace(named, momentsOf([
    said('06:00:00', { running: true, total_count: 65_530, reject_count: 0, job: 'J1', total_latched: 9, reject_latched: 9 }), said('06:00:04', { total_count: 65_534, reject_count: 2 }),
    said('06:00:10', { total_count: 4, reject_count: 1, job: 'J2', total_latched: 1, reject_latched: 3 }), said('06:00:20', { total_count: 14 }), said('06:00:30', { total_count: 24, job: 'J3' }), said('06:00:40', { total_count: 26 }), said('06:02:00', {}),
  ], named))
  const made = (job: string) => facts.flatMap((fact) => (fact.type === 'count_recorded' && fact.body.job_id === job ? [fact.body] : [])).reduce((sum, { total, reject }) => ({ total: sum.total + total, reject: sum.reject + reject }), { total: 0, reject: 0 })
  t.same(['J1', 'J2', 'J3'].map(made), [{ total: 7, reject: 3 }, { total: 23, reject: 1 }, { total: 2, reject: 0 }])
  t.match(facts.flatMap((fact) => (fact.type === 'count_recorded' ? fact.body.job_change ?? [] : [])), [
    { from_job: 'J1', to_job: 'J2', rule: 'split_at_latched', counters: [{ signal: 'total_count', before: 65_534, latched: 1, after: 4, finding: 'between' }, { signal: 'reject_count', before: 2, latched: 3, after: 1, finding: 'between' }] },
    { from_job: 'J2', to_job: 'J3', rule: 'all_to_earlier_job', counters: [{ before: 14, latched: 1, after: 24, finding: 'not_between' }, { before: 1, latched: 3, after: 1 }] },
  ])
  t.match(reportOf({ facts, ...replayed }).equipment['M1']!.window.counts, { good: 28, production_reject: 4, total: 32 })
})

t.test('a shift worked out by hand: what the palletizer rejects three minutes later the filler made, in the job and the hour of then', async (t) => {
  const [line] = machineOnPaper.lines
  const [machine] = line!.equipment
  const found: Config = configSchema.parse({ ...machineOnPaper, lines: [{ ...line!, equipment: [
    { ...machine!, code: 'F', name: 'Filler', startup_good_parts: 0, ideal_cycle: '2s' },
    { code: 'P', name: 'Palletizer', upstream: ['F'], ideal_cycle: '1s', signals: machine!.signals, counters: { reject_count: { late: { delay: '3m', of: 'F' } } } },
  ] }] })
  const said = (time: string, equipment: string, signals: object) => ({ at: `2026-03-24T${time}Z`, equipment, signals })
  const asked = (time: string, name: string, body: object = {}) => ({ at: `2026-03-24T${time}Z`, command: { name, equipment: 'F', body } })
  const report = reportOf(replayTrace(found, momentsOf([
    ...['F', 'P'].map((code) => said('06:00:00', code, { running: true, total_count: 0, reject_count: 0 })),
    ...['J1', 'J2'].map((job_id) => asked('06:00:00', 'job_create', { job_id, product: 'P1', quantity: 9_000 })),
    asked('06:00:00', 'job_assign', { job_id: 'J1' }), asked('06:00:00', 'job_start'),
    said('06:59:30', 'F', { total_count: 1_000, reject_count: 4 }), asked('07:00:00', 'job_complete'), asked('07:00:00', 'job_assign', { job_id: 'J2' }), asked('07:00:00', 'job_start'),
    // Ten that were read at 07:02 were made at 06:59, when the filler made J1; the three at 07:10 at 07:07; two that were read in the break before it.
    said('07:01:30', 'P', { total_count: 900 }), said('07:02:00', 'P', { total_count: 910, reject_count: 10 }), said('07:09:30', 'P', { total_count: 911 }), said('07:10:00', 'P', { total_count: 920, reject_count: 13 }),
    said('10:00:00', 'F', { running: false, total_count: 4_000 }), said('10:00:00', 'P', { total_count: 3_800 }), said('10:01:50', 'P', { total_count: 3_810 }), said('10:02:00', 'P', { total_count: 3_812, reject_count: 15 }),
    said('10:30:00', 'F', { running: true }), said('13:59:00', 'F', { total_count: 4_600 }), said('14:20:00', 'P', { running: false }),
  ], found)))
  const { shifts, jobs } = report.equipment['F']!
  t.match(shifts['2026-03-24/early']!, { counts: { good: 4_600 - 4 - 15, production_reject: 4 + 15, total: 4_600 } })
  t.match(jobs['J1'], { counts: { good: 1_000 - 4 - 10, production_reject: 14 } })
  t.match(jobs['J2'], { counts: { good: 3_600 - 5, production_reject: 5 } })
  t.match(report.equipment['P']!.shifts['2026-03-24/early'], { counts: { production_reject: 0 } }, 'who found them made none')
  t.match(report.jobs, [{ job_id: 'J2', good: 3_595, reject: 5 }, { job_id: 'J1', good: 986, reject: 14 }])
  t.same(report.refusals, [])
})

t.test('a gap that the poller would have bridged is none', async (t) => {
  const trace = [
    { at: '2026-03-24T06:00:00.000Z', equipment: BAGGER, signals: { state: 6, total_count: 0 } },
    { at: '2026-03-24T06:01:00.000Z', plc: 'bagger', link: 'lost' }, { at: '2026-03-24T06:01:00.250Z', plc: 'bagger', link: 'up' },
    { at: '2026-03-24T06:02:00.000Z', equipment: BAGGER, signals: { total_count: 60 } },
  ]
  t.match(reportOf(replayed(trace)).equipment[BAGGER]!.window, { times: { no_data: 0, run: 120 }, counts: { good: 60 } })
})

t.test('a step of the wall clock makes no time and loses none', async (t) => {
  const trace = [
    { at: '2026-03-24T06:00:00Z', equipment: BAGGER, signals: { state: 6, total_count: 0 } }, { at: '2026-03-24T06:10:00Z', wall_clock_step_ms: 3_600_000 },
    { at: '2026-03-24T07:20:00Z', equipment: BAGGER, signals: { total_count: 1_200 } },
  ]
  const { facts } = replayed(trace)
  t.match(facts.find(({ type }) => type === 'clock_stepped'), { body: { by_seconds: 3_600 } })
  t.equal(reportOf(replayed(trace)).equipment[BAGGER]!.window.times.run, 1_200)
})

/** Hours of a line whose every word is drawn by lot. */
function randomTrace(chance: Chance): object[] {
  const lines: object[] = []
  const totals = new Map(codes.map((code) => [code, 1_000]))
  let at: Instant = instant(Date.parse('2026-03-24T05:58:30.123Z'))
  for (let i = 0; i < 900; i++) {
    at = later(at, chance.whole(0, chance.happens(0.01) ? 600_000 : 6_000))
    const equipment = chance.pick(codes)
    const signals: Record<string, unknown> = {}
    if (chance.happens(0.9)) {
      totals.set(equipment, totals.get(equipment)! + chance.whole(0, 3))
      signals['total_count'] = totals.get(equipment)
      signals['reject_count'] = Math.floor(totals.get(equipment)! / 50)
    }
    if (chance.happens(0.05) || i < 20) signals['state'] = chance.happens(0.6) ? 6 : chance.happens(0.5) ? 9 : 5
    if (chance.happens(0.02)) signals['fault_word'] = String(1n << BigInt(chance.whole(0, 9)))
    lines.push({ at: rfc3339(at), equipment, signals })
    if (chance.happens(0.004)) lines.push({ at: rfc3339(at), plc: 'bagger', link: chance.happens(0.5) ? 'lost' : 'up' })
    if (chance.happens(0.005)) lines.push({ at: rfc3339(at), command: { name: 'andon_raise', equipment, body: { event_type: 'quality' } } })
  }
  return lines
}

t.test('beats that change nothing may be left out: the facts and figures are the same to the byte', async (t) => {
  for (const seed of [1, 2, 3]) {
    const moments = momentsOf(randomTrace(seededChance(seed)))
    const [quick, slow] = [replayTrace(example, moments), replayTrace(example, moments, { everyBeat: true })]
    t.equal(factsText(quick.facts), factsText(slow.facts), `seed ${seed}: ${quick.facts.length} facts`)
    t.same(reportOf(quick), reportOf(slow))
    for (const code of codes) t.equal(Math.round(reportOf(quick).equipment[code]!.window.times.all * 1_000), quick.to - quick.from, `${code}: every millisecond in one leaf`)
  }
})

/* ── out of the journal ──────────────────────────────────────────────────────────────────────── */

const { groups } = scanGroupsOf(example.plcs)
const START = instant(Date.parse('2026-03-24T05:50:00Z'))

/** The daemon's heart over a real journal: the cycle, its signals and its memory, on a clock that a test moves. */
async function startGateway(directory: string, clock: ManualClock, startedAs: 'fresh' | 'again', [config, version]: readonly [Config, number] = [example, 1]) {
  const sampler = new Sampler(signalPlan(config, groups))
  const journal: Journal = await openJournal({ directory, clock, log: silentLog, groups, recorded: () => true, storage: example.storage })
  const lineOf = () => 'BP01'
  const { remembered } = journal
  const recalled = recall(remembered, linePlans(config, version), sampler, lineOf)
  const cycle = startCycle({
    clock, log: silentLog, cycleMs: 100, head: remembered.head, lastTurn: remembered.lastTurn, lastAt: remembered.lastAt, lines: recalled.lines, rows: recalled.rows,
    notes: [
      ...recalled.drafts.map((draft) => ({ draft, applied: true })),
      { draft: { type: 'gateway_started', at: clock.now(), line: null, equipment: null, body: { version: startedAs, config: version, previous_epoch: null, last_seen: remembered.lastAt === null ? null : rfc3339(remembered.lastAt), clean: remembered.clean } }, applied: false },
    ],
    epoch: remembered.epoch, arrangement: { ...arrangementOf(config, version), sampler }, journal, announce: () => undefined, turned: () => undefined, broken: (fault) => { throw fault },
  })
  return { cycle, journal }
}

/** Scans of a line that is drawn by lot, in the slots of the example's tags. */
function scansBy(chance: Chance) {
  const values = groups.map((group) => new Float64Array(group.slots))
  const set = (tag: string, value: number): void => {
    for (const group of groups) for (const slot of group.tags) if (slot.name === tag) values[group.index]![slot.slot] = value
  }
  const get = (tag: string): number => groups.flatMap((group) => group.tags.filter(({ name }) => name === tag).map(({ slot }) => values[group.index]![slot]!))[0] ?? 0
  for (const tag of ['bl', 'bag', 'pal']) set(`${tag}_state`, 6)
  return (clock: ManualClock, blind: boolean): Scan[] => {
    for (const tag of ['bl', 'bag', 'pal']) {
      if (chance.happens(0.1)) set(`${tag}_total`, get(`${tag}_total`) + 1)
      if (chance.happens(0.003)) set(`${tag}_reject`, get(`${tag}_reject`) + 1)
      if (chance.happens(0.004)) set(`${tag}_state`, chance.pick([6, 6, 9, 5, 11]))
      if (chance.happens(0.002)) set(`${tag}_faults`, chance.happens(0.5) ? 0 : 2 ** chance.whole(0, 9))
    }
    return groups.map((group) => ({
      group: group.index, at: clock.now(), mono: clock.mono(), values: values[group.index]!.slice(), texts: new Map(),
      qualities: new Uint8Array(group.tags.length).fill(blind ? qualities.timeout : qualities.good),
    }))
  }
}

const asked = (name: string, clock: ManualClock, body: object): Command => ({
  name, at: clock.now(), line: 'BP01', equipment: BAGGER, key: null, by: { id: 'ana', name: 'ana', role: 'supervisor', lines: null }, body: commands[name as 'job_create'].body.parse(body),
}) as unknown as Command

async function live(clock: ManualClock, cycle: Awaited<ReturnType<typeof startGateway>>['cycle'], chance: Chance, scans: ReturnType<typeof scansBy>, seconds: number): Promise<void> {
  const answers: Promise<unknown>[] = []
  let blindFor = 0
  for (let i = 0; i < seconds * 2; i++) {
    if (chance.happens(0.002)) {
      blindFor = chance.whole(1, 40)
      cycle.link({ plc: 'bagger', at: clock.now(), mono: clock.mono(), up: chance.happens(0.5), fault: null })
    }
    for (const scan of scans(clock, blindFor-- > 0)) cycle.scan(scan)
    if (chance.happens(0.004)) answers.push(cycle.command(asked('andon_raise', clock, { event_type: chance.pick(['material', 'quality', 'maintenance']) })))
    if (chance.happens(0.003)) answers.push(cycle.command(asked('counts_correct', clock, { good: -1, reject: 1, reason: 'lot' })))
    if (i === 200) answers.push(cycle.command(asked('job_create', clock, { job_id: `J${clock.now()}`, quantity: 100 })), cycle.command(asked('job_assign', clock, { job_id: `J${clock.now()}` })), cycle.command(asked('job_start', clock, {})))
    if (chance.happens(0.0005)) clock.step(chance.happens(0.5) ? 90_000 : 2_000)
    await clock.advance(500)
    // The journal's thread answers in real time, while the clock of the plant stands still.
    if (i % 20 === 0) await new Promise((done) => setTimeout(done, 1))
  }
  // The answers wait for turns, and turns for a clock that only this test moves.
  let answered = false
  const all = Promise.all(answers).then(() => { answered = true })
  while (!answered) {
    await clock.advance(100)
    await new Promise((done) => setTimeout(done, 1))
  }
  await all
}

t.test('what was recorded replays to the facts that were journalled, byte for byte, over a stop and a crash', { timeout: 600_000 }, async (t) => {
  const directory = t.testdir()
  const clock = manualClock(START)
  const chance = seededChance(11)
  const scans = scansBy(chance)
  const first = await startGateway(directory, clock, 'fresh')
  await live(clock, first.cycle, chance, scans, 1_500)
  first.cycle.note({ type: 'gateway_stopped', at: clock.now(), line: null, equipment: null, body: { reason: 'test' } })
  const stopped = first.cycle.stop()
  await clock.advance(10)
  await stopped
  await first.journal.close()
  await clock.advance(180_000)

  const second = await startGateway(directory, clock, 'again')
  await live(clock, second.cycle, chance, scans, 1_000)
  const middle = clock.now()
  await live(clock, second.cycle, chance, scans, 300)
  // Nothing is flushed: parts that were seen and not written down live only in the staged scans.
  await second.journal.close()
  await clock.advance(60_000)

  const third = await startGateway(directory, clock, 'again')
  const crashed = clock.now()
  await live(clock, third.cycle, chance, scans, 600)
  const facts = await factsIn(third.journal)
  await third.journal.close()

  const told = new Set(facts.map(({ type }) => type))
  for (const type of ['gateway_stopped', 'clock_stepped', 'plc_connection_status', 'andon_event', 'counts_corrected', 'job_started', 'downtime_resolved', 'oee_recorded', 'rejects_found'] as const) t.ok(told.has(type), `the stretch holds ${type}`)
  const whole = await replayRecording(() => example, directory, { from: START, to: later(clock.now(), 1) })
  t.equal(factsText(whole.facts), factsText(facts), `${facts.length} facts`)
  for (const from of [middle, crashed]) {
    const part = await replayRecording(() => example, directory, { from, to: later(clock.now(), 1) })
    t.ok(part.facts.length > 20)
    t.equal(factsText(part.facts), factsText(facts.slice(-part.facts.length)), `from ${rfc3339(from)}: ${part.facts.length} facts`)
    for (const code of codes) t.equal(Math.round(reportOf(part).equipment[code]!.window.times.all * 1_000), part.to - part.from)
  }

  const equipment = (change: object) => ({ ...example, lines: example.lines.map((line) => ({ ...line, equipment: line.equipment.map((one) => ({ ...one, ...change })) })) }) as Config
  const planned = (after: Config, shares: number[] = []) => planOf({ before: example, after, directory, from: START, to: later(clock.now(), 1) }, (share) => { shares.push(share) })
  const shares: number[] = []
  const same = await planned(example, shares)
  t.match(same, { changes: [], figures: [], stops: [], andons: [], reach: 'live', unrecorded: [] }, 'what says the same changes nothing')
  t.ok(shares.every((share, i) => share >= (shares[i - 1] ?? 0)) && shares.at(-1)! > 0.99, 'it tells how far it is')
  const ahead = await planOf({ before: example, after: example, directory, from: START, to: later(clock.now(), 20_000) })
  t.equal(ahead.window.to, same.window.to, 'both are solved up to the newest turn that is written when the first of them begins')

  const milder = await planned(equipment({ micro_stop: 3_600_000 }))
  const was = reportOf(whole).stops.filter(({ micro, to }) => !micro && to !== null)
  t.ok(was.length > 0 && milder.stops_count >= was.length, `${was.length} stops of ${reportOf(whole).stops.length}`)
  for (const { from } of was) t.ok(milder.stops.some(({ before, after }) => before?.from === from && !before.micro && after?.from === from && after.micro), `the stop of ${from} asks for no reason any more`)
  t.ok(milder.figures.some(({ before, after }) => before.availability !== null && after.availability !== null && after.availability > before.availability), 'and costs speed in place of availability')
  t.ok(milder.changes.length > 0 && milder.changes.every(({ path, reach }) => path.endsWith('.micro_stop') && reach === 'live'))
  // The command line shows the same period under a file, which was never in force.
  const raw = parse(readFileSync(EXAMPLE, 'utf8')) as { lines: { equipment: { micro_stop?: string; counters: { reject_count: object } }[] }[] }
  for (const one of raw.lines[0]!.equipment) one.micro_stop = '1h'
  const last = raw.lines[0]!.equipment.at(-1)!
  Object.assign(last, { transit: { [BAGGER]: UNDER_WAY }, counters: { ...last.counters, reject_count: { ...last.counters.reject_count, late: { delay: FOUND_LATE, of: BAGGER } } } })
  mkdirSync(join(directory, 'others'))
  const [under, broken] = ['milder', 'broken'].map((name) => join(directory, 'others', `${name}.yaml`)) as [string, string]
  writeFileSync(under, JSON.stringify(raw))
  const period = { trace: undefined, from: START, to: later(clock.now(), 1) }
  const nobody = () => Promise.reject(new Error('a recorded period needs no configuration of today'))
  const [asText, asJson] = await Promise.all((['facts', 'json'] as const).map(async (report) => (await replay(nobody, directory, { ...period, under }, report)).text))
  t.equal(asText, factsText((await replayRecording(() => equipment({ micro_stop: 3_600_000 }), directory, period)).facts), 'the facts are those of that configuration')
  const shown = JSON.parse(asJson!) as ReturnType<typeof reportOf>
  for (const { from } of was) t.ok(shown.stops.some((stop) => stop.from === from && stop.micro), `under it the stop of ${from} is a micro-stop`)
  writeFileSync(broken, JSON.stringify({ ...raw, lines: [{ ...raw.lines[0], micro_stopp: '1h' }] }))
  await t.rejects(replay(nobody, directory, { ...period, under: broken }, 'facts'), { exit: 'unfit', message: /broken\.yaml has 1 error/ })
  await t.rejects(planOf({ before: example, after: example, directory, from: later(START, -90 * 86_400_000), to: later(START, -89 * 86_400_000) }), { code: 'JOURNAL_TRIMMED' })
})

t.test('a period that begins in blind time, or soon after a crash in it, replays to the facts and the minutes of the whole', { timeout: 600_000 }, async (t) => {
  const directory = t.testdir()
  const clock = manualClock(START)
  const scans = scansBy(seededChance(3))
  const lived = async ({ cycle }: Awaited<ReturnType<typeof startGateway>>, minutes: number, blind: boolean) => {
    for (let i = 0; i < minutes * 120; i++) {
      for (const scan of scans(clock, blind)) cycle.scan(scan)
      await clock.advance(500)
      if (i % 20 === 0) await new Promise((done) => setTimeout(done, 1))
    }
  }
  const first = await startGateway(directory, clock, 'fresh')
  await lived(first, 12.3, false)
  await lived(first, 26.4, true)
  const seen = clock.now()
  await lived(first, 9.2, false)
  await lived(first, 3.1, true)
  await first.journal.close()
  await clock.advance(140_000)
  const second = await startGateway(directory, clock, 'again')
  const started = clock.now()
  await lived(second, 2.2, true)
  await lived(second, 12, false)
  const facts = await factsIn(second.journal)
  await second.journal.close()

  const to = later(clock.now(), 1)
  const whole = await replayRecording(() => example, directory, { from: START, to })
  t.equal(factsText(whole.facts), factsText(facts))
  t.ok(facts.some((fact) => fact.type === 'oee_recorded' && fact.body.figures.counts.recovered > 0 && fact.body.figures.times.no_data > 0))
  const minutesOf = (rows: readonly LossRow[], since: Instant) => rows.filter(({ minute, equipment, line }) => minute >= since && equipment !== line).map(({ equipment, minute, ms, parts }) => JSON.stringify({ equipment, minute, ms, parts })).sort()
  for (const from of [later(seen, -5 * 60_000), later(seen, 2_000), later(started, 1_000), later(started, 9 * 60_000)]) {
    const part = await replayRecording(() => example, directory, { from, to })
    t.ok(part.facts.length > 10)
    t.equal(factsText(part.facts), factsText(facts.slice(-part.facts.length)), `from ${rfc3339(from)}`)
    const since = instant(Math.ceil(from / 60_000) * 60_000)
    t.same(minutesOf(part.rows, since), minutesOf(whole.rows, since))
  }
})

/** The example, whose bagger has another ideal time and micro-stop threshold; with `slow` its signals are made otherwise, too. */
function changed(cycleMs: number, slow: boolean): Config {
  return { ...example, lines: example.lines.map((line) => ({ ...line, equipment: line.equipment.map((one) => one.code !== BAGGER ? one : {
    ...one, ideal_cycle: cycleMs, micro_stop: 20_000, signals: slow ? { ...one.signals, state: { ...one.signals['state']!, on_delay: 1_000 } } : one.signals,
  }) })) }
}

t.test('a period in which the configuration changed replays under what was in force, byte for byte', { timeout: 600_000 }, async (t) => {
  const directory = t.testdir()
  const clock = manualClock(START)
  const chance = seededChance(5)
  const scans = scansBy(chance)
  const versions = new Map<number, Config>([[1, example], [2, changed(700, false)], [3, changed(900, true)], [4, changed(400, false)]])
  const first = await startGateway(directory, clock, 'fresh')
  await live(clock, first.cycle, chance, scans, 400)
  for (const version of [2, 3]) {
    const next = arrangementOf(versions.get(version)!, version, first.cycle.arrangement())
    t.equal(next.sampler === first.cycle.arrangement().sampler, version === 2, 'only other signals are read anew')
    const moved = first.cycle.rearrange(next, { type: 'config_applied', at: clock.now(), line: null, equipment: null, body: { version, previous: version - 1, hash: 'x', by: 'ana', changes: [] } })
    await clock.advance(300)
    await moved
    await live(clock, first.cycle, chance, scans, 400)
  }
  await first.journal.close()
  await clock.advance(20_000)
  // A start may bring a configuration of its own.
  const second = await startGateway(directory, clock, 'again', [versions.get(4)!, 4])
  const middle = clock.now()
  await live(clock, second.cycle, chance, scans, 400)
  const facts = await factsIn(second.journal)
  await second.journal.close()

  t.same([...new Set(facts.map(({ config }) => config))], [1, 2, 3, 4])
  const period = { from: START, to: later(clock.now(), 1) }
  const whole = await replayRecording((version) => versions.get(version) ?? null, directory, period)
  t.equal(factsText(whole.facts), factsText(facts), `${facts.length} facts`)
  t.same(whole.facts.map(({ config }) => config), facts.map(({ config }) => config))
  const part = await replayRecording((version) => versions.get(version) ?? null, directory, { ...period, from: middle })
  t.equal(factsText(part.facts), factsText(facts.slice(-part.facts.length)))
  t.not(factsText((await replayRecording(() => example, directory, period)).facts), factsText(facts), 'under the first configuration alone it would have been another day')
  await t.rejects(replayRecording((version) => version === 2 ? null : versions.get(version)!, directory, period), { code: 'JOURNAL_TRIMMED' })
})
