/** What the schema cannot say about calendars: shifts that meet, breaks outside them, and days that there are not. */

import { instantOf, rfc3339 } from '../base/units.js'
import type { Calendar, Config } from './config.js'
import { type Misfit, type Path, quoted, unknown } from './misfit.js'
import { periodOf, worksOn } from './rota.js'

export function calendars({ calendars: all, area }: Config): Misfit[] {
  const ofArea: Misfit[] = area.calendar === undefined || Object.keys(all).includes(area.calendar) ? [] : [{ path: ['area', 'calendar'], message: unknown('calendar', area.calendar, Object.keys(all)) }]
  return [...ofArea, ...Object.entries(all).flatMap(([name, calendar]) => [...shifts(calendar, ['calendars', name]), ...exceptions(calendar, ['calendars', name, 'exceptions'])])]
}

const DAY = 24 * 60
const minutesOf = (local: string): number => Number(local.slice(0, 2)) * 60 + Number(local.slice(3))
/** From a local time until the next time it is `end`, in minutes; a whole day when they are equal. */
const minutesFrom = (start: string, end: string): number => (minutesOf(end) - minutesOf(start) + DAY) % DAY || DAY

function shifts({ shifts: patterns, day_start }: Calendar, path: Path): Misfit[] {
  return patterns.flatMap((shift, index) => {
    const found: Misfit[] = []
    const here = [...path, 'shifts', index]
    for (const [number, pause] of shift.breaks.entries()) {
      const until = minutesFrom(shift.start, pause.start) % DAY + minutesFrom(pause.start, pause.end)
      if (until > minutesFrom(shift.start, shift.end)) found.push({ path: [...here, 'breaks', number], message: `a break lies inside its shift, ${shift.start} to ${shift.end}` })
    }
    for (const key of ['from', 'until'] as const) {
      const date = shift[key]
      if (date !== undefined && !isDate(date)) found.push({ path: [...here, key], message: `there is no day ${date}` })
    }
    if (shift.from !== undefined && shift.until !== undefined && shift.from > shift.until) found.push({ path: [...here, 'until'], message: 'the last day comes before the first' })
    if (shift.rota !== undefined && !isDate(shift.rota.from)) found.push({ path: [...here, 'rota', 'from'], message: `there is no day ${shift.rota.from}` })
    if (shift.rota !== undefined && shift.crew !== undefined) found.push({ path: [...here, 'crew'], message: 'a rota says who works: leave `crew` out' })
    // A shift is named by its day and name, so two of a name on one day would be one to everybody who asks.
    const namesake = patterns.slice(0, index).find((earlier) => earlier.name === shift.name && meet(earlier, shift))
    if (namesake !== undefined) found.push({ path: [...here, 'name'], message: `two shifts of one day are called ${quoted(shift.name)}` })
    const other = patterns.slice(0, index).find((earlier) => overlap(earlier, shift, day_start))
    if (other !== undefined) found.push({ path: here, message: `shift ${quoted(shift.name)} overlaps shift ${quoted(other.name)}` })
    return found
  })
}

type Shift = Calendar['shifts'][number]

/** Two patterns hold at a common time of the year. */
const hold = (one: Shift, other: Shift): boolean => (one.until ?? '9') >= (other.from ?? '0') && (other.until ?? '9') >= (one.from ?? '0')
const meet = (one: Shift, other: Shift): boolean =>
  hold(one, other) && daysOf(periodOf(one, other)).some((day) => worksOn(one, day) && worksOn(other, day))

/** Two patterns hold on common days and cover a common minute of the days after which both begin again. */
function overlap(one: Shift, other: Shift, dayStart: string): boolean {
  if (!hold(one, other)) return false
  const days = periodOf(one, other)
  const first = minutesFrom(dayStart, one.start) % DAY
  const second = minutesFrom(dayStart, other.start) % DAY
  const covers = (from: number, shift: Shift, at: number) => from <= at && at < from + minutesFrom(shift.start, shift.end)
  // A shift lasts a day at most, so only those of the days before and after can reach it.
  return daysOf(days).some((day) => worksOn(one, day) && [-1, 0, 1].some((away) => {
    const at = away * DAY + second
    return (covers(first, one, at) || covers(at, other, first)) && worksOn(other, day + away)
  }))
}

const daysOf = (count: number): readonly number[] => Array.from({ length: count }, (_, day) => day)

function exceptions({ exceptions: all, shifts: patterns }: Calendar, path: Path): Misfit[] {
  return all.flatMap((exception, index) => {
    const found: Misfit[] = []
    if (!isDate(exception.date)) found.push({ path: [...path, index, 'date'], message: `there is no day ${exception.date}` })
    if (exception.shift !== undefined && !patterns.some((shift) => shift.name === exception.shift)) {
      found.push({ path: [...path, index, 'shift'], message: unknown('shift', exception.shift, patterns.map((shift) => shift.name)) })
    }
    if ((exception.start === undefined) !== (exception.end === undefined)) found.push({ path: [...path, index], message: 'other times need both `start` and `end`' })
    return found
  })
}

/** A day of the calendar: the thirtieth of February would come back as another. */
function isDate(text: string): boolean {
  const at = instantOf(`${text}T00:00:00Z`)
  return at !== null && rfc3339(at).startsWith(text)
}
