import t from 'tap'
import { seededChance } from '../../../src/base/chance.js'
import { manualClock } from '../../../src/base/clock.js'
import { limits } from '../../../src/base/limits.js'
import { instant } from '../../../src/base/units.js'
import { Patience } from '../../../src/faces/mqtt/patience.js'

const ACK_MS = 10_000

const patient = () => {
  const clock = manualClock(instant(0))
  return { clock, patience: new Patience({ clock, chance: seededChance(1) }, ACK_MS) }
}

t.test('what is under way is sent again after its time, and then ever more rarely, until something arrives', async (t) => {
  const { clock, patience } = patient()
  const rewinds: number[] = []
  const wait = async (ms: number): Promise<void> => {
    for (let waitedMs = 0; waitedMs < ms; waitedMs += 1_000) {
      await clock.advance(1_000)
      if (patience.ranOut(true)) {
        rewinds.push(clock.mono())
        patience.restart()
      }
    }
  }
  await wait(80_000)
  t.same(rewinds, [10_000, 30_000, 70_000])
  patience.renew()
  await wait(10_000)
  t.same(rewinds.slice(3), [90_000])
})

t.test('nothing under way is waited for by nobody', async (t) => {
  const { clock, patience } = patient()
  await clock.advance(10 * ACK_MS)
  t.notOk(patience.ranOut(false))
  t.equal(patience.nextLook(false), clock.mono() + limits.upstreamPollMs)
})

t.test('a refusal holds the lane, the next one for longer, and one that only a person can change for longest', async (t) => {
  const { clock, patience } = patient()
  const first = patience.hold('quota exceeded', false)
  t.match(patience, { isHeld: true, refusal: 'quota exceeded' })
  patience.ranOut(false)
  t.ok(patience.isHeld, 'its time has not come')
  await clock.advance(first)
  patience.ranOut(false)
  t.match(patience, { isHeld: false, refusal: 'quota exceeded' }, 'what was said stands until something arrives')
  t.ok(patience.hold('quota exceeded', false) > first)
  t.equal(patience.hold('not authorized', true), limits.upstreamProbeMsMax)
  patience.renew()
  t.match(patience, { isHeld: false, refusal: null })
  t.ok(patience.hold('quota exceeded', false) < 2 * first, 'it begins anew')
})
