/** The machines in a row: whoever is due next acts, then the neighbours look whether that concerns them. */

import { assert, given } from '../base/assert.js'
import { type Chance, seededChance } from '../base/chance.js'
import { type Instant, instant } from '../base/units.js'
import { Batches } from './batches.js'
import { Equipment } from './equipment.js'
import type { Tell } from './happening.js'
import { type Inspection, inspectionOf } from './inspection.js'
import type { LineRecipe } from './recipe.js'
import { type Side, Store, openEnd } from './store.js'

export class Line {
  readonly recipe: LineRecipe
  readonly equipment: readonly Equipment[]
  readonly #batches: Batches
  /** The store after each machine but the last. */
  readonly stores: readonly Store[]
  readonly inspection: Inspection | null
  #now: Instant

  /** The same recipe, seed and start give the same happenings, however the time is cut into pieces. */
  constructor(recipe: LineRecipe, seed: number, from: Instant, tell: Tell) {
    const chance = seededChance(seed)
    const batches = new Batches(recipe, chance.fork('batches'))
    this.recipe = recipe
    this.#batches = batches
    this.#now = from
    this.stores = recipe.stores.map((capacity) => new Store(capacity, Math.floor(capacity / 2)))
    this.inspection = this.#inspection(recipe, chance, tell)
    const before = (i: number): Side => this.stores[i - 1] ?? openEnd
    const behind = (i: number): Side => (recipe.equipment[i]!.code === recipe.inspection?.of ? this.inspection : this.stores[i]) ?? openEnd
    this.equipment = recipe.equipment.map((one, i) =>
      new Equipment(one, batches.product, before(i), behind(i), one.code === recipe.leader ? batches : null, chance.fork(one.code), (happening) => {
        tell(happening)
        if (happening.what === 'changeover_began') this.#changeOver(true)
        if (happening.what === 'changeover_ended') {
          this.#changeOver(false)
          this.#newProduct(happening.product)
        }
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

  /** The leading machine changes over with its next part, or when it works again. */
  endBatch(): void { this.#batches.end() }

  /** The earliest; among equals the one further upstream, and the tester after all machines. */
  #nextDue(): Equipment | Inspection | null {
    let due: Equipment | Inspection | null = null
    for (const equipment of this.equipment) if (equipment.nextAt < (due?.nextAt ?? Infinity)) due = equipment
    return this.inspection !== null && this.inspection.nextAt < (due?.nextAt ?? Infinity) ? this.inspection : due
  }

  #inspection({ inspection, equipment }: LineRecipe, chance: Chance, tell: Tell): Inspection | null {
    if (inspection === null) return null
    const store = given(this.stores[equipment.findIndex(({ code }) => code === inspection.of)], 'the store behind the belt')
    return inspectionOf(inspection, store, chance.fork('inspection'), () => this.#now, () => given(this.of(inspection.by), 'who counts what is found'), tell)
  }

  #settle(): void {
    for (let moved = true; moved;) {
      moved = false
      for (const equipment of this.equipment) if (equipment.look(this.#now)) moved = true
    }
  }

  #changeOver(does: boolean): void {
    for (const equipment of this.equipment) equipment.lineChangesOver = does
  }

  #newProduct(product: string): void {
    for (const equipment of this.equipment) equipment.product = product
  }
}
