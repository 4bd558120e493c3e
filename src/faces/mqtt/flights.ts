/** Messages of a lane on their way: each ends with the watermark of the MES, or in the weaker mode with the PUBACK of the broker. */

import type { Mono } from '../../base/units.js'

export interface Flight {
  /** The last number it carries. */
  readonly to: number
  readonly bytes: number
  readonly at: Mono
  /** The broker has it. */
  isTaken: boolean
}

export class Flights {
  /** In the order of their numbers. */
  #flights: Flight[] = []

  get count(): number { return this.#flights.length }
  get bytes(): number { return this.#flights.reduce((sum, { bytes }) => sum + bytes, 0) }
  /** When the first of those that are under way set out; `null` when none is. */
  get oldestAt(): Mono | null { return this.#flights[0]?.at ?? null }

  begin(to: number, bytes: number, at: Mono): Flight {
    const flight = { to, bytes, at, isTaken: false }
    this.#flights.push(flight)
    return flight
  }

  /** The broker has it; returns the number up to which it has everything, or `null` while an earlier one is missing. */
  taken(flight: Flight): number | null {
    flight.isTaken = true
    const open = this.#flights.findIndex(({ isTaken }) => !isTaken)
    return this.#flights[(open === -1 ? this.#flights.length : open) - 1]?.to ?? null
  }

  /** Everything up to a number is safe. */
  arrived(to: number): void { this.#flights = this.#flights.filter((flight) => flight.to > to) }

  /** What carries numbers above one. */
  beyond(number: number): { readonly count: number; readonly bytes: number } {
    const flights = this.#flights.filter(({ to }) => to > number)
    return { count: flights.length, bytes: flights.reduce((sum, { bytes }) => sum + bytes, 0) }
  }

  forget(): void { this.#flights = [] }
}
