/** Loss rows on their way into the database: the one that was written last stands, and what may have to stand again is kept beside it. */

import { type Batch, isGone, rowLeaves } from '../../contract/upstream.js'
import type { Query } from './database.js'
import { ROWS_LOCK } from './migrations/009-versions.js'
import type { Stored } from './samples.js'

const leaves = [...rowLeaves.ms.map((leaf, i) => [leaf, `(ms ->> ${i})::bigint`] as const), ...rowLeaves.pt.map((leaf, i) => [leaf, `(pt ->> ${i})::double precision`] as const), ['reworked', 'coalesce(rw, 0)'] as const]
const rowNames = ['line', 'revision', 'epoch', 'written', ...leaves.map(([leaf]) => leaf)]
const keyNames = ['gateway', 'equipment', 'minute', 'shift', 'job', 'product', 'ideal_ms']
const KEY = keyNames.join(', ')
const sameRow = (one: string, other: string): string => `(${keyNames.map((name) => `${one}.${name}`).join(', ')}) = (${keyNames.map((name) => `${other}.${name}`).join(', ')})`

/** The rows of a batch, by the names of the table. */
const ROWS = `
  SELECT $1::text AS gateway, e AS equipment, to_timestamp(m / 1000.0) AS minute, sh AS shift, jb AS job, p AS product, i AS ideal_ms,
    l AS line, rev AS revision, $2::text AS epoch, w AS written, ${leaves.map(([leaf, value]) => `${value} AS ${leaf}`).join(', ')}
  FROM jsonb_to_recordset($3::jsonb -> 'recs') AS r (w bigint, m bigint, l text, e text, sh text, jb text, p text, i double precision, rev int, ms jsonb, pt jsonb, rw double precision) WHERE w IS NOT NULL`

const VERSIONS = `INSERT INTO lineside.loss_versions (${KEY}, epoch, written, told)`

/** A row that was written later stands over one that was written earlier; epochs sort by their time. */
export async function storeRows(query: Query, { gw, ep, to, n, recs, alone = false }: Batch, text: string): Promise<Stored> {
  // Rows that only one of two boxes has are put in their place by one worker at a time, which so sees what stands there.
  await query(`SELECT pg_advisory_xact_lock${alone ? '' : '_shared'}(${ROWS_LOCK}, hashtext($1))`, [gw])
  if (alone) {
    await query(`${VERSIONS} SELECT stands.gateway, ${keyNames.slice(1).map((name) => `stands.${name}`).join(', ')}, stands.epoch, stands.written, to_jsonb(stands) FROM (${ROWS}) AS new JOIN lineside.losses stands ON ${sameRow('stands', 'new')} ON CONFLICT DO NOTHING`, [gw, ep, text])
    await query(`${VERSIONS} SELECT ${KEY}, epoch, written, to_jsonb(new) FROM (${ROWS}) AS new ON CONFLICT DO NOTHING`, [gw, ep, text])
  }
  const { count } = await query(`
    INSERT INTO lineside.losses (${KEY}, ${rowNames.join(', ')})
    SELECT ${KEY}, ${rowNames.join(', ')} FROM (${ROWS}) AS new
    ORDER BY equipment, minute, shift, job, product, ideal_ms
    ON CONFLICT (${KEY}) DO UPDATE SET ${rowNames.map((name) => `${name} = excluded.${name}`).join(', ')}
    WHERE (losses.epoch, losses.written) < (excluded.epoch, excluded.written)`, [gw, ep, text])
  const againCount = n - recs.filter(isGone).length - count
  if (!alone) {
    // One that came after a later one, which may yet be struck, stands then.
    if (againCount > 0) await query(`${VERSIONS} SELECT ${KEY}, epoch, written, to_jsonb(new) FROM (${ROWS}) AS new WHERE EXISTS (SELECT FROM lineside.loss_versions known WHERE ${sameRow('known', 'new')}) ON CONFLICT DO NOTHING`, [gw, ep, text])
    await query('SELECT lineside.forget_versions($1, $2, $3)', [gw, ep, to])
  }
  return { recordsCount: n, againCount, forksCount: 0 }
}
