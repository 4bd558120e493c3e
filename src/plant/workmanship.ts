/** How fast and how well a machine works: its wandering cycle time, its rejects, and its bad start after a long stop. */

import type { Chance } from '../base/chance.js'
import type { Ms } from '../base/units.js'
import type { PartResult } from './happening.js'
import type { EquipmentRecipe } from './recipe.js'

const DRAG_MEAN = 1.04
const DRAG_MIN = 1.005
const DRAG_MAX = 1.22

export class Workmanship {
  readonly #recipe: Pick<EquipmentRecipe, 'rejectRatio' | 'startup'>
  readonly #chance: Chance
  /** How much slower than ideal it runs; wanders with every cycle and is drawn back to its mean. */
  #drag = 1.03
  /** Good parts in a row that the start-up window still waits for; 0 = no window is open. */
  #startupLeft = 0

  constructor(recipe: Pick<EquipmentRecipe, 'rejectRatio' | 'startup'>, chance: Chance) {
    this.#recipe = recipe
    this.#chance = chance
  }

  drawCycle(idealMs: Ms): Ms {
    const wandered = this.#drag + this.#chance.normal((DRAG_MEAN - this.#drag) * 0.002, 0.0015)
    this.#drag = Math.min(DRAG_MAX, Math.max(DRAG_MIN, wandered))
    return Math.max(1, Math.round(idealMs * this.#drag * (1 + 0.01 * this.#chance.unit())))
  }

  judge(isSpoilt: boolean): PartResult {
    const { startup, rejectRatio } = this.#recipe
    const { isStartup } = this
    const isBad = this.#chance.happens(isStartup ? startup.rejectRatio : rejectRatio) || isSpoilt
    if (isStartup) this.#startupLeft = isBad ? startup.goodParts : this.#startupLeft - 1
    if (!isBad) return 'good'
    return isStartup ? 'startup_reject' : 'reject'
  }

  get isStartup(): boolean { return this.#startupLeft > 0 }

  /** Opens the start-up window, as after a changeover. */
  startCold(): void { this.#startupLeft = this.#recipe.startup.goodParts }

  /** The machine works again after standing for so long. */
  startAfter(stoodMs: Ms): void {
    if (stoodMs > this.#recipe.startup.coldAfterMs) this.startCold()
  }
}
