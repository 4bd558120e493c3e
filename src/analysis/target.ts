/** How many parts there should be: planned production time over the target time of a part, summed row by row (domain note 9). */

import type { LossRow } from '../contract/losses.js'

/** A break or blind time does not raise the target. `null` when no row has an ideal time. */
export function targetParts(rows: readonly LossRow[], targetOee: number): number | null {
  let target = 0
  let valuedCount = 0
  for (const { ms, idealMs } of rows) {
    if (idealMs <= 0) continue
    valuedCount++
    target += (ms.unplanned + ms.external + ms.planned + ms.changeover + ms.micro_stop + ms.running) / idealMs * targetOee
  }
  return valuedCount === 0 ? null : target
}

/** The pace that demand asks for: net available time for each part (domain note 9). `null` without demand. */
export const taktMs = (netMs: number, demand: number): number | null => demand > 0 ? netMs / demand : null
