/** Calls for help: those that are open, those that were, and how people answer them. */

import { andonTypes } from '../kinds.js'
import { code, z } from '../schema.js'
import { andonView } from '../views.js'
import { asks } from './endpoint.js'
import { BASE, nextCursor, ofAndon, ofEquipment, page, period, whichLine, window } from './inputs.js'
import { tells } from './tells.js'

const tag = 'andon'
const one = { tag, params: ofAndon, fromPath: ['andon_id'] } as const

export const andons = {
  andons: asks({
    path: `${BASE}/andons`, tag, sentence: 'The calls of a period, newest first.',
    query: z.strictObject({ ...whichLine, equipment_code: code.optional(), event_type: z.enum(andonTypes).optional(), open: z.boolean().optional(), unseen: z.boolean().optional().describe('those that ended by themselves and that nobody has answered'), ...period, ...page }),
    data: () => z.strictObject({ window, andons: z.array(andonView), ...nextCursor }),
  }),
  andon: asks({ path: `${BASE}/andons/{andon_id}`, tag, sentence: 'One call.', params: ofAndon, data: () => z.strictObject({ andon: andonView }) }),
  andon_cancel: tells({ ...one, path: `${BASE}/andons/{andon_id}/cancel`, command: 'andon_cancel', gives: { andon: { fact: 'andon_resolved' } } }),
  andon_acknowledge: tells({ ...one, path: `${BASE}/andons/{andon_id}/acknowledge`, command: 'andon_acknowledge', gives: { andon: { fact: 'andon_acknowledged' } } }),
  andon_attend: tells({ ...one, path: `${BASE}/andons/{andon_id}/attend`, command: 'andon_attend', gives: { andon: { fact: 'andon_attended' } } }),
  andon_resolve: tells({ ...one, path: `${BASE}/andons/{andon_id}/resolve`, command: 'andon_resolve', gives: { andon: { fact: 'andon_resolved' } } }),
  andon_shelving: tells({ tag, params: ofEquipment, path: `${BASE}/equipment/{equipment_code}/andon-shelving`, command: 'andon_shelve', status: 201, gives: { shelving: { fact: 'andon_shelved' } } }),
  andon_unshelving: tells({ tag, params: ofEquipment, path: `${BASE}/equipment/{equipment_code}/andon-unshelving`, command: 'andon_unshelve', gives: { unshelving: { fact: 'andon_unshelved' } } }),
  andon_comment: tells({ ...one, path: `${BASE}/andons/{andon_id}/comment`, command: 'andon_comment', gives: { andon: { fact: 'andon_updated' } } }),
} as const
