/** What stops cost: counts from the stops, times from the loss rows, ratios last (domain note 7.3). */

import { type Instant, type Ms, instantOf, rfc3339 } from '../base/units.js'
import { given } from '../base/assert.js'
import type { DataOf } from '../contract/endpoints/table.js'
import type { LossRow } from '../contract/losses.js'
import type { StopView } from '../contract/views.js'
import { lostMsIn } from './stops.js'

export type DowntimeStatistics = DataOf<'downtime_status'>['downtime_statistics']

const HOUR_MS = 3_600_000

/** Of one equipment. A stop counts in the period it began in; its time is split at the borders. */
export function downtimeStatistics(stops: readonly StopView[], rows: readonly LossRow[], from: Instant, to: Instant): DowntimeStatistics {
  const real = stops.filter((stop) => !stop.micro && !stop.provisional)
  const began = real.filter((stop) => inside(stop.from, from, to))
  const failures = began.filter((stop) => stop.reason?.is_failure === true)
  const mended = failures.filter((stop) => stop.to !== null)
  const lostMs = sum(rows, ({ ms }) => ms.unplanned + ms.external + ms.planned + ms.changeover)
  const runMs = sum(rows, ({ ms }) => ms.running + ms.micro_stop)
  const lost = real.map((stop): Lost => ({ stop, ms: lostMsIn(stop, from, to) }))
  const stoodMs = sum(lost, ({ ms }) => ms)
  return {
    window: { from: rfc3339(from), to: rfc3339(to) },
    total_hours: lostMs / HOUR_MS,
    events: began.length,
    micro_stops: stops.filter((stop) => stop.micro && inside(stop.from, from, to)).length,
    mean_seconds: mean(began.map((stop) => stop.seconds)),
    failures: failures.length,
    mtbf_hours: failures.length === 0 ? null : runMs / failures.length / HOUR_MS,
    mttr_minutes: mended.length === 0 ? null : sum(mended, (stop) => stop.seconds) / mended.length / 60,
    by_category: byCategory(lost),
    pareto: pareto(lost),
    reason_coverage: stoodMs === 0 ? null : sum(lost, ({ stop, ms }) => (stop.reason === null ? 0 : ms)) / stoodMs,
  }
}

/** A stop and what it cost inside the period. */
interface Lost { readonly stop: StopView; readonly ms: Ms }

/** Unexplained time is a bar of its own. Planned and excluded stops are no failures of anybody and stay out (domain note 7.3). */
function pareto(lost: readonly Lost[]): DowntimeStatistics['pareto'] {
  const bars = new Map<string, { name: string; lostMs: number; events: number }>()
  for (const { stop: { reason }, ms } of lost) {
    if (reason !== null && reason.category !== 'unplanned') continue
    const bar = bars.get(reason?.code ?? 'unassigned') ?? { name: reason?.name ?? 'No reason yet', lostMs: 0, events: 0 }
    bars.set(reason?.code ?? 'unassigned', { ...bar, lostMs: bar.lostMs + ms, events: bar.events + 1 })
  }
  const totalMs = sum([...bars.values()], (bar) => bar.lostMs)
  let cumulative = 0
  return [...bars].sort(([, one], [, other]) => other.lostMs - one.lostMs).map(([reason, { name, lostMs, events }]) => {
    const share = totalMs === 0 ? 0 : lostMs / totalMs
    cumulative += share
    return { reason, name, seconds: lostMs / 1_000, events, share, cumulative }
  })
}

function byCategory(lost: readonly Lost[]): DowntimeStatistics['by_category'] {
  const categories: Record<string, { seconds: number; events: number }> = {}
  for (const { stop, ms } of lost) {
    const entry = (categories[stop.reason?.category ?? 'unassigned'] ??= { seconds: 0, events: 0 })
    entry.seconds += ms / 1_000
    entry.events++
  }
  return categories
}

function inside(text: string, from: Instant, to: Instant): boolean {
  const at = given(instantOf(text), 'an instant')
  return from <= at && at < to
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  let total = 0
  for (const item of items) total += of(item)
  return total
}

const mean = (values: readonly number[]): number | null => values.length === 0 ? null : sum(values, (value) => value) / values.length
