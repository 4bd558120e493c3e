/** The judge of a soak: what it says of readings of which we know whether they grow. */

import t from 'tap'
import { seededChance } from '../../src/base/chance.js'
import { type Looked, growthOf, plateauOf } from './flat.js'

t.test('what grows is told from what only rises and falls', async (t) => {
  const allowed = { perDay: 32, noise: 2 }
  const growth = (hours: number, valueAt: (hours: number, i: number) => number) => growthOf(readings(hours, valueAt), allowed)
  const saw = (i: number, chance = seededChance(i)): number => 100 + (i % 17) * 2 + chance.unit() * 10
  t.equal(growth(18, (_, i) => saw(i)).verdict, 'flat', 'garbage that is collected now and then')
  t.equal(growth(18, (_, i) => (i % 5 === 0 ? 400 : saw(i))).verdict, 'flat', 'a process that comes and goes')
  t.equal(growth(18, (hours) => 100 + hours).verdict, 'flat', 'so little that a day of it does no harm')
  const leak = growth(6, (hours, i) => saw(i) + 4 * hours)
  t.equal(leak.verdict, 'grows', 'four an hour, under a saw ten times as high as what one hour adds')
  t.ok(leak.between[0] < 96 && leak.between[1] > 96 && leak.between[0] > 32, `the true slope lies between the bounds: ${leak.between.join(' to ')}`)
  t.equal(growth(1, (_, i) => saw(i)).verdict, 'unknown', 'an hour of the same garbage proves nothing')
  t.equal(growth(18, () => 51).verdict, 'flat', 'what never moves')
})

t.test('what wanders is not taken for a leak, and a leak under it is found from where the judge says it would be', async (t) => {
  const allowed = { perDay: 16, noise: 2 }
  const verdicts = { flat: 0, grows: 0, unknown: 0 }
  let [within, found] = [0, 0]
  for (let seed = 0; seed < 200; seed++) {
    const chance = seededChance(seed)
    // Each reading is nine tenths of the one before and something new: hours of it look like a slope.
    let wandered = 0
    const clean = readings(18, () => 100 + (wandered = 0.9 * wandered + (chance.unit() - 0.5) * 6))
    const { between, seenFrom, verdict } = growthOf(clean, allowed)
    verdicts[verdict]++
    within += Number(between[0] <= 0 && between[1] >= 0)
    found += Number(growthOf(clean.map(({ hours, value }) => ({ hours, value: value + (1.05 * seenFrom + 1) * hours / 24 })), allowed).verdict === 'grows')
  }
  t.equal(verdicts.grows, 0, JSON.stringify(verdicts))
  t.ok(within >= 170, `the bounds hold what is true: ${within} of 200`)
  t.ok(found >= 195, `a leak as large as the judge says it sees is found: ${found} of 200`)
})

t.test('a height that was reached is no growth, and one that rises is', async (t) => {
  const plateau = (valueAt: (hours: number, i: number) => number) => plateauOf(readings(18, valueAt), 24).verdict
  t.equal(plateau((hours, i) => 200 + 40 * Math.sin(hours * 2) + i % 7), 'flat')
  t.equal(plateau((hours) => 300 - 100 / (1 + hours)), 'flat', 'what comes nearer to its height')
  t.equal(plateau((hours, i) => 200 + 40 * Math.sin(hours * 2) + 5 * hours + i % 7), 'grows')
})

function readings(hours: number, valueAt: (hours: number, i: number) => number): Looked[] {
  return Array.from({ length: 180 }, (_, i) => ({ hours: (i * hours) / 180, value: valueAt((i * hours) / 180, i) }))
}
