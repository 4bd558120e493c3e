/** A line of which the configuration is changed while it works: what it does in a day by chance, under hours by chance. */

import fc from 'fast-check'
import { type Instant, epoch, later, seq } from '../../src/base/units.js'
import type { Command } from '../../src/contract/commands.js'
import type { Draft, Fact } from '../../src/contract/events/catalogue.js'
import type { Input } from '../../src/contract/inputs.js'
import { type LossRow, partCounts, timeLeaves } from '../../src/contract/losses.js'
import type { Refusal } from '../../src/contract/refusals.js'
import { apply } from '../../src/core/apply.js'
import { type Solved, flush, solve } from '../../src/core/line.js'
import { keyOf } from '../../src/core/losses/lossbook.js'
import { replanned } from '../../src/core/replan.js'
import { openLine, snapshotOf } from '../../src/core/snapshot.js'
import { linePlans } from '../../src/core/time/plan.js'
import { readTrace } from '../../src/replay/trace.js'
import { datedPlans } from '../../src/turn/dated-plans.js'
import { START, plant } from './corrected-plant.js'

const CYCLE = 10_000
export type Plant = ReturnType<typeof plant>

export interface Change { readonly at: Instant; readonly to: Plant }

/** A line that lives through changes of its configuration, and through starts; each time what is written is what a journal would have. */
export function lived(configs: readonly [Plant, ...Change[]], trace: readonly object[], end: Instant, starts: readonly Instant[] = [], edits: (facts: readonly Fact[]) => readonly Pick<Command, 'name' | 'body'>[] = () => []) {
  const [first, ...changes] = configs
  const versions = [first, ...changes.map(({ to }) => to)].map(wired)
  const configOf = (version: number): Plant | null => versions[version - 1] ?? null
  const read = readTrace(trace.map((line) => `${JSON.stringify(line)}\n`).join(''), first)
  if ('errors' in read) throw new Error(read.errors.map(({ line, message }) => `${line} ${message}`).join('\n'))
  let line = openLine(linePlans(versions[0]!, 1)[0]!, null, [])
  const facts: Fact[] = []
  const refusals: Refusal[] = []
  const rows = new Map<string, LossRow>()
  const note = (draft: Draft) => { facts.push({ ...draft, epoch: epoch('e'), seq: seq(facts.length + 1), config: line.plan.configVersion }) }
  const hear = (solved: Solved) => {
    line = solved.line
    for (const draft of solved.drafts) note(draft)
    for (const row of solved.rows) rows.set(`${row.equipment} ${keyOf(row)}`, row)
  }
  const events: { readonly at: Instant; readonly happens: () => void }[] = [
    ...read.moments.flatMap(({ at, told }) => told.map(({ input }: { input: Input }) => ({ at, happens: () => { hear(solve(line, input)) } }))),
    ...changes.map(({ at }, i) => ({ at, happens: () => {
      hear(flush(line, at))
      line = replanned(line, linePlans(versions[i + 1]!, i + 2)[0]!, at, null)
      const applied: Draft = { type: 'config_applied', at, line: null, equipment: null, body: { version: i + 2, previous: i + 1, hash: '', by: 'ana', changes: [] } }
      note(applied)
      line = apply(line, applied)
    } })),
    ...starts.map((at) => ({ at, happens: () => {
      hear(flush(line, at))
      // A start knows the configuration in force, and what the journal says was before.
      const [plan] = datedPlans(linePlans(configOf(line.plan.configVersion)!, line.plan.configVersion), facts, configOf)
      const known = line.equipment.map(({ seen }) => seen)
      line = openLine(plan!, snapshotOf(line), [...rows.values()])
      line = { ...line, equipment: line.equipment.map((one, i) => ({ ...one, seen: known[i]! })) }
    } })),
  ]
  for (let at = START; at <= end; at = later(at, CYCLE)) events.push({ at, happens: () => { hear(solve(line, { kind: 'beat', at })) } })
  for (const { happens } of events.map((event, i) => ({ ...event, i })).sort((a, b) => a.at - b.at || a.i - b.i)) happens()
  // A correction of the calendar is handed all that was told so far, as the journal has it.
  const pastFor = (name: string): Pick<Command, 'past'> => name !== 'calendar_correct' ? {} : { past: {
    equipment: 'fil', facts: [...facts], lineFacts: [], statesFrom: null, blindFrom: null, factsTo: seq(facts.length), rows: [...rows.values()], configs: new Map(versions.map((version, i) => [i + 1, version])),
  } }
  for (const edit of edits(facts)) {
    const command = { ...edit, ...pastFor(edit.name), at: end, line: 'L1', equipment: null, key: null, by: { id: 'ana', name: 'ana', role: 'admin', lines: null } } as Command
    const solved = solve(line, { kind: 'command', at: end, command })
    if (solved.refusal !== null) refusals.push(solved.refusal)
    hear(solved)
  }
  return { line, facts, refusals, rows: [...rows.values()] }
}
export type Lived = ReturnType<typeof lived>

/** Every machine has the signals that a trace speaks of. */
const wired = (config: Plant): Plant => ({ ...config, lines: config.lines.map((line) => ({ ...line, equipment: line.equipment.map((one) => ({
  ...one, signals: Object.fromEntries(['running', 'total_count', 'reject_count', 'product'].map((name) => [name, { tag: `trace/${name}`, scale: 1, offset: 0, invert: false, on_delay: 0, off_delay: 0, deadband: 0 }])),
})) })) })

export interface Hours { readonly from: number; readonly to: number; readonly breaks: readonly (readonly [from: number, to: number])[]; readonly policy: 'yield_to_run' | 'strict' | 'count'; readonly name: string; readonly noOrder: 'excluded' | 'unplanned'; readonly noData: 'exclude' | 'hold' | 'stop'; readonly constraints?: Readonly<Record<string, string>> }

const clock = (minutes: number): string => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

/** A plant whose one shift is that, and of which one machine goes by hours of its own; in minutes of the day. */
export function under({ from, to, breaks, policy, name, noOrder, noData, constraints = {} }: Hours): Plant {
  const config = plant({ fil: '3s', A: '2.5s', B: '7s', constraints })
  const calendar = { ...config.calendars['day']!, day_start: '04:00', breaks: policy }
  const pauses = breaks.map(([start, end]) => ({ start: clock(start), end: clock(end), name: 'break' }))
  const shiftOf = (start: number, end: number) => ({ ...config.calendars['day']!.shifts[0]!, name, start: clock(start), end: clock(end), breaks: pauses })
  return {
    ...config, calendars: { day: { ...calendar, shifts: [shiftOf(from, to)] }, oven: { ...calendar, shifts: [{ ...shiftOf(from, to + 60), breaks: [] }] } },
    lines: config.lines.map((line) => ({ ...line, equipment: line.equipment.map((one) => ({ ...one, no_order: noOrder, no_data: noData, ...one.code === 'lab' ? { calendar: 'oven' } : {} })) })),
  }
}

export const hours = fc.record({
  from: fc.integer({ min: 340, max: 400 }), length: fc.integer({ min: 20, max: 300 }), name: fc.constantFrom('early', 'early', 'other'),
  pauses: fc.array(fc.tuple(fc.integer({ min: 1, max: 250 }), fc.integer({ min: 1, max: 60 })), { maxLength: 3 }),
  policy: fc.constantFrom('yield_to_run' as const, 'strict' as const, 'count' as const), noOrder: fc.constantFrom('excluded' as const, 'unplanned' as const), noData: fc.constantFrom('exclude' as const, 'hold' as const, 'stop' as const),
  constraints: fc.constantFrom<Readonly<Record<string, string>>>({}, { A: 'pal' }, { B: 'pal' }),
}).map(({ from, length, pauses, ...rest }): Hours => {
  const breaks: [number, number][] = []
  for (const [start, long] of pauses) if (from + start + long < from + length && breaks.every(([other, last]) => from + start + long < other || from + start > last)) breaks.push([from + start, from + start + long])
  return { from, to: from + length, breaks: breaks.sort(([one], [other]) => one - other), ...rest }
})

const isSomething = ({ ms, parts }: LossRow) => timeLeaves.some((leaf) => ms[leaf] !== 0) || partCounts.some((count) => parts[count] !== 0)
export const named = (rows: readonly LossRow[], told: (row: LossRow) => object) => Object.fromEntries(rows.filter(isSomething).map((row) => [`${row.equipment} ${keyOf(row).replaceAll('\0', ' ')}`, told(row)] as const).sort(([one], [other]) => (one < other ? -1 : 1)))
export const timesIn = ({ rows }: Lived, isMeant: (row: LossRow) => boolean, told: (row: LossRow) => object = ({ ms }) => ms) => named(rows.filter((row) => isMeant(row) && timeLeaves.some((leaf) => row.ms[leaf] !== 0)), told)
