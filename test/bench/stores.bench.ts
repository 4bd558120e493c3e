/** The samples store beside two others on the same data: VictoriaMetrics, and a row for each sample with an index. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { given } from '../../src/base/assert.js'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, later } from '../../src/base/units.js'
import { config } from '../../src/contract/config.js'
import type { Journal } from '../../src/contract/journal.js'
import { openReader } from '../../src/journal/database.js'
import { databasePath } from '../../src/journal/gate.js'
import { openJournal } from '../../src/journal/journal.js'
import { thin } from '../../src/journal/thin.js'
import { type Bench, type Figure, median } from './bench.js'
import { type Rows, openRows } from './support/indexed-rows.js'
import { START, groupOf, plantMix, turnAt } from './support/plant-mix.js'
import { VICTORIA, weighVictoria } from './support/victoria.js'

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

/** Samples alone, with a commit as often as the gateway makes one of them; then until what is full is sealed. */
async function fill(journal: Journal, { tags, seconds }: typeof MANY, perCommit: number): Promise<void> {
  const next = plantMix(tags)
  for (let second = 0; second < seconds; second++) {
    await journal.append(turnAt(second, next(), []))
    if (second % perCommit === perCommit - 1) await journal.flush()
  }
  await journal.flush()
  while ((await journal.sizes()).turnsStagedCount >= 700) await sleep(100)
}

/** Bytes of a sealed sample with all that lies around it: pages of the tables and indexes that hold nothing else. */
function sealedBytes(directory: string): number {
  const database = openReader(databasePath(directory))
  const pages = database.prepare<[], number>(`
    SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN (SELECT name FROM sqlite_schema WHERE tbl_name IN ('chunks', 'strips', 'columns'))`).pluck().get()
  const values = database.prepare<[], number>('SELECT sum(values_count) FROM chunks WHERE sealed = 1').pluck().get()
  database.close()
  return given(pages, 'pages') / given(values, 'values')
}

async function timed(what: (round: number) => unknown): Promise<number> {
  const tookMs: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now()
    await what(round)
    tookMs.push(performance.now() - from)
  }
  return median(tookMs)
}

interface Ours { readonly sealed: number; readonly written: number; readonly dayMs: number; readonly hourMs: number }

async function ours(directory: string): Promise<Ours> {
  const before = bytesWritten()
  const many = await open(join(directory, 'many'), MANY.tags)
  await fill(many, MANY, commitSeconds)
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
  await fill(day, DAY, 200)
  const dayMs = await timed((round) => day.samples({ plc: 'mix', tag: `tag${round * 11}`, element: 0, from: START, to: later(START, DAY.seconds * 1_000), pointsMax: POINTS }))
  await day.close()
  return { sealed: sealedBytes(join(directory, 'many')), written, dayMs, hourMs }
}

interface Theirs { readonly written: number; readonly writtenGrouped: number; readonly dayMs: number; readonly hourMs: number }

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
  const dayMs = await timed((round) => thinned(day, round * 11))
  day.close()
  return { written, writtenGrouped, dayMs, hourMs }
}

/** The same answer as ours: what a chart can show of it, with every peak. */
function thinned(day: Rows, slot: number): void {
  const period = { from: START, to: later(START, DAY.seconds * 1_000) }
  const { ats, values } = day.tag(slot, period.from, period.to)
  if (ats.length !== DAY.seconds) throw new Error('a day has its seconds')
  thin({ ats: [ats], values: [values], qualities: [new Uint8Array(ats.length)] }, { ...period, pointsMax: POINTS })
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
      const victoria = await weighVictoria(peers.directory, join(directory, 'victoria'), MANY.tags, MANY.seconds) / (MANY.tags * MANY.seconds)
      const figures: Figure[] = [
        { figure: 'a sealed sample of 1,000 tags, 2 h at 1 Hz', value: mine.sealed, unit: 'bytes', target: null },
        { figure: 'the same in VictoriaMetrics, merged', value: victoria, unit: 'bytes', target: null },
        { figure: 'ours over theirs', value: mine.sealed / victoria, unit: '×', target: { atMost: 0.85 } },
        { figure: `written for each sample, a commit every ${commitSeconds} s, until it is sealed`, value: mine.written, unit: 'bytes', target: null },
        { figure: 'indexed rows: written for each sample, a commit a second', value: indexed.written, unit: 'bytes', target: null },
        { figure: `the same with a commit every ${commitSeconds} s`, value: indexed.writtenGrouped, unit: 'bytes', target: null },
        { figure: 'rows over ours', value: indexed.written / mine.written, unit: '×', target: { atLeast: 250 } },
        { figure: 'one tag of 24 h for a chart', value: mine.dayMs, unit: 'ms', target: null },
        { figure: 'rows over ours', value: indexed.dayMs / mine.dayMs, unit: '×', target: { atLeast: 30 } },
        { figure: 'an hour of 1,000 tags: least, largest, mean', value: mine.hourMs, unit: 'ms', target: null },
        { figure: 'rows over ours', value: indexed.hourMs / mine.hourMs, unit: '×', target: { atLeast: 200 } },
      ]
      return figures
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
