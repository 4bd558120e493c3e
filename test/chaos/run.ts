/** `make chaos`: a thousand kills by seed, and a table of what was lost and what was doubled. Ends with 1 when anything was. */

import { runChaos, victims } from './chaos.js'

const seed = Number(process.argv[2] ?? 1)
const kills = Number(process.env['KILLS'] ?? 1_000)
// `ACK=puback make chaos` is the control: what a bookmark that trusts the broker would have lost in the same run.
const ack = process.env['ACK'] === 'puback' ? 'puback' : 'mes'
console.log(`seed ${seed}, ${kills} kills, acknowledged by ${ack}`)
const { kills: killed, ...outcome } = await runChaos({ seed, kills, calmMsMax: 300, ack, onKill: (count) => { if (count % 50 === 0) console.log(`${count} kills`) } })
console.table({ ...Object.fromEntries(victims.map((victim) => [`kills of the ${victim}`, killed[victim]])), ...outcome })
const { lost, doubled, changed, forgotten, rowsWrong, gaps, forks, deadLetters } = outcome
process.exitCode = [lost, doubled, changed, forgotten, rowsWrong, gaps, forks, deadLetters].every((count) => count === 0) ? 0 : 1
