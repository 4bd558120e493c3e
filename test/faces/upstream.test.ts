/** From the journal through a real broker into a real PostgreSQL: everything once, and what is odd by its name. */

import { randomBytes } from 'node:crypto'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import t from 'tap'
import { seededChance, systemChance } from '../../src/base/chance.js'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { instant } from '../../src/base/units.js'
import { type LossRow, timeLeaves } from '../../src/contract/losses.js'
import type { Oee } from '../../src/contract/oee.js'
import { type Batch, batch, rowLeaves } from '../../src/contract/upstream.js'
import { lineOee, oeeOf } from '../../src/core/losses/oee.js'
import { linePlans } from '../../src/core/time/plan.js'
import { noParts, noTime, sumRowsBy } from '../../src/core/losses/sums.js'
import { openDatabase } from '../../src/faces/ingest/database.js'
import { startIngest } from '../../src/faces/ingest/ingest.js'
import { take } from '../../src/faces/ingest/take.js'
import { type Connection, type Incoming, type Publishing, startLink } from '../../src/faces/mqtt/link.js'
import { START, rowOf } from '../journal/plant.js'
import { until } from '../support/child.js'
import { folderOf } from '../support/folder.js'
import { type Gateway, startGateway } from '../support/gateway.js'
import { startMosquitto } from '../support/mosquitto.js'
import { startPostgres } from '../support/postgres.js'

t.setTimeout(600_000)
const postgres = await startPostgres()
const broker = await startMosquitto(folderOf(t))
const worker = (name: string, more: { readonly url?: string; readonly group?: string } = {}) => startIngest({
  database: postgres.url, broker: { url: more.url ?? broker.url, keepaliveMs: 20_000, waitMsMax: 500 }, root: 'lineside/v1', worker: name, group: more.group ?? 'ingest',
  clock: systemClock, chance: systemChance, log: silentLog,
})
let ingest = await worker('a')
const mes = (more: object = {}) => ({ name: 'mes', url: broker.url, ack_timeout: '1s', reconnect_max: '500ms', ...more })
const acked = (gateway: Gateway) => gateway.upstreams[0]!.figures().lanes.facts!.acked
const seqsOf = async (gateway: string) => (await postgres.rows<{ seq: string }>('SELECT seq FROM lineside.facts WHERE gateway = $1 ORDER BY epoch, seq', [gateway])).map(({ seq }) => Number(seq))
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

t.teardown(async () => {
  await ingest.stop()
  await broker.stop()
  await postgres.stop()
})

interface Stranger {
  readonly heard: Incoming[]
  say(topic: string, payload: unknown, how?: Publishing): Promise<number>
  leave(): Promise<void>
}

/** Somebody else at the broker, who may say anything. */
async function stranger(filters: readonly string[] = []): Promise<Stranger> {
  const heard: Incoming[] = []
  let connection: Connection | null = null
  const link = startLink({
    broker: { url: broker.url, clientId: `stranger-${randomBytes(4).toString('hex')}`, keepaliveMs: 20_000, waitMsMax: 500, sessionSeconds: 0 }, clock: systemClock, chance: systemChance, log: silentLog,
    up: (opened) => { connection = opened }, down: () => undefined, message: (incoming) => { heard.push(incoming) },
  })
  await until('a stranger is connected', () => connection !== null)
  const opened = connection as unknown as Connection
  if (filters.length > 0) await opened.subscribe(filters)
  return {
    heard, leave: () => link.stop(),
    say: (topic, payload, how) => opened.publish(topic, Buffer.isBuffer(payload) ? payload : JSON.stringify(payload), how),
  }
}

t.test('facts and rows arrive once, in their tables, and the bookmark follows the commit', async (t) => {
  const gateway = await startGateway({ directory: folderOf(t), id: 'plain', upstreams: [mes()] })
  await gateway.happen(1_234, { rows: [rowOf(0), rowOf(1)] })
  await gateway.happen(66, { rows: [rowOf(1, { revision: 1, parts: { ...rowOf(1).parts, good: 7 } })] })
  // An ideal time is corrected: what stood under the old one goes over whole.
  await gateway.happen(1, { rows: [rowOf(0, { revision: 1, ms: noTime, parts: noParts }), rowOf(0, { revision: 1, idealMs: 500 })] })
  await until('the MES has it all', () => acked(gateway) === 1_301)
  await until('the rows too', async () => (await postgres.rows(`SELECT 1 FROM lineside.losses WHERE gateway = 'plain' AND revision = 1`)).length === 3)
  t.strictSame(await seqsOf('plain'), upTo(1_301))
  const [one] = await postgres.rows<{ at: Date; kind: string; line: string; equipment: string; body: object }>(`SELECT at, kind, line, equipment, body FROM lineside.facts WHERE gateway = 'plain' AND seq = 7`)
  const fact = (await gateway.desk.facts({ limit: 10 }))[6]!
  t.strictSame([one!.at.getTime(), one!.kind, one!.line, one!.equipment, one!.body], [fact.at, fact.type, fact.line, fact.equipment, fact.body])
  t.strictSame(await postgres.rows(`SELECT extract(epoch FROM minute) * 1000 AS minute, revision, running, good, ideal_ms, product, job FROM lineside.losses WHERE gateway = 'plain' ORDER BY minute, ideal_ms`), [
    { minute: '1774764000000.000000', revision: 1, running: '0', good: 0, ideal_ms: 1000 / 3, product: 'BAG500', job: '' },
    { minute: '1774764000000.000000', revision: 1, running: '60000', good: 59.5, ideal_ms: 500, product: 'BAG500', job: '' },
    { minute: '1774764060000.000000', revision: 1, running: '60000', good: 7, ideal_ms: 1000 / 3, product: 'BAG500', job: '' },
  ])
  t.match(await postgres.rows(`SELECT online, site, version FROM lineside.gateways WHERE gateway = 'plain'`), [{ online: true, site: 'berlin', version: '0.0.0' }])
  await gateway.stop()
  await until('the MES hears that it left', async () => (await postgres.rows(`SELECT 1 FROM lineside.gateways WHERE gateway = 'plain' AND NOT online`)).length === 1)
})

t.test('a broker that is killed with records in its queue loses them, and they come again', async (t) => {
  const gateway = await startGateway({ directory: folderOf(t), id: 'killed', upstreams: [mes()] })
  await gateway.happen(100)
  await until('the first arrived', () => acked(gateway) === 100)
  await ingest.stop()
  // The broker keeps what comes for the worker that is away, acknowledges it, and forgets it when it is killed.
  await gateway.happen(500)
  await until('the broker has taken it', () => gateway.upstreams[0]!.figures().lanes.facts!.sent === 600)
  t.equal(acked(gateway), 100, 'the bookmark did not move on a PUBACK')
  await broker.kill()
  await broker.start()
  ingest = await worker('a')
  await until('it arrived all the same', () => acked(gateway) === 600)
  t.strictSame(await seqsOf('killed'), upTo(600))
  await gateway.stop()
})

t.test('without a consumer the lane stands still and says so, and goes on when there is one', async (t) => {
  const gateway = await startGateway({ directory: folderOf(t), id: 'alone', upstreams: [mes({ root: 'nobody/listens', lanes: ['facts'] })] })
  await gateway.happen(5)
  const lane = () => gateway.upstreams[0]!.figures().lanes.facts!
  await until('the lane is held', () => lane().held !== null)
  t.equal(lane().held, 'nobody subscribes to our records')
  t.strictSame([lane().acked, lane().sent], [0, 0])
  const someone = await stranger(['nobody/listens/+/up/#'])
  await until('it was sent again', () => someone.heard.length > 0)
  await someone.say('nobody/listens/alone/ack/j', { v: 1, ep: gateway.desk.head().epoch, to: 5 })
  await until('the lane is free', () => lane().held === null && lane().acked === 5)
  await someone.leave()
  await gateway.stop()
})

t.test('a watermark that cannot be ours moves nothing', async (t) => {
  const someone = await stranger(['wild/v1/+/up/#'])
  const gateway = await startGateway({ directory: folderOf(t), id: 'wild', upstreams: [mes({ root: 'wild/v1', lanes: ['facts'], ack_timeout: '1h' })] })
  await gateway.happen(10)
  await until('it was sent', () => gateway.upstreams[0]!.figures().lanes.facts!.sent === 10)
  const { epoch } = gateway.desk.head()
  for (const said of [{ v: 1, ep: epoch, to: 11 }, { v: 1, ep: '0000000000000000', to: 5 }, { v: 2, ep: epoch, to: 5 }, { v: 1, ep: epoch, to: -1 }, { v: 1, ep: epoch, to: 1e300 }, 'rubbish', null]) {
    await someone.say('wild/v1/wild/ack/j', said)
  }
  await someone.say('wild/v1/wild/ack/j', Buffer.alloc(200_000, 0x7b))
  await someone.say('wild/v1/wild/ack/j/more', { v: 1, ep: epoch, to: 5 })
  await someone.say('wild/v1/other/ack/j', { v: 1, ep: epoch, to: 5 })
  await someone.say('wild/v1/wild/ack/j', { v: 1, ep: epoch, to: 4 })
  await until('the sound one was heard', () => acked(gateway) === 4)
  await someone.say('wild/v1/wild/ack/j', { v: 1, ep: epoch, to: 2 })
  await someone.say('wild/v1/wild/ack/j', { v: 1, ep: epoch, to: 6 })
  await until('a later one was heard', () => acked(gateway) === 6)
  t.equal(gateway.upstreams[0]!.figures().lanes.facts!.refusedAcksCount, 3, 'the future, the other epoch and the step back are counted')
  t.match(gateway.upstreams[0]!.figures().lanes.facts!.refusedAck, /^2 of epoch [0-9a-f]{16}: it is behind the one before$/)
  await until('and it is stored', async () => (await gateway.desk.bookmarks()).get('upstream/mes') === 6)
  await someone.leave()
  await gateway.stop()
})

t.test('a record that is poison for the database goes to the dead letters, and the others go on', async (t) => {
  const gateway = await startGateway({ directory: folderOf(t), id: 'poison', upstreams: [mes()] })
  await gateway.happen(20, { body: (number) => ({ reason: number === 7 ? 'a zero \u0000 that PostgreSQL cannot keep' : `number ${number}` }) })
  await until('the stream went on', () => acked(gateway) === 20)
  t.strictSame(await seqsOf('poison'), upTo(20).filter((number) => number !== 7))
  const [letter] = await postgres.rows<{ payload: Buffer; why: string }>(`SELECT payload, why FROM lineside.dead_letters WHERE topic LIKE '%/poison/%'`)
  t.match(JSON.parse(letter!.payload.toString()), { s: 7, b: { reason: 'a zero \u0000 that PostgreSQL cannot keep' } })
  await gateway.stop()
})

t.test('what is no batch is kept for a person to see, and stops nobody', async () => {
  const someone = await stranger()
  const bomb = Buffer.concat([Buffer.of(1), deflateRawSync(Buffer.alloc(64 * 2 ** 20, 0x20))])
  const sound = { v: 1, gw: 'noise', ep: '0000000000000001', lane: 'j', after: 0, to: 1, acked: 0, n: 1, sent: 0, hist: false, recs: [{ s: 1, t: 0, k: 'gateway_stopped', c: 1, b: {} }] }
  const odd = [Buffer.from('{'), Buffer.of(1, 2, 3), Buffer.alloc(0), bomb, { ...sound, v: 2 }, { ...sound, to: 0 }, { ...sound, n: 2 }, { ...sound, gw: 'somebody-else' }, { ...sound, lane: 'r' }, { ...sound, ep: 'x' }]
  for (const payload of odd) await someone.say('lineside/v1/noise/up/j', payload)
  await until('each is with the dead letters', async () => (await postgres.rows(`SELECT 1 FROM lineside.dead_letters WHERE topic LIKE '%/noise/%'`)).length === odd.length)
  await someone.say('lineside/v1/noise/up/j', sound)
  await until('a sound one is taken', async () => (await seqsOf('noise')).length === 1)
  await someone.leave()
})

t.test('a hole in a stream has a name until it is filled', async (t) => {
  const someone = await stranger(['lineside/v1/holes/ack/+'])
  const send = (after: number, to: number) => someone.say('lineside/v1/holes/up/j', {
    v: 1, gw: 'holes', ep: '0000000000000001', lane: 'j', after, to, acked: 0, n: to - after, sent: 0, hist: false, recs: upTo(to, after + 1).map((s) => ({ s, t: s, k: 'gateway_stopped', c: 1, b: { reason: String(s) } })),
  })
  const gaps = async () => (await postgres.rows<{ first: string; last: string }>(`SELECT first, last FROM lineside.gaps WHERE gateway = 'holes' ORDER BY first`)).map(({ first, last }) => [Number(first), Number(last)])
  const reached = async () => Number((await postgres.rows<{ n: string }>(`SELECT contiguous AS n FROM lineside.streams WHERE gateway = 'holes'`))[0]?.n)
  await send(0, 10)
  await send(20, 30)
  await send(40, 50)
  await send(25, 35)
  await until('it is all there', async () => (await seqsOf('holes')).length === 35)
  t.strictSame([await reached(), await gaps()], [10, [[11, 20], [36, 40]]])
  await send(35, 40)
  await until('the second is filled', async () => (await gaps()).length === 1)
  t.strictSame([await reached(), await gaps()], [10, [[11, 20]]])
  await send(5, 20)
  await until('the first is filled', async () => await reached() === 50)
  t.strictSame(await gaps(), [])
  t.strictSame(await seqsOf('holes'), upTo(50))
  await until('the MES says so', () => someone.heard.some(({ payload }) => JSON.parse(payload.toString()).to === 50))
  await someone.leave()
})

t.test('a database put back begins a new epoch, and what happens then is not taken for what was', async (t) => {
  const directory = folderOf(t)
  const [data, copy] = [join(directory, 'data'), join(directory, 'copy')]
  const first = await startGateway({ directory: data, id: 'restored', upstreams: [mes()] })
  await first.happen(68)
  await until('it arrived', () => acked(first) === 68)
  await first.stop()
  cpSync(data, copy, { recursive: true })
  const second = await startGateway({ directory: data, id: 'restored', upstreams: [mes()] })
  await second.happen(74)
  await until('more arrived', () => acked(second) === 142)
  await second.stop()
  for (const name of ['journal.db', 'journal.db-wal', 'journal.db-shm']) rmSync(join(data, name), { force: true })
  cpSync(join(copy, 'journal.db'), join(data, 'journal.db'))

  const third = await startGateway({ directory: data, id: 'restored', upstreams: [mes()] })
  await third.happen(70, { body: (number) => ({ reason: `a new history, ${number}` }) })
  await until('the new history arrived', () => acked(third) === 212)
  const epochs = await postgres.rows<{ n: string; first: string; last: string }>(`SELECT count(*) AS n, min(seq) AS first, max(seq) AS last FROM lineside.facts WHERE gateway = 'restored' GROUP BY epoch ORDER BY epoch`)
  t.strictSame(epochs, [{ n: '142', first: '1', last: '142' }, { n: '70', first: '143', last: '212' }])
  t.match(await postgres.rows(`SELECT first, last, why FROM lineside.gone WHERE gateway = 'restored'`), [{ first: '69', last: '142', why: 'not_kept' }])
  await third.stop()
})

t.test('two histories under the same numbers are both kept, and named', async (t) => {
  const directory = folderOf(t)
  const [data, copy] = [join(directory, 'data'), join(directory, 'copy')]
  const first = await startGateway({ directory: data, id: 'forked', upstreams: [mes()] })
  await first.happen(10)
  await until('it arrived', () => acked(first) === 10)
  await first.stop()
  cpSync(data, copy, { recursive: true })
  const second = await startGateway({ directory: data, id: 'forked', upstreams: [mes()] })
  await second.happen(10)
  await until('more arrived', () => acked(second) === 20)
  await second.stop()
  // A whole disk image was put back, with everything by which the gateway could have noticed.
  rmSync(data, { recursive: true })
  cpSync(copy, data, { recursive: true })

  const third = await startGateway({ directory: data, id: 'forked', upstreams: [mes()] })
  await third.happen(10, { body: (number) => ({ reason: `another history, ${number}` }) })
  await until('both are there', async () => (await postgres.rows(`SELECT 1 FROM lineside.forks WHERE gateway = 'forked'`)).length === 10)
  t.strictSame(await seqsOf('forked'), upTo(20))
  const [fork] = await postgres.rows<{ record: { body: object } }>(`SELECT record FROM lineside.forks WHERE gateway = 'forked' AND seq = 13`)
  t.strictSame(fork!.record.body, { reason: 'another history, 13' })
  await third.stop()
})

t.test('what only a box had that died is struck when the other one goes on from before it, whenever it arrives', async (t) => {
  const someone = await stranger()
  const [old, next] = ['0000000000000001', '0000000000000002']
  const say = (ep: string, lane: 'j' | 'r', after: number, recs: readonly object[], more: object = {}) =>
    someone.say(`lineside/v1/pair/up/${lane}`, { v: 1, gw: 'pair', ep, lane, after, to: after + recs.length, acked: 0, n: recs.length, sent: 0, hist: false, recs, ...more })
  const fact = (s: number, k = 'gateway_stopped', b: object = { reason: String(s) }) => ({ s, t: START + s, k, c: 1, b })
  const row = (w: number, minute: number, good: number) =>
    ({ w, m: START + minute * 60_000, l: 'BP01', e: 'BAG1', sh: '', jb: '', p: '', i: 1_000, rev: 0, ms: rowLeaves.ms.map(() => 0), pt: rowLeaves.pt.map((leaf) => (leaf === 'good' ? good : 0)) })
  const reached = async (ep: string, lane: string) => Number((await postgres.rows<{ n: string }>('SELECT contiguous AS n FROM lineside.streams WHERE (gateway, epoch, lane) = ($1, $2, $3)', ['pair', ep, lane]))[0]?.n)
  const goods = async () => (await postgres.rows<{ good: number }>(`SELECT good FROM lineside.losses WHERE gateway = 'pair' ORDER BY minute`)).map(({ good }) => good)
  const struck = async () => (await postgres.rows<{ seq: string }>(`SELECT seq FROM lineside.superseded WHERE gateway = 'pair' ORDER BY seq`)).map(({ seq }) => Number(seq))

  await say(old, 'j', 0, [1, 2, 3].map((s) => fact(s)))
  await say(old, 'r', 0, [row(1, 0, 10), row(2, 1, 20), row(3, 2, 30)])
  await until('what both have is here', async () => await reached(old, 'j') === 3 && await reached(old, 'r') === 3)
  await say(old, 'j', 3, [fact(4), fact(5)], { alone: true })
  await say(old, 'r', 3, [row(4, 1, 21), row(5, 3, 40), row(6, 2, 31)], { alone: true })
  await say(old, 'r', 6, [row(7, 1, 22)], { alone: true })
  await until('what one alone has is here', async () => await reached(old, 'j') === 5 && await reached(old, 'r') === 7)
  t.strictSame(await goods(), [10, 22, 31, 40])
  // The other one has written the third minute itself by the time its takeover is heard of.
  await say(next, 'r', 3, [row(4, 2, 35)], { acked: 3 })
  await until('the other one is heard', async () => await reached(next, 'r') === 4)
  await say(next, 'j', 3, [{ gone: [4, 10], why: 'not_kept' }, fact(11, 'taken_over', { box: 'b', from_epoch: old, from_seq: 3, from_rows: 3, why: 'force', silent_seconds: null })], { acked: 3, to: 11 })
  await until('it goes on', async () => await reached(next, 'j') === 11)
  t.strictSame([await seqsOf('pair'), await struck()], [[1, 2, 3, 11], [4, 5]])
  t.strictSame(await goods(), [10, 20, 35], 'what was there before is there again, and what the other one wrote stays')

  // The dead box wakes, and tells what lay with it.
  await say(old, 'j', 5, [fact(6)], { alone: true })
  await say(old, 'r', 7, [row(8, 0, 11), row(9, 4, 50)], { alone: true })
  await until('it is taken, so that it need not come again', async () => await reached(old, 'j') === 6 && await reached(old, 'r') === 9)
  t.strictSame([await seqsOf('pair'), await struck(), await goods()], [[1, 2, 3, 11], [4, 5, 6], [10, 20, 35]])
  await someone.leave()
})

t.test('which rows stand after a takeover depends neither on the order in which they came nor on who took them', async (t) => {
  const workers = [openDatabase(postgres.url, silentLog), openDatabase(postgres.url, silentLog)]
  const [old, next] = ['0000000000000001', '0000000000000002']
  let turned = 0
  for (let seed = 1; seed <= 16; seed++) {
    const chance = seededChance(seed)
    const gw = `pair-${seed}`
    const row = (w: number, good: number) => ({
      w, m: START + chance.whole(0, 3) * 60_000, l: 'BP01', e: 'BAG1', sh: '', jb: '', p: '', i: 1_000, rev: 0, ms: rowLeaves.ms.map(() => 0), pt: rowLeaves.pt.map((leaf) => (leaf === 'good' ? good : 0)),
    })
    const batches = (ep: string, rows: readonly ReturnType<typeof row>[], alone: (to: number) => boolean): Batch[] => {
      const made: Batch[] = []
      for (let from = 0; from < rows.length;) {
        // A row comes once in a batch, because a gateway has each once.
        const rest = rows.slice(from, from + chance.whole(1, 4))
        const twice = rest.findIndex(({ m }, i) => rest.slice(0, i).some((other) => other.m === m))
        const recs = twice === -1 ? rest : rest.slice(0, twice)
        from += recs.length
        const after = recs[0]!.w - 1
        made.push(batch.parse({ v: 1, gw, ep, lane: 'r', after, to: after + recs.length, acked: after, n: recs.length, sent: 0, hist: false, recs, ...(alone(after + recs.length) ? { alone: true } : {}) }))
      }
      return made
    }
    const before = Array.from({ length: 30 }, (_, i) => row(i + 1, i + 1))
    const apartFrom = chance.whole(0, 20)
    const ofOld = batches(old, before, (to) => to > apartFrom && chance.happens(0.95))
    // The other box has at least what was told as known to both.
    const fromRows = chance.whole(Math.max(0, ...ofOld.filter(({ alone }) => alone !== true).map(({ to }) => to)), 30)
    const after = Array.from({ length: chance.whole(0, 4) }, (_, i) => row(fromRows + i + 1, 1_000 + i))
    const takeover = batch.parse({ v: 1, gw, ep: next, lane: 'j', after: 0, to: 1, acked: 0, n: 1, sent: 0, hist: false, recs: [{ s: 1, t: START, k: 'taken_over', c: 1, b: { box: 'b', from_epoch: old, from_seq: 0, from_rows: fromRows, why: 'silence', silent_seconds: 5 } }] })
    const waiting = [...ofOld, ...batches(next, after, () => chance.happens(0.5)), takeover].map((one) => ({ one, place: chance.whole(0, 1_000) })).sort((a, b) => a.place - b.place).map(({ one }) => one)
    // Each worker takes two at a time, as its connections let it.
    await Promise.all([...workers, ...workers].map(async (database) => {
      for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) await take(database, one, JSON.stringify(one), 'up')
    }))
    const standing = new Map<number, number>()
    for (const { m, pt } of [...before.filter(({ w: written }) => written <= fromRows), ...after]) standing.set(m, pt[rowLeaves.pt.indexOf('good')]!)
    const found = await postgres.rows<{ m: number; good: number }>(`SELECT (extract(epoch FROM minute) * 1000)::float8 AS m, good FROM lineside.losses WHERE gateway = $1 ORDER BY minute`, [gw])
    t.strictSame(found.map(({ m, good }) => [m, good]), [...standing].sort(([one], [other]) => one - other), `history ${seed}`)
    turned += before.length - fromRows
  }
  t.ok(turned > 20, `${turned} rows were struck`)
  await Promise.all(workers.map((database) => database.close()))
})

t.test('every upstream has its own bookmark, and the weaker mode moves it on the PUBACK', async (t) => {
  const someone = await stranger(['cloud/v1/+/up/#'])
  const gateway = await startGateway({ directory: folderOf(t), id: 'twice', upstreams: [mes(), mes({ name: 'cloud', root: 'cloud/v1', ack: 'puback', deflate: false, batch: 10, lanes: ['facts'] })] })
  await gateway.happen(25)
  const [plant, cloud] = gateway.upstreams
  await until('both are done', () => plant!.figures().lanes.facts!.acked === 25 && cloud!.figures().lanes.facts!.acked === 25)
  await until('and both are stored', async () => (await gateway.desk.bookmarks()).get('upstream/cloud') === 25 && (await gateway.desk.bookmarks()).get('upstream/mes') === 25)
  await until('and heard', () => someone.heard.length >= 3)
  t.strictSame(someone.heard.map(({ payload }) => JSON.parse(payload.toString())).map(({ after, to, n, hist }) => [after, to, n, hist]), [[0, 10, 10, true], [10, 20, 10, true], [20, 25, 5, false]])
  await cloud!.pause(true)
  await gateway.happen(5)
  await until('the plant goes on', () => plant!.figures().lanes.facts!.acked === 30)
  t.match(cloud!.figures().lanes.facts, { acked: 25, sent: 25, held: 'paused' })
  await cloud!.pause(false)
  await until('the cloud too', () => cloud!.figures().lanes.facts!.acked === 30)
  cloud!.resend(21)
  await until('it came again', () => someone.heard.length === 5)
  t.match(JSON.parse(someone.heard[4]!.payload.toString()), { after: 20, to: 30, acked: 20 })
  await someone.leave()
  await gateway.stop()
})

t.test('what retention took before it was sent has a name', async (t) => {
  const gateway = await startGateway({ directory: folderOf(t), id: 'short', forgetful: true, upstreams: [] })
  await gateway.happen(30, { at: instant(1_000_000) })
  await gateway.happen(5)
  await until('retention took the first', async () => (await gateway.journal.sizes()).factSeqFirst > 1)
  const first = (await gateway.journal.sizes()).factSeqFirst
  await gateway.stop()
  const again = await startGateway({ directory: t.testdirName, id: 'short', upstreams: [mes({ lanes: ['facts'] })] })
  await until('the rest arrived', () => acked(again) === 35)
  t.strictSame(await seqsOf('short'), upTo(35, first))
  t.match(await postgres.rows(`SELECT first, last, why FROM lineside.gone WHERE gateway = 'short'`), [{ first: '1', last: String(first - 1), why: 'not_kept' }])
  await again.stop()
})

t.test('OEE in SQL is that of the gateway, for equipment, lines by every method, and the site', async (t) => {
  const chance = seededChance(11)
  const shifts = ['2026-03-29/early', '2026-03-29/late']
  const rows = Array.from({ length: 240 }, (_, minute) => ['BAG1', 'PAL1'].map((equipment): LossRow => {
    const leaves = timeLeaves.map((leaf) => [leaf, chance.whole(0, 6_000)] as const)
    return {
      ...rowOf(minute), equipment, shift: shifts[Math.floor(minute / 120)]!, product: chance.pick(['A', 'B', null]), idealMs: chance.pick([800, 1_000]) + (equipment === 'PAL1' ? 150 : 0),
      ms: Object.fromEntries(leaves) as LossRow['ms'], parts: { good: chance.whole(0, 40), startup_reject: chance.whole(0, 2), production_reject: chance.whole(0, 3), off_schedule: 1, recovered: 2, reworked: chance.whole(0, 2) },
    }
  })).flat()
  // Two parts in three minutes were under way at their end; the line counts them where they were made.
  for (let minute = 0; minute < 240; minute += 3) {
    rows.push({ ...rowOf(minute), equipment: 'BP01', shift: shifts[Math.floor(minute / 120)]!, product: chance.pick(['A', 'B', null]), idealMs: 950, ms: noTime, parts: { ...noParts, good: chance.pick([-2, -1, 2]), production_reject: chance.pick([-1, 0, 1]) } })
  }
  const figures = ['oee', 'availability', 'performance', 'quality', 'coverage', 'oee_low', 'oee_high'] as const
  const near = (found: Record<string, unknown> | undefined, wanted: Oee, what: string): void => {
    const expected = { ...wanted, oee_low: wanted.bounds.low, oee_high: wanted.bounds.high }
    for (const figure of figures) t.ok(Math.abs(Number(found?.[figure]) - expected[figure]!) < 1e-12, `${figure} of ${what}`)
  }
  // With B the palletizer limits the line, so that it has time of that in place of time of the bagger.
  for (let minute = 0; minute < 240; minute += 2) {
    const moved = chance.whole(1, 900)
    rows.push({ ...rowOf(minute), equipment: 'BP01', shift: shifts[Math.floor(minute / 120)]!, product: 'B', idealMs: 0, ms: { ...noTime, running: -moved, unplanned: Math.floor(moved / 2), no_data: moved - Math.floor(moved / 2) }, parts: noParts })
  }
  for (const [id, method, constraints] of [['constraint', 'constraint', {}], ['moving', 'constraint', { B: 'PAL1' }], ['line-exit', 'line_exit', {}], ['ratio-of-sums', 'ratio_of_sums', {}]] as const) {
    const gateway = await startGateway({ directory: folderOf(t, { [id]: {} }) + `/${id}`, id, method, constraints, upstreams: [mes()] })
    await gateway.happen(1, { rows })
    await until('the rows are there', async () => Number((await postgres.rows<{ n: string }>('SELECT count(*) AS n FROM lineside.losses WHERE gateway = $1', [id]))[0]!.n) === rows.length)
    await until('and the line', async () => (await postgres.rows('SELECT 1 FROM lineside.lines WHERE gateway = $1', [id])).length === 1)
    const plan = linePlans(gateway.desk.config, 1)[0]!
    const window = { from: START, to: START }
    for (const shift of shifts) {
      const sums = sumRowsBy(rows.filter((row) => row.shift === shift), (row) => row.equipment)
      near((await postgres.rows<Record<string, unknown>>('SELECT * FROM lineside.oee_by_line WHERE gateway = $1 AND shift = $2', [id, shift]))[0], lineOee(sums, window, plan), `the line by ${id}`)
      if (method !== 'constraint') continue
      const one = await postgres.rows<Record<string, unknown>>(`SELECT * FROM lineside.oee_by_equipment WHERE gateway = $1 AND shift = $2 AND equipment = 'PAL1'`, [id, shift])
      near(one[0], oeeOf(sums.get('PAL1')!, window, plan, plan.line.equipment[1]!), 'an equipment')
      const [rework] = await postgres.rows<{ reworked: number }>(`SELECT sum(reworked) AS reworked FROM lineside.rework_by_shift WHERE gateway = $1 AND shift = $2 AND equipment = 'PAL1'`, [id, shift])
      const parts = rows.filter((row) => row.shift === shift && row.equipment === 'PAL1').map((row) => row.parts)
      t.ok(rework!.reworked > 0)
      t.equal(rework!.reworked, parts.reduce((sum, { reworked }) => sum + reworked, 0), 'what rework made good')
    }
    await gateway.stop()
  }
  const [site] = await postgres.rows<{ planned: string; good_ms: number; oee: number }>(`SELECT planned_ms AS planned, good_ms, oee FROM lineside.oee_by_site WHERE site = 'berlin' AND shift = '2026-03-29/late'`)
  const lines = await postgres.rows<{ planned: string; good_ms: number }>(`SELECT planned_ms AS planned, good_ms FROM lineside.oee_by_line WHERE site = 'berlin' AND shift = '2026-03-29/late'`)
  t.equal(Number(site!.planned), lines.reduce((sum, line) => sum + Number(line.planned), 0))
  t.ok(Math.abs(site!.oee - lines.reduce((sum, line) => sum + line.good_ms, 0) / Number(site!.planned)) < 1e-12, 'sums first, ratios after')
})

t.test('presence: a will that comes late says nothing', async (t) => {
  const someone = await stranger(['lineside/v1/there/st'])
  const gateway = await startGateway({ directory: folderOf(t), id: 'there', upstreams: [mes({ heartbeat: '1s' })] })
  const online = async () => (await postgres.rows<{ online: boolean; session: string }>(`SELECT online, session FROM lineside.gateways WHERE gateway = 'there'`))[0]
  await until('it is there', async () => (await online())?.online === true)
  await gateway.upstreams[0]!.stop()
  await until('it said goodbye', async () => (await online())?.online === false)
  await someone.say('lineside/v1/there/st', { v: 1, online: true, sess: 5, ep: gateway.desk.head().epoch })
  await until('it is there again', async () => (await online())?.session === '5')
  await someone.say('lineside/v1/there/st', { v: 1, online: false, sess: 4 })
  await someone.say('lineside/v1/there/st', { v: 1, online: true, sess: 6, ep: gateway.desk.head().epoch })
  await until('the next session is known', async () => (await online())?.session === '6')
  t.equal((await online())?.online, true)
  t.match(someone.heard.map(({ payload }) => JSON.parse(payload.toString())), [{ online: true, sess: 1, site: 'berlin', lines: [{ code: 'BP01', method: 'constraint', equipment: [{ code: 'BAG1', constraint: true }, { code: 'PAL1', constraint: false }] }] }])
  await someone.leave()
  await gateway.journal.close()
})

t.test('presence: what a broker keeps of a gateway that is gone is believed for three heartbeats', async (t) => {
  const someone = await stranger()
  await ingest.stop()
  const said = { v: 1, online: true, sess: 1, ep: '0000000000000001', heartbeat_seconds: 60 }
  await someone.say('lineside/v1/gone/st', { ...said, at: Date.now() - 3_600_000 }, { retain: true })
  await someone.say('lineside/v1/here/st', { ...said, at: Date.now() }, { retain: true })
  // A worker that was never here hears of both from what the broker keeps.
  ingest = await worker('newcomer')
  const presence = async (gateway: string) => (await postgres.rows<{ online: boolean }>(`SELECT online, said_online, is_stale FROM lineside.presence WHERE gateway = $1`, [gateway]))[0]
  await until('both are known', async () => await presence('gone') !== undefined && await presence('here') !== undefined)
  t.strictSame(await presence('gone'), { online: false, said_online: true, is_stale: true })
  t.strictSame(await presence('here'), { online: true, said_online: true, is_stale: false })
  await someone.say('lineside/v1/gone/st', { ...said, sess: 2, at: Date.now() })
  await until('it is heard itself', async () => (await presence('gone'))?.online === true)
  await someone.leave()
})
