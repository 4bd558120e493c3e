/** Whether figures rise or fall over time, by how much, and how sure that is. */

import { median, sum, twoSided } from './statistics.js'

export interface Trend {
  /** Points that had a value. */
  readonly n: number
  /** Kendall's S: rises less falls over all pairs. */
  readonly s: number
  readonly variance: number
  readonly z: number
  /** Two-sided. */
  readonly p: number
  /** Theil and Sen: the median slope of all pairs, per step of the index. */
  readonly slope: number
  readonly slopeLow: number
  readonly slopeHigh: number
  /** What the variance was multiplied by because neighbours resemble each other; 1 when they do not. */
  readonly inflation: number
}

/** Fewer points than this say nothing about a trend (domain note 10.2). */
export const TREND_POINTS_MIN = 8

/**
 * Mann (1945) and Kendall (1975) with tied values and continuity correction, on equally spaced figures. A missing one is `null` and keeps its place,
 * because leaving it out would shorten time. With `correlated` the variance is corrected for autocorrelation as Hamed and Rao (1998) do,
 * which needs about ten points. `null` when there are fewer than three values.
 */
export function trendOf(values: readonly (number | null)[], { correlated = false }: { readonly correlated?: boolean } = {}): Trend | null {
  const points = values.flatMap((value, at) => (value === null ? [] : [{ at, value }]))
  const n = points.length
  if (n < 3) return null
  let s = 0
  const slopes: number[] = []
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const rise = points[j]!.value - points[i]!.value
      s += Math.sign(rise)
      slopes.push(rise / (points[j]!.at - points[i]!.at))
    }
  }
  const slope = median(slopes)
  const plain = (n * (n - 1) * (2 * n + 5) - tieTerm(points.map(({ value }) => value))) / 18
  const inflation = correlated && n >= 10 ? inflationOf(points.map(({ at, value }) => value - slope * at)) : 1
  const variance = plain * inflation
  const z = variance === 0 ? 0 : (s - Math.sign(s)) / Math.sqrt(variance)
  // Sen (1968): the interval of the slope, from the pairs that the variance of S leaves open.
  const sorted = slopes.toSorted((one, other) => one - other)
  const spread = 1.959963984540054 * Math.sqrt(variance)
  const pick = (place: number): number => sorted[Math.max(0, Math.min(sorted.length - 1, Math.round(place)))]!
  return { n, s, variance, z, p: twoSided(z), slope, slopeLow: pick((sorted.length - spread) / 2 - 1), slopeHigh: pick((sorted.length + spread) / 2), inflation }
}

function tieTerm(values: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return sum([...counts.values()].map((t) => t * (t - 1) * (2 * t + 5)))
}

/** From the significant autocorrelations of the ranks of what the trend leaves over. */
function inflationOf(rest: readonly number[]): number {
  const n = rest.length
  const ranks = ranksOf(rest)
  const centre = (n + 1) / 2
  const power = sum(ranks.map((rank) => (rank - centre) ** 2))
  if (power === 0) return 1
  let total = 0
  for (let lag = 1; lag < n - 2; lag++) {
    const r = sum(ranks.slice(0, n - lag).map((rank, i) => (rank - centre) * (ranks[i + lag]! - centre))) / power
    if (Math.abs(r) > 1.959963984540054 / Math.sqrt(n)) total += (n - lag) * (n - lag - 1) * (n - lag - 2) * r
  }
  // A correction below 1 would make a trend of what is only a swing to and fro.
  return Math.max(1, 1 + (2 / (n * (n - 1) * (n - 2))) * total)
}

function ranksOf(values: readonly number[]): number[] {
  const order = values.map((value, i) => ({ value, i })).sort((one, other) => one.value - other.value)
  const ranks = values.map(() => 0)
  for (let i = 0; i < order.length;) {
    let end = i
    while (end < order.length && order[end]!.value === order[i]!.value) end++
    for (let j = i; j < end; j++) ranks[order[j]!.i] = (i + end + 1) / 2
    i = end
  }
  return ranks
}
