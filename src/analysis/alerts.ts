/** OEE alerts as their facts tell them, the hours below a threshold, and what was lost in them. */

import { type Instant, rfc3339, since } from '../base/units.js'
import type { Fact } from '../contract/events/catalogue.js'
import type { Oee } from '../contract/oee.js'
import { type Loss, losses, lossTree } from './losstree.js'
import { sum } from './statistics.js'

export interface Alert { readonly at: Instant; readonly clearedAt: Instant | null; readonly level: string; readonly oee: number | null }

/** A second word about an alert that stands, as when it turns critical, is the same alert. */
export function alertsOf(facts: readonly Fact[]): Alert[] {
  const alerts: Alert[] = []
  for (const fact of facts) {
    const open = alerts.at(-1)?.clearedAt === null ? alerts.pop() : undefined
    if (fact.type === 'oee_alert') alerts.push(open === undefined ? { at: fact.at, clearedAt: null, level: fact.body.level, oee: fact.body.oee } : { ...open, level: fact.body.level, oee: fact.body.oee })
    else if (fact.type === 'oee_alert_cleared' && open !== undefined) alerts.push({ ...open, clearedAt: fact.at })
    else if (open !== undefined) alerts.push(open)
  }
  return alerts
}

const HOUR_MS = 3_600_000
const CHATTER_ALERTS = 3
const STALE_MS = 24 * HOUR_MS

/** Stretches in which alerts follow each other so closely that they say nothing any more. */
export function chatteringIn(alerts: readonly Alert[]): { readonly from: string; readonly to: string; readonly alerts: number }[] {
  const bursts: Alert[][] = []
  for (const alert of alerts) {
    const burst = bursts.at(-1)
    if (burst !== undefined && since(alert.at, burst.at(-1)!.at) <= HOUR_MS / 2) burst.push(alert)
    else bursts.push([alert])
  }
  return bursts.filter((burst) => burst.length >= CHATTER_ALERTS).map((burst) => ({ from: rfc3339(burst[0]!.at), to: rfc3339(burst.at(-1)!.at), alerts: burst.length }))
}

export const staleIn = (alerts: readonly Alert[], now: Instant): string[] =>
  alerts.filter(({ at, clearedAt }) => clearedAt === null && since(now, at) > STALE_MS).map(({ at }) => rfc3339(at))

/** The losses of all hours together, as a share of their planned time. */
export function causesOf(hours: readonly Oee[]): { readonly loss: Loss; readonly seconds: number; readonly points: number }[] {
  const planned = sum(hours.map(({ times }) => times.planned_production))
  if (planned === 0) return []
  const trees = hours.flatMap((hour) => lossTree(hour) ?? [])
  return losses.map((loss) => {
    const seconds = sum(trees.filter((leaf) => leaf.loss === loss).map((leaf) => leaf.seconds))
    return { loss, seconds, points: seconds / planned }
  }).filter(({ seconds }) => seconds > 0).sort((one, other) => other.seconds - one.seconds)
}
