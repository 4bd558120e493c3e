/** Looks after the tables that grow: makes the parts of the months ahead, and lets go what is older than is kept. Any number of workers may do so. */

import type { Instant, Ms } from '../../base/units.js'
import type { Database, Query } from './database.js'
import { type Divided, divided } from './migrations/004-months.js'

/** How long each table is kept; `null` for ever. */
export type Keep = Readonly<Record<Divided, Ms | null>>

export const forEver: Keep = { facts: null, losses: null, samples: null }

export interface Tended {
  /** Parts that are there now. */
  readonly made: readonly string[]
  /** Parts that are gone, with all that was in them. */
  readonly dropped: readonly string[]
}

/** This month and two more, so that the next begins without a wait even when every worker was away for weeks. */
const MONTHS_AHEAD = 2
/** Months that are made at once for what came late: history of a gateway that was long away. */
const LATE_MONTHS_MAX = 12
/** Beyond these an instant says more about the clock of a gateway than about its history. */
const SANE = { since: '10 years', ahead: '1 month' } as const
/** Any fixed number: whoever tends holds this lock. */
const LOCK = 7_140_502

export async function tend(database: Database, keep: Keep, now: Instant): Promise<Tended> {
  const made: string[] = []
  const dropped: string[] = []
  for (const [table, column] of Object.entries(divided) as [Divided, string][]) {
    // One table at a time: a part needs its table to itself for a moment.
    await database.transaction(async (query) => {
      const { rows: [lock] } = await query<{ mine: boolean; timescale: string | null }>('SELECT pg_try_advisory_xact_lock($1) AS mine, lineside.timescale() AS timescale', [LOCK])
      if (lock?.mine !== true) return
      const keepMs = keep[table]
      const limit = keepMs === null ? null : new Date(now - keepMs)
      if (table === 'losses' && limit !== null) await query('DELETE FROM lineside.loss_versions WHERE minute < $1', [limit])
      if (lock.timescale !== null) {
        if (limit !== null) dropped.push(...await dropChunks(query, lock.timescale, table, limit))
        return
      }
      made.push(...await makeMonths(query, table, column, new Date(now)))
      if (limit !== null) dropped.push(...await dropMonths(query, table, column, limit))
    })
  }
  return { made, dropped }
}

async function makeMonths(query: Query, table: string, column: string, now: Date): Promise<string[]> {
  const { rows } = await query<{ month: Date }>(`
    SELECT month FROM (
      SELECT date_trunc('month', $1::timestamptz, 'UTC') AT TIME ZONE 'UTC' + make_interval(months => n) AS month FROM generate_series(0, ${MONTHS_AHEAD}) AS n
      UNION SELECT * FROM (
        SELECT DISTINCT date_trunc('month', ${column}, 'UTC') AT TIME ZONE 'UTC' AS month FROM lineside.${table}_other
        WHERE ${column} >= $1::timestamptz - interval '${SANE.since}' AND ${column} < $1::timestamptz + interval '${SANE.ahead}' ORDER BY month DESC LIMIT ${LATE_MONTHS_MAX}
      ) AS late
    ) AS wanted, lineside.make_month('${table}', '${column}', month AT TIME ZONE 'UTC') AS is_new WHERE is_new ORDER BY month`, [now])
  return rows.map(({ month }) => `${table} ${month.toISOString().slice(0, 7)}`)
}

async function dropMonths(query: Query, table: string, column: string, limit: Date): Promise<string[]> {
  const { rows } = await query<{ part: string }>('DELETE FROM lineside.parts WHERE divided = $1 AND until <= $2 RETURNING part', [table, limit])
  // Names come from our own table, and are letters, digits and "_".
  for (const { part } of rows) await query(`DROP TABLE lineside.${part}`)
  await query(`DELETE FROM lineside.${table}_other WHERE ${column} < $1`, [limit])
  return rows.map(({ part }) => part).toSorted()
}

async function dropChunks(query: Query, schema: string, table: string, limit: Date): Promise<string[]> {
  const { rows } = await query<{ chunk: string }>(`SELECT chunk::text FROM "${schema}".drop_chunks('lineside.${table}'::regclass, older_than => $1::timestamptz) AS chunk`, [limit])
  return rows.map(({ chunk }) => chunk)
}
