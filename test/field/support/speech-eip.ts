/** What a Logix controller says: a session, a connection, and tags by their names, one or several in a message. */

import { type Carried, NOTHING, type Piece, type Speech, little, tcp } from './speech.js'

const HEAD = 24
const [REGISTER, UNREGISTER, UNCONNECTED, CONNECTED] = [0x65, 0x66, 0x6f, 0x70]
const UNCONNECTED_AT = HEAD + 16
const CONNECTED_AT = HEAD + 22
const SEQUENCE = CONNECTED_AT - 2
const [READ, MULTIPLE, REPLY] = [0x4c, 0x0a, 0x80]
const [DINT, GOOD, PATH_UNKNOWN] = [0xc4, 0x00, 0x04]
/** Service, nothing, status, and no words more about it. */
const reply = (service: number, status: number, data: Buffer = Buffer.alloc(0)): Buffer => Buffer.concat([Buffer.from([service | REPLY, 0, status, 0]), data])

/** The tag that a request reads, as it names it. */
function tagOf(message: Buffer): number | null {
  const name = message[2] === 0x91 ? message.toString('latin1', 4, 4 + message[3]!) : ''
  return message[0] === READ && /^T\d+$/.test(name) ? Number(name.slice(1)) : null
}

/** The requests in a message: itself, or the several that it holds. */
function requestsIn(message: Buffer): Buffer[] {
  if (message[0] !== MULTIPLE) return [message]
  const at = 2 + 2 * message[1]!
  const offsets = Array.from({ length: message.readUInt16LE(at) }, (_, i) => message.readUInt16LE(at + 2 + 2 * i))
  return offsets.map((from, i) => message.subarray(at + from, i + 1 < offsets.length ? at + offsets[i + 1]! : message.length))
}

export const eip: Speech = {
  ...tcp, driver: 'eip', address: (tag) => `T${tag}`, headBytes: HEAD, frameBytes: (head) => HEAD + head.readUInt16LE(2),
  converse: () => ({ answer, carried }),
  mend: (reply) => { if (reply.length >= HEAD) reply.writeUInt16LE((reply.length - HEAD) & 0xffff, 2); return reply },
  spotsOf: (frame) => {
    const at = messageAt(frame)
    return [
      little(0, 2), little(2, 2), little(4, 4), little(8, 4), little(12, 4), little(HEAD + 6, 2), little(HEAD + 8, 2), little(HEAD + 10, 2), little(HEAD + 12, 4), little(at - 6, 2), little(at - 4, 2), little(at - 2, 2),
      little(at, 1), little(at + 2, 1), little(at + 3, 1), little(at + 4, 2), little(at + 6, 2),
      ...piecesOf(frame).flatMap(({ from }, i) => [little(at + 6 + 2 * i, 2), little(from, 1), little(from + 2, 1), little(from + 3, 1), little(from + 4, 2)]),
    ].filter(({ at, bytes }) => at >= 0 && at + bytes <= frame.length)
  },
  piecesOf: (frame) => piecesOf(frame),
}

function answer(request: Buffer, valueOf: (tag: number) => number): readonly Buffer[] {
  const command = request.readUInt16LE(0)
  if (command === UNREGISTER) return []
  if (command === REGISTER) {
    const welcome = Buffer.from(request)
    welcome.writeUInt32LE(1, 4)
    return [welcome]
  }
  if (command === UNCONNECTED) return [framed(request, UNCONNECTED_AT, answerTo(request.subarray(UNCONNECTED_AT), valueOf))]
  // Both directions of a connection have the number that the client chose for its own.
  return [framed(request, CONNECTED_AT, answerTo(request.subarray(CONNECTED_AT), valueOf))]
}

function carried(request: Buffer, frame: Buffer): Carried {
  if (request.readUInt16LE(0) !== CONNECTED || frame.length < CONNECTED_AT + 4 || frame.readUInt16LE(SEQUENCE) !== request.readUInt16LE(SEQUENCE)) return NOTHING
  const requests = requestsIn(request.subarray(CONNECTED_AT))
  const values = new Map<number, number>()
  const take = (asked: Buffer, at: number): void => {
    const tag = tagOf(asked)
    if (tag === null || at + 4 > frame.length) return
    const value = at + 4 + 2 * frame[at + 3]!
    if (value + 6 <= frame.length && frame[at + 2] === GOOD && frame.readUInt16LE(value) === DINT) values.set(tag, frame.readInt32LE(value + 2))
  }
  const message = request[CONNECTED_AT]
  if (message === READ) take(requests[0]!, CONNECTED_AT)
  else {
    const at = CONNECTED_AT + 4 + 2 * frame[CONNECTED_AT + 3]!
    for (const [i, asked] of requests.entries()) if (at + 4 + 2 * i <= frame.length) take(asked, at + frame.readUInt16LE(at + 2 + 2 * i))
  }
  return { values }
}

function answerTo(message: Buffer, valueOf: (tag: number) => number): Buffer {
  const service = message[0]!
  if (service === MULTIPLE) {
    const replies = requestsIn(message).map((request) => answerTo(request, valueOf))
    const head = Buffer.alloc(2 + 2 * replies.length)
    head.writeUInt16LE(replies.length)
    let at = head.length
    for (const [i, { length }] of replies.entries()) {
      head.writeUInt16LE(at, 2 + 2 * i)
      at += length
    }
    return reply(service, GOOD, Buffer.concat([head, ...replies]))
  }
  if (service === READ) {
    const tag = tagOf(message)
    if (tag === null) return reply(service, PATH_UNKNOWN)
    const held = Buffer.alloc(6)
    held.writeUInt16LE(DINT)
    held.writeInt32LE(valueOf(tag), 2)
    return reply(service, GOOD, held)
  }
  // A connection opened: its two numbers, its serial, who asked, two intervals, and nothing of an application.
  const body = 2 + 2 * message[1]!
  const opened = Buffer.alloc(26)
  message.copy(opened, 0, body + 6, body + 10)
  message.copy(opened, 4, body + 6, body + 10)
  message.copy(opened, 8, body + 10, body + 18)
  return reply(service, GOOD, opened)
}

/** The request's own frame, with another message in it. */
function framed(request: Buffer, at: number, message: Buffer): Buffer {
  const frame = Buffer.concat([request.subarray(0, at), message])
  frame.writeUInt16LE(frame.length - HEAD, 2)
  if (at === CONNECTED_AT) frame.writeUInt16LE(2 + message.length, at - 4)
  else frame.writeUInt16LE(message.length, at - 2)
  return frame
}

const messageAt = (frame: Buffer): number => frame.readUInt16LE(0) === CONNECTED ? CONNECTED_AT : UNCONNECTED_AT

/** Of a frame that was damaged before, as far as it can be followed. */
function piecesOf(frame: Buffer): Piece[] {
  const at = messageAt(frame)
  if (frame[at] !== (MULTIPLE | REPLY) || at + 6 > frame.length) return []
  const count = Math.min(frame.readUInt16LE(at + 4), (frame.length - at - 6) >> 1)
  const from = (i: number): number => i < count ? at + 4 + frame.readUInt16LE(at + 6 + 2 * i) : frame.length
  return Array.from({ length: count }, (_, i) => ({ from: from(i), body: from(i) + 6, to: from(i + 1) })).filter(({ body, to }) => body <= to && to <= frame.length)
}
