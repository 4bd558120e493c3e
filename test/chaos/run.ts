/** `make chaos`: every trial by seed, and one table of what was thrown and what came out wrong. Ends with 1 when anything did. */

import { runChaos, victims } from './chaos.js'
import { clock } from './clock.js'
import { copies } from './copies.js'
import { full, power, readonly, sync } from './disk.js'
import { crowd, doors } from './doors.js'
import { frozen } from './frozen.js'
import { fuzz } from './fuzz.js'
import { killed } from './kills.js'
import { rewritten } from './rewrites.js'
import { soak } from './soak.js'
import { standby } from './standby.js'
import { type GoesOn, type Outcome, type Trial, isSound } from './trial.js'

const kills: Trial = {
  name: 'kills of broker, gateway and workers', count: Number(process.env['KILLS'] ?? 1_000),
  async run(seed, count, goesOn) {
    // `ACK=puback make chaos` is the control: what a bookmark that trusts the broker would have lost in the same run.
    const ack = process.env['ACK'] === 'puback' ? 'puback' : 'mes'
    const { kills: killed, thrown, rows, samples, seconds: _, ...wrong } = await runChaos({ seed, kills: count, calmMsMax: 300, ack, onKill: (number) => { goesOn?.(number) } })
    return { thrown: `${victims.map((victim) => `${killed[victim]} of the ${victim}`).join(', ')}; ${thrown} facts, ${rows} rows, ${samples} scans`, wrong, details: [] }
  },
}

/** A trial that can end early does after so long, and its row says how far it got. */
const MINUTES_MAX = Number(process.env['MINUTES'] ?? Infinity)
const TOLD_EVERY_MS = 10_000

/** Says now and then how far a trial has got, and how long the rest will take at this pace. */
function teller(name: string, count: number): GoesOn {
  const begun = performance.now()
  let toldAt = begun
  return (done) => {
    const now = performance.now()
    if (done > 0 && now - toldAt >= TOLD_EVERY_MS) {
      toldAt = now
      const leftMinutes = Math.ceil(((now - begun) / done) * (count - done) / 60_000)
      console.error(`${name}: ${done.toLocaleString('en')} of ${count.toLocaleString('en')}, ${leftMinutes} min left`)
    }
    return now - begun < MINUTES_MAX * 60_000
  }
}

const trials: readonly Trial[] = [killed, clock, power, full, sync, readonly, rewritten, copies, doors, crowd, fuzz, frozen, soak, standby, kills]
const [seedText = '1', ...only] = process.argv.slice(2)
const seed = Number(seedText)
const rows: (Outcome & { readonly name: string; readonly seconds: number })[] = []
for (const trial of trials) {
  if (only.length > 0 && !only.some((word) => trial.name.includes(word))) continue
  const begun = performance.now()
  console.error(`${trial.name} …`)
  rows.push({ name: trial.name, ...await trial.run(seed, trial.count, teller(trial.name, trial.count)), seconds: Math.round((performance.now() - begun) / 1_000) })
}
console.log(`seed ${seed}`)
for (const row of rows) {
  console.log(`${isSound(row) ? '✔' : '✖'} ${row.name}: ${row.thrown}; ${Object.entries(row.wrong).map(([kind, count]) => `${count} ${kind}`).join(', ')}  (${row.seconds} s)`)
  for (const line of [...row.figures ?? [], ...row.details]) console.log(`    ${line}`)
}
process.exitCode = rows.every(isSound) ? 0 : 1
