/** What a figure is made of, down to the facts and the raw readings; every `explain` link leads here. */

import { explained, explainedLine } from '../explained.js'
import { code, instantText, z } from '../schema.js'
import { explainedTag } from '../why.js'
import { asks } from './endpoint.js'
import { ofEquipment, ofLine } from './inputs.js'

const EXPLAIN = '/api/v1/explain'
const tag = 'analytics'
const span = z.strictObject({
  from: instantText.optional(), to: instantText.optional(), shift: z.string().optional().describe('a shift like 2026-03-29/early, in place of from and to; default: the running one'),
  job: z.string().max(128).optional().describe('only what belongs to this job; empty: to none'), product: z.string().max(128).optional().describe('only what belongs to this product; empty: to none'),
})

export const explain = {
  explain_equipment: asks({
    path: `${EXPLAIN}/equipment/{equipment_code}/oee`, tag, sentence: 'The OEE of an equipment, opened up to slices, counter steps and facts; each level adds up to the one above.',
    params: ofEquipment, query: span, data: () => explained,
  }),
  explain_line: asks({
    path: `${EXPLAIN}/lines/{line_id}/oee`, tag, sentence: 'The OEE of a line, and which equipment gives what to it.',
    params: ofLine, query: span, data: () => explainedLine,
  }),
  explain_tag: asks({
    path: `${EXPLAIN}/tag/{plc}/{tag}`, tag, sentence: 'Why a tag is what it is: the way of its value from the network to the rule, each step with evidence and remedy.',
    params: z.strictObject({ plc: code.describe('a PLC; or an equipment, with one of its signals as the tag'), tag: z.string().min(1).max(64) }), data: () => explainedTag,
  }),
} as const
