/** A value into the requests that write it, once a reading has told how the controller holds the tag. */

import type { EipTarget } from './address.js'
import type { Typed } from './decode.js'
import { modifyRequest, pathOf, writeRequest } from './requests.js'
import type { Reply } from './wire.js'

export type Written = number | boolean | string | bigint

const STRUCTURE = 0x02a0
const integers: Readonly<Record<number, readonly [low: bigint, high: bigint, bytes: number]>> = Object.fromEntries([
  [0xc2, true, 1], [0xc3, true, 2], [0xc4, true, 4], [0xc5, true, 8], [0xc6, false, 1], [0xc7, false, 2], [0xc8, false, 4], [0xc9, false, 8], [0xd1, false, 1], [0xd2, false, 2], [0xd3, false, 4], [0xd4, false, 8],
].map(([code, isSigned, bytes]) => {
  const span = 2n ** BigInt(8 * Number(bytes))
  return [code, isSigned === true ? [-span / 2n, span / 2n - 1n, bytes] : [0n, span - 1n, bytes]]
}))

/** The request, or a sentence: the value does not fit the tag. `held` is a whole, good reading of it that ends at `end`. */
export function requestToWrite(target: EipTarget, value: Written, { frame, at }: Reply, { code, at: valueAt }: Typed, end: number): Buffer | string {
  const path = pathOf(target.path)
  const head = frame.subarray(at, valueAt)
  if (target.count > 1 || target.kind === 'BITS' || (target.kind === 'BOOLS' && target.extent > 1)) return 'arrays are written element by element'
  if (target.kind === 'BIT' || target.kind === 'BOOLS') {
    if (typeof value !== 'boolean') return 'a bit is true or false'
    return bitRequest(path, target.bit, value, end - valueAt)
  }
  switch (target.kind) {
    case 'BOOL': return typeof value === 'boolean' ? writeRequest(path, head, Buffer.from([value ? 1 : 0])) : 'a BOOL is true or false'
    case 'STRING': return typeof value === 'string' ? textRequest(path, head, value, code, end - valueAt, target.extent) : 'a STRING is a text'
    case 'REAL': case 'LREAL': {
      if (typeof value !== 'number' || !Number.isFinite(value)) return `a ${target.kind} is a finite number`
      const data = Buffer.alloc(target.kind === 'REAL' ? 4 : 8)
      if (target.kind === 'REAL') data.writeFloatLE(value)
      else data.writeDoubleLE(value)
      return Number.isFinite(target.kind === 'REAL' ? data.readFloatLE() : value) ? writeRequest(path, head, data) : 'the number is too large for a REAL'
    }
    default: {
      const [low, high, bytes] = integers[code]!
      if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isSafeInteger(value))) return 'an integer is a whole number'
      const whole = BigInt(value)
      // Plain bits are written as they are read: from zero up, also where the controller holds a signed integer.
      const top = target.kind === 'BYTE' || target.kind === 'WORD' || target.kind === 'DWORD' || target.kind === 'LWORD' ? 2n ** BigInt(8 * bytes) - 1n : high
      const bottom = top === high ? low : 0n
      if (whole < bottom || whole > top) return `it is from ${bottom} to ${top}`
      const data = Buffer.alloc(8)
      data.writeBigUInt64LE(BigInt.asUintN(64, whole))
      return writeRequest(path, head, data.subarray(0, bytes))
    }
  }
}

/** One bit, whatever the program does to its neighbours meanwhile. */
function bitRequest(path: Buffer, bit: number, value: boolean, bytes: number): Buffer {
  const or = Buffer.alloc(bytes)
  const and = Buffer.alloc(bytes, 0xff)
  if (value) or[bit >> 3] = 1 << (bit & 7)
  else and[bit >> 3] = 0xff & ~(1 << (bit & 7))
  return modifyRequest(path, or, and)
}

function textRequest(path: Buffer, head: Buffer, value: string, code: number, bytes: number, chars: number): Buffer | string {
  // Buffer keeps the low byte alone of what Latin-1 does not have.
  if (/[\u0100-\uffff]/.test(value)) return 'it holds Latin-1 characters alone'
  const text = Buffer.from(value, 'latin1')
  if (text.length > chars) return `it holds at most ${chars} characters`
  if (code !== STRUCTURE) return writeRequest(path, head, Buffer.concat([Buffer.from([text.length]), text]))
  const data = Buffer.alloc(bytes)
  data.writeInt32LE(text.length)
  text.copy(data, 4)
  return writeRequest(path, head, data)
}
