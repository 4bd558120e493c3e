/** What an OPC UA server watches for us: one subscription, an item for each tag, and whether it can still be believed. */

import { given } from '../../base/assert.js'
import { type Mono, type Ms, sinceMono } from '../../base/units.js'
import { Refused, TOO_MUCH } from './asking.js'
import type { GroupRead } from './group-read.js'
import type { OpcuaSession } from './session.js'
import { type News, Subscription } from './subscription.js'

/** So often the server is asked to say that nothing changed. */
const KEEP_ALIVE_MS = 1_000
const PUBLISH_MS_MIN = 10
/** A server may be late with it by half, and by as long as any answer may take. */
const PATIENCE = 1.5
const SEQUENCE_MAX = 0xffff_ffff

export class Watch {
  readonly #session: OpcuaSession
  readonly #items: { readonly read: GroupRead; readonly tag: number }[] = []
  #subscription: Subscription | null = null
  #silentMs: Ms = 0
  #heardAt: Mono
  #sequence: number | null = null
  #isOver = false

  private constructor(session: OpcuaSession, at: Mono) {
    this.#session = session
    this.#heardAt = at
  }

  /** `null` when the server does not watch anything. News come at most every half of `cycleMs`. */
  static async start(session: OpcuaSession, cycleMs: Ms, answerMs: Ms, now: () => Mono): Promise<Watch | null> {
    const watch = new Watch(session, now())
    const publishMs = Math.max(PUBLISH_MS_MIN, cycleMs / 2)
    try {
      const granted = watch.#subscription = await Subscription.open(session.asking, publishMs, Math.max(1, Math.ceil(KEEP_ALIVE_MS / publishMs)), {
        onNews: (news) => { watch.#take(news, now()) }, onEnd: () => { watch.#isOver = true },
      })
      watch.#silentMs = PATIENCE * granted.publishMs * granted.keepAliveCount + answerMs
      return watch
    } catch (thrown) {
      if (thrown instanceof Refused) return null
      throw thrown
    }
  }

  /** False when what was heard last is no longer what is: the server is silent beyond its keep-alive, a message is missing, or it said that it is over. */
  isSound(at: Mono): boolean { return !this.#isOver && sinceMono(at, this.#heardAt) <= this.#silentMs }

  /** Has the server watch tags whose values have just been read. What it does not watch is asked for again and again. */
  async add(read: GroupRead, tags: readonly number[]): Promise<void> {
    for (let from = 0; from < tags.length;) {
      const some = tags.slice(from, from + this.#session.atOnce.items)
      const items = some.flatMap((tag) => {
        const place = read.placeOf(tag)
        return place === null ? [] : [{ place, handle: this.#items.push({ read, tag }) - 1 }]
      })
      try {
        const ids = await given(this.#subscription, 'a subscription').monitor(items, read.group.cycleMs)
        for (const [i, { handle }] of items.entries()) read.watch(this.#items[handle]!.tag, ids[i] ?? null)
      } catch (thrown) {
        if (!(thrown instanceof Refused)) throw thrown
        if (TOO_MUCH.test(thrown.status) && some.length > 1) { this.#session.atOnce.items = Math.ceil(some.length / 2); continue }
        for (const tag of some) read.watch(tag, null)
      }
      from += some.length
    }
  }

  /** Items that are of no use any more. */
  async drop(items: readonly number[]): Promise<void> {
    for (let from = 0; from < items.length; from += this.#session.atOnce.items) await unlessRefused(given(this.#subscription, 'a subscription').unmonitor(items.slice(from, from + this.#session.atOnce.items)))
  }

  async stop(): Promise<void> {
    this.#isOver = true
    if (this.#subscription !== null) await unlessRefused(this.#subscription.end())
  }

  #take({ sequence, values, isOver }: News, at: Mono): void {
    if (this.#isOver) return
    this.#heardAt = at
    // Without values a message says the number of the next one that has some (OPC 10000-4, 5.14.1.1).
    const isNext = this.#sequence === null || sequence === (this.#sequence % SEQUENCE_MAX) + 1
    this.#isOver = isOver || !isNext
    if (values.length > 0 && isNext) this.#sequence = sequence
    for (const { handle, said } of values) {
      const item = this.#items[handle]
      item?.read.hear(item.tag, said)
    }
  }
}

async function unlessRefused(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (thrown) {
    if (!(thrown instanceof Refused)) throw thrown
  }
}
