/** What an MES may ask and order over MQTT, and how it is answered. Schema first, type from it. */

import { limits } from '../base/limits.js'
import { factNames } from './events/catalogue.js'
import { code, instantText, lineRef, shortText, z } from './schema.js'
import { lanes } from './upstream.js'

/**
 * Members of every request. MQTT 5 says the first two in properties of its own (response topic, correlation data), which come first;
 * 3.1.1 and bridges that drop properties say them here.
 */
export const letter = {
  re: z.string().max(256).optional().describe('where the answer goes: a topic below `res/` of this gateway'),
  cid: z.string().max(128).optional().describe('comes back with the answer'),
}
const ofLines = { line: lineRef.optional().describe('only of this line') }
const page = {
  limit: z.int().min(1).max(limits.pullPageMax).default(limits.pullPageMax),
  bytes: z.int().min(1_024).max(limits.pullPageBytesMax).default(limits.pullPageBytesMax).describe('the most that the records of one answer weigh'),
}
const number = z.int().min(0)

/** An order has an effect, so it has a name: sent again it is not obeyed again, and its first answer comes back. */
const order = {
  ...letter, ...ofLines,
  id: z.string().regex(/^[A-Za-z0-9._-]{8,64}$/, 'an id of 8 to 64 letters, digits, ".", "-" and "_", like a ULID').describe('never given twice by who orders'),
  exp: instantText.optional().describe('not to be obeyed after this'),
  by: shortText.optional().describe('who it was, for the audit trail'),
  body: z.record(z.string(), z.unknown()).default({}).describe('of the command, as over REST'),
}

export const jobActions = { create: 'job_create', update: 'job_update', assign: 'job_assign', start: 'job_start', pause: 'job_pause', resume: 'job_resume', complete: 'job_complete', cancel: 'job_cancel' } as const

export const snapshotParts = ['line', 'jobs', 'operators', 'equipment'] as const

/** What a request of each operation holds. */
export const pulls = {
  ping: z.strictObject(letter),
  streams: z.strictObject(letter),
  config: z.strictObject(letter),
  snapshot: z.strictObject({
    ...letter, ...ofLines, bytes: page.bytes,
    parts: z.array(z.enum(snapshotParts)).min(1).default([...snapshotParts]), cursor: z.string().max(64).optional().describe('`next` of the page before'),
  }),
  replay: z.strictObject({
    ...letter, ...ofLines, ...page,
    lane: z.enum(lanes).default(lanes.facts), ep: z.string().optional().describe('only facts of this epoch'),
    after: number.optional().describe('numbers above this one'), to: number.optional().describe('up to this one'),
    from_time: instantText.optional().describe('in place of `after`: from the first fact that happened then or later'), to_time: instantText.optional(),
    kinds: z.array(z.enum(factNames)).min(1).optional(),
  }),
  job: z.strictObject({ ...order, action: z.enum(Object.keys(jobActions) as (keyof typeof jobActions)[]), equipment: code.optional() }),
  schedule: z.strictObject(order),
} as const
export type Operation = keyof typeof pulls
export type PullOf<O extends Operation> = z.output<(typeof pulls)[O]>
export const isOperation = (name: string): name is Operation => Object.hasOwn(pulls, name)

/** A yes has `data`, a no has `error`; `status` is that of HTTP: 200 for an answer, 202 for an order that is durable. */
export const pullAnswer = z.object({
  v: z.literal(1), op: z.string(), cid: z.string().optional().describe('as it was asked with'), status: z.int().describe('200, 202, or why not: 400, 403, 404, 409, 410, 413, 422, 500, 503'),
  data: z.custom<object>().optional(), error: z.object({ code: z.string(), message: z.string(), details: z.array(z.custom<object>()).readonly() }).optional(),
})
export type PullAnswer = Readonly<z.output<typeof pullAnswer>>
