/** The samples store beside two others on the same data: VictoriaMetrics, and a row for each sample with an index. */

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { given } from '../../src/base/assert.js'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, later } from '../../src/base/units.js'
import { config } from '../../src/contract/config.js'
import type { Journal } from '../../src/contract/journal.js'
import { openReader } from '../../src/journal/store/database.js'
import { databasePath } from '../../src/journal/keeping/gate.js'
import { openJournal } from '../../src/journal/journal.js'
import { type Bench, type Figure, median } from './bench.js'
import { type Rows, chartOfRows, openRows } from './support/indexed-rows.js'
import { type Noise, START, entropyOfMix, groupOf, plantMix, turnAt } from './support/plant-mix.js'
import { VICTORIA, type Weighed, weighVictoria } from './support/victoria.js'

const HOUR = 3_600
const MANY = { tags: 1_000, seconds: 2 * HOUR }
const DAY = { tags: 100, seconds: 24 * HOUR }
/** Rows are there for so long before those whose writing is measured, so that the index has its usual height. */
const BEFORE = 900
const ROUNDS = 9
/** As many as a chart can show. */
const POINTS = 2_000

const commitSeconds = config.shape.storage.parse(undefined).samples.commit / 1_000
const hourAfter = (from: Instant): Instant => later(from, HOUR * 1_000)

/** Of this process, by the system's account: pages that were made dirty for the disk. */
const bytesWritten = (): number => Number(/^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))![1])

const open = (directory: string, tags: number): Promise<Journal> => openJournal({
  directory, clock: systemClock, log: silentLog, groups: [groupOf(tags)], recorded: () => true, stageMs: 1e9,
  storage: { ballast: 0, facts: { keep: 1e12, bytes: 1e12 }, samples: { keep: 1e12, bytes: 1e12, chunk: 600_000 } },
})

/** Samples alone, with a commit as often as the gateway makes one of them; then until every hour is sealed and merged. */
async function fill(journal: Journal, directory: string, { tags, seconds }: typeof MANY, perCommit: number, noise: Noise = 'double'): Promise<void> {
  const next = plantMix(tags, noise)
  for (let second = 0; second < seconds; second++) {
    await journal.append(turnAt(second, next(), []))
    if (second % perCommit === perCommit - 1) await journal.flush()
  }
  // Time goes on without samples, until the last hour is over.
  for (const hours of [1, 2, 3]) {
    await journal.append({ ...turnAt(seconds + hours * HOUR, new Float64Array(tags), []), number: seconds + hours, scans: [] })
    await journal.flush()
  }
  while ((await journal.sizes()).turnsStagedCount > 1 || chunksCount(directory) > Math.ceil(seconds / HOUR) + 2) await sleep(100)
}

/** As many as there are, also those that are not whole or on their way out. */
function chunksCount(directory: string): number {
  const database = openReader(databasePath(directory))
  const count = database.prepare<[], number>('SELECT count(*) FROM chunks').pluck().get()
  database.close()
  return given(count, 'a count')
}

/** Bytes of a sealed sample with all that lies around it: pages of the tables and indexes that hold nothing else. */
function sealedBytes(directory: string): number {
  const database = openReader(databasePath(directory))
  const pages = database.prepare<[], number>(`
    SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN (SELECT name FROM sqlite_schema WHERE tbl_name IN ('chunks', 'strips', 'columns', 'pieces'))`).pluck().get()
  const values = database.prepare<[], number>('SELECT sum(values_count) FROM chunks WHERE sealed = 1').pluck().get()
  database.close()
  return given(pages, 'pages') / given(values, 'values')
}

/** Rounds of either side before those that count: what is done again and again is compiled. What the first one takes stands beside. */
const WARM_ROUNDS = 18

async function timed(what: (round: number) => unknown): Promise<number> {
  const tookMs: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now()
    await what(round)
    tookMs.push(performance.now() - from)
  }
  return median(tookMs)
}

/** Threads that read for the first time, on either side. */
const COLD_ROUNDS = 5

/** What the first chart of a new reading thread takes, asked for when the thread has loaded its code and opened the file. */
async function firstChart(directory: string, round: number): Promise<number> {
  const journal = await open(directory, DAY.tags)
  await journal.epochs()
  const from = performance.now()
  await chart(journal, 7 + round * 23)
  const took = performance.now() - from
  await journal.close()
  return took
}

/** The same of rows: a new thread with its code loaded and the file open. */
async function firstRows(path: string, round: number): Promise<number> {
  const worker = new Worker(new URL('./support/first-rows.js', import.meta.url), { workerData: { path, tags: DAY.tags, slot: 7 + round * 23, from: START, to: later(START, DAY.seconds * 1_000), points: POINTS } })
  const [took] = await once(worker, 'message') as [number]
  await worker.terminate()
  return took
}

async function medianOf(take: (round: number) => Promise<number>): Promise<number> {
  const took: number[] = []
  for (let round = 0; round < COLD_ROUNDS; round++) took.push(await take(round % 4))
  return median(took)
}

const chart = (day: Journal, slot: number): Promise<unknown> => day.samples({ plc: 'mix', tag: `tag${slot}`, element: 0, from: START, to: later(START, DAY.seconds * 1_000), pointsMax: POINTS })

interface Ours { readonly sealed: number; readonly sealedSingle: number; readonly written: number; readonly dayMs: number; readonly dayColdMs: number; readonly hourMs: number }

async function ours(directory: string): Promise<Ours> {
  const before = bytesWritten()
  const many = await open(join(directory, 'many'), MANY.tags)
  await fill(many, join(directory, 'many'), MANY, commitSeconds)
  await many.close()
  const written = (bytesWritten() - before) / (MANY.tags * MANY.seconds)
  const again = await open(join(directory, 'many'), MANY.tags)
  const slots = Array.from({ length: MANY.tags }, (_, i) => ({ plc: 'mix', tag: `tag${i}`, element: 0 }))
  const hourMs = await timed(async () => {
    const overviews = await again.overview({ slots, from: START, to: hourAfter(START) })
    if (overviews.some(({ n }) => n !== HOUR)) throw new Error('an hour has its seconds')
  })
  await again.close()
  const day = await open(join(directory, 'day'), DAY.tags)
  await fill(day, join(directory, 'day'), DAY, 200)
  for (let round = 0; round < WARM_ROUNDS; round++) await chart(day, round * 5)
  const dayMs = await timed((round) => chart(day, round * 11))
  await day.close()
  const dayColdMs = await medianOf((round) => firstChart(join(directory, 'day'), round))
  const single = await open(join(directory, 'single'), MANY.tags)
  await fill(single, join(directory, 'single'), MANY, 200, 'single')
  await single.close()
  return { sealed: sealedBytes(join(directory, 'many')), sealedSingle: sealedBytes(join(directory, 'single')), written, dayMs, dayColdMs, hourMs }
}

interface Theirs { readonly written: number; readonly writtenGrouped: number; readonly dayMs: number; readonly dayColdMs: number; readonly hourMs: number }

async function rows(directory: string): Promise<Theirs> {
  const worn = (perCommit: number, seconds: number): number => {
    const some = openRows(join(directory, `worn-${perCommit}.db`), MANY.tags)
    some.prefill(BEFORE)
    const before = bytesWritten()
    some.append(seconds, perCommit)
    const written = (bytesWritten() - before) / (MANY.tags * seconds)
    some.close()
    return written
  }
  const [written, writtenGrouped] = [worn(1, 60), worn(commitSeconds, 60)]
  const many = openRows(join(directory, 'hour.db'), MANY.tags)
  many.prefill(HOUR)
  const hourMs = await timed(() => { if (many.rollup(START, hourAfter(START)).length !== MANY.tags) throw new Error('an hour has all tags') })
  many.close()
  const day = openRows(join(directory, 'day.db'), DAY.tags)
  day.prefill(DAY.seconds)
  for (let round = 0; round < WARM_ROUNDS; round++) thinned(day, round * 5)
  const dayMs = await timed((round) => thinned(day, round * 11))
  day.close()
  const dayColdMs = await medianOf((round) => firstRows(join(directory, 'day.db'), round))
  return { written, writtenGrouped, dayMs, dayColdMs, hourMs }
}

function thinned(day: Rows, slot: number): void {
  chartOfRows(day, slot, START, later(START, DAY.seconds * 1_000), POINTS)
}

export const bench: Bench = {
  name: 'stores',
  peers: [],
  packages: [VICTORIA],
  async run(peers) {
    const directory = mkdtempSync(join(tmpdir(), 'lineside-stores-'))
    try {
      const mine = await ours(directory)
      const indexed = await rows(directory)
      const weigh = (noise: Noise) => weighVictoria(peers.directory, join(directory, `victoria-${noise}`), MANY.tags, MANY.seconds, noise)
      const [victoria, victoriaSingle] = [await weigh('double'), await weigh('single')]
      const perSample = ({ bytes }: Weighed): number => bytes / (MANY.tags * MANY.seconds)
      const figures: Figure[] = [
        { figure: 'a sealed sample of 1,000 tags, 2 h at 1 Hz', value: mine.sealed, unit: 'bytes', target: null },
        { figure: 'the same in VictoriaMetrics, merged', value: perSample(victoria), unit: 'bytes', target: null },
        // It keeps twelve digits or so: of noise in doubles, a twentieth of these samples and more than half of their bits, it gives none back as it was.
        { figure: 'samples that it gives back as they were', value: 100 * victoria.sameShare, unit: '%', target: null },
        { figure: 'ours over theirs', value: mine.sealed / perSample(victoria), unit: '×', target: { atMost: 0.85 } },
        { figure: 'what these samples tell, by their entropy: the least that gives all of them back', value: entropyOfMix('double'), unit: 'bytes', target: null },
        { figure: 'ours over that', value: mine.sealed / entropyOfMix('double'), unit: '×', target: null },
        { figure: 'a sealed sample where the noise is of REALs', value: mine.sealedSingle, unit: 'bytes', target: null },
        { figure: 'ours over theirs', value: mine.sealedSingle / perSample(victoriaSingle), unit: '×', target: { atMost: 0.85 } },
        { figure: `written for each sample, a commit every ${commitSeconds} s, until it is sealed`, value: mine.written, unit: 'bytes', target: null },
        { figure: 'indexed rows: written for each sample, a commit a second', value: indexed.written, unit: 'bytes', target: null },
        { figure: `the same with a commit every ${commitSeconds} s`, value: indexed.writtenGrouped, unit: 'bytes', target: null },
        { figure: 'rows over ours', value: indexed.written / mine.written, unit: '×', target: { atLeast: 250 } },
        { figure: 'one tag of 24 h for a chart', value: mine.dayMs, unit: 'ms', target: null },
        { figure: 'rows over ours', value: indexed.dayMs / mine.dayMs, unit: '×', target: { atLeast: 30 } },
        { figure: 'the first one of a new reading thread, asked at once', value: mine.dayColdMs, unit: 'ms', target: null },
        { figure: 'the first one of a new thread over rows', value: indexed.dayColdMs, unit: 'ms', target: null },
        { figure: 'rows over ours, both threads cold', value: indexed.dayColdMs / mine.dayColdMs, unit: '×', target: { atLeast: 30 } },
        { figure: 'an hour of 1,000 tags: least, largest, mean', value: mine.hourMs, unit: 'ms', target: null },
        { figure: 'rows over ours', value: indexed.hourMs / mine.hourMs, unit: '×', target: { atLeast: 200 } },
      ]
      return figures
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
