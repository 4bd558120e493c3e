/** How messages get to a controller and back: whoever frames requests and takes replies apart. This one does so with code of ours. */

import { Socket } from 'node:net'
import { assert } from '../../base/assert.js'
import { connectedFrame, registerRequest, serviceOf, setSequence, unconnectedFrame, unregisterRequest } from './requests.js'
import { type Question, type Reply, connectedReply, unconnectedReply } from './wire.js'

/** It sends and takes apart; what comes when, and whether it may be believed, is the session's business. */
export interface Carrier {
  /** The session's to hear and to destroy. */
  readonly socket: Socket
  connect(host: string, port: number): void
  /** Each sends a request and says what must answer it. */
  register(): Question
  unconnected(message: Buffer): Question
  /** Takes a frame of `frameOf`. */
  connected(frame: Buffer): Question
  /** Says goodbye; there is no answer. */
  unregister(): void
  /** A reply that the session found sound. */
  take(frame: Buffer, asked: Question): Reply | null
  /** From here on messages go over this connection. */
  opened(connection: number): void
  /** What can be made of a message once and for all. */
  frameOf(message: Buffer): Buffer
}

/** Frames a message once and sends it every cycle, with another number. */
export class DirectCarrier implements Carrier {
  readonly socket = new Socket()
  readonly #clientId: number
  #session = 0
  #connection: number | null = null
  #sequence = 0
  #context = 0

  /** The controller puts `clientId` on every reply over the connection. */
  constructor(clientId: number) { this.#clientId = clientId }

  connect(host: string, port: number): void { this.socket.connect({ host, port, noDelay: true, keepAlive: true }) }

  register(): Question {
    this.socket.write(registerRequest())
    return { kind: 'register' }
  }

  unconnected(message: Buffer): Question {
    const context = ++this.#context
    this.socket.write(unconnectedFrame(this.#session, context, message))
    return { kind: 'unconnected', session: this.#session, context, service: message[0]! }
  }

  connected(frame: Buffer): Question {
    this.#sequence = (this.#sequence + 1) & 0xffff
    setSequence(frame, this.#sequence)
    this.socket.write(frame)
    return { kind: 'connected', session: this.#session, clientId: this.#clientId, sequence: this.#sequence, service: serviceOf(frame) }
  }

  unregister(): void { this.socket.write(unregisterRequest(this.#session)) }

  take(frame: Buffer, { kind }: Question): Reply | null {
    if (kind === 'connected') return connectedReply(frame)
    if (kind === 'unconnected') return unconnectedReply(frame)
    this.#session = frame.readUInt32LE(4)
    return null
  }

  opened(connection: number): void { this.#connection = connection }

  frameOf(message: Buffer): Buffer {
    assert(this.#connection !== null, 'a session is opened before it is asked')
    return connectedFrame(this.#session, this.#connection, message)
  }
}
