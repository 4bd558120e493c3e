/** What stands in an answer of OPC UA, followed from its beginning by the rules of the binary encoding (OPC 10000-6, 5.2), and not by the library that the driver stands on. */

const INT32 = 6
/** Bytes of a value by its type; what is missing has no fixed length. */
const WIDTHS: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 4, 8: 8, 9: 8, 10: 4, 11: 8, 13: 8, 14: 16, 19: 4 }
const TEXTS = new Set([12, 15, 16])
const [IS_ARRAY, HAS_DIMENSIONS, TYPE] = [0x80, 0x40, 0x3f]

/** Thrown where nobody could say what comes next. */
export class Lost extends Error {}

export class Walk {
  readonly #bytes: Buffer
  at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  skip(bytes: number): number {
    const from = this.at
    if (bytes < 0 || from + bytes > this.#bytes.length) throw new Lost()
    this.at += bytes
    return from
  }

  byte(): number { return this.#bytes[this.skip(1)]! }
  uint(): number { return this.#bytes.readUInt32LE(this.skip(4)) }
  int(): number { return this.#bytes.readInt32LE(this.skip(4)) }
  text(): void { this.skip(Math.max(0, this.int())) }

  /** So many of the same, or none for -1. */
  each(step: (i: number) => void): void {
    const count = this.int()
    if (count > this.#bytes.length) throw new Lost()
    for (let i = 0; i < count; i++) step(i)
  }

  /** Only one that is expanded may say of which server and which namespace it is; what follows where another says so, everybody reads as they please. */
  node(isExpanded = false): void {
    const kind = this.byte()
    if (!isExpanded && (kind & ~TYPE) !== 0) throw new Lost()
    switch (kind & TYPE) {
      case 0: this.skip(1); break
      case 1: this.skip(3); break
      case 2: this.skip(6); break
      case 3: case 5: this.skip(2); this.text(); break
      case 4: this.skip(18); break
      default: throw new Lost()
    }
    if ((kind & 0x80) !== 0) this.text()
    if ((kind & 0x40) !== 0) this.skip(4)
  }

  diagnostic(): void {
    const mask = this.byte()
    for (const bit of [0x01, 0x02, 0x04, 0x08]) if ((mask & bit) !== 0) this.skip(4)
    if ((mask & 0x10) !== 0) this.text()
    if ((mask & 0x20) !== 0) this.skip(4)
    if ((mask & 0x40) !== 0) this.diagnostic()
  }

  /** Type of the body, time, number of the question, status, diagnostics with their words, and one thing more. */
  responseHeader(): void {
    this.node()
    this.skip(16)
    this.diagnostic()
    this.each(() => { this.text() })
    this.extension()
  }

  /** A thing of any kind; `inside` is called where its bytes begin. */
  extension(inside?: () => void): void {
    this.node()
    if (this.byte() === 0) return
    const bytes = Math.max(0, this.int())
    if (inside === undefined) this.skip(bytes)
    else inside()
  }

  /** A value with its state and times; gives the number when it is one of 32 bits with a sign. */
  dataValue(): number | null {
    const mask = this.byte()
    const value = (mask & 0x01) !== 0 ? this.#variant() : null
    for (const [bit, bytes] of [[0x02, 4], [0x04, 8], [0x10, 2], [0x08, 8], [0x20, 2]] as const) if ((mask & bit) !== 0) this.skip(bytes)
    return value
  }

  #variant(): number | null {
    const kind = this.byte()
    const type = kind & TYPE
    if ((kind & IS_ARRAY) === 0) {
      if (type === INT32) return this.int()
      this.#value(type)
      return null
    }
    this.each(() => { this.#value(type) })
    if ((kind & HAS_DIMENSIONS) !== 0) this.each(() => { this.skip(4) })
    return null
  }

  #value(type: number): void {
    const width = WIDTHS[type]
    if (width !== undefined) this.skip(width)
    else if (TEXTS.has(type)) this.text()
    else if (type === 20) { this.skip(2); this.text() }
    else if (type === 21) { const mask = this.byte(); if ((mask & 1) !== 0) this.text(); if ((mask & 2) !== 0) this.text() }
    else if (type === 17 || type === 18) this.node(type === 18)
    else if (type === 22) this.extension()
    else if (type !== 0) throw new Lost()
  }
}
