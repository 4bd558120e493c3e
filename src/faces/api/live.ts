/** Answers of live views: the envelope is laid around a view once a turn, and each request only writes its name and time into it. */

import { assert } from '../../base/assert.js'
import { type Instant, rfc3339 } from '../../base/units.js'
import type { LiveView } from '../../contract/desk.js'
import type { HttpReply } from '../http.js'
import { type Meta, jsonHeaders, metaOf } from './envelope.js'

export interface LiveReplies {
  /**
   * The reply to one request. Its body is good until the next call for the same view: it must be written or copied
   * before anything else runs, which is what the server does with an answer that is not a promise.
   */
  reply(view: LiveView, meta: Meta, ifNoneMatch: string): HttpReply
}

interface Template {
  readonly requestIdAt: number
  readonly timestampAt: number
  readonly full: HttpReply & { readonly body: Buffer }
  readonly unchanged: HttpReply
}

const REQUEST_ID_WIDTH = 16
const TIMESTAMP_WIDTH = 24

export function liveReplies(): LiveReplies {
  // The desk shows the same view until a turn changes it; what was laid around it goes with it.
  const templates = new WeakMap<LiveView, Template>()
  const timestamp = timestamps()

  function templateOf(view: LiveView, meta: Meta): Template {
    const kept = templates.get(view)
    if (kept !== undefined) return kept
    const made = template(view, meta)
    templates.set(view, made)
    return made
  }

  return {
    reply(view, meta, ifNoneMatch) {
      const { full, unchanged, requestIdAt, timestampAt } = templateOf(view, meta)
      if (ifNoneMatch !== '' && matches(ifNoneMatch, view.etag)) return unchanged
      put(full.body, requestIdAt, meta.requestId)
      put(full.body, timestampAt, timestamp(meta.at))
      return full
    },
  }
}

function template(view: LiveView, meta: Meta): Template {
  const before = Buffer.from('{"success":true,"data":')
  const after = metaOf({ ...meta, seq: view.seq })
  const body = Buffer.concat([before, view.json, Buffer.from(`,"meta":${after}}`)])
  const metaAt = before.length + view.json.length + ',"meta":'.length
  const requestIdAt = metaAt + '{"request_id":"'.length
  const timestampAt = requestIdAt + REQUEST_ID_WIDTH + '","timestamp":"'.length
  assert(meta.requestId.length === REQUEST_ID_WIDTH && body[timestampAt + TIMESTAMP_WIDTH] === 0x22, 'name and time have their width')
  // The envelope names each request, so two replies with one ETag mean the same but differ in bytes: a weak ETag.
  // Each status has a list of its own, because the server keeps the written head of a list it has seen.
  const headers = () => [...jsonHeaders, ['ETag', `W/${view.etag}`] as const]
  return { requestIdAt, timestampAt, full: { status: 200, headers: headers(), body }, unchanged: { status: 304, headers: headers(), body: '' } }
}

/** ASCII into a buffer. For so few bytes a call out of JavaScript costs several times as much. */
function put(body: Buffer, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) body[at + i] = text.charCodeAt(i)
}

/** `If-None-Match` is a list or a star; weak and strong are the same here. */
const matches = (ifNoneMatch: string, etag: string): boolean =>
  ifNoneMatch === '*' || ifNoneMatch.split(',').some((offered) => offered.trim().replace(/^W\//, '') === etag)

/** RFC 3339, made anew only when the second changes. */
function timestamps(): (at: Instant) => string {
  let second = NaN
  let prefix = ''
  return (at) => {
    const ms = at % 1_000
    if (at - ms !== second) {
      second = at - ms
      prefix = rfc3339(at).slice(0, 20)
    }
    return `${prefix}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`
  }
}
