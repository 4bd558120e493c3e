/** How reliable equipment is, and whether it gets better: times between failures on the clock of its run time. */

import { chiSquareQuantile, sum, twoSided } from './statistics.js'

export interface Reliability {
  readonly failures: number
  readonly runHours: number
  /** `null` without a failure: it ran that long and did not fail. */
  readonly mtbfHours: number | null
  /** At 95 %, for a constant rate and a period that ended by the clock (NIST/SEMATECH 8.4.5.1). The upper one is `null` without a failure. */
  readonly mtbfLowHours: number | null
  readonly mtbfHighHours: number | null
  readonly mttrHours: number | null
  /** MTBF / (MTBF + MTTR). */
  readonly inherentAvailability: number | null
}

/** Times in hours of run; `repairHours` are those of the failures that were mended. */
export function reliabilityOf(runHours: number, failures: number, repairHours: readonly number[]): Reliability {
  const mtbfHours = failures === 0 ? null : runHours / failures
  const mttrHours = repairHours.length === 0 ? null : sum(repairHours) / repairHours.length
  return {
    failures, runHours, mtbfHours, mttrHours,
    mtbfLowHours: runHours === 0 ? null : (2 * runHours) / chiSquareQuantile(0.975, 2 * failures + 2),
    mtbfHighHours: failures === 0 ? null : (2 * runHours) / chiSquareQuantile(0.025, 2 * failures),
    inherentAvailability: mtbfHours === null || mttrHours === null ? null : mtbfHours / (mtbfHours + mttrHours),
  }
}

export type Ended = 'time' | 'failure'

export interface Growth {
  readonly n: number
  /** Laplace's test: below zero the failures grow rarer. */
  readonly laplace: number
  /** Of no trend, two-sided. */
  readonly p: number
  readonly beta: number
  /** Without the bias of small numbers. */
  readonly betaUnbiased: number
  readonly lambda: number
  /** Sum of the logarithms of the times, as tables print it. */
  readonly sumLn: number
  /** Failures per hour at the end. */
  readonly intensity: number
  readonly mtbfNow: number
}

/** From here on the numbers are shown, and from `GROWTH_ADVICE_MIN` on they are advice (domain note 10.5). */
export const GROWTH_MIN = 5
export const GROWTH_ADVICE_MIN = 10

/**
 * Failure times on the clock of cumulative run time, observed until `end`: Laplace's test and the power law of Crow and AMSAA by maximum likelihood
 * (MIL-HDBK-189; NIST/SEMATECH 8.4.5.2). Observation that ended with a failure has `end` = its time. `null` below two failures.
 */
export function growthOf(times: readonly number[], end: number, ended: Ended = 'time'): Growth | null {
  const n = times.length
  if (n < 2 || !(end > 0)) return null
  const free = ended === 'time' ? n : n - 1
  const sumLn = sum(times.map((time) => Math.log(time)))
  const left = n * Math.log(end) - sumLn
  if (!(left > 0) || !Number.isFinite(left)) return null
  const laplace = (sum(times.slice(0, free)) / free - end / 2) / (end * Math.sqrt(1 / (12 * free)))
  const beta = n / left
  const lambda = n / end ** beta
  const intensity = lambda * beta * end ** (beta - 1)
  return { n, laplace, p: twoSided(laplace), beta, betaUnbiased: beta * ((n - (ended === 'time' ? 1 : 2)) / n), lambda, sumLn, intensity, mtbfNow: 1 / intensity }
}
