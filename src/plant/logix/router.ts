/** The controller's objects and their services: what it answers to one request, connected or not. */

import { listSymbols, templateAttributes, templateBody } from './browse.js'
import { type Segment, segmentsOf } from './path.js'
import { type Answer, type Asked, status } from './service.js'
import { modifyTag, readTag, readTagFragmented, writeTag, writeTagFragmented } from './tag-services.js'
import type { TagTable } from './tags.js'

const HEAD = 4
export const MULTIPLE = 0x0a

/** Answers a message router request: service, path length in words, path, data. */
export function answerTo(request: Buffer, tags: TagTable, replyBytesMax: number): Buffer {
  const service = request[0] ?? 0
  const pathEnd = 2 + 2 * (request[1] ?? 0)
  const path = pathEnd <= request.length ? segmentsOf(request.subarray(2, pathEnd)) : null
  if (path === null) return replyOf(service, { status: status.unknownSegment })
  const asked: Asked = { tags, path, data: request.subarray(pathEnd), roomBytes: replyBytesMax - HEAD }
  if (service === MULTIPLE && isAt(path, 0x02)) return replyOf(service, multiple(asked))
  // Data that ends too early makes a read run over the end of its buffer.
  try {
    return replyOf(service, serve(service, asked))
  } catch (thrown) {
    if (thrown instanceof RangeError) return replyOf(service, { status: status.notEnoughData })
    throw thrown
  }
}

function serve(service: number, asked: Asked): Answer {
  const [first] = asked.path
  const classId = first?.kind === 'class' ? first.value : null
  switch (service) {
    case 0x01: return isAt(asked.path, 0x01) ? { status: status.good, data: identity } : { status: status.unsupported }
    case 0x55: return listSymbols(asked)
    case 0x03: return classId === 0x6c ? templateAttributes(asked) : { status: status.unsupported }
    case 0x4c: return classId === 0x6c ? templateBody(asked) : readTag(asked)
    case 0x52: return readTagFragmented(asked)
    case 0x4d: return writeTag(asked)
    case 0x53: return writeTagFragmented(asked)
    case 0x4e: return modifyTag(asked)
    default: return { status: status.unsupported }
  }
}

/** Several requests in one: each is answered by itself, as far as the replies fit. */
function multiple({ tags, data, roomBytes }: Asked): Answer {
  const count = data.readUInt16LE(0)
  const replies: Buffer[] = []
  let left = roomBytes - 2 - 2 * count
  for (let i = 0; i < count; i++) {
    const from = data.readUInt16LE(2 + 2 * i)
    const to = i + 1 < count ? data.readUInt16LE(4 + 2 * i) : data.length
    const reply = answerTo(data.subarray(from, to), tags, Math.max(HEAD, left))
    replies.push(reply)
    left -= reply.length
  }
  const head = Buffer.alloc(2 + 2 * count)
  head.writeUInt16LE(count)
  let at = head.length
  for (const [i, reply] of replies.entries()) {
    head.writeUInt16LE(at, 2 + 2 * i)
    at += reply.length
  }
  return { status: replies.some((reply) => reply[2] !== status.good) ? status.embedded : status.good, data: Buffer.concat([head, ...replies]) }
}

export function replyOf(service: number, { status, extended = [], data = Buffer.alloc(0) }: Answer): Buffer {
  const head = Buffer.alloc(HEAD + 2 * extended.length)
  head.set([service | 0x80, 0, status, extended.length])
  for (const [i, word] of extended.entries()) head.writeUInt16LE(word, HEAD + 2 * i)
  return Buffer.concat([head, data])
}

const isAt = (path: readonly Segment[], classId: number): boolean => {
  const [first, second] = path
  return first?.kind === 'class' && first.value === classId && second?.kind === 'instance' && second.value === 1
}

const PRODUCT = 'Virtual CompactLogix'
/** Vendor 1, a programmable controller, product, revision 32.11, status: run; serial; name. */
const identity = Buffer.concat([Buffer.from('0100 0e00 a600 200b 6030 78563412'.replaceAll(' ', ''), 'hex'), Buffer.from([PRODUCT.length]), Buffer.from(PRODUCT, 'latin1')])
