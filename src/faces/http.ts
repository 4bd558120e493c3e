/** The small interface between the faces and whatever serves HTTP and WebSocket beneath them. Nothing here knows a library. */

import type { Log } from '../base/log.js'
import type { Ms } from '../base/units.js'
import type { Refusal } from '../contract/refusals.js'

/** A whole request: its framing was checked, its path normalised, its body read. */
export interface HttpRequest {
  /** Upper case. `HEAD` never arrives: it is asked as `GET`, and the body of the reply stays here. */
  readonly method: string
  /** Absolute, percent-decoded once, without empty or dot segments. */
  readonly path: string
  /** As it was sent, without the `?`; empty when there is none. */
  readonly query: string
  /** The value of a header by its lower-case name, empty when absent. Ask before the handler's first `await`: later it throws. */
  header(name: string): string
  /** The whole body, as long as its length said; empty when there is none. */
  readonly body: Buffer
  /** The address of the peer as text. */
  readonly address: string
}

/** As much of a request as tells who is asking. */
export type Asking = Pick<HttpRequest, 'header' | 'address'>

/**
 * A whole reply. The server adds the length and the connection headers itself and refuses names and values
 * that hold a line break. `headers` and a `Buffer` body may be shared between replies; the server writes to neither.
 * A `Buffer` body is good until the handler is called again: whoever cannot write it at once copies it.
 */
export interface HttpReply {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer | string
}

/** Answers a request. An answer that is not a promise is written at once, in the same call, with no header copied. */
export type HttpHandler = (request: HttpRequest) => HttpReply | Promise<HttpReply>

/** Answers a request to become a socket: a welcome with who listens from then on, or the reply that refuses it. */
export type HttpUpgrader = (request: HttpRequest) => Welcome | HttpReply | Promise<Welcome | HttpReply>

export interface Welcome {
  readonly listener: SocketListener
  /** The subprotocol the answer names; empty for none. It must be one that the client offered. */
  readonly protocol: string
}

/** One end of one socket. Calls come in this order: `opened`, then any of `received` and `drained`, then `closed` once. */
export interface SocketListener {
  opened(socket: Socket): void
  /** Text as a string, binary as bytes of its own. */
  received(message: string | Buffer): void
  /** Everything that was backlogged is on its way. */
  drained(): void
  /** `code` is what the peer sent, 1005 when it sent none, 1006 when the connection broke. */
  closed(code: number): void
}

export interface Socket {
  readonly address: string
  /** Bytes that wait because the peer does not read. */
  readonly backlogBytes: number
  /**
   * Sends one text message. Beyond `socketBacklogBytesMax` the socket is on its way out: it gets nothing more, and
   * is closed with 4008 as soon as the peer has read what waits, or cut after `slowMs`.
   */
  send(text: string | Buffer): Sent
  /** Runs `work`; what it sends leaves in one write. */
  together(work: () => void): void
  /** Topics are exact names. What was published before is still delivered, what is published after is not. */
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  /** Says goodbye with a code and a short reason, and forgets the socket. */
  close(code: number, reason: string): void
}
export type Sent = 'sent' | 'backlogged' | 'closed'

/** Open until it is stopped. */
export interface Server {
  readonly adapter: AdapterName
  readonly port: number
  readonly socketsCount: number
  /** Sends one text message to every socket that subscribed to `topic`, encoded once. */
  publish(topic: string, text: string | Buffer): void
  /** Bytes that wait in all sockets, and how many sockets were closed because they read too slowly. */
  backlog(): { readonly bytes: number; readonly slowCount: number }
  /** Takes no more requests, answers those in flight, says 1012 to the sockets, then lets go of the port. */
  stop(): Promise<void>
}

export type AdapterName = 'uws' | 'node'

export interface ServerOptions {
  readonly adapter: AdapterName
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null
  readonly handler: HttpHandler
  readonly upgrade: HttpUpgrader
  /** Makes the reply to what the server itself refuses, so that it looks like every other refusal. */
  readonly refused: (refusal: Refusal) => HttpReply
  readonly log: Log
  readonly limits?: Partial<ServerLimits>
}

export interface ServerLimits {
  readonly bodyBytesMax: number
  readonly headersMax: number
  readonly headBytesMax: number
  /** From the first byte of a request to its last. The `uws` adapter has ten seconds of its own and ignores this. */
  readonly requestMs: Ms
  /** How long a handler may take. */
  readonly answerMs: Ms
  readonly socketsMax: number
  readonly socketFrameBytesMax: number
  readonly socketBacklogBytesMax: number
  /** How long a socket beyond its backlog may take to read what waits before it is cut. */
  readonly slowMs: Ms
  /** How long one message of a client may take from its first byte to its last, and a silent peer to answer a ping. */
  readonly socketQuietMs: Ms
  /** How often the certificate is looked at, whether another has taken its place. */
  readonly certificateLookMs: Ms
  /** How long `stop` waits for answers in flight. */
  readonly stopMs: Ms
}
