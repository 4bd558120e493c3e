/** Changeovers: begun and ended by people or by the PLC's own bit, with the time above the standard. */

import { type Instant, since } from '../../base/units.js'
import type { Command } from '../../contract/commands.js'
import type { Draft } from '../../contract/events/catalogue.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import { configAt, draft, equipmentAt, productOf } from '../memory/lookups.js'
import type { Equipment, Line } from '../memory/memory.js'

export function decideChangeoverCommand(line: Line, i: number, command: Command): Draft[] | Refusal {
  const { changeover } = equipmentAt(line, i)
  switch (command.name) {
    case 'changeover_start': {
      if (changeover !== null) return refuse('CHANGEOVER_RUNNING')
      const { to_product: product, to_job_id: id } = command.body
      if (id !== undefined && line.jobs[id] === undefined) return refuse('JOB_UNKNOWN', { job_id: id })
      if (product !== undefined && line.plan.products.size > 0 && !line.plan.products.has(product)) return refuse('PRODUCT_UNKNOWN', { product })
      return [begun(line, i, command.at, command.by.name, product ?? (id === undefined ? null : line.jobs[id]!.order.product), id ?? null)]
    }
    case 'changeover_complete': return changeover === null ? refuse('CHANGEOVER_NOT_RUNNING') : [ended(line, i, command.at, command.by.name)]
    default: return []
  }
}

/** The PLC's bit. What a person began, a falling bit ends as well. */
export function decideChangeoverBit(line: Line, i: number, on: boolean, at: Instant): Draft[] {
  const { changeover } = equipmentAt(line, i)
  if (on === (changeover !== null)) return []
  return [on ? begun(line, i, at, 'plc', null, null) : ended(line, i, at, 'plc')]
}

function begun(line: Line, i: number, at: Instant, by: string, toProduct: string | null, toJob: string | null): Draft {
  const standard = configAt(line, i).changeover_standard
  return draft(line, 'changeover_started', at, equipmentAt(line, i).code, {
    from_product: productOf(line, i), to_product: toProduct, to_job_id: toJob, standard_seconds: standard === undefined ? null : standard / 1_000, by,
  })
}

function ended(line: Line, i: number, at: Instant, by: string): Draft {
  const { code, changeover } = equipmentAt(line, i)
  const { fromProduct, toProduct, standardMs, since: from } = changeover!
  const lasted = since(at, from)
  return draft(line, 'changeover_completed', at, code, {
    from_product: fromProduct, to_product: toProduct ?? productOf(line, i), lasted_seconds: lasted / 1_000,
    excess_seconds: standardMs === null ? 0 : Math.max(0, lasted - standardMs) / 1_000, by,
  })
}

export function applyChangeovers(equipment: Equipment, fact: Draft): Equipment {
  switch (fact.type) {
    case 'changeover_started': {
      const { from_product, to_product, to_job_id, standard_seconds } = fact.body
      return { ...equipment, changeover: {
        since: fact.at, fromProduct: from_product, toProduct: to_product, toJob: to_job_id, standardMs: standard_seconds === null ? null : standard_seconds * 1_000,
      } }
    }
    case 'changeover_completed': return { ...equipment, changeover: null }
    default: return equipment
  }
}
