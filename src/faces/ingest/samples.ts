/** Samples into their table: records unfolded into one row for each value, under the number of its tag. */

import { type Batch, isGone, sampleRecord } from '../../contract/upstream.js'
import { PoisonError, type Query } from './database.js'

/** What storing some records came to. */
export interface Stored {
  readonly recordsCount: number
  /** Records that were here before: sent again, because nobody knew. */
  readonly againCount: number
  readonly forksCount: number
}

/** Rejects with a `PoisonError` when a record is none. */
export async function storeSamples(query: Query, { gw, ep, lane, n, recs }: Batch): Promise<Stored> {
  const rows = emptyRows()
  const tags = new Map<string, Tag>()
  for (const rec of recs) if (!isGone(rec)) unfold(rec, tags, rows)
  if (rows.ats.length === 0) return { recordsCount: n, againCount: 0, forksCount: 0 }
  const numbers = await numbersOf(query, gw, [...tags.values()])
  const values = [rows.tags.map((name) => numbers.get(name)), rows.ats, rows.turns, rows.values, rows.texts, rows.qualities]
  // In the order of the key, so that two workers that hold the same records wait for each other instead of meeting crosswise.
  const { count } = await query(`INSERT INTO lineside.samples (tag, at, turn, value, text, quality) SELECT * FROM (${ROWS}) AS new ORDER BY tag, at, turn ON CONFLICT DO NOTHING`, values)
  const againCount = rows.ats.length - count
  if (againCount === 0) return { recordsCount: n, againCount, forksCount: 0 }
  const { count: forksCount } = await query(`
    INSERT INTO lineside.forks (gateway, lane, epoch, seq, record)
    SELECT $7, $8, $9, new.turn, to_jsonb(new) FROM (${ROWS}) AS new JOIN lineside.samples old USING (tag, at, turn)
    WHERE (old.value, old.text, old.quality) IS DISTINCT FROM (new.value, new.text, new.quality) ON CONFLICT DO NOTHING`, [...values, gw, lane, ep])
  return { recordsCount: n, againCount, forksCount }
}

const ROWS = `
  SELECT DISTINCT ON (tag, at, turn) tag, to_timestamp(ms / 1000.0) AS at, turn, value, text, quality
  FROM unnest($1::int[], $2::float8[], $3::bigint[], $4::float8[], $5::text[], $6::smallint[]) AS r (tag, ms, turn, value, text, quality)`

interface Tag { readonly plc: string; readonly tag: string; readonly element: number }

/** Index i of every array belongs to the same row. */
interface Rows {
  readonly tags: string[]
  readonly ats: number[]
  readonly turns: number[]
  readonly values: (number | null)[]
  readonly texts: (string | null)[]
  readonly qualities: number[]
}
const emptyRows = (): Rows => ({ tags: [], ats: [], turns: [], values: [], texts: [], qualities: [] })

function unfold(rec: unknown, tags: Map<string, Tag>, rows: Rows): void {
  const read = sampleRecord.safeParse(rec)
  if (!read.success) throw new PoisonError(`it is no record of samples: ${read.error.issues[0]?.message ?? ''}`)
  for (const { p: plc, n, t, c } of read.data.g) {
    const [turns, ats] = [summed(n), summed(t)]
    for (const { k: tag, i: element = 0, v, q } of c) {
      const name = JSON.stringify([plc, tag, element])
      tags.set(name, { plc, tag, element })
      v.forEach((value, i) => {
        rows.tags.push(name)
        rows.ats.push(ats[i]!)
        rows.turns.push(turns[i]!)
        rows.values.push(typeof value === 'number' ? value : null)
        rows.texts.push(typeof value === 'string' ? value : null)
        rows.qualities.push(q?.[i] ?? 0)
      })
    }
  }
}

function summed(steps: readonly number[]): number[] {
  let sum = 0
  return steps.map((step) => (sum += step))
}

/** The numbers of tags by their names; who is new gets one. */
async function numbersOf(query: Query, gateway: string, tags: readonly Tag[]): Promise<ReadonlyMap<string, number>> {
  const values = [gateway, tags.map(({ plc }) => plc), tags.map(({ tag }) => tag), tags.map(({ element }) => element)]
  const known = async () => {
    const { rows } = await query<Tag & { readonly id: number }>(`
      SELECT id, plc, tag, element FROM lineside.tags JOIN unnest($2::text[], $3::text[], $4::int[]) AS r (plc, tag, element) USING (plc, tag, element) WHERE gateway = $1`, values)
    return new Map(rows.map(({ id, plc, tag, element }) => [JSON.stringify([plc, tag, element]), id]))
  }
  const found = await known()
  if (found.size === tags.length) return found
  await query(`
    INSERT INTO lineside.tags (gateway, plc, tag, element)
    SELECT $1, * FROM unnest($2::text[], $3::text[], $4::int[]) AS r (plc, tag, element) ORDER BY plc, tag, element ON CONFLICT DO NOTHING`, values)
  return known()
}
