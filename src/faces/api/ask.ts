/** What a handler gets and what it may answer. */

import type { LiveView } from '../../contract/desk.js'
import type { AskName, DataOf, ParamsOf, QueryOf } from '../../contract/endpoints/table.js'
import type { Language } from '../../contract/language.js'
import type { Refusal } from '../../contract/refusals.js'
import type { Actor } from '../../contract/roles.js'
import type { HttpReply } from '../http.js'

export interface Ask<N extends AskName> {
  readonly params: ParamsOf<N>
  readonly query: QueryOf<N>
  readonly actor: Actor
  /** Code of the line that the address or the query means, which the actor reaches; `null` when they mean none. */
  readonly line: string | null
  /** The media types that the asker takes, as they came. */
  readonly accept: string
  /** In which language the answer speaks to people. */
  readonly language: Language
}

/** An answer that stands for itself, without the envelope. */
export interface Bare {
  readonly bare: Buffer | string
  readonly status: number
  /** Default: that of the endpoint. */
  readonly media?: string
  readonly headers?: HttpReply['headers']
}

/** Data that somebody else wrote as JSON, who has the time. */
export interface Written { readonly written: Uint8Array }

export type Answer<N extends AskName> = DataOf<N> | LiveView | Refusal | Bare | Written
export type Handler<N extends AskName> = (ask: Ask<N>) => Answer<N> | Promise<Answer<N>>
export type Handlers = { readonly [N in AskName]: Handler<N> }

export const isLive = (answer: object): answer is LiveView => 'json' in answer && Buffer.isBuffer(answer.json)
export const isWritten = (answer: object): answer is Written => 'written' in answer && answer.written instanceof Uint8Array
export const isBare = (answer: object): answer is Bare => 'bare' in answer
