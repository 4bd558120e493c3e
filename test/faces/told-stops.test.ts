import t from 'tap'
import { watchEdits } from '../../src/analysis/edits.js'
import { type Instant, later, rfc3339 } from '../../src/base/units.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import { plannedMsOf } from '../../src/contract/losses.js'
import { isRefusal } from '../../src/contract/refusals.js'
import { sumLosses } from '../../src/core/losses/losses.js'
import { lostMsAt, openStops } from '../../src/core/rules/stops.js'
import { toldStops } from '../../src/faces/api/told-stops.js'
import { START, type Said, command, plant, shift, signals, solved } from '../support/edited-shift.js'

/** Facts page by page, as a journal gives them. */
const journalOf = (facts: readonly Fact[]) => ({
  config: plant,
  facts: async ({ after = 0, limit, types }: { after?: number; limit: number; types?: readonly string[] }) => facts.filter((fact) => fact.seq > after && types?.includes(fact.type) === true).slice(0, limit),
})

t.test('what history says of the stops of a shift is what the line itself knows, to the millisecond, whatever people made of them', async (t) => {
  const done = new Map<string, number>()
  for (let seed = 1; seed <= 6; seed++) {
    const all = shift(seed)
    // Looked at in the middle too, where something may stand.
    for (const until of [START + 3 * 3_600_000 + seed * 60_000, Infinity]) {
      const { facts, lines, to } = solved(all.filter(({ at }) => at <= until))
      const line = lines.get('L1')!
      const told = await toldStops(journalOf(facts), { from: START, asOf: to, page: 7 })
      if (isRefusal(told)) throw new Error(told.message)
      const known = [...line.stops, ...openStops(line)].map((stop) => ({
        stop_id: stop.id, from: rfc3339(stop.from), to: stop.to === null ? null : rfc3339(stop.to), reason: stop.reason?.code ?? null, revision: stop.revision,
        ms: stop.to === null ? null : lostMsAt(line, stop, to),
      }))
      const said = told.map(({ stop_id, from, to: ended, reason, revision, seconds }) =>
        ({ stop_id, from, to: ended, reason: reason?.code ?? null, revision, ms: ended === null ? null : Math.round(seconds * 1_000) }))
      const byName = <T extends { stop_id: string }>(stops: readonly T[]): T[] => stops.toSorted((one, other) => (one.stop_id < other.stop_id ? -1 : 1))
      t.strictSame(byName(said), byName(known), `shift ${seed}`)
      for (const fact of facts) {
        const what = fact.type === 'downtime_updated' ? fact.body.change : fact.type
        done.set(what, (done.get(what) ?? 0) + 1)
      }
    }
  }
  for (const change of ['split', 'merge', 'reason', 'seen', 'downtime_resolved']) t.ok((done.get(change) ?? 0) >= 5, `${change} came often enough: ${done.get(change)}`)
})

t.test('what edits took out of planned time, less what they gave back, is all that stands outside it for a reason', async (t) => {
  const times = { removed: 0, returned: 0 }
  for (let seed = 1; seed <= 6; seed++) {
    // Blind time that is declared to be a stop was no planned time before, and an edit that finds it so takes nothing.
    const { facts, to } = solved(shift(seed).filter(({ body }) => !('command' in body) || (body.command as { name: string }).name !== 'gap_declare'))
    const edits = watchEdits()
    const stops = await toldStops(journalOf(facts), { from: START, asOf: to, watch: edits.hear })
    if (isRefusal(stops)) throw new Error(stops.message)
    const { removed, returned, removed_by } = edits.sums(stops)
    const outside = stops.filter(({ reason }) => reason?.category === 'excluded').reduce((sum, { seconds }) => sum + seconds, 0)
    t.equal(Math.round((removed.seconds - returned.seconds) * 1_000), Math.round(outside * 1_000), `shift ${seed}`)
    t.strictSame(removed_by, removed.edits === 0 ? [] : [{ by: 'ana', ...removed }])
    times.removed += removed.edits
    times.returned += returned.edits
  }
  t.ok(times.removed > 5 && times.returned > 1, `${times.removed} edits took time away, ${times.returned} gave it back`)
})

t.test('an edit of a stop that stands takes all the time it lasts, under whatever name, and planned time shrinks by as much', async (t) => {
  const minute = (minutes: number) => later(START, minutes * 60_000)
  const told = async (...edits: Said[]) => {
    const { facts, lines, to } = solved([signals(START, true), signals(minute(10), false), signals(minute(30), true), signals(minute(40), true), ...edits])
    const watch = watchEdits()
    const stops = await toldStops(journalOf(facts), { from: START, asOf: to, watch: watch.hear })
    const line = lines.get('L1')!
    return { ...watch.sums(isRefusal(stops) ? [] : stops), plannedMs: plannedMsOf(sumLosses(line.equipment[0]!.losses, START, minute(40), line.plan).ms) }
  }
  const none = await told()
  t.match(none, { removed: { edits: 0, seconds: 0 }, removed_by: [] })
  const one = await told(command(minute(12), 'stop_reason', { stop_id: 'L1-S1', reason: 'NONE' }), command(minute(20), 'stop_split', { stop_id: 'L1-S1', at: rfc3339(minute(18)) }))
  t.match(one, { removed: { edits: 1, seconds: 1_200 }, returned: { edits: 0 }, removed_by: [{ by: 'ana', edits: 1, seconds: 1_200 }] })
  t.equal(none.plannedMs - one.plannedMs, 1_200_000)
  const planned = await told(command(minute(35), 'stop_reason', { stop_id: 'L1-S1', reason: 'CLEAN' }))
  t.match(planned, { removed: { edits: 0 }, plannedMs: none.plannedMs }, 'planned stops stay in planned time')
})

t.test('a blind time is told anew while the line remembers where it began, and refused with how far that is', async (t) => {
  const HOUR_MS = 3_600_000
  const [blind, seen] = [later(START, HOUR_MS), later(START, 2 * HOUR_MS)]
  const asked = (at: Instant, about: Instant) => {
    const { facts, refusals } = solved([signals(START, true), signals(blind, null), signals(seen, true), signals(later(seen, 30 * HOUR_MS), false), signals(later(seen, 31 * HOUR_MS), true), command(at, 'gap_declare', { at: rfc3339(about), as: 'running' })])
    return { declared: facts.filter(({ type }) => type === 'gap_declared').length, refusals: refusals.map(({ refusal }) => refusal) }
  }
  t.match(asked(later(blind, 35 * HOUR_MS), later(blind, 60_000)), { declared: 1, refusals: [] })
  const [refusal] = asked(later(blind, 38 * HOUR_MS), later(blind, 60_000)).refusals
  t.match(refusal, { refused: 'GAP_FORGOTTEN' })
  const knownFrom = refusal!.details.find(({ path }) => path === 'known_from')!.message
  t.ok(Date.parse(knownFrom) > blind, `memory reaches to ${knownFrom}`)
  t.match(asked(later(blind, 38 * HOUR_MS), later(seen, 20 * HOUR_MS)).refusals, [{ refused: 'GAP_UNKNOWN' }], 'where nobody was blind, that is what is said')
})
