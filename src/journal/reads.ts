/** Answers questions from a snapshot of the database: staged and sealed samples as one history, each question within its deadline. */

import { statSync } from 'node:fs'
import { seq } from '../base/units.js'
import type { CommandRecord, EpochRecord } from '../contract/journal.js'
import { pageReader, placeOf } from './copy.js'
import { factReader, firstSeq, oneFact } from './facts/facts.js'
import { packedTo } from './facts/packs.js'
import { rowReader, writtenReader } from './facts/rows.js'
import { stopReader } from './facts/stop-list.js'
import { rowSummer } from './facts/sums.js'
import type { Layouts } from './samples/block.js'
import { listChunks, readChunkPart } from './samples/chunk-copy.js'
import { listRecorders, readRecorder } from './samples/recorder-copy.js'
import { historiesOf, partsOf } from './samples/history.js'
import type { Layout } from './samples/layouts.js'
import { overviewOf } from './samples/overview.js'
import { sampledReader } from './samples/sampled.js'
import { summariesOf } from './samples/summaries.js'
import { thin } from './samples/thin.js'
import { turnsBetween } from './samples/turns.js'
import type { Database } from './store/database.js'
import type { InTime } from './store/deadline.js'
import type { Answers, Question } from './wire.js'

export function answerer(database: Database): (question: Question, inTime: InTime) => unknown {
  const facts = factReader(database)
  const rows = rowReader(database)
  const sums = rowSummer(database)
  const rowsWritten = writtenReader(database)
  const stops = stopReader(database)
  const sampled = sampledReader(database)
  const layouts = layoutReader(database)
  const copyPage = pageReader(database)
  return (question, inTime) => database.transaction(() => {
    switch (question.kind) {
      case 'facts': return facts(question.query)
      case 'fact': return oneFact(database, question.seq)
      case 'stops': return stops(question.query, inTime)
      case 'rows': return rows(question.query)
      case 'sums': return sums(question.query, inTime)
      case 'rowsWritten': return rowsWritten(question.query)
      case 'samples': return thin([...partsOf(database, layouts(), question.query, inTime)], question.query)
      case 'histories': return historiesOf(database, layouts(), question.query, inTime)
      case 'sampled': return sampled(layouts(), question.query)
      case 'summaries': return summariesOf(database, layouts(), question.query, inTime)
      case 'overview': return overviewOf(database, layouts(), question.query, inTime)
      case 'turns': return { turns: firstOf(turnsBetween(database, layouts(), question, inTime), question.turnsMax), layouts: layouts() } satisfies Answers['turns']
      case 'commands': return commandsBetween(database, question.query)
      case 'commandByKey': return commandByKey(database, question.key)
      case 'bookmarks': return bookmarks(database)
      case 'notes': return notes(database)
      case 'sizes': return sizes(database)
      case 'epochs': return epochs(database)
      case 'place': return placeOf(database)
      case 'copyPage': return copyPage(question.query)
      case 'chunks': return listChunks(database, question.before)
      case 'chunkPart': return readChunkPart(database, layouts(), question.query)
      case 'recorders': return listRecorders(database, question.before)
      case 'recorder': return readRecorder(database, layouts(), question.first)
    }
  }).deferred()
}

function firstOf<T>(items: Iterable<T>, max: number): T[] {
  const first: T[] = []
  if (max > 0) for (const item of items) if (first.push(item) === max) break
  return first
}

/** The catalogue only ever grows, so what was read stays true. */
export function layoutReader(database: Database): () => Layouts {
  const known = new Map<number, Layout>()
  const later = database.prepare<[number], { id: number; layout: string }>('SELECT id, layout FROM layouts WHERE id > ?')
  let last = 0
  return () => {
    for (const row of later.all(last)) {
      // Written by `addLayouts` of the writer, and never by anybody else.
      known.set(row.id, JSON.parse(row.layout) as Layout)
      last = row.id
    }
    return known
  }
}

/* ── commands, bookmarks, sizes ──────────────────────────────────────────────────────────────── */

type CommandRow = Omit<CommandRecord, 'body' | 'seqs' | 'refusal' | 'byId' | 'byName'> & { readonly by_id: string; readonly by_name: string; readonly body: string; readonly seqs: string; readonly refusal: string | null }
const COMMAND = 'SELECT at, name, line, equipment, by_id, by_name, role, key, body, seqs, refusal FROM commands'

function commandsBetween(database: Database, query: { readonly from: number; readonly to: number; readonly limit: number }): CommandRecord[] {
  return database.prepare<[number, number, number], CommandRow>(`${COMMAND} WHERE at >= ? AND at < ? ORDER BY id LIMIT ?`).all(query.from, query.to, query.limit).map(commandOf)
}

function commandByKey(database: Database, key: string): CommandRecord | null {
  const row = database.prepare<[string], CommandRow>(`${COMMAND} WHERE key = ? ORDER BY id DESC LIMIT 1`).get(key)
  return row === undefined ? null : commandOf(row)
}

/** The texts are JSON of exactly these shapes: `append.ts` is the only one that writes them. */
function commandOf({ by_id, by_name, body, seqs, refusal, ...row }: CommandRow): CommandRecord {
  return {
    ...row, byId: by_id, byName: by_name, body: JSON.parse(body) as unknown, seqs: (JSON.parse(seqs) as number[]).map(seq),
    refusal: refusal === null ? null : JSON.parse(refusal) as CommandRecord['refusal'],
  }
}

function bookmarks(database: Database): Answers['bookmarks'] {
  return new Map(database.prepare<[], { name: string; seq: number }>('SELECT name, seq FROM bookmarks').all().map((row) => [row.name, row.seq]))
}

function notes(database: Database): Answers['notes'] {
  return new Map(database.prepare<[], { name: string; value: string }>('SELECT name, value FROM notes').all().map((row) => [row.name, row.value]))
}

function epochs(database: Database): Answers['epochs'] {
  return database.prepare<[], EpochRecord>('SELECT epoch, first_seq AS first, previous, previous_head AS previousHead, minted_at AS at, why FROM epochs ORDER BY id').all()
}

function sizes(database: Database): Answers['sizes'] {
  const number = (sql: string): number => database.prepare<[], number | null>(sql).pluck().get() ?? 0
  const pragma = (name: string): number => Number(database.pragma(name, { simple: true }))
  const packed = packedTo(database)
  return {
    // Within an epoch numbers have no holes, so counting is subtracting; one after a takeover begins far above the one before.
    factsCount: number('SELECT sum(facts_count) FROM packs WHERE sealed = 1') + number(`
      SELECT sum(last - first + 1) FROM (SELECT
        (SELECT min(seq) FROM facts WHERE seq >= e.first_seq AND seq < e.next_first AND seq > ${packed}) AS first, (SELECT max(seq) FROM facts WHERE seq >= e.first_seq AND seq < e.next_first AND seq > ${packed}) AS last
        FROM (SELECT first_seq, lead(first_seq, 1, 9223372036854775807) OVER (ORDER BY id) AS next_first FROM epochs) e)`),
    factSeqFirst: seq(firstSeq(database) ?? 0),
    samplesCount: number('SELECT coalesce((SELECT sum(values_count) FROM chunks WHERE sealed = 1), 0) + coalesce((SELECT sum(values_count) FROM staged), 0)'),
    turnsStagedCount: number('SELECT (SELECT max(turn_last) FROM staged) - (SELECT min(turn_first) FROM staged) + 1'),
    databaseBytes: pragma('page_count') * pragma('page_size'),
    walBytes: statSync(`${database.name}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    freeBytes: pragma('freelist_count') * pragma('page_size'),
  }
}
