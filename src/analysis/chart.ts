/** Control charts of single values and moving ranges: what is the noise of a process, and what is more than noise. */

import type { controlRules } from '../contract/endpoints/control.js'
import { mean } from './statistics.js'

export interface Chart {
  readonly n: number
  readonly mean: number
  readonly rangeMean: number
  readonly sigma: number
  readonly high: number
  readonly low: number
  readonly rangeHigh: number
}

/** Limits out of a clean baseline (NIST/SEMATECH 6.3.2.2): the mean and 2.66 mean moving ranges to either side. `null` below two values. */
export function chartOf(baseline: readonly number[]): Chart | null {
  if (baseline.length < 2) return null
  const centre = mean(baseline)
  const rangeMean = mean(baseline.slice(1).map((value, i) => Math.abs(value - baseline[i]!)))
  return { n: baseline.length, mean: centre, rangeMean, sigma: rangeMean / 1.128, high: centre + 2.66 * rangeMean, low: centre - 2.66 * rangeMean, rangeHigh: 3.267 * rangeMean }
}

/** Western Electric (1956) and Nelson (1984). A rule names what a stable process does about once in several hundred points. */
export const rules: Readonly<Record<Rule, string>> = {
  beyond_3_sigma: 'one point beyond three sigma',
  nine_on_one_side: 'nine in a row on one side of the mean',
  six_rising_or_falling: 'six in a row rising or falling',
  fourteen_alternating: 'fourteen in a row up and down in turn',
  two_of_three_beyond_2: 'two of three beyond two sigma on one side',
  four_of_five_beyond_1: 'four of five beyond one sigma on one side',
  fifteen_within_1: 'fifteen in a row within one sigma',
  eight_outside_1: 'eight in a row outside one sigma, on both sides',
}
export type Rule = (typeof controlRules)[number]

/** More rules mean more false alarms: these four find outliers, shifts and drifts. */
export const rulesByDefault: readonly Rule[] = ['beyond_3_sigma', 'nine_on_one_side', 'two_of_three_beyond_2', 'four_of_five_beyond_1']

/** The places, from 0 on, of the points that take part in a pattern. */
export function signalsOf(rule: Rule, values: readonly number[], centre: number, sigma: number): number[] {
  const [length, holds] = patterns[rule]
  const found = new Set<number>()
  const away = values.map((value) => (sigma > 0 ? (value - centre) / sigma : Math.sign(value - centre) * Infinity || 0))
  for (let end = length; end <= values.length; end++) {
    const from = end - length
    for (const place of holds(away.slice(from, end), values.slice(from, end))) found.add(from + place)
  }
  return [...found].sort((one, other) => one - other)
}

/** How many points a pattern looks at, and which of them take part; none when it is not there. `away` is in sigmas from the mean. */
type Pattern = readonly [length: number, holds: (away: readonly number[], values: readonly number[]) => readonly number[]]

const whole = (holds: boolean, length: number): readonly number[] => holds ? Array.from({ length }, (_, place) => place) : []
const beyond = (away: readonly number[], sigmas: number, least: number): readonly number[] => {
  for (const side of [1, -1]) {
    const places = away.flatMap((one, place) => (one * side > sigmas ? [place] : []))
    if (places.length >= least) return places
  }
  return []
}
const rises = (values: readonly number[]): number[] => values.slice(1).map((value, i) => Math.sign(value - values[i]!))

const patterns: Readonly<Record<Rule, Pattern>> = {
  beyond_3_sigma: [1, (away) => whole(Math.abs(away[0]!) > 3, 1)],
  nine_on_one_side: [9, (away) => beyond(away, 0, 9)],
  six_rising_or_falling: [6, (_, values) => whole(Math.abs(rises(values).reduce((total, rise) => total + rise, 0)) === 5, 6)],
  fourteen_alternating: [14, (_, values) => whole(rises(values).every((rise, i, all) => rise !== 0 && (i === 0 || rise === -all[i - 1]!)), 14)],
  two_of_three_beyond_2: [3, (away) => beyond(away, 2, 2)],
  four_of_five_beyond_1: [5, (away) => beyond(away, 1, 4)],
  fifteen_within_1: [15, (away) => whole(away.every((one) => Math.abs(one) < 1), 15)],
  eight_outside_1: [8, (away) => whole(away.every((one) => Math.abs(one) > 1) && away.some((one) => one > 0) && away.some((one) => one < 0), 8)],
}
