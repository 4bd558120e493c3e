/** What another configuration would have made of a recorded period, set against the one in force. */

import { instantText, z } from './schema.js'
import { andonView, stopView } from './views.js'

const ratio = z.number().nullable()
const ratios = z.strictObject({ oee: ratio, availability: ratio, performance: ratio, quality: ratio, good: z.number(), reject: z.number() })

/** Of one thing that would have come about otherwise: only before it is gone, only after it is new. */
const differs = <S extends z.ZodType>(view: S) => z.strictObject({ before: view.nullable(), after: view.nullable() })

export const plan = z.strictObject({
  window: z.strictObject({ from: instantText, to: instantText }),
  changes: z.array(z.strictObject({ path: z.string(), before: z.string().nullable(), after: z.string().nullable(), reach: z.enum(['live', 'reconnect', 'restart']) })),
  reach: z.enum(['live', 'reconnect', 'restart']).describe('what it takes to let all of it take effect'),
  reconnects: z.array(z.string()).describe('PLCs that would be connected again'),
  unrecorded: z.array(z.string()).describe('signals whose tags nobody has read yet: what they would have said is not known'),
  figures: z.array(z.strictObject({ of: z.string(), before: ratios, after: ratios })).describe('of equipment and lines whose figures would differ'),
  stops: z.array(differs(stopView)), stops_count: z.int().describe('how many would differ; the list ends earlier when they are very many'),
  andons: z.array(differs(andonView)), andons_count: z.int(),
})
export type Plan = z.output<typeof plan>

export const planState = z.strictObject({
  state: z.enum(['none', 'running', 'done', 'failed']),
  progress: z.number().min(0).max(1),
  why: z.string().nullable().describe('of one that failed'),
  plan: plan.nullable(),
})
export type PlanState = z.output<typeof planState>

export interface PlanWish {
  /** The text of the configuration, as its file would have it. Without it the file as it lies there now. */
  readonly text?: string | undefined
  /** How much of the journal, up to now. */
  readonly hours: number
}
