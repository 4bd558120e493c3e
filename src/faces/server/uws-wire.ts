/** One WebSocket of uWebSockets.js beneath ours. After its end every call into the library throws, so none is made. */

import type { Wire } from './sockets.js'
import type { UwsSocket } from './uws-binary.js'

/** Every socket keeps this topic: leaving its last one, the library forgets what it has already been sent. */
const ANCHOR = '\u0000anchor'

export class UwsWire implements Wire {
  readonly address: string
  #ws: UwsSocket<unknown> | null

  constructor(ws: UwsSocket<unknown>, address: string) {
    this.#ws = ws
    this.address = address
    ws.subscribe(ANCHOR)
  }

  backlogBytes(): number { return this.#ws?.getBufferedAmount() ?? 0 }
  send(text: string | Buffer): void { this.#ws?.send(text, false) }
  ping(): void { this.#ws?.ping() }
  subscribe(topic: string): void { this.#ws?.subscribe(topic) }
  unsubscribe(topic: string): void { this.#ws?.unsubscribe(topic) }
  close(code: number, reason: string): void { this.#ws?.end(code, reason) }
  cut(): void { this.#ws?.close() }

  together(work: () => void): void {
    if (this.#ws === null) work()
    else this.#ws.cork(work)
  }

  gone(): void { this.#ws = null }
}
