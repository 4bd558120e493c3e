/** What an event changes in the picture of a line, until the next snapshot brings the figures that follow from it. */

import type { BodyOf, EventName } from '../../../contract/events/catalogue.js'
import type { AndonView, LineView } from '../../../contract/views.js'

/** A message of the socket, with its body by type. */
export type Said = { [N in EventName]: {
  readonly type: N; readonly timestamp: string; readonly line_id?: string; readonly equipment_code?: string
  readonly seq?: number; readonly prev_seq?: number; readonly data: BodyOf<N>
} }[EventName]

type Equipment = LineView['equipment'][number]

export function applied(line: LineView, said: Said): LineView {
  switch (said.type) {
    case 'state_changed':
      return onEquipment(line, said, (one) => ({ ...one, state: { state: said.data.state, state_code: said.data.state_code, since: said.timestamp, seconds: 0, reason: null } }))
    case 'production_update':
      return onEquipment(line, said, (one) => updated(one, said.data))
    case 'downtime_updated':
      return onEquipment(line, said, (one) => one.current_stop?.stop_id !== said.data.stop_id ? one : {
        ...one, state: { ...one.state, reason: said.data.reason }, current_stop: { ...one.current_stop, reason: said.data.reason, cause: said.data.cause, revision: said.data.revision },
      })
    case 'downtime_resolved':
      return onEquipment(line, said, (one) => one.current_stop?.stop_id === said.data.stop_id ? { ...one, current_stop: null } : one)
    case 'startup_released':
      return onEquipment(line, said, (one) => ({ ...one, production_context: { ...one.production_context, startup: null } }))
    case 'andon_acknowledged':
      // Without a time to answer it says that a call which had ended was seen.
      return said.data.response_seconds === null ? { ...line, unseen: without(line.unseen, said.data.andon_id) } : onCall(line, said.data.andon_id, (call) => ({ ...call, status: 'acknowledged', acknowledged_at: said.timestamp, acknowledged_by: said.data.by }))
    case 'andon_attended':
      return onCall(line, said.data.andon_id, (call) => ({ ...call, status: 'attended', attended_at: said.timestamp, attended_by: said.data.by }))
    case 'andon_resolved':
      return { ...line, andons: line.andons.filter((call) => call.andon_id !== said.data.andon_id) }
    case 'escalation_update':
      if (said.data.ladder === 'fixed_position') return onCall(line, said.data.andon_id, (call) => call.fixed_position === undefined ? call : { ...call, fixed_position: { ...call.fixed_position, line_stopped_at: said.timestamp } })
      return onCall(line, said.data.andon_id, (call) => ({ ...call, escalation: { ...call.escalation, [said.data.ladder]: said.data.level } }))
    case 'andon_event':
      return line.andons.some((call) => call.andon_id === said.data.andon_id) ? line : { ...line, andons: [...line.andons, raised(line, said)] }
    default:
      return line
  }
}

/** An equipment with its newest figures. */
export function updated(one: Equipment, { state, since, good, reject, total, speed, oee = null, availability = null, performance = null, quality = null }: BodyOf<'production_update'>): Equipment {
  return {
    ...one, counts: { good, reject, total }, speed, oee, availability, performance, quality,
    state: one.state.state === state && one.state.since === since ? one.state : { ...one.state, state, since },
  }
}

function raised(line: LineView, said: Extract<Said, { type: 'andon_event' }>): AndonView {
  const { andon_id, andon_type, priority, description, source, by, acknowledge_by, resolve_by, stop_id, grace_to } = said.data
  return {
    andon_id, line: line.code, equipment_code: said.equipment_code ?? null, andon_type, priority, status: 'raised', description, source,
    raised_at: said.timestamp, raised_by: by, acknowledged_at: null, acknowledged_by: null, attended_at: null, attended_by: null, resolved_at: null, resolved_by: null,
    unseen: false, seen_at: null, seen_by: null,
    acknowledge_by, resolve_by, escalation: { response: 0, resolution: 0 }, repeats: 0, comments: [], stop_id,
    ...grace_to === undefined ? {} : { fixed_position: { grace_to, line_stopped_at: null } },
  }
}

const without = ({ count, newest }: LineView['unseen'], id: string): LineView['unseen'] =>
  newest.some((call) => call.andon_id === id) ? { count: count - 1, newest: newest.filter((call) => call.andon_id !== id) } : { count, newest }

const onEquipment = (line: LineView, said: Said, change: (one: Equipment) => Equipment): LineView =>
  ({ ...line, equipment: line.equipment.map((one) => one.equipment_code === said.equipment_code ? change(one) : one) })

const onCall = (line: LineView, id: string, change: (call: AndonView) => AndonView): LineView =>
  ({ ...line, andons: line.andons.map((call) => call.andon_id === id ? change(call) : call) })
