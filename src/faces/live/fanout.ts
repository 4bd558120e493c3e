/** Hands each turn's events to whoever listens: facts at once and in order, readings no more often than agreed. */

import { assert } from '../../base/assert.js'
import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import { type Mono, type Ms, type Seq, laterMono, sinceMono } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import type { Fact, Reading } from '../../contract/events/catalogue.js'
import { readingTopic } from './scope.js'
import type { Stats } from './stats.js'
import { factWords, readingWords } from './words.js'

export type Publish = (topic: string, text: string) => void

/** Readers who hear the same facts and have heard all of them up to `heard`: one text serves them all. */
interface Audience {
  readonly topic: string
  readonly hears: (fact: Fact) => boolean
  heard: Seq
  readersCount: number
}

/** A reading that may be due, or has just been sent. */
interface Slot { sentAt: Mono | null; waiting: Reading | null }

export interface FanoutParts {
  readonly desk: Desk
  readonly clock: Clock
  readonly stats: Stats
  readonly publish: Publish
  /** The most often one reading of one equipment is sent. */
  readonly readingMs: Ms
  /** Called after facts were announced. */
  readonly announced: (facts: readonly Fact[]) => void
}

/** Started with the face, stopped with it. */
export class Fanout {
  readonly #parts: FanoutParts
  readonly #audiences = new Map<string, Audience>()
  readonly #listeners = new Map<string, number>()
  readonly #slots = new Map<string, Slot>()
  readonly #recent: Fact[] = []
  readonly #unfollow: () => void
  readonly #stopped = new AbortController()
  #head: Seq
  #audiencesCount = 0

  constructor(parts: FanoutParts) {
    this.#parts = parts
    this.#head = parts.desk.head().seq
    this.#unfollow = parts.desk.follow({
      facts: (facts) => { this.#announce(facts) },
      readings: (readings) => { this.#read(readings) },
    })
  }

  /** The last number that was handed out. Everybody in an audience has been sent what they hear up to here. */
  get head(): Seq { return this.#head }

  stop(): void {
    this.#unfollow()
    this.#stopped.abort()
  }

  /** The topic to subscribe to for facts after `head`. The reader must know that it is complete up to there. */
  join(key: string, hears: (fact: Fact) => boolean): string {
    let audience = this.#audiences.get(key)
    if (audience === undefined) {
      audience = { topic: `facts ${++this.#audiencesCount}`, hears, heard: this.#head, readersCount: 0 }
      this.#audiences.set(key, audience)
    }
    audience.readersCount++
    return audience.topic
  }

  leave(key: string): void {
    const audience = this.#audiences.get(key)
    assert(audience !== undefined && audience.readersCount > 0, 'who leaves an audience was in it')
    if (--audience.readersCount === 0) this.#audiences.delete(key)
  }

  /** Counts a listener to readings, so that what nobody hears is not put into words. */
  listen(topic: string): void { this.#listeners.set(topic, (this.#listeners.get(topic) ?? 0) + 1) }

  unlisten(topic: string): void {
    const left = (this.#listeners.get(topic) ?? 0) - 1
    if (left > 0) this.#listeners.set(topic, left)
    else this.#listeners.delete(topic)
  }

  /** Facts after a number, when memory still has them all; `null` when the journal must be asked. */
  recent(after: Seq): readonly Fact[] | null {
    if (after >= this.#head) return []
    const first = this.#recent[0]
    return first === undefined || first.seq > after + 1 ? null : this.#recent.slice(after + 1 - first.seq)
  }

  #announce(facts: readonly Fact[]): void {
    const from = performance.now()
    for (const fact of facts) {
      assert(fact.seq === this.#head + 1, 'facts are announced in order, without holes')
      const words = factWords(fact, this.#parts.desk)
      for (const audience of this.#audiences.values()) {
        if (!audience.hears(fact)) continue
        this.#parts.publish(audience.topic, words(audience.heard))
        this.#parts.stats.sent(fact.type, audience.readersCount)
        audience.heard = fact.seq
      }
      this.#head = fact.seq
      this.#recent.push(fact)
    }
    // Cut in large steps: moving the rest down costs the same for one as for many.
    if (this.#recent.length > 2 * limits.factsRecentMax) this.#recent.splice(0, this.#recent.length - limits.factsRecentMax)
    if (facts.length > 0) setImmediate(() => { this.#parts.stats.fannedOut(performance.now() - from) })
    this.#parts.announced(facts)
  }

  #read(readings: readonly Reading[]): void {
    const now = this.#parts.clock.mono()
    for (const reading of readings) {
      if (reading.equipment === null) continue
      const topic = readingTopic(reading.type, reading.equipment)
      const slot = this.#slots.get(topic)
      if (slot === undefined) { this.#slots.set(topic, { sentAt: now, waiting: null }); this.#say(topic, reading); continue }
      if (slot.waiting !== null) { slot.waiting = reading; continue }
      if (slot.sentAt === null || sinceMono(now, slot.sentAt) >= this.#parts.readingMs) { slot.sentAt = now; this.#say(topic, reading); continue }
      slot.waiting = reading
      void this.#sayLater(topic, slot, laterMono(slot.sentAt, this.#parts.readingMs))
    }
  }

  /** The newest that came meanwhile is what is said. */
  async #sayLater(topic: string, slot: Slot, due: Mono): Promise<void> {
    await this.#parts.clock.wait(due, this.#stopped.signal)
    const reading = slot.waiting
    if (reading === null || this.#stopped.signal.aborted) return
    slot.waiting = null
    slot.sentAt = this.#parts.clock.mono()
    this.#say(topic, reading)
  }

  #say(topic: string, reading: Reading): void {
    const listeners = this.#listeners.get(topic)
    if (listeners === undefined) return
    this.#parts.publish(topic, readingWords(reading, this.#parts.desk))
    this.#parts.stats.sent(reading.type, listeners)
  }
}
