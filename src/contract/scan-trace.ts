/** A scan trace: what a PLC held over a while, raw, one JSON object a line. The recorder writes it, the trace driver plays it back, and anybody may make one. */

import { valueTypes } from './scan.js'
import { instantText, z } from './schema.js'

const ms = z.number().min(0).describe('since the beginning of the trace, no less than on the line before')

/** The first line. */
export const scanTraceHead = z.strictObject({
  scan_trace: z.literal(1).describe('the version of this format'),
  plc: z.string(), driver: z.string(), at: instantText.describe('when it began'), cycle_ms: z.number().positive().describe('how often the PLC was read'),
  tags: z.array(z.strictObject({
    name: z.string(), address: z.string().describe('as the driver that recorded it writes it; a trace PLC finds a tag by either'),
    type: z.enum(valueTypes), length: z.int().min(1), unit: z.string().nullable(),
  })).max(20_000),
})

/** Bits are 0 or 1, times milliseconds, 64-bit integers decimal text; an array is a list. */
const single = z.union([z.number(), z.string()])

/** Why a tag was bad; a link that is lost has a line of its own. */
export const badQualities = ['not_read', 'not_found', 'out_of_range', 'type_misfit', 'protected', 'quarantined', 'not_a_number'] as const

/** Tags that have changed since the line before; the others are as they were. */
export const scanTraceChange = z.strictObject({ ms, good: z.record(z.string(), z.union([single, z.array(single)])).optional(), bad: z.record(z.string(), z.enum(badQualities)).optional() })

/** From `lost` until `up` the PLC does not answer. */
export const scanTraceLink = z.strictObject({ ms, link: z.enum(['lost', 'up']), fault: z.string().optional() })

/** The last line: how long the trace is. */
export const scanTraceEnd = z.strictObject({ ms, end: z.literal(true) })

export const scanTraceLine = z.union([scanTraceChange, scanTraceLink, scanTraceEnd])

export type ScanTraceHead = z.output<typeof scanTraceHead>
export type ScanTraceLine = z.output<typeof scanTraceLine>
export type ScanTraceValue = NonNullable<z.output<typeof scanTraceChange>['good']>[string]
export type BadQuality = (typeof badQualities)[number]
