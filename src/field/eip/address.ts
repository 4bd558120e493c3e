/** Logix addresses: what an engineer writes, read into scope, members, elements, bit and type. */

import { nearest } from '../../base/near.js'
import type { Address } from '../../contract/driver.js'
import type { ValueType } from '../../contract/scan.js'
import { type Misfit, misfit, parserOf } from '../misfit.js'

/** Everything the planner and the decoder need to know of a tag. */
export interface EipTarget {
  /** Names and the indices behind them, up to the first element that is asked for. */
  readonly path: readonly Step[]
  readonly kind: EipKind
  /** Elements to ask for: of the array, and double words where an array of BOOL is meant. */
  readonly count: number
  /** First bit within what is asked for; for BIT, BOOLS and BITS. */
  readonly bit: number
  /** Most characters of a STRING; bits wanted of an array of BOOL. */
  readonly extent: number
}

export interface Step { readonly name: string; readonly indices: readonly number[] }

/**
 * Each type with the bytes of one element, what it becomes, and the CIP type codes a controller may answer with (1756-PM020).
 * BYTE to LWORD take any integer of their width as plain bits. BIT is a bit of an integer, BOOLS are elements of an array of BOOL, BITS such elements as one word.
 */
export const kinds = {
  BOOL: [1, 'bool', [0xc1]],
  SINT: [1, 'int8', [0xc2]], INT: [2, 'int16', [0xc3]], DINT: [4, 'int32', [0xc4]], LINT: [8, 'int64', [0xc5]],
  USINT: [1, 'uint8', [0xc6]], UINT: [2, 'uint16', [0xc7]], UDINT: [4, 'uint32', [0xc8]], ULINT: [8, 'uint64', [0xc9]],
  REAL: [4, 'float32', [0xca]], LREAL: [8, 'float64', [0xcb]],
  BYTE: [1, 'uint8', [0xd1, 0xc2, 0xc6]], WORD: [2, 'uint16', [0xd2, 0xc3, 0xc7]], DWORD: [4, 'uint32', [0xd3, 0xc4, 0xc8]], LWORD: [8, 'uint64', [0xd4, 0xc5, 0xc9]],
  STRING: [0, 'text', [0x02a0, 0xda, 0xd0]],
  BIT: [0, 'bool', [0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xd1, 0xd2, 0xd3, 0xd4]],
  BOOLS: [4, 'bool', [0xd3]],
  BITS: [4, 'uint64', [0xd3]],
} as const satisfies Record<string, readonly [bytes: number, type: ValueType, codes: readonly number[]]>
export type EipKind = keyof typeof kinds

const written = Object.keys(kinds).filter((kind) => kind !== 'BIT' && kind !== 'BOOLS')
/** What people from elsewhere call them. */
const elsewhere: Readonly<Record<string, string>> = { FLOAT: 'REAL', FLOAT32: 'REAL', DOUBLE: 'LREAL', FLOAT64: 'LREAL', INT8: 'SINT', INT16: 'INT', INT32: 'DINT', INT64: 'LINT', UINT8: 'USINT', UINT16: 'UINT', UINT32: 'UDINT', UINT64: 'ULINT', BOOLEAN: 'BOOL', LONG: 'DINT', TEXT: 'STRING' }

const GRAMMAR = 'write the tag as Logix does, then a colon and its type, as in Line_Speed:REAL, Program:Main.Step, Counts[3..10]:INT, Timer1.ACC, Status.5 or Name:STRING; without a type a DINT is meant'
const ELEMENTS_MAX = 8_192
/** STRING of Logix; other string types say how many characters they hold. */
const CHARS_DEFAULT = 82
const CHARS_MAX = 468

const TYPED = /^(?<tag>.*?[^:]):(?<type>[A-Za-z]\w*)(?:\[(?<chars>\d+)\])?$/
/** Modules of the I/O tree have colons in their names: Local:1:I, Rack:O. */
const MODULE = /(:\d+)?:[IOCS]\d?$/i
const NAME = String.raw`[A-Za-z_]\w{0,39}(?:(?::\d+)?:[IOCSiocs]\d?)?`
const PART = new RegExp(String.raw`^(?<name>${NAME})(?:\[(?<indices>\d+(?:,\d+){0,2})\]|\[(?<from>\d+)\.\.(?<to>\d+)\])?$`)
/** Bits of TIMER, COUNTER and CONTROL. */
const FLAGS = new Set(['DN', 'TT', 'EN', 'CU', 'CD', 'OV', 'UN', 'ER', 'EU', 'EM', 'UL', 'FD'])

/** Reads one address; a string is what is wrong with it. */
export const parseAddress = parserOf('Logix', GRAMMAR, read)

function read(text: string): Address<EipTarget> | Misfit {
  const plain = text.replace(/\s+/g, '')
  const [tag, type, chars] = splitType(plain)
  if (type !== null && !written.includes(type)) return misfit(`there is no type ${type}`, `${tag}:${elsewhere[type] ?? nearest(type, written) ?? 'DINT'}`)
  if (chars !== null && type !== 'STRING') return misfit(`elements stand behind the name`, `${tag}[0..${Math.max(0, Number(chars) - 1)}]:${type}`)

  const scope = /^program:([A-Za-z_]\w*)(?:\.(.+))?$/i.exec(tag)
  if (scope !== null && scope[2] === undefined) return misfit('a program holds tags, but none is named', `${tag}.Tag`)
  const path: Step[] = scope === null ? [] : [{ name: `Program:${scope[1]!}`, indices: [] }]
  const parts = (scope?.[2] ?? tag).split(/\.(?![^[]*\])/)
  const bit = parts.length > 1 && /^\d+$/.test(parts.at(-1)!) ? Number(parts.pop()) : null
  let slice: { readonly from: number; readonly to: number } | null = null
  for (const part of parts) {
    if (slice !== null) return misfit('only the last part can be a slice')
    const found = PART.exec(part)?.groups
    if (found === undefined) return guess(part, plain)
    if (found['from'] !== undefined) slice = { from: Number(found['from']), to: Number(found['to']) }
    path.push({ name: found['name']!, indices: slice !== null ? [slice.from] : found['indices']?.split(',').map(Number) ?? [] })
  }
  if (slice !== null && (slice.to < slice.from || slice.to - slice.from >= ELEMENTS_MAX)) return misfit(`a slice goes up, by at most ${ELEMENTS_MAX} elements`)
  if (path.some(({ indices }) => indices.some((index) => index > 0xffff_ffff))) return misfit('no array has so many elements')

  if (bit !== null) {
    if (slice !== null) return misfit('a bit is read of one element')
    if (type !== null && type !== 'BOOL') return misfit('a bit is a BOOL', plain.slice(0, -type.length - 1))
    if (bit > 63) return misfit('the widest integer has the bits 0 to 63')
    return { type: 'bool', length: 1, target: { path, kind: 'BIT', count: 1, bit, extent: 0 } }
  }
  // splitType gives only names of `kinds` past the check above.
  const kind = (type ?? (FLAGS.has(path.at(-1)!.name.toUpperCase()) && path.length > 1 ? 'BOOL' : 'DINT')) as EipKind
  const length = slice === null ? 1 : slice.to - slice.from + 1
  if (kind === 'STRING') {
    if (slice !== null) return misfit('texts are read one by one', `${tag.replace(/\.\.\d+/, '')}:STRING`)
    const most = chars === null ? CHARS_DEFAULT : Number(chars)
    if (most < 1 || most > CHARS_MAX) return misfit(`a STRING holds 1 to ${CHARS_MAX} characters here`)
    return { type: 'text', length: 1, target: { path, kind, count: 1, bit: 0, extent: most } }
  }
  const last = path.at(-1)!
  if (kind === 'BITS' || (kind === 'BOOL' && last.indices.length > 0)) return boolArray(path, last, kind, length)
  return { type: kinds[kind][1], length, target: { path, kind, count: length, bit: 0, extent: 0 } }
}

/** A controller holds an array of BOOL as double words, and indexes those. */
function boolArray(path: readonly Step[], last: Step, kind: 'BOOL' | 'BITS', length: number): Address<EipTarget> | Misfit {
  const [first] = last.indices
  if (first === undefined || last.indices.length > 1) return misfit(`${kind} of an array have one index`, `${last.name}[0..31]:${kind}`)
  if (kind === 'BITS' && length > 64) return misfit('a word has at most 64 bits', `${last.name}[${first}..${first + 63}]:BITS`)
  const word = Math.floor(first / 32)
  const count = Math.floor((first + length - 1) / 32) - word + 1
  const target: EipTarget = { path: [...path.slice(0, -1), { name: last.name, indices: [word] }], kind: kind === 'BITS' ? 'BITS' : 'BOOLS', count, bit: first % 32, extent: length }
  return kind === 'BITS' ? { type: 'uint64', length: 1, target } : { type: 'bool', length, target }
}

/** Cuts the type off, which is upper-cased; the name of a module has colons, too. */
function splitType(plain: string): [tag: string, type: string | null, chars: string | null] {
  const found = TYPED.exec(plain)?.groups
  if (found === undefined || (/^program$/i.test(found['tag']!) || MODULE.test(plain))) return [plain, null, null]
  return [found['tag']!, found['type']!.toUpperCase(), found['chars'] ?? null]
}

/** What is wrong with a part that has no right form, and what may have been meant. */
function guess(part: string, plain: string): Misfit {
  if (part === '') return misfit('a name is missing between two dots', plain.replace(/\.{2,}/g, '.').replace(/\.$/, '').replace(/^\./, ''))
  if (/\[\d+-\d+\]/.test(part)) return misfit('a slice is written with two dots', plain.replace(/\[(\d+)-(\d+)\]/, '[$1..$2]'))
  if (/\(\d+\)/.test(part)) return misfit('elements stand in square brackets', plain.replace(/\((\d+)\)/, '[$1]'))
  if (/\[[^\]]*$/.test(part)) return misfit('a bracket is not closed', plain.replace(/\[(\d+)/, '[$1]'))
  if (/^\d/.test(part)) return misfit('a name begins with a letter')
  return misfit(`${JSON.stringify(part)} is no name of a tag or member`)
}
