/** One WebSocket of the ws library beneath ours, and the topics that this library does not have. */

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Wire } from './sockets.js'

/** Who subscribed to what. A topic without subscribers is not in it. */
export type Topics = Map<string, Set<NodeWire>>

export class NodeWire implements Wire {
  readonly address: string
  readonly #ws: WebSocket
  readonly #connection: Duplex
  readonly #topics: Topics
  readonly #mine = new Set<string>()
  readonly #written: () => void
  #isCorked = false

  constructor(ws: WebSocket, connection: Duplex, address: string, topics: Topics, drained: () => void) {
    this.#ws = ws
    this.#connection = connection
    this.address = address
    this.#topics = topics
    // The stream's own drain event comes only after a write above its mark; this comes after every one.
    this.#written = () => { if (ws.bufferedAmount === 0) drained() }
  }

  backlogBytes(): number { return this.#ws.bufferedAmount }
  send(text: string | Buffer): void { this.#ws.send(text, { binary: false }, this.#written) }
  ping(): void { this.#ws.ping() }
  close(code: number, reason: string): void { this.#ws.close(code, reason) }
  cut(): void { this.#ws.terminate() }

  /** Like `send`; everything published before the current call ends leaves in one write. */
  publish(text: string | Buffer): void {
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#connection.cork()
      process.nextTick(() => { this.#isCorked = false; this.#connection.uncork() })
    }
    this.send(text)
  }

  together(work: () => void): void {
    this.#connection.cork()
    try { work() } finally { this.#connection.uncork() }
  }

  subscribe(topic: string): void {
    this.#mine.add(topic)
    const subscribers = this.#topics.get(topic)
    if (subscribers === undefined) this.#topics.set(topic, new Set([this]))
    else subscribers.add(this)
  }

  unsubscribe(topic: string): void {
    this.#mine.delete(topic)
    const subscribers = this.#topics.get(topic)
    subscribers?.delete(this)
    if (subscribers?.size === 0) this.#topics.delete(topic)
  }

  gone(): void {
    for (const topic of [...this.#mine]) this.unsubscribe(topic)
  }
}

/** Makes a connection a WebSocket. The request must have been judged before. */
export class Handshake {
  readonly #ws: WebSocketServer
  #protocol = ''

  constructor(frameBytesMax: number, closeMs: number) {
    const options = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: frameBytesMax,
      // The published types do not know this one yet: how long the peer has to answer a close frame.
      closeTimeout: closeMs,
      handleProtocols: () => this.#protocol === '' ? false as const : this.#protocol,
    }
    this.#ws = new WebSocketServer(options)
  }

  shake(req: IncomingMessage, connection: Duplex, head: Buffer, protocol: string, done: (ws: WebSocket) => void): void {
    // The library asks for the protocol before this call returns.
    this.#protocol = protocol
    this.#ws.handleUpgrade(req, connection, head, done)
  }
}
