/** Edits that took the time of stops out of planned production, or gave it back: the one kind that flatters every figure, counted so that nobody does it unseen (domain note 4.2). */

import type { DataOf } from '../contract/endpoints/table.js'
import type { Fact, FactOf } from '../contract/events/catalogue.js'
import type { StopView } from '../contract/views.js'

export type PlannedTimeEdits = NonNullable<DataOf<'oee_performance_report'>['planned_time_edits']>

interface Moved { readonly by: string; readonly isOut: boolean; seconds: number }
type Stops = ReadonlyMap<string, Pick<StopView, 'stop_id' | 'to' | 'seconds' | 'reason'>>

export interface EditWatch {
  /** Facts in order of their numbers, each with the stops as they were before it. */
  readonly hear: (fact: Fact, stops: Stops) => void
  /** What was heard, with the stops as they are after it. */
  readonly sums: (stops: Iterable<StopView>) => PlannedTimeEdits
}

export function watchEdits(): EditWatch {
  const all: Moved[] = []
  // A stop that stands takes more time with it the longer it lasts: what it moved in all is known at its end.
  const standing = new Map<string, Moved[]>()

  function edited({ body }: FactOf<'downtime_updated'>, stops: Stops): void {
    // A merge gives the stop that it took in the reason of the other.
    const about = stops.get(body.merged ?? body.stop_id)
    if (body.by === null || about === undefined || (body.change !== 'reason' && body.change !== 'merge')) return
    const isOut = isExcluded(body)
    if (isOut === isExcluded(about)) return
    const moved = { by: body.by, isOut, seconds: about.to === null ? 0 : about.seconds }
    all.push(moved)
    if (about.to === null) standing.set(about.stop_id, [...standing.get(about.stop_id) ?? [], moved])
  }

  function lasted(stop: string, seconds: number): Moved[] {
    const moved = standing.get(stop) ?? []
    for (const one of moved) one.seconds += seconds
    standing.delete(stop)
    return moved
  }

  return {
    hear(fact, stops) {
      if (fact.type === 'downtime_resolved') lasted(fact.body.stop_id, fact.body.lost_seconds)
      if (fact.type !== 'downtime_updated') return
      const { split_off: rest, stop_id, lost_seconds: seconds } = fact.body
      // The stop goes on under another name.
      if (rest !== null && standing.has(stop_id)) standing.set(rest, lasted(stop_id, seconds ?? 0))
      edited(fact, stops)
    },
    sums(stops) {
      for (const { stop_id, seconds } of stops) lasted(stop_id, seconds)
      const out = all.filter(({ isOut }) => isOut)
      const people = new Map<string, Moved[]>()
      for (const one of out) people.set(one.by, [...people.get(one.by) ?? [], one])
      return {
        removed: sumOf(out), returned: sumOf(all.filter(({ isOut }) => !isOut)),
        removed_by: [...people].map(([by, moved]) => ({ by, ...sumOf(moved) })).sort((one, other) => other.seconds - one.seconds),
      }
    },
  }
}

const isExcluded = ({ reason }: Pick<StopView, 'reason'>): boolean => reason?.category === 'excluded'

const sumOf = (moved: readonly Moved[]): PlannedTimeEdits['removed'] => ({ edits: moved.length, seconds: moved.reduce((sum, { seconds }) => sum + seconds, 0) })
