/** What an endpoint is. It asks (a handler answers) or tells (it names a command and has no handler). */

import type { CommandName } from '../commands.js'
import type { Permission } from '../roles.js'
import type { z } from '../schema.js'

interface Common {
  /** operationId, and the name of the method of the typed client. */
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With parameters in braces, as OpenAPI writes them. */
  readonly path: string
  readonly sentence: string
  readonly tag: 'production' | 'jobs' | 'stops' | 'andon' | 'analytics' | 'sockets' | 'service'
  readonly params: z.ZodObject | null
  readonly query: z.ZodObject | null
  /** Schema of `data` in the answer. */
  readonly data: z.ZodType
  /** `lineside` verb, like `andon raise`; none when the command line has no use for it. */
  readonly verb?: string
}

export interface Asks extends Common {
  readonly kind: 'asks'
  /** `null`: open to everybody, without a token. */
  readonly permission: Permission | null
  readonly body: z.ZodType | null
  /** Media types beside JSON that the answer can have. */
  readonly alternatives?: readonly string[]
  readonly live?: boolean
}

export interface Tells extends Common {
  readonly kind: 'tells'
  readonly command: CommandName
  /** Status of success: 201 when it makes something, else 200. */
  readonly status: 200 | 201 | 202
  /** Parameters of path and query that go into the command's body, by name. */
  readonly fromPath: readonly string[]
  readonly fromQuery: readonly string[]
}

export type Endpoint = Asks | Tells
