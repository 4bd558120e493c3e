/** Reading and writing tags: whole, in fragments, and bit by bit (1756-PM020, chapter 1). */

import { type Answer, type Asked, beyondTheEnd, status, typeMisfit } from './service.js'
import type { NoPlace, Place } from './tags.js'
import { type LogixType, atoms, bytesOf } from './datatypes.js'

export function readTag(asked: Asked): Answer { return readFrom(asked, 0) }

export function readTagFragmented(asked: Asked): Answer { return readFrom(asked, asked.data.readUInt32LE(2)) }

/** As much as fits, from a byte offset on; what fits not is asked for again. */
function readFrom({ tags, path, data, roomBytes }: Asked, from: number): Answer {
  const place = tags.resolve(path)
  if (typeof place === 'string') return missing(place)
  const count = data.readUInt16LE(0)
  const head = typeHead(place.type)
  if (place.bit !== null) {
    const isSet = ((place.memory[place.offset]! >> place.bit) & 1) === 1
    return { status: status.good, data: Buffer.concat([head, Buffer.from([isSet ? 0xff : 0])]) }
  }
  const bytes = bytesOf(place.type) * count
  if (count < 1 || count > place.lengthLeft || from > bytes) return beyondTheEnd
  const element = Math.min(bytesOf(place.type), 4)
  const room = Math.floor((roomBytes - head.length) / element) * element
  const fitting = Math.min(bytes - from, Math.max(0, room))
  const start = place.offset + from
  return { status: fitting < bytes - from ? status.partial : status.good, data: Buffer.concat([head, place.memory.subarray(start, start + fitting)]) }
}

export function writeTag(asked: Asked): Answer { return writeTo(asked, false) }

export function writeTagFragmented(asked: Asked): Answer { return writeTo(asked, true) }

function writeTo({ tags, path, data }: Asked, isFragment: boolean): Answer {
  const place = tags.resolve(path)
  if (typeof place === 'string') return missing(place)
  const head = typeHead(place.type)
  if (!data.subarray(0, head.length).equals(head)) return typeMisfit
  const count = data.readUInt16LE(head.length)
  const from = isFragment ? data.readUInt32LE(head.length + 2) : 0
  const bytes = data.subarray(head.length + (isFragment ? 6 : 2))
  if (place.bit !== null) {
    setBit(place, bytes.readUInt8(0) !== 0)
    return { status: status.good }
  }
  const whole = bytesOf(place.type) * count
  if (count < 1 || count > place.lengthLeft) return beyondTheEnd
  if (from + bytes.length > whole) return { status: status.tooMuchData }
  if (!isFragment && bytes.length < whole) return { status: status.notEnoughData }
  place.memory.set(bytes, place.offset + from)
  return { status: status.good }
}

/** Read-modify-write: bits to set and bits to keep, for one element. */
export function modifyTag({ tags, path, data }: Asked): Answer {
  const place = tags.resolve(path)
  if (typeof place === 'string') return missing(place)
  const size = data.readUInt16LE(0)
  if (typeof place.type !== 'string' || size !== bytesOf(place.type) || data.length !== 2 + 2 * size) return typeMisfit
  for (let i = 0; i < size; i++) place.memory[place.offset + i] = (place.memory[place.offset + i]! | data[2 + i]!) & data[2 + size + i]!
  return { status: status.good }
}

function setBit({ memory, offset, bit }: Place, isSet: boolean): void {
  const mask = 1 << bit!
  memory[offset] = isSet ? memory[offset]! | mask : memory[offset]! & ~mask
}

const missing = (place: NoPlace): Answer => place === 'beyond' ? beyondTheEnd : { status: status.unknownDestination, extended: [0] }

/** An atomic type is its code; a structure is 0x02a0 and its handle. */
function typeHead(type: LogixType): Buffer {
  const head = Buffer.alloc(typeof type === 'string' ? 2 : 4)
  head.writeUInt16LE(typeof type === 'string' ? atoms[type][0] : 0x02a0)
  if (typeof type !== 'string') head.writeUInt16LE(type.handle, 2)
  return head
}
