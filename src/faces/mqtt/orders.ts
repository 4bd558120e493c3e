/** Orders of an MES: a job or a schedule becomes a command of its line, obeyed once however often it comes. */

import { limits } from '../../base/limits.js'
import { instantOf, later } from '../../base/units.js'
import { type Command, type CommandName, commands } from '../../contract/commands.js'
import type { Desk } from '../../contract/desk.js'
import { jobActions, type PullOf } from '../../contract/pull.js'
import { isRefusal, type Refusal, refuse } from '../../contract/refusals.js'
import { type Actor, may } from '../../contract/roles.js'
import { fit, refusedIn } from '../api/inputs.js'

type Order = PullOf<'job' | 'schedule'>

/**
 * The facts, what became of the order and its id are one transaction of the journal, so the answer to a repetition is the stored one.
 * What the plant says no to is stored as well: the same order cannot be refused and later obeyed.
 */
export async function obey(desk: Desk, actor: Actor, operation: 'job' | 'schedule', order: Order): Promise<object | Refusal> {
  const command = commandOf(desk, actor, operation, order)
  if (isRefusal(command)) return command
  const told = await desk.tell(command)
  return isRefusal(told) ? told : { seq: told.seq, seqs: told.facts.map(({ seq }) => seq), again: told.again }
}

function commandOf(desk: Desk, actor: Actor, operation: 'job' | 'schedule', order: Order): Command | Refusal {
  const name: CommandName = operation === 'job' && 'action' in order ? jobActions[order.action] : 'schedule_set'
  const body = fit(commands[name].body, order.body)
  if (refusedIn(body)) return { ...body, details: body.details.map(({ path, message }) => ({ path: `body.${path}`, message })) }
  const place = placeOf(desk, order, ofTheLine.has(name))
  if (isRefusal(place)) return place
  if (!may(actor, commands[name].permission, place.line)) return refuse('FORBIDDEN', { line: place.line, needs: commands[name].permission })
  const until = order.exp === undefined ? null : instantOf(order.exp)
  // The body was checked by the schema of this very command.
  return {
    name, at: desk.now(), ...place, by: { ...actor, name: order.by ?? actor.name }, key: order.id, body,
    ...(until === null ? {} : { until: later(until, limits.pullLateMs) }),
  } as Command
}

/** Commands that concern jobs before they stand at an equipment. */
const ofTheLine: ReadonlySet<CommandName> = new Set(['job_create', 'job_update', 'schedule_set'])

function placeOf(desk: Desk, order: Order, isOfTheLine: boolean): { readonly line: string; readonly equipment: string | null } | Refusal {
  const equipment = 'equipment' in order ? order.equipment : undefined
  const named = order.line === undefined ? null : desk.line(order.line)
  if (order.line !== undefined && named === null) return refuse('LINE_UNKNOWN', { line: order.line })
  if (isOfTheLine) {
    if (equipment !== undefined) return refuse('BODY_MISFIT', [{ path: 'equipment', message: 'this concerns a line' }])
    const [only, ...others] = desk.config.lines
    const line = named?.code ?? (others.length === 0 ? only?.code : undefined)
    return line === undefined ? refuse('BODY_MISFIT', [{ path: 'line', message: 'say which line' }]) : { line, equipment: null }
  }
  if (equipment === undefined) return refuse('BODY_MISFIT', [{ path: 'equipment', message: 'say which equipment' }])
  const line = desk.lineOf(equipment)
  if (line === null) return refuse('EQUIPMENT_UNKNOWN', { equipment })
  return named === null || named.code === line ? { line, equipment } : refuse('BODY_MISFIT', [{ path: 'line', message: `the equipment stands in ${line}` }])
}
