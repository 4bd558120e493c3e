/*
 * What other programs for this trade got wrong, a test each (feature note 3.1 and 1.7). Those that need more than core are elsewhere:
 * made-up numbers, routes that fail, error codes, sockets and logins in test/faces; a dead PLC beside a live one and tags that are
 * not read any more in test/field; SIGKILL in the middle of a stop in test/stories.
 */

import t from 'tap'
import { instant } from '../../src/base/units.js'
import { apply } from '../../src/core/apply.js'
import { solve } from '../../src/core/line.js'
import { openLine, snapshotOf } from '../../src/core/snapshot.js'
import { figuresOf } from '../../src/core/losses/oee.js'
import { slotAt } from '../../src/core/time/shifts.js'
import { noParts, noTime } from '../../src/core/losses/sums.js'
import { equipmentOee, lineOeeNow } from '../../src/core/memory/oee-now.js'
import { progressView } from '../../src/core/view.js'
import { calendarOf, time } from '../support/machine.js'
import { at, commandOf, planOf, story } from './story.js'

story(t, 'a stop that was left open, over a shift and a blind time, takes in no later stop', `
  13:50:00  running       state_changed running
  13:55:00  stopped       state_changed stopped, downtime_event L1-S1
  14:30:00  running=null  state_changed unknown
  15:00:00  running       state_changed running, downtime_resolved L1-S1
  15:10:00  stopped       state_changed stopped, downtime_event L1-S2
  15:15:00  running       state_changed running, downtime_resolved L1-S2 lost_seconds=300
`)

story(t, 'of two supervisors who explain one stop at once, the second is told that somebody was faster', `
  06:00:00  running  state_changed running
  06:10:00  stopped  state_changed stopped, downtime_event L1-S1
  06:20:00  > stop_reason {stop_id: L1-S1, reason: CLEANING, expected_revision: 0}  downtime_updated revision=1
  06:20:01  > stop_reason {stop_id: L1-S1, reason: OTHER, expected_revision: 0}     refused STALE_REVISION
  06:20:02  > stop_reason {stop_id: L1-S1, reason: OTHER, expected_revision: 1}     downtime_updated revision=2
`)

t.test('a level that has fired does not fire again after a restart', async (t) => {
  const plan = planOf()
  let line = openLine(plan, null, [])
  const feed = (time: string, words = '') => {
    const solved = solve(line, words === '' ? { kind: 'beat', at: at(time) } : { kind: 'command', at: at(time), command: commandOf(words, 'bag', at(time)) })
    line = solved.line
    return solved.drafts.filter((fact) => fact.type === 'escalation_update')
  }
  feed('06:00:00', 'andon_raise {event_type: safety, priority: critical}')
  t.equal(feed('06:02:00').length, 1)
  line = apply(openLine(plan, snapshotOf(line), []), { type: 'gateway_started', at: at('06:02:10'), line: null, equipment: null, body: { version: '1', config: 1, previous_epoch: null, last_seen: '2026-03-24T06:02:05.000Z', clean: false } })
  t.equal(feed('06:02:11').length, 0)
  t.equal(feed('06:04:00').length, 1)
})

t.test('a night shift is of the day it began, in the zone of the plant, and hours line up with the shift', async (t) => {
  const calendar = calendarOf({ day_start: '06:00', shifts: [{ name: 'day', start: '06:00', end: '22:00' }, { name: 'night', start: '22:00', end: '06:00' }] })
  for (const [when, shift] of [
    ['2026-07-01T04:00:00Z', '2026-07-01/day'], ['2026-07-01T03:59:59Z', '2026-06-30/night'], ['2026-07-01T20:00:00Z', '2026-07-01/night'], ['2026-07-01T23:30:00Z', '2026-07-01/night'],
    ['2026-12-31T23:30:00Z', '2026-12-31/night'], ['2026-03-01T04:59:00Z', '2026-02-28/night'],
  ] as const) t.equal(slotAt(calendar, 'Europe/Berlin', time(when)).shift?.id, shift, when)
})

story(t, 'hours are those of the shift, wherever it begins', `
  05:30:00  running  state_changed running
  06:29:00  -
  06:30:00  -        oee_recorded hour of=fil, oee_recorded hour of=bag key=05:30:00 figures.window.to=06:30:00, oee_recorded hour of=pal, oee_recorded hour of=null
`, { rest: 'calendars: { day: { day_start: "05:30", shifts: [{ name: early, start: "05:30", end: "13:30" }] } }' })

t.test('time of which nobody knows anything is neither idle nor running nor stopped', async (t) => {
  const one = openLine(planOf(), null, [])
  const seen = solve(one, { kind: 'sample', at: at('06:00:00'), equipment: 'bag', signals: { running: true, total_count: 5, starved: null } }).line
  const blind = solve(seen, { kind: 'sample', at: at('06:01:00'), equipment: 'bag', signals: { running: null, total_count: null } }).line
  const later = solve(blind, { kind: 'beat', at: at('06:31:00') }).line
  t.equal(later.equipment[1]!.state.current, 'unknown')
  t.equal(later.equipment[1]!.stop, null, 'and no stop is made of it')
})

t.test('lost parts are what the planned time could have made less what is good, and every loss has its share', async (t) => {
  const idealMs = 1_500
  const oee = figuresOf({ ms: { ...noTime, running: 600_000, micro_stop: 30_000, unplanned: 120_000, changeover: 60_000 }, products: [{ product: null, idealMs, ...noParts, good: 300, production_reject: 12, startup_reject: 3 }] },
    { from: instant(0), to: instant(810_000) }, { method: 'equipment', policy: '', judged: true, grades: { world_class: 0.85, good: 0.75, average: 0.6 }, explain: '' })
  const { times: s } = oee
  const lostSeconds = s.unplanned_stop + s.planned_stop + s.micro_stop + s.speed_loss + s.startup_reject + s.production_reject
  t.equal(lostSeconds * 1_000 / idealMs, s.planned_production * 1_000 / idealMs - 300)
})

story(t, 'a count that a person enters replaces what was counted, and is not added to it', `
  06:00:00  running total=0 reject=0                                              state_changed
  06:00:00  > job_create {job_id: J1, quantity: 100}                              job_created
  06:00:00  > job_start {job_id: J1}                                              job_started
  06:01:00  total=50
  06:01:30  > job_complete {good_override: 48, override_reason: two fell off}     counts_corrected good=-2, job_completed good=48
`)

story(t, 'a job that has its quantity completes once, however long the machine goes on; the raw counter is not its count', `
  06:00:00  running total=999990 reject=0               state_changed
  06:00:00  > job_create {job_id: J1, quantity: 10}     job_created
  06:00:00  > job_start {job_id: J1}                    job_started good=0
  06:00:05  total=999995
  06:00:10  total=1000001                               job_completed good=11
  06:00:11  total=1000002
  06:00:12  total=1000003
  06:05:00  -
`, { bagger: 'jobs: { auto_complete: true }' })

story(t, 'so many faults within a time call, and one fewer, or one too late, does not', `
  06:00:00  faults=5
  06:00:30  faults=
  06:05:00  faults=5
  06:05:10  faults=
  06:09:59  faults=5     andon_event L1-A1 source=fault
`, { rest: 'andon: { faults: [{ severity: high, count: 2, within: 5m, priority: high }] }' })

story(t, 'a call without time to answer climbs at once, and can still be taken and ended', `
  06:00:00  > andon_raise {event_type: safety, priority: critical}  andon_event, escalation_update response level=1, escalation_update response level=2, escalation_update response level=3
  06:00:02  > andon_acknowledge {andon_id: L1-A1}  andon_acknowledged
  06:00:03  > andon_resolve {andon_id: L1-A1}      andon_resolved
`, { rest: 'andon: { times: { critical: { acknowledge: 0s, resolve: 15m } } }' })

t.test('of a line that nobody has seen, nothing is known: no figure is made up', async (t) => {
  const unseen = openLine(planOf(), null, [])
  const line = solve(unseen, { kind: 'beat', at: at('06:30:00') }).line
  const nothing = { oee: null, availability: null, performance: null, quality: null, counts: { good: 0, total: 0 } }
  t.match(lineOeeNow(line, 'shift', at('06:30:00')), nothing)
  for (const i of [0, 1, 2]) t.match(equipmentOee(line, i, 'shift', at('06:30:00')), nothing)
  t.equal(progressView(line, 1, at('06:30:00')), null)
})

t.test('availability is the share of time, and performance is by what was made: one look at the machine moves neither', async (t) => {
  let line = openLine(planOf(), null, [])
  const feed = (time: string, signals: object) => { line = solve(line, { kind: 'sample', at: at(time), equipment: 'bag', signals: { ...signals } }).line }
  feed('06:00:00', { running: true, total_count: 0, reject_count: 0, speed: 0 })
  feed('06:44:59', { total_count: 1_350, speed: 1_000_000 })
  feed('06:45:00', { running: false })
  const stands = equipmentOee(line, 1, 'shift', at('07:00:00'))
  t.match(stands, { availability: 0.75, performance: 0.5, quality: 1, oee: 0.375 })
  feed('07:00:00', { running: true })
  t.match(equipmentOee(line, 1, 'shift', at('07:00:00')), { availability: 0.75, performance: 0.5, oee: 0.375 })
})

t.test('when a job will be done is told by the parts that were made, and by no speed of unknown unit', async (t) => {
  const finishAt = (speed: number) => {
    let line = openLine(planOf(), null, [])
    const feed = (time: string, total: number) => { line = solve(line, { kind: 'sample', at: at(time), equipment: 'bag', signals: { running: true, total_count: total, reject_count: 0, speed } }).line }
    const tell = (words: string) => { line = solve(line, { kind: 'command', at: at('06:00:00'), command: commandOf(words, 'bag', at('06:00:00')) }).line }
    feed('06:00:00', 0)
    tell('job_create {job_id: J1, quantity: 3600}')
    tell('job_start {job_id: J1}')
    for (let minute = 1; minute <= 30; minute++) feed(`06:${String(minute).padStart(2, '0')}:00`, minute * 60)
    return progressView(line, 1, at('06:30:00'))!.expected_finish
  }
  const [perMinute, perHour, none] = [60, 3_600, 0].map(finishAt)
  t.match(perMinute, { p50: /^2026-03-24T07:0/ })
  t.same(perHour, perMinute)
  t.same(none, perMinute)
})
