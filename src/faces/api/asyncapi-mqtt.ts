/** The upstream as AsyncAPI: topics, messages and answers, made from the schemas by which they are written and read. */

import { catalogue, factNames } from '../../contract/events/catalogue.js'
import { pullAnswer, pulls } from '../../contract/pull.js'
import { z } from '../../contract/schema.js'
import { batch, factShape, goneShape, type Lane, laneNames, lanes, presence, rowShape, sampleRecord, topicsOf, watermark } from '../../contract/upstream.js'
import { contracts } from '../../contract/uns.js'

type Json = Record<string, unknown>

export interface Described { readonly channels: Json; readonly operations: Json; readonly messages: Json; readonly schemas: Json }

const schemaOf = (schema: z.ZodType): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' })
  return json
}

const carried: Readonly<Record<Lane, readonly [sentence: string, schema: string]>> = {
  facts: ['Facts, by the numbers of the journal.', 'fact_record'],
  rows: ['Loss rows, by the numbers of their last writing.', 'row_record'],
  samples: ['Samples of the tags that are named under `samples`, by the numbers of their turns.', 'sample_record'],
}

const asked: Readonly<Record<keyof typeof pulls, string>> = {
  ping: 'Is the gateway there? Its clock, its version and its last number.',
  streams: 'Epochs, first and last numbers, and how far each lane has got.',
  config: 'Which configuration is in force, since when, and the lines within reach.',
  snapshot: 'Every view as of one number, in pages; the stream goes on from the next.',
  replay: 'A page of records after a number or from a time.',
  job: 'An order about a job: obeyed once however often it comes.',
  schedule: 'A schedule of a line, taken as a whole.',
}

/** `root` is that of the upstream, `lineside/v1` when it has none. */
export function described(): Described {
  const topics = topicsOf('{root}', '{gateway}')
  const parameters = { root: { description: 'of the upstream', default: 'lineside/v1' }, gateway: { description: 'id of the gateway' } }
  const channel = (address: string, description: string, messages: readonly string[], more: Json = {}): Json =>
    ({ address, description, parameters: { ...parameters, ...more }, messages: Object.fromEntries(messages.map((name) => [name, { $ref: `#/components/messages/${name}` }])) })
  const channels: Json = {
    ...Object.fromEntries(laneNames.flatMap((lane) => [
      [`up_${lane}`, channel(topics.up(lane), `${carried[lane][0]} A batch covers every number in (after, to]; what is not among its records does not exist.`, [`batch_${lane}`])],
      [`ack_${lane}`, channel(topics.ack(lane), 'How far the MES has committed: it moves the bookmark, and nothing else does.', ['watermark'])],
    ])),
    presence: channel(topics.presence, 'Retained, told again every heartbeat; also the will, whose `sess` says of which connection it is.', ['presence']),
    ...Object.fromEntries(Object.entries(asked).map(([operation, sentence]) => [`cmd_${operation}`, channel(topics.pulls.replace('+', operation), `${sentence} Heard where the upstream has \`pull\`.`, [`pull_${operation}`])])),
    ...liveChannels(),
    answers: channel(`${topics.answersBelow}{requester}`, 'Where answers go, as the request says; nowhere else.', ['pull_answer'], { requester: { description: 'chosen by who asks, one or two levels' } }),
  }
  const mqtt = (retain: boolean) => ({ mqtt: { qos: 1, retain } })
  const on = (name: string): Json => ({ $ref: `#/channels/${name}` })
  // Seen from the gateway, as the specification wants.
  const operations: Json = {
    ...Object.fromEntries(laneNames.flatMap((lane) => [
      [`tell_${lane}`, { action: 'send', channel: on(`up_${lane}`), summary: carried[lane][0], bindings: mqtt(false) }],
      [`hear_ack_${lane}`, { action: 'receive', channel: on(`ack_${lane}`), summary: 'Published by the MES after its commit, retained.', bindings: mqtt(true) }],
    ])),
    tell_live_state: { action: 'send', channel: on('live_state'), summary: 'What is now: the newest of a topic, one under way at a time.', bindings: mqtt(true) },
    tell_live_event: { action: 'send', channel: on('live_event'), summary: 'What happens, while the link carries it; the stream has it for certain.', bindings: mqtt(false) },
    tell_presence: { action: 'send', channel: on('presence'), bindings: mqtt(true) },
    ...Object.fromEntries(Object.entries(asked).map(([operation, summary]) => [`answer_${operation}`, {
      action: 'receive', channel: on(`cmd_${operation}`), summary, bindings: mqtt(false),
      reply: { address: { location: '$message.payload#/re', description: 'or the response topic of MQTT 5, which comes first' }, channel: on('answers'), messages: [{ $ref: '#/channels/answers/messages/pull_answer' }] },
    }])),
  }
  const record = (lane: Lane): Json => ({ oneOf: [{ $ref: `#/components/schemas/${carried[lane][1]}` }, { $ref: '#/components/schemas/gone_record' }] })
  const messages: Json = {
    ...Object.fromEntries(laneNames.map((lane) => [`batch_${lane}`, {
      name: `batch_${lane}`, summary: `${carried[lane][0]} JSON; or the byte 1, and the same as raw deflate after it.`, contentType: 'application/json', payload: batchOf(lane, record(lane)),
    }])),
    watermark: { name: 'watermark', summary: 'Everything up to `to` of this epoch is committed.', payload: schemaOf(watermark) },
    live_state: { name: 'live_state', summary: 'An object; with the profile `umh` exactly `timestamp_ms` and `value` of one tag. An empty payload clears the topic.', payload: { type: 'object' } },
    live_event: { name: 'live_event', summary: 'A fact with the members of its body, and the number by which a reader tells repetitions and holes.', payload: liveEvent },
    presence: { name: 'presence', summary: 'Whether the gateway is there, and what it consists of.', payload: schemaOf(presence) },
    ...Object.fromEntries(Object.entries(pulls).map(([operation, body]) => [`pull_${operation}`, {
      name: `pull_${operation}`, summary: asked[operation as keyof typeof pulls], payload: schemaOf(body), correlationId: { location: '$message.payload#/cid', description: 'or the correlation data of MQTT 5' },
    }])),
    pull_answer: { name: 'pull_answer', summary: 'A yes has `data`, a no has `error`.', payload: schemaOf(pullAnswer), correlationId: { location: '$message.payload#/cid' } },
  }
  const schemas: Json = { fact_record: factRecord(), row_record: schemaOf(rowShape), sample_record: schemaOf(sampleRecord), gone_record: schemaOf(goneShape) }
  return { channels, operations, messages, schemas }
}

/** The live lane: below the place in the plant, where the upstream has `uns`. */
function liveChannels(): Json {
  const place = '{uns_root}/{enterprise}/{site}/{area}/{line}/{equipment}'
  const parameters = {
    uns_root: { description: 'of `uns`', default: 'uns' }, enterprise: {}, site: {}, area: {}, line: { description: 'none for what concerns the gateway' }, equipment: { description: 'none for what concerns a line' },
    contract: { description: 'what it is about', enum: [...new Set(Object.values(contracts)), 'gateway'].toSorted((one, other) => one.localeCompare(other)) },
  }
  const channel = (address: string, description: string, message: string, more: Json = {}): Json =>
    ({ address, description, parameters: { ...parameters, ...more }, messages: { [message]: { $ref: `#/components/messages/${message}` } } })
  return {
    live_state: channel(`${place}/_{contract}_v1/current`, 'Retained state; conflated, never queued.', 'live_state'),
    live_event: channel(`${place}/_{contract}_v1/{type}`, 'Events as they happen, not retained.', 'live_event', { type: { description: 'kind of the fact', enum: factNames } }),
  }
}

const liveEvent: Json = {
  type: 'object', required: ['type', 'gateway', 'epoch', 'seq'],
  properties: {
    timestamp: { type: 'string', format: 'date-time' }, timestamp_ms: { type: 'integer', description: 'in its place, with the profile `umh`' }, type: { enum: factNames }, gateway: { type: 'string' },
    epoch: { type: 'string' }, seq: { type: 'integer' }, line: { type: ['string', 'null'] }, equipment: { type: ['string', 'null'] },
  },
}

function batchOf(lane: Lane, record: Json): Json {
  const { properties, ...schema } = schemaOf(batch) as { readonly properties: Json }
  return { ...schema, properties: { ...properties, lane: { const: lanes[lane] }, recs: { type: 'array', minItems: 1, items: record } } }
}

/** The body of each kind is that of the catalogue. */
function factRecord(): Json {
  const { properties, ...schema } = schemaOf(factShape) as { readonly properties: Json }
  return { ...schema, properties: { ...properties, k: { enum: factNames }, b: { anyOf: factNames.map((name) => ({ ...schemaOf(catalogue[name].body), title: name })) } } }
}
