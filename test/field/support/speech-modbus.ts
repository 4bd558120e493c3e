/** What a Modbus device says: registers, as many as asked for. */

import { type Carried, NOTHING, type Speech, big, tcp } from './speech.js'

/** So far apart that a reading takes two requests. */
const IN_FRONT = 20
const registerOf = (tag: number): number => tag < IN_FRONT ? 2 * tag : 300 + 2 * tag
const tagsIn = (start: number, count: number): number[] => {
  const tags: number[] = []
  for (let tag = 0; registerOf(tag) + 2 <= start + count; tag++) if (registerOf(tag) >= start) tags.push(tag)
  return tags
}
const asked = (request: Buffer): readonly [start: number, count: number] => [request.readUInt16BE(8), request.readUInt16BE(10)]
const DATA = 9

export const modbus: Speech = {
  ...tcp, driver: 'modbus', address: (tag) => `HR${registerOf(tag)}:INT32`, headBytes: 6, frameBytes: (head) => 6 + head.readUInt16BE(4),
  converse: () => ({ answer, carried }),
  mend: (reply) => { if (reply.length >= 6) reply.writeUInt16BE((reply.length - 6) & 0xffff, 4); return reply },
  spotsOf: () => [big(0, 2), big(2, 2), big(4, 2), big(6, 1), big(7, 1), big(8, 1), big(8, 2)],
  // A device does not say which register stands where: all are one answer.
  piecesOf: (reply) => reply.length > DATA ? [{ from: 8, body: DATA, to: reply.length }] : [],
}

function answer(request: Buffer, valueOf: (tag: number) => number): readonly Buffer[] {
  const [start, count] = asked(request)
  const reply = Buffer.alloc(DATA + 2 * count)
  request.copy(reply, 0, 0, 8)
  reply.writeUInt16BE(reply.length - 6, 4)
  reply[8] = 2 * count
  for (const tag of tagsIn(start, count)) reply.writeInt32BE(valueOf(tag), DATA + 2 * (registerOf(tag) - start))
  return [reply]
}

function carried(request: Buffer, frame: Buffer): Carried {
  if (frame.length < DATA || frame.readUInt16BE(0) !== request.readUInt16BE(0)) return NOTHING
  const [start, count] = asked(request)
  const places = tagsIn(start, count).map((tag) => [tag, DATA + 2 * (registerOf(tag) - start)] as const)
  return { values: new Map(places.flatMap(([tag, at]) => at + 4 <= frame.length ? [[tag, frame.readInt32BE(at)] as const] : [])) }
}
