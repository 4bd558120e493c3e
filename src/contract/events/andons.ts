/** Events of a call for help, from the raise to the end. */

import { andonPriorities, andonTypes, lightStates } from '../kinds.js'
import { code, instantText, parts, seconds, text, z } from '../schema.js'
import { factEvent } from './event.js'

/** `BP01-A3`: unique within the gateway. */
export const andonId = z.string().regex(/^[A-Za-z0-9._-]+-A\d+$/)
export const andonSources = ['manual', 'fault', 'stop', 'quality', 'oee', 'no_data'] as const
/** The last is a single step: the line stops at its fixed position. */
export const ladders = ['response', 'resolution', 'fixed_position'] as const

const id = { andon_id: andonId }

export const andonEvent = factEvent('A call for help was raised.', z.strictObject({
  ...id, andon_type: z.enum(andonTypes), priority: z.enum(andonPriorities), description: text.nullable(),
  source: z.enum(andonSources), by: z.string().nullable(),
  acknowledge_by: instantText, resolve_by: instantText, stop_id: z.string().nullable(), job_id: z.string().nullable(), shift: z.string().nullable(),
  grace_to: instantText.optional().describe('fixed position stop: unless somebody pulls again before, the line counts as stopped from here'),
}), {
  andon_id: 'BP01-A1', andon_type: 'maintenance', priority: 'high', description: 'film tears', source: 'manual', by: 'ana',
  acknowledge_by: '2026-03-29T06:15:00.000Z', resolve_by: '2026-03-29T06:40:00.000Z', stop_id: null, job_id: null, shift: null,
})
export const andonAcknowledged = factEvent('Somebody took the call, or has seen one that ended by itself before anybody took it.', z.strictObject({
  ...id, by: z.string(), response_seconds: seconds.nullable().describe('null: it had ended'), comment: text.nullable(),
}),
  { andon_id: 'BP01-A1', by: 'ben', response_seconds: 95, comment: null })
export const andonAttended = factEvent('Somebody is on site.', z.strictObject({ ...id, by: z.string(), arrival_seconds: seconds, comment: text.nullable() }),
  { andon_id: 'BP01-A1', by: 'ben', arrival_seconds: 240, comment: null })
export const andonUpdated = factEvent('A call was repeated or commented.', z.strictObject({
  ...id, repeats: parts, comment: text.nullable(), by: z.string().nullable(), stop_id: code.optional().describe('a stop that in a flood counts under this call'),
}),
  { andon_id: 'BP01-A1', repeats: 1, comment: null, by: null })
export const escalationUpdate = factEvent('A call climbed a level of its ladder, or its line stopped at the fixed position.', z.strictObject({
  ...id, ladder: z.enum(ladders), level: z.int().min(1), due: instantText, late: z.boolean().describe('the gateway was down when it fell due'),
}), { andon_id: 'BP01-A1', ladder: 'response', level: 1, due: '2026-03-29T06:15:00.000Z', late: false })
export const andonShelved = factEvent('Calls of a type are silent on an equipment until an instant; people may still raise them.', z.strictObject({
  andon_type: z.enum(andonTypes), until: instantText, reason: z.string(), by: z.string(),
}), { andon_type: 'maintenance', until: '2026-03-29T07:10:00.000Z', reason: 'sensor is being replaced', by: 'ana' })
export const andonUnshelved = factEvent('Calls of a type are heard again.', z.strictObject({ andon_type: z.enum(andonTypes), by: z.string().nullable().describe('null: its time was over') }),
  { andon_type: 'maintenance', by: null })
export const outputWritten = factEvent('A stack light was switched, or could not be: what was written where, and for which call.', z.strictObject({
  light: code, tag: z.string(), value: z.union([z.boolean(), z.int()]), state: z.enum(lightStates), andon_id: andonId.nullable(),
  ok: z.boolean(), fault: z.string().nullable().describe('why not; told once, until it is another or over'),
  repeated: z.int().min(0).optional().describe('how often what the entry before says was written again since, for a PLC that may have restarted'),
}), { light: 'bagger', tag: 'bagger/light', value: 2, state: 'raised', andon_id: 'BP01-A1', ok: true, fault: null })
export const andonResolved = factEvent('A call ended.', z.strictObject({
  ...id, by: z.string().nullable(), resolution_seconds: seconds, comment: text.nullable(), automatic: z.boolean(),
  second_pull: z.literal(true).optional().describe('cancelled before the fixed position'),
}), { andon_id: 'BP01-A1', by: 'ben', resolution_seconds: 1_100, comment: 'knife changed', automatic: false })
