/** A short run of what `make chaos` does at length: of the trials in which no load of the machine decides. */

import t from 'tap'
import { runChaos } from './chaos.js'
import { copies } from './copies.js'
import { full, power, readonly, sync } from './disk.js'
import { fuzz } from './fuzz.js'
import { killed } from './kills.js'
import { rewritten } from './rewrites.js'

t.setTimeout(600_000)
// Some of them mostly wait.
t.jobs = 3

t.test('eight kills of broker, gateway and workers lose nothing and double nothing', { buffered: true }, async (t) => {
  const { kills, thrown, rows, samples, seconds: _, ...wrong } = await runChaos({ seed: 3, kills: 8, calmMsMax: 300 })
  t.equal(Object.values(kills).reduce((sum, count) => sum + count), 8)
  t.ok(thrown > 100 && rows > 0 && samples > 0, 'something was thrown at it')
  t.strictSame(wrong, { forgotten: 0, lost: 0, doubled: 0, changed: 0, rowsWrong: 0, samplesWrong: 0, gaps: 0, forks: 0, deadLetters: 0 })
})

for (const [trial, count] of [[killed, 4], [power, 3], [full, 2], [sync, 2], [readonly, 1], [rewritten, 2], [copies, 4], [fuzz, 600]] as const) {
  t.test(`${count} × ${trial.name}: nothing is lost, and nothing is said that is not so`, { buffered: true }, async (t) => {
    const { thrown, wrong, details } = await trial.run(3, count)
    t.comment(thrown)
    t.strictSame(wrong, Object.fromEntries(Object.keys(wrong).map((kind) => [kind, 0])), details.join('\n'))
  })
}
