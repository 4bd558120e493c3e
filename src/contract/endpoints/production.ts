/** The nine production routes: what runs, how well, on which job, why it stands and who is called. */

import { commands } from '../commands.js'
import { oee, oeeWindows } from '../oee.js'
import { code, instantText, parts, ratio, seconds, z } from '../schema.js'
import { andonView, jobProgressView, productionStatusView, realTimeOeeView, stopView } from '../views.js'
import { asks } from './endpoint.js'
import { BASE, hours, ofEquipment, ofLine, window } from './inputs.js'
import { asQuery, tells } from './tells.js'

const tag = 'production'
const yes = z.boolean().default(true)
const spread = z.strictObject({ p50: seconds.nullable(), p90: seconds.nullable() })

export const trend = z.array(z.strictObject({ from: instantText, to: instantText, oee: ratio, availability: ratio, performance: ratio, quality: ratio, coverage: ratio }))

const metrics = z.strictObject({
  produced: parts, target: parts.nullable(), good: parts, reject: parts, quality: ratio, oee,
  downtime_hours: z.number(), active_andons: parts, throughput_per_hour: z.number().nullable().describe('good parts per hour of planned production'),
})

export const downtimeStatistics = z.strictObject({
  window, total_hours: z.number(), events: parts.describe('stops that began in the window, micro-stops left out'), micro_stops: parts,
  mean_seconds: seconds.nullable(), failures: parts,
  mtbf_hours: z.number().nullable().describe('run time between failures; null when there was none'), mttr_minutes: z.number().nullable(),
  by_category: z.record(z.string(), z.strictObject({ seconds, events: parts })),
  pareto: z.array(z.strictObject({ reason: z.string(), name: z.string(), seconds, events: parts, share: z.number(), cumulative: z.number() })),
  reason_coverage: ratio.describe('share of the stop time that has a reason'),
})

export const andonStatistics = z.strictObject({
  window, total: parts, active: parts, resolved: parts, unseen: parts.describe('of those: ended by themselves, and answered by nobody'), by_type: z.record(z.string(), parts),
  response_seconds: spread, resolution_seconds: spread, escalation_rate: ratio.describe('share of the calls that climbed at least one level'),
  escalation_rates: z.strictObject({ response: z.array(z.number()), resolution: z.array(z.number()) }).describe('share of the calls that climbed at least to level 1, 2 and so on of each ladder'),
  answered_within_target: ratio.describe('of the calls that somebody answered, or that nobody answered in time'),
  resolved_within_target: ratio.describe('of the calls that ended, or that have not ended in time'),
  fixed_position: z.strictObject({
    pulls: parts, cancelled: parts.describe('by a second pull, or ended, within the grace'), line_stops: parts, cancelled_share: ratio.describe('of the pulls that are decided'),
  }).describe('calls by which the line stops at its fixed position'),
  per_hour: z.number().nullable(), per_1000_parts: z.number().nullable().describe('of all parts that the line made in the window'),
  repeats: parts.describe('how often a call was raised again while it was open'),
  again_within_hour: parts.describe('calls of the same type at the same place, raised within an hour of the end of the one before'),
  oldest_open_seconds: seconds.nullable(),
})

export const production = {
  production_status: asks({
    path: `${BASE}/equipment/{equipment_code}/production-status`, tag, sentence: 'What an equipment does now, on which job, and how well.',
    params: ofEquipment, query: z.strictObject({ include_plc_data: yes, include_oee: yes, include_downtime: yes }), data: () => productionStatusView,
  }),
  real_time_oee: asks({
    path: `${BASE}/lines/{line_id}/real-time-oee`, tag, sentence: 'The OEE of a line and of its equipment, so far.',
    params: ofLine, query: z.strictObject({ equipment_code: code.optional(), include_trends: z.boolean().default(false), window: z.enum(oeeWindows).default('shift') }),
    data: () => realTimeOeeView.extend({ trends: z.record(z.string(), trend).optional().describe('the closed hours of the last day, by equipment and for the line') }),
  }),
  job_progress: asks({
    path: `${BASE}/equipment/{equipment_code}/job-progress`, tag, sentence: 'How far the running job is, and when it will be done.',
    params: ofEquipment, query: z.strictObject({ include_plc_metrics: yes }), data: () => jobProgressView,
  }),
  job_assignment: tells({
    path: `${BASE}/equipment/{equipment_code}/job-assignment`, tag, command: 'job_assign', status: 201,
    params: ofEquipment, query: asQuery(commands.job_assign.body),
    gives: { assignment: { fact: 'job_assigned' } },
  }),
  job_completion: tells({
    path: `${BASE}/equipment/{equipment_code}/job-completion`, tag, command: 'job_complete',
    params: ofEquipment, query: asQuery(commands.job_complete.body),
    gives: { completion: { fact: 'job_completed' }, final_metrics: { fact: 'job_completed', fields: ['target', 'good', 'reject', 'run_seconds', 'elapsed_seconds'] } },
  }),
  production_metrics: asks({
    path: `${BASE}/lines/{line_id}/production-metrics`, tag, sentence: 'What a line made in the last hours.',
    params: ofLine, query: z.strictObject({ time_period_hours: hours, include_equipment_breakdown: yes }),
    data: () => z.strictObject({ window, line_metrics: metrics, equipment_metrics: z.record(z.string(), metrics.omit({ active_andons: true })).optional() }),
  }),
  downtime_status: asks({
    path: `${BASE}/equipment/{equipment_code}/downtime-status`, tag, sentence: 'The stop that stands now, those of the last hours, and what they cost.',
    params: ofEquipment, query: z.strictObject({ include_current_downtime: yes, include_downtime_history: yes, history_hours: hours }),
    data: () => z.strictObject({ current_downtime: stopView.nullable().optional(), downtime_history: z.array(stopView).optional(), downtime_statistics: downtimeStatistics }),
  }),
  andon_status: asks({
    path: `${BASE}/lines/{line_id}/andon-status`, tag, sentence: 'The open calls of a line, those of the last hours, and how fast they were answered.',
    params: ofLine, query: z.strictObject({ include_active_events: yes, include_recent_events: yes, recent_hours: hours }),
    data: () => z.strictObject({ active_events: z.array(andonView).optional(), recent_events: z.array(andonView).optional(), andon_statistics: andonStatistics }),
  }),
  trigger_andon: tells({
    path: `${BASE}/equipment/{equipment_code}/trigger-andon`, tag, command: 'andon_raise', status: 201,
    params: ofEquipment, query: asQuery(commands.andon_raise.body),
    gives: { andon_event: { fact: 'andon_event' } },
  }),
} as const
