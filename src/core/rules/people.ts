/** What people tell of an equipment beside its work: who stands there, what was miscounted, which parts look wrong. */

import { limits } from '../../base/limits.js'
import { since } from '../../base/units.js'
import type { Command } from '../../contract/commands.js'
import type { Draft } from '../../contract/events/catalogue.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import { draft, equipmentAt, jobOf } from '../memory/lookups.js'
import type { Equipment, Line } from '../memory/memory.js'
import { shiftIdOf } from '../memory/schedule.js'
import { rejectsReworked } from './jobs.js'
import { rejectReasonRefused } from './reasons.js'

export function decidePeopleCommand(line: Line, i: number, command: Command): Draft[] | Refusal {
  const { at } = command
  const { code, operators } = equipmentAt(line, i)
  const by = command.by.name
  const job_id = jobOf(line, i)?.order.job_id ?? null
  switch (command.name) {
    case 'operator_create': {
      const { operator, team } = command.body
      if (line.people[operator] !== undefined) return refuse('OPERATOR_EXISTS', { operator })
      const count = Object.keys(line.people).length
      if (count >= limits.operatorsPerLineMax) return refuse('OPERATOR_EXISTS', { known: count, at_most: limits.operatorsPerLineMax })
      return [draft(line, 'operator_created', at, null, { operator, team, active: true, by })]
    }
    case 'operator_update': {
      const { operator, team, active } = command.body
      const known = line.people[operator]
      if (known === undefined) return refuse('OPERATOR_UNKNOWN', { operator })
      return [draft(line, 'operator_updated', at, null, { operator, team: team === undefined ? known.team : team, active: active ?? known.active, by })]
    }
    case 'operator_sign_on': {
      const { operator } = command.body
      if (Object.hasOwn(line.people, operator) && line.people[operator]?.active === false) return refuse('OPERATOR_UNKNOWN', { operator, active: false })
      if (operators.some((one) => one.operator === operator)) return refuse('OPERATOR_SIGNED_ON', { operator })
      return [draft(line, 'operator_signed_on', at, code, { operator })]
    }
    case 'operator_sign_off': {
      const { operator } = command.body
      const on = operators.find((one) => one.operator === operator)
      if (on === undefined) return refuse('OPERATOR_NOT_SIGNED_ON', { operator })
      return [draft(line, 'operator_signed_off', at, code, { operator, worked_seconds: since(at, on.since) / 1_000 })]
    }
    case 'counts_correct': {
      const { good, reject, reason, reject_reason } = command.body
      return rejectReasonRefused(line.plan, reject_reason, code) ?? rejectsReworked(line, i, reject) ?? [draft(line, 'counts_corrected', at, code, { good, reject, reason, reject_reason, by, job_id, shift: shiftIdOf(line) })]
    }
    case 'quality_report': return rejectReasonRefused(line.plan, command.body.reject_reason, code) ?? [draft(line, 'quality_issue', at, code, { ...command.body, job_id, by })]
    default: return []
  }
}

/** Names that are retired stay known: facts of the past bear them. */
export function applyKnown(line: Line, fact: Draft): Line {
  if (fact.type !== 'operator_created' && fact.type !== 'operator_updated') return line
  const { operator, team, active } = fact.body
  return { ...line, people: { ...line.people, [operator]: { team, active } } }
}

export function applyPeople(equipment: Equipment, fact: Draft): Equipment {
  switch (fact.type) {
    case 'operator_signed_on': {
      const { operator } = fact.body
      return { ...equipment, operators: [...equipment.operators.slice(1 - limits.operatorsPerEquipmentMax), { operator, since: fact.at }] }
    }
    case 'operator_signed_off': return { ...equipment, operators: equipment.operators.filter(({ operator }) => operator !== fact.body.operator) }
    default: return equipment
  }
}
