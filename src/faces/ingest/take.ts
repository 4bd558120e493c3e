/** One batch, in one transaction: its records, and the watermark that says they are there. */

import { type Batch, isGone, laneOf, type Presence } from '../../contract/upstream.js'
import { type Database, isUnreadable, type Query } from './database.js'
import { storeRows } from './rows.js'
import { type Stored, storeSamples } from './samples.js'

/** How far the stream has got, and what was new. */
export interface Taken extends Stored {
  readonly reached: number
  readonly deadCount: number
}

/** `text` is the batch as it came, for the database to read the records out of. Rejects when the database cannot be had; then nothing happened. */
export async function take(database: Database, batch: Batch, text: string, topic: string): Promise<Taken> {
  try {
    return await database.transaction((query) => takeWhole(query, batch, text))
  } catch (error) {
    if (!isUnreadable(error)) throw error
    return database.transaction((query) => takePiecemeal(query, batch, topic))
  }
}

async function takeWhole(query: Query, batch: Batch, text: string): Promise<Taken> {
  const counts = await store(query, batch, text)
  return { ...counts, deadCount: 0, reached: await arrived(query, batch) }
}

/** One record is poison for the database. It must not stop the stream: it goes to the dead letters, and the others into their tables. */
async function takePiecemeal(query: Query, batch: Batch, topic: string): Promise<Taken> {
  let againCount = 0
  let forksCount = 0
  let deadCount = 0
  for (const rec of batch.recs) {
    await query('SAVEPOINT one')
    try {
      const counts = await store(query, { ...batch, n: 1, recs: [rec] }, JSON.stringify({ recs: [rec] }))
      againCount += counts.againCount
      forksCount += counts.forksCount
    } catch (error) {
      if (!isUnreadable(error)) throw error
      await query('ROLLBACK TO SAVEPOINT one')
      await bury(query, topic, Buffer.from(JSON.stringify(rec)), String(error))
      deadCount++
    }
  }
  return { recordsCount: batch.n, againCount, forksCount, deadCount, reached: await arrived(query, batch) }
}

/** Keeps what could not be read, for a person to look at. */
export async function bury(query: Query, topic: string, payload: Buffer, why: string): Promise<void> {
  await query('INSERT INTO lineside.dead_letters (topic, payload, why) VALUES ($1, $2, $3)', [topic, payload, why])
}

async function arrived(query: Query, { gw, lane, ep, acked, after, to }: Batch): Promise<number> {
  const { rows } = await query<{ reached: string }>('SELECT lineside.arrived($1, $2, $3, $4, $5, $6) AS reached', [gw, lane, ep, acked, after, to])
  // A bigint comes as text, and ours are counted far below 2^53.
  return Number(rows[0]?.reached)
}

async function store(query: Query, batch: Batch, text: string): Promise<Stored> {
  for (const { gone: [first, last], why } of batch.recs.filter(isGone)) {
    await query('INSERT INTO lineside.gone (gateway, lane, epoch, first, last, why) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING', [batch.gw, batch.lane, batch.ep, first, last, why])
  }
  switch (laneOf(batch.lane)) {
    case 'rows': return storeRows(query, batch, text)
    case 'samples': return storeSamples(query, batch)
    default: return storeFacts(query, batch, text)
  }
}

const FACTS = `
  SELECT coalesce(ep, $2) AS epoch, s AS seq, to_timestamp(t / 1000.0) AS at, k AS kind, l AS line, e AS equipment, c AS config, b AS body
  FROM jsonb_to_recordset($3::jsonb -> 'recs') AS r (s bigint, t bigint, k text, l text, e text, c int, ep text, b jsonb, gone jsonb) WHERE gone IS NULL`

async function storeFacts(query: Query, { gw, ep, after, to, n, recs }: Batch, text: string): Promise<Stored> {
  // The key of the table holds the instant, so a number that came before with another one is looked for. Two workers that get two histories
  // of a gateway in the same moment may both find nothing; then both facts are kept, and the one number twice in the table says so.
  const { rows: [look] } = await query<{ is_known: boolean }>(`
    SELECT EXISTS (SELECT FROM lineside.facts WHERE gateway = $1 AND epoch = $2 AND seq > $3 AND seq <= $4) AS is_known`, [gw, ep, after, to])
  await noteTakeovers(query, gw, text)
  const isOld = look?.is_known !== false || recs.some((rec) => isOfOtherEpoch(rec))
  // In the order of the key, so that two workers that hold the same records wait for each other instead of meeting crosswise.
  const { count } = await query(`
    INSERT INTO lineside.facts (gateway, epoch, seq, at, kind, line, equipment, config, body)
    SELECT $1, * FROM (${FACTS}) AS new ${isOld ? 'WHERE NOT EXISTS (SELECT FROM lineside.facts old WHERE (old.gateway, old.epoch, old.seq) = ($1, new.epoch, new.seq))' : ''}
    ORDER BY epoch, seq ON CONFLICT DO NOTHING`, [gw, ep, text])
  const againCount = n - recs.filter(isGone).length - count
  if (againCount === 0) return { recordsCount: n, againCount, forksCount: 0 }
  const { count: forksCount } = await query(`
    INSERT INTO lineside.forks (gateway, epoch, seq, record)
    SELECT $1, new.epoch, new.seq, to_jsonb(new) FROM (${FACTS}) AS new JOIN lineside.facts old ON (old.gateway, old.epoch, old.seq) = ($1, new.epoch, new.seq)
    WHERE (old.at, old.kind, old.line, old.equipment, old.config, old.body) IS DISTINCT FROM (new.at, new.kind, new.line, new.equipment, new.config, new.body)
    ON CONFLICT DO NOTHING`, [gw, ep, text])
  return { recordsCount: n, againCount, forksCount }
}

/** Written down before anything of this batch is put in its place, so that what of the old story is here goes, and what still comes of it goes when it arrives. */
async function noteTakeovers(query: Query, gateway: string, text: string): Promise<void> {
  if (!text.includes('"taken_over"')) return
  await query(`
    SELECT lineside.gone_on(gw, b ->> 'from_epoch', (b ->> 'from_seq')::bigint, (b ->> 'from_rows')::bigint)
    FROM jsonb_to_recordset($2::jsonb -> 'recs') AS r (s bigint, k text, b jsonb), (SELECT $1::text AS gw) AS of WHERE k = 'taken_over' ORDER BY s`, [gateway, text])
}

const isOfOtherEpoch = (rec: unknown): boolean => typeof rec === 'object' && rec !== null && 'ep' in rec

/**
 * What a gateway says of itself. A will of an earlier session comes late, and says nothing any more.
 * `isRetained`: the broker says again what it kept, and when the gateway was there to say it nobody knows but the gateway.
 */
export async function takePresence(database: Database, gateway: string, said: Presence, isRetained: boolean): Promise<void> {
  await database.transaction(async (query) => {
    const { count } = await query(`
      INSERT INTO lineside.gateways AS known (gateway, session, online, epoch, version, enterprise, site, area, time_zone, heartbeat_seconds, seen_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CASE WHEN $11 THEN least(now(), coalesce(to_timestamp($12::float8 / 1000), now())) ELSE now() END)
      ON CONFLICT (gateway) DO UPDATE SET session = excluded.session, online = excluded.online,
        seen_at = CASE WHEN $11 THEN greatest(known.seen_at, excluded.seen_at) ELSE now() END,
        epoch = coalesce(excluded.epoch, known.epoch), version = coalesce(excluded.version, known.version), enterprise = coalesce(excluded.enterprise, known.enterprise),
        site = coalesce(excluded.site, known.site), area = coalesce(excluded.area, known.area), time_zone = coalesce(excluded.time_zone, known.time_zone),
        heartbeat_seconds = coalesce(excluded.heartbeat_seconds, known.heartbeat_seconds)
      WHERE (excluded.session, coalesce(excluded.epoch, known.epoch, '')) >= (known.session, coalesce(known.epoch, '')) OR excluded.epoch > known.epoch`,
    [gateway, said.sess, said.online, said.ep ?? null, said.ver ?? null, said.enterprise ?? null, said.site ?? null, said.area ?? null, said.time_zone ?? null, said.heartbeat_seconds ?? null, isRetained, said.at ?? null])
    if (count === 0 || said.lines === undefined) return
    // The line-up is small and changes rarely, so it is simply written again.
    await query('DELETE FROM lineside.equipment WHERE gateway = $1', [gateway])
    await query('DELETE FROM lineside.lines WHERE gateway = $1', [gateway])
    await query(`
      INSERT INTO lineside.lines (gateway, line, id, name, method)
      SELECT $1, code, id, name, method FROM jsonb_to_recordset($2::jsonb) AS l (code text, id text, name text, method text)`, [gateway, JSON.stringify(said.lines)])
    await query(`
      INSERT INTO lineside.equipment (gateway, equipment, line, name, position, is_constraint, limits)
      SELECT $1, e.value ->> 'code', l.code, e.value ->> 'name', e.ordinality, (e.value ->> 'constraint')::boolean,
        ARRAY(SELECT jsonb_array_elements_text(e.value -> 'limits'))
      FROM jsonb_to_recordset($2::jsonb) AS l (code text, equipment jsonb), jsonb_array_elements(l.equipment) WITH ORDINALITY AS e`, [gateway, JSON.stringify(said.lines)])
  })
}
