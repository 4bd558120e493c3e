/** Wakes one who waits, again and again. An AbortController does it once: a loop needs a new one for every wait, and an event with it, which cost more than what they wake. */

import type { Waking } from './clock.js'

/** One may wait for it at a time: `clock.wait(until, bell)`. It stays rung until somebody takes the ring, so that none is lost between two waits. */
export class Bell implements Waking {
  #isRung = false
  #wake: (() => void) | null = null

  get aborted(): boolean { return this.#isRung }

  ring(): void {
    this.#isRung = true
    this.#wake?.()
  }

  /** The next ring is another one. */
  take(): void { this.#isRung = false }

  addEventListener(_: 'abort', wake: () => void): void { this.#wake = wake }
  removeEventListener(): void { this.#wake = null }
}
