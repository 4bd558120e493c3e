/** Lists of stops, newest first: pages of what the journal lists, and of what stands now. */

import { given } from '../../base/assert.js'
import { limits } from '../../base/limits.js'
import { type Instant, instantOf } from '../../base/units.js'
import { stopsAsOf } from '../../analysis/stops.js'
import type { Desk } from '../../contract/desk.js'
import type { StopPlace, StopQuery } from '../../contract/journal.js'
import { type Refusal, isRefusal, refuse } from '../../contract/refusals.js'
import type { StopView } from '../../contract/views.js'
import type { Period } from './history.js'
import { microMsOf, toldStops } from './told-stops.js'

/** What a list is asked of. */
export type ListDesk = Pick<Desk, 'config' | 'now' | 'stops' | 'facts'>

/** The page that a question means. `standing` are stops that stand now, which the live view knows better, however long ago they began. */
export async function pageOfStops(desk: ListDesk, query: StopQuery, standing: readonly StopView[]): Promise<StopView[] | Refusal> {
  const known = await listed(desk, { ...query, except: standing.map(({ stop_id }) => stop_id) })
  return isRefusal(known) ? known : chosen([...known, ...standing], query)
}

/**
 * All stops of an equipment that overlap a period, oldest first, as the journal has them now. A period that holds too many is refused.
 * `asOf` is until when one has lasted that nothing ended; a page is small enough for the thread that everybody waits for.
 */
export async function stopsOver(desk: ListDesk, line: string, equipment: string, period: Period, { asOf = desk.now(), page: limit = STOPS_PER_PAGE }: { readonly asOf?: Instant; readonly page?: number } = {}): Promise<StopView[] | Refusal> {
  const max = limits.factPagesMax * limits.factsPerReadMax
  const stops: StopView[] = []
  while (stops.length < max) {
    const last = stops.at(-1)
    const page = await listed(desk, { ...period, lines: [line], equipment, limit, after: last === undefined ? undefined : placeOf(last) }, asOf)
    if (isRefusal(page)) return page
    stops.push(...page)
    if (page.length < limit) return stops.reverse()
  }
  return refuse('WINDOW_TOO_LARGE', { stops_max: max })
}

const STOPS_PER_PAGE = 100

/** A journal that is still being listed is heard instead, which takes as long as its facts are many. */
async function listed(desk: ListDesk, query: StopQuery, asOf = desk.now()): Promise<StopView[] | Refusal> {
  const found = await desk.stops(query)
  if (found !== null) return stopsAsOf(found, asOf, microMsOf(desk))
  const told = await toldStops(desk, { line: query.lines?.length === 1 ? query.lines[0] : undefined, equipment: query.equipment, from: query.from, asOf })
  return isRefusal(told) ? told : chosen(told, query)
}

function chosen(stops: readonly StopView[], { from, to, lines, equipment, after, limit, open, reason, explained, microMs, except = [] }: StopQuery): StopView[] {
  return stops.map((stop) => ({ stop, place: placeOf(stop) }))
    .filter(({ stop, place }) => place.from < to && (stop.to === null || instantOf(stop.to)! > from)
      && (lines === null || lines.includes(stop.line))
      && (equipment === undefined || equipment === stop.equipment_code)
      && (after === undefined || newestFirst(after, place) < 0)
      && (open === undefined || open === (stop.to === null))
      && (reason === undefined || reason === stop.reason?.code)
      && (explained === undefined || explained === (stop.reason !== null))
      && (microMs === undefined || !stop.micro)
      && !except.includes(stop.stop_id))
    .sort((one, other) => newestFirst(one.place, other.place))
    .slice(0, limit)
    .map(({ stop }) => stop)
}

/** Where a stop stands in a list. */
const placeOf = ({ from, stop_id }: StopView): StopPlace => ({ from: given(instantOf(from), 'an instant'), stopId: stop_id })

const newestFirst = (one: StopPlace, other: StopPlace): number =>
  other.from - one.from || (one.stopId === other.stopId ? 0 : one.stopId > other.stopId ? -1 : 1)

/* ── cursors ─────────────────────────────────────────────────────────────────────────────────── */

/** Where a page ended: a place, and not a stop, which by the next page may be part of another or belong into the list no more. */
export const cursorOf = ({ from, stop_id }: StopView): string => `${from}_${stop_id}`

/** `null` when the text is none. */
export function placeAt(cursor: string): StopPlace | null {
  const end = cursor.indexOf('_')
  const [from, stopId] = [instantOf(cursor.slice(0, Math.max(0, end))), cursor.slice(end + 1)]
  return from === null || stopId === '' ? null : { from, stopId }
}
