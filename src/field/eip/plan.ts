/** The read plan: which requests to send together, in as few messages as can be. */

import { type EipTarget, kinds } from './address.js'
import { multipleRequest, pathOf, readRequest } from './requests.js'

export interface ReadPlan {
  readonly messages: readonly PlannedMessage[]
  /** Bytes of all requests or replies, whichever are more, over what the messages could carry, 0..1; 1 for an empty plan. */
  readonly fill: number
}

export interface PlannedMessage {
  /** More than one are sent as a multiple request. */
  readonly asks: readonly Ask[]
  readonly message: Buffer
}

/** One read request, and the tags that get their value from it. */
export interface Ask {
  readonly request: Buffer
  readonly replyBytes: number
  readonly count: number
  readonly uses: readonly Use[]
}

export interface Use {
  readonly tag: number
  /** Elements of the tag that other requests bring before this one. */
  readonly from: number
}

export interface PlanTag {
  /** Position in the caller's list; unique. */
  readonly tag: number
  readonly target: EipTarget
}

// Sizes from the CIP specification: a multiple request takes 8 bytes and 2 for each request in it, its reply 6 and 2 each. A reply to a read takes 4, its type 2 or,
// for a structure, 4, then the values. Both must fit the connection.
const REQUEST_HEAD = 8
const REPLY_HEAD = 6
const EACH = 2
const READ_HEAD = 6
const TEXT_HEAD = 12
/** An integer whose width only its controller knows. */
const WIDEST = 8

/** First fit: each request joins the first message that has room for it and for its reply. */
export function planReads(tags: readonly PlanTag[], messageBytesMax: number, isMultipleKnown = true): ReadPlan {
  const loads: { readonly asks: Ask[]; requestBytes: number; replyBytes: number }[] = []
  for (const ask of asksOf(tags, messageBytesMax)) {
    const [more, back] = [EACH + ask.request.length, EACH + ask.replyBytes]
    const load = loads.find(({ requestBytes, replyBytes }) => isMultipleKnown && requestBytes + more <= messageBytesMax && replyBytes + back <= messageBytesMax)
    if (load === undefined) {
      loads.push({ asks: [ask], requestBytes: REQUEST_HEAD + more, replyBytes: REPLY_HEAD + back })
    } else {
      load.asks.push(ask)
      load.requestBytes += more
      load.replyBytes += back
    }
  }
  const used = loads.reduce((sum, { requestBytes, replyBytes }) => sum + Math.max(requestBytes, replyBytes), 0)
  return { messages: loads.map(({ asks }) => messageOf(asks)), fill: loads.length === 0 ? 1 : used / (loads.length * messageBytesMax) }
}

export function messageOf(asks: readonly Ask[]): PlannedMessage {
  return { asks, message: asks.length === 1 ? asks[0]!.request : multipleRequest(asks.map(({ request }) => request)) }
}

/** Arrays that no message can carry are asked for in pieces; what several tags look at, like the bits of a word, is asked for once. */
function asksOf(tags: readonly PlanTag[], messageBytesMax: number): Ask[] {
  const asks = new Map<string, { request: Buffer; replyBytes: number; count: number; uses: Use[] }>()
  for (const { tag, target } of tags) {
    const bytes = target.kind === 'BIT' ? WIDEST : kinds[target.kind][0]
    // Whole double words, so that a piece of an array of BOOL begins at a known bit.
    const most = target.kind === 'STRING' ? 1 : Math.floor((messageBytesMax - REPLY_HEAD - EACH - READ_HEAD) / bytes)
    for (let from = 0; from < target.count; from += most) {
      const count = Math.min(most, target.count - from)
      const request = readRequest(pathOf(target.path, from), count)
      const key = request.toString('latin1')
      const replyBytes = target.kind === 'STRING' ? TEXT_HEAD + roundedUp(target.extent) : READ_HEAD + count * bytes
      const ask = asks.get(key) ?? { request, replyBytes, count, uses: [] }
      ask.replyBytes = Math.max(ask.replyBytes, replyBytes)
      ask.uses.push({ tag, from })
      asks.set(key, ask)
    }
  }
  return [...asks.values()]
}

const roundedUp = (chars: number): number => Math.ceil(chars / 4) * 4
