import t from 'tap'
import { sumLosses } from '../../../src/core/losses/losses.js'
import { runMsAt } from '../../../src/core/rules/state.js'
import { equipmentView } from '../../../src/core/view.js'
import { at, story } from '../story.js'

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
  t.same(awaited, { since: '2026-03-24T06:01:00.000Z', from_product: null, to_product: 'B', standard_seconds: 60, seconds: 150 })
  t.equal('changeover_awaited' in equipmentView(line, 0, at('06:03:30')).production_context, false, 'where none is awaited, nothing is said')
})
