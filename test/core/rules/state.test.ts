import t from 'tap'
import { packmlClass } from '../../../src/core/rules/packml.js'
import { apply } from '../../../src/core/apply.js'
import { solve } from '../../../src/core/line.js'
import { openLine, snapshotOf } from '../../../src/core/snapshot.js'
import { at, durable, planOf, story } from '../story.js'

t.test('what PackML numbers mean', async (t) => {
  const context = { previous: 'running', blocked: false, changeover: false, jobActive: false, jobNext: false } as const
  const rows = [
    [0, 'unknown'], [1, 'faulted'], [2, 'stopped'], [4, 'idle'], [5, 'starved'], [6, 'running'], [7, 'stopped'], [8, 'faulted'], [9, 'faulted'],
    [10, 'stopped'], [11, 'stopped'], [12, 'stopped'], [13, 'starved'], [14, 'starved'], [16, 'running'], [17, 'idle'], [3, 'idle'], [15, 'stopped'], [99, 'unknown'],
  ] as const
  for (const [number, wanted] of rows) t.equal(packmlClass(number, 1, context), wanted, `state ${number}`)
  t.equal(packmlClass(5, 1, { ...context, blocked: true }), 'blocked')
  t.equal(packmlClass(17, 1, { ...context, jobNext: true }), 'setup', 'the next job waits')
  t.equal(packmlClass(15, 1, { ...context, previous: 'faulted' }), 'faulted', 'resetting goes on with what it comes from')
  t.equal(packmlClass(6, 2, context), 'maintenance')
  t.equal(packmlClass(9, 2, { ...context, previous: 'faulted', jobActive: true }), 'faulted', 'maintenance of a breakdown is the breakdown')
  t.equal(packmlClass(2, 3, { ...context, changeover: true }), 'setup')
  t.equal(packmlClass(2, 3, context), 'stopped')
})

story(t, 'PackML states, with one remapped by the plant', `
  06:00:00  state=6            state_changed running state_code=6
  06:01:00  state=11           state_changed starved state_code=11, downtime_event
  06:01:30  state=6            state_changed running, downtime_resolved micro
  06:02:00  state=9            state_changed faulted, downtime_event faulted
  06:03:00  state=1
  06:04:00  state=15
  06:05:00  state=6            state_changed running, downtime_resolved
`, { bagger: 'state: { from: packml, map: { "11": starved } }' })

story(t, 'a number the plant has not named is nothing anybody can know', `
  06:00:00  state=1  state_changed running
  06:01:00  state=7  state_changed unknown
`, { bagger: 'state: { from: map, map: { "1": running, "2": stopped } }' })

story(t, 'a machine that creeps does not run', `
  06:00:00  running speed=20   state_changed running
  06:01:00  speed=0.05         state_changed stopped, downtime_event
  06:01:10  speed=20           state_changed running, downtime_resolved
`, { bagger: 'state: { run_speed_min: 0.1 }' })

story(t, 'a blip shorter than the confirmation is no change; a real one is dated back to its start', `
  06:00:00  running  state_changed running
  06:01:00  stopped
  06:01:02  running
  06:02:00  stopped
  06:02:05  -        state_changed stopped @06:02:00, downtime_event @06:02:00
`, { bagger: 'state: { confirm: 5s }' })

story(t, 'a machine that was switched off with its PLC stands, where the plant says so', `
  06:00:00  running       state_changed running
  06:01:00  running=null  state_changed stopped, downtime_event
`, { bagger: 'no_data: stop' })

story(t, 'or goes on as it was', `
  06:00:00  running       state_changed running
  06:01:00  running=null
`, { bagger: 'no_data: hold' })

story(t, 'a machine that only counts: slow cycles run, a gap is a stop, known late and dated back', `
  06:00:00  total=0 reject=0
  06:00:10  total=1             state_changed running
  06:00:12  total=2
  06:00:14  total=3
  06:00:30  total=4             state_changed stopped @06:00:16, downtime_event @06:00:16, state_changed running, downtime_resolved lost_seconds=14 micro
  06:02:32  -                   state_changed stopped @06:00:32, downtime_event @06:00:32
  06:10:00  total=5             state_changed running, downtime_resolved lost_seconds=568 micro=false
`, { bagger: 'ideal_cycle: 2s\nstate: { from: counts }' })

t.test('a gateway that was away says so, goes on with the same stop, and finds the parts', async (t) => {
  const plan = planOf()
  let line = openLine(plan, null, [])
  const feed = (input: Parameters<typeof solve>[1]) => { const solved = solve(line, input); line = solved.line; return solved.drafts }
  feed({ kind: 'sample', at: at('06:00:00'), equipment: 'bag', signals: { running: true, total_count: 100, reject_count: 0 } })
  feed({ kind: 'sample', at: at('06:01:30'), equipment: 'bag', signals: { running: false, total_count: 110 } })
  const recorded = line.equipment[1]!.counts.bases
  t.same(recorded.total_count?.raw, 100, 'ten parts are pending')

  line = openLine(plan, snapshotOf(line), [])
  line = apply(line, { type: 'gateway_started', at: at('06:05:00'), line: null, equipment: null, body: { version: '1', config: 1, previous_epoch: null, last_seen: '2026-03-24T06:02:00.000Z', clean: false } })
  const first = feed({ kind: 'sample', at: at('06:05:01'), equipment: 'bag', signals: { running: false, total_count: 115, reject_count: 0 } })
  t.match(first.filter(({ equipment }) => equipment === 'bag'), [
    { type: 'state_changed', at: at('06:02:00'), body: { state: 'unknown' } },
    { type: 'count_recorded', body: { total: 15, recovered: 15, steps: [{ from: 100, to: 115, rule: 'gap' }] } },
    { type: 'state_changed', at: at('06:05:01'), body: { state: 'stopped' } },
  ])
  const after = feed({ kind: 'sample', at: at('06:05:31'), equipment: 'bag', signals: { running: true } })
  t.match(after.find(({ type }) => type === 'downtime_resolved'), { body: { stop_id: 'L1-S1', lost_seconds: 60 } })
  t.equal(feed({ kind: 'sample', at: at('06:05:32'), equipment: 'bag', signals: { running: true, total_count: 115 } }).length, 0)
})

t.test('the wall clock steps back an hour: no duration is longer or shorter than it was', async (t) => {
  const plan = planOf()
  let line = openLine(plan, null, [])
  const feed = (input: Parameters<typeof solve>[1]) => { const solved = solve(line, input); line = solved.line; return solved.drafts }
  feed({ kind: 'sample', at: at('08:00:00'), equipment: 'bag', signals: { running: true } })
  feed({ kind: 'sample', at: at('08:10:00'), equipment: 'bag', signals: { running: false } })
  t.match(feed({ kind: 'clock', at: at('08:11:00'), byMs: -3_600_000 }), [{ type: 'clock_stepped', body: { by_seconds: -3_600 } }])
  const resolved = feed({ kind: 'sample', at: at('07:12:00'), equipment: 'bag', signals: { running: true } }).find(({ type }) => type === 'downtime_resolved')
  t.match(resolved, { body: { lost_seconds: 120 } })
  t.ok(durable(line))
})
