/** How much of history may be under way to a broker: little enough that what is current does not wait behind it, enough to fill the link. */

import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import { type Mono, type Ms, sinceMono } from '../../base/units.js'

/** What is under way, until the broker has answered. */
export interface Parcel { readonly bytes: number; readonly at: Mono; readonly session: number }

/**
 * Everything of one connection goes through one pipe in its order, so bytes in it are time for who comes last. An answer that takes much
 * longer than the quickest one says that they queue somewhere: then there is half as much room, at most once for each filling of the pipe.
 * Before the first such answer the room doubles with each filling, afterwards it grows by an eighth.
 */
export class Throttle {
  readonly #clock: Clock
  readonly #bytesMax: number
  /** There may be room again. */
  readonly #freed: () => void
  #roomBytes: number
  #underBytes = 0
  #session = 0
  #bestMs: Ms = Number.POSITIVE_INFINITY
  #isProbing = true
  #cutAt: Mono | null = null
  /** Of the bytes that deflating leaves. */
  #ratio = 1

  constructor(clock: Clock, bytesMax: number, freed: () => void) {
    this.#clock = clock
    this.#bytesMax = bytesMax
    this.#freed = freed
    this.#roomBytes = Math.min(FIRST_BYTES, bytesMax)
  }

  get isOpen(): boolean { return this.#underBytes < this.#roomBytes }
  get roomBytes(): number { return this.#roomBytes }

  /** How much text one message takes, so that several share the room. */
  get textBytesMax(): number { return Math.max(LEAST_BYTES, this.#roomBytes / 2) / this.#ratio }

  /** Another connection may lead over another link. */
  begin(): void {
    this.#roomBytes = Math.min(FIRST_BYTES, this.#bytesMax)
    this.#bestMs = Number.POSITIVE_INFINITY
    this.#isProbing = true
    this.#cutAt = null
    this.#underBytes = 0
    this.#session++
  }

  /** What is current takes no room: it is little, and history must get its turn when it is not. */
  take(bytes: number, textBytes: number, isCurrent: boolean): Parcel {
    if (!isCurrent) this.#underBytes += bytes
    if (textBytes > 0) this.#ratio += (Math.min(1, bytes / textBytes) - this.#ratio) / 8
    return { bytes: isCurrent ? 0 : bytes, at: this.#clock.mono(), session: this.#session }
  }

  /** The broker has it. */
  answered({ bytes, at, session }: Parcel): void {
    if (session !== this.#session) return
    const now = this.#clock.mono()
    const ms = sinceMono(now, at)
    this.#bestMs = Math.min(this.#bestMs, ms)
    this.#underBytes -= bytes
    if (ms > this.#bestMs * 1.25 + limits.upstreamQueueMs) {
      // What was sent before the last cut queued behind what was cut.
      if (this.#cutAt === null || at > this.#cutAt) {
        this.#roomBytes = Math.max(LEAST_BYTES, this.#roomBytes / 2)
        this.#cutAt = now
        this.#isProbing = false
      }
    } else {
      this.#roomBytes = Math.min(this.#bytesMax, this.#roomBytes + (this.#isProbing ? bytes : bytes / 8))
    }
    this.#freed()
  }

  /** It will not be answered: its connection is over. */
  lost({ bytes, session }: Parcel): void { if (session === this.#session) this.#underBytes -= bytes }
}

const FIRST_BYTES = 16 * 1024
const LEAST_BYTES = 2 * 1024
