/** Whose time a line has where what limits it moves with the product: at every instant that of the equipment which limits what the line makes then (domain note 3). */

import { type Instant, instant } from '../../base/units.js'
import type { EquipmentConfig } from '../../contract/config.js'
import type { TimeLeaf } from '../../contract/losses.js'
import { rulesAt } from '../time/eras.js'
import { type LinePlan, constraintAt } from '../time/plan.js'
import type { Timeline } from '../time/timeline.js'
import { type Slice, slicesOf } from './slices.js'

/** Time of a line: its leaf is that of `by`. The constraint says what the line made then: shift, job and product are those of its own slice. */
export interface LineSlice extends Slice {
  readonly by: string
  /** The leaf of the constraint itself. */
  readonly instead: TimeLeaf
}

/** Of an equipment, by its code; `null` where nobody knows of it. */
export type TimelineOf = (code: string) => Timeline | null

/**
 * The slices of [from, to), in order, without gap or overlap. A changeover belongs to the product that comes (`slicesOf`), so that is also who limits the line in it.
 * Each stretch is cut by the constraints that held then. Where a timeline is not known the constraint stands in.
 */
export function lineSlices(plan: LinePlan, timelineOf: TimelineOf, from: Instant, to: Instant, asOf: Instant): LineSlice[] {
  const slices: LineSlice[] = []
  for (let at = from; at < to;) {
    const then = rulesAt(plan, plan.line.equipment[plan.constraint]!, at)
    const end = instant(Math.min(to, then.until))
    const constraint = knownAt(then.plan, then.plan.constraint) ?? plan.line.equipment[plan.constraint]!
    for (const slice of slicesOf(timelineOf(constraint.code)!, at, end, asOf, plan, constraint)) {
      const limiting = knownAt(then.plan, constraintAt(then.plan, slice.product)) ?? constraint
      const timeline = limiting === constraint ? null : timelineOf(limiting.code)
      if (timeline === null) slices.push({ ...slice, by: constraint.code, instead: slice.leaf })
      else for (const own of slicesOf(timeline, slice.from, slice.to, asOf, plan, limiting)) slices.push({ ...slice, from: own.from, to: own.to, leaf: own.leaf, by: limiting.code, instead: slice.leaf })
    }
    at = end
  }
  return slices

  /** As the plan of now has it, which cuts by what held then. */
  function knownAt(then: LinePlan, position: number): EquipmentConfig | null {
    const config = plan.equipment.get(then.line.equipment[position]!.code)
    return config !== undefined && timelineOf(config.code) !== null ? config : null
  }
}

/**
 * What the rows of the line hold of it, beside those of its constraint: time in the leaf of another equipment, in place of the same time in that of the constraint.
 * So they add up to no time at all, in any shift, job or product. Time has no ideal time, which keeps them apart from rows of parts.
 */
export const movedTime = (slices: readonly LineSlice[]): LineSlice[] => slices.filter(({ leaf, instead }) => leaf !== instead).map((slice) => ({ ...slice, idealMs: 0 }))
