/** Figures over a period that has passed: from memory while it reaches that far, else from the journal's loss rows. */

import { given } from './base/assert.js'
import { type Instant, instant } from './base/units.js'
import type { OeeQuery } from './contract/desk.js'
import type { Journal } from './contract/journal.js'
import type { LossSums } from './contract/losses.js'
import type { Oee } from './contract/oee.js'
import { type Period, productionDay } from './core/calendar.js'
import { knownFrom, sumLosses } from './core/losses.js'
import type { Line } from './core/memory.js'
import { lineOee, oeeOf } from './core/oee.js'
import { noSums, sumRowsBy } from './core/sums.js'

/** The OEE of a line or of one of its equipment: sums first, ratios after, by the line's own method. */
export async function oeeOfPeriod(line: Line, query: OeeQuery, journal: Pick<Journal, 'rows'>): Promise<Oee> {
  const { plan } = line
  const isLine = query.of === plan.line.code
  const codes = isLine ? plan.line.equipment.map((equipment) => equipment.code) : [query.of]
  const sums = await sumsOfPeriod(line, codes, query, journal)
  const window = { from: query.from, to: query.to }
  return isLine ? lineOee(sums, window, plan) : oeeOf(sums.get(query.of) ?? noSums, window, plan, given(plan.equipment.get(query.of), `equipment ${query.of}`))
}

/** Sums by equipment. Rows are minutes; a period in memory is exact to the millisecond. */
export async function sumsOfPeriod(line: Line, codes: readonly string[], period: Period, journal: Pick<Journal, 'rows'>): Promise<ReadonlyMap<string, LossSums>> {
  const remembered = line.equipment.filter(({ code }) => codes.includes(code))
  if (remembered.every(({ losses }) => (knownFrom(losses) ?? Infinity) <= period.from)) {
    return new Map(remembered.map(({ code, losses }) => [code, sumLosses(losses, period.from, period.to, line.plan)]))
  }
  const rows = await journal.rows({ equipment: codes, ...period })
  return sumRowsBy(rows, (row) => row.equipment)
}

const DATE = /^\d{4}-\d\d-\d\d$/

/** The production day of that date on a line's calendar; `null` when the text is no date. */
export function dayOf({ plan }: Line, date: string): { readonly from: Instant; readonly to: Instant } | null {
  const noon = DATE.test(date) ? Date.parse(`${date}T12:00:00Z`) : Number.NaN
  if (Number.isNaN(noon)) return null
  // Noon in UTC may fall into the day before or after on the other side of the world.
  for (const hours of [0, -24, 24]) {
    const day = productionDay(plan.calendar, plan.timeZone, instant(noon + hours * 3_600_000))
    if (day.day === date) return { from: day.from, to: day.to }
  }
  return null
}

