/** A short run of what `make chaos` does at length. */

import t from 'tap'
import { runChaos } from './chaos.js'

t.test('twelve kills of broker, gateway and workers lose nothing and double nothing', { timeout: 180_000 }, async (t) => {
  const { kills, thrown, rows, seconds: _, ...wrong } = await runChaos({ seed: 3, kills: 12, calmMsMax: 300 })
  t.equal(Object.values(kills).reduce((sum, count) => sum + count), 12)
  t.ok(thrown > 100 && rows > 0, 'something was thrown at it')
  t.strictSame(wrong, { forgotten: 0, lost: 0, doubled: 0, changed: 0, rowsWrong: 0, gaps: 0, forks: 0, deadLetters: 0 })
})
