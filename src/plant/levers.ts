/** What can be done to the plant from outside: each lever with its path, its sentence and its body. */

import { instantOf } from '../base/units.js'
import { type Refusal, misfitsOf, refuse } from '../contract/refusals.js'
import { instantText, z } from '../contract/schema.js'

interface LeverOf<B extends z.ZodObject> {
  readonly sentence: string
  readonly body: B
}
const lever = <B extends z.ZodObject>(sentence: string, body: B): LeverOf<B> => ({ sentence, body })

const nothing = z.strictObject({})
/** Bodies also arrive as query strings, where everything is text. */
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])
const ms = z.coerce.number().int().min(0).max(600_000)

export const levers = {
  'faults/hang': lever('Reads are not answered; connections still open.', nothing),
  'faults/silence': lever('Nothing is answered, not even a handshake; on release all late replies arrive.', nothing),
  'faults/slow': lever('Every reply takes so much longer.', z.strictObject({ ms })),
  'faults/pull': lever('The cable is pulled: connections break and are refused.', nothing),
  'faults/drop': lever('Connections break; new ones are welcome.', nothing),
  'faults/pdu': lever('The PLC starts again and gives every connection this PDU, whatever it asks for; 0 = what it asks for.',
    z.strictObject({ bytes: z.coerce.number().int().refine((bytes) => bytes === 0 || (bytes >= 240 && bytes <= 960), '0, or 240 to 960') })),
  'faults/release': lever('Ends hang, silence, slow and pull.', nothing),
  'faults/kill': lever('The PLC process is killed (SIGKILL) and stays dead until it is restarted; the machines go on.', nothing),
  'faults/restart': lever('The PLC is started again, killed first if it lives.', z.strictObject({ zero_counters: flag.default(false) })),
  'faults/download': lever('A program download: connections break, blocks are all zero for a while, counters begin again at zero.',
    z.strictObject({ ms: ms.default(500) })),
  'faults/machine': lever('A machine fails now, with this bit of its fault word.',
    z.strictObject({ equipment: z.string(), bit: z.coerce.number().int().min(0).max(59) })),
  'line/changeover': lever('The batch is done: the line changes over to its other product.', nothing),
  'time/pause': lever('Nothing moves.', nothing),
  'time/resume': lever('Goes on with the factor it had.', nothing),
  'time/factor': lever('Model time per real time.', z.strictObject({ factor: z.coerce.number().min(0.01).max(100_000) })),
  'time/freeze': lever('Model time ends at this instant, or so many model milliseconds from now; nothing moves after it.',
    z.strictObject({ at: instantText.transform((text) => instantOf(text)!).optional(), after_ms: z.coerce.number().int().min(0).optional() })),
} as const

export type LeverName = keyof typeof levers
export const leverNames = Object.keys(levers) as readonly LeverName[]
/** What its body may hold. */
export const fieldsOf = (name: LeverName): string[] => Object.keys(levers[name].body.shape)
export const isLever = (name: string): name is LeverName => Object.hasOwn(levers, name)

/** A lever with its body, checked. */
export type Pull = { [N in LeverName]: { readonly lever: N; readonly body: z.output<(typeof levers)[N]['body']> } }[LeverName]

/** A lever's body from the query, or every misfit in it. */
export function pullOf(name: LeverName, query: Readonly<Record<string, string>>): Pull | Refusal {
  const parsed = levers[name].body.safeParse(query)
  if (!parsed.success) return refuse('BODY_MISFIT', misfitsOf(parsed.error))
  // The name and the body that its schema gave belong together; the compiler cannot follow the lookup.
  return { lever: name, body: parsed.data } as Pull
}

/** For who looks for something to pull. */
export const describeLevers = () => leverNames.map((name) => ({ path: `/${name}`, query: fieldsOf(name), sentence: levers[name].sentence }))
