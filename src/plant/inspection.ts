/** A belt to a tester between two machines: parts ride for a fixed time, and what is found bad leaves the line there. */

import { assert } from '../base/assert.js'
import type { Chance } from '../base/chance.js'
import { type Instant, type Ms, later } from '../base/units.js'
import type { Equipment } from './equipment.js'
import type { Tell } from './happening.js'
import type { InspectionRecipe } from './recipe.js'
import type { Passed, Side, Store } from './store.js'

/** Stands before the store behind a machine. Its drive never stands, so a part is let on only when the store will have room for it. */
export class Inspection implements Side {
  readonly #recipe: InspectionRecipe
  readonly #store: Store
  readonly #chance: Chance
  readonly #now: () => Instant
  readonly #found: (at: Instant, part: Passed, afterMs: Ms) => void
  readonly #belt: { readonly at: Instant; readonly part: Passed }[] = []
  rejected = 0

  constructor(recipe: InspectionRecipe, store: Store, chance: Chance, now: () => Instant, found: (at: Instant, part: Passed, afterMs: Ms) => void) {
    this.#recipe = recipe
    this.#store = store
    this.#chance = chance
    this.#now = now
    this.#found = found
  }

  get capacity(): number { return this.#store.capacity }
  get count(): number { return this.#store.count }
  get room(): number { return this.#store.room - this.#belt.length }
  get onBelt(): number { return this.#belt.length }
  get nextAt(): number { return this.#belt[0]?.at ?? Infinity }

  put(part: Passed): void { this.#belt.push({ at: later(this.#now(), this.#recipe.ms), part }) }
  take(): void { this.#store.take() }

  /** The first part on the belt has reached the tester. */
  act(at: Instant): void {
    const first = this.#belt.shift()
    assert(first !== undefined && first.at <= at, 'the tester tests what has come')
    if (!this.#chance.happens(this.#recipe.rejectRatio)) { this.#store.put(); return }
    this.rejected++
    this.#found(at, first.part, this.#recipe.ms)
  }
}

/** Counts what is found at `by`, and tells it of who made it. */
export function inspectionOf(recipe: InspectionRecipe, store: Store, chance: Chance, now: () => Instant, by: () => Equipment, tell: Tell): Inspection {
  return new Inspection(recipe, store, chance, now, (at, { product, isStartup }, afterMs) => {
    by().countFound()
    tell({ at, equipment: recipe.of, what: 'reject_found', by: recipe.by, after_ms: afterMs, result: isStartup ? 'startup_reject' : 'reject', product })
  })
}
