/** Bytes that grow as they are written, and a reader that notices when they end too early. */

import { Fault } from '../../contract/faults.js'

/** Writes bytes and LEB128 varints: seven bits a byte, the top bit says that more follow. */
export class ByteWriter {
  #bytes: Uint8Array
  #length = 0

  constructor(capacity = 1_024) { this.#bytes = new Uint8Array(capacity) }

  get length(): number { return this.#length }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  /** A whole number in [0, 2^53). */
  varint(value: number): void {
    this.#reserve(8)
    let rest = value
    // Bit operations know 32 bits only, so the high part of a large number goes by division.
    while (rest >= 0x8000_0000) {
      this.#bytes[this.#length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  /** All the bits of a double, the lowest byte first. */
  double(value: number): void {
    this.raw(new Uint8Array(Float64Array.of(value).buffer))
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** What was written so far; valid until the next write. */
  view(): Uint8Array { return this.#bytes.subarray(0, this.#length) }

  clear(): void { this.#length = 0 }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#length + count, 2 * this.#bytes.length))
    grown.set(this.view())
    this.#bytes = grown
  }
}

export class ByteReader {
  #at = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) { this.#bytes = bytes }

  get ended(): boolean { return this.#at === this.#bytes.length }

  byte(): number {
    const value = this.#bytes[this.#at++]
    return value === undefined ? tooShort() : value
  }

  varint(): number {
    const first = this.byte()
    return first < 128 ? first : this.#longVarint(first)
  }

  #longVarint(first: number): number {
    let value = first - 128
    let weight = 128
    for (;;) {
      const part = this.byte()
      if (part < 128) return value + part * weight
      value += (part - 128) * weight
      weight *= 128
    }
  }

  double(): number {
    return new Float64Array(new Uint8Array(this.raw(8)).buffer)[0]!
  }

  skip(count: number): void {
    if (this.#at + count > this.#bytes.length) tooShort()
    this.#at += count
  }

  raw(count: number): Uint8Array {
    this.skip(count)
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.raw(this.#bytes.length - this.#at)
  }
}

function tooShort(): never {
  throw new Fault('JOURNAL_CORRUPT', { what: 'a record ends too early' })
}
