/** How a protocol is spoken by its peer: what must be known to answer a driver, to damage answers well, and to tell a value that was sent from one that was made up. */

import type { Plc } from '../../../src/contract/plcs.js'

/** A number within a frame. */
export interface Spot { readonly at: number; readonly bytes: 1 | 2 | 4; readonly isLittle: boolean }
/** The answer to a single question: what is said about it, and from `body` on what it tells. It could stand elsewhere in its frame. */
export interface Piece { readonly from: number; readonly body: number; readonly to: number }

export interface Speech {
  readonly driver: Plc['driver']
  /** Where the peer is, as its configuration names it. */
  readonly placeOf: (port: number) => object
  /** Of a tag that holds 32 bits with a sign. */
  readonly address: (tag: number) => string
  /** So many bytes tell how long a frame is. */
  readonly headBytes: number
  readonly frameBytes: (head: Buffer) => number
  /** The peer's side of a new connection. */
  readonly converse: () => Conversation
  /** Makes the length in front of a frame right again, so that the damage gets further. */
  readonly mend: (reply: Buffer) => Buffer
  /** Lengths, counts, types, states and references of a sound reply: where damage goes deepest. */
  readonly spotsOf: (reply: Buffer) => readonly Spot[]
  /** The answers to single questions within a sound reply. */
  readonly piecesOf: (reply: Buffer) => readonly Piece[]
}

export interface Conversation {
  /** The sound frames to say to a request, with these values in them. */
  answer(request: Buffer, valueOf: (tag: number) => number): readonly Buffer[]
  /** The values that a frame, damaged or not, brings each tag as an answer to this request; read by the rules of the protocol, and not by code of the driver. */
  carried(request: Buffer, frame: Buffer): Carried
}

/** By tag. A frame that cannot be followed to its end may carry anything anywhere. */
export interface Carried { readonly values: ReadonlyMap<number, number>; readonly anywhere?: ReadonlySet<number> }

export const NOTHING: Carried = { values: new Map() }
export const tcp = { placeOf: (port: number) => ({ host: '127.0.0.1', port }) }

/** The whole frames of a stream; what is left at its end is none. */
export function framesIn({ headBytes, frameBytes }: Pick<Speech, 'headBytes' | 'frameBytes'>, stream: Buffer): { readonly frames: readonly Buffer[]; readonly rest: Buffer } {
  const frames: Buffer[] = []
  let at = 0
  while (at + headBytes <= stream.length) {
    const bytes = frameBytes(stream.subarray(at, at + headBytes))
    if (bytes < headBytes || at + bytes > stream.length) break
    frames.push(stream.subarray(at, at + bytes))
    at += bytes
  }
  return { frames, rest: stream.subarray(at) }
}

export const big = (at: number, bytes: Spot['bytes']): Spot => ({ at, bytes, isLittle: false })
export const little = (at: number, bytes: Spot['bytes']): Spot => ({ at, bytes, isLittle: true })
