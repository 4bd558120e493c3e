/** What a long past costs: how fast a gateway starts with a gigabyte behind it, orderly and after a power cut, and what a day adds to the disk and wears of it. */

import { randomFillSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import { openWriter } from '../../src/journal/store/database.js'
import { databasePath } from '../../src/journal/keeping/gate.js'
import { freePort } from '../support/ports.js'
import { type Bench, type Figure, median } from './bench.js'
import { startGateway } from './support/gateway.js'
import { asGateway, recordShift, shiftConfig } from './support/shift.js'

const ROUNDS = 3
const BYTES = 2 ** 30
const COLUMN_BYTES = 100_000
const COLUMNS_PER_CHUNK = 20
/** A gateway that is killed has just written something. */
const WORKED_MS = 3_000
const LIVED_MS = 30 * 60_000
const DAY_MS = 86_400_000

/** Sealed samples of long ago, as many as a full retention has; nothing of them is read at a start, and noise takes the room that it says. */
function grow(data: string): void {
  const database = openWriter(databasePath(data))
  const chunk = database.prepare('INSERT INTO chunks (turn_first, turn_last, at_first, at_last, values_count, bytes, sealed, turns) VALUES (?, ?, ?, ?, ?, ?, 1, ?)')
  const strip = database.prepare('INSERT INTO strips (chunk, layout, times) VALUES (?, (SELECT min(id) FROM layouts), ?)')
  const column = database.prepare('INSERT INTO columns (id, good_count, min, max, sum, content) VALUES (?, 0, NULL, NULL, NULL, ?)')
  const chunksCount = Math.ceil(BYTES / (COLUMN_BYTES * COLUMNS_PER_CHUNK))
  const recent = Date.now() - DAY_MS
  database.transaction(() => {
    for (let i = 0; i < chunksCount; i++) {
      const at = recent - (chunksCount - i) * 600_000
      const { lastInsertRowid: id } = chunk.run(-2 * (chunksCount - i), -2 * (chunksCount - i) + 1, at, at + 599_999, 1, COLUMN_BYTES * COLUMNS_PER_CHUNK, Buffer.alloc(64))
      const { lastInsertRowid: stripId } = strip.run(id, Buffer.alloc(64))
      for (let n = 0; n < COLUMNS_PER_CHUNK; n++) column.run(Number(stripId) * 2 ** 20 + n, randomFillSync(Buffer.alloc(COLUMN_BYTES)))
    }
  })()
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
}

/** The annotated example, on ports of its own. */
async function demoConfig(): Promise<object> {
  const raw = parse(readFileSync(new URL('../../../config/lineside.yaml', import.meta.url), 'utf8')) as { plcs: { port: number }[] }
  for (const plc of raw.plcs) plc.port = await freePort()
  return raw
}

interface Starts { readonly orderly: readonly number[]; readonly afterKill: readonly number[]; readonly bytes: number }

async function starts(): Promise<Starts> {
  const kept = mkdtempSync(join(tmpdir(), 'lineside-kept-'))
  const config = await demoConfig()
  const start = () => startGateway(config, { args: ['--demo'], kept })
  try {
    const first = await start()
    await sleep(WORKED_MS)
    await first.stop()
    grow(first.data)
    const bytes = statSync(databasePath(first.data)).size
    const [orderly, afterKill]: [number[], number[]] = [[], []]
    for (let round = 0; round < ROUNDS; round++) {
      const one = await start()
      orderly.push(one.readyMs)
      await sleep(WORKED_MS)
      await one.kill()
      const other = await start()
      afterKill.push(other.readyMs)
      await other.stop()
    }
    return { orderly, afterKill, bytes }
  } finally {
    rmSync(kept, { recursive: true, force: true })
  }
}

/** Of this process, by the system's account: pages that were made dirty for the disk. */
const bytesWritten = (): number => Number(/^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))![1])

interface Day { readonly onDisk: number; readonly written: number; readonly factsCount: number; readonly bytesPerSample: number }

/** Ten machines read every 100 ms, whose turns are committed and whose lines are kept as the gateway does it; told for a day. */
async function day(): Promise<Day> {
  const directory = mkdtempSync(join(tmpdir(), 'lineside-day-'))
  try {
    const made = shiftConfig()
    const before = bytesWritten()
    const { facts } = await recordShift(made, directory, LIVED_MS, asGateway(made))
    const written = bytesWritten() - before
    const database = openWriter(databasePath(directory))
    const free = Number(database.pragma('freelist_count', { simple: true })) * Number(database.pragma('page_size', { simple: true }))
    const values = database.prepare<[], number>('SELECT coalesce(sum(values_count), 0) FROM (SELECT values_count FROM chunks UNION ALL SELECT values_count FROM staged)').pluck().get()!
    database.close()
    const share = DAY_MS / LIVED_MS
    return { onDisk: (statSync(databasePath(directory)).size - free) * share, written: written * share, factsCount: facts.length * share, bytesPerSample: written / values }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

export const bench: Bench = {
  name: 'kept',
  peers: [],
  async run() {
    const { orderly, afterKill, bytes } = await starts()
    const told = await day()
    const figures: Figure[] = [
      { figure: 'the database that a start finds', value: bytes / 1e9, unit: 'GB', target: null },
      { figure: 'ready after an orderly end', value: median(orderly), unit: 'ms', target: { atMost: 1_500 } },
      { figure: `the longest of ${ROUNDS}`, value: Math.max(...orderly), unit: 'ms', target: null },
      { figure: 'ready after a kill', value: median(afterKill), unit: 'ms', target: { atMost: 3_000 } },
      { figure: `the longest of ${ROUNDS}, after a kill`, value: Math.max(...afterKill), unit: 'ms', target: { atMost: 3_000 } },
      { figure: 'a day of ten machines, on the disk', value: told.onDisk / 1e6, unit: 'MB', target: { atMost: 60 } },
      { figure: 'the same, written to the disk', value: told.written / 1e9, unit: 'GB', target: { atMost: 1 } },
      { figure: 'written for each value', value: told.bytesPerSample, unit: 'bytes', target: null },
      { figure: 'facts of that day', value: told.factsCount, unit: '', target: null },
    ]
    return figures
  },
}
