import t from 'tap'
import type { Draft } from '../../../src/contract/events/catalogue.js'
import { apply } from '../../../src/core/apply.js'
import { solve } from '../../../src/core/line.js'
import { openLine, snapshotOf } from '../../../src/core/snapshot.js'
import { lineView } from '../../../src/core/view.js'
import { at, commandOf, planOf, story } from '../story.js'

story(t, 'a call by hand, from the raise to the end, each step once', `
  06:00:00  > andon_raise {event_type: maintenance, priority: high}  andon_event L1-A1 manual ana acknowledge_by=06:05:00 resolve_by=06:30:00
  06:00:01  > andon_raise {event_type: maintenance}                  refused ANDON_ALREADY_OPEN
  06:00:01  > andon_raise {event_type: quality}                      andon_event L1-A2
  06:00:01  pal: > andon_raise {event_type: maintenance}             andon_event L1-A3 of=pal
  06:01:00  > andon_acknowledge {andon_id: L1-A1}                    andon_acknowledged response_seconds=60
  06:01:00  > andon_acknowledge {andon_id: L1-A1}                    refused ANDON_ALREADY_ACKNOWLEDGED
  06:02:00  > andon_attend {andon_id: L1-A1, comment: on my way}     andon_attended arrival_seconds=120
  06:03:00  > andon_comment {andon_id: L1-A1, comment: knife}        andon_updated comment=knife
  06:04:00  > andon_resolve {andon_id: L1-A1}                        andon_resolved resolution_seconds=240 automatic=false
  06:04:00  > andon_resolve {andon_id: L1-A1}                        refused ANDON_ENDED
  06:04:00  > andon_resolve {andon_id: L1-A9}                        refused ANDON_UNKNOWN
  06:05:00  > andon_raise {event_type: maintenance, priority: low}   andon_event L1-A4
`)

story(t, 'nobody answers: both ladders climb, each level once and at its instant', `
  06:00:00  > andon_raise {event_type: safety, priority: critical}  andon_event acknowledge_by=06:02:00 resolve_by=06:15:00
  06:02:00  -                                                       escalation_update response level=1 late=false
  06:04:30  -                                                       escalation_update response level=2 @06:04:00
  06:05:00  > andon_acknowledge {andon_id: L1-A1}                   andon_acknowledged
  06:10:00  -
  06:15:00  -                                                       escalation_update resolution level=1
  06:40:00  > andon_resolve {andon_id: L1-A1}                       escalation_update resolution level=2 @06:30:00, andon_resolved
  07:30:00  -
`)

story(t, 'a stop that lasts calls by itself, and its end ends the call', `
  06:00:00  running  state_changed running
  06:10:00  stopped  state_changed stopped, downtime_event
  06:15:00  -        andon_event stop L1-S1 source=stop
  06:16:00  running  state_changed running, downtime_resolved, andon_resolved automatic resolution_seconds=60
`, { rest: 'andon: { stop_longer: 5m }' })

story(t, 'a call that ended by itself is unseen until somebody says so, once; what it lasted stays as it was', `
  06:00:00  running  state_changed running
  06:10:00  stopped  state_changed stopped, downtime_event
  06:15:00  -        andon_event L1-A1 source=stop
  06:16:00  running  state_changed running, downtime_resolved, andon_resolved L1-A1 automatic
  06:20:00  > andon_attend {andon_id: L1-A1}                       refused ANDON_ENDED
  06:30:00  > andon_acknowledge {andon_id: L1-A1, comment: dust}   andon_acknowledged L1-A1 ana response_seconds=null comment=dust
  06:31:00  > andon_acknowledge {andon_id: L1-A1}                  refused ANDON_ENDED
  07:30:00  stopped  state_changed stopped, downtime_event
  07:35:00  -        andon_event L1-A2 source=stop
  07:36:00  > andon_acknowledge {andon_id: L1-A2}                  andon_acknowledged L1-A2 response_seconds=60
  07:37:00  running  state_changed running, downtime_resolved, andon_resolved L1-A2 automatic
  07:38:00  > andon_acknowledge {andon_id: L1-A2}                  refused ANDON_ENDED
`, { rest: 'andon: { stop_longer: 5m }' }, ({ line }, t) => {
  t.same(line.andons.map(({ acknowledgedAt, resolvedAt, seenAt, seenBy }) => [acknowledgedAt, resolvedAt, seenAt, seenBy]), [
    [null, at('06:16:00'), at('06:30:00'), 'ana'], [at('07:36:00'), at('07:37:00'), null, null],
  ])
})

story(t, 'what ended unseen is shown newest first until somebody says so, open calls and answered ones beside it', `
  06:00:00  running  state_changed running
  06:10:00  stopped  state_changed stopped, downtime_event
  06:15:00  -        andon_event L1-A1 source=stop
  06:16:00  running  state_changed running, downtime_resolved, andon_resolved L1-A1 automatic
  07:10:00  stopped  state_changed stopped, downtime_event
  07:15:00  -        andon_event L1-A2 source=stop
  07:16:00  running  state_changed running, downtime_resolved, andon_resolved L1-A2 automatic
  08:10:00  stopped  state_changed stopped, downtime_event
  08:15:00  -        andon_event L1-A3 source=stop
  08:16:00  running  state_changed running, downtime_resolved, andon_resolved L1-A3 automatic
  08:17:00  > andon_acknowledge {andon_id: L1-A2}   andon_acknowledged L1-A2 response_seconds=null
  08:18:00  > andon_raise {event_type: material}    andon_event L1-A4
`, { rest: 'andon: { stop_longer: 5m }' }, ({ line }, t) => {
  const { andons, unseen } = lineView(line, at('08:20:00'))
  t.same([andons.map(({ andon_id }) => andon_id), unseen.count, unseen.newest.map(({ andon_id }) => andon_id)], [['L1-A4'], 2, ['L1-A3', 'L1-A1']])
})

story(t, 'a machine that waits for another leaves the call to that one, and calls when it waits on although that one runs again', `
  06:00:00  fil: running             state_changed running of=fil
  06:00:00  running                  state_changed running of=bag
  06:10:00  fil: stopped             state_changed stopped of=fil, downtime_event of=fil
  06:10:20  stopped starved          state_changed starved of=bag, downtime_event of=bag cause.blame.equipment=fil
  06:15:00  -                        andon_event L1-A1 of=fil L1-S1
  06:19:00  -
  06:20:00  fil: running             state_changed running of=fil, downtime_resolved of=fil, andon_resolved L1-A1 automatic
  06:24:59  -
  06:26:00  -                        andon_event L1-A2 of=bag L1-S2 @06:25:00
  06:27:00  running starved=false    state_changed running of=bag, downtime_resolved of=bag, andon_resolved L1-A2 automatic
`, { rest: 'andon: { stop_longer: 5m }' })

story(t, 'nobody is called for a machine that waits for one which stands as planned', `
  06:00:00  fil: running             state_changed running of=fil
  06:00:00  running                  state_changed running of=bag
  06:10:00  fil: stopped             state_changed stopped of=fil, downtime_event of=fil
  06:10:20  stopped starved          state_changed starved of=bag, downtime_event of=bag cause.blame.equipment=fil
  06:11:00  fil: > stop_reason {stop_id: L1-S1, reason: CLEANING}  downtime_updated of=fil
  06:40:00  -
  06:41:00  fil: running             state_changed running of=fil, downtime_resolved of=fil
  06:41:30  running starved=false    state_changed running of=bag, downtime_resolved of=bag
`, { rest: 'andon: { stop_longer: 5m }' })

story(t, 'a planned stop calls nobody, nor does one that somebody has explained as planned', `
  06:00:00  running  state_changed running
  06:10:00  stopped  state_changed stopped, downtime_event
  06:11:00  > stop_reason {stop_id: L1-S1, reason: CLEANING}  downtime_updated
  06:30:00  running  state_changed running, downtime_resolved
`, { rest: 'andon: { stop_longer: 5m }' })

story(t, 'a break in a stop does not call the team from lunch', `
  09:50:00  running  state_changed running
  09:58:00  stopped  state_changed stopped, downtime_event
  10:33:00  -        andon_event stop
`, { rest: 'andon: { stop_longer: 5m }' })

story(t, 'equipment that nobody has seen for too long calls once, by its planned time, and its next reading ends the call', `
  09:50:00  running                              state_changed running
  09:55:00  running=null                         state_changed unknown
  10:10:00  -
  # The break is no time in which somebody would look.
  10:34:59  -
  10:35:00  -                                    andon_event L1-A1 no_data material high acknowledge_by=10:40:00
  10:36:00  > andon_resolve {andon_id: L1-A1}    andon_resolved
  10:50:00  -
  10:50:00  running                              state_changed running previous=unknown
  10:51:00  running=null                         state_changed unknown
  10:53:00  running                              state_changed running
  10:55:00  running=null                         state_changed unknown
  11:06:00  running                              andon_event L1-A2 no_data @11:05:00, state_changed running, andon_resolved L1-A2 automatic
`, { rest: 'andon: { no_data: { longer: 10m, type: material } }' })

story(t, 'stops and rejects call as urgently as the plant wants', `
  06:00:00  running total=0 reject=0   state_changed running
  06:01:00  stopped                    state_changed stopped, downtime_event
  06:02:00  -                          andon_event stop critical
  06:02:10  running                    state_changed running, downtime_resolved, andon_resolved
  06:03:00  total=60 reject=20         quality_alert active, andon_event quality low
`, { bagger: 'quality_alert: { reject_ratio: 0.1, parts_min: 50, clear_ratio: 0.05 }', rest: 'andon: { stop_longer: 1m, stop: { priority: critical }, quality: { priority: low } }' })

story(t, 'so many faults within a time call; one more repeats the call; all gone ends it', `
  06:00:00  faults=5
  06:00:10  faults=
  06:06:00  faults=5
  06:06:10  faults=
  06:07:00  faults=5     andon_event maintenance high source=fault description=Drive trip
  06:07:10  faults=      andon_resolved automatic
  06:08:00  faults=5     andon_event L1-A2
  06:08:01  faults=5+0
  06:08:02  faults=0     andon_resolved L1-A2
`, { rest: 'andon: { faults: [{ severity: high, count: 2, within: 5m, priority: high }] }' })

story(t, 'too many rejects alert and call, and a lower share ends both', `
  06:00:00  running total=0 reject=0  state_changed
  06:00:50  total=50 reject=5
  06:01:00  -                         quality_alert active reject_ratio=0.1 parts=50, andon_event quality
  06:01:50  total=100 reject=5
  06:02:00  -                         quality_alert active=false reject_ratio=0, andon_resolved automatic
`, { bagger: 'quality_alert: { reject_ratio: 0.05, parts_min: 50, clear_ratio: 0.02 }' })

t.test('levels that fell due while the gateway was away fire once, in order, marked late', async (t) => {
  const plan = planOf()
  const facts: Draft[] = []
  let line = openLine(plan, null, [])
  const raised = solve(line, { kind: 'command', at: at('06:00:00'), command: { name: 'andon_raise', at: at('06:00:00'), line: 'L1', equipment: 'bag', key: null, by: { id: 'a', name: 'a', role: 'operator', lines: null }, body: { event_type: 'safety', priority: 'critical', description: null } } })
  line = openLine(plan, snapshotOf(raised.line), [])
  line = apply(line, { type: 'gateway_started', at: at('06:05:00'), line: null, equipment: null, body: { version: '1', config: 1, previous_epoch: null, last_seen: '2026-03-24T06:01:00.000Z', clean: false } })
  for (const time of ['06:05:01', '06:05:02', '06:06:00']) {
    const solved = solve(line, { kind: 'beat', at: at(time) })
    line = solved.line
    facts.push(...solved.drafts)
  }
  t.match(facts.filter((fact) => fact.type === 'escalation_update').map((fact) => fact.body), [
    { ladder: 'response', level: 1, late: true }, { ladder: 'response', level: 2, late: true }, { ladder: 'response', level: 3, late: false },
  ])
})

story(t, 'a fault that chatters is one call, which counts, and ends when it has been quiet', `
  06:00:00  faults=5     andon_event L1-A1 source=fault
  06:00:01  faults=      andon_resolved L1-A1
  06:00:10  faults=5     andon_event L1-A2
  06:00:11  faults=      andon_resolved L1-A2
  06:00:20  faults=5     andon_event L1-A3
  06:00:21  faults=
  06:00:30  faults=5     andon_updated L1-A3 repeats=1
  06:00:31  faults=
  06:02:00  -            andon_resolved L1-A3 automatic @06:01:30
  06:05:00  faults=5     andon_event L1-A4
`, { rest: 'andon: { faults: [{ severity: high, count: 1, within: 5m, priority: high }] }' })

story(t, 'a flood is grouped under the first call that is open', `
  06:00:00  faults=5        andon_event L1-A1 maintenance
  06:00:10  fil: faults=5   andon_event L1-A2
  06:00:20  pal: faults=5   andon_updated L1-A1 repeats=1
  06:00:30  pal: > andon_raise {event_type: safety}  andon_event L1-A3 manual
  06:03:00  pal: faults=5+0  andon_event L1-A4 stop critical
`, { rest: 'andon: { flood: { count: 2, within: 2m }, faults: [{ severity: high, count: 1, within: 5m, priority: high }, { severity: critical, count: 1, within: 5m, type: stop, priority: critical }] }' })

story(t, 'a long stop in a flood counts once under the call that is open, also when the flood is over', `
  06:00:00  running           state_changed
  06:00:10  fil: faults=5     andon_event L1-A1
  06:00:20  pal: faults=5     andon_event L1-A2
  06:00:30  stopped           state_changed, downtime_event
  06:01:30  -                 andon_updated L1-A1 repeats=1
  06:01:40  fil: faults=      andon_resolved L1-A1
  06:01:50  pal: faults=      andon_resolved L1-A2
  06:09:00  -
  06:10:00  running           state_changed, downtime_resolved
  06:11:00  stopped           state_changed, downtime_event
  06:12:00  -                 andon_event L1-A3 stop
`, { rest: 'andon: { stop_longer: 60s, flood: { count: 2, within: 5m }, faults: [{ severity: high, count: 1, within: 5m, priority: high }] }' })

story(t, 'what is known may be silenced by name, for a reason and a while; people may still call', `
  06:00:00  > andon_shelve {event_type: maintenance, minutes: 10, reason: drive is being replaced}  andon_shelved until=06:10:00 ana
  06:00:01  > andon_shelve {event_type: maintenance, minutes: 5, reason: again}                     refused ANDON_SHELVED
  06:00:02  faults=5
  06:00:03  > andon_raise {event_type: maintenance}  andon_event manual
  06:00:04  faults=
  06:10:00  -                                        andon_unshelved by=null
  06:10:01  > andon_unshelve {event_type: maintenance}  refused ANDON_NOT_SHELVED
  06:10:02  > andon_resolve {andon_id: L1-A1}        andon_resolved
  06:11:00  faults=5                                 andon_event L1-A2
`, { rest: 'andon: { faults: [{ severity: high, count: 1, within: 5m, priority: high }] }' })

story(t, 'ladders wait while nobody is there: in breaks and outside shifts', `
  09:58:00  > andon_raise {event_type: safety, priority: high}  andon_event acknowledge_by=10:33:00 resolve_by=10:58:00
  10:32:00  -
  10:33:00  -  escalation_update response level=1
  10:38:00  > andon_acknowledge {andon_id: L1-A1}  escalation_update response level=2, andon_acknowledged
  10:59:00  -  escalation_update resolution level=1 @10:58:00
`, { rest: 'andon: { pause_unmanned: true }' })

story(t, 'a line that stays below its OEE threshold calls, where the plant wants it so', `
  06:00:00  running total=0 reject=0       state_changed
  06:00:00  pal: running total=0 reject=0  state_changed
  06:06:30  -                              oee_alert @06:06:00, andon_event source=oee of=null high @06:06:00
  06:07:00  total=420
  06:07:00  pal: total=420
  06:08:30  -                              oee_alert_cleared @06:08:00, andon_resolved automatic @06:08:00
`, { line: 'oee_alert: { below: 0.7, for: 5m, clear_above: 0.72, window: shift }', rest: 'andon: { oee: { priority: high } }' })

t.test('every state of a call has a legal exit, and each step is legal once', async (t) => {
  const steps = ['andon_acknowledge', 'andon_attend', 'andon_resolve', 'andon_comment'] as const
  type Status = 'raised' | 'acknowledged' | 'attended' | 'attended unacknowledged' | 'resolved'
  const reach: Record<Status, readonly (typeof steps)[number][]> = {
    raised: [], acknowledged: ['andon_acknowledge'], attended: ['andon_acknowledge', 'andon_attend'], 'attended unacknowledged': ['andon_attend'], resolved: ['andon_resolve'],
  }
  const legal: Record<Status, readonly boolean[]> = {
    raised: [true, true, true, true], acknowledged: [false, true, true, true], attended: [false, false, true, true], 'attended unacknowledged': [true, false, true, true], resolved: [false, false, false, false],
  }
  for (const [status, way] of Object.entries(reach)) {
    for (const [index, step] of steps.entries()) {
      let line = openLine(planOf(), null, [])
      const say = (words: string) => {
        const solved = solve(line, { kind: 'command', at: at('06:00:01'), command: commandOf(words, 'bag', at('06:00:01')) })
        line = solved.line
        return solved
      }
      say('andon_raise {event_type: safety}')
      for (const name of way) say(`${name} {andon_id: L1-A1}`)
      const { refusal } = say(`${step} {andon_id: L1-A1${step === 'andon_comment' ? ', comment: x' : ''}}`)
      t.equal(refusal === null, legal[status as Status][index], `${step} of a call that is ${status}`)
    }
  }
})
