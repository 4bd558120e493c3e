/** Bits one after the other in bytes, the lowest first: what needs a few bits takes no whole byte. */

import type { ByteReader, ByteWriter } from './bytes.js'

/** As many at once as fit beside seven that wait, in whole numbers of 32 bits. */
const BITS_MAX = 24

export class BitWriter {
  readonly #to: ByteWriter
  #waiting = 0
  #waitingBits = 0

  constructor(to: ByteWriter) { this.#to = to }

  /** The lowest `bits` of a whole number in [0, 2^53). */
  put(value: number, bits: number): void {
    let rest = value
    let left = bits
    for (; left > BITS_MAX; left -= BITS_MAX) {
      this.#put(rest % 2 ** BITS_MAX, BITS_MAX)
      rest = Math.floor(rest / 2 ** BITS_MAX)
    }
    this.#put(rest, left)
  }

  /** Fills the last byte with zeros; the next bit begins a new one. */
  end(): void {
    if (this.#waitingBits > 0) this.#to.byte(this.#waiting)
    this.#waiting = 0
    this.#waitingBits = 0
  }

  #put(value: number, bits: number): void {
    this.#waiting |= value << this.#waitingBits
    this.#waitingBits += bits
    for (; this.#waitingBits >= 8; this.#waitingBits -= 8) {
      this.#to.byte(this.#waiting & 0xff)
      this.#waiting >>>= 8
    }
  }
}

/** Takes no byte from the reader before a bit of it is asked for. */
export class BitReader {
  readonly #from: ByteReader
  #waiting = 0
  #waitingBits = 0

  constructor(from: ByteReader) { this.#from = from }

  take(bits: number): number {
    let value = 0
    let weight = 1
    let left = bits
    for (; left > BITS_MAX; left -= BITS_MAX) {
      value += this.#take(BITS_MAX) * weight
      weight *= 2 ** BITS_MAX
    }
    return value + this.#take(left) * weight
  }

  #take(bits: number): number {
    while (this.#waitingBits < bits) {
      this.#waiting |= this.#from.byte() << this.#waitingBits
      this.#waitingBits += 8
    }
    const value = this.#waiting & ((1 << bits) - 1)
    this.#waiting >>>= bits
    this.#waitingBits -= bits
    return value
  }
}
