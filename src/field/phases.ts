/** When in its cycle each PLC is read: spread evenly, so that many are not asked at the same instant. */

import type { Ms } from '../base/units.js'
import type { Plc } from '../contract/plcs.js'

/** Milliseconds after the beginning of its own cycle, by the id of the PLC: the n-th of N waits for n/N of it. */
export const phasesOf = (plcs: readonly Pick<Plc, 'id' | 'cycle'>[]): ReadonlyMap<string, Ms> =>
  new Map(plcs.map(({ id, cycle }, n) => [id, cycle * n / plcs.length]))
