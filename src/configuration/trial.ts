/** A configuration on trial: what looks at the gateway come to, and whether it does worse than before. */

import type { Health } from '../contract/desk.js'
import { faults } from '../contract/faults.js'

/** A link that breaks once is not the configuration's doing; one that is away for more of the time than it is there is. */
const AWAY_MOST = 0.5

export class Looks {
  readonly #wasReady: boolean
  readonly #online: readonly string[]
  readonly #awayCounts = new Map<string, number>()
  #count = 0
  #last: Health | null = null

  /** `online`: the PLCs that answered before, and are still read. */
  constructor(wasReady: boolean, online: readonly string[]) {
    this.#wasReady = wasReady
    this.#online = online
  }

  take(health: Health): void {
    this.#last = health
    this.#count++
    for (const plc of this.#online) if (!isOnline(health, plc)) this.#awayCounts.set(plc, (this.#awayCounts.get(plc) ?? 0) + 1)
  }

  /** There is nothing left to look at. */
  isOver(): boolean { return this.#last?.alive === false }

  /** Why the configuration does harm, as of the last look; `null` when it does none. */
  harm(): string | null {
    const last = this.#last
    if (last === null) return null
    if (!last.alive || (this.#wasReady && !last.ready)) return last.reasons.join(', ')
    const gone = this.#online.filter((plc) => !isOnline(last, plc))
    if (gone.length > 0) return gone.map((plc) => `${plc} answered before and does not now${causeOf(last, plc)}`).join('; ')
    const flapping = this.#online.filter((plc) => (this.#awayCounts.get(plc) ?? 0) > AWAY_MOST * this.#count)
    return flapping.length === 0 ? null : `${flapping.join(', ')} answered before and is away most of the time now`
  }
}

const isOnline = ({ plcs }: Health, id: string): boolean => plcs.find(({ plc }) => plc === id)?.state === 'online'

function causeOf({ plcs }: Health, id: string): string {
  const fault = plcs.find(({ plc }) => plc === id)?.fault ?? null
  return fault === null ? '' : ` (${fault}: ${faults[fault][0]})`
}
