/** Which equipment would hold up its line if no neighbour held up any: lowest by itself, and seldom waiting (domain note 3). */

import { COVERAGE_MIN, type Oee } from '../contract/oee.js'
import { median, medianInterval, sum } from './statistics.js'

/** The shifts of one equipment, by their keys. */
export type ShiftsOf = ReadonlyMap<string | null, Oee>

/** How an equipment compares with the declared constraint, in the shifts that both were seen in. */
export interface Rate {
  readonly equipment: string
  readonly shifts: number
  /** Of its own rate and that of the constraint: below 1 it is slower by itself. Median of the shifts, with its interval. */
  readonly share: number
  readonly low: number
  readonly high: number
  /** Shares of planned time in which it waited for a neighbour, and in which the constraint did. */
  readonly waits: number
  readonly constraintWaits: number
}

/** Who counts so much more or less than the constraint counts something else, such as cases in place of bottles. */
const MADE_MAX = 1.5

/**
 * Good parts per planned time without the time in which neighbours stood in the way (starved, blocked, no material), shift by shift, against the same of the constraint.
 * Left out is who made no parts, and who counts others. The slowest first.
 */
export function ratesOf(constraint: ShiftsOf, others: ReadonlyMap<string, ShiftsOf>): Rate[] {
  return [...others].flatMap(([equipment, shifts]): Rate[] => {
    const pairs = [...shifts].flatMap(([key, own]): (readonly [own: Oee, its: Oee])[] => {
      const its = constraint.get(key)
      return its !== undefined && isSeen(own) && isSeen(its) ? [[own, its]] : []
    })
    const made = sum(pairs.map(([own]) => own.counts.good)) / sum(pairs.map(([, its]) => its.counts.good))
    if (pairs.length === 0 || made > MADE_MAX || made < 1 / MADE_MAX) return []
    const shares = pairs.map(([own, its]) => rateOf(own) / rateOf(its))
    const [low, high] = medianInterval(shares)
    return [{ equipment, shifts: pairs.length, share: median(shares), low, high, waits: waitOf(pairs.map(([own]) => own)), constraintWaits: waitOf(pairs.map(([, its]) => its)) }]
  }).sort((one, other) => one.share - other.share)
}

/** Parts a second in the time that its neighbours left it. */
const rateOf = ({ counts, times }: Oee): number => counts.good / (times.planned_production - times.external_stop)
const isSeen = (shift: Oee): boolean => (shift.coverage ?? 0) >= COVERAGE_MIN && shift.counts.good > 0 && shift.times.planned_production > shift.times.external_stop
const waitOf = (shifts: readonly Oee[]): number => sum(shifts.map(({ times }) => times.external_stop)) / sum(shifts.map(({ times }) => times.planned_production))
