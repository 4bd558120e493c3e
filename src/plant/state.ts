/** How the plant stands, as who steers it from outside sees it. */

import type { Instant } from '../base/units.js'
import type { Refusal } from '../contract/refusals.js'
import type { Pull } from './levers.js'
import type { StateName } from './packml.js'
import type { TruthTotals } from './truth.js'

/** What a plant tells, and what may be done to it. */
export interface Steered {
  state(): PlantState
  /** All that is true up to now, in model time. */
  truth(): TruthTotals
  /** Does something to the plant, after what was asked before; resolves when it is done and the blocks show it. */
  pull(pull: Pull): Promise<Refusal | null>
}

export interface PlantState {
  readonly at: Instant
  readonly factor: number
  readonly isPaused: boolean
  readonly until: Instant | null
  /** `null` while the PLC is dead. */
  readonly plcPid: number | null
  readonly s7Port: number
  readonly logixPort: number | null
  /** Parts waiting after each machine but the last. */
  readonly stores: readonly number[]
  readonly equipment: readonly EquipmentState[]
}

/** A machine as its PLC sees it: raw counters and bits, not the truth. */
interface EquipmentState {
  readonly code: string
  readonly db: number
  readonly state: StateName
  readonly product: string
  /** `null` where it has no orders. */
  readonly order: string | null
  readonly totalRaw: number
  readonly rejectRaw: number
  readonly faultBits: readonly number[]
  readonly firstOut: number | null
}
