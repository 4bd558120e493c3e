/** Facts out of the database, as the JSON text they cross the threads in. */

import { Fault } from '../contract/faults.js'
import { limits } from '../base/limits.js'
import type { FactQuery } from '../contract/journal.js'
import { factSum } from './append.js'
import type { Database } from './database.js'

export interface FactRow {
  readonly seq: number
  readonly epoch: string
  readonly at: number
  readonly line: string | null
  readonly equipment: string | null
  readonly type: string
  readonly config: number
  readonly body: string
  readonly crc: number
}

/** A fact whose epoch was lost with a damaged file still says what happened. */
const SELECT = 'SELECT f.seq, coalesce(e.epoch, \'\') AS epoch, f.at, f.line, f.equipment, f.type, f.config, f.body, f.crc FROM facts f LEFT JOIN epochs e ON e.id = f.epoch'

/** As the indexes on stops say it, word for word, so that they are found by. */
const NAMES_STOP = `(
  (json_extract(f.body, '$.stop_id') = :stop AND f.type IN ('downtime_event', 'downtime_updated', 'downtime_resolved', 'gap_declared'))
  OR (json_extract(f.body, '$.split_off') = :stop AND f.type = 'downtime_updated'))`

/** Facts by number, by time, by whom they concern: in the order of their numbers unless another is asked for, always bounded. */
export function factReader(database: Database): (query: FactQuery) => string {
  return (query) => {
    const types = query.types ?? []
    const conditions = [
      query.after === undefined ? null : 'f.seq > :after',
      query.line === undefined ? null : 'f.line = :line',
      query.equipment === undefined ? null : 'f.equipment = :equipment',
      query.from === undefined ? null : 'f.at >= :from',
      query.afterInstant === undefined ? null : '(f.at, f.seq) > (:afterAt, :afterSeq)',
      query.to === undefined ? null : 'f.at < :to',
      query.fromTurn === undefined ? null : 'f.turn >= :fromTurn',
      query.untilTurn === undefined ? null : 'f.turn < :untilTurn',
      query.stop === undefined ? null : NAMES_STOP,
      types.length === 0 ? null : 'f.type IN (SELECT value FROM json_each(:types))',
    ].filter((condition) => condition !== null)
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const order = query.afterInstant !== undefined ? 'f.at, f.seq' : query.newestFirst === true ? 'f.seq DESC' : 'f.seq'
    const limit = Math.min(query.limit, limits.factsPerReadMax)
    // The conditions are few and fixed, so the texts are few; the driver prepares anew in microseconds.
    const rows = database.prepare<object, FactRow>(`${SELECT} ${where} ORDER BY ${order} LIMIT :limit`)
      .all({ ...query, types: JSON.stringify(types), limit, afterAt: query.afterInstant?.at, afterSeq: query.afterInstant?.seq })
    return factsText(rows)
  }
}

export function oneFact(database: Database, seq: number): string {
  return factsText(database.prepare<[number], FactRow>(`${SELECT} WHERE f.seq = ?`).all(seq))
}

/** Everything after a number; a start reads no more than the snapshots left open. */
export function factsAfter(database: Database, seq: number): string {
  return factsText(database.prepare<[number], FactRow>(`${SELECT} WHERE f.seq > ? ORDER BY f.seq`).all(seq))
}

function factsText(rows: readonly FactRow[]): string {
  return `[${rows.map(factText).join(',')}]`
}

function factText(row: FactRow): string {
  if (factSum(row) !== row.crc) throw new Fault('JOURNAL_CORRUPT', { what: 'a fact fails its checksum', seq: row.seq })
  const { seq, epoch, type, at, line, equipment, config } = row
  // The body is JSON already, so it is set in as it stands.
  return `${JSON.stringify({ epoch, seq, type, at, line, equipment, config }).slice(0, -1)},"body":${row.body}}`
}
