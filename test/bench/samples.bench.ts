/** The samples store on the plant mix: what a sample takes, how fast they go in and come back, and how long a write holds the main thread. */

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { instant } from '../../src/base/units.js'
import type { Journal } from '../../src/contract/journal.js'
import { openJournal } from '../../src/journal/journal.js'
import { factOf } from '../journal/plant.js'
import { type Bench, type Figure, percentile } from './bench.js'
import { START, groupOf, plantMix, turnAt } from './support/plant-mix.js'

const HOUR = 3_600
/** How many turns share a commit, as in bursts and calm (`journal/stage.ts`). The last of them has a fact, and that one waits for the disk with all before it. */
const commits = { full: 200, calm: 10 } as const
/** Turns that are still to be sealed when the store counts as full. */
const UNSEALED_TURNS = 700
const READS = 20

const read = (journal: Journal, tag: string, seconds: number) =>
  journal.samples({ plc: 'mix', tag, element: 0, from: START, to: instant(START + seconds * 1_000), pointsMax: 2_000 })

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
