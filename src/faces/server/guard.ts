/** What a request must be before anybody reads it: one unambiguous framing, one plain path. */

// The rules are stricter than HTTP, because whatever two readers can read differently lets a request be smuggled.

import type { RefusalCode } from '../../contract/refusals.js'
import type { ServerLimits } from '../http.js'

/** What the headers say about how the request is framed, and the headers themselves, until the next request. */
export class Framing {
  readonly #names: string[] = []
  readonly #values: string[] = []
  hostsCount = 0
  host = ''
  lengthsCount = 0
  lengthText = ''
  codingsCount = 0
  headersCount = 0
  bytes = 0

  clear(): void {
    this.hostsCount = this.lengthsCount = this.codingsCount = this.headersCount = this.bytes = 0
    this.host = this.lengthText = ''
  }

  /** `name` is in lower case. */
  see(name: string, value: string): void {
    this.#names[this.headersCount] = name
    this.#values[this.headersCount] = value
    this.headersCount++
    this.bytes += name.length + value.length + 4
    switch (name) {
      case 'host': this.hostsCount++; this.host = value; break
      case 'content-length': this.lengthsCount++; this.lengthText = value; break
      case 'transfer-encoding': this.codingsCount++; break
    }
  }

  /** The first value under a lower-case name, empty when there is none. There are few, so looking through them beats asking the library again. */
  header(name: string): string {
    for (let i = 0; i < this.headersCount; i++) if (this.#names[i] === name) return this.#values[i]!
    return ''
  }

  get bodyBytes(): number { return this.lengthsCount === 0 ? 0 : Number(this.lengthText) }
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'OPTIONS'])
const HOST = /^[A-Za-z0-9._:[\]-]{1,255}$/
const DIGITS = /^\d{1,15}$/

/** Why the request cannot be taken as it is framed; `null` when it can. */
export function misframed(method: string, framing: Framing, limits: ServerLimits): RefusalCode | null {
  if (framing.headersCount > limits.headersMax || framing.bytes > limits.headBytesMax) return 'HEAD_TOO_LARGE'
  if (framing.hostsCount !== 1 || !HOST.test(framing.host)) return 'REQUEST_MALFORMED'
  // Chunked bodies are where parsers disagree most, and nobody who talks to a gateway needs them.
  if (framing.codingsCount > 0) return 'LENGTH_REQUIRED'
  if (!METHODS.has(method)) return 'METHOD_NOT_ALLOWED'
  if (framing.lengthsCount === 0) return null
  if (framing.lengthsCount > 1 || !DIGITS.test(framing.lengthText)) return 'REQUEST_MALFORMED'
  if (framing.bodyBytes > 0 && WITHOUT_BODY.has(method)) return 'REQUEST_MALFORMED'
  if (framing.bodyBytes > limits.bodyBytesMax) return 'BODY_TOO_LARGE'
  return null
}

/**
 * A method that may have a body came without a length. It has none then (RFC 9112, 6.3), and `curl -X POST` asks so; but another
 * reader may have seen a length that we did not, so nothing that follows on the connection is taken for a request.
 */
export const isLengthless = (method: string, framing: Framing): boolean => framing.lengthsCount === 0 && WITH_BODY.has(method)

/** A path that decodes to itself: no dot segment, no empty one, nothing that needs an escape. */
const PLAIN = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+)+$/
const SEGMENT = /^[A-Za-z0-9._~!$&'()*+,;=:@%-]+$/
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\x00-\x1f\x7f/\\]/
const QUERY = /^[\x21\x24-\x7e]*$/

/** The path decoded once, without a trailing slash; `null` when two readers could take it for different paths. */
export function pathOf(target: string): string | null {
  if (PLAIN.test(target) || target === '/') return target
  if (!target.startsWith('/')) return null
  const segments = (target.endsWith('/') ? target.slice(1, -1) : target.slice(1)).split('/')
  const decoded = segments.map(segmentOf)
  return decoded.includes(null) ? null : `/${decoded.join('/')}`
}

export const isQuery = (query: string): boolean => QUERY.test(query)

function segmentOf(raw: string): string | null {
  if (!SEGMENT.test(raw)) return null
  let decoded: string
  try { decoded = decodeURIComponent(raw) } catch { return null }
  return decoded === '.' || decoded === '..' || FORBIDDEN.test(decoded) ? null : decoded
}

/** The request asks for a WebSocket; anything else with these headers is an ordinary request. */
export function asksForSocket(header: (name: string) => string): boolean {
  return header('upgrade').toLowerCase() === 'websocket' && tokensOf(header('connection')).includes('upgrade')
}

const KEY = /^[A-Za-z0-9+/]{22}==$/

/** Why a request for a WebSocket cannot become one; `null` when it can. */
export function misupgraded(method: string, header: (name: string) => string): RefusalCode | null {
  if (method !== 'GET') return 'METHOD_NOT_ALLOWED'
  if (header('sec-websocket-version') !== '13') return 'UPGRADE_REQUIRED'
  return KEY.test(header('sec-websocket-key')) ? null : 'REQUEST_MALFORMED'
}

const tokensOf = (list: string): string[] => list.toLowerCase().split(',').map((token) => token.trim())
