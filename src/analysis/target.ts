/** How many parts there should be: planned production time over the target time of a part, summed row by row (domain note 9). */

import { type LossRow, plannedMsOf, targetPartsOf } from '../contract/losses.js'

/** A break or blind time does not raise the target. `null` when no row has an ideal time. */
export function targetParts(rows: readonly LossRow[], targetOee: number): number | null {
  const targets = rows.map(({ ms, idealMs }) => targetPartsOf(plannedMsOf(ms), idealMs, targetOee)).filter((target) => target !== null)
  return targets.length === 0 ? null : targets.reduce((sum, target) => sum + target, 0)
}
