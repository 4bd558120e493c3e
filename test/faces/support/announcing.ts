/** A memory desk that announces: what happened is durable first, and told to the followers when the test says so. */

import type { Follower } from '../../../src/contract/desk.js'
import { type Fact, type Reading, catalogue } from '../../../src/contract/events/catalogue.js'
import type { MemoryDesk } from './desk.js'

export interface AnnouncingDesk extends MemoryDesk {
  /** Writes down that many facts of the equipment, or of its line alone. Nobody hears of them yet. */
  write(count: number, equipment: string | null, line?: string): void
  /** Tells the followers of everything written since the last time. */
  announce(): void
  /** Tells the followers what the equipment does now. */
  read(readings: readonly Reading[]): void
  /** The journal forgets the facts up to this number. */
  trim(upTo: number): void
  /** How often the journal was asked. */
  readonly asked: { count: number }
}

export function announcing(desk: MemoryDesk): AnnouncingDesk {
  const followers = new Set<Follower>()
  const waiting: Fact[] = []
  const asked = { count: 0 }
  let trimmed = 0
  return {
    ...desk,
    asked,
    write(count, equipment, line) {
      for (let i = 0; i < count; i++) waiting.push(desk.happen('state_changed', desk.now(), equipment, catalogue.state_changed.example, line))
      desk.turn()
    },
    announce() {
      const facts = waiting.splice(0)
      for (const follower of followers) follower.facts(facts)
    },
    read(readings) {
      for (const follower of followers) follower.readings?.(readings)
    },
    trim(upTo) { trimmed = upTo },
    follow(follower) {
      followers.add(follower)
      return () => { followers.delete(follower) }
    },
    async facts(query) {
      asked.count++
      // The journal answers from another thread, a little later, with what it has by then.
      await new Promise((resolve) => { setImmediate(resolve) })
      return (await desk.facts({ ...query, limit: query.limit + trimmed })).filter((fact) => fact.seq > trimmed).slice(0, query.limit)
    },
  }
}
