/** The state of an equipment: what its signals say, believed after it has lasted, and dated back to its start. */

import { type Instant, instantOf, rfc3339, since } from '../../base/units.js'
import type { StateClass } from '../../contract/config.js'
import type { Draft } from '../../contract/events/catalogue.js'
import type { SignalValue } from '../../contract/inputs.js'
import { configAt, draft, equipmentAt, jobOf } from '../memory/lookups.js'
import type { Equipment, Line, Seen, State } from '../memory/memory.js'
import { isChanging } from '../time/attribution.js'
import { packmlClass } from './packml.js'

export const initialState: State = { current: 'unknown', code: null, since: null, runMs: 0, blindFrom: null, lastGood: null }

/** The candidate after a look at the signals: a state other than the current one, and since when it is seen. */
export function candidateOf(line: Line, i: number, at: Instant): Seen['candidate'] {
  const { state, seen } = equipmentAt(line, i)
  if (configAt(line, i).state.from === 'counts') return seen.candidate
  const seenClass = classOf(line, i)
  if (seenClass === null || seenClass === state.current) return null
  if (seen.candidate?.state === seenClass) return seen.candidate
  return { state: seenClass, code: codeOf(seen.signals.state), since: at }
}

/** A candidate is believed when it has lasted; what ends blindness, and blindness itself, at once. */
export function decideState(line: Line, i: number, at: Instant): Draft[] {
  const { state, seen: { candidate } } = equipmentAt(line, i)
  if (candidate === null || candidate.state === state.current) return []
  const sure = state.current === 'unknown' || candidate.state === 'unknown' || since(at, candidate.since) >= configAt(line, i).state.confirm
  return sure ? [stateChanged(line, i, candidate.state, candidate.code, begins(line, i, candidate))] : []
}

/** The machine that ran out before its changeover began it with its last good part. */
function begins(line: Line, i: number, { state: to, since: at }: NonNullable<Seen['candidate']>): Instant {
  const { changeover, state, seen: { goodAt } } = equipmentAt(line, i)
  const ranOut = isChanging(to) && changeover !== null && state.current === 'running' && goodAt !== null && goodAt < at
  return ranOut && since(at, goodAt) <= configAt(line, i).changeover_reach ? goodAt : at
}

/** When the candidate will have lasted. */
export function stateDue(line: Line, i: number): number {
  const { candidate } = equipmentAt(line, i).seen
  return candidate === null ? Infinity : candidate.since + configAt(line, i).state.confirm
}

/** The gateway was away: nobody can know what the equipment did, unless its policy says otherwise. */
export function decideBlindness(line: Line, i: number): Draft[] {
  const { state } = equipmentAt(line, i)
  const blind = blindClass(line, i, state.current)
  return state.blindFrom === null || blind === state.current ? [] : [stateChanged(line, i, blind, null, state.blindFrom)]
}

export function stateChanged(line: Line, i: number, to: StateClass, code: number | null, at: Instant): Draft {
  const { code: equipment, state, seen: { goodAt } } = equipmentAt(line, i)
  // Two changes never trade places: what is dated back stops at the change before it.
  const from = state.since !== null && at < state.since ? state.since : at
  const ran = state.current === 'running' && stands(to) && goodAt !== null && state.since !== null && goodAt >= state.since && goodAt < from
  return draft(line, 'state_changed', from, equipment, {
    state: to, state_code: code, previous: state.current, previous_seconds: state.since === null ? null : since(from, state.since) / 1_000, ...ran ? { last_good: rfc3339(goodAt) } : {},
  })
}

export function applyState(equipment: Equipment, fact: Draft): Equipment {
  if (fact.type === 'changeover_started') return fact.body.from === undefined ? equipment : changesSince(equipment, instantOf(fact.body.from)!)
  if (fact.type !== 'state_changed') return equipment
  const { state } = equipment
  const { state: current, state_code: code, last_good: good } = fact.body
  const ran = state.current === 'running' && state.since !== null ? since(fact.at, state.since) : 0
  return {
    ...equipment,
    state: {
      current, code, since: current === state.current ? state.since : fact.at, runMs: state.runMs + ran, blindFrom: null,
      // Blindness in a standstill does not forget how it began.
      lastGood: good === undefined ? (current === 'running' || state.current === 'running' ? null : state.lastGood) : instantOf(good),
    },
    seen: { ...equipment.seen, candidate: null },
  }
}

/** Standing that turns out to be a changeover. What of it was a run, without a good part, is none. */
function changesSince(equipment: Equipment, from: Instant): Equipment {
  const { state, losses: { timeline: { states } } } = equipment
  const ranMs = states.reduce((ms, span, n) => ms + (span.state === 'running' ? Math.max(0, (states[n + 1]?.from ?? span.from) - Math.max(span.from, from)) : 0), 0)
  return { ...equipment, state: { ...state, current: 'changeover', since: from, runMs: state.runMs - ranMs }, seen: { ...equipment.seen, candidate: null } }
}

/** Running time since ever, until `at`. */
export const runMsAt = ({ state }: Equipment, at: Instant): number =>
  state.runMs + (state.current === 'running' && state.since !== null ? Math.max(0, since(at, state.since)) : 0)

/** What the signals say now; `null` when they say nothing that could change the state. */
export function classOf(line: Line, i: number): StateClass | null {
  const { state, seen: { signals }, changeover, awaited } = equipmentAt(line, i)
  const options = configAt(line, i).state
  const deciding = options.from === 'running' ? signals.running : signals.state
  if (deciding === null) return blindClass(line, i, state.current)
  const changing = changeover !== null || isOn(signals.changeover)
  const found = options.from === 'running' ? bitClass(line, i) : numberClass(line, i, Number(deciding), changing)
  if (found === 'running') return isTrial(equipmentAt(line, i)) ? 'changeover' : found
  if (changing && standsUnplanned(found)) return 'changeover'
  const stood = found === 'stopped' ? refined(line, i) : found
  // Once it was said to be over, a fault is one of its own; what else it waits for is the first good part.
  return awaited !== null && standsUnplanned(stood) && stood !== 'faulted' ? 'changeover' : stood
}

/** What runs in a changeover after it has stood is tried, and no production yet. Where no part is counted nobody can tell. */
export const isTrial = ({ changeover, awaited, counts, state }: Equipment): boolean =>
  ((changeover ?? awaited)?.stood ?? false) && state.current !== 'running' && Object.keys(counts.bases).length > 0

function bitClass(line: Line, i: number): StateClass {
  const { running, speed } = equipmentAt(line, i).seen.signals
  const speedMin = configAt(line, i).state.run_speed_min
  const moves = speedMin === undefined || speed === null || Number(speed) > speedMin
  return isOn(running) && moves ? 'running' : 'stopped'
}

function numberClass(line: Line, i: number, number: number, changeover: boolean): StateClass {
  const { state, job, code, seen: { signals } } = equipmentAt(line, i)
  const { from, map } = configAt(line, i).state
  const own = map[String(number)]
  if (own !== undefined) return own
  if (from === 'map') return 'unknown'
  return packmlClass(number, codeOf(signals.mode), {
    previous: state.current, blocked: isOn(signals.blocked), changeover, jobActive: jobOf(line, i) !== null,
    jobNext: job === null && Object.values(line.jobs).some((next) => (next.status === 'assigned' || next.status === 'accepted') && next.equipment === code),
  })
}

/** Standing is a fault of its own before it is a want of parts or room. Without a fault bit the catalogue's faults say so. */
function refined(line: Line, i: number): StateClass {
  const { seen: { signals }, faults } = equipmentAt(line, i)
  const rules = line.rules[i]!
  const faulty = signals.fault === null
    ? faults.active.some(({ bit }) => rules.faults.get(bit)?.kind === 'fault' && rules.faults.get(bit)?.marker === 'internal')
    : isOn(signals.fault)
  if (faulty) return 'faulted'
  if (isOn(signals.starved)) return 'starved'
  return isOn(signals.blocked) ? 'blocked' : 'stopped'
}

function blindClass(line: Line, i: number, current: StateClass): StateClass {
  switch (configAt(line, i).no_data) {
    case 'exclude': return 'unknown'
    case 'stop': return 'stopped'
    case 'hold': return current
  }
}

export const isOn = (value: SignalValue): boolean => value === true || (typeof value === 'number' && value !== 0)
const codeOf = (value: SignalValue): number | null => (typeof value === 'number' ? value : null)

export const stands = (state: StateClass): boolean => state !== 'running' && state !== 'unknown'
export const standsPlanned = (state: StateClass): boolean => state === 'changeover' || state === 'maintenance' || state === 'setup'
export const standsUnplanned = (state: StateClass): boolean => stands(state) && !standsPlanned(state)
