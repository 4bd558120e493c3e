/** Facts on their way to rest: rows while they are young, sealed into a pack when enough of them are old. */

import type { Ms } from '../../base/units.js'
import { Fault } from '../../contract/faults.js'
import { type Database, prepared } from '../store/database.js'
import { factSum } from './fact-sum.js'
import { type KeptFact, writeStrand } from './strand.js'

export interface PackRule {
  /** Facts younger than this stay rows, which are quicker to ask. */
  readonly lagMs: Ms
  /** A full pack is sealed as soon as it is old enough; one that does not fill waits this much longer. */
  readonly waitMs: Ms
  readonly factsMax: number
}

/** So many facts of twenty machines are half a day: enough alike to lie well together, and few enough to be read for the sake of one. */
export const packRule: PackRule = { lagMs: 86_400_000, waitMs: 86_400_000, factsMax: 16_384 }

export interface Run { readonly first: number; readonly last: number }

/** Up to which number facts are in packs: 0 when there are none. What still stands as rows up to there is on its way out. */
export function packedTo(database: Database): number {
  return prepared<[], number>(database, 'SELECT seq_last FROM packs WHERE sealed = 1 ORDER BY seq_first DESC LIMIT 1').pluck().get() ?? 0
}

/** Whether the oldest facts that are rows make a pack now. */
export function packDue(database: Database, rule: PackRule, now: number): Run | null {
  const past = packedTo(database)
  const oldest = prepared<[number], { seq: number; at: number }>(database, 'SELECT seq, at FROM facts WHERE seq > ? ORDER BY seq LIMIT 1').get(past)
  // The clock may have stepped since: what is far away is old, on whichever side.
  const ageOf = ({ at }: { readonly at: number }): Ms => Math.abs(now - at)
  if (oldest === undefined || ageOf(oldest) < rule.lagMs) return null
  const full = oldest.seq + rule.factsMax - 1
  const last = database.prepare<[number, number], { seq: number; at: number }>('SELECT seq, at FROM facts WHERE seq > ? AND seq <= ? ORDER BY seq DESC LIMIT 1').get(past, full) ?? oldest
  if (last.seq === full && ageOf(last) >= rule.lagMs) return { first: oldest.seq, last: last.seq }
  if (ageOf(oldest) < rule.lagMs + rule.waitMs) return null
  const old = database.prepare<[number, number, number, number], number | null>('SELECT max(seq) FROM facts WHERE seq > ? AND seq <= ? AND abs(? - at) >= ?').pluck().get(past, last.seq, now, rule.lagMs)
  return { first: oldest.seq, last: old ?? oldest.seq }
}

/**
 * Seals a run of facts into one pack. Each `yield` is a place where the writer may do something more urgent; what was written until then
 * is not part of the journal before the last step has marked it. The rows go afterwards (`sweepPacked`), and nobody reads them any more.
 * Throws JOURNAL_CORRUPT when a fact is not what was written.
 */
export function* sealPack(database: Database, run: Run): Generator<void, void> {
  const kinds = new Map<string, Kind>()
  const about = { facts: 0, atFirst: Infinity, atLast: -Infinity, turnFirst: Infinity, turnLast: 0, epochLast: 0 }
  const rows = database.prepare<[number, number, number], Row>('SELECT seq, epoch, turn, at, line, equipment, type, config, body, crc FROM facts WHERE seq >= ? AND seq <= ? ORDER BY seq LIMIT ?')
  for (let from = run.first; ;) {
    const some = rows.all(from, run.last, ROWS_PER_STEP)
    for (const row of some) {
      if (factSum(row) !== row.crc) throw new Fault('JOURNAL_CORRUPT', { what: 'a fact fails its checksum', seq: row.seq })
      kindOf(kinds, row).facts.push(row)
      about.facts++
      about.atFirst = Math.min(about.atFirst, row.at)
      about.atLast = Math.max(about.atLast, row.at)
      about.turnFirst = Math.min(about.turnFirst, row.turn)
      about.turnLast = Math.max(about.turnLast, row.turn)
      about.epochLast = Math.max(about.epochLast, row.epoch)
    }
    yield
    if (some.length < ROWS_PER_STEP) break
    from = some.at(-1)!.seq + 1
  }
  database.prepare('INSERT INTO packs (seq_first, seq_last, turn_first, turn_last, at_first, at_last, epoch_last, facts_count, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)')
    .run(run.first, run.last, about.turnFirst, about.turnLast, about.atFirst, about.atLast, about.epochLast, about.facts)
  for (let from = run.first; from <= run.last; from += ROWS_PER_STEP) {
    noteStops(database, run.first, { first: from, last: Math.min(run.last, from + ROWS_PER_STEP - 1) })
    yield
  }
  const insert = database.prepare('INSERT INTO strands (pack, type, line, equipment, content) VALUES (?, ?, ?, ?, ?)')
  let written: unknown[][] = []
  const write = database.transaction(() => { for (const strand of written) insert.run(...strand) })
  for (const { type, line, equipment, facts } of kinds.values()) {
    written.push([run.first, type, line, equipment, writeStrand(facts)])
    yield
    if (written.length < STRANDS_PER_COMMIT) continue
    write.immediate()
    written = []
    yield
  }
  write.immediate()
  database.prepare('UPDATE packs SET sealed = 1 WHERE seq_first = ?').run(run.first)
}

/** Takes away some of the rows that are in a pack by now; returns whether there were any. */
export function sweepPacked(database: Database): boolean {
  const past = packedTo(database)
  return prepared<[number, number]>(database, 'DELETE FROM facts WHERE seq IN (SELECT seq FROM facts WHERE seq <= ? ORDER BY seq LIMIT ?)').run(past, ROWS_PER_SWEEP).changes > 0
}

/** What a crash left half sealed goes; its facts still stand as rows. */
export function dropUnsealedPacks(database: Database): void {
  for (const pack of database.prepare<[], number>('SELECT seq_first FROM packs WHERE sealed = 0').pluck().all()) database.transaction(() => { dropPack(database, pack) }).immediate()
}

/** Takes a pack away; the caller holds the transaction. */
export function dropPack(database: Database, pack: number): void {
  for (const table of ['told', 'beginnings', 'strands']) database.prepare(`DELETE FROM ${table} WHERE pack = ?`).run(pack)
  database.prepare('DELETE FROM packs WHERE seq_first = ?').run(pack)
}

const ROWS_PER_STEP = 500
const ROWS_PER_SWEEP = 200
const STRANDS_PER_COMMIT = 64

interface Row extends KeptFact { readonly line: string | null; readonly equipment: string | null; readonly type: string; readonly crc: number }
interface Kind extends Pick<Row, 'type' | 'line' | 'equipment'> { readonly facts: KeptFact[] }

function kindOf(kinds: Map<string, Kind>, { type, line, equipment }: Row): Kind {
  const name = JSON.stringify([type, line, equipment])
  const known = kinds.get(name)
  if (known !== undefined) return known
  const kind = { type, line, equipment, facts: [] }
  kinds.set(name, kind)
  return kind
}

/** As the indexes on stops say it, whose answers these rows take over. */
function noteStops(database: Database, pack: number, { first, last }: Run): void {
  const bound = { pack, first, last }
  database.transaction(() => {
    database.prepare(`
      INSERT OR IGNORE INTO told (pack, stop, seq)
      SELECT :pack, json_extract(body, '$.stop_id') AS stop, seq FROM facts
      WHERE seq BETWEEN :first AND :last AND type IN ('downtime_event', 'downtime_updated', 'downtime_resolved', 'gap_declared') AND stop IS NOT NULL
      UNION SELECT :pack, json_extract(body, '$.split_off') AS stop, seq FROM facts
      WHERE seq BETWEEN :first AND :last AND type = 'downtime_updated' AND stop IS NOT NULL`).run(bound)
    const begin = database.prepare('INSERT OR IGNORE INTO beginnings (pack, at) VALUES (?, ?)')
    for (const at of beginningsIn(database, { first, last })) begin.run(pack, at)
  }).immediate()
}

/** When the stops began of which these facts tell: seen to begin, parted from another, or declared. */
function beginningsIn(database: Database, bound: { readonly first: number; readonly last: number }): number[] {
  const seen = database.prepare<object, number>(`SELECT at FROM facts WHERE seq BETWEEN :first AND :last AND type = 'downtime_event'`).pluck().all(bound)
  const said = database.prepare<object, string>(`
    SELECT json_extract(body, '$.to') FROM facts WHERE seq BETWEEN :first AND :last AND type = 'downtime_updated' AND json_extract(body, '$.split_off') IS NOT NULL AND json_extract(body, '$.to') IS NOT NULL
    UNION SELECT json_extract(body, '$.from') FROM facts WHERE seq BETWEEN :first AND :last AND type = 'gap_declared' AND json_extract(body, '$.stop_id') IS NOT NULL`).pluck().all(bound)
  return [...seen, ...said.map((text) => Date.parse(text))]
}
