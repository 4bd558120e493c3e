/** A lane in trouble: a queue that overflows, watermarks that get lost, a broker that freezes or says no, and what is current before what was. */

import { mkdirSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'
import t from 'tap'
import { seededChance, systemChance } from '../../../src/base/chance.js'
import { systemClock } from '../../../src/base/clock.js'
import { limits } from '../../../src/base/limits.js'
import { silentLog } from '../../../src/base/log.js'
import { retryWaits } from '../../../src/base/retry.js'
import { startLink } from '../../../src/faces/mqtt/link.js'
import { factSum } from '../../../src/journal/facts/fact-sum.js'
import { openWriter } from '../../../src/journal/store/database.js'
import { databasePath } from '../../../src/journal/keeping/gate.js'
import { migrate } from '../../../src/journal/migrations/migrate.js'
import { until } from '../../support/child.js'
import { type Gateway, startGateway } from '../../support/gateway.js'
import { type Mes, openMes } from '../../support/mes.js'
import { startMosquitto } from '../../support/mosquitto.js'
import { startScriptedBroker } from '../../support/scripted-broker.js'

t.setTimeout(600_000)

interface Batch { readonly v: number; readonly ep: string; readonly after: number; readonly to: number; readonly hist: boolean; readonly recs: readonly { readonly s: number }[] }
const batchOf = (payload: Buffer): Batch => JSON.parse((payload[0] === 1 ? inflateRawSync(payload.subarray(1)) : payload).toString()) as Batch
const lane = (gateway: Gateway) => gateway.upstreams[0]!.figures().lanes.facts!
const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1)

/** An MES that commits what it gets and says how far it is without a hole; `says` may swallow that. */
async function committing(url: string, gateway: string, says: (to: number) => boolean = () => true) {
  const committed = new Set<number>()
  const batches: Batch[] = []
  let [contiguous, doubled] = [0, 0]
  const sayer: Mes = await openMes({ url, gateway })
  const listener = await openMes({ url, gateway, listens: [`lineside/v1/${gateway}/up/j`], hears(_topic, payload) {
    const batch = batchOf(payload)
    batches.push(batch)
    for (const { s } of batch.recs) {
      if (committed.has(s)) doubled++
      committed.add(s)
    }
    while (committed.has(contiguous + 1)) contiguous++
    if (says(contiguous)) void sayer.say(`lineside/v1/${gateway}/ack/j`, JSON.stringify({ v: 1, ep: batch.ep, to: contiguous }), { qos: 1, retain: true })
  } })
  return { committed, batches, doubled: () => doubled, async leave() { await listener.leave(); await sayer.leave() } }
}

t.test('a broker whose queue is full drops what it has acknowledged, and it comes again', async (t) => {
  const broker = await startMosquitto(t.testdir({ b: {}, g: {} }), ['max_queued_messages 5'])
  // A durable session without anybody: the broker queues for it, five messages at most.
  const subscribed: Promise<unknown>[] = []
  const away = startLink({ broker: { url: broker.url, clientId: 'away', keepaliveMs: 20_000, waitMsMax: 500, sessionSeconds: 600 }, clock: systemClock, chance: systemChance, log: silentLog,
    up: (connection) => { subscribed.push(connection.subscribe(['lineside/v1/full/up/#'])) }, down: () => undefined, message: () => undefined })
  await until('the session stands', () => away.isUp && subscribed.length > 0)
  await Promise.all(subscribed)
  await away.stop()
  const gateway = await startGateway({ directory: `${t.testdirName}/g`, id: 'full', upstreams: [{ name: 'mes', url: broker.url, lanes: ['facts'], batch: 10, ack_timeout: '1s' }] })
  await gateway.happen(300)
  await until('more was sent than the broker keeps', () => lane(gateway).sent >= 100)
  t.equal(lane(gateway).acked, 0, 'a PUBACK moves no bookmark')
  const mes = await committing(broker.url, 'full')
  await until('everything is safe', () => lane(gateway).acked === 300)
  t.strictSame([...mes.committed].sort((a, b) => a - b), upTo(300))
  await gateway.stop()
  await mes.leave()
  await broker.stop()
})

t.test('watermarks that get lost cost repetitions and nothing else', async (t) => {
  const broker = await startMosquitto(t.testdir({ b: {}, g: {} }))
  let lostCount = 0
  const mes = await committing(broker.url, 'mute', () => ++lostCount > 8)
  const gateway = await startGateway({ directory: `${t.testdirName}/g`, id: 'mute', upstreams: [{ name: 'mes', url: broker.url, lanes: ['facts'], batch: 10, window: 4, ack_timeout: '300ms' }] })
  await gateway.happen(100)
  await until('everything is safe', () => lane(gateway).acked === 100)
  t.strictSame([...mes.committed].sort((a, b) => a - b), upTo(100))
  t.ok(mes.doubled() > 0 && lane(gateway).rewindsCount > 0, 'it went back')
  await gateway.stop()
  await mes.leave()
  await broker.stop()
})

t.test('a broker that freezes is left within one and a half keep-alives', async (t) => {
  const broker = await startMosquitto(t.testdir())
  const link = startLink({ broker: { url: broker.url, clientId: 'gw', keepaliveMs: 1_000, waitMsMax: 500, sessionSeconds: 0 }, clock: systemClock, chance: systemChance, log: silentLog, up: () => undefined, down: () => undefined, message: () => undefined })
  await until('it is connected', () => link.isUp)
  await broker.freeze()
  // Long before TCP would have given up.
  await until('it is left', () => !link.isUp)
  broker.thaw()
  await until('and found again', () => link.isUp)
  await link.stop()
  await broker.stop()
})

t.test('what the broker says no to stays here: some is tried again soon, some when a person had time to mend it', async (t) => {
  for (const [reasonCode, held] of [[0x87, 'we are not authorised'], [0x99, 'it does not like the payload'], [0x97, 'our quota is used up'], [0x80, 'unspecified error']] as const) {
    const broker = await startScriptedBroker({ puback: ({ topic }) => ({ reasonCode: topic.endsWith('/up/j') ? reasonCode : 0, afterMs: 0 }) })
    const gateway = await startGateway({ directory: t.testdir({ [String(reasonCode)]: {} }) + `/${reasonCode}`, id: 'no', upstreams: [{ name: 'mes', url: broker.url, lanes: ['facts'], ack: 'puback' }] })
    await gateway.happen(10)
    await until('it is held', () => lane(gateway).held !== null)
    t.match(lane(gateway), { held, acked: 0, sent: 0 })
    const tries = broker.seen.publishes.filter(({ topic }) => topic.endsWith('/up/j')).length
    t.equal(tries, 1, 'it does not spin')
    await gateway.stop()
    await broker.stop()
  }
})

t.test('two clients of one id push each other off, and are told what to look for', async (t) => {
  const broker = await startMosquitto(t.testdir())
  const said: string[] = []
  const twin = () => startLink({ broker: { url: broker.url, clientId: 'twin', keepaliveMs: 20_000, waitMsMax: 60_000, sessionSeconds: 0 }, clock: systemClock, chance: systemChance, log: silentLog, up: () => undefined, down: (fault) => { said.push(`${fault.remedy} ${String(fault.fields['advice'])}`) }, message: () => undefined })
  const one = twin()
  await until('the first is connected', () => one.isUp)
  const other = twin()
  await until('one was pushed off', () => said.length > 0)
  t.match(said[0], /second (client|gateway)/)
  await one.stop()
  await other.stop()
  await broker.stop()
})

t.test('three hundred gateways do not come back at once', (t) => {
  const rule = { waitMsFirst: limits.upstreamWaitMsFirst, waitMsMax: 60_000, jitter: 1 }
  const tries = Array.from({ length: 300 }, (_, seed) => {
    const waits = retryWaits(rule, seededChance(seed + 1))
    let at = 0
    // The broker is back after three seconds.
    while (at < 3_000) at += waits.next().value
    return at
  })
  const slots = new Map<number, number>()
  for (const at of tries) slots.set(Math.floor(at / 100), (slots.get(Math.floor(at / 100)) ?? 0) + 1)
  // With a fixed period of a second, all who lost the broker together come back together.
  t.ok(Math.max(...slots.values()) < 300 / 5, `at most ${Math.max(...slots.values())} in a tenth of a second`)
  t.end()
})

t.test('what happens now goes ahead of a long history, fills no hole twice, and is safe once', async (t) => {
  const broker = await startMosquitto(t.testdir({ b: {}, g: {} }))
  const filling = await startGateway({ directory: `${t.testdirName}/g`, id: 'long', upstreams: [] })
  await filling.happen(3_000)
  await filling.stop()
  // History stands still until what is current was heard: the MES says nothing, and one message is all that may wait for it.
  let isMute = true
  const mes = await committing(broker.url, 'long', () => !isMute)
  const gateway = await startGateway({ directory: `${t.testdirName}/g`, id: 'long', upstreams: [{ name: 'mes', url: broker.url, lanes: ['facts'], batch: 20, window: 1, ack_timeout: '1h' }] })
  await until('history is on its way', () => mes.batches.length > 0)
  for (let i = 0; i < 20; i++) await gateway.happen(3)
  await until('all that is current was heard', () => mes.batches.at(-1)!.to === 3_060)
  t.ok(mes.batches.every(({ after }) => after < 20 || after >= 3_000), 'ahead of what was')
  t.ok(mes.batches.filter(({ after }) => after >= 3_000).every(({ hist }) => !hist))
  isMute = false
  await gateway.happen(1)
  await until('everything is safe', () => lane(gateway).acked === 3_061)
  t.strictSame([...mes.committed].sort((one, other) => one - other), upTo(3_061))
  // An MES that repeats itself for two seconds, as on a busy machine, makes the lane go back, and that alone may double.
  t.ok(mes.doubled() === 0 || lane(gateway).rewindsCount > 0, `${mes.doubled()} came twice`)
  await gateway.stop()
  await mes.leave()
  await broker.stop()
})

t.test('what goes ahead is safe with the broker alone, too', async (t) => {
  const directory = t.testdir()
  const filling = await startGateway({ directory, id: 'long', upstreams: [] })
  await filling.happen(2_600)
  await filling.stop()
  let isSlow = true
  const broker = await startScriptedBroker({ puback: ({ topic, payload }) => ({ reasonCode: 0, afterMs: isSlow && topic.endsWith('/up/j') && batchOf(payload as Buffer).hist ? 100 : 0 }) })
  const gateway = await startGateway({ directory, id: 'long', upstreams: [{ name: 'mes', url: broker.url, lanes: ['facts'], ack: 'puback', batch: 20, window: 1, ack_timeout: '1h' }] })
  const batches = () => broker.seen.publishes.filter(({ topic }) => topic.endsWith('/up/j')).map(({ payload }) => batchOf(payload as Buffer))
  await until('history is on its way', () => batches().length > 0)
  for (let i = 0; i < 20; i++) await gateway.happen(3)
  await until('all that is current was heard', () => batches().some(({ to }) => to === 2_660))
  isSlow = false
  await until('everything is safe', () => lane(gateway).acked === 2_660)
  const numbers = batches().flatMap(({ recs }) => recs.map(({ s }) => s))
  t.strictSame([...new Set(numbers)].sort((one, other) => one - other), upTo(2_660))
  t.ok(numbers.length <= 2_660 + 60, 'what the broker had not yet answered for may come once more')
  const ahead = batches().findIndex(({ after }) => after >= 2_600)
  t.ok(ahead < batches().findIndex(({ to }) => to === 2_600), `a current fact came as message ${ahead + 1} of ${batches().length}`)
  await gateway.stop()
  await broker.stop()
})

t.test('an MES that is many windows ahead of the bookmark holds nobody up', async (t) => {
  const broker = await startMosquitto(t.testdir({ b: {}, g: {} }))
  const mes = await committing(broker.url, 'ahead')
  const upstreamOf = (name: string) => [{ name, url: broker.url, lanes: ['facts'], batch: 10, window: 2, ack_timeout: '1h' }]
  const first = await startGateway({ directory: `${t.testdirName}/g`, id: 'ahead', upstreams: upstreamOf('mes') })
  await first.happen(500)
  await until('the MES has it', () => lane(first).acked === 500)
  await first.stop()
  // Under another name the bookmark is at the beginning, as after a crash that lost it.
  const second = await startGateway({ directory: `${t.testdirName}/g`, id: 'ahead', upstreams: upstreamOf('again') })
  await second.happen(20)
  await until('it has caught up', () => lane(second).acked === 520)
  t.strictSame([...mes.committed].sort((a, b) => a - b), upTo(520))
  t.equal(lane(second).rewindsCount, 0)
  await second.stop()
  await mes.leave()
  await broker.stop()
})

t.test('a backlog that an older program left is sent by this one', async (t) => {
  const broker = await startMosquitto(t.testdir({ b: {}, g: {} }))
  const directory = `${t.testdirName}/g`
  mkdirSync(directory, { recursive: true })
  const database = openWriter(databasePath(directory))
  migrate(database, 5)
  database.exec(`INSERT INTO epochs (id, epoch, first_seq, minted_at, why) VALUES (1, '0000000000000001', 1, 0, 'created'); INSERT INTO marks (name, value) VALUES ('instance', 'old')`)
  const insert = database.prepare(`INSERT INTO facts (seq, epoch, turn, at, line, equipment, type, config, body, crc) VALUES (:seq, 1, :seq, :at, 'BP01', 'BAG1', :type, 1, :body, :crc)`)
  for (const seq of upTo(250)) {
    const fact = { seq, at: systemClock.now(), type: 'gateway_stopped', body: `{"reason":"number ${seq}"}` }
    insert.run({ ...fact, crc: factSum(fact) })
  }
  database.close()
  const mes = await committing(broker.url, 'old')
  const gateway = await startGateway({ directory, id: 'old', upstreams: [{ name: 'mes', url: broker.url, lanes: ['facts'] }] })
  await gateway.happen(10)
  await until('everything is safe', () => lane(gateway).acked === 260)
  t.strictSame([...mes.committed].sort((one, other) => one - other), upTo(260))
  t.ok(mes.batches.every(({ v }) => v === 1), 'each batch says which version of the stream it is of')
  await gateway.stop()
  await mes.leave()
  await broker.stop()
})
