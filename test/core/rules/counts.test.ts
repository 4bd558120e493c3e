import t from 'tap'
import fc from 'fast-check'
import { type Instant, instant } from '../../../src/base/units.js'
import { type Counter, type CounterRule, readCounter } from '../../../src/core/memory/counter.js'
import { equipmentView } from '../../../src/core/view.js'
import { at, story } from '../story.js'
import { cases } from '../../support/cases.js'

const rule: CounterRule = { modulus: 65_536, signed: false, resets: 'any', idealMsPerCount: 1_000, partsPerCount: 1, safety: 3, slack: 5, confirmReads: 3 }

/** Feeds readings so far apart; gives the sum of parts and the rules that made it. */
function count(first: number, readings: readonly number[], how: Partial<CounterRule> = {}, everyMs = 1_000): { parts: number; rules: string[] } {
  let counter: Counter | null = { raw: first, at: 0 as Instant, doubt: null }
  let parts = 0
  const rules: string[] = []
  readings.forEach((raw, n) => {
    const read = readCounter(counter, raw, instant((n + 1) * everyMs), instant(n * everyMs), { ...rule, ...how }, 'none')
    counter = read.counter
    for (const step of read.steps) { parts += step.counts; rules.push(step.rule) }
  })
  return { parts, rules }
}

t.test('by which rule a reading becomes parts', async (t) => {
  const rows: [string, number, number[], Partial<CounterRule>, number, string[]][] = [
    ['it advances', 100, [101, 103, 103], {}, 3, ['advance', 'advance']],
    ['it rolls over', 65_534, [1], {}, 3, ['rollover']],
    ['a signed counter wraps to the smallest value', 32_766, [-32_767], { signed: true }, 3, ['advance']],
    ['a decimal counter rolls over at ten thousand', 9_998, [2], { modulus: 10_000 }, 4, ['rollover']],
    ['a PLC restart zeroes it: parts since zero are real', 5_000, [0, 1, 2], {}, 2, ['reset']],
    ['one bad reading of zero is a glitch', 5_000, [0, 5_002], {}, 2, ['glitch']],
    ['a jump that comes back is a glitch', 100, [40_000, 102], {}, 2, ['glitch']],
    ['a jump that lasts is a new base, and only what follows it counts', 100, [40_000, 40_001, 40_002], {}, 2, ['jump']],
    ['a fall to another high value is a new base', 50_000, [20_000, 20_001, 20_002], {}, 2, ['resync']],
    ['an operator set it back a little', 50_000, [49_996, 49_996, 49_997], {}, 1, ['correction']],
    ['a counter that never resets does not count from zero', 5_000, [3, 4, 5], { resets: 'never' }, 2, ['resync']],
    ['outside its type it is no reading', 100, [70_000, 101], {}, 1, ['advance']],
    ['without a modulus a fall is no rollover', 65_534, [1, 2, 3], { modulus: 0 }, 3, ['reset']],
  ]
  for (const [name, first, readings, how, parts, rules] of rows) t.same(count(first, readings, how), { parts, rules }, name)
})

t.test('19: any true count seen through a modulus is recovered exactly, however often it is read', async (t) => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 65_535 }), fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 60 }), fc.constantFrom(100, 1_000, 65_536), (first, steps, modulus) => {
    const start = first % modulus
    let value = start
    const readings = steps.flatMap((step) => { value = (value + step) % modulus; return [value, value] })
    const seldom = readings.filter((_, place) => place % 4 === 3 || place === readings.length - 1)
    const made = steps.reduce((sum, step) => sum + step, 0)
    return count(start, readings, { modulus }).parts === made && count(start, seldom, { modulus }, 4_000).parts === made
  }), cases)
  t.pass()
})

story(t, 'a reset just below the top is told from a rollover by the counter that fell with it', `
  06:00:00  running total=4294967294 reject=12  count_recorded base+base, state_changed running
  06:00:01  total=2 reject=0
  06:00:02  total=3
  06:00:03  total=4                             count_recorded total=4 good=4 reject=0 steps=reset+reset
  06:00:20  total=10
  06:01:00  -                                   count_recorded total=6 steps=advance
`)

story(t, 'parts made while the gateway itself was held up, with an answer of the PLC in its hand, are no jump', `
  06:00:00  running total=100 reject=0                              count_recorded base+base, state_changed running
  06:00:01  total=101
  06:00:32  total=102 since=06:00:01 asked=06:00:00
  06:00:32.500  total=132 since=06:00:32 asked=06:00:01
  06:00:33  total=133 since=06:00:32.500 asked=06:00:32
  06:01:00  -                                                       count_recorded total=33 steps=advance
`)

story(t, 'one reading of zeros just below the top is a glitch', `
  06:00:00  running total=4294967290 reject=12  count_recorded base+base, state_changed running
  06:00:01  total=0 reject=0
  06:00:02  total=4294967292 reject=12          count_recorded total=2 reject=0 steps=glitch+glitch
`)

story(t, 'a counter that rolls over beside one that stands still, or that has just done so itself, rolls over', `
  06:00:00  running total=4294967294 reject=12  count_recorded base+base, state_changed running
  06:00:01  total=2                             count_recorded total=4 steps=rollover
  06:00:02  total=3 reject=0
  06:00:03  total=4
  06:00:04  total=5                             count_recorded total=3 steps=advance+reset
`)

story(t, 'a counter that begins anew with each job has done so when one has just begun, however near its top it stood', `
  06:00:00  running total=4294967290 reject=0  count_recorded base+base, state_changed running
  06:00:05  > job_create {job_id: J1, quantity: 100}  job_created
  06:00:05  > job_assign {job_id: J1}          job_assigned
  06:00:05  > job_start                        job_started
  06:00:06  total=2                            count_recorded total=2 job_id=J1 steps=reset
`, { bagger: 'counters: { total_count: { resets: job } }' })

story(t, 'parts are written down once a minute, and nothing when nothing was made', `
  06:00:00  running total=1000 reject=0  count_recorded total=0 steps=base+base, state_changed running
  06:00:10  total=1010
  06:00:20  total=1020 reject=1
  06:01:00  -                            count_recorded total=20 good=19 reject=1 from=06:00:00 steps=advance+advance shift=2026-03-24/early
  06:03:00  -
`)

story(t, 'parts do not cross the change of a shift', `
  13:59:30  running total=0 reject=0  count_recorded base+base, state_changed
  13:59:50  total=20
  14:00:00  -                         count_recorded total=20 shift=2026-03-24/early
  14:00:10  total=30
  14:01:00  -                         count_recorded total=10 shift=2026-03-24/late
`)

story(t, 'parts made while nobody could see are found, once, and kept apart', `
  06:00:00  running total=100 reject=0           count_recorded base+base, state_changed
  06:00:30  total=130
  06:00:40  running=null total=null reject=null  count_recorded total=30 recovered=0, state_changed unknown
  06:10:00  running total=500 reject=2           count_recorded total=370 good=368 reject=2 recovered=370 gap+gap, state_changed running
  06:10:10  total=510
  06:11:00  -                                    count_recorded total=10 recovered=0
`)

story(t, 'the counter starts anew with the PLC, and what it made since is told at once', `
  06:00:00  running total=5000 reject=0  count_recorded base+base, state_changed
  06:00:10  total=5010
  06:00:11  total=0
  06:00:12  total=1
  06:00:13  total=2                      count_recorded total=12 advance+reset
`)

story(t, 'a reading on the very edge of a break tells of the time before it', `
  09:59:00  running total=0 reject=0  count_recorded base+base, state_changed
  10:00:00  total=7                   count_recorded total=7 off_schedule=0
  10:30:00  total=11                  count_recorded total=4 off_schedule=4
`, { rest: 'calendars: { day: { day_start: "06:00", breaks: strict, shifts: [{ name: early, start: "06:00", end: "14:00", breaks: [{ start: "10:00", end: "10:30" }] }] } }' })

story(t, 'a reading on the stroke of a minute is of the minute and the shift that end with it; one that comes late is written down by itself', `
  13:59:30  running total=0 reject=0  count_recorded base+base, state_changed
  14:00:00  total=9                   count_recorded total=9 shift=2026-03-24/early @14:00:00
  14:00:10  pal: running total=0      count_recorded base, state_changed
  14:01:00  -
  14:01:00  total=12                  count_recorded total=3 shift=2026-03-24/late @14:01:00
  14:01:20  total=14
  14:02:00  -                         count_recorded total=2
`, { rest: 'calendars: { day: { day_start: "06:00", shifts: [{ name: early, start: "06:00", end: "14:00" }, { name: late, start: "14:00", end: "22:00" }] } }' })

story(t, 'parts in closed time and strict breaks are outside the figures', `
  05:59:00  running total=0 reject=0  count_recorded base+base, state_changed
  05:59:30  total=10
  06:00:00  -                         count_recorded total=10 off_schedule=10 shift=null
  10:00:10  total=20
  10:01:00  -                         count_recorded total=10 off_schedule=10
`, { rest: 'calendars: { day: { day_start: "06:00", breaks: strict, shifts: [{ name: early, start: "06:00", end: "14:00", breaks: [{ start: "10:00", end: "10:30" }] }] } }' })

story(t, 'rejects of the start-up window are start-up rejects until enough good parts came in a row', `
  06:00:00  running total=0 reject=0                 count_recorded base+base startup_left=null, state_changed
  06:00:01  > job_create {job_id: J1, quantity: 50}  job_created
  06:00:02  > job_start {job_id: J1}                 job_started
  06:00:05  total=3 reject=2
  06:00:08  total=6
  06:00:10  total=8 reject=3
  06:00:20  total=18
  06:00:25  total=20 reject=4
  06:01:00  -                                        count_recorded reject=4 startup_reject=3 startup_left=null
`, { bagger: 'startup_good_parts: 5' })

story(t, 'time closes the start-up window too, counted from its first part and over records', `
  06:00:00  running total=0 reject=0                 count_recorded base+base startup_left=null startup_until=null, state_changed
  06:00:01  > job_create {job_id: J1, quantity: 50}  job_created
  06:00:02  > job_start {job_id: J1}                 job_started
  06:00:30  total=3 reject=1
  06:01:00  -                                        count_recorded startup_reject=1 startup_left=0 startup_until=06:02:00
  06:01:59  total=80 reject=3
  06:02:00  total=81 reject=4                        count_recorded reject=3 startup_reject=2 startup_left=null startup_until=null
`, { bagger: 'startup_max: 90s' })

story(t, 'of good parts and time the first closes the start-up window', `
  06:00:00  running total=0 reject=0                 count_recorded base+base, state_changed
  06:00:01  > job_create {job_id: J1, quantity: 50}  job_created
  06:00:02  > job_start {job_id: J1}                 job_started
  06:00:05  total=1
  06:00:10  total=6 reject=1
  06:00:15  total=11
  06:00:16  total=12 reject=2
  06:00:20  > job_complete                           count_recorded reject=2 startup_reject=1 startup_left=null, job_completed
  06:00:21  > job_create {job_id: J2, quantity: 50}  job_created
  06:00:22  > job_start {job_id: J2}                 job_started
  06:00:30  total=20 reject=8
  06:00:49  total=25 reject=12
  06:00:50  total=26 reject=13
  06:01:00  -                                        count_recorded reject=11 startup_reject=10 startup_left=null
`, { bagger: 'startup_good_parts: 5\nstartup_max: 20s' })

story(t, 'a start-up that is open is shown with what still closes it', `
  06:00:00  running total=0 reject=0    state_changed
  06:00:01  > changeover_start          changeover_started
  06:00:02  > changeover_complete       changeover_completed
  06:00:10  total=3 reject=0
`, { bagger: 'startup_good_parts: 5\nstartup_max: 20s' }, ({ line }, t) => {
  t.same(equipmentView(line, 1, at('06:00:10')).production_context.startup, { good_left: 2, until: '2026-03-24T06:00:30.000Z' })
  t.equal(equipmentView(line, 1, at('06:00:30')).production_context.startup, null, 'its time is over')
})

story(t, 'the operator says that it has started up, once, and what was rejected before stays start-up', `
  06:00:00  running total=0 reject=0                 count_recorded base+base, state_changed
  06:00:01  > startup_release                        refused STARTUP_NOT_OPEN
  06:00:01  > job_create {job_id: J1, quantity: 50}  job_created
  06:00:02  > job_start {job_id: J1}                 job_started
  06:00:05  total=3 reject=2
  06:00:06  > startup_release                        count_recorded reject=2 startup_reject=2 startup_left=5, startup_released by=ana
  06:00:06  > startup_release                        refused STARTUP_NOT_OPEN
  06:00:10  total=6 reject=3
  06:01:00  -                                        count_recorded reject=1 startup_reject=0 startup_left=null
`, { bagger: 'startup_good_parts: 5' })

story(t, 'good and total are measured, rejects follow; what three counters disagree by is kept', `
  06:00:00  running total=0 good=0 reject=0  count_recorded base+base+base, state_changed
  06:00:10  total=10 good=8 reject=1
  06:01:00  -                                count_recorded total=9 good=8 reject=1 count_imbalance=1
`, { bagger: 'signals: { running: plc/r, total_count: plc/t, good_count: plc/g, reject_count: plc/j }' })

story(t, 'what is wrong with a part is one of what can be, where that is said', `
  06:00:00  running total=0 reject=0                                               count_recorded base+base, state_changed
  06:00:10  > counts_correct {good: -3, reject: 3, reason: x, reject_reason: SEAL}   counts_corrected reject_reason=SEAL
  06:00:11  > counts_correct {good: -3, reject: 3, reason: x}                        counts_corrected reject_reason=null
  06:00:12  > counts_correct {good: -3, reject: 3, reason: x, reject_reason: LABLE}  refused REASON_UNKNOWN
  06:00:13  > quality_report {description: x, reject_reason: LABLE}                  refused REASON_UNKNOWN
  06:00:14  > quality_report {description: x, parts: 2, reject_reason: PALLET}       refused REASON_NOT_ALLOWED
  06:00:15  > quality_report {description: x, parts: 2, reject_reason: SEAL}         quality_issue reject_reason=SEAL parts=2
`, { rest: 'reject_reasons: [{ code: SEAL, name: Seal is open }, { code: PALLET, name: Broken pallet, equipment: [pal] }]' })

story(t, 'a correction is an entry of its own', `
  06:00:00  running total=0 reject=0                              count_recorded, state_changed
  06:00:10  > counts_correct {good: -3, reject: 3, reason: pallet}  counts_corrected good=-3 reject=3 shift=2026-03-24/early
`)

story(t, 'a counter that begins anew with each job is believed at once', `
  06:00:00  running total=500 reject=0                count_recorded base+base, state_changed
  06:00:05  > job_create {job_id: J1, quantity: 50}   job_created
  06:00:06  > job_start {job_id: J1}                  job_started
  06:00:08  total=2                                   count_recorded total=2 reset job_id=J1
`, { bagger: 'counters: { total_count: { resets: job } }' })

story(t, 'a counter of rejects that a download zeroed is believed although it stands still, while the others go on', `
  06:00:00  running total=1000 reject=500  state_changed
  06:01:00  total=1020
  06:01:30  total=0 reject=0
  06:01:31  total=1
  06:01:32  total=2
  06:02:10  total=3 reject=1
  06:03:00  -
`, {}, ({ facts }, t) => {
  const counted = facts.flatMap((fact) => (fact.type === 'count_recorded' ? [fact.body] : []))
  t.equal(counted.reduce((parts, one) => parts + one.total, 0), 20 + 3)
  t.equal(counted.reduce((parts, one) => parts + one.reject, 0), 1)
  t.same(counted.flatMap((one) => one.steps).filter(({ rule }) => rule === 'reset').map(({ signal, parts }) => [signal, parts]), [['total_count', 2], ['reject_count', 0]])
})
