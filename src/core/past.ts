/** Edits of stops that a line has forgotten: the journal's facts bring the time around them back, and what moves in it moves in the rows. */

import { limits } from '../base/limits.js'
import { type Instant, instant, later, since } from '../base/units.js'
import type { EquipmentConfig } from '../contract/config.js'
import { constraintOf } from '../contract/constraint.js'
import type { Draft, Fact, FactOf } from '../contract/events/catalogue.js'
import type { LossRow, TimeLeaf, TimeLeaves } from '../contract/losses.js'
import type { Past } from '../contract/past.js'
import { applyGap } from './blindness.js'
import type { Period } from './calendar.js'
import { draft, equipmentAt, indexOf, withEquipment } from './lookups.js'
import { MINUTE, type RowKey, keyOf, minuteOf } from './lossbook.js'
import type { Line, Stop } from './memory.js'
import { figuresMoved } from './oee.js'
import { type LinePlan, linePlans } from './plan.js'
import { initialState, applyState } from './state.js'
import { type Slice, slicesOf } from './slices.js'
import { applyStops, openStops, stopOf } from './stops.js'
import { noTime } from './sums.js'
import { type Timeline, applyTimeline, initialTimeline } from './timeline.js'

/** Whether memory no longer holds the stop, or the beginning of its time. */
export function isForgotten(line: Line, id: string): boolean {
  const stop = stopOf(line, id)
  if (stop === null) return true
  const { keptFrom } = equipmentAt(line, indexOf(line, stop.equipment)).losses.timeline
  return keptFrom !== null && stop.from < keptFrom
}

/** What the facts of a past come to: the stops, and the time of their equipment, by the rules that held then. */
export interface Recalled {
  readonly equipment: string
  readonly stops: readonly Stop[]
  readonly timeline: Timeline
  readonly plan: LinePlan
  readonly config: EquipmentConfig
  readonly rows: readonly LossRow[]
  readonly recorded: readonly FactOf<'oee_recorded'>[]
}

/** `null` when the equipment is no longer of this line. */
export function recalledOf(line: Line, past: Past): Recalled | null {
  const i = indexOf(line, past.equipment)
  if (i === -1) return null
  const planOf = plansOf(line, past)
  let memory = withEquipment({ ...line, stops: [] }, i, { ...equipmentAt(line, i), stop: null, state: initialState })
  let timeline = initialTimeline
  let opened: LinePlan | null = null
  for (const fact of past.facts) {
    const plan = planOf(fact)
    if (fact.type === 'downtime_event') opened ??= plan
    memory = fact.type === 'gap_declared' ? applyGap(memory, fact) : applyStops(memory, fact)
    memory = withEquipment(memory, i, applyState(equipmentAt(memory, i), fact))
    timeline = applyTimeline(timeline, fact, plan, plan.equipment.get(past.equipment)!).timeline
  }
  const plan = opened ?? line.plan
  return {
    equipment: past.equipment, stops: [...memory.stops, ...openStops(memory).filter((stop) => stop.equipment === past.equipment)],
    timeline, plan, config: plan.equipment.get(past.equipment)!, rows: past.rows,
    recorded: past.facts.filter((fact) => fact.type === 'oee_recorded'),
  }
}

/** The plan that a fact was made under; the one of now where that configuration is not kept, or did not know the equipment. */
function plansOf(line: Line, past: Past): (fact: Fact) => LinePlan {
  const plans = new Map<number, LinePlan>()
  for (const [version, config] of past.configs) {
    const plan = linePlans(config, version).find((one) => one.line.code === line.plan.line.code)
    if (plan?.equipment.has(past.equipment) === true) plans.set(version, plan)
  }
  return (fact) => plans.get(fact.config) ?? line.plan
}

/** The line, as somebody sees it who edits the past: its stops with those of then, and the calendar of then. People give the reasons of today. */
export function withPast(line: Line, past: Recalled): Line {
  const forgotten = past.stops.filter((stop) => stopOf(line, stop.id) === null)
  return { ...line, stops: [...forgotten, ...line.stops], plan: { ...line.plan, calendar: past.plan.calendar, timeZone: past.plan.timeZone } }
}

/** What an edit of the past leads to beside its own facts. */
export interface Edited {
  /** The recorded OEE of hours, shifts and jobs, told again. */
  readonly drafts: readonly Draft[]
  readonly rows: readonly LossRow[]
}

/** `facts` are those of the edit. What memory still holds of the time is cut again from memory; this is about the time before. */
export function editedPast(line: Line, past: Recalled, facts: readonly Draft[], at: Instant): Edited {
  const { losses } = equipmentAt(line, indexOf(line, past.equipment))
  const period = spanOf(past.stops, losses.timeline.keptFrom, at)
  if (period === null) return { drafts: [], rows: [] }
  const after = facts.reduce((timeline, fact) => applyTimeline(timeline, fact, past.plan, past.config).timeline, past.timeline)
  const moves = movesBetween(past.timeline, after, period, past)
  const says = facts.some((fact) => fact.type === 'downtime_updated' && fact.body.change !== 'note' && fact.body.change !== 'split')
  return { drafts: says ? corrections(line, past, moves, period, at) : [], rows: movedRows(moves, (key) => standingRow(key)) }

  function standingRow(key: RowKey): LossRow | undefined {
    const id = keyOf(key)
    for (const row of losses.book.rows(key.minute, later(key.minute, 1))) if (keyOf(row) === id) return row
    return past.rows.find((row) => keyOf(row) === id)
  }
}

/** From the first stop to where memory begins, in whole minutes there. */
function spanOf(stops: readonly Stop[], keptFrom: Instant | null, at: Instant): Period | null {
  if (stops.length === 0 || keptFrom === null) return null
  const from = instant(Math.min(...stops.map((stop) => stop.from)))
  const to = instant(Math.min(Math.max(...stops.map((stop) => stop.to ?? at)), minuteOf(later(keptFrom, MINUTE - 1))))
  return from < to ? { from, to } : null
}

/** Time that was in one leaf and is in another now, within one row. */
interface Move { readonly key: RowKey; readonly from: TimeLeaf; readonly to: TimeLeaf; readonly at: Instant; readonly ms: number }

function movesBetween(before: Timeline, after: Timeline, { from, to }: Period, { plan, config }: Recalled): Move[] {
  const moves: Move[] = []
  const [old, now] = [slicesOf(before, from, to, to, plan, config), slicesOf(after, from, to, to, plan, config)]
  let [o, n] = [0, 0]
  for (let at = from; at < to;) {
    const [was, is] = [sliceAt(old, o), sliceAt(now, n)]
    const minute = minuteOf(at)
    const end = instant(Math.min(was.to, is.to, minute + MINUTE))
    if (was.leaf !== is.leaf) moves.push({ key: { ...was, minute }, from: was.leaf, to: is.leaf, at, ms: since(end, at) })
    if (was.to <= end) o++
    if (is.to <= end) n++
    at = end
  }
  return moves
}

const sliceAt = (slices: readonly Slice[], i: number): Slice => slices[i] ?? slices[slices.length - 1]!

/** A row gives no more than it holds: were it cut by rules that nobody kept, its time would still add up. */
function movedRows(moves: readonly Move[], standingRow: (key: RowKey) => LossRow | undefined): LossRow[] {
  const rows = new Map<string, LossRow>()
  for (const { key, from, to, ms } of moves) {
    const id = keyOf(key)
    const known = rows.get(id)
    const row = known ?? standingRow(key)
    if (row === undefined) continue
    const moved = Math.min(ms, row.ms[from])
    rows.set(id, { ...row, ms: { ...row.ms, [from]: row.ms[from] - moved, [to]: row.ms[to] + moved }, revision: known === undefined ? row.revision + 1 : row.revision })
  }
  return [...rows.values()]
}

/** Figures that were told over time in which something moved, under their next revision. Newer ones are corrected from memory. */
function corrections(line: Line, past: Recalled, moves: readonly Move[], touched: Period, at: Instant): Draft[] {
  const known = later(at, -limits.timelineMsMax)
  return newestOf(past.recorded).flatMap((fact) => {
    const { interval, key, revision, figures } = fact.body
    const window = { from: instant(Date.parse(figures.window.from)), to: instant(Date.parse(figures.window.to)) }
    if (window.from >= known || window.to <= touched.from || window.from >= touched.to) return []
    if (interval === 'job' && fact.equipment !== past.equipment) return []
    const counts = fact.equipment === null && !countsForLine(past, figures.method) ? []
      : moves.filter((move) => move.at >= window.from && move.at < window.to && (interval !== 'job' || move.key.job === key))
    const moved = figuresMoved(figures, sumOf(counts), line.plan.grades)
    return [draft(line, 'oee_recorded', at, fact.equipment, { interval, key, revision: revision + 1, figures: moved })]
  })
}

/** The last word about each interval of the equipment and of its line. */
function newestOf(recorded: Recalled['recorded']): FactOf<'oee_recorded'>[] {
  const newest = new Map(recorded.map((fact) => [`${fact.equipment ?? ''} ${fact.body.interval} ${fact.body.key}`, fact]))
  return [...newest.values()].sort((one, other) => one.seq - other.seq)
}

/** Whether the times of a line are those of this equipment, or hold them. */
function countsForLine({ plan, equipment }: Recalled, method: FactOf<'oee_recorded'>['body']['figures']['method']): boolean {
  switch (method) {
    case 'constraint': return constraintOf(plan.line).code === equipment
    case 'line_exit': return plan.line.equipment.at(-1)!.code === equipment
    case 'ratio_of_sums': case 'equipment': return true
  }
}

function sumOf(moves: readonly Move[]): TimeLeaves {
  const sum = { ...noTime }
  for (const { from, to, ms } of moves) {
    sum[from] -= ms
    sum[to] += ms
  }
  return sum
}
