/** A value into what is written to a node, once a reading has told how the server holds it. */

import { type OpcuaTarget, kinds } from './address.js'
import { builtInNames } from './decode.js'

export type Written = number | boolean | string | bigint

const BOOLEAN = 1
/** The integers by the number of their type: from 8 to 64 bits, each with a sign first. */
const ranges: Readonly<Record<number, readonly [least: bigint, most: bigint]>> = Object.fromEntries([8n, 16n, 32n, 64n].flatMap((bits, i) => [[2 + 2 * i, [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]], [3 + 2 * i, [0n, 2n ** bits - 1n]]]))
const INT64 = 8
const UINT64 = 9
const FLOAT = 10
const DOUBLE = 11
const STRING = 12
const DATE_TIME = 13

/** The built-in type to write and the value as the library wants it, or a sentence: the value does not fit. */
export function valueToWrite({ kind, bit, range }: OpcuaTarget, held: number, value: Written): { readonly dataType: number; readonly value: unknown } | string {
  if (!(kinds[kind][2] as readonly number[]).includes(held)) return `configured as ${kind}, the PLC holds a ${builtInNames[held] ?? `type ${held}`}`
  // The server has no service that changes one bit; writing the word would undo what the program did to its neighbours meanwhile.
  if (bit !== -1) return 'a bit of a word is not written by itself'
  if (/[:,]/.test(range)) return 'arrays are written element by element'
  const one = oneOf(held, value)
  return typeof one === 'string' ? one : { dataType: held, value: range === '' ? one.value : [one.value] }
}

function oneOf(held: number, value: Written): { readonly value: unknown } | string {
  switch (held) {
    case BOOLEAN: return typeof value === 'boolean' ? { value } : 'a Boolean is true or false'
    case STRING: return typeof value === 'string' ? { value } : 'a String is a text'
    case DATE_TIME: return typeof value === 'number' && Number.isFinite(value) ? { value: new Date(value) } : 'a DateTime is a number of milliseconds since 1970'
    case FLOAT: case DOUBLE: {
      if (typeof value !== 'number' || !Number.isFinite(value)) return `a ${builtInNames[held]} is a finite number`
      return held === DOUBLE || Number.isFinite(Math.fround(value)) ? { value } : 'the number is too large for a Float'
    }
    default: {
      const range = ranges[held]
      if (range === undefined) return `a ${builtInNames[held] ?? `type ${held}`} is not written`
      if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isSafeInteger(value))) return 'an integer is a whole number'
      const whole = BigInt(value)
      if (whole < range[0] || whole > range[1]) return `it is from ${range[0]} to ${range[1]}`
      const bits = BigInt.asUintN(64, whole)
      return { value: held === INT64 || held === UINT64 ? [Number(bits >> 32n), Number(bits & 0xffff_ffffn)] : Number(whole) }
    }
  }
}
