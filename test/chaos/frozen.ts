/** A writer that is frozen at any moment: what leaves after its promise had ended was looked at while it held, an instant before the freeze, and nothing else leaves. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { seededChance } from '../../src/base/chance.js'
import { machineMs } from '../../src/field/parcel.js'
import { startS7Plc } from '../field/support/s7-plc.js'
import { watchWrites } from '../support/write-watch.js'
import { type Trial, Wrong } from './trial.js'
import type { Look } from './writer.js'

const PROMISE_MS = 20

export const frozen: Trial = {
  name: 'a writer stopped between its last look and its send', count: Number(process.env['FREEZES'] ?? 500),
  async run(seed, count, goesOn) {
    const chance = seededChance(seed)
    const wrong = new Wrong('late writes whose last look was late too', 'late writes that nobody looked at')
    const lamps = await startS7Plc([{ area: 'DB', db: 90, bytes: new Uint8Array(4) }])
    const arrived: number[] = []
    let writer: ChildProcess | null = null
    const wire = await watchWrites(lamps.port, () => (writer?.pid === undefined ? [] : [writer.pid]), (frame) => { arrived.push(frame.readUInt32BE(frame.length - 4)) })
    let [caught, writes] = [0, 0]
    let ranMs = 0
    try {
      writer = fork(new URL('writer.js', import.meta.url), [String(wire.port), String(PROMISE_MS), process.env['TRANSPORT'] ?? 'pipelined'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] })
      await once(writer, 'message')
      for (let number = 0; number < count && goesOn?.(number) !== false; number++) {
        const from = machineMs()
        await sleep(chance.whole(20, 60))
        writer.kill('SIGSTOP')
        ranMs += machineMs() - from
        await sleep(3 * PROMISE_MS)
        // What had left by then is read in the next rounds of this loop, however late they come.
        await turn()
        await turn()
        writes += arrived.splice(0).length
        const thawedAt = machineMs()
        writer.kill('SIGCONT')
        await sleep(10)
        const values = arrived.splice(0)
        const answered = once(writer, 'message')
        writer.send(values)
        // What `writer.ts` answers with, and it answers nothing else.
        const [looks] = await answered as [(Look | null)[]]
        writes += values.length
        for (const [i, look] of looks.entries()) {
          if (look === null) wrong.is('late writes that nobody looked at', String(values[i]))
          else if (look.untilMs >= thawedAt) continue
          else if (look.lookedMs >= look.untilMs || look.lookedMs >= thawedAt) wrong.is('late writes whose last look was late too', JSON.stringify({ thawedAt, ...look }))
          else caught++
        }
        ranMs += 10
      }
      const perMs = writes / ranMs
      return { thrown: `${count} freezes at ${Math.round(1_000 * perMs)} writes a second, ${caught} writes caught after their last look: ${(1_000 * caught / count / perMs).toFixed(0)} µs in which they can be`, wrong: wrong.counts, details: wrong.details }
    } finally {
      writer?.kill('SIGKILL')
      writer?.kill('SIGCONT')
      await wire.stop()
      await lamps.kill()
    }
  },
}
