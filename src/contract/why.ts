/** Why a tag's value is what it is: the way it comes, step by step, from the gateway over the network to the rule that uses it. */

import { code, instantText, seconds, z } from './schema.js'

/** In the order a value comes along; a step that is wrong keeps those behind it from being known. */
export const whySteps = ['gateway', 'network', 'session', 'pdu', 'tag', 'type', 'age', 'rule'] as const
export type WhyStepName = (typeof whySteps)[number]

export const whyVerdicts = ['well', 'doubtful', 'wrong', 'unknown'] as const
export type WhyVerdict = (typeof whyVerdicts)[number]

const value = z.union([z.number(), z.string()]).nullable().describe('bits are 0 or 1; 64-bit integers as decimal text; the elements of an array as text with blanks between')

const step = z.strictObject({
  step: z.enum(whySteps), verdict: z.enum(whyVerdicts),
  finding: z.string().describe('what was found, in one sentence'),
  remedy: z.string().nullable().describe('what to do next; null when nothing is to be done'),
  evidence: z.array(z.strictObject({ name: z.string(), value: z.string() })).describe('what the finding rests on'),
})
export type WhyStep = z.output<typeof step>

const explained = z.strictObject({
  plc: code, tag: z.string(), address: z.string(), driver: z.string(), place: z.string().describe('host and port, endpoint or file'),
  asked: z.enum(['gateway', 'plc']).describe('who gave the evidence: the running gateway, or the PLC itself, asked once'),
  value, unit: z.string().nullable(), quality: z.string(), at: instantText.nullable().describe('when it was last good'), age_seconds: seconds.nullable(),
  verdict: z.enum(whyVerdicts).describe('of the worst step'),
  because: z.enum(whySteps).nullable().describe('the first step that is wrong, else the first that is doubtful'),
  finding: z.string(), remedy: z.string().nullable(),
  steps: z.array(step),
  uses: z.array(z.strictObject({ line: code, equipment_code: code, signal: code, value: z.union([z.number(), z.boolean(), z.string()]).nullable(), quality: z.string() })).describe('the signals it feeds, and what they are now'),
})
export type ExplainedTag = z.output<typeof explained>

/** The cable is pulled. */
const example: ExplainedTag = {
  plc: 'packer', tag: 'bl_speed', address: 'DB10,REAL24', driver: 's7', place: '192.168.0.10:102', asked: 'gateway',
  value: null, unit: 'parts/min', quality: 'link_down', at: '2026-03-29T02:55:59.900Z', age_seconds: 240.1,
  verdict: 'wrong', because: 'network', finding: 'the PLC does not answer at its address',
  remedy: 'This box has no way to that address: check the cable, the link lights, the IP address and subnet mask of both sides.',
  steps: [
    { step: 'gateway', verdict: 'well', finding: 'reads it every 100 ms', remedy: null, evidence: [{ name: 'cycles', value: '36000' }, { name: 'missed', value: '2400' }] },
    {
      step: 'network', verdict: 'wrong', finding: 'the PLC does not answer at its address',
      remedy: 'This box has no way to that address: check the cable, the link lights, the IP address and subnet mask of both sides.',
      evidence: [{ name: 'fault', value: 'PLC_UNREACHABLE' }, { name: 'said', value: 'connect EHOSTUNREACH 192.168.0.10:102' }, { name: 'since', value: '2026-03-29T02:56:00.000Z' }, { name: 'reconnects', value: '12' }],
    },
    ...(['session', 'pdu', 'tag', 'type'] as const).map((name): WhyStep => ({ step: name, verdict: 'unknown', finding: 'cannot be known before the network is mended', remedy: null, evidence: [] })),
    { step: 'age', verdict: 'wrong', finding: 'it was last good 4 min ago', remedy: 'Mend the first step that is wrong.', evidence: [{ name: 'last_good', value: '2026-03-29T02:55:59.900Z' }, { name: 'value_then', value: '61.5' }] },
    { step: 'rule', verdict: 'well', finding: 'speed of BP01.PACK.BAG1.BL: actual speed in parts per minute', remedy: null, evidence: [{ name: 'BP01.PACK.BAG1.BL speed', value: '– (link_down), as it is' }] },
  ],
  uses: [{ line: 'BP01', equipment_code: 'BP01.PACK.BAG1.BL', signal: 'speed', value: null, quality: 'link_down' }],
}

export const explainedTag = explained.meta({ examples: [example] })
