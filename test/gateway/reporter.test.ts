import t from 'tap'
import { type ManualClock, manualClock } from '../../src/base/clock.js'
import { limits } from '../../src/base/limits.js'
import { instant } from '../../src/base/units.js'
import { config as schema } from '../../src/contract/config.js'
import { isRefusal } from '../../src/contract/refusals.js'
import type { PastName } from '../../src/faces/api/past.js'
import { startReporter } from '../../src/gateway/reporter.js'

const START = instant(Date.parse('2026-03-24T06:00:00Z'))
const config = schema.parse({
  version: 1, gateway: { id: 'test', time_zone: 'UTC' }, plcs: [], calendars: { day: { shifts: [{ name: 'early', start: '06:00', end: '14:00' }] } },
  lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'day', equipment: [{ code: 'FIL', name: 'Filler' }] }],
})

interface Said { readonly thread: number; readonly asked: number; readonly version: number | null; readonly now: number }

/** A reporter whose thread is of this test, and whose time passes when the test says so. */
function open(flush: () => Promise<void> = () => Promise.resolve()) {
  const clock = manualClock(START)
  const inForce = { config, version: 7 }
  const reporter = startReporter({ directory: '', clock, inForce: () => inForce, told: () => new Map(), corrected: () => [], before: () => [], flush, thread: new URL('./reporter-thread.js', import.meta.url) })
  const ask = async (name: PastName): Promise<object> =>
    // The thread of this test looks at the name alone.
    (reporter.handlers[name] as (ask: object) => Promise<object>)({ params: {}, query: {}, line: null, accept: '', language: 'en' })
  const said = async (name: PastName = 'oee_performance_report'): Promise<Said> => {
    const answer = await ask(name)
    return JSON.parse(new TextDecoder().decode((answer as { written: Uint8Array }).written)) as Said
  }
  return { clock, inForce, reporter, ask, said }
}

/** Moves time on, and nothing else: what has to happen first was waited for. */
const passes = (clock: ManualClock, ms: number): Promise<void> => clock.advance(ms)

t.test('a thread is told the configuration once, and again when another is in force', async (t) => {
  const { inForce, reporter, said } = open()
  const first = await said()
  t.match(first, { asked: 1, version: 7, now: START })
  t.match(await said(), { thread: first.thread, asked: 2, version: null })
  inForce.config = { ...config }
  inForce.version = 8
  t.match(await said(), { thread: first.thread, asked: 3, version: 8 })
  await reporter.stop()
})

t.test('more questions than may wait are refused, also those that wait for the disk', async (t) => {
  let flushed = (): void => undefined
  const { reporter, ask, said } = open(() => new Promise((resolve) => { const before = flushed; flushed = () => { before(); resolve() } }))
  const waiting = Array.from({ length: limits.reportsWaitingMax }, () => said())
  const refused = await ask('explain_line')
  t.ok(isRefusal(refused))
  t.match(refused, { refused: 'TOO_MANY_REQUESTS', details: [{ path: 'reports_waiting', message: String(limits.reportsWaitingMax) }] })
  flushed()
  const answers = await Promise.all(waiting)
  t.strictSame(answers.map(({ asked }) => asked), answers.map((_, i) => i + 1), 'all that waited are answered, in their order')
  const next = said()
  flushed()
  t.match(await next, { asked: limits.reportsWaitingMax + 1 }, 'and there is room again')
  await reporter.stop()
})

t.test('a question that takes too long ends its thread, whoever waited behind it hears why, and the next one gets another', async (t) => {
  const { clock, reporter, ask, said } = open()
  const { thread } = await said()
  const ended = Promise.allSettled([ask('oee_alert_analysis'), ask('oee_alert_analysis')])
  await passes(clock, limits.reportMs - 1)
  t.equal((await said()).thread, thread, 'it has its time to the end')
  await passes(clock, 1)
  t.match(await ended, [{ reason: { code: 'READ_DEADLINE' } }, { reason: { code: 'READ_DEADLINE' } }])
  const after = await said()
  t.not(after.thread, thread)
  t.match(after, { asked: 1, version: 7 }, 'which knows nothing yet')
  await reporter.stop()
})

t.test('a thread that nobody asks for a while ends, and not while somebody waits or has just asked', async (t) => {
  const { clock, reporter, said } = open()
  const { thread } = await said()
  await passes(clock, limits.reportIdleMs - 1)
  t.match(await said(), { thread, asked: 2 })
  await passes(clock, limits.reportIdleMs - 1)
  t.match(await said(), { thread, asked: 3 }, 'each question begins the while anew')
  await passes(clock, limits.reportIdleMs)
  t.match(await said(), { asked: 1, version: 7 }, 'a new one')
  await reporter.stop()
})

t.test('a thread that falls takes only its questions along', async (t) => {
  const { reporter, ask, said } = open()
  await said()
  const ended = await Promise.allSettled([ask('oee_alert_analysis'), ask('oee_optimization_recommendations')])
  t.match(ended, [{ reason: { message: 'the thread falls' } }, { reason: { message: 'the thread falls' } }])
  t.match(await said(), { asked: 1 })
  await reporter.stop()
})

t.test('when the gateway stops, whoever waits is told, and nobody starts a thread again', async (t) => {
  const { reporter, ask, said } = open()
  await said()
  const waiting = Promise.allSettled([ask('oee_alert_analysis')])
  await reporter.stop()
  t.match(await waiting, [{ reason: { code: 'JOURNAL_UNWRITABLE' } }])
  await t.rejects(said(), { code: 'JOURNAL_UNWRITABLE' })
})
