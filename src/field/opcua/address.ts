/** OPC UA addresses: what an engineer writes, read into node, type, elements and bit. */

import { nearest } from '../../base/near.js'
import type { Address } from '../../contract/driver.js'
import type { ValueType } from '../../contract/scan.js'
import { type Misfit, isMisfit, misfit, parserOf } from '../misfit.js'

export interface OpcuaTarget {
  readonly node: NodePlace
  readonly kind: OpcuaKind
  /** NumericRange as the protocol writes it (OPC 10000-4, 7.27); empty for the whole value. */
  readonly range: string
  /** Bit of an integer, 0 the lowest; -1 when the value is no bit of one. */
  readonly bit: number
}

/** A node by its identifier, or by the names that lead to it from the Objects folder. A namespace is its index or its URI. */
export type NodePlace =
  | { readonly by: 'id'; readonly namespace: number | string; readonly id: string }
  | { readonly by: 'path'; readonly steps: readonly { readonly namespace: number | string; readonly name: string }[] }

/** Each type with what it becomes, its width in bits where it has single ones, and the built-in types that fit it (OPC 10000-6, 5.1.2). */
export const kinds = {
  Boolean: ['bool', 0, [1]],
  SByte: ['int8', 8, [2]], Byte: ['uint8', 8, [3]], Int16: ['int16', 16, [4]], UInt16: ['uint16', 16, [5]],
  Int32: ['int32', 32, [6]], UInt32: ['uint32', 32, [7]], Int64: ['int64', 64, [8]], UInt64: ['uint64', 64, [9]],
  Float: ['float32', 0, [10]], Double: ['float64', 0, [11]],
  DateTime: ['time', 0, [13]],
  // String, Guid, QualifiedName, LocalizedText.
  String: ['text', 0, [12, 14, 20, 21]],
  // What is left out: any number that a double holds whole.
  Number: ['float64', 0, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
} as const satisfies Record<string, readonly [type: ValueType, bits: number, builtIn: readonly number[]]>
export type OpcuaKind = keyof typeof kinds

const written = Object.keys(kinds) as OpcuaKind[]
/** What people from elsewhere call them. */
const elsewhere: Readonly<Record<string, OpcuaKind>> = {
  bool: 'Boolean', int8: 'SByte', sint: 'SByte', uint8: 'Byte', usint: 'Byte', int: 'Int16', uint: 'UInt16', word: 'UInt16', dint: 'Int32', udint: 'UInt32', dword: 'UInt32',
  lint: 'Int64', ulint: 'UInt64', lword: 'UInt64', real: 'Float', float32: 'Float', lreal: 'Double', float64: 'Double', text: 'String', localizedtext: 'String', guid: 'String', utctime: 'DateTime', enumeration: 'Int32',
}

const GRAMMAR = 'write the node as OPC UA tools show it, then a colon and its type, as in ns=2;s=Line.Bagger.Count:UInt32, nsu=http://acme.com/line;i=1007:Float, ns=2;s=Counts:Int16[3..10], '
  + 'ns=2;s=Status:UInt32.5 or /2:Line/2:Bagger/2:Count:UInt32; without a type any number is meant'
const ELEMENTS_MAX = 8_192
const CHARACTERS_MAX = 4_096

const ADDRESS = /^(?:ns=(?<index>\d{1,5});|nsu=(?<uri>[^;]+);)?(?<node>[isgb]=.*|\/.*)$/s
const TYPED = /^(?<node>.*?):(?<type>[A-Za-z]\w*)(?<range>\[[^\]]*\])?(?:\.(?<bit>\d+))?$/s
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Reads one address; a string is what is wrong with it. */
export const parseAddress = parserOf('OPC UA', GRAMMAR, read)

function read(text: string): Address<OpcuaTarget> | Misfit {
  const parts = ADDRESS.exec(text.trim())?.groups
  if (parts === undefined) return guess(text.trim())
  const namespace = parts['uri'] ?? Number(parts['index'] ?? 0)
  if (typeof namespace === 'number' && namespace > 0xffff) return misfit('a namespace index goes up to 65535')
  const [plain, type, range, bit] = splitType(parts['node']!)
  const kind = type === null ? 'Number' : kindOf(type)
  if (kind === null) {
    const head = text.trim().slice(0, text.trim().lastIndexOf(`:${type}`))
    return misfit(`there is no type ${type}; where a name has a colon of its own, its type is written too`, `${head}:${nearest(type!, written) ?? 'Number'}`)
  }

  /** The whole text with one part of it put right. */
  const mended = (part: string, right: string): string => text.trim().replace(part, () => right)
  const node = plain.startsWith('/') ? pathOf(plain, namespace, mended) : idOf(plain, namespace, mended)
  if (isMisfit(node)) return node
  const elements = range === null ? 1 : elementsOf(range, mended)
  if (typeof elements !== 'number') return elements
  const numericRange = range === null ? '' : range.slice(1, -1).replaceAll('..', ':').replace(/\s/g, '')
  if (bit !== null) {
    const width = kinds[kind][1]
    if (width === 0) return misfit(`${kind} has no bits to be read one by one`, type === null ? undefined : text.trim().replace(/\.\d+$/, ''))
    if (bit >= width) return misfit(`${kind} has the bits 0 to ${width - 1}`)
    if (elements > 1) return misfit('a bit is read of one element')
    return { type: 'bool', length: 1, target: { node, kind, range: numericRange, bit } }
  }
  if (kind === 'String' && elements > 1) return misfit('texts are read one by one', text.trim().replace(/\[.*$/, '[0]'))
  return { type: kinds[kind][0], length: elements, target: { node, kind, range: numericRange, bit: -1 } }
}

/** The type with its name as OPC UA spells it, or `null`. */
function kindOf(type: string): OpcuaKind | null {
  return written.find((kind) => kind.toLowerCase() === type.toLowerCase()) ?? elsewhere[type.toLowerCase()] ?? null
}

/** Cuts type, elements and bit off. What stands behind the last colon is a type, unless it is the name that follows the namespace of a path's last step. */
function splitType(node: string): [plain: string, type: string | null, range: string | null, bit: number | null] {
  const from = node.startsWith('/') ? node.lastIndexOf('/') : 0
  const head = from + (/^\/\d+:/.exec(node.slice(from))?.[0].length ?? 0)
  const found = node.startsWith('/') ? TYPED.exec(node.slice(head))?.groups : TYPED.exec(node)?.groups
  if (found === undefined) return [node, null, null, null]
  return [node.startsWith('/') ? node.slice(0, head) + found['node']! : found['node']!, found['type']!, found['range'] ?? null, found['bit'] === undefined ? null : Number(found['bit'])]
}

type Mended = (part: string, right: string) => string

function idOf(id: string, namespace: number | string, mended: Mended): NodePlace | Misfit {
  const value = id.slice(2)
  if (value === '') return misfit('the identifier is empty')
  if (id.startsWith('i=') && !(/^\d{1,10}$/.test(value) && Number(value) <= 0xffff_ffff)) return misfit('an identifier i= is a whole number up to 4294967295', /^\d+$/.test(value) ? undefined : mended('i=', 's='))
  if (id.startsWith('s=') && value.length > CHARACTERS_MAX) return misfit(`a name has at most ${CHARACTERS_MAX} characters`)
  if (id.startsWith('g=') && !GUID.test(value)) return misfit('an identifier g= looks like 72962b91-fa75-4ae6-8d28-b404dc7daf63')
  if (id.startsWith('b=') && !BASE64.test(value)) return misfit('an identifier b= is base64')
  return { by: 'id', namespace, id }
}

function pathOf(path: string, namespace: number | string, mended: Mended): NodePlace | Misfit {
  const steps = path.slice(1).split('/').map((step) => {
    const found = /^(\d+):(.*)$/s.exec(step)
    return found === null ? { namespace, name: step } : { namespace: Number(found[1]), name: found[2]! }
  })
  if (steps.some(({ name }) => name === '')) return misfit('a name is missing between two slashes', mended(path, path.replace(/\/{2,}/g, '/').replace(/\/$/, '')))
  return { by: 'path', steps }
}

/** How many elements the range of each dimension takes together; or what is wrong. */
function elementsOf(range: string, mended: Mended): number | Misfit {
  let count = 1
  for (const dimension of range.slice(1, -1).split(',')) {
    const found = /^\s*(\d{1,9})\s*(?:(\.\.|:|-)\s*(\d{1,9}))?\s*$/.exec(dimension)
    if (found === null) return misfit('elements stand in square brackets, counted from 0', mended(range, '[0]'))
    const [, from, dots, to = from] = found
    if (dots !== undefined && dots !== '..') return misfit('a slice is written with two dots', mended(dimension, `${from}..${to}`))
    if (Number(to) < Number(from) || (dots !== undefined && to === from)) return misfit('a slice goes up', mended(dimension, from!))
    count *= Number(to) - Number(from) + 1
  }
  return count > ELEMENTS_MAX ? misfit(`a tag has at most ${ELEMENTS_MAX} elements`) : count
}

/** What is wrong with an address whose form is none, and what may have been meant. */
function guess(text: string): Misfit {
  if (/^ns=\d+[,:. ]\s*[isgb]=/.test(text)) return misfit('a semicolon follows the namespace', text.replace(/^(ns=\d+)[,:. ]\s*/, '$1;'))
  if (/^ns=\d+;(?![isgb]=)/.test(text)) return misfit('it does not say what kind of identifier follows', text.replace(/^(ns=\d+;)(?:[a-z]+=)?/i, (_, head: string) => `${head}${/^\d+(:|$)/.test(text.slice(head.length)) ? 'i' : 's'}=`))
  if (/^nsu?=[^;]*$/.test(text)) return misfit('an identifier follows the namespace', `${text};s=Name`)
  if (/^\d+:/.test(text)) return misfit('a path begins with a slash', `/${text.replace(/(?<!\d):/g, '/')}`)
  if (/^[A-Za-z_]/.test(text)) return misfit('it has no namespace and no identifier', `ns=2;s=${text}`)
  return misfit('it cannot be read')
}
