/** What is made faster than its ideal time, and which pace was truly held: offered in place of that time, and never set by itself (domain note 4.5). */

import type { LossRow } from '../contract/losses.js'
import { median, quantile } from './statistics.js'

export interface Fastest {
  readonly product: string | null
  /** All in seconds a part. */
  readonly ideal: number
  /** What the best tenth of the hours held: one freak hour proves nothing. `null` with too few hours. */
  readonly held: number | null
  readonly fastestHour: number | null
  readonly middleHour: number | null
  /** Hours that tell a pace. */
  readonly hours: number
}

export const HOURS_MIN = 8
/** Shorter, or of fewer parts, an hour tells more of its edges than of a pace. */
const RUN_MS_MIN = 30 * 60_000
const PARTS_MIN = 20

/** The products of an equipment whose parts are worth more time than it ran, by the rows of a period. */
export const tooFast = (rows: readonly LossRow[]): readonly LossRow[] =>
  rows.filter((row) => partsOf(row) > 0 && row.idealMs * partsOf(row) > row.ms.running + row.ms.micro_stop)

/** `rows` are sums of hours, of any products; each of those asked for by the ideal time that it has there. */
export function fastestOf(asked: readonly Pick<LossRow, 'product' | 'idealMs'>[], rows: readonly LossRow[]): Fastest[] {
  const blind = new Set(rows.filter(({ ms }) => ms.no_data > 0).map(({ minute }) => minute))
  return asked.map(({ product, idealMs }) => {
    const paces = rows
      .filter((row) => row.product === product && row.idealMs === idealMs && row.ms.running >= RUN_MS_MIN && partsOf(row) >= PARTS_MIN && !blind.has(row.minute))
      .map((row) => row.ms.running / partsOf(row) / 1_000)
    const enough = paces.length >= HOURS_MIN
    return {
      product, ideal: idealMs / 1_000, hours: paces.length,
      held: enough ? quantile(paces, 0.1) : null, fastestHour: enough ? Math.min(...paces) : null, middleHour: enough ? median(paces) : null,
    }
  })
}

const partsOf = ({ parts }: LossRow): number => parts.good + parts.startup_reject + parts.production_reject
