/** Long work on a thread that others need: between two pieces of it, it lets them have their turn. */

import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import type { Ms } from './units.js'

/** Asked between pieces, as often as one likes; waits for one round of the event loop when the thread was held for so long. */
export function breather(heldMsMax: Ms = 2): () => Promise<void> {
  let from = performance.now()
  const breath = async (): Promise<void> => {
    await setImmediate()
    from = performance.now()
  }
  return () => performance.now() - from < heldMsMax ? NO_BREATH : breath()
}

const NO_BREATH = Promise.resolve()
