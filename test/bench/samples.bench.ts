/** The samples store on the plant mix: what a sample takes, how fast they go in and come back, and how long a write holds the main thread. */

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededChance } from '../../src/base/chance.js'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { instant, mono } from '../../src/base/units.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import type { Journal, Turn } from '../../src/contract/journal.js'
import type { ScanGroup } from '../../src/contract/scan.js'
import { openJournal } from '../../src/journal/journal.js'
import { factOf } from '../journal/plant.js'
import { type Bench, type Figure, percentile } from './bench.js'

const START = Date.UTC(2026, 2, 29, 6)
const HOUR = 3_600
/** How many turns share a commit, which is at most a second of them (`journal/stage.ts`). The last of them has a fact, and that one waits for the disk with all before it. */
const commits = { full: 200, calm: 10 } as const
/** Turns that are still to be sealed when the store counts as full. */
const UNSEALED_TURNS = 700
const READS = 20

/** Of a hundred tags: 40 analog values with one decimal that move, 20 counters, 20 states, 15 setpoints, 5 of noise in full precision. */
function plantMix(tagsCount: number): () => Float64Array {
  const chance = seededChance(7)
  const values = Float64Array.from({ length: tagsCount }, () => chance.whole(100, 900) / 10)
  return () => {
    for (let slot = 0; slot < tagsCount; slot++) {
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

/** A second at 1 Hz; now and then a millisecond late, as cycles are. */
function turnAt(second: number, values: Float64Array, facts: readonly Fact[]): Turn {
  const at = instant(START + second * 1_000 + (second % 7 === 0 ? 1 : 0))
  const monotonic = mono(second * 1_000 + (second % 11) / 8)
  return {
    number: second + 1, at, mono: monotonic, facts, rows: [], commands: [], snapshots: [],
    scans: [{ group: 0, at, mono: monotonic, values, qualities: new Uint8Array(values.length), texts: new Map() }],
  }
}

const groupOf = (tagsCount: number): ScanGroup => ({
  index: 0, plc: 'mix', class: 'normal', cycleMs: 1_000, slots: tagsCount,
  tags: Array.from({ length: tagsCount }, (_, slot) => ({ name: `tag${slot}`, address: '', type: 'float64', length: 1, slot, unit: null })),
})

const read = (journal: Journal, tag: string, seconds: number) =>
  journal.samples({ plc: 'mix', tag, element: 0, from: instant(START), to: instant(START + seconds * 1_000), pointsMax: 2_000 })

interface Filled { readonly bytesPerSample: number; readonly perSecond: number; readonly heldMs: readonly number[]; readonly readMs: readonly number[] }

/** So many tags at 1 Hz for so many seconds, through the real threads onto the real disk, and some of them read back whole. */
async function fill(tagsCount: number, seconds: number, turnsPerCommit: number): Promise<Filled> {
  const directory = mkdtempSync(join(tmpdir(), 'lineside-journal-'))
  const journal = await openJournal({
    directory, clock: systemClock, log: silentLog, groups: [groupOf(tagsCount)], recorded: () => true, stageMs: 1_000,
    storage: { ballast: 0, facts: { keep: 1e12, bytes: 1e12 }, samples: { keep: 1e12, bytes: 1e12, chunk: 600_000 } },
  })
  const next = plantMix(tagsCount)
  const heldMs: number[] = []
  let writtenMs = 0
  let factsCount = 0
  for (let second = 0; second < seconds; second++) {
    const isLast = second % turnsPerCommit === turnsPerCommit - 1 || second === seconds - 1
    const turn = turnAt(second, next(), isLast ? [factOf(++factsCount, journal.remembered.epoch)] : [])
    const from = performance.now()
    const appended = journal.append(turn)
    heldMs.push(performance.now() - from)
    await appended
    writtenMs += performance.now() - from
  }
  let sizes = await journal.sizes()
  for (; sizes.turnsStagedCount >= UNSEALED_TURNS; sizes = await journal.sizes()) await sleep(200)
  const readMs: number[] = []
  for (let i = 0; i < READS; i++) {
    const from = performance.now()
    const points = await read(journal, `tag${i * 37 % tagsCount}`, seconds)
    readMs.push(performance.now() - from)
    if (points.length === 0) throw new Error('nothing came back')
  }
  await journal.close()
  const bytes = statSync(join(directory, 'journal.db')).size - sizes.freeBytes
  rmSync(directory, { recursive: true })
  return { bytesPerSample: bytes / sizes.samplesCount, perSecond: tagsCount * seconds / (writtenMs / 1_000), heldMs, readMs }
}

export const bench: Bench = {
  name: 'samples',
  peers: [],
  async run() {
    const many = await fill(1_000, 2 * HOUR, commits.full)
    const calm = await fill(1_000, HOUR / 2, commits.calm)
    const day = await fill(100, 24 * HOUR, commits.full)
    const figures: Figure[] = [
      { figure: 'a sealed sample of 1,000 tags, 2 h at 1 Hz', value: many.bytesPerSample, unit: 'bytes', target: { atMost: 1.5 } },
      { figure: 'samples into the store, as fast as it takes them', value: many.perSecond, unit: '/s', target: { atLeast: 2_000_000 } },
      { figure: 'the same with a commit every ten turns, as at a cycle of 100 ms', value: calm.perSecond, unit: '/s', target: null },
      { figure: 'main thread held by a turn of 1,000 samples, p99', value: percentile(calm.heldMs, 0.99), unit: 'ms', target: { atMost: 0.5 } },
      { figure: 'the same, p50', value: percentile(calm.heldMs, 0.5), unit: 'ms', target: null },
      { figure: 'one tag of 24 h at 1 Hz read back, p50', value: percentile(day.readMs, 0.5), unit: 'ms', target: { atMost: 10 } },
      { figure: 'the same, largest of 20', value: Math.max(...day.readMs), unit: 'ms', target: null },
    ]
    return figures
  },
}
