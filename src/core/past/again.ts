/** What is told again: both accounts of a past, and what was told of it. */

import type { Fact, FactOf } from '../../contract/events/catalogue.js'
import type { Past } from '../../contract/past.js'
import type { Line } from '../memory/memory.js'
import type { Period } from '../time/calendar.js'
import type { LinePlan } from '../time/plan.js'
import type { Account } from './accounts.js'

export type Recorded = FactOf<'oee_recorded'>

export interface Again {
  readonly line: Line
  readonly past: Past
  /** As the past was known before, and as it is known now. */
  readonly was: readonly Account[]
  readonly is: readonly Account[]
  readonly period: Period
  readonly planOf: (fact: Fact) => LinePlan
  /** The last word about each hour, shift and job. */
  readonly known: readonly Recorded[]
}
