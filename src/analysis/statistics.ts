/** The statistics that the analyses stand on: quantiles, distributions, intervals, and corrections for asking often. */

import { assert } from '../base/assert.js'

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
export const mean = (values: readonly number[]): number => sum(values) / values.length

/** Between neighbours in proportion (Hyndman and Fan, type 7). */
export function quantile(values: readonly number[], share: number): number {
  assert(values.length > 0, 'a quantile of something')
  const sorted = values.toSorted((one, other) => one - other)
  const position = share * (sorted.length - 1)
  const below = sorted[Math.floor(position)]!
  return below + (sorted[Math.ceil(position)]! - below) * (position - Math.floor(position))
}
export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** In which the median lies with 95 %, by order statistics: 1.96 standard deviations of a binomial variable around the middle place. */
export function medianInterval(values: readonly number[]): readonly [low: number, high: number] {
  const sorted = values.toSorted((one, other) => one - other)
  const reach = 0.98 * Math.sqrt(values.length)
  return [sorted[Math.max(0, Math.floor(values.length / 2 - reach))]!, sorted[Math.min(values.length - 1, Math.ceil(values.length / 2 + reach))]!]
}

/* ── distributions ───────────────────────────────────────────────────────────────────────────── */

/** The chance that a standard normal value is above z. */
export function normalAbove(z: number): number {
  const tail = gammaQ(0.5, (z * z) / 2) / 2
  return z >= 0 ? tail : 1 - tail
}
export const twoSided = (z: number): number => Math.min(1, 2 * normalAbove(Math.abs(z)))

/** The value below which a chi-square variable of that many degrees of freedom lies with probability p. */
export function chiSquareQuantile(p: number, degrees: number): number {
  let low = 0
  let high = Math.max(1, degrees)
  while (1 - gammaQ(degrees / 2, high / 2) < p) high *= 2
  for (let i = 0; i < 200 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2
    if (1 - gammaQ(degrees / 2, middle / 2) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Regularised upper incomplete gamma function: the series below a + 1, Lentz's continued fraction above it (Abramowitz and Stegun 6.5.29 and 6.5.31). */
function gammaQ(a: number, x: number): number {
  if (x <= 0) return 1
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x < a + 1) {
    let term = 1 / a
    let series = term
    for (let n = 1; n < 1_000 && Math.abs(term) > 1e-17 * Math.abs(series); n++) {
      term *= x / (a + n)
      series += term
    }
    return 1 - series * scale
  }
  let b = x + 1 - a
  let c = 1e300
  let d = 1 / b
  let fraction = d
  for (let n = 1; n < 1_000; n++) {
    const an = -n * (n - a)
    b += 2
    d = 1 / (an * d + b)
    c = b + an / c
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-16) break
  }
  return fraction * scale
}

/** Lanczos' approximation with g = 7 and nine terms: fifteen digits. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const terms = [676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7]
  const series = terms.reduce((total, term, i) => total + term / (x + i), 0.99999999999980993)
  const t = x + 6.5
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(series)
}

/* ── comparing ───────────────────────────────────────────────────────────────────────────────── */

const Z95 = 1.959963984540054

/** Wilson's score interval of a share, at 95 %. */
export function wilson(hits: number, n: number): { readonly low: number; readonly high: number } {
  if (n === 0) return { low: 0, high: 1 }
  const share = hits / n
  const centre = share + (Z95 * Z95) / (2 * n)
  const half = Z95 * Math.sqrt((share * (1 - share)) / n + (Z95 * Z95) / (4 * n * n))
  const whole = 1 + (Z95 * Z95) / n
  return { low: (centre - half) / whole, high: (centre + half) / whole }
}

export interface RankTest {
  /** How often a value of the first group is above one of the second, ties as half: 0.5 when they do not differ. */
  readonly auc: number
  readonly p: number
}

/** Mann, Whitney and Wilcoxon: two-sided; exact where both groups are small and there are no ties, else normal with ties and continuity correction. */
export function rankTest(first: readonly number[], second: readonly number[]): RankTest | null {
  const [n, m] = [first.length, second.length]
  if (n === 0 || m === 0) return null
  const all = [...first.map((value) => ({ value, own: true })), ...second.map((value) => ({ value, own: false }))].sort((one, other) => one.value - other.value)
  let rankSum = 0
  let ties = 0
  for (let i = 0; i < all.length;) {
    let end = i
    while (end < all.length && all[end]!.value === all[i]!.value) end++
    const rank = (i + end + 1) / 2
    for (let j = i; j < end; j++) if (all[j]!.own) rankSum += rank
    const size = end - i
    ties += size ** 3 - size
    i = end
  }
  const u = rankSum - (n * (n + 1)) / 2
  const auc = u / (n * m)
  if (ties === 0 && n <= 20 && m <= 20) return { auc, p: exactRankP(u, n, m) }
  const whole = n + m
  const variance = (n * m / 12) * (whole + 1 - ties / (whole * (whole - 1)))
  const distance = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5)
  return { auc, p: variance === 0 ? 1 : twoSided(distance / Math.sqrt(variance)) }
}

/** Counts the arrangements whose U is as far out, by the recursion of Mann and Whitney (1947). */
function exactRankP(u: number, n: number, m: number): number {
  let counts: number[][] = Array.from({ length: m + 1 }, () => [1])
  for (let i = 1; i <= n; i++) {
    const next: number[][] = [[1]]
    for (let j = 1; j <= m; j++) {
      const without = next[j - 1]!
      const withIt = counts[j]!
      next.push(Array.from({ length: i * j + 1 }, (_, k) => (without[k] ?? 0) + (withIt[k - j] ?? 0)))
    }
    counts = next
  }
  const ways = counts[m]!
  const tail = Math.min(u, n * m - u)
  return Math.min(1, (2 * sum(ways.slice(0, Math.floor(tail) + 1))) / sum(ways))
}

/** Whether values lie about a target: two-sided, exact, those that hit it left out. */
export function signTest(values: readonly number[], target: number): number {
  const above = values.filter((value) => value > target).length
  const n = above + values.filter((value) => value < target).length
  let ways = 1
  let tail = 0
  for (let k = 0; k <= Math.min(above, n - above); k++) {
    tail += ways
    ways = (ways * (n - k)) / (k + 1)
  }
  return Math.min(1, (2 * tail) / 2 ** n)
}

/** Benjamini and Hochberg (1995): p values for asking many questions at once; below 0.05 means that at most 5 % of such findings are false. */
export function adjusted(ps: readonly number[]): number[] {
  const order = ps.map((p, i) => ({ p, i })).sort((one, other) => one.p - other.p)
  const result = ps.map(() => 1)
  let least = 1
  for (let rank = order.length; rank >= 1; rank--) {
    const { p, i } = order[rank - 1]!
    least = Math.min(least, (p * order.length) / rank)
    result[i] = least
  }
  return result
}
