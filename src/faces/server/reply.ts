/** The head of a reply as text, with every name and value checked: a line break in one would be a second reply. */

import { STATUS_CODES } from 'node:http'
import { assert } from '../../base/assert.js'
import type { HttpReply } from '../http.js'

type Headers = HttpReply['headers']

/** `200 OK\r\nName: value…`, without the last line break. Kept for header lists that are used again. */
export function headOf(status: number, headers: Headers): string {
  const kept = heads.get(headers)
  if (kept !== undefined && kept.status === status) return kept.text
  const text = written(status, headers)
  heads.set(headers, { status, text })
  return text
}
const heads = new WeakMap<Headers, { status: number; text: string }>()

/** These statuses have no body and no length. */
export const isBodiless = (status: number): boolean => status === 204 || status === 304

/** Throws when a header cannot be sent as it is, or is one that only the server may write. */
export function checkHeaders(status: number, headers: Headers): void {
  assert(Number.isInteger(status) && status >= 200 && status <= 599, 'a reply has a status from 200 to 599')
  for (const [name, value] of headers) {
    assert(NAME.test(name) && !OURS.has(name.toLowerCase()), 'a reply header has a name that may be set')
    assert(VALUE.test(value), 'a reply header has a value without control characters')
  }
}

/** The answer to an upgrade is written as it is, too. */
export function checkProtocol(protocol: string): void {
  assert(/^[A-Za-z0-9._-]{0,64}$/.test(protocol), 'a subprotocol is a plain token')
}

function written(status: number, headers: Headers): string {
  checkHeaders(status, headers)
  return `${status} ${STATUS_CODES[status] ?? 'Unknown'}${headers.map(([name, value]) => `\r\n${name}: ${value}`).join('')}`
}

const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const OURS = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'date', 'upgrade'])
