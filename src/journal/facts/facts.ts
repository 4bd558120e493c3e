/** Facts out of the database, wherever they stand, as the JSON text they cross the threads in. */

import { limits } from '../../base/limits.js'
import { type Seq, seq } from '../../base/units.js'
import { Fault } from '../../contract/faults.js'
import type { FactQuery } from '../../contract/journal.js'
import type { Database } from '../store/database.js'
import { factSum } from './fact-sum.js'
import { packReader } from './packed.js'
import { packedTo } from './packs.js'
import type { FactRow } from './row.js'

/** A fact whose epoch was lost with a damaged file still says what happened. */
const SELECT = 'SELECT f.seq, coalesce(e.epoch, \'\') AS epoch, f.turn, f.at, f.line, f.equipment, f.type, f.config, f.body, f.crc FROM facts f LEFT JOIN epochs e ON e.id = f.epoch'

/** As the indexes on stops say it, word for word, so that they are found by. */
const NAMES_STOP = `(
  (json_extract(f.body, '$.stop_id') = :stop AND f.type IN ('downtime_event', 'downtime_updated', 'downtime_resolved', 'gap_declared'))
  OR (json_extract(f.body, '$.split_off') = :stop AND f.type = 'downtime_updated'))`

const NAMES_STOPS = NAMES_STOP.replaceAll('= :stop', 'IN (SELECT value FROM json_each(:stops))')

/** Facts by number, by time, by whom they concern: in the order of their numbers, always bounded. */
export function factReader(database: Database): (query: FactQuery) => string {
  const find = factFinder(database)
  return (query) => factsText(find({ ...query, limit: Math.min(query.limit, limits.factsPerReadMax) }))
}

/** The same as rows. Packs hold the older ones, so that the others are looked for only where one side does not have enough. */
export function factFinder(database: Database): (query: FactQuery) => FactRow[] {
  const packed = packReader(database)
  const recent = rowReader(database)
  return (query) => {
    const [first, second] = query.newestFirst === true ? [recent, packed] : [packed, recent]
    const found = first(query, query.limit)
    return found.length === query.limit ? found : [...found, ...second(query, query.limit - found.length)]
  }
}

export function oneFact(database: Database, number: number): string {
  return factsText(factFinder(database)({ after: before(number), limit: 1 }).filter((fact) => fact.seq === number))
}

/** Everything after a number: no more than the snapshots left open, and all there is where a line has none. The first of it as text; all of it is read, so that damage shows. */
export function factsAfter(database: Database, number: number): { readonly facts: string; readonly factsLeft: boolean } {
  const find = factFinder(database)
  const first = find({ after: seq(number), limit: limits.factsRememberedMax })
  let last = first.length < limits.factsRememberedMax ? undefined : first.at(-1)
  const factsLeft = last !== undefined && find({ after: seq(last.seq), limit: 1 }).length > 0
  while (last !== undefined) last = find({ after: seq(last.seq), limit: limits.factsPerReadMax }).at(-1)
  return { facts: factsText(first), factsLeft }
}

/** The last fact there is, and the turn that made it. */
export function lastFact(database: Database): { readonly seq: number; readonly turn: number } | null {
  return database.prepare<[], { seq: number; turn: number }>(`
    SELECT * FROM (SELECT seq, turn FROM facts ORDER BY seq DESC LIMIT 1)
    UNION ALL SELECT * FROM (SELECT seq_last AS seq, turn_last AS turn FROM packs WHERE sealed = 1 ORDER BY seq_first DESC LIMIT 1) ORDER BY seq DESC LIMIT 1`).get() ?? null
}

export function firstSeq(database: Database): number | null {
  return database.prepare<[], number | null>('SELECT coalesce((SELECT min(seq_first) FROM packs WHERE sealed = 1), (SELECT min(seq) FROM facts))').pluck().get() ?? null
}

const before = (number: number): Seq => seq(number - 1)

/** Those that are rows. The bits of each are compared with its checksum. */
function rowReader(database: Database): (query: FactQuery, limit: number) => FactRow[] {
  return (query, limit) => {
    const types = query.types ?? []
    const conditions = [
      // The plus keeps this from being what facts are found by: it leaves out the few that are on their way out, and nothing else.
      '+f.seq > :packedTo',
      query.after === undefined ? null : 'f.seq > :after',
      query.line === undefined ? null : 'f.line = :line',
      query.equipment === undefined ? null : 'f.equipment = :equipment',
      query.from === undefined ? null : 'f.at >= :from',
      query.to === undefined ? null : 'f.at < :to',
      query.fromTurn === undefined ? null : 'f.turn >= :fromTurn',
      query.untilTurn === undefined ? null : 'f.turn < :untilTurn',
      query.stop === undefined ? null : NAMES_STOP,
      query.stops === undefined ? null : NAMES_STOPS,
      types.length === 0 ? null : 'f.type IN (SELECT value FROM json_each(:types))',
    ].filter((condition) => condition !== null)
    const order = query.newestFirst === true ? 'f.seq DESC' : 'f.seq'
    // The conditions are few and fixed, so the texts are few; the driver prepares anew in microseconds.
    const rows = database.prepare<object, FactRow & { readonly crc: number }>(`${SELECT} WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT :limit`)
      .all({ ...query, types: JSON.stringify(types), stops: JSON.stringify(query.stops ?? []), limit, packedTo: packedTo(database) })
    return rows.map(({ crc, ...row }) => {
      if (factSum(row) !== crc) throw new Fault('JOURNAL_CORRUPT', { what: 'a fact fails its checksum', seq: row.seq })
      return row
    })
  }
}

function factsText(rows: readonly FactRow[]): string {
  return `[${rows.map(factText).join(',')}]`
}

function factText({ seq: number, epoch, type, at, line, equipment, config, body }: FactRow): string {
  // The body is JSON already, so it is set in as it stands.
  return `${JSON.stringify({ epoch, seq: number, type, at, line, equipment, config }).slice(0, -1)},"body":${body}}`
}
