/** Calls for help as their facts tell them, and how fast they were answered. */

import { never } from '../base/assert.js'
import { type Instant, rfc3339 } from '../base/units.js'
import type { DataOf } from '../contract/endpoints/table.js'
import type { Fact, FactName, FactOf } from '../contract/events/catalogue.js'
import type { AndonView } from '../contract/views.js'

export const andonFacts = ['andon_event', 'andon_acknowledged', 'andon_attended', 'andon_updated', 'escalation_update', 'andon_resolved'] as const satisfies readonly FactName[]

/** The calls that were raised in a list of facts in order of their numbers, oldest first. A call whose raise is missing is left out. */
export function andonsOf(facts: readonly Fact[]): AndonView[] {
  const calls = new Map<string, AndonView>()
  for (const fact of facts) {
    if (!isAndonFact(fact)) continue
    const call = fact.type === 'andon_event' ? raised(fact) : calls.get(fact.body.andon_id)
    if (call !== undefined) calls.set(call.andon_id, followed(call, fact))
  }
  return [...calls.values()]
}

function raised(fact: FactOf<'andon_event'>): AndonView {
  const { andon_id, andon_type, priority, description, source, by, acknowledge_by, resolve_by, stop_id, grace_to } = fact.body
  return {
    andon_id, line: fact.line ?? '', equipment_code: fact.equipment, andon_type, priority, status: 'raised', description, source,
    raised_at: rfc3339(fact.at), raised_by: by, acknowledged_at: null, acknowledged_by: null, attended_at: null, attended_by: null,
    resolved_at: null, resolved_by: null, unseen: false, seen_at: null, seen_by: null, acknowledge_by, resolve_by, escalation: { response: 0, resolution: 0 }, repeats: 0, comments: [], stop_id,
    ...grace_to === undefined ? {} : { fixed_position: { grace_to, line_stopped_at: null } },
  }
}

type AndonFact = Extract<Fact, { type: (typeof andonFacts)[number] }>
const isAndonFact = (fact: Fact): fact is AndonFact => (andonFacts as readonly FactName[]).includes(fact.type)

function followed(call: AndonView, fact: AndonFact): AndonView {
  const at = rfc3339(fact.at)
  switch (fact.type) {
    case 'andon_acknowledged': if (fact.body.response_seconds === null) return { ...commented(call, at, fact.body), unseen: false, seen_at: at, seen_by: fact.body.by }
      return { ...commented(call, at, fact.body), status: 'acknowledged', acknowledged_at: at, acknowledged_by: fact.body.by }
    case 'andon_attended': return { ...commented(call, at, fact.body), status: 'attended', attended_at: at, attended_by: fact.body.by }
    case 'andon_resolved': return { ...commented(call, at, fact.body), status: 'resolved', resolved_at: at, resolved_by: fact.body.by, unseen: fact.body.automatic && answeredAt(call) === null }
    case 'andon_updated': return { ...commented(call, at, fact.body), repeats: fact.body.repeats }
    case 'escalation_update':
      if (fact.body.ladder === 'fixed_position') return call.fixed_position === undefined ? call : { ...call, fixed_position: { ...call.fixed_position, line_stopped_at: at } }
      return { ...call, escalation: { ...call.escalation, [fact.body.ladder]: fact.body.level } }
    case 'andon_event': return call
    default: return never(fact)
  }
}

function commented(call: AndonView, at: string, { by, comment }: { readonly by: string | null; readonly comment: string | null }): AndonView {
  return comment === null ? call : { ...call, comments: [...call.comments, { at, by, comment }] }
}

export type AndonStatistics = DataOf<'andon_status'>['andon_statistics']

/** Of the calls raised in a period that has just ended, in which the line made so many parts. */
export function andonStatistics(calls: readonly AndonView[], from: Instant, to: Instant, partsCount: number): AndonStatistics {
  const byType: Record<string, number> = {}
  for (const call of calls) byType[call.andon_type] = (byType[call.andon_type] ?? 0) + 1
  const open = calls.filter((call) => call.status !== 'resolved')
  const escalated = calls.filter((call) => call.escalation.response > 0 || call.escalation.resolution > 0).length
  return {
    window: { from: rfc3339(from), to: rfc3339(to) },
    total: calls.length, active: open.length, resolved: calls.length - open.length, unseen: calls.filter(({ unseen }) => unseen).length, by_type: byType,
    response_seconds: spread(calls.map((call) => secondsBetween(call.raised_at, call.acknowledged_at))),
    resolution_seconds: spread(calls.map((call) => secondsBetween(call.raised_at, call.resolved_at))),
    escalation_rate: ratio(escalated, calls.length),
    escalation_rates: { response: ratesByLevel(calls, 'response'), resolution: ratesByLevel(calls, 'resolution') },
    answered_within_target: shareInTime(calls.map((call) => ({ ...call, by: call.acknowledge_by, done: answeredAt(call) })), to),
    resolved_within_target: shareInTime(calls.map((call) => ({ ...call, by: call.resolve_by, done: call.resolved_at })), to),
    fixed_position: fixedPosition(calls),
    per_hour: ratio(calls.length, (to - from) / HOUR_MS), per_1000_parts: ratio(calls.length, partsCount / 1_000),
    repeats: calls.reduce((sum, { repeats }) => sum + repeats, 0), again_within_hour: againWithinHour(calls),
    oldest_open_seconds: open.length === 0 ? null : Math.max(...open.map(({ raised_at }) => to - Date.parse(raised_at))) / 1_000,
  }
}

/** Of the pulls of a cord: what was mended before the fixed position, and what stopped the line. One that is still in its grace is neither yet. */
function fixedPosition(calls: readonly AndonView[]): AndonStatistics['fixed_position'] {
  const pulls = calls.filter(({ fixed_position: fixed }) => fixed !== undefined)
  const lineStops = pulls.filter(({ fixed_position: fixed }) => fixed!.line_stopped_at !== null).length
  const cancelled = pulls.filter(({ status, fixed_position: fixed }) => status === 'resolved' && fixed!.line_stopped_at === null).length
  return { pulls: pulls.length, cancelled, line_stops: lineStops, cancelled_share: ratio(cancelled, cancelled + lineStops) }
}

const HOUR_MS = 3_600_000
const ratio = (part: number, whole: number): number | null => whole > 0 ? part / whole : null

/** Whoever comes without having said so has answered too. */
const answeredAt = ({ acknowledged_at, attended_at }: AndonView): string | null =>
  acknowledged_at === null || attended_at === null ? acknowledged_at ?? attended_at : acknowledged_at < attended_at ? acknowledged_at : attended_at

interface Due { readonly by: string; readonly done: string | null; readonly resolved_at: string | null }

/** What is neither done nor late says nothing yet; nor does a call whose cause went away before anybody was late. */
function shareInTime(dues: readonly Due[], now: Instant): number | null {
  const decided = dues.filter(({ by, done, resolved_at }) => done !== null || Date.parse(by) < (resolved_at === null ? now : Date.parse(resolved_at)))
  return ratio(decided.filter(({ by, done }) => done !== null && Date.parse(done) <= Date.parse(by)).length, decided.length)
}

function ratesByLevel(calls: readonly AndonView[], ladder: keyof AndonView['escalation']): number[] {
  const highest = calls.reduce((level, { escalation }) => Math.max(level, escalation[ladder]), 0)
  return Array.from({ length: highest }, (_, level) => calls.filter(({ escalation }) => escalation[ladder] > level).length / calls.length)
}

/** The same trouble at the same place so soon after it was called done was not done. */
function againWithinHour(calls: readonly AndonView[]): number {
  const endedAt = new Map<string, number>()
  return calls.toSorted((one, other) => Date.parse(one.raised_at) - Date.parse(other.raised_at)).filter((call) => {
    const place = `${call.line} ${call.equipment_code ?? ''} ${call.andon_type}`
    const before = endedAt.get(place)
    if (call.resolved_at !== null) endedAt.set(place, Date.parse(call.resolved_at))
    return before !== undefined && Date.parse(call.raised_at) - before <= HOUR_MS
  }).length
}

const secondsBetween = (from: string, to: string | null): number | null => to === null ? null : (Date.parse(to) - Date.parse(from)) / 1_000

/** Median and 90th percentile of what is known, between neighbours in proportion (Hyndman and Fan, type 7). */
function spread(values: readonly (number | null)[]): { p50: number | null; p90: number | null } {
  const sorted = values.filter((value) => value !== null).sort((one, other) => one - other)
  const quantile = (share: number): number | null => {
    if (sorted.length === 0) return null
    const position = share * (sorted.length - 1)
    const below = sorted[Math.floor(position)]!
    const above = sorted[Math.ceil(position)]!
    return below + (above - below) * (position - Math.floor(position))
  }
  return { p50: quantile(0.5), p90: quantile(0.9) }
}
