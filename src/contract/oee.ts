/** An OEE as it leaves the house: the whole story, never a bare percentage (domain note 1.1; api note 2). */

import { instantText, parts, ratio, seconds, z } from './schema.js'

export const oeeTimes = z.strictObject({
  all: seconds, schedule_loss: seconds, no_data: seconds, planned_production: seconds,
  unplanned_stop: seconds, external_stop: seconds.describe('the part of unplanned_stop caused outside the equipment'),
  planned_stop: seconds, changeover: seconds.describe('the part of planned_stop between two products'), run: seconds, micro_stop: seconds,
  speed_loss: seconds.describe('residual; below zero when the ideal time is too slow'), net_run: seconds,
  startup_reject: seconds, production_reject: seconds, fully_productive: seconds,
})

export const oeeCounts = z.strictObject({
  good: parts, startup_reject: parts, production_reject: parts, total: parts,
  off_schedule: parts, recovered: parts,
  reworked: parts.optional().describe('parts of the rejects that rework made good meanwhile: of the quantity of their job, and of no ratio. Absent in facts of older versions'),
})

export const oeeWindows = ['hour', 'shift', 'job', 'day'] as const

/** Below this share of known time a figure is partial, and nothing is concluded from it (domain notes 4.6 and 10). */
export const COVERAGE_MIN = 0.95

export const oee = z.strictObject({
  oee: ratio, availability: ratio, performance: ratio, quality: ratio,
  utilization: ratio, teep: ratio,
  ooe: ratio.optional().describe('of all operations time: what no_order_seconds holds is a loss here'),
  no_order_seconds: seconds.optional().describe('the part of schedule_loss inside shifts for which there was no order, where that is excluded'),
  coverage: ratio.describe('1 − no_data / (planned_production + no_data)'),
  partial: z.boolean().describe(`coverage below ${COVERAGE_MIN}`),
  bounds: z.strictObject({ low: ratio, high: ratio }).describe('blind time as stop, and as fully productive'),
  grade: z.enum(['world_class', 'good', 'average', 'poor']).nullable(),
  window: z.strictObject({ from: instantText, to: instantText }),
  policy: z.string().describe('the rules it was made under: break policy, no-data policy, no-order policy'),
  method: z.enum(['equipment', 'constraint', 'line_exit', 'ratio_of_sums']),
  times: oeeTimes, counts: oeeCounts,
  ideal_cycle_seconds: seconds.nullable().describe('null when several apply'),
  warnings: z.array(z.enum(['performance_above_1', 'performance_above_1_2', 'speed_gain', 'partial', 'negative_good', 'quality_unmeasured', 'parts_from_before', 'buffer_drained'])
    .describe('quality_unmeasured: nobody tells good parts from rejects; quality is null and OEE its upper bound; parts_from_before: parts left the line that its constraint made while nobody saw it, and stand in `recovered`; buffer_drained: performance is above 1 because parts that its constraint made before the window left the line in it (`work_in_process` is below zero): a longer window settles')),
  constraint: z.string().optional().describe('line by constraint: the equipment that limits it, whose time this is; where that moved with the product, the one for the longest planned time'),
  constraints: z.array(z.strictObject({ equipment_code: z.string(), planned_production: seconds, share: ratio })).optional()
    .describe('line by constraint, where several limited it in this window: each with the planned production time of the line that is its own, and the share of the whole; the longest first'),
  work_in_process: parts.optional().describe('line by constraint: parts the constraint made that have not left the line, less those from before that have; where `transit` is configured, parts leave the line so much earlier than its exit counts them, so that what is only under way settles. What the constraint made is its rejects and those behind it, the good parts of the line, and this'),
  explain: z.string().describe('where it is opened up'),
})
export type Oee = z.output<typeof oee>
export type OeeTimes = Oee['times']
export type OeeCounts = Oee['counts']
export type OeeWindow = (typeof oeeWindows)[number]
