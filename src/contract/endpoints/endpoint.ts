/** What an endpoint is. It asks (a handler answers) or tells (it names a command and has no handler). */

import { given } from '../../base/assert.js'
import { type CommandName, commands } from '../commands.js'
import { type FactName, catalogue } from '../events/catalogue.js'
import { message } from '../events/message.js'
import type { Permission } from '../roles.js'
import { instantText, z } from '../schema.js'

export const tags = ['production', 'jobs', 'stops', 'andon', 'analytics', 'plant', 'sockets', 'service'] as const
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface Common<P extends z.ZodObject, Q extends z.ZodObject, D extends z.ZodType> {
  readonly method: Method
  /** With parameters in braces, as OpenAPI writes them. */
  readonly path: string
  readonly sentence: string
  readonly tag: (typeof tags)[number]
  readonly params: P
  /** In JSON types: the text of the address is read as what the schema wants. */
  readonly query: Q
  /** Schema of `data` in the answer; of the whole answer when it is bare. */
  readonly data: D
}

export interface Asks<
  P extends z.ZodObject = z.ZodObject, Q extends z.ZodObject = z.ZodObject, D extends z.ZodType = z.ZodType,
> extends Common<P, Q, D> {
  readonly kind: 'asks'
  /** `null`: open to everybody, without a token. */
  readonly permission: Permission | null
  /** Media type of an answer that stands for itself, without the envelope. */
  readonly bare?: string
  /** Other media types that it answers in when they are asked for. */
  readonly offers?: readonly string[]
  /** Default: 201 for a POST, which makes something, else 200. */
  readonly status?: 200
}

/** A member of the answer, taken from the first fact of a type that the command made. */
export interface Given {
  readonly fact: FactName
  /** Only these members of its body; default: all, with where and when it happened. */
  readonly fields?: readonly string[]
}

export interface Tells<P extends z.ZodObject = z.ZodObject, Q extends z.ZodObject = z.ZodObject> extends Common<P, Q, z.ZodType> {
  readonly kind: 'tells'
  readonly command: CommandName
  /** Status of success: 201 when it makes something, else 200. */
  readonly status: 200 | 201
  /** Parameters of the path that go into the command's body, by name. Those of the query all do, except `line_id`. */
  readonly fromPath: readonly string[]
  readonly gives: Readonly<Record<string, Given>>
}

export type Endpoint = Asks | Tells

const none = z.strictObject({})
type None = typeof none

export function asks<D extends z.ZodType, P extends z.ZodObject = None, Q extends z.ZodObject = None>(
  endpoint: Omit<Asks<P, Q, D>, 'kind' | 'params' | 'query' | 'permission' | 'method'> & { params?: P; query?: Q; permission?: Permission | null; method?: Method },
): Asks<P, Q, D> {
  // Without params or query the type parameters have their default, which is what stands here.
  return { kind: 'asks', method: 'GET', permission: 'view', ...endpoint, params: endpoint.params ?? none as unknown as P, query: endpoint.query ?? none as unknown as Q }
}

type TellsDraft = Pick<Tells, 'path' | 'tag' | 'command' | 'gives'> & Partial<Pick<Tells, 'method' | 'params' | 'query' | 'status' | 'fromPath'>>

/** The command keeps its name in the type, so that a client knows the body it takes. */
export function tells<C extends CommandName>(endpoint: TellsDraft & { readonly command: C }): Tells & { readonly command: C } {
  return {
    kind: 'tells', method: 'POST', status: 200, params: none, query: none, fromPath: [], ...endpoint,
    sentence: commands[endpoint.command].sentence,
    data: z.strictObject({
      ...Object.fromEntries(Object.entries(endpoint.gives).map(([name, given]) => [name, givenSchema(given)])),
      events: z.array(message).describe('all facts the command made'),
    }),
  }
}

/** What a command takes, as parameters of an address: none is required and none has a default, because the body may bring them. */
export function asQuery(body: { readonly shape: z.core.$ZodShape }): z.ZodObject {
  return z.strictObject(Object.fromEntries(Object.entries(body.shape).map(([name, schema]) => [name, z.optional(bare(schema))])))
}

const bare = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? bare(schema.unwrap()) : schema

const where = { line_id: z.string().nullable(), equipment_code: z.string().nullable(), timestamp: instantText, seq: z.int() }

function givenSchema({ fact, fields }: Given): z.ZodType {
  const { shape }: { shape: z.core.$ZodShape } = catalogue[fact].body
  if (fields === undefined) return z.strictObject({ ...shape, ...where })
  return z.strictObject(Object.fromEntries(fields.map((field) => [field, given(shape[field], `${fact}.${field}`)])))
}
