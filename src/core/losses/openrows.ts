/** The rows of minutes that are not over yet: what a report needs beside the rows that are written. */

import { given } from '../../base/assert.js'
import { type Instant, instant } from '../../base/units.js'
import { type LossRow, type TimeLeaves, timeLeaves } from '../../contract/losses.js'
import type { LinePlan } from '../time/plan.js'
import { LossBook, minuteOf } from './lossbook.js'
import type { Losses } from './losses.js'
import { RowDraft } from './rowdraft.js'
import { slicesOf } from './slices.js'

/** Time up to `to`, and the parts that stand in no row yet. Assumes that time has been told up to `to`. */
export function openRows({ equipment, timeline, closedTo, book, bookings }: Losses, to: Instant, plan: LinePlan): LossRow[] {
  const config = given(plan.equipment.get(equipment), `equipment ${equipment}`)
  const from = instant(Math.min(closedTo ?? minuteOf(to), to))
  const draft = new RowDraft(book, plan.line.code, equipment)
  draft.recut({ from, to }, slicesOf(timeline, from, to, to, plan, config))
  for (const booking of bookings) draft.book(booking)
  return draft.rows()
}

/** What takes the time before `from` out of the minute that `from` stands in, so that a period that begins there adds up to itself. */
export function rowsLessBefore({ equipment, timeline }: Losses, from: Instant, asOf: Instant, plan: LinePlan): LossRow[] {
  const config = given(plan.equipment.get(equipment), `equipment ${equipment}`)
  const minute = minuteOf(from)
  const draft = new RowDraft(LossBook.empty, plan.line.code, equipment)
  draft.recut({ from: minute, to: from }, slicesOf(timeline, minute, from, asOf, plan, config))
  return draft.rows().map((row) => ({ ...row, ms: negated(row.ms) }))
}

// Each leaf stands in the object, which `fromEntries` cannot say.
const negated = (ms: TimeLeaves): TimeLeaves => Object.fromEntries(timeLeaves.map((leaf) => [leaf, -ms[leaf]])) as TimeLeaves
