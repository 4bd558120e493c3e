/** An endpoint that tells: a command is made of path, query and body, left at the line's door, and its facts are the answer. */

import { type Command, commands } from '../../contract/commands.js'
import type { Desk, Told } from '../../contract/desk.js'
import type { Endpoint, Given, Tells } from '../../contract/endpoints/endpoint.js'
import type { Fact } from '../../contract/events/catalogue.js'
import { messageOf } from '../../contract/events/message.js'
import { type Refusal, isRefusal, refuse } from '../../contract/refusals.js'
import { type Actor, type Permission, may } from '../../contract/roles.js'
import type { Seq } from '../../base/units.js'
import type { HttpRequest } from '../http.js'
import { bodyOf, fit, refusedIn } from './inputs.js'

export const permissionOf = (endpoint: Endpoint): Permission | null =>
  endpoint.kind === 'asks' ? endpoint.permission : commands[endpoint.command].permission

interface Asked {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  /** Code of the line that path or query mean. */
  readonly line: string | null
  readonly actor: Actor
  readonly request: HttpRequest
}

export async function tell(desk: Desk, endpoint: Tells, asked: Asked): Promise<{ readonly data: Record<string, unknown>; readonly seq: Seq } | Refusal> {
  const command = commandOf(desk, endpoint, asked)
  if (isRefusal(command)) return command
  const told = await desk.tell(command)
  return isRefusal(told) ? told : { data: dataOf(desk, endpoint, told), seq: told.seq }
}

function commandOf(desk: Desk, endpoint: Tells, { params, query, line, actor, request }: Asked): Command | Refusal {
  const key = keyOf(request.header('idempotency-key'))
  if (key !== null && typeof key === 'object') return key
  const json = tableOf(endpoint, request) ?? bodyOf(request.body, request.header('content-type'))
  if (isRefusal(json)) return json
  const { line_id: lineInQuery, ...fromQuery } = query
  const { line_id: lineInBody, ...rest } = json
  // Where the address says which line, `line_id` is no more welcome in the body than any other unknown member.
  const fromBody = 'line_id' in endpoint.query.shape ? rest : json
  const fromPath = Object.fromEntries(endpoint.fromPath.map((name) => [name, params[name]]))
  const clash = Object.keys(fromBody).filter((name) => name in fromPath || name in fromQuery)
  if (clash.length > 0) return refuse('BODY_MISFIT', clash.map((path) => ({ path, message: 'stands in the address too' })))
  if (lineInQuery !== undefined && lineInBody !== undefined) return refuse('BODY_MISFIT', [{ path: 'line_id', message: 'stands in the address too' }])
  const checked = fit(commands[endpoint.command].body, { ...fromBody, ...fromQuery, ...fromPath })
  if (refusedIn(checked)) return checked
  const meant = line ?? lineFor(desk, lineInBody)
  if (typeof meant === 'object') return meant
  if (!may(actor, permissionOf(endpoint)!, meant)) return refuse('FORBIDDEN', { line: meant })
  const equipment = typeof params['equipment_code'] === 'string' ? params['equipment_code'] : null
  // The body was checked by the schema of this very command.
  return { name: endpoint.command, at: desk.now(), line: meant, equipment, by: actor, key, body: checked } as Command
}

/** A table may come as it is, without JSON around it. */
const tableOf = ({ command }: Tells, request: HttpRequest): Record<string, unknown> | null =>
  command === 'jobs_import' && /^text\/csv\b/i.test(request.header('content-type')) ? { csv: request.body.toString('utf8') } : null

/** The line a body names, or the only one there is. */
function lineFor(desk: Desk, ref: unknown): string | Refusal {
  if (typeof ref === 'string') return desk.line(ref)?.code ?? refuse('LINE_UNKNOWN', { line_id: ref })
  const [only, ...others] = desk.config.lines
  if (only === undefined || others.length > 0 || ref !== undefined) return refuse('BODY_MISFIT', [{ path: 'line_id', message: 'say which line' }])
  return only.code
}

function keyOf(header: string): string | Refusal | null {
  if (header === '') return null
  return /^[\x21-\x7e]{1,128}$/.test(header) ? header : refuse('BODY_MISFIT', [{ path: 'idempotency-key', message: 'at most 128 visible ASCII characters' }])
}

function dataOf(desk: Desk, endpoint: Tells, told: Told): Record<string, unknown> {
  const lineIdOf = (line: string): string => desk.line(line)?.id ?? line
  const given = Object.entries(endpoint.gives).flatMap(([name, of]) => {
    const fact = told.facts.find((made) => made.type === of.fact)
    return fact === undefined ? [] : [[name, memberOf(fact, of, lineIdOf)] as const]
  })
  return { ...Object.fromEntries(given), events: told.facts.map((fact) => messageOf(fact, lineIdOf)) }
}

function memberOf(fact: Fact, { fields }: Given, lineIdOf: (line: string) => string): Record<string, unknown> {
  const body = fact.body as Readonly<Record<string, unknown>>
  if (fields !== undefined) return Object.fromEntries(fields.map((field) => [field, body[field]]))
  const { timestamp, seq } = messageOf(fact, lineIdOf)
  return { ...body, line_id: fact.line === null ? null : lineIdOf(fact.line), equipment_code: fact.equipment, timestamp, seq }
}
