/** What can go wrong between a controller and its clients: knobs to turn while it runs. */

import type { Socket } from 'node:net'
import { systemClock } from '../../base/clock.js'
import { type Ms, laterMono } from '../../base/units.js'
import { cut } from '../cut.js'

export interface Mischief {
  /** Every reply leaves so much later, and in order. */
  delayMs: Ms
  /** Requests are taken and none is answered; connections still open. */
  isHung: boolean
  /** Replies leave in pieces of so many bytes; 0 = whole. */
  splitBytes: number
  /** So many replies leave in one segment; the last ones leave after a moment, alone. */
  glueCount: number
  /** So many replies are lost. */
  dropCount: number
  /** So many replies become a reset of the connection. */
  resetCount: number
  /** Added to the sequence number of replies. */
  sequenceOffset: number
  /** Tag data in connected replies ends so many bytes early, and all lengths agree with that. */
  shortBytes: number
  /** This general status instead of the answer; 0 = the answer. */
  status: number
  isOpenRefused: boolean
  /** A multiple request with this name in it is refused as a whole. */
  refusesMultipleWith: string | null
}

export const noMischief = (): Mischief => ({ delayMs: 0, isHung: false, splitBytes: 0, glueCount: 1, dropCount: 0, resetCount: 0, sequenceOffset: 0, shortBytes: 0, status: 0, isOpenRefused: false, refusesMultipleWith: null })

const GLUE_MS = 2

/** The way out of one connection: whatever the knobs say happens to the replies here. */
export class WayOut {
  readonly #socket: Socket
  readonly #mischief: Mischief
  #glued: Buffer[] = []
  #last: Promise<void> = Promise.resolve()
  #isIdle = true

  constructor(socket: Socket, mischief: Mischief) {
    this.#socket = socket
    this.#mischief = mischief
  }

  send(reply: Buffer): void {
    const mischief = this.#mischief
    if (mischief.isHung) return
    if (mischief.dropCount > 0) { mischief.dropCount--; return }
    if (mischief.resetCount > 0) { mischief.resetCount--; cut(this.#socket); return }
    if (mischief.glueCount <= 1) { this.#leave(reply); return }
    this.#glued.push(reply)
    if (this.#glued.length >= mischief.glueCount) this.#unglue()
    else void pause(GLUE_MS).then(() => { this.#unglue() })
  }

  #unglue(): void {
    const together = Buffer.concat(this.#glued)
    this.#glued = []
    if (together.length > 0) this.#leave(together)
  }

  #leave(bytes: Buffer): void {
    const { delayMs, splitBytes } = this.#mischief
    if (delayMs === 0 && splitBytes === 0 && this.#isIdle) { this.#write(bytes); return }
    this.#isIdle = false
    const mine = this.#last = this.#last.then(async () => {
      if (delayMs > 0) await pause(delayMs)
      const size = splitBytes === 0 ? bytes.length : splitBytes
      for (let at = 0; at < bytes.length; at += size) {
        this.#write(bytes.subarray(at, at + size))
        if (size < bytes.length) await new Promise((done) => setImmediate(done))
      }
      if (this.#last === mine) this.#isIdle = true
    })
  }

  #write(bytes: Buffer): void { if (!this.#socket.destroyed) this.#socket.write(bytes) }
}

const pause = (ms: Ms): Promise<void> => systemClock.wait(laterMono(systemClock.mono(), ms))
