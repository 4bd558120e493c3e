/** Weeks of facts told to a line at a start: what one of them costs does not grow with those before it. */

import type { Draft } from '../contract/events/catalogue.js'
import { believe } from './apply.js'
import type { PartBooking } from './losses/parts.js'
import type { Line } from './memory/memory.js'

/** So many parts of one equipment that no row knows are copied with a fact; beyond, they stand beside the line. */
const BOOKINGS_HELD = 128

export class Telling {
  #line: Line
  /** By the index of their equipment, in the order in which they were told. */
  readonly #booked: PartBooking[][]
  readonly #underWay: PartBooking[] = []

  constructor(line: Line) {
    this.#line = line
    this.#booked = line.equipment.map(() => [])
  }

  /** In the order of their numbers. */
  tell(fact: Draft): void {
    // These say of all parts so far where they belong, or what they are worth; no other fact looks back at them.
    if (fact.type === 'gap_declared' || fact.type === 'ideal_corrected') this.#putBack()
    this.#line = believe(this.#line, fact)
    this.#setAside()
  }

  /** As all facts made it that were told by now. */
  get line(): Line {
    this.#putBack()
    const { underWay } = this.#line
    if (this.#underWay.length > 0) this.#line = { ...this.#line, underWay: { ...underWay, bookings: [...this.#underWay.splice(0), ...underWay.bookings] } }
    return this.#line
  }

  #setAside(): void {
    const { equipment, underWay } = this.#line
    if (equipment.some(({ losses }) => losses.bookings.length > BOOKINGS_HELD)) {
      this.#line = { ...this.#line, equipment: equipment.map((one, i) => {
        for (const booking of one.losses.bookings) this.#booked[i]!.push(booking)
        return { ...one, losses: { ...one.losses, bookings: [] } }
      }) }
    }
    if (underWay.bookings.length <= BOOKINGS_HELD) return
    for (const booking of underWay.bookings) this.#underWay.push(booking)
    this.#line = { ...this.#line, underWay: { ...underWay, bookings: [] } }
  }

  #putBack(): void {
    if (this.#booked.every((bookings) => bookings.length === 0)) return
    this.#line = { ...this.#line, equipment: this.#line.equipment.map((one, i) => ({ ...one, losses: { ...one.losses, bookings: [...this.#booked[i]!.splice(0), ...one.losses.bookings] } })) }
  }
}
