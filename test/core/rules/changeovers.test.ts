import t from 'tap'
import type { Draft } from '../../../src/contract/events/catalogue.js'
import type { SignalValue } from '../../../src/contract/inputs.js'
import { apply } from '../../../src/core/apply.js'
import { solve } from '../../../src/core/line.js'
import { sumLosses } from '../../../src/core/losses/losses.js'
import { runMsAt } from '../../../src/core/rules/state.js'
import { openLine, snapshotOf } from '../../../src/core/snapshot.js'
import { equipmentView } from '../../../src/core/view.js'
import { at, planOf, story } from '../story.js'

story(t, 'a changeover is planned time, and its excess is named', `
  06:00:00  running                              state_changed running
  06:00:00  > changeover_start {to_product: B}   changeover_started to_product=B standard_seconds=60
  06:00:00  > changeover_start                   refused CHANGEOVER_RUNNING
  06:00:10  stopped                              state_changed changeover, downtime_event changeover reason.code=CHANGEOVER
  06:02:00  > changeover_complete                changeover_completed lasted_seconds=110 excess_seconds=50, state_changed stopped, downtime_resolved CHANGEOVER micro=false, downtime_event stopped
  06:02:00  > changeover_complete                refused CHANGEOVER_NOT_RUNNING
  06:03:00  running                              state_changed running, downtime_resolved
`, { bagger: 'changeover_standard: 60s' })

story(t, 'a changeover lasts from the last good part to the first that comes at its rate, whoever said when: what stands and what is tried between is planned', `
  06:00:00  running total=0 reject=0   state_changed running
  06:00:59  total=59
  # The film runs out: rejects, and then it stands. Half a minute later somebody says why.
  06:01:05  total=61 reject=2
  06:01:10  stopped                    state_changed stopped, downtime_event stopped
  06:01:40  > changeover_start {to_product: B}  changeover_started from=06:00:59 standard_seconds=60 from_product=null, state_changed changeover previous=stopped previous_seconds=30, downtime_updated cause reason.code=CHANGEOVER from=06:00:59
  # Tried: good parts that do not follow each other, and a reject.
  06:02:00  running total=62
  06:02:10  total=63
  06:02:12  total=64 reject=3
  # Product B takes 2 s: at its rate from the second part on.
  06:03:00  total=65
  06:03:02  total=66
  06:03:04  total=67                   state_changed running previous=changeover @06:03:00, downtime_resolved CHANGEOVER lost_seconds=121 micro=false @06:03:00, changeover_completed by=auto lasted_seconds=121 excess_seconds=61 measured, changeover_measured from=06:00:59 to=06:03:00 lasted_seconds=121 excess_seconds=61
  06:03:06  total=68
  06:03:06  > changeover_complete      refused CHANGEOVER_NOT_RUNNING
`, { bagger: 'changeover_standard: 60s\nstartup_good_parts: 2' }, ({ line }, t) => {
  const { losses } = line.equipment[1]!
  const { running, changeover, unplanned, micro_stop } = sumLosses(losses, at('06:00:00'), at('06:03:06'), line.plan).ms
  t.same({ running, changeover, unplanned, micro_stop }, { running: 59_000 + 6_000, changeover: 121_000, unplanned: 0, micro_stop: 0 })
  t.equal(runMsAt(line.equipment[1]!, at('06:03:06')), 65_000, 'the run-out is no run')
})

story(t, 'a changeover that is said to be over ends with its first good part; a fault until then is one of its own', `
  06:00:00  running total=0 reject=0   state_changed running
  06:01:00  stopped total=60           state_changed stopped, downtime_event stopped
  06:01:10  > changeover_start         changeover_started from=06:01:00, state_changed changeover, downtime_updated
  06:02:00  > changeover_complete      changeover_completed lasted_seconds=60 measured
  06:02:30  fault                      state_changed faulted, downtime_resolved CHANGEOVER lost_seconds=90, downtime_event faulted
  06:02:50  fault=off                  state_changed changeover, downtime_resolved lost_seconds=20 micro, downtime_event changeover
  06:03:00  running
  06:03:30  total=62 reject=2
  06:03:40  total=63                   state_changed running, downtime_resolved CHANGEOVER lost_seconds=50, changeover_measured from=06:01:00 to=06:03:40 lasted_seconds=160
  06:03:50  stopped                    state_changed stopped, downtime_event stopped
`)

story(t, 'somebody who says late that it is over does not make it longer, and parts of the job before do not end it', `
  06:00:00  running total=0 reject=0                 state_changed running
  06:00:00  > job_create {job_id: J1, quantity: 50}  job_created
  06:00:00  > job_start {job_id: J1}                 job_started
  06:00:30  total=30
  # Said before it began: a jam and more of the old job come in between.
  06:00:31  > changeover_start                       changeover_started from_job_id=J1
  06:00:40  stopped total=39                         state_changed changeover @06:00:40, downtime_event changeover @06:00:40
  06:00:50  running
  06:00:51  total=40
  06:00:52  total=41
  06:00:53  total=42                                 state_changed running @06:00:51, downtime_resolved lost_seconds=11 @06:00:51
  06:00:59  total=48
  06:01:02  total=50
  # It runs on empty, stands, and the next job begins.
  06:01:10  stopped                                  state_changed changeover @06:01:02, downtime_event changeover @06:01:02
  06:01:20  > job_complete                           job_completed J1
  06:02:00  running
  06:02:30  total=51
  06:02:31  total=52
  06:02:32  > changeover_complete                    state_changed running @06:02:30, downtime_resolved lost_seconds=88 @06:02:30, changeover_completed lasted_seconds=88 by=ana, changeover_measured from=06:01:02 to=06:02:30
`)

story(t, 'a breakdown before a changeover stays what it was, and so does what stood for too long', `
  06:00:00  running total=0 faults=        state_changed running
  06:01:00  stopped total=60 faults=1      state_changed faulted, downtime_event JAM
  06:05:00  > changeover_start             changeover_started, state_changed changeover, downtime_resolved JAM lost_seconds=240, downtime_event changeover
  06:20:00  pal: running total=0           state_changed running
  06:21:00  pal: stopped total=60          state_changed stopped, downtime_event stopped
  06:41:00  pal: > changeover_start        changeover_started, state_changed changeover, downtime_resolved lost_seconds=1200, downtime_event changeover
`)

story(t, 'equipment that only counts changes over between its parts', `
  06:00:00  total=0
  06:00:01  total=1                state_changed running
  06:00:02  total=2
  06:02:10  -                      state_changed stopped @06:00:03, downtime_event stopped @06:00:03
  06:02:20  > changeover_start     changeover_started from=06:00:02, state_changed changeover, downtime_updated
  06:05:00  total=3
  06:05:01  total=4
  06:05:02  total=5                state_changed running @06:05:00, downtime_resolved lost_seconds=298 @06:05:00, changeover_completed by=auto, changeover_measured from=06:00:02 to=06:05:00
`, { bagger: 'state: { from: counts }' })

story(t, 'the PLC begins and ends a changeover by its bit', `
  06:00:00  running                 state_changed running
  06:01:00  stopped changeover=on   changeover_started by=plc, state_changed changeover, downtime_event
  06:05:00  running changeover=off  changeover_completed lasted_seconds=240, state_changed running, downtime_resolved
`)

story(t, 'a changeover that was said to be over is shown as one that waits for its first good part, with the time it has lasted', `
  06:00:00  running total=0 reject=0             state_changed running
  06:01:00  stopped total=60                     state_changed stopped, downtime_event stopped
  06:01:10  > changeover_start {to_product: B}   changeover_started from=06:01:00, state_changed changeover, downtime_updated
  06:03:00  > changeover_complete                changeover_completed lasted_seconds=120 excess_seconds=60 measured
`, { bagger: 'changeover_standard: 60s' }, ({ line }, t) => {
  const { state, production_context: { changeover, changeover_awaited: awaited } } = equipmentView(line, 1, at('06:03:30'))
  t.equal(state.state, 'changeover')
  t.equal(changeover, null, 'nobody has to end it any more')
  t.same(awaited, { since: '2026-03-24T06:01:00.000Z', from_product: null, to_product: 'B', standard_seconds: 60, seconds: 150, waits_until: '2026-03-24T06:04:00.000Z' })
  t.equal('changeover_awaited' in equipmentView(line, 0, at('06:03:30')).production_context, false, 'where none is awaited, nothing is said')
})

story(t, 'a changeover that was said to be over waits for its first good part as long as its standard; what stands on is a stop of its own, without a reason or by its cause', `
  06:00:00  running total=0 reject=0             state_changed running
  06:01:00  stopped total=60                     state_changed stopped, downtime_event stopped
  06:01:10  > changeover_start                   changeover_started from=06:01:00, state_changed changeover, downtime_updated
  06:03:00  > changeover_complete                changeover_completed lasted_seconds=120 measured waits_until=06:05:00
  # Tried, but nothing good: that is no first part.
  06:04:00  running
  06:04:30  total=61 reject=1
  06:04:40  stopped
  06:05:00  -                                    changeover_measured to=06:05:00 lasted_seconds=240 excess_seconds=120 waited_out @06:05:00, state_changed stopped previous=changeover @06:05:00, downtime_resolved CHANGEOVER lost_seconds=240, downtime_event stopped reason=null
  06:20:00  faults=1                             state_changed faulted
  06:30:00  running total=62 faults=             state_changed running, downtime_resolved lost_seconds=1500
`, { bagger: 'changeover_standard: 120s' }, ({ line }, t) => {
  const { changeover, unplanned, running } = sumLosses(line.equipment[1]!.losses, at('06:00:00'), at('06:30:00'), line.plan).ms
  t.same({ changeover, unplanned, running }, { changeover: 240_000, unplanned: 1_500_000, running: 60_000 })
  t.equal('changeover_awaited' in equipmentView(line, 1, at('06:30:00')).production_context, false)
})

story(t, 'the wait for a first good part is planned time: a break does not end it, and what runs afterwards without one is production', `
  09:50:00  running total=0 reject=0             state_changed running
  09:51:00  stopped total=60                     state_changed stopped, downtime_event stopped
  09:51:10  > changeover_start                   changeover_started, state_changed changeover, downtime_updated
  09:59:00  > changeover_complete                changeover_completed waits_until=10:31:00
  10:30:30  running
  10:31:00  -                                    changeover_measured waited_out @10:31:00, state_changed running @10:31:00, downtime_resolved CHANGEOVER
  10:31:30  stopped fault                        state_changed faulted, downtime_event faulted
  10:31:40  running fault=off total=70           state_changed running, downtime_resolved
`, { bagger: 'changeover_wait: 2m\nchangeover_standard: 120s' })

story(t, 'equipment that only counts stands when no first part came', `
  06:00:00  total=0
  06:00:01  total=1                state_changed running
  06:00:02  total=2
  06:02:10  -                      state_changed stopped @06:00:03, downtime_event stopped @06:00:03
  06:02:20  > changeover_start     changeover_started from=06:00:02, state_changed changeover, downtime_updated
  06:03:00  > changeover_complete  changeover_completed waits_until=06:04:00
  06:04:00  -                      changeover_measured waited_out, state_changed stopped, downtime_resolved, downtime_event stopped
  06:05:00  total=3                state_changed running, downtime_resolved
`, { bagger: 'state: { from: counts }\nchangeover_wait: 1m' })

t.test('a start between the last good part and the tap does not make the changeover shorter, and what nobody saw of it stays unseen', async (t) => {
  const plan = planOf({ bagger: 'changeover_standard: 60s' })
  let line = openLine(plan, null, [])
  const facts: Draft[] = []
  const hear = (solved: ReturnType<typeof solve>) => { line = solved.line; facts.push(...solved.drafts) }
  const reads = (time: string, signals: Record<string, SignalValue>) => { hear(solve(line, { kind: 'sample', at: at(time), equipment: 'bag', signals })); hear(solve(line, { kind: 'beat', at: at(time) })) }
  reads('06:00:00', { running: true, total_count: 0, reject_count: 0 })
  reads('06:00:50', { total_count: 50 })
  reads('06:01:05', { running: false, total_count: 51, reject_count: 1 })
  reads('06:01:30', {})
  t.match(facts.find((fact) => fact.type === 'state_changed' && fact.body.state === 'stopped'), { body: { last_good: '2026-03-24T06:00:50.000Z' } })
  line = apply(openLine(plan, snapshotOf(line), []), { type: 'gateway_started', at: at('06:02:00'), line: null, equipment: null, body: { version: '1', config: 1, previous_epoch: null, last_seen: '2026-03-24T06:01:30.000Z', clean: false, journal: 'opened' } } as Draft)
  reads('06:02:00', { running: false, total_count: 51, reject_count: 1 })
  hear(solve(line, { kind: 'command', at: at('06:03:00'), command: { name: 'changeover_start', at: at('06:03:00'), line: 'L1', equipment: 'bag', by: { id: 'test', name: 'ana', role: 'admin', lines: null }, key: null, body: {} } }))
  t.match(facts.find(({ type }) => type === 'changeover_started'), { body: { from: '2026-03-24T06:00:50.000Z' } }, 'not where it was seen to stand again')
  for (const [i, time] of ['06:04:00', '06:04:01', '06:04:02', '06:04:03'].entries()) reads(time, { running: true, total_count: 52 + i })
  t.match(facts.find(({ type }) => type === 'changeover_measured'), { body: { from: '2026-03-24T06:00:50.000Z', to: '2026-03-24T06:04:00.000Z', lasted_seconds: 190 } })
  const { running, changeover, no_data, unplanned } = sumLosses(line.equipment[1]!.losses, at('06:00:00'), at('06:04:03'), plan).ms
  t.same({ running, changeover, no_data, unplanned }, { running: 53_000, changeover: 160_000, no_data: 30_000, unplanned: 0 })
  const stop = facts.findLast((fact) => fact.type === 'downtime_resolved')
  t.match(stop, { body: { lost_seconds: 160, reason: { code: 'CHANGEOVER' } } }, 'the stop costs what the leaf has')
  t.equal(runMsAt(line.equipment[1]!, at('06:04:03')), 53_000, 'the run-out is no run')
})
