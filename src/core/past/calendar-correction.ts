/** What the calendar of a line was in a past period, said afterwards: an extra shift that was worked, a shift that was not, a break that was moved (domain note 4.9). */

import { limits } from '../../base/limits.js'
import { instant, instantOf, later, rfc3339 } from '../../base/units.js'
import type { CalendarSpan } from '../../contract/calendar-span.js'
import type { Command, CommandOf } from '../../contract/commands.js'
import type { Calendar } from '../../contract/config.js'
import type { Draft, DraftOf } from '../../contract/events/catalogue.js'
import { type Refusal, isRefusal, refuse } from '../../contract/refusals.js'
import { lockedSince } from '../memory/locks.js'
import { draft } from '../memory/lookups.js'
import type { Line } from '../memory/memory.js'
import type { Period, Shift } from '../time/calendar.js'
import { productionDay } from '../time/dated.js'
import type { LinePlan } from '../time/plan.js'
import { shiftsBetween, shiftsCorrected, slotAt } from '../time/shifts.js'
import { configuredOf, piecesOf, spansAfter, spansOf, withSpans, without } from '../time/worked.js'
import { correctable } from './correction.js'
import { clocksMoved, withClocks } from './job-clocks.js'

/** Assumes a line with the past of the period (`withPast`) at equipment `i`. */
export function decideCalendarCommand(line: Line, i: number, command: Command): Draft[] | Refusal {
  if (command.name !== 'calendar_correct') return []
  const { as, reason } = command.body
  const period = correctable(line, i, command.body, command)
  if (isRefusal(period)) return period
  const shift = shiftOutside(line.plan, period, command)
  if (typeof shift === 'object' && shift !== null) return shift
  const { calendar } = withSpans(line.plan, spansAfter(spansOf(line.plan.calendar), period, as === 'calendar' ? null : { as, shift }))
  const [previous, now] = [stretchesOf(line.plan, line.plan.calendar, period), stretchesOf(line.plan, calendar, period)]
  if (JSON.stringify(previous) === JSON.stringify(now)) return refuse('NOTHING_TO_CORRECT', { as, was: [...new Set(previous.map((stretch) => stretch.as))].join(', ') })
  const [before, after] = [line.plan.calendar, calendar].map((one) => shiftsBetween(one, line.plan.timeZone, later(period.from, -1), later(period.to, 1))) as [Shift[], Shift[]]
  const changed = after.filter((one) => !before.some((other) => JSON.stringify(other) === JSON.stringify(one)))
  const gone = before.filter(({ id }) => !after.some((one) => one.id === id))
  // One that comes to be in a time that is locked is locked from the start.
  for (const { id, to } of [...changed, ...gone]) {
    const locked = lockedSince(line, to, command)
    if (locked !== null) return refuse('SHIFT_LOCKED', { shift: id, ...locked })
  }
  const jobs = clocksMoved(line, line.plan, { ...line.plan, calendar }, period, command.past?.facts ?? [], command.at)
  return [draft(line, 'calendar_corrected', command.at, null, {
    from: rfc3339(period.from), to: rfc3339(period.to), as, shift, previous: previous.slice(0, limits.correctedFromMax),
    shifts: changed.map(({ id, name, day, crew, from, to, plannedMs }) => ({ shift: id, name, day, crew, from: rfc3339(from), to: rfc3339(to), planned_seconds: plannedMs / 1_000 })),
    cancelled: gone.map(({ id }) => id),
    ...jobs.length === 0 ? {} : { jobs },
    revision: revisionAfter(command, period), facts_to: command.past?.factsTo ?? 0, reason, by: command.by.name,
  })]
}

/** Believes a correction of the calendar. The shift that is open goes on as it is now. */
export function applyCalendar(line: Line, fact: DraftOf<'calendar_corrected'>): Line {
  const { from, to, as, shift, jobs = [] } = fact.body
  const plan = withSpans(line.plan, spansAfter(spansOf(line.plan.calendar), { from: instantOf(from)!, to: instantOf(to)! }, as === 'calendar' ? null : { as, shift }))
  return withClocks({ ...line, plan, shifts: shiftsCorrected(line.shifts, plan, fact) }, jobs, fact.at)
}

/** One more than the last correction over any of this time has. */
function revisionAfter({ past }: CommandOf<'calendar_correct'>, { from, to }: Period): number {
  const over = (past?.facts ?? []).filter((fact) => fact.type === 'calendar_corrected').filter(({ body }) => instantOf(body.from)! < to && instantOf(body.to)! > from)
  return 1 + Math.max(0, ...over.map(({ body }) => body.revision))
}

type Stretch = DraftOf<'calendar_corrected'>['body']['previous'][number]

/** What a calendar says of a period, in the order of time. */
function stretchesOf({ timeZone }: LinePlan, calendar: Calendar, { from, to }: Period): Stretch[] {
  const stretches: Stretch[] = []
  for (let at = from; at < to;) {
    const slot = slotAt(calendar, timeZone, at)
    const end = instant(Math.min(to, slot.to))
    const as = slot.shift === null ? 'closed' : slot.inBreak ? 'break' : 'open'
    const last = stretches.at(-1)
    if (last !== undefined && last.as === as && last.shift === (slot.shift?.id ?? null)) stretches[stretches.length - 1] = { ...last, to: rfc3339(end) }
    else stretches.push({ from: rfc3339(at), to: rfc3339(end), as, shift: slot.shift?.id ?? null })
    at = end
  }
  return stretches
}

/* ── time outside the shifts of the rules ────────────────────────────────────────────────────── */

/** The shift that the time of a period is of where the rules know none; no other may lie between its pieces. */
function shiftOutside(plan: LinePlan, period: Period, { body: { as, shift: name } }: CommandOf<'calendar_correct'>): CalendarSpan['shift'] | Refusal {
  const ruled = shiftsBetween(configuredOf(plan.calendar), plan.timeZone, period.from, period.to)
  const outside = without([period], ruled.flatMap(piecesOf))
  if (as === 'closed' || as === 'calendar' || outside.length === 0) return null
  // Only a shift that goes around it has a break then.
  if (as === 'break') return shiftsBetween(plan.calendar, plan.timeZone, period.from, period.to).find((shift) => outside.some(({ from, to }) => shift.from < to && shift.to > from))?.id ?? null
  const near = shiftsBetween(plan.calendar, plan.timeZone, later(period.from, -DAY_MS), later(period.to, DAY_MS))
  const [id, other] = new Set(outside.map((piece) => shiftOf(plan, piece, name, near)))
  const between = near.find((shift) => shift.id !== id && outside.some((piece) => isBetween(shift, piece, id!, near)))
  return other === undefined && between === undefined ? id! : refuse('SHIFT_BETWEEN', { shift: between?.id ?? ruled.map((shift) => shift.id).join(', '), from: rfc3339(outside[0]!.from), to: rfc3339(outside.at(-1)!.to) })
}

/** The one that it is of by now, or that is named, or else the first overtime that no other shift parts it from. */
function shiftOf(plan: LinePlan, piece: Period, name: string | undefined, near: readonly Shift[]): string {
  if (name !== undefined) return idOf(plan, piece, name, near)
  const known = near.find((shift) => piecesOf(shift).some(({ from, to }) => from < piece.to && to > piece.from))
  if (known !== undefined) return known.id
  for (let number = 1; ; number++) {
    const id = idOf(plan, piece, number === 1 ? OVERTIME : `${OVERTIME}-${number}`, near)
    if (!near.some((shift) => shift.id !== id && isBetween(shift, piece, id, near))) return id
  }
}

const OVERTIME = 'overtime'
const DAY_MS = 86_400_000

/** Of the shift of that name that it touches, or else of the production day in which it begins. */
function idOf(plan: LinePlan, piece: Period, name: string, near: readonly Shift[]): string {
  const touched = near.find((shift) => shift.name === name && piecesOf(shift).some(({ from, to }) => to === piece.from || from === piece.to))
  return touched?.id ?? `${productionDay(plan.calendar, plan.timeZone, piece.from).day}/${name}`
}

/** Whether a shift lies between a time and the rest of the shift that it would be of. */
function isBetween(shift: Shift, piece: Period, id: string, near: readonly Shift[]): boolean {
  const own = near.find((one) => one.id === id) ?? piece
  const [start, end] = [Math.min(own.from, piece.from), Math.max(own.to, piece.to)]
  return piecesOf(shift).some(({ from, to }) => from < end && to > start)
}
