/** The live lane: what stands at the broker is what is, for whoever comes, and nothing old is ever said. */

import t from 'tap'
import { systemChance } from '../../../src/base/chance.js'
import { systemClock } from '../../../src/base/clock.js'
import { silentLog } from '../../../src/base/log.js'
import { type Config, config as configSchema } from '../../../src/contract/config.js'
import { unsoundOf } from '../../../src/contract/sound.js'
import { catalogue } from '../../../src/contract/events/catalogue.js'
import { startUns } from '../../../src/faces/mqtt/uns.js'
import { until } from '../../support/child.js'
import { folderOf } from '../../support/folder.js'
import { openMes } from '../../support/mes.js'
import { startMosquitto } from '../../support/mosquitto.js'
import { startScriptedBroker } from '../../support/scripted-broker.js'
import { type AnnouncingDesk, announcing } from '../support/announcing.js'
import { exampleConfig, openMemoryDesk, twoLines } from '../support/desk.js'

t.setTimeout(600_000)
const broker = await startMosquitto(folderOf(t))
t.teardown(() => broker.stop())

const BAG = 'BP01.PACK.BAG1'
const PLACE = 'acme/berlin/packaging'
const placed = (config: Config): Config => ({ ...config, gateway: { ...config.gateway, enterprise: 'acme', site: 'berlin', area: 'packaging' } })
const upstreamOf = (url: string, uns: object) => configSchema.shape.upstreams.parse([{ name: 'plant', url, reconnect_max: '200ms', uns }])[0]!

function live(desk: AnnouncingDesk, url: string, uns: object = {}) {
  const config = upstreamOf(url, uns)
  return startUns({ desk, config, namespace: config.uns!, clock: systemClock, chance: systemChance, log: silentLog, maySpeak: () => true })
}

/** What lies at the broker for who comes now; somebody comes again and again until it is all there. */
async function retained(below: string, isAll: (topics: Map<string, string>) => boolean): Promise<Map<string, string>> {
  let found = new Map<string, string>()
  await until('it is all there', async () => {
    const comer = await openMes({ url: broker.url, gateway: 'x', listens: [`${below}/#`] })
    await new Promise((resolve) => { setTimeout(resolve, 50) })
    found = new Map(comer.heard.filter(({ retain }) => retain).map(({ topic, payload }) => [topic, payload.toString()]))
    await comer.leave()
    return isAll(found)
  })
  return found
}

t.test('who comes late finds every line and every equipment in its place, and events as they happen', async (t) => {
  const desk = announcing(openMemoryDesk(placed(exampleConfig()), systemClock))
  const uns = await live(desk, broker.url)
  const [line, ...others] = ['_oee_v1', '_count_v1', '_andon_v1', '_shift_v1'].map((contract) => `uns/${PLACE}/BP01/${contract}/current`)
  const found = await retained('uns', (topics) => topics.size === 4 + 3 * 4 + 1)
  for (const topic of [line!, ...others, ...['_state_v1', '_count_v1', '_job_v1', '_oee_v1'].map((contract) => `uns/${PLACE}/BP01/BP01_PACK_BAG1/${contract}/current`)]) t.ok(found.has(topic), topic)
  t.match(JSON.parse(found.get(`uns/${PLACE}/BP01/BP01_PACK_BAG1/_state_v1/current`)!), { equipment_code: BAG, state: 'running', stop_id: null })
  t.match(JSON.parse(found.get(`uns/${PLACE}/_gateway_v1/${desk.gateway}`)!), { online: true })

  const reader = await openMes({ url: broker.url, gateway: 'x', listens: [`uns/${PLACE}/BP01/BP01_PACK_BAG1/#`] })
  const stop = { ...catalogue.downtime_event.example, stop_id: 'BP01-S1', equipment_code: BAG }
  await until('the reader is there', () => reader.heard.length >= 4)
  desk.write(3, BAG)
  const fact = desk.happen('downtime_event', desk.now(), BAG, stop)
  desk.turn()
  desk.announce()
  const events = () => reader.heard.filter(({ retain, topic }) => !retain && topic.endsWith('_state_v1/state_changed')).map(({ payload }) => JSON.parse(payload.toString()) as { seq: number; epoch: string })
  await until('the events are told', () => events().length >= 3)
  t.strictSame(events().map(({ seq, epoch }) => [epoch, seq]), [1, 2, 3].map((seq) => [fact.epoch, seq]))
  desk.read([{ type: 'production_update', at: desk.now(), line: 'BP01', equipment: BAG, body: catalogue.production_update.example }])
  await until('the new state stands', () => reader.heard.some(({ topic, payload }) => topic.endsWith('/_state_v1/current') && payload.includes('"stop_id":"BP01-S1"')))
  t.notOk(events().some(({ seq }) => seq === fact.seq), 'what the followers were not told is not told')
  await reader.leave()
  await uns.stop()
  t.match(JSON.parse((await retained(`uns/${PLACE}/_gateway_v1`, (topics) => topics.size === 1)).get(`uns/${PLACE}/_gateway_v1/${desk.gateway}`)!), { online: false })
})

t.test('a broker that lost what it kept has it again when it is back', async (t) => {
  const own = await startMosquitto(folderOf(t))
  const desk = announcing(openMemoryDesk(placed(exampleConfig()), systemClock))
  const uns = await live(desk, own.url, { root: 'own' })
  await until('it is said', () => uns.figures().publishedCount >= 16)
  await own.kill()
  await until('it is missed', () => !uns.figures().connected)
  desk.write(5, BAG)
  desk.announce()
  await own.start()
  await until('and said again', () => uns.figures().publishedCount >= 32)
  t.equal(uns.figures().topicsCount, 16)
  t.equal(uns.figures().skippedCount, 5, 'events of the meantime are in the journal and nowhere else')
  await uns.stop()
  await own.stop()
})

t.test('as UMH wants it: a tag a topic, with exactly two keys, and what is unknown lies nowhere', async (t) => {
  const desk = announcing(openMemoryDesk(placed(exampleConfig()), systemClock))
  const uns = await live(desk, broker.url, { root: 'umh/v1', profile: 'umh' })
  const found = await retained('umh/v1', (topics) => topics.has(`umh/v1/${PLACE}/BP01/BP01_PACK_PAL1/_lineside_v1/quality`))
  for (const [topic, payload] of found) {
    if (topic.includes('_gateway_v1')) continue
    const value = JSON.parse(payload) as { timestamp_ms: number; value: unknown }
    t.strictSame(Object.keys(value), ['timestamp_ms', 'value'], topic)
    t.ok(Number.isInteger(value.timestamp_ms) && ['string', 'number', 'boolean'].includes(typeof value.value), topic)
    t.match(topic, /^umh\/v1(\/[A-Za-z0-9_-]+)+$/)
  }
  t.match(JSON.parse(found.get(`umh/v1/${PLACE}/BP01/BP01_PACK_BAG1/_lineside_v1/good`)!), { value: 59 })
  t.notOk(found.has(`umh/v1/${PLACE}/BP01/BP01_PACK_BAG1/_lineside_v1/job_id`), 'no job is no value')
  await uns.stop()
})

t.test('what the configuration no longer has is cleared', async (t) => {
  const notes = new Map<string, string>()
  const remembering = (config: Config): AnnouncingDesk => ({
    ...announcing(openMemoryDesk(placed(config), systemClock)), notes: async () => new Map(notes), note: async (name, value) => { if (value !== null) notes.set(name, value) },
  })
  const both = await live(remembering(twoLines()), broker.url, { root: 'two' })
  await retained('two', (topics) => topics.size === 16 + 8 + 1)
  await until('it is noted', () => (JSON.parse(notes.get('upstream/plant/uns') ?? '[]') as string[]).length === 24)
  await both.stop()
  const one = await live(remembering(exampleConfig()), broker.url, { root: 'two' })
  await until('the rest is cleared', () => (JSON.parse(notes.get('upstream/plant/uns')!) as string[]).length === 16)
  const found = await retained('two', (topics) => topics.size === 17)
  t.equal(found.size, 17)
  t.notOk([...found.keys()].some((topic) => topic.includes('BP02')))
  await one.stop()
})

t.test('to a slow broker only the newest is said: one message of a topic is under way, and nothing queues', async (t) => {
  const state = `uns/${PLACE}/BP01/BP01_PACK_BAG1/_state_v1/current`
  const [afterMs, underWay] = [300, { now: 0, most: 0 }]
  const slow = await startScriptedBroker({ puback({ topic }) {
    if (topic === state) {
      underWay.most = Math.max(underWay.most, ++underWay.now)
      setTimeout(() => { underWay.now-- }, afterMs)
    }
    return { reasonCode: 0, afterMs }
  } })
  const desk = announcing(openMemoryDesk(placed(exampleConfig()), systemClock))
  const uns = await live(desk, slow.url)
  await until('everything is said once', () => uns.figures().publishedCount >= 16)
  const said = () => slow.seen.publishes.filter(({ topic }) => topic === state).map(({ payload }) => JSON.parse(payload.toString()) as { stop_id: string | null })
  for (let number = 1; number <= 40; number++) {
    const { at, line } = { at: desk.now(), line: 'BP01' }
    desk.happen('downtime_event', at, BAG, { ...catalogue.downtime_event.example, stop_id: `BP01-S${number}` })
    desk.turn()
    desk.read([{ type: 'production_update', at, line, equipment: BAG, body: catalogue.production_update.example }])
    await new Promise((resolve) => { setTimeout(resolve, 10) })
  }
  const last = (): string | null => (JSON.parse(desk.view('equipment', BAG).json.toString()) as { current_stop: { stop_id: string } | null }).current_stop!.stop_id
  await until('the newest is said', () => said().at(-1)!.stop_id === last())
  t.equal(underWay.most, 1)
  t.ok(said().length < 41, `${said().length} messages for 41 states`)
  desk.write(500, BAG)
  desk.announce()
  t.equal(uns.figures().skippedCount, 500 - 64, 'events beyond what may be under way are left out and counted')
  await uns.stop()
  await slow.stop()
})

t.test('two codes that are one level of the namespace are an error of the configuration', async (t) => {
  const config = exampleConfig()
  const [line] = config.lines
  const twins = { ...config, upstreams: [upstreamOf('mqtt://broker', {})], lines: [{ ...line!, equipment: [...line!.equipment, { ...line!.equipment[0]!, code: 'BP01_PACK_BAG1', upstream: [] }] }] }
  t.match(unsoundOf(twins).map(({ path, message }) => [path.join('.'), message]), [['lines.0.equipment.3.code', /in the namespace, equipment "BP01_PACK_BAG1" is given twice/]])
  t.match(unsoundOf({ ...config, upstreams: [{ ...upstreamOf('mqtt://broker', {}), uns: undefined, lanes: [] }] }), [{ message: /gets nothing/ }])
})
