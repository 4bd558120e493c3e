/** The way of OPC UA's frames: one TCP connection, the hello that settles how large they may be, and nothing that arrives can end the process (OPC 10000-6, 7.1). */

import { EventEmitter } from 'node:events'
import { type Socket, connect } from 'node:net'
import { BrokenBelief } from '../../base/assert.js'
import type { Sizes } from './library.js'

const HEAD_BYTES = 8
/** What we take, and what we would send at most, in one frame. */
const FRAME_BYTES = 10 * 65_536
/** No side may take less. The library throws where nobody catches it when it is to cut its requests into less. */
const FRAME_BYTES_MIN = 8_192
const NO_LIMIT = 0
const PORT = 4_840
/** Kinds of frames, as their first four bytes name them. */
const HELLO = 'HELF'
const ACKNOWLEDGE = 'ACKF'
const ERROR = 'ERRF'
/** Those a server may send; messages and openings whole, in parts, or given up. The library takes almost any letters for a message. */
const KIND = /^(?:(?:MSG|OPN)[FCA]|CLOF|ACKF|ERRF)$/

/** What the library calls a transport: it sends and gets its frames over it, and hears of its end by `close`. */
export class Transport extends EventEmitter {
  readonly name = 'lineside'
  readonly serverUri = ''
  protocolVersion = 0
  /** Nothing is counted here: whoever asks has a deadline. */
  timeout = 0
  numberOfRetry = 0
  endpointUrl = ''
  /** As settled: no frame that is sent is larger, and none that is taken. */
  parameters?: Sizes
  bytesRead = 0
  bytesWritten = 0
  chunkReadCount = 0
  chunkWrittenCount = 0
  readonly #nameOf: (status: number) => string
  readonly #reached: () => void
  readonly #failed: (cause: Error) => void
  #socket: Socket | null = null
  #settled: ((error?: Error) => void) | null = null
  #rest: Buffer = Buffer.alloc(0)
  #isLeaving = false

  /** `reached` hears of the connection, `failed` hears of what the library could not take; the connection is closed then. */
  constructor(nameOf: (status: number) => string, reached: () => void, failed: (cause: Error) => void) {
    super()
    this.#reached = reached
    this.#nameOf = nameOf
    this.#failed = failed
  }

  get sendBufferSize(): number { return this.parameters?.sendBufferSize ?? 0 }
  get receiveBufferSize(): number { return this.parameters?.receiveBufferSize ?? 0 }
  get maxMessageSize(): number { return this.parameters?.maxMessageSize ?? 0 }
  get maxChunkCount(): number { return this.parameters?.maxChunkCount ?? 0 }
  getTransportSettings(): { readonly maxMessageSize: number } { return { maxMessageSize: this.maxMessageSize } }
  isValid(): boolean { return this.#socket !== null && !this.#socket.destroyed }
  isDisconnecting(): boolean { return !this.isValid() || this.#isLeaving }

  /** Calls back once: when the sizes are settled, or with what went wrong before. */
  connect(endpointUrl: string, settled: (error?: Error) => void): void {
    const { hostname, port } = new URL(endpointUrl)
    this.endpointUrl = endpointUrl
    this.#settled = settled
    const socket = this.#socket = connect({ host: hostname, port: port === '' ? PORT : Number(port), noDelay: true, keepAlive: true })
    let cause: Error | null = null
    socket
      .on('connect', () => { this.#reached(); this.#send(helloTo(endpointUrl)) })
      .on('data', (bytes: Buffer) => { this.#take(bytes) })
      .on('end', () => { cause ??= new Error('the server ended the connection') })
      .on('error', (error) => { cause ??= error })
      .on('close', () => {
        this.#settle(cause ?? new Error('the connection was closed'))
        this.emit('close', this.#isLeaving ? null : cause)
      })
  }

  write(frame: Buffer, written?: (error?: Error | null) => void): void {
    this.chunkWrittenCount++
    this.#send(frame, written)
  }

  disconnect(done: () => void): void {
    this.dispose()
    setImmediate(done)
  }

  dispose(): void {
    this.#isLeaving = true
    this.#socket?.destroy()
  }

  prematureTerminate(cause: Error): void { this.#socket?.destroy(cause) }
  forceConnectionBreak(): void { this.#socket?.destroy(new Error('ECONNRESET')) }

  #send(frame: Buffer, written?: (error?: Error | null) => void): void {
    if (!this.isValid()) return
    this.bytesWritten += frame.length
    this.#socket?.write(frame, written)
  }

  #settle(error?: Error): void {
    const settled = this.#settled
    this.#settled = null
    settled?.(error)
  }

  /** Frames that are damaged in the right place make the library throw; nobody else would catch it, and the reading of every other server would end with this one's. */
  #take(bytes: Buffer): void {
    this.bytesRead += bytes.length
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    try {
      for (let frame = this.#next(); frame !== null; frame = this.#next()) {
        this.chunkReadCount++
        if (this.#settled === null) this.emit('chunk', frame)
        else this.#welcome(frame)
      }
    } catch (thrown) {
      if (thrown instanceof BrokenBelief || !(thrown instanceof Error)) throw thrown
      this.#failed(thrown)
      this.#socket?.destroy(thrown)
    }
  }

  /** The next whole frame; `null` when there is none, or nobody to take it. */
  #next(): Buffer | null {
    if (this.#rest.length < HEAD_BYTES || !this.isValid()) return null
    const bytes = this.#rest.readUInt32LE(4)
    if (bytes < HEAD_BYTES || bytes > (this.parameters?.receiveBufferSize ?? FRAME_BYTES)) throw new Error(`a frame of ${bytes} bytes`)
    const kind = this.#rest.toString('latin1', 0, 4)
    if (!KIND.test(kind)) throw new Error(`a frame of kind ${JSON.stringify(kind)}`)
    if (this.#rest.length < bytes) return null
    const frame = this.#rest.subarray(0, bytes)
    this.#rest = this.#rest.subarray(bytes)
    return frame
  }

  /** The first frame: how large those after it may be, or why there will be none. */
  #welcome(frame: Buffer): void {
    const kind = frame.toString('latin1', 0, 4)
    if (kind === ERROR && frame.length >= HEAD_BYTES + 4) {
      this.#settle(new Error(`the server refused the connection: ${this.#nameOf(frame.readUInt32LE(HEAD_BYTES))}`))
      return this.dispose()
    }
    if (kind !== ACKNOWLEDGE || frame.length < HEAD_BYTES + 20) throw new Error('the server does not answer as OPC UA does')
    const [receivesBytes, sendsBytes, messageBytes, maxChunkCount] = [1, 2, 3, 4].map((field) => frame.readUInt32LE(HEAD_BYTES + 4 * field)) as [number, number, number, number]
    const least = Math.min(receivesBytes, sendsBytes, messageBytes === NO_LIMIT ? FRAME_BYTES : messageBytes)
    if (least < FRAME_BYTES_MIN) throw new Error(`the server exchanges only ${least} bytes at once, where ${FRAME_BYTES_MIN} are the least`)
    // What it receives is what we send. The library reads nothing of an acknowledgement but its numbers.
    const sizes = { sendBufferSize: Math.min(receivesBytes, FRAME_BYTES), receiveBufferSize: Math.min(sendsBytes, FRAME_BYTES), maxMessageSize: messageBytes, maxChunkCount, protocolVersion: this.protocolVersion }
    this.parameters = sizes as Sizes
    this.emit('connect')
    this.#settle()
  }
}

/** Which endpoint is meant, and how much we take: no limit but that of a frame. */
function helloTo(endpointUrl: string): Buffer {
  const url = Buffer.from(endpointUrl)
  const hello = Buffer.alloc(HEAD_BYTES + 24 + url.length)
  hello.write(HELLO, 'latin1')
  for (const [i, field] of [hello.length, 0, FRAME_BYTES, FRAME_BYTES, 0, 0, url.length].entries()) hello.writeUInt32LE(field, 4 + 4 * i)
  url.copy(hello, HEAD_BYTES + 24)
  return hello
}
