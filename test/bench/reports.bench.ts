/** Reports over a year of twenty machines: how long they take, how long they hold the main thread, and what that year is on the disk. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, instant, later, rfc3339 } from '../../src/base/units.js'
import { config } from '../../src/contract/config.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import { type LossRow, partCounts, timeLeaves } from '../../src/contract/losses.js'
import { linePlans } from '../../src/core/time/plan.js'
import { shiftsBetween, slotAt } from '../../src/core/time/shifts.js'
import { type ListDesk, pageOfStops } from '../../src/faces/api/stop-list.js'
import { startReporter } from '../../src/gateway/reporter.js'
import { openAppender } from '../../src/journal/facts/append.js'
import { type Database, openWriter } from '../../src/journal/store/database.js'
import { databasePath } from '../../src/journal/keeping/gate.js'
import { type JournalOptions, openJournal } from '../../src/journal/journal.js'
import { rollUp } from '../../src/journal/migrations/010-rework.js'
import { packDue, packRule, sealPack, sweepPacked } from '../../src/journal/facts/packs.js'
import { headOf } from '../../src/journal/keeping/recall.js'
import { type Bench, type Figure, median } from './bench.js'

const LINES = 4
const MACHINES_PER_LINE = 5
const DAYS = 365
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const NOW = instant(Date.UTC(2026, 10, 2, 5))
const START = later(NOW, -DAYS * DAY_MS)
const ROUNDS = 5

const lines = Array.from({ length: LINES }, (_, line) => `BP0${line + 1}`)
const machinesOf = (line: string): string[] => Array.from({ length: MACHINES_PER_LINE }, (_, machine) => `${line}.PACK.M${machine + 1}`)

const plant = config.parse({
  version: 1, gateway: { id: 'bench', time_zone: 'Europe/Berlin' }, plcs: [],
  calendars: { three: { day_start: '06:00', shifts: [{ name: 'early', start: '06:00', end: '14:00', breaks: [{ start: '10:00', end: '10:30' }] }, { name: 'late', start: '14:00', end: '22:00', breaks: [{ start: '18:00', end: '18:30' }] }, { name: 'night', start: '22:00', end: '06:00', breaks: [{ start: '02:00', end: '02:30' }] }] } },
  products: ['BAG500', 'BAG1000'].map((code, i) => ({ code, name: code, ideal_cycle: Object.fromEntries(lines.flatMap(machinesOf).map((machine) => [machine, i === 0 ? '1s' : '1500ms'])) })),
  lines: lines.map((code, n) => ({ id: `12345678-1234-5678-9abc-12345678901${n}`, code, name: code, calendar: 'three', equipment: machinesOf(code).map((machine, i) => ({ code: machine, name: machine, constraint: i === 1, ideal_cycle: '1s' })) })),
})
const plans = linePlans(plant, 1)

/** Machines take turns at standing, each 46 times a day; a product lasts three shifts, a job a shift. */
const productOf = (shift: number): string => (Math.floor(shift / 3) % 2 === 0 ? 'BAG500' : 'BAG1000')
const standsMs = (machine: number, minute: number): number => ((minute * 7 + machine * 13) % 31 === 0 ? 20_000 + (minute * 31 + machine) % 40_000 : 0)

function rowOf(line: string, machine: string, number: number, minute: Instant, shift: string, shiftNumber: number, inBreak: boolean): LossRow {
  const stands = inBreak ? 0 : standsMs(number, minute / MINUTE_MS)
  const product = productOf(shiftNumber)
  const idealMs = product === 'BAG500' ? 1_000 : 1_500
  const running = inBreak ? 0 : MINUTE_MS - stands
  const leaves = Object.fromEntries([...timeLeaves, ...partCounts].map((leaf) => [leaf, 0]))
  return {
    line, equipment: machine, minute, shift, job: `${line}-2026-${shiftNumber}`, product, idealMs, revision: 0,
    // All leaves are there, which `fromEntries` cannot say.
    ms: { ...leaves, running, unplanned: stands, schedule_loss: inBreak ? MINUTE_MS : 0 } as unknown as LossRow['ms'],
    parts: { ...leaves, good: Math.floor(running / idealMs * 0.95), production_reject: shiftNumber % 3 === 0 ? 1 : 0 } as unknown as LossRow['parts'],
  }
}

/** Facts as a line makes them: the parts of every minute, and what a stop tells. */
function factsOf(line: string, rows: readonly LossRow[], minute: Instant): Told[] {
  return rows.flatMap((row, i) => {
    const at = later(minute, MINUTE_MS)
    const total = row.parts.good + row.parts.production_reject
    const counted = total === 0 ? [] : [{ type: 'count_recorded', at, line, equipment: row.equipment, body: {
      from: rfc3339(minute), total, good: row.parts.good, reject: row.parts.production_reject, startup_reject: 0, off_schedule: 0, recovered: 0, count_imbalance: 0,
      job_id: row.job, product: row.product, shift: row.shift, ideal_cycle_seconds: row.idealMs / 1_000, startup_left: null,
      steps: [{ signal: 'total_count', from: minute / 1_000, to: minute / 1_000 + total, parts: total, rule: 'advance' }, { signal: 'reject_count', from: i, to: i + row.parts.production_reject, parts: row.parts.production_reject, rule: 'advance' }],
    } }]
    if (row.ms.unplanned === 0) return counted as unknown as Told[]
    const stop = { stop_id: `${line}-S${minute / MINUTE_MS + i}`, state: 'faulted', reason: { code: 'MAT_JAM', name: 'Material jam', category: 'unplanned', is_failure: true, external: false, team: 'production', source: 'auto', by: null },
      cause: { fault: 'INFEED_JAM', fault_name: 'Infeed jam', faults: ['INFEED_JAM'], ambiguous: false, blame: { direction: 'internal', equipment: null } }, job_id: row.job, product: row.product, shift: row.shift }
    const fault = { fault: 'INFEED_JAM', name: 'Infeed jam', bit: 2, marker: 'internal', kind: 'fault', severity: 'medium' }
    return [...counted,
      { type: 'plc_fault', at: minute, line, equipment: row.equipment, body: fault },
      { type: 'state_changed', at: minute, line, equipment: row.equipment, body: { state: 'faulted', state_code: 11, previous: 'running', previous_seconds: 600 } },
      { type: 'downtime_event', at: minute, line, equipment: row.equipment, body: stop },
      { type: 'plc_fault_cleared', at: later(minute, row.ms.unplanned), line, equipment: row.equipment, body: { ...fault, lasted_seconds: row.ms.unplanned / 1_000 } },
      { type: 'state_changed', at: later(minute, row.ms.unplanned), line, equipment: row.equipment, body: { state: 'running', state_code: 6, previous: 'faulted', previous_seconds: row.ms.unplanned / 1_000 } },
      { type: 'downtime_resolved', at: later(minute, row.ms.unplanned), line, equipment: row.equipment, body: { ...stop, from: rfc3339(minute), lost_seconds: row.ms.unplanned / 1_000, micro: row.ms.unplanned < 30_000 } },
    // Bodies as the catalogue has them; the reader takes them as they are.
    ] as unknown as Told[]
  })
}

/** The rows of all machines for every minute of a year, in the order in which they are written; returns their bytes. */
function fillRows(database: Database): number {
  const empty = usedBytes(database)
  const [first] = lines as [string, ...string[]]
  const shiftNumbers = new Map(shiftsBetween(plans[0]!.calendar, plans[0]!.timeZone, START, NOW).map((shift, i) => [shift.id, i]))
  const leaves = [...timeLeaves, ...partCounts]
  // The first line row by row, the others as copies of it, and the hours at once: filling must not take as long as the year did.
  database.exec(`CREATE TEMP TABLE first (minute INTEGER, machine INTEGER, context INTEGER, ${leaves.join(', ')}, PRIMARY KEY (minute, machine)) WITHOUT ROWID`)
  database.exec('CREATE TEMP TABLE own (context INTEGER, line INTEGER, id INTEGER, PRIMARY KEY (context, line)) WITHOUT ROWID')
  const insertCode = database.prepare('INSERT INTO codes (code) VALUES (?)')
  const lineIds = lines.map((line) => Number(insertCode.run(line).lastInsertRowid))
  const machineIds = lines.map((line) => machinesOf(line).map((code) => Number(insertCode.run(code).lastInsertRowid)))
  const contexts = new Map<string, number>()
  const insertContext = database.prepare('INSERT INTO contexts (shift, job, product, ideal_ms) VALUES (?, ?, ?, ?)')
  const insertOwn = database.prepare('INSERT INTO own VALUES (?, ?, ?)')
  const contextOf = (row: LossRow): number => {
    const known = contexts.get(row.shift!)
    if (known !== undefined) return known
    const number = contexts.size
    contexts.set(row.shift!, number)
    for (const [n, line] of lines.entries()) insertOwn.run(number, n, insertContext.run(row.shift, row.job!.replace(first, line), row.product, row.idealMs).lastInsertRowid)
    return number
  }
  const insert = database.prepare(`INSERT INTO first VALUES (${['minute', 'machine', 'context', ...leaves].map(() => '?').join(', ')})`)
  database.transaction(() => {
    for (let minute = START; minute < NOW; minute = later(minute, MINUTE_MS)) {
      const slot = slotAt(plans[0]!.calendar, plans[0]!.timeZone, minute)
      for (const [i, code] of machinesOf(first).entries()) {
        const row = rowOf(first, code, i, minute, slot.shift!.id, shiftNumbers.get(slot.shift!.id) ?? 0, slot.inBreak)
        insert.run(minute, i, contextOf(row), ...timeLeaves.map((leaf) => row.ms[leaf]), ...partCounts.map((leaf) => row.parts[leaf]))
      }
    }
  }).immediate()
  const triggers = database.prepare<[], { name: string; sql: string }>(`SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'minutes'`).all()
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`)
  database.exec(`CREATE TEMP TABLE machines (line, machine, line_id, id)`)
  const place = database.prepare('INSERT INTO machines VALUES (?, ?, ?, ?)')
  for (const [n, ids] of machineIds.entries()) for (const [machine, id] of ids.entries()) place.run(n, machine, lineIds[n], id)
  const after = database.prepare<[], number>('SELECT coalesce(max(written), 0) FROM minutes').pluck().get() ?? 0
  database.exec(`
    INSERT INTO minutes (minute, equipment, context, line, revision, written, ${leaves.join(', ')})
    SELECT f.minute, m.id, o.id, m.line_id, 0, ${after} + (f.minute - ${START}) / ${MINUTE_MS} * ${LINES * MACHINES_PER_LINE} + m.line * ${MACHINES_PER_LINE} + m.machine + 1, ${leaves.map((leaf) => `f.${leaf}`).join(', ')}
    FROM first f CROSS JOIN machines m ON m.machine = f.machine CROSS JOIN own o ON o.context = f.context AND o.line = m.line`)
  database.exec(rollUp)
  for (const { sql } of triggers) database.exec(sql)
  return usedBytes(database) - empty
}

type Told = Omit<Fact, 'seq' | 'epoch' | 'config'>

/** What a day of all machines takes as rows, and what it takes in packs. */
interface FactBytes { readonly young: number; readonly packed: number }

/** The facts of the last ninety days of one machine, packed as they are when there are twenty; then a day of all of them that is packed, and one that is too young for it. */
function fillFacts(database: Database): FactBytes {
  const { id, name } = database.prepare<[], { id: number; name: string }>('SELECT id, epoch AS name FROM epochs ORDER BY id DESC LIMIT 1').get()!
  const appender = openAppender(database, { id, name }, new Map())
  let head = { seq: headOf(database), turn: 0 }
  const { calendar, timeZone } = plans[0]!
  const append = (facts: readonly Told[]): void => {
    const numbered = facts.map((fact, i) => ({ ...fact, epoch: name, seq: head.seq + i + 1, config: 1, body: JSON.stringify(fact.body) }))
    database.transaction(() => { head = appender.write([{ number: head.turn + 1, at: facts[0]!.at, mono: head.turn, facts: numbered, scans: [], rows: [], commands: [], snapshots: [] }], head) }).immediate()
  }
  const fill = (from: Instant, to: Instant, of: readonly (readonly [line: string, machines: readonly string[]])[]): void => {
    let waiting: Told[] = []
    for (let minute = from; minute < to; minute = later(minute, MINUTE_MS)) {
      const slot = slotAt(calendar, timeZone, minute)
      for (const [line, machines] of of) waiting.push(...factsOf(line, machines.map((machine) => rowOf(line, machine, machinesOf(line).indexOf(machine), minute, slot.shift!.id, 0, slot.inBreak)), minute))
      if (waiting.length >= 500) { append(waiting); waiting = [] }
    }
    append(waiting)
  }
  const pack = (factsMax: number): void => {
    for (let run = packDue(database, { lagMs: 0, waitMs: 0, factsMax }, NOW); run !== null; run = packDue(database, { lagMs: 0, waitMs: 0, factsMax }, NOW)) {
      for (const _ of sealPack(database, run)) { /* nobody waits here */ }
      while (sweepPacked(database)) { /* to the end */ }
    }
  }
  const all = lines.map((line) => [line, machinesOf(line)] as const)
  fill(later(NOW, -90 * DAY_MS), later(NOW, -2 * DAY_MS), [[lines[0]!, machinesOf(lines[0]!).slice(1, 2)]])
  pack(Math.floor(packRule.factsMax / (LINES * MACHINES_PER_LINE)))
  const before = usedBytes(database)
  fill(later(NOW, -2 * DAY_MS), later(NOW, -DAY_MS), all)
  pack(packRule.factsMax)
  const packed = usedBytes(database) - before
  fill(later(NOW, -DAY_MS), NOW, all)
  return { packed, young: usedBytes(database) - before - packed }
}

const usedBytes = (database: Database): number => {
  const number = (name: string): number => Number(database.pragma(name, { simple: true }))
  return (number('page_count') - number('freelist_count')) * number('page_size')
}

interface Measured { readonly ms: number; readonly heldMs: number }

/** The middle of some rounds, and the longest that the event loop was held in any of them. */
async function measured(ask: () => Promise<unknown>): Promise<Measured> {
  await ask()
  const took: number[] = []
  const held: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const from = performance.now()
    await ask()
    took.push(performance.now() - from)
    delay.disable()
    // The histogram counts from timer to timer, which are a millisecond apart.
    held.push(delay.max / 1e6 - 1)
  }
  return { ms: median(took), heldMs: median(held) }
}

export const bench: Bench = {
  name: 'reports',
  peers: [],
  asGateway: true,
  async run() {
    const directory = mkdtempSync(join(tmpdir(), 'lineside-reports-'))
    const options: JournalOptions = {
      directory, clock: systemClock, log: silentLog, groups: [], recorded: () => true, stageMs: 1_000,
      storage: { ballast: 0, facts: { keep: 1e12, bytes: 1e12 }, samples: { keep: 1e12, bytes: 1e12, chunk: 600_000 } },
    }
    try {
      await (await openJournal(options)).close()
      const database = openWriter(databasePath(directory))
      database.pragma('synchronous = OFF')
      database.pragma('wal_autocheckpoint = 4000')
      const rowsBytes = fillRows(database)
      const facts = fillFacts(database)
      database.pragma('wal_checkpoint(TRUNCATE)')
      database.close()
      const reporter = startReporter({ directory, clock: { ...systemClock, now: () => later(NOW, 30_000) }, inForce: () => ({ config: plant, version: 1 }), corrected: () => [], before: () => [], told: () => new Map(), flush: () => Promise.resolve() })
      const request = (params: object, query: object, line: string) => ({ params, query, line, accept: 'application/json', language: 'en' }) as never
      const compare = (against: string) => measured(async () => reporter.handlers.oee_comparative_analysis(request({}, { comparison_days: 365, against }, 'BP01')))
      const report = (report_type: string) => measured(async () => reporter.handlers.oee_performance_report(request({ equipment_code: 'BP01.PACK.M2' }, { start_date: rfc3339(later(NOW, -90 * DAY_MS)), end_date: rfc3339(NOW), report_type, group_by: 'shift' }, 'BP01')))
      const [summary, detailed, comprehensive] = [await report('summary'), await report('detailed'), await report('comprehensive')]
      // The same loop for as long, with nothing to do but to wait: what it is held by then is the machine's.
      const alone = await measured(() => sleep(comprehensive.ms))
      const [history, equipment, benchmark] = [await compare('history'), await compare('equipment'), await compare('benchmark')]
      await reporter.stop()
      const journal = await openJournal(options)
      const page = (stops: ListDesk['stops']) => measured(async () => pageOfStops({ config: plant, now: () => NOW, facts: (query) => journal.facts(query), stops }, { from: later(NOW, -31 * DAY_MS), to: NOW, lines: null, limit: 101 }, []))
      const [listed, heard] = [await page((query) => journal.stops(query)), await page(async () => null)]
      await journal.close()
      const factsBytes = facts.packed * (DAYS - 1) + facts.young
      const figures: Figure[] = [
        { figure: '90 days of one machine by shift, summary', value: summary.ms, unit: 'ms', target: { atMost: 150 } },
        { figure: 'the same with its stops', value: detailed.ms, unit: 'ms', target: { atMost: 150 } },
        { figure: 'and with all there is to say', value: comprehensive.ms, unit: 'ms', target: { atMost: 150 } },
        { figure: '365 days of a line against the year before', value: history.ms, unit: 'ms', target: { atMost: 500 } },
        { figure: '365 days of a line against its target', value: benchmark.ms, unit: 'ms', target: { atMost: 500 } },
        { figure: '365 days of each machine of a line', value: equipment.ms, unit: 'ms', target: { atMost: 500 } },
        { figure: 'a page of a month of stops', value: listed.ms, unit: 'ms', target: null },
        { figure: 'of hearing what its facts say', value: listed.ms / heard.ms, unit: '×', target: { atMost: 0.2 } },
        { figure: 'main loop held meanwhile, longest', value: Math.max(summary.heldMs, detailed.heldMs, comprehensive.heldMs, history.heldMs, equipment.heldMs, benchmark.heldMs), unit: 'ms', target: { atMost: 5 } },
        { figure: 'the same while nobody asks for anything', value: alone.heldMs, unit: 'ms', target: null },
        { figure: 'a year of minutes of 20 machines', value: rowsBytes / 1e9, unit: 'GB', target: null },
        { figure: 'a year of their facts: the last day as rows, the others in packs', value: factsBytes / 1e9, unit: 'GB', target: null },
        { figure: 'a day of them in packs, beside the same as rows', value: facts.packed / facts.young, unit: '×', target: null },
        { figure: 'both', value: (rowsBytes + factsBytes) / 1e9, unit: 'GB', target: { atMost: 2 } },
      ]
      return figures
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
}
