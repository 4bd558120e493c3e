/** Tells people outside the screens what calls for them: each channel reads on from its bookmark and hands over one message after another. */

import type { Chance } from '../../base/chance.js'
import type { Clock } from '../../base/clock.js'
import { withinBoth } from '../../base/either.js'
import { limits } from '../../base/limits.js'
import type { Log } from '../../base/log.js'
import { retryWaits } from '../../base/retry.js'
import { type Seq, laterMono, sinceMono } from '../../base/units.js'
import type { ChannelConfig } from '../../contract/config.js'
import type { Desk } from '../../contract/desk.js'
import type { Draft, Fact } from '../../contract/events/catalogue.js'
import { type Message, messageOf } from '../../contract/events/message.js'
import { faultOf } from '../../contract/faults.js'
import { email } from './email.js'
import type { HandOver } from './hand-over.js'
import { mqtt } from './mqtt.js'
import { webhook } from './webhook.js'

export interface NotifyParts {
  readonly desk: Pick<Desk, 'head' | 'facts' | 'follow' | 'bookmark' | 'bookmarks' | 'line' | 'config'>
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** Leaves a fact of the gateway itself for the next turn. */
  readonly note: (draft: Draft) => void
}

export interface Notify { stop(): Promise<void> }

const MARK = 'notify '

/** A channel of a name that nobody knew begins now: nobody is woken for what is over. One that is gone holds no facts back. */
export async function startNotify(parts: NotifyParts): Promise<Notify> {
  const { desk } = parts
  const bookmarks = await desk.bookmarks()
  const channels = desk.config.notify
  for (const name of bookmarks.keys()) {
    if (name.startsWith(MARK) && !channels.some((channel) => MARK + channel.name === name)) await desk.bookmark(name, null)
  }
  const started: Channel[] = []
  for (const config of channels) {
    const from = bookmarks.get(MARK + config.name) ?? desk.head().seq
    await desk.bookmark(MARK + config.name, from)
    started.push(new Channel(parts, config, from))
  }
  return { async stop() { await Promise.all(started.map((channel) => channel.stop())) } }
}

/** One way out. Slow or dead, it delays nothing but its own messages, and those wait in the journal. */
class Channel {
  readonly #parts: NotifyParts
  readonly #config: ChannelConfig
  readonly #handOver: HandOver
  readonly #log: Log
  readonly #stopped = new AbortController()
  readonly #unfollow: () => void
  readonly #done: Promise<void>
  #read: Seq
  #wake = new AbortController()

  constructor(parts: NotifyParts, config: ChannelConfig, from: Seq) {
    this.#parts = parts
    this.#config = config
    this.#log = parts.log.of(config.name)
    this.#handOver = config.kind === 'webhook' ? webhook(config, parts.clock) : config.kind === 'mqtt' ? mqtt(config, parts.desk.config.gateway.id, { ...parts, log: this.#log }) : email(config)
    this.#read = from
    this.#unfollow = parts.desk.follow({ facts: (facts) => { if (facts.some((fact) => this.#concerns(fact))) this.#wake.abort() } })
    this.#done = this.#run()
  }

  async stop(): Promise<void> {
    this.#unfollow()
    this.#stopped.abort()
    this.#wake.abort()
    await this.#done
  }

  #concerns(fact: Fact): boolean {
    const { on, lines } = this.#config
    return (on as readonly string[]).includes(fact.type) && (lines === undefined || (fact.line !== null && lines.includes(fact.line)))
  }

  async #run(): Promise<void> {
    const { clock } = this.#parts
    while (!this.#stopped.signal.aborted) {
      this.#wake = new AbortController()
      try {
        await this.#catchUp()
      } catch (thrown) {
        this.#log.warn('the journal could not be read for messages', { error: String(thrown) })
      }
      // Facts wake it; the wait is for a journal that could not be read.
      await clock.wait(laterMono(clock.mono(), limits.notifyLookMs), this.#wake.signal)
    }
  }

  async #catchUp(): Promise<void> {
    const { desk } = this.#parts
    for (;;) {
      const facts = await desk.facts({ after: this.#read, limit: limits.notifyPage, types: this.#config.on })
      for (const fact of facts) {
        if (this.#concerns(fact) && !await this.#tell(fact)) return
        this.#read = fact.seq
        await desk.bookmark(MARK + this.#config.name, fact.seq)
      }
      if (facts.length < limits.notifyPage) return
    }
  }

  /** Tries until it is handed over, refused, or too old. False when the gateway stops meanwhile: the next start tries again. */
  async #tell(fact: Fact): Promise<boolean> {
    const { clock, chance, desk } = this.#parts
    const begun = clock.mono()
    const message = messageOf(fact, (line) => desk.line(line)?.id ?? line)
    const waits = retryWaits({ waitMsFirst: 1_000, waitMsMax: 60_000, jitter: 0.3 }, chance)
    for (let tries = 1; ; tries++) {
      const failed = await this.#try(message)
      if (this.#stopped.signal.aborted && failed !== null) return false
      if (failed === null) { this.#journal(fact, tries, null); return true }
      if (failed.code === 'NOTIFICATION_REFUSED' || sinceMono(clock.mono(), begun) >= this.#config.give_up) {
        this.#journal(fact, tries, `${failed.code} ${JSON.stringify(failed.fields)}`)
        return true
      }
      this.#log.warn('a message could not be handed over yet', { tries, ...failed.fields })
      await clock.wait(laterMono(clock.mono(), waits.next().value), this.#stopped.signal)
      if (this.#stopped.signal.aborted) return false
    }
  }

  async #try(message: Message): Promise<ReturnType<typeof faultOf> | null> {
    try {
      await withinBoth(this.#stopped.signal, AbortSignal.timeout(this.#config.timeout), (over) => this.#handOver(message, over))
      return null
    } catch (thrown) {
      return faultOf(thrown, 'NOTIFICATION_FAILED')
    }
  }

  #journal(fact: Fact, tries: number, detail: string | null): void {
    if (detail !== null) this.#log.error('a message was given up', { about: fact.type, seq: fact.seq, detail })
    this.#parts.note({
      type: 'notification_sent', at: this.#parts.clock.now(), line: fact.line, equipment: fact.equipment,
      body: { channel: this.#config.name, about: fact.type, about_seq: fact.seq, ok: detail === null, tries, detail: detail?.slice(0, 300) ?? null },
    })
  }
}
