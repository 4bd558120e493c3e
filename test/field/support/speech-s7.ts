/** What an S7 CPU says: connection, set-up, and bytes of a block. */

import { type Carried, NOTHING, type Piece, type Speech, big, tcp } from './speech.js'

/** The first stand side by side and are read as one; the others are items of their own. */
const SIDE_BY_SIDE = 8
const placeOfTag = (tag: number): number => tag < SIDE_BY_SIDE ? 4 * tag : 100 + 20 * tag
const tagsIn = (from: number, bytes: number): readonly { readonly tag: number; readonly at: number }[] => {
  const tags: { tag: number; at: number }[] = []
  for (let tag = 0, at = 0; (at = placeOfTag(tag)) < from + bytes; tag++) if (at >= from && at + 4 <= from + bytes) tags.push({ tag, at: at - from })
  return tags
}

/** So small that a reading takes two requests, which are under way together. */
const PDU_BYTES = 240
const JOBS = 8
const NUMBER = 11
const [READ, SET_UP] = [0x04, 0xf0]
const GOOD = 0xff
/** Sizes that count bytes; all others count bits. */
const BYTEWISE = new Set([3, 7, 9])

interface Asked { readonly from: number; readonly bytes: number }
const itemsOf = (request: Buffer): Asked[] => request[17] !== READ ? [] : Array.from({ length: request[18]! }, (_, i) => {
  const at = 19 + 12 * i
  return { bytes: request.readUInt16BE(at + 4), from: request.readUIntBE(at + 9, 3) >> 3 }
})

export const s7: Speech = {
  ...tcp, driver: 's7', address: (tag) => `DB1,DINT${placeOfTag(tag)}`, headBytes: 4, frameBytes: (head) => head.readUInt16BE(2),
  converse: () => ({ answer, carried }),
  mend: (reply) => { if (reply.length >= 4) reply.writeUInt16BE(reply.length & 0xffff, 2); return reply },
  spotsOf: (reply) => [
    big(2, 2), big(4, 1), big(5, 1), big(6, 1), big(7, 1), big(8, 1), big(NUMBER, 2), big(13, 2), big(15, 2), big(17, 2), big(19, 1), big(20, 1),
    ...piecesOf(reply).flatMap(({ from }) => [big(from, 1), big(from + 1, 1), big(from + 2, 2)]),
  ].filter(({ at, bytes }) => at + bytes <= reply.length),
  piecesOf: (reply) => piecesOf(reply),
}

function answer(request: Buffer, valueOf: (tag: number) => number): readonly Buffer[] {
  if (request[5] === 0xe0) {
    const confirm = Buffer.from(request)
    confirm[5] = 0xd0
    request.copy(confirm, 6, 8, 10)
    request.copy(confirm, 8, 6, 8)
    return [confirm]
  }
  if (request[17] === SET_UP) return [replyTo(request, Buffer.from([SET_UP, 0, 0, JOBS, 0, JOBS, PDU_BYTES >> 8, PDU_BYTES & 0xff]), Buffer.alloc(0))]
  const items = itemsOf(request)
  const data = items.map(({ from, bytes }, i) => {
    const item = Buffer.alloc(4 + bytes + (i + 1 < items.length ? bytes & 1 : 0))
    item.set([GOOD, 4])
    item.writeUInt16BE(8 * bytes, 2)
    for (const { tag, at } of tagsIn(from, bytes)) item.writeInt32BE(valueOf(tag), 4 + at)
    return item
  })
  return [replyTo(request, Buffer.from([READ, items.length]), Buffer.concat(data))]
}

function carried(request: Buffer, frame: Buffer): Carried {
  if (frame.length < 21 || request.length < 19 || frame.readUInt16BE(NUMBER) !== request.readUInt16BE(NUMBER) || frame.readUInt16BE(17) !== 0) return NOTHING
  const values = new Map<number, number>()
  let at = 19 + frame.readUInt16BE(13)
  for (const { from, bytes } of itemsOf(request)) {
    if (at + 4 > frame.length) break
    const [code, size, count] = [frame[at]!, frame[at + 1]!, frame.readUInt16BE(at + 2)]
    at += 4
    if (code !== GOOD) continue
    const held = BYTEWISE.has(size) ? count : count >> 3
    for (const { tag, at: into } of tagsIn(from, Math.min(bytes, held))) if (at + into + 4 <= frame.length) values.set(tag, frame.readInt32BE(at + into))
    at += held + (held & 1)
  }
  return { values }
}

function piecesOf(reply: Buffer): Piece[] {
  const pieces: Piece[] = []
  if (reply[19] !== READ) return pieces
  for (let at = 21; at + 4 <= reply.length;) {
    const bytes = reply.readUInt16BE(at + 2) >> 3
    const to = Math.min(reply.length, at + 4 + bytes + (bytes & 1))
    pieces.push({ from: at, body: Math.min(at + 4, to), to })
    at = to
  }
  return pieces
}

function replyTo(request: Buffer, parameter: Buffer, data: Buffer): Buffer {
  const head = Buffer.from([3, 0, 0, 0, 2, 0xf0, 0x80, 0x32, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  request.copy(head, NUMBER, NUMBER, NUMBER + 2)
  head.writeUInt16BE(parameter.length, 13)
  head.writeUInt16BE(data.length, 15)
  head.writeUInt16BE(head.length + parameter.length + data.length, 2)
  return Buffer.concat([head, parameter, data])
}
