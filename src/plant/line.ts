/** The machines in a row: whoever is due next acts, then the neighbours look whether that concerns them. */

import { assert } from '../base/assert.js'
import { seededChance } from '../base/chance.js'
import { type Instant, instant } from '../base/units.js'
import { Batches } from './batches.js'
import { Equipment } from './equipment.js'
import type { Tell } from './happening.js'
import type { LineRecipe } from './recipe.js'
import { type Side, Store, openEnd } from './store.js'

export class Line {
  readonly recipe: LineRecipe
  readonly equipment: readonly Equipment[]
  /** The store after each machine but the last. */
  readonly stores: readonly Store[]
  #now: Instant

  /** The same recipe, seed and start give the same happenings, however the time is cut into pieces. */
  constructor(recipe: LineRecipe, seed: number, from: Instant, tell: Tell) {
    const chance = seededChance(seed)
    const batches = new Batches(recipe, chance.fork('batches'))
    this.recipe = recipe
    this.#now = from
    this.stores = recipe.stores.map((capacity) => new Store(capacity, Math.floor(capacity / 2)))
    const sides: readonly Side[] = [openEnd, ...this.stores, openEnd]
    this.equipment = recipe.equipment.map((one, i) =>
      new Equipment(one, batches.product, sides[i]!, sides[i + 1]!, one.code === recipe.leader ? batches : null, chance.fork(one.code), (happening) => {
        tell(happening)
        if (happening.what === 'changeover_ended') this.#newProduct(happening.product)
      }))
    for (const equipment of this.equipment) equipment.start(from)
  }

  get now(): Instant { return this.#now }

  /** Lives on until `until`, including what happens at that very instant. */
  advance(until: Instant): void {
    assert(until >= this.#now, 'the plant does not live backwards')
    for (;;) {
      const due = this.#nextDue()
      if (due === null || due.nextAt > until) break
      this.#now = instant(due.nextAt)
      due.act(this.#now)
      this.#settle()
    }
    this.#now = until
  }

  of(code: string): Equipment | undefined {
    return this.equipment.find((equipment) => equipment.recipe.code === code)
  }

  /** Makes a machine fail now; see `Equipment.suffer`. */
  cause(equipment: Equipment, bit: number): boolean {
    const { mishaps, reel } = equipment.recipe
    const known = mishaps.find((mishap) => mishap.bit === bit) ?? (reel?.end.bit === bit ? reel.end : undefined)
    const happened = equipment.suffer(this.#now, known ?? {
      bit, mtbfMs: Infinity, leadsTo: 'aborted', repairMsMin: 30_000, repairMsMean: 60_000, spoils: 0, follows: [],
    })
    this.#settle()
    return happened
  }

  /** The earliest; among equals the one further upstream. */
  #nextDue(): Equipment | null {
    let due: Equipment | null = null
    for (const equipment of this.equipment) if (equipment.nextAt < (due?.nextAt ?? Infinity)) due = equipment
    return due
  }

  #settle(): void {
    for (let moved = true; moved;) {
      moved = false
      for (const equipment of this.equipment) if (equipment.look(this.#now)) moved = true
    }
  }

  #newProduct(product: string): void {
    for (const equipment of this.equipment) equipment.product = product
  }
}
