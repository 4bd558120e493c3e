/** One reply of uWebSockets.js that does not leave at once: open until it is written, cut, or the peer has gone. */

import type { HttpReply } from '../http.js'
import { headOf, isBodiless } from './reply.js'
import type { UwsRes } from './uws-binary.js'
import type { Workshop } from './workshop.js'

/** The library ends the process when a response is used after its end; every call here is harmless then. */
export class Exchange {
  readonly #res: UwsRes
  readonly #method: string
  #isOver = false
  whenDone: () => void = nothing

  /** To be made before the call that brought `res` returns. `method` is the one on the wire. */
  constructor(res: UwsRes, method: string) {
    this.#res = res
    this.#method = method
    res.onAborted(() => { this.#end() })
  }

  get isOver(): boolean { return this.#isOver }

  reply(workshop: Workshop, given: HttpReply, last: boolean): void {
    if (this.#isOver) return
    this.#res.cork(() => { write(this.#res, this.#method, workshop, given, last) })
    this.#end()
  }

  /** Hands the connection over to a socket. */
  become(upgrade: () => void): void {
    if (this.#isOver) return
    this.#res.cork(upgrade)
    this.#end()
  }

  cut(): void {
    if (this.#isOver) return
    this.#res.close()
    this.#end()
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.whenDone()
  }
}

/** Writes a whole reply; with `last` the connection ends after it. The response must be corked. */
export function write(res: UwsRes, method: string, workshop: Workshop, given: HttpReply, last: boolean): void {
  let reply = given
  let head: string
  try {
    head = headOf(reply.status, reply.headers)
  } catch (thrown) {
    reply = workshop.failed(thrown)
    head = headOf(reply.status, reply.headers)
  }
  // The status line is written as it is, so the checked headers can ride on it: one call into the library, not one each.
  if (isBodiless(reply.status)) res.writeStatus(head).endWithoutBody()
  else if (method !== 'HEAD') res.writeStatus(head).end(reply.body, last)
  // Told a length, the library would wait for a body that never comes; and end() would send one.
  else res.writeStatus(`${head}\r\nContent-Length: ${Buffer.byteLength(reply.body)}`).endWithoutBody()
}

const nothing = (): void => undefined
