/** Retention: takes the oldest facts and samples away by age and by bytes, in small steps, and says what it took. */

import { limits } from '../../base/limits.js'
import { instant, seq } from '../../base/units.js'
import type { Trimmed } from '../../contract/journal.js'
import { dropPack } from '../facts/packs.js'
import type { StopTable } from '../facts/stops.js'
import type { Layouts } from '../samples/block.js'
import { type Database, prepared } from '../store/database.js'
import type { Retention, ThreadOptions } from '../wire.js'
import { trimChunk } from './pin.js'

export interface Trimmer {
  /**
   * One small step. `null`: nothing to do; `more`: there is more to take; else what was taken since the last report.
   * `pressed`: the disk is full, and the oldest samples make room inside the file for what comes.
   */
  step(now: number, pressed: boolean): Trimmed | 'more' | null
}

const FACTS_PER_STEP = 500
/** A reader that was never heard again holds facts no longer than this many times their retention, or their bytes. */
const HARD_CAP = 2
/** How much room inside the file is kept while the disk is full. */
const ROOM_BYTES = 4 * 2 ** 20

export function openTrimmer(database: Database, layouts: Layouts, stops: Pick<StopTable, 'forget'>, keep: Pick<ThreadOptions, 'facts' | 'samples' | 'lines'>): Trimmer {
  const trims = [factsTrim(database, stops, keep.facts, keep.lines), samplesTrim(database, layouts, keep.samples)]
  return {
    step(now, pressed) {
      for (const trim of trims) {
        const result = trim(now, pressed)
        if (result !== null) return result
      }
      forgetKeys(database, now)
      return null
    },
  }
}

type Trim = (now: number, pressed: boolean) => Trimmed | 'more' | null

/** What is around the beginning of a stop stays, as long as its facts do. */
function samplesTrim(database: Database, layouts: Layouts, keep: Retention): Trim {
  const oldest = database.prepare<[], { id: number; at_first: number; at_last: number }>('SELECT id, at_first, at_last FROM chunks WHERE sealed = 1 ORDER BY turn_first LIMIT 1')
  const bytesOf = samplesBytes(database)
  const whyOf = (chunk: { readonly at_last: number }, now: number, pressed: boolean): Trimmed['why'] | null => {
    if (chunk.at_last < now - keep.keepMs) return 'age'
    if (bytesOf() > keep.bytes) return 'bytes'
    return pressed && freeBytes(database) < ROOM_BYTES ? 'disk_full' : null
  }
  let taken: { from: number; to: number; why: Trimmed['why'] } | null = null
  let trimming: Generator<void, void> | null = null
  return (now, pressed) => {
    if (trimming !== null) {
      if (trimming.next().done === true) trimming = null
      return 'more'
    }
    const chunk = oldest.get()
    const why = chunk === undefined ? null : whyOf(chunk, now, pressed)
    if (chunk === undefined || why === null) {
      const done = taken
      taken = null
      return done === null ? null : { what: 'samples', fromSeq: null, toSeq: null, from: instant(done.from), to: instant(done.to), why: done.why, unacknowledged: false }
    }
    trimming = trimChunk(database, layouts, chunk)
    taken = { from: Math.min(taken?.from ?? Infinity, chunk.at_first), to: Math.max(taken?.to ?? 0, chunk.at_last), why }
    return 'more'
  }
}

function factsTrim(database: Database, stops: Pick<StopTable, 'forget'>, keep: Retention, lines: readonly string[] | null): Trim {
  const oldest = database.prepare<[number], { seq: number; at: number }>('SELECT seq, at FROM facts ORDER BY seq LIMIT ?')
  const unread = database.prepare<[], number | null>('SELECT min(seq) FROM bookmarks').pluck()
  const snapshot = database.prepare<object, number | null>(`
    SELECT min(newest) FROM (SELECT max(seq) AS newest FROM snapshots WHERE :lines IS NULL OR line IN (SELECT value FROM json_each(:lines)) GROUP BY line)`).pluck()
  const ofLines = { lines: lines === null ? null : JSON.stringify(lines) }
  const oldestPack = database.prepare<[], { seq_first: number; seq_last: number; at_first: number; at_last: number }>('SELECT seq_first, seq_last, at_first, at_last FROM packs WHERE sealed = 1 ORDER BY seq_first LIMIT 1')
  const remove = database.prepare('DELETE FROM facts WHERE seq <= ?')
  const removeRows = database.prepare('DELETE FROM minutes WHERE minute < ?')
  const removeRecorders = database.prepare('DELETE FROM recorders WHERE at_last < ?')
  const removeCommands = database.prepare('DELETE FROM commands WHERE at < ?')
  const bytesOf = factsBytes(database)
  let taken: { fromSeq: number; toSeq: number; from: number; to: number; why: 'age' | 'bytes'; unacknowledged: boolean } | null = null
  return (now) => {
    const bytes = bytesOf()
    const acknowledged = unread.get() ?? Infinity
    // A start begins at the snapshots, so what follows the oldest of them is never taken.
    const needed = snapshot.get(ofLines) ?? 0
    const goes = (row: { seq: number; at: number }): 'age' | 'bytes' | null => {
      if (row.seq > needed) return null
      const cap = row.seq <= acknowledged ? 1 : HARD_CAP
      if (row.at < now - cap * keep.keepMs) return 'age'
      return bytes > cap * keep.bytes ? 'bytes' : null
    }
    const pack = oldestPack.get()
    const first = pack === undefined ? oldest.get(1) : { seq: pack.seq_first, at: pack.at_first }
    // A pack goes as a whole, when its last fact does.
    const why = first === undefined ? null : goes(pack === undefined ? first : { seq: pack.seq_last, at: pack.at_last })
    if (first === undefined || why === null) {
      const done = taken
      taken = null
      if (done !== null) forgetContexts(database)
      return done === null ? null : { what: 'facts', ...done, fromSeq: seq(done.fromSeq), toSeq: seq(done.toSeq), from: instant(done.from), to: instant(done.to) }
    }
    const rows = pack === undefined ? oldest.all(FACTS_PER_STEP) : [{ seq: pack.seq_last, at: pack.at_last }]
    const stays = rows.findIndex((row) => goes(row) === null)
    const last = rows[(stays === -1 ? rows.length : stays) - 1]!
    database.transaction(() => {
      if (pack === undefined) remove.run(last.seq)
      else dropPack(database, pack.seq_first)
      removeRows.run(last.at - keep.keepMs)
      removeRecorders.run(last.at)
      stops.forget({ ended: last.at, opened: last.at - keep.keepMs })
      if (why === 'age') removeCommands.run(last.at)
    }).immediate()
    taken = {
      fromSeq: taken?.fromSeq ?? first.seq, toSeq: last.seq, from: taken?.from ?? first.at, to: last.at, why,
      unacknowledged: (taken?.unacknowledged ?? false) || last.seq > acknowledged,
    }
    return 'more'
  }
}

/**
 * What no hour is left of, no minute is. Foreign keys are not asked meanwhile: minutes are not found by what they were worked for,
 * and each context would have all of them read.
 */
function forgetContexts(database: Database): void {
  database.pragma('foreign_keys = OFF')
  try {
    database.prepare('DELETE FROM contexts WHERE NOT EXISTS (SELECT 1 FROM hours WHERE context = contexts.id)').run()
  } finally {
    database.pragma('foreign_keys = ON')
  }
}

/** Idempotency keys are kept for their time; the commands themselves stay, for they are the audit trail. */
function forgetKeys(database: Database, now: number): void {
  prepared<[number]>(database, 'UPDATE commands SET key = NULL WHERE key IS NOT NULL AND at < ?').run(now - limits.idempotencyMs)
}

/** The bytes of the sealed samples, from an index alone. */
function samplesBytes(database: Database): () => number {
  const sum = database.prepare<[], number>('SELECT coalesce(sum(bytes), 0) FROM chunks WHERE at_last > 0').pluck()
  return () => sum.get() ?? 0
}

/** The bytes of everything else that is in use. */
function factsBytes(database: Database): () => number {
  const ofSamples = samplesBytes(database)
  return () => pragma(database, 'page_count') * pragma(database, 'page_size') - freeBytes(database) - ofSamples()
}

const freeBytes = (database: Database): number => pragma(database, 'freelist_count') * pragma(database, 'page_size')
const pragma = (database: Database, name: string): number => Number(database.pragma(name, { simple: true }))
