/** Facts that were told, as a journal that holds them finds them. */

import { epoch, seq } from '../../src/base/units.js'
import type { Draft, Fact } from '../../src/contract/events/catalogue.js'
import type { FactQuery } from '../../src/contract/journal.js'

export function journalOf(told: readonly Draft[]): { readonly facts: (query: FactQuery) => Promise<Fact[]> } {
  const facts = told.map((draft, i): Fact => ({ ...draft, epoch: epoch('e'), seq: seq(i + 1), config: 1 }))
  return {
    facts: async ({ after = seq(0), limit, types, line, equipment, from, to, newestFirst = false }) => {
      const found = facts.filter((fact) => fact.seq > after && (types === undefined || types.includes(fact.type)) && (line === undefined || fact.line === line) && (equipment === undefined || fact.equipment === equipment)
        && (from === undefined || fact.at >= from) && (to === undefined || fact.at < to))
      return (newestFirst ? found.toReversed() : found).slice(0, limit)
    },
  }
}
