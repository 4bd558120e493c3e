import t from 'tap'
import { andonStatistics, andonsOf } from '../../../src/analysis/andons.js'
import { instant } from '../../../src/base/units.js'
import { config } from '../../../src/contract/config.js'
import type { Draft, Fact } from '../../../src/contract/events/catalogue.js'
import { unsoundOf } from '../../../src/contract/sound.js'
import { apply } from '../../../src/core/apply.js'
import { solve } from '../../../src/core/line.js'
import { openLine, snapshotOf } from '../../../src/core/snapshot.js'
import { lineView } from '../../../src/core/view.js'
import { at, commandOf, planOf, story } from '../story.js'

const rest = 'andon: { fixed_position: { types: [stop, quality], zones: { pal: 5s } } }'

story(t, 'a second pull before the fixed position cancels; else the line is stopped, once, until somebody ends the call', `
  06:00:00  > andon_raise {event_type: stop}            andon_event L1-A1 grace_to=06:00:20
  06:00:10  > andon_acknowledge {andon_id: L1-A1}       andon_acknowledged
  06:00:19  > andon_cancel {andon_id: L1-A1}            andon_resolved second_pull resolution_seconds=19 automatic=false
  06:00:19  > andon_cancel {andon_id: L1-A1}            refused ANDON_ENDED
  06:01:00  > andon_raise {event_type: stop}            andon_event L1-A2 grace_to=06:01:20
  06:01:00  > andon_raise {event_type: stop}            refused ANDON_ALREADY_OPEN
  06:01:05  > andon_acknowledge {andon_id: L1-A2}       andon_acknowledged
  06:01:20  -                                           escalation_update L1-A2 fixed_position level=1 due=06:01:20 late=false
  06:01:21  > andon_cancel {andon_id: L1-A2}            refused ANDON_NOT_CANCELLED
  06:05:00  > andon_resolve {andon_id: L1-A2}           andon_resolved
  06:06:00  > andon_cancel {andon_id: L1-A9}            refused ANDON_UNKNOWN
`, { rest })

story(t, 'a second pull at the very instant of the fixed position comes too late', `
  06:00:00  > andon_raise {event_type: stop}            andon_event
  06:00:20  > andon_cancel {andon_id: L1-A1}            escalation_update fixed_position, refused ANDON_NOT_CANCELLED
`, { rest })

story(t, 'zones have their own way to the fixed position; other types, and what calls by itself, have none', `
  06:00:00  pal: > andon_raise {event_type: quality}    andon_event L1-A1 of=pal grace_to=06:00:05
  06:00:05  -                                           escalation_update L1-A1 fixed_position of=pal
  06:00:06  > andon_raise {event_type: safety, priority: low}   andon_event L1-A2
  06:00:07  > andon_cancel {andon_id: L1-A2}            refused ANDON_NOT_CANCELLED
  06:01:00  running                                     state_changed
  06:02:00  stopped                                     state_changed, downtime_event
  06:03:00  -                                           andon_event L1-A3 source=stop
  06:04:00  -
`, { rest: 'andon: { stop_longer: 1m, times: { low: { acknowledge: 1h, resolve: 2h } }, fixed_position: { types: [stop, quality], zones: { pal: 5s } } }' })

story(t, 'the cord stops no equipment: what runs, runs, and its time is what it was', `
  06:00:00  running                                     state_changed running
  06:01:00  > andon_raise {event_type: stop}            andon_event
  06:01:20  -                                           escalation_update fixed_position
  06:02:00  -
`, { rest }, ({ line }, t) => t.equal(line.equipment[1]!.state.current, 'running'))

t.test('a restart within the grace lets it go on; one over its end tells the line stop once, at its instant, and says that it is late', async (t) => {
  const plan = planOf({ rest })
  const raised = solve(openLine(plan, null, []), { kind: 'command', at: at('06:00:00'), command: commandOf('andon_raise {event_type: stop}', 'bag', at('06:00:00')) })
  const started = (time: string): Draft => ({ type: 'gateway_started', at: at(time), line: null, equipment: null, body: { version: '1', config: 1, previous_epoch: null, last_seen: '2026-03-24T06:00:02.000Z', clean: false } })
  const stops = (time: string) => {
    let line = apply(openLine(plan, snapshotOf(raised.line), []), started(time))
    const told = Array.from({ length: 30 }, (_, n) => {
      const solved = solve(line, { kind: 'beat', at: instant(at(time) + n * 1_000) })
      line = solved.line
      return solved.drafts.flatMap((fact) => (fact.type === 'escalation_update' ? [[fact.at, fact.body.ladder, fact.body.late]] : []))
    }).flat()
    return { told, shown: lineView(line, at('06:02:00')).andons[0]?.fixed_position }
  }
  const stopped = { grace_to: '2026-03-24T06:00:20.000Z', line_stopped_at: '2026-03-24T06:00:20.000Z' }
  t.same(stops('06:00:10'), { told: [[at('06:00:20'), 'fixed_position', false]], shown: stopped })
  t.same(stops('06:01:00'), { told: [[at('06:00:20'), 'fixed_position', true]], shown: stopped })
})

t.test('how many pulls were cancelled within the grace, by their facts', async (t) => {
  let line = openLine(planOf({ rest }), null, [])
  const facts: Draft[] = []
  const say = (time: string, words: string | null) => {
    const solved = solve(line, words === null ? { kind: 'beat', at: at(time) } : { kind: 'command', at: at(time), command: commandOf(words, 'bag', at(time)) })
    line = solved.line
    facts.push(...solved.drafts)
  }
  say('06:00:00', 'andon_raise {event_type: stop}')
  say('06:00:08', 'andon_cancel {andon_id: L1-A1}')
  say('06:01:00', 'andon_raise {event_type: stop}')
  say('06:01:09', 'andon_resolve {andon_id: L1-A2}')
  say('06:02:00', 'andon_raise {event_type: stop}')
  say('06:02:20', null)
  say('06:03:00', 'andon_raise {event_type: quality}')
  say('06:03:00', 'andon_raise {event_type: material}')
  const calls = andonsOf(facts.map((fact, n): Fact => ({ ...fact, epoch: 'e', seq: n + 1, config: 1 } as unknown as Fact)))
  t.same(andonStatistics(calls, at('06:00:00'), at('06:03:10'), 0).fixed_position, { pulls: 4, cancelled: 2, line_stops: 1, cancelled_share: 2 / 3 })
  const shown = (of: typeof calls) => Object.fromEntries(of.filter(({ status }) => status !== 'resolved').map(({ andon_id, fixed_position }) => [andon_id, fixed_position]))
  t.same(shown(calls), shown([...lineView(line, at('06:03:10')).andons]), 'history and screen say the same')
})

t.test('a zone that is neither line nor equipment is named', async (t) => {
  const site = config.parse({ version: 1, gateway: { id: 'x' }, plcs: [], calendars: { d: { shifts: [{ name: 'a', start: '06:00', end: '14:00' }] } }, andon: { fixed_position: { zones: { L1: '10s', M1: '5s', M2: '5s' } } },
    lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'L', calendar: 'd', equipment: [{ code: 'M1', name: 'M', ideal_cycle: '1s', constraint: true }] }] })
  t.match(unsoundOf(site).map(({ path, message }) => [path.join('.'), message]).filter(([path]) => path?.startsWith('andon')), [['andon.fixed_position.zones.M2', /there is no line or equipment "M2"/]])
})
