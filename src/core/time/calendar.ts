/** The calendar of a plant as instants: what local rules and an IANA zone make of one production day. */

import { Temporal } from 'temporal-polyfill'
import { limits } from '../../base/limits.js'
import { type Instant, type Ms, instant } from '../../base/units.js'
import type { Calendar } from '../../contract/config.js'
import { crewOn, dayNumberOf, worksOn } from '../../contract/rota.js'

/** Half open: `from` belongs to it, `to` does not. */
export interface Period { readonly from: Instant; readonly to: Instant }
export interface Break extends Period { readonly name: string }

export interface Shift extends Period {
  /** Production day and name: `2026-03-29/early`. */
  readonly id: string
  readonly name: string
  /** The production day the shift belongs to: the one in which its pattern starts. */
  readonly day: string
  readonly crew: string | null
  /** Merged, clipped to the shift, in order. */
  readonly breaks: readonly Break[]
  /** Time inside it in which it was closed, as people said afterwards; in order. */
  readonly holes: readonly Period[]
  /** What its hours are counted from: its beginning by the rules, whatever people said of it afterwards. */
  readonly hoursFrom: Instant
  /** The length of its time without breaks; with them where the calendar counts breaks as planned stops. */
  readonly plannedMs: Ms
}

export interface ProductionDay extends Period { readonly day: string }

/** The shifts of one production day, in order and without overlap: where two claim the same time, the later has it. */
export function shiftsByRules(calendar: Calendar, timeZone: string, day: string): readonly Shift[] {
  const almanac = almanacOf(calendar, timeZone)
  const known = almanac.shifts.get(day)
  if (known !== undefined) return known

  const date = Temporal.PlainDate.from(day)
  const own = hoursOfDay(calendar, date)
  const next = hoursOfDay(calendar, date.add({ days: 1 }))
  const starts = [...own, ...next].map((hours) => localInstant(timeZone, hours.start))
  const shifts = own
    .map((hours, index) => {
      const later = starts.filter((start, other) => start > starts[index]! || (start === starts[index] && other > index))
      return shiftOf(hours, Math.min(...later), calendar, timeZone, day)
    })
    .filter((shift) => shift.from < shift.to)
    .sort((a, b) => a.from - b.from)
  almanac.shifts.set(day, shifts)
  return shifts
}

/** The production day that an instant lies in: it lasts 23, 24 or 25 hours. */
export function dayByRules(calendar: Calendar, timeZone: string, at: Instant): ProductionDay {
  const almanac = almanacOf(calendar, timeZone)
  const last = almanac.lastDay
  if (last !== null && last.from <= at && at < last.to) return last

  let date = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate()
  if (at < dayStart(date)) date = date.subtract({ days: 1 })
  almanac.lastDay = { day: date.toString(), from: dayStart(date), to: dayStart(date.add({ days: 1 })) }
  return almanac.lastDay

  function dayStart(of: Temporal.PlainDate): Instant {
    return localInstant(timeZone, of.toPlainDateTime(calendar.day_start))
  }
}

/** The production day `days` after (or before) another. */
export const dayAfter = (day: string, days: number): string => new Date((dayNumberOf(day) + days) * 86_400_000).toISOString().slice(0, 10)

/**
 * The instant of a local wall time. In a skipped hour it is the first valid instant after the gap;
 * of an ambiguous one it is the earlier: the end of one shift and the start of the next agree, so shifts still tile.
 */
export function localInstant(timeZone: string, wall: Temporal.PlainDateTime): Instant {
  const earlier = wall.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
  const skipped = !earlier.toPlainDateTime().equals(wall)
  const valid = skipped ? earlier.getTimeZoneTransition('next') ?? earlier : earlier
  return instant(valid.epochMilliseconds)
}

/* ── local rules → hours of one day ──────────────────────────────────────────────────────────── */

interface Hours {
  readonly name: string
  readonly crew: string | null
  readonly start: Temporal.PlainDateTime
  readonly end: Temporal.PlainDateTime
  readonly breaks: readonly { readonly start: Temporal.PlainDateTime; readonly end: Temporal.PlainDateTime; readonly name: string }[]
}
type Pattern = Calendar['shifts'][number]
type Exception = Calendar['exceptions'][number]

/** `days`, `rota`, `from`, `until` and exception dates all name production days, so a holiday closes its night shift as well. */
function hoursOfDay(calendar: Calendar, date: Temporal.PlainDate): Hours[] {
  const day = date.toString()
  const works = (pattern: Pattern) => worksOn(pattern, dayNumberOf(day))
    && (pattern.from === undefined || pattern.from <= day) && (pattern.until === undefined || day <= pattern.until)
  const regular = calendar.shifts.filter(works).map((pattern) => hoursOf(pattern, calendar, date))
  return calendar.exceptions.filter((exception) => exception.date === day)
    .reduce((hours, exception) => except(hours, exception, calendar, date), regular)
}

function except(hours: Hours[], exception: Exception, calendar: Calendar, date: Temporal.PlainDate): Hours[] {
  const others = hours.filter((shift) => shift.name !== exception.shift)
  if (exception.closed) return exception.shift === undefined ? [] : others
  if (exception.shift === undefined) return openOnly(hours, exception, calendar, date)

  const pattern = calendar.shifts.find((shift) => shift.name === exception.shift)
  const base = hours.find((shift) => shift.name === exception.shift) ?? (pattern && hoursOf(pattern, calendar, date))
  if (base !== undefined) {
    const start = exception.start === undefined ? base.start : nearest(base.start, exception.start)
    return [...others, { ...base, start, end: exception.end === undefined ? base.end : after(start, exception.end) }]
  }
  if (exception.start === undefined || exception.end === undefined) return others
  const start = atOrAfter(date.toPlainDateTime(calendar.day_start), exception.start)
  return [...others, { name: exception.shift, crew: null, start, end: after(start, exception.end), breaks: [] }]
}

/** Hours for the whole day: its shifts are clipped to them; on a day without shifts they are one shift, `overtime`. */
function openOnly(hours: Hours[], exception: Exception, calendar: Calendar, date: Temporal.PlainDate): Hours[] {
  if (exception.start === undefined && exception.end === undefined) return hours
  const opens = date.toPlainDateTime(calendar.day_start)
  const start = exception.start === undefined ? opens : atOrAfter(opens, exception.start)
  const end = exception.end === undefined ? opens.add({ days: 1 }) : after(start, exception.end)
  if (hours.length === 0) return [{ name: 'overtime', crew: null, start, end, breaks: [] }]
  return hours
    .map((shift) => ({ ...shift, start: latest(shift.start, start), end: earliest(shift.end, end) }))
    .filter((shift) => compare(shift.start, shift.end) < 0)
}

function hoursOf(pattern: Pattern, calendar: Calendar, date: Temporal.PlainDate): Hours {
  const start = atOrAfter(date.toPlainDateTime(calendar.day_start), pattern.start)
  const breaks = pattern.breaks.map((pause) => {
    const from = atOrAfter(start, pause.start)
    return { start: from, end: after(from, pause.end), name: pause.name }
  })
  return { name: pattern.name, crew: crewOn(pattern, dayNumberOf(date.toString())), start, end: after(start, pattern.end), breaks }
}

const compare = (a: Temporal.PlainDateTime, b: Temporal.PlainDateTime) => Temporal.PlainDateTime.compare(a, b)
const latest = (a: Temporal.PlainDateTime, b: Temporal.PlainDateTime) => compare(a, b) >= 0 ? a : b
const earliest = (a: Temporal.PlainDateTime, b: Temporal.PlainDateTime) => compare(a, b) <= 0 ? a : b

function atOrAfter(wall: Temporal.PlainDateTime, time: string): Temporal.PlainDateTime {
  const sameDate = wall.withPlainTime(time)
  return compare(sameDate, wall) >= 0 ? sameDate : sameDate.add({ days: 1 })
}

const after = (wall: Temporal.PlainDateTime, time: string) => atOrAfter(wall.add({ minutes: 1 }), time)

/** Overtime before an early shift is at 04:00 of the same morning, although the production day begins at 06:00. */
const nearest = (wall: Temporal.PlainDateTime, time: string) => atOrAfter(wall.subtract({ hours: 12 }), time)

/* ── hours → instants ────────────────────────────────────────────────────────────────────────── */

/** A shift ends at its end, or when the next begins. */
function shiftOf(hours: Hours, next: number, calendar: Calendar, timeZone: string, day: string): Shift {
  const from = localInstant(timeZone, hours.start)
  const to = instant(Math.min(localInstant(timeZone, hours.end), next))
  const breaks = merged(hours.breaks.map((pause) => ({
    from: instant(Math.max(from, localInstant(timeZone, pause.start))),
    to: instant(Math.min(to, localInstant(timeZone, pause.end))),
    name: pause.name,
  })))
  const breakMs = calendar.breaks === 'count' ? 0 : breaks.reduce((sum, pause) => sum + pause.to - pause.from, 0)
  return { id: `${day}/${hours.name}`, name: hours.name, day, crew: hours.crew, from, to, breaks, holes: [], hoursFrom: from, plannedMs: to - from - breakMs }
}

/** Overlapping and touching breaks become one, under the name of the first. */
function merged(breaks: readonly Break[]): Break[] {
  const whole: Break[] = []
  for (const pause of breaks.filter((one) => one.from < one.to).sort((a, b) => a.from - b.from)) {
    const last = whole.at(-1)
    if (last === undefined || last.to < pause.from) whole.push(pause)
    else whole[whole.length - 1] = { ...last, to: instant(Math.max(last.to, pause.to)) }
  }
  return whole
}

/* ── computed once ───────────────────────────────────────────────────────────────────────────── */

interface Almanac {
  readonly timeZone: string
  readonly shifts: Map<string, readonly Shift[]>
  lastDay: ProductionDay | null
}

/** A calendar object belongs to one plan and never changes, so what was computed from it holds as long as it lives. */
const almanacs = new WeakMap<Calendar, Almanac>()

function almanacOf(calendar: Calendar, timeZone: string): Almanac {
  let almanac = almanacs.get(calendar)
  if (almanac === undefined || almanac.timeZone !== timeZone) {
    almanac = { timeZone, shifts: new Map(), lastDay: null }
    almanacs.set(calendar, almanac)
  }
  if (almanac.shifts.size > limits.calendarDaysMax) almanac.shifts.clear()
  return almanac
}
