/** What people tell of an equipment beside its work: who stands there, what was miscounted, which parts look wrong. */

import { limits } from '../base/limits.js'
import { since } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import type { Draft } from '../contract/events/catalogue.js'
import { type Refusal, refuse } from '../contract/refusals.js'
import { draft, equipmentAt, jobOf } from './lookups.js'
import type { Equipment, Line } from './memory.js'
import { shiftIdOf } from './schedule.js'

export function decidePeopleCommand(line: Line, i: number, command: Command): Draft[] | Refusal {
  const { at } = command
  const { code, operators } = equipmentAt(line, i)
  const by = command.by.name
  const job_id = jobOf(line, i)?.order.job_id ?? null
  switch (command.name) {
    case 'operator_sign_on': {
      const { operator } = command.body
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
      return [draft(line, 'counts_corrected', at, code, { good, reject, reason, reject_reason, by, job_id, shift: shiftIdOf(line) })]
    }
    case 'quality_report': return [draft(line, 'quality_issue', at, code, { ...command.body, job_id, by })]
    default: return []
  }
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
