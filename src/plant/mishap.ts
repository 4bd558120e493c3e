/** Something that goes wrong with a machine: how often, what it does, and how long it takes to mend. */

import { assert } from '../base/assert.js'
import type { Chance } from '../base/chance.js'
import type { Ms } from '../base/units.js'

export interface Mishap {
  /** The fault bit it raises; meanings stand in the fault catalogue of the configuration. */
  readonly bit: number
  /** Mean operating time between two of them. */
  readonly mtbfMs: Ms
  /** Held is mended by the operator in passing; aborted needs a reset and a fresh start. */
  readonly leadsTo: 'held' | 'aborted'
  /** Mending takes at least `repairMsMin`, and `repairMsMean` more on average. */
  readonly repairMsMin: Ms
  readonly repairMsMean: Ms
  /** Probability that the part in the machine is spoilt. */
  readonly spoils: number
  /** Faults it brings about in turn, each after a time between the two bounds. */
  readonly follows: readonly { readonly bit: number; readonly afterMsMin: Ms; readonly afterMsMax: Ms }[]
}

/** How one mishap goes this time. */
export interface Course {
  readonly repairMs: Ms
  readonly follows: readonly { readonly bit: number; readonly afterMs: Ms }[]
}

/**
 * The mishap of so much operating time, or none. For times far below the mean time between two mishaps, as a cycle is,
 * the probability of one is the first over the second.
 */
export function drawMishap(mishaps: readonly Mishap[], ms: Ms, chance: Chance): Mishap | null {
  let left = chance.unit()
  for (const mishap of mishaps) {
    left -= ms / mishap.mtbfMs
    if (left < 0) return mishap
  }
  return null
}

export function drawCourse(mishap: Mishap, chance: Chance): Course {
  const follows = mishap.follows.map(({ bit, afterMsMin, afterMsMax }) => {
    assert(afterMsMax < mishap.repairMsMin, 'no fault follows in a machine that was mended')
    return { bit, afterMs: chance.whole(afterMsMin, afterMsMax) }
  })
  return { repairMs: Math.round(mishap.repairMsMin + chance.exponential(mishap.repairMsMean)), follows }
}
