import t from 'tap'
import { andonStatistics, andonsOf } from '../../src/analysis/andons.js'
import { downtimeStatistics } from '../../src/analysis/downtime.js'
import { lostMsIn, recorderWindow, stopsOf, stopsWithin } from '../../src/analysis/stops.js'
import { suggestedReasons } from '../../src/analysis/suggestions.js'
import { targetParts } from '../../src/analysis/target.js'
import { slicesOf } from '../../src/analysis/timeline.js'
import { type Instant, epoch, instant, rfc3339, seq } from '../../src/base/units.js'
import { type Fact, type FactName, type FactOf, catalogue } from '../../src/contract/events/catalogue.js'
import { type LossRow, partCounts, timeLeaves } from '../../src/contract/losses.js'

/** Minutes after 06:00. */
const at = (minutes: number): Instant => instant(Date.parse('2026-03-29T06:00:00Z') + minutes * 60_000)
const microMsOf = (): number => 120_000

let count = 0
function fact<N extends FactName>(type: N, minutes: number, body: object): FactOf<N> {
  // The example of the catalogue fits; what is given replaces members of it.
  return { type, at: at(minutes), line: 'BP01', equipment: 'BP01.BAG', body: { ...catalogue[type].example, ...body }, epoch: epoch('e'), seq: seq(++count), config: 1 } as unknown as FactOf<N>
}

const jam = { code: 'JAM', name: 'Jam', category: 'unplanned', is_failure: true, external: false, source: 'operator', by: 'ana' } as const
const clean = { code: 'CLEANING', name: 'Cleaning', category: 'planned', is_failure: false, external: false, source: 'operator', by: 'ana' } as const
const opened = (id: string, minutes: number, reason: object | null = null): Fact => fact('downtime_event', minutes, { stop_id: id, reason, cause: null })
const ended = (id: string, from: number, to: number, reason: object | null = null, micro = false): Fact =>
  fact('downtime_resolved', to, { stop_id: id, from: rfc3339(at(from)), lost_seconds: (to - from) * 60, reason, micro, cause: null })
const updated = (id: string, minutes: number, body: object): Fact => fact('downtime_updated', minutes, { stop_id: id, cause: null, reason: null, note: null, by: 'ana', to: null, ...body })

function row(minutes: number, ms: Partial<LossRow['ms']>, idealMs = 1_000): LossRow {
  const zeros = <K extends string>(names: readonly K[]): Record<K, number> => Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>
  return { line: 'BP01', equipment: 'BP01.BAG', minute: at(minutes), shift: null, job: null, product: null, idealMs, ms: { ...zeros(timeLeaves), ...ms }, parts: zeros(partCounts), revision: 0 }
}

t.test('a stop is known from its opening, or from its end alone', async (t) => {
  const [whole, half] = stopsOf([opened('S1', 10), ended('S1', 10, 13, jam), ended('S2', -30, 20)], at(60), microMsOf)
  t.match(whole, { stop_id: 'S1', from: rfc3339(at(10)), to: rfc3339(at(13)), seconds: 180, reason: { code: 'JAM' }, micro: false })
  t.match(half, { stop_id: 'S2', from: rfc3339(at(-30)), seconds: 3_000 }, 'it began before the facts we have')
  t.strictSame(stopsOf([updated('S9', 5, { revision: 1, change: 'note', from: rfc3339(at(1)) })], at(60), microMsOf), [], 'an edit alone is no stop')
})

t.test('an open stop grows, and is provisional while it may still become a micro-stop', async (t) => {
  t.match(stopsOf([opened('S1', 10)], at(11), microMsOf), [{ to: null, seconds: 60, provisional: true }])
  t.match(stopsOf([opened('S1', 10)], at(12), microMsOf), [{ to: null, seconds: 120, provisional: false }])
})

t.test('a split tiles the stop, and its second part may turn out a micro-stop', async (t) => {
  const stops = stopsOf([opened('S1', 10), ended('S1', 10, 20), updated('S1', 25, { revision: 1, change: 'split', from: rfc3339(at(10)), to: rfc3339(at(18)), split_off: 'S2' })], at(60), microMsOf)
  t.strictSame(stops.map(({ stop_id, from, to, seconds }) => [stop_id, from, to, seconds]), [['S1', rfc3339(at(10)), rfc3339(at(18)), 480], ['S2', rfc3339(at(18)), rfc3339(at(20)), 120]])
})

t.test('a merge leaves one stop, and a note stands with its author', async (t) => {
  const facts = [
    opened('S1', 10), ended('S1', 10, 12), opened('S2', 12), ended('S2', 12, 15),
    updated('S1', 20, { revision: 1, change: 'merge', from: rfc3339(at(10)), to: rfc3339(at(15)), merged: 'S2' }),
    updated('S1', 21, { revision: 2, change: 'note', from: rfc3339(at(10)), to: rfc3339(at(15)), note: 'knife' }),
  ]
  t.match(stopsOf(facts, at(60), microMsOf), [{ stop_id: 'S1', seconds: 300, revision: 2, notes: [{ at: rfc3339(at(21)), by: 'ana', note: 'knife' }] }])
  t.equal(stopsOf(facts, at(60), microMsOf).length, 1)
})

t.test('a period takes what overlaps it, newest first, and only the part inside', async (t) => {
  const stops = stopsOf([ended('S1', -10, 5), ended('S2', 20, 30), ended('S3', 50, 70), ended('S4', 60, 65)], at(80), microMsOf)
  t.strictSame(stopsWithin(stops, at(0), at(60)).map(({ stop_id }) => stop_id), ['S3', 'S2', 'S1'])
  t.strictSame(stops.map((stop) => lostMsIn(stop, at(0), at(60)) / 60_000), [5, 10, 10, 0])
  t.strictSame(recorderWindow(stops[1]!), { from: at(19.5), to: at(20 + 5 / 60) })
})

t.test('downtime: stops are counted where they began, times come from the rows, MTBF from run time', async (t) => {
  const stops = stopsOf([ended('S0', -20, 10, jam), ended('S1', 20, 30, jam), ended('S2', 35, 37), ended('S3', 38, 38.5, null, true), ended('S4', 40, 46, clean)], at(60), microMsOf)
  const rows = [row(0, { unplanned: 22 * 60_000, planned: 6 * 60_000, running: 31.5 * 60_000, micro_stop: 0.5 * 60_000 })]
  const found = downtimeStatistics(stops, rows, at(0), at(60))
  t.match(found, { events: 3, micro_stops: 1, failures: 1, mttr_minutes: 10, mean_seconds: (600 + 120 + 360) / 3 })
  t.equal(found.total_hours, 28 / 60)
  t.equal(found.mtbf_hours, 32 / 60)
  t.equal(found.reason_coverage, 26 / 28)
  t.match(found.by_category, { unplanned: { seconds: 1_200, events: 2 }, unassigned: { seconds: 120, events: 1 }, planned: { seconds: 360, events: 1 } })
  t.strictSame(found.pareto.map(({ reason, seconds, events }) => [reason, seconds, events]), [['JAM', 1_200, 2], ['unassigned', 120, 1]], 'planned stops are not blamed on anybody')
  t.equal(found.pareto.at(-1)!.cumulative, 1)
})

t.test('downtime of an hour without a stop divides by nothing', async (t) => {
  t.match(downtimeStatistics([], [row(0, { running: 3_600_000 })], at(0), at(60)), { events: 0, mean_seconds: null, mtbf_hours: null, mttr_minutes: null, reason_coverage: null, pareto: [], total_hours: 0 })
})

t.test('an open failure counts, but is not yet mended', async (t) => {
  const stops = stopsOf([opened('S1', 10, jam)], at(60), microMsOf)
  t.match(downtimeStatistics(stops, [row(0, { unplanned: 3_000_000, running: 600_000 })], at(0), at(60)), { failures: 1, mttr_minutes: null, mtbf_hours: 1 / 6 })
})

t.test('a call goes its way from the raise to the end', async (t) => {
  const facts = [
    fact('andon_event', 0, { andon_id: 'L-A1', andon_type: 'material' }), fact('escalation_update', 5, { andon_id: 'L-A1', ladder: 'response', level: 1 }),
    fact('andon_updated', 6, { andon_id: 'L-A1', repeats: 2, comment: 'still', by: 'ana' }), fact('andon_acknowledged', 7, { andon_id: 'L-A1', by: 'ben' }),
    fact('andon_attended', 9, { andon_id: 'L-A1', by: 'ben' }), fact('andon_resolved', 20, { andon_id: 'L-A1', by: 'ben', comment: 'done' }),
    fact('andon_acknowledged', 21, { andon_id: 'L-A0', by: 'ben' }), fact('andon_event', 30, { andon_id: 'L-A2', andon_type: 'quality' }),
  ]
  const calls = andonsOf(facts)
  t.match(calls, [{
    andon_id: 'L-A1', status: 'resolved', acknowledged_by: 'ben', attended_at: rfc3339(at(9)), resolved_at: rfc3339(at(20)), repeats: 2, escalation: { response: 1, resolution: 0 },
    comments: [{ by: 'ana', comment: 'still' }, { by: 'ben', comment: 'done' }],
  }, { andon_id: 'L-A2', status: 'raised' }])
  t.equal(calls.length, 2, 'a call whose raise is not among the facts is left out')
  t.match(andonStatistics(calls, at(0), at(60), 4_000), { total: 2, active: 1, resolved: 1, by_type: { material: 1, quality: 1 }, response_seconds: { p50: 420, p90: 420 }, resolution_seconds: { p50: 1_200 }, escalation_rate: 0.5 })
})

t.test('quantiles lie between their neighbours in proportion', async (t) => {
  const calls = [10, 20, 30, 40, 50].flatMap((seconds, i) => [fact('andon_event', 0, { andon_id: `L-A${i}` }), fact('andon_acknowledged', seconds / 60, { andon_id: `L-A${i}` })])
  t.strictSame(andonStatistics(andonsOf(calls), at(0), at(60), 0).response_seconds, { p50: 30, p90: 46 })
  t.match(andonStatistics([], at(0), at(60), 0), { response_seconds: { p50: null, p90: null }, escalation_rate: null })
})

t.test('calls are held to what was promised, and told as shares of hours, parts and repeats', async (t) => {
  const raise = (id: string, minutes: number, body: object = {}) => fact('andon_event', minutes, { andon_id: `L-A${id}`, andon_type: 'material', acknowledge_by: rfc3339(at(minutes + 5)), resolve_by: rfc3339(at(minutes + 20)), ...body })
  const step = <N extends 'andon_acknowledged' | 'andon_attended' | 'andon_resolved'>(type: N, id: string, minutes: number) => fact(type, minutes, { andon_id: `L-A${id}`, by: 'ben' })
  const climb = (id: string, level: number) => fact('escalation_update', 50, { andon_id: `L-A${id}`, ladder: 'response', level })
  const calls = andonsOf([
    raise('1', 0), step('andon_acknowledged', '1', 5), step('andon_resolved', '1', 20), // to the minute
    raise('2', 22, { andon_type: 'quality' }), step('andon_attended', '2', 25), step('andon_resolved', '2', 60), // came at once, ended late
    raise('3', 30), fact('andon_updated', 31, { andon_id: 'L-A3', repeats: 3, comment: null, by: null }), step('andon_resolved', '3', 32), // over before anybody was late
    raise('4', 100), climb('4', 1), climb('4', 2), // nobody answers, and it stays open
    raise('5', 118, { andon_type: 'safety' }), // not late yet
  ])
  t.match(andonStatistics(calls, at(0), at(120), 2_500), {
    answered_within_target: 2 / 3, resolved_within_target: 2 / 3, per_hour: 2.5, per_1000_parts: 2, repeats: 3, again_within_hour: 1, oldest_open_seconds: 1_200, escalation_rates: { response: [0.2, 0.2], resolution: [] },
  }, 'the call of minute 100 came 68 minutes after the one before, and is no repeat of it')
  t.match(andonStatistics([], at(0), at(120), 0), { answered_within_target: null, resolved_within_target: null, per_hour: 0, per_1000_parts: null, repeats: 0, again_within_hour: 0, oldest_open_seconds: null })
})

t.test('a call that ended by itself before anybody came is unseen, and seeing it afterwards answers it for nobody', async (t) => {
  const ended = [fact('andon_event', 0, { andon_id: 'L-A1' }), fact('andon_resolved', 20, { andon_id: 'L-A1', by: null, automatic: true })]
  t.match(andonsOf(ended), [{ status: 'resolved', unseen: true, seen_at: null }])
  t.equal(andonStatistics(andonsOf(ended), at(0), at(60), 0).unseen, 1)
  const seen = andonsOf([...ended, fact('andon_acknowledged', 50, { andon_id: 'L-A1', by: 'ben', response_seconds: null, comment: 'dust' })])
  t.match(seen, [{ status: 'resolved', unseen: false, seen_at: rfc3339(at(50)), seen_by: 'ben', acknowledged_at: null, acknowledged_by: null, comments: [{}, { comment: 'dust' }] }])
  t.match(andonStatistics(seen, at(0), at(60), 0), { unseen: 0, response_seconds: { p50: null }, resolution_seconds: { p50: 1_200 } })
  t.match(andonsOf([ended[0]!, fact('andon_attended', 10, { andon_id: 'L-A1', by: 'ben' }), ended[1]!]), [{ unseen: false }], 'somebody was there')
})

t.test('a timeline tiles its period, whatever is known', async (t) => {
  const change = (minutes: number, state: string, previous: string) => fact('state_changed', minutes, { state, previous })
  const cases: readonly [string, FactOf<'state_changed'>[], (string | number)[][]][] = [
    ['nothing changed', [], [['running', 60]]],
    ['within', [change(10, 'faulted', 'running'), change(20, 'running', 'faulted')], [['running', 10], ['faulted', 10], ['running', 40]]],
    ['only later', [change(90, 'running', 'blocked')], [['blocked', 60]]],
    ['from before, dated back', [change(-5, 'faulted', 'running'), change(30, 'running', 'faulted')], [['faulted', 30], ['running', 30]]],
    ['at both ends', [change(0, 'idle', 'running'), change(60, 'running', 'idle')], [['idle', 60]]],
  ]
  for (const [says, changes, slices] of cases) t.strictSame(slicesOf(changes, 'running', at(0), at(60)).map(({ state, seconds }) => [state, seconds / 60]), slices, says)
})

t.test('the parts of a stop keep its class, and blind time that a person called a stop is one', async (t) => {
  const span = (from: number, to: number | null) => ({ from: rfc3339(at(from)), to: to === null ? null : rfc3339(at(to)) })
  const split = (id: string, from: number, to: number, off: string) => fact('downtime_updated', 30, { stop_id: id, revision: 1, change: 'split', reason: null, cause: null, ...span(from, to), merged: null, split_off: off, note: null, by: 'ana' })
  const stops = stopsOf([
    fact('downtime_event', 0, { stop_id: 'S1', reason: null, cause: null }), fact('downtime_resolved', 10, { stop_id: 'S1', reason: null, cause: null, from: rfc3339(at(0)), lost_seconds: 600, micro: false }),
    split('S1', 0, 1, 'S2'), fact('downtime_event', 20, { stop_id: 'S3', reason: null, cause: null }), split('S3', 20, 21, 'S4'),
    fact('gap_declared', 40, { ...span(12, 15), as: 'stopped', stop_id: 'S5', reason: clean, job_id: null, product: null, shift: null, by: 'ana' }),
    fact('gap_declared', 41, { ...span(16, 17), as: 'running', stop_id: null, reason: null, job_id: null, product: null, shift: null, by: 'ana' }),
  ], at(50), microMsOf)
  t.strictSame(stops.map(({ stop_id, seconds, micro }) => [stop_id, seconds / 60, micro]), [['S1', 1, false], ['S2', 9, false], ['S3', 1, false], ['S4', 29, false], ['S5', 3, false]])
})

t.test('guesses: what people said about the same fault first, never what a rule said', async (t) => {
  const caused = (fault: string) => ({ fault, fault_name: fault, faults: [fault], ambiguous: false, blame: { direction: 'internal', equipment: null } })
  const stop = (id: string, reason: object | null, fault: string) => fact('downtime_event', count, { stop_id: id, reason, cause: caused(fault) })
  const wear = { ...jam, code: 'WEAR', name: 'Wear' }
  const stops = stopsOf([
    stop('S1', jam, 'F1'), stop('S2', wear, 'F2'), stop('S3', wear, 'F2'), stop('S4', clean, 'F2'), stop('S5', { ...jam, source: 'auto', code: 'AUTO' }, 'F1'), stop('S6', null, 'F1'), stop('S7', { ...jam, code: 'X' }, 'F3'),
  ], at(1_000), microMsOf)
  t.match(suggestedReasons(stops[5]!, stops), [
    { reason: 'JAM', name: 'Jam', times: 1, same_fault: true, because: { same_faults: 1, same_fault: 1, same_hour: 1, same_job: 0 }, likelihood: 16 / 24 },
    { reason: 'WEAR', name: 'Wear', times: 2, same_fault: false, because: { same_fault: 0, same_hour: 2 }, likelihood: 4 / 24 },
    { reason: 'CLEANING', name: 'Cleaning', times: 1, same_fault: false, likelihood: 2 / 24 },
  ])
})

t.test('guesses: hour, job and product speak where no fault does, each by the count that is shown', async (t) => {
  const stop = (id: string, minutes: number, reason: object | null, job_id: string | null, product: string | null) => fact('downtime_event', minutes, { stop_id: id, reason, cause: null, job_id, product })
  const wear = { ...jam, code: 'WEAR', name: 'Wear' }
  const day = 24 * 60
  const stops = stopsOf([
    stop('S1', 0, clean, null, null), stop('S2', day + 10, clean, null, null), stop('S3', 300, jam, 'J1', 'P'), stop('S4', 600, wear, null, 'P'), stop('S5', 3 * day - 20, null, 'J1', 'P'),
  ], at(10 * day), microMsOf)
  t.match(suggestedReasons(stops[4]!, stops), [
    { reason: 'CLEANING', times: 2, because: { same_hour: 2, same_job: 0 }, likelihood: 4 / 10 },
    { reason: 'JAM', times: 1, because: { same_hour: 0, same_job: 1, same_product: 1 }, likelihood: 4 / 10 },
    { reason: 'WEAR', times: 1, because: { same_product: 1 }, likelihood: 2 / 10 },
  ])
  t.strictSame(suggestedReasons(stops[0]!, [stops[0]!]), [], 'without a history there is no guess')
})

t.test('a late reason: what was said of the stop directly after is offered for the one that nobody explained, and never more than offered', async (t) => {
  const often = ['A', 'B', 'C'].flatMap((code, i) => Array.from({ length: 9 }, (_, n) => ended(`${code}${n}`, -2_000 + i * 100 + n * 10, -1_995 + i * 100 + n * 10, { ...jam, code, name: code })))
  const wear = { ...jam, code: 'WEAR', name: 'Wear' }
  const codesOf = (...facts: Fact[]) => {
    const stops = stopsOf([...often, ...facts], at(2_000), microMsOf)
    return suggestedReasons(stops.find(({ stop_id }) => stop_id === 'S1')!, stops).filter(({ because }) => because.next_stop > 0).map(({ reason }) => reason)
  }
  const first = ended('S1', 0, 10)
  t.strictSame(codesOf(first, ended('S2', 12, 13, null, true), ended('S3', 20, 30, wear)), ['WEAR'], 'three others were given far more often, and a micro-stop between says nothing')
  t.strictSame(codesOf(first, ended('S2', 20, 30), ended('S3', 31, 40, wear)), [], 'the next one has no reason itself')
  t.strictSame(codesOf(first, ended('S3', 20, 30, { ...wear, source: 'auto', by: null })), [], 'a rule said so, nobody did')
  t.strictSame(codesOf(first, ended('S3', 80, 90, wear)), [], 'much later is not directly')
  t.strictSame(codesOf(ended('S3', -20, -10, wear), first), [], 'the one before is not the one after')
  t.strictSame(codesOf(ended('S1', 0, 10, jam), ended('S3', 20, 30, wear)), [], 'somebody has explained it')
})

t.test('the target grows with planned time, each minute by its own ideal', async (t) => {
  t.equal(targetParts([row(0, { running: 60_000 }), row(1, { unplanned: 60_000 }, 2_000), row(2, { schedule_loss: 60_000 }), row(3, { no_data: 60_000 })], 0.5), 45)
  t.equal(targetParts([row(0, { running: 60_000 }, 0)], 0.85), null)
})
