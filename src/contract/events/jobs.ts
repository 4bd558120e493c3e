/** Events of jobs, changeovers and the people who work. */

import { instantText, jobId, parts, partsEntered, seconds, shortText, text, z } from '../schema.js'
import { factEvent } from './event.js'

export const jobStatuses = ['created', 'assigned', 'accepted', 'in_progress', 'paused', 'completed', 'cancelled'] as const

/** A job as ordered: what, how many, by when. */
export const job = z.strictObject({
  job_id: jobId, name: shortText.nullable(), product: z.string().nullable(), quantity: partsEntered,
  priority: z.int().min(0).max(100), planned_start: instantText.nullable(), due: instantText.nullable(),
  attributes: z.record(z.string(), z.string()).describe('what the MES wants to find again'),
  revision: z.int().min(1),
})

/** A job as it may be asked for; facts of earlier versions may hold fewer parts than none. */
export const jobWish = job.extend({ quantity: partsEntered.min(0).describe('0 where nobody knows how many') })

const exampleJob = { job_id: '87654321-4321-8765-cba9-876543210987', name: 'Bags 500 g', product: 'BAG500', quantity: 10_000, priority: 50,
  planned_start: null, due: null, attributes: {}, revision: 1 }
const who = { job_id: z.string(), by: z.string() }
const example = { job_id: exampleJob.job_id, by: 'ana' }
const progress = {
  target: parts, good: parts.describe('at their first pass'), reject: parts,
  reworked_good: parts.optional().describe('parts of `reject` that rework made good: they fill the quantity. Absent in facts of older versions'),
}

export const jobCreated = factEvent('A job became known.', job.extend({ by: z.string() }), { ...exampleJob, by: 'mes' })
export const jobUpdated = factEvent('A job was changed before its end.', job.extend({ by: z.string() }), { ...exampleJob, revision: 2, by: 'mes' })
export const scheduleApplied = factEvent('A schedule of jobs took effect.', z.strictObject({ revision: z.int().min(1), jobs: z.array(jobId), by: z.string() }), { revision: 12, jobs: [exampleJob.job_id], by: 'mes' })
export const jobAssigned = factEvent('A job was assigned to equipment.', z.strictObject({ ...who, assign_reason: text.nullable() }), { ...example, assign_reason: 'schedule' })
export const jobAccepted = factEvent('Somebody at the equipment said that the job can be made.', z.strictObject(who), example)
export const jobStarted = factEvent('Work on a job began.', z.strictObject({ ...who, product: z.string().nullable(), ...progress }), { ...example, product: 'BAG500', target: 10_000, good: 0, reject: 0 })
export const jobPaused = factEvent('Work on a job was interrupted.', z.strictObject({ ...who, reason: text.nullable() }), { ...example, reason: null })
export const jobResumed = factEvent('Work on a job went on.', z.strictObject(who), example)
export const jobCompleted = factEvent('A job was finished.', z.strictObject({
  ...who, ...progress, completion_notes: text.nullable(), override_reason: text.nullable(), run_seconds: seconds,
  elapsed_seconds: seconds.describe('both since its clock opened: at its start within a shift, else with the next shift or with enough parts; 0 when it never did'),
}), { ...example, target: 10_000, good: 10_003, reject: 41, completion_notes: null, override_reason: null, run_seconds: 10_400, elapsed_seconds: 12_000 })
export const jobCancelled = factEvent('A job was given up.', z.strictObject({ ...who, ...progress, reason: text.nullable() }), { ...example, target: 10_000, good: 12, reject: 0, reason: 'wrong film' })

export const partsReworked = factEvent('Parts that were rejected became good by rework: they are of the job, and its quality stays that of the first pass.', z.strictObject({
  ...who, good: parts.min(1), comment: text.nullable(), product: z.string().nullable().optional().describe('of the job; absent in facts of older versions'),
}), { ...example, product: 'BAG500', good: 12, comment: 'sealed again' })

export const changeoverStarted = factEvent('A changeover began.', z.strictObject({
  from_product: z.string().nullable(), to_product: z.string().nullable(), to_job_id: z.string().nullable(), standard_seconds: seconds.nullable(), by: z.string(),
  from_job_id: z.string().nullable().optional().describe('the job that was worked on; absent in facts of older versions'),
  from: instantText.optional().describe('the last good part before it, or where it stood since: what stands before somebody says so, for no other known reason, is of the changeover too'),
}), { from_product: 'BAG500', to_product: 'BAG1000', to_job_id: null, standard_seconds: 900, by: 'ana' })
export const changeoverCompleted = factEvent('A changeover ended.', z.strictObject({
  from_product: z.string().nullable(), to_product: z.string().nullable(), lasted_seconds: seconds, excess_seconds: seconds, by: z.string(),
  measured: z.boolean().optional().describe('its first good part is known or awaited: `changeover_measured` tells how long it really lasted'),
  waits_until: instantText.optional().describe('so long its first good part is awaited (`changeover_wait`)'),
}), { from_product: 'BAG500', to_product: 'BAG1000', lasted_seconds: 1_020, excess_seconds: 120, by: 'ana' })
export const changeoverMeasured = factEvent('The first good part after a changeover was made: that is how long it lasted, since the last one before it.', z.strictObject({
  from_product: z.string().nullable(), to_product: z.string().nullable(), from: instantText, to: instantText, lasted_seconds: seconds,
  standard_seconds: seconds.nullable(), excess_seconds: seconds.describe('changeover over standard: a planned stop like the rest of it, and a figure of its own'),
  waited_out: z.boolean().optional().describe('no good part came within `changeover_wait`: it ended there, and what stands since then is a stop of its own'),
}), { from_product: 'BAG500', to_product: 'BAG1000', from: '2026-03-29T06:00:00.000Z', to: '2026-03-29T06:18:40.000Z', lasted_seconds: 1_120, standard_seconds: 900, excess_seconds: 220 })

const person = z.strictObject({ operator: shortText, team: shortText.nullable(), active: z.boolean(), by: z.string() })
export const operatorCreated = factEvent('A person became known.', person, { operator: 'ana', team: 'production', active: true, by: 'ben' })
export const operatorUpdated = factEvent('What is known of a person was changed.', person, { operator: 'ana', team: 'maintenance', active: false, by: 'ben' })
export const operatorSignedOn = factEvent('A person signed on at the equipment.', z.strictObject({ operator: shortText }), { operator: 'ana' })
export const operatorSignedOff = factEvent('A person signed off.', z.strictObject({ operator: shortText, worked_seconds: seconds }), { operator: 'ana', worked_seconds: 28_800 })
