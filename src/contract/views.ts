/** Views: what a screen shows of the live state. Schema first; `core/view.ts` makes them; they are serialised once a turn. */

import { andonPriorities, andonTypes, stateClasses } from './kinds.js'
import { andonId, andonSources } from './events/andons.js'
import { job, jobStatuses } from './events/jobs.js'
import { stopCause, stopId, stopReason } from './events/stops.js'
import { oee } from './oee.js'
import { code, instantText, parts, ratio, seconds, text, z } from './schema.js'

export const jobView = job.extend({
  status: z.enum(jobStatuses), line: z.string(), equipment_code: z.string().nullable(),
  good: parts, reject: parts, reworked_good: parts.describe('parts of `reject` that rework made good: of the quantity, never of quality'), started_at: instantText.nullable(), ended_at: instantText.nullable(),
  reason: text.optional().describe('why it is paused or was given up; absent where nobody said'),
  clock_from: instantText.nullable().describe('since when its time counts; null while it waits for a shift or for enough parts'),
})

export const stopView = z.strictObject({
  stop_id: stopId, line: z.string(), equipment_code: code, state: z.enum(stateClasses), from: instantText, to: instantText.nullable(),
  seconds, micro: z.boolean(), provisional: z.boolean().describe('open and younger than the micro-stop threshold'),
  reason: stopReason.nullable(), cause: stopCause.nullable(), job_id: z.string().nullable(), product: z.string().nullable(), shift: z.string().nullable(),
  revision: z.int(), notes: z.array(z.strictObject({ at: instantText, by: z.string().nullable(), note: z.string() })),
})
export type StopView = z.output<typeof stopView>

export const andonView = z.strictObject({
  andon_id: andonId, line: z.string(), equipment_code: code.nullable(), andon_type: z.enum(andonTypes), priority: z.enum(andonPriorities),
  status: z.enum(['raised', 'acknowledged', 'attended', 'resolved']), description: z.string().nullable(), source: z.enum(andonSources),
  raised_at: instantText, raised_by: z.string().nullable(), acknowledged_at: instantText.nullable(), acknowledged_by: z.string().nullable(),
  attended_at: instantText.nullable(), attended_by: z.string().nullable(), resolved_at: instantText.nullable(), resolved_by: z.string().nullable(),
  unseen: z.boolean().describe('it ended by itself, and nobody has answered it'), seen_at: instantText.nullable().describe('when somebody did, afterwards'), seen_by: z.string().nullable(),
  acknowledge_by: instantText, resolve_by: instantText, escalation: z.strictObject({ response: z.int(), resolution: z.int() }),
  repeats: parts, comments: z.array(z.strictObject({ at: instantText, by: z.string().nullable(), comment: z.string() })), stop_id: z.string().nullable(),
  fixed_position: z.strictObject({
    grace_to: instantText, line_stopped_at: instantText.nullable().describe('null: within the grace, or cancelled in it'),
  }).optional().describe('only of a call by which the line stops at its fixed position'),
})
export type AndonView = z.output<typeof andonView>

export const shiftView = z.strictObject({
  shift: z.string(), name: z.string(), day: z.string(), crew: z.string().nullable(), from: instantText, to: instantText, in_break: z.boolean(),
})

const pace = z.strictObject({ target_now: parts.nullable(), ahead_parts: z.number().nullable(), ahead_seconds: z.number().nullable() })
const jobPace = pace.extend({ takt_seconds: seconds.nullable().describe('the pace that the due date asks for: planned time from the start of the job to it, for each part ordered; null without one') })
export const progressView = z.strictObject({
  job: jobView, progress: z.strictObject({ target: parts, good: parts, reject: parts, remaining: parts, fraction: ratio }),
  pace: jobPace, expected_finish: z.strictObject({ p10: instantText.nullable(), p50: instantText.nullable(), p90: instantText.nullable() }),
})

const counts = z.strictObject({ good: parts, reject: parts, total: parts })

const changeover = z.strictObject({ since: instantText, from_product: z.string().nullable(), to_product: z.string().nullable(), standard_seconds: seconds.nullable(), seconds, waits_until: instantText.optional().describe('so long its first good part is awaited') })

/** Everything live about one equipment; routes and sockets choose from it. */
export const equipmentView = z.strictObject({
  equipment_code: code, name: z.string(), line: z.string(), line_id: z.string(), constraint: z.boolean(),
  limits_now: z.boolean().optional().describe('where what limits the line moves with the product: whether it is this equipment, with what the line makes now'),
  state: z.strictObject({ state: z.enum(stateClasses), state_code: z.number().nullable(), since: instantText, seconds, reason: stopReason.nullable() }),
  production_context: z.strictObject({
    shift: shiftView.nullable(), operators: z.array(z.string()), job_id: z.string().nullable(), product: z.string().nullable(),
    changeover: changeover.nullable(), changeover_awaited: changeover.optional().describe('a changeover that was said to be over, until the first good part ends it; absent otherwise'),
    startup: z.strictObject({
      good_left: parts.describe('good parts in a row that still close it; 0 where only time or a person does'), until: instantText.nullable().describe('when time closes it; null before its first part, and where time does not'),
    }).nullable().describe('the start-up window that is open: what is rejected now is of the start-up'),
  }),
  current_job: jobView.nullable(),
  counts: counts.describe('of the shift'), job_counts: counts.nullable(), speed: z.number().nullable(), speed_unit: z.string(),
  active_faults: z.array(z.strictObject({ fault: z.string(), name: z.string(), severity: z.string(), marker: z.string(), since: instantText })),
  current_stop: stopView.nullable(),
  oee: oee.describe('of the shift; of the production day outside shifts'),
})
export type EquipmentView = z.output<typeof equipmentView>

export const lineView = z.strictObject({
  line_id: z.string(), code, name: z.string(), method: z.string(), target_oee: z.number(), shift: shiftView.nullable(),
  oee, target: z.strictObject({ target_now: parts.nullable(), actual: parts, gap: z.number().nullable() }),
  andons: z.array(andonView), unseen: z.strictObject({ count: parts, newest: z.array(andonView) }).describe('calls that ended by themselves and that nobody has answered'), next_planned: z.strictObject({ name: z.string(), at: instantText }).nullable(),
  equipment: z.array(equipmentView.omit({ oee: true }).extend({ oee: ratio, availability: ratio, performance: ratio, quality: ratio })),
})
export type LineView = z.output<typeof lineView>

/* ── what the live routes show: parts of the above, chosen by their options ──────────────────── */

export const signalView = z.strictObject({
  value: z.union([z.number(), z.boolean(), z.string()]).nullable().describe('64-bit words as decimal text'),
  unit: z.string().nullable(), quality: z.string(), at: instantText.nullable(), age_seconds: seconds.nullable(),
})
export const signalsView = z.strictObject({
  signals: z.record(z.string(), signalView),
  connection: z.array(z.strictObject({ plc: z.string(), connected: z.boolean(), fault: z.string().nullable(), since: instantText.nullable() })),
})

export const productionStatusView = z.strictObject({
  equipment_code: code, line_id: z.string(),
  state: equipmentView.shape.state,
  production_context: equipmentView.shape.production_context.omit({ operators: true, job_id: true }).extend({
    operator: z.string().nullable().describe('who signed on last and is still there'), operators: z.array(z.string()), job: z.string().nullable(),
  }),
  current_job: jobView.nullable(), counts,
  plc_data: signalsView.optional(), oee: oee.optional(), downtime: stopView.nullable().optional().describe('the stop that stands now'),
})

export const realTimeOeeView = z.strictObject({ equipment_oee: z.record(z.string(), oee), line_oee: oee })

export const jobProgressView = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('no_active_job'), equipment_code: code }),
  progressView.extend({ status: z.literal('active'), equipment_code: code, plc_metrics: signalsView.optional() }),
])

export const operatorView = z.strictObject({
  operator: z.string(), team: z.string().nullable(), active: z.boolean(), line: z.string(), equipment: z.array(code).describe('where the person is signed on'),
})

export const downtimeNowView = z.strictObject({ current_downtime: stopView.nullable() })
export const andonNowView = z.strictObject({ active_events: z.array(andonView) })

export const plcView = z.strictObject({
  plc: z.string(), state: z.enum(['idle', 'connecting', 'online', 'backoff', 'stopped']), fault: z.string().nullable(), detail: z.string().nullable().describe('what the PLC or the network said'), remedy: z.string().nullable(), since: instantText,
  pdu_bytes: z.number().nullable(), pdu_fill: z.number().nullable(), cycle_seconds: seconds,
  cycles: parts, cycles_missed: parts, reconnects: parts, scans_forgotten: parts, requests: parts, requests_per_cycle: parts, requests_per_second_max: parts.nullable().describe('its budget'), bytes: parts,
  jitter_milliseconds: z.strictObject({ p50: z.number(), p99: z.number(), max: z.number() }),
  read_milliseconds: z.strictObject({ p50: z.number(), p99: z.number(), max: z.number() }),
  bad_tags: z.array(z.strictObject({ tag: z.string(), quality: z.string(), fault: z.string().nullable(), detail: z.string() })),
})

/** The live views a desk can give, each of one equipment or one line, with what its JSON holds. */
export const views = {
  production_status: productionStatusView,
  real_time_oee: realTimeOeeView,
  job_progress: jobProgressView,
  downtime_now: downtimeNowView,
  andon_now: andonNowView,
  equipment: equipmentView,
  line: lineView,
  signals: signalsView,
  plcs: z.strictObject({ plcs: z.array(plcView) }).describe('of the PLCs that feed the line'),
  operators: z.strictObject({ operators: z.array(operatorView) }).describe('known on the line, by name'),
  jobs: z.strictObject({ jobs: z.array(jobView) }).describe('of the line, newest first'),
} as const
export type ViewName = keyof typeof views
export type ViewData<N extends ViewName> = z.output<(typeof views)[N]>
export const viewNames = Object.keys(views) as readonly ViewName[]

/** Options are few and finite, so that every variant can be kept for the turn. */
export interface ViewOptions {
  readonly window?: 'shift' | 'job' | 'hour' | 'day'
  readonly equipment?: string
  readonly without?: readonly ('plc_data' | 'oee' | 'downtime' | 'plc_metrics')[]
}
