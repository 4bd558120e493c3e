import fc from 'fast-check'
import t from 'tap'
import { type Instant, instant, later, rfc3339 } from '../../../src/base/units.js'
import type { Draft, DraftOf } from '../../../src/contract/events/catalogue.js'
import type { Input } from '../../../src/contract/inputs.js'
import type { LossRow } from '../../../src/contract/losses.js'
import { keyOf } from '../../../src/core/losses/lossbook.js'
import { oeeOf } from '../../../src/core/losses/oee.js'
import { sumRows } from '../../../src/core/losses/sums.js'
import { flush, solve } from '../../../src/core/line.js'
import type { Line } from '../../../src/core/memory/memory.js'
import { equipmentOee, lineOeeThen } from '../../../src/core/memory/oee-now.js'
import { openLine, snapshotOf } from '../../../src/core/snapshot.js'
import { fewerCases } from '../../support/cases.js'
import { at, commandOf, planOf, story } from '../story.js'

const late = 'counters: { reject_count: { late: { delay: 90s, of: bag } } }'
const found = (facts: readonly Draft[]): readonly DraftOf<'rejects_found'>[] => facts.filter((fact) => fact.type === 'rejects_found')
const told = (facts: readonly Draft[], of: string | null, interval: string, key: string) =>
  facts.flatMap((fact) => (fact.type === 'oee_recorded' && fact.equipment === of && fact.body.interval === interval && fact.body.key === key ? [{ at: fact.at, ...fact.body }] : []))
const numbers = ({ revision, figures: { counts } }: DraftOf<'oee_recorded'>['body']) => [revision, counts.good, counts.production_reject + counts.startup_reject]

story(t, 'a reject that is found downstream is of the job, the shift and the minute in which it was made, and its hour and shift are told again', `
  13:00:00  running total=0 reject=0 product=A                                                     count_recorded, state_changed
  13:00:00  pal: running total=0 reject=0                                                          count_recorded of=pal, state_changed of=pal
  13:00:00  > job_create {job_id: J1, quantity: 900}                                               job_created
  13:00:00  > job_create {job_id: J2, quantity: 900}                                               job_created
  13:00:00  > job_start {job_id: J1}                                                               job_started
  13:58:30  total=300
  13:59:00  -                                                                                      count_recorded of=bag job_id=J1 total=300
  13:59:20  total=310
  13:59:30  > job_complete                                                                         count_recorded of=bag job_id=J1 total=10, job_completed J1 good=310
  13:59:30  > job_start {job_id: J2}                                                               job_started J2
  13:59:50  total=320
  14:00:00  -                                                                                      count_recorded of=bag job_id=J2 total=10
  14:00:40  pal: total=5 reject=2 since=14:00:39
  14:01:00  -                                                                                      count_recorded of=pal total=3 good=3 reject=0 late.of=bag late.reject=2, rejects_found of=bag found_by=pal found_at=14:00:40 made_at=13:59:10 good=-2 reject=2 job_id=J1 product=A shift=2026-03-24/early mask=planned
  14:01:10  pal: total=7 reject=3 since=14:01:09
  14:02:00  -                                                                                      count_recorded of=pal total=1 late.reject=1, rejects_found of=bag job_id=J2 made_at=13:59:40 shift=2026-03-24/early reject=1
  14:02:59  -
  14:03:00  -
  14:05:00  -
`, { palletizer: late }, ({ facts, line }, t) => {
  const key = rfc3339(at('13:00:00'))
  t.same(told(facts, 'bag', 'hour', key).map(numbers), [[0, 320, 0], [1, 317, 3]])
  t.same(told(facts, 'bag', 'shift', '2026-03-24/early').map(numbers), [[0, 320, 0], [1, 317, 3]])
  t.same(told(facts, 'bag', 'job', 'J1').map(numbers), [[0, 310, 0], [1, 308, 2]])
  t.same(told(facts, null, 'hour', key).map(numbers), [[0, 0, 0], [1, 0, 3]], 'nothing had left the line by then')
  t.same(told(facts, 'pal', 'hour', key).map(numbers), [[0, 0, 0]], 'who found them has nothing to take back')
  t.same([line.jobs['J1'], line.jobs['J2']].map((job) => [job?.good, job?.reject]), [[308, 2], [9, 1]])
  t.same([line.equipment[1]!.counts.good, line.equipment[1]!.counts.reject], [0, 0], 'nothing of that was made in this shift')
})

story(t, 'a machine with an inspection of its own some way behind it counts what it rejects there when it was made, in its start-up as well', `
  07:00:00  running total=0 reject=0 product=A                   count_recorded, state_changed
  07:00:00  > job_create {job_id: J1, quantity: 900}             job_created
  07:00:00  > job_start {job_id: J1}                             job_started
  07:00:10  total=1 since=07:00:09
  07:00:20  total=2 since=07:00:19
  07:00:30  total=3 since=07:00:29
  07:00:40  total=4 reject=1 since=07:00:39
  07:00:50  total=5 reject=2 since=07:00:49
  07:01:00  -                                                    count_recorded total=5 good=5 reject=0 late.reject=2 startup_closed=07:00:20.001 startup_left=null, rejects_found good=-2 reject=2 startup_reject=2 made_at=07:00:20 found_at=07:00:50 found_by=bag
  07:01:01  total=6 reject=3 since=07:01:00
  07:02:00  -                                                    count_recorded total=1 good=1 startup_left=null, rejects_found good=-1 reject=1 startup_reject=0 made_at=07:00:31
`, { bagger: 'startup_good_parts: 2\ncounters: { reject_count: { late: { delay: 30s } } }' }, ({ line }, t) => {
  const { counts, times } = equipmentOee(line, 1, 'shift', at('07:02:00'))
  t.same([counts.good, counts.startup_reject, counts.production_reject, counts.total], [3, 2, 1, 6])
  t.equal(times.fully_productive, 3)
})

story(t, 'where good parts are counted behind the inspection, a late reject is one part more of then', `
  07:00:00  running good=0 reject=0              count_recorded, state_changed
  07:00:10  good=4 reject=1 since=07:00:09
  07:01:00  -                                    count_recorded total=4 good=4 reject=0, rejects_found good=0 reject=1 made_at=06:59:40 mask=recovered
  07:01:10  good=9 reject=2 since=07:01:09
`, { latches: '{ total_count: plc/none, good_count: plc/g }', bagger: 'counters: { reject_count: { late: { delay: 30s } } }\nsignals: { running: plc/r, good_count: plc/g, reject_count: plc/j }' },
({ line }, t) => {
  t.same([equipmentOee(line, 1, 'shift', at('07:01:11')).counts.total, equipmentOee(line, 1, 'shift', at('07:01:11')).counts.recovered], [10, 1], 'one of blind time, and one that is found and not yet written down')
})

story(t, 'rejects of closed time are outside the figures, and below zero is told as it is', `
  05:58:00  running total=0 reject=0               state_changed
  05:58:00  pal: running total=0 reject=0          state_changed of=pal
  05:59:30  total=8 since=05:59:29
  06:00:30  total=9 since=06:00:29
  06:01:10  pal: total=5 reject=3 since=06:01:09
  06:02:10  pal: total=10 reject=6 since=06:02:09  rejects_found of=bag mask=off_schedule made_at=05:59:40 @06:02:00
  06:03:00  -                                      rejects_found of=bag mask=planned made_at=06:00:40
`, { palletizer: late }, ({ facts, line }, t) => {
  t.same(found(facts).map(({ body: { made_at, mask, reject, shift } }) => [made_at.slice(11, 19), mask, reject, shift]), [['05:59:40', 'off_schedule', 3, null], ['06:00:40', 'planned', 3, '2026-03-24/early']])
  const { counts, warnings } = equipmentOee(line, 1, 'shift', at('06:03:00'))
  t.same([counts.good, counts.production_reject, counts.total, warnings.includes('negative_good')], [-2, 3, 1, true])
})

const D = { short: 5, middle: 90, long: 200 }
const second = fc.record({ parts: fc.nat({ max: 2 }), bad: fc.nat({ max: 9 }), job: fc.nat({ max: 150 }), restart: fc.nat({ max: 200 }) })
// Never on the very edge of a minute or a shift, where a part is of either.
const begin = at('13:56:00.500')

t.test('whatever is made, rejected, begun and restarted: every reject is of its minute, job, shift and start-up, once, and what was told last is what is so', async () => {
  fc.assert(fc.property(fc.array(second, { minLength: 60, maxLength: 420 }), fc.constantFrom(...Object.values(D)), fc.boolean(), fc.constantFrom('bag', 'pal'), (seconds, delay, isUnderWay, finder) => {
    const isOwn = finder === 'bag'
    const rule = `counters: { reject_count: { late: { delay: ${delay}s, of: bag } } }`
    const plan = planOf({ bagger: `startup_good_parts: 3\n${isOwn ? rule : ''}`, palletizer: `${isOwn ? '' : rule}\n${isUnderWay ? `transit: { bag: ${delay}s }` : ''}` })
    let line: Line = openLine(plan, null, [])
    const facts: Draft[] = []
    const rows = new Map<string, LossRow>()
    let snapshot = { state: snapshotOf(line), facts: 0 }
    const hear = (solved: ReturnType<typeof solve>) => {
      line = solved.line
      facts.push(...solved.drafts)
      for (const row of solved.rows) {
        const key = `${row.equipment} ${keyOf(row)}`
        if (rows.has(key) && rows.get(key)!.revision >= row.revision) throw new Error(`${key} is written again under revision ${row.revision}`)
        rows.set(key, row)
      }
    }
    const feed = (input: Input) => { hear(solve(line, input)) }
    const say = (words: string, now: Instant) => { feed({ kind: 'command', at: now, command: commandOf(words, 'bag', now) }) }

    // The plant, and what is true of it.
    const made: { at: Instant; parts: number; bad: number; job: string | null; startup: boolean }[] = []
    let job: string | null = null
    let startupLeft: number | null = null
    let restarted = 0
    for (let n = 0; n < seconds.length + delay + 90; n++) {
      const now = later(begin, n * 1_000)
      // Counting begins with the first reading.
      const { parts, bad, job: change, restart } = n > 0 && n < seconds.length ? seconds[n]! : { parts: 0, bad: 9, job: 9, restart: 9 }
      const rejected = bad === 0 && parts > 0 ? 1 : 0
      made.push({ at: now, parts, bad: rejected, job, startup: startupLeft !== null })
      if (startupLeft !== null && parts > 0) startupLeft = startupLeft <= parts ? null : startupLeft - parts
      const gone = made.slice(0, Math.max(0, n - delay + 1))
      const sum = (of: readonly { parts: number; bad: number }[], what: 'parts' | 'bad') => of.reduce((all, one) => all + one[what], 0)
      feed({ kind: 'beat', at: now })
      const since = n === 0 ? {} : { since: later(now, -1_000) }
      feed({ kind: 'sample', at: now, equipment: 'bag', ...since, signals: { running: true, total_count: sum(made, 'parts'), reject_count: isOwn ? sum(gone, 'bad') : 0 } })
      feed({ kind: 'sample', at: now, equipment: 'pal', ...since, signals: { running: true, total_count: sum(gone, 'parts'), reject_count: isOwn ? 0 : sum(gone, 'bad') } })
      if (change === 0) {
        if (job !== null) say('job_complete', now)
        job = `J${n}`
        startupLeft = 3
        say(`job_create {job_id: ${job}, quantity: 100000}`, now)
        say(`job_start {job_id: ${job}}`, now)
      }
      if (restart === 0) {
        hear(flush(line, now))
        line = openLine(plan, snapshot.state, [...rows.values()], facts.slice(snapshot.facts))
        restarted++
      }
      if (restart === 1) snapshot = { state: snapshotOf(line), facts: facts.length }
    }
    const end = later(begin, (seconds.length + delay + 90) * 1_000)
    hear(flush(line, end))
    for (let now = end; now < later(end, 300_000); now = later(now, 1_000)) feed({ kind: 'beat', at: now })

    const key = (minute: number, name: string | null, shift: string | null) => `${minute} ${name} ${shift}`
    const expected = new Map<string, number[]>()
    for (const one of made) {
      if (one.parts === 0) continue
      const place = key(Math.floor(one.at / 60_000), one.job, one.at < at('14:00:00') ? '2026-03-24/early' : '2026-03-24/late')
      const [good, startup, production] = expected.get(place) ?? [0, 0, 0]
      expected.set(place, [good! + one.parts - one.bad, startup! + (one.startup ? one.bad : 0), production! + (one.startup ? 0 : one.bad)])
    }
    const own = [...rows.values()].filter(({ equipment }) => equipment === 'bag')
    const booked = new Map<string, number[]>()
    for (const { minute, job: name, shift, parts } of own) {
      const place = key(minute / 60_000, name, shift)
      const [good, startup, production] = booked.get(place) ?? [0, 0, 0]
      booked.set(place, [good! + parts.good, startup! + parts.startup_reject, production! + parts.production_reject])
    }
    for (const place of new Set([...expected.keys(), ...booked.keys()])) {
      const [is, should] = [booked.get(place) ?? [0, 0, 0], expected.get(place) ?? [0, 0, 0]]
      if (String(is) !== String(should)) throw new Error(`${place}: ${String(is)} and not ${String(should)}, restarted ${restarted} times`)
    }
    const last = new Map(facts.flatMap((fact) => (fact.type === 'oee_recorded' && fact.equipment === 'bag' && fact.body.interval !== 'job' ? [[`${fact.body.interval} ${fact.body.key}`, fact.body.figures] as const] : [])))
    for (const [name, { window, counts }] of last) {
      const inside = own.filter(({ minute }) => minute >= Date.parse(window.from) && minute < Date.parse(window.to))
      const is = oeeOf(sumRows(inside), { from: instant(Date.parse(window.from)), to: instant(Date.parse(window.to)) }, plan, plan.equipment.get('bag')!).counts
      if (JSON.stringify(is) !== JSON.stringify(counts)) throw new Error(`${name} was told with ${JSON.stringify(counts)} and is ${JSON.stringify(is)}`)
    }
    const again = facts.find((fact) => fact.type === 'oee_recorded' && fact.equipment === 'bag' && fact.body.interval !== 'job' && fact.body.revision > 1)
    if (restarted === 0 && again !== undefined) throw new Error(`told more than once again: ${JSON.stringify(again.body)}`)
    if (line.foundIn.some(({ interval, to }) => interval !== 'job' && to <= at('14:00:00'))) throw new Error(`not told: ${JSON.stringify(line.foundIn)}`)
    // What the constraint made is the line's rejects, its good parts and what is in between.
    const whole = lineOeeThen(line, 'day', later(end, 120_000))
    const bad = made.reduce((all, one) => all + one.bad, 0)
    const rejects = whole.counts.startup_reject + whole.counts.production_reject
    if (rejects !== bad || whole.counts.total + whole.work_in_process! !== made.reduce((all, one) => all + one.parts, 0)) throw new Error(`line: ${rejects} of ${bad} rejects, ${whole.counts.total} and ${whole.work_in_process}`)
  }), { ...fewerCases(12), endOnFailure: true })
})
