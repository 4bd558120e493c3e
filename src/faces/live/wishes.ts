/** What a client may ask over its socket, read from its text. */

import { misfitsOf } from '../../contract/refusals.js'
import { z } from '../../contract/schema.js'
import { subjects } from './scope.js'

const about = {
  event_type: z.string().optional(),
  event_types: z.array(z.string()).min(1).max(100).optional(),
  line_id: z.string().min(1).max(64).nullish(),
  equipment_code: z.string().min(1).max(64).nullish(),
}

const wish = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('subscribe'), ...about }),
  z.strictObject({ type: z.literal('unsubscribe'), ...about }),
  z.strictObject({ type: z.literal('resume'), epoch: z.string().max(64), after_seq: z.int().min(0) }),
  z.strictObject({ type: z.literal('ping') }),
  z.strictObject({ type: z.literal('get_status') }),
])
export type Wish = z.output<typeof wish>
export type About = Extract<Wish, { type: 'subscribe' | 'unsubscribe' }>

const KNOWN: ReadonlySet<unknown> = new Set(wish.options.map((option) => option.shape.type.value))

/** `malformed`: not a message at all; after several in a row nobody expects sense any more. */
export interface Misread { readonly code: 'MALFORMED' | 'UNKNOWN_MESSAGE' | 'MESSAGE_MISFIT'; readonly message: string; readonly malformed: boolean }

export function readWish(message: string | Buffer): Wish | Misread {
  const json = typeof message === 'string' ? parsed(message) : undefined
  if (typeof json !== 'object' || json === null || !('type' in json)) {
    return { code: 'MALFORMED', message: 'a message is a JSON object with a "type", sent as text', malformed: true }
  }
  if (!KNOWN.has(json.type)) {
    return { code: 'UNKNOWN_MESSAGE', message: `unknown message type ${JSON.stringify(json.type)?.slice(0, 80)}`, malformed: false }
  }
  const read = wish.safeParse(json)
  if (read.success) return read.data
  const misfits = misfitsOf(read.error).map(({ path, message: why }) => path === '' ? why : `${path}: ${why}`)
  return { code: 'MESSAGE_MISFIT', message: misfits.join('; ').slice(0, 500), malformed: false }
}

export const isMisread = (wish: Wish | Misread): wish is Misread => 'malformed' in wish

/** The event types a subscription names, all subjects when it names none; or the first that is not to be had. */
export function typesOf(about: About): ReadonlySet<string> | { readonly unknown: string } {
  const named = [...about.event_types ?? [], ...about.event_type === undefined ? [] : [about.event_type]]
  const unknown = named.find((name) => !subjects.includes(name))
  if (unknown !== undefined) return { unknown }
  return new Set(named.length > 0 ? named : subjects)
}

function parsed(text: string): unknown {
  try { return JSON.parse(text) } catch { return undefined }
}
