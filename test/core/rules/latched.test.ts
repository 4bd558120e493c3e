import fc from 'fast-check'
import t from 'tap'
import { type Instant, instant } from '../../../src/base/units.js'
import type { Draft, DraftOf } from '../../../src/contract/events/catalogue.js'
import { type CounterRule, splitCounter } from '../../../src/core/memory/counter.js'
import { flush, solve } from '../../../src/core/line.js'
import { openLine, snapshotOf } from '../../../src/core/snapshot.js'
import { fewerCases } from '../../support/cases.js'
import { type Told, at, planOf, story } from '../story.js'

const latches = '{ total_latched: plc/tl, reject_latched: plc/jl }'
const named = (bagger = '') => ({ latches, bagger: `jobs: { from_plc: true }\n${bagger}` })
const records = (facts: readonly Draft[]): readonly DraftOf<'count_recorded'>[] => facts.filter((fact) => fact.type === 'count_recorded')
const changes = ({ facts }: Told) => records(facts).flatMap(({ body }) => body.job_change ?? [])
const findings = (told: Told) => changes(told).map(({ rule, counters }) => [rule, ...counters.map(({ before, latched, after, finding }) => `${before} ${latched} ${after} ${finding}`)])

story(t, 'a reading across the change of a job is split exactly where the PLC latched the counters', `
  06:00:00  running total=1000 reject=10 job=J1 total_latched=0 reject_latched=0  count_recorded base+base, job_created J1, job_started J1, state_changed
  06:00:10  total=1010 reject=11
  06:00:11  total=1016 reject=12 job=J2 total_latched=1014 reject_latched=11      count_recorded job_id=J1 total=14 good=13 reject=1 steps=advance+advance, job_completed J1 good=13 reject=1, job_created J2, job_started J2
  06:01:00  -                                                                     count_recorded job_id=J2 total=2 good=1 reject=1 steps=advance+advance from=06:00:11
`, named(), (told, t) => {
  t.same(changes(told), [{
    from_job: 'J1', to_job: 'J2', rule: 'split_at_latched',
    counters: [{ signal: 'total_count', before: 1010, latched: 1014, after: 1016, finding: 'between' }, { signal: 'reject_count', before: 11, latched: 11, after: 12, finding: 'between' }],
  }])
})

story(t, 'a counter that begins anew with each job loses nothing of the job before, and what it counted since is of the next', `
  06:00:00  running total=500 reject=3 job=J1                                count_recorded base+base, job_created J1, job_started J1, state_changed
  06:00:11  total=2 reject=0 job=J2 total_latched=506 reject_latched=4       count_recorded job_id=J1 total=6 good=5 reject=1, job_completed J1, job_created J2, job_started J2, count_recorded job_id=J2 total=2 reject=0 steps=reset+reset
  06:00:12  total=4
  06:01:00  -                                                                count_recorded job_id=J2 total=2 steps=advance
`, named('counters: { total_count: { resets: job }, reject_count: { resets: job } }'))

story(t, 'a reset that its configuration only allows is believed with a latch, at once', `
  06:00:00  running total=500 reject=3 job=J1                                count_recorded base+base, job_created J1, job_started J1, state_changed
  06:00:11  total=2 reject=0 job=J2 total_latched=506 reject_latched=4       count_recorded job_id=J1 total=6 reject=1, job_completed J1, job_created J2, job_started J2, count_recorded job_id=J2 total=2 steps=reset+reset
`, named())

story(t, 'a latch of the change before is not between the readings: all parts are of the job before', `
  06:00:00  running total=1000 reject=10 job=J1 total_latched=800 reject_latched=7  count_recorded base+base, job_created J1, job_started J1, state_changed
  06:00:11  total=1006 reject=10 job=J2                                             count_recorded job_id=J1 total=6, job_completed J1 good=6, job_created J2, job_started J2
  06:01:00  -
`, named(), (told, t) => {
  t.same(findings(told), [['all_to_earlier_job', '1000 800 1006 not_between', '10 7 10 not_between']])
})

story(t, 'latches are believed together or not at all; without a value there is none', `
  06:00:00  running total=1000 reject=10 job=J1                       count_recorded base+base, job_created J1, job_started J1, state_changed
  06:00:11  total=1006 reject=11 job=J2 total_latched=1004            count_recorded job_id=J1 total=6 reject=1, job_completed J1 good=5, job_created J2, job_started J2
`, named(), (told, t) => { t.same(findings(told), [['all_to_earlier_job', '1000 1004 1006 between', '10 null 11 not_latched']]) })

story(t, 'nothing up to the latch, nothing after it, and a change in which nothing was counted', `
  06:00:00  running total=1000 reject=10 job=J1                                count_recorded base+base, job_created J1, job_started J1, state_changed
  06:00:11  total=1006 job=J2 total_latched=1000 reject_latched=10             job_completed J1 good=0, job_created J2, job_started J2, count_recorded job_id=J2 total=6
  06:00:20  total=1009 job=J3 total_latched=1009                               count_recorded job_id=J2 total=3, job_completed J2 good=9, job_created J3, job_started J3
  06:00:30  job=J4                                                             job_completed J3 good=0, job_created J4, job_started J4
  06:00:31  total=1010 job=0 total_latched=1009                                job_completed J4 good=0, count_recorded job_id=null total=1
  06:01:00  -
`, named(), (told, t) => {
  t.same(changes(told).map(({ from_job, to_job, rule }) => [from_job, to_job, rule]), [['J1', 'J2', 'split_at_latched'], ['J2', 'J3', 'split_at_latched'], ['J4', null, 'split_at_latched']])
})

story(t, 'where no PLC latches anything, records stay what they were', `
  06:00:00  running total=0 reject=0 job=J1  count_recorded base+base, job_created J1, job_started J1, state_changed
  06:00:20  total=15 job=J2                  count_recorded job_id=J1 total=15, job_completed J1 good=15, job_created J2, job_started J2
`, { bagger: 'jobs: { from_plc: true }' }, (told, t) => { t.same(changes(told), []) })

t.test('which values lie between two readings', async (t) => {
  const rule: CounterRule = { modulus: 100, signed: false, resets: 'any', idealMsPerCount: 1_000, partsPerCount: 1, safety: 3, slack: 5, confirmReads: 3 }
  const split = ([from, latched, to]: readonly [number, number, number], how: Partial<CounterRule>, anew: boolean) => {
    const found = splitCounter({ raw: from, at: instant(0), doubt: null }, latched, to, instant(1_000), instant(0), { ...rule, ...how }, anew)
    return found === null ? null : [...found.until.steps, ...found.since.steps].map(({ counts, rule }) => `${counts} ${rule}`)
  }
  for (const [name, expected, values, how = {}, anew = false] of [
    ['on the way', ['2 advance', '3 advance'], [10, 12, 15]],
    ['before the wrap', ['2 advance', '4 rollover'], [96, 98, 2]],
    ['after the wrap', ['5 rollover', '1 advance'], [96, 1, 2]],
    ['at the first reading', ['5 advance'], [10, 10, 15]],
    ['at the second reading', ['5 advance'], [10, 15, 15]],
    ['beyond the second', null, [10, 16, 15]],
    ['before the first', null, [10, 9, 15]],
    ['more than was believable', null, [10, 15, 19]],
    ['a reset after the latch', ['3 advance', '2 reset'], [50, 53, 2]],
    ['a reset that is none', null, [50, 53, 2], { resets: 'never' }],
    ['a reset at a change of shifts only', null, [50, 53, 2], { resets: 'shift' }],
    ['a reset to a value beyond the first', ['1 advance', '5 reset'], [3, 4, 5], {}, true],
    ['a counter without a top', null, [96, 98, 2], { modulus: 0, resets: 'never' }],
    ['a signed counter', ['1 advance', '2 advance'], [48, 49, -49], { signed: true }],
  ] satisfies [string, string[] | null, [number, number, number], Partial<CounterRule>?, boolean?][]) t.same(split(values, how, anew), expected, name)
})

/** One reading: how many were made before and after the job changed, if it did; of these so many bad. */
const reading = fc.record({
  until: fc.nat({ max: 4 }), since: fc.nat({ max: 4 }), bad: fc.nat({ max: 2 }), badSince: fc.nat({ max: 2 }), changes: fc.boolean(), isLatched: fc.boolean(), idles: fc.boolean(), restarts: fc.integer({ min: 0, max: 9 }),
})

t.test('whatever is counted, latched, changed and restarted: each part is of one job, and of the one it was made for', async () => {
  fc.assert(fc.property(fc.array(reading, { maxLength: 40 }), fc.constantFrom('never', 'job'), fc.constantFrom(50, 65_536), fc.nat({ max: 49 }), (readings, resets, modulus, start) => {
    const rules = `{ resets: ${resets}, modulus: ${modulus} }`
    const plan = planOf(named(`counters: { total_count: ${rules}, reject_count: ${rules} }`))
    let line = openLine(plan, null, [])
    let snapshot = { state: snapshotOf(line), facts: 0 }
    const facts: Draft[] = []
    const counters = { total: resets === 'job' ? 0 : start, reject: 0, totalLatched: 0, rejectLatched: 0 }
    const made = new Map<string | null, { total: number; reject: number }>()
    let job: string | null = 'J0'
    let now: Instant = at('06:00:00')
    const book = (total: number, reject: number) => {
      counters.total = (counters.total + total) % modulus
      counters.reject = (counters.reject + reject) % modulus
      const before = made.get(job) ?? { total: 0, reject: 0 }
      made.set(job, { total: before.total + total, reject: before.reject + reject })
    }
    const read = () => {
      const signals = { running: true, job: job ?? '0', total_count: counters.total, reject_count: counters.reject, total_latched: counters.totalLatched, reject_latched: counters.rejectLatched }
      const solved = solve(line, { kind: 'sample', at: now, equipment: 'bag', signals })
      line = solved.line
      facts.push(...solved.drafts)
    }
    read()
    for (const [n, { until, since, bad, badSince, changes, isLatched, idles, restarts }] of readings.entries()) {
      now = instant(now + 3_000)
      const next = idles ? null : `J${n + 1}`
      book(until, Math.min(bad, until))
      if (changes && next !== job && resets === 'never' && !isLatched) {
        // The PLC latched nothing: what its latch holds lies outside, and all of the reading is of the job before.
        Object.assign(counters, { totalLatched: (counters.total + 40) % modulus, rejectLatched: counters.reject })
        book(since, Math.min(badSince, since))
        job = next
      } else if (changes && next !== job) {
        Object.assign(counters, { totalLatched: counters.total, rejectLatched: counters.reject }, resets === 'job' ? { total: 0, reject: 0 } : {})
        job = next
        book(since, Math.min(badSince, since))
      }
      read()
      // What a counter did in more than one round nobody can know.
      if (restarts === 0 && modulus > 50) line = openLine(plan, snapshot.state, [], facts.slice(snapshot.facts))
      if (restarts === 1) snapshot = { state: snapshotOf(line), facts: facts.length }
    }
    now = instant(now + 1_000)
    read()
    facts.push(...flush(line, now).drafts)
    for (const [name, { total, reject }] of made) {
      const own = records(facts).filter(({ body }) => body.job_id === name)
      const sum = (of: 'total' | 'reject') => own.reduce((all, { body }) => all + body[of], 0)
      if (sum('total') !== total || sum('reject') !== reject) throw new Error(`${name}: ${sum('total')} of ${total}, ${sum('reject')} of ${reject}`)
    }
  }), fewerCases(400))
})
