/** The running parts of a gateway, in the order in which they were started. */

import type { Log } from '../base/log.js'

export class Parts {
  readonly #log: Log
  readonly #stops: { readonly name: string; readonly stop: () => Promise<void> | void }[] = []

  constructor(log: Log) { this.#log = log }

  add(name: string, stop: () => Promise<void> | void): void { this.#stops.push({ name, stop }) }

  /** In reverse order; a part that does not stop keeps no other from stopping. */
  async stop(): Promise<void> {
    for (const { name, stop } of this.#stops.splice(0).reverse()) {
      try {
        await stop()
      } catch (thrown) {
        this.#log.error('a part did not stop', { part: name, error: String(thrown) })
      }
    }
  }
}
