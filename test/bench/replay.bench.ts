/** A recorded shift solved again out of the journal: ten machines at ten scans a second, and the same facts to the byte. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { replayRecording } from '../../src/replay/recording.js'
import { factsText } from '../../src/replay/report.js'
import { type Bench, median } from './bench.js'
import { recordShift, shiftConfig } from './support/shift.js'

const SHIFT_MS = 8 * 3_600_000
const ROUNDS = 3

export const bench: Bench = {
  name: 'replay',
  peers: [],
  async run() {
    const directory = mkdtempSync(join(tmpdir(), 'lineside-shift-'))
    try {
      const config = shiftConfig()
      const shift = await recordShift(config, directory, SHIFT_MS)
      const walls: number[] = []
      const cpus: number[] = []
      for (let round = 0; round < ROUNDS; round++) {
        const [from, cpuFrom] = [performance.now(), process.cpuUsage()]
        const { facts } = await replayRecording(() => config, directory, { from: shift.from, to: shift.to })
        const cpu = process.cpuUsage(cpuFrom)
        walls.push((performance.now() - from) / 1_000)
        cpus.push((cpu.user + cpu.system) / 1e6)
        if (factsText(facts) !== factsText(shift.facts)) throw new Error(`${facts.length} facts came of it, and not the ${shift.facts.length} that were journalled`)
      }
      return [
        { figure: 'a shift of 8 h, 10 machines at 10 Hz, solved again', value: median(walls), unit: 's', target: { atMost: 3 } },
        { figure: 'the same, CPU', value: median(cpus), unit: 's', target: null },
        { figure: 'samples of a machine per second', value: Math.round(shift.samplesCount / median(walls)), unit: '/s', target: { atLeast: 200_000 } },
        { figure: 'times as fast as life', value: Math.round(SHIFT_MS / 1_000 / median(walls)), unit: '', target: { atLeast: 1_000 } },
        { figure: 'facts, the same as were journalled', value: shift.facts.length, unit: '', target: null },
      ]
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
}
