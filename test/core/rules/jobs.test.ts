import fc from 'fast-check'
import t from 'tap'
import { type Command, commands } from '../../../src/contract/commands.js'
import { apply } from '../../../src/core/apply.js'
import { solve } from '../../../src/core/line.js'
import { openLine, snapshotOf } from '../../../src/core/snapshot.js'
import { sumLosses } from '../../../src/core/losses/losses.js'
import type { Line } from '../../../src/core/memory/memory.js'
import { withPaces } from '../../../src/core/rules/pace.js'
import { replanned } from '../../../src/core/replan.js'
import { jobViews, progressView } from '../../../src/core/view.js'
import { sumsNow } from '../../../src/core/memory/windows.js'
import { at, commandOf, planOf, story, tell } from '../story.js'
import { cases } from '../../support/cases.js'

story(t, 'a job from its order to its end', `
  06:00:00  running total=0 reject=0                             state_changed
  06:00:00  > job_create {job_id: J1, quantity: 100, product: A}  job_created J1
  06:00:00  > job_create {job_id: J1, quantity: 100}              refused JOB_EXISTS
  06:00:00  > job_create {job_id: J2, quantity: 5, product: X}    refused PRODUCT_UNKNOWN
  06:00:00  > job_start                                           refused JOB_NOT_ASSIGNED
  06:00:01  > job_assign {job_id: J1, assign_reason: plan}        job_assigned J1
  06:00:01  > job_assign {job_id: J9}                             refused JOB_UNKNOWN
  06:00:02  > job_start                                           job_started J1 product=A
  06:00:02  > job_start                                           refused JOB_ALREADY_RUNNING
  06:00:30  total=20 reject=2
  06:00:40  > job_pause                                           job_paused
  06:00:40  > job_pause                                           refused JOB_NOT_RUNNING
  06:00:50  total=25
  06:00:55  > job_resume                                          job_resumed
  06:00:56  > job_resume                                          refused JOB_ALREADY_RUNNING
  06:01:02  total=30
  06:01:02  > job_complete {completion_notes: ok}                 job_completed target=100 good=23 reject=2 run_seconds=60 elapsed_seconds=60
  06:01:02  > job_complete                                        refused JOB_NOT_RUNNING
  06:01:03  > job_cancel {job_id: J1}                             refused JOB_ENDED
  06:01:03  > job_update {job_id: J1, quantity: 7}                refused JOB_ENDED
`)

story(t, 'of several paused jobs the one that is named goes on, and else the one paused last', `
  06:00:00  > job_create {job_id: J1, quantity: 100}   job_created J1
  06:00:00  > job_create {job_id: J2, quantity: 100}   job_created J2
  06:00:01  > job_assign {job_id: J1}                  job_assigned J1
  06:00:01  > job_resume {job_id: J1}                  refused JOB_NOT_PAUSED
  06:00:02  > job_start {job_id: J1}                   job_started J1
  06:00:03  > job_pause {reason: no film}              job_paused J1
  06:00:04  > job_assign {job_id: J2}                  job_assigned J2
  06:00:05  > job_start {job_id: J2}                   job_started J2
  06:00:06  > job_pause                                job_paused J2
  06:00:07  > job_resume {job_id: J9}                  refused JOB_UNKNOWN
  06:00:08  > job_resume {job_id: J1}                  job_resumed J1
  06:00:09  > job_pause                                job_paused J1
  06:00:10  > job_resume                               job_resumed J1
`)

story(t, 'the first part starts the assigned job, and its quantity ends it, once', `
  06:00:00  running total=0 reject=0                       state_changed
  06:00:00  > job_create {job_id: J1, quantity: 5}         job_created
  06:00:00  > job_assign {job_id: J1}                      job_assigned
  06:00:10  total=1                                        job_started by=auto good=0
  06:00:13  total=4
  06:00:15  total=6                                        job_completed good=6 target=5 by=auto
  06:00:20  total=11
`, { bagger: 'jobs: { auto_start: true, auto_complete: true }' })

story(t, 'the PLC says which job it works on; parts before belong to the job before', `
  06:00:00  running total=0 reject=0 job=J1  job_created J1, job_started J1 by=plc, state_changed
  06:00:10  total=10
  06:00:20  total=15 job=J2                  job_completed J1 good=15, job_created J2, job_started J2
  06:00:30  total=20
  06:00:31  job=0                            job_completed J2 good=5
`, { bagger: 'jobs: { from_plc: true }' })

story(t, 'equipment without a job of its own follows the line', `
  06:00:00  pal: running total=0 reject=0             count_recorded of=pal job_id=null, state_changed of=pal
  06:00:00  > job_create {job_id: J1, quantity: 100}  job_created
  06:00:01  > job_start {job_id: J1}                  job_started of=bag
  06:00:10  pal: total=7
  06:01:00  -                                         count_recorded of=pal job_id=J1 total=7
  06:01:01  > job_complete                            job_completed good=0
`)

story(t, 'a job that begins before its shift is kept, and its clock opens with the shift', `
  05:58:00  running total=0 reject=0                  state_changed
  05:58:01  > job_create {job_id: J1, quantity: 500}  job_created
  05:58:02  > job_start {job_id: J1}                  job_started
  05:58:30  total=4
  06:01:40  total=150
  06:01:40  > job_complete                            job_completed good=150 run_seconds=100 elapsed_seconds=100
`, {}, ({ facts }, t) => {
  const early = facts.flatMap((fact) => (fact.type === 'count_recorded' && fact.body.total === 4 ? [[fact.body.job_id, fact.body.off_schedule]] : []))
  t.same(early, [['J1', 4]], 'its early parts are its own, outside the figures')
})

story(t, 'so many parts open the clock of a job outside shifts, when they are made', `
  05:50:00  running total=0 reject=0                  count_recorded, state_changed
  05:50:01  > job_create {job_id: J1, quantity: 500}  job_created
  05:50:02  > job_start {job_id: J1}                  job_started
  05:50:20  total=19 reject=1
  05:50:22  total=20                                  count_recorded total=20 off_schedule=20
  05:51:22  > job_complete                            job_completed good=19 run_seconds=60 elapsed_seconds=60
`, { bagger: 'jobs: { clock_parts: 20 }' })

story(t, 'a few parts outside every shift are a job that took no time', `
  23:00:00  running total=0 reject=0                  state_changed
  23:00:01  > job_create {job_id: J1, quantity: 500}  job_created
  23:00:02  > job_start {job_id: J1}                  job_started
  23:00:10  total=3
  23:00:20  > job_pause                               job_paused
  23:00:30  > job_resume                              job_resumed
  23:30:00  > job_complete                            job_completed good=3 run_seconds=0 elapsed_seconds=0
`, { bagger: 'jobs: { clock_parts: 20 }' }, ({ facts }, t) => {
  t.equal(facts.some((fact) => fact.type === 'oee_recorded' && fact.body.interval === 'job'), false, 'and no figure is made of it')
})

story(t, 'parts that rework made good fill the quantity of their job, none of them twice, and its quality stays what it was', `
  06:00:00  running total=0 reject=0                 state_changed
  06:00:01  > rework_report {good: 1}                refused JOB_NOT_RUNNING
  06:00:01  > job_create {job_id: J1, quantity: 10}  job_created
  06:00:02  > job_start {job_id: J1}                 job_started
  06:00:12  total=10 reject=3
  06:00:13  > rework_report {good: 4}                refused REWORK_EXCEEDS_REJECTS
  06:00:14  > rework_report {good: 2}                parts_reworked J1 good=2
  06:00:15  > rework_report {good: 2}                refused REWORK_EXCEEDS_REJECTS
  06:00:15  > rework_report {good: 1, job_id: J9}    refused JOB_UNKNOWN
  06:00:16  > rework_report {good: 1}                parts_reworked good=1, job_completed good=7 reject=3 reworked_good=3 by=auto
  06:00:17  > rework_report {good: 1, job_id: J1}    refused JOB_ENDED
`, { bagger: 'jobs: { auto_complete: true }' }, ({ line, plan }, t) => {
  const sums = sumLosses(line.equipment[1]!.losses, at('06:00:00'), at('06:01:00'), plan)
  t.same(sums.products.map(({ good, production_reject, startup_reject }) => ({ good, production_reject, startup_reject })), [{ good: 7, production_reject: 3, startup_reject: 0 }])
})

story(t, 'rejects that were made good by rework are not corrected away', `
  06:00:00  running total=0 reject=0                            state_changed
  06:00:01  > job_create {job_id: J1, quantity: 100}            job_created
  06:00:02  > job_start {job_id: J1}                            job_started
  06:00:12  total=10 reject=3
  06:00:14  > rework_report {good: 2}                           parts_reworked J1 good=2
  06:00:15  > counts_correct {reject: -2, reason: miscounted}   refused REJECTS_REWORKED
  06:00:16  > counts_correct {reject: -1, reason: miscounted}   counts_corrected reject=-1
  06:00:17  > counts_correct {reject: -1, good: 1, reason: x}   refused REJECTS_REWORKED
  06:00:18  > counts_correct {reject: 2, reason: found}         counts_corrected reject=2
  06:00:19  > counts_correct {reject: -2, reason: found again}  counts_corrected reject=-2
  06:00:20  > counts_correct {good: -7, reason: none}           counts_corrected good=-7
  06:00:21  total=13 reject=4
`, {}, ({ line }, t) => {
  const { refusal } = solve(line, { kind: 'command', at: at('06:00:22'), command: commandOf('counts_correct {reject: -4, reason: x}', 'bag', at('06:00:22')) })
  t.same(refusal?.details.map(({ path, message }) => `${path} ${message}`), ['job_id J1', 'reworked_good 2', 'reject_at_least -1'], 'it says how far it may go, with what is not recorded yet')
})

t.test('rework moves no leaf of the loss tree, stands beside it, and is never more than what was rejected, whatever is reported when', async () => {
  const step = fc.record({ good: fc.integer({ min: 0, max: 4 }), reject: fc.integer({ min: 0, max: 3 }), reworked: fc.integer({ min: 0, max: 4 }) })
  const plan = planOf()
  const lived = (steps: readonly { good: number; reject: number; reworked: number }[], told: boolean) => {
    let line = openLine(plan, null, [])
    let seconds = 0
    let total = 0
    let rejects = 0
    const next = () => at(`06:${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`)
    const count = () => { line = solve(line, { kind: 'sample', at: next(), equipment: 'bag', signals: { running: true, total_count: total, reject_count: rejects } }).line }
    count()
    for (const words of ['job_create {job_id: J1, quantity: 0}', 'job_start {job_id: J1}']) line = solve(line, { kind: 'command', at: next(), command: commandOf(words, 'bag', next()) }).line
    for (const { good, reject, reworked } of steps) {
      seconds += 7
      total += good + reject
      rejects += reject
      count()
      if (told && reworked > 0) line = solve(line, { kind: 'command', at: next(), command: commandOf(`rework_report {good: ${reworked}}`, 'bag', next()) }).line
    }
    const { good, reject, reworked_good: reworked } = progressView(line, 1, next())!.job
    const sums = sumsNow(line, 1, { from: at('06:00:00'), to: at('07:00:00') })
    return { leaves: JSON.stringify({ ms: sums.ms, products: sums.products.map((product) => ({ ...product, reworked: 0 })) }), booked: sums.products.reduce((sum, product) => sum + product.reworked, 0), good, reject, reworked }
  }
  fc.assert(fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
    const reworking = lived(steps, true)
    const without = lived(steps, false)
    return reworking.leaves === without.leaves && reworking.booked === reworking.reworked && without.booked === 0 && reworking.good === without.good && reworking.reject === without.reject && without.reworked === 0
      && reworking.reworked <= reworking.reject && (reworking.reworked > 0) === steps.some(({ reworked }, n) => reworked > 0 && reworked <= steps.slice(0, n + 1).reduce((sum, { reject }) => sum + reject, 0))
  }), cases)
})

story(t, 'an overridden count is an entry with its reason, and the job ends with it', `
  06:00:00  running total=0 reject=0                  state_changed
  06:00:00  > job_create {job_id: J1, quantity: 100}  job_created
  06:00:01  > job_start {job_id: J1}                  job_started
  06:00:10  total=7
  06:00:11  > job_complete {good_override: 10, override_reason: weighed}  counts_corrected good=3 weighed, job_completed good=10 weighed
`)

story(t, 'a job runs in one place, and can be given up', `
  06:00:00  > job_create {job_id: J1, quantity: 100}  job_created
  06:00:01  > job_start {job_id: J1}                  job_started of=bag
  06:00:02  pal: > job_start {job_id: J1}             refused JOB_ELSEWHERE
  06:00:03  > job_cancel {reason: wrong film}         job_cancelled J1
  06:00:04  > job_start {job_id: J1}                  refused JOB_ENDED
  06:00:05  > job_cancel                              refused JOB_NOT_ASSIGNED
`)

story(t, 'why a job is paused or was given up is shown with it, until it goes on', `
  06:00:00  > job_create {job_id: J1, quantity: 100}  job_created
  06:00:00  > job_create {job_id: J2, quantity: 100}  job_created
  06:00:00  > job_create {job_id: J3, quantity: 100}  job_created
  06:00:01  > job_start {job_id: J1}                  job_started
  06:00:02  > job_pause {reason: rush order}          job_paused J1 rush order
  06:00:03  > job_start {job_id: J2}                  job_started
  06:00:04  > job_cancel {reason: wrong film}         job_cancelled J2 wrong film
  06:00:05  > job_cancel {job_id: J3}                 job_cancelled J3
`, {}, ({ line }, t) => {
  const reasons = (of: Line) => Object.fromEntries(jobViews(of).map(({ job_id, status, reason }) => [job_id, [status, reason]]))
  t.same(reasons(line), { J1: ['paused', 'rush order'], J2: ['cancelled', 'wrong film'], J3: ['cancelled', undefined] })
  const on = apply(line, { type: 'job_resumed', at: at('06:00:06'), line: 'L1', equipment: 'bag', body: { job_id: 'J1', by: 'ana' } })
  t.same(reasons(on)['J1'], ['in_progress', undefined])
})

story(t, 'people sign on and off, once', `
  06:00:00  > operator_sign_on {operator: Eva}   operator_signed_on Eva
  06:00:01  > operator_sign_on {operator: Eva}   refused OPERATOR_SIGNED_ON
  06:10:00  > operator_sign_off {operator: Eva}  operator_signed_off worked_seconds=600
  06:10:00  > operator_sign_off {operator: Eva}  refused OPERATOR_NOT_SIGNED_ON
`)

story(t, 'a job that is assigned may be accepted, and runs as one that is not', `
  06:00:00  > job_create {job_id: J1, quantity: 5}  job_created
  06:00:01  > job_accept {job_id: J1}               refused JOB_NOT_ASSIGNED
  06:00:02  > job_assign {job_id: J1}               job_assigned
  06:00:03  > job_accept {job_id: J1}               job_accepted ana
  06:00:04  > job_accept {job_id: J1}               refused JOB_NOT_ASSIGNED
  06:00:05  > job_start                             job_started J1
`)

story(t, 'the schedule is set as a whole or not at all, and says which job is next', `
  06:00:00  > job_create {job_id: J1, quantity: 5}  job_created
  06:00:00  > job_create {job_id: J2, quantity: 5}  job_created
  06:00:00  > job_assign {job_id: J1}               job_assigned
  06:00:00  > job_assign {job_id: J2}               job_assigned
  06:00:01  > schedule_set {jobs: [{job_id: J2, planned_start: "2026-03-24T07:00:00Z"}, {job_id: J9, planned_start: null}]}  refused JOB_UNKNOWN
  06:00:02  > schedule_set {jobs: [{job_id: J2, planned_start: "2026-03-24T07:00:00Z"}, {job_id: J1, planned_start: "2026-03-24T08:00:00Z"}]}  job_updated J2 revision=2, job_updated J1 revision=2
  06:00:03  > schedule_set {jobs: [{job_id: J2, planned_start: "2026-03-24T07:00:00Z"}]}
  06:00:04  > job_start  job_started J2
`)

story(t, 'a schedule with a number replaces only older ones, and a job is changed only by who has seen its last revision', `
  06:00:00  > job_create {job_id: J1, quantity: 5}  job_created
  06:00:01  > schedule_set {revision: 7, jobs: [{job_id: J1, planned_start: "2026-03-24T07:00:00Z"}]}  job_updated J1 revision=2, schedule_applied revision=7
  06:00:02  > schedule_set {revision: 6, jobs: [{job_id: J1, planned_start: null}]}  refused STALE_REVISION
  06:00:03  > schedule_set {revision: 7, jobs: [{job_id: J1, planned_start: null}]}  refused STALE_REVISION
  06:00:04  > schedule_set {revision: 8, jobs: [{job_id: J1, planned_start: "2026-03-24T07:00:00Z"}]}  schedule_applied revision=8
  06:00:05  > job_update {job_id: J1, quantity: 9, expected_revision: 1}  refused STALE_REVISION
  06:00:07  > job_update {job_id: J1, quantity: 9, expected_revision: 2}  job_updated J1 revision=3
`)

t.test('a table of jobs is taken as a whole, and every error is named by line and column', async (t) => {
  const line = openLine(planOf(), null, [])
  const tell = (csv: string) => solve(line, { kind: 'command', at: at('06:00:00'), command: { ...commandOf('job_pause', 'bag', at('06:00:00')), name: 'jobs_import', body: { csv } } as Command })
  const taken = tell('job_id;quantity;product;planned_start\nJ1;100;A;2026-03-24T07:00:00Z\n"J;2";5;;\n')
  t.match(taken.drafts.filter(({ type }) => type === 'job_created').map(({ body }) => body), [{ job_id: 'J1', quantity: 100, product: 'A', planned_start: '2026-03-24T07:00:00Z' }, { job_id: 'J;2', quantity: 5, product: null }])
  for (const [csv, misfits] of [
    ['job_id,quantity,produkt\n', [['line 1, column 17', /did you mean product/]]],
    ['job_id,name\nJ1,x', [['line 1', /needs quantity/]]],
    ['job_id,quantity', [['line 2', /no row/]]],
    ['job_id,quantity\nJ1,5\nJ1,6', [['line 3, column 1', /J1 exists/]]],
    ['job_id,quantity,product\nJ1,many,A\n,5,\nJ3,5,Z\nJ4,5,,x', [['line 2, column 4', /quantity/], ['line 3, column 1', /job_id/], ['line 4, column 6', /no product Z/], ['line 5, column 7', /3 columns/]]],
    ['job_id,quantity,product\nJ1,-5,A\nJ2,x,Z', [['line 2, column 4', /quantity: .*>=0/], ['line 3, column 4', /quantity: expected a number/], ['line 3, column 6', /no product Z/]]],
    ['job_id,quantity,due\nJ1,5,tomorrow', [['line 2, column 6', /due/]]],
    ['job_id,quantity\n"J1,5', [['line 2, column 1', /never ends/]]],
  ] as const) {
    const { drafts, refusal } = tell(csv)
    t.strictSame(drafts.filter(({ type }) => type === 'job_created'), [], 'nothing is taken')
    t.match(refusal, { refused: 'IMPORT_MISFIT', details: misfits.map(([path, message]) => ({ path, message })) }, csv)
  }
})

story(t, 'people are known by name; one who has left signs on no more', `
  06:00:00  > operator_create {operator: ana, team: packing}        operator_created ana active of=null
  06:00:01  > operator_create {operator: ana}                       refused OPERATOR_EXISTS
  06:00:02  > operator_update {operator: cleo, active: false}       refused OPERATOR_UNKNOWN
  06:00:03  > operator_sign_on {operator: ana}                      operator_signed_on
  06:00:04  > operator_sign_on {operator: a guest}                  operator_signed_on
  06:00:05  > operator_sign_off {operator: ana}                     operator_signed_off
  06:00:06  > operator_update {operator: ana, active: false}        operator_updated team=packing active=false
  06:00:07  > operator_sign_on {operator: ana}                      refused OPERATOR_UNKNOWN
`)

t.test('no job and no person bears a name that every object answers to', async (t) => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    for (const [command, body] of [['job_assign', { job_id: name }], ['job_create', { job_id: name, quantity: 1 }], ['operator_create', { operator: name }]] as const) t.equal(commands[command].body.safeParse(body).success, false, `${command} ${name}`)
    const line = openLine(planOf({ bagger: 'jobs: { from_plc: true }' }), null, [])
    t.strictSame(solve(line, { kind: 'sample', at: at('06:00:00'), equipment: 'bag', signals: { job: name } }).line.jobs, {}, `the PLC says ${name}`)
  }
})

story(t, 'the PLC alone says which product is made: its time belongs to it as its parts do', `
  06:00:00  running total=0 reject=0 product=A     product_changed product=A previous=null job_id=null, state_changed running
  06:10:00  total=600
  06:10:00  product=B                              product_changed product=B previous=A
  06:20:00  total=900
  06:30:00  product=null
  06:30:01  product=B
  06:40:00  stopped total=1500                     state_changed stopped, downtime_event product=B
  06:50:00  running product=A                      product_changed product=A, state_changed running, downtime_resolved product=B
`, {}, ({ line }, t) => {
  const of = (product: string) => sumLosses(line.equipment[1]!.losses, at('06:00:00'), at('06:50:00'), line.plan, { product })
  t.same([of('A').ms.running, of('B').ms.running, of('B').ms.unplanned], [600_000, 1_800_000, 600_000])
  t.same(of('A').products.map(({ good, idealMs }) => [good, idealMs]), [[600, 1_000]])
  t.same(of('B').products.map(({ good, idealMs }) => [good, idealMs]), [[900, 2_000]])
})

story(t, 'machines that follow the job of the constraint have its time, as they have its parts', `
  06:00:00  running total=0                                       state_changed running of=bag
  06:00:00  pal: running total=0                                  state_changed running of=pal
  06:00:00  > job_create {job_id: J1, quantity: 100, product: A}  job_created
  06:00:00  > job_assign {job_id: J1}                             job_assigned
  06:10:00  > job_start                                           job_started of=bag, product_changed job_id=J1 of=fil, product_changed product=A job_id=J1 of=pal
  06:20:00  pal: total=500
  06:30:00  > job_complete                                        job_completed of=bag, product_changed product=A job_id=null of=fil, product_changed product=A job_id=null of=pal
`, {}, ({ line }, t) => {
  const { ms, products } = sumLosses(line.equipment[2]!.losses, at('06:00:00'), at('06:30:00'), line.plan, { job: 'J1' })
  t.equal(ms.running, 1_200_000)
  t.same(products.map(({ good, product }) => [good, product]), [[500, 'A']])
})

const paced = (quantity: number) => `
  06:00:00  running total=0 reject=0                                           state_changed
  06:00:00  > job_create {job_id: J1, quantity: ${quantity}, product: A}  job_created
  06:00:00  > job_assign {job_id: J1}                                          job_assigned
  06:00:00  > job_start                                                        job_started
  06:59:59  total=1800
  07:59:59  total=2700
  08:00:00  -
`
/** Minutes after eight at which a job of so many parts is expected to be done: early, likely, late. */
const finishOf = (line: Line) => Object.values(progressView(line, 1, at('08:00:00'))!.expected_finish).map((text) => (text === null ? null : Math.round((Date.parse(text) - at('08:00:00')) / 60_000)))

story(t, 'a job is done when its good hours or its bad ones say, and nothing is made in a break', paced(4_500), {}, ({ line }, t) => {
  // 1,800 parts are left; the hours made 1,800 and 900.
  t.same(finishOf(line), [63, 80, 109])
  const { progress, pace } = progressView(line, 1, at('08:00:00'))!
  t.same(progress, { target: 4_500, good: 2_700, reject: 0, remaining: 1_800, fraction: 0.6 })
  t.equal(pace.target_now, 6_120, 'two hours at 85 % of a part a second')
  t.equal(pace.ahead_parts, -3_420)
})
story(t, 'what would end in the break ends after it', paced(6_300), {}, ({ line }, t) => { t.same(finishOf(line), [156, 190, 248]) })
story(t, 'more than was ordered is shown as more', paced(1_000), {}, ({ line }, t) => {
  t.same(progressView(line, 1, at('08:00:00'))!.progress, { target: 1_000, good: 2_700, reject: 0, remaining: 0, fraction: 2.7 })
  t.same(finishOf(line), [null, null, null])
})
const afterAnother = (product: string) => `
  06:00:00  running total=0 reject=0                                      state_changed
  06:00:00  > job_create {job_id: J1, quantity: 1800, product: A}         job_created
  06:00:00  > job_create {job_id: J2, quantity: 510, product: ${product}}  job_created
  06:00:00  > job_assign {job_id: J1}                                     job_assigned
  06:00:00  > job_start                                                   job_started
  06:59:59  total=1800
  07:00:00  > job_complete                                                job_completed
  07:00:00  > job_assign {job_id: J2}                                     job_assigned
  07:00:00  > job_start                                                   job_started
  07:10:00  -
`
const finishAfterAnother = (line: Line) => progressView(line, 1, at('07:10:00'))!.expected_finish.p50
story(t, 'a job that has made nothing yet is expected at the rate at which its product was made before', afterAnother('A'), {}, ({ line }, t) => {
  t.equal(finishAfterAnother(line), '2026-03-24T07:27:00.000Z', '510 parts at 1,800 an hour; that it has made nothing for ten minutes is no rate')
})
story(t, 'what another product was made at says nothing', afterAnother('B'), {}, ({ line }, t) => { t.equal(finishAfterAnother(line), '2026-03-24T07:30:00.000Z', 'at the target, 85 % of a part in two seconds') })
t.test('a start brings back at what rate each product was made, however long ago, and a change of products keeps it', async (t) => {
  const { line } = tell(planOf(), afterAnother('B'), t)
  t.same([...line.equipment[1]!.seen.paces], [['A', [1_800 / 3_600_000]]], 'the product that was made before')
  const hour = { equipment: 'bag', hour: at('06:00:00'), product: 'B', good: 900, plannedMs: 3_600_000 }
  const known = withPaces(openLine(line.plan, snapshotOf(line), []), [{ ...hour, good: 60, plannedMs: 60_000 }, hour, { ...hour, equipment: 'pal', good: 1 }, { ...hour, product: 'A', good: 1 }])
  t.equal(finishAfterAnother(openLine(line.plan, snapshotOf(line), [])), '2026-03-24T07:30:00.000Z')
  t.equal(finishAfterAnother(known), '2026-03-24T07:44:00.000Z', '510 parts at 900 an hour; a minute says nothing of a rate')
  t.equal(finishAfterAnother(replanned(known, known.plan, at('07:10:00'), at('07:10:00'))), '2026-03-24T07:44:00.000Z', 'under another configuration too')
})
story(t, 'the first job of a product is expected at the rate of the target', `
  06:00:00  running total=0 reject=0                             state_changed
  06:00:00  > job_create {job_id: J1, quantity: 510, product: A}  job_created
  06:00:00  > job_assign {job_id: J1}                             job_assigned
  06:00:00  > job_start                                           job_started
  06:10:00  -
`, {}, ({ line }, t) => { t.equal(progressView(line, 1, at('06:10:00'))!.expected_finish.p50, '2026-03-24T06:20:00.000Z') })
