/** Events of figures: OEE alerts and closed intervals, and the readings that are conflated. */

import { stateClasses } from '../kinds.js'
import { oee } from '../oee.js'
import { instantText, parts, ratio, seconds, z } from '../schema.js'
import { factEvent, readingEvent } from './event.js'

export const oeeAlert = factEvent('OEE has been below its threshold for too long.', z.strictObject({
  oee: ratio, threshold: z.number(), level: z.enum(['warning', 'critical']), window: z.enum(['hour', 'shift', 'job']), below_since: instantText,
}), { oee: 0.61, threshold: 0.7, level: 'warning', window: 'hour', below_since: '2026-03-29T06:00:00.000Z' })
export const oeeAlertCleared = factEvent('OEE is above its threshold again.', z.strictObject({ oee: ratio, clear_above: z.number(), lasted_seconds: seconds }),
  { oee: 0.74, clear_above: 0.72, lasted_seconds: 1_800 })

const figures = {
  oee: 0.74793, availability: 0.8881, performance: 0.86108, quality: 0.97805, utilization: 0.875, teep: 0.65444, coverage: 1, partial: false,
  bounds: { low: 0.74793, high: 0.74793 }, grade: 'average',
  window: { from: '2026-03-29T06:00:00.000Z', to: '2026-03-29T14:00:00.000Z' }, policy: 'yield_to_run/exclude/unplanned', method: 'equipment',
  times: { all: 28_800, schedule_loss: 3_600, no_data: 0, planned_production: 25_200, unplanned_stop: 2_820, external_stop: 0, planned_stop: 0, changeover: 0,
    run: 22_380, micro_stop: 0, speed_loss: 3_109, net_run: 19_271, startup_reject: 0, production_reject: 423, fully_productive: 18_848 },
  counts: { good: 18_848, startup_reject: 0, production_reject: 423, total: 19_271, off_schedule: 0, recovered: 0, reworked: 0 },
  ideal_cycle_seconds: 1, warnings: [], explain: '/api/v1/explain/equipment/BP01.PACK.BAG1/oee?from=2026-03-29T06:00:00.000Z&to=2026-03-29T14:00:00.000Z',
} as const

export const oeeRecorded = factEvent('The OEE of a closed interval; recorded once, corrected under a new revision. Of a line in which parts are under way (`transit`), when the last of them have had the time to leave. Where rejects are found late, again when the last of them can have been found.', z.strictObject({
  interval: z.enum(['hour', 'shift', 'job']), key: z.string().describe('the shift or job; for an hour its start'), revision: z.int().min(0), figures: oee,
}), { interval: 'shift', key: '2026-03-29/early', revision: 0, figures: { ...figures, warnings: [] } })

export const productionUpdate = readingEvent('What the equipment does and has made, now.', z.strictObject({
  state: z.enum(stateClasses), since: instantText, good: parts, reject: parts, total: parts, speed: z.number().nullable(), job_id: z.string().nullable(),
  oee: ratio.optional().describe('of the shift so far, with its factors; the whole of it is in oee_update'), availability: ratio.optional(), performance: ratio.optional(), quality: ratio.optional(),
}), { state: 'running', since: '2026-03-29T06:00:00.000Z', good: 59, reject: 1, total: 60, speed: 61.5, job_id: null, oee: 0.81, availability: 0.9, performance: 0.92, quality: 0.98 })
export const oeeUpdate = readingEvent('The OEE of the shift so far.', oee, { ...figures, warnings: [] })
export const plcMetricsUpdate = readingEvent('The signals of the equipment, each with its quality and age.', z.strictObject({
  signals: z.record(z.string(), z.strictObject({
    value: z.union([z.number(), z.boolean(), z.string()]).nullable(), unit: z.string().nullable(), quality: z.string(), at: instantText.nullable(), age_seconds: seconds.nullable(),
  })),
}), { signals: { speed: { value: 61.5, unit: 'parts/min', quality: 'good', at: '2026-03-29T06:00:00.000Z', age_seconds: 0.1 } } })
