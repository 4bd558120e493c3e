/** Calls for help: who raised them, who answered, and when they climb to the next person. */

import { limits } from '../../base/limits.js'
import { type Instant, type Ms, instant, instantOf, later, rfc3339, since } from '../../base/units.js'
import type { Command } from '../../contract/commands.js'
import type { AndonPriority, AndonType } from '../../contract/config.js'
import type { Draft, DraftOf } from '../../contract/events/catalogue.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import { draft, equipmentAt, indexOf, jobOf } from '../memory/lookups.js'
import type { Andon, Line, Stop } from '../memory/memory.js'
import { afterPlanned, asWorks, plannedMsBetween, shiftIdOf, standingCounts } from '../memory/schedule.js'
import { applyFixedPosition, decideFixedPosition, decideSecondPull, fellDueAway, fixedPositionDue, graceOf } from './fixed-position.js'
import { applyShelves, chattersTo, decideShelfCommand, decideShelvesEnd, floodCall, isShelved } from './hygiene.js'
import { standsUnplanned } from './state.js'
import { lostMsAt } from './stops.js'

/* ── what people ask ─────────────────────────────────────────────────────────────────────────── */

export function decideAndonCommand(line: Line, command: Command): Draft[] | Refusal {
  const { at } = command
  const by = command.by.name
  switch (command.name) {
    case 'andon_raise': {
      const { event_type: type, priority, description } = command.body
      const open = openCall(line, command.equipment, type)
      if (open !== undefined) return refuse('ANDON_ALREADY_OPEN', { andon_id: open.id })
      return [raised(line, at, { equipment: command.equipment, type, priority, description, source: 'manual', by, stopId: null })]
    }
    case 'andon_acknowledge': case 'andon_attend': case 'andon_resolve': case 'andon_comment': break
    case 'andon_cancel': return decideSecondPull(line, command)
    default: return decideShelfCommand(line, command)
  }
  const { andon_id, comment } = command.body
  const call = line.andons.find(({ id }) => id === andon_id)
  if (call === undefined) return refuse('ANDON_UNKNOWN', { andon_id })
  if (call.resolvedAt !== null) {
    // Its durations are told: that it was seen afterwards is a fact of its own.
    if (command.name === 'andon_acknowledge' && isUnseen(call)) return [draft(line, 'andon_acknowledged', at, call.equipment, { andon_id, by, response_seconds: null, comment })]
    return refuse('ANDON_ENDED', { andon_id, resolved_at: rfc3339(call.resolvedAt) })
  }
  const seconds = since(at, call.raisedAt) / 1_000
  switch (command.name) {
    case 'andon_acknowledge': {
      if (call.acknowledgedAt !== null) return refuse('ANDON_ALREADY_ACKNOWLEDGED', { andon_id, by: call.acknowledgedBy })
      return [draft(line, 'andon_acknowledged', at, call.equipment, { andon_id, by, response_seconds: seconds, comment })]
    }
    case 'andon_attend': {
      if (call.attendedAt !== null) return refuse('ANDON_ALREADY_ACKNOWLEDGED', { andon_id, by: call.attendedBy })
      return [draft(line, 'andon_attended', at, call.equipment, { andon_id, by, arrival_seconds: seconds, comment })]
    }
    case 'andon_resolve': return [draft(line, 'andon_resolved', at, call.equipment, { andon_id, by, resolution_seconds: seconds, comment, automatic: false })]
    case 'andon_comment': return [draft(line, 'andon_updated', at, call.equipment, { andon_id, repeats: call.repeats, comment, by })]
  }
}

/** A call that ended by itself before anybody answered stays so until somebody says that it was seen. */
export const isUnseen = ({ resolvedAt, resolvedBy, acknowledgedAt, attendedAt, seenAt }: Andon): boolean =>
  resolvedAt !== null && resolvedBy === null && acknowledgedAt === null && attendedAt === null && seenAt === null

/* ── what raises and ends calls by itself ────────────────────────────────────────────────────── */

/** A stop that costs too much calls by itself, once, dated at the instant it did. What waits for another machine leaves the call to that one. */
export function decideStopCall(line: Line, i: number, at: Instant): Draft[] {
  const due = stopCallDue(line, i, at)
  const { stop, code } = equipmentAt(line, i)
  if (stop === null || at < due) return []
  return byItself(line, instant(due), { equipment: code, type: 'stop', priority: line.plan.andon.stop.priority, description: stop.reason?.name ?? null, source: 'stop', by: null, stopId: stop.id })
}

/** When the stop will have cost too much, as far as the shift or break at `at` lasts. */
export function stopCallDue(line: Line, i: number, at: Instant): number {
  const { stop_longer: longerMs } = line.plan.andon
  const { stop, code, state } = equipmentAt(line, i)
  if (longerMs === undefined || stop === null || !standsUnplanned(state.current) || !standingCounts(asWorks(line, code), at)) return Infinity
  if (stop.reason !== null && stop.reason.category !== 'unplanned') return Infinity
  if (openCall(line, code, 'stop') !== undefined || isShelved(line, code, 'stop') || hasCalled(line, stop.id)) return Infinity
  return Math.max(at + longerMs - lostMsAt(line, stop, at), waitOver(line, stop) + longerMs)
}

/** Since when an equipment need not wait for the one that is blamed for its stop: never while that stands, be it planned or shelved, and always where nobody is to blame. */
function waitOver(line: Line, stop: Stop): number {
  const culprit = indexOf(line, stop.cause?.blame.equipment ?? null)
  if (culprit === -1) return -Infinity
  const { state, stop: itsStop } = equipmentAt(line, culprit)
  return itsStop === null ? state.since ?? -Infinity : Infinity
}

/** By a call of its own, or under the call that was open in a flood. */
const hasCalled = (line: Line, stop: string): boolean => line.andons.some(({ stopId, stopsUnder }) => stopId === stop || stopsUnder.includes(stop))

/** Equipment that nobody has seen for too long calls by itself, once, dated at the instant it did. */
export function decideBlindCall(line: Line, i: number, at: Instant): Draft[] {
  const rule = line.plan.andon.no_data
  const due = blindCallDue(line, i, at)
  if (rule === undefined || at < due) return []
  const { type, priority } = rule
  return byItself(line, instant(due), { equipment: equipmentAt(line, i).code, type, priority, description: 'no data', source: 'no_data', by: null, stopId: null })
}

/** When it will have been out of sight for too long, as far as the shift or break at `at` lasts. While the gateway itself was away nobody could have come. */
export function blindCallDue(line: Line, i: number, at: Instant): number {
  const rule = line.plan.andon.no_data
  const { code, state } = equipmentAt(line, i)
  if (rule === undefined || state.current !== 'unknown' || state.since === null) return Infinity
  const works = asWorks(line, code)
  const from = instant(Math.max(state.since, line.away?.to ?? state.since))
  if (!standingCounts(works, at) || openCall(line, code, rule.type) !== undefined || isShelved(line, code, rule.type)) return Infinity
  if (line.andons.some((call) => call.source === 'no_data' && call.equipment === code && call.raisedAt >= from)) return Infinity
  return at + rule.longer - plannedMsBetween(works, from, at)
}

/** It is seen again. */
export function decideSight(line: Line, fact: DraftOf<'state_changed'>): Draft[] {
  if (fact.body.previous !== 'unknown' || fact.body.state === 'unknown') return []
  return line.andons.filter((call) => call.source === 'no_data' && call.resolvedAt === null && call.equipment === fact.equipment).map((call) => endedByItself(line, call, fact.at))
}

/** So many faults of a severity within a time. While the call is open, each further one is a repeat of it. */
export function decideFaultCall(line: Line, fact: DraftOf<'plc_fault'>): Draft[] {
  const i = indexOf(line, fact.equipment)
  if (fact.body.kind !== 'fault') return []
  return line.plan.andon.faults.filter((rule) => rule.severity === fact.body.severity).flatMap((rule) => {
    const { code, faults } = equipmentAt(line, i)
    const rose = faults.risen.filter(({ bit, at }) => line.rules[i]!.faults.get(bit)?.severity === rule.severity && line.rules[i]!.faults.get(bit)?.kind === 'fault' && since(fact.at, at) < rule.within)
    if (rose.length < rule.count) return []
    const open = openCall(line, code, rule.type)
    if (open !== undefined) return [draft(line, 'andon_updated', fact.at, code, { andon_id: open.id, repeats: open.repeats + 1, comment: null, by: null })]
    return byItself(line, fact.at, { equipment: code, type: rule.type, priority: rule.priority, description: fact.body.name, source: 'fault', by: null, stopId: null })
  })
}

/** Too many rejects call, and their end ends the call. */
export function decideQualityCall(line: Line, fact: DraftOf<'quality_alert'>): Draft[] {
  const open = openCall(line, fact.equipment, 'quality')
  if (!fact.body.active) return open?.source === 'quality' ? [endedByItself(line, open, fact.at)] : []
  if (open !== undefined) return [draft(line, 'andon_updated', fact.at, fact.equipment, { andon_id: open.id, repeats: open.repeats + 1, comment: null, by: null })]
  return byItself(line, fact.at, { equipment: fact.equipment, type: 'quality', priority: line.plan.andon.quality.priority, description: null, source: 'quality', by: null, stopId: null })
}

/** A line that stays below its OEE threshold calls, where the plant wants it so. */
export function decideOeeCall(line: Line, fact: DraftOf<'oee_alert'> | DraftOf<'oee_alert_cleared'>): Draft[] {
  const rule = line.plan.andon.oee
  if (fact.type === 'oee_alert_cleared') return line.andons.filter((call) => call.source === 'oee' && call.resolvedAt === null).map((call) => endedByItself(line, call, fact.at))
  if (rule === undefined || openCall(line, null, rule.type) !== undefined) return []
  return byItself(line, fact.at, { equipment: null, ...rule, description: null, source: 'oee', by: null, stopId: null })
}

/** What calls by itself is silent while it is shelved, and in a flood counts under the call that is open. */
function byItself(line: Line, at: Instant, raise: Raise): Draft[] {
  if (isShelved(line, raise.equipment, raise.type)) return []
  const first = floodCall(line, at)
  if (first === null) return [raised(line, at, raise)]
  return [draft(line, 'andon_updated', at, first.equipment, {
    andon_id: first.id, repeats: first.repeats + 1, comment: `in a flood: ${raise.equipment ?? line.plan.line.code} ${raise.type}`, by: null,
    ...raise.stopId === null ? {} : { stop_id: raise.stopId },
  })]
}

/** What called by itself ends when its cause is gone. */
export function decideCallsEnd(line: Line, fact: DraftOf<'downtime_resolved'> | DraftOf<'plc_fault_cleared'>): Draft[] {
  const open = line.andons.filter((call) => call.resolvedAt === null && call.equipment === fact.equipment)
  if (fact.type === 'downtime_resolved') return open.filter(({ stopId }) => stopId === fact.body.stop_id).map((call) => endedByItself(line, call, fact.at))
  if (fact.body.kind !== 'fault') return []
  return open.filter((call) => call.source === 'fault' && severitiesOf(line, call.type).includes(fact.body.severity) && isOver(line, call, fact.at)).map((call) => endedByItself(line, call, fact.at))
}

/** What passes with time alone: a fault that chattered has been quiet, and a shelf has come to its end. */
export function decideQuiet(line: Line, at: Instant): Draft[] {
  const quiet = line.andons.filter((call) => call.source === 'fault' && call.resolvedAt === null && isOver(line, call, at))
  return [...quiet.map((call) => endedByItself(line, call, at)), ...decideShelvesEnd(line, at)]
}

/** When the next of these will have passed. A fault that chatters no more and is still there ends by a fact, not by time. */
export const quietDue = (line: Line, at: Instant): number => Math.min(
  ...line.shelves.map(({ until }) => until),
  ...line.andons.filter((call) => call.source === 'fault' && call.resolvedAt === null)
    .map((call) => chattersTo(line, call, severitiesOf(line, call.type)) ?? Infinity).filter((due) => due > at),
)

const severitiesOf = (line: Line, type: AndonType): readonly string[] => line.plan.andon.faults.filter((rule) => rule.type === type).map((rule) => rule.severity)

/** No fault that made the call is there, and none comes and goes. */
function isOver(line: Line, call: Andon, at: Instant): boolean {
  const i = indexOf(line, call.equipment)
  const severities = severitiesOf(line, call.type)
  const left = i !== -1 && equipmentAt(line, i).faults.active.some(({ bit }) => {
    const entry = line.rules[i]!.faults.get(bit)
    return entry?.kind === 'fault' && severities.includes(entry.severity)
  })
  return !left && at >= (chattersTo(line, call, severities) ?? at)
}

const endedByItself = (line: Line, call: Andon, at: Instant): Draft => draft(line, 'andon_resolved', at < call.raisedAt ? call.raisedAt : at, call.equipment, {
  andon_id: call.id, by: null, resolution_seconds: Math.max(0, since(at, call.raisedAt)) / 1_000, comment: null, automatic: true,
})

/* ── ladders ─────────────────────────────────────────────────────────────────────────────────── */

/**
 * Each level once, in order, at its due instant: level k is due k times the limit after the raise, whatever happened between.
 * The response ladder ends with an answer, the resolution ladder with the end of the call.
 */
export function decideEscalations(line: Line, at: Instant): Draft[] {
  const climbs = laddersOf(line).flatMap(({ call, ladder, limitMs }) => {
    const drafts: { readonly due: Instant; readonly fact: Draft }[] = []
    for (let level = call.levels[ladder] + 1; level <= line.plan.andon.levels_max; level++) {
      const due = afterMs(line, call.raisedAt, level * limitMs)
      if (due === null || due > at) break
      drafts.push({ due, fact: draft(line, 'escalation_update', due, call.equipment, { andon_id: call.id, ladder, level, due: rfc3339(due), late: fellDueAway(line, due) }) })
    }
    return drafts
  })
  return [...climbs, ...decideFixedPosition(line, at)].sort((a, b) => a.due - b.due).map(({ fact }) => fact)
}

/** When the next level of any ladder is due. */
export const escalationsDue = (line: Line): number => Math.min(fixedPositionDue(line), ...laddersOf(line).map(({ call, ladder, limitMs }) => {
  const level = call.levels[ladder] + 1
  return level > line.plan.andon.levels_max ? Infinity : afterMs(line, call.raisedAt, level * limitMs) ?? Infinity
}))

/** The ladders that are still climbed. */
function laddersOf(line: Line): { readonly call: Andon; readonly ladder: 'response' | 'resolution'; readonly limitMs: Ms }[] {
  return line.andons.filter((call) => call.resolvedAt === null).flatMap((call) => {
    // Where ladders pause, the instants that were promised at the raise hold those pauses, and the limits are the plan's.
    const { acknowledge, resolve } = line.plan.andon.pause_unmanned ? line.plan.andon.times[call.priority] : { acknowledge: since(call.acknowledgeBy, call.raisedAt), resolve: since(call.resolveBy, call.raisedAt) }
    const resolution = { call, ladder: 'resolution' as const, limitMs: resolve }
    return call.acknowledgedAt === null && call.attendedAt === null ? [{ call, ladder: 'response' as const, limitMs: acknowledge }, resolution] : [resolution]
  })
}

/** When so much time has passed that somebody was there to answer; `null` when the calendar never gets there. */
const afterMs = (line: Line, from: Instant, ms: Ms): Instant | null => line.plan.andon.pause_unmanned ? afterPlanned(line, from, ms) : later(from, ms)

/* ── memory ──────────────────────────────────────────────────────────────────────────────────── */

interface Raise {
  readonly equipment: string | null
  readonly type: AndonType
  readonly priority: AndonPriority
  readonly description: string | null
  readonly source: Andon['source']
  readonly by: string | null
  readonly stopId: string | null
}

function raised(line: Line, at: Instant, { equipment, type, priority, description, source, by, stopId }: Raise): Draft {
  const times = line.plan.andon.times[priority]
  const i = indexOf(line, equipment)
  return draft(line, 'andon_event', at, equipment, {
    andon_id: `${line.plan.line.code}-A${line.andonsCount + 1}`, andon_type: type, priority, description, source, by,
    acknowledge_by: rfc3339(afterMs(line, at, times.acknowledge) ?? later(at, times.acknowledge)), resolve_by: rfc3339(afterMs(line, at, times.resolve) ?? later(at, times.resolve)),
    stop_id: stopId, job_id: i === -1 ? null : jobOf(line, i)?.order.job_id ?? null, shift: shiftIdOf(line),
    ...graceOf(line, { equipment, type, source }, at),
  })
}

const openCall = (line: Line, equipment: string | null, type: AndonType): Andon | undefined =>
  line.andons.find((call) => call.resolvedAt === null && call.equipment === equipment && call.type === type)

export function applyAndon(line: Line, fact: Draft): Line {
  switch (fact.type) {
    case 'andon_event': {
      const { body } = fact
      const call: Andon = {
        id: body.andon_id, equipment: fact.equipment, type: body.andon_type, priority: body.priority, description: body.description, source: body.source,
        raisedAt: fact.at, raisedBy: body.by, acknowledgeBy: instantOf(body.acknowledge_by)!, resolveBy: instantOf(body.resolve_by)!,
        acknowledgedAt: null, acknowledgedBy: null, attendedAt: null, attendedBy: null, resolvedAt: null, resolvedBy: null, seenAt: null, seenBy: null,
        levels: { response: 0, resolution: 0 }, repeats: 0, comments: [], stopId: body.stop_id, stopsUnder: [],
        fixedPosition: body.grace_to === undefined ? null : { graceTo: instantOf(body.grace_to)!, stoppedAt: null },
      }
      return { ...line, andonsCount: line.andonsCount + 1, andons: withRoom([...line.andons, call]) }
    }
    case 'andon_acknowledged': return answered(line, fact.body.andon_id, fact, fact.body.response_seconds === null ? { seenAt: fact.at, seenBy: fact.body.by } : { acknowledgedAt: fact.at, acknowledgedBy: fact.body.by })
    case 'andon_attended': return answered(line, fact.body.andon_id, fact, { attendedAt: fact.at, attendedBy: fact.body.by })
    case 'andon_resolved': return answered(line, fact.body.andon_id, fact, { resolvedAt: fact.at, resolvedBy: fact.body.by })
    case 'andon_updated': {
      const { andon_id, repeats, stop_id } = fact.body
      const told = answered(line, andon_id, fact, { repeats })
      return stop_id === undefined ? told : changed(told, andon_id, ({ stopsUnder }) => ({ stopsUnder: [...stopsUnder.slice(1 - limits.stopsUnderAndonMax), stop_id] }))
    }
    case 'escalation_update': {
      const { andon_id, ladder, level } = fact.body
      if (ladder === 'fixed_position') return applyFixedPosition(line, andon_id, fact.at)
      return changed(line, andon_id, (call) => ({ levels: { ...call.levels, [ladder]: level } }))
    }
    default: return applyShelves(line, fact)
  }
}

type Answer = DraftOf<'andon_acknowledged'> | DraftOf<'andon_attended'> | DraftOf<'andon_resolved'> | DraftOf<'andon_updated'>

function answered(line: Line, id: string, fact: Answer, change: Partial<Andon>): Line {
  const { comment, by } = fact.body
  return changed(line, id, (call) => ({
    ...change,
    comments: comment === null ? call.comments : [...call.comments.slice(1 - limits.commentsPerAndonMax), { at: fact.at, by, comment }],
  }))
}

const changed = (line: Line, id: string, change: (call: Andon) => Partial<Andon>): Line =>
  ({ ...line, andons: line.andons.map((call) => (call.id === id ? { ...call, ...change(call) } : call)) })

/** When there are too many, the oldest that ended is forgotten; an open call only when all are open. */
function withRoom(andons: readonly Andon[]): readonly Andon[] {
  if (andons.length <= limits.andonsRememberedMax) return andons
  const oldest = Math.max(0, andons.findIndex((call) => call.resolvedAt !== null))
  return andons.toSpliced(oldest, 1)
}
