/** Packs records into a message: as many as fit, deflated when that is worth it. */

import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { limits } from '../../base/limits.js'
import { type Lane, lanes } from '../../contract/upstream.js'

/** A record as text, and the number up to which nothing is missing once it is there. */
export interface Rec {
  readonly to: number
  /** JSON. */
  readonly text: string
}

export interface Envelope {
  readonly gateway: string
  readonly epoch: string
  readonly lane: Lane
  readonly after: number
  readonly acked: number
  readonly sentAt: number
  readonly isHistory: boolean
  readonly isAlone: boolean
}

/** A message begins with `{`, or with this byte and raw deflate after it: bridges and MQTT 3.1.1 would drop a property that says so. */
const DEFLATED = 1
/** Below this the header of a packet weighs more than what deflating saves. */
const WORTH_BYTES = 512

export function packed(envelope: Envelope, recs: readonly Rec[], isDeflated: boolean): Buffer {
  const { gateway, epoch, lane, after, acked, sentAt, isHistory, isAlone } = envelope
  const head = JSON.stringify({ v: 1, gw: gateway, ep: epoch, lane: lanes[lane], after, to: recs.at(-1)!.to, acked, n: recs.length, sent: sentAt, hist: isHistory, ...(isAlone ? { alone: true } : {}) })
  const json = Buffer.from(`${head.slice(0, -1)},"recs":[${recs.map(({ text }) => text).join(',')}]}`)
  return isDeflated && json.length >= WORTH_BYTES ? Buffer.concat([Buffer.of(DEFLATED), deflateRawSync(json, { level: 1 })]) : json
}

/** The JSON text of a message. Throws when it is damaged, or unfolds to more than a batch may have. */
export function unpacked(payload: Buffer): string {
  return (payload[0] === DEFLATED ? inflateRawSync(payload.subarray(1), { maxOutputLength: limits.upstreamInflatedBytesMax }) : payload).toString('utf8')
}

/** How many of the records one message takes: at least one, then as many as stay below both bounds. */
export function fitting(recs: readonly Rec[], recordsMax: number, bytesMax: number): number {
  let bytes = 0
  let count = 0
  for (const { text } of recs) {
    bytes += Buffer.byteLength(text) + 1
    if (count === recordsMax || (count > 0 && bytes > bytesMax)) break
    count++
  }
  return count
}
