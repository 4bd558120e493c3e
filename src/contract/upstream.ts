/** What travels between a gateway and an MES over MQTT: topics, batches, watermarks and presence. */

import { partLeaves, timeLeaves } from './losses.js'
import { gatewayId, z } from './schema.js'

/** A lane is an ordered stream of its own, with its own numbers and its own watermark. */
export const lanes = {
  facts: 'j', //   journal records, by their numbers
  rows: 'r', //    loss rows, by the number of their last writing
  samples: 'm', // samples, by the numbers of their turns
} as const
export type Lane = keyof typeof lanes
/** Most urgent first. */
export const laneNames = ['facts', 'rows', 'samples'] as const satisfies readonly Lane[]
export const laneOf = (letter: string): Lane | null => laneNames.find((name) => lanes[name] === letter) ?? null

/** Topics of one gateway below the root. */
export const topicsOf = (root: string, gateway: string) => ({
  /** Batches, QoS 1. */
  up: (lane: Lane): string => `${root}/${gateway}/up/${lanes[lane]}`,
  /** Presence, retained; also the will. */
  presence: `${root}/${gateway}/st`,
  /** Watermarks of the MES, retained. */
  acks: `${root}/${gateway}/ack/+`,
  /** Requests of the MES, by operation, and where their answers go. */
  pulls: `${root}/${gateway}/cmd/+`,
  answersBelow: `${root}/${gateway}/res/`,
  ack: (lane: Lane): string => `${root}/${gateway}/ack/${lanes[lane]}`,
})

/** What a topic below the root is about; `null` for one that is not of ours. */
export function readTopic(root: string, topic: string): { readonly gateway: string; readonly kind: string; readonly name: string } | null {
  if (!topic.startsWith(`${root}/`)) return null
  const [gateway = '', kind = '', name = '', ...more] = topic.slice(root.length + 1).split('/')
  return more.length > 0 || !gatewayId.safeParse(gateway).success ? null : { gateway, kind, name }
}

const number = z.int().min(0)

/**
 * A batch covers every number in (`after`, `to`]: what is in the range and not among the records does not exist.
 * So batches can be put in order, and a missing one be named, by these two numbers alone.
 */
export const batch = z.object({
  v: z.literal(1),
  gw: gatewayId,
  ep: z.string().regex(/^[0-9a-f]{16}$/).describe('the epoch the gateway lives in'),
  lane: z.enum(lanes),
  after: number,
  to: number,
  acked: number.describe('the bookmark when this was sent: a receiver that knows nothing of this epoch begins there'),
  n: number,
  sent: number.describe('wall clock of the gateway, in milliseconds'),
  hist: z.boolean().describe('there was more waiting behind it'),
  alone: z.boolean().optional().describe('of two boxes only this one has it yet: it is to be struck when the other one goes on from before'),
  recs: z.array(z.unknown()).min(1),
}).refine(({ after, to, n, recs }) => after < to && n === recs.length, 'a batch covers something, and has as many records as it says')
export type Batch = z.output<typeof batch>

/** A journal record: number, instant, kind, line, equipment, configuration, body; the epoch where it is not the batch's. */
export const factShape = z.object({
  s: number.describe('its number'), t: z.int().describe('when it happened, in milliseconds UTC'), k: z.string().describe('its kind, a name of the catalogue'),
  l: z.string().optional().describe('code of the line'), e: z.string().optional().describe('code of the equipment'), c: z.int().describe('version of the configuration in force'),
  ep: z.string().optional().describe('its epoch, where it is not that of the batch'), b: z.unknown().describe('its body, as in the catalogue'),
})
export type FactRecord = Readonly<z.output<typeof factShape>>

/** Stands for numbers of which nothing can be sent: retention took them, an older database was restored, or a broker takes no message of that size. */
export const goneShape = z.object({ gone: z.tuple([number, number]).describe('the first and the last number'), why: z.enum(['not_kept', 'too_large']) })
export type GoneRecord = Readonly<z.output<typeof goneShape>>

export const isGone = (rec: unknown): rec is GoneRecord => typeof rec === 'object' && rec !== null && 'gone' in rec

/** A loss row: the number of its writing, its key, and its times and parts in the order of `timeLeaves` and `partLeaves`. Empty texts mean none. */
export const rowShape = z.object({
  w: number.describe('number of its last writing'), m: z.int().describe('the minute it begins with, in milliseconds UTC'), l: z.string().describe('code of the line'), e: z.string().describe('code of the equipment'),
  sh: z.string().describe('shift'), jb: z.string().describe('job'), p: z.string().describe('product'), i: z.number().describe('ideal time of a part in milliseconds'), rev: z.int().describe('raised by every edit'),
  ms: z.array(z.int()).length(timeLeaves.length).describe(timeLeaves.join(', ')), pt: z.array(z.number()).length(partLeaves.length).describe(partLeaves.join(', ')),
  rw: z.number().optional().describe('parts of the rejects that rework made good; none where it is absent'),
})
export type RowRecord = Readonly<z.output<typeof rowShape>>
export const rowLeaves = { ms: timeLeaves, pt: partLeaves }

const numbers = z.array(z.int()).min(1).describe('the first, then how much each is above the one before')
/** One element of a tag; a value is `null` where its quality is not good. Without `q` all are good. */
const sampleColumn = z.object({
  k: z.string().describe('the tag'), i: z.int().min(0).optional().describe('element of an array; none for the first'),
  v: z.array(z.union([z.number(), z.string(), z.null()])), q: z.array(z.int().min(0).max(255)).optional().describe('the numbers of the qualities'),
})
/** Samples of some turns in a row, column by column: a deflated column of what hardly changes weighs next to nothing. */
export const sampleRecord = z.object({
  g: z.array(z.object({ p: z.string().describe('the PLC'), n: numbers.describe('turns'), t: numbers.describe('instants in milliseconds'), c: z.array(sampleColumn) })
    .refine(({ n, t, c }) => t.length === n.length && c.every(({ v, q = v }) => v.length === n.length && q.length === n.length), 'every column is as long as the others')),
})
export type SampleRecord = z.output<typeof sampleRecord>

/** The MES has committed every number up to `to` of this epoch. */
export const watermark = z.object({ v: z.literal(1), ep: z.string(), to: number })
export type Watermark = z.output<typeof watermark>

const placed = z.object({ id: z.string(), code: z.string(), name: z.string(), method: z.string(), equipment: z.array(z.object({ code: z.string(), name: z.string(), constraint: z.boolean(), limits: z.array(z.string()).optional().describe('products with which it limits the line in place of the constraint') })) })
/** Presence. `sess` counts the connections: a will of a lower one comes late and says nothing. A reader calls it stale after three heartbeats. */
export const presence = z.object({
  v: z.literal(1), online: z.boolean(), sess: number,
  ep: z.string().optional(), head: number.optional(), at: number.optional(), ver: z.string().optional(), heartbeat_seconds: z.number().optional(),
  enterprise: z.string().optional(), site: z.string().optional(), area: z.string().optional(), time_zone: z.string().optional(),
  lines: z.array(placed).optional(),
})
export type Presence = z.output<typeof presence>
