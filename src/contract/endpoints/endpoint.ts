/** What an endpoint is. It asks (a handler answers) or tells (it names a command and has no handler). */

import type { CommandName } from '../commands.js'
import type { FactName } from '../events/catalogue.js'
import type { Permission } from '../roles.js'
import { z } from '../schema.js'

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
  /** Schema of `data` in the answer; of the whole answer when it is bare. Built when it is first looked at, which a gateway does for its description alone: all of them together take megabytes. */
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

export const none = z.strictObject({})
type None = typeof none

export function asks<D extends z.ZodType, P extends z.ZodObject = None, Q extends z.ZodObject = None>(
  endpoint: Omit<Asks<P, Q, D>, 'kind' | 'params' | 'query' | 'permission' | 'method' | 'data'> & { params?: P; query?: Q; permission?: Permission | null; method?: Method; data: () => D },
): Asks<P, Q, D> {
  let data: D | null = null
  return {
    kind: 'asks', method: 'GET', permission: 'view', ...endpoint,
    // Without params or query the type parameters have their default, which is what stands here.
    params: endpoint.params ?? none as unknown as P, query: endpoint.query ?? none as unknown as Q,
    get data() { return data ??= endpoint.data() },
  }
}
