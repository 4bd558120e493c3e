/** The interface as OpenAPI 3.1, made from the route table: what is not declared there does not exist. */

import { type CommandName, commands } from '../../contract/commands.js'
import { type Endpoint, tags } from '../../contract/endpoints/endpoint.js'
import { endpoints } from '../../contract/endpoints/table.js'
import { type RefusalCode, refusals } from '../../contract/refusals.js'
import { permissions } from '../../contract/roles.js'
import { z } from '../../contract/schema.js'
import { permissionOf } from './tell.js'

type Json = Record<string, unknown>

export function openapi(version: string): Json {
  const paths: Record<string, Json> = {}
  for (const [name, endpoint] of endpoints) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method.toLowerCase()]: operation(name, endpoint) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'lineside', version,
      description: 'Production data at the line. Instants are RFC 3339 UTC, durations have their unit in the name, ratios are fractions and null when undefined.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: tags.map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'A token made by `lineside token create`.' } },
      schemas: { Meta: schemaOf(meta), Failure: schemaOf(failure) },
      responses: Object.fromEntries([...statuses()].map(([status, sentences]) => [`Refused${status}`, {
        description: sentences.join('; '), content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
      }])),
    },
  }
}

const meta = z.strictObject({
  request_id: z.string(), timestamp: z.iso.datetime(), gateway: z.string(), epoch: z.string(), seq: z.int().describe('the journal number the answer is true as of'),
})
const failure = z.strictObject({
  success: z.literal(false),
  error: z.strictObject({ code: z.enum(Object.keys(refusals) as [RefusalCode, ...RefusalCode[]]), message: z.string(), details: z.array(z.strictObject({ path: z.string(), message: z.string() })) }),
  meta,
})

/** The schema of something we say (`output`) or are told (`input`). */
function schemaOf(schema: z.ZodType, io: 'input' | 'output' = 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

function statuses(): Map<number, string[]> {
  const sentences = new Map<number, string[]>()
  for (const [status, sentence] of Object.values(refusals)) sentences.set(status, [...sentences.get(status) ?? [], sentence])
  return sentences
}

function operation(name: string, endpoint: Endpoint): Json {
  const permission = permissionOf(endpoint)
  const status = endpoint.status ?? (endpoint.method === 'POST' ? 201 : 200)
  return {
    operationId: name, tags: [endpoint.tag], summary: endpoint.sentence,
    description: permission === null ? 'Open to everybody.' : `Roles: ${permissions[permission].join(', ')}.`,
    ...(permission === null ? { security: [] } : {}),
    parameters: [
      ...parametersOf(endpoint.params, 'path'),
      ...parametersOf(endpoint.query, 'query'),
      ...(endpoint.kind === 'tells' ? [{ name: 'Idempotency-Key', in: 'header', description: 'The same key and body give the stored answer again.', schema: { type: 'string', maxLength: 128 } }] : []),
    ],
    ...(endpoint.kind === 'tells' ? { requestBody: bodyOf(endpoint.command, endpoint.fromPath) } : {}),
    responses: {
      [status]: { description: endpoint.sentence, content: { [mediaOf(endpoint)]: { schema: answerOf(endpoint) }, ...otherMediaOf(endpoint) } },
      ...Object.fromEntries(refusedWith(endpoint).map((refused) => [refused, { $ref: `#/components/responses/Refused${refused}` }])),
    },
  }
}

const otherMediaOf = (endpoint: Endpoint): Json => Object.fromEntries((endpoint.kind === 'asks' ? endpoint.offers ?? [] : []).map((media) => [media, { schema: { type: 'string' } }]))

const mediaOf = (endpoint: Endpoint): string => (endpoint.kind === 'asks' ? endpoint.bare : undefined) ?? 'application/json'

function answerOf(endpoint: Endpoint): Json {
  const data = schemaOf(endpoint.data)
  if (endpoint.kind === 'asks' && endpoint.bare !== undefined) return data
  return {
    type: 'object', required: ['success', 'data', 'meta'],
    properties: { success: { const: true }, data, meta: { $ref: '#/components/schemas/Meta' } },
  }
}

function parametersOf(schema: z.ZodObject, where: 'path' | 'query'): Json[] {
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as { properties?: Record<string, Json>; required?: string[] }
  return Object.entries(properties).map(([name, property]) => parameterOf(name, where, property, where === 'path' || required.includes(name)))
}

function parameterOf(name: string, where: 'path' | 'query', { description, ...schema }: Json, required: boolean): Json {
  const list = schema['type'] === 'array' ? { style: 'form', explode: false } : {}
  return { name, in: where, required, ...(description === undefined ? {} : { description }), schema, ...list }
}

/** What the address already says is not said again in the body. */
function bodyOf(command: CommandName, fromPath: readonly string[]): Json {
  const schema = schemaOf(commands[command].body, 'input') as { properties?: Record<string, Json>; required?: string[] }
  const properties = Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([name]) => !fromPath.includes(name)))
  // Nothing is required here, because all of it may stand in the query instead.
  return { required: false, content: { 'application/json': { schema: { type: 'object', properties, additionalProperties: false } } } }
}

function refusedWith(endpoint: Endpoint): number[] {
  const open = permissionOf(endpoint) === null
  const codes = new Set([400, 404, 405, 406, 500, 503])
  if (!open) for (const status of [401, 403, 429]) codes.add(status)
  if (endpoint.kind === 'tells') for (const status of [409, 411, 413, 415, 422]) codes.add(status)
  if ('from' in endpoint.query.shape) codes.add(422)
  return [...codes].sort((one, other) => one - other)
}
