/** A counter as a PLC has it: so many bits wide, and rolling over at the top. */

export interface Counter {
  readonly bits: 16 | 32
  readonly value: number
}

export const counterAt = (bits: 16 | 32, value: number): Counter => ({ bits, value: value % 2 ** bits })

export const counted = (counter: Counter): Counter => counterAt(counter.bits, counter.value + 1)
