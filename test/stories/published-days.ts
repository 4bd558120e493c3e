/** Published days and counters told as traces, and what `lineside replay` says of them. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { systemClock } from '../../src/base/clock.js'
import { instant, rfc3339 } from '../../src/base/units.js'
import type { Draft } from '../../src/contract/events/catalogue.js'
import type { Oee } from '../../src/contract/oee.js'
import { typed } from '../../src/faces/cli/parser.js'
import type { Report } from '../../src/replay/report.js'
import { program } from '../../src/verbs/table.js'
import type { Written } from './gateway.js'

/** One published example: what its source prints, and what follows exactly from the same inputs. */
export interface Case {
  readonly id: string
  readonly inputs: Readonly<Record<string, unknown>> & { readonly calc: string }
  readonly expected: { readonly published: Figures; readonly exact: Figures }
  readonly tolerance: number | Readonly<Record<string, number>>
}
export type Figures = Readonly<Record<string, unknown>>

/** What `lineside replay --report json` prints of these lines. */
async function replayedReport(folder: string, plant: Written, trace: readonly object[]): Promise<Report> {
  return JSON.parse(await replayed(folder, plant, trace, 'json')) as Report
}

/** What it prints as facts. */
async function replayedFacts(folder: string, plant: Written, trace: readonly object[]): Promise<readonly Draft[]> {
  return (await replayed(folder, plant, trace, 'facts')).trim().split('\n').map((line) => JSON.parse(line) as Draft)
}

let replays = 0
/** How often the command was given so far. */
export const replaysCount = (): number => replays

/** All of the command line but its process: a hundred of these would take half a minute to start. */
async function replayed(folder: string, plant: Written, lines: readonly object[], report: 'json' | 'facts'): Promise<string> {
  const [file, trace] = [join(folder, `${++replays}.yaml`), join(folder, `${replays}.jsonl`)]
  writeFileSync(file, stringify(plant))
  writeFileSync(trace, lines.map((line) => JSON.stringify(line)).join('\n'))
  const found = await typed(program, ['replay', '--config', file, '--trace', trace, '--report', report])
  const said = await found!.verb.run({ ...found!.given, print: () => {}, say: () => {}, now: () => systemClock.now() })
  if (typeof said !== 'object' || said.exit !== 'done') throw new Error(`the replay ended with ${JSON.stringify(said)}`)
  return said.text
}

/** A line of these machines, and what else it has. */
const plantOf = (calendar: NonNullable<Written['calendars']>[string], equipment: Written['lines'][number]['equipment'], line: object = {}): Written => ({
  version: 1, gateway: { id: 'cases', cycle: '10s' }, calendars: { day: calendar },
  plcs: [{ id: 'plc', driver: 'modbus', host: '127.0.0.1', port: 9, cycle: '10s', tags: { running: 'C0', total: 'HR0:UINT32' } }],
  lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L', name: 'Line', calendar: 'day', ...line, equipment }],
})

const MONDAY = Date.parse('2026-03-23T06:00:00Z')
const MINUTE = 60_000
const at = (ms: number): string => rfc3339(instant(MONDAY + ms))
const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const earlyShift = { shifts: [{ name: 'day', start: '06:00', end: '14:00' }] }
const clock = (ms: number): string => new Date(Math.round((MONDAY + ms) / MINUTE) * MINUTE).toISOString().slice(11, 16)

export interface Day {
  /** Planned time with its breaks; from 24 hours on, whole days. */
  readonly shiftMs: number
  readonly breaksMs: readonly number[]
  readonly windowMs: number
  readonly idealMs: number
  readonly partsPerIdeal?: number
  readonly stops: readonly { readonly ms: number; readonly signal?: 'changeover' }[]
  readonly total: number
  readonly reject: number
  /** Shorter than the least stop of the day, unless a micro-stop is meant. */
  readonly microMs?: number
}

/** What a machine of that day comes to. */
export async function replayedDay(folder: string, day: Day): Promise<Oee> {
  const wholeDays = day.shiftMs >= 24 * 60 * MINUTE
  const plant = plantOf({ day_start: '06:00', shifts: [{
    name: 'day', start: '06:00', end: wholeDays ? '06:00' : clock(day.shiftMs), days: wholeDays ? weekdays.slice(0, Math.round(day.shiftMs / (24 * 60 * MINUTE))) : ['mon'],
    breaks: day.breaksMs.map((ms, i) => ({ start: clock((i + 1) * 60 * MINUTE), end: clock((i + 1) * 60 * MINUTE + ms) })),
  }] }, [{ code: 'M', name: 'Machine', ideal_cycle: `${day.idealMs}ms`, parts_per_cycle: day.partsPerIdeal ?? 1, micro_stop: `${day.microMs ?? 1_000}ms`, counts: { slack: 1_000 } }])
  const lines: { readonly ms: number; readonly signals: object }[] = [{ ms: 0, signals: { running: true, changeover: false, total_count: 0, reject_count: 0 } }]
  day.breaksMs.forEach((ms, i) => lines.push({ ms: (i + 1) * 60 * MINUTE, signals: { running: false } }, { ms: (i + 1) * 60 * MINUTE + ms, signals: { running: true } }))
  const before = day.stops.slice(0, -1).some(({ signal }) => signal !== undefined) ? Math.max(0, day.total - 1) : day.total
  // The stops stand at the end of the shift, a little apart from each other where there are many.
  const stood = day.stops.reduce((sum, { ms }) => sum + ms, 0)
  const apart = day.stops.length > 1 ? 10_000 : 0
  let from = day.shiftMs - stood - apart * (day.stops.length - 1)
  for (const [i, { ms, signal }] of day.stops.entries()) {
    lines.push({ ms: from, signals: { running: false, ...(signal === undefined ? {} : { [signal]: true }) } })
    from += ms
    // A changeover is over with its first good part.
    if (i < day.stops.length - 1) lines.push({ ms: from, signals: { running: true, changeover: false, ...signal === undefined ? {} : { total_count: before + 1 } } })
    from += apart
  }
  // Parts come evenly between the last break and the first stop: none is made when none is planned.
  const busyFrom = day.breaksMs.length === 0 ? 0 : day.breaksMs.length * 60 * MINUTE + day.breaksMs.at(-1)!
  const busy = day.shiftMs - stood - apart * (day.stops.length - 1) - busyFrom
  for (let step = 1; step <= 200; step++) {
    const done = step / 200
    lines.push({ ms: busyFrom + Math.floor(busy * done) - 1, signals: { total_count: Math.round(before * done), reject_count: Math.round(day.reject * done) } })
  }
  lines.push({ ms: day.windowMs, signals: day.stops.length > 0 || day.windowMs > day.shiftMs ? { running: false } : {} })
  const report = await replayedReport(folder, plant, lines.sort((a, b) => a.ms - b.ms).map(({ ms, signals }) => ({ at: at(ms), equipment: 'M', signals })))
  return report.equipment['M']!.window
}

/** The inputs of a published day; times in its own unit. */
export function dayOf(inputs: Case['inputs']): Day {
  const number = (name: string): number => Number(inputs[name] ?? 0)
  const unit = inputs['timeUnit'] === 'h' ? 60 * MINUTE : MINUTE
  const breaks = (inputs['breaks'] as number[] | undefined ?? []).map((length) => length * unit)
  const named = inputs['stops'] as Readonly<Record<string, number>> | readonly (readonly [string, number])[] | undefined
  const stops = named === undefined ? [] : (Array.isArray(named) ? named as readonly (readonly [string, number])[] : Object.entries(named)).map(([name, length]) => ({ ms: Math.round(length * unit), ...(name === 'changeover' ? { signal: 'changeover' as const } : {}) }))
  const single = ['stopTime', 'unplannedStops', 'plannedStops'].map((name) => Math.round(number(name) * unit)).reduce((sum, ms) => sum + ms, 0)
  const micro = Array.from({ length: number('microStops') }, () => ({ ms: MINUTE }))
  const shiftMs = (number('plannedTime') || number('shiftLength') || number('allTime') - number('idleTime')) * unit
  const ideal = inputs['idealCycle'] !== undefined ? number('idealCycle') * unit : inputs['idealCycleMinutes'] !== undefined ? number('idealCycleMinutes') * MINUTE : inputs['idealRatePerMin'] !== undefined ? MINUTE / number('idealRatePerMin') : null
  const total = number('totalCount') || number('goodCount') + number('rejectCount')
  return {
    shiftMs, breaksMs: breaks, windowMs: Math.max(shiftMs, number('allTime') * unit), stops: [...micro, ...single > 0 ? [{ ms: single }] : [], ...stops],
    // A theoretical count for the whole run stands for an ideal time that no whole number of milliseconds is.
    ...(ideal === null ? { idealMs: shiftMs - single, partsPerIdeal: number('idealCount') || 1 } : { idealMs: ideal }),
    total, reject: inputs['rejectCount'] !== undefined ? number('rejectCount') : inputs['goodCount'] !== undefined ? total - number('goodCount') : 0,
    ...(micro.length > 0 ? { microMs: 2 * MINUTE } : {}),
  }
}

export async function counted(folder: string, modulus: number, readings: readonly (readonly [ms: number, raw: number])[], idealMs: number, more: object = {}): Promise<{ readonly window: Oee; readonly rules: readonly string[] }> {
  const plant = plantOf(earlyShift, [{ code: 'M', name: 'Machine', ideal_cycle: `${idealMs}ms`, signals: { running: 'plc/running', total_count: 'plc/total' }, counters: { total_count: { modulus } }, ...more }])
  const lines = readings.map(([ms, raw]) => ({ at: at(ms), equipment: 'M', signals: { running: true, total_count: raw } }))
  const report = await replayedReport(folder, plant, lines)
  const facts = await replayedFacts(folder, plant, lines)
  return { window: report.equipment['M']!.window, rules: facts.flatMap((fact) => (fact.type === 'count_recorded' ? fact.body.steps.map(({ rule }) => rule) : [])) }
}

/** Machines side by side that plan the same time and make parts of the same ideal time: what the sums of all of them say. */
export async function sideBySide(folder: string, oees: readonly number[]): Promise<Oee> {
  const codes = oees.map((_, i) => `M${i + 1}`)
  const plant = plantOf(earlyShift, codes.map((code) => ({ code, name: code, ideal_cycle: '60s', counts: { slack: 1_000 } })), { method: 'ratio_of_sums' })
  const ready = codes.map((equipment) => ({ at: at(0), equipment, signals: { running: true, total_count: 0 } }))
  const made = codes.map((equipment, i) => ({ at: at(100 * MINUTE - 1), equipment, signals: { total_count: Math.round(oees[i]! * 100) } }))
  return (await replayedReport(folder, plant, [...ready, ...made, { at: at(100 * MINUTE), equipment: codes[0], signals: {} }])).lines['L']!.window
}
