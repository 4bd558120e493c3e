import t from 'tap'
import { liveDay } from './support/day.js'
import { firstOutsOf, wrongsOf } from './support/judge.js'

const DAYS = Number(process.env['DAYS'] ?? 4)
t.setTimeout(600_000)

t.test('days of a plant with faults of every kind: parts exact, states within a poll, figures within what that allows, first faults right', async (t) => {
  for (let seed = 1; seed <= DAYS; seed++) {
    const day = liveDay(seed)
    t.strictSame(wrongsOf(day), [], `day ${seed}`)
    for (const { code } of day.recipe.equipment) {
      const faults = new Map(day.plan.equipment.get(code)?.faults.map((fault) => [fault.bit, fault.code]))
      const stops = firstOutsOf(day, code)
      t.ok(stops.length > 20, `${code} stood for a fault ${stops.length} times`)
      t.strictSame(stops.filter(({ bit, told }) => told !== faults.get(bit)), [], `the first fault of every stop of ${code}`)
    }
  }
})

t.test('a day lived again is the same day', async (t) => {
  const told = () => JSON.stringify(liveDay(77).facts)
  t.equal(told(), told())
})
