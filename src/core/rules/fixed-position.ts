/** Fixed position stop (domain note 8.2): a pull is yellow until the work has come to its fixed position; then the line counts as stopped, unless a second pull cancelled it before. Told and shown; no equipment is stopped by it. */

import { type Instant, later, rfc3339, since } from '../../base/units.js'
import type { Command } from '../../contract/commands.js'
import type { Draft } from '../../contract/events/catalogue.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import { draft } from '../memory/lookups.js'
import type { Andon, Line } from '../memory/memory.js'

/** What the raise of a call promises: until when a second pull cancels it. Empty for calls without a fixed position. */
export function graceOf({ plan }: Line, { equipment, type, source }: Pick<Andon, 'equipment' | 'type' | 'source'>, at: Instant): { readonly grace_to?: string } {
  const { fixed_position: rule } = plan.andon
  if (rule === undefined || source !== 'manual' || equipment === null || !rule.types.includes(type)) return {}
  return { grace_to: rfc3339(later(at, rule.zones[equipment] ?? rule.zones[plan.line.code] ?? rule.grace)) }
}

/** Somebody pulls a second time. An answer alone does not: whoever comes has to say that the work may go on. */
export function decideSecondPull(line: Line, { at, by, body: { andon_id, comment } }: Extract<Command, { name: 'andon_cancel' }>): Draft[] | Refusal {
  const call = line.andons.find(({ id }) => id === andon_id)
  if (call === undefined) return refuse('ANDON_UNKNOWN', { andon_id })
  if (call.resolvedAt !== null) return refuse('ANDON_ENDED', { andon_id, resolved_at: rfc3339(call.resolvedAt) })
  const stoppedAt = call.fixedPosition?.stoppedAt ?? null
  if (call.fixedPosition === null || stoppedAt !== null) return refuse('ANDON_NOT_CANCELLED', { andon_id, stopped_at: stoppedAt === null ? null : rfc3339(stoppedAt) })
  return [draft(line, 'andon_resolved', at, call.equipment, { andon_id, by: by.name, resolution_seconds: since(at, call.raisedAt) / 1_000, comment, automatic: false, second_pull: true })]
}

/** Each line stop once, at the instant that its raise promised, however late a gateway that was away comes to tell it. */
export const decideFixedPosition = (line: Line, at: Instant): { readonly due: Instant; readonly fact: Draft }[] => inGrace(line).filter(({ due }) => due <= at).map(({ call, due }) => ({
  due, fact: draft(line, 'escalation_update', due, call.equipment, { andon_id: call.id, ladder: 'fixed_position', level: 1, due: rfc3339(due), late: fellDueAway(line, due) }),
}))

/** When the next line stop is due. */
export const fixedPositionDue = (line: Line): number => Math.min(...inGrace(line).map(({ due }) => due))

const inGrace = (line: Line): { readonly call: Andon; readonly due: Instant }[] => line.andons.flatMap((call) =>
  (call.fixedPosition === null || call.fixedPosition.stoppedAt !== null || call.resolvedAt !== null ? [] : [{ call, due: call.fixedPosition.graceTo }]))

export const applyFixedPosition = (line: Line, id: string, at: Instant): Line =>
  ({ ...line, andons: line.andons.map((call) => (call.id === id && call.fixedPosition !== null ? { ...call, fixedPosition: { ...call.fixedPosition, stoppedAt: at } } : call)) })

/** The gateway was away when it fell due. */
export const fellDueAway = ({ away }: Line, due: Instant): boolean => away !== null && away.from <= due && due <= away.to
