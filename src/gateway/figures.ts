/** Figures over a period that has passed: from memory while it reaches that far, else from the journal's loss rows. */

import { given } from '../base/assert.js'
import { type Instant, instant, later, rfc3339 } from '../base/units.js'
import type { OeeQuery, SeriesItem, SeriesQuery } from '../contract/desk.js'
import type { Journal } from '../contract/journal.js'
import type { LossRow, LossSums } from '../contract/losses.js'
import type { Oee } from '../contract/oee.js'
import { type Period, dayAfter, productionDay, shiftsOfDay } from '../core/calendar.js'
import { knownFrom, sumLosses } from '../core/losses.js'
import type { Line } from '../core/memory.js'
import { lineOee, oeeOf } from '../core/oee.js'
import type { LinePlan } from '../core/plan.js'
import { shiftsBetween } from '../core/shifts.js'
import { noSums, sumRowsBy } from '../core/sums.js'

/** The OEE of a line or of one of its equipment: sums first, ratios after, by the line's own method. */
export async function oeeOfPeriod(line: Line, query: OeeQuery, journal: Pick<Journal, 'sums'>): Promise<Oee> {
  const { plan } = line
  const isLine = query.of === plan.line.code
  const codes = isLine ? plan.line.equipment.map((equipment) => equipment.code) : [query.of]
  const sums = await sumsOfPeriod(line, codes, query, journal)
  const window = { from: query.from, to: query.to }
  return isLine ? lineOee(sums, window, plan) : oeeOf(sums.get(query.of) ?? noSums, window, plan, given(plan.equipment.get(query.of), `equipment ${query.of}`))
}

/** Sums by equipment. Rows are minutes; a period in memory is exact to the millisecond. */
export async function sumsOfPeriod(line: Line, codes: readonly string[], period: Period, journal: Pick<Journal, 'sums'>): Promise<ReadonlyMap<string, LossSums>> {
  const remembered = line.equipment.filter(({ code }) => codes.includes(code))
  if (remembered.every(({ losses }) => (knownFrom(losses) ?? Infinity) <= period.from)) {
    return new Map(remembered.map(({ code, losses }) => [code, sumLosses(losses, period.from, period.to, line.plan)]))
  }
  const rows = await journal.sums({ equipment: codes, edges: [period.from, period.to], by: [] })
  return sumRowsBy(rows, (row) => row.equipment)
}

/** The OEE of a past period in groups: each group is a choice of the same rows, so that their sums are those of the whole. */
export async function seriesOf(line: Line, { of, from, to, by, product }: SeriesQuery, journal: Pick<Journal, 'sums'>): Promise<readonly SeriesItem[]> {
  const { plan } = line
  const isLine = of === plan.line.code
  const codes = isLine ? plan.line.equipment.map((equipment) => equipment.code) : [of]
  const edges = edgesOf(plan, { from, to }, by)
  const rows = await journal.sums({ equipment: codes, edges, by: by === 'shift' || by === 'job' ? [by] : [] })
  const groups = new Map<string | null, LossRow[]>()
  for (const row of rows) {
    if (product !== undefined && row.product !== product) continue
    const key = keyOf(row)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return [...groups].map(([key, group]) => {
    const sums = sumRowsBy(group, (row) => row.equipment)
    const window = windowOf(key)
    return { key, oee: isLine ? lineOee(sums, window, plan) : oeeOf(sums.get(of) ?? noSums, window, plan, given(plan.equipment.get(of), `equipment ${of}`)) }
  }).filter(({ oee }) => by === 'whole' || oee.times.planned_production > 0 || oee.counts.total > 0).sort((one, other) => (one.key ?? '') < (other.key ?? '') ? -1 : 1)

  function keyOf(row: LossRow): string | null {
    switch (by) {
      case 'whole': return null
      case 'shift': return row.shift
      case 'job': return row.job
      case 'product': return row.product
      case 'hour': return rfc3339(row.minute)
      case 'day': return productionDay(plan.calendar, plan.timeZone, row.minute).day
      case 'week': return mondayOf(productionDay(plan.calendar, plan.timeZone, row.minute).day)
    }
  }

  /** Hours, days and weeks have a window of their own; the others may lie anywhere in the period. */
  function windowOf(key: string | null): Period {
    if (by === 'whole' || by === 'job' || by === 'product' || key === null) return { from, to }
    if (by === 'shift') {
      const shift = shiftsBetween(plan.calendar, plan.timeZone, from, to).find(({ id }) => id === key)
      return shift === undefined ? { from, to } : clipped(shift)
    }
    if (by === 'hour') return clipped({ from: instant(Date.parse(key)), to: later(instant(Date.parse(key)), HOUR_MS) })
    const first = given(dayOf(line, key), `day ${key}`)
    return clipped({ from: first.from, to: by === 'day' ? first.to : given(dayOf(line, dayAfter(key, 6)), 'the last day of a week').to })
  }

  function clipped(period: Period): Period { return { from: instant(Math.max(period.from, from)), to: instant(Math.min(period.to, to)) } }
}

const HOUR_MS = 3_600_000

/** The borders between which rows are added up; a week is seven days that are added up afterwards. */
function edgesOf(plan: LinePlan, { from, to }: Period, by: SeriesQuery['by']): Instant[] {
  const edges = [from]
  if (by === 'hour') for (let at = (Math.floor(from / HOUR_MS) + 1) * HOUR_MS; at < to; at += HOUR_MS) edges.push(instant(at))
  if (by === 'day' || by === 'week') for (let day = productionDay(plan.calendar, plan.timeZone, from); day.to < to; day = productionDay(plan.calendar, plan.timeZone, day.to)) edges.push(day.to)
  return [...edges, to]
}

/** The week of a production day is that of its date, which begins on a Monday. */
function mondayOf(day: string): string {
  const weekday = (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7
  return dayAfter(day, -weekday)
}

const DATE = /^\d{4}-\d\d-\d\d$/

/** A shift by its id: its production day and its name. */
export function shiftOf({ plan }: Pick<Line, 'plan'>, id: string): { readonly from: string; readonly to: string } | null {
  const [date = ''] = id.split('/')
  if (dayOf({ plan }, date) === null) return null
  const shift = shiftsOfDay(plan.calendar, plan.timeZone, date).find((one) => one.id === id)
  return shift === undefined ? null : { from: rfc3339(shift.from), to: rfc3339(shift.to) }
}

/** The production day of that date on a line's calendar; `null` when the text is no date. */
export function dayOf({ plan }: Pick<Line, 'plan'>, date: string): { readonly from: Instant; readonly to: Instant } | null {
  const noon = DATE.test(date) ? Date.parse(`${date}T12:00:00Z`) : Number.NaN
  if (Number.isNaN(noon)) return null
  // Noon in UTC may fall into the day before or after on the other side of the world.
  for (const hours of [0, -24, 24]) {
    const day = productionDay(plan.calendar, plan.timeZone, instant(noon + hours * 3_600_000))
    if (day.day === date) return { from: day.from, to: day.to }
  }
  return null
}

