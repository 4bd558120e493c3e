/** What a lane carries: facts and loss rows, read from the journal as records in the order of their numbers. */

import { seq } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import type { Fact } from '../../contract/events/catalogue.js'
import { partLeaves, timeLeaves, type WrittenRow } from '../../contract/losses.js'
import type { FactRecord, GoneRecord, Lane, RowRecord } from '../../contract/upstream.js'
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
    ms: timeLeaves.map((leaf) => row.ms[leaf]), pt: partLeaves.map((leaf) => row.parts[leaf]),
  }
}

