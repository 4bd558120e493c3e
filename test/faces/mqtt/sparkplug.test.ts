/** The Sparkplug edge node, packet by packet: a monitor checks what Eclipse's conformance kit checks, and calls each check by its id there. */

import { createRequire } from 'node:module'
import type { IPublishPacket, ISubscribePacket } from 'mqtt-packet'
import t, { type Test } from 'tap'
import { systemChance } from '../../../src/base/chance.js'
import { systemClock } from '../../../src/base/clock.js'
import { limits } from '../../../src/base/limits.js'
import { silentLog } from '../../../src/base/log.js'
import { config as configSchema } from '../../../src/contract/config.js'
import { startEdge } from '../../../src/faces/mqtt/sparkplug/edge.js'
import { decode, encode } from '../../../src/faces/mqtt/sparkplug/payload.js'
import { catalogue } from '../../../src/contract/events/catalogue.js'
import { until } from '../../support/child.js'
import { type ScriptedBroker, startScriptedBroker } from '../../support/scripted-broker.js'
import { type AnnouncingDesk, announcing } from '../support/announcing.js'
import { exampleConfig, openMemoryDesk } from '../support/desk.js'

t.setTimeout(600_000)

interface Metric { readonly name?: string; readonly alias?: unknown; readonly type?: string; readonly value?: unknown; readonly isHistorical?: boolean; readonly isNull?: boolean; readonly timestamp?: unknown }
interface Payload { readonly timestamp?: unknown; readonly seq?: unknown; readonly metrics?: readonly Metric[] }

/** The reference implementation of the payload, as a second opinion on what we wrote. */
const reference = (createRequire(import.meta.url)('sparkplug-payload') as { get(namespace: string): { encodePayload(payload: object): Uint8Array; decodePayload(bytes: Uint8Array): Payload } }).get('spBv1.0')
const read = (publish: Pick<IPublishPacket, 'payload'>): Payload => reference.decodePayload(publish.payload as Buffer)

interface Site { readonly desk: AnnouncingDesk; readonly broker: ScriptedBroker; readonly notes: Map<string, string>; stop(): Promise<void> }

async function edgeAt(t: Test, options: object = {}, notes = new Map<string, string>(), own?: ScriptedBroker, before: (desk: AnnouncingDesk) => void = () => undefined): Promise<Site> {
  const broker = own ?? await startScriptedBroker()
  const desk: AnnouncingDesk = {
    ...announcing(openMemoryDesk(exampleConfig(), systemClock)), notes: async () => new Map(notes), note: async (name, value) => { if (value !== null) notes.set(name, value) },
  }
  before(desk)
  const [config] = configSchema.shape.upstreams.parse([{ name: 'plant', url: broker.url, reconnect_max: '100ms', lanes: ['facts'], sparkplug: { group: 'Bagging', ...options } }])
  const edge = await startEdge({ desk, config: config!, sparkplug: config!.sparkplug!, clock: systemClock, chance: systemChance, log: silentLog, maySpeak: () => true })
  let isStopped = false
  const stop = async (): Promise<void> => {
    if (isStopped) return
    isStopped = true
    await edge.stop()
  }
  t.teardown(async () => { await stop(); if (own === undefined) await broker.stop() })
  return { desk, broker, notes, stop }
}

const kindOf = ({ topic }: IPublishPacket): string => topic.split('/')[2]!
const deviceOf = ({ topic }: IPublishPacket): string | undefined => topic.split('/')[4]
const publishes = ({ seen }: ScriptedBroker): readonly IPublishPacket[] => seen.publishes
const kinds = (broker: ScriptedBroker): string[] => publishes(broker).map(kindOf)
const rebirth = (): Buffer => Buffer.from(reference.encodePayload({ timestamp: Date.now(), metrics: [{ name: 'Node Control/Rebirth', type: 'Boolean', value: true }] }))
const bornWith = async ({ broker }: Site, births = 1): Promise<void> => { await until('all are born', () => kinds(broker).filter((kind) => kind === 'DBIRTH').length >= 3 * births) }

/** Everything that must hold of every connection, whatever happened on it. */
function monitor(t: Test, broker: ScriptedBroker): void {
  let expected: number | null = null
  let bdSeqBefore: number | null = null
  const aliases = new Map<string, { readonly alias: number; readonly type: string }[]>()
  for (const packet of broker.seen.packets) {
    if (packet.cmd === 'connect') {
      expected = null
      aliases.clear()
      const { will, clean } = packet
      t.equal(clean, true, 'principles-persistence-clean-session-311, -50')
      t.equal(will?.qos, 1, 'payloads-ndeath-will-message-qos')
      t.notOk(will?.retain, 'payloads-ndeath-will-message-retain')
      t.match(will?.topic, /^spBv1\.0\/Bagging\/NDEATH\/[^/]+$/, 'topics-ndeath-topic')
      const death = read({ payload: will!.payload })
      t.equal(death.seq, undefined, 'topics-ndeath-seq')
      t.strictSame(death.metrics?.map(({ name, type }) => [name, type]), [['bdSeq', 'Int64']], 'payloads-ndeath-bdseq')
      const bdSeq = Number(death.metrics![0]!.value)
      if (bdSeqBefore !== null) t.equal(bdSeq, (bdSeqBefore + 1) % 256, 'payloads-ndeath-will-message: one more with every CONNECT')
      bdSeqBefore = bdSeq
    } else if (packet.cmd === 'subscribe') {
      for (const { topic, qos } of packet.subscriptions) t.equal(qos, 1, `message-flow-edge-node-ncmd-subscribe: ${topic}`)
    } else if (packet.cmd === 'publish') {
      const { topic, qos, retain, payload } = packet
      const kind = kindOf(packet)
      t.match(topic, /^spBv1\.0\/Bagging\/(NBIRTH|NDATA|NDEATH)\/[^/]+$|^spBv1\.0\/Bagging\/(DBIRTH|DDATA|DDEATH)\/[^/]+\/[^/+#]+$/, 'topic-structure')
      t.equal(qos, 0, `payloads-${kind.toLowerCase()}-qos`)
      t.notOk(retain, `payloads-${kind.toLowerCase()}-retain`)
      const said = decode(payload as Buffer)!
      if (kind === 'NDEATH') { expected = null; continue }
      const whole = kind.endsWith('DATA') ? headOf(payload as Buffer) : read(packet)
      t.ok(Math.abs(Number(whole.timestamp) - Date.now()) < 60_000, 'payloads-timestamp-in-UTC')
      if (kind === 'NBIRTH') {
        t.equal(Number(whole.seq), 0, 'payloads-nbirth-seq')
        expected = 0
        const named = new Map(whole.metrics!.map((metric) => [metric.name, metric]))
        t.match(named.get('Node Control/Rebirth'), { type: 'Boolean', value: false }, 'topics-nbirth-rebirth-metric')
        t.equal(named.get('Node Control/Rebirth')!.alias, undefined, 'payloads-alias: not for the rebirth')
        t.equal(Number(named.get('bdSeq')!.value), bdSeqBefore, 'payloads-nbirth-bdseq: the same as in the will')
      }
      t.equal(Number(whole.seq), expected, `payloads-sequence-num-incrementing: ${kind}`)
      t.not(expected, null, 'nothing is said before a birth')
      expected = (expected! + 1) % 256
      if (kind.endsWith('BIRTH')) {
        const born = whole.metrics!.flatMap(({ alias, type }) => (alias === undefined || alias === null ? [] : [{ alias: Number(alias), type: type! }]))
        aliases.set(topic.replace('BIRTH', ''), born)
        const all = [...aliases.values()].flat().map(({ alias }) => alias)
        t.equal(new Set(all).size, all.length, 'payloads-alias-uniqueness')
        t.ok(whole.metrics!.every(({ name, type, timestamp }) => name !== undefined && type !== undefined && timestamp !== undefined), 'payloads-metric-datatype-req, payloads-name-birth-data-requirement')
      } else if (kind.endsWith('DATA')) {
        const born = aliases.get(topic.replace('DATA', ''))?.map(({ alias }) => alias)
        t.ok(said.every(({ name, alias }) => name === null && born?.includes(alias!)), 'payloads-alias-data-cmd-requirement: by alias, and only what was born')
      }
    }
  }
}

/** Timestamp and sequence number, read by hand: the reference refuses metrics without a type, which data must not have. */
function headOf(payload: Buffer): Payload {
  let at = 0
  const varint = (): number => {
    let value = 0
    let weight = 1
    for (;;) {
      const part = payload[at++]!
      value += (part & 127) * weight
      weight *= 128
      if (part < 128) return value
    }
  }
  const head: { timestamp?: number; seq?: number } = {}
  while (at < payload.length) {
    const key = varint()
    if (key === 8) head.timestamp = varint()
    else if (key === 24) head.seq = varint()
    else {
      const length = varint()
      at += length
    }
  }
  return head
}

t.test('births first, in one order; then what changed, by alias; and a death on the way out', async (t) => {
  const site = await edgeAt(t)
  const { desk, broker } = site
  await bornWith(site)
  t.strictSame(kinds(broker).slice(0, 4), ['NBIRTH', 'DBIRTH', 'DBIRTH', 'DBIRTH'])
  t.strictSame((broker.seen.packets.find(({ cmd }) => cmd === 'subscribe') as ISubscribePacket).subscriptions.map(({ topic }) => topic), ['spBv1.0/Bagging/NCMD/demo'])
  const bag = read(publishes(broker).find((publish) => kindOf(publish) === 'DBIRTH' && deviceOf(publish) === 'BP01.PACK.BAG1')!)
  const named = new Map(bag.metrics!.map((metric) => [metric.name, metric]))
  t.match(named.get('state'), { type: 'String', value: 'running' })
  t.match(named.get('good'), { type: 'Double', value: 59 })
  t.match(named.get('job_id'), { type: 'String', value: null }, 'what is unknown is born as null, with its type')

  desk.happen('downtime_event', desk.now(), 'BP01.PACK.BAG1', { ...catalogue.downtime_event.example, stop_id: 'BP01-S1' })
  desk.turn()
  desk.read([{ type: 'production_update', at: desk.now(), line: 'BP01', equipment: 'BP01.PACK.BAG1', body: catalogue.production_update.example }])
  await until('the change is told', () => kinds(broker).includes('DDATA'))
  const changed = decode(publishes(broker).find((publish) => kindOf(publish) === 'DDATA')!.payload as Buffer)!
  const aliasOf = (name: string) => Number(named.get(name)!.alias)
  t.strictSame(changed.map(({ alias, value }) => [alias, value]), [[aliasOf('state'), 'faulted'], [aliasOf('stop_reason'), 'MAT_JAM']], 'by alias, and nothing that is as it was')
  await site.stop()
  await until('its last word has arrived', () => kinds(broker).at(-1) === 'NDEATH')
  t.equal(kinds(broker).at(-1), 'NDEATH', 'operational-behavior-edge-node-intentional-disconnect-ndeath')
  monitor(t, broker)
})

t.test('a host that asks for a rebirth gets one, and no more than the budget, however often it asks', async (t) => {
  const site = await edgeAt(t)
  const { broker } = site
  await bornWith(site)
  for (let i = 0; i < 100; i++) broker.say('spBv1.0/Bagging/NCMD/demo', rebirth())
  await bornWith(site, 2)
  t.equal(kinds(broker).filter((kind) => kind === 'NBIRTH').length, 2)
  const [first, second] = publishes(broker).filter((publish) => kindOf(publish) === 'NBIRTH').map(read)
  t.ok(Number(second!.timestamp) - Number(first!.timestamp) >= limits.sparkplugRebirthMs - 100, 'a storm of requests is answered once in five seconds')
  const bdSeqOf = (payload: Payload | undefined) => Number(payload!.metrics!.find(({ name }) => name === 'bdSeq')!.value)
  t.equal(bdSeqOf(second), bdSeqOf(first), 'operational-behavior-data-commands-rebirth-action: bdSeq stays')
  broker.say('spBv1.0/Bagging/NCMD/demo', Buffer.from([0x12, 0xff]))
  broker.say('spBv1.0/Bagging/NCMD/demo', reference.encodePayload({ timestamp: 1, metrics: [{ name: 'Node Control/Reboot', type: 'Boolean', value: true }] }) as Buffer)
  await new Promise((done) => { setTimeout(done, 50) })
  t.equal(broker.seen.connects.length, 1, 'rubbish ends no connection')
  monitor(t, broker)
})

t.test('bdSeq goes on over connections and restarts, and wraps', async (t) => {
  const notes = new Map([['upstream/plant/bdseq', '254']])
  const site = await edgeAt(t, {}, notes)
  await bornWith(site)
  site.broker.script = { dropAfterMs: 30 }
  await site.stop()
  const again = await edgeAt(t, {}, notes, site.broker)
  await until('four connections', () => site.broker.seen.connects.length >= 4)
  await again.stop()
  t.strictSame(site.broker.seen.connects.slice(0, 4).map(({ will }) => Number(read({ payload: will!.payload }).metrics![0]!.value)), [255, 0, 1, 2])
  monitor(t, site.broker)
})

t.test('without its primary host it says nothing; when the host goes it dies, and what an old word says does not count', async (t) => {
  const site = await edgeAt(t, { primary_host: 'scada' })
  const { broker } = site
  await until('it listens', () => broker.seen.packets.some(({ cmd }) => cmd === 'subscribe'))
  const state = (online: boolean, timestamp: number, host = 'scada'): void => { broker.say(`spBv1.0/STATE/${host}`, JSON.stringify({ online, timestamp }), true) }
  state(true, 5_000, 'another')
  state(false, 1_000)
  broker.say('spBv1.0/STATE/scada', 'nonsense', true)
  await new Promise((done) => { setTimeout(done, 100) })
  t.strictSame(kinds(broker), [], 'message-flow-phid-wait-before-publish')
  state(true, 2_000)
  await bornWith(site)
  state(false, 1_500)
  await new Promise((done) => { setTimeout(done, 100) })
  t.notOk(kinds(broker).includes('NDEATH'), 'operational-behavior-primary-application-state-with-multiple-servers: an older word is ignored')
  state(false, 3_000)
  await until('it died and came again', () => broker.seen.connects.length === 2 && broker.seen.packets.filter(({ cmd }) => cmd === 'subscribe').length === 2)
  t.equal(kinds(broker).at(-1), 'NDEATH', 'operational-behavior-edge-node-termination-host-offline')
  t.ok(broker.seen.packets.some(({ cmd }) => cmd === 'disconnect'))
  const before = publishes(broker).length
  await new Promise((done) => { setTimeout(done, 100) })
  t.equal(publishes(broker).length, before, 'and waits for the host again')
  broker.say('STATE/scada', 'ONLINE', true)
  await bornWith(site, 2)
  monitor(t, broker)
})

t.test('after a break the states of the meantime are told as history, after the birth', async (t) => {
  const site = await edgeAt(t)
  const { broker } = site
  await bornWith(site)
  await site.stop()
  const from = publishes(broker).length
  const again = await edgeAt(t, {}, site.notes, broker, (desk) => { desk.write(2, 'BP01.PACK.BAG1') })
  await until('born again', () => kinds(broker).slice(from).filter((kind) => kind === 'DBIRTH').length >= 3)
  await until('the history is told', () => kinds(broker).slice(from).includes('DDATA'))
  const history = publishes(broker).slice(from).find((publish) => kindOf(publish) === 'DDATA')!
  t.ok((history.payload as Buffer).includes(Buffer.from([0x28, 0x01])), 'is_historical')
  t.equal(decode(history.payload as Buffer)!.length, 2)
  await again.stop()
  monitor(t, broker)
})

t.test('what we write is read the same by the reference implementation, and what it writes by us', async (t) => {
  const at = Date.UTC(2026, 2, 29, 6)
  const metrics = [
    { name: 'text', alias: 1, type: 'String', saysType: true, at, value: 'ü→"' }, { name: 'empty', alias: 127, type: 'String', saysType: true, at, value: '' },
    { name: 'double', alias: 128, type: 'Double', saysType: true, at, value: -0.1 }, { name: 'long', alias: 300, type: 'Int64', saysType: true, at, value: 2 ** 52 + 1 },
    { name: 'minus', alias: 16_384, type: 'Int64', saysType: true, at, value: -7 }, { name: 'yes', type: 'Boolean', saysType: true, at, value: true }, { name: 'none', type: 'Double', saysType: true, at, value: null },
  ] as const
  const theirs = reference.decodePayload(encode({ at, metrics, seq: 255 }))
  t.equal(Number(theirs.timestamp), at)
  t.equal(Number(theirs.seq), 255)
  for (const [i, { name, value }] of metrics.entries()) {
    const seen = theirs.metrics![i]!
    t.equal(seen.name, name)
    t.equal(typeof value === 'number' && name !== 'double' ? Number(BigInt.asIntN(64, BigInt(String(seen.value)))) : seen.value ?? null, value, name)
  }
  const ours = decode(Buffer.from(reference.encodePayload({ timestamp: at, metrics: [
    { name: 'a', type: 'Boolean', value: true }, { name: 'b', type: 'Int32', value: 5 }, { name: 'c', type: 'Double', value: 2.5 }, { name: 'd', type: 'String', value: 'x' }, { name: 'e', type: 'Float', value: 0.5 },
  ] })))
  t.strictSame(ours?.map(({ name, value }) => [name, value]), [['a', true], ['b', 5], ['c', 2.5], ['d', 'x'], ['e', 0.5]])
  t.equal(decode(Buffer.from('ff', 'hex')), null)
  t.equal(decode(Buffer.from('1203', 'hex')), null, 'a field that ends too early')
})
