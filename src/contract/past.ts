/** What the journal knows of a stop or a blind time that its line has forgotten, or of a period that is corrected: read for the command that edits it, and handed in with the command. */

import type { Instant, Seq } from '../base/units.js'
import type { Config } from './config.js'
import type { Draft, Fact } from './events/catalogue.js'
import type { LossRow } from './losses.js'
import type { Refusal } from './refusals.js'

export interface Past {
  readonly equipment: string
  /** What was said of the stop and of those it was parted from or took in, the time around them with the parts found in it, and the OEE that was recorded over it; in order of their numbers. Of a corrected period: those of the whole line, with all its parts. */
  readonly facts: readonly Fact[]
  /** Of blind time that is declared: all that the whole line did and made in the hours and shifts over it, for what a part is worth to the line hangs on all of them. Empty for other edits. */
  readonly lineFacts: readonly Fact[]
  /** The configurations that these facts were made under, by version, as far as they are kept. */
  readonly configs: ReadonlyMap<number, Config>
  /** The last fact that was known when this was read; `null` where that bears on nothing. */
  readonly factsTo: Seq | null
  /** When the first state of the equipment was told that the journal still has: before it nobody can say what it did. `null` where none is left. */
  readonly statesFrom: Instant | null
  /** When the blind time began that is declared; `null` for other edits. */
  readonly blindFrom: Instant | null
  /** Loss rows of the equipment over that time, as they stand; of a corrected period those of the line's own book too. */
  readonly rows: readonly LossRow[]
}

/** What an edit of the past leads to beside its own facts. */
export interface Edited {
  /** The recorded OEE of hours, shifts and jobs, told again, and what stops cost. */
  readonly drafts: readonly Draft[]
  readonly rows: readonly LossRow[]
  /** Of which intervals it tells, out of their facts, as `EQUIPMENT INTERVAL KEY`: what a line told since of others, it tells again itself. `null` where that is not asked. */
  readonly told: readonly string[] | null
  /** An hour, a shift or a standstill that is open may be judged otherwise from this instant on. */
  readonly goodTo: Instant
}

/** What a command about the past comes to: of a line as it was `at` that instant, with `past`. It takes seconds where the past is long, and is nothing before a turn has told it. */
export interface Worked {
  readonly at: Instant
  readonly refusal: Refusal | null
  /** The facts of the command itself. */
  readonly said: readonly Draft[]
  readonly edited: Edited
}
