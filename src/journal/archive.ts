/** The journal of a data directory, for reading only: beside the gateway that writes it, or when none runs. */

import { performance } from 'node:perf_hooks'
import { existsSync } from 'node:fs'
import { limits } from '../base/limits.js'
import { type Instant, type Seq, seq } from '../base/units.js'
import type { Fact } from '../contract/events/catalogue.js'
import { Fault } from '../contract/faults.js'
import type { Journal, RecordedTurn } from '../contract/journal.js'
import type { ScanGroup } from '../contract/scan.js'
import { factFinder } from './facts/facts.js'
import type { FactRow } from './facts/row.js'
import { databasePath } from './keeping/gate.js'
import { SCHEMA_VERSION, versionOf } from './migrations/migrate.js'
import { answerer, layoutReader } from './reads.js'
import { regrouper } from './samples/regroup.js'
import { turnsBetween } from './samples/turns.js'
import { openReader } from './store/database.js'
import { deadline } from './store/deadline.js'
import type { Answers, Question } from './wire.js'

/** Written by `append.ts`, whose facts were typed and checked where they were decided. */
const factOf = ({ epoch, seq: number, type, at, line, equipment, config, body }: FactRow): Fact => ({ epoch, seq: number, type, at, line, equipment, config, body: JSON.parse(body) as unknown }) as unknown as Fact

export interface Archive extends Pick<Journal, 'facts' | 'stops' | 'commands' | 'rows' | 'sums'> {
  /** Recorded turns of a period, oldest first, as many as are taken, laid out as these groups. A scan that read what the one before it read shares its arrays. */
  turns(from: Instant, to: Instant, groups: readonly ScanGroup[]): Generator<RecordedTurn>
  /** The number of the turn that made a fact; `null` when there is no such fact. */
  turnOf(seq: Seq): number | null
  close(): void
}

/** Throws a `Fault` when there is no journal, or one of another version: a gateway that an upgrade has not started again writes one. */
export function openArchive(directory: string): Archive {
  const path = databasePath(directory)
  if (!existsSync(path)) throw new Fault('JOURNAL_MISSING', { path })
  const database = openReader(path)
  const found = versionOf(database)
  if (found !== SCHEMA_VERSION) {
    database.close()
    throw new Fault(found > SCHEMA_VERSION ? 'JOURNAL_NEWER' : 'JOURNAL_OLDER', { path, found, known: SCHEMA_VERSION })
  }
  const answer = answerer(database)
  // The kind of the answer is that of the question: `answerer` holds the two together.
  const ask = <K extends Question['kind']>(question: Extract<Question, { kind: K }>): Answers[K] =>
    answer(question, deadline(limits.readDeadlineMs, () => performance.now())) as Answers[K]
  const find = factFinder(database)
  return {
    turnOf: (number) => find({ after: seq(number - 1), limit: 1 }).find((fact) => fact.seq === number)?.turn ?? null,
    // The same as `factReader` writes for another thread, without the text in between.
    facts: (query) => Promise.resolve(find({ ...query, limit: Math.min(query.limit, limits.factsPerReadMax) }).map(factOf)),
    stops: (query) => Promise.resolve(ask<'stops'>({ kind: 'stops', query })),
    commands: (query) => Promise.resolve(ask<'commands'>({ kind: 'commands', query })),
    rows: (query) => Promise.resolve(ask<'rows'>({ kind: 'rows', query })),
    sums: (query) => Promise.resolve(ask<'sums'>({ kind: 'sums', query })),
    * turns(from, to, groups) {
      const layouts = layoutReader(database)()
      const regrouped = regrouper(layouts, groups)
      for (const turn of turnsBetween(database, layouts, { from, to }, () => undefined)) yield regrouped(turn)
    },
    close() { database.close() },
  }
}
