/** Requests and frames made up at random from the schemas: whatever comes, the answer is one of ours and keeps to its schema. */

import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { WebSocket } from 'ws'
import { type Chance, seededChance } from '../../src/base/chance.js'
import { commands } from '../../src/contract/commands.js'
import type { Endpoint } from '../../src/contract/endpoints/endpoint.js'
import { endpoints } from '../../src/contract/endpoints/table.js'
import { type EventName, catalogue } from '../../src/contract/events/catalogue.js'
import { message } from '../../src/contract/events/message.js'
import { refusals } from '../../src/contract/refusals.js'
import { z } from '../../src/contract/schema.js'
import type { Gateway } from '../bench/support/gateway.js'
import { type Answer, ask, withGateway } from './door.js'
import { type Trial, Wrong } from './trial.js'

const wait = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })

/** What somebody might type, and what nobody should. */
const values: readonly unknown[] = [
  'BP01', 'BP01.PACK.BAG1', 'BP01.PACK.BAG1.BL', 'packer', 'running', 'speed', 'J1', 'material', 'maintenance', 'MAT_JAM', 'NO_ORDER', 'mes', 'open', 'day', 'shift', 'hour', 'job', 'csv',
  '2026-03-29', '2026-03-29T06:00:00Z', '2026-11-22T06:00:00.000Z', '2026-03-29/early', '12345678-1234-5678-9abc-123456789012', 0, 1, -1, 5, 100, 0.5, 1e9, -1e9, 1e308, 2 ** 53 + 2,
  true, false, null, '', ' ', 'x'.repeat(300), 'x'.repeat(5_000), 'ü\u0000\uFFFF', '\u202Eabc', '../../etc/passwd', '__proto__', 'constructor', "'; DROP TABLE facts; --", '%00', '{{7*7}}', 'NaN', 'Infinity', '-0',
  [], {}, ['BP01'], [1, null], { a: { b: { c: 1 } } }, [[[[[[]]]]]],
]

const texts = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** What there is in the example, by the name under which it is asked for. */
const known: Readonly<Record<string, readonly unknown[]>> = {
  line_id: ['BP01', '12345678-1234-5678-9abc-123456789012'], equipment_code: ['BP01.PACK.BAG1', 'BP01.PACK.BAG1.BL'], job_id: ['J1', 'J2'], plc: ['packer', 'bagger'], name: ['running', 'good_count', 'speed'],
  from: ['2026-11-22T06:00:00Z'], start_date: ['2026-11-20'], event_type: Object.keys(catalogue), product: ['BAG500'],
}

interface JsonSchema { readonly type?: string; readonly enum?: readonly unknown[]; readonly anyOf?: readonly JsonSchema[]; readonly items?: JsonSchema; readonly properties?: Readonly<Record<string, JsonSchema>>; readonly required?: readonly string[]; readonly minimum?: number; readonly maximum?: number }

/** As OpenAPI shows it; made once for each. */
const schemas = new Map<z.ZodType, JsonSchema>()
function schemaOf(of: z.ZodType): JsonSchema {
  // The shape of JSON Schema is wider than the members that are looked at here.
  if (!schemas.has(of)) schemas.set(of, z.toJSONSchema(of, { io: 'input', unrepresentable: 'any' }) as JsonSchema)
  return schemas.get(of)!
}

/** A value as the schema wants it, more or less: a wild one turns up at any depth. */
function madeUp(schema: JsonSchema, chance: Chance, name = ''): unknown {
  if (chance.happens(0.1)) return chance.pick(values)
  if (schema.anyOf !== undefined) return madeUp(chance.pick(schema.anyOf), chance, name)
  if (schema.enum !== undefined) return chance.pick(schema.enum)
  switch (schema.type) {
    case 'object': return members(schema, chance)
    case 'array': return Array.from({ length: chance.whole(0, 3) }, () => madeUp(schema.items ?? {}, chance, name))
    case 'integer': return chance.whole(Math.max(schema.minimum ?? -5, -1e6), Math.min(schema.maximum ?? 1_000, 1e6))
    case 'number': return chance.unit() * Math.min(schema.maximum ?? 1_000, 1e6)
    case 'boolean': return chance.happens(0.5)
    case 'null': return null
    default: return chance.pick(known[name] ?? values)
  }
}

/** What has to be there mostly is, and sometimes there is something that nobody asked for. */
function members({ properties = {}, required = [] }: JsonSchema, chance: Chance): Record<string, unknown> {
  const names = Object.keys(properties).filter((name) => chance.happens(required.includes(name) ? 0.95 : 0.4))
  const made = Object.fromEntries(names.map((name) => [name, madeUp(properties[name]!, chance, name)]))
  return chance.happens(0.03) ? { ...made, [chance.pick(['extra', '__proto__', 'toString', 'line_id'])]: chance.pick(values) } : made
}

function targetOf({ path, query }: Endpoint, chance: Chance): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(texts(chance.pick(chance.happens(0.8) ? known[name] ?? values : values)) || ' '))
  const asked = Object.entries(members(schemaOf(query), chance)).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(texts(value))}`).join('&')
  return asked === '' ? filled : `${filled}?${asked}`
}

/** Now and then no JSON, or JSON of another kind. */
function bodyOf(endpoint: Endpoint, chance: Chance): string | undefined {
  if (endpoint.method === 'GET') return undefined
  if (chance.happens(0.05)) return texts(chance.pick(values))
  return JSON.stringify(members(schemaOf(endpoint.kind === 'tells' ? commands[endpoint.command].body : endpoint.query), chance))
}

/** What is wrong with an answer, or `null`. */
function misfitOf(endpoint: Endpoint, { status, type, text }: Answer): string | null {
  if (status >= 500 && status !== 503) return `${status} ${text.slice(0, 200)}`
  if (status === 204 || status === 304) return null
  if (endpoint.kind === 'asks' && endpoint.bare !== undefined && (status < 300 || status === 503)) return null
  if (!type.startsWith('application/json')) return status < 300 ? null : `${status} as ${type}`
  const { success, data, error } = JSON.parse(text) as { success?: boolean; data?: unknown; error?: { code?: string } }
  if (status >= 400) return success === false && error?.code !== undefined && error.code in refusals ? null : `${status} ${text.slice(0, 200)}`
  const issues = endpoint.data.safeParse(data).error?.issues
  return issues === undefined ? null : JSON.stringify(issues[0])
}

function misfitOfMessage(text: string): string | null {
  const { data: said, error } = message.safeParse(JSON.parse(text))
  if (said === undefined) return JSON.stringify(error.issues[0])
  if (!(said.type in catalogue)) return 'there is no such event'
  const issues = catalogue[said.type as EventName].body.safeParse(said.data).error?.issues
  return issues === undefined ? null : JSON.stringify(issues[0])
}

export const fuzz: Trial = {
  name: 'requests and frames at random', count: Number(process.env['FUZZ'] ?? 1_000_000),
  run: (seed, count, goesOn = () => true) => withGateway(async (gateway) => {
    const wrong = new Wrong('500', 'misfit', 'no answer', 'frame misread', 'ended')
    const statuses = new Map<number, number>()
    const agent = new Agent({ keepAlive: true, maxSockets: 16 })
    let asked = 0
    let isOver = false
    const askOn = async (chance: Chance): Promise<void> => {
      while (asked < count && !isOver) {
        asked++
        const [name, endpoint] = chance.pick(endpoints)
        const target = targetOf(endpoint, chance)
        const body = bodyOf(endpoint, chance)
        try {
          const answer = await ask(gateway, agent, endpoint.method, target, chance.pick(gateway.tokens), body)
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
          const misfit = misfitOf(endpoint, answer)
          if (misfit !== null) wrong.is(answer.status === 500 ? '500' : 'misfit', `${name} ${target.slice(0, 200)} ${body?.slice(0, 200) ?? ''}: ${misfit}`)
        } catch (error) {
          wrong.is('no answer', `${name} ${target.slice(0, 200)} ${body?.slice(0, 200) ?? ''}: ${String(error)}`)
        }
        isOver ||= !goesOn(asked)
      }
    }
    const chance = seededChance(seed)
    const framesEach = Math.ceil(count / 40)
    const [sockets] = await Promise.all([
      Promise.all(Array.from({ length: 4 }, (_, i) => babble(gateway, chance.fork(`socket ${i}`), framesEach, () => isOver, (what) => { wrong.is('frame misread', what) }))),
      Promise.all(Array.from({ length: 16 }, (_, i) => askOn(chance.fork(`asker ${i}`)))),
    ])
    agent.destroy()
    try { readFileSync(`/proc/${gateway.pid}/stat`) } catch { wrong.is('ended', 'the gateway is gone') }
    const shares = [...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${times} × ${status}`).join(', ')
    const [sent, heard] = [sockets.reduce((sum, one) => sum + one.sent, 0), sockets.reduce((sum, one) => sum + one.heard, 0)]
    return { thrown: `${asked} requests (${shares}), ${sent} frames and ${heard} messages in return`, wrong: wrong.counts, details: wrong.details }
  }),
}

/** As many as one socket may send in a second; then the next one goes on. */
const FRAMES_A_SOCKET = 45

/** Frames on one socket after another; whatever is said in return is a message of the catalogue. */
async function babble(gateway: Gateway, chance: Chance, count: number, isOver: () => boolean, misread: (what: string) => void): Promise<{ readonly sent: number; readonly heard: number }> {
  const types = ['ping', 'subscribe', 'unsubscribe', 'get_status', 'resume', 'hello', '', null, 1]
  let [sent, heard] = [0, 0]
  while (sent < count && !isOver()) {
    const ws = new WebSocket(`${gateway.address.replace('http', 'ws')}/api/v1/ws/production`, { headers: { authorization: `Bearer ${chance.pick(gateway.tokens)}` }, perMessageDeflate: false })
    ws.on('error', () => undefined)
    ws.on('message', (data: Buffer) => {
      heard++
      const misfit = misfitOfMessage(data.toString())
      if (misfit !== null) misread(`${misfit}: ${data.toString().slice(0, 200)}`)
    })
    const gone = new Promise<void>((resolve) => { ws.once('close', () => { resolve() }) })
    await Promise.race([new Promise((resolve) => { ws.once('open', resolve) }), gone])
    for (let mine = 0; mine < FRAMES_A_SOCKET && ws.readyState === WebSocket.OPEN; mine++) {
      sent++
      const wishes = Object.fromEntries(['event_type', 'event_types', 'line_id', 'equipment_code', 'after_seq', 'epoch'].filter(() => chance.happens(0.4)).map((name) => [name, chance.pick(chance.happens(0.5) ? known[name] ?? values : values)]))
      if (chance.happens(0.1)) ws.send(Buffer.from(texts(chance.pick(values))))
      else ws.send(chance.happens(0.1) ? texts(chance.pick(values)) : JSON.stringify({ type: chance.pick(types), ...wishes }))
      if (mine % 10 === 9) await wait(1)
    }
    ws.close()
    await Promise.race([gone, wait(1_000)])
    ws.terminate()
  }
  return { sent, heard }
}
