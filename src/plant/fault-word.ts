/** The 64 fault bits of a machine, and the first of them, latched until all are gone. */

/** Bits from here on are status and prompts: they never stop a machine, and are never first-out. */
export const NOTICE_BIT_FIRST = 60

export interface FaultWord {
  readonly word: bigint
  /** The bit that rose while no other fault stood; `null` when none stands. */
  readonly firstOut: number | null
}

export const noFaults: FaultWord = { word: 0n, firstOut: null }

const NOTICES = ((1n << 64n) - 1n) ^ ((1n << BigInt(NOTICE_BIT_FIRST)) - 1n)

export const isNotice = (bit: number): boolean => bit >= NOTICE_BIT_FIRST
export const has = (faults: FaultWord, bit: number): boolean => (faults.word >> BigInt(bit) & 1n) === 1n

export function risen(faults: FaultWord, bit: number): FaultWord {
  return { word: faults.word | 1n << BigInt(bit), firstOut: faults.firstOut ?? (isNotice(bit) ? null : bit) }
}

export function fallen(faults: FaultWord, bit: number): FaultWord {
  const word = faults.word & ~(1n << BigInt(bit))
  return { word, firstOut: (word & ~NOTICES) === 0n ? null : faults.firstOut }
}

/** The bits that stand, lowest first. */
export function bitsOf(faults: FaultWord): number[] {
  const bits: number[] = []
  for (let word = faults.word, bit = 0; word !== 0n; word >>= 1n, bit++) if ((word & 1n) === 1n) bits.push(bit)
  return bits
}
