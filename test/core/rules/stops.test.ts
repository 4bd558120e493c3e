import t from 'tap'
import { sumLosses } from '../../../src/core/losses/losses.js'
import { at, story } from '../story.js'

story(t, 'a short jam is a micro-stop and asks for no reason', `
  06:00:00  running  state_changed running
  06:10:00  stopped  state_changed stopped, downtime_event L1-S1
  06:10:40  running  state_changed running, downtime_resolved L1-S1 lost_seconds=40 micro
`)

story(t, 'the fault that rose first explains the stop, and a prompt does not', `
  06:00:00  running           state_changed running
  06:09:50  faults=4
  06:10:00  stopped faults=1+4  state_changed faulted, downtime_event faulted reason.code=MAT_JAM cause.fault=JAM cause.blame.direction=internal
  06:14:00  running faults=   state_changed running, downtime_resolved lost_seconds=240 micro=false MAT_JAM
`)

story(t, 'the worse of two faults explains the stop; two alike leave it open which was first', `
  06:00:00  running             state_changed running
  06:10:00  stopped faults=1+5  state_changed faulted, downtime_event cause.fault=TRIP cause.faults=JAM+TRIP cause.ambiguous=false
  06:10:10  running faults=     state_changed running, downtime_resolved
  06:20:00  stopped faults=1+2  state_changed faulted, downtime_event cause.fault=JAM cause.ambiguous
  06:20:10  running faults=     state_changed running, downtime_resolved
`)

story(t, 'what the PLC latched as first out is believed before what was read first', `
  06:00:00  running                          state_changed running
  06:10:00  stopped faults=0+2 first_out=3   state_changed faulted, downtime_event cause.fault=FILM MAT_SHORTAGE
`)

story(t, 'a fault read one poll after the stop still explains it; a later one does not', `
  06:00:00  running            state_changed running
  06:10:00  running
  06:10:01  stopped            state_changed stopped, downtime_event cause=null
  06:10:02  faults=1           state_changed faulted, downtime_updated cause JAM MAT_JAM
  06:10:10  running faults=    state_changed running, downtime_resolved
  06:19:59  running
  06:20:00  stopped            state_changed stopped, downtime_event cause=null
  06:20:01  -
  06:20:10  faults=1           state_changed faulted
`)

story(t, 'a machine that waits blames the neighbour that stood before it', `
  06:00:00  fil: running            state_changed running of=fil
  06:00:00  bag: running            state_changed running of=bag
  06:00:00  pal: running            state_changed running of=pal
  06:10:00  fil: stopped faults=1   state_changed faulted of=fil, downtime_event L1-S1 of=fil
  06:10:20  bag: stopped starved    state_changed starved, downtime_event L1-S2 cause.blame.direction=upstream cause.blame.equipment=fil
  06:10:40  pal: stopped starved    state_changed starved of=pal, downtime_event L1-S3 of=pal cause.blame.equipment=fil
  06:20:00  fil: running faults=    state_changed running of=fil, downtime_resolved of=fil
  06:20:20  bag: running starved=off  state_changed running of=bag, downtime_resolved of=bag cause.blame.equipment=fil
  06:20:40  pal: running starved=off  state_changed running of=pal, downtime_resolved of=pal cause.blame.equipment=fil
`)

story(t, 'what a neighbour did is felt after the time that its parts are under way, also when it runs again by then', `
  06:00:00  fil: running            state_changed running of=fil
  06:00:00  bag: running            state_changed running of=bag
  06:10:00  fil: stopped faults=1   state_changed faulted of=fil, downtime_event L1-S1 of=fil
  06:10:20  fil: running faults=    state_changed running of=fil, downtime_resolved of=fil
  06:10:30  bag: stopped starved    state_changed starved of=bag, downtime_event of=bag cause.blame.direction=upstream cause.blame.equipment=fil
  06:10:50  bag: running starved=off  state_changed running of=bag, downtime_resolved of=bag
  06:20:00  fil: stopped faults=1   state_changed faulted of=fil, downtime_event of=fil
  06:20:10  bag: stopped starved    state_changed starved of=bag, downtime_event of=bag cause.blame.direction=upstream cause.blame.equipment=null
`, { bagger: 'transit: { fil: 30s }' })

story(t, 'what waited for a neighbour and then has a fault of its own is two stops, one after the other; its own ends the call of the wait', `
  06:00:00  running                  state_changed running
  06:00:00  fil: running             state_changed running of=fil
  06:00:00  pal: running             state_changed running of=pal
  06:10:00  pal: stopped faults=1    state_changed faulted of=pal, downtime_event L1-S1 of=pal
  06:10:20  stopped blocked          state_changed blocked, downtime_event L1-S2 cause.blame.direction=downstream cause.blame.equipment=pal reason=null
  06:10:40  fil: stopped blocked     state_changed blocked of=fil, downtime_event L1-S3 of=fil cause.blame.equipment=pal
  06:10:50  pal: running faults=     state_changed running of=pal, downtime_resolved of=pal
  06:11:50  -                        andon_event L1-A1 of=fil stop_id=L1-S3, andon_event L1-A2 of=bag stop_id=L1-S2
  06:14:00  faults=5                 state_changed faulted, downtime_resolved L1-S2 lost_seconds=220 micro=false cause.blame.equipment=pal, andon_resolved L1-A2 automatic, downtime_event L1-S4 faulted ELEC_FAULT cause.fault=TRIP cause.blame.direction=internal
  06:15:00  -                        andon_event L1-A3 of=bag stop_id=L1-S4
  06:15:30  running faults= blocked=off   state_changed running, downtime_resolved L1-S4 lost_seconds=90 micro, andon_resolved L1-A3
  06:15:40  fil: running blocked=off      state_changed running of=fil, downtime_resolved L1-S3 of=fil cause.blame.equipment=pal, andon_resolved L1-A1
`, { rest: 'andon: { stop_longer: 1m }' }, ({ line }, t) => {
  const { ms } = sumLosses(line.equipment[1]!.losses, at('06:10:20'), at('06:15:30'), line.plan)
  t.same([ms.external, ms.micro_stop, ms.unplanned], [220_000, 90_000, 0])
})

story(t, 'a fault that was cleared and a wait after it are two stops, and the latch of the fault does not name the wait', `
  06:00:00  running                       state_changed running
  06:10:00  stopped faults=1 first_out=2  state_changed faulted, downtime_event L1-S1 MAT_JAM
  06:10:10  faults=                       state_changed stopped
  06:10:20  starved                       state_changed starved, downtime_resolved L1-S1 MAT_JAM lost_seconds=20, downtime_event L1-S2 starved cause.fault=null cause.blame.direction=upstream reason=null
  06:10:30  faults=1                      state_changed faulted, downtime_resolved L1-S2 lost_seconds=10, downtime_event L1-S3 cause.fault=JAM MAT_JAM
  06:16:00  running faults= first_out=0   state_changed running, downtime_resolved L1-S3 lost_seconds=330
`)

story(t, 'who wanted parts and then wants room has two stops, each with the neighbour that answers for it; so the other way round', `
  06:00:00  running                  state_changed running
  06:00:00  fil: running             state_changed running of=fil
  06:00:00  pal: running             state_changed running of=pal
  06:10:00  fil: stopped faults=1    state_changed faulted of=fil, downtime_event L1-S1 of=fil
  06:10:20  stopped starved          state_changed starved, downtime_event L1-S2 cause.blame.direction=upstream cause.blame.equipment=fil reason=null
  06:11:00  pal: stopped faults=5    state_changed faulted of=pal, downtime_event L1-S3 of=pal
  06:13:00  starved=off blocked      state_changed blocked, downtime_resolved L1-S2 lost_seconds=160 micro=false cause.blame.equipment=fil, downtime_event L1-S4 cause.blame.direction=downstream cause.blame.equipment=pal reason=null
  06:13:40  starved blocked=off      state_changed starved, downtime_resolved L1-S4 lost_seconds=40 micro cause.blame.equipment=pal, downtime_event L1-S5 cause.blame.equipment=fil
  06:13:50  starved=off              state_changed stopped
  06:14:00  starved                  state_changed starved
  06:15:00  running starved=off      state_changed running, downtime_resolved L1-S5 lost_seconds=80 micro cause.blame.equipment=fil
  06:16:00  > stop_merge {stop_id: L1-S2, with: L1-S4}   downtime_updated L1-S2 merge to=06:13:40
`)

story(t, 'a fault that says the same as the wait goes on with it; one that blames the other neighbour does not', `
  06:00:00  running               state_changed running
  06:10:00  stopped starved       state_changed starved, downtime_event L1-S1 cause.blame.direction=upstream
  06:11:00  fault faults=3        state_changed faulted
  06:12:00  running fault=off faults= starved=off  state_changed running, downtime_resolved L1-S1 lost_seconds=120
  06:20:00  stopped fault faults=3  state_changed faulted, downtime_event L1-S2 cause.blame.direction=upstream
  06:21:00  fault=off faults= blocked  state_changed blocked, downtime_resolved L1-S2 lost_seconds=60 micro, downtime_event L1-S3 cause.fault=null cause.blame.direction=downstream
  06:24:00  running blocked=off   state_changed running, downtime_resolved L1-S3 lost_seconds=180 micro=false
`)

story(t, 'what comes and goes before it is believed does not divide a wait either, and nobody sees the change from one to the other', `
  06:00:00  running             state_changed running
  06:10:00  stopped starved
  06:10:05  -                   state_changed starved @06:10:00, downtime_event L1-S1 @06:10:00
  06:11:00  starved=off blocked
  06:11:03  starved blocked=off
  06:12:00  running=null        state_changed unknown
  06:15:00  stopped starved=off blocked  state_changed blocked @06:15:00, downtime_resolved L1-S1 @06:15:00 lost_seconds=120 micro=false, downtime_event L1-S2 @06:15:00 cause.blame.direction=downstream
  06:16:00  running blocked=off
  06:16:05  -                   state_changed running @06:16:00, downtime_resolved L1-S2 @06:16:00 lost_seconds=60 micro
`, { bagger: 'state: { confirm: 5s }' })

const states = 'state: { from: packml }'
story(t, 'mended and without a job it waits for one: that is no part of its failure, and nobody repairs it then', `
  06:00:00  state=6             state_changed running
  06:10:00  state=9 faults=1 first_out=2  state_changed faulted, downtime_event L1-S1 MAT_JAM
  06:13:00  state=2 faults=     state_changed stopped
  06:14:00  state=15
  06:15:00  state=4             state_changed idle, downtime_resolved L1-S1 MAT_JAM lost_seconds=300 micro=false, downtime_event L1-S2 idle cause=null reason=null
  06:25:00  state=6 first_out=0  state_changed running, downtime_resolved L1-S2 lost_seconds=600
  06:30:00  state=9             state_changed faulted, downtime_event L1-S3
  06:30:50  state=4             state_changed idle, downtime_resolved L1-S3 lost_seconds=50 micro, downtime_event L1-S4
  06:31:00  state=9 faults=5    state_changed faulted, downtime_resolved L1-S4 lost_seconds=10 micro, downtime_event L1-S5 ELEC_FAULT
  06:31:30  > stop_reason {stop_id: L1-S5, reason: CLEANING}  downtime_updated CLEANING
  06:32:00  state=4 faults=     state_changed idle
  06:33:00  state=6             state_changed running, downtime_resolved L1-S5 CLEANING lost_seconds=120
`, { bagger: states }, ({ line }, t) => {
  const ms = (from: string, to: string) => sumLosses(line.equipment[1]!.losses, at(from), at(to), line.plan).ms
  const lost = ms('06:10:00', '06:25:00')
  t.same([lost.unplanned, lost.external, lost.running], [300_000, 600_000, 0])
  t.equal(ms('06:30:00', '06:31:00').micro_stop, 60_000)
})

story(t, 'no order is no loss where the plant says so, also after a failure', `
  06:00:00  state=6             state_changed running
  06:10:00  state=9 faults=1    state_changed faulted, downtime_event L1-S1 MAT_JAM
  06:15:00  state=4 faults=     state_changed idle, downtime_resolved L1-S1 lost_seconds=300, downtime_event L1-S2
  06:25:00  state=6             state_changed running, downtime_resolved L1-S2
`, { bagger: `${states}\nno_order: excluded` }, ({ line }, t) => {
  const { unplanned, external, no_order } = sumLosses(line.equipment[1]!.losses, at('06:10:00'), at('06:25:00'), line.plan).ms
  t.same([unplanned, external, no_order], [300_000, 0, 600_000])
})

story(t, 'with a job, the way back into the run goes through idle: that is a part of the repair', `
  06:00:00  state=6             state_changed running
  06:00:00  > job_create {job_id: J1, quantity: 900}   job_created
  06:00:00  > job_assign {job_id: J1}                  job_assigned
  06:00:00  > job_start                                job_started
  06:10:00  state=9 faults=1    state_changed faulted, downtime_event L1-S1 MAT_JAM
  06:15:00  state=4 faults=     state_changed idle
  06:16:00  state=3
  06:16:10  state=6             state_changed running, downtime_resolved L1-S1 lost_seconds=370
`, { bagger: states })

story(t, 'standing plainly turns out to be either; a fault that says that others are to blame is no fault of its own', `
  06:00:00  running             state_changed running
  06:10:00  stopped             state_changed stopped, downtime_event L1-S1
  06:11:00  faults=1            state_changed faulted
  06:12:00  running faults=     state_changed running, downtime_resolved L1-S1
  06:20:00  stopped starved     state_changed starved, downtime_event L1-S2
  06:21:00  starved=off         state_changed stopped
  06:22:00  fault=on faults=3   state_changed faulted
  06:23:00  running             state_changed running, downtime_resolved L1-S2 lost_seconds=180
`)

story(t, 'what people say of a wait stays with it, and what they say is planned is not divided', `
  06:00:00  running             state_changed running
  06:10:00  stopped starved     state_changed starved, downtime_event L1-S1
  06:11:00  > stop_reason {stop_id: L1-S1, reason: OTHER}     downtime_updated OTHER operator
  06:12:00  faults=1            state_changed faulted, downtime_resolved L1-S1 OTHER operator, downtime_event L1-S2 MAT_JAM auto
  06:13:00  running faults=     state_changed running, downtime_resolved L1-S2
  06:14:00  > stop_merge {stop_id: L1-S1, with: L1-S2}        downtime_updated L1-S1 merge to=06:13:00 OTHER
  06:20:00  stopped starved     state_changed starved, downtime_event L1-S3
  06:21:00  > stop_reason {stop_id: L1-S3, reason: CLEANING}  downtime_updated CLEANING
  06:22:00  faults=1            state_changed faulted
  06:30:00  running faults=     state_changed running, downtime_resolved L1-S3 CLEANING lost_seconds=600
`)

story(t, 'a fault that comes and goes before it is believed divides nothing', `
  06:00:00  running             state_changed running
  06:10:00  stopped starved
  06:10:05  -                   state_changed starved @06:10:00, downtime_event L1-S1 @06:10:00
  06:11:00  fault
  06:11:03  fault=off
  06:11:06  fault
  06:11:10  fault=off
  06:12:00  fault
  06:12:05  -                   state_changed faulted @06:12:00, downtime_resolved L1-S1 @06:12:00 lost_seconds=120, downtime_event L1-S2 @06:12:00
  06:13:00  running fault=off
  06:13:05  -                   state_changed running @06:13:00, downtime_resolved L1-S2 @06:13:00 lost_seconds=60
`, { bagger: 'state: { confirm: 5s }' })

story(t, 'nobody sees the line for a while: the stop goes on under its name, and blind time is no loss of it', `
  06:00:00  running          state_changed running
  06:10:00  stopped          state_changed stopped, downtime_event L1-S1
  06:12:00  running=null     state_changed unknown
  06:15:00  stopped          state_changed stopped
  06:16:00  running          state_changed running, downtime_resolved L1-S1 lost_seconds=180 micro=false
`)

story(t, 'standing in a break is no stop, but overrunning it is', `
  09:59:00  running          state_changed running
  10:00:05  stopped          state_changed stopped
  10:31:00  running          downtime_event @10:30:00, state_changed running, downtime_resolved lost_seconds=60
`)

story(t, 'a stop outlasts the shift, and only planned time is lost', `
  21:50:00  running          state_changed running
  21:59:00  stopped          state_changed stopped, downtime_event shift=2026-03-24/late
  23:00:00  running          state_changed running, downtime_resolved lost_seconds=60 micro=false
`)

story(t, 'people say why, as often as they like, and no rule speaks over them', `
  06:00:00  running             state_changed running
  06:10:00  stopped             state_changed stopped, downtime_event L1-S1
  06:10:00  > stop_reason {stop_id: L1-S1, reason: CLEANING}                        downtime_updated revision=1 CLEANING operator
  06:10:01  faults=1            state_changed faulted, downtime_updated revision=2 cause JAM CLEANING operator
  06:11:00  running             state_changed running, downtime_resolved CLEANING
  06:12:00  > stop_reason {stop_id: L1-S1, reason: OTHER, expected_revision: 1}     refused STALE_REVISION
  06:12:00  > stop_reason {stop_id: L1-S1, reason: OTHER, expected_revision: 2}     downtime_updated revision=3 OTHER edited
  06:12:00  > stop_reason {stop_id: L1-S1, reason: NONSENSE}                        refused REASON_UNKNOWN
  06:12:00  > stop_reason {stop_id: L1-S1, reason: PAL_ONLY}                        refused REASON_NOT_ALLOWED
  06:12:00  > stop_reason {stop_id: L1-S9, reason: OTHER}                           refused STOP_UNKNOWN
  06:12:00  > stop_note {stop_id: L1-S1, note: knife}                               downtime_updated revision=4 note=knife
`)

story(t, 'a stop is split and merged back, and stays what it was', `
  06:00:00  running             state_changed running
  06:10:00  stopped             state_changed stopped, downtime_event L1-S1
  06:15:00  > stop_split {stop_id: L1-S1, at: "2026-03-24T06:15:00Z"}                     refused SPLIT_OUTSIDE
  06:20:00  running             state_changed running, downtime_resolved
  06:21:00  > stop_split {stop_id: L1-S1, at: "2026-03-24T06:20:00Z"}                     refused SPLIT_OUTSIDE
  06:21:00  > stop_split {stop_id: L1-S1, at: "2026-03-24T06:12:00Z", reason: CLEANING}   downtime_updated L1-S1 split split_off=L1-S2 to=06:12:00, downtime_updated L1-S2 revision=1 from=06:12:00 to=06:20:00 CLEANING
  06:22:00  > stop_merge {stop_id: L1-S2, with: L1-S1}                                    refused MERGE_NOT_ADJACENT
  06:22:00  > stop_merge {stop_id: L1-S1, with: L1-S2}                                    downtime_updated L1-S1 revision=2 merge merged=L1-S2 to=06:20:00
  06:30:00  stopped             state_changed stopped, downtime_event L1-S3
`)

story(t, 'a stop is split while it stands: the second part goes on under its own name, and neither is a micro-stop', `
  06:00:00  running  state_changed running
  06:10:00  stopped  state_changed stopped, downtime_event L1-S1
  06:11:30  > stop_split {stop_id: L1-S1, at: "2026-03-24T06:11:00Z", reason: CLEANING}  downtime_updated L1-S1 split split_off=L1-S2 to=06:11:00, downtime_updated L1-S2 CLEANING from=06:11:00 to=null
  06:11:50  running  state_changed running, downtime_resolved L1-S2 micro=false from=06:11:00 lost_seconds=50
  06:20:00  > stop_merge {stop_id: L1-S1, with: L1-S2}  downtime_updated L1-S1 to=06:11:50
  06:30:00  stopped  state_changed stopped, downtime_event L1-S3
`, {}, ({ line }, t) => {
  t.same(sumLosses(line.equipment[1]!.losses, at('06:10:00'), at('06:11:50'), line.plan).ms.unplanned, 110_000)
})

story(t, 'a closed shift is locked after a while, for all but those who may', `
  13:00:00  running  state_changed running
  13:10:00  stopped  state_changed stopped, downtime_event L1-S1
  13:20:00  running  state_changed running, downtime_resolved
  14:30:00  > stop_reason {stop_id: L1-S1, reason: CLEANING}  downtime_updated CLEANING
  15:00:00  > stop_reason {stop_id: L1-S1, reason: OTHER}     refused SHIFT_LOCKED
  15:00:00  > stop_split {stop_id: L1-S1, at: "2026-03-24T13:12:00Z"}  refused SHIFT_LOCKED
  15:00:00  admin > stop_reason {stop_id: L1-S1, reason: OTHER}  downtime_updated OTHER
`, { rest: 'edits: { lock_after: 1h }' })

story(t, 'time that began before a locked shift and reaches into it is locked with it', `
  05:49:00  running                                              state_changed running
  05:50:00  running=null                                         state_changed unknown
  06:10:00  running                                              state_changed running
  15:01:00  > gap_declare {at: "2026-03-24T05:55:00Z", as: running}  refused SHIFT_LOCKED
  15:01:00  admin > gap_declare {at: "2026-03-24T05:55:00Z", as: running}  gap_declared
`, { rest: 'edits: { lock_after: 1h }' })

story(t, 'what people say later corrects the hour, the shift and the line, under the next revision', `
  13:00:00  running  state_changed running
  13:10:00  stopped  state_changed stopped, downtime_event L1-S1
  13:20:00  running  state_changed running, downtime_resolved
  14:00:00  -        oee_recorded hour of=fil, oee_recorded hour of=bag, oee_recorded hour of=pal, oee_recorded hour of=null, oee_recorded shift of=fil, oee_recorded shift of=bag, oee_recorded shift of=pal, oee_recorded shift of=null
  14:10:00  > stop_reason {stop_id: L1-S1, reason: NO_ORDER}  downtime_updated, oee_recorded hour revision=1 figures.times.planned_production=3000 of=bag, oee_recorded hour revision=1 of=null, oee_recorded shift revision=1 of=bag, oee_recorded shift revision=1 of=null
  14:11:00  > stop_note {stop_id: L1-S1, note: seen}          downtime_updated
  14:12:00  > stop_reason {stop_id: L1-S1, reason: OTHER}     downtime_updated, oee_recorded hour revision=2 figures.times.planned_production=3600 of=bag, oee_recorded hour revision=2 of=null, oee_recorded shift revision=2 of=bag, oee_recorded shift revision=2 of=null
`)

story(t, 'a person says what the equipment did while nobody could see, and the parts found then count', `
  06:00:00  running total=0 reject=0  state_changed
  06:10:00  running=null total=null reject=null  state_changed unknown
  06:20:00  running total=500 reject=0           state_changed running
  06:21:00  > gap_declare {at: "2026-03-24T06:05:00Z", as: running}  refused GAP_UNKNOWN
  06:25:00  > gap_declare {at: "2026-03-24T06:15:00Z", as: running}  gap_declared from=06:10:00 to=06:20:00 stop_id=null
  06:26:00  > gap_declare {at: "2026-03-24T06:15:00Z", as: running}  refused GAP_UNKNOWN
  06:30:00  running=null  state_changed unknown
  06:40:00  running       state_changed running
  06:50:00  > gap_declare {at: "2026-03-24T06:35:00Z", as: stopped, reason: NOPE}      refused REASON_UNKNOWN
  06:50:00  > gap_declare {at: "2026-03-24T06:35:00Z", as: stopped, reason: CLEANING}  gap_declared stop_id=L1-S1 CLEANING
  06:51:00  > stop_reason {stop_id: L1-S1, reason: OTHER}     downtime_updated from=06:30:00 to=06:40:00 OTHER
  06:52:00  stopped       state_changed stopped, downtime_event L1-S2
`, {}, ({ line }, t) => {
  const { ms, products } = sumLosses(line.equipment[1]!.losses, at('06:00:00'), at('06:50:00'), line.plan)
  t.same([ms.no_data, ms.unplanned, ms.running], [0, 600_000, 2_400_000])
  t.same(products.map(({ good, recovered }) => [good, recovered]), [[500, 0]])
})
