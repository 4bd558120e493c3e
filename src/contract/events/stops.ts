/** Events of standing still: a stop opens, is explained, and ends. */

import { reasonCategories, stateClasses } from '../kinds.js'
import { code, instantText, seconds, shortText, text, z } from '../schema.js'
import { factEvent } from './event.js'

/** `BP01-S17`: unique within the gateway. */
export const stopId = z.string().regex(/^[A-Za-z0-9._-]+-S\d+$/)

/** Who said so. An automatic reason never overwrites an operator's. */
export const reasonSources = ['auto', 'suggested', 'operator', 'edited'] as const

export const stopReason = z.strictObject({
  code, name: shortText, category: z.enum(reasonCategories), is_failure: z.boolean(), external: z.boolean(),
  source: z.enum(reasonSources), by: z.string().nullable(),
})

/** What the controls saw, kept apart from the reason that people say. */
export const stopCause = z.strictObject({
  fault: code.nullable(), fault_name: z.string().nullable(),
  faults: z.array(code).describe('all that rose around the stop, first to rise first'),
  ambiguous: z.boolean().describe('several rose in one poll: nobody can say which was first'),
  blame: z.strictObject({ direction: z.enum(['internal', 'upstream', 'downstream']), equipment: code.nullable() }),
})

const opened = z.strictObject({
  stop_id: stopId, state: z.enum(stateClasses), reason: stopReason.nullable(), cause: stopCause.nullable(),
  job_id: z.string().nullable(), product: z.string().nullable(), shift: z.string().nullable(),
})

const reason = { code: 'MAT_JAM', name: 'Material jam', category: 'unplanned', is_failure: true, external: false, source: 'auto', by: null } as const
const cause = { fault: 'JAM', fault_name: 'Infeed jam', faults: ['JAM'], ambiguous: false, blame: { direction: 'internal', equipment: null } } as const

export const downtimeEvent = factEvent('A stop opened.', opened,
  { stop_id: 'BP01-S1', state: 'faulted', reason, cause: { ...cause, faults: ['JAM'] }, job_id: null, product: null, shift: null })

export const downtimeUpdated = factEvent('A stop was explained, split, merged or noted, blind time in it was declared, or the calendar over it was corrected; what stood before is kept.', z.strictObject({
  stop_id: stopId, revision: z.int().min(1),
  change: z.enum(['cause', 'reason', 'split', 'merge', 'note', 'seen', 'calendar']),
  reason: stopReason.nullable(), cause: stopCause.nullable(),
  from: instantText, to: instantText.nullable(),
  lost_seconds: seconds.nullable().optional().describe('what it costs now: planned time in which somebody saw it stand; null while it is open'),
  merged: stopId.nullable().describe('merge: the stop that this one took in'),
  split_off: stopId.nullable().describe('split: the stop that holds the second part'),
  note: text.nullable(), by: z.string().nullable(),
}), {
  stop_id: 'BP01-S1', revision: 1, change: 'reason', reason: { ...reason, source: 'operator', by: 'ana' }, cause: null,
  from: '2026-03-29T06:10:00.000Z', to: null, lost_seconds: null, merged: null, split_off: null, note: null, by: 'ana',
})

export const gapDeclared = factEvent('A person said what the equipment did while nobody could see; parts found afterwards count with it.', z.strictObject({
  from: instantText, to: instantText, as: z.enum(['running', 'stopped']),
  stop_id: stopId.nullable().describe('the stop that it became; null when it ran, or stood in a stop that was known'),
  lost_seconds: seconds.nullable().optional().describe('planned time of the stop that it became'),
  reason: stopReason.nullable(), job_id: z.string().nullable(), product: z.string().nullable(), shift: z.string().nullable(), by: z.string(),
}), { from: '2026-03-29T06:10:00.000Z', to: '2026-03-29T06:30:00.000Z', as: 'running', stop_id: null, lost_seconds: null, reason: null, job_id: null, product: null, shift: null, by: 'ana' })

export const downtimeResolved = factEvent('A stop ended.', opened.extend({
  from: instantText, lost_seconds: seconds, micro: z.boolean().describe('shorter than the threshold: a performance loss, no reason asked'),
  found: z.literal(true).optional().describe('nobody knew when it stood that its time counts: a correction of the calendar made a stop of it, and no fact told of its beginning'),
}), {
  stop_id: 'BP01-S1', state: 'faulted', reason, cause: { ...cause, faults: ['JAM'] }, job_id: null, product: null, shift: null,
  from: '2026-03-29T06:10:00.000Z', lost_seconds: 40, micro: true,
})
