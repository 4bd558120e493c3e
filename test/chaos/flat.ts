/** Whether something grows for ever: what a process has of it, looked at again and again, and what the readings prove. */

import { given } from '../../src/base/assert.js'

export interface Looked { readonly hours: number; readonly value: number }

export interface Growth {
  readonly first: number
  readonly last: number
  readonly largest: number
  /** What a day would add at this pace. */
  readonly perDay: number
  /** In 95 of 100 cases what a day adds lies between these; in 9 of 10 where a reading is nine tenths the one before. */
  readonly between: readonly [number, number]
  /** The least that a day would have to add for these readings to show it. */
  readonly seenFrom: number
  /** `grows`: by more than is allowed. `unknown`: neither that nor that it does not; whoever looks for longer will know. */
  readonly verdict: 'flat' | 'grows' | 'unknown'
}

/** So much more a day is no leak, and so much more altogether may be chance. */
export interface Allowed { readonly perDay: number; readonly noise: number }

/**
 * What is collected now and then rises and falls like a saw, and processes that come and go stand above it; so of each few readings the least counts.
 * Through these goes the line of Theil and Sen, the median of the slopes between any two, which single readings cannot bend.
 * A slope alone proves nothing: only when all that it may be in 95 of 100 cases is no growth, or lies within what is allowed, it is said to be flat.
 */
export function growthOf(looked: readonly Looked[], allowed: Allowed): Growth {
  const least = leastOfEach(looked, TOGETHER)
  const { slope, between } = slopeOf(least)
  const [first, last] = [given(least[0], 'a reading'), given(least.at(-1), 'a reading')]
  const hours = last.hours - first.hours
  const [perDay, low, high] = [slope * 24, between[0] * 24, between[1] * 24]
  const isWithinNoise = (aDay: number): boolean => aDay * hours <= allowed.noise * 24
  const grows = low > 0 && perDay > allowed.perDay && !isWithinNoise(perDay)
  return {
    first: first.value, last: last.value, largest: Math.max(...looked.map(({ value }) => value)), perDay, between: [low, high],
    seenFrom: Math.max(0, allowed.perDay - perDay, -low, hours > 0 ? allowed.noise * 24 / hours - perDay : Infinity),
    verdict: grows ? 'grows' : high <= allowed.perDay || isWithinNoise(high) ? 'flat' : 'unknown',
  }
}

const TOGETHER = 6

function leastOfEach(looked: readonly Looked[], together: number): Looked[] {
  const least: Looked[] = []
  for (let from = 0; from < looked.length; from += together) least.push(looked.slice(from, from + together).reduce((low, one) => (one.value < low.value ? one : low)))
  return least
}

/**
 * Per hour, with bounds of 95 %. By P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", 1968; 0 where there is no pair.
 * Readings that follow each other are alike and so tell less than as many others: the variance is enlarged by K. H. Hamed and A. R. Rao,
 * "A modified Mann-Kendall trend test for autocorrelated data", 1998.
 */
export function slopeOf(looked: readonly Looked[]): { readonly slope: number; readonly between: readonly [number, number] } {
  const slopes = looked.flatMap((one, i) => looked.slice(i + 1).map((other) => (other.value - one.value) / (other.hours - one.hours))).sort((a, b) => a - b)
  if (slopes.length === 0) return { slope: 0, between: [-Infinity, Infinity] }
  const at = (rank: number): number => given(slopes[Math.min(slopes.length - 1, Math.max(0, rank))], 'a slope')
  const middle = slopes.length / 2
  const slope = (at(Math.ceil(middle) - 1) + at(Math.floor(middle))) / 2
  const n = looked.length
  const likeness = likenessOf(looked.map(({ hours, value }) => value - slope * hours))
  const half = 1.96 * Math.sqrt((n * (n - 1) * (2 * n + 5) * likeness) / 18) / 2
  return { slope, between: [at(Math.floor(middle - half)), at(Math.ceil(middle + half) - 1)] }
}

/** How many times as much these vary together as they would if none knew of the others, by their ranks; never less than once. */
function likenessOf(values: readonly number[]): number {
  const n = values.length
  const ranks = ranksOf(values)
  const mean = (n + 1) / 2
  const sum = (lag: number): number => ranks.slice(lag).reduce((total, rank, i) => total + (rank - mean) * (ranks[i]! - mean), 0)
  const whole = sum(0)
  if (n < LAGS_FROM || whole === 0) return 1
  let more = 0
  // Up to the first that are not alike at all. They wrote of those that are so beyond chance; with as few as ours, that leaves too much out. An estimate lies 1/n too low.
  for (let lag = 1; lag < n / 2; lag++) {
    const correlation = sum(lag) / whole + 1 / n
    if (correlation <= 0) break
    more += (n - lag) * (n - lag - 1) * (n - lag - 2) * correlation
  }
  return 1 + (2 * more) / (n * (n - 1) * (n - 2))
}
const LAGS_FROM = 6

/** Equals share the mean of their places. */
function ranksOf(values: readonly number[]): number[] {
  const order = values.toSorted((a, b) => a - b)
  return values.map((value) => (order.indexOf(value) + order.lastIndexOf(value)) / 2 + 1)
}

export interface Plateau {
  readonly largest: number
  /** The most of the middle third, and of the last one. */
  readonly before: number
  readonly after: number
  readonly verdict: 'flat' | 'grows'
}

/** What wanders below a height that it has reached, as pages do that somebody keeps for later, has no slope that says anything: it grows when its height does. */
export function plateauOf(looked: readonly Looked[], noise: number): Plateau {
  const third = Math.ceil(looked.length / 3)
  const most = (some: readonly Looked[]): number => some.reduce((largest, { value }) => Math.max(largest, value), 0)
  const [before, after] = [most(looked.slice(third, 2 * third)), most(looked.slice(2 * third))]
  return { largest: most(looked), before, after, verdict: after > before + noise ? 'grows' : 'flat' }
}
