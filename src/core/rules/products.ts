/** Which product and job the time of an equipment belongs to: the same that its parts do, also where the PLC alone names the product. */

import type { Instant } from '../../base/units.js'
import type { Draft } from '../../contract/events/catalogue.js'
import { draft, equipmentAt, follows, jobOf, productOf, saidOf } from '../memory/lookups.js'
import type { Line } from '../memory/memory.js'

/** The jobs of an equipment speak for themselves; this is about what the PLC says, and about machines that follow the job of the constraint. */
export function decideProduct(line: Line, i: number, at: Instant): Draft[] {
  const { code, losses: { timeline } } = equipmentAt(line, i)
  const work = timeline.works.at(-1)
  const job = jobOf(line, i)?.order.job_id ?? null
  const isSaid = saidOf(line, i) !== null || (follows(line, i) && saidOf(line, line.plan.constraint) !== null)
  // Without a word from anybody the machine stays set up for what it made.
  const product = isSaid || job !== null ? productOf(line, i) : work?.product ?? null
  if (job === (work?.job ?? null) && product === (work?.product ?? null)) return []
  return [draft(line, 'product_changed', at, code, { product, previous: work?.product ?? null, job_id: job })]
}
