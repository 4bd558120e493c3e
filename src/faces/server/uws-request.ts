/** Requests as uWebSockets.js gives them: alive only inside the call, or kept. */

import { assert } from '../../base/assert.js'
import type { HttpRequest } from '../http.js'
import type { UwsReq, UwsRes } from './uws-binary.js'

const NOTHING = Buffer.alloc(0)

/** Headers by lower-case name, good until the next request. */
interface Head { header(name: string): string }

/** Reads what the server has just seen of it, so that a synchronous answer copies nothing. */
export class LiveRequest implements HttpRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly body = NOTHING
  readonly #res: UwsRes
  #head: Head | null
  #address: string | null = null

  constructor(res: UwsRes, head: Head, method: string, path: string, query: string) {
    this.#res = res
    this.#head = head
    this.method = method
    this.path = path
    this.query = query
  }

  header(name: string): string {
    assert(this.#head !== null, 'headers are read before the first await')
    return this.#head.header(name)
  }

  get address(): string {
    this.#address ??= addressOf(this.#res)
    return this.#address
  }

  /** The next request is seen in the same place. The address of who waits for a late answer is kept. */
  release(isLate: boolean): void {
    this.#head = null
    if (isLate) this.#address ??= addressOf(this.#res)
  }
}

/** Has its own copy of everything. Forgets the headers all the same, so that both kinds behave alike. */
export class KeptRequest implements HttpRequest {
  readonly address: string
  readonly method: string
  readonly path: string
  readonly query: string
  readonly body: Buffer
  #headers: ReadonlyMap<string, string> | null

  constructor(address: string, method: string, path: string, query: string, headers: ReadonlyMap<string, string>, body: Buffer) {
    this.address = address
    this.method = method
    this.path = path
    this.query = query
    this.body = body
    this.#headers = headers
  }

  header(name: string): string {
    assert(this.#headers !== null, 'headers are read before the first await')
    return this.#headers.get(name) ?? ''
  }

  release(): void { this.#headers = null }
}

/** The first value of each header, by lower-case name. */
export function headersOf(req: UwsReq): Map<string, string> {
  const headers = new Map<string, string>()
  req.forEach((name, value) => { if (!headers.has(name)) headers.set(name, value) })
  return headers
}

export const addressOf = (res: UwsRes): string => Buffer.from(res.getRemoteAddressAsText()).toString('latin1')
