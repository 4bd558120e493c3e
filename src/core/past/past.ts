/** Edits of stops and of blind time that a line has forgotten: the journal's facts bring the time around them back, and what moves in it moves in the rows. */

import { limits } from '../../base/limits.js'
import type { Portions } from '../../base/portions.js'
import { type Instant, instant, instantOf, later } from '../../base/units.js'
import type { EquipmentConfig } from '../../contract/config.js'
import type { Draft, Fact, FactOf } from '../../contract/events/catalogue.js'
import type { LossRow, TimeLeaves } from '../../contract/losses.js'
import type { Oee } from '../../contract/oee.js'
import type { Edited, Past } from '../../contract/past.js'
import { MINUTE, type RowKey, byHour, keyOf, minuteOf } from '../losses/lossbook.js'
import { withRows } from '../losses/losses.js'
import { type PartsMove, type TimeMove, movedRows, partsFound, timeMoved, timesOf } from '../losses/moved.js'
import { figuresMoved, isJudged } from '../losses/oee.js'
import { type PartBooking, bookingsOf } from '../losses/parts.js'
import { noTime } from '../losses/sums.js'
import { draft, equipmentAt, indexOf, withEquipment } from '../memory/lookups.js'
import type { Line, Stop } from '../memory/memory.js'
import { withUnderWayRows } from '../memory/underway.js'
import { initialState, applyState } from '../rules/state.js'
import { applyStops, openStops, stopOf } from '../rules/stops.js'
import type { Period } from '../time/calendar.js'
import { withIdeals } from '../time/ideals.js'
import { type LinePlan, linePlans } from '../time/plan.js'
import { type Timeline, applyTimeline, initialTimeline } from '../time/timeline.js'
import { spansOf, withSpans } from '../time/worked.js'
import { applyGap } from './blindness.js'
import { type LineWork, limitedBy, lineRowsMoved, lineWorkOf, piecesOf } from './limited.js'

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
  /** Parts that were found after blind time. */
  readonly found: readonly PartBooking[]
  readonly plan: LinePlan
  readonly config: EquipmentConfig
  /** What its line made meanwhile; `null` where that says nothing about what limits the line. */
  readonly lineWork: LineWork | null
  readonly rows: readonly LossRow[]
  readonly recorded: readonly FactOf<'oee_recorded'>[]
}

/** `null` when the equipment is no longer of this line. */
export function* recalledOf(line: Line, past: Past): Portions<Recalled | null> {
  const i = indexOf(line, past.equipment)
  if (i === -1) return null
  const planOf = plansOf(line, past)
  let memory = withEquipment({ ...line, stops: [] }, i, { ...equipmentAt(line, i), stop: null, state: initialState })
  let timeline = initialTimeline
  const found: PartBooking[] = []
  let opened: LinePlan | null = null
  for (const fact of past.facts) {
    if (fact.equipment !== null && fact.equipment !== past.equipment) continue
    const plan = planOf(fact)
    if (fact.type === 'downtime_event' || (fact.type === 'state_changed' && fact.at === past.blindFrom)) opened ??= plan
    if (fact.type === 'count_recorded' && fact.body.recovered !== 0) found.push(...bookingsOf(fact, timeline, plan, plan.equipment.get(past.equipment)!))
    memory = fact.type === 'gap_declared' ? applyGap(memory, fact) : applyStops(memory, fact)
    memory = withEquipment(memory, i, applyState(equipmentAt(memory, i), fact))
    timeline = applyTimeline(timeline, fact, plan, plan.equipment.get(past.equipment)!).timeline
    yield
  }
  const plan = opened ?? line.plan
  return {
    equipment: past.equipment, stops: [...memory.stops, ...openStops(memory).filter((stop) => stop.equipment === past.equipment)],
    timeline, found: withIdeals(timeline.ideals, found), plan, config: plan.equipment.get(past.equipment)!, rows: past.rows, lineWork: lineWorkOf(plan, past.lineFacts.length > 0 ? past.lineFacts : past.facts, planOf),
    recorded: past.facts.filter((fact) => fact.type === 'oee_recorded'),
  }
}

/** The stops of one equipment, each with the fact that opened it, or is the first to know of it. */
export function* stopsTold(line: Line, past: Past, equipment: string): Portions<readonly { readonly stop: Stop; readonly fact: Fact }[]> {
  const i = indexOf(line, equipment)
  const first = new Map<string, Fact>()
  let memory = withEquipment({ ...line, stops: [] }, i, { ...equipmentAt(line, i), stop: null, state: initialState })
  for (const fact of past.facts) {
    if (fact.equipment !== equipment) continue
    memory = fact.type === 'gap_declared' ? applyGap(memory, fact) : applyStops(memory, fact)
    memory = withEquipment(memory, i, applyState(equipmentAt(memory, i), fact))
    for (const { id } of fact.type === 'count_recorded' ? [] : [...memory.stops.slice(-1), ...openStops(memory)]) if (!first.has(id)) first.set(id, fact)
    yield
  }
  return [...memory.stops, ...openStops(memory)].filter((stop) => stop.equipment === equipment).map((stop) => ({ stop, fact: first.get(stop.id) ?? past.facts[0]! }))
}

/** The plan that a fact was made under, with the calendars as they held and as people corrected them; the one of now where that configuration is not kept, or did not know the equipment. */
export function plansOf(line: Line, past: Past): (fact: Fact) => LinePlan {
  const plans = new Map<number, LinePlan>()
  const { calendar, ownCalendars, timeZone, eras } = line.plan
  // Of older ones the line does not know when they held.
  const known = (eras[0]?.plan ?? line.plan).configVersion
  for (const [version, config] of past.configs) {
    const plan = linePlans(config, version).find((one) => one.line.code === line.plan.line.code)
    if (plan?.equipment.has(past.equipment) === true) plans.set(version, version >= known ? { ...plan, calendar, ownCalendars, timeZone, eras } : withSpans(plan, spansOf(calendar)))
  }
  return (fact) => plans.get(fact.config) ?? line.plan
}

/** The line, as somebody sees it who edits the past: its stops with those of then, and the time and calendar of then. People give the reasons of today. */
export function withPast(line: Line, past: Recalled): Line {
  const forgotten = past.stops.filter((stop) => stopOf(line, stop.id) === null)
  const i = indexOf(line, past.equipment)
  const { losses } = equipmentAt(line, i)
  const timeline = { ...past.timeline, keptFrom: past.timeline.states[0]?.from ?? null }
  const then = withEquipment(line, i, { ...equipmentAt(line, i), losses: { ...losses, timeline } })
  return { ...then, stops: [...forgotten, ...line.stops], plan: { ...line.plan, calendar: past.plan.calendar, ownCalendars: past.plan.ownCalendars, timeZone: past.plan.timeZone } }
}

/** What a line is told again: of the hours and shifts that lie over declared blind time. */
export type LineAgain = (fact: FactOf<'oee_recorded'>, times: TimeLeaves) => Oee

export const NOTHING_EDITED: Omit<Edited, 'goodTo'> = { drafts: [], rows: [], told: null }

/** Hours, shifts and what memory reaches back to begin and end with whole minutes. */
export const minuteAfter = (at: Instant): Instant => later(minuteOf(at), MINUTE)

/** `facts` are those of the edit. What memory still holds of the time is cut again from memory; this is about the time before. */
export function editedPast(line: Line, past: Recalled, facts: readonly Draft[], at: Instant, lineAgain: LineAgain | null): Edited {
  const { losses } = equipmentAt(line, indexOf(line, past.equipment))
  const gap = facts.find((fact) => fact.type === 'gap_declared')
  const declared = gap === undefined ? null : { from: instantOf(gap.body.from)!, to: instantOf(gap.body.to)! }
  const period = spanOf(past.stops, declared, losses.timeline.keptFrom, at)
  if (period === null) return { ...NOTHING_EDITED, goodTo: minuteAfter(at) }
  const after = facts.reduce((timeline, fact) => applyTimeline(timeline, fact, past.plan, past.config).timeline, past.timeline)
  const times = timeMoved(past.timeline, after, period, past)
  const found = declared === null ? [] : partsFound(past.found, after, { from: declared.from, to: instant(Math.min(declared.to, period.to)) }, past)
  const pieces = past.lineWork === null ? [] : piecesOf(times, past.lineWork)
  const rows = past.lineWork === null ? [] : lineRowsMoved(past.lineWork, past.equipment, pieces, past.rows, line.underWay.book)
  const says = gap !== undefined || facts.some((fact) => fact.type === 'downtime_updated' && fact.body.change !== 'note' && fact.body.change !== 'split')
  return { drafts: says ? corrections(line, past, times, past.lineWork === null ? times : limitedBy(past.lineWork, past.equipment, pieces), found, declared ?? period, at, lineAgain) : [], rows: [...movedRows(times, found, standingRow), ...rows], told: null, goodTo: minuteAfter(at) }

  function standingRow(key: RowKey): LossRow | undefined {
    const id = keyOf(key)
    for (const row of losses.book.rows(key.minute, later(key.minute, 1))) if (keyOf(row) === id) return row
    return past.rows.find((row) => row.equipment === past.equipment && keyOf(row) === id)
  }
}

/** Rows of old minutes as an edit left them: those that the books reach back to are so in them too. */
export function* withOldRows(line: Line, rows: readonly LossRow[]): Portions<Line> {
  let { equipment, underWay } = line
  for (const hour of byHour(rows).values()) {
    const of = (code: string) => hour.filter((row) => row.equipment === code)
    equipment = equipment.map((one) => ({ ...one, losses: withRows(one.losses, of(one.code)) }))
    underWay = withUnderWayRows(underWay, of(line.plan.line.code))
    yield
  }
  return { ...line, equipment, underWay }
}

/** What was edited, up to where memory begins, in whole minutes there. */
function spanOf(stops: readonly Stop[], declared: Period | null, keptFrom: Instant | null, at: Instant): Period | null {
  const spans = [...stops.map((stop) => ({ from: stop.from, to: stop.to ?? at })), ...declared === null ? [] : [declared]]
  if (spans.length === 0 || keptFrom === null) return null
  const from = instant(Math.min(...spans.map((span) => span.from)))
  const to = instant(Math.min(Math.max(...spans.map((span) => span.to)), minuteOf(later(keptFrom, MINUTE - 1))))
  return from < to ? { from, to } : null
}

/** Figures that were told over time in which something moved, under their next revision. Newer ones are corrected from memory. */
function corrections(line: Line, past: Recalled, times: readonly TimeMove[], lineTimes: readonly TimeMove[], found: readonly PartsMove[], touched: Period, at: Instant, lineAgain: LineAgain | null): Draft[] {
  const known = later(at, -limits.timelineMsMax)
  return newestOf(past.recorded).flatMap((fact) => {
    const { interval, key, revision, figures } = fact.body
    const window = { from: instant(Date.parse(figures.window.from)), to: instant(Date.parse(figures.window.to)) }
    if (window.from >= known || window.to <= touched.from || window.from >= touched.to) return []
    if (interval === 'job' && fact.equipment !== past.equipment) return []
    const isMeant = (move: TimeMove | PartsMove) => move.at >= window.from && move.at < window.to && (interval !== 'job' || move.key.job === key)
    const parts = found.filter(isMeant)
    const own = timesOf(times.filter(isMeant))
    const again = fact.equipment !== null ? figuresMoved(figures, { times: own, parts: sumOf(parts, () => 1), worthMs: sumOf(parts, ({ idealMs }) => idealMs), judged: isJudged(past.plan, past.config) }, line.plan.grades)
      : lineAgain === null ? figuresMoved(figures, { times: timesOfLine(past, figures, timesOf(lineTimes.filter(isMeant))), parts: 0, worthMs: 0, judged: false, by: past.equipment }, line.plan.grades)
      : lineAgain(fact, timesOfLine(past, figures, timesOf(lineTimes.filter(isMeant))))
    return [draft(line, 'oee_recorded', at, fact.equipment, { interval, key, revision: revision + 1, figures: again })]
  })
}

const sumOf = (moves: readonly PartsMove[], worth: (key: RowKey) => number): number => moves.reduce((sum, { key, parts }) => sum + parts * worth(key), 0)

/** What of it is the line's: the time of the equipment that gives its time. */
function timesOfLine({ plan, equipment, lineWork }: Recalled, { method }: Oee, own: TimeLeaves): TimeLeaves {
  // Only that in which the equipment limited the line is among it.
  if (method === 'constraint' && lineWork !== null) return own
  const giver = method === 'constraint' ? plan.line.equipment[plan.constraint]! : plan.line.equipment.at(-1)!
  return method === 'ratio_of_sums' || method === 'equipment' || giver.code === equipment ? own : noTime
}

/** The last word about each interval of the equipment and of its line. */
export function newestOf(recorded: readonly FactOf<'oee_recorded'>[]): FactOf<'oee_recorded'>[] {
  const newest = new Map(recorded.map((fact) => [`${fact.equipment ?? ''} ${fact.body.interval} ${fact.body.key}`, fact]))
  return [...newest.values()].sort((one, other) => one.seq - other.seq)
}
