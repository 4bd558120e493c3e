/** Samples from the journal into a real PostgreSQL: every value once, whatever happens on the way. */

import t from 'tap'
import { systemChance } from '../../src/base/chance.js'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { instant } from '../../src/base/units.js'
import { config as configSchema } from '../../src/contract/config.js'
import { unsoundOf } from '../../src/contract/sound.js'
import { startIngest } from '../../src/faces/ingest/ingest.js'
import { START, groups, turnOf } from '../journal/plant.js'
import { until } from '../support/child.js'
import { folderOf } from '../support/folder.js'
import { type Gateway, startGateway } from '../support/gateway.js'
import { openMes } from '../support/mes.js'
import { startMosquitto } from '../support/mosquitto.js'
import { startPostgres } from '../support/postgres.js'
import { exampleConfig } from './support/desk.js'

t.setTimeout(600_000)
const postgres = await startPostgres()
const broker = await startMosquitto(folderOf(t))
const worker = () => startIngest({
  database: postgres.url, broker: { url: broker.url, keepaliveMs: 20_000, waitMsMax: 500 }, root: 'lineside/v1', worker: 'a', group: 'ingest', clock: systemClock, chance: systemChance, log: silentLog,
})
let ingest = await worker()
t.teardown(async () => {
  await ingest.stop()
  await broker.stop()
  await postgres.stop()
})

const upstreams = (tags: readonly string[], more: object = {}) => [{ name: 'mes', url: broker.url, ack_timeout: '1s', reconnect_max: '500ms', samples: { tags }, ...more }]
const lane = (gateway: Gateway) => gateway.upstreams[0]!.figures().lanes.samples!
const scans = (turn: number) => turnOf(turn).scans
/** Journals turns, each with a fact at its end, so that all of them are on the disk. */
async function turns(gateway: Gateway, from: number, to: number): Promise<void> {
  for (let turn = from; turn <= to; turn++) await gateway.happen(turn === to ? 1 : 0, { scans, at: instant(START + turn * 100) })
}

type Row = readonly [turn: number, at: number, value: number | string | null, quality: string]
async function rowsOf(gateway: string, tag: string, element = 0): Promise<Row[]> {
  const rows = await postgres.rows<{ turn: string; at: Date; value: number | null; text: string | null; quality: string }>(
    'SELECT turn, at, value, text, quality FROM lineside.tag_samples WHERE gateway = $1 AND tag = $2 AND element = $3 ORDER BY turn', [gateway, tag, element])
  return rows.map(({ turn, at, value, text, quality }) => [Number(turn), at.getTime(), value ?? text, quality])
}
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

t.test('each value of the tags asked for arrives once, though broker and worker go away in between', async (t) => {
  const gateway = await startGateway({ directory: folderOf(t), id: 'once', groups, upstreams: upstreams(['packer/speed', 'packer/zones', 'packer/faults', 'packer/prod*']) })
  await turns(gateway, 1, 300)
  await until('the first are safe', () => lane(gateway).acked === 300)
  await ingest.stop()
  await turns(gateway, 301, 500)
  await until('the broker has more', () => lane(gateway).sent === 500)
  t.equal(lane(gateway).acked, 300, 'a PUBACK moves no bookmark')
  await broker.kill()
  await broker.start()
  ingest = await worker()
  await until('all are safe', () => lane(gateway).acked === 500)

  const fast = numbers(1, 500)
  t.strictSame(await rowsOf('once', 'speed'), fast.map((turn) => [turn, START + turn * 100 - 7, Math.fround(60 + Math.sin(turn / 30)), 'good']))
  t.strictSame(await rowsOf('once', 'faults'), fast.map((turn) => [turn, START + turn * 100 - 7, (turn % 300 < 5 ? 2 ** 63 : 0) + (turn % 200 < 5 ? 4 : 0), 'good']), 'both words of a 64-bit integer')
  t.strictSame(await rowsOf('once', 'zones', 1), fast.map((turn) => [turn, START + turn * 100 - 7, turn % 97 === 0 ? null : 0, turn % 97 === 0 ? 'not_a_number' : 'good']), 'what is not good has no value')
  t.strictSame(await rowsOf('once', 'product'), fast.filter((turn) => turn % 10 === 0).map((turn) => [turn, START + turn * 100 - 9, turn % 400 === 0 ? null : turn < 500 ? 'BAG500' : 'BAG1000 ü', 'good']))
  t.strictSame(await rowsOf('once', 'total'), [], 'what was not asked for stays here')
  t.strictSame(await postgres.rows('SELECT * FROM lineside.forks UNION ALL SELECT * FROM lineside.forks'), [])
  t.ok(lane(gateway).recordBytes! < 3_000, `a record of some two thousand values weighs ${lane(gateway).recordBytes} bytes`)
  await gateway.stop()

  const again = await startGateway({ directory: t.testdirName, id: 'once', groups, upstreams: upstreams(['packer/speed']) })
  t.equal(lane(again).acked, 500, 'the bookmark was stored')
  await turns(again, 501, 510)
  await until('it goes on', () => lane(again).acked === 510)
  t.equal((await rowsOf('once', 'speed')).length, 510)
  await again.stop()
})

t.test('what was sealed comes out of the chunks, in pieces, and what retention took has a name', async (t) => {
  const filling = await startGateway({ directory: folderOf(t), id: 'short', groups, forgetful: true, upstreams: [] })
  await turns(filling, 1, 2_000)
  await until('retention took the first', async () => ((await filling.desk.sampled({ after: 0, turnsMax: 1, tags: ['*'] }))?.first ?? 0) > 1)
  // Nothing changes any more once the copy is asked for: what is kept is what the next start finds.
  await filling.stop()
  const gateway = await startGateway({ directory: t.testdirName, id: 'short', groups, upstreams: upstreams(['packer/speed'], { lanes: ['facts'] }) })
  await until('the rest arrived', () => lane(gateway).acked === 2_000)
  const [gone] = await postgres.rows<{ first: string; last: string; lane: string; why: string }>(`SELECT first, last, lane, why FROM lineside.gone WHERE gateway = 'short'`)
  t.match(gone, { first: '1', lane: 'm', why: 'not_kept' })
  t.strictSame((await rowsOf('short', 'speed')).map(([turn]) => turn), numbers(Number(gone!.last) + 1, 2_000))
  await gateway.stop()
})

t.test('sealed turns are copied like staged ones, a few at a time', async (t) => {
  const gateway = await startGateway({ directory: folderOf(t), id: 'sealed', groups, upstreams: [] })
  // Chunks of ten minutes, and a fresh one that has just begun.
  await turns(gateway, 1, 7_000)
  await until('a chunk is sealed', async () => (await gateway.journal.sizes()).turnsStagedCount < 3_000)
  const copied: number[] = []
  for (let after = 0, pages = 0; ; pages++) {
    const page = await gateway.desk.sampled({ after, turnsMax: 700, tags: ['packer/speed', 'packer/product'] })
    if (page === null) { t.ok(pages >= 10, `${pages} pages`); break }
    t.equal(page.first, after + 1)
    for (const { turns: its, ats, columns } of page.strips) {
      t.equal(ats.length, its.length)
      if (columns[0]!.tag === 'speed') copied.push(...its)
      for (const { tag, values } of columns) if (tag === 'speed') t.ok(its.every((turn, i) => values[i] === Math.fround(60 + Math.sin(turn / 30))), `speeds after ${after}`)
    }
    after = page.last
  }
  t.strictSame(copied, numbers(1, 7_000))
  await gateway.stop()
})

t.test('a stretch without the tags asked for is passed over, and travels with what follows', async (t) => {
  const gateway = await startGateway({ directory: folderOf(t), id: 'rare', groups, upstreams: upstreams(['packer/speed'], { ack_timeout: '1h' }) })
  await gateway.happen(1)
  for (let turn = 2; turn < 30; turn++) await gateway.happen(1)
  await turns(gateway, 30, 30)
  await until('it arrived', () => lane(gateway).acked === 30)
  t.strictSame((await rowsOf('rare', 'speed')).map(([turn]) => turn), [30])
  t.equal(lane(gateway).messagesCount, 1)
  await gateway.stop()
})

t.test('a record of samples that is none goes to the dead letters, and the others go on', async () => {
  const mes = await openMes({ url: broker.url, gateway: 'odd' })
  const sound = { g: [{ p: 'packer', n: [1, 1], t: [START, 100], c: [{ k: 'speed', v: [1.5, null], q: [0, 2] }, { k: 'product', v: ['a', 'b'] }] }] }
  const recs = [{ g: [{ p: 'packer', n: [1], t: [START, 100], c: [] }] }, sound, { nothing: true }, { g: [{ p: 'packer', n: [3], t: [START], c: [{ k: 'product', v: ['\u0000'] }] }] }]
  await mes.say('lineside/v1/odd/up/m', JSON.stringify({ v: 1, gw: 'odd', ep: '0000000000000001', lane: 'm', after: 0, to: 4, acked: 0, n: 4, sent: 0, hist: false, recs }), { qos: 1 })
  await until('the odd ones are kept for a person to see', async () => (await postgres.rows(`SELECT 1 FROM lineside.dead_letters WHERE topic LIKE '%/odd/%'`)).length === 3)
  await until('the sound one arrived', async () => (await rowsOf('odd', 'speed')).length === 2)
  await mes.leave()
})

t.test('a pattern that no tag is like is an error of the configuration', (t) => {
  const config = exampleConfig()
  const [first] = config.plcs
  const [tag] = Object.keys(first!.tags)
  const upstreamOf = (...tags: string[]) => configSchema.shape.upstreams.parse([{ name: 'mes', url: 'mqtt://broker', lanes: [], samples: { tags } }])
  t.strictSame(unsoundOf({ ...config, upstreams: upstreamOf(`${first!.id}/${tag}`, `${first!.id}/*`, '*/*') }), [], 'and samples alone are an upstream')
  t.match(unsoundOf({ ...config, upstreams: upstreamOf(`${first!.id}/${tag}x`, `${first!.id}/no*thing`) }).map(({ path, message }) => [path.join('.'), message]), [
    ['upstreams.0.samples.tags.0', `there is no tag "${first!.id}/${tag}x"; did you mean "${first!.id}/${tag}"?`], ['upstreams.0.samples.tags.1', `no tag is like "${first!.id}/no*thing"`],
  ])
  t.end()
})
