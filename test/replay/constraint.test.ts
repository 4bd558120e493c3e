/** A shift worked out by hand: what limits the line moves with the product. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { loadConfig } from '../../src/configuration/configure.js'
import type { Report } from '../../src/replay/report.js'
import { replay } from '../../src/verbs/replay.js'

const signals = { running: 'p/run', total_count: 'p/total', reject_count: 'p/rejects' }
const machine = (code: string, more: object) => ({ code, name: code, signals, changeover_good_parts: 0, ...more })
/** The bagger limits the line, but big bags are limited by the palletizer. */
const plant = {
  version: 1, gateway: { id: 'hand' },
  plcs: [{ id: 'p', driver: 's7', host: '127.0.0.1', cycle: '1s', tags: { run: 'DB1,X0.0', total: 'DB1,UINT2', rejects: 'DB1,UINT4' } }],
  calendars: { one: { shifts: [{ name: 'early', start: '06:00', end: '14:00' }] } },
  reasons: [{ code: 'CLEAN', name: 'Cleaning', category: 'planned' }, { code: 'NONE', name: 'No orders', category: 'excluded' }],
  products: [{ code: 'SMALL', ideal_cycle: { F: '4s', B: '6s', P: '5s' } }, { code: 'BIG', ideal_cycle: { F: '5s', B: '8s', P: '12s' } }],
  lines: [{
    id: '12345678-1234-5678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'one', constraints: { BIG: 'P' },
    equipment: [machine('F', {}), machine('B', { constraint: true, upstream: ['F'] }), machine('P', { upstream: ['B'] })],
  }],
}

const at = (time: string): string => `2026-03-24T${time}.000Z`
const said = (time: string, equipment: string, signals: object) => ({ at: at(time), equipment, signals })
const asked = (time: string, name: string, equipment: string, body: object = {}) => ({ at: at(time), command: { name, equipment, body } })
const counted = (total_count: number, reject_count: number) => ({ total_count, reject_count })
const explained = (time: string, equipment: string, stop: string, reason: string) => asked(time, 'stop_reason', equipment, { stop_id: stop, reason })

const shift = (edits: readonly object[] = []) => [
  ...['F', 'B', 'P'].map((code) => said('06:00:00', code, { running: true, ...counted(0, 0) })),
  ...[['J1', 'SMALL'], ['J2', 'BIG']].map(([job_id, product]) => asked('06:00:00', 'job_create', 'B', { job_id, product, quantity: 5_000 })),
  asked('06:00:00', 'job_assign', 'B', { job_id: 'J1' }), asked('06:00:00', 'job_start', 'B'),
  said('07:00:00', 'P', { running: false }), said('07:30:00', 'P', { running: true }),
  said('08:00:00', 'B', { running: false }), said('08:10:00', 'B', { running: true }),
  said('10:00:00', 'F', counted(2_400, 20)), said('10:00:00', 'B', { running: false, ...counted(2_000, 30) }), said('10:00:00', 'P', counted(1_920, 10)),
  asked('10:00:00', 'job_complete', 'B'), asked('10:00:00', 'changeover_start', 'B', { to_product: 'BIG' }),
  said('10:05:00', 'P', { running: false }), said('10:25:00', 'P', { running: true }),
  asked('10:30:00', 'changeover_complete', 'B'), asked('10:30:00', 'job_assign', 'B', { job_id: 'J2' }), asked('10:30:00', 'job_start', 'B'), said('10:30:00', 'B', { running: true, ...counted(2_001, 30) }),
  said('11:00:00', 'B', { running: false }), said('11:20:00', 'B', { running: true }),
  said('12:00:00', 'P', { running: false }), said('12:15:00', 'P', { running: true }),
  said('13:00:00', 'F', counted(4_000, 40)), said('13:00:00', 'B', counted(2_800, 40)), said('13:00:00', 'P', counted(2_620, 30)),
  ...edits,
  ...['F', 'B', 'P'].map((code) => said('14:00:00', code, { running: false })), said('14:10:00', 'P', { running: false }),
]

/** As `lineside replay --trace` tells it. */
async function reportOf(t: { testdir: () => string }, lines: readonly object[]): Promise<Report> {
  const directory = t.testdir()
  const [file, trace] = [join(directory, 'lineside.yaml'), join(directory, 'shift.jsonl')]
  writeFileSync(file, stringify(plant))
  writeFileSync(trace, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  const loaded = loadConfig(file)
  if (!('config' in loaded)) throw new Error(JSON.stringify(loaded))
  const { text } = await replay(() => Promise.resolve(loaded.config), directory, { trace, from: undefined, to: undefined }, 'json')
  return JSON.parse(text) as Report
}

const EARLY = '2026-03-24/early'
const HOURS_4 = 14_400

t.test('small bags have the time of the bagger, big ones that of the palletizer, from their changeover on', async (t) => {
  const { lines, equipment, stops, refusals } = await reportOf(t, shift())
  const { shifts, jobs } = lines['L1']!
  t.same(refusals, [])
  t.same(stops.map(({ equipment_code: code, from, seconds }) => `${code} ${from.slice(11, 16)} ${seconds}`), ['P 07:00 1800', 'B 08:00 600', 'B 10:00 1800', 'P 10:05 1200', 'B 11:00 1200', 'P 12:00 900'])
  // Of the six stops three are the line's: the bagger's in small bags, and the palletizer's in the changeover to big ones and in these.
  const [stood, run] = [600 + 1_200 + 900, 2 * HOURS_4 - 2_700]
  // A part is worth the slowest ideal time of its product. The ten rejects of the bagger in big bags come before what limits these.
  const [worth, torn] = [1_910 * 6 + 680 * 12, (30 + 10) * 6 + 20 * 12]
  t.match(shifts[EARLY], {
    times: { all: 28_800, schedule_loss: 0, no_data: 0, planned_production: 28_800, unplanned_stop: stood, planned_stop: 0, changeover: 0, run, micro_stop: 0, speed_loss: run - worth - torn, net_run: worth + torn, production_reject: torn, fully_productive: worth },
    counts: { good: 1_910 + 680, production_reject: 60, total: 2_650 }, oee: worth / 28_800, availability: run / 28_800, performance: (worth + torn) / run, quality: worth / (worth + torn),
    constraint: 'B', constraints: [{ equipment_code: 'B', planned_production: HOURS_4, share: 0.5 }, { equipment_code: 'P', planned_production: HOURS_4, share: 0.5 }],
    // 2000 of the bagger and 700 of the palletizer. The hundred big bags that lie between the two are nobody's yet, and no scrap.
    work_in_process: 2_700 - 2_650,
  })
  t.match(jobs['J1'], { times: { all: HOURS_4, unplanned_stop: 600, fully_productive: 1_910 * 6 }, counts: { good: 1_910, production_reject: 40 }, constraint: 'B', work_in_process: 2_000 - 1_950 })
  t.notOk('constraints' in jobs['J1']!, 'one limited it')
  t.match(jobs['J2'], { times: { planned_production: HOURS_4, unplanned_stop: 2_100, changeover: 0, fully_productive: 680 * 12 }, counts: { good: 680, production_reject: 20 }, constraint: 'P', work_in_process: 0 })
  t.match(equipment['B']!.shifts[EARLY], { times: { unplanned_stop: 1_800, changeover: 1_800 } }, 'what each did itself is told of it as ever')
})

t.test('an edit afterwards is the line\'s where that machine limited it, and nowhere else', async (t) => {
  const early = async (...edits: object[]) => { const { lines, refusals } = await reportOf(t, shift(edits)); t.same(refusals, []); return lines['L1']!.shifts[EARLY]! }
  const plain = await early()
  t.same(await early(explained('13:30:00', 'P', 'L1-S1', 'NONE'), explained('13:30:00', 'B', 'L1-S5', 'NONE')), plain, 'the palletizer in small bags, and the bagger in big ones')
  t.match(await early(explained('13:30:00', 'P', 'L1-S4', 'CLEAN'), explained('13:30:00', 'P', 'L1-S6', 'NONE')), {
    times: { planned_production: 28_800 - 900, schedule_loss: 900, unplanned_stop: 600, planned_stop: 1_200, run: 26_100 }, counts: plain.counts,
    constraints: [{ equipment_code: 'B', planned_production: HOURS_4 }, { equipment_code: 'P', planned_production: HOURS_4 - 900, share: 13_500 / 27_900 }],
  })
})
