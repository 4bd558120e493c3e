/** The loss tree of a period as OEE points, and what would come back if a loss did. */

import type { Oee } from '../contract/oee.js'

export const losses = ['unplanned_stop', 'external_stop', 'planned_stop', 'changeover', 'micro_stop', 'speed_loss', 'startup_reject', 'production_reject'] as const
export type Loss = (typeof losses)[number]
export type Focus = 'availability' | 'performance' | 'quality'

export const focusOf: Readonly<Record<Loss, Focus>> = {
  unplanned_stop: 'availability', external_stop: 'availability', planned_stop: 'availability', changeover: 'availability',
  micro_stop: 'performance', speed_loss: 'performance', startup_reject: 'quality', production_reject: 'quality',
}

export interface LossLeaf {
  readonly loss: Loss
  readonly factor: Focus
  /** Below zero for a speed loss where the ideal time is too slow. */
  readonly seconds: number
  /** Good parts that the time would have been at the ideal pace; `null` when no part was made to tell that by. */
  readonly parts: number | null
  /** Share of planned production time. All of them and the OEE add up to 1. */
  readonly points: number
  /** What OEE would gain if the time came back and everything else stayed as it was. Never to be added up; more than `points` only where it runs faster than its ideal. */
  readonly recoverable_points: number
  readonly recoverable_parts: number | null
}

/** The largest loss first. `null` where nothing was planned, because a share of nothing is nothing. */
export function lossTree({ times, counts, performance, quality }: Pick<Oee, 'times' | 'counts' | 'performance' | 'quality'>): LossLeaf[] | null {
  const planned = times.planned_production
  if (planned <= 0) return null
  const seconds: Readonly<Record<Loss, number>> = {
    unplanned_stop: times.unplanned_stop - times.external_stop, external_stop: times.external_stop,
    planned_stop: times.planned_stop - times.changeover, changeover: times.changeover,
    micro_stop: times.micro_stop, speed_loss: times.speed_loss, startup_reject: times.startup_reject, production_reject: times.production_reject,
  }
  const secondsPerPart = counts.total > 0 && times.net_run > 0 ? times.net_run / counts.total : null
  const moving = times.run - times.micro_stop
  // Domain note 10.1: time that comes back is used as well as the time around it was.
  const use: Readonly<Record<Loss, number>> = {
    unplanned_stop: (performance ?? 0) * (quality ?? 0), external_stop: (performance ?? 0) * (quality ?? 0), planned_stop: (performance ?? 0) * (quality ?? 0), changeover: (performance ?? 0) * (quality ?? 0),
    micro_stop: (moving > 0 ? times.net_run / moving : 0) * (quality ?? 0), speed_loss: quality ?? 0, startup_reject: 1, production_reject: 1,
  }
  return losses.map((loss) => {
    const [lost, back] = [seconds[loss], Math.max(0, seconds[loss]) * use[loss]]
    return {
      loss, factor: focusOf[loss], seconds: lost, parts: secondsPerPart === null ? null : lost / secondsPerPart, points: lost / planned,
      recoverable_points: back / planned, recoverable_parts: secondsPerPart === null ? null : back / secondsPerPart,
    }
  }).sort((one, other) => other.points - one.points)
}

export type Pooled = Pick<Oee, 'times' | 'counts' | 'oee' | 'availability' | 'performance' | 'quality'>

/** Several periods as one: times and parts are added up, and ratios come after. */
export function pooled(periods: readonly Oee[]): Pooled | null {
  const [first] = periods
  if (first === undefined) return null
  const added = <T extends { readonly [name: string]: number | undefined }>(of: (oee: Oee) => T): T =>
    // The same members as the first, which `fromEntries` cannot say.
    Object.fromEntries(Object.keys(of(first)).map((name) => [name, periods.reduce((sum, period) => sum + (of(period)[name] ?? 0), 0)])) as unknown as T
  const times = added((oee) => oee.times)
  const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)
  return {
    times, counts: added((oee) => oee.counts), oee: ratio(times.fully_productive, times.planned_production),
    availability: ratio(times.run, times.planned_production), performance: ratio(times.net_run, times.run), quality: ratio(times.fully_productive, times.net_run),
  }
}

/** What another OEE would mean at the same planned time: good parts, and the hours that the same parts would take. */
export function whatIf(now: { readonly oee: number; readonly good: number; readonly plannedHours: number }, target: number): { readonly good: number; readonly hoursForSameGood: number } {
  return { good: (now.good * target) / now.oee, hoursForSameGood: (now.plannedHours * now.oee) / target }
}
