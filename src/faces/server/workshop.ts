/** What both adapters share: the options, the sockets, and what becomes of a handler that throws, dawdles or says no. */

import type { Log } from '../../base/log.js'
import { type RefusalCode, refuse } from '../../contract/refusals.js'
import type { HttpReply, HttpRequest, Server, ServerLimits, ServerOptions, Welcome } from '../http.js'
import { checkHeaders } from './reply.js'
import { Sockets } from './sockets.js'

/** Resolves when the port is bound. */
export type Adapter = (workshop: Workshop) => Promise<Server>

/** All sockets live beneath it; everything else is an ordinary request. */
export const SOCKET_PREFIX = '/api/v1/ws/'

type Settled = ServerOptions & { readonly limits: ServerLimits }

export class Workshop {
  readonly options: Settled
  readonly limits: ServerLimits
  readonly log: Log
  readonly sockets: Sockets

  constructor(options: Settled) {
    this.options = options
    this.limits = options.limits
    this.log = options.log.of('server')
    this.sockets = new Sockets(options.limits, this.log)
  }

  /** The reply of the handler; a handler that throws is a fault of ours, and answered as one. */
  answer(request: HttpRequest): HttpReply | Promise<HttpReply> {
    try {
      const answer = this.options.handler(request)
      return answer instanceof Promise ? this.#inTime(answer).catch((thrown: unknown) => this.failed(thrown)) : answer
    } catch (thrown) {
      return this.failed(thrown)
    }
  }

  async welcome(request: HttpRequest): Promise<Welcome | HttpReply> {
    if (this.sockets.isFull) return this.refused('SOCKETS_FULL')
    try {
      const answer = this.options.upgrade(request)
      return answer instanceof Promise ? await this.#inTime(answer) : answer
    } catch (thrown) {
      return this.failed(thrown)
    }
  }

  refused(code: RefusalCode): HttpReply {
    const reply = this.options.refused(refuse(code))
    checkHeaders(reply.status, reply.headers)
    return reply
  }

  failed(thrown: unknown): HttpReply {
    this.log.error('handler failed', { error: String(thrown), stack: thrown instanceof Error ? thrown.stack : undefined })
    return this.refused('INTERNAL')
  }

  /** The answer, or a refusal when it takes longer than `answerMs`; what comes later is dropped. */
  #inTime<T>(answer: Promise<T>): Promise<T | HttpReply> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<HttpReply>((resolve) => {
      timer = setTimeout(() => { resolve(this.refused('ANSWER_LATE')) }, this.limits.answerMs)
    })
    return Promise.race([answer, late]).finally(() => { clearTimeout(timer) })
  }
}

export const isWelcome = (answer: Welcome | HttpReply): answer is Welcome => 'listener' in answer
