/** What every answer is wrapped in, and the headers it goes out with. */

import { randomBytes } from 'node:crypto'
import { type Instant, type Seq, rfc3339 } from '../../base/units.js'
import { type Refusal, refusals } from '../../contract/refusals.js'
import type { HttpReply } from '../http.js'

export type Headers = HttpReply['headers']

/** What a reply says about itself. */
export interface Meta {
  readonly requestId: string
  readonly at: Instant
  readonly gateway: string
  readonly epoch: string
  readonly seq: Seq
}

/** On everything: nothing here is a page, and nothing may be kept without asking again. */
export const jsonHeaders: Headers = [
  ['Content-Type', 'application/json; charset=utf-8'],
  ['Cache-Control', 'no-cache'],
  ['X-Content-Type-Options', 'nosniff'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['Referrer-Policy', 'no-referrer'],
]

export function success(status: number, data: unknown, meta: Meta): HttpReply {
  return { status, headers: jsonHeaders, body: `{"success":true,"data":${JSON.stringify(data)},"meta":${metaOf(meta)}}` }
}

/** The same around data that is JSON already. */
export function successWritten(status: number, data: Uint8Array, meta: Meta): HttpReply {
  return { status, headers: jsonHeaders, body: Buffer.concat([Buffer.from('{"success":true,"data":'), data, Buffer.from(`,"meta":${metaOf(meta)}}`)]) }
}

export function failure(refusal: Refusal, meta: Meta, headers: Headers = []): HttpReply {
  const [status] = refusals[refusal.refused]
  const error = { code: refusal.refused, message: refusal.message, details: refusal.details }
  const more: [string, string][] = []
  if (status === 401) more.push(['WWW-Authenticate', 'Bearer realm="lineside"'])
  if (status === 429 || status === 503) more.push(['Retry-After', retryAfter(refusal)])
  return {
    status,
    headers: [...jsonHeaders, ...more, ...headers],
    body: `{"success":false,"error":${JSON.stringify(error)},"meta":${metaOf(meta)}}`,
  }
}

const retryAfter = (refusal: Refusal): string => refusal.details.find((detail) => detail.path === 'retry_after_seconds')?.message ?? '1'

/** Order and widths are fixed: a live reply is patched in place by them. */
export function metaOf({ requestId, at, gateway, epoch, seq }: Meta): string {
  return `{"request_id":"${requestId}","timestamp":"${rfc3339(at)}","gateway":${JSON.stringify(gateway)},"epoch":${JSON.stringify(epoch)},"seq":${seq}}`
}

/** Names of requests: 16 hexadecimal digits, half of them of this process, so that the log of a restart is not mixed up. */
export function requestIds(): () => string {
  const run = randomBytes(4).toString('hex')
  let count = 0
  let front = `${run}00000`
  return () => {
    count = (count + 1) >>> 0
    const low = count & 0xfff
    if (low === 0) front = run + (count >>> 12).toString(16).padStart(5, '0')
    return front + LAST_DIGITS[low]!
  }
}

/** The last three digits, made once: writing numbers out would be a tenth of the work of a live reply. */
const LAST_DIGITS = Array.from({ length: 0x1000 }, (_, low) => low.toString(16).padStart(3, '0'))
