/** Events of the past told anew: what people correct of time and parts that have been recorded. */

import { code, instantText, seconds, shortText, z } from '../schema.js'
import { factEvent } from './event.js'

/** `BP01-S17` has a revision of its own; a correction counts those that its equipment has had over this time. */
const correction = { revision: z.int().min(1).describe('one more than the last correction over any of this time has'), facts_to: z.int().min(0).describe('number of the last fact that it rests on'), reason: shortText, by: z.string() }

export const idealCorrected = factEvent('A person corrected the ideal time of what was made; loss rows and figures over this time are told again.', z.strictObject({
  from: instantText, to: instantText, product: code.nullable().optional().describe('the one that it is about, null: what no product is known of; all where it is absent'),
  ideal_cycle_seconds: seconds.describe('ideal time per part from now on, over this time'),
  previous: z.array(z.strictObject({ product: z.string().nullable(), ideal_cycle_seconds: seconds, from: instantText, to: instantText })).describe('what held until now, product by product in the order of time'),
  ...correction,
}), {
  from: '2026-03-29T06:00:00.000Z', to: '2026-03-29T14:00:00.000Z', product: 'A', ideal_cycle_seconds: 10, previous: [{ product: 'A', ideal_cycle_seconds: 12, from: '2026-03-29T06:00:00.000Z', to: '2026-03-29T14:00:00.000Z' }],
  revision: 2, facts_to: 41_234, reason: 'nameplate says 10 s', by: 'ana',
})
