/** An event as every reader outside gets it: the same on REST, sockets and MQTT. */

import { type Seq, rfc3339 } from '../../base/units.js'
import { instantText, z } from '../schema.js'
import type { Fact, Reading } from './catalogue.js'

export const message = z.strictObject({
  type: z.string(), timestamp: instantText,
  line_id: z.string().optional(), equipment_code: z.string().optional(),
  seq: z.int().optional().describe('a fact: its number in the journal. A message about the connection: the number up to which nothing is missing'),
  prev_seq: z.int().optional().describe('sockets: the number up to which nothing was missing before this fact. Beyond what was seen so far, it means a gap'),
  data: z.record(z.string(), z.unknown()),
})

/** The same shape in TypeScript: `data` is the body of the event. */
export interface Message {
  readonly type: string
  readonly timestamp: string
  readonly line_id?: string
  readonly equipment_code?: string
  readonly seq?: Seq
  readonly data: Record<string, unknown>
}

/** `lineIdOf` finds the UUID of a line by its code. */
export function messageOf(event: Fact | Reading, lineIdOf: (line: string) => string): Message {
  return {
    type: event.type,
    timestamp: rfc3339(event.at),
    ...(event.line === null ? {} : { line_id: lineIdOf(event.line) }),
    ...(event.equipment === null ? {} : { equipment_code: event.equipment }),
    ...('seq' in event ? { seq: event.seq } : {}),
    data: event.body,
  }
}
