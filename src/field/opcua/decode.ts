/** What a server says of a node, into values and qualities; and its status codes, into what they mean for a tag. */

import type { BadTag, ScanSink } from '../../contract/driver.js'
import { qualities } from '../../contract/scan.js'
import { type OpcuaTarget, kinds } from './address.js'

/** One value as it comes from the wire: a status and, unless that is bad, a variant. */
export interface Said {
  readonly statusCode: { readonly value: number; readonly name: string }
  readonly value?: { readonly dataType: number; readonly arrayType: number; readonly value?: unknown } | null
}

export type Verdict = Omit<BadTag, 'tag'>

/** The names of the built-in types, by number (OPC 10000-6, table 1). */
export const builtInNames = [
  'Null', 'Boolean', 'SByte', 'Byte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Int64', 'UInt64', 'Float', 'Double', 'String', 'DateTime', 'Guid', 'ByteString', 'XmlElement',
  'NodeId', 'ExpandedNodeId', 'StatusCode', 'QualifiedName', 'LocalizedText', 'ExtensionObject', 'DataValue', 'Variant', 'DiagnosticInfo',
] as const

const SCALAR = 0
const GUID = 14
const WORD = 2 ** 32
const GOOD = 0
const UNCERTAIN = 1

/** Puts the value into the scan and gives `null`, or says why there is none to put. */
export function decode({ statusCode, value: variant }: Said, target: OpcuaTarget, length: number, tag: number, slot: number, into: ScanSink): Verdict | null {
  if (statusCode.value >>> 30 !== GOOD) return verdictOf(statusCode)
  const held = variant?.dataType ?? 0
  const isArray = variant !== undefined && variant !== null && variant.arrayType !== SCALAR
  const [type, , fits] = kinds[target.kind]
  if (held === 0 || variant === undefined || variant === null) return { quality: 'not_read', fault: 'TAG_DOUBTFUL', detail: 'the PLC gives no value', passes: true }
  if (!(fits as readonly number[]).includes(held)) return misfit(`configured as ${target.kind}, the PLC holds ${isArray ? 'an array of ' : 'a '}${builtInNames[held] ?? `type ${held}`}`)
  if (isArray && target.range === '') return misfit(`configured as one ${target.kind}, the PLC holds an array; its elements are read as :${target.kind}[0..${Math.max(0, lengthOf(variant.value) - 1)}]`)
  const elements = isArray ? variant.value : [variant.value]
  if (!isList(elements)) return misfit('the PLC sent an array that is none')
  if (elements.length !== length) return { quality: 'out_of_range', fault: 'TAG_OUT_OF_RANGE', detail: `the PLC holds ${elements.length} of the ${length} elements` }

  if (type === 'text') {
    const text = textOf(elements[0], held)
    if (text === null) return misfit('the PLC sent a text that is none')
    into.texts.set(tag, text)
    into.qualities[tag] = qualities.good
    return null
  }
  let quality: number = qualities.good
  for (let i = 0; i < length; i++) {
    const verdict = target.bit === -1 ? putElement(elements[i], target, slot, i, into.values) : putBit(elements[i], target, slot, into.values)
    if (verdict === 'not_a_number') quality = qualities.not_a_number
    else if (verdict !== null) return verdict
  }
  into.qualities[tag] = quality
  return null
}

function putElement(element: unknown, { kind }: OpcuaTarget, slot: number, i: number, values: Float64Array): Verdict | 'not_a_number' | null {
  if (kind === 'Int64' || kind === 'UInt64') {
    const words = wordsOf(element)
    if (words === null) return misfit('the PLC sent a number that is none')
    // A double holds 53 bits, so a 64-bit integer travels as its low and its high word.
    values[slot + 2 * i] = words[1]
    values[slot + 2 * i + 1] = kind === 'Int64' ? words[0] | 0 : words[0]
    return null
  }
  const number = numberOf(element)
  if (number === null) return misfit('the PLC sent a number that is none')
  if (kind === 'Number' && Number.isInteger(number) && !Number.isSafeInteger(number) && wordsOf(element) !== null) return misfit('the number is beyond what a double holds whole; write its type, Int64 or UInt64')
  values[slot + i] = number
  return Number.isFinite(number) ? null : 'not_a_number'
}

function putBit(element: unknown, { bit, kind }: OpcuaTarget, slot: number, values: Float64Array): Verdict | null {
  const words = wordsOf(element)
  const number = words === null ? numberOf(element) : bit < 32 ? words[1] : words[0]
  if (number === null) return misfit(`the PLC sent no ${kind}`)
  values[slot] = (number >>> (bit & 31)) & 1
  return null
}

/** Numbers, bits and times as a scan has them: times are milliseconds. */
function numberOf(element: unknown): number | null {
  if (typeof element === 'number') return element
  if (typeof element === 'boolean') return element ? 1 : 0
  if (element instanceof Date) return element.getTime()
  const words = wordsOf(element)
  return words === null ? null : (words[0] | 0) * WORD + words[1]
}

/** The library gives 64-bit integers as their high and their low word, both without a sign. */
function wordsOf(element: unknown): readonly [high: number, low: number] | null {
  if (!isList(element) || element.length !== 2) return null
  const { 0: high, 1: low } = element
  return typeof high === 'number' && typeof low === 'number' ? [high >>> 0, low >>> 0] : null
}

/** A null string is an empty one; of a localized or qualified text only its words are kept. The library writes a Guid in capitals. */
function textOf(element: unknown, held: number): string | null {
  if (typeof element === 'string') return held === GUID ? element.toLowerCase() : element
  if (element === null || element === undefined) return ''
  if (typeof element !== 'object') return null
  if ('text' in element) return typeof element.text === 'string' ? element.text : ''
  return 'name' in element && typeof element.name === 'string' ? element.name : null
}

const isList = (value: unknown): value is ArrayLike<unknown> => Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)
const lengthOf = (value: unknown): number => isList(value) ? value.length : 0
const misfit = (detail: string): Verdict => ({ quality: 'type_misfit', fault: 'TAG_TYPE_MISFIT', detail })

/* ── status codes (OPC 10000-4, 7.39) ────────────────────────────────────────────────────────── */

/** What stays as it is until somebody changes the tag or the PLC's program. */
const lasting: Readonly<Record<string, Pick<Verdict, 'quality' | 'fault'>>> = Object.fromEntries([
  ...['BadNodeIdUnknown', 'BadNodeIdInvalid', 'BadAttributeIdInvalid', 'BadNoMatch', 'BadBrowseNameInvalid', 'BadNotFound'].map((name) => [name, { quality: 'not_found', fault: 'TAG_NOT_FOUND' }]),
  ...['BadIndexRangeNoData', 'BadIndexRangeInvalid', 'BadOutOfRange'].map((name) => [name, { quality: 'out_of_range', fault: 'TAG_OUT_OF_RANGE' }]),
  ...['BadTypeMismatch', 'BadDataEncodingInvalid', 'BadDataEncodingUnsupported'].map((name) => [name, { quality: 'type_misfit', fault: 'TAG_TYPE_MISFIT' }]),
  ...['BadNotReadable', 'BadUserAccessDenied', 'BadSecurityModeInsufficient'].map((name) => [name, { quality: 'protected', fault: 'TAG_PROTECTED' }]),
] as const)

/** The way from the server to the device behind it. */
const away = new Set(['BadNoCommunication', 'BadNotConnected', 'BadCommunicationError', 'BadConnectionClosed', 'BadDeviceFailure', 'BadServerNotConnected', 'BadShutdown'])

/** Uncertain values are the last ones known, or substitutes: a gateway that counts cannot rely on them. */
export function verdictOf({ value, name }: Said['statusCode']): Verdict {
  const known = Object.hasOwn(lasting, name) ? lasting[name] : undefined
  if (known !== undefined) return { ...known, detail: name }
  const quality = away.has(name) ? 'link_down' : value >>> 30 === UNCERTAIN ? 'stale' : name === 'BadTimeout' ? 'timeout' : 'not_read'
  return { quality, fault: 'TAG_DOUBTFUL', detail: name, passes: true }
}
