/** What retention leaves of the samples: the moments around the beginnings of stops, for as long as the stops are known. */

import { limits } from '../../base/limits.js'
import { instant, rfc3339 } from '../../base/units.js'
import type { Block, Column, Layouts, Strip } from '../samples/block.js'
import { dropChunk, readChunk } from '../samples/chunk.js'
import { insertRecorder } from '../samples/recorder.js'
import type { Database } from '../store/database.js'

interface Window { readonly from: number; readonly to: number }

/** Scans stand a little before the turn that took them. */
const MARGIN_MS = 1_000

/** Takes a chunk away but for the flight recorders in it. Each `yield` is a place where the writer may do something more urgent; nothing is changed before the last step. */
export function* trimChunk(database: Database, layouts: Layouts, chunk: { readonly id: number; readonly at_first: number; readonly at_last: number }): Generator<void, void> {
  const windows = windowsIn(database, chunk.at_first, chunk.at_last)
  const pinned = windows.length === 0 ? null : yield* cutOut(database, layouts, chunk.id, windows)
  yield
  database.transaction(() => {
    if (pinned !== null && pinned.numbers.length > 0) insertRecorder(database, layouts, pinned)
    dropChunk(database, chunk.id)
  }).immediate()
}

/** Around every stop that began in that time: seen to begin, parted from another, or declared. */
function windowsIn(database: Database, first: number, last: number): Window[] {
  const { recorderBeforeMs: before, recorderAfterMs: after } = limits
  const span = [first - after, last + before] as const
  const texts = span.map((at) => rfc3339(instant(at)))
  const seen = database.prepare<[number, number], number>('SELECT at FROM facts WHERE type = \'downtime_event\' AND at BETWEEN ? AND ?').pluck().all(...span)
  const said = database.prepare<[string, string, string, string], string>(`
    SELECT json_extract(body, '$.to') FROM facts WHERE type = 'downtime_updated' AND json_extract(body, '$.split_off') IS NOT NULL AND json_extract(body, '$.to') BETWEEN ? AND ?
    UNION SELECT json_extract(body, '$.from') FROM facts WHERE type = 'gap_declared' AND json_extract(body, '$.stop_id') IS NOT NULL AND json_extract(body, '$.from') BETWEEN ? AND ?`)
    .pluck().all(texts[0]!, texts[1]!, texts[0]!, texts[1]!)
  const packed = database.prepare<[number, number], number>('SELECT b.at FROM packs p JOIN beginnings b ON b.pack = p.seq_first WHERE p.sealed = 1 AND b.at BETWEEN ? AND ?').pluck().all(...span)
  return [...seen, ...said.map((text) => Date.parse(text)), ...packed].map((at) => ({ from: at - before - MARGIN_MS, to: at + after + MARGIN_MS }))
}

/** The turns of a chunk that stand in one of the windows, column by column. */
function* cutOut(database: Database, layouts: Layouts, chunk: number, windows: readonly Window[]): Generator<void, Block> {
  const row = database.prepare<[number], { id: number; turns: Buffer }>('SELECT id, turns FROM chunks WHERE id = ?').get(chunk)!
  const whole = readChunk(database, layouts, row)
  yield
  const kept = indexes(whole.ats, (at) => windows.some(({ from, to }) => at >= from && at <= to))
  // A scan's place among all of its chunk, and where that is among those that are kept.
  const places = new Map<number, number>()
  const starts = startsOf(whole.scanCounts)
  for (const turn of kept) for (let i = 0; i < whole.scanCounts[turn]!; i++) places.set(starts[turn]! + i, places.size)
  const strips: Strip[] = []
  for (const strip of whole.strips) {
    const own = indexes(strip.ordinals, (ordinal) => places.has(ordinal))
    if (own.length === 0) continue
    const columns: Column[] = []
    for (let c = 0; c < strip.columnsCount; c++) {
      columns.push(chosen(strip.column(c), own))
      yield
    }
    strips.push({ layout: strip.layout, ordinals: chosenOf(strip.ordinals, own).map((ordinal) => places.get(ordinal)!), ats: chosenOf(strip.ats, own), monos: chosenOf(strip.monos, own), columns })
  }
  return { numbers: chosenOf(whole.numbers, kept), ats: chosenOf(whole.ats, kept), monos: chosenOf(whole.monos, kept), scanCounts: chosenOf(whole.scanCounts, kept), strips }
}

function indexes(values: Float64Array, wanted: (value: number) => boolean): number[] {
  const found: number[] = []
  for (let i = 0; i < values.length; i++) if (wanted(values[i]!)) found.push(i)
  return found
}

const chosenOf = (values: Float64Array, own: readonly number[]): Float64Array => Float64Array.from(own, (i) => values[i]!)

const chosen = ({ values, qualities, texts }: Column, own: readonly number[]): Column => ({
  values: texts === null ? chosenOf(values, own) : values,
  qualities: Uint8Array.from(own, (i) => qualities[i]!),
  texts: texts === null ? null : own.map((i) => texts[i] ?? null),
})

function startsOf(counts: Float64Array): Float64Array {
  const starts = new Float64Array(counts.length)
  for (let i = 1; i < counts.length; i++) starts[i] = starts[i - 1]! + counts[i - 1]!
  return starts
}
