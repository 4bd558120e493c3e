/** Stops: why the equipment stood, with the seconds before it, and what people say about it. */

import { stateClasses } from '../kinds.js'
import { code, instantText, parts, z } from '../schema.js'
import { signalView, stopView } from '../views.js'
import { asks } from './endpoint.js'
import { BASE, nextCursor, ofEquipment, ofStop, page, period, whichLine, window } from './inputs.js'
import { tells } from './tells.js'

const tag = 'stops'
const one = { tag, params: ofStop, fromPath: ['stop_id'] } as const

export const points = z.array(z.strictObject({ at: instantText, value: z.number().nullable().describe('null: nobody can know'), quality: z.string() }))

const recorded = z.record(z.string(), z.strictObject({ unit: signalView.shape.unit, points }))

export const stops = {
  stops: asks({
    path: `${BASE}/stops`, tag, sentence: 'The stops of a period, newest first.',
    query: z.strictObject({
      ...whichLine, equipment_code: code.optional(), ...period, open: z.boolean().optional(), reason: code.optional(),
      explained: z.boolean().optional().describe('false: only those that still lack a reason'), include_micro_stops: z.boolean().default(true), ...page,
    }),
    data: () => z.strictObject({ window, stops: z.array(stopView), ...nextCursor }),
  }),
  stop: asks({
    path: `${BASE}/stops/{stop_id}`, tag, sentence: 'One stop, with its flight recorder: the signals and faults around its beginning.',
    params: ofStop,
    data: () => z.strictObject({
      stop: stopView,
      flight_recorder: z.strictObject({
        window, signals: recorded.describe('of the equipment that stood'),
        first_out: code.nullable().describe('the fault that rose first, as far as the controls can tell'),
        faults: z.array(z.strictObject({ equipment_code: code, fault: code, name: z.string(), rose: z.boolean(), at: instantText })).describe('of the whole line'),
        neighbours: z.array(z.strictObject({
          equipment_code: code, state: z.enum(stateClasses).nullable().describe('when the stop began'), since: instantText.nullable(), signals: recorded,
        })).describe('the other equipment of the line, in flow order'),
      }),
    }),
  }),
  suggested_reasons: asks({
    path: `${BASE}/stops/{stop_id}/suggested-reasons`, tag, sentence: 'The likely reasons of a stop: those given for stops like it on the same equipment, and for the one directly after it.',
    params: ofStop,
    data: () => z.strictObject({
      suggestions: z.array(z.strictObject({
        reason: code, name: z.string(), times: parts.describe('how often people gave it on this equipment'), same_fault: z.boolean(),
        because: z.strictObject({ same_faults: parts, same_fault: parts, next_stop: parts, same_hour: parts, same_job: parts, same_product: parts })
          .describe('of those times: with the same set of faults, the same first fault, of the stop directly after this one, within an hour of this time of day, on the same job, on the same product'),
        likelihood: z.number().describe('share of the weight of all earlier reasons'),
      })),
      looked_at: parts,
    }),
  }),
  stop_reason: tells({ ...one, path: `${BASE}/stops/{stop_id}/reason`, command: 'stop_reason', gives: { stop: { fact: 'downtime_updated' } } }),
  stop_split: tells({ ...one, path: `${BASE}/stops/{stop_id}/split`, command: 'stop_split', gives: { stop: { fact: 'downtime_updated' } } }),
  stop_merge: tells({ ...one, path: `${BASE}/stops/{stop_id}/merge`, command: 'stop_merge', gives: { stop: { fact: 'downtime_updated' } } }),
  gap_declaration: tells({ tag, params: ofEquipment, path: `${BASE}/equipment/{equipment_code}/gap-declaration`, command: 'gap_declare', status: 201, gives: { gap: { fact: 'gap_declared' } } }),
  stop_note: tells({ ...one, path: `${BASE}/stops/{stop_id}/note`, command: 'stop_note', gives: { stop: { fact: 'downtime_updated' } } }),
} as const
