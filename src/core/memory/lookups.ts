/** Where a line stands: whose job an equipment works on, and which product it makes. */

import type { Instant } from '../../base/units.js'
import type { EquipmentConfig } from '../../contract/config.js'
import type { BodyOf, Draft, DraftOf, FactName } from '../../contract/events/catalogue.js'
import { constraintAt } from '../time/plan.js'
import type { Equipment, Job, Line } from './memory.js'

/** Position of the equipment in the line; -1 when it stands elsewhere. */
export function indexOf(line: Line, code: string | null): number {
  for (let i = 0; i < line.equipment.length; i++) if (line.equipment[i]!.code === code) return i
  return -1
}

export const equipmentAt = (line: Line, i: number): Equipment => line.equipment[i]!
export const configAt = (line: Line, i: number): EquipmentConfig => line.rules[i]!.config

/** The job an equipment works on: its own, or else the one that runs at the constraint. */
export function jobOf(line: Line, i: number): Job | null {
  const id = line.equipment[i]!.job ?? line.equipment[line.plan.constraint]!.job
  return id === null ? null : line.jobs[id] ?? null
}

/** What an equipment makes: what the PLC says when we know that product, or else what the job says. */
export function productOf(line: Line, i: number): string | null {
  const text = saidOf(line, i)
  if (text !== null && line.plan.products.has(text)) return text
  if (follows(line, i)) return productOf(line, line.plan.constraint) ?? text
  return jobOf(line, i)?.order.product ?? text
}

/** Position in the flow of what limits the line with what it makes now. */
export const limitingNow = (line: Line): number => constraintAt(line.plan, productOf(line, line.plan.constraint))

/** What the PLC says that it makes. */
export function saidOf(line: Line, i: number): string | null {
  const said = line.equipment[i]!.seen.signals.product
  return said === null || said === '' ? null : String(said)
}

/** Where the product decides who limits the line, all who have no job of their own make what the constraint makes, also where only its PLC names that: their parts are of one product. */
export const follows = ({ plan, equipment }: Line, i: number): boolean => plan.constraints.size > 0 && i !== plan.constraint && equipment[i]!.job === null

/** Rejects of an equipment that were found and not yet recorded. */
export const lateNow = (line: Line, code: string | null): readonly BodyOf<'rejects_found'>[] =>
  line.equipment.flatMap(({ seen: { pending } }) => pending === null || pending.late.length === 0 ? [] : pending.late.flatMap(({ equipment, body }) => equipment === code ? [body] : []))

export const withEquipment = (line: Line, i: number, equipment: Equipment): Line =>
  equipment === line.equipment[i] ? line : { ...line, equipment: line.equipment.with(i, equipment) }

/** A draft of this line. The type of the body follows from the name. */
export function draft<N extends FactName>(line: Line, type: N, at: Instant, equipment: string | null, body: DraftOf<N>['body']): Draft {
  // The union of all drafts is indexed by name; the compiler cannot see that this pair is one of them.
  return { type, at, line: line.plan.line.code, equipment, body } as unknown as Draft
}
