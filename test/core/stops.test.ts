import t from 'tap'
import { story } from './story.js'

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
`)

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
  06:15:00  > stop_split {stop_id: L1-S1, at: "2026-03-24T06:12:00Z"}                     refused STOP_OPEN
  06:20:00  running             state_changed running, downtime_resolved
  06:21:00  > stop_split {stop_id: L1-S1, at: "2026-03-24T06:20:00Z"}                     refused SPLIT_OUTSIDE
  06:21:00  > stop_split {stop_id: L1-S1, at: "2026-03-24T06:12:00Z", reason: CLEANING}   downtime_updated L1-S1 split split_off=L1-S2 to=06:12:00, downtime_updated L1-S2 revision=1 from=06:12:00 to=06:20:00 CLEANING
  06:22:00  > stop_merge {stop_id: L1-S2, with: L1-S1}                                    refused MERGE_NOT_ADJACENT
  06:22:00  > stop_merge {stop_id: L1-S1, with: L1-S2}                                    downtime_updated L1-S1 revision=2 merge merged=L1-S2 to=06:20:00
  06:30:00  stopped             state_changed stopped, downtime_event L1-S3
`)
