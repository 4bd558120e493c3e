/** What can go wrong with a reply: bytes of chance anywhere, and the numbers that a reader relies on, set to what he does not expect. */

import type { Chance } from '../../../src/base/chance.js'
import type { Speech, Spot } from './speech.js'

/** Where a damaged reply came from: the reply itself, which may be written to, and one that was said before it. */
export interface Occasion { readonly speech: Speech; readonly reply: Buffer; readonly earlier: Buffer | null; readonly chance: Chance }

export type Damage = (occasion: Occasion) => Buffer

/** Harm of any kind to any part: mostly the reply is no longer one, and the connection ends. */
export const anything: Damage = (occasion) => {
  const { speech, chance } = occasion
  const damaged = chance.pick(harms)(occasion)
  return chance.happens(0.5) ? speech.mend(Buffer.from(damaged)) : damaged
}

/** Harm to what a reply tells, not to how: values, and the state, type or length of one of them. Many a connection goes on. */
export const tidings: Damage = (occasion) => {
  const { speech, reply, chance } = occasion
  const pieces = speech.piecesOf(reply).filter(({ body, to }) => body < to)
  if (pieces.length === 0) return flip(reply, chance.whole(0, reply.length - 1), chance)
  for (let times = chance.whole(1, 3); times > 0; times--) {
    const { from, body, to } = chance.pick(pieces)
    const about = chance.happens(0.1) ? speech.spotsOf(reply).filter(({ at }) => at >= from && at < body) : []
    if (about.length > 0) set(reply, chance.pick(about), chance)
    else flip(reply, chance.whole(body, to - 1), chance)
  }
  return reply
}

const harms: readonly Damage[] = [
  ({ reply, chance }) => flip(reply, chance.whole(0, reply.length - 1), chance),
  ({ reply, chance }) => { reply[chance.whole(0, reply.length - 1)] = chance.pick([0, 1, 0x7f, 0x80, 0xff]); return reply },
  // Heads and lengths are where it hurts, and they are in front.
  ({ reply, chance }) => { reply[chance.whole(0, Math.min(60, reply.length - 1))] = chance.whole(0, 255); return reply },
  ({ reply, chance }) => { reply.writeUInt16LE(chance.whole(0, 0xffff), chance.whole(0, reply.length - 2)); return reply },
  cut,
  ({ reply, chance }) => { const at = chance.whole(0, reply.length); return Buffer.concat([reply.subarray(0, at), Buffer.alloc(chance.whole(1, 8), chance.whole(0, 255)), reply.subarray(at)]) },
  ({ reply, chance }) => { const at = chance.whole(0, reply.length - 1); return Buffer.concat([reply.subarray(0, at), reply.subarray(Math.min(reply.length, at + chance.whole(1, 8)))]) },
  ({ reply }) => Buffer.concat([reply, reply]),
  ({ chance }) => noise(chance),
  ({ speech, reply, chance }) => set(reply, chance.pick(speech.spotsOf(reply)), chance),
  ({ speech, reply, chance }) => {
    for (let times = chance.whole(2, 4); times > 0; times--) set(reply, chance.pick(speech.spotsOf(reply)), chance)
    return reply
  },
  // Answers to single questions change places, come twice, or are left out.
  ({ speech, reply, chance }) => {
    const pieces = speech.piecesOf(reply)
    if (pieces.length === 0) return flip(reply, chance.whole(0, reply.length - 1), chance)
    const order = [...pieces.keys()]
    const [one, other] = [chance.whole(0, order.length - 1), chance.whole(0, order.length - 1)]
    chance.pick([() => { [order[one], order[other]] = [order[other]!, order[one]!] }, () => { order.splice(one, 0, other) }, () => { order.splice(one, 1) }])()
    return Buffer.concat([reply.subarray(0, pieces[0]!.from), ...order.map((i) => reply.subarray(pieces[i]!.from, pieces[i]!.to)), reply.subarray(pieces.at(-1)!.to)])
  },
  // What was said before is said again: in place of this, before it, and behind it.
  ({ reply, earlier, chance }) => earlier === null ? reply : Buffer.concat(chance.pick([[earlier], [earlier, reply], [reply, earlier]])),
]

function cut({ reply, chance }: Pick<Occasion, 'reply' | 'chance'>): Buffer { return reply.subarray(0, chance.whole(0, reply.length - 1)) }

export const noise = (chance: Chance): Buffer => Buffer.from(Array.from({ length: chance.whole(1, 200) }, () => chance.whole(0, 255)))

function flip(reply: Buffer, at: number, chance: Chance): Buffer {
  reply[at] = reply[at]! ^ (1 << chance.whole(0, 7))
  return reply
}

/** To a number next to it, to one at a border, or to any. */
function set(reply: Buffer, { at, bytes, isLittle }: Spot, chance: Chance): Buffer {
  const top = 2 ** (8 * bytes)
  const now = isLittle ? reply.readUIntLE(at, bytes) : reply.readUIntBE(at, bytes)
  const next = chance.pick([0, 1, top - 1, top / 2, top / 2 - 1, now + 1, now - 1, now * 2, Math.floor(now / 2), reply.length, chance.whole(0, top - 1)])
  const wrapped = ((next % top) + top) % top
  if (isLittle) reply.writeUIntLE(wrapped, at, bytes)
  else reply.writeUIntBE(wrapped, at, bytes)
  return reply
}
