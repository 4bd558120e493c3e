/** The way to a broker that misbehaves: refuses, forgets to answer, has small pockets, hangs up at once. */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { type Chance, systemChance } from '../../src/base/chance.js'
import { type Clock, systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { laterMono, sinceMono } from '../../src/base/units.js'
import type { Fault } from '../../src/contract/faults.js'
import { type Broker, type Connection, type Link, startLink } from '../../src/faces/mqtt/link.js'
import { until } from '../support/child.js'
import { folderOf } from '../support/folder.js'
import { startGateway } from '../support/gateway.js'
import { startMosquitto } from '../support/mosquitto.js'
import { type Script, startScriptedBroker } from '../support/scripted-broker.js'

interface Try { readonly link: Link; readonly faults: Fault[]; readonly waits: number[]; readonly connections: Connection[] }

/** A link to a scripted broker, whose waits between attempts are shortened and written down. */
async function linkTo(t: Tap, script: Script, more: Partial<Broker> = {}) {
  const broker = await startScriptedBroker(script)
  const seen: Omit<Try, 'link'> = { faults: [], waits: [], connections: [] }
  let looked = systemClock.mono()
  const clock: Clock = {
    ...systemClock,
    mono() { looked = systemClock.mono(); return looked },
    wait(until, signal) {
      // From when it was worked out, however late a busy machine comes to it.
      const ms = sinceMono(until, looked)
      // Only the link's own waits are that long here.
      if (seen.faults.length > seen.waits.length) {
        seen.waits.push(ms)
        return systemClock.wait(laterMono(systemClock.mono(), 5), signal)
      }
      return systemClock.wait(until, signal)
    },
  }
  // The middle of every range: what the rule says without the jitter.
  const chance: Chance = { ...systemChance, unit: () => 0.5 }
  const link = startLink({
    broker: { url: broker.url, clientId: 'gw', keepaliveMs: 20_000, waitMsMax: 60_000, sessionSeconds: 0, ...more }, clock, chance, log: silentLog,
    will: () => Promise.resolve({ topic: 'will', payload: `gone ${broker.seen.connects.length}` }),
    up: (connection) => { seen.connections.push(connection) }, down: (fault) => { seen.faults.push(fault) }, message: () => undefined,
  })
  t.teardown(async () => {
    await link.stop()
    await broker.stop()
  })
  return { broker, link, ...seen }
}
type Tap = Pick<typeof t, 'teardown'>

/** How often the first wait, half a second, was doubled. */
const doublings = (ms: number): number => Math.round(Math.log2(ms / 500))

t.setTimeout(600_000)

t.test('a refused CONNECT is tried again, ever more slowly, and says in words what to do', async (t) => {
  const codes = [0x88, 0x87, 0x86, 0x8a, 0x9f]
  const { broker, faults, waits, connections } = await linkTo(t, { connack: (n) => ({ reasonCode: codes[n] ?? 0 }) })
  await until('it is connected in the end', () => connections.length === 1)
  t.strictSame(faults.map(({ code, fields }) => [code, fields['code']]), codes.map((code) => ['UPSTREAM_REFUSED', `0x${code.toString(16)}`]))
  t.match(faults[1]!.fields, { meaning: 'we are not authorised', advice: /ACL/ })
  t.strictSame(waits.map(doublings), [0, 1, 2, 3, 4])
  t.strictSame(broker.seen.connects.map(({ will }) => String(will!.payload)), ['gone 0', 'gone 1', 'gone 2', 'gone 3', 'gone 4', 'gone 5'], 'each connection has a will of its own')
})

t.test('packets of ever other lengths leave next to nothing behind', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const buffers = (): number => { collect(); return process.memoryUsage().arrayBuffers }
  const { broker, connections } = await linkTo(t, {})
  await until('it is connected', () => connections.length === 1)
  const before = buffers()
  for (let length = 1_000; length < 1_000 + LENGTHS; length++) {
    await connections[0]!.publish('t', 'x'.repeat(length), { qos: 0 })
    // As in a gateway, where others take of the pool meanwhile.
    for (let i = 0; i < 100; i++) Buffer.from('somebody else takes a hundred and some bytes of the pool, for as long as an answer takes')
  }
  await until('all have arrived', () => broker.seen.publishes.length === LENGTHS)
  // This broker remembers whatever it was told.
  const told = broker.seen.publishes.reduce((sum, { payload }) => sum + payload.length, 0)
  const kept = (buffers() - before - told) / LENGTHS
  t.ok(kept < 3_000, `${kept.toFixed(0)} bytes for each length`)
})
const LENGTHS = 4_000

t.test('a broker that does not speak MQTT 5 is spoken to in 3.1.1', async (t) => {
  const { broker, connections } = await linkTo(t, { connack: (n) => ({ reasonCode: n === 0 ? 0x84 : 0 }) })
  await until('it is connected', () => connections.length === 1)
  t.strictSame(broker.seen.connects.map(({ protocolVersion }) => protocolVersion), [5, 4])
  t.equal(await connections[0]!.publish('a', 'b'), 0)
})

t.test('a broker that hangs up right after its welcome is not stormed', async (t) => {
  const { waits } = await linkTo(t, { dropAfterMs: 5 })
  await until('it hung up six times', () => waits.length >= 6)
  t.strictSame(waits.slice(0, 6).map(doublings), [0, 1, 2, 3, 4, 5])
})

t.test('a broker gets no more at once than it said it can take, and everything in the end', async (t) => {
  for (const receiveMaximum of [1, 5]) {
    const { broker, connections } = await linkTo(t, { connack: () => ({ reasonCode: 0, properties: { receiveMaximum } }), puback: () => ({ reasonCode: 0, afterMs: 2 }) })
    await until('it is connected', () => connections.length === 1)
    const reasons = await Promise.all(Array.from({ length: 50 }, (_, i) => connections[0]!.publish('a', String(i))))
    t.ok(reasons.every((reason) => reason === 0))
    t.equal(broker.seen.inFlightMax, receiveMaximum)
    t.strictSame(broker.seen.publishes.map(({ payload }) => Number(payload)), Array.from({ length: 50 }, (_, i) => i), 'in order')
  }
})

t.test('reasons of a PUBACK come through, also those that mqtt.js takes for success', async (t) => {
  const { connections } = await linkTo(t, { puback: ({ payload }) => ({ reasonCode: Number(payload), afterMs: 0 }) })
  await until('it is connected', () => connections.length === 1)
  const codes = [0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x97, 0x99]
  t.strictSame(await Promise.all(codes.map((code) => connections[0]!.publish('a', String(code)))), codes)
})

t.test('a broker that answers pings but no publish is left', async (t) => {
  const { broker, faults, connections } = await linkTo(t, { puback: () => null }, { keepaliveMs: 1_000 })
  await until('it is connected', () => connections.length === 1)
  await t.rejects(connections[0]!.publish('a', 'b'), { code: 'UPSTREAM_LOST' })
  await until('it is noted', () => faults.length > 0)
  t.match(faults[0], { code: 'UPSTREAM_LOST', fields: { why: /acknowledges nothing/ } })
  t.ok(broker.seen.pings > 0, 'pings were answered all the while')
})

t.test('a file that cannot be read is said so, and read again at the next attempt', async (t) => {
  const { faults } = await linkTo(t, {}, { passwordFile: '/nonexistent/password' })
  await until('it was tried twice', () => faults.length >= 2)
  t.match(faults[1], { code: 'UPSTREAM_FILE', fields: { file: '/nonexistent/password' } })
})

t.test('a broker with small packets gets smaller messages, and a record beyond them makes room for its name', async (t) => {
  const broker = await startMosquitto(folderOf(t, { gateway: {} }), ['max_packet_size 2000'])
  const heard: { recs: object[] }[] = []
  const subscribed: Promise<unknown>[] = []
  const ears = startLink({
    broker: { url: broker.url, clientId: 'ears', keepaliveMs: 20_000, waitMsMax: 500, sessionSeconds: 0 }, clock: systemClock, chance: systemChance, log: silentLog,
    up: (connection) => { subscribed.push(connection.subscribe(['lineside/v1/+/up/#'])) }, down: () => undefined, message: ({ payload }) => { heard.push(JSON.parse(payload.toString()) as { recs: object[] }) },
  })
  await until('somebody is there', () => subscribed.length > 0)
  await Promise.all(subscribed)
  const gateway = await startGateway({ directory: `${t.testdirName}/gateway`, id: 'small', upstreams: [{ name: 'mes', url: broker.url, ack: 'puback', deflate: false, lanes: ['facts'], reconnect_max: '500ms' }] })
  t.teardown(async () => {
    await gateway.stop()
    await ears.stop()
    await broker.stop()
  })
  await gateway.happen(40, { body: (number) => ({ reason: number === 20 ? 'x'.repeat(3_000) : `number ${number}` }) })
  const lane = () => gateway.upstreams[0]!.figures().lanes.facts!
  await until('all is sent', () => lane().acked === 40)
  t.equal(lane().quarantinedCount, 1)
  // The broker answers the one who says before the one who hears has it.
  await until('and heard', () => heard.some(({ recs }) => recs.some((rec) => (rec as { s?: number }).s === 40)))
  t.ok(heard.length > 2, 'it took several messages')
  t.strictSame(heard.flatMap(({ recs }) => recs.map((rec) => 'gone' in rec ? rec : (rec as { s: number }).s)), [
    ...Array.from({ length: 19 }, (_, i) => i + 1), { gone: [20, 20], why: 'too_large' }, ...Array.from({ length: 20 }, (_, i) => i + 21),
  ])
})
