/** An endpoint that tells: what it takes and gives is that of its command and of the facts this makes. Apart from those that only ask, for whoever asks need not build the schema of every fact. */

import { given } from '../../base/assert.js'
import { type CommandName, commands } from '../commands.js'
import { catalogue } from '../events/catalogue.js'
import { message } from '../events/message.js'
import { instantText, z } from '../schema.js'
import { type Given, type Tells, none } from './endpoint.js'

type TellsDraft = Pick<Tells, 'path' | 'tag' | 'command' | 'gives'> & Partial<Pick<Tells, 'method' | 'params' | 'query' | 'status' | 'fromPath'>>

/** The command keeps its name in the type, so that a client knows the body it takes. */
export function tells<C extends CommandName>(endpoint: TellsDraft & { readonly command: C }): Tells & { readonly command: C } {
  let data: z.ZodType | null = null
  return {
    kind: 'tells', method: 'POST', status: 200, params: none, query: none, fromPath: [], ...endpoint,
    sentence: commands[endpoint.command].sentence,
    get data() {
      return data ??= z.strictObject({
        ...Object.fromEntries(Object.entries(endpoint.gives).map(([name, given]) => [name, givenSchema(given)])),
        events: z.array(message).describe('all facts the command made'),
      })
    },
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
