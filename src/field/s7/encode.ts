/** A value into the bytes that an S7 holds it as; the other way round stands in `decode.ts`. */

import type { S7Target } from './address.js'

export type Written = number | boolean | string | bigint

/** What to write where: bytes from `start` on, or one bit of the byte there. */
export interface Write {
  readonly start: number
  readonly bit: number | null
  readonly bytes: Buffer
}

/** Bytes and sign of each whole number. Durations are milliseconds, as they are read. */
const integers = {
  BYTE: [1, false], USINT: [1, false], SINT: [1, true], WORD: [2, false], UINT: [2, false], INT: [2, true], DWORD: [4, false], UDINT: [4, false], DINT: [4, true],
  LWORD: [8, false], ULINT: [8, false], LINT: [8, true], TIME: [4, true], TIME_OF_DAY: [4, false],
} as const

/** A sentence is why the value does not fit. */
export function writeOf(target: S7Target, length: number, value: Written): Write | string {
  const { kind, start } = target
  if (length > 1) return 'arrays are written element by element'
  switch (kind) {
    case 'BOOL': return typeof value === 'boolean' ? { start, bit: target.bit, bytes: Buffer.from([value ? 1 : 0]) } : 'a bit is true or false'
    case 'REAL': case 'LREAL': {
      if (typeof value !== 'number' || !Number.isFinite(value)) return `a ${kind} is a finite number`
      if (kind === 'REAL' && !Number.isFinite(Math.fround(value))) return 'the number is too large for a REAL'
      const bytes = Buffer.alloc(kind === 'REAL' ? 4 : 8)
      if (kind === 'REAL') bytes.writeFloatBE(value)
      else bytes.writeDoubleBE(value)
      return { start, bit: null, bytes }
    }
    case 'STRING': case 'WSTRING': case 'CHAR': return typeof value === 'string' ? textOf(target, value) : `a ${kind} is a text`
    case 'BYTE': case 'USINT': case 'SINT': case 'WORD': case 'UINT': case 'INT': case 'DWORD': case 'UDINT': case 'DINT': case 'LWORD': case 'ULINT': case 'LINT': case 'TIME': case 'TIME_OF_DAY': {
      const [size, isSigned] = integers[kind]
      if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isSafeInteger(value))) return `a ${kind} is a whole number`
      const whole = BigInt(value)
      const top = 2n ** BigInt(8 * size - (isSigned ? 1 : 0)) - 1n
      const bottom = isSigned ? -top - 1n : 0n
      if (whole < bottom || whole > top) return `a ${kind} is from ${bottom} to ${top}`
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64BE(BigInt.asUintN(64, whole))
      return { start, bit: null, bytes: bytes.subarray(8 - size) }
    }
    default: return `a ${kind} is not written`
  }
}

/** The length and the characters; the greatest length in front of them belongs to the program. A CHAR array is filled with zeros. */
function textOf({ kind, start, chars }: S7Target, value: string): Write | string {
  if (value.length > chars) return `it holds at most ${chars} characters`
  if (kind === 'WSTRING') {
    const bytes = Buffer.alloc(2 + 2 * value.length)
    bytes.writeUInt16BE(value.length)
    for (let i = 0; i < value.length; i++) bytes.writeUInt16BE(value.charCodeAt(i), 2 + 2 * i)
    return { start: start + 2, bit: null, bytes }
  }
  // Buffer keeps the low byte alone of what Latin-1 does not have.
  if (/[\u0100-\uffff]/.test(value)) return 'it holds Latin-1 characters alone'
  const text = Buffer.from(value, 'latin1')
  if (kind === 'CHAR') return { start, bit: null, bytes: Buffer.concat([text, Buffer.alloc(chars - text.length)]) }
  return { start: start + 1, bit: null, bytes: Buffer.concat([Buffer.from([text.length]), text]) }
}
