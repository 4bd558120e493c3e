import t from 'tap'
import fc from 'fast-check'
import { limits } from '../../src/base/limits.js'
import { type Instant, instant, rfc3339 } from '../../src/base/units.js'
import type { Draft } from '../../src/contract/events/catalogue.js'
import type { Input } from '../../src/contract/inputs.js'
import { type LossRow, plannedMsOf } from '../../src/contract/losses.js'
import { keyOf } from '../../src/core/losses/lossbook.js'
import { apply } from '../../src/core/apply.js'
import { flush, solve } from '../../src/core/line.js'
import { openLine, snapshotOf } from '../../src/core/snapshot.js'
import { sumLosses } from '../../src/core/losses/losses.js'
import type { Line } from '../../src/core/memory/memory.js'
import { lostMsAt } from '../../src/core/rules/stops.js'
import { at, commandOf, durable, planOf, story } from './story.js'
import { cases } from '../support/cases.js'

const plan = planOf({ bagger: 'jobs: { auto_start: true, auto_complete: true }\nstartup_good_parts: 3', rest: 'andon: { stop_longer: 2m, faults: [{ severity: high, count: 1, within: 2m, priority: high }] }' })

type Happening = { readonly kind: 'signals'; readonly equipment: string; readonly signals: Record<string, boolean | bigint | null> } | { readonly kind: 'parts'; readonly equipment: string; readonly parts: number } | { readonly kind: 'command'; readonly words: string }
const equipment = fc.constantFrom('fil', 'bag', 'pal')
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('parts' as const), equipment, parts: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('signals' as const), equipment, signals: fc.constantFrom<Record<string, boolean | bigint | null>>({ running: true }, { running: false }, { running: null }, { fault_word: 32n }, { fault_word: 2n }, { fault_word: 0n }, { starved: true }, { starved: false }, { changeover: true }, { changeover: false }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('command' as const), words: fc.constantFrom('changeover_start', 'changeover_start {to_job_id: J1}', 'changeover_complete', 'job_create {job_id: J1, quantity: 20}', 'job_assign {job_id: J1}', 'job_pause', 'job_resume', 'job_cancel', 'andon_raise {event_type: safety}', 'andon_acknowledge {andon_id: L1-A1}', 'andon_resolve {andon_id: L1-A1}', 'stop_reason {stop_id: L1-S1, reason: CLEANING}', 'counts_correct {good: 2, reason: found}') }) },
)
const shift = fc.array(fc.tuple(fc.integer({ min: 1, max: 240 }), happening), { minLength: 5, maxLength: 40 })

/** Lives through what happens, a beat before each; every part is counted on a 16-bit counter that begins near its top. */
function live(happenings: readonly (readonly [number, Happening])[], from = at('09:00:00')): { line: Line; facts: Draft[]; truth: Record<string, number>; now: Instant } {
  let line = openLine(plan, null, [])
  const facts: Draft[] = []
  const truth: Record<string, number> = { fil: 0, bag: 0, pal: 0 }
  const feed = (input: Input) => { const solved = solve(line, input); line = solved.line; facts.push(...solved.drafts) }
  let now: Instant = from
  for (const code of Object.keys(truth)) feed({ kind: 'sample', at: now, equipment: code, signals: { running: true, total_count: 4_294_967_290, reject_count: 0 } })
  for (const [seconds, what] of happenings) {
    now = instant(now + seconds * 1_000)
    feed({ kind: 'beat', at: now })
    if (what.kind === 'command') feed({ kind: 'command', at: now, command: commandOf(what.words, 'bag', now) })
    else if (what.kind === 'signals') feed({ kind: 'sample', at: now, equipment: what.equipment, signals: what.signals })
    else {
      truth[what.equipment]! += what.parts
      feed({ kind: 'sample', at: now, equipment: what.equipment, signals: { total_count: (4_294_967_290 + truth[what.equipment]!) % 2 ** 32 } })
    }
  }
  const last = flush(line, now)
  return { line: last.line, facts: [...facts, ...last.drafts], truth, now }
}

t.setTimeout(600_000)

/** Claims about one life, which is lived once for all of them: living it takes longer than asking. Throws with the name of the first that does not hold. */
function hold(claims: Readonly<Record<string, boolean>>): void {
  for (const [claim, isSo] of Object.entries(claims)) if (!isSo) throw new Error(`it is not so that ${claim}`)
}

t.test('18, 21, 25: every part is written down once, a line restarted at any fact is the line that lived through it, and every stop and call is told once, with all the time that the equipment stood', async (t) => {
  fc.assert(fc.property(shift, fc.double({ min: 0, max: 1, noNaN: true }), (happenings, share) => {
    const { line, facts, truth, now } = live(happenings)
    const cut = Math.floor(facts.length * share)
    const before = facts.slice(0, cut).reduce(apply, openLine(plan, null, []))
    const restarted = facts.slice(cut).reduce(apply, openLine(plan, snapshotOf(before), []))
    const opened = facts.flatMap((fact) => (fact.type === 'downtime_event' ? [fact.body.stop_id] : fact.type === 'andon_event' ? [fact.body.andon_id] : []))
    const ended = facts.flatMap((fact) => (fact.type === 'downtime_resolved' ? [fact.body.stop_id] : fact.type === 'andon_resolved' ? [fact.body.andon_id] : []))
    hold({
      'a line restarted at any fact is the line that lived through it': JSON.stringify(durable(restarted)) === JSON.stringify(durable(line)),
      'every part is written down once, whatever else happens':
        Object.entries(truth).every(([code, made]) => made === facts.reduce((sum, fact) => sum + (fact.type === 'count_recorded' && fact.equipment === code ? fact.body.total : 0), 0)),
      'stops and calls open once and end once, under ids of their own': new Set(opened).size === opened.length && new Set(ended).size === ended.length && ended.every((id) => opened.includes(id)),
      'no two changes trade places': ['fil', 'bag', 'pal'].every((code) => facts.filter((fact) => fact.type === 'state_changed' && fact.equipment === code).every((fact, n, all) => n === 0 || fact.at >= all[n - 1]!.at)),
      'stops by their facts are the time in which the equipment stood: every stop once, whatever it crosses': line.equipment.every((one) => {
        const stops = [...line.stops, ...line.equipment.flatMap(({ stop }) => stop ?? [])].filter((stop) => stop.equipment === one.code)
        const { ms } = sumLosses(one.losses, at('06:00:00'), now, plan)
        return stops.reduce((sum, stop) => sum + lostMsAt(line, stop, now), 0) === ms.unplanned + ms.external + ms.planned + ms.changeover + ms.micro_stop
      }),
    })
  }), cases)
  t.pass()
})

t.test('20: parts of A, P and Q were made in planned time, and those outside of it or out of sight are the others', async (t) => {
  const seen = { planned: 0, offSchedule: 0, recovered: 0 }
  fc.assert(fc.property(shift, (happenings) => {
    // Into a break and out of it, also with readings on its very edge. Of parts that a person adds nobody knows when they were made.
    const { line, truth, now } = live(happenings.filter(([, what]) => what.kind !== 'command' || !what.words.startsWith('counts_correct')), at('09:55:00'))
    const end = instant(now + 600_000)
    const closed = solve(line, { kind: 'beat', at: end }).line
    return closed.equipment.every(({ code, losses }) => {
      const all = [...losses.book.rows(instant(0), end)]
      const masked = [...new Set(all.map(({ minute }) => minute))].map((minute) => {
        const rows = all.filter((row) => row.minute === minute)
        const sumOf = (leaf: (row: LossRow) => number) => rows.reduce((sum, row) => sum + leaf(row), 0)
        const planned = sumOf(({ parts }) => parts.good + parts.startup_reject + parts.production_reject)
        const offSchedule = sumOf(({ parts }) => parts.off_schedule)
        const recovered = sumOf(({ parts }) => parts.recovered)
        seen.planned += planned
        seen.offSchedule += offSchedule
        seen.recovered += recovered
        const isMasked = (planned === 0 || sumOf(({ ms }) => plannedMsOf(ms)) > 0) && (offSchedule === 0 || sumOf(({ ms }) => ms.schedule_loss + ms.no_order) > 0) && (recovered === 0 || sumOf(({ ms }) => ms.no_data) > 0)
        return isMasked ? planned + offSchedule + recovered : NaN
      })
      return masked.reduce((sum, parts) => sum + parts, 0) === truth[code]!
    })
  }), cases)
  t.ok(seen.planned > 0 && seen.offSchedule > 0 && seen.recovered > 0, JSON.stringify(seen))
})

/* ── what waits, and what fails ──────────────────────────────────────────────────────────────── */

const word = fc.constantFrom<Record<string, boolean | bigint>>({ running: true }, { running: false }, { fault_word: 32n }, { fault_word: 2n }, { fault_word: 0n }, { starved: true }, { starved: false }, { blocked: true }, { blocked: false })
const standing = fc.array(fc.tuple(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 150 })), fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('signals' as const), equipment, signals: word }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('command' as const), words: fc.constantFrom('stop_reason {stop_id: L1-S1, reason: CLEANING}', 'stop_reason {stop_id: L1-S2, reason: OTHER}', 'stop_merge {stop_id: L1-S1, with: L1-S2}', 'stop_merge {stop_id: L1-S2, with: L1-S3}') }) },
)), { minLength: 10, maxLength: 40 })

/** Each stop that has ended, as it was told then, with the states it went through. */
function stopsOf(facts: readonly Draft[]) {
  return facts.flatMap((fact) => {
    if (fact.type !== 'downtime_resolved') return []
    const { stop_id: id, from, cause, reason, lost_seconds: lost, micro } = fact.body
    const states = facts.flatMap((one) => (one.type === 'state_changed' && one.equipment === fact.equipment && rfc3339(one.at) >= from && one.at < fact.at ? [one.body.state] : []))
    return [{ id, equipment: fact.equipment, from, to: rfc3339(fact.at), cause, reason, lost, micro, states }]
  })
}

t.test('7.1: what waits and what has a fault of its own are stops side by side, a fault explains one of them, and each has its own length and call', async (t) => {
  let divided = 0
  fc.assert(fc.property(standing, (happenings) => {
    const { line, facts, now } = live(happenings)
    const stops = stopsOf(facts)
    const apart = stops.every(({ states, cause, reason }) => {
      if (reason?.category === 'planned') return true
      if (states.includes('starved') && states.includes('blocked')) return false
      const [fails, waits] = [states.indexOf('faulted'), states.findIndex((state) => state === 'starved' || state === 'blocked')]
      return fails === -1 || waits === -1 || (fails > waits && cause?.fault !== null)
    })
    const sideBySide = stops.every((stop, n) => {
      const before = stops.findLast((one, m) => m < n && one.equipment === stop.equipment)
      if (before?.to !== stop.from) return true
      divided++
      const fault = stop.cause?.fault ?? null
      return fault === null || fault !== before.cause?.fault || facts.some((fact) => fact.type === 'plc_fault' && fact.equipment === stop.equipment && fact.body.fault === fault && rfc3339(fact.at) > before.from)
    })
    const byLength = stops.every(({ from, to, lost, micro }) => lost * 1_000 === Date.parse(to) - Date.parse(from) && micro === lost < 120)
    const called = line.andons.filter(({ source }) => source === 'stop').every(({ equipment: of, stopId, raisedAt, resolvedAt }) => {
      const ended = stops.find(({ id }) => id === stopId)
      return ended === undefined ? resolvedAt === null && line.equipment.some(({ code, stop }) => code === of && stop?.id === stopId) : resolvedAt !== null && rfc3339(resolvedAt) === (ended.to < rfc3339(raisedAt) ? rfc3339(raisedAt) : ended.to)
    })
    const tiles = line.equipment.every((one) => {
      const { ms } = sumLosses(one.losses, at('09:00:00'), now, plan)
      const stood = facts.filter((fact) => fact.type === 'state_changed' && fact.equipment === one.code)
      const truth = stood.reduce((sum, fact, n) => sum + (fact.type === 'state_changed' && fact.body.state !== 'running' ? (stood[n + 1]?.at ?? now) - fact.at : 0), 0)
      return ms.running === now - at('09:00:00') - truth && ms.unplanned + ms.external + ms.planned + ms.micro_stop === truth
    })
    return apart && sideBySide && byLength && called && tiles
  }), cases)
  t.ok(divided > 0, `${divided} stops were divided`)
})

story(t, 'a line below its threshold for too long alerts once, and clears above a higher mark', `
  06:00:00  running total=0 reject=0       state_changed
  06:00:00  pal: running total=0 reject=0  state_changed
  06:06:30  -                              oee_alert critical window=shift below_since=06:01:00 @06:06:00
  06:07:00  total=420
  06:07:00  pal: total=420
  06:08:30  -                              oee_alert_cleared lasted_seconds=120 @06:08:00
`, { line: 'oee_alert: { below: 0.7, for: 5m, clear_above: 0.72, window: shift }' })

story(t, 'an alert that turns critical says so, once; it cleared is one alert', `
  06:00:00  running total=0 reject=0       state_changed
  06:00:00  pal: running total=0 reject=0  state_changed
  06:00:50  total=39
  06:00:50  pal: total=39
  06:01:50  total=78
  06:01:50  pal: total=78
  06:02:50  total=117
  06:02:50  pal: total=117
  06:03:50  total=156
  06:03:50  pal: total=156
  06:04:50  total=195
  06:04:50  pal: total=195
  06:05:50  total=234
  06:05:50  pal: total=234
  06:06:30  -                              oee_alert warning window=shift below_since=06:01:00 @06:06:00
  06:07:30  -                              oee_alert critical window=shift below_since=06:01:00 @06:07:00
  06:08:30  -
  06:08:50  total=540
  06:08:50  pal: total=540
  06:09:30  -                              oee_alert_cleared lasted_seconds=180 @06:09:00
`, { line: 'oee_alert: { below: 0.7, for: 5m, clear_above: 0.72, window: shift }' })

story(t, 'closed hours, shifts and jobs are recorded once', `
  13:00:00  running total=0 reject=0  state_changed
  14:00:00  -                         oee_recorded hour of=fil, oee_recorded hour of=bag, oee_recorded hour of=pal, oee_recorded hour of=null, oee_recorded shift of=fil, oee_recorded shift of=bag, oee_recorded shift of=pal, oee_recorded shift key=2026-03-24/early of=null
  14:10:00  -
`)

/* ── the gateway goes away and comes back ────────────────────────────────────────────────────── */

const started = (time: string, seen: string): Draft => ({
  type: 'gateway_started', at: at(time), line: null, equipment: null, body: { version: '1', config: 1, previous_epoch: null, last_seen: `2026-03-24T${seen}.000Z`, clean: false },
})
const alerting = planOf({ line: 'oee_alert: { below: 0.7, for: 5m, clear_above: 0.72, window: shift }' })

/** A line that ran from six o'clock on, as a turn by turn journal keeps it; `feed` goes on with it. `recalled` is a start before it tells of itself. */
function running(plan = alerting, total = 0): { feed: (input: Input) => readonly Draft[]; recalled: () => void; restart: (time: string, seen: string) => void; rows: () => readonly LossRow[] } {
  let line = openLine(plan, null, [])
  const rows = new Map<string, LossRow>()
  const feed = (input: Input): readonly Draft[] => {
    const solved = solve(line, input)
    line = solved.line
    for (const row of solved.rows) rows.set(`${row.equipment} ${keyOf(row)}`, row)
    return solved.drafts
  }
  for (const code of ['fil', 'bag', 'pal']) feed({ kind: 'sample', at: at('06:00:00'), equipment: code, signals: { running: true, total_count: total, reject_count: 0 } })
  const recalled = (): void => { line = openLine(plan, snapshotOf(line), [...rows.values()]) }
  return { feed, recalled, restart: (time, seen) => { recalled(); line = apply(line, started(time, seen)) }, rows: () => [...rows.values()] }
}
const beats = (feed: (input: Input) => readonly Draft[], from: string, to: string): Draft[] => {
  const drafts: Draft[] = []
  for (let now = at(from); now <= at(to); now = instant(now + 1_000)) drafts.push(...feed({ kind: 'beat', at: now }))
  return drafts
}

t.test('since when a line is below its threshold is known after a restart', async (t) => {
  const { feed, restart } = running()
  beats(feed, '06:00:01', '06:04:30')
  restart('06:04:33', '06:04:30')
  for (const code of ['fil', 'bag', 'pal']) feed({ kind: 'sample', at: at('06:04:33'), equipment: code, signals: { running: true, total_count: 0, reject_count: 0 } })
  const alert = beats(feed, '06:04:34', '06:07:00').find((fact) => fact.type === 'oee_alert')
  t.match(alert, { at: at('06:06:00'), body: { below_since: '2026-03-24T06:01:00.000Z' } })
})

t.test('parts made while the gateway was off are counted once, although its clock was set back meanwhile', async (t) => {
  const { feed, restart } = running()
  beats(feed, '06:00:01', '06:04:10')
  feed({ kind: 'sample', at: at('06:04:10'), equipment: 'bag', signals: { total_count: 250 } })
  beats(feed, '06:04:11', '06:05:01')
  feed({ kind: 'clock', at: at('06:05:01'), byMs: -7_200_000 })
  restart('04:05:01', '06:05:01')
  const drafts = [...beats(feed, '04:05:01', '04:05:01'), ...feed({ kind: 'sample', at: at('04:05:02'), equipment: 'bag', signals: { running: true, total_count: 1_250 } }), ...beats(feed, '04:05:03', '04:07:01')]
  const parts = drafts.reduce((sum, fact) => sum + (fact.type === 'count_recorded' && fact.equipment === 'bag' ? fact.body.total : 0), 0)
  t.equal(parts, 1_000)
})

t.test('parts that are told by the first sample after a start stand in the rows, although the rows of their minutes were written before it', async (t) => {
  const { feed, recalled, rows } = running(planOf(), 2 ** 32 - 6)
  beats(feed, '06:00:01', '06:06:30')
  // A counter that goes round is written down at once, over the time since its last record.
  recalled()
  const told = feed({ kind: 'sample', at: at('06:06:31'), equipment: 'bag', signals: { running: true, total_count: 30, reject_count: 0 } })
  t.match(told.filter(({ type }) => type === 'count_recorded'), [{ body: { from: '2026-03-24T06:00:00.000Z', total: 36 } }])
  beats(feed, '06:06:32', '06:08:00')
  const good = rows().filter(({ equipment }) => equipment === 'bag').map(({ minute, parts }) => [rfc3339(minute).slice(11, 16), parts.good])
  t.strictSame(good.filter(([, parts]) => parts !== 0), [['06:00', 6], ['06:01', 5], ['06:02', 6], ['06:03', 5], ['06:04', 6], ['06:05', 5], ['06:06', 3]])
})

t.test('a start behind days of facts without a snapshot keeps the bounds of a life, and is the line that lived them', async (t) => {
  let line = openLine(plan, null, [])
  const facts: Draft[] = []
  const rows: LossRow[] = []
  const feed = (input: Input) => { const solved = solve(line, input); line = solved.line; facts.push(...solved.drafts); rows.push(...solved.rows) }
  const start = at('06:00:00')
  const end = instant(start + 3 * 86_400_000)
  for (let now = start; now < end; now = instant(now + 30_000)) {
    feed({ kind: 'sample', at: now, equipment: 'bag', signals: { running: (now - start) % 60_000 === 0, total_count: (now - start) / 6_000 } })
    feed({ kind: 'beat', at: now })
  }
  const opened = openLine(plan, null, rows, facts)
  const spans = (of: Line) => of.equipment[1]!.losses.timeline.states.length
  t.ok(facts.filter(({ type }) => type === 'state_changed').length > 8_000, 'the line chattered')
  t.ok(spans(opened) < 2 * limits.timelineSpansMax + 2, `${spans(opened)} spans`)
  const told = (of: Line) => JSON.stringify(of.equipment.map((one) => sumLosses(one.losses, instant(end - 1.4 * 86_400_000), end, plan)))
  t.equal(told(opened), told(line))
  t.strictSame(durable(opened), durable(line))
  const [goesOn, wentOn] = [opened, openLine(plan, snapshotOf(line), rows)].map((of) => solve(of, { kind: 'beat', at: instant(end + 90_000) }))
  t.strictSame(goesOn!.rows, wentOn!.rows)
  t.ok(spans(goesOn!.line) <= limits.timelineSpansMax)
})

t.test('a restart within a minute is blind for as long as it lasted, and no longer', async (t) => {
  const { feed, restart } = running()
  beats(feed, '06:00:01', '06:04:10')
  restart('06:04:20', '06:04:10')
  const drafts = [...beats(feed, '06:04:20', '06:04:20'), ...feed({ kind: 'sample', at: at('06:04:21'), equipment: 'bag', signals: { running: true } })]
  t.match(drafts.filter((fact) => fact.type === 'state_changed' && fact.equipment === 'bag'), [{ at: at('06:04:10'), body: { state: 'unknown' } }, { at: at('06:04:21'), body: { state: 'running' } }])
})

t.test('an hour whose end the wall clock jumps over is told, and once', async (t) => {
  const { feed } = running()
  beats(feed, '06:00:01', '06:59:20')
  feed({ kind: 'clock', at: at('06:59:20'), byMs: 90_000 })
  const told = [...beats(feed, '07:00:50', '07:03:00')].filter((fact) => fact.type === 'oee_recorded' && fact.equipment === null)
  t.match(told, [{ body: { interval: 'hour', key: '2026-03-24T06:00:00.000Z', revision: 0 } }])
  t.equal(told.length, 1)
})

t.test('hours that end while the gateway is away are told when it is back, in every shift', async (t) => {
  const { feed, restart } = running(planOf())
  beats(feed, '06:00:01', '06:30:00')
  restart('15:10:00', '06:30:00')
  const hours = beats(feed, '15:10:00', '15:11:00').flatMap((fact) => (fact.type === 'oee_recorded' && fact.equipment === null && fact.body.interval === 'hour' ? [fact] : []))
  t.strictSame(hours.map((fact) => fact.body.key.slice(11, 13)), ['06', '07', '08', '09', '10', '11', '12', '13', '14'])
  t.equal(hours[0]!.body.figures.times.no_data, 1_800, 'and half of the first was blind')
})

t.test('parts that are counted when the hour they were made in has been told are in what is told of it again, as in its rows', async (t) => {
  for (const [unseen, nulls] of [['seen as blind', true], ['not read, and not known to be blind', false]] as const) {
    const plan = planOf()
    let line = openLine(plan, null, [])
    const facts: Draft[] = []
    const rows = new Map<string, LossRow>()
    const feed = (input: Input) => {
      const solved = solve(line, input)
      line = solved.line
      facts.push(...solved.drafts)
      for (const row of solved.rows) rows.set(`${row.equipment} ${keyOf(row)}`, row)
    }
    let made = 1_000
    for (let now = at('06:30:00'); now <= at('08:10:00'); now = instant(now + 10_000), made += 10) {
      const isRead = now <= at('06:55:00') || now >= at('07:05:00')
      if (isRead) feed({ kind: 'sample', at: now, equipment: 'bag', signals: nulls && now === at('06:55:00') ? { running: null, total_count: null, reject_count: null } : { running: true, total_count: made, reject_count: 0 } })
      feed({ kind: 'beat', at: instant(now + 500) })
    }
    const hours = facts.flatMap((fact) => (fact.type === 'oee_recorded' && fact.body.interval === 'hour' ? [{ of: fact.equipment, ...fact.body }] : []))
    const told = (of: string | null, hour: string) => hours.filter((one) => one.of === of && one.key === `2026-03-24T${hour}:00:00.000Z`)
    for (const of of ['bag', null]) t.strictSame(told(of, '06').map(({ revision }) => revision), [0, 1], `${of} ${unseen}`)
    for (const of of ['fil', 'pal']) t.strictSame(told(of, '06').map(({ revision }) => revision), [0], of)
    for (const of of ['bag', null]) t.strictSame(told(of, '07').map(({ revision }) => revision), [0], 'what is counted as it is made is told once')
    for (const hour of ['06', '07']) {
      const inRows = [...rows.values()].filter((row) => row.equipment === 'bag' && row.minute >= at(`${hour}:00:00`) && row.minute < at(`${hour}:59:59`))
      const { good, recovered } = told('bag', hour).at(-1)!.figures.counts
      t.strictSame([good, recovered], [inRows.reduce((sum, row) => sum + row.parts.good, 0), inRows.reduce((sum, row) => sum + row.parts.recovered, 0)], `${hour}: ${unseen}`)
    }
    const [first, again] = told('bag', '06').map(({ figures: { counts } }) => counts.good + counts.recovered)
    t.ok(again! > first! + 200, `${again} after ${first}`)
  }
})
