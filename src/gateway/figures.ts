/** Figures over a period that has passed: from memory while it reaches that far, else from the journal's loss rows. */

import { given } from '../base/assert.js'
import { breather } from '../base/breath.js'
import { type Instant, type Ms, instant, later, rfc3339 } from '../base/units.js'
import type { ExplainQuery, OeeQuery, SeriesBy, SeriesItem, SeriesQuery, ShiftItem } from '../contract/desk.js'
import type { Journal, SumQuery } from '../contract/journal.js'
import { type LossRow, type LossSums, rowCodesOf } from '../contract/losses.js'
import type { Oee } from '../contract/oee.js'
import { type Period, dayAfter } from '../core/time/calendar.js'
import { productionDay } from '../core/time/dated.js'
import { type Which, matches } from '../core/losses/lossbook.js'
import { knownFrom, sumLosses } from '../core/losses/losses.js'
import type { Line } from '../core/memory/memory.js'
import { lineOee, lineSums, oeeOf } from '../core/losses/oee.js'
import type { LinePlan } from '../core/time/plan.js'
import { isLimitedBy, stretchSums } from '../core/losses/stretches.js'
import { noSums, sumRowsBy } from '../core/losses/sums.js'
import { isWholeSince, sumUnderWay } from '../core/memory/underway.js'
import { dayOfShift, workedShifts } from '../core/time/worked.js'

/** The OEE of a line or of one of its equipment: sums first, ratios after, by the line's own method. */
export async function oeeOfPeriod(line: Line, query: OeeQuery, journal: Pick<Journal, 'sums'>): Promise<Oee> {
  const { plan } = line
  const isLine = query.of === plan.line.code
  const codes = isLine ? rowCodesOf(plan.line) : [query.of]
  const sums = await sumsOfPeriod(line, codes, query, journal)
  const window = { from: query.from, to: query.to }
  return isLine ? lineOee(sums, window, plan) : oeeOf(sums.get(query.of) ?? noSums, window, plan, given(plan.equipment.get(query.of), `equipment ${query.of}`))
}

/** Sums by equipment. Rows are minutes; a period in memory is exact to the millisecond. */
export async function sumsOfPeriod(line: Line, codes: readonly string[], period: Period, journal: Pick<Journal, 'sums'>): Promise<ReadonlyMap<string, LossSums>> {
  const remembered = line.equipment.filter(({ code }) => codes.includes(code))
  const isOwn = codes.includes(line.plan.line.code)
  if (remembered.every(({ losses }) => (knownFrom(losses) ?? Infinity) <= period.from) && (!isOwn || isWholeSince(line, period.from))) {
    const own = isOwn ? [[line.plan.line.code, sumUnderWay(line, period)] as const] : []
    return new Map([...remembered.map(({ code, losses }) => [code, sumLosses(losses, period.from, period.to, line.plan)] as const), ...own])
  }
  const rows = await journal.sums({ equipment: codes, edges: [period.from, period.to], by: [] })
  return sumRowsBy(rows, (row) => row.equipment)
}

/** The OEE of a past period in groups: each group is a choice of the same rows, so that their sums are those of the whole. */
export async function seriesOf(line: Line, query: SeriesQuery, journal: Pick<Journal, 'sums'>): Promise<readonly SeriesItem[]> {
  const { by } = query
  const items = await eachGroup(line, query, journal, (key, rows) => ({ key, oee: oeeOfRows(line.plan, query, rows, windowOf(line.plan, query, key), by === 'job' || by === 'product' ? { [by]: key } : {}) }))
  return items.filter(({ oee }) => by === 'whole' || oee.times.planned_production > 0 || oee.counts.total > 0)
}

/** The OEE of each shift of a past period, and how long it took to make what it made of each product, at the ideal pace. */
export async function shiftsOf(line: Line, query: OeeQuery, journal: Pick<Journal, 'sums'>): Promise<readonly ShiftItem[]> {
  const { plan } = line
  const shift = { ...query, by: 'shift' } as const
  const items = await eachGroup(line, shift, journal, (key, rows) => {
    const sums = byEquipment(rows)
    const { products } = query.of === plan.line.code ? lineSums(sums, plan, plan.line.method).sums : sums.get(query.of) ?? noSums
    const netRunMs = new Map<string | null, Ms>()
    for (const one of products) netRunMs.set(one.product, (netRunMs.get(one.product) ?? 0) + one.idealMs * (one.good + one.startup_reject + one.production_reject))
    return { key, netRunMs, oee: oeeBy(plan, query.of, sums, windowOf(plan, shift, key)) }
  })
  return items.filter(({ oee }) => oee.times.planned_production > 0 || oee.counts.total > 0)
}

/** What a production day of a period is made of, by the codes of the equipment, and how much of it no job had. */
export interface DaySums { readonly day: string; readonly window: Period; readonly sums: ReadonlyMap<string, LossSums>; readonly withoutJob: ReadonlyMap<string, LossSums> }

/** The days of a period, in order, of all or of one job or product; they add up to the period. */
export async function daysOf(line: Line, { of, from, to, ...which }: ExplainQuery, journal: Pick<Journal, 'sums'>): Promise<readonly DaySums[]> {
  const query = { of, from, to, by: 'day' } as const
  return eachGroup(line, query, journal, (day, rows) => {
    const meant = rows.filter((row) => matches(row, which))
    return { day: day!, window: windowOf(line.plan, query, day), sums: byEquipment(meant), withoutJob: byEquipment(meant.filter(({ job }) => job === null)) }
  }, ['job'])
}

const byEquipment = (rows: readonly LossRow[]): ReadonlyMap<string, LossSums> => sumRowsBy(rows, (row) => row.equipment)

/** By the key of the group, in its order. A year has many groups: the rows come in pieces, and nobody waits for all of them to be worked out. */
async function eachGroup<T>(line: Line, query: SeriesQuery, journal: Pick<Journal, 'sums'>, figure: (key: string | null, rows: readonly LossRow[]) => T, apart: SumQuery['by'] = []): Promise<T[]> {
  const { plan } = line
  const { of, by, limitedBy } = query
  const breathe = breather()
  const codes = of !== plan.line.code ? [of] : limitedBy === undefined ? rowCodesOf(plan.line) : [...new Set([plan.line.equipment[plan.constraint]!.code, limitedBy, of])]
  const groups = new Map<string | null, LossRow[]>()
  for (const edges of piecesOf(await edgesOf(plan, query, breathe), by, codes.length)) {
    for (const row of await journal.sums({ equipment: codes, edges, by: by === 'shift' || by === 'job' ? [by] : apart })) {
      if (limitedBy !== undefined && !isLimitedBy(plan, limitedBy, row)) continue
      const key = keyOf(plan, row, by)
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [row])
      else group.push(row)
      await breathe()
    }
  }
  const figures: T[] = []
  for (const [key, rows] of [...groups].sort(([one], [other]) => ((one ?? '') < (other ?? '') ? -1 : 1))) {
    figures.push(figure(key, rows))
    await breathe()
  }
  return figures
}

function oeeOfRows(plan: LinePlan, { of, limitedBy }: SeriesQuery, rows: readonly LossRow[], window: Period, which: Which): Oee {
  if (of !== plan.line.code || limitedBy === undefined) return oeeBy(plan, of, byEquipment(rows), window, which)
  return oeeOf(stretchSums(rows, plan, limitedBy), window, plan, given(plan.equipment.get(limitedBy), `equipment ${limitedBy}`), which)
}

function oeeBy(plan: LinePlan, of: string, sums: ReadonlyMap<string, LossSums>, window: Period, which: Which = {}): Oee {
  return of === plan.line.code ? lineOee(sums, window, plan, plan.line.method, which) : oeeOf(sums.get(of) ?? noSums, window, plan, given(plan.equipment.get(of), `equipment ${of}`), which)
}

function keyOf({ calendar, timeZone }: LinePlan, row: LossRow, by: SeriesBy): string | null {
  switch (by) {
    case 'whole': return null
    case 'shift': return row.shift
    case 'job': return row.job
    case 'product': return row.product
    case 'hour': return rfc3339(row.minute)
    case 'day': return productionDay(calendar, timeZone, row.minute).day
    case 'week': return mondayOf(productionDay(calendar, timeZone, row.minute).day)
  }
}

/** Shifts, hours, days and weeks have a window of their own; the others may lie anywhere in the period. */
function windowOf(plan: LinePlan, { from, to, by }: SeriesQuery, key: string | null): Period {
  if (by === 'whole' || by === 'job' || by === 'product' || key === null) return { from, to }
  if (by === 'shift') {
    const shift = workedShifts(plan.calendar, plan.timeZone, dayOfShift(key)).find(({ id }) => id === key)
    return shift === undefined ? { from, to } : clipped(shift)
  }
  if (by === 'hour') return clipped({ from: instant(Date.parse(key)), to: later(instant(Date.parse(key)), HOUR_MS) })
  const first = given(dayOf({ plan }, key), `day ${key}`)
  return clipped({ from: first.from, to: by === 'day' ? first.to : given(dayOf({ plan }, dayAfter(key, 6)), 'the last day of a week').to })

  function clipped(period: Period): Period { return { from: instant(Math.max(period.from, from)), to: instant(Math.min(period.to, to)) } }
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The borders between which rows are added up; a week is seven days that are added up afterwards. */
async function edgesOf(plan: LinePlan, { from, to, by }: SeriesQuery, breathe: () => Promise<void>): Promise<Instant[]> {
  const edges = [from]
  if (by === 'hour') for (let at = (Math.floor(from / HOUR_MS) + 1) * HOUR_MS; at < to; at += HOUR_MS) edges.push(instant(at))
  if (by === 'day' || by === 'week') {
    for (let day = productionDay(plan.calendar, plan.timeZone, from); day.to < to; day = productionDay(plan.calendar, plan.timeZone, day.to)) {
      edges.push(day.to)
      await breathe()
    }
  }
  return [...edges, to]
}

/** Rows that one answer may hold, about: they are unpacked on the thread that everybody waits for. */
const ROWS_PER_ANSWER = 400
const SHIFTS_PER_DAY = 4

/** The borders in runs that are asked for one after the other. Shifts have none of their own; their rows are cut where an hour begins, and added up again. */
function piecesOf(edges: readonly Instant[], by: SeriesBy, codesCount: number): Instant[][] {
  const groupsMax = Math.max(2, Math.floor(ROWS_PER_ANSWER / codesCount))
  const [from, to] = [edges[0]!, edges.at(-1)!]
  const cuts = by !== 'shift' ? edges : [from, ...cutsBetween(from, to, Math.ceil(groupsMax / SHIFTS_PER_DAY) * DAY_MS), to]
  const stride = by === 'shift' ? 1 : groupsMax
  const pieces: Instant[][] = []
  for (let i = 0; i < cuts.length - 1; i += stride) pieces.push(cuts.slice(i, i + stride + 1))
  return pieces
}

function cutsBetween(from: Instant, to: Instant, stepMs: Ms): Instant[] {
  const cuts: Instant[] = []
  for (let at = (Math.floor(from / stepMs) + 1) * stepMs; at < to; at += stepMs) cuts.push(instant(at))
  return cuts
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
  const shift = workedShifts(plan.calendar, plan.timeZone, date).find((one) => one.id === id)
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

