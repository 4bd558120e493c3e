/** What happens in the plant: the lines of the truth log. */

import type { Instant } from '../base/units.js'
import type { StateName } from './packml.js'

export const partResults = ['good', 'reject', 'startup_reject'] as const
export type PartResult = (typeof partResults)[number]

interface At {
  readonly at: Instant
  /** Code of the equipment. */
  readonly equipment: string
}

export type Happening = At & (
  /** A part left the process, judged; rejected parts leave the line here. */
  | { readonly what: 'part'; readonly result: PartResult; readonly product: string }
  | { readonly what: 'state'; readonly from: StateName; readonly to: StateName }
  /** `first`: no other fault stood, so the PLC latched this one. */
  | { readonly what: 'fault_rose'; readonly bit: number; readonly first: boolean }
  | { readonly what: 'fault_fell'; readonly bit: number }
  | { readonly what: 'changeover_began'; readonly from: string; readonly to: string }
  | { readonly what: 'changeover_ended'; readonly product: string }
  /** The raw counters fell to zero; no part was unmade by it. */
  | { readonly what: 'counters_zeroed' }
)

/** Takes note of what happens, in the order it happens. */
export type Tell = (happening: Happening) => void
