/** The time of a line whose constraint moves with the product, in the book of the line: what stands in place of the time of its constraint (`limiting.ts`), minute by minute. */

import { type Instant, instant, later, since } from '../../base/units.js'
import { type LossRow, type TimeLeaf, timeLeaves } from '../../contract/losses.js'
import { type LineSlice, type TimelineOf, lineSlices, movedTime } from '../losses/limiting.js'
import { LossBook, MINUTE, minuteOf } from '../losses/lossbook.js'
import { staleOf } from '../losses/losses.js'
import { RowDraft } from '../losses/rowdraft.js'
import type { Tally } from '../losses/sums.js'
import type { Period } from '../time/calendar.js'
import { type LinePlan, isMoving } from '../time/plan.js'
import { equipmentAt, indexOf } from './lookups.js'
import type { Equipment, Line } from './memory.js'

/** The equipment has closed minutes, and told some again: so are those of the line. `advanced` is the equipment after that. */
export function advanceMovedTime(line: Line, advanced: readonly Equipment[], asOf: Instant): { readonly book: LossBook; readonly rows: readonly LossRow[] } {
  const { plan, underWay: { book } } = line
  if (!isMoving(plan)) return { book, rows: [] }
  const known = keptFrom(line)
  const to = closedTo({ ...line, equipment: advanced })
  const from = equipmentAt(line, plan.constraint).losses.closedTo ?? advanced[plan.constraint]!.losses.book.from ?? to
  const stale = limiting(line).flatMap(({ losses }) => staleOf(losses, asOf, plan) ?? [])
  const again = { from: Math.min(...stale.map((period) => period.from)), to: Math.min(from, Math.ceil(Math.max(...stale.map((period) => period.to)) / MINUTE) * MINUTE) }
  const draft = new RowDraft(book, plan.line.code, plan.line.code)
  for (const period of [again, { from, to }]) {
    const whole = { from: instant(Math.max(minuteOf(instant(period.from)), known)), to: instant(period.to) }
    if (whole.from < whole.to) draft.recut(whole, movedBetween(line, whole, asOf))
  }
  const rows = draft.rows()
  return { book: book.put(rows), rows }
}

/** The rows of time that is not closed yet, up to `to`. */
export function openMovedTime(line: Line, to: Instant): LossRow[] {
  if (!isMoving(line.plan)) return []
  const { code } = line.plan.line
  const closed = closedTo(line)
  const period = { from: instant(Math.min(closed === -Infinity ? minuteOf(to) : closed, to)), to }
  const draft = new RowDraft(line.underWay.book, code, code)
  draft.recut(period, movedBetween(line, period, to))
  return draft.rows()
}

/** What takes the time before `from` out of the minute that `from` stands in, as `rowsLessBefore` does for the equipment. */
export function movedTimeLessBefore(line: Line, from: Instant, asOf: Instant): LossRow[] {
  if (!isMoving(line.plan)) return []
  const { code } = line.plan.line
  const draft = new RowDraft(LossBook.empty, code, code)
  draft.recut({ from: minuteOf(from), to: from }, movedBetween(line, { from: minuteOf(from), to: from }, asOf).map((slice) => ({ ...slice, leaf: slice.instead, instead: slice.leaf })))
  return draft.rows()
}

/** The rows of whole minutes stand in the tally already: what is open, torn by an end of the period, or told another way by now is cut from the timelines. */
export function addMovedTime(tally: Tally, line: Line, { from, to }: Period): void {
  const { plan, underWay: { book } } = line
  if (!isMoving(plan)) return
  const asOf = instant(Math.max(to, equipmentAt(line, plan.constraint).losses.now ?? to))
  const [firstWhole, lastWhole] = [minuteOf(later(from, MINUTE - 1)), minuteOf(to)]
  const stale = limiting(line).flatMap(({ losses }) => staleOf(losses, asOf, plan)?.from ?? [])
  // What a fact has touched goes on to where the rows end, nearly always.
  const again = instant(Math.max(minuteOf(instant(Math.min(closedTo(line), ...stale))), keptFrom(line)))
  const cut = (period: Period) => { for (const { leaf, instead, product, from: begin, to: end } of period.from < period.to ? movedBetween(line, period, asOf) : []) put(leaf, instead, product, since(end, begin)) }
  const put = (leaf: TimeLeaf, instead: TimeLeaf, product: string | null, ms: number) => {
    tally.addTime(leaf, ms, product)
    tally.addTime(instead, -ms, product)
  }
  const isWhole = firstWhole <= lastWhole
  if (isWhole) for (const row of book.rows(instant(Math.max(again, firstWhole)), lastWhole)) for (const leaf of timeLeaves) tally.addTime(leaf, -row.ms[leaf], row.product)
  for (const piece of isWhole ? [{ from, to: firstWhole }, { from: lastWhole, to }] : [{ from, to }]) {
    if (piece.from >= piece.to || piece.from >= again) continue
    if (minuteOf(piece.from) >= keptFrom(line)) cut(piece)
    else for (const row of book.rows(minuteOf(piece.from), later(minuteOf(piece.from), 1))) shareOf(row, piece, (leaf, ms) => { tally.addTime(leaf, ms, row.product) })
  }
  cut({ from: instant(Math.max(from, again)), to })
}

/** Of a minute that the timelines have forgotten: what two pieces of it have adds up, and each to no time. */
function shareOf({ ms, minute }: LossRow, { from, to }: Period, tell: (leaf: TimeLeaf, ms: number) => void): void {
  const rest = timeLeaves.find((leaf) => ms[leaf] > 0)
  let sum = 0
  for (const leaf of timeLeaves) {
    if (leaf === rest) continue
    const upTo = (at: Instant) => Math.trunc((ms[leaf] * since(at, minute)) / MINUTE)
    tell(leaf, upTo(to) - upTo(from))
    sum += upTo(to) - upTo(from)
  }
  if (rest !== undefined) tell(rest, -sum)
}

/** The line as its equipment know it. */
export const timelinesOf = (line: Line): TimelineOf => (code) => {
  const i = indexOf(line, code)
  return i === -1 ? null : equipmentAt(line, i).losses.timeline
}

const movedBetween = (line: Line, { from, to }: Period, asOf: Instant): LineSlice[] => movedTime(lineSlices(line.plan, timelinesOf(line), from, to, asOf))

/** All that limit the line with some product, or did under what its past is cut by. */
const limitingCodes = (plan: LinePlan): ReadonlySet<string> =>
  new Set([plan, ...plan.eras.map((era) => era.plan)].flatMap(({ line, constraint, constraints }) => [constraint, ...constraints.values()].map((position) => line.equipment[position]!.code)))

const limiting = (line: Line): readonly Equipment[] => {
  const codes = limitingCodes(line.plan)
  return line.equipment.filter(({ code }) => codes.has(code))
}

/** Rows of the line close with those of its constraint. */
const closedTo = (line: Line): Instant => equipmentAt(line, line.plan.constraint).losses.closedTo ?? instant(-Infinity)

/** The first whole minute that all of them remember. */
const keptFrom = (line: Line): Instant => instant(Math.max(-Infinity, ...limiting(line).map(({ losses: { timeline } }) => timeline.keptFrom === null ? -Infinity : minuteOf(later(timeline.keptFrom, MINUTE - 1)))))
