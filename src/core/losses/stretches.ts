/** What limited a line, as the figures of whoever did: where the constraint moves with the product, each for the products with which it limits the line. */

import type { LossRow, LossSums } from '../../contract/losses.js'
import { type LinePlan, constraintAt } from '../time/plan.js'
import { Tally, noParts } from './sums.js'

/** Whether a row belongs to a product with which that equipment limits the line. */
export const isLimitedBy = (plan: LinePlan, code: string, { product }: Pick<LossRow, 'product'>): boolean => plan.line.equipment[constraintAt(plan, product)]!.code === code

/**
 * Of the rows of the declared constraint, of the line and of the equipment `code`: the time of the line in which this limited it, by its own leaves, and what it made of these products.
 * The times of all that limit a line add up to the time of the line, and their parts to what its constraints made.
 */
export function stretchSums(rows: readonly LossRow[], plan: LinePlan, code: string): LossSums {
  const constraint = plan.line.equipment[plan.constraint]!.code
  const tally = new Tally()
  for (const row of rows) {
    if (!isLimitedBy(plan, code, row)) continue
    if (row.equipment === constraint || row.equipment === plan.line.code) tally.addRow({ ...row, parts: noParts })
    if (row.equipment === code) tally.addParts(row.product, row.idealMs, row.parts)
  }
  return tally.sums()
}
