/** Modbus addresses: what an engineer writes, read into table, register, bit and type. */

import { nearest } from '../../base/near.js'
import type { Address } from '../../contract/driver.js'
import type { ValueType } from '../../contract/scan.js'
import { type Misfit, misfit, parserOf } from '../misfit.js'

export type ModbusTable = 'holding' | 'input' | 'coil' | 'discrete'

export interface ModbusTarget {
  readonly table: ModbusTable
  /** First register or bit, counted from 0 as the protocol does. */
  readonly start: number
  /** Registers, or bits of the bit tables, that the whole value takes. */
  readonly count: number
  readonly kind: ModbusKind
  /** Bit of a register, 0 the lowest; -1 when the value is no bit of a register. */
  readonly bit: number
  /** Most characters of a text. */
  readonly chars: number
}

/** Each type with the registers of one element and what it becomes. Texts measure themselves. */
export const kinds = {
  BOOL: [1, 'bool'], INT16: [1, 'int16'], UINT16: [1, 'uint16'], INT32: [2, 'int32'], UINT32: [2, 'uint32'], INT64: [4, 'int64'], UINT64: [4, 'uint64'],
  FLOAT32: [2, 'float32'], FLOAT64: [4, 'float64'], STRING: [0, 'text'],
} as const satisfies Record<string, readonly [registers: number, type: ValueType]>
export type ModbusKind = keyof typeof kinds

const GRAMMAR = 'write table, number and type as in HR100:FLOAT32, IR7, C3 or DI12, then .bit, .characters or [elements]; 40101 is HR100, 30101 is IR100'
const tables: Readonly<Record<string, ModbusTable>> = { HR: 'holding', IR: 'input', C: 'coil', DI: 'discrete' }
/** The leading digit of the numbers that manuals print, which count from 1. */
const printed: Readonly<Record<string, ModbusTable>> = { 4: 'holding', 3: 'input', 1: 'discrete', 0: 'coil' }
const aliases: Readonly<Record<string, ModbusKind>> = { INT: 'INT16', UINT: 'UINT16', WORD: 'UINT16', DINT: 'INT32', UDINT: 'UINT32', DWORD: 'UINT32', LINT: 'INT64', ULINT: 'UINT64', REAL: 'FLOAT32', FLOAT: 'FLOAT32', LREAL: 'FLOAT64', DOUBLE: 'FLOAT64' }
/** What other programs and the memory of other PLCs call the tables. */
const elsewhere: Readonly<Record<string, string>> = { H: 'HR', R: 'HR', MW: 'HR', IW: 'IR', I: 'DI', M: 'C', Q: 'C', CO: 'C', COIL: 'C' }
const ADDRESS = /^(?:(?<table>HR|IR|DI|C)(?<start>\d{1,5})|(?<printed>[0134])(?<number>\d{4,5}))(?::(?<type>[A-Z]+\d*))?(?:\.(?<minor>\d+))?(?:\[(?<elements>\d+)\])?$/
const NUMBERS = 65_536

/** Reads one address; a string is what is wrong with it. */
export const parseAddress = parserOf('Modbus', GRAMMAR, read)

function read(text: string): Address<ModbusTarget> | Misfit {
  const plain = text.trim().toUpperCase().replace(/\s+/g, '')
  const parts = ADDRESS.exec(plain)?.groups
  if (parts === undefined) return misfit('it cannot be read', guess(plain))
  const table = parts['table'] === undefined ? printed[parts['printed']!]! : tables[parts['table']]!
  const start = parts['start'] === undefined ? Number(parts['number']) - 1 : Number(parts['start'])
  if (start < 0) return misfit('printed numbers begin at 1', `${parts['printed']}0001`)
  const elements = Number(parts['elements'] ?? 1)
  if (elements < 1) return misfit('an array has elements')
  const minor = parts['minor'] === undefined ? null : Number(parts['minor'])

  if (table === 'coil' || table === 'discrete') {
    if (parts['type'] !== undefined && parts['type'] !== 'BOOL') return misfit('this table holds bits', `${parts['table'] ?? parts['printed']}${parts['start'] ?? parts['number']}`)
    if (minor !== null) return misfit('a bit has no part after a dot', plain.replace(/\.\d+/, ''))
    return finish({ table, start, count: elements, kind: 'BOOL', bit: -1, chars: 0 }, elements)
  }
  const place = table === 'holding' ? 'HR' : 'IR'
  const name = parts['type'] ?? (minor === null ? 'UINT16' : 'BOOL')
  const kind = aliases[name] ?? (Object.hasOwn(kinds, name) ? name as ModbusKind : undefined)
  if (kind === undefined) return misfit(`there is no type ${name}`, plain.replace(`:${name}`, `:${nearest(name, [...Object.keys(kinds), ...Object.keys(aliases)]) ?? 'UINT16'}`))
  if (kind === 'STRING') {
    if (minor === null || minor < 1) return misfit('a STRING needs its greatest length', `${place}${start}:STRING.20`)
    if (elements > 1) return misfit('texts are read one by one', plain.replace(/\[\d+\]$/, ''))
    return finish({ table, start, count: Math.ceil(minor / 2), kind, bit: -1, chars: minor }, 1)
  }
  if (kind === 'BOOL') {
    if (minor === null || minor > 15) return misfit('a register has the bits 0 to 15', `${place}${start + ((minor ?? 0) >> 4)}.${(minor ?? 0) & 15}`)
    if (elements > 1) return misfit('bits of a register are read one by one; C and DI hold arrays of bits')
    return finish({ table, start, count: 1, kind, bit: minor, chars: 0 }, 1)
  }
  if (minor !== null) return misfit(`${kind} has no part after a dot`, plain.replace(/\.\d+/, ''))
  return finish({ table, start, count: kinds[kind][0] * elements, kind, bit: -1, chars: 0 }, elements)
}

function finish(target: ModbusTarget, length: number): Address<ModbusTarget> | Misfit {
  if (target.start + target.count > NUMBERS) return misfit(`a table ends at ${NUMBERS - 1}`)
  if (target.count > (target.table === 'coil' || target.table === 'discrete' ? BITS_MAX : REGISTERS_MAX)) return misfit('it is longer than one request carries')
  return { type: kinds[target.kind][1], length, target }
}

/** What may have been meant by a text that has not the form of an address. */
function guess(plain: string): string | undefined {
  const [, table = '', start, rest = ''] = /^%?([A-Z]+)[.:,]?(\d+)(.*)$/.exec(plain) ?? []
  if (start === undefined) return undefined
  const name = Object.hasOwn(tables, table) ? table : elsewhere[table] ?? nearest(table, Object.keys(tables))
  return name === null ? undefined : `${name}${start}${rest.replace(/^[,.;](?=[A-Z])/, ':')}`
}

/** What one request may ask for (Modbus application protocol 1.1b3, sections 6.1 to 6.4). */
export const REGISTERS_MAX = 125
export const BITS_MAX = 2_000
