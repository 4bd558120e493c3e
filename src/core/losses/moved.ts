/** What an edit moves between the leaves of the loss tree: time, and parts that were found after blind time. */

import { type Instant, instant, since } from '../../base/units.js'
import type { EquipmentConfig } from '../../contract/config.js'
import type { LossRow, TimeLeaf, TimeLeaves } from '../../contract/losses.js'
import type { Period } from '../time/calendar.js'
import type { LinePlan } from '../time/plan.js'
import type { Timeline } from '../time/timeline.js'
import { MINUTE, type RowKey, keyOf, minuteOf } from './lossbook.js'
import type { PartBooking } from './parts.js'
import { type Slice, slicesOf } from './slices.js'
import { noTime } from './sums.js'

/** Time that was in one leaf and is in another now, within one row. */
export interface TimeMove { readonly key: RowKey; readonly from: TimeLeaf; readonly to: TimeLeaf; readonly at: Instant; readonly ms: number }
/** Recovered parts that are good now, because the time in which they were made is known. */
export interface PartsMove { readonly key: RowKey; readonly at: Instant; readonly parts: number }

/** By which rules time is cut. */
export interface Rules { readonly plan: LinePlan; readonly config: EquipmentConfig }

export function timeMoved(before: Timeline, after: Timeline, { from, to }: Period, { plan, config }: Rules): TimeMove[] {
  const moves: TimeMove[] = []
  const [old, now] = [slicesOf(before, from, to, to, plan, config), slicesOf(after, from, to, to, plan, config)]
  let [o, n] = [0, 0]
  for (let at = from; at < to;) {
    const [was, is] = [sliceAt(old, o), sliceAt(now, n)]
    const minute = minuteOf(at)
    const end = instant(Math.min(was.to, is.to, minute + MINUTE))
    if (was.leaf !== is.leaf) moves.push({ key: { ...was, minute }, from: was.leaf, to: is.leaf, at, ms: since(end, at) })
    if (was.to <= end) o++
    if (is.to <= end) n++
    at = end
  }
  return moves
}

const sliceAt = (slices: readonly Slice[], i: number): Slice => slices[i] ?? slices[slices.length - 1]!

/** As memory has it: a part counts where its minute is not blind any more. */
export function partsFound(bookings: readonly PartBooking[], after: Timeline, { from, to }: Period, { plan, config }: Rules): PartsMove[] {
  return bookings.flatMap((booking) => {
    const { minute, at, parts: { recovered: parts } } = booking
    if (parts === 0 || minute < minuteOf(from) || minute >= to) return []
    const end = instant(minute + MINUTE)
    const isBlind = slicesOf(after, minute, end, end, plan, config).some((slice) => slice.leaf === 'no_data' && keyOf({ ...slice, minute }) === keyOf(booking))
    return isBlind ? [] : [{ key: booking, at, parts }]
  })
}

/** Rows as they stand, under their next revision. A row gives no more than it holds: were it cut by rules that nobody kept, it would still add up. */
export function movedRows(times: readonly TimeMove[], parts: readonly PartsMove[], standingRow: (key: RowKey) => LossRow | undefined): LossRow[] {
  const rows = new Map<string, LossRow>()
  const change = (key: RowKey, changed: (row: LossRow) => Pick<LossRow, 'ms'> | Pick<LossRow, 'parts'>) => {
    const id = keyOf(key)
    const known = rows.get(id)
    const row = known ?? standingRow(key)
    if (row !== undefined) rows.set(id, { ...row, ...changed(row), revision: known === undefined ? row.revision + 1 : row.revision })
  }
  for (const { key, from, to, ms } of times) {
    change(key, (row) => {
      const moved = Math.min(ms, row.ms[from])
      return { ms: { ...row.ms, [from]: row.ms[from] - moved, [to]: row.ms[to] + moved } }
    })
  }
  for (const { key, parts: found } of parts) {
    change(key, (row) => {
      const moved = Math.min(found, row.parts.recovered)
      return { parts: { ...row.parts, recovered: row.parts.recovered - moved, good: row.parts.good + moved } }
    })
  }
  return [...rows.values()]
}

/** What each leaf has more, and less, in milliseconds. */
export function timesOf(moves: readonly TimeMove[]): TimeLeaves {
  const sum = { ...noTime }
  for (const { from, to, ms } of moves) {
    sum[from] -= ms
    sum[to] += ms
  }
  return sum
}
