/** An S7 session of our own: one TCP connection, several jobs in flight, every reply matched by its number and checked whole. */

import { type Socket, connect } from 'node:net'
import { assert } from '../../base/assert.js'
import type { Ms } from '../../base/units.js'
import { Fault } from '../../contract/faults.js'
import type { PlcOf } from '../../contract/plcs.js'
import { connectionRequest, grantedBy, isConnectionConfirm, setNumber, setupRequest } from './requests.js'
import { faultOfSilence, faultOfSocket } from '../socket.js'
import { type JobQuestion, framesOf, misfitOfReply, questionOf } from './wire.js'

/** Jobs we ask to have in flight; the CPU grants as many as it likes. */
const JOBS_ASKED = 8
/** What is read from the socket at once: two of the largest frames. */
const BUFFER_BYTES = 8_192

export interface Job {
  /** A frame of `requests.ts`; it is numbered when it is sent. */
  readonly frame: Buffer
  /** What its answer must answer, but for the number. */
  readonly asked: JobQuestion
  /** Called once with the whole sound reply, whose bytes are valid during the call only. */
  readonly answered: (frame: Buffer) => void
}

/** Worked out once, since most jobs are sent again every cycle. */
export function jobOf(frame: Buffer, answered: Job['answered']): Job {
  const asked = questionOf(frame)
  assert(asked.kind === 'job', 'only jobs are sent once a session is open')
  return { frame, asked, answered }
}

interface Batch { left: number; readonly done: () => void; readonly failed: (fault: Fault) => void }
interface Sent { readonly job: Job; readonly batch: Batch; readonly question: JobQuestion }

export class S7Session {
  pduBytes = 0
  /** Jobs the CPU lets us have in flight. */
  jobsMax = 1
  bytesCount = 0
  readonly #plc: PlcOf<'s7'>
  readonly #socket: Socket
  readonly #waiting: { readonly job: Job; readonly batch: Batch }[] = []
  readonly #sent = new Map<number, Sent>()
  #number = 0
  #reached = false
  #fault: Fault | null = null
  /** Who waits for the next frame while the session is being opened. */
  #opening: { readonly done: (frame: Buffer) => void; readonly failed: (fault: Fault) => void } | null = null

  private constructor(plc: PlcOf<'s7'>) {
    this.#plc = plc
    const take = framesOf((frame) => { this.#take(frame) })
    this.#socket = connect({
      host: plc.host, port: plc.port, noDelay: true, keepAlive: true,
      // Past the stream and its buffers, which at twenty readings a second cost more than all that is done with the replies.
      onread: {
        buffer: Buffer.allocUnsafeSlow(BUFFER_BYTES),
        callback: (count, buffer) => {
          this.bytesCount += count
          if (this.#fault === null && !take(Buffer.from(buffer.buffer, 0, count))) this.#fail(new Fault('PLC_PROTOCOL', { plc: plc.id, detail: 'a frame with no TPKT header' }))
          return true
        },
      },
    })
    this.#socket.on('error', (cause: NodeJS.ErrnoException) => { this.#fail(faultOfSocket(plc.id, this.#reached, cause)) })
    this.#socket.on('close', () => { this.#fail(new Fault('PLC_LINK_LOST', { plc: plc.id })) })
  }

  /** Begins to connect. `open` resolves when the CPU has granted a PDU; `close` ends it at any time. */
  static start(plc: PlcOf<'s7'>): S7Session { return new S7Session(plc) }

  async open(): Promise<void> {
    const confirm = this.#next()
    this.#socket.once('connect', () => { this.#reached = true; this.#write(connectionRequest(this.#plc)) })
    if (!isConnectionConfirm(await confirm)) throw this.#refused('the CPU refused rack and slot')
    const setup = setupRequest(this.#plc.pdu, JOBS_ASKED)
    const reply = this.#next()
    this.#write(setup)
    const frame = await reply
    const misfit = misfitOfReply(frame, questionOf(setup))
    if (misfit !== null) throw this.#refused(misfit.detail)
    const granted = grantedBy(frame)
    if (granted === null) throw this.#refused('the CPU refused the set-up')
    this.pduBytes = granted.pduBytes
    this.jobsMax = Math.max(1, Math.min(JOBS_ASKED, granted.jobsCount))
  }

  /** Sends the jobs, as many at a time as the CPU grants; resolves when all are answered. A fault ends the session. */
  run(jobs: readonly Job[]): Promise<void> {
    if (this.#fault !== null) return Promise.reject(this.#fault)
    if (jobs.length === 0) return Promise.resolve()
    return new Promise((done, failed) => {
      const batch: Batch = { left: jobs.length, done, failed }
      for (const job of jobs) this.#waiting.push({ job, batch })
      this.#send()
    })
  }

  /**
   * The same as `work`, but a session that does not finish it in time is ended with PLC_TIMEOUT, or PLC_UNREACHABLE when TCP never connected.
   * snap7 has timeouts of its own; here they are ours, and they are all the time there is in a driver.
   */
  async within<T>(ms: Ms, work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => { this.#fail(faultOfSilence(this.#plc.id, this.#reached, this.#socket.bytesRead, ms)) }, ms)
    try {
      return await work
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends at once; whatever is under way fails with PLC_LINK_LOST. */
  close(): void { this.#fail(new Fault('PLC_LINK_LOST', { plc: this.#plc.id })) }

  #send(): void {
    const frames: Buffer[] = []
    while (this.#sent.size < this.jobsMax) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      this.#number = (this.#number % 0xffff) + 1
      assert(!this.#sent.has(this.#number), 'a number is free when it comes round again')
      setNumber(next.job.frame, this.#number)
      this.#sent.set(this.#number, { ...next, question: { ...next.job.asked, number: this.#number } })
      frames.push(next.job.frame)
    }
    // One write for all; and of a copy, for a frame is numbered anew next cycle, perhaps before the socket has let go of it.
    if (frames.length > 0) this.#write(Buffer.concat(frames))
  }

  #write(bytes: Buffer): void {
    this.bytesCount += bytes.length
    this.#socket.write(bytes)
  }

  #take(frame: Buffer): void {
    if (this.#fault !== null) return
    if (this.#opening !== null) {
      const { done } = this.#opening
      this.#opening = null
      done(Buffer.from(frame))
      return
    }
    const sent = frame.length >= 13 ? this.#sent.get(frame.readUInt16BE(11)) : undefined
    const misfit = misfitOfReply(frame, sent?.question ?? null)
    if (sent === undefined || misfit !== null) {
      this.#fail(new Fault(misfit?.fault ?? 'PLC_STALE_REPLY', { plc: this.#plc.id, detail: misfit?.detail ?? 'a reply to nothing that was asked' }))
      return
    }
    this.#sent.delete(frame.readUInt16BE(11))
    sent.job.answered(frame)
    if (--sent.batch.left === 0) sent.batch.done()
    if (this.#waiting.length > 0) this.#send()
  }

  #next(): Promise<Buffer> {
    if (this.#fault !== null) return Promise.reject(this.#fault)
    return new Promise((done, failed) => { this.#opening = { done, failed } })
  }

  #refused(detail: string): Fault {
    const fault = new Fault('PLC_REFUSED', { plc: this.#plc.id, rack: this.#plc.rack, slot: this.#plc.slot, detail })
    this.#fail(fault)
    return fault
  }

  #fail(fault: Fault): void {
    if (this.#fault !== null) return
    this.#fault = fault
    this.#socket.destroy()
    const batches = new Set([...this.#sent.values(), ...this.#waiting].map(({ batch }) => batch))
    this.#sent.clear()
    this.#waiting.length = 0
    this.#opening?.failed(fault)
    for (const batch of batches) batch.failed(fault)
  }
}
