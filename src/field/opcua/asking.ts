/** Questions to an OPC UA server and their answers over one channel: in time, whole, and to what was asked; or the fault that ended it. */

import { given } from '../../base/assert.js'
import type { Ms } from '../../base/units.js'
import { Fault } from '../../contract/faults.js'
import { faultOfSilence } from '../socket.js'
import type { Channel, Library, NodeId, Range, Request, Response } from './library.js'

/** A node, and the elements of its value that are meant; '' for all of it. */
export interface Place { readonly node: string; readonly range: string }

/** A service that the server did not do, by its status; the session goes on. */
export class Refused extends Error {
  readonly status: string
  constructor(status: string) { super(status); this.status = status }
}

/** Statuses of a request that was too much at once; the one of TCP is the library's own, which sends nothing larger than the server takes. */
export const TOO_MUCH = /^Bad(TooManyOperations|ResponseTooLarge|RequestTooLarge|EncodingLimitsExceeded|TooManyMonitoredItems|TcpMessageTooLarge)$/
/** A service that fails with one of these says that the session, or all of the connection, is no more. */
const OVER = /^Bad(Session(IdInvalid|Closed|NotActivated)|SecureChannel|Tcp(?!MessageTooLarge)|ServerHalted|Shutdown|ConnectionClosed|Disconnect|CommunicationError)/
const VALUE = 13

interface ValueOf { readonly nodeId: NodeId; readonly attributeId: number; readonly indexRange?: Range }

export class Asking {
  requestsCount = 0
  /** Questions without an answer yet. */
  underWay = 0
  /** Of the session that is being used; whoever opens one says so. */
  token: NodeId | null = null
  fault: Fault | null = null
  /** TCP has connected. */
  isReached = false
  readonly library: Library
  readonly channels: Channel[] = []
  readonly #plc: string
  readonly #requestMs: Ms
  readonly #ended: Promise<never>
  #end: (fault: Fault) => void = () => undefined
  readonly #values = new WeakMap<Place, ValueOf>()

  constructor(library: Library, plc: string, requestMs: Ms) {
    this.library = library
    this.#plc = plc
    this.#requestMs = requestMs
    this.#ended = new Promise((_, reject) => { this.#end = reject })
    this.#ended.catch(() => undefined)
  }

  get bytesRead(): number { return this.channels.reduce((sum, channel) => sum + channel.bytesRead, 0) }
  get bytesCount(): number { return this.channels.reduce((sum, channel) => sum + channel.bytesRead + channel.bytesWritten, 0) }

  /** Asks once and waits no longer than a request may take. Rejects with `Refused` when the server does not do it, and with the fault that ended everything. */
  async ask<R extends Response>(request: Request, type: abstract new (...options: never[]) => R): Promise<R> {
    if (this.fault !== null) throw this.fault
    this.requestsCount++
    this.underWay++
    try {
      return await this.within(this.#requestMs, new Promise<R>((done, failed) => {
        this.send(request, (error, response) => {
          const status = statusOf(error) ?? (response?.responseHeader.serviceResult.isGood() === false ? response.responseHeader.serviceResult.name : null)
          if (status !== null) failed(OVER.test(status) ? this.fail(new Fault('PLC_LINK_LOST', { plc: this.#plc, detail: status })) : new Refused(status))
          else if (error !== null && error !== undefined) failed(this.fail(new Fault(/timed out/i.test(error.message) ? 'PLC_TIMEOUT' : 'PLC_LINK_LOST', { plc: this.#plc, detail: oneLine(error) }, error)))
          else if (response instanceof type) done(response)
          else failed(this.fail(new Fault('PLC_PROTOCOL', { plc: this.#plc, detail: 'the answer is to another question' })))
        })
      }))
    } finally {
      this.underWay--
    }
  }

  /** Sends a question of the session, however long its answer may take. */
  send(request: Request, answered: (error: Error | null | undefined, response?: Response) => void): void {
    request.requestHeader.authenticationToken = given(this.token, 'the token of an open session')
    given(this.channels.at(-1), 'a channel').performMessageTransaction(request, answered)
  }

  /** The same as `work`, but what does not finish in time ends everything. */
  async within<T>(ms: Ms, work: Promise<T>): Promise<T> {
    work.catch(() => undefined)
    const timer = setTimeout(() => { this.fail(faultOfSilence(this.#plc, this.isReached, this.bytesRead, ms)) }, ms)
    try {
      return await Promise.race([work, this.#ended])
    } finally {
      clearTimeout(timer)
    }
  }

  /** The first fault is the cause and ends everything; what follows is only noise of the closing. Gives the fault back to be thrown. */
  fail(fault: Fault): Fault {
    if (this.fault !== null) return this.fault
    this.fault = fault
    this.#end(fault)
    return fault
  }

  /** As many answers as questions, or nothing of them can be believed. */
  whole<T>(results: readonly T[] | null | undefined, count: number): readonly T[] {
    if (results?.length === count) return results
    throw this.fail(new Fault('PLC_SHORT_REPLY', { plc: this.#plc, detail: `${results?.length ?? 0} answers to ${count} questions` }))
  }

  /** What the protocol calls the value of a place; made once for each, since most are asked for again and again. */
  valueOf(place: Place): ValueOf {
    const known = this.#values.get(place)
    if (known !== undefined) return known
    const { node, range } = place
    // The class of a range is not exported; the library makes one of its text.
    const value = { nodeId: this.library.coerceNodeId(node), attributeId: VALUE, ...(range === '' ? {} : { indexRange: range as unknown as Range }) }
    this.#values.set(place, value)
    return value
  }
}

export const oneLine = (error: Error): string => error.message.replace(/\s+/g, ' ').trim().slice(0, 300)

/** The status with which the server refused a service, or `null` when the error is of another kind. */
export function statusOf(error: Error | null | undefined): string | null {
  if (error === null || error === undefined || !('response' in error)) return null
  // The library hangs the answer on the error.
  const { response } = error as Error & { readonly response?: { readonly responseHeader?: { readonly serviceResult?: { readonly name?: string } } } }
  return response?.responseHeader?.serviceResult?.name ?? null
}
