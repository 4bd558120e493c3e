/** Answers about stops: lists, one with its flight recorder, and the likely reasons. */

import { given } from '../../base/assert.js'
import { limits } from '../../base/limits.js'
import { type Instant, instantOf, later, rfc3339 } from '../../base/units.js'
import { recorderWindow, stopsOf } from '../../analysis/stops.js'
import { suggestedReasons } from '../../analysis/suggestions.js'
import type { Desk } from '../../contract/desk.js'
import type { DataOf } from '../../contract/endpoints/table.js'
import type { Fact } from '../../contract/events/catalogue.js'
import type { StopQuery } from '../../contract/journal.js'
import { type Refusal, isRefusal, refuse } from '../../contract/refusals.js'
import { type Actor, may } from '../../contract/roles.js'
import { storyOf } from '../../contract/story.js'
import type { StopView } from '../../contract/views.js'
import type { Handlers } from './ask.js'
import { DAY_MS, allFacts, periodOf, windowOf } from './history.js'
import { dataOf, withLive } from './production.js'
import { signalsPoints } from './signal.js'
import { cursorOf, pageOfStops, placeAt, stopsOver } from './stop-list.js'
import { microMsOf } from './told-stops.js'

const LOOK_BACK_MS = 90 * DAY_MS
const RECORDER_POINTS_MAX = 200

export function stopHandlers(desk: Desk): Pick<Handlers, 'stops' | 'stop' | 'suggested_reasons'> {
  return {
    async stops({ query, actor, line }) {
      const period = periodOf(desk, query, line, 31 * DAY_MS)
      if (isRefusal(period)) return period
      const after = query.cursor === undefined ? undefined : placeAt(query.cursor)
      if (after === null) return refuse('BODY_MISFIT', [{ path: 'cursor', message: 'no place in this list' }])
      const { equipment_code: equipment, open, reason, explained, limit } = query
      const asked: StopQuery = {
        ...period, lines: line === null ? actor.lines : [line], equipment, after, limit: limit + 1, open, reason, explained,
        microMs: query.include_micro_stops ? undefined : Object.fromEntries(desk.config.lines.flatMap((each) => each.equipment).map(({ code, micro_stop }) => [code, micro_stop])),
      }
      const stops = await pageOfStops(desk, asked, current(actor, line, equipment))
      if (isRefusal(stops)) return stops
      const shown = stops.slice(0, limit)
      return { window: windowOf(period), stops: shown, next_cursor: stops.length > shown.length ? cursorOf(shown.at(-1)!) : null }
    },

    async stop({ params, line }) {
      const stop = await find(params.stop_id, line!)
      if (isRefusal(stop)) return stop
      const recorder = await flightRecorder(stop, line!)
      return isRefusal(recorder) ? recorder : { stop, flight_recorder: recorder }
    },

    async suggested_reasons({ params, line }) {
      const stop = await find(params.stop_id, line!)
      if (isRefusal(stop)) return stop
      const earlier = await stopsOver(desk, line!, stop.equipment_code, { from: later(desk.now(), -LOOK_BACK_MS), to: desk.now() })
      if (isRefusal(earlier)) return earlier
      return { suggestions: suggestedReasons(stop, earlier), looked_at: earlier.length }
    },
  }

  /** The stops that stand now, however long ago they began. */
  function current(actor: Actor, line: string | null, equipment: string | undefined): StopView[] {
    return desk.config.lines
      .filter(({ code }) => (line === null || line === code) && may(actor, 'view', code))
      .flatMap((each) => each.equipment)
      .filter(({ code }) => equipment === undefined || equipment === code)
      .flatMap(({ code }) => dataOf(desk.view('downtime_now', code), 'downtime_now').current_downtime ?? [])
  }

  /** What the whole line did around the beginning of a stop. */
  async function flightRecorder(stop: StopView, line: string): Promise<DataOf<'stop'>['flight_recorder'] | Refusal> {
    const { from, to } = recorderWindow(stop)
    const began = given(instantOf(stop.from), 'an instant')
    const all = given(desk.config.lines.find(({ code }) => code === line), 'the line of the stop').equipment
    const [signals, states, faults] = await Promise.all([
      signalsPoints(desk, all, { from, to }, RECORDER_POINTS_MAX),
      Promise.all(all.filter(({ code }) => code !== stop.equipment_code).map(({ code }) => stateAt(line, code, began))),
      allFacts(desk, { types: ['plc_fault', 'plc_fault_cleared'], line, from, to }),
    ])
    if (!Array.isArray(faults)) return faults
    const signalsOf = (code: string) => signals.get(code) ?? {}
    return {
      window: windowOf({ from, to }), signals: signalsOf(stop.equipment_code), first_out: stop.cause?.fault ?? null, faults: faults.flatMap(faultEntry),
      neighbours: states.map((state) => ({ ...state, signals: signalsOf(state.equipment_code) })),
    }
  }

  /** The last word about a state before an instant, however long ago it was. */
  async function stateAt(line: string, equipment: string, at: Instant): Promise<Pick<DataOf<'stop'>['flight_recorder']['neighbours'][number], 'equipment_code' | 'state' | 'since'>> {
    const [last] = await desk.facts({ types: ['state_changed'], line, equipment, newestFirst: true, limit: 1, to: later(at, 1) })
    return { equipment_code: equipment, state: last?.type === 'state_changed' ? last.body.state : null, since: last === undefined ? null : rfc3339(last.at) }
  }

  /** As its story tells it, however long ago; one that stands, as it is now. */
  async function find(id: string, line: string): Promise<StopView | Refusal> {
    const story = await storyOf((stop) => desk.facts({ stop, line, limit: limits.factsPerReadMax }), id)
    const known = stopsOf(story, desk.now(), microMsOf(desk)).find(({ stop_id }) => stop_id === id)
    if (known === undefined) return refuse('STOP_UNKNOWN', { stop_id: id })
    return known.to !== null || desk.lineOf(known.equipment_code) === null ? known
      : withLive([], dataOf(desk.view('downtime_now', known.equipment_code), 'downtime_now').current_downtime).find(({ stop_id }) => stop_id === id) ?? known
  }
}

type FaultEntry = DataOf<'stop'>['flight_recorder']['faults'][number]

function faultEntry(fact: Fact): FaultEntry[] {
  if ((fact.type !== 'plc_fault' && fact.type !== 'plc_fault_cleared') || fact.equipment === null) return []
  return [{ equipment_code: fact.equipment, fault: fact.body.fault, name: fact.body.name, rose: fact.type === 'plc_fault', at: rfc3339(fact.at) }]
}
