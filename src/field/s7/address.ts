/** S7 addresses: what an engineer writes, read into area, block, byte, bit and type. */

import type { Address } from '../../contract/driver.js'
import type { ValueType } from '../../contract/scan.js'
import { type Misfit, misfit, parserOf } from '../misfit.js'

/** Everything the planner and the decoder need to know of a tag. */
export interface S7Target {
  readonly area: S7Area
  /** Block number; 0 outside data blocks. */
  readonly db: number
  /** First byte; for timers and counters their number. */
  readonly start: number
  /** First bit within `start`, for BOOL alone. */
  readonly bit: number
  readonly kind: S7Kind
  /** Most characters of a text. */
  readonly chars: number
  /** Bytes the whole value takes, arrays included. */
  readonly bytes: number
}

export type S7Area = 'DB' | 'M' | 'I' | 'Q' | 'T' | 'C'

/** Each type with the bytes of one element and what it becomes. Texts measure themselves. */
export const kinds = {
  BOOL: [1, 'bool'], BYTE: [1, 'uint8'], WORD: [2, 'uint16'], DWORD: [4, 'uint32'], LWORD: [8, 'uint64'],
  SINT: [1, 'int8'], USINT: [1, 'uint8'], INT: [2, 'int16'], UINT: [2, 'uint16'], DINT: [4, 'int32'], UDINT: [4, 'uint32'], LINT: [8, 'int64'], ULINT: [8, 'uint64'],
  REAL: [4, 'float32'], LREAL: [8, 'float64'],
  S5TIME: [2, 'time'], TIME: [4, 'time'], LTIME: [8, 'time'], DATE: [2, 'time'], TIME_OF_DAY: [4, 'time'], DATE_AND_TIME: [8, 'time'], DTL: [12, 'time'],
  CHAR: [1, 'text'], STRING: [0, 'text'], WSTRING: [0, 'text'],
  TIMER: [2, 'time'], COUNTER: [2, 'uint16'],
} as const satisfies Record<string, readonly [bytes: number, type: ValueType]>
export type S7Kind = keyof typeof kinds

/** The short names of the operand style, and the names people know from other drivers. */
const aliases: Readonly<Record<string, S7Kind>> = { X: 'BOOL', B: 'BYTE', W: 'WORD', D: 'DWORD', I: 'INT', DI: 'DINT', R: 'REAL', LR: 'LREAL', C: 'CHAR', S: 'STRING', DT: 'DATE_AND_TIME', TOD: 'TIME_OF_DAY' }
/** What the types are called elsewhere. */
const elsewhere: Readonly<Record<string, S7Kind>> = { FLOAT: 'REAL', FLOAT32: 'REAL', DOUBLE: 'LREAL', FLOAT64: 'LREAL', INT8: 'SINT', UINT8: 'USINT', INT16: 'INT', UINT16: 'UINT', INT32: 'DINT', UINT32: 'UDINT', INT64: 'LINT', UINT64: 'ULINT', BIT: 'BOOL', TEXT: 'STRING' }
const areas: Readonly<Record<string, S7Area>> = { DB: 'DB', M: 'M', I: 'I', E: 'I', Q: 'Q', A: 'Q', T: 'T', C: 'C', Z: 'C' }

const GRAMMAR = 'write area, type and byte as in DB10,REAL24 or MW20, then .bit, .characters or [elements] where the type asks for it, or as TIA does, %DB10.DBD24:REAL'
const S7_BYTES_MAX = 65_536

const typeNames = [...Object.keys(kinds), ...Object.keys(aliases)].filter((name) => name !== 'TIMER' && name !== 'COUNTER')
const TYPE = [...typeNames].sort((a, b) => b.length - a.length).join('|')
const TAIL = String.raw`(?:\.(?<minor>\d+))?(?:\[(?<count>\d+)\])?`
const BLOCK = new RegExp(String.raw`^DB(?<db>\d+)[,.](?<type>${TYPE})(?<start>\d+)${TAIL}$`)
const FLAGS = new RegExp(String.raw`^(?<area>[MIEQA])(?<type>${TYPE}|)(?<start>\d+)${TAIL}$`)
const TIA = new RegExp(String.raw`^(?:DB(?<db>\d+)\.DB|(?<area>[MIEQA]))(?<width>[XBWD]|)(?<start>\d+)(?:\.(?<minor>\d+))?(?::(?<type>${TYPE})(?:\[(?<count>\d+)\])?)?$`)
const NUMBERED = /^(?<area>[TCZ])(?<start>\d+)(?:\[(?<count>\d+)\])?$/

/**
 * Reads one address; a string is what is wrong with it.
 * `[n]` is the number of array elements, except after `:STRING` and `:WSTRING` of the TIA form, where it is the longest text, as in TIA.
 */
export const parseAddress = parserOf('S7', GRAMMAR, read)

function read(text: string): Address<S7Target> | Misfit {
  const plain = text.trim().toUpperCase().replace(/^%/, '').replace(/\s+/g, '')

  const numbered = NUMBERED.exec(plain)?.groups
  if (numbered !== undefined) {
    const area = areas[numbered['area']!]!
    return finish(area, 0, Number(numbered['start']), 0, area === 'T' ? 'TIMER' : 'COUNTER', 0, countOf(numbered['count']))
  }

  const tia = TIA.exec(plain)?.groups
  if (tia !== undefined && (tia['type'] !== undefined || tia['db'] !== undefined)) return readTia(tia)

  const parts = (BLOCK.exec(plain) ?? FLAGS.exec(plain))?.groups
  if (parts === undefined) return guess(plain)
  const start = Number(parts['start'])
  const minor = parts['minor'] === undefined ? undefined : Number(parts['minor'])
  const kind = kindOf(parts['type'] === '' ? 'X' : parts['type']!)
  const area = areas[parts['area'] ?? 'DB']!
  const db = Number(parts['db'] ?? 0)
  const before = plain.slice(0, plain.length - (parts['start']! + (minor === undefined ? '' : `.${parts['minor']}`) + (parts['count'] === undefined ? '' : `[${parts['count']}]`)).length)

  if (kind === 'BOOL') {
    if (minor === undefined) return misfit('a bit needs its number', `${before}${start}.0`)
    if (minor > 7) return misfit('a byte has the bits 0 to 7', `${before}${start + (minor >> 3)}.${minor & 7}`)
    return finish(area, db, start, minor, kind, 0, countOf(parts['count']))
  }
  if (kind === 'STRING' || kind === 'WSTRING') {
    if (minor === undefined) return misfit(`a ${kind} needs its greatest length`, `${before}${start}.${parts['count'] ?? 20}`)
    if (parts['count'] !== undefined) return misfit('texts are read one by one', `${before}${start}.${minor}`)
    return finish(area, db, start, 0, kind, minor, 1)
  }
  if (minor !== undefined) {
    if (kind !== 'BYTE' && kind !== 'WORD' && kind !== 'DWORD' && kind !== 'LWORD') return misfit(`${kind} has no part after a dot`, `${before}${start}`)
    const bits = kinds[kind][0] * 8
    if (minor >= bits) return misfit(`a ${kind} has the bits 0 to ${bits - 1}`, `${before}${start}.${bits - 1}`)
    if (parts['count'] !== undefined) return misfit('an array of bits is written by byte and bit', `${area === 'DB' ? `DB${db},` : area}X${start}.0[${parts['count']}]`)
    // The S7 is big-endian: bit 0 of a word stands in its last byte.
    return finish(area, db, start + kinds[kind][0] - 1 - (minor >> 3), minor & 7, 'BOOL', 0, 1)
  }
  return finish(area, db, start, 0, kind, 0, countOf(parts['count']))
}

function readTia(parts: Readonly<Record<string, string | undefined>>): Address<S7Target> | Misfit {
  const start = Number(parts['start'])
  const minor = parts['minor'] === undefined ? 0 : Number(parts['minor'])
  const width = parts['width'] === '' ? 'X' : parts['width']!
  const db = Number(parts['db'] ?? 0)
  const area = areas[parts['area'] ?? 'DB']!
  const prefix = area === 'DB' ? `%DB${db}.DB` : `%${area}`
  /** Outside blocks TIA writes a bit without a letter. */
  const bitAt = (byte: number, bit: number): string => `${prefix}${area === 'DB' ? 'X' : ''}${byte}.${bit}`
  const kind = parts['type'] === undefined ? kindOf(width) : kindOf(parts['type'])

  if (width === 'X' && parts['minor'] === undefined) return misfit('a bit needs its number', bitAt(start, 0))
  if (width !== 'X' && parts['minor'] !== undefined) return misfit(`only bits have a part after the dot`, `${prefix}${width}${start}`)
  if (minor > 7) return misfit('a byte has the bits 0 to 7', bitAt(start + (minor >> 3), minor & 7))
  if (kind === 'BOOL') return width === 'X' ? finish(area, db, start, minor, kind, 0, countOf(parts['count'])) : misfit('a BOOL is one bit', bitAt(start, 0))
  if (minor !== 0) return misfit(`a ${kind} begins at a whole byte`, `${bitAt(start, 0)}:${kind}`)

  if (kind === 'STRING' || kind === 'WSTRING') {
    if (parts['count'] === undefined) return misfit(`a ${kind} needs its greatest length`, `${prefix}B${start}:${kind}[20]`)
    return finish(area, db, start, 0, kind, Number(parts['count']), 1)
  }
  // X and B only say where a larger value begins; W and D also say how wide it is.
  const named = kinds[kindOf(width)][0]
  if ((width === 'W' || width === 'D') && kinds[kind][0] !== named) return misfit(`a ${kind} takes ${kinds[kind][0]} bytes, not ${named}`, `${prefix}B${start}:${kind}`)
  return finish(area, db, start, 0, kind, 0, countOf(parts['count']))
}

/** The checks that hold for every form, and the finished address. */
function finish(area: S7Area, db: number, start: number, bit: number, kind: S7Kind, chars: number, count: number): Address<S7Target> | Misfit {
  if (area === 'DB' && (db < 1 || db > 65_535)) return misfit('data blocks are numbered from 1 to 65535')
  if (count < 1) return misfit('an array has at least one element')
  if (kind === 'STRING' && (chars < 1 || chars > 254)) return misfit('a STRING holds 1 to 254 characters')
  if (kind === 'WSTRING' && (chars < 1 || chars > 16_382)) return misfit('a WSTRING holds 1 to 16382 characters')
  const bytes = kind === 'BOOL' ? (bit + count + 7) >> 3
    : kind === 'STRING' ? 2 + chars
    : kind === 'WSTRING' ? 4 + 2 * chars
    : kinds[kind][0] * count
  if (start + bytes > S7_BYTES_MAX) return misfit('it ends beyond byte 65535')
  const isText = kinds[kind][1] === 'text'
  // An array of CHAR is one text; it is read and shown as such.
  return { type: kinds[kind][1], length: isText ? 1 : count, target: { area, db, start, bit, kind, chars: kind === 'CHAR' ? count : chars, bytes } }
}

const kindOf = (name: string): S7Kind => aliases[name] ?? (name as S7Kind)
const countOf = (text: string | undefined): number => (text === undefined ? 1 : Number(text))

/** What is wrong with a text that no form fits, and what may have been meant. */
function guess(plain: string): Misfit {
  const match = /^(DB\d+[,.]?|[MIEQA])([A-Z_]+?)(\d.*)?$/.exec(plain)
  if (match === null) return misfit('it names no area')
  const [, area = '', name = '', rest] = match
  const separated = area.startsWith('DB') && !/[,.]$/.test(area) ? `${area},` : area
  const nearest = typeNames.includes(name) ? name : elsewhere[name] ?? typeNames.filter((known) => known.length > 1).map((known) => [distance(known, name), known] as const).sort(([a], [b]) => a - b)[0]![1]
  const tail = rest === undefined ? '0' : /^\d+(\.\d+)?(\[\d+\])?$/.test(rest) ? rest : String(Number.parseInt(rest, 10))
  const why = nearest !== name ? `there is no type ${name}` : rest === undefined ? 'the byte is missing' : separated !== area ? 'a comma belongs after the block' : `${JSON.stringify(rest)} is no place`
  return misfit(why, `${separated}${nearest}${tail}`)
}

/** Letters to change, add or drop to make one word of the other (Levenshtein 1965). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1)))
    row = next
  }
  return row[other.length]!
}
