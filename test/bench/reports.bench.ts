/** Reports over a year of twenty machines: how long they take, how long they hold the main thread, and what that year is on the disk. */

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, instant, later, mono, rfc3339, seq } from '../../src/base/units.js'
import { config } from '../../src/contract/config.js'
import type { Desk } from '../../src/contract/desk.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import { type LossRow, partLeaves, timeLeaves } from '../../src/contract/losses.js'
import { openLine } from '../../src/core/snapshot.js'
import { linePlans } from '../../src/core/plan.js'
import { shiftsBetween, slotAt } from '../../src/core/shifts.js'
import { reportHandlers } from '../../src/faces/api/reports.js'
import { dayOf, oeeOfPeriod, seriesOf, shiftsOf } from '../../src/gateway/figures.js'
import { openWriter } from '../../src/journal/database.js'
import { databasePath } from '../../src/journal/gate.js'
import { type JournalOptions, openJournal } from '../../src/journal/journal.js'
import { rollUp } from '../../src/journal/migrations/004-hours.js'
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
  const leaves = Object.fromEntries([...timeLeaves, ...partLeaves].map((leaf) => [leaf, 0]))
  return {
    line, equipment: machine, minute, shift, job: `${line}-2026-${shiftNumber}`, product, idealMs, revision: 0,
    // All leaves are there, which `fromEntries` cannot say.
    ms: { ...leaves, running, unplanned: stands, schedule_loss: inBreak ? MINUTE_MS : 0 } as unknown as LossRow['ms'],
    parts: { ...leaves, good: Math.floor(running / idealMs * 0.95), production_reject: shiftNumber % 3 === 0 ? 1 : 0 } as unknown as LossRow['parts'],
  }
}

/** Facts as a line makes them: the parts of every minute, and what a stop tells. */
function factsOf(line: string, rows: readonly LossRow[], minute: Instant): Omit<Fact, 'seq' | 'epoch' | 'config'>[] {
  return rows.flatMap((row, i) => {
    const at = later(minute, MINUTE_MS)
    const total = row.parts.good + row.parts.production_reject
    const counted = total === 0 ? [] : [{ type: 'count_recorded', at, line, equipment: row.equipment, body: {
      from: rfc3339(minute), total, good: row.parts.good, reject: row.parts.production_reject, startup_reject: 0, off_schedule: 0, recovered: 0, count_imbalance: 0,
      job_id: row.job, product: row.product, shift: row.shift, ideal_cycle_seconds: row.idealMs / 1_000, startup_left: null,
      steps: [{ signal: 'total_count', from: minute / 1_000, to: minute / 1_000 + total, parts: total, rule: 'advance' }, { signal: 'reject_count', from: i, to: i + row.parts.production_reject, parts: row.parts.production_reject, rule: 'advance' }],
    } }]
    if (row.ms.unplanned === 0) return counted as unknown as Omit<Fact, 'seq' | 'epoch' | 'config'>[]
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
    ] as unknown as Omit<Fact, 'seq' | 'epoch' | 'config'>[]
  })
}

/** The rows of all machines for every minute of a year; returns their bytes. */
async function fillRows(options: JournalOptions): Promise<number> {
  await (await openJournal(options)).close()
  const path = databasePath(options.directory)
  const database = openWriter(path)
  database.pragma('synchronous = OFF')
  database.pragma('wal_autocheckpoint = 4000')
  const sizeNow = (): number => { database.pragma('wal_checkpoint(TRUNCATE)'); return statSync(path).size }
  const empty = sizeNow()
  const shiftNumbers = new Map(shiftsBetween(plans[0]!.calendar, plans[0]!.timeZone, START, NOW).map((shift, i) => [shift.id, i]))
  const keys = ['equipment', 'minute', 'shift', 'job', 'product', 'ideal_ms', 'line', 'revision', 'written', ...timeLeaves, ...partLeaves]
  const insert = database.prepare(`INSERT INTO losses (${keys.join(', ')}) VALUES (${keys.map(() => '?').join(', ')})`)
  // The first line minute by minute, the others as copies of it, and the hours at once: filling must not take as long as the year did.
  const triggers = database.prepare<[], { name: string; sql: string }>(`SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'losses'`).all()
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`)
  let written = 0
  const [first, ...others] = lines as [string, ...string[]]
  for (const [i, code] of machinesOf(first).entries()) {
    database.transaction(() => {
      for (let minute = START; minute < NOW; minute = later(minute, MINUTE_MS)) {
        const slot = slotAt(plans[0]!.calendar, plans[0]!.timeZone, minute)
        const row = rowOf(first, code, i, minute, slot.shift!.id, shiftNumbers.get(slot.shift!.id) ?? 0, slot.inBreak)
        insert.run(code, minute, row.shift, row.job, row.product, row.idealMs, row.line, 0, ++written, ...timeLeaves.map((leaf) => row.ms[leaf]), ...partLeaves.map((leaf) => row.parts[leaf]))
      }
    }).immediate()
  }
  const copied = keys.map((key) => (key === 'equipment' || key === 'job' || key === 'line' ? `replace(${key}, :first, :line)` : key === 'written' ? 'written + :after' : key))
  const copy = database.prepare(`INSERT INTO losses (${keys.join(', ')}) SELECT ${copied.join(', ')} FROM losses WHERE line = :first ORDER BY equipment, minute`)
  for (const [n, line] of others.entries()) copy.run({ first, line, after: (n + 1) * written })
  database.exec(rollUp)
  for (const { sql } of triggers) database.exec(sql)
  const filled = sizeNow()
  database.close()
  return filled - empty
}

/** The facts of the last ninety days of one machine, and of the last day of all; returns the bytes of that day. */
async function fillFacts(options: JournalOptions): Promise<number> {
  const journal = await openJournal(options)
  let number = 0
  let turn = journal.remembered.lastTurn
  const append = async (facts: readonly Omit<Fact, 'seq' | 'epoch' | 'config'>[]): Promise<void> => {
    const numbered = facts.map((fact) => ({ ...fact, epoch: journal.remembered.epoch, seq: seq(++number), config: 1 }) as Fact)
    await journal.append({ number: ++turn, at: facts[0]!.at, mono: mono(turn), facts: numbered, scans: [], rows: [], commands: [], snapshots: [] })
  }
  const minuteFacts = (line: string, machines: readonly string[], minute: Instant) => {
    const { calendar, timeZone } = plans[0]!
    const slot = slotAt(calendar, timeZone, minute)
    return factsOf(line, machines.map((machine, i) => rowOf(line, machine, i, minute, slot.shift!.id, 0, slot.inBreak)), minute)
  }
  let waiting: Omit<Fact, 'seq' | 'epoch' | 'config'>[] = []
  const flushAt = async (count: number): Promise<void> => { if (waiting.length >= count) { await append(waiting); waiting = [] } }
  for (let minute = later(NOW, -90 * DAY_MS); minute < later(NOW, -DAY_MS); minute = later(minute, MINUTE_MS)) {
    waiting.push(...minuteFacts(lines[0]!, machinesOf(lines[0]!).slice(1, 2), minute))
    await flushAt(500)
  }
  await flushAt(1)
  const usedNow = async (): Promise<number> => { const { databaseBytes, freeBytes } = await journal.sizes(); return databaseBytes - freeBytes }
  const before = await usedNow()
  for (let minute = later(NOW, -DAY_MS); minute < NOW; minute = later(minute, MINUTE_MS)) {
    for (const line of lines) waiting.push(...minuteFacts(line, machinesOf(line), minute))
    await flushAt(500)
  }
  await flushAt(1)
  const bytes = await usedNow() - before
  await journal.close()
  return bytes
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
  async run() {
    const directory = mkdtempSync(join(tmpdir(), 'lineside-reports-'))
    const options: JournalOptions = {
      directory, clock: systemClock, log: silentLog, groups: [], recorded: () => true, stageMs: 1_000,
      storage: { ballast: 0, facts: { keep: 1e12, bytes: 1e12 }, samples: { keep: 1e12, bytes: 1e12, chunk: 600_000 } },
    }
    try {
      const rowsBytes = await fillRows(options)
      const factBytesPerDay = await fillFacts(options)
      const journal = await openJournal(options)
      const byLine = new Map(plans.map((plan) => [plan.line.code, openLine(plan, null, [])]))
      const lineOf = (of: string) => byLine.get(of) ?? byLine.get(of.slice(0, 4))!
      const asked: Partial<Desk> = {
        config: plant, now: () => later(NOW, 30_000), day: (line, date) => dayOf(lineOf(line), date), facts: (query) => journal.facts(query), sums: (query) => journal.sums(query), rows: (query) => journal.rows(query),
        oee: (query) => oeeOfPeriod(lineOf(query.of), query, journal), series: (query) => seriesOf(lineOf(query.of), query, journal), shifts: (query) => shiftsOf(lineOf(query.of), query, journal),
      }
      // What these reports never ask for is not there, and would throw.
      const handlers = reportHandlers(asked as Desk)
      const request = (params: object, query: object, line: string) => ({ params, query, line, accept: 'application/json' }) as never
      const compare = (against: string) => measured(async () => handlers.oee_comparative_analysis(request({}, { comparison_days: 365, against }, 'BP01')))
      const report = (report_type: string) => measured(async () => handlers.oee_performance_report(request({ equipment_code: 'BP01.PACK.M2' }, { start_date: rfc3339(later(NOW, -90 * DAY_MS)), end_date: rfc3339(NOW), report_type, group_by: 'shift' }, 'BP01')))
      const [summary, detailed] = [await report('summary'), await report('detailed')]
      const [history, equipment, benchmark] = [await compare('history'), await compare('equipment'), await compare('benchmark')]
      await journal.close()
      const figures: Figure[] = [
        { figure: '90 days of one machine by shift, summary', value: summary.ms, unit: 'ms', target: { atMost: 150 } },
        { figure: 'the same with its stops', value: detailed.ms, unit: 'ms', target: { atMost: 150 } },
        { figure: '365 days of a line against the year before', value: history.ms, unit: 'ms', target: { atMost: 500 } },
        { figure: '365 days of a line against its target', value: benchmark.ms, unit: 'ms', target: { atMost: 500 } },
        { figure: '365 days of each machine of a line', value: equipment.ms, unit: 'ms', target: { atMost: 500 } },
        { figure: 'main loop held meanwhile, longest', value: Math.max(summary.heldMs, detailed.heldMs, history.heldMs, equipment.heldMs, benchmark.heldMs), unit: 'ms', target: { atMost: 5 } },
        { figure: 'a year of minutes of 20 machines', value: rowsBytes / 1e9, unit: 'GB', target: null },
        { figure: 'a year of their facts, by a day of them', value: factBytesPerDay * DAYS / 1e9, unit: 'GB', target: null },
        { figure: 'both', value: (rowsBytes + factBytesPerDay * DAYS) / 1e9, unit: 'GB', target: { atMost: 2 } },
      ]
      return figures
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
}
