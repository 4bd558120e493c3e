/** The central database over the years: parts by month, old ones let go, and what was there before the tables were divided. */

import t from 'tap'
import { silentLog } from '../../src/base/log.js'
import { instant } from '../../src/base/units.js'
import { type Batch, type RowRecord, rowLeaves } from '../../src/contract/upstream.js'
import { type Database, openDatabase } from '../../src/faces/ingest/database.js'
import { migrate } from '../../src/faces/ingest/migrations.js'
import { take } from '../../src/faces/ingest/take.js'
import { forEver, tend } from '../../src/faces/ingest/tend.js'
import { rowRecord } from '../../src/faces/mqtt/sources.js'
import { rowOf } from '../journal/plant.js'
import { type Postgres, startPostgres } from '../support/postgres.js'

t.setTimeout(600_000)
const NOW = instant(Date.UTC(2026, 2, 15, 12))
const DAY = 86_400_000
const at = (text: string): number => Date.parse(`${text}T12:00:00Z`)

type Rows = <R extends object>(sql: string, values?: readonly unknown[]) => Promise<R[]>

/** A database of its own in the server of the test. */
async function fresh(postgres: Postgres, name: string): Promise<{ readonly database: Database; readonly rows: Rows; readonly close: () => Promise<void> }> {
  await postgres.rows(`CREATE DATABASE ${name}`)
  const database = openDatabase(postgres.url.replace(/\/[^/]*$/, `/${name}`), silentLog)
  return { database, rows: async <R extends object>(sql: string, values?: readonly unknown[]) => (await database.query<R>(sql, values)).rows, close: () => database.close() }
}

const batchOf = (lane: Batch['lane'], after: number, recs: readonly object[], more: Partial<Batch> = {}): Batch =>
  ({ v: 1, gw: 'gw-1', ep: '0000000000000001', lane, after, to: after + recs.length, acked: 0, n: recs.length, sent: 0, hist: false, recs: [...recs], ...more })
const factAt = (s: number, t: number, text = `number ${s}`): object => ({ s, t, k: 'gateway_stopped', c: 1, b: { reason: text } })
const rowAt = (w: number, minute: number): RowRecord => rowRecord({ ...rowOf(0, { minute: instant(minute) }), written: w })
const sampleAt = (turn: number, t: number): object => ({ g: [{ p: 'packer', n: [turn], t: [t], c: [{ k: 'speed', v: [turn] }] }] })
const took = (database: Database, batch: Batch) => take(database, batch, JSON.stringify(batch), 'a topic')

const postgres = await startPostgres()
t.teardown(() => postgres.stop())

t.test('months are made ahead, what came late gets its own, and each row lies in the part of its month', async (t) => {
  const { database, rows, close } = await fresh(postgres, 'ahead')
  await migrate(database)
  t.strictSame((await tend(database, forEver, NOW)).made, ['facts', 'losses', 'samples'].flatMap((table) => ['2026-03', '2026-04', '2026-05'].map((month) => `${table} ${month}`)))
  t.strictSame(await tend(database, forEver, NOW), { made: [], dropped: [] }, 'once')

  const days = ['2026-03-31', '2026-04-01', '2026-05-31', '2026-01-10', '1970-01-01', '2031-01-01']
  await took(database, batchOf('j', 0, days.map((day, i) => factAt(i + 1, at(day)))))
  await took(database, batchOf('r', 0, days.map((day, i) => rowAt(i + 1, at(day)))))
  await took(database, batchOf('m', 0, days.map((day, i) => sampleAt(i + 1, at(day)))))
  const where = async (table: string) => (await rows<{ part: string; n: string }>(
    `SELECT tableoid::regclass::text AS part, count(*) AS n FROM lineside.${table} GROUP BY 1 ORDER BY 1`)).map(({ part, n }) => [part.slice(part.indexOf(`${table}_`) + table.length + 1), Number(n)])
  for (const table of ['facts', 'losses', 'samples']) {
    t.strictSame(await where(table), [['2026_03', 1], ['2026_04', 1], ['2026_05', 1], ['other', 3]], table)
  }
  t.strictSame((await tend(database, forEver, NOW)).made, ['facts 2026-01', 'losses 2026-01', 'samples 2026-01'], 'a month that came late; what is out of all reason stays with the rest')
  t.strictSame(await where('facts'), [['2026_01', 1], ['2026_03', 1], ['2026_04', 1], ['2026_05', 1], ['other', 2]])

  for (const lane of ['j', 'r', 'm'] as const) {
    const make = { j: factAt, r: rowAt, m: sampleAt }[lane]
    const { againCount, forksCount } = await took(database, batchOf(lane, 0, days.map((day, i) => make(i + 1, at(day)))))
    t.strictSame([lane, againCount, forksCount], [lane, 6, 0], 'what comes twice is there once, wherever it lies')
  }
  const forked = await took(database, batchOf('j', 0, [factAt(1, at('2026-03-31'), 'another text'), factAt(2, at('2026-05-02')), factAt(7, at('2026-03-02'))], { to: 7 }))
  t.strictSame([forked.againCount, forked.forksCount], [2, 2], 'another text, or another instant, under a known number is a fork')
  t.strictSame((await rows<{ seq: string }>('SELECT seq FROM lineside.facts ORDER BY seq')).map(({ seq }) => Number(seq)), [1, 2, 3, 4, 5, 6, 7])
  const changed = await took(database, batchOf('m', 0, [{ g: [{ p: 'packer', n: [1], t: [at('2026-03-31')], c: [{ k: 'speed', v: [99] }] }] }]))
  t.strictSame([changed.againCount, changed.forksCount], [1, 1], 'and so is another value of the same scan')
  await close()
})

t.test('what is older than is kept goes with its month, and nothing else does', async (t) => {
  const { database, rows, close } = await fresh(postgres, 'kept')
  await migrate(database)
  const days = ['1970-01-01', '2026-01-10', '2026-02-27', '2026-03-01']
  await took(database, batchOf('j', 0, days.map((day, i) => factAt(i + 1, at(day)))))
  await took(database, batchOf('m', 0, days.map((day, i) => sampleAt(i + 1, at(day)))))
  await tend(database, forEver, NOW)
  t.strictSame((await tend(database, { ...forEver, samples: 10 * DAY }, NOW)).dropped, ['samples_2026_01', 'samples_2026_02'])
  t.strictSame((await rows<{ turn: string }>('SELECT turn FROM lineside.samples ORDER BY turn')).map(({ turn }) => Number(turn)), [4])
  t.strictSame((await rows<{ seq: string }>('SELECT seq FROM lineside.facts ORDER BY seq')).map(({ seq }) => Number(seq)), [1, 2, 3, 4])
  t.strictSame((await tend(database, { ...forEver, facts: 30 * DAY }, NOW)).dropped, ['facts_2026_01'], 'a month goes when its last day may')
  await took(database, batchOf('j', 0, days.map((day, i) => factAt(i + 1, at(day)))))
  await tend(database, { ...forEver, facts: 30 * DAY }, NOW)
  t.strictSame((await rows<{ seq: string }>('SELECT seq FROM lineside.facts ORDER BY seq')).map(({ seq }) => Number(seq)), [3, 4], 'what is sent again goes again')
  await close()
})

t.test('workers that begin and tend at once do not meet crosswise', async (t) => {
  const { rows, close } = await fresh(postgres, 'crowd')
  const others = Array.from({ length: 4 }, () => openDatabase(postgres.url.replace(/\/[^/]*$/, '/crowd'), silentLog))
  await Promise.all(others.map((one) => migrate(one)))
  await Promise.all(others.map(async (one, i) => {
    await tend(one, forEver, NOW)
    for (let after = 0; after < 20; after++) await took(one, batchOf('j', after, [factAt(after + 1, at(`2026-0${1 + (after + i) % 5}-10`), 'the same')], { gw: `gw-${i}` }))
    await tend(one, forEver, NOW)
  }))
  t.strictSame((await rows<{ n: string }>('SELECT count(*) AS n FROM lineside.facts')).map(({ n }) => Number(n)), [80])
  t.strictSame(await rows('SELECT 1 FROM lineside.forks'), [])
  await Promise.all(others.map((one) => one.close()))
  await close()
})

/** What the views of OEE say, and what is kept. */
/** What was there from the first version on: rework came later, and there was none. */
const views = async (rows: Rows) => Object.fromEntries(await Promise.all(['oee_by_equipment', 'oee_by_line', 'oee_by_site', 'sums_by_shift', 'facts', 'losses'].map(async (name) =>
  [name, (await rows<{ reworked?: number }>(`SELECT * FROM lineside.${name} ORDER BY 1, 2, 3, 4, 5`)).map(({ reworked = 0, ...row }) => (reworked === 0 ? row : { reworked, ...row }))] as const)))

/** Fills a database of the version before tables were divided. */
async function old({ database, rows }: { database: Database; rows: Rows }) {
  await migrate(database, 3)
  await rows(`INSERT INTO lineside.gateways (gateway, session, online, enterprise, site, area) VALUES ('gw-1', 1, true, 'acme', 'graz', 'packing')`)
  await rows(`INSERT INTO lineside.lines VALUES ('gw-1', 'BP01', 'x', 'Bagging', 'line_exit')`)
  await rows(`INSERT INTO lineside.equipment VALUES ('gw-1', 'BAG1', 'BP01', 'Bagger', 1, true)`)
  const days = Array.from({ length: 40 }, (_, i) => at('2026-01-20') + i * DAY)
  await took(database, batchOf('j', 0, days.map((day, i) => factAt(i + 1, day))))
  // As that version wrote them, which knew of no rework.
  const leaves = [...rowLeaves.ms, ...rowLeaves.pt]
  for (const [i, day] of days.entries()) {
    const { w, m, l, e, sh, jb, p, i: ideal, rev, ms, pt } = rowAt(i + 1, day)
    await rows(`
      INSERT INTO lineside.losses (gateway, equipment, minute, shift, job, product, ideal_ms, line, revision, epoch, written, ${leaves.join(', ')})
      VALUES ('gw-1', $1, to_timestamp($2 / 1000.0), $3, $4, $5, $6, $7, $8, '0000000000000001', $9, ${leaves.map((_, n) => `$${n + 10}`).join(', ')})`, [e, m, sh, jb, p, ideal, l, rev, w, ...ms, ...pt])
  }
  return days
}

t.test('a database from before the tables were divided keeps all it has, and its views say the same', async (t) => {
  const { database, rows, close } = await fresh(postgres, 'before')
  const days = await old({ database, rows })
  const was = await views(rows)
  t.equal(was['facts']!.length, 40)
  await migrate(database)
  t.strictSame(await views(rows), was)
  t.strictSame(await rows(`SELECT divided, part FROM lineside.parts ORDER BY 1`), [{ divided: 'facts', part: 'facts_before' }, { divided: 'losses', part: 'losses_before' }])
  await tend(database, forEver, instant(Date.now()))
  const { againCount } = await took(database, batchOf('j', 0, days.map((day, i) => factAt(i + 1, day))))
  t.equal(againCount, 40, 'what comes again is known')
  await took(database, batchOf('r', 40, [rowAt(41, days[0]!)]))
  t.strictSame(await rows(`SELECT written FROM lineside.losses ORDER BY minute LIMIT 1`), [{ written: '41' }], 'a row is written over where it lies')
  t.strictSame((await tend(database, { ...forEver, facts: 0 }, instant(Date.now() + 400 * DAY))).dropped.includes('facts_before'), true)
  await close()
})

const [hasTimescale] = await postgres.rows(`SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'`)
t.test('where TimescaleDB is in the database the tables are its hypertables', { skip: hasTimescale === undefined ? 'TimescaleDB is not installed here' : false }, async (t) => {
  const server = await startPostgres(['shared_preload_libraries=timescaledb', 'timescaledb.telemetry_level=off'])
  t.teardown(() => server.stop())
  const { database, rows, close } = await fresh(server, 'hyper')
  await rows('CREATE EXTENSION timescaledb')
  const days = await old({ database, rows })
  const was = await views(rows)
  await migrate(database)
  t.strictSame(await views(rows), was)
  t.strictSame(await rows(`SELECT hypertable_name::text AS name FROM timescaledb_information.hypertables WHERE hypertable_schema = 'lineside' ORDER BY 1`), [{ name: 'facts' }, { name: 'losses' }, { name: 'samples' }])
  await took(database, batchOf('m', 0, days.map((day, i) => sampleAt(i + 1, day))))
  const { againCount, forksCount } = await took(database, batchOf('j', 0, [factAt(1, days[0]!), factAt(2, days[3]!)]))
  t.strictSame([againCount, forksCount], [2, 1])
  await took(database, batchOf('r', 40, [rowAt(41, days[0]!)]))
  t.strictSame(await rows(`SELECT written FROM lineside.losses ORDER BY minute LIMIT 1`), [{ written: '41' }])
  t.ok((await tend(database, { ...forEver, samples: 20 * DAY }, instant(days.at(-1)!))).dropped.length > 0)
  const [left] = await rows<{ n: string }>('SELECT count(*) AS n FROM lineside.tag_samples')
  t.ok(Number(left!.n) >= 20 && Number(left!.n) < 40, `${left!.n} samples are left`)
  await close()
})
