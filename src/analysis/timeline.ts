/** The states of an equipment as slices that tile a period: each millisecond stands in exactly one. */

import { type Instant, rfc3339, since } from '../base/units.js'
import type { StateClass } from '../contract/config.js'
import type { DataOf } from '../contract/endpoints/table.js'
import type { FactOf } from '../contract/events/catalogue.js'

export type Slice = DataOf<'equipment_timeline'>['slices'][number]

/**
 * `changes` are the state changes from `from` on, in order, also those after `to`: the first of them says what went before.
 * `live` is the state now, which holds when nothing has changed since.
 */
export function slicesOf(changes: readonly FactOf<'state_changed'>[], live: StateClass, from: Instant, to: Instant): Slice[] {
  const slices: Slice[] = []
  const add = (state: StateClass, start: Instant, end: Instant): void => {
    if (end > start) slices.push({ state, from: rfc3339(start), to: rfc3339(end), seconds: since(end, start) / 1_000 })
  }
  let state = changes[0]?.body.previous ?? live
  let start = from
  for (const change of changes) {
    const end = Math.min(Math.max(change.at, start), to) as Instant
    add(state, start, end)
    state = change.body.state
    start = end
  }
  add(state, start, to)
  return slices
}
