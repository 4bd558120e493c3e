/** What someone may ask of a line: each command with its body, its permission and what it says. */

import { type Instant, instantOf } from '../base/units.js'
import { andonPriorities, andonTypes } from './kinds.js'
import { andonId } from './events/andons.js'
import { jobWish } from './events/jobs.js'
import { stopId } from './events/stops.js'
import { saidOfCalendar } from './events/corrections.js'
import type { Past } from './past.js'
import type { Actor, Permission } from './roles.js'
import { code, instantText, isName, jobId, partsEntered, shortText, text, z } from './schema.js'

interface CommandKindOf<B extends z.ZodType> {
  readonly sentence: string
  readonly permission: Permission
  readonly body: B
}
const kind = <B extends z.ZodType>(permission: Permission, sentence: string, body: B): CommandKindOf<B> => ({ permission, sentence, body })

const comment = text.nullable().default(null)
const onAndon = z.strictObject({ andon_id: andonId, comment })
const wholeMinute = instantText.refine((text) => (instantOf(text) ?? 0) % 60_000 === 0, 'a whole minute, for what is recorded of a minute is one row')
const shiftName = shortText.regex(/^[^/]+$/, 'a name without a slash')
const onStop = { stop_id: stopId, expected_revision: z.int().min(0).optional().describe('refuse when somebody was faster') }

export const commands = {
  job_create: kind('manage_jobs', 'Make a job known.', jobWish.partial({ name: true, product: true, priority: true, planned_start: true, due: true, attributes: true, revision: true })),
  job_update: kind('manage_jobs', 'Change a job that has not ended.', jobWish.partial().required({ job_id: true }).extend({
    expected_revision: z.int().min(1).optional().describe('refuse when the job has been changed since'),
  })),
  job_assign: kind('run_job', 'Assign a job to equipment.', z.strictObject({ job_id: jobId, assign_reason: text.nullable().default(null) })),
  job_accept: kind('run_job', 'Say that the assigned job can be made here.', z.strictObject({ job_id: jobId })),
  jobs_import: kind('manage_jobs', 'Make the jobs of a table known: all of them, or none.', z.strictObject({ csv: z.string().min(1).max(60_000).describe('a heading of job_id, quantity, name, product, priority, planned_start, due; then a row for each job') })),
  schedule_set: kind('manage_jobs', 'Say when jobs are planned to begin.', z.strictObject({
    jobs: z.array(z.strictObject({ job_id: jobId, planned_start: instantText.nullable() })).min(1).max(500),
    revision: z.int().min(1).optional().describe('of the schedule, counted by who makes it: an older one than the one in force is refused'),
  })),
  job_start: kind('run_job', 'Begin the assigned job, or the one named.', z.strictObject({ job_id: jobId.optional() })),
  job_pause: kind('run_job', 'Interrupt the running job.', z.strictObject({ reason: comment })),
  job_resume: kind('run_job', 'Go on with a paused job.', z.strictObject({ job_id: jobId.optional().describe('default: the one paused last') })),
  job_complete: kind('run_job', 'Finish the running job.', z.strictObject({
    completion_notes: comment, good_override: partsEntered.min(0).optional(), override_reason: shortText.optional(),
  }).refine((body) => body.good_override === undefined || body.override_reason !== undefined, { path: ['override_reason'], error: 'an overridden count needs its reason' })),
  job_cancel: kind('run_job', 'Give the job up.', z.strictObject({ job_id: jobId.optional(), reason: comment })),
  changeover_start: kind('run_job', 'Begin a changeover.', z.strictObject({ to_product: code.optional(), to_job_id: jobId.optional() })),
  changeover_complete: kind('run_job', 'End the changeover.', z.strictObject({})),
  startup_release: kind('run_job', 'Say that the equipment has started up: what it rejects from here on is production.', z.strictObject({})),
  counts_correct: kind('correct_counts', 'Correct the counts by an entry of its own.', z.strictObject({
    good: partsEntered.default(0), reject: partsEntered.default(0), reason: shortText, reject_reason: code.nullable().default(null),
  }).refine((body) => body.good !== 0 || body.reject !== 0, 'an entry of nothing')),
  rework_report: kind('report_quality', 'Say that rejected parts of a job became good by rework.', z.strictObject({
    good: partsEntered.min(1), job_id: jobId.optional().describe('default: the job that runs'), comment,
  })),
  quality_report: kind('report_quality', 'Report a quality issue.', z.strictObject({
    description: text.min(1), severity: z.enum(['low', 'medium', 'high', 'critical']).default('medium'), parts: partsEntered.min(0).default(0), reject_reason: code.nullable().default(null),
  })),
  andon_raise: kind('raise_andon', 'Call for help.', z.strictObject({ event_type: z.enum(andonTypes), priority: z.enum(andonPriorities).default('medium'), description: comment })),
  andon_cancel: kind('raise_andon', 'Pull a second time: what was called for is mended before the fixed position, and the line goes on.', onAndon),
  andon_acknowledge: kind('answer_andon', 'Take a call.', onAndon),
  andon_attend: kind('answer_andon', 'Say that somebody is on site.', onAndon),
  andon_resolve: kind('answer_andon', 'End a call.', onAndon),
  andon_comment: kind('answer_andon', 'Comment on a call.', z.strictObject({ andon_id: andonId, comment: text.min(1) })),
  andon_shelve: kind('answer_andon', 'Silence what calls by itself, for a while and for a reason.', z.strictObject({
    event_type: z.enum(andonTypes), minutes: z.int().min(1).max(480), reason: shortText,
  })),
  andon_unshelve: kind('answer_andon', 'Let it call by itself again.', z.strictObject({ event_type: z.enum(andonTypes) })),
  stop_reason: kind('reason_stop', 'Say why a stop stood.', z.strictObject({ ...onStop, reason: code })),
  stop_note: kind('reason_stop', 'Note something on a stop.', z.strictObject({ ...onStop, note: text.min(1) })),
  stop_split: kind('edit_stop', 'Split a stop in two.', z.strictObject({ ...onStop, at: instantText, reason: code.optional() })),
  stop_merge: kind('edit_stop', 'Take the following stop into this one.', z.strictObject({ ...onStop, with: stopId })),
  gap_declare: kind('edit_stop', 'Say what the equipment did while nobody could see.', z.strictObject({
    at: instantText.describe('any instant inside the blind time'), as: z.enum(['running', 'stopped']), reason: code.optional(),
  }).refine((body) => body.as === 'stopped' || body.reason === undefined, { path: ['reason'], error: 'only a stop has a reason' })),
  ideal_correct: kind('correct_past', 'Correct the ideal time of what was made in a past period.', z.strictObject({
    from: wholeMinute, to: wholeMinute, product: code.nullable().optional().describe('null: what no product is known of; default: all that was made'),
    ideal_cycle_seconds: z.number().min(0.001).max(86_400).describe('per part'), reason: shortText,
  })),
  calendar_correct: kind('correct_past', 'Say what the calendar of a line was in a past period: an extra shift that was worked, a shift that was not, a break that was moved.', z.strictObject({
    from: wholeMinute, to: wholeMinute, as: z.enum(saidOfCalendar).describe('calendar: what the rules say, which takes back what people said of this time'),
    shift: shiftName.optional().describe('with open, of time outside the shifts: the name of the shift that worked, which is a longer one where it touches one of that name; default: overtime'), reason: shortText,
  }).refine((body) => body.as === 'open' || body.shift === undefined, { path: ['shift'], error: 'only time that was worked is of a shift that the rules do not know' })),
  operator_create: kind('manage_operators', 'Make a person known, so that screens can offer the name.', z.strictObject({ operator: shortText.refine(isName, 'another name'), team: shortText.nullable().default(null) })),
  operator_update: kind('manage_operators', 'Change what is known of a person, or retire the name.', z.strictObject({ operator: shortText.refine(isName, 'another name'), team: shortText.nullable().optional(), active: z.boolean().optional() })),
  operator_sign_on: kind('sign_on', 'Sign a person on at the equipment.', z.strictObject({ operator: shortText })),
  operator_sign_off: kind('sign_on', 'Sign a person off.', z.strictObject({ operator: shortText })),
} as const

export type CommandName = keyof typeof commands
export type CommandBody<N extends CommandName> = z.output<(typeof commands)[N]['body']>
export const commandNames = Object.keys(commands) as readonly CommandName[]

interface Asked {
  readonly at: Instant
  readonly line: string
  /** Code of the equipment; `null` for commands that concern the whole line. */
  readonly equipment: string | null
  readonly by: Actor
  /** The same key and body give the stored answer again. */
  readonly key: string | null
  /** Who asked does not want it any more after this. */
  readonly until?: Instant
  /** What the journal knows of the time that is edited and that the line has forgotten. The desk adds it. */
  readonly past?: Past
}
export type Command = { [N in CommandName]: Asked & { readonly name: N; readonly body: CommandBody<N> } }[CommandName]
export type CommandOf<N extends CommandName> = Extract<Command, { name: N }>
