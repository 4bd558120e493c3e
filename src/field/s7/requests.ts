/** The S7 frames we send: connection, set-up, reading and writing. Replies are checked in `wire.ts`. */

import type { PlcOf } from '../../contract/plcs.js'
import type { S7Area } from './address.js'
import type { PlannedItem } from './plan.js'

/** TPKT and COTP before every S7 message. */
export const DATA_HEAD = 7
const JOB_HEAD = 10
const areaCodes: Readonly<Record<S7Area, number>> = { I: 0x81, Q: 0x82, M: 0x83, DB: 0x84, C: 0x1c, T: 0x1d }
const connectionTypes = { pg: 1, op: 2, basic: 3 } as const

/** COTP connection request; the remote TSAP names connection type, rack and slot. */
export function connectionRequest(plc: Pick<PlcOf<'s7'>, 'connection' | 'rack' | 'slot'>): Buffer {
  return Buffer.from([
    0x03, 0x00, 0x00, 0x16, 0x11, 0xe0, 0x00, 0x00, 0x00, 0x01, 0x00,
    0xc0, 0x01, 0x0a, // a TPDU of 1024 bytes carries the largest PDU whole
    0xc1, 0x02, 0x01, 0x00,
    0xc2, 0x02, connectionTypes[plc.connection], (plc.rack << 5) | plc.slot,
  ])
}

export const isConnectionConfirm = (frame: Buffer): boolean => (frame[5]! & 0xf0) === 0xd0

/** Set-up communication: asks for a PDU size and a number of jobs in flight. */
export function setupRequest(pduBytes: number, jobsCount: number): Buffer {
  const parameter = Buffer.alloc(8)
  parameter[0] = 0xf0
  parameter.writeUInt16BE(jobsCount, 2)
  parameter.writeUInt16BE(jobsCount, 4)
  parameter.writeUInt16BE(pduBytes, 6)
  return jobFrame(parameter, Buffer.alloc(0))
}

/** What the CPU granted; the frame is the sound answer to a set-up. `null` when it granted nothing. */
export function grantedBy(frame: Buffer): { readonly pduBytes: number; readonly jobsCount: number } | null {
  const [headBytes, parameterBytes] = [19, 8]
  if (frame.length < headBytes + parameterBytes || frame.readUInt16BE(17) !== 0) return null
  return { jobsCount: frame.readUInt16BE(headBytes + 2), pduBytes: frame.readUInt16BE(headBytes + 6) }
}

/** A frame that reads some items, still without a number. Built once, sent every cycle. */
export function readRequest(items: readonly PlannedItem[]): Buffer {
  return jobFrame(Buffer.concat([Buffer.from([0x04, items.length]), ...items.map((item) => addressOf(item, null))]), Buffer.alloc(0))
}

/** A frame that writes the bytes of one item, or one bit of its first byte. */
export function writeRequest(item: Pick<PlannedItem, 'area' | 'db' | 'start' | 'bytes'>, bit: number | null, data: Uint8Array): Buffer {
  const head = Buffer.alloc(4)
  head[1] = bit === null ? 0x04 : 0x03
  head.writeUInt16BE(bit === null ? data.length * 8 : 1, 2)
  return jobFrame(Buffer.concat([Buffer.from([0x05, 1]), addressOf(item, bit)]), Buffer.concat([head, data]))
}

/** Numbers a frame; the reply carries the number back. */
export const setNumber = (frame: Buffer, number: number): void => { frame.writeUInt16BE(number, DATA_HEAD + 4) }

/** An S7-ANY pointer. Timers and counters are addressed by number, everything else by bit. */
function addressOf({ area, db, start, bytes }: Pick<PlannedItem, 'area' | 'db' | 'start' | 'bytes'>, bit: number | null): Buffer {
  const isNumbered = area === 'T' || area === 'C'
  const pointer = Buffer.alloc(12)
  pointer.set([0x12, 0x0a, 0x10, isNumbered ? areaCodes[area] : bit === null ? 0x02 : 0x01])
  pointer.writeUInt16BE(bit !== null ? 1 : isNumbered ? bytes / 2 : bytes, 4)
  pointer.writeUInt16BE(db, 6)
  pointer[8] = areaCodes[area]
  pointer.writeUIntBE(isNumbered ? start : start * 8 + (bit ?? 0), 9, 3)
  return pointer
}

function jobFrame(parameter: Buffer, data: Buffer): Buffer {
  const frame = Buffer.alloc(DATA_HEAD + JOB_HEAD + parameter.length + data.length)
  frame.set([0x03, 0x00, 0, 0, 0x02, 0xf0, 0x80, 0x32, 0x01])
  frame.writeUInt16BE(frame.length, 2)
  frame.writeUInt16BE(parameter.length, DATA_HEAD + 6)
  frame.writeUInt16BE(data.length, DATA_HEAD + 8)
  parameter.copy(frame, DATA_HEAD + JOB_HEAD)
  data.copy(frame, DATA_HEAD + JOB_HEAD + parameter.length)
  return frame
}
