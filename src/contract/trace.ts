/** A trace: what happened to a plant, one JSON object a line in time order. `lineside replay` reads it; anybody may write it. */

import { type CommandName, commandNames } from './commands.js'
import { code, instantText, shortText, z } from './schema.js'

const at = instantText.describe('when; no earlier than the line before')

/** What the signals of an equipment are from `at` on; a signal that is absent has not changed, `null` is "nobody can know". */
export const traceSample = z.strictObject({
  at, equipment: code,
  signals: z.record(z.string(), z.union([z.number(), z.boolean(), z.string(), z.null()])).describe('after scale and offset; `fault_word` as a number, or as decimal text where it has more than 53 bits'),
})

/** A link that stays lost makes every signal it feeds unknown from `at` on; after it came up, signals are what the next samples say. */
export const traceLink = z.strictObject({ at, plc: z.string(), link: z.enum(['lost', 'up']) })

export const traceCommand = z.strictObject({
  at,
  command: z.strictObject({
    name: z.enum(commandNames as readonly [CommandName, ...CommandName[]]),
    line: code.optional().describe('default: the line of the equipment, or the only one'),
    equipment: code.nullable().default(null),
    body: z.unknown().optional().describe('of the command; default: the empty one'),
    by: shortText.default('trace'),
  }),
})

/** The wall clock jumps at `at`, which is still the old time; the lines that follow tell the new one. */
export const traceStep = z.strictObject({ at, wall_clock_step_ms: z.int() })

export type TraceSample = z.output<typeof traceSample>
export type TraceCommand = z.output<typeof traceCommand>['command']
