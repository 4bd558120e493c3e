/** What people said afterwards of a time of a line's calendar, as it holds now. */

import type { Instant } from '../base/units.js'

/** Whole minutes, half open: production, pause, or nobody there. */
export interface CalendarSpan {
  readonly from: Instant
  readonly to: Instant
  readonly as: 'open' | 'break' | 'closed'
  /** The shift that it is of where the rules know none. */
  readonly shift: string | null
}
