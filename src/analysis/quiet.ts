/** Windows before stops, and quiet ones to compare them with: of the same product, running, with no stop around (domain note 10.6). */

import { type Instant, instant, later } from '../base/units.js'
import type { RunMinute } from './control.js'

export interface Window { readonly from: Instant; readonly to: Instant }
/** In the order of time, each list by itself. */
export interface Windows { readonly beforeStops: readonly Window[]; readonly quiet: readonly Window[] }

const MINUTE = 60_000
/** Quiet windows for each stop: more of them make the comparison sharper, and the reading longer. */
const QUIET_PER_STOP = 2

/** `stops` are the beginnings of all stops, `of` those that are asked about. A window that reaches into another stop tells of that one. */
export function windowsAround(of: readonly Instant[], stops: readonly Instant[], minutes: readonly RunMinute[], beforeMs: number, gapMs: number): Windows {
  const whole = new Map(minutes.filter((minute) => minute.whole).map((minute) => [minute.at as number, minute.product]))
  /** The product that was made all through, when it ran all through. */
  const ranOn = (window: Window): { readonly product: string | null } | null => {
    const first = Math.floor(window.from / MINUTE) * MINUTE
    if (!whole.has(first)) return null
    const product = whole.get(first)!
    for (let at = first; at + MINUTE <= window.to; at += MINUTE) if (!whole.has(at) || whole.get(at) !== product) return null
    return { product }
  }
  const before = of.map((stop) => ({ from: later(stop, -beforeMs), to: later(stop, -gapMs) })).flatMap((window) => {
    const ran = ranOn(window)
    return ran === null ? [] : [{ ...window, product: ran.product }]
  })
  const products = new Set(before.map(({ product }) => product))
  const candidates: Window[] = []
  for (const minute of minutes) {
    const window = { from: minute.at, to: later(minute.at, beforeMs - gapMs) }
    const last = candidates.at(-1)
    if (last !== undefined && window.from < last.to) continue
    const ran = ranOn(window)
    const near = stops.some((stop) => stop >= window.from - beforeMs && stop < window.to + beforeMs)
    if (ran !== null && !near && products.has(ran.product)) candidates.push(window)
  }
  return { beforeStops: before.map(({ from, to }) => ({ from, to })), quiet: spreadOut(candidates, before.length * QUIET_PER_STOP) }
}

/** So many of them, evenly over the whole time. */
function spreadOut(windows: readonly Window[], count: number): readonly Window[] {
  if (windows.length <= count) return windows
  return Array.from({ length: count }, (_, i) => windows[Math.floor(((i + 0.5) * windows.length) / count)]!)
}

/** The minutes that windows stand in. */
export const minutesAround = (from: Instant, to: Instant): { readonly from: Instant; readonly to: Instant } =>
  ({ from: instant(Math.floor(from / MINUTE) * MINUTE), to: instant(Math.ceil(to / MINUTE) * MINUTE) })
