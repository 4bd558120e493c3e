/** The story of a stop: all that was said of it, and of the stops that it was parted from or took in. */

import { limits } from '../base/limits.js'
import type { Fact } from './events/catalogue.js'

/** In order of their numbers; empty when there is no such stop. `read` gives the facts that name a stop. */
export async function storyOf(read: (stop: string) => Promise<readonly Fact[]>, id: string): Promise<Fact[]> {
  const told = new Map<number, Fact>()
  const known = new Set<string>()
  const open = [id]
  for (let stop = open.pop(); stop !== undefined && known.size < limits.storyStopsMax; stop = open.pop()) {
    if (known.has(stop)) continue
    known.add(stop)
    for (const fact of await read(stop)) {
      told.set(fact.seq, fact)
      open.push(...stopsIn(fact))
    }
  }
  return [...told.values()].sort((one, other) => one.seq - other.seq)
}

function stopsIn(fact: Fact): string[] {
  if (fact.type !== 'downtime_updated') return []
  const { stop_id, split_off, merged } = fact.body
  return [stop_id, split_off, merged].filter((stop) => stop !== null)
}
