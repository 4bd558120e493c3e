/** The orders of a machine as its PLC numbers them: the one under way, and the count that was latched when the last one ended. */

import type { OrdersRecipe } from './recipe.js'

export class OrderBook {
  readonly #recipe: OrdersRecipe
  #number: number
  #made = 0
  #latched = 0

  constructor(recipe: OrdersRecipe) {
    this.#recipe = recipe
    this.#number = recipe.first
  }

  get name(): string { return `${this.#recipe.prefix}${this.#number}` }
  /** The raw total with which the last order ended; 0 before any has. */
  get totalLatched(): number { return this.#latched }

  /** One part more, which made the counter `totalRaw`; with the last one of an order the next begins. */
  made(totalRaw: number): { readonly from: string; readonly to: string; readonly total_raw: number } | null {
    this.#made++
    if (this.#made < this.#recipe.parts) return null
    const from = this.name
    this.#made = 0
    this.#number++
    this.#latched = totalRaw
    return { from, to: this.name, total_raw: totalRaw }
  }

  /** As the counters after a cold restart or a program download. */
  zeroLatch(): void { this.#latched = 0 }
}
