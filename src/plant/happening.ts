/** What happens in the plant: the lines of the truth log. */

import type { Instant, Ms } from '../base/units.js'
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
  /** A part that had been passed on as good is found to be none by a tester further down, and leaves the line there. */
  | { readonly what: 'reject_found'; readonly by: string; readonly after_ms: Ms; readonly result: Exclude<PartResult, 'good'>; readonly product: string }
  /** The PLC names the next order, and latches the raw count of the last. */
  | { readonly what: 'order_changed'; readonly from: string; readonly to: string; readonly total_raw: number }
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
