/** The reasons people give for a stop or a reject: which there are, where they hold, and what one becomes when somebody says it. */

import type { StateClass } from '../../contract/config.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import type { StopCause, StopReason } from '../memory/memory.js'
import type { LinePlan } from '../time/plan.js'

/** The reason of that code, or why it cannot be said of this equipment. */
export function reasonFor(plan: LinePlan, code: string, equipment: string, source: StopReason['source'], by: string | null): StopReason | Refusal {
  const reason = plan.reasons.get(code)
  if (reason === undefined) return refuse('REASON_UNKNOWN', { reason: code, known: [...plan.reasons.keys()].join(', ') })
  if (reason.equipment !== undefined && !reason.equipment.includes(equipment)) return refuse('REASON_NOT_ALLOWED', { reason: code, equipment: reason.equipment.join(', ') })
  return { code, name: reason.name, category: reason.category, is_failure: reason.is_failure, external: reason.external, source, by }
}

/** Why that cannot be said of a part of this equipment; `null` where it can, or nothing is said. */
export function rejectReasonRefused(plan: LinePlan, code: string | null, equipment: string): Refusal | null {
  if (code === null || plan.rejectReasons.size === 0) return null
  const reason = plan.rejectReasons.get(code)
  if (reason === undefined) return refuse('REASON_UNKNOWN', { reason: code, known: [...plan.rejectReasons.keys()].join(', ') })
  return reason.equipment === undefined || reason.equipment.includes(equipment) ? null : refuse('REASON_NOT_ALLOWED', { reason: code, equipment: reason.equipment.join(', ') })
}

/** The reason that needs nobody: what the fault stands for, or the site's word for a changeover. */
export function automaticReason(plan: LinePlan, equipment: string, state: StateClass, cause: StopCause | null, faultReason: string | undefined): StopReason | null {
  const changeover = state === 'changeover' ? [...plan.reasons.values()].find((reason) => reason.category === 'changeover')?.code : undefined
  const code = changeover ?? (cause?.fault === null ? undefined : faultReason)
  if (code === undefined) return null
  const reason = reasonFor(plan, code, equipment, 'auto', null)
  return 'refused' in reason ? null : reason
}

/** A person has spoken: no rule may speak over them. */
export const isSaidByPerson = (reason: StopReason | null): boolean => reason?.source === 'operator' || reason?.source === 'edited'
