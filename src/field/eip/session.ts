/** An EtherNet/IP session of our own: one TCP connection, one CIP connection, one request in flight, every reply matched and checked whole. */

import { type Socket, connect } from 'node:net'
import { assert } from '../../base/assert.js'
import type { Chance } from '../../base/chance.js'
import type { Ms } from '../../base/units.js'
import { Fault } from '../../contract/faults.js'
import type { PlcOf } from '../../contract/plcs.js'
import { faultOfSocket } from '../socket.js'
import { type ConnectionAsk, connectedFrame, forwardCloseRequest, forwardOpenRequest, registerRequest, serviceOf, setSequence, unconnectedFrame, unregisterRequest } from './requests.js'
import { type Question, type Reply, connectedReply, framesOf, misfitOfReply, unconnectedReply } from './wire.js'

/** The sizes to ask for, the largest first: the second is all that older controllers and their Forward Open know. */
const BYTES_LARGE = 4_002
const BYTES_PLAIN = 500
const SEQUENCE_BYTES = 2
/** A controller forgets a connection that is silent for four intervals; it must outlive a slow cycle and a short pause of ours. */
const INTERVAL_MS_MIN = 2_500
const BACKPLANE = 1

/**
 * The session layer is ours and not st-ethernet-ip's. That library takes every TCP segment for one whole packet, pads short replies with zeros, matches replies by
 * service alone, waits ten seconds on timers it never clears, and knows one port: with all of it overridden there remained a builder of headers.
 */
export class EipSession {
  /** The most bytes of one message over the connection. */
  messageBytesMax = 0
  bytesCount = 0
  readonly #plc: PlcOf<'eip'>
  readonly #socket: Socket
  readonly #ids: Pick<ConnectionAsk, 'clientId' | 'serial'>
  readonly #route: Buffer
  #session = 0
  #connection: number | null = null
  #sequence = 0
  #context = 0
  #reached = false
  #fault: Fault | null = null
  #asked: { readonly question: Question; readonly done: (frame: Buffer) => void; readonly failed: (fault: Fault) => void } | null = null

  private constructor(plc: PlcOf<'eip'>, chance: Chance) {
    this.#plc = plc
    // Whoever connects again soon must not be taken for whom the controller still remembers.
    this.#ids = { clientId: chance.whole(1, 0x7fff_ffff), serial: chance.whole(1, 0xffff) }
    // A Micro800 is its own network module: nothing is routed.
    this.#route = plc.processor === 'micro800' ? Buffer.alloc(0) : Buffer.from([BACKPLANE, plc.slot])
    const take = framesOf((frame) => { this.#take(frame) })
    this.#socket = connect({ host: plc.host, port: plc.port, noDelay: true, keepAlive: true })
    this.#socket.once('connect', () => { this.#reached = true })
    this.#socket.on('data', (bytes: Buffer) => {
      this.bytesCount += bytes.length
      if (this.#fault === null && !take(bytes)) this.fail(new Fault('PLC_PROTOCOL', { plc: plc.id, detail: 'no EtherNet/IP frame' }))
    })
    this.#socket.on('error', (cause: NodeJS.ErrnoException) => { this.fail(faultOfSocket(plc.id, this.#reached, cause)) })
    this.#socket.on('close', () => { this.fail(new Fault('PLC_LINK_LOST', { plc: plc.id })) })
  }

  /** Begins to connect. `open` resolves when there is a connection to the CPU; `close` ends it at any time. */
  static start(plc: PlcOf<'eip'>, chance: Chance): EipSession { return new EipSession(plc, chance) }

  async open(): Promise<void> {
    this.#session = (await this.#send(registerRequest(), { kind: 'register' })).readUInt32LE(4)
    for (const bytes of this.#plc.processor === 'micro800' ? [BYTES_PLAIN] : [BYTES_LARGE, BYTES_PLAIN]) {
      const reply = await this.#unconnected(forwardOpenRequest({ ...this.#ids, bytes, route: this.#route, intervalMs: Math.max(INTERVAL_MS_MIN, this.#plc.cycle) }))
      if (reply.status === 0 && reply.at + 8 <= reply.frame.length) {
        this.#connection = reply.frame.readUInt32LE(reply.at)
        this.messageBytesMax = bytes - SEQUENCE_BYTES
        return
      }
      if (bytes === BYTES_PLAIN) throw this.fail(new Fault('PLC_REFUSED', { plc: this.#plc.id, slot: this.#plc.slot, detail: `Forward Open: status 0x${hex(reply.status)}, 0x${hex(reply.extended)}` }))
    }
  }

  /** The frame that carries a message over this connection; it can be asked as often as wanted, but by one at a time. */
  frameOf(message: Buffer): Buffer {
    assert(this.#connection !== null, 'a session is opened before it is asked')
    return connectedFrame(this.#session, this.#connection, message)
  }

  /** Sends a frame of `frameOf` and resolves with the sound reply to it. A fault ends the session. */
  async ask(frame: Buffer): Promise<Reply> {
    this.#sequence = (this.#sequence + 1) & 0xffff
    setSequence(frame, this.#sequence)
    return connectedReply(await this.#send(frame, { kind: 'connected', session: this.#session, clientId: this.#ids.clientId, sequence: this.#sequence, service: serviceOf(frame) }))
  }

  /** The same as `work`, but a session that does not finish it in time is ended with PLC_TIMEOUT, or PLC_UNREACHABLE when TCP never connected. */
  async within<T>(ms: Ms, work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => { this.fail(new Fault(this.#reached ? 'PLC_TIMEOUT' : 'PLC_UNREACHABLE', { plc: this.#plc.id, waitedMs: ms })) }, ms)
    try {
      return await work
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends at once; whatever is under way fails with PLC_LINK_LOST. The CPU is told, if it listens, so that it need not keep the connection till it times out. */
  close(): void {
    const isQuiet = this.#fault === null && this.#asked === null && this.#connection !== null
    if (isQuiet) this.#socket.write(Buffer.concat([unconnectedFrame(this.#session, ++this.#context, forwardCloseRequest({ ...this.#ids, route: this.#route })), unregisterRequest(this.#session)]))
    this.#end(new Fault('PLC_LINK_LOST', { plc: this.#plc.id }), isQuiet)
  }

  /** The first fault is the cause and ends the session; what follows is only noise of the closing. Gives the fault back to be thrown. */
  fail(fault: Fault): Fault {
    this.#end(fault, false)
    return fault
  }

  async #unconnected(message: Buffer): Promise<Reply> {
    const context = ++this.#context
    return unconnectedReply(await this.#send(unconnectedFrame(this.#session, context, message), { kind: 'unconnected', session: this.#session, context, service: message[0]! }))
  }

  #send(frame: Buffer, question: Question): Promise<Buffer> {
    if (this.#fault !== null) return Promise.reject(this.#fault)
    assert(this.#asked === null, 'one request of a session at a time')
    return new Promise((done, failed) => {
      this.#asked = { question, done, failed }
      this.bytesCount += frame.length
      this.#socket.write(frame)
    })
  }

  #take(frame: Buffer): void {
    if (this.#fault !== null) return
    const misfit = misfitOfReply(frame, this.#asked?.question ?? null)
    if (misfit !== null) { this.fail(new Fault(misfit.fault, { plc: this.#plc.id, detail: misfit.detail })); return }
    const { done } = this.#asked!
    this.#asked = null
    done(frame)
  }

  #end(fault: Fault, isOrderly: boolean): void {
    if (this.#fault !== null) return
    this.#fault = fault
    if (isOrderly) this.#socket.destroySoon()
    else this.#socket.destroy()
    this.#asked?.failed(fault)
    this.#asked = null
  }
}

const hex = (value: number): string => value.toString(16).padStart(2, '0')
