/** Shifts: which one an instant lies in, and the facts that one began or ended. */

import { limits } from '../../base/limits.js'
import { type Instant, instant, instantOf, later, rfc3339 } from '../../base/units.js'
import type { Calendar } from '../../contract/config.js'
import type { Draft, DraftOf } from '../../contract/events/catalogue.js'
import { type Period, type Shift, dayAfter } from './calendar.js'
import { heldAround, productionDay } from './dated.js'
import { cutFrom } from './eras.js'
import type { LinePlan } from './plan.js'
import { configuredOf, dayOfShift, piecesOf, spansOf, workedShifts } from './worked.js'

type ShiftBody = Omit<DraftOf<'shift_started'>['body'], 'planned_seconds'>

/** What the rung remembers: the shift that is open, what was made in it, and how far it has announced. */
export interface Shifts {
  readonly open: ShiftBody | null
  /** What was last told of its hours; `null` where an older version did. */
  readonly told: { readonly to: string; readonly planned_seconds: number; readonly revision: number } | null
  /** No shift that began before this will be announced any more. */
  readonly announcedTo: Instant | null
  /** Made since the open shift began, by equipment. */
  readonly made: Readonly<Record<string, { readonly good: number; readonly reject: number }>>
  /** The shifts that ended last, with what was made in them: another calendar may bring one of them back. */
  readonly ended: readonly { readonly shift: string; readonly made: Shifts['made']; readonly timesCount: number }[]
}

export const initialShifts: Shifts = { open: null, told: null, announcedTo: null, made: {}, ended: [] }

const ENDED_KEPT = 4

/**
 * The shift changes up to `at`, each dated at its boundary and told once, also when the gateway slept over several. A shift that another calendar ended and
 * a third brings back begins a second time, under its name and with its first beginning.
 */
export function decideShifts(shifts: Shifts, plan: LinePlan, at: Instant): Draft[] {
  const openTo = shifts.open === null ? null : instantOf(shifts.open.to)
  if (openTo !== null && openTo > at) return []
  const current = slotAt(plan.calendar, plan.timeZone, at).shift
  const since = openTo ?? shifts.announcedTo ?? current?.from ?? at
  const missed = since > at ? [] : shiftsBetween(plan.calendar, plan.timeZone, instant(Math.max(since, at - limits.shiftsCaughtUpMs)), at)
    .filter((shift) => shift.from >= since)
  const piece = current === null ? undefined : piecesOf(current).find(({ to }) => at < to)
  const isNews = current !== null && piece !== undefined && piece.from >= since && !missed.some((shift) => shift.id === current.id)

  const facts: Draft[] = []
  if (shifts.open !== null) facts.push(endOf(plan, shifts.open, shifts.made, shifts.told))
  for (const shift of isNews ? [...missed, current] : missed) {
    facts.push(startOf(plan, shift, isNews && shift === current ? piece : shift))
    if (shift.to <= at) facts.push(endOf(plan, bodyOf(shift), {}, null))
  }
  return facts
}

export function applyShifts(shifts: Shifts, fact: Draft): Shifts {
  switch (fact.type) {
    case 'shift_started': {
      const { planned_seconds, ...open } = fact.body
      return { ...shifts, open, told: { to: open.to, planned_seconds, revision: endsOf(shifts, open.shift) }, announcedTo: instantOf(open.to), made: shifts.ended.find(({ shift }) => shift === open.shift)?.made ?? {} }
    }
    case 'shift_ended': {
      const { shift } = fact.body
      const timesCount = 1 + endsOf(shifts, shift)
      return { open: null, told: null, announcedTo: fact.at, made: {}, ended: [...shifts.ended.filter((one) => one.shift !== shift), { shift, made: shifts.open?.shift === shift ? shifts.made : {}, timesCount }].slice(-ENDED_KEPT) }
    }
    case 'count_recorded': return shifts.open?.shift === fact.body.shift ? { ...shifts, made: added(shifts.made, fact) } : shifts
    case 'counts_corrected': case 'rejects_found': return shifts.open?.shift === fact.body.shift ? { ...shifts, made: added(shifts.made, fact) } : shifts
    default: return shifts
  }
}

/** How often a shift has ended, as far as that is remembered. */
export const endsOf = ({ ended }: Shifts, shift: string): number => ended.find((one) => one.shift === shift)?.timesCount ?? 0

/** Another calendar holds from the next minute on: the shift that is open goes on to where it ends by that, or ends with the minute. */
export function shiftsReplanned(shifts: Shifts, { calendar, timeZone }: LinePlan, at: Instant): Shifts {
  const { open } = shifts
  const now = open === null ? undefined : workedShifts(calendar, timeZone, dayOfShift(open.shift)).find(({ id }) => id === open.shift)
  const piece = now === undefined ? undefined : piecesOf(now).findLast(({ from }) => from < cutFrom(at))
  return now === undefined || piece === undefined ? shifts : { ...shifts, open: bodyOf(now, piece) }
}

/** After a correction of the calendar, which told of its shifts: none of them begins or ends any more, but the one that is open. */
export function shiftsCorrected(shifts: Shifts, { calendar, timeZone }: LinePlan, { body }: DraftOf<'calendar_corrected'>): Shifts {
  const { open, announcedTo } = shifts
  if (open === null) return { ...shifts, announcedTo: instant(Math.max(announcedTo ?? 0, instantOf(body.to)!)) }
  const now = workedShifts(calendar, timeZone, dayOfShift(open.shift)).find(({ id }) => id === open.shift)
  if (now === undefined) return shifts
  const said = body.shifts.find(({ shift }) => shift === open.shift)
  return { ...shifts, open: bodyOf(now), told: said === undefined ? shifts.told : { to: said.to, planned_seconds: said.planned_seconds, revision: 1 + (shifts.told?.revision ?? 0) } }
}

/** The shifts that have time in [from, to), in order. */
export function shiftsBetween(calendar: Calendar, timeZone: string, from: Instant, to: Instant): Shift[] {
  const shifts: Shift[] = []
  // A shift can begin on the day before and reach over, or be moved to before the start of its own day.
  const last = dayAfter(productionDay(calendar, timeZone, to).day, 1)
  for (let day = dayAfter(productionDay(calendar, timeZone, from).day, -1); day <= last; day = dayAfter(day, 1)) {
    for (const shift of workedShifts(calendar, timeZone, day)) if (shift.from < to && shift.to > from) shifts.push(shift)
  }
  return shifts
}

/** A stretch of time in which neither the shift nor its break changes. */
export interface Slot extends Period {
  readonly shift: Shift | null
  readonly inBreak: boolean
}

/** Slots of a calendar that were asked for lately, newest first. */
const recentSlots = new WeakMap<Calendar, { readonly timeZone: string; readonly slots: Slot[] }>()
const SLOTS_KEPT = 8

/** The slot that an instant lies in. Asked many times a second for now, and for the ends of windows: those answers are kept. */
export function slotAt(calendar: Calendar, timeZone: string, at: Instant): Slot {
  let recent = recentSlots.get(calendar)
  if (recent === undefined || recent.timeZone !== timeZone) recentSlots.set(calendar, recent = { timeZone, slots: [] })
  const { slots } = recent
  for (const slot of slots) if (slot.from <= at && at < slot.to) return slot
  const slot = findSlot(calendar, timeZone, at)
  slots.unshift(slot)
  if (slots.length > SLOTS_KEPT) slots.pop()
  return slot
}

/** Whether people said of this instant what the rules do not. */
export function isCorrectedAt(calendar: Calendar, timeZone: string, at: Instant): boolean {
  if (!spansOf(calendar).some(({ from, to }) => from <= at && at < to)) return false
  const [ruled, worked] = [slotAt(configuredOf(calendar), timeZone, at), slotAt(calendar, timeZone, at)]
  return ruled.shift?.id !== worked.shift?.id || ruled.inBreak !== worked.inBreak
}

function findSlot(calendar: Calendar, timeZone: string, at: Instant): Slot {
  const day = productionDay(calendar, timeZone, at)
  const shifts = [-1, 0, 1].flatMap((days) => workedShifts(calendar, timeZone, dayAfter(day.day, days)))
  const pieces = shifts.flatMap((shift) => piecesOf(shift).map((piece) => ({ ...piece, shift })))
  const piece = pieces.find((one) => one.from <= at && at < one.to)
  // What a break is may change with the calendar.
  const held = heldAround(calendar, at)
  const within = ({ from, to }: Period): Period => ({ from: instant(Math.max(from, held.from)), to: instant(Math.min(to, held.to)) })
  if (piece === undefined) return { ...within(around(at, day, pieces)), shift: null, inBreak: false }
  const { shift } = piece
  const pause = shift.breaks.find((one) => one.from <= at && at < one.to)
  if (pause !== undefined) return { ...within(pause), shift, inBreak: true }
  return { ...within(around(at, piece, shift.breaks)), shift, inBreak: false }
}

/** The part of `within` around `at` that none of the periods touches. */
function around(at: Instant, within: Period, periods: readonly Period[]): Period {
  let { from, to } = within
  for (const period of periods) {
    if (period.to <= at && period.to > from) from = period.to
    if (period.from > at && period.from < to) to = period.from
  }
  return { from, to }
}

function startOf(plan: LinePlan, shift: Shift, piece: Period): DraftOf<'shift_started'> {
  return { type: 'shift_started', at: piece.from, line: plan.line.code, equipment: null, body: { ...bodyOf(shift, piece), planned_seconds: shift.plannedMs / 1_000 } }
}

/** A shift's good parts are those that left the line; its rejects those of all its equipment. */
function endOf(plan: LinePlan, shift: ShiftBody, made: Shifts['made'], told: Shifts['told']): DraftOf<'shift_ended'> {
  const good = made[exitOf(plan)]?.good ?? 0
  const reject = Object.values(made).reduce((sum, counts) => sum + counts.reject, 0)
  const planned_seconds = (workedShifts(plan.calendar, plan.timeZone, dayOfShift(shift.shift)).find(({ id }) => id === shift.shift)?.plannedMs ?? 0) / 1_000
  const isOther = told !== null && (told.to !== shift.to || told.planned_seconds !== planned_seconds)
  return { type: 'shift_ended', at: instantOf(shift.to)!, line: plan.line.code, equipment: null, body: { ...shift, good, reject, planned_seconds, revision: (told?.revision ?? 0) + Number(isOther) } }
}

const bodyOf = (shift: Shift, { to }: Period = shift): ShiftBody => ({ shift: shift.id, name: shift.name, day: shift.day, crew: shift.crew, from: rfc3339(shift.from), to: rfc3339(to) })

/** Equipment stands in flow order, so the last one is where parts leave the line. */
export const exitOf = (plan: LinePlan): string => plan.line.equipment.at(-1)!.code

function added(made: Shifts['made'], fact: DraftOf<'count_recorded'> | DraftOf<'counts_corrected'> | DraftOf<'rejects_found'>): Shifts['made'] {
  if (fact.equipment === null) return made
  const before = made[fact.equipment] ?? { good: 0, reject: 0 }
  return { ...made, [fact.equipment]: { good: before.good + fact.body.good, reject: before.reject + fact.body.reject } }
}

/** Whole hours of a shift. What people say of its beginning afterwards does not shift them. */
export function hoursOf({ from, to, hoursFrom }: Pick<Shift, 'from' | 'to' | 'hoursFrom'>): Period[] {
  const hours: Period[] = []
  for (let start = later(hoursFrom, Math.floor((from - hoursFrom) / HOUR) * HOUR); start + HOUR <= to; start = later(start, HOUR)) hours.push({ from: start, to: later(start, HOUR) })
  return hours
}

const HOUR = 3_600_000
