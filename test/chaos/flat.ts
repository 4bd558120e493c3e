/** Whether something grows for ever: what a process has of it, looked at again and again, and the slope that lies in the readings. */

import { given } from '../../src/base/assert.js'

export interface Looked { readonly hours: number; readonly value: number }

export interface Growth {
  readonly first: number
  readonly last: number
  readonly largest: number
  /** What a day would add at this pace. */
  readonly perDay: number
  /** In 95 of 100 cases what a day would add lies between these, as far as readings do not depend on each other. */
  readonly between: readonly [number, number]
  readonly grows: boolean
}

/** So much more a day is no leak, and so much more altogether may be chance. */
export interface Allowed { readonly perDay: number; readonly noise: number }

/**
 * What is collected now and then rises and falls like a saw, and processes that come and go stand above it; so of each few readings the least counts.
 * Through these goes the line of Theil and Sen, the median of the slopes between any two, which single readings cannot bend.
 */
export function growthOf(looked: readonly Looked[], allowed: Allowed): Growth {
  const least = leastOfEach(looked, TOGETHER)
  const { slope, between } = slopeOf(least)
  const [first, last] = [given(least[0], 'a reading'), given(least.at(-1), 'a reading')]
  const perDay = slope * 24
  return {
    first: first.value, last: last.value, largest: Math.max(...looked.map(({ value }) => value)), perDay, between: [between[0] * 24, between[1] * 24],
    grows: perDay > allowed.perDay && slope * (last.hours - first.hours) > allowed.noise,
  }
}

const TOGETHER = 6

function leastOfEach(looked: readonly Looked[], together: number): Looked[] {
  const least: Looked[] = []
  for (let from = 0; from < looked.length; from += together) least.push(looked.slice(from, from + together).reduce((low, one) => (one.value < low.value ? one : low)))
  return least
}

/** Per hour, with bounds of 95 %. By P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", 1968; 0 where there is no pair. */
export function slopeOf(looked: readonly Looked[]): { readonly slope: number; readonly between: readonly [number, number] } {
  const slopes = looked.flatMap((one, i) => looked.slice(i + 1).map((other) => (other.value - one.value) / (other.hours - one.hours))).sort((a, b) => a - b)
  if (slopes.length === 0) return { slope: 0, between: [-Infinity, Infinity] }
  const at = (rank: number): number => given(slopes[Math.min(slopes.length - 1, Math.max(0, rank))], 'a slope')
  const middle = slopes.length / 2
  const n = looked.length
  const half = 1.96 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18) / 2
  return { slope: (at(Math.ceil(middle) - 1) + at(Math.floor(middle))) / 2, between: [at(Math.floor(middle - half)), at(Math.ceil(middle + half) - 1)] }
}
