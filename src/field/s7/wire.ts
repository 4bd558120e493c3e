/** The S7 frames on the wire: cut a stream into them, and tell whether a reply answers its question. */

import type { FaultCode } from '../../contract/faults.js'

/** What a reply must answer. Connection set-up frames below S7 have no number. */
export type Question =
  | { readonly kind: 'connect' }
  | { readonly kind: 'job'; readonly number: number; readonly call: number; /** Bytes asked for, per item; empty for anything but a read. */ readonly lengths: readonly number[] }
export type JobQuestion = Extract<Question, { readonly kind: 'job' }>

const TPKT_HEAD = 4
const COTP_DATA = 0xf0
const COTP_DISCONNECT = 0x80
const S7 = 0x32
const JOB = 1
const ACK = 2
const ACK_DATA = 3
export const READ = 0x04
/** RFC 1006 allows 64 KiB; the largest S7 PDU is 960 and its frame seven more. */
const FRAME_BYTES_MAX = 4_096

/** A cutter: give it bytes as they come, and it gives whole frames on, which are views of them. What it keeps for the next time it copies. It answers false for ever after bytes that are no TPKT (RFC 1006). */
export function framesOf(give: (frame: Buffer) => void): (bytes: Buffer) => boolean {
  let rest: Buffer = Buffer.alloc(0)
  let sound = true
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    while (sound && rest.length >= TPKT_HEAD) {
      const length = rest.readUInt16BE(2)
      sound = rest[0] === 3 && length >= 7 && length <= FRAME_BYTES_MAX
      if (!sound || rest.length < length) break
      give(rest.subarray(0, length))
      rest = rest.subarray(length)
    }
    if (rest.length > 0) rest = Buffer.from(rest)
    return sound
  }
}

/** Bytes of one element, by the transport size of a request item. */
const elementBytes: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 4, 8: 4, 0x1c: 2, 0x1d: 2 }

/** What a frame of ours asks. */
export function questionOf(frame: Buffer): Question {
  if (frame[5] !== COTP_DATA) return { kind: 'connect' }
  const call = frame[17]!
  const lengths: number[] = []
  if (call === READ) {
    for (let i = 0, at = 19; i < frame[18]!; i++, at += 12) lengths.push(frame.readUInt16BE(at + 4) * (elementBytes[frame[at + 3]!] ?? 1))
  }
  return { kind: 'job', number: frame.readUInt16BE(11), call, lengths }
}

export interface ReplyMisfit { readonly fault: FaultCode; readonly detail: string }

/** What is wrong with a reply, or `null`. Errors the PLC reports are no misfits: they are answers. */
export function misfitOfReply(frame: Buffer, asked: Question | null): ReplyMisfit | null {
  if (frame[5] === COTP_DISCONNECT) return { fault: 'PLC_LINK_LOST', detail: 'the PLC ended the connection' }
  if (asked === null) return { fault: 'PLC_STALE_REPLY', detail: 'a reply to nothing that was asked' }
  const isData = frame[5] === COTP_DATA
  if (asked.kind === 'connect') return isData ? { fault: 'PLC_PROTOCOL', detail: 'data before the connection is confirmed' } : null
  if (!isData) return { fault: 'PLC_PROTOCOL', detail: `a frame of kind ${frame[5]} where data was due` }

  if (frame.length < 19 || frame[7] !== S7) return { fault: 'PLC_PROTOCOL', detail: 'no S7 header' }
  if ((frame[6]! & 0x80) === 0) return { fault: 'PLC_PROTOCOL', detail: 'a reply in fragments' }
  if (frame[8] === JOB) return { fault: 'PLC_PROTOCOL', detail: 'a request where a reply was due' }
  const number = frame.readUInt16BE(11)
  if (number !== asked.number) return { fault: 'PLC_STALE_REPLY', detail: `reply ${number} to request ${asked.number}` }
  // What a PLC says without data can only be that it refuses.
  if (frame[8] !== ACK_DATA) return frame[8] === ACK && (frame[17] !== 0 || frame[18] !== 0) ? null : { fault: 'PLC_PROTOCOL', detail: `a frame of type ${frame[8]} where an answer was due` }
  const [parameterBytes, dataBytes] = [frame.readUInt16BE(13), frame.readUInt16BE(15)]
  if (19 + parameterBytes + dataBytes !== frame.length) return { fault: 'PLC_SHORT_REPLY', detail: `a frame of ${frame.length} bytes says ${19 + parameterBytes + dataBytes}` }
  // An error class and code: the PLC refuses the whole call, and there is nothing more to compare.
  if (frame[17] !== 0 || frame[18] !== 0) return null
  if (frame[19] !== asked.call) return { fault: 'PLC_PROTOCOL', detail: `a reply to call ${frame[19]}, not ${asked.call}` }
  if (asked.call !== READ) return null
  // Call and count of items, and nothing else: whoever takes the items apart relies on where they begin.
  return parameterBytes === 2 ? misfitOfItems(frame, 21, asked.lengths) : { fault: 'PLC_PROTOCOL', detail: `a parameter of ${parameterBytes} bytes` }
}

function misfitOfItems(frame: Buffer, from: number, lengths: readonly number[]): ReplyMisfit | null {
  if (frame[20] !== lengths.length) return { fault: 'PLC_PROTOCOL', detail: `${frame[20]} items for ${lengths.length}` }
  let at = from
  for (const [item, asked] of lengths.entries()) {
    if (at + 4 > frame.length) return { fault: 'PLC_SHORT_REPLY', detail: `item ${item} is missing` }
    const [code, size, length] = [frame[at]!, frame[at + 1]!, frame.readUInt16BE(at + 2)]
    at += 4
    if (code !== 0xff) continue
    // Sizes 3 (bits), 7 (reals) and 9 (octets) count bytes here, all others count bits.
    const bytes = size === 3 || size === 7 || size === 9 ? length : length >> 3
    if (bytes !== asked) return { fault: 'PLC_SHORT_REPLY', detail: `item ${item} has ${bytes} bytes, not ${asked}` }
    at += bytes + (bytes & 1)
    if (at > frame.length + 1) return { fault: 'PLC_SHORT_REPLY', detail: `item ${item} ends beyond its frame` }
  }
  // An item that failed has no bytes. If it had, all behind it would be read a place too early; so the items must fill their frame, but for the last one's padding.
  if (at < frame.length) return { fault: 'PLC_SHORT_REPLY', detail: `${frame.length - at} bytes belong to no item` }
  return null
}
