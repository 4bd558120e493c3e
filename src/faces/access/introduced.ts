/** Lets whoever shows a token that is not known yet wait until it is; everybody else is answered in the same call as before. */

import type { HttpRequest } from '../http.js'
import type { Access } from './access.js'

/** What any face asks a request for. A server forgets headers with the call; who waits takes these along. */
export const HEADERS = [
  'accept', 'accept-encoding', 'accept-language', 'authorization', 'content-type', 'cookie', 'host', 'idempotency-key', 'if-none-match', 'origin', 'sec-fetch-site', 'sec-websocket-protocol', 'upgrade',
] as const

export function introduced<R>(access: Pick<Access, 'introduce'>, handler: (request: HttpRequest) => R | Promise<R>): (request: HttpRequest) => R | Promise<R> {
  return (request) => {
    const waiting = access.introduce(request)
    if (waiting === null) return handler(request)
    const kept = keptOf(request)
    return waiting.then(() => handler(kept))
  }
}

function keptOf(request: HttpRequest): HttpRequest {
  const { method, path, query, body, address } = request
  const headers = new Map<string, string>(HEADERS.map((name) => [name, request.header(name)]))
  return { method, path, query, body, address, header: (name) => headers.get(name) ?? '' }
}
