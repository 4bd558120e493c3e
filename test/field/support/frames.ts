/** How replies of each protocol are framed, and where values stand in them: what must be known to break them well, and to tell a value that was sent from one that was made up. */

import type { Plc } from '../../../src/contract/plcs.js'

export interface Frames {
  readonly driver: Plc['driver']
  /** Where the peer is, as its configuration names it. */
  readonly placeOf: (port: number) => object
  /** Of a tag that holds 32 bits with a sign. */
  readonly address: (tag: number) => string
  /** So many bytes tell how long a frame is. */
  readonly lengthBytes: number
  /** Length of the frame that begins here. */
  readonly frameBytes: (at: Buffer) => number
  /** Makes the length in front of a frame right again, so that the damage gets further. */
  readonly mend: (reply: Buffer) => Buffer
  /** Where a tag can stand in a sound frame, as the frame itself tells. */
  readonly placesOf: (tag: number, frame: Buffer) => readonly number[]
  readonly valueAt: (frame: Buffer, place: number) => number
}

const tcp = { placeOf: (port: number) => ({ host: '127.0.0.1', port }) }

export const s7: Frames = {
  ...tcp, driver: 's7', address: (tag) => `DB1,DINT${4 * tag}`, lengthBytes: 4, frameBytes: (at) => at.readUInt16BE(2),
  mend: (reply) => { if (reply.length >= 4) reply.writeUInt16BE(reply.length & 0xffff, 2); return reply },
  // One run of all, or each an item of its own.
  placesOf: (tag, frame) => [frame[20] === 1 ? 25 + 4 * tag : 25 + 8 * tag],
  valueAt: (frame, place) => frame.readInt32BE(place),
}

export const eip: Frames = {
  ...tcp, driver: 'eip', address: (tag) => `T${tag}`, lengthBytes: 24, frameBytes: (at) => 24 + at.readUInt16LE(2),
  mend: (reply) => { if (reply.length >= 24) reply.writeUInt16LE((reply.length - 24) & 0xffff, 2); return reply },
  // Alone behind its type, or in a reply to several, each of four bytes, a type and a value.
  placesOf: (_, frame) => {
    if (frame[46] !== 0x8a || frame.length < 52) return [52]
    const count = frame.readUInt16LE(50)
    return Array.from({ length: Math.min(count, Math.ceil(frame.length / 10)) }, (_, i) => 52 + 2 * count + 10 * i + 6)
  },
  valueAt: (frame, place) => frame.readInt32LE(place),
}

export const modbus: Frames = {
  ...tcp, driver: 'modbus', address: (tag) => `HR${2 * tag}:INT32`, lengthBytes: 6, frameBytes: (at) => 6 + at.readUInt16BE(4),
  mend: (reply) => { if (reply.length >= 6) reply.writeUInt16BE((reply.length - 6) & 0xffff, 4); return reply },
  placesOf: (tag, frame) => [frame[8] === 4 ? 9 : 9 + 4 * tag],
  valueAt: (frame, place) => frame.readInt32BE(place),
}

const INT32 = 6
export const opcua: Frames = {
  driver: 'opcua', placeOf: (port) => ({ endpoint: `opc.tcp://127.0.0.1:${port}`, security: 'none' }),
  address: (tag) => `ns=2;s=Line.T${tag}:Int32`, lengthBytes: 8, frameBytes: (at) => at.readUInt32LE(4),
  mend: (reply) => { if (reply.length >= 8) reply.writeUInt32LE(reply.length, 4); return reply },
  // Whatever stands before it can be of any length, so wherever a type says that such a value follows.
  placesOf: (_, frame) => [...frame.keys()].flatMap((at) => (frame[at]! & 0x3f) === INT32 ? [at + 1] : []),
  valueAt: (frame, place) => frame.readInt32LE(place),
}

/** Whether this value of this tag stands in a frame of what was sent, where it belongs. */
export function wasSent({ lengthBytes, frameBytes, placesOf, valueAt }: Frames, sent: Buffer, tag: number, value: number): boolean {
  for (let at = 0; at + lengthBytes <= sent.length;) {
    const bytes = frameBytes(sent.subarray(at))
    const frame = sent.subarray(at, at + bytes)
    if (bytes === 0 || frame.length < bytes) return false
    if (placesOf(tag, frame).some((place) => place + 4 <= frame.length && valueAt(frame, place) === value)) return true
    at += bytes
  }
  return false
}
