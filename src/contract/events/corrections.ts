/** Events of the past told anew: what people correct of time and parts that have been recorded. */

import { code, instantText, seconds, shortText, z } from '../schema.js'
import { factEvent } from './event.js'

/** A stop has a revision of its own; a correction counts those that its equipment, or its line, has had over this time. */
const correction = { revision: z.int().min(1).describe('one more than the last correction over any of this time has'), facts_to: z.int().min(0).describe('number of the last fact that it rests on'), reason: shortText, by: z.string() }

/** What people may say of a time of a line's calendar. */
export const saidOfCalendar = ['open', 'break', 'closed', 'calendar'] as const
const shiftId = z.string().describe('production day and name')

export const calendarCorrected = factEvent('A person said what the calendar of the line was in a past period; loss rows, stops and figures over this time are told again.', z.strictObject({
  from: instantText, to: instantText, as: z.enum(saidOfCalendar).describe('calendar: what the rules say'),
  shift: shiftId.nullable().describe('the shift that this time is of where the rules know none'),
  previous: z.array(z.strictObject({ from: instantText, to: instantText, as: z.enum(['open', 'break', 'closed']), shift: z.string().nullable() })).describe('what held until now, in the order of time'),
  shifts: z.array(z.strictObject({ shift: shiftId, name: z.string(), day: z.string(), crew: z.string().nullable(), from: instantText, to: instantText, planned_seconds: seconds })).describe('the shifts that are others now, as they are'),
  cancelled: z.array(shiftId).describe('shifts of which nothing is left'),
  jobs: z.array(z.strictObject({
    job_id: code, equipment: code, clock_from: instantText.nullable().describe('since when its time counts now; null: not yet, or not at all'), previous: instantText.nullable(),
    run_seconds: seconds.describe('how long its equipment ran between the two, less than nothing when its time counts later now; up to this fact where it did not count before'),
  })).optional().describe('jobs whose time counts since another instant now; absent where there is none'),
  ...correction,
}), {
  from: '2026-03-29T14:00:00.000Z', to: '2026-03-29T22:00:00.000Z', as: 'closed', shift: null, previous: [{ from: '2026-03-29T14:00:00.000Z', to: '2026-03-29T22:00:00.000Z', as: 'open', shift: '2026-03-29/late' }],
  shifts: [], cancelled: ['2026-03-29/late'], revision: 1, facts_to: 41_234, reason: 'nobody came', by: 'ana',
})

export const idealCorrected = factEvent('A person corrected the ideal time of what was made; loss rows and figures over this time are told again.', z.strictObject({
  from: instantText, to: instantText, product: code.nullable().optional().describe('the one that it is about, null: what no product is known of; all where it is absent'),
  ideal_cycle_seconds: seconds.describe('ideal time per part from now on, over this time'),
  previous: z.array(z.strictObject({ product: z.string().nullable(), ideal_cycle_seconds: seconds, from: instantText, to: instantText })).describe('what held until now, product by product in the order of time'),
  ...correction,
}), {
  from: '2026-03-29T06:00:00.000Z', to: '2026-03-29T14:00:00.000Z', product: 'A', ideal_cycle_seconds: 10, previous: [{ product: 'A', ideal_cycle_seconds: 12, from: '2026-03-29T06:00:00.000Z', to: '2026-03-29T14:00:00.000Z' }],
  revision: 2, facts_to: 41_234, reason: 'nameplate says 10 s', by: 'ana',
})
