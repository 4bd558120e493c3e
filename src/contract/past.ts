/** What the journal knows of a stop, or of a blind time, that its line has forgotten: read for the command that edits it, and handed in with the command. */

import type { Instant } from '../base/units.js'
import type { Config } from './config.js'
import type { Fact } from './events/catalogue.js'
import type { LossRow } from './losses.js'

export interface Past {
  readonly equipment: string
  /** What was said of the stop and of those it was parted from or took in, the time around them with the parts found in it, and the OEE that was recorded over it; in order of their numbers. */
  readonly facts: readonly Fact[]
  /** The configurations that these facts were made under, by version, as far as they are kept. */
  readonly configs: ReadonlyMap<number, Config>
  /** When the blind time began that is declared; `null` for other edits. */
  readonly blindFrom: Instant | null
  /** Loss rows of the equipment over the stop or the blind time, as they stand. */
  readonly rows: readonly LossRow[]
}
