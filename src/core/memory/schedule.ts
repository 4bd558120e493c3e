/** Whether an instant is planned for production: the mask that time and parts share (domain note 2.2). */

import { type Instant, type Ms, instant } from '../../base/units.js'
import type { StateClass } from '../../contract/config.js'
import { breaksAt } from '../time/dated.js'
import { calendarOf } from '../time/plan.js'
import { type Slot, shiftsBetween, slotAt } from '../time/shifts.js'
import type { Line } from './memory.js'

export const slotOf = (line: Line, at: Instant): Slot => slotAt(line.plan.calendar, line.plan.timeZone, at)

/** The line as one of its equipment works, which may have a calendar of its own: what is asked of planned time here, is asked of that. */
export function asWorks(line: Line, equipment: string): Line {
  const calendar = calendarOf(line.plan, equipment)
  return calendar === line.plan.calendar ? line : { ...line, plan: { ...line.plan, calendar } }
}

/** Whether parts made now count for availability, performance and quality. */
export function inPlannedTime(line: Line, at: Instant, state: StateClass): boolean {
  const slot = slotOf(line, at)
  if (slot.shift === null) return false
  const breaks = breaksAt(line.plan.calendar, at)
  return !slot.inBreak || breaks === 'count' || (breaks === 'yield_to_run' && state === 'running')
}

/** Whether standing now is a loss: inside a shift, and not in a break that is no planned time. */
export const standingCounts = (line: Line, at: Instant): boolean => inPlannedTime(line, at, 'stopped')

/** Since when standing counts without a pause, when it counts now. */
export function standingCountsSince(line: Line, at: Instant): Instant {
  let from = slotOf(line, at).from
  while (at - from < LOOK_BACK_MS) {
    const before = slotOf(line, instant(from - 1))
    if (before.from >= from || !standingCounts(line, before.from)) break
    from = before.from
  }
  return from
}

/** Standing longer than this has its stop open already. */
const LOOK_BACK_MS = 86_400_000

/** The shift that has been told to have begun. */
export const shiftIdOf = (line: Line): string | null => line.shifts.open?.shift ?? null

/** How much of a time standing counts in. */
export function plannedMsBetween(line: Line, from: Instant, to: Instant): Ms {
  // Most stops begin and end within one slot, and need no calendar.
  const slot = slotOf(line, from)
  if (to <= slot.to) return standingCounts(line, from) ? to - from : 0
  let ms = 0
  for (const shift of shiftsBetween(line.plan.calendar, line.plan.timeZone, from, to)) {
    ms += overlap(from, to, shift.from, shift.to)
    for (const hole of shift.holes) ms -= overlap(from, to, hole.from, hole.to)
    for (const rest of shift.breaks) if (breaksAt(line.plan.calendar, rest.from) !== 'count') ms -= overlap(from, to, rest.from, rest.to)
  }
  return ms
}

const overlap = (from: Instant, to: Instant, start: Instant, end: Instant): Ms => Math.max(0, Math.min(to, end) - Math.max(from, start))

/** How far ahead planned time is looked for. */
export const AHEAD_MS_MAX = 60 * 86_400_000

/** The instant by which so much planned time has passed; `null` when the calendar never gets there. */
export function afterPlanned(line: Line, from: Instant, neededMs: Ms): Instant | null {
  let left = neededMs
  for (const shift of shiftsBetween(line.plan.calendar, line.plan.timeZone, from, instant(from + AHEAD_MS_MAX))) {
    let at = Math.max(from, shift.from)
    for (const pause of [...[...shift.breaks, ...shift.holes].sort((a, b) => a.from - b.from), { from: shift.to, to: shift.to }]) {
      const ms = Math.max(0, pause.from - at)
      if (ms >= left) return instant(at + left)
      left -= ms
      at = Math.max(at, pause.to)
    }
  }
  return null
}
