/** The connection manager: Forward Open, Large Forward Open, Forward Close, and requests that bring their own route. */

import { type Answer, status } from './service.js'

export interface Connection {
  /** By which the controller knows it: the client puts it on every request. */
  readonly id: number
  /** By which the client knows it: every reply carries it. */
  readonly clientId: number
  /** Serial number, vendor and serial of the client, as Forward Close names it. */
  readonly serial: Buffer
  /** The most bytes of one message, its sequence number included. */
  readonly bytesMax: number
}

export interface ConnectionRules {
  /** What the controller grants at most; 500 is all that a Forward Open may ask, a Large one up to 4002. */
  readonly bytesMax: number
  readonly isLargeKnown: boolean
}

const OPEN = 0x54
const LARGE_OPEN = 0x5b
const CLOSE = 0x4e
const UNCONNECTED_SEND = 0x52
const OPEN_BYTES = 35
const LARGE_OPEN_BYTES = 39
const SERIAL_BYTES = 8
const SERIAL_AT = 10
const LOST: Answer = { status: 0x01, extended: [0x0107] }
const SIZE_INVALID: Answer = { status: 0x01, extended: [0x0109] }

export class Connections {
  readonly #rules: ConnectionRules
  readonly #open = new Map<number, Connection>()
  #lastId = 0x1000

  constructor(rules: ConnectionRules) { this.#rules = rules }

  get count(): number { return this.#open.size }
  of(id: number): Connection | undefined { return this.#open.get(id) }

  /** What the connection manager answers; a request that was only wrapped comes out to be answered by the router. */
  serve(service: number, data: Buffer): Answer | { readonly unwrapped: Buffer } {
    switch (service) {
      case OPEN: return data.length < OPEN_BYTES ? { status: status.notEnoughData } : this.#openOne(data, data.readUInt16LE(26) & 0x1ff)
      case LARGE_OPEN:
        if (!this.#rules.isLargeKnown) return { status: status.unsupported }
        return data.length < LARGE_OPEN_BYTES ? { status: status.notEnoughData } : this.#openOne(data, data.readUInt32LE(26) & 0xffff)
      case CLOSE: return this.#close(data.subarray(2, 2 + SERIAL_BYTES))
      case UNCONNECTED_SEND: return { unwrapped: data.subarray(4, 4 + data.readUInt16LE(2)) }
      default: return { status: status.unsupported }
    }
  }

  #openOne(data: Buffer, bytesAsked: number): Answer {
    if (bytesAsked > this.#rules.bytesMax) return SIZE_INVALID
    const id = ++this.#lastId
    const serial = Buffer.from(data.subarray(SERIAL_AT, SERIAL_AT + SERIAL_BYTES))
    const connection = { id, clientId: data.readUInt32LE(6), serial, bytesMax: bytesAsked }
    this.#open.set(id, connection)
    const reply = Buffer.alloc(26)
    reply.writeUInt32LE(id)
    reply.writeUInt32LE(connection.clientId, 4)
    serial.copy(reply, 8)
    // The packet intervals are granted as they were asked.
    data.copy(reply, 16, 22, 26)
    data.copy(reply, 20, 22, 26)
    return { status: status.good, data: reply }
  }

  #close(serial: Buffer): Answer {
    for (const [id, connection] of this.#open) {
      if (!connection.serial.equals(serial)) continue
      this.#open.delete(id)
      return { status: status.good, data: Buffer.concat([serial, Buffer.alloc(2)]) }
    }
    return LOST
  }
}
