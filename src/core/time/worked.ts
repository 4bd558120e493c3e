/** The shifts that were worked: those that a calendar's rules make, with what people said of it afterwards. */

import { limits } from '../../base/limits.js'
import { instant } from '../../base/units.js'
import type { CalendarSpan } from '../../contract/calendar-span.js'
import type { Calendar } from '../../contract/config.js'
import { type Break, type Period, type Shift, dayAfter } from './calendar.js'
import { breaksAt, shiftsOfDay } from './dated.js'
import type { LinePlan } from './plan.js'

/** A new one for each correction: what was worked out of a calendar holds as long as it lives. */
interface CorrectedCalendar extends Calendar {
  readonly configured: Calendar
  /** In the order of time, without overlap. */
  readonly spans: readonly CalendarSpan[]
}

const isCorrected = (calendar: Calendar): calendar is CorrectedCalendar => 'spans' in calendar

export const spansOf = (calendar: Calendar): readonly CalendarSpan[] => isCorrected(calendar) ? calendar.spans : []
/** The calendar as it is and was configured. */
export const configuredOf = (calendar: Calendar): Calendar => isCorrected(calendar) ? calendar.configured : calendar

export function withSpans(plan: LinePlan, spans: readonly CalendarSpan[]): LinePlan {
  const configured = configuredOf(plan.calendar)
  if (spans.length === 0) return { ...plan, calendar: configured }
  const corrected: CorrectedCalendar = { ...configured, configured, spans: spans.slice(-limits.calendarSpansMax) }
  return { ...plan, calendar: corrected }
}

/** After one more correction, which stands in place of what was said of its time before; `null` instead of a span gives that time back to the rules. */
export function spansAfter(spans: readonly CalendarSpan[], { from, to }: Period, said: Pick<CalendarSpan, 'as' | 'shift'> | null): readonly CalendarSpan[] {
  const others = spans.flatMap((span) => without([span], [{ from, to }]).map((rest) => ({ ...span, ...rest })))
  return [...others, ...said === null ? [] : [{ from, to, as: said.as, shift: said.shift }]].sort((a, b) => a.from - b.from)
}

/** The shifts of one production day, in order. One that was closed for a while in between goes around that hole under its one name. */
export function workedShifts(calendar: Calendar, timeZone: string, day: string): readonly Shift[] {
  if (!isCorrected(calendar)) return shiftsOfDay(calendar, timeZone, day)
  const known = workedOf(calendar, timeZone)
  const shifts = known.get(day) ?? correctedShifts(calendar, timeZone, day)
  known.set(day, shifts)
  return shifts
}

/** The time of a shift without that in which it was closed. */
export const piecesOf = ({ from, to, holes }: Shift): readonly Period[] => without([{ from, to }], holes)

/** What is left of periods when others are taken out of them. */
export function without(periods: readonly Period[], cuts: readonly Period[]): readonly Period[] {
  return cuts.reduce((left, cut) => left.flatMap(({ from, to }) => {
    if (cut.to <= from || cut.from >= to) return [{ from, to }]
    return [{ from, to: cut.from }, { from: cut.to, to }].filter((rest) => rest.from < rest.to)
  }), periods.map(({ from, to }): Period => ({ from, to })))
}

export const dayOfShift = (id: string): string => id.slice(0, id.indexOf('/'))

function correctedShifts(calendar: CorrectedCalendar, timeZone: string, day: string): readonly Shift[] {
  const { configured, spans } = calendar
  const ruled = shiftsOfDay(configured, timeZone, day)
  const extra = spans.filter(({ as, shift }) => as !== 'closed' && shift !== null && dayOfShift(shift) === day)
  if (extra.length === 0 && !ruled.some((shift) => spans.some((span) => span.from < shift.to && span.to > shift.from))) return ruled
  const around = [-1, 0, 1, 2].flatMap((days) => shiftsOfDay(configured, timeZone, dayAfter(day, days))).flatMap(piecesOf)
  const closed = spans.filter(({ as }) => as === 'closed')
  const opened = spans.filter(({ as }) => as === 'open')
  const paused = spans.filter(({ as }) => as === 'break')
  const ids = new Set([...ruled.map(({ id }) => id), ...extra.map(({ shift }) => shift!)])
  return [...ids].flatMap((id) => {
    const rule = ruled.find((shift) => shift.id === id)
    const outside = extra.filter(({ shift }) => shift === id)
    const pieces = joined([...rule === undefined ? [] : without(piecesOf(rule), closed), ...without(outside, around)])
    const [first, last] = [pieces[0], pieces.at(-1)]
    if (first === undefined || last === undefined) return []
    const pauses = [...(rule?.breaks ?? []).flatMap((pause) => without([pause], [...closed, ...opened, ...paused]).map((rest) => ({ ...rest, name: pause.name }))),
      ...pieces.flatMap((piece) => paused.flatMap((pause) => common(piece, pause))).map((pause) => ({ ...pause, name: 'break' }))].sort((a, b) => a.from - b.from)
    const window = { from: first.from, to: last.to }
    return [{
      id, name: rule?.name ?? id.slice(id.indexOf('/') + 1), day, crew: rule?.crew ?? null, ...window, breaks: touching(pauses), holes: without([window], pieces), hoursFrom: rule?.from ?? first.from,
      plannedMs: lengthOf(pieces) - lengthOf(pauses.filter((pause) => breaksAt(configured, pause.from) !== 'count')),
    }]
  }).sort((a, b) => a.from - b.from)
}

const lengthOf = (periods: readonly Period[]): number => periods.reduce((sum, { from, to }) => sum + to - from, 0)

function common(one: Period, other: Period): Period[] {
  const period = { from: instant(Math.max(one.from, other.from)), to: instant(Math.min(one.to, other.to)) }
  return period.from < period.to ? [period] : []
}

/** In order, and what touches in one. */
function joined(periods: readonly Period[]): readonly Period[] {
  const whole: Period[] = []
  for (const period of periods.toSorted((a, b) => a.from - b.from)) {
    const last = whole.at(-1)
    if (last === undefined || last.to < period.from) whole.push(period)
    else whole[whole.length - 1] = { from: last.from, to: instant(Math.max(last.to, period.to)) }
  }
  return whole
}

/** Breaks that touch are one, under the name of the first. */
const touching = (breaks: readonly Break[]): readonly Break[] => joined(breaks).map((pause) => ({ ...pause, name: breaks.find(({ from }) => from === pause.from)!.name }))

/* ── computed once ───────────────────────────────────────────────────────────────────────────── */

const worked = new WeakMap<CorrectedCalendar, { readonly timeZone: string; readonly days: Map<string, readonly Shift[]> }>()

function workedOf(calendar: CorrectedCalendar, timeZone: string): Map<string, readonly Shift[]> {
  let known = worked.get(calendar)
  if (known === undefined || known.timeZone !== timeZone) worked.set(calendar, known = { timeZone, days: new Map() })
  return known.days
}
