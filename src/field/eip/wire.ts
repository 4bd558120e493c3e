/** The EtherNet/IP frames on the wire: cut a stream into them, and tell whether a reply answers its question. */

import type { FaultCode } from '../../contract/faults.js'
import { HEAD, commands } from './requests.js'

/** What a reply must answer. */
export type Question =
  | { readonly kind: 'register' }
  | { readonly kind: 'unconnected'; readonly session: number; readonly context: number; readonly service: number }
  | { readonly kind: 'connected'; readonly session: number; readonly clientId: number; readonly sequence: number; readonly service: number }

/** Beyond the largest connection and everything around a message nothing is expected. */
const FRAME_BYTES_MAX = 8_192
const INVALID_SESSION = 0x64

/** A cutter: give it bytes as they come, and it gives whole frames on. It answers false for ever after bytes that are no EtherNet/IP. */
export function framesOf(give: (frame: Buffer) => void): (bytes: Buffer) => boolean {
  let rest: Buffer = Buffer.alloc(0)
  let sound = true
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    while (sound && rest.length >= HEAD) {
      const length = HEAD + rest.readUInt16LE(2)
      sound = length <= FRAME_BYTES_MAX && known.has(rest.readUInt16LE(0))
      if (!sound || rest.length < length) break
      const frame = rest.subarray(0, length)
      rest = rest.subarray(length)
      give(frame)
    }
    return sound
  }
}
const known: ReadonlySet<number> = new Set(Object.values(commands))

/** Where the message of a connected or unconnected reply begins. */
const CONNECTED_AT = HEAD + 22
const UNCONNECTED_AT = HEAD + 16
const REPLY_HEAD = 4

/** A CIP reply within its frame. */
export interface Reply {
  readonly frame: Buffer
  readonly service: number
  readonly status: number
  /** First additional status word; 0 when there is none. */
  readonly extended: number
  /** Where its data begins. */
  readonly at: number
}

export interface ReplyMisfit { readonly fault: FaultCode; readonly detail: string }

/** What is wrong with a reply, or `null`. Errors the controller reports are no misfits: they are answers. */
export function misfitOfReply(frame: Buffer, asked: Question | null): ReplyMisfit | null {
  if (asked === null) return { fault: 'PLC_STALE_REPLY', detail: 'a reply to nothing that was asked' }
  const status = frame.readUInt32LE(8)
  if (status === INVALID_SESSION) return { fault: 'PLC_LINK_LOST', detail: 'the PLC has forgotten the session' }
  if (status !== 0) return { fault: 'PLC_PROTOCOL', detail: `encapsulation status 0x${status.toString(16)}` }
  const command = frame.readUInt16LE(0)
  if (command !== due[asked.kind]) return { fault: 'PLC_PROTOCOL', detail: `command 0x${command.toString(16)} where 0x${due[asked.kind].toString(16)} was due` }
  if (asked.kind === 'register') return frame.readUInt32LE(4) === 0 ? { fault: 'PLC_PROTOCOL', detail: 'a session without a number' } : null
  if (frame.readUInt32LE(4) !== asked.session) return { fault: 'PLC_STALE_REPLY', detail: 'a reply of another session' }
  return asked.kind === 'connected' ? misfitOfConnected(frame, asked) : misfitOfUnconnected(frame, asked)
}
const due = { register: commands.registerSession, unconnected: commands.sendRRData, connected: commands.sendUnitData } as const

function misfitOfConnected(frame: Buffer, asked: Extract<Question, { kind: 'connected' }>): ReplyMisfit | null {
  if (frame.length < CONNECTED_AT + REPLY_HEAD || !isItem(frame, 8, 0xa1, 4) || frame.readUInt16LE(HEAD + 16) !== 0xb1) return { fault: 'PLC_PROTOCOL', detail: 'no connected reply' }
  const said = CONNECTED_AT - 2 + frame.readUInt16LE(HEAD + 18)
  if (said !== frame.length) return { fault: 'PLC_SHORT_REPLY', detail: `a frame of ${frame.length} bytes says ${said}` }
  if (frame.readUInt32LE(HEAD + 12) !== asked.clientId) return { fault: 'PLC_STALE_REPLY', detail: 'a reply of another connection' }
  const sequence = frame.readUInt16LE(CONNECTED_AT - 2)
  if (sequence !== asked.sequence) return { fault: 'PLC_STALE_REPLY', detail: `reply ${sequence} to request ${asked.sequence}` }
  return misfitOfService(frame, CONNECTED_AT, asked.service)
}

function misfitOfUnconnected(frame: Buffer, asked: Extract<Question, { kind: 'unconnected' }>): ReplyMisfit | null {
  if (frame.length < UNCONNECTED_AT + REPLY_HEAD || !isItem(frame, 8, 0, 0) || frame.readUInt16LE(HEAD + 12) !== 0xb2) return { fault: 'PLC_PROTOCOL', detail: 'no unconnected reply' }
  const said = UNCONNECTED_AT + frame.readUInt16LE(HEAD + 14)
  if (said !== frame.length) return { fault: 'PLC_SHORT_REPLY', detail: `a frame of ${frame.length} bytes says ${said}` }
  if (frame.readUInt32LE(12) !== asked.context) return { fault: 'PLC_STALE_REPLY', detail: 'a reply of another context' }
  return misfitOfService(frame, UNCONNECTED_AT, asked.service)
}

const isItem = (frame: Buffer, at: number, type: number, length: number): boolean => frame.readUInt16LE(HEAD + 6) === 2 && frame.readUInt16LE(HEAD + at) === type && frame.readUInt16LE(HEAD + at + 2) === length

function misfitOfService(frame: Buffer, at: number, service: number): ReplyMisfit | null {
  if (frame[at] !== (service | 0x80)) return { fault: 'PLC_PROTOCOL', detail: `service 0x${frame[at]!.toString(16)} answers 0x${service.toString(16)}` }
  return at + REPLY_HEAD + 2 * frame[at + 3]! > frame.length ? { fault: 'PLC_SHORT_REPLY', detail: 'a status that is not all there' } : null
}

/** The reply in a frame that was found sound. */
export const connectedReply = (frame: Buffer): Reply => replyAt(frame, CONNECTED_AT)
export const unconnectedReply = (frame: Buffer): Reply => replyAt(frame, UNCONNECTED_AT)

function replyAt(frame: Buffer, at: number): Reply {
  const words = frame[at + 3]!
  return { frame, service: frame[at]! & 0x7f, status: frame[at + 2]!, extended: words === 0 ? 0 : frame.readUInt16LE(at + REPLY_HEAD), at: at + REPLY_HEAD + 2 * words }
}

/**
 * The replies within a reply to a multiple request, each with its end; a misfit when they are not `count` replies to `service`, one behind the other.
 * A controller lays them out without gaps; anything else would let a value be read in the wrong place.
 */
export function repliesIn({ frame, at }: Reply, count: number, service: number): readonly (Reply & { readonly end: number })[] | ReplyMisfit {
  if (at + 2 + 2 * count > frame.length) return { fault: 'PLC_SHORT_REPLY', detail: 'replies are missing' }
  if (frame.readUInt16LE(at) !== count) return { fault: 'PLC_PROTOCOL', detail: `${frame.readUInt16LE(at)} replies to ${count} requests` }
  const replies: (Reply & { readonly end: number })[] = []
  let next = at + 2 + 2 * count
  for (let i = 0; i < count; i++) {
    const from = at + frame.readUInt16LE(at + 2 + 2 * i)
    const end = i + 1 < count ? at + frame.readUInt16LE(at + 4 + 2 * i) : frame.length
    if (from !== next || end > frame.length || from + REPLY_HEAD > end) return { fault: 'PLC_SHORT_REPLY', detail: `reply ${i} is not where it should be` }
    const misfit = misfitOfService(frame.subarray(0, end), from, service)
    if (misfit !== null) return misfit
    replies.push({ ...replyAt(frame, from), end })
    next = end
  }
  return replies
}
