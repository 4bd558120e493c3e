/** Reads queries and bodies: text becomes what the schema wants, and every misfit is named. */

import { z } from '../../contract/schema.js'
import { type Detail, type Refusal, isRefusal, misfitsOf, refuse } from '../../contract/refusals.js'

/** Keys that would reach behind an object, wherever they stand in a body. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])
const DEPTH_MAX = 16
const KEYS_MAX = 1_000

/** The members of a query as JSON values; a list is a parameter given several times, or with commas. */
export function queryOf(query: string, schema: z.ZodObject): Record<string, unknown> | Refusal {
  if (query === '') return {}
  const values: Record<string, unknown> = {}
  const misfits: Detail[] = []
  const isStrict = schema.def.catchall !== undefined
  for (const [name, text] of new URLSearchParams(query)) {
    const wanted = Object.hasOwn(schema.shape, name) ? kindOf(schema.shape[name]) : 'nothing'
    if (wanted === 'nothing' && !isStrict) continue
    if (wanted === 'nothing') misfits.push({ path: name, message: 'there is no such parameter' })
    else if (wanted === 'list') values[name] = [...(values[name] as string[] | undefined ?? []), ...text.split(',')]
    else if (Object.hasOwn(values, name)) misfits.push({ path: name, message: 'given more than once' })
    else values[name] = valueOf(text, wanted)
  }
  return misfits.length > 0 ? refuse('BODY_MISFIT', misfits) : values
}

type Kind = 'nothing' | 'list' | 'number' | 'boolean' | 'text'

/** What the text of a parameter stands for, below optional, nullable and default. */
function kindOf(schema: unknown): Kind {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) return kindOf(schema.unwrap())
  if (schema instanceof z.ZodArray) return 'list'
  if (schema instanceof z.ZodNumber) return 'number'
  if (schema instanceof z.ZodBoolean) return 'boolean'
  return 'text'
}

/** Text that is not what is wanted stays text, for the schema to complain about. */
function valueOf(text: string, kind: Kind): unknown {
  if (kind === 'number' && /^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return Number(text)
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

/** The JSON object of a body; an empty body is an empty object. */
export function bodyOf(body: Buffer, mediaType: string): Record<string, unknown> | Refusal {
  if (body.length === 0) return {}
  if (!/^application\/([a-z0-9.+-]+\+)?json\s*(;|$)/i.test(mediaType)) return refuse('MEDIA_TYPE', { 'content-type': mediaType === '' ? 'none was given' : mediaType })
  const value = jsonOf(body)
  if (value === undefined) return refuse('BODY_MISFIT', [{ path: '', message: 'this is not JSON in UTF-8' }])
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('BODY_MISFIT', [{ path: '', message: 'a JSON object is expected' }])
  const wrong = guard(value, 0, { keysCount: 0 })
  return wrong === null ? value as Record<string, unknown> : refuse('BODY_MISFIT', [{ path: '', message: wrong }])
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(body))
  } catch {
    return undefined
  }
}

/** What is dangerous about a value, whatever its schema says; `null` when nothing is. */
function guard(value: object, depth: number, seen: { keysCount: number }): string | null {
  if (depth > DEPTH_MAX) return `deeper than ${DEPTH_MAX} levels`
  for (const [key, member] of Object.entries(value)) {
    if (FORBIDDEN.has(key)) return `a member must not be called ${key}`
    if (++seen.keysCount > KEYS_MAX) return `more than ${KEYS_MAX} members`
    const wrong = typeof member === 'object' && member !== null ? guard(member, depth + 1, seen) : null
    if (wrong !== null) return wrong
  }
  return null
}

/** The value as its schema has it, or every misfit. */
export function fit<S extends z.ZodType>(schema: S, value: unknown): z.output<S> | Refusal {
  const checked = schema.safeParse(value)
  return checked.success ? checked.data : refuse('BODY_MISFIT', misfitsOf(checked.error))
}

export const refusedIn = (value: unknown): value is Refusal => typeof value === 'object' && value !== null && isRefusal(value)
