/** Events of what equipment does: its state, its counts, its faults. */

import { stateClasses } from '../kinds.js'
import { code, instantText, parts, seconds, shortText, text, z } from '../schema.js'
import { factEvent } from './event.js'

export const stateChanged = factEvent('The equipment went into another state.', z.strictObject({
  state: z.enum(stateClasses),
  /** The PackML number or the plant's own, when the state comes from one. */
  state_code: z.number().nullable(),
  previous: z.enum(stateClasses),
  previous_seconds: seconds.nullable().describe('how long the previous state lasted'),
  last_good: instantText.optional().describe('the last good part of the run that ended: a changeover begins with it'),
}), { state: 'stopped', state_code: null, previous: 'running', previous_seconds: 600 })

export const productChanged = factEvent('The equipment works on another product or job: from here on its time is theirs, as its parts are.', z.strictObject({
  product: z.string().nullable(), previous: z.string().nullable(), job_id: z.string().nullable().describe('its own, or that of the line'),
}), { product: 'BAG1000', previous: 'BAG500', job_id: null })

/** The rules by which a step of a raw counter becomes parts (the counter ledger). */
export const countRules = ['advance', 'rollover', 'reset', 'resync', 'glitch', 'jump', 'correction', 'gap', 'base', 'manual'] as const

const countStep = z.strictObject({ signal: z.string(), from: z.number().nullable(), to: z.number(), parts, rule: z.enum(countRules) })

const madeParts = z.strictObject({
  at: instantText, shift: z.string().nullable(), job_id: z.string().nullable(), product: z.string().nullable(), ideal_cycle_seconds: seconds,
  good: parts, startup_reject: parts, production_reject: parts, off_schedule: parts,
  masked: z.strictObject({ good: parts, startup_reject: parts, production_reject: parts }).optional().describe('as they were counted, where the constraint made them outside planned time'),
})

/** What a latched final count was found to be: between both readings, outside of them, not there at all, or of a counter that was not read or not believed. */
export const latchFindings = ['between', 'not_between', 'not_latched', 'not_read'] as const

export const countRecorded = factEvent('Parts were counted since the last record.', z.strictObject({
  from: instantText.describe('when the period of these parts began; it ends at the instant of the fact'),
  total: parts, good: parts, reject: parts,
  startup_reject: parts.describe('the part of `reject` made inside the start-up window'),
  off_schedule: parts.describe('parts of `total` made outside planned production time: outside A, P and Q'),
  recovered: parts.describe('parts of `total` that the counter proves were made while nobody could see: outside A, P and Q'),
  count_imbalance: parts.describe('measured total minus good minus reject, when all three are counted'),
  job_id: z.string().nullable(), product: z.string().nullable(), shift: z.string().nullable(),
  ideal_cycle_seconds: seconds.describe('ideal time per part these parts are valued with'),
  steps: z.array(countStep).describe('the raw counter steps behind it; equal rules in a row are one step'),
  late: z.strictObject({ of: code, reject: parts }).optional().describe('rejects that were counted here and made by that equipment, or by this one, a while before: they are in `rejects_found`, and not in `reject`'),
  made: z.array(madeParts).optional().describe('behind the constraint, where `transit` says how long parts are under way from it: the same parts by when it made them (`at` is the last of a minute), under the shift, job and product that it had then. The line counts them there; parts that nobody saw leave are not among them'),
  job_change: z.strictObject({
    from_job: z.string().nullable(), to_job: z.string().nullable(),
    rule: z.enum(['split_at_latched', 'all_to_earlier_job']).describe('split_at_latched: parts up to the latched counts are of the job before and stand in this record, the others in the next; all_to_earlier_job: a latched count was missing or not between both readings'),
    counters: z.array(z.strictObject({ signal: z.string(), before: z.number().nullable(), latched: z.number().nullable(), after: z.number().nullable(), finding: z.enum(latchFindings) })),
  }).optional().describe('where the PLC latches the final counts of a job: how the parts between the two readings around the change of the job were told apart; raw values'),
  startup_left: parts.nullable().default(null).describe('good parts in a row that still close the start-up window, 0 where only time or a person does; null when none is open'),
  startup_until: instantText.nullable().default(null).describe('when time closes it; null before its first part, and where time does not'),
  startup_closed: instantText.optional().describe('when it was closed in this record, where rejects are found late that may have been made inside it'),
}), {
  from: '2026-03-29T06:00:00.000Z', total: 60, good: 59, reject: 1, startup_reject: 0, off_schedule: 0, recovered: 0, count_imbalance: 0,
  job_id: null, product: null, shift: '2026-03-29/early', ideal_cycle_seconds: 1,
  steps: [{ signal: 'total_count', from: 1000, to: 1060, parts: 60, rule: 'advance' }],
})

export const rejectsFound = factEvent('Rejects that were found downstream belong to when and where they were made, a fixed delay before: the entry stands beside the parts counted then. The equipment is the one that made them.', z.strictObject({
  found_by: code.describe('the equipment whose reject counter found them'), found_at: instantText.describe('of the last of them'),
  made_at: instantText.describe('found_at less the delay, as the clock showed it then: the instant that they are booked to'), delay_seconds: seconds,
  good: parts.describe('0 or less: those that were counted as good parts then'), reject: parts,
  startup_reject: parts.describe('the part of `reject` made inside the start-up window'),
  mask: z.enum(['planned', 'off_schedule', 'recovered']).describe('whether that time is inside A, P and Q, or outside planned time, or blind'),
  job_id: z.string().nullable(), product: z.string().nullable(), shift: z.string().nullable(),
  ideal_cycle_seconds: seconds.describe('ideal time per part these parts are valued with'),
  steps: z.array(countStep).describe('the raw steps of the counter that found them'),
  made: z.array(madeParts).optional().describe('as in `count_recorded`'),
}), {
  found_by: 'BP01.PACK.PAL1', found_at: '2026-03-29T14:00:45.000Z', made_at: '2026-03-29T13:59:15.000Z', delay_seconds: 90, good: -1, reject: 1, startup_reject: 0, mask: 'planned',
  job_id: null, product: null, shift: '2026-03-29/early', ideal_cycle_seconds: 1, steps: [{ signal: 'reject_count', from: 7, to: 8, parts: 1, rule: 'advance' }],
})

export const startupReleased = factEvent('A person closed the start-up window: rejects are of production from here on.', z.strictObject({ by: z.string() }), { by: 'ana' })

export const countsCorrected = factEvent('A person corrected the counts; the entry stands beside the counted parts.', z.strictObject({
  good: parts, reject: parts, reason: shortText, by: z.string(), job_id: z.string().nullable(), shift: z.string().nullable(),
  reject_reason: code.nullable(),
}), { good: -3, reject: 3, reason: 'found damaged on pallet', by: 'ana', job_id: null, shift: null, reject_reason: null })

const machineFault = z.strictObject({
  fault: code, name: shortText, bit: z.int().nullable(),
  marker: z.enum(['internal', 'upstream', 'downstream']), kind: z.enum(['fault', 'prompt', 'status']),
  severity: z.enum(['critical', 'high', 'medium', 'low']),
})

export const plcFault = factEvent('A fault bit of the equipment rose.', machineFault,
  { fault: 'E_STOP', name: 'Emergency stop', bit: 0, marker: 'internal', kind: 'fault', severity: 'critical' })

export const plcFaultCleared = factEvent('A fault bit of the equipment fell.', machineFault.extend({ lasted_seconds: seconds }),
  { fault: 'E_STOP', name: 'Emergency stop', bit: 0, marker: 'internal', kind: 'fault', severity: 'critical', lasted_seconds: 42 })

export const qualityAlert = factEvent('The reject ratio crossed its threshold, or came back below it.', z.strictObject({
  active: z.boolean(), reject_ratio: z.number(), threshold: z.number(), parts, from: instantText,
}), { active: true, reject_ratio: 0.08, threshold: 0.05, parts: 100, from: '2026-03-29T06:00:00.000Z' })

export const qualityIssue = factEvent('A person reported a quality issue.', z.strictObject({
  description: text, severity: z.enum(['low', 'medium', 'high', 'critical']), parts, job_id: z.string().nullable(), by: z.string(), reject_reason: code.nullable(),
}), { description: 'label skewed', severity: 'medium', parts: 4, job_id: null, by: 'ana', reject_reason: null })
