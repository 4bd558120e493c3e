/** Which reasons cost most: by time, by number and by lost parts, each with its cumulative share. */

import type { Instant } from '../base/units.js'
import type { StopView } from '../contract/views.js'
import { sum } from './statistics.js'
import { lostMsIn } from './stops.js'

export interface ParetoBar {
  readonly reason: string
  readonly name: string
  readonly seconds: number
  readonly events: number
  readonly lost_parts: number | null
  readonly share: number
  readonly cumulative: number
}

/** Unexplained time is a bar of its own; micro-stops are another; planned and excluded stops stay out (domain note 7.3). */
export function paretoOf(stops: readonly StopView[], from: Instant, to: Instant, secondsPerPart: number | null): Readonly<Record<'by_time' | 'by_count' | 'by_lost_parts', ParetoBar[]>> {
  const bars = new Map<string, { name: string; seconds: number; events: number }>()
  for (const stop of stops) {
    if (stop.reason !== null && stop.reason.category !== 'unplanned') continue
    const [code, name] = stop.micro ? ['micro_stop', 'Micro-stops'] as const : stop.reason === null ? ['unassigned', 'No reason yet'] as const : [stop.reason.code, stop.reason.name] as const
    const bar = bars.get(code) ?? { name, seconds: 0, events: 0 }
    bars.set(code, { ...bar, seconds: bar.seconds + lostMsIn(stop, from, to) / 1_000, events: bar.events + 1 })
  }
  const all = [...bars].map(([reason, bar]) => ({ reason, ...bar, lost_parts: secondsPerPart === null ? null : bar.seconds / secondsPerPart }))
  const ranked = (valueOf: (bar: (typeof all)[number]) => number): ParetoBar[] => {
    const total = sum(all.map(valueOf))
    let cumulative = 0
    return all.toSorted((one, other) => valueOf(other) - valueOf(one)).map((bar) => {
      const share = total === 0 ? 0 : valueOf(bar) / total
      cumulative += share
      return { ...bar, share, cumulative }
    })
  }
  return { by_time: ranked(({ seconds }) => seconds), by_count: ranked(({ events }) => events), by_lost_parts: ranked(({ lost_parts, seconds }) => lost_parts ?? seconds) }
}
