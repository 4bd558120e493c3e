/** Whether a machine runs as it did: minutes of running, made into points, held against the limits of an earlier time (domain note 10.3). */

import { type Instant, instant } from '../base/units.js'
import type { LossRow } from '../contract/losses.js'
import { type Chart, type Rule, chartOf, signalsOf } from './chart.js'
import { mean, median } from './statistics.js'

/** A minute in which the machine ran and made one product. */
export interface RunMinute {
  readonly at: Instant
  readonly product: string | null
  /** Run time per part in seconds, without micro-stops; `null` when nothing was counted. */
  readonly cycleSeconds: number | null
  /** It ran from the first to the last millisecond. */
  readonly whole: boolean
}

const MINUTE = 60_000
/** Less running than this makes no cycle time worth the name. */
const RUN_MS_MIN = MINUTE / 2

/** Rows of one equipment. A minute of two products says nothing about either. */
export function runMinutes(rows: readonly LossRow[]): RunMinute[] {
  const minutes = new Map<number, { runMs: number; parts: number; made: Set<string | null>; booked: Set<string | null> }>()
  for (const { minute, ms, parts, product } of rows) {
    let known = minutes.get(minute)
    if (known === undefined) minutes.set(minute, known = { runMs: 0, parts: 0, made: new Set(), booked: new Set() })
    const made = parts.good + parts.startup_reject + parts.production_reject
    known.runMs += ms.running
    known.parts += made
    if (made > 0) known.made.add(product)
    if (ms.running > 0) known.booked.add(product)
  }
  return [...minutes].filter(([, { runMs, made, booked }]) => runMs >= RUN_MS_MIN && (made.size === 0 ? booked : made).size === 1).sort(([one], [other]) => one - other)
    .map(([at, { runMs, parts, made, booked }]) => ({
      at: instant(at), product: [...(made.size === 0 ? booked : made)][0]!, cycleSeconds: parts > 0 ? runMs / parts / 1_000 : null, whole: runMs === MINUTE,
    }))
}

/** The product made in most of the minutes; `null` for none of them, too. */
export function mostMade(minutes: readonly RunMinute[]): string | null {
  const counts = new Map<string | null, number>()
  for (const { product } of minutes) counts.set(product, (counts.get(product) ?? 0) + 1)
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0] ?? null
}

export interface Point { readonly at: Instant; readonly value: number }

/** Medians of so many values in a row; what is left over at the end is no point. */
export function pointsOf(values: readonly Point[], perPoint: number): Point[] {
  const points: Point[] = []
  for (let i = 0; i + perPoint <= values.length; i += perPoint) points.push({ at: values[i]!.at, value: median(values.slice(i, i + perPoint).map(({ value }) => value)) })
  return points
}

export interface Controlled {
  readonly limits: (Chart & { readonly autocorrelation: number | null }) | null
  readonly points: readonly (Point & { readonly range: number | null; readonly rules: readonly Rule[] })[]
  readonly found: readonly { readonly rule: Rule; readonly points: number }[]
}

/** The limits come from the baseline alone, and only where it has enough points: those that set their own limits hide what is wrong with them. */
export function controlOf(baseline: readonly Point[], points: readonly Point[], rules: readonly Rule[], pointsMin: number): Controlled {
  const known = baseline.map(({ value }) => value)
  const chart = known.length < pointsMin ? null : chartOf(known)
  const values = points.map(({ value }) => value)
  const hits = chart === null ? [] : rules.map((rule) => ({ rule, places: new Set(signalsOf(rule, values, chart.mean, chart.sigma)) }))
  return {
    limits: chart === null ? null : { ...chart, autocorrelation: autocorrelation(known) },
    points: points.map((point, i) => ({ ...point, range: i === 0 ? null : Math.abs(point.value - values[i - 1]!), rules: hits.filter(({ places }) => places.has(i)).map(({ rule }) => rule) })),
    found: hits.filter(({ places }) => places.size > 0).map(({ rule, places }) => ({ rule, points: places.size })),
  }
}

/** Of each value with the next (NIST/SEMATECH 1.3.3.1); `null` where nothing varies. */
export function autocorrelation(values: readonly number[]): number | null {
  const centre = mean(values)
  let [together, alone] = [0, 0]
  for (const [i, value] of values.entries()) {
    alone += (value - centre) ** 2
    if (i > 0) together += (value - centre) * (values[i - 1]! - centre)
  }
  return alone === 0 ? null : together / alone
}
