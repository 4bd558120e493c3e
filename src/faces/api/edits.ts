/** What people's edits took out of planned time over a period: heard of the stops that they edited, and of those that these were parted from or took in. */

import { type PlannedTimeEdits, watchEdits } from '../../analysis/edits.js'
import { limits } from '../../base/limits.js'
import type { Desk } from '../../contract/desk.js'
import type { Fact, FactOf } from '../../contract/events/catalogue.js'
import { type Refusal, isRefusal } from '../../contract/refusals.js'
import { type Period, hearFacts } from './history.js'
import { toldStops } from './told-stops.js'

export async function plannedTimeEdits(desk: Pick<Desk, 'config' | 'facts'>, line: string, equipment: string, { from, to }: Period): Promise<PlannedTimeEdits | Refusal> {
  const updates: FactOf<'downtime_updated'>[] = []
  const refused = await hearFacts(desk, { types: ['downtime_updated'], line, equipment, from }, (fact) => { if (fact.type === 'downtime_updated') updates.push(fact) }, limits.factsPerReadMax)
  if (refused !== null) return refused
  const edits = watchEdits()
  const edited = editedStops(updates)
  if (edited.length === 0) return edits.sums([])
  const stops = await toldStops(desk, { line, equipment, from, stops: edited, asOf: to, page: limits.factsPerReadMax, watch: edits.hear })
  return isRefusal(stops) ? stops : edits.sums(stops)
}

/** Stops that somebody gave a reason, or joined with another; and all that share their story. */
function editedStops(updates: readonly FactOf<'downtime_updated'>[]): string[] {
  const kin = new Map<string, string[]>()
  const related = (one: string, other: string | null): void => { if (other !== null) { kin.set(one, [...kin.get(one) ?? [], other]); kin.set(other, [...kin.get(other) ?? [], one]) } }
  for (const { body } of updates) { related(body.stop_id, body.split_off); related(body.stop_id, body.merged) }
  const found = new Set<string>()
  const open = updates.filter(isEdit).map(({ body }) => body.stop_id)
  for (let stop = open.pop(); stop !== undefined; stop = open.pop()) {
    if (found.has(stop)) continue
    found.add(stop)
    open.push(...kin.get(stop) ?? [])
  }
  return [...found]
}

const isEdit = ({ body }: Fact & { readonly type: 'downtime_updated' }): boolean => body.by !== null && (body.change === 'reason' || body.change === 'merge')
