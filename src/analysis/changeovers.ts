/** Changeovers in groups of the same pair of products: how long they take, how much they vary, and what lies in that. */

import type { Fact } from '../contract/events/catalogue.js'
import { median, quantile, sum } from './statistics.js'

export interface Changeover { readonly from: string | null; readonly to: string | null; readonly seconds: number; readonly excessSeconds: number }

export interface ChangeoverGroup {
  readonly from: string | null
  readonly to: string | null
  readonly n: number
  readonly medianSeconds: number
  readonly p10Seconds: number
  readonly p90Seconds: number
  /** p90 / p10. */
  readonly spread: number | null
  /** Time above the group's own better quarter: what its own best practice would have saved. */
  readonly potentialSeconds: number
  /** What they took above their standard, all together. */
  readonly excessSeconds: number
}

/** Sequence advice needs at least so many of each pair (domain note 10.4). */
export const SEQUENCE_MIN = 5

/** Of the changeovers of one equipment, in the order of their facts: as long as they really lasted, and as somebody said where no part tells. */
export function changeoversOf(facts: readonly Fact[]): Changeover[] {
  const found: Changeover[] = []
  let awaits = false
  for (const fact of facts) {
    if (fact.type !== 'changeover_completed' && fact.type !== 'changeover_measured') continue
    if (fact.type === 'changeover_measured' && awaits) found.pop()
    awaits = fact.type === 'changeover_completed' && fact.body.measured === true
    const { from_product: from, to_product: to, lasted_seconds: seconds, excess_seconds: excessSeconds } = fact.body
    found.push({ from, to, seconds, excessSeconds })
  }
  return found
}

/** Groups with the largest potential first. */
export function changeoverGroups(changeovers: readonly Changeover[]): ChangeoverGroup[] {
  const groups = new Map<string, Changeover[]>()
  for (const changeover of changeovers) {
    const key = JSON.stringify([changeover.from, changeover.to])
    groups.set(key, [...groups.get(key) ?? [], changeover])
  }
  return [...groups.values()].map((group) => {
    const seconds = group.map((one) => one.seconds)
    const [p10, p25, p90] = [quantile(seconds, 0.1), quantile(seconds, 0.25), quantile(seconds, 0.9)]
    return {
      from: group[0]!.from, to: group[0]!.to, n: group.length, medianSeconds: median(seconds), p10Seconds: p10, p90Seconds: p90, spread: p10 > 0 ? p90 / p10 : null,
      potentialSeconds: sum(seconds.map((one) => Math.max(0, one - p25))), excessSeconds: sum(group.map(({ excessSeconds }) => excessSeconds)),
    }
  }).sort((one, other) => other.potentialSeconds - one.potentialSeconds)
}
