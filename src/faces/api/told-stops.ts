/** Stops heard fact by fact, for whom it matters what changed them: a quarter of a year of them must neither hold a thread nor fill its memory. */

import { stopsAsOf } from '../../analysis/stops.js'
import type { Instant, Ms } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import type { Fact } from '../../contract/events/catalogue.js'
import type { Refusal } from '../../contract/refusals.js'
import { type ToldStop, hearOfStop, stopFacts } from '../../contract/told-stop.js'
import type { StopView } from '../../contract/views.js'
import { hearFacts } from './history.js'

export interface StopsAsked {
  /** Default: all. */
  readonly line?: string | undefined
  readonly equipment?: string | undefined
  readonly from: Instant
  /** Only these, by their ids. Default: all. */
  readonly stops?: readonly string[]
  /** Until when a stop has lasted that nothing ended. */
  readonly asOf: Instant
  /** Hears each fact before the stops change by it. */
  readonly watch?: (fact: Fact, stops: ReadonlyMap<string, ToldStop>) => void
  /** Facts that are read at once. Default: few enough for the thread that everybody waits for. */
  readonly page?: number
}

/** The stops of which something was said since an instant, in the order in which they opened. A period that holds too much is refused. */
export async function toldStops(desk: Pick<Desk, 'config' | 'facts'>, { line, equipment, from, stops: named, asOf, watch, page }: StopsAsked): Promise<StopView[] | Refusal> {
  const stops = new Map<string, ToldStop>()
  const asked = { types: stopFacts, from, ...(line === undefined ? {} : { line }), ...(equipment === undefined ? {} : { equipment }), ...(named === undefined ? {} : { stops: named }) }
  return await hearFacts(desk, asked, (fact) => {
    watch?.(fact, stops)
    hearOfStop(stops, fact)
  }, page) ?? stopsAsOf(stops.values(), asOf, microMsOf(desk))
}

/** The micro-stop threshold of each equipment, in milliseconds. */
export function microMsOf(desk: Pick<Desk, 'config'>): (equipment: string) => Ms {
  const thresholds = new Map(desk.config.lines.flatMap(({ equipment }) => equipment.map(({ code, micro_stop }) => [code, micro_stop] as const)))
  return (equipment) => thresholds.get(equipment) ?? 0
}
