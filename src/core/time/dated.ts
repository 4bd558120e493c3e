/** A calendar that was changed: each of its versions holds in its own time, and what was worked under one is not judged by the next. */

import { type Instant, instant, later } from '../../base/units.js'
import type { Calendar } from '../../contract/config.js'
import { type Period, type ProductionDay, type Shift, dayByRules, shiftsByRules } from './calendar.js'

/** One version, and when it held. The first holds since ever, the last until somebody changes it. */
export interface CalendarVersion extends Period { readonly calendar: Calendar; readonly timeZone: string }

/** Reads like its newest version. A new one for each change: what was worked out of a calendar holds as long as it lives. */
interface DatedCalendar extends Calendar { readonly versions: readonly CalendarVersion[] }

const isDated = (calendar: Calendar): calendar is DatedCalendar => 'versions' in calendar

/** Side by side, in the order of time; one alone needs no dates. */
export function datedCalendar(versions: readonly CalendarVersion[]): Calendar {
  const newest = versions.at(-1)!
  const dated: DatedCalendar = { ...newest.calendar, versions }
  return versions.length === 1 ? newest.calendar : dated
}

/** As it stands in the configuration in force. */
export const newestOf = (calendar: Calendar): Calendar => isDated(calendar) ? calendar.versions.at(-1)!.calendar : calendar

/** What a break was at that time: planned, a loss of schedule, or what the machine made of it. */
export const breaksAt = (calendar: Calendar, at: Instant): Calendar['breaks'] => isDated(calendar) ? versionAt(calendar, at).calendar.breaks : calendar.breaks

/** The time around an instant in which one version holds. */
export const heldAround = (calendar: Calendar, at: Instant): Period => isDated(calendar) ? versionAt(calendar, at) : always

/**
 * The shifts of one production day, in order and without overlap. One that goes on under the next version goes on under its name, with the hours it
 * began with; one that the next version does not know ends where that begins, and where it wants another shift than there was, that one begins there.
 * A shift that comes back later goes around the time between.
 */
export function shiftsOfDay(calendar: Calendar, timeZone: string, day: string): readonly Shift[] {
  if (!isDated(calendar)) return shiftsByRules(calendar, timeZone, day)
  const days = knownOf(calendar)
  const known = days.get(day) ?? joined(calendar.versions.flatMap((version) => shiftsByRules(version.calendar, version.timeZone, day).flatMap((shift) => clipped(shift, version))))
  days.set(day, known)
  return known
}

/** The production day that an instant lies in. Where the next version would have another day than there was, that begins with it. */
export function productionDay(calendar: Calendar, timeZone: string, at: Instant): ProductionDay {
  if (!isDated(calendar)) return dayByRules(calendar, timeZone, at)
  const { versions } = calendar
  const index = versions.indexOf(versionAt(calendar, at))
  const { day } = ruledBy(versions[index]!, at)
  return { day, from: beginning(versions, index, at), to: ending(versions, index, at) }
}

/* ── versions ────────────────────────────────────────────────────────────────────────────────── */

const always: Period = { from: instant(-8_640_000_000_000_000), to: instant(8_640_000_000_000_000) }

const versionAt = ({ versions }: DatedCalendar, at: Instant): CalendarVersion => versions.find(({ to }) => at < to) ?? versions.at(-1)!

const ruledBy = ({ calendar, timeZone }: CalendarVersion, at: Instant): ProductionDay => dayByRules(calendar, timeZone, at)

function beginning(versions: readonly CalendarVersion[], index: number, at: Instant): Instant {
  const [version, before] = [versions[index]!, versions[index - 1]]
  const { day, from } = ruledBy(version, at)
  if (from >= version.from || before === undefined) return from
  const last = later(version.from, -1)
  return ruledBy(before, last).day === day ? beginning(versions, index - 1, last) : version.from
}

function ending(versions: readonly CalendarVersion[], index: number, at: Instant): Instant {
  const [version, next] = [versions[index]!, versions[index + 1]]
  const { day, to } = ruledBy(version, at)
  if (to <= version.to || next === undefined) return to
  return ruledBy(next, next.from).day === day ? ending(versions, index + 1, next.from) : version.to
}

/* ── shifts ──────────────────────────────────────────────────────────────────────────────────── */

/** What of a shift lies in the time of its version. What begins there has its hours from there: those before were told of another. */
function clipped(shift: Shift, version: CalendarVersion): Shift[] {
  if (shift.from >= version.from && shift.to <= version.to) return [shift]
  const inside = common(shift, version)
  if (inside === null) return []
  const breaks = shift.breaks.flatMap((pause) => { const rest = common(pause, version); return rest === null ? [] : [{ ...pause, ...rest }] })
  const pausedMs = version.calendar.breaks === 'count' ? 0 : breaks.reduce((ms, { from, to }) => ms + to - from, 0)
  return [{ ...shift, ...inside, breaks, hoursFrom: inside.from === shift.from ? shift.hoursFrom : inside.from, plannedMs: inside.to - inside.from - pausedMs }]
}

/** What versions say of one shift, in one. */
function joined(pieces: readonly Shift[]): readonly Shift[] {
  const shifts = new Map<string, Shift>()
  for (const piece of pieces) {
    const known = shifts.get(piece.id)
    const hole = known === undefined || known.to === piece.from ? [] : [{ from: known.to, to: piece.from }]
    shifts.set(piece.id, known === undefined ? piece : {
      ...known, to: piece.to, crew: piece.crew, breaks: [...known.breaks, ...piece.breaks], holes: [...known.holes, ...hole], plannedMs: known.plannedMs + piece.plannedMs,
    })
  }
  return [...shifts.values()].sort((a, b) => a.from - b.from)
}

function common(one: Period, other: Period): Period | null {
  const period = { from: instant(Math.max(one.from, other.from)), to: instant(Math.min(one.to, other.to)) }
  return period.from < period.to ? period : null
}

/* ── computed once ───────────────────────────────────────────────────────────────────────────── */

const known = new WeakMap<DatedCalendar, Map<string, readonly Shift[]>>()

function knownOf(calendar: DatedCalendar): Map<string, readonly Shift[]> {
  let days = known.get(calendar)
  if (days === undefined) known.set(calendar, days = new Map())
  return days
}
