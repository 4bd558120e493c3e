/** What an event is: a name, a sentence, the schema of its body, and an example that a test holds against it. */

import type { Epoch, Instant, Seq } from '../../base/units.js'
import type { z } from '../schema.js'

/** Facts are journalled and never dropped; readings are conflated; socket events concern one connection only. */
export type EventKind = 'fact' | 'reading' | 'socket'

export interface EventKindOf<K extends EventKind, B extends z.ZodType> {
  readonly kind: K
  readonly sentence: string
  readonly body: B
  readonly example: z.input<B>
}

export const factEvent = <B extends z.ZodType>(sentence: string, body: B, example: z.input<B>): EventKindOf<'fact', B> =>
  ({ kind: 'fact', sentence, body, example })
export const readingEvent = <B extends z.ZodType>(sentence: string, body: B, example: z.input<B>): EventKindOf<'reading', B> =>
  ({ kind: 'reading', sentence, body, example })
export const socketEvent = <B extends z.ZodType>(sentence: string, body: B, example: z.input<B>): EventKindOf<'socket', B> =>
  ({ kind: 'socket', sentence, body, example })

/** What core says happened, before the journal numbers it. */
export interface Drafted<Name extends string, Body> {
  readonly type: Name
  /** When it happened, which may be earlier than when it was noticed. Order is by number, never by time. */
  readonly at: Instant
  /** Code of the line, `null` for the gateway itself. */
  readonly line: string | null
  readonly equipment: string | null
  /** In the form it has on the wire: snake_case, instants as RFC 3339 text. */
  readonly body: Body
}

/** A journalled event: `(gateway, epoch, seq)` names it for ever. */
export interface Numbered {
  readonly epoch: Epoch
  readonly seq: Seq
  /** The version of the configuration it was decided under. */
  readonly config: number
}
