import { getEventListeners } from 'node:events'
import t from 'tap'
import { manualClock } from '../../src/base/clock.js'
import { eitherOf, withinBoth } from '../../src/base/either.js'
import { instant, mono } from '../../src/base/units.js'

const listeners = (...signals: readonly AbortSignal[]): number => signals.reduce((sum, signal) => sum + getEventListeners(signal, 'abort').length, 0)

t.test('a wait ends with either signal or with its time, and afterwards neither remembers it', async (t) => {
  const clock = manualClock(instant(0))
  const [connection, broken] = [new AbortController(), new AbortController()]
  for (let number = 1; number <= 100; number++) {
    const bell = new AbortController()
    const wait = clock.wait(mono(1_000_000), eitherOf(connection.signal, bell.signal))
    t.equal(listeners(connection.signal, bell.signal), 2)
    bell.abort()
    await wait
    t.equal(listeners(connection.signal, bell.signal), 0)
  }
  const timed = clock.wait(mono(10), eitherOf(connection.signal, broken.signal))
  await clock.advance(10)
  await timed
  t.equal(listeners(connection.signal, broken.signal), 0)
  const cut = clock.wait(mono(1_000_000), eitherOf(connection.signal, broken.signal))
  connection.abort()
  await cut
  t.equal(listeners(connection.signal, broken.signal), 0)
  await clock.wait(mono(1_000_000), eitherOf(connection.signal, broken.signal))
  t.equal(clock.mono(), 10, 'what is over already is not waited for')
})

t.test('work ends with either signal, for its reason, and afterwards neither remembers it', async (t) => {
  const [box, late] = [new AbortController(), new AbortController()]
  t.equal(await withinBoth(box.signal, late.signal, async (over) => { t.equal(listeners(box.signal, late.signal), 2); return over.aborted }), false)
  t.equal(listeners(box.signal, late.signal), 0)
  await t.rejects(withinBoth(box.signal, late.signal, (over) => new Promise((_, reject) => {
    over.addEventListener('abort', () => { reject(over.reason as Error) })
    late.abort(new Error('too late'))
  })), new Error('too late'))
  t.equal(listeners(box.signal, late.signal), 0)
  t.ok(await withinBoth(box.signal, late.signal, async (over) => over.aborted), 'what is over already')
})
