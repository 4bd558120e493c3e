/** Which product comes next and how many parts of it: the schedule that the leading machine works off. */

import type { Chance } from '../base/chance.js'
import type { Ms } from '../base/units.js'
import type { LineRecipe } from './recipe.js'

export interface Batch {
  readonly product: string
  readonly parts: number
  readonly changeoverMs: Ms
}

export class Batches {
  readonly #recipe: LineRecipe
  readonly #chance: Chance
  #current: Batch
  #left: number

  constructor(recipe: LineRecipe, chance: Chance) {
    this.#recipe = recipe
    this.#chance = chance
    this.#current = this.#draw(recipe.products[0]!)
    this.#left = this.#current.parts
  }

  get isDone(): boolean { return this.#left <= 0 }
  get product(): string { return this.#current.product }

  made(): void { this.#left-- }
  /** The part under way is the last one. */
  end(): void { this.#left = 0 }

  /** The batch after this one; always of another product when there is one. */
  next(): Batch {
    const { products } = this.#recipe
    return this.#draw(products[(products.indexOf(this.#current.product) + 1) % products.length]!)
  }

  begin(batch: Batch): void {
    this.#current = batch
    this.#left = batch.parts
  }

  #draw(product: string): Batch {
    const { batchPartsMin, batchPartsMax, changeoverMsMin, changeoverMsMean } = this.#recipe
    return {
      product,
      parts: this.#chance.whole(batchPartsMin, batchPartsMax),
      changeoverMs: Math.round(changeoverMsMin + this.#chance.exponential(changeoverMsMean)),
    }
  }
}
