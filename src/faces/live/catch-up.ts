/** Brings a reader from the number it has to the head: from memory when the cut was short, else from the journal. */

import { limits } from '../../base/limits.js'
import { type Seq, seq } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import type { Fact } from '../../contract/events/catalogue.js'
import type { Fanout } from './fanout.js'

/** A reader under way. */
export interface Traveller {
  /** It has gone, or set out anew from elsewhere. */
  isOver(): boolean
  /** The next facts in order, whether it hears them or not; resolves when it can take more. */
  take(facts: readonly Fact[]): Promise<void>
  /** It has had everything up to the head. Called in the same turn as the head was looked at, so nothing falls between. */
  arrived(upTo: Seq): void
  /** The facts after its number are no longer kept; the journal begins at `firstSeq`. */
  lost(firstSeq: Seq): void
}

/** So many at a time, so that the backlog of a reader is looked at between. */
const HANDFUL = 32

export class CatchUp {
  readonly #desk: Desk
  readonly #fanout: () => Fanout
  readonly #queue: (() => void)[] = []
  #readingCount = 0
  #whenAnnounced: (() => void)[] = []

  constructor(desk: Desk, fanout: () => Fanout) {
    this.#desk = desk
    this.#fanout = fanout
  }

  async run(after: Seq, traveller: Traveller): Promise<void> {
    for (let upTo = after; !traveller.isOver();) {
      const { head } = this.#fanout()
      if (upTo === head) { traveller.arrived(upTo); return }
      // A view can be newer than the last announcement by the part of a turn.
      if (upTo > head) { await new Promise<void>((resolve) => { this.#whenAnnounced.push(resolve) }); continue }
      const facts = this.#fanout().recent(upTo) ?? await this.#page(upTo)
      if (traveller.isOver()) return
      if (facts[0]?.seq !== upTo + 1) { traveller.lost(facts[0]?.seq ?? await this.firstSeq()); return }
      for (let i = 0; i < facts.length && !traveller.isOver(); i += HANDFUL) {
        const handful = facts.slice(i, i + HANDFUL)
        await traveller.take(handful)
        upTo = handful.at(-1)!.seq
      }
    }
  }

  /** The first number the journal can still give. */
  async firstSeq(): Promise<Seq> {
    const [first] = await this.#desk.facts({ limit: 1 }).catch(() => [])
    return first?.seq ?? seq(this.#fanout().head + 1)
  }

  /** To be called after each announcement. */
  announced(): void {
    const waiting = this.#whenAnnounced
    this.#whenAnnounced = []
    for (const wake of waiting) wake()
  }

  /** Facts the journal has but that were not announced yet are left to their announcement. A fault reads as nothing kept. */
  async #page(after: Seq): Promise<readonly Fact[]> {
    if (this.#readingCount >= limits.resumesAtOnceMax) await new Promise<void>((resolve) => { this.#queue.push(resolve) })
    this.#readingCount++
    try {
      const facts = await this.#desk.facts({ after, limit: limits.factsPerReadMax })
      return facts.filter((fact) => fact.seq <= this.#fanout().head)
    } catch {
      return []
    } finally {
      this.#readingCount--
      this.#queue.shift()?.()
    }
  }
}
