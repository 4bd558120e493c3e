/** Requests and frames made up at random from the schemas of the contract, by somebody who knows the example and remembers what earlier answers named. */

import type { Chance } from '../../src/base/chance.js'
import { commands } from '../../src/contract/commands.js'
import type { Endpoint } from '../../src/contract/endpoints/endpoint.js'
import { catalogue } from '../../src/contract/events/catalogue.js'
import { z } from '../../src/contract/schema.js'

export interface MadeUp {
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

export interface Maker {
  request(endpoint: Endpoint, chance: Chance): MadeUp
  /** What somebody might send over a socket. */
  frame(chance: Chance): string | Buffer
  /** What an answer names is asked for from then on. */
  learn(text: string): void
}

export function openMaker(): Maker {
  const learnt = new Map<string, string[]>()
  /** Something there is by that name, where anything is. */
  const named = (name: string, chance: Chance): unknown => {
    const there = [...example[name] ?? [], ...learnt.get(name) ?? []]
    return chance.pick(there.length === 0 ? values : there)
  }

  /** A value as the schema wants it, more or less: a wild one turns up at any depth. */
  function valueOf(schema: JsonSchema, chance: Chance, name = ''): unknown {
    if (chance.happens(0.1)) return chance.pick(values)
    if (schema.anyOf !== undefined) return valueOf(chance.pick(schema.anyOf), chance, name)
    if (schema.enum !== undefined) return chance.pick(schema.enum)
    switch (schema.type) {
      case 'object': return membersOf(schema, chance)
      case 'array': return Array.from({ length: chance.whole(0, 3) }, () => valueOf(schema.items ?? {}, chance, name))
      case 'integer': return chance.whole(Math.max(schema.minimum ?? -5, -1e6), Math.min(schema.maximum ?? 1_000, 1e6))
      case 'number': return chance.unit() * Math.min(schema.maximum ?? 1_000, 1e6)
      case 'boolean': return chance.happens(0.5)
      case 'null': return null
      default: return named(name, chance)
    }
  }

  /** What has to be there mostly is, and sometimes there is something that nobody asked for. */
  function membersOf({ properties = {}, required = [] }: JsonSchema, chance: Chance): Record<string, unknown> {
    const names = Object.keys(properties).filter((name) => chance.happens(required.includes(name) ? 0.95 : 0.4))
    const made = Object.fromEntries(names.map((name) => [name, valueOf(properties[name]!, chance, name)]))
    return chance.happens(0.03) ? { ...made, [chance.pick(['extra', '__proto__', 'toString', 'line_id'])]: chance.pick(values) } : made
  }

  function targetOf({ path, query }: Endpoint, chance: Chance): string {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(texts(chance.happens(0.8) ? named(name, chance) : chance.pick(values)) || ' '))
    const asked = Object.entries(membersOf(schemaOf(query), chance)).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(texts(value))}`).join('&')
    return asked === '' ? filled : `${filled}?${asked}`
  }

  /** Now and then no JSON, or JSON of another kind. */
  function bodyOf(endpoint: Endpoint, chance: Chance): string | undefined {
    if (endpoint.method === 'GET') return undefined
    if (chance.happens(0.05)) return texts(chance.pick(values))
    return JSON.stringify(membersOf(schemaOf(endpoint.kind === 'tells' ? commands[endpoint.command].body : endpoint.query), chance))
  }

  return {
    request: (endpoint, chance) => ({ target: targetOf(endpoint, chance), headers: headersOf(chance), body: bodyOf(endpoint, chance) }),
    frame(chance) {
      if (chance.happens(0.1)) return Buffer.from(texts(chance.pick(values)))
      if (chance.happens(0.1)) return texts(chance.pick(values))
      const wishes = wishNames.filter(() => chance.happens(0.4)).map((name) => [name, chance.happens(0.5) ? named(name, chance) : chance.pick(values)] as const)
      return JSON.stringify({ type: chance.pick(frameTypes), ...Object.fromEntries(wishes) })
    },
    learn(text) {
      for (const [, name, said] of text.slice(0, LEARNT_FROM_CHARACTERS).matchAll(/"(stop_id|andon_id|job_id|epoch|cursor)":"([^"\\]{1,80})"/g)) {
        const there = learnt.get(name!) ?? []
        if (there.includes(said!)) continue
        learnt.set(name!, [...there.slice(-LEARNT_MAX + 1), said!])
      }
    },
  }
}

const LEARNT_MAX = 20
const LEARNT_FROM_CHARACTERS = 20_000

/** What somebody might type, and what nobody should. */
const values: readonly unknown[] = [
  'BP01', 'BP01.PACK.BAG1', 'BP01.PACK.BAG1.BL', 'packer', 'running', 'speed', 'J1', 'material', 'maintenance', 'MAT_JAM', 'NO_ORDER', 'mes', 'open', 'day', 'shift', 'hour', 'job', 'csv',
  '2026-03-29', '2026-03-29T06:00:00Z', '2026-11-22T06:00:00.000Z', '2026-03-29/early', '12345678-1234-5678-9abc-123456789012', 0, 1, -1, 5, 100, 0.5, 1e9, -1e9, 1e308, 2 ** 53 + 2,
  true, false, null, '', ' ', 'x'.repeat(300), 'x'.repeat(5_000), 'ü\u0000\uFFFF', '\u202Eabc', '../../etc/passwd', '__proto__', 'constructor', "'; DROP TABLE facts; --", '%00', '{{7*7}}', 'NaN', 'Infinity', '-0',
  [], {}, ['BP01'], [1, null], { a: { b: { c: 1 } } }, [[[[[[]]]]]],
]

const texts = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** What there is in the example from the start, by the name under which it is asked for. */
const example: Readonly<Record<string, readonly unknown[]>> = {
  line_id: ['BP01', '12345678-1234-5678-9abc-123456789012'], equipment_code: ['BP01.PACK.BAG1', 'BP01.PACK.BAG1.BL'], job_id: ['J1', 'J2'], plc: ['packer', 'bagger'], name: ['running', 'good_count', 'speed'],
  signal: ['speed', 'good_count', 'running'], tag: ['bl_speed', 'bl_count'], upstream: ['mes'], person: ['ana', 'Bo'],
  from: ['2026-11-22T06:00:00Z'], start_date: ['2026-11-20'], event_type: Object.keys(catalogue), product: ['BAG500'],
}

const frameTypes = ['ping', 'subscribe', 'unsubscribe', 'get_status', 'resume', 'hello', '', null, 1]
const wishNames = ['event_type', 'event_types', 'line_id', 'equipment_code', 'after_seq', 'epoch']

/** Most programs send none of these. */
function headersOf(chance: Chance): Record<string, string> {
  return {
    ...chance.happens(0.1) ? { accept: chance.pick(['*/*', 'application/json', 'text/csv', 'text/html;q=0.1, */*;q=0', 'image/png', ';;', 'x'.repeat(300)]) } : {},
    ...chance.happens(0.1) ? { 'accept-language': chance.pick(['de', 'en-GB,de;q=0.5', '*', 'xx', ';q=2']) } : {},
    ...chance.happens(0.1) ? { 'idempotency-key': chance.pick(['a', 'b', 'c d', 'x'.repeat(129)]) } : {},
    ...chance.happens(0.03) ? { 'content-type': chance.pick(['text/plain', 'application/json; charset=utf-16', 'application/x-www-form-urlencoded']) } : {},
  }
}

interface JsonSchema { readonly type?: string; readonly enum?: readonly unknown[]; readonly anyOf?: readonly JsonSchema[]; readonly items?: JsonSchema; readonly properties?: Readonly<Record<string, JsonSchema>>; readonly required?: readonly string[]; readonly minimum?: number; readonly maximum?: number }

/** As OpenAPI shows it; made once for each. */
const schemas = new Map<z.ZodType, JsonSchema>()
function schemaOf(of: z.ZodType): JsonSchema {
  // The shape of JSON Schema is wider than the members that are looked at here.
  if (!schemas.has(of)) schemas.set(of, z.toJSONSchema(of, { io: 'input', unrepresentable: 'any' }) as JsonSchema)
  return schemas.get(of)!
}
