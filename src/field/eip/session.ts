/** An EtherNet/IP session: one TCP connection, one CIP connection, one request in flight, every reply matched and checked whole. */

import { assert, given } from '../../base/assert.js'
import type { Chance } from '../../base/chance.js'
import type { Ms } from '../../base/units.js'
import { Fault } from '../../contract/faults.js'
import type { PlcOf } from '../../contract/plcs.js'
import { faultOfSilence, faultOfSocket } from '../socket.js'
import { type Carrier, DirectCarrier } from './carrier.js'
import { type ConnectionAsk, forwardCloseRequest, forwardOpenRequest } from './requests.js'
import { type Question, type Reply, framesOf, misfitOfReply } from './wire.js'

/** The sizes to ask for, the largest first: the second is all that older controllers and their Forward Open know. */
const BYTES_LARGE = 4_002
const BYTES_PLAIN = 500
const SEQUENCE_BYTES = 2
/** A controller forgets a connection that is silent for four intervals; it must outlive a slow cycle and a short pause of ours. */
const INTERVAL_MS_MIN = 2_500
const BACKPLANE = 1

export class EipSession {
  /** The most bytes of one message over the connection. */
  messageBytesMax = 0
  readonly #plc: PlcOf<'eip'>
  readonly #carrier: Carrier
  readonly #ids: Pick<ConnectionAsk, 'clientId' | 'serial'>
  readonly #route: Buffer
  #isOpen = false
  #reached = false
  #fault: Fault | null = null
  #asked: { readonly question: Question; readonly done: (reply: Reply | null) => void; readonly failed: (fault: Fault) => void } | null = null

  private constructor(plc: PlcOf<'eip'>, carrier: Carrier, ids: Pick<ConnectionAsk, 'clientId' | 'serial'>) {
    this.#plc = plc
    this.#carrier = carrier
    this.#ids = ids
    // A Micro800 is its own network module: nothing is routed.
    this.#route = plc.processor === 'micro800' ? Buffer.alloc(0) : Buffer.from([BACKPLANE, plc.slot])
    const take = framesOf((frame) => { this.#take(frame) })
    const { socket } = carrier
    socket.once('connect', () => { this.#reached = true })
    socket.on('data', (bytes: Buffer) => {
      if (this.#fault === null && !take(bytes)) this.fail(new Fault('PLC_PROTOCOL', { plc: plc.id, detail: 'no EtherNet/IP frame' }))
    })
    socket.on('error', (cause: NodeJS.ErrnoException) => { this.fail(faultOfSocket(plc.id, this.#reached, cause)) })
    socket.on('close', () => { this.fail(new Fault('PLC_LINK_LOST', { plc: plc.id })) })
  }

  /** A session that has not begun to connect. `open` resolves when there is a connection to the CPU; `close` ends it at any time. */
  static async make(plc: PlcOf<'eip'>, chance: Chance): Promise<EipSession> {
    // Whoever connects again soon must not be taken for whom the controller still remembers.
    const ids = { clientId: chance.whole(1, 0x7fff_ffff), serial: chance.whole(1, 0xffff) }
    return new EipSession(plc, await carrierOf(plc, ids.clientId), ids)
  }

  /** Bytes sent and received so far. */
  get bytesCount(): number { return this.#carrier.socket.bytesRead + this.#carrier.socket.bytesWritten }

  async open(): Promise<void> {
    const { host, port, id, slot, processor, cycle } = this.#plc
    if (this.#fault !== null) throw this.#fault
    this.#carrier.connect(host, port)
    await this.#send(() => this.#carrier.register())
    for (const bytes of processor === 'micro800' ? [BYTES_PLAIN] : [BYTES_LARGE, BYTES_PLAIN]) {
      const request = forwardOpenRequest({ ...this.#ids, bytes, route: this.#route, intervalMs: Math.max(INTERVAL_MS_MIN, cycle) })
      const { frame, at, status, extended } = await this.#message(() => this.#carrier.unconnected(request))
      if (status === 0 && at + 8 <= frame.length) {
        this.#carrier.opened(frame.readUInt32LE(at))
        this.#isOpen = true
        this.messageBytesMax = bytes - SEQUENCE_BYTES
        return
      }
      if (bytes === BYTES_PLAIN) throw this.fail(new Fault('PLC_REFUSED', { plc: id, slot, detail: `Forward Open: status 0x${hex(status)}, 0x${hex(extended)}` }))
    }
  }

  /** The frame that carries a message over this connection; it can be asked as often as wanted, but by one at a time. */
  frameOf(message: Buffer): Buffer { return this.#carrier.frameOf(message) }

  /** Sends a frame of `frameOf` and resolves with the sound reply to it. A fault ends the session. */
  ask(frame: Buffer): Promise<Reply> { return this.#message(() => this.#carrier.connected(frame)) }

  /** The same as `work`, but a session that does not finish it in time is ended with PLC_TIMEOUT, or PLC_UNREACHABLE when TCP never connected. */
  async within<T>(ms: Ms, work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => { this.fail(faultOfSilence(this.#plc.id, this.#reached, this.#carrier.socket.bytesRead, ms)) }, ms)
    try {
      return await work
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends at once; whatever is under way fails with PLC_LINK_LOST. The CPU is told, if it listens, so that it need not keep the connection till it times out. */
  close(): void {
    const isQuiet = this.#fault === null && this.#asked === null && this.#isOpen
    if (isQuiet) {
      this.#carrier.unconnected(forwardCloseRequest({ ...this.#ids, route: this.#route }))
      this.#carrier.unregister()
    }
    this.#end(new Fault('PLC_LINK_LOST', { plc: this.#plc.id }), isQuiet)
  }

  /** The first fault is the cause and ends the session; what follows is only noise of the closing. Gives the fault back to be thrown. */
  fail(fault: Fault): Fault {
    this.#end(fault, false)
    return fault
  }

  async #message(send: () => Question): Promise<Reply> { return given(await this.#send(send), 'the reply to a message') }

  #send(send: () => Question): Promise<Reply | null> {
    if (this.#fault !== null) return Promise.reject(this.#fault)
    assert(this.#asked === null, 'one request of a session at a time')
    return new Promise((done, failed) => { this.#asked = { question: send(), done, failed } })
  }

  #take(frame: Buffer): void {
    if (this.#fault !== null) return
    const misfit = misfitOfReply(frame, this.#asked?.question ?? null)
    if (misfit !== null) { this.fail(new Fault(misfit.fault, { plc: this.#plc.id, detail: misfit.detail })); return }
    const { question, done } = given(this.#asked, 'a sound reply answers a question')
    this.#asked = null
    done(this.#carrier.take(frame, question))
  }

  #end(fault: Fault, isOrderly: boolean): void {
    if (this.#fault !== null) return
    this.#fault = fault
    if (isOrderly) this.#carrier.socket.destroySoon()
    else this.#carrier.socket.destroy()
    this.#asked?.failed(fault)
    this.#asked = null
  }
}

const hex = (value: number): string => value.toString(16).padStart(2, '0')

/** The library is loaded by who chose it. */
async function carrierOf({ transport }: PlcOf<'eip'>, clientId: number): Promise<Carrier> {
  return transport === 'direct' ? new DirectCarrier(clientId) : new (await import('./library-carrier.js')).LibraryCarrier(clientId)
}
