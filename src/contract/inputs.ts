/** What a line is told in a turn: samples, link changes, commands, steps of the clock, and the beat that ends it. */

import type { Instant, Ms } from '../base/units.js'
import type { Command } from './commands.js'
import type { FaultCode } from './faults.js'

/** A signal's value: bits are booleans, words of bits are bigint, `null` is "nobody can know" (bad quality). */
export type SignalValue = number | boolean | string | bigint | null

/**
 * An equipment's signals at one time. A signal that is absent has not changed.
 * A `null` is dated back to the last good reading: from then on nobody can know.
 */
export interface Sample {
  readonly kind: 'sample'
  readonly at: Instant
  /** The reading before this one, when it was good and unchanged; default: the sample before. */
  readonly since?: Instant
  /** That reading was asked for after this, so what it told may be as old: where the gateway was held up meanwhile, much older than the reading says. */
  readonly askedAfter?: Instant
  readonly equipment: string
  readonly signals: Readonly<Record<string, SignalValue>>
}

export type Input =
  | Sample
  | { readonly kind: 'link'; readonly at: Instant; readonly plc: string; readonly up: boolean; readonly fault: FaultCode | null }
  | { readonly kind: 'command'; readonly at: Instant; readonly command: Command }
  /** The wall clock stepped by `byMs` (positive: forward); `at` is the instant before the step. Open instants move with it. */
  | { readonly kind: 'clock'; readonly at: Instant; readonly byMs: Ms }
  /** The end of a turn: rules that wait for time to pass look at it. */
  | { readonly kind: 'beat'; readonly at: Instant }
