/** A figure opened up: from OEE to its factors, to the leaves of the loss tree, to the slices and counts behind them, and to their facts. */

import { stateClasses } from './kinds.js'
import { calendarCorrected, idealCorrected } from './events/corrections.js'
import { countRecorded, countRules, rejectsFound } from './events/state.js'
import { isoFigures } from './iso.js'
import { partLeaves, timeLeaves } from './losses.js'
import { oee } from './oee.js'
import { instantText, parts, ratio, seconds, z } from './schema.js'

const ms = z.number().describe('milliseconds; whole ones wherever they are time and not worth')
const seq = z.int().describe('number of a fact in the journal')
const window = z.strictObject({ from: instantText, to: instantText })
const partCounts = z.strictObject(Object.fromEntries(partLeaves.map((leaf) => [leaf, parts])) as Record<(typeof partLeaves)[number], typeof parts>)

const slice = z.strictObject({
  from: instantText, to: instantText, ms, leaf: z.enum(timeLeaves), state: z.enum(stateClasses), shift: z.string().nullable(), job: z.string().nullable(), product: z.string().nullable(),
  stop_id: z.string().nullable(), fact: seq.nullable().describe('the fact that put the equipment into this state'),
})

const count = z.strictObject({
  fact: seq, type: z.enum(['count_recorded', 'counts_corrected', 'rejects_found']), from: instantText, at: instantText, config: z.int().describe('version of the configuration it was decided under'),
  job: z.string().nullable(), product: z.string().nullable(), ideal_ms: ms, parts: partCounts.describe('of this fact, inside the window'),
  steps: z.array(z.strictObject({ signal: z.string(), from: z.number().nullable(), to: z.number(), parts, rule: z.enum(countRules), samples: z.string().nullable().describe('the raw readings behind it') })),
  job_change: countRecorded.body.shape.job_change,
  late: countRecorded.body.shape.late,
  found: rejectsFound.body.pick({ found_by: true, found_at: true, made_at: true, delay_seconds: true }).optional().describe('of `rejects_found`: where and when these rejects were found, and when they were made; `steps` are of the counter there'),
})

/** Of a window that is too long to be opened as a whole. */
const days = z.array(z.strictObject({ day: z.string(), window, oee: ratio, good: parts, rejects: parts, explain: z.string() })).optional()
  .describe('a window of more than eight days, by production day: the days add up to it, and each opens under its own link, down to the facts')

/** Each level adds up to the one above it: slices to leaves, counts to parts, both to the factors, and they to the OEE. */
export const explained = z.strictObject({
  of: z.string(), window, oee,
  factors: z.array(z.strictObject({
    name: z.enum(['oee', 'availability', 'performance', 'quality']), value: ratio,
    part: z.strictObject({ name: z.string(), ms }), whole: z.strictObject({ name: z.string(), ms }),
  })),
  leaves: z.array(z.strictObject({ leaf: z.enum(timeLeaves), ms, slices: z.int() })),
  parts: z.array(partCounts.extend({ product: z.string().nullable(), ideal_ms: ms, net_run_ms: ms, fully_productive_ms: ms, reworked: parts.describe('of the rejects; the sum of what was told of them'), counts: z.int() })),
  reworked: z.array(z.strictObject({ fact: seq, at: instantText, job: z.string(), good: parts }))
    .describe('parts that became good by rework meanwhile: they fill the quantity of their job and stay rejects here, where the first result counts'),
  ideal_corrections: z.array(idealCorrected.body.extend({ fact: seq, at: instantText })).describe('ideal times that people corrected over any of this window, in the order in which they did; of two over the same time the later one holds'),
  calendar_corrections: z.array(calendarCorrected.body.extend({ fact: seq, at: instantText })).describe('what people said of the calendar over any of this window, in the order in which they did; of two over the same time the later one holds'),
  startups_as_counted: z.array(z.strictObject({ stop_id: z.string(), at: instantText.describe('its end'), lost_seconds: seconds.describe('what it costs by the calendar as it is now'), opened: z.boolean().describe('whether a start-up window was opened after it when the parts were counted') })).optional()
    .describe('stops that ended in this window, after which a start-up window was opened though by the calendar as people corrected it they cost no more than `cold_after`, or was not opened though they cost more: a count does not say in which order its good parts and rejects came, so the rejects behind them stay start-up or production rejects as they were counted. Absent where there is none'),
  slices: z.array(slice), counts: z.array(count),
  iso_22400: isoFigures.describe('the same time and parts in the words of ISO 22400-2: PBT = AUST + APT + ADET + ADOT'),
  configs: z.array(z.int()).describe('versions of the configuration that the facts were decided under'),
  days,
})
export type Explained = z.output<typeof explained>

/** Overall throughput effectiveness (Muthiah and Huang 2007). R, the theoretical rate, is that of what the machine made: total / sum of ideal time × total over its products. */
export const ote = z.strictObject({
  method: z.literal('ote'), ote: ratio.describe('a diagnostic, not the OEE of the line; null where `unreliable` says why'),
  steps: z.array(z.strictObject({
    equipment: z.array(z.string()).describe('side by side'), rate_per_hour: z.number().describe('theoretical: the sum of R'), oee: ratio, quality: ratio,
    through_per_hour: z.number().describe('OEE × R × the quality of all later steps: what this step lets leave the line good'), limits: z.boolean(),
  })).describe('in the order of the declared flow'),
  unreliable: z.array(z.strictObject({
    equipment_code: z.string().nullable(), why: z.enum(['no_oee', 'partial', 'quality_unmeasured', 'nothing_made', 'no_chain']).describe('no_chain: the declared flow is no chain of steps'),
  })),
})
export type Ote = z.output<typeof ote>

/** The OEE of a line, and which equipment gives what to it: the good parts of those that give them, with what is under way and less `from_before`, are the line's. */
export const explainedLine = z.strictObject({
  of: z.string(), window, method: z.string(), oee, ote,
  from_before: parts.describe('good parts that the constraint made while nobody saw it; the line has them in `recovered`'),
  made_of: z.array(z.strictObject({
    equipment_code: z.string(), gives: z.array(z.enum(['time', 'good', 'rejects'])),
    planned_production: seconds, run: seconds, good: parts, rejects: parts, explain: z.string(),
    under_way: z.strictObject({ seconds, good: parts, rejects: parts }).optional()
      .describe('where parts are under way from the constraint, and for how long: what the line counts in this window, when the constraint made them, and the equipment in another, less what is the other way round'),
    limited: seconds.optional().describe('where what limits the line moved with the product: the planned production time of the line that was that of this equipment'),
    standalone_availability: ratio.describe('without what its neighbours caused; of machines alike in pace the lowest limits the line'),
  })),
  slices: z.array(slice.pick({ from: true, to: true, ms: true, leaf: true, shift: true, job: true, product: true }).extend({ equipment_code: z.string().describe('whose time the line has here') })).optional()
    .describe('where what limits the line moves with the product: its time, whose it was and why; they add up to the time of the line. What was known of an equipment then opens under its own link'),
  days,
})
export type ExplainedLine = z.output<typeof explainedLine>
