/** What a lane carries: facts, loss rows and samples, read from the journal as records in the order of their numbers. */

import { limits } from '../../base/limits.js'
import { seq } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import type { Fact } from '../../contract/events/catalogue.js'
import { partLeaves, timeLeaves, type WrittenRow } from '../../contract/losses.js'
import type { Sampled, SampledColumn, SampledStrip } from '../../contract/journal.js'
import type { FactRecord, GoneRecord, Lane, RowRecord, SampleRecord } from '../../contract/upstream.js'
import type { Rec } from './batch.js'

export interface Source {
  readonly lane: Lane
  /** Records after a number, oldest first. They cover every number up to the last one's. */
  read(after: number, limit: number): Promise<readonly Rec[]>
  /** Whether the journal has got to this number: a watermark beyond it is not ours. */
  reaches(number: number): Promise<boolean>
  /** The bookmark of this upstream. */
  load(): Promise<number>
  keep(number: number): Promise<void>
}

export function factsSource(desk: Desk, upstream: string): Source {
  const name = `upstream/${upstream}`
  const { epoch } = desk.head()
  return {
    lane: 'facts',
    async read(after, limit) {
      const facts = await desk.facts({ after: seq(after), limit })
      return recordsOf(facts, after, epoch)
    },
    reaches: async (number) => number <= desk.head().seq,
    load: async () => (await desk.bookmarks()).get(name) ?? 0,
    keep: (number) => desk.bookmark(name, seq(number)),
  }
}

/** Numbers have no holes, so one between two facts that were read stands for facts that are not kept, and a record says so. */
export function recordsOf(facts: readonly Fact[], after: number, epoch: string): Rec[] {
  let last = after
  return facts.flatMap((fact): Rec[] => {
    const hole = fact.seq - last > 1 ? [goneRecord(last + 1, fact.seq - 1, 'not_kept')] : []
    last = fact.seq
    return [...hole, { to: fact.seq, text: JSON.stringify(factRecord(fact, epoch)) }]
  })
}

export function goneRecord(from: number, to: number, why: GoneRecord['why']): Rec {
  const gone: GoneRecord = { gone: [from, to], why }
  return { to, text: JSON.stringify(gone) }
}

/** `epoch` is that of the message it travels in. */
export function factRecord(fact: Fact, epoch: string): FactRecord {
  return {
    s: fact.seq, t: fact.at, k: fact.type, c: fact.config,
    ...(fact.line === null ? {} : { l: fact.line }), ...(fact.equipment === null ? {} : { e: fact.equipment }),
    ...(fact.epoch === epoch ? {} : { ep: fact.epoch }), b: fact.body,
  }
}

export function rowsSource(desk: Desk, upstream: string): Source {
  // Not among the bookmarks: those hold back the trimming of facts, and these numbers are not theirs.
  const name = `upstream/${upstream}/rows`
  return {
    lane: 'rows',
    read: async (after, limit) => (await desk.rowsWritten({ after, limit })).map((row) => ({ to: row.written, text: JSON.stringify(rowRecord(row)) })),
    reaches: async (number) => number === 0 || (await desk.rowsWritten({ after: number - 1, limit: 1 })).length > 0,
    load: async () => Number((await desk.notes()).get(name) ?? 0),
    keep: (number) => desk.note(name, String(number)),
  }
}

export function rowRecord(row: WrittenRow): RowRecord {
  return {
    w: row.written, m: row.minute, l: row.line, e: row.equipment, sh: row.shift ?? '', jb: row.job ?? '', p: row.product ?? '', i: row.idealMs, rev: row.revision,
    ms: timeLeaves.map((leaf) => row.ms[leaf]), pt: partLeaves.map((leaf) => row.parts[leaf]), ...row.parts.reworked === 0 ? {} : { rw: row.parts.reworked },
  }
}

export function samplesSource(desk: Desk, upstream: string, tags: readonly string[]): Source {
  const name = `upstream/${upstream}/samples`
  /** Turns in which there was nothing of these tags: (`after`, `to`]. They travel with the next that has something. */
  let nothing = { after: 0, to: 0 }
  return {
    lane: 'samples',
    async read(after, limit) {
      for (;;) {
        const from = after === nothing.after ? nothing.to : after
        const sampled = await desk.sampled({ after: from, turnsMax: limit, tags })
        if (sampled === null) return []
        const gone = sampled.first > from + 1 ? [goneRecord(from + 1, sampled.first - 1, 'not_kept')] : []
        const recs = [...gone, ...sampleRecords(sampled).map(({ to, record }) => ({ to, text: JSON.stringify(record) }))]
        if (recs.length > 0) return recs
        nothing = { after, to: sampled.last }
      }
    },
    reaches: async (number) => number === 0 || await desk.sampled({ after: number - 1, turnsMax: 1, tags: [] }) !== null,
    load: async () => Number((await desk.notes()).get(name) ?? 0),
    keep: (number) => desk.note(name, String(number)),
  }
}

/** Cut into stretches of turns that weigh about the same. The last stretch covers all that were looked at. */
export function sampleRecords({ first, last, strips }: Sampled): { readonly from: number; readonly to: number; readonly record: SampleRecord }[] {
  const values = strips.reduce((sum, { turns, columns }) => sum + turns.length * columns.length, 0)
  if (values === 0) return []
  const turnsPerRecord = Math.max(1, Math.floor((last - first + 1) * limits.upstreamSamplesMax / values))
  const recs: { from: number; to: number; record: SampleRecord }[] = []
  for (let from = first; from <= last; from += turnsPerRecord) {
    const to = Math.min(last, from + turnsPerRecord - 1)
    recs.push({ from, to, record: { g: strips.flatMap((strip) => stretchOf(strip, from, to)) } })
  }
  return recs
}

function stretchOf({ plc, turns, ats, columns }: SampledStrip, from: number, to: number): SampleRecord['g'] {
  const begin = turns.findIndex((turn) => turn >= from)
  const beyond = turns.findIndex((turn) => turn > to)
  const end = beyond === -1 ? turns.length : beyond
  if (begin === -1 || begin >= end) return []
  return [{ p: plc, n: steps(turns.subarray(begin, end)), t: steps(ats.subarray(begin, end)), c: columns.map((column) => columnOf(column, begin, end)) }]
}

const steps = (numbers: Float64Array): number[] => Array.from(numbers, (number, i) => (i === 0 ? number : number - numbers[i - 1]!))

function columnOf({ tag, element, values, qualities }: SampledColumn, begin: number, end: number): SampleRecord['g'][number]['c'][number] {
  const q = Array.from(qualities.subarray(begin, end))
  const isGood = q.every((quality) => quality === 0)
  const v = Array.from({ length: end - begin }, (_, i) => {
    const value = values[begin + i] ?? null
    return q[i] !== 0 || (typeof value === 'number' && !Number.isFinite(value)) ? null : value
  })
  return { k: tag, ...(element === 0 ? {} : { i: element }), v, ...(isGood ? {} : { q }) }
}
