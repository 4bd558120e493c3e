import { Validator } from '@seriousme/openapi-schema-validator'
import t from 'tap'
import { commandNames, commands } from '../../src/contract/commands.js'
import { endpoints, table } from '../../src/contract/endpoints/table.js'
import { catalogue, factNames } from '../../src/contract/events/catalogue.js'
import { pulls } from '../../src/contract/pull.js'
import { permissions } from '../../src/contract/roles.js'
import { asyncapi } from '../../src/faces/api/asyncapi.js'
import { openapi } from '../../src/faces/api/openapi.js'
import { permissionOf } from '../../src/faces/api/tell.js'

const byName = (one: string, other: string): number => one.localeCompare(other)
const list = endpoints.map(([, endpoint]) => `${endpoint.method} ${endpoint.path}`)

t.test('nobody enters more parts than a counter can hold', async (t) => {
  for (const good of [1e300, -1e300, Infinity]) t.notOk(commands.counts_correct.body.safeParse({ good, reason: 'x' }).success)
  t.notOk(commands.job_create.body.safeParse({ job_id: 'J1', quantity: 1e300 }).success)
  t.ok(commands.counts_correct.body.safeParse({ good: -4_294_967_295, reason: 'x' }).success)
})

t.test('the nine production routes stand where they are known to stand', async (t) => {
  const enhanced = '/api/v1/enhanced'
  for (const route of [
    `GET ${enhanced}/equipment/{equipment_code}/production-status`, `GET ${enhanced}/lines/{line_id}/real-time-oee`, `GET ${enhanced}/equipment/{equipment_code}/job-progress`,
    `POST ${enhanced}/equipment/{equipment_code}/job-assignment`, `POST ${enhanced}/equipment/{equipment_code}/job-completion`, `GET ${enhanced}/lines/{line_id}/production-metrics`,
    `GET ${enhanced}/equipment/{equipment_code}/downtime-status`, `GET ${enhanced}/lines/{line_id}/andon-status`, `POST ${enhanced}/equipment/{equipment_code}/trigger-andon`,
    'GET /api/v1/ws/production/events/types', 'GET /api/v1/ws/production/subscriptions', 'GET /api/v1/ws/production/stats',
  ]) t.ok(list.includes(route), route)
})

t.test('no address stands twice, and each parameter of a path has its schema', async (t) => {
  t.equal(new Set(list).size, list.length)
  for (const [name, { path, params }] of endpoints) t.strictSame([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).toSorted(byName), Object.keys(params.shape).toSorted(byName), name)
})

t.test('every command can be told over the wire, by exactly those who may', async (t) => {
  const told = endpoints.flatMap(([, endpoint]) => endpoint.kind === 'tells' ? [endpoint.command] : [])
  t.strictSame([...new Set(told)].toSorted(byName), commandNames.toSorted(byName))
  t.equal(told.length, new Set(told).size, 'and at one address only')
})

t.test('nothing is open but the pulse and the empty page', async (t) => {
  t.strictSame(endpoints.filter(([, endpoint]) => permissionOf(endpoint) === null).map(([name]) => name), ['healthz', 'docs'])
  for (const [name, endpoint] of endpoints) t.ok(Object.keys(permissions).includes(permissionOf(endpoint) ?? 'view'), name)
})

t.test('defaults are those of the document', async (t) => {
  t.strictSame(table.production_status.query.parse({}), { include_plc_data: true, include_oee: true, include_downtime: true })
  t.strictSame(table.real_time_oee.query.parse({}), { include_trends: false, window: 'shift' })
  t.strictSame(table.production_metrics.query.parse({}), { time_period_hours: 24, include_equipment_breakdown: true })
  for (const hours of [0, 1.5]) t.notOk(table.production_metrics.query.safeParse({ time_period_hours: hours }).success, `${hours} hours`)
  for (const hours of [1, 168]) t.ok(table.andon_status.query.safeParse({ recent_hours: hours }).success, `${hours} hours`)
})

t.test('OpenAPI says what the table says, and is valid', async (t) => {
  const described = openapi('0.1.0') as { paths: Record<string, Record<string, { operationId: string; parameters: { name: string }[] }>> }
  const { valid, errors } = await new Validator().validate(structuredClone(described))
  t.ok(valid, JSON.stringify(errors))
  t.strictSame(Object.entries(described.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)).toSorted(), list.toSorted())
  const [assignment] = [described.paths['/api/v1/enhanced/equipment/{equipment_code}/job-assignment']!['post']!]
  t.strictSame(assignment.parameters.map(({ name }) => name), ['equipment_code', 'job_id', 'assign_reason', 'Idempotency-Key'])
})

t.test('AsyncAPI names every event, and each reference leads somewhere', async (t) => {
  const described = asyncapi('0.1.0')
  const messages = (described['components'] as { messages: Record<string, unknown> }).messages
  for (const name of Object.keys(catalogue)) t.ok(name in messages, name)
  const references = [...JSON.stringify(described).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1]!)
  t.ok(references.length > 100)
  for (const reference of new Set(references)) {
    t.not(reference.split('/').reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], described), undefined, reference)
  }
})

t.test('AsyncAPI tells an MES its topics, what travels on them, and where answers go', async (t) => {
  const { channels, operations, components } = asyncapi('0.1.0') as {
    channels: Record<string, { address: string; parameters: object }>; operations: Record<string, { action: string; reply?: object }>
    components: { messages: Record<string, { payload: Record<string, unknown> }>; schemas: Record<string, { properties: Record<string, unknown> }> }
  }
  const addresses = Object.values(channels).map(({ address }) => address)
  for (const topic of ['up/j', 'up/r', 'up/m', 'ack/j', 'ack/r', 'ack/m', 'st', 'cmd/replay', 'res/{requester}']) t.ok(addresses.includes(`{root}/{gateway}/${topic}`), topic)
  t.ok(addresses.some((address) => address.endsWith('/_{contract}_v1/current')), 'the live lane')
  for (const { address, parameters } of Object.values(channels)) t.strictSame([...address.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).toSorted(byName), Object.keys(parameters).toSorted(byName), address)
  for (const operation of Object.keys(pulls)) t.match(operations[`answer_${operation}`], { action: 'receive', reply: { channel: { $ref: '#/channels/answers' } } }, operation)
  for (const lane of ['facts', 'rows', 'samples']) t.match(components.messages[`batch_${lane}`]!.payload, { type: 'object', properties: { after: {}, to: {}, recs: { type: 'array', items: { oneOf: [{}, {}] } } } }, lane)
  t.match(components.schemas['fact_record']!.properties, { s: { type: 'integer' }, t: {}, k: { enum: factNames }, b: {} })
})

t.test('every example of the catalogue fits its own schema', async (t) => {
  for (const [name, { body, example }] of Object.entries(catalogue)) t.strictSame(body.safeParse(example).error?.issues ?? [], [], name)
})
