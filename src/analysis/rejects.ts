/** What is wrong with rejected parts, by what people said of them: the most parts first, and the rest, of which nobody said anything. */

import type { RejectReasonConfig } from '../contract/config.js'
import type { DataOf } from '../contract/endpoints/table.js'
import type { Fact } from '../contract/events/catalogue.js'
import { sum } from './statistics.js'

export type RejectBar = NonNullable<DataOf<'oee_performance_report'>['rejects']>[number]

/** Facts in which somebody says it. */
export const rejectFacts = ['counts_corrected', 'quality_issue'] as const

/** `rejectedCount` is how many parts were rejected in all. Parts that were taken back are no rejects, whatever was said of them. */
export function rejectsOf(facts: readonly Fact[], rejectedCount: number, known: readonly Pick<RejectReasonConfig, 'code' | 'name'>[]): RejectBar[] {
  const bars = new Map<string, { parts: number; entries: number }>()
  for (const fact of facts) {
    const said = saidBy(fact)
    if (said === null) continue
    const bar = bars.get(said.reason) ?? { parts: 0, entries: 0 }
    bars.set(said.reason, { parts: bar.parts + said.parts, entries: bar.entries + 1 })
  }
  const named = [...bars].filter(([, { parts }]) => parts > 0)
    .map(([reason, bar]) => ({ reason, name: known.find(({ code }) => code === reason)?.name ?? reason, ...bar }))
    .sort((one, other) => other.parts - one.parts || (one.reason < other.reason ? -1 : 1))
  const rest = rejectedCount - sum(named.map(({ parts }) => parts))
  const all = rest > 0 ? [...named, { reason: 'unassigned', name: 'No reason yet', parts: rest, entries: 0 }] : named
  const total = sum(all.map(({ parts }) => parts))
  return all.map((bar) => ({ ...bar, share: bar.parts / total }))
}

function saidBy(fact: Fact): { readonly reason: string; readonly parts: number } | null {
  if (fact.type === 'counts_corrected') return fact.body.reject_reason === null ? null : { reason: fact.body.reject_reason, parts: fact.body.reject }
  if (fact.type === 'quality_issue') return fact.body.reject_reason === null ? null : { reason: fact.body.reject_reason, parts: fact.body.parts }
  return null
}
