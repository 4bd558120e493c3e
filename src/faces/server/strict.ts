/** Over TLS every reply tells browsers to come by nothing else for a while. They remember it by host name; an address alone they forget. */

import type { HttpReply, ServerOptions, Welcome } from '../http.js'

type Headers = HttpReply['headers']

/** A month: long enough for every panel to come by, short enough for a plant that gives TLS up. */
const STRICT = ['Strict-Transport-Security', 'max-age=2592000'] as const

export function strict(options: ServerOptions): ServerOptions {
  return {
    ...options,
    handler: (request) => later(options.handler(request), told),
    upgrade: (request) => later(options.upgrade(request), (answer) => ('status' in answer ? told(answer) : answer)),
    refused: (refusal) => told(options.refused(refusal)),
  }
}

/** An answer that is no promise stays none: it is written in the same call. */
const later = <T extends HttpReply | Welcome>(answer: T | Promise<T>, then: (answer: T) => T): T | Promise<T> => (answer instanceof Promise ? answer.then(then) : then(answer))

const told = (reply: HttpReply): HttpReply => ({ ...reply, headers: strictOf(reply.headers) })

/** Header lists that are shared between replies stay shared, so that their text is made once. */
function strictOf(headers: Headers): Headers {
  const known = lists.get(headers)
  if (known !== undefined) return known
  const list = [...headers, STRICT]
  lists.set(headers, list)
  return list
}
const lists = new WeakMap<Headers, Headers>()
