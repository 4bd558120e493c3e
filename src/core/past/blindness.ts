/** Blind time that somebody knows about after all: a person says whether the equipment ran or stood (domain note 4.6). */

import { type Instant, instantOf, rfc3339 } from '../../base/units.js'
import type { Command } from '../../contract/commands.js'
import type { Draft, DraftOf } from '../../contract/events/catalogue.js'
import { type Refusal, isRefusal, refuse } from '../../contract/refusals.js'
import { lockOf } from '../memory/locks.js'
import { draft, equipmentAt, indexOf } from '../memory/lookups.js'
import type { Line, Stop } from '../memory/memory.js'
import { asWorks, plannedMsBetween, slotOf } from '../memory/schedule.js'
import { reasonFor } from '../rules/reasons.js'
import { openStops, updated } from '../rules/stops.js'
import type { Period } from '../time/calendar.js'
import { type Timeline, indexAt } from '../time/timeline.js'

export function decideGapCommand(line: Line, i: number, command: Command): Draft[] | Refusal {
  if (command.name !== 'gap_declare') return []
  const { at, as, reason: said } = command.body
  const { code, losses: { timeline } } = equipmentAt(line, i)
  if (isForgotten(timeline, instantOf(at)!)) return refuse('GAP_FORGOTTEN', { equipment: code, at, known_from: rfc3339(timeline.keptFrom!) })
  const gap = gapAround(timeline, instantOf(at)!)
  if (gap === null) return refuse('GAP_UNKNOWN', { equipment: code, at })
  const locked = lockOf(line, gap, command)
  if (locked !== null) return locked
  const by = command.by.name
  const reason = said === undefined ? null : reasonFor(line.plan, said, code, 'operator', by)
  if (reason !== null && isRefusal(reason)) return reason
  const around = stopAround(line, code, gap)
  const isNewStop = as === 'stopped' && around === undefined
  const work = timeline.works[indexAt(timeline.works, gap.from)]
  const declared = draft(line, 'gap_declared', command.at, code, {
    from: rfc3339(gap.from), to: rfc3339(gap.to), as, stop_id: isNewStop ? `${line.plan.line.code}-S${line.stopsCount + 1}` : null, reason,
    lost_seconds: isNewStop ? plannedMsBetween(asWorks(line, code), gap.from, gap.to) / 1_000 : null,
    job_id: work?.job ?? null, product: work?.product ?? null, shift: slotOf(line, gap.from).shift?.id ?? null, by,
  })
  // A stop that has ended was told without the time that nobody saw; one that stands tells all of it when it ends.
  if (as !== 'stopped' || around === undefined || around.to === null) return [declared]
  return [declared, updated(line, seenIn(around, gap), command.at, { change: 'seen', by })]
}

const seenIn = (stop: Stop, { from, to }: Period): Stop => ({ ...stop, blind: stop.blind.filter((unseen) => unseen.from < from || unseen.to > to) })

/** Whether memory no longer holds the instant, or the beginning of the blind time around it. */
export const isGapForgotten = (line: Line, equipment: string, at: Instant): boolean => {
  const i = indexOf(line, equipment)
  return i !== -1 && isForgotten(equipmentAt(line, i).losses.timeline, at)
}

function isForgotten({ states, keptFrom }: Timeline, at: Instant): boolean {
  if (keptFrom === null) return false
  const state = states[indexAt(states, at)]
  return at < keptFrom || (state?.state === 'unknown' && state.from < keptFrom)
}

/** The blind time around an instant that has ended. */
function gapAround({ states }: Timeline, at: Instant): Period | null {
  const index = indexAt(states, at)
  const [state, next] = [states[index], states[index + 1]]
  if (state?.state !== 'unknown' || next === undefined) return null
  return { from: state.from, to: next.from }
}

/** The stop that was open through it. */
const stopAround = (line: Line, equipment: string, gap: Period): Stop | undefined =>
  [...openStops(line), ...line.stops].find((stop) => stop.equipment === equipment && stop.from <= gap.from && (stop.to === null || stop.to >= gap.to))

/** Time that was blind in a stop is time of the stop now; where there was none, there is one. */
export function applyGap(line: Line, fact: DraftOf<'gap_declared'>): Line {
  const { body, equipment } = fact
  if (equipment === null || body.as !== 'stopped') return line
  const [from, to] = [instantOf(body.from)!, instantOf(body.to)!]
  const around = stopAround(line, equipment, { from, to })
  if (around !== undefined) {
    const seen = (stop: Stop): Stop => (stop.id === around.id ? seenIn(stop, { from, to }) : stop)
    return { ...line, stops: line.stops.map(seen), equipment: line.equipment.map((one) => (one.stop === null ? one : { ...one, stop: seen(one.stop) })) }
  }
  if (body.stop_id === null || indexOf(line, equipment) === -1) return line
  const { stop_id: id, reason, job_id: job, product, shift } = body
  const stop: Stop = { id, equipment, state: 'stopped', from, to, blind: [], micro: false, parted: true, reason, cause: null, job, product, shift, revision: 0, notes: [] }
  return { ...line, stopsCount: line.stopsCount + 1, stops: [...line.stops, stop] }
}
