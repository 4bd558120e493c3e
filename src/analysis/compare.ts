/** Like with like: two sets of shifts that made the same product, split by loss, and whether they differ by more than noise. */

import { COVERAGE_MIN, type Oee } from '../contract/oee.js'
import { type Loss, type Pooled, losses, lossTree, pooled } from './losstree.js'
import { adjusted, rankTest, signTest } from './statistics.js'

/** The shifts of one product in a period. */
export interface Side { readonly name: string; readonly shifts: readonly Oee[] }

/** Against shifts, or against a figure that somebody wants. */
export interface Pair { readonly product: string | null; readonly one: Side; readonly other: Side | { readonly name: string; readonly target: number } }

export interface Comparison {
  readonly of: string
  readonly with: string
  readonly product: string | null
  readonly shifts: number
  readonly shifts_with: number
  readonly oee: number | null
  readonly oee_with: number | null
  readonly difference_points: number | null
  readonly by_loss: { readonly loss: Loss; readonly points: number }[]
  readonly p: number | null
  readonly p_adjusted: number | null
  readonly significant: boolean
}

/** Fewer shifts on a side are compared in size, and never called different. */
export const SHIFTS_MIN = 5
const P_MAX = 0.05

/** A shift is of a product when nearly all it made was of it; one of several products is like no other. */
export const MAIN_SHARE = 0.9

export function mainProductOf(madeByProduct: ReadonlyMap<string | null, number>): { readonly product: string | null } | null {
  let all = 0
  for (const made of madeByProduct.values()) all += made
  for (const [product, made] of madeByProduct) if (all > 0 && made >= MAIN_SHARE * all) return { product }
  return null
}

/** Shifts that were seen too little of say nothing about each other. */
const values = (shifts: readonly Oee[]): number[] => shifts.flatMap(({ oee, coverage }) => (oee === null || (coverage ?? 0) < COVERAGE_MIN ? [] : [oee]))

export function comparisonsOf(pairs: readonly Pair[]): Comparison[] {
  const tests = pairs.map(({ one, other }) => {
    const a = values(one.shifts)
    if (a.length < SHIFTS_MIN) return null
    if ('target' in other) return { p: signTest(a, other.target) }
    const b = values(other.shifts)
    return b.length < SHIFTS_MIN ? null : rankTest(a, b)
  })
  const known = tests.flatMap((test) => (test === null ? [] : [test.p]))
  const corrected = adjusted(known)
  let next = 0
  return pairs.map(({ product, one, other }, i) => {
    const p = tests[i]?.p ?? null
    const p_adjusted = p === null ? null : corrected[next++]!
    const [whole, base] = [pooled(one.shifts), 'target' in other ? null : pooled(other.shifts)]
    const [oee, oee_with] = [whole?.oee ?? null, 'target' in other ? other.target : base?.oee ?? null]
    return {
      of: one.name, with: other.name, product, shifts: one.shifts.length, shifts_with: 'target' in other ? 0 : other.shifts.length, oee, oee_with,
      difference_points: oee === null || oee_with === null ? null : oee - oee_with, by_loss: byLoss(whole, base),
      p, p_adjusted, significant: p_adjusted !== null && p_adjusted < P_MAX,
    }
  })
}

/** OEE is 1 less all losses, so a difference of OEE is the difference of the losses with its sign turned. */
function byLoss(one: Pooled | null, other: Pooled | null): Comparison['by_loss'] {
  const [tree, base] = [one === null ? null : lossTree(one), other === null ? null : lossTree(other)]
  if (tree === null || base === null) return []
  const pointsOf = (leaves: typeof tree, loss: Loss): number => leaves.find((leaf) => leaf.loss === loss)!.points
  return losses.map((loss) => ({ loss, points: pointsOf(base, loss) - pointsOf(tree, loss) })).sort((a, b) => Math.abs(b.points) - Math.abs(a.points))
}
