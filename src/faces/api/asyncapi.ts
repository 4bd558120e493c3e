/** The sockets and the upstream as AsyncAPI 3, made from the event catalogue and the schemas of the stream. */

import { catalogue } from '../../contract/events/catalogue.js'
import { z } from '../../contract/schema.js'
import { described } from './asyncapi-mqtt.js'

type Json = Record<string, unknown>

const channels = {
  production: { address: '/api/v1/ws/production', description: 'Everything within reach of the token; `?line_id=` narrows it.', parameters: {} },
  line: { address: '/api/v1/ws/production/{line_id}', description: 'One line.', parameters: { line_id: { description: 'UUID or code of the line' } } },
  equipment: { address: '/api/v1/ws/equipment/{equipment_code}', description: 'One equipment.', parameters: { equipment_code: { description: 'Code of the equipment' } } },
} as const

/** What a client may say. */
const said = {
  subscribe: ['Ask for events; the first one narrows what comes.', ['event_type', 'event_types', 'line_id', 'equipment_code']],
  unsubscribe: ['Ask for fewer.', ['event_type', 'event_types', 'line_id', 'equipment_code']],
  resume: ['Go on after a number: the missed facts come, or snapshot_required.', ['epoch', 'after_seq']],
  client_ping: ['Is somebody there? The answer is a pong.', []],
  get_status: ['The whole view again.', []],
} as const satisfies Record<string, readonly [string, readonly string[]]>

const memberTypes: Record<string, Json> = { event_types: { type: 'array', items: { type: 'string' } }, after_seq: { type: 'integer' } }

export function asyncapi(version: string): Json {
  const heard = Object.keys(catalogue)
  const messages = [...heard, ...Object.keys(said)]
  const mqtt = described()
  return {
    asyncapi: '3.0.0',
    info: { title: 'lineside events', version, description: 'Facts are numbered without holes and never dropped; readings are conflated. Over sockets for screens and programs, over MQTT for an MES that must have everything.' },
    defaultContentType: 'application/json',
    channels: { ...Object.fromEntries(Object.entries(channels).map(([name, channel]) => [name, {
      ...channel, messages: Object.fromEntries(messages.map((message) => [message, { $ref: `#/components/messages/${message}` }])),
    }])), ...mqtt.channels },
    operations: { ...Object.fromEntries(Object.keys(channels).flatMap((name) => [
      [`hear_${name}`, operation('send', name, heard)],
      [`say_${name}`, operation('receive', name, Object.keys(said))],
    ])), ...mqtt.operations },
    components: { messages: { ...Object.fromEntries(heard.map((name) => [name, heardMessage(name as keyof typeof catalogue)])), ...saidMessages(), ...mqtt.messages }, schemas: mqtt.schemas },
  }
}

/** `send` and `receive` are seen from the gateway, as the specification wants. */
const operation = (action: 'send' | 'receive', channel: string, messages: readonly string[]): Json => ({
  action, channel: { $ref: `#/channels/${channel}` }, messages: messages.map((message) => ({ $ref: `#/channels/${channel}/messages/${message}` })),
})

function heardMessage(name: keyof typeof catalogue): Json {
  const { kind, sentence, body, example } = catalogue[name]
  const { $schema: _, ...data } = z.toJSONSchema(body, { unrepresentable: 'any' })
  return {
    name, summary: sentence, tags: [{ name: kind }],
    payload: {
      type: 'object', required: ['type', 'timestamp', 'data', ...(kind === 'fact' ? ['seq'] : [])],
      properties: {
        type: { const: name }, timestamp: { type: 'string', format: 'date-time' }, line_id: { type: 'string' }, equipment_code: { type: 'string' },
        ...(kind === 'fact' ? { seq: { type: 'integer' }, prev_seq: { type: 'integer' } } : {}), data,
      },
    },
    examples: [{ payload: { type: name, timestamp: '2026-03-29T06:10:00.000Z', ...(kind === 'fact' ? { seq: 17 } : {}), data: example } }],
  }
}

function saidMessages(): Json {
  return Object.fromEntries(Object.entries(said).map(([name, [summary, members]]) => [name, {
    name, summary,
    payload: {
      type: 'object', required: ['type'],
      properties: { type: { const: name.replace('client_', '') }, ...Object.fromEntries(members.map((member) => [member, memberTypes[member] ?? { type: 'string' }])) },
    },
  }]))
}
