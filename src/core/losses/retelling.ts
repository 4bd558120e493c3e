/** Facts told again to a loss tree that closes no minute, so that each booking of parts stays beside the fact it came from. */

import { given } from '../../base/assert.js'
import type { EquipmentConfig } from '../../contract/config.js'
import type { DraftOf, Fact, FactName } from '../../contract/events/catalogue.js'
import type { LinePlan } from '../time/plan.js'
import type { Timeline } from '../time/timeline.js'
import { type Losses, applyLosses, initialLosses } from './losses.js'
import type { PartBooking } from './parts.js'

/** Facts that say something of parts. */
export const counting = ['count_recorded', 'counts_corrected', 'rejects_found', 'parts_reworked'] as const satisfies readonly FactName[]
export type CountFact = Extract<Fact, { type: (typeof counting)[number] }>
export const isCount = (fact: Fact): fact is CountFact => (counting as readonly FactName[]).includes(fact.type)

export interface Booked {
  readonly fact: CountFact
  readonly booking: PartBooking
  /** As it was counted, whatever people said of it later. */
  readonly counted: PartBooking
}

export class Retelling {
  #losses: Losses
  #bookings: PartBooking[] = []
  readonly #sources: { readonly fact: CountFact; readonly counted: PartBooking }[] = []

  constructor(plan: LinePlan, config: EquipmentConfig) { this.#losses = initialLosses(plan, config) }

  /** In the order of their numbers, each under the plan that it was made under; facts of other equipment change nothing. */
  tell(fact: Fact, plan: LinePlan): void {
    if (fact.type === 'gap_declared' || fact.type === 'ideal_corrected') return this.tellOfAll(fact, plan)
    const losses = applyLosses(this.#losses, fact, plan)
    for (const booking of losses.bookings) this.#bookings.push(booking)
    if (isCount(fact)) for (const counted of losses.bookings) this.#sources.push({ fact, counted })
    this.#losses = { ...losses, bookings: [] }
  }

  /** These say of all parts so far where they belong, or what they are worth; no other fact looks back at them. */
  tellOfAll(fact: DraftOf<'gap_declared'> | DraftOf<'ideal_corrected'>, plan: LinePlan): void {
    const losses = applyLosses({ ...this.#losses, bookings: this.#bookings }, fact, plan)
    this.#bookings = [...losses.bookings]
    this.#losses = { ...losses, bookings: [] }
  }

  get timeline(): Timeline { return this.#losses.timeline }
  get booked(): readonly Booked[] { return this.#bookings.map((booking, i) => ({ ...given(this.#sources[i], 'the fact of a booking'), booking })) }
}
