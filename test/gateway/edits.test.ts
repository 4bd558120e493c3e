import { join } from 'node:path'
import { setTimeout as moment } from 'node:timers/promises'
import t from 'tap'
import { instant, later, rfc3339 } from '../../src/base/units.js'
import type { Draft } from '../../src/contract/events/catalogue.js'
import type { Explained, ExplainedLine } from '../../src/contract/explained.js'
import type { Role } from '../../src/contract/roles.js'
import { replayRecording } from '../../src/replay/recording.js'
import { factsText } from '../../src/replay/report.js'
import { START, config, make, openGateway } from './open-gateway.js'

t.setTimeout(600_000)

const ENHANCED = '/api/v1/enhanced'

t.test('a shift before and after its lock: what people may not do is told no with what they may, and every figure opens up to what it is made of', async (t) => {
  const gateway = await openGateway(t.testdir())
  const { plc, runs, ask, clock } = gateway
  const makes = (parts: number, rejects = 0) => () => { make(plc, parts, rejects) }
  await runs(1)
  // The filler is not seen for its first ten minutes; the palletizer is, and takes what it makes.
  gateway.blind(true)
  await runs(60, makes(4))
  gateway.blind(false)
  await runs(30, makes(4, 1))
  // A stop of four minutes, another product without a job, and a job for a while.
  await runs(24, () => { Object.assign(plc, { f_run: 0, p_run: 0 }) })
  await runs(12, makes(2))
  await runs(12, () => { makes(2)(); plc.f_product = 2 })

  const no = async (target: string, body: object | undefined, status: number, code: string, details: object, as: Role = 'supervisor') => {
    const { status: told, error } = await ask(target, body, as)
    t.match({ status: told, ...error }, { status, code, details }, `${target} ${JSON.stringify(body ?? {})}`)
  }
  const { stops: [stop] } = (await ask(`${ENHANCED}/stops?equipment_code=FIL&from=2026-03-24T13:30:00Z&to=${rfc3339(clock.now())}`)).data as { stops: { stop_id: string; from: string; to: string }[] }
  const of = `${ENHANCED}/stops/${stop!.stop_id}`
  await no(`${of}/split`, { at: stop!.from }, 422, 'SPLIT_OUTSIDE', { from: stop!.from, to: stop!.to })
  await no(`${of}/split`, { at: '2026-03-24T13:59:59.000Z' }, 422, 'SPLIT_OUTSIDE', { from: stop!.from, to: stop!.to })
  await no(`${of}/reason`, { reason: 'GREMLINS' }, 422, 'REASON_UNKNOWN', { reason: 'GREMLINS', known: 'JAM, ELSEWHERE' })
  await no(`${of}/reason`, { reason: 'ELSEWHERE' }, 422, 'REASON_NOT_ALLOWED', { equipment: 'PAL' })
  await no(`${of}/reason`, { reason: 'JAM', expected_revision: 7 }, 409, 'STALE_REVISION', { revision: '0' })
  await no(`${of}/merge`, { with: stop!.stop_id }, 422, 'MERGE_NOT_ADJACENT', { ends: stop!.to })
  await no(`${ENHANCED}/stops/L1-S99/reason`, { reason: 'JAM' }, 404, 'STOP_UNKNOWN', {})
  t.equal((await ask(`${of}/reason`, { reason: 'JAM' })).status, 200, 'what is allowed is done')

  t.equal((await ask(`${ENHANCED}/jobs`, { line_id: 'L1', job_id: 'J1', quantity: 100 })).status, 201)
  await no(`${ENHANCED}/jobs`, { line_id: 'L1', job_id: 'J1', quantity: 5 }, 409, 'JOB_EXISTS', { job_id: 'J1' })
  await no(`${ENHANCED}/equipment/FIL/job-start`, {}, 409, 'JOB_NOT_ASSIGNED', {})
  for (const step of ['job-assignment', 'job-start']) t.ok((await ask(`${ENHANCED}/equipment/FIL/${step}`, { job_id: 'J1' })).status < 300, step)
  await no(`${ENHANCED}/equipment/FIL/job-start`, { job_id: 'J1' }, 409, 'JOB_ALREADY_RUNNING', { job_id: 'J1' })
  await no(`${ENHANCED}/equipment/FIL/job-assignment`, { job_id: 'J1' }, 409, 'JOB_ALREADY_RUNNING', { job_id: 'J1' })
  await no(`${ENHANCED}/equipment/PAL/job-assignment`, { job_id: 'J1' }, 409, 'JOB_ELSEWHERE', { equipment: 'FIL' })
  await runs(18, makes(2, 1))
  await no(`${ENHANCED}/equipment/FIL/rework-report`, { good: 19 }, 422, 'REWORK_EXCEEDS_REJECTS', { at_most: '18' })
  t.equal((await ask(`${ENHANCED}/equipment/FIL/rework-report`, { good: 6, comment: 'sealed again' })).status, 201)
  const { job: reworked } = (await ask(`${ENHANCED}/jobs/J1`)).data as { job: { good: number; reject: number; reworked_good: number } }
  t.match(reworked, { good: 18, reject: 18, reworked_good: 6 }, 'beside what was good at once')

  for (const [target, limit] of [
    ['/api/v1/explain/equipment/FIL/oee?from=2024-01-01T00:00:00Z&to=2026-03-24T13:00:00Z', { days_max: /^\d+$/ }],
    [`${ENHANCED}/oee/equipment/FIL/oee-performance-report?start_date=2025-01-01&end_date=2026-03-24`, { days_max: '90' }],
    [`${ENHANCED}/oee/lines/L1/oee-comparative-analysis?comparison_days=366`, { days_max: '365' }],
    [`${ENHANCED}/equipment/FIL/timeline?from=2026-01-01T00:00:00Z&to=2026-03-24T13:00:00Z`, { days_max: /^\d+$/ }],
  ] as const) await no(target, undefined, 422, 'WINDOW_TOO_LARGE', limit)
  await no('/api/v1/explain/equipment/FIL/oee?from=2026-03-24T13:00:00Z&to=2026-03-24T12:00:00Z', undefined, 422, 'WINDOW_MEANINGLESS', {})

  // A quarter of an hour after the shift.
  await runs(90, makes(1))
  await no(`${of}/reason`, { reason: 'JAM' }, 409, 'SHIFT_LOCKED', { shift: '2026-03-24/early', locked_at: '2026-03-24T14:10:00.000Z', roles: 'admin' })
  await no(`${of}/split`, { at: rfc3339(instant(Date.parse(stop!.from) + 60_000)) }, 409, 'SHIFT_LOCKED', { roles: 'admin' })
  t.equal((await ask(`${of}/split`, { at: rfc3339(instant(Date.parse(stop!.from) + 60_000)) }, 'admin')).status, 200, 'who may edit a locked shift does')

  const minutes = (from: number, to: number) => `from=${rfc3339(instant(START + from * 60_000))}&to=${rfc3339(instant(START + to * 60_000))}`
  for (const [from, to] of [[0, 40], [5, 12], [10, 25], [20, 32], [22, 29]] as const) {
    const members = new Map<string, Explained>()
    for (const code of ['FIL', 'PAL']) {
      const found = (await ask(`/api/v1/explain/equipment/${code}/oee?${minutes(from, to)}`)).data as Explained
      members.set(code, found)
      const whole = found.leaves.reduce((sum, { ms }) => sum + ms, 0)
      t.equal(whole, (to - from) * 60_000, `${code} ${from}–${to}: the leaves tile the window`)
      for (const { leaf, ms } of found.leaves) t.equal(found.slices.filter((slice) => slice.leaf === leaf).reduce((sum, slice) => sum + slice.ms, 0), ms, leaf)
      for (const name of ['good', 'startup_reject', 'production_reject', 'recovered'] as const) {
        t.equal(found.counts.reduce((sum, { parts }) => sum + parts[name], 0), found.oee.counts[name], `${name} of the counts`)
        t.equal(found.parts.reduce((sum, product) => sum + product[name], 0), found.oee.counts[name], `${name} of the products`)
      }
      t.strictSame(found.reworked.map(({ job, good }) => [job, good]), code === 'FIL' && to > 26 ? [['J1', 6]] : [], 'rework is shown where it was told, and is in no sum')
      const { elements: iso } = found.iso_22400
      const standing = ['unplanned', 'external', 'planned', 'micro_stop']
      t.equal(Math.round(iso.ADOT * 1_000), found.slices.filter(({ job, leaf }) => job === null && standing.includes(leaf)).reduce((sum, { ms }) => sum + ms, 0), 'what stood without a job')
      t.equal(Math.round((iso.AUST + iso.APT + iso.ADET + iso.ADOT) * 1_000), Math.round(found.oee.times.planned_production * 1_000))
    }
    const line = (await ask(`/api/v1/explain/lines/L1/oee?${minutes(from, to)}`)).data as ExplainedLine
    const giving = (what: 'time' | 'good' | 'rejects') => line.made_of.filter(({ gives }) => gives.includes(what))
    t.equal(giving('time')[0]!.planned_production, line.oee.times.planned_production)
    t.ok(line.made_of.every(({ standalone_availability: alone, run, planned_production: planned }) => planned === 0 || alone! >= run / planned), 'without its neighbours no machine is worse')
    t.equal(giving('good')[0]!.good + giving('good')[0]!.under_way!.good - line.from_before, line.oee.counts.good, `line ${from}–${to}: good, but for ${line.from_before} from before`)
    t.equal(giving('rejects').reduce((sum, { rejects, under_way }) => sum + rejects + (under_way?.rejects ?? 0), 0), line.oee.counts.startup_reject + line.oee.counts.production_reject)
    const made = members.get('FIL')!.oee.counts.total
    t.equal(made, line.oee.counts.total + line.oee.work_in_process!, 'what the constraint made is what left, with what lies between')
    if (from === 5) t.ok(line.from_before > 0 && line.oee.warnings.includes('parts_from_before'), 'parts that came from before the constraint was seen')
    if (from === 20) t.ok(new Set(members.get('FIL')!.slices.map(({ product, job }) => `${product} ${job}`)).size >= 3, 'two products without a job, and a job')
  }
  await gateway.close()
})

t.test('a reading on the stroke of a minute that has been told is of what ends with it, in a report and in its explanation', async (t) => {
  const gateway = await openGateway(t.testdir())
  const { plc, runs, ask, clock, cycle } = gateway
  await runs(1)
  await runs(9, () => { make(plc, 5) })
  const turns = cycle.figures().turnsCount
  // A reading falls out, and the minute ends before the PLC answers.
  await clock.advance(10_000)
  await clock.advance(10_000 - (clock.now() % 10_000))
  while (cycle.figures().turnsCount === turns) await moment(1)
  const stroke = clock.now()
  make(plc, 5)
  gateway.read()
  await runs(12, () => { make(plc, 5) })
  const told = (await gateway.desk.facts({ types: ['count_recorded'], limit: 100 })).flatMap((fact) => (fact.type === 'count_recorded' && fact.equipment === 'FIL' && fact.at === stroke ? [fact.body.total] : []))
  t.strictSame(told, [4 * 5, 5])
  const end = rfc3339(stroke)
  const { oee: { times, counts } } = (await ask(`/api/v1/explain/equipment/FIL/oee?from=${rfc3339(START)}&to=${end}`)).data as Explained
  const { totals } = (await ask(`${ENHANCED}/oee/equipment/FIL/oee-performance-report?start_date=${rfc3339(START)}&end_date=${end}`)).data as { readonly totals: Explained['oee'] }
  t.strictSame([counts.good, counts], [10 * 5, totals.counts])
  t.strictSame(times, totals.times)
  await gateway.close()
})

t.test('an ideal time is corrected after the fact: every figure says so, a start and a replay find the same, and a locked shift stays as it is', async (t) => {
  const directory = t.testdir()
  let gateway = await openGateway(directory)
  const makes = (parts: number) => () => { make(gateway.plc, parts) }
  await gateway.runs(1)
  // Five parts in ten seconds at two seconds each: as fast as it can.
  await gateway.runs(42, makes(5))
  const correction = { from: '2026-03-24T13:31:00.000Z', to: '2026-03-24T13:34:00.000Z', product: '1', ideal_cycle_seconds: 1, reason: 'nameplate' }
  const correct = `${ENHANCED}/equipment/FIL/ideal-correction`
  const window = `from=${correction.from}&to=${correction.to}`
  type Told = { readonly oee: Explained['oee']; readonly parts: Explained['parts']; readonly ideal_corrections: Explained['ideal_corrections'] }
  const explained = async (of: string) => (await gateway.ask(`/api/v1/explain/${of}/oee?${window}`)).data as Told
  const before = await explained('lines/L1')
  t.match(await explained('equipment/FIL'), { oee: { performance: 1, ideal_cycle_seconds: 2 }, ideal_corrections: [] })
  t.match(await gateway.ask(correct, correction, 'operator'), { status: 403, error: { code: 'FORBIDDEN' } })
  t.match(await gateway.ask(correct, { ...correction, to: '2026-03-24T13:33:30.000Z' }), { status: 400, error: { code: 'BODY_MISFIT', details: { to: /whole minute/ } } })
  t.match(await gateway.ask(correct, { ...correction, to: '2026-03-24T13:59:00.000Z' }), { status: 422, error: { code: 'PERIOD_NOT_OVER', details: { to_at_most: '2026-03-24T13:35:00.000Z' } } })
  const told = await gateway.ask(correct, correction)
  t.match(told, { status: 201, data: { correction: { equipment_code: 'FIL', revision: 1, by: 'supervisor', previous: [{ product: '1', ideal_cycle_seconds: 2 }] } } })
  const filler = await explained('equipment/FIL')
  t.match(filler, { oee: { performance: 0.5, oee: 0.5, quality: 1, ideal_cycle_seconds: 1 }, ideal_corrections: [{ by: 'supervisor', revision: 1, reason: 'nameplate', ideal_cycle_seconds: 1 }] })
  t.strictSame(filler.parts.map(({ product, ideal_ms, good, net_run_ms }) => [product, ideal_ms, good, net_run_ms]), [['1', 1_000, 90, 90_000]])
  t.equal((await explained('lines/L1')).oee.oee, before.oee.oee, 'the palletizer is as slow as before, and so is the line')
  t.equal((await gateway.ask(`${ENHANCED}/equipment/PAL/ideal-correction`, { ...correction, from: '2026-03-24T13:30:00.000Z', to: '2026-03-24T13:35:00.000Z' })).status, 201)
  t.equal((await explained('lines/L1')).oee.oee, before.oee.oee! / 2, 'until it is corrected too, with what it counted for the line when the filler had made it')
  const { totals } = (await gateway.ask(`${ENHANCED}/oee/equipment/FIL/oee-performance-report?start_date=${correction.from}&end_date=${correction.to}`)).data as { readonly totals: Explained['oee'] }
  t.strictSame([totals.performance, totals.times.net_run, totals.counts.good], [0.5, 90, 90], 'a report adds up the same rows')

  await gateway.runs(30, makes(5))
  const [filling, line] = [await explained('equipment/FIL'), await explained('lines/L1')]
  const now = gateway.clock.now()
  const facts = await gateway.desk.facts({ limit: 1_000 })
  await gateway.close()
  const replayed = await replayRecording(() => config, join(directory, 'journal'), { from: START, to: later(now, 60_000) })
  // Its orderly stop told what was pending.
  t.equal(factsText(replayed.facts.slice(0, facts.length)), factsText(facts), 'and so does a replay, to the byte')
  gateway = await openGateway(directory, now)
  t.strictSame([await explained('equipment/FIL'), await explained('lines/L1')], [filling, line], 'a start finds what was told')
  t.match(await gateway.ask(correct, { ...correction, ideal_cycle_seconds: 2 }), { status: 201, data: { correction: { revision: 2, previous: [{ product: '1', ideal_cycle_seconds: 1 }] } } })
  t.match(await explained('equipment/FIL'), { oee: { performance: 1 }, ideal_corrections: [{ revision: 1 }, { revision: 2 }] })

  await gateway.runs(180, makes(5))
  t.match(await gateway.ask(correct, correction), { status: 409, error: { code: 'SHIFT_LOCKED', details: { shift: '2026-03-24/early', locked_at: '2026-03-24T14:10:00.000Z', roles: 'admin' } } })
  t.equal((await gateway.ask(correct, { ...correction, ideal_cycle_seconds: 1.5 }, 'admin')).status, 201)
  const all = await gateway.desk.facts({ limit: 1_000 })
  const shift = all.flatMap((fact) => fact.type === 'oee_recorded' && fact.equipment === 'FIL' && fact.body.interval === 'shift' ? [fact.body] : [])
  t.strictSame(shift.map(({ revision }) => revision), [0, 1])
  t.equal(shift[1]!.figures.times.fully_productive, shift[0]!.figures.times.fully_productive - 45)
  const end = gateway.clock.now()
  await gateway.close()
  // Rows are kept as they stand now; what was told before the last correction rested on those of then.
  const part = (await replayRecording(() => config, join(directory, 'journal'), { from: later(START, 29 * 60_000), to: later(end, 1) })).facts.filter(({ at }) => at <= end)
  const worths = (told: readonly Draft[]) => told.flatMap(({ type, body, equipment, at }) => (type === 'oee_recorded' && at >= later(START, 29 * 60_000) ? [[equipment, body.interval, body.revision, body.figures.times.net_run]] : []))
  t.ok(worths(part).some(([, interval, revision]) => interval === 'shift' && revision === 0), 'a shift was told in it, before the last correction')
  t.strictSame(worths(part), worths(all), 'a replay of the last part begins with the ideal times of then')
})

t.test('a calendar is corrected after the fact: a break that nobody entered leaves every figure, a start and a replay find the same, and taken back all is as it was', async (t) => {
  const directory = t.testdir()
  let gateway = await openGateway(directory)
  const makes = (parts: number) => () => { make(gateway.plc, parts) }
  await gateway.runs(1)
  await gateway.runs(24, makes(5))
  // A stop of two minutes and a half, which was a break.
  await gateway.runs(15, () => { Object.assign(gateway.plc, { f_run: 0, p_run: 0 }) })
  await gateway.runs(33, makes(5))
  const correct = `${ENHANCED}/lines/L1/calendar-correction`
  const said = { from: '2026-03-24T13:34:00.000Z', to: '2026-03-24T13:37:00.000Z', as: 'break', reason: 'moved' }
  const window = 'from=2026-03-24T13:31:00.000Z&to=2026-03-24T13:39:00.000Z'
  const explained = async (of: string) => (await gateway.ask(`/api/v1/explain/${of}/oee?${window}`)).data as Explained
  const stops = async () => ((await gateway.ask(`${ENHANCED}/stops?equipment_code=FIL&from=2026-03-24T13:30:00Z&to=${rfc3339(gateway.clock.now())}`)).data as { stops: { stop_id: string; seconds: number; revision: number }[] }).stops
  const before = { filler: await explained('equipment/FIL'), line: await explained('lines/L1'), stops: await stops() }
  t.match(await gateway.ask(correct, said, 'operator'), { status: 403, error: { code: 'FORBIDDEN' } })
  t.match(await gateway.ask(correct, { ...said, as: 'open' }), { status: 422, error: { code: 'NOTHING_TO_CORRECT', details: { as: 'open', was: 'open' } } })
  t.match(await gateway.ask(correct, { ...said, to: '2026-03-24T13:59:00.000Z' }), { status: 422, error: { code: 'PERIOD_NOT_OVER' } })
  t.match(await gateway.ask(correct, { ...said, shift: 'x' }), { status: 400, error: { code: 'BODY_MISFIT' } })
  t.match(await gateway.ask(correct, said), { status: 201, data: { correction: { revision: 1, by: 'supervisor', previous: [{ as: 'open', shift: '2026-03-24/early' }], shifts: [{ shift: '2026-03-24/early' }], cancelled: [] } } })

  t.match(await gateway.ask(`${ENHANCED}/calendar`), { data: { corrections: [{ from: said.from, to: said.to, as: 'break', shift: null }] } })
  const filler = await explained('equipment/FIL')
  t.equal(filler.oee.times.planned_production, before.filler.oee.times.planned_production - before.filler.oee.times.unplanned_stop, 'standing in a break costs nothing')
  t.ok(before.filler.oee.times.unplanned_stop > 100 && filler.oee.times.unplanned_stop === 0)
  t.equal(filler.oee.counts.good + filler.oee.counts.off_schedule, before.filler.oee.counts.good, 'what it made running counts; what was read when it began to run again was made standing')
  t.ok(filler.oee.counts.off_schedule <= 5)
  t.match(filler.calendar_corrections, [{ as: 'break', by: 'supervisor', revision: 1, reason: 'moved' }])
  const [told] = await stops()
  t.strictSame([told!.seconds, told!.revision], [0, before.stops[0]!.revision + 1], 'and so does the stop')
  const { totals } = (await gateway.ask(`${ENHANCED}/oee/equipment/FIL/oee-performance-report?start_date=2026-03-24T13:31:00.000Z&end_date=2026-03-24T13:39:00.000Z`)).data as { readonly totals: Explained['oee'] }
  t.strictSame(totals.times, filler.oee.times, 'a report adds up the rows that the explanation finds in the facts')
  t.strictSame(totals.counts, filler.oee.counts)

  await gateway.runs(30, makes(5))
  const line = await explained('lines/L1')
  const now = gateway.clock.now()
  const facts = await gateway.desk.facts({ limit: 1_000 })
  await gateway.close()
  const replayed = await replayRecording(() => config, join(directory, 'journal'), { from: START, to: later(now, 60_000) })
  t.equal(factsText(replayed.facts.slice(0, facts.length)), factsText(facts), 'a replay tells the same, to the byte')
  gateway = await openGateway(directory, now)
  t.strictSame([await explained('equipment/FIL'), await explained('lines/L1')], [filler, line], 'a start finds what was told')

  t.match(await gateway.ask(correct, { ...said, as: 'calendar' }), { status: 201, data: { correction: { revision: 2 } } })
  const back = await explained('equipment/FIL')
  t.strictSame([back.oee, back.slices.map(({ leaf }) => leaf)], [before.filler.oee, before.filler.slices.map(({ leaf }) => leaf)], 'taken back')
  t.equal((await stops())[0]!.seconds, before.stops[0]!.seconds)
  t.match(await gateway.ask(correct, { ...said, as: 'calendar' }), { status: 422, error: { code: 'NOTHING_TO_CORRECT' } })

  await gateway.runs(180, makes(5))
  t.match(await gateway.ask(correct, said), { status: 409, error: { code: 'SHIFT_LOCKED', details: { shift: '2026-03-24/early', roles: 'admin' } } })
  t.equal((await gateway.ask(correct, { ...said, as: 'closed' }, 'admin')).status, 201)
  const { shifts } = (await gateway.ask(`${ENHANCED}/shifts?from=2026-03-24T00:00:00Z&to=2026-03-25T00:00:00Z`)).data as { shifts: { shift: string; ended: boolean; good: number }[] }
  const [counted] = (await gateway.desk.facts({ types: ['shift_ended'], limit: 1 })).flatMap((fact) => (fact.type === 'shift_ended' ? [fact.body.good] : []))
  t.match(shifts.find((shift) => shift.shift === '2026-03-24/early'), { ended: true, good: counted }, 'what left the line left it, whatever the calendar says')
  const all = await gateway.desk.facts({ limit: 1_000 })
  const shift = all.flatMap((fact) => fact.type === 'oee_recorded' && fact.equipment === 'FIL' && fact.body.interval === 'shift' ? [fact.body] : [])
  t.strictSame(shift.map(({ revision }) => revision), [0, 1])
  t.equal(shift[1]!.figures.times.planned_production, shift[0]!.figures.times.planned_production - 180)
  const end = gateway.clock.now()
  await gateway.close()
  // Rows are kept as they stand now; what was told before the last correction rested on those of then.
  const part = (await replayRecording(() => config, join(directory, 'journal'), { from: later(START, 29 * 60_000), to: later(end, 1) })).facts.filter(({ at }) => at <= end)
  const figures = (told: readonly Draft[]) => told.flatMap(({ type, body, equipment, at }) => (type === 'oee_recorded' && at >= later(START, 29 * 60_000) ? [[equipment, body.interval, body.revision, body.figures.times.schedule_loss, body.figures.times.unplanned_stop, body.figures.counts]] : []))
  t.ok(figures(part).some(([, interval, revision]) => interval === 'shift' && revision === 0), 'a shift was told in it, before the last correction')
  t.strictSame(figures(part), figures(all), 'a replay of the last part begins with the calendar of then')
})
