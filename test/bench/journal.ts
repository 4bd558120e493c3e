/** Figures of the journal on the plant mix: 1,000 tags at 1 Hz for some hours, through the real threads onto the real disk. */

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { seededChance } from '../../src/base/chance.js'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { instant, mono } from '../../src/base/units.js'
import type { Turn } from '../../src/contract/journal.js'
import type { ScanGroup } from '../../src/contract/scan.js'
import { openJournal } from '../../src/journal/journal.js'

const TAGS = 1_000
const SECONDS = Number(process.argv[2] ?? 3_600)
const START = Date.UTC(2026, 2, 29, 6)

const group: ScanGroup = {
  index: 0, plc: 'mix', class: 'normal', cycleMs: 1_000, slots: TAGS,
  tags: Array.from({ length: TAGS }, (_, slot) => ({ name: `tag${slot}`, address: '', type: 'float64', length: 1, slot, unit: null })),
}

/** Of a hundred tags: 40 analog values with one decimal that move, 20 counters, 20 states, 15 setpoints, 5 of noise in full precision. */
function plantMix(): (second: number) => Float64Array {
  const chance = seededChance(7)
  const values = Float64Array.from({ length: TAGS }, () => chance.whole(100, 900) / 10)
  return () => {
    for (let slot = 0; slot < TAGS; slot++) {
      const kind = slot % 100
      if (kind < 40) values[slot] = Math.round(values[slot]! * 10 + chance.normal(0, 4)) / 10
      else if (kind < 60) values[slot] = Math.round(values[slot]!) + (chance.happens(0.7) ? 1 : 0)
      else if (kind < 80) { if (chance.happens(0.005)) values[slot] = chance.whole(0, 6) }
      else if (kind < 95) { if (chance.happens(0.0002)) values[slot] = chance.whole(10, 90) }
      else values[slot] = 50 + chance.normal(0, 10)
    }
    return values.slice()
  }
}

function turnAt(second: number, values: Float64Array): Turn {
  const at = instant(START + second * 1_000 + (second % 7 === 0 ? 1 : 0))
  const monotonic = mono(second * 1_000 + (second % 11) / 8)
  return {
    number: second + 1, at, mono: monotonic, facts: [], rows: [], commands: [], snapshots: [],
    scans: [{ group: 0, at, mono: monotonic, values, qualities: new Uint8Array(TAGS), texts: new Map() }],
  }
}

const percentile = (numbers: number[], share: number): number => numbers.sort((a, b) => a - b)[Math.floor(numbers.length * share)]!

const directory = mkdtempSync(join(tmpdir(), 'lineside-journal-'))
const journal = await openJournal({
  directory, clock: systemClock, log: silentLog, groups: [group], recorded: () => true, stageMs: 1_000,
  storage: { ballast: 0, facts: { keep: 1e12, bytes: 1e12 }, samples: { keep: 1e12, bytes: 1e12, chunk: 600_000 } },
})
const next = plantMix()
const heldMs: number[] = []
let writtenMs = 0
for (let second = 0; second < SECONDS; second++) {
  const turn = turnAt(second, next(second))
  const start = performance.now()
  const appended = journal.append(turn)
  heldMs.push(performance.now() - start)
  await appended
  writtenMs += performance.now() - start
  if (second % 10 === 9) {
    // Ten turns share a commit, as they do in a second at a cycle of 100 ms.
    const flush = performance.now()
    await journal.samples({ plc: 'mix', tag: 'none', element: 0, from: instant(0), to: instant(0), pointsMax: 1 })
    writtenMs += performance.now() - flush
  }
}
for (;;) {
  const { turnsStagedCount } = await journal.sizes()
  if (turnsStagedCount < 700) break
  await new Promise((resolve) => { setTimeout(resolve, 200) })
}
const sizes = await journal.sizes()
const io = process.resourceUsage()
const readMs: number[] = []
for (let i = 0; i < 20; i++) {
  const start = performance.now()
  const points = await journal.samples({ plc: 'mix', tag: `tag${i * 37}`, element: 0, from: instant(START), to: instant(START + SECONDS * 1_000), pointsMax: 2_000 })
  readMs.push(performance.now() - start)
  if (points.length === 0) throw new Error('no points')
}
const timings = journal.timings()
await journal.close()
const bytes = statSync(join(directory, 'journal.db')).size - sizes.freeBytes
console.table({
  'samples': sizes.samplesCount,
  'samples/s through append': Math.round(TAGS * SECONDS / (writtenMs / 1_000)),
  'bytes/sample in the file': bytes / sizes.samplesCount,
  'main held p50 ms': percentile(heldMs, 0.5),
  'main held p99 ms': percentile(heldMs, 0.99),
  'main held max ms': percentile(heldMs, 0.9999),
  [`one tag, ${SECONDS} s, p50 ms`]: percentile(readMs, 0.5),
  [`one tag, ${SECONDS} s, max ms`]: percentile(readMs, 0.9999),
  'blocks written /sample (512 B)': io.fsWrite * 512 / sizes.samplesCount,
  'commit p99 ms': timings.appendMs.p99,
})
if (process.env['KEEP'] === undefined) rmSync(directory, { recursive: true })
else console.log(directory)
