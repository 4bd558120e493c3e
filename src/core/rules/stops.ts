/** Stops: when an equipment stands in planned time, why, for how long, and what people say about it later. */

import { limits } from '../../base/limits.js'
import { type Instant, instantOf, instant, rfc3339, since } from '../../base/units.js'
import type { Command } from '../../contract/commands.js'
import type { Draft, DraftOf } from '../../contract/events/catalogue.js'
import { type Refusal, isRefusal, refuse } from '../../contract/refusals.js'
import { lockOf } from '../memory/locks.js'
import { configAt, draft, equipmentAt, indexOf, jobOf, productOf, withEquipment } from '../memory/lookups.js'
import type { Equipment, Line, Stop, StopCause } from '../memory/memory.js'
import { asWorks, plannedMsBetween, shiftIdOf, standingCounts, standingCountsSince } from '../memory/schedule.js'
import { microMsOf } from '../time/attribution.js'
import { idealMsPerPart } from '../time/plan.js'
import { causeOf } from './cause.js'
import { automaticReason, isSaidByPerson, reasonFor } from './reasons.js'
import { stands, standsPlanned } from './state.js'

/** Looks at one equipment: its stop ends, opens, or is explained better than before. */
export function decideStop(line: Line, i: number, at: Instant): Draft[] {
  const { code, state, stop } = equipmentAt(line, i)
  if (stop !== null) {
    // Blindness is no end: the stop goes on under its name, or has ended where the sight was lost.
    if (state.current === 'unknown') return []
    const isOver = !stands(state.current) || standsPlanned(state.current) !== standsPlanned(stop.state) || becomesAnother(line, i, stop, at)
    return isOver ? [resolved(line, i, stop)] : explained(line, i, stop, at)
  }
  if (state.since === null || !stands(state.current) || !standingCounts(asWorks(line, code), at)) return []
  return [opened(line, i, at)]
}

/**
 * A stop has one cause and one side that answers for it. What waited has a fault of its own now, or what had one waits since it was cleared; who wanted parts wants room;
 * and what was mended and is ready waits for an order: two stops, the second from where the state began. Only then is it known what rose with it.
 * What a person has said is planned stays that: a guard that is opened to clean is no failure.
 */
function becomesAnother(line: Line, i: number, { from, state: was, cause, reason }: Stop, at: Instant): boolean {
  const { state: { current, since: began } } = equipmentAt(line, i)
  if (began === null || at !== began || began <= from || (isSaidByPerson(reason) && reason?.category !== 'unplanned')) return false
  const side = cause?.blame.direction ?? (was === 'faulted' ? 'internal' : null)
  const found = causeOf(line, i, current, began)?.cause.blame.direction ?? 'internal'
  switch (current) {
    case 'faulted': return found === 'internal' && (side === null ? was === 'idle' : side !== 'internal')
    case 'starved': case 'blocked': return side !== null && (side === 'internal' || side !== found)
    // With a job the way back into the run goes through it: that is a part of the repair.
    case 'idle': return side === 'internal' && jobOf(line, i) === null
    default: return false
  }
}

function opened(line: Line, i: number, at: Instant): Draft {
  const { code, state } = equipmentAt(line, i)
  const from = instant(Math.max(state.since!, standingCountsSince(asWorks(line, code), at)))
  const found = causeOf(line, i, state.current, from)
  return draft(line, 'downtime_event', from, code, {
    stop_id: `${line.plan.line.code}-S${line.stopsCount + 1}`, state: state.current,
    reason: automaticReason(line.plan, code, state.current, found?.cause ?? null, found?.entry?.reason), cause: found?.cause ?? null,
    job_id: jobOf(line, i)?.order.job_id ?? null, product: productOf(line, i), shift: shiftIdOf(line),
  })
}

/** A fault whose bit was read one poll after the stop still explains it, and a stop that waits finds its culprit. */
function explained(line: Line, i: number, stop: Stop, at: Instant): Draft[] {
  if (stop.cause !== null && stop.cause.fault !== null) return []
  const { code, state } = equipmentAt(line, i)
  const found = causeOf(line, i, state.current, stop.from)
  if (found === null || sameCause(found.cause, stop)) return []
  const reason = isSaidByPerson(stop.reason) ? stop.reason : automaticReason(line.plan, code, stop.state, found.cause, found.entry?.reason) ?? stop.reason
  return [updated(line, stop, at, { change: 'cause', cause: found.cause, reason })]
}

/** A culprit that nobody remembers any more, because the stop has lasted too long, stays the culprit. */
const sameCause = ({ fault, blame }: StopCause, { cause }: Stop): boolean =>
  cause !== null && fault === cause.fault && blame.direction === cause.blame.direction && (blame.equipment ?? cause.blame.equipment) === cause.blame.equipment

function resolved(line: Line, i: number, stop: Stop): Draft {
  const { code, state } = equipmentAt(line, i)
  const to = instant(Math.max(state.since!, stop.from))
  const { from } = stop
  const idealMs = idealMsPerPart(line.plan, configAt(line, i), productOf(line, i))
  const microMs = microMsOf(configAt(line, i), idealMs)
  return draft(line, 'downtime_resolved', to, code, {
    stop_id: stop.id, state: stop.state, reason: stop.reason, cause: stop.cause, job_id: stop.job, product: stop.product, shift: stop.shift,
    from: rfc3339(from), lost_seconds: costMs(line, stop, from, to) / 1_000,
    // By its full length, whatever shift, break or report cuts it.
    micro: !stop.parted && since(to, from) < microMs && !standsPlanned(stop.state),
  })
}

/** The time a stop has cost so far; while nobody can see, it costs no more. */
export function lostMsAt(line: Line, stop: Stop, at: Instant): number {
  const state = stop.to === null ? line.equipment[indexOf(line, stop.equipment)]?.state : undefined
  const end = state?.current === 'unknown' && state.since !== null ? instant(Math.min(at, Math.max(state.since, stop.from))) : stop.to ?? at
  return costMs(line, stop, stop.from, end)
}

/** What it would cost to stand from then to then, all of it seen. */
export const costBetween = (line: Line, equipment: string, from: Instant, to: Instant): number => costMs(line, { equipment, blind: [] }, from, to)

/** What a stretch of a stop has cost: the planned time that somebody saw it stand. Stretches side by side cost what the whole does. */
function costMs(line: Line, { equipment, blind }: Pick<Stop, 'equipment' | 'blind'>, from: Instant, to: Instant): number {
  const plannedMs = (start: Instant, end: Instant): number => plannedMsBetween(asWorks(line, equipment), start, end)
  const unseenMs = blind.reduce((ms, unseen) => {
    const [start, end] = [instant(Math.max(from, unseen.from)), instant(Math.min(to, unseen.to))]
    return start < end ? ms + plannedMs(start, end) : ms
  }, 0)
  return plannedMs(from, to) - unseenMs
}

/* ── what people say ─────────────────────────────────────────────────────────────────────────── */

export function decideStopCommand(line: Line, command: Command): Draft[] | Refusal {
  switch (command.name) {
    case 'stop_reason': case 'stop_note': case 'stop_split': case 'stop_merge': break
    default: return []
  }
  const stop = stopOf(line, command.body.stop_id)
  if (stop === null) return refuse('STOP_UNKNOWN', { stop_id: command.body.stop_id })
  const locked = lockOf(line, { from: stop.from, to: stop.to ?? command.at }, command)
  if (locked !== null) return locked
  const { expected_revision: expected } = command.body
  if (expected !== undefined && expected !== stop.revision) return refuse('STALE_REVISION', { stop_id: stop.id, revision: stop.revision })
  const by = command.by.name
  switch (command.name) {
    case 'stop_note': return [updated(line, stop, command.at, { change: 'note', note: command.body.note, by })]
    case 'stop_reason': {
      const reason = reasonFor(line.plan, command.body.reason, stop.equipment, isSaidByPerson(stop.reason) ? 'edited' : 'operator', by)
      return isRefusal(reason) ? reason : [updated(line, stop, command.at, { change: 'reason', reason, by })]
    }
    case 'stop_split': return split(line, stop, command.at, instantOf(command.body.at)!, command.body.reason, by)
    case 'stop_merge': return merge(line, stop, command.at, command.body.with, by)
  }
}

function split(line: Line, stop: Stop, now: Instant, at: Instant, code: string | undefined, by: string): Draft[] | Refusal {
  const end = stop.to ?? now
  if (at <= stop.from || at >= end) return refuse('SPLIT_OUTSIDE', { from: rfc3339(stop.from), to: rfc3339(end) })
  const id = `${line.plan.line.code}-S${line.stopsCount + 1}`
  const first = updated(line, stop, now, { change: 'split', to: rfc3339(at), split_off: id, by })
  if (code === undefined) return [first]
  const reason = reasonFor(line.plan, code, stop.equipment, 'operator', by)
  if (isRefusal(reason)) return reason
  return [first, updated(line, { ...stop, id, from: at, revision: 0 }, now, { change: 'reason', reason, by })]
}

function merge(line: Line, stop: Stop, now: Instant, withId: string, by: string): Draft[] | Refusal {
  const next = stopOf(line, withId)
  if (next === null) return refuse('STOP_UNKNOWN', { with: withId })
  if (stop.to === null || next.to === null) return refuse('STOP_OPEN', { stop_id: stop.to === null ? stop.id : next.id })
  if (next.equipment !== stop.equipment || next.from !== stop.to) return refuse('MERGE_NOT_ADJACENT', { ends: rfc3339(stop.to), begins: rfc3339(next.from) })
  return [updated(line, { ...stop, blind: joined(stop.blind, next.blind) }, now, { change: 'merge', to: rfc3339(next.to), merged: next.id, by })]
}

export function updated(line: Line, stop: Stop, at: Instant, change: Pick<DraftOf<'downtime_updated'>['body'], 'change'> & Partial<DraftOf<'downtime_updated'>['body']>): Draft {
  const to = change.to === undefined ? stop.to : change.to === null ? null : instantOf(change.to)
  return draft(line, 'downtime_updated', at, stop.equipment, {
    stop_id: stop.id, revision: stop.revision + 1, reason: stop.reason, cause: stop.cause, from: rfc3339(stop.from), to: to === null ? null : rfc3339(to),
    lost_seconds: to === null ? null : costMs(line, stop, stop.from, to) / 1_000, merged: null, split_off: null, note: null, by: null, ...change,
  })
}

export const openStops = (line: Line): Stop[] => line.equipment.flatMap(({ stop }) => (stop === null ? [] : [stop]))
/** The stop of that id, open or ended, while the line remembers it. */
export const stopOf = (line: Line, id: string): Stop | null => openStops(line).find((stop) => stop.id === id) ?? line.stops.find((stop) => stop.id === id) ?? null

/* ── memory ──────────────────────────────────────────────────────────────────────────────────── */

export function applyStops(line: Line, fact: Draft): Line {
  const i = indexOf(line, fact.equipment)
  if (i === -1) return line
  const equipment = equipmentAt(line, i)
  switch (fact.type) {
    case 'downtime_event': {
      const { stop_id: id, state, reason, cause, job_id: job, product, shift } = fact.body
      const stop: Stop = { id, equipment: equipment.code, state, from: fact.at, to: null, blind: [], micro: false, parted: false, reason, cause, job, product, shift, revision: 0, notes: [] }
      return withEquipment({ ...line, stopsCount: line.stopsCount + 1 }, i, { ...equipment, stop })
    }
    case 'downtime_resolved': {
      if (fact.body.found === true) return { ...line, stopsCount: line.stopsCount + 1, stops: remembered(line, foundStop(equipment.code, fact)) }
      if (equipment.stop === null) return line
      const ended = { ...equipment.stop, to: fact.at, micro: fact.body.micro }
      return withEquipment({ ...line, stops: remembered(line, ended) }, i, { ...equipment, stop: null })
    }
    case 'downtime_updated': return applyUpdate(line, i, fact)
    // All of it turns out to be the changeover that somebody names now.
    case 'changeover_started': return equipment.stop === null || fact.body.from === undefined ? line : withEquipment(line, i, { ...equipment, stop: { ...equipment.stop, state: 'changeover', from: instantOf(fact.body.from)! } })
    case 'state_changed': return equipment.stop === null ? line : withEquipment(line, i, { ...equipment, stop: goneOn(equipment, equipment.stop, fact) })
    default: return line
  }
}

/** It had ended when it came to be one, and whatever stands now goes on. */
function foundStop(equipment: string, { at, body }: DraftOf<'downtime_resolved'>): Stop {
  const { stop_id: id, state, reason, cause, job_id: job, product, shift, from, micro } = body
  return { id, equipment, state, from: instantOf(from)!, to: at, blind: [], micro, parted: false, reason, cause, job, product, shift, revision: 0, notes: [] }
}

const remembered = (line: Line, stop: Stop): readonly Stop[] => [...line.stops.slice(1 - limits.stopsRememberedMax), stop]

/** Standing plainly turns out to be a fault, or waiting; and time that nobody saw is no loss of the stop. */
function goneOn({ state }: Equipment, stop: Stop, fact: DraftOf<'state_changed'>): Stop {
  const to = fact.body.state
  if (state.current === 'unknown') return state.since === null ? stop : { ...stop, blind: withBlind(stop.blind, { from: state.since, to: fact.at }) }
  return stop.state === 'stopped' && stands(to) && !standsPlanned(to) ? { ...stop, state: to } : stop
}

const withBlind = (blind: Stop['blind'], unseen: Stop['blind'][number]): Stop['blind'] => {
  const [first, second, ...others] = [...blind, unseen]
  return first === undefined || second === undefined || others.length + 2 <= limits.blindPerStopMax ? [...blind, unseen] : [{ from: first.from, to: second.to }, ...others]
}

/** The parts of a split stop both know of all that was blind in it. */
const joined = (blind: Stop['blind'], more: Stop['blind']): Stop['blind'] => [...blind, ...more.filter((unseen) => !blind.some(({ from }) => from === unseen.from))]

function applyUpdate(line: Line, i: number, fact: DraftOf<'downtime_updated'>): Line {
  const { body } = fact
  const old = stopOf(line, body.stop_id)
  // Of a stop older than memory only its number is left to know, and that a stop in memory may have become part of it.
  if (old === null) return { ...line, stops: line.stops.filter(({ id }) => id !== body.merged), stopsCount: line.stopsCount + (body.split_off === null ? 0 : 1) }
  const to = body.to === null ? null : instantOf(body.to)
  const stop: Stop = {
    ...old, to, revision: body.revision, reason: body.reason, cause: body.cause,
    blind: body.merged === null ? old.blind : joined(old.blind, stopOf(line, body.merged)?.blind ?? []),
    notes: body.note === null ? old.notes : [...old.notes.slice(1 - limits.notesPerStopMax), { at: fact.at, by: body.by, note: body.note }],
  }
  const { stop: open } = equipmentAt(line, i)
  if (to === null) return withEquipment(line, i, { ...equipmentAt(line, i), stop })
  if (open?.id === stop.id && body.split_off !== null) {
    // The stop goes on under the name of its second part. Whoever parts a stop has looked at it: neither part is a micro-stop.
    const rest: Stop = { ...old, id: body.split_off, from: to, parted: true, revision: 0, notes: [] }
    return withEquipment({ ...line, stops: remembered(line, { ...stop, parted: true }), stopsCount: line.stopsCount + 1 }, i, { ...equipmentAt(line, i), stop: rest })
  }
  const stops = line.stops.flatMap((known) => {
    if (known.id === body.merged) return []
    if (known.id !== stop.id) return [known]
    return body.split_off === null ? [stop] : [stop, { ...old, id: body.split_off, from: to, revision: 0, notes: [] }]
  })
  return { ...line, stops, stopsCount: line.stopsCount + (body.split_off === null ? 0 : 1) }
}

