/** Logix data types: the atomic ones with their codes, and structures laid out as the controller lays them out. */

import { assert } from '../../base/assert.js'

/** CIP codes and bytes of one element (Logix 5000 Controllers Data Access, 1756-PM020). */
export const atoms = {
  BOOL: [0xc1, 1], SINT: [0xc2, 1], INT: [0xc3, 2], DINT: [0xc4, 4], LINT: [0xc5, 8], USINT: [0xc6, 1], UINT: [0xc7, 2], UDINT: [0xc8, 4], ULINT: [0xc9, 8],
  REAL: [0xca, 4], LREAL: [0xcb, 8], DWORD: [0xd3, 4],
} as const satisfies Record<string, readonly [code: number, bytes: number]>
export type AtomName = keyof typeof atoms

/** A structure: what a UDT, a TIMER or a STRING is. */
export interface Template {
  readonly name: string
  /** Its instance in the template class. */
  readonly id: number
  /** What a reading of it begins with, so that a client can tell layouts apart. */
  readonly handle: number
  readonly bytes: number
  readonly members: readonly Member[]
}

export interface Member {
  readonly name: string
  readonly type: LogixType
  /** Elements; 1 for a single value. */
  readonly length: number
  readonly offset: number
  /** Which bit of its byte, for a BOOL. */
  readonly bit: number
}

export type LogixType = AtomName | Template

/** 1 in the third byte of a type says structure. */
const STRUCTURE = 0x8000
export const bytesOf = (type: LogixType): number => typeof type === 'string' ? atoms[type][1] : type.bytes
/** As in the tag list and in template definitions. */
export const symbolTypeOf = (type: LogixType, dimensions: number): number => (typeof type === 'string' ? atoms[type][0] : STRUCTURE | type.id) | (dimensions << 13)

export interface MemberSpec { readonly name: string; readonly type: LogixType; readonly length?: number }

/** Lays members out: each at a multiple of its size, BOOLs packed eight to a hidden byte, the whole a multiple of four. */
export function templateOf(name: string, id: number, handle: number, specs: readonly MemberSpec[]): Template {
  const members: Member[] = []
  let end = 0
  let host: { readonly offset: number; bits: number } | null = null
  for (const { name, type, length = 1 } of specs) {
    if (type === 'BOOL') {
      assert(length === 1, 'an array of BOOL inside a structure is an array of DWORD')
      if (host === null || host.bits === 8) {
        host = { offset: end++, bits: 0 }
        members.push({ name: `ZZZZZZZZZZ${name}${members.length}`, type: 'SINT', length: 1, offset: host.offset, bit: 0 })
      }
      members.push({ name, type, length, offset: host.offset, bit: host.bits++ })
      continue
    }
    host = null
    const align = typeof type === 'string' ? bytesOf(type) : 4
    const offset = Math.ceil(end / align) * align
    members.push({ name, type, length, offset, bit: 0 })
    end = offset + length * bytesOf(type)
  }
  return { name, id, handle, bytes: Math.ceil(end / 4) * 4, members }
}

const STRING_CHARS = 82
export const string = templateOf('STRING', 0xfce, 0x0fce, [{ name: 'LEN', type: 'DINT' }, { name: 'DATA', type: 'SINT', length: STRING_CHARS }])
export const timer = templateOf('TIMER', 0xf83, 0x0f83, [{ name: 'CTL', type: 'DINT' }, { name: 'PRE', type: 'DINT' }, { name: 'ACC', type: 'DINT' }])
export const counter = templateOf('COUNTER', 0xf82, 0x0f82, [{ name: 'CTL', type: 'DINT' }, { name: 'PRE', type: 'DINT' }, { name: 'ACC', type: 'DINT' }])

/** The bytes of a value as the controller holds it, little-endian. */
export function encode(type: AtomName, value: number | bigint | boolean): Buffer {
  const bytes = Buffer.alloc(bytesOf(type))
  switch (type) {
    case 'BOOL': bytes[0] = Number(value) === 0 ? 0 : 0xff; break
    case 'SINT': bytes.writeInt8(Number(value)); break
    case 'USINT': bytes.writeUInt8(Number(value)); break
    case 'INT': bytes.writeInt16LE(Number(value)); break
    case 'UINT': bytes.writeUInt16LE(Number(value)); break
    case 'DINT': bytes.writeInt32LE(Number(value)); break
    case 'UDINT': case 'DWORD': bytes.writeUInt32LE(Number(value)); break
    case 'LINT': bytes.writeBigInt64LE(BigInt(value)); break
    case 'ULINT': bytes.writeBigUInt64LE(BigInt(value)); break
    case 'REAL': bytes.writeFloatLE(Number(value)); break
    case 'LREAL': bytes.writeDoubleLE(Number(value)); break
  }
  return bytes
}

export function encodeString(text: string): Buffer {
  const bytes = Buffer.alloc(string.bytes)
  bytes.writeInt32LE(bytes.write(text.slice(0, STRING_CHARS), 4, 'latin1'))
  return bytes
}
