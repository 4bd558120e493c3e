/** A morning is corrected afterwards on two boxes whose broker is gone, as processes: what a kill in the middle leaves, what the copy holds, and what the MES hears. */

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import t from 'tap'
import { parse } from 'yaml'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, instant, later, mono, rfc3339, seq } from '../../src/base/units.js'
import { config as schema } from '../../src/contract/config.js'
import type { DataOf } from '../../src/contract/endpoints/table.js'
import { openLine, snapshotOf } from '../../src/core/snapshot.js'
import { linePlans } from '../../src/core/time/plan.js'
import { openJournal } from '../../src/journal/journal.js'
import { Fold } from '../../src/replay/replay.js'
import { arrangementOf } from '../../src/turn/arrangement.js'
import { folderOf } from '../support/folder.js'
import { openMes } from '../support/mes.js'
import { startMosquitto } from '../support/mosquitto.js'
import { type TestBox, type TestPair, type Written, factsOf, pairOf } from '../support/pair.js'
import { until } from '../support/pair-plant.js'

t.setTimeout(600_000)

const HOUR_MS = 3_600_000
const BAG1 = 'BP01.PACK.BAG1'
const MACHINES = ['BP01.PACK.BAG1.BL', BAG1, 'BP01.PACK.PAL1']

/** Nobody reads a PLC here, and a shift is the whole day: what was made was made before. */
function afterwards(config: Written, broker: string): void {
  config.server = {}
  for (const plc of config.plcs) Object.assign(plc, { port: 1 })
  config.calendars = { three_shifts: { day_start: '00:00', shifts: [{ name: 'all_day', start: '00:00', end: '00:00' }] } }
  config.upstreams = [{ name: 'mes', url: broker, reconnect_max: '500ms', ack: 'puback', lanes: ['facts'] }]
}

/** Fills the journal of a box with hours in which every machine made a part every two seconds, and stood now and then. */
async function lived(box: TestBox, from: Instant, to: Instant): Promise<void> {
  const config = schema.parse(parse(readFileSync(box.configFile, 'utf8')))
  const fold = new Fold(linePlans(config, 1).map((plan) => openLine(plan, null, [])))
  for (let at = from; at <= to; at = later(at, 20_000)) {
    const read = (at - from) / 20_000
    for (const [i, equipment] of MACHINES.entries()) fold.tell('BP01', { kind: 'sample', at: later(at, i), equipment, signals: { running: (Math.floor(read / 9) + i) % 17 !== 0, state: (Math.floor(read / 9) + i) % 17 === 0 ? 2 : 6, total_count: read * 10, reject_count: 0, ...i === 1 ? { product: 'BAG500' } : {} } })
    fold.beat(later(at, 100))
  }
  const { facts: told, rows, lines } = fold.replayed(from, to)
  const { groups, isRecorded } = arrangementOf(config, 1)
  mkdirSync(box.dataDir, { recursive: true })
  const journal = await openJournal({ directory: box.dataDir, clock: systemClock, log: silentLog, groups, recorded: isRecorded, storage: config.storage })
  const facts = told.map((fact, i) => ({ ...fact, epoch: journal.remembered.epoch, seq: seq(i + 1) }))
  await journal.append({ number: 1, at: to, mono: mono(1), facts, scans: [], rows, commands: [], snapshots: [...lines].map(([line, known]) => ({ line, seq: seq(facts.length), at: to, state: snapshotOf(known) })) })
  await journal.close()
}

/** What the filler made, hour by hour and in all. */
async function figuresOf(box: TestBox, from: Instant, to: Instant): Promise<unknown> {
  const { status, data } = await box.ask('GET', `/api/v1/enhanced/oee/equipment/${BAG1}/oee-performance-report?start_date=${rfc3339(from)}&end_date=${rfc3339(to)}&group_by=hour`)
  if (status !== 200) throw new Error(JSON.stringify(data))
  const { totals, rows } = data as DataOf<'oee_performance_report'>
  return { totals, rows }
}

t.test('a morning is corrected: killed in the middle, over a copy, without a broker', async (t) => {
  const folder = folderOf(t, { broker: {}, boxes: {} })
  const broker = await startMosquitto(join(folder, 'broker'))
  const { a, b, ...rest }: TestPair = await pairOf(join(folder, 'boxes'), {}, (config) => { afterwards(config, broker.url) })
  const pair = { a, b, ...rest }
  t.teardown(async () => {
    if (!t.passing()) for (const box of [a, b]) t.comment(`${box.name}: ${box.said()}`)
    await pair.stop(); await broker.stop()
  })
  const heard: { readonly s: number; readonly hist: boolean }[] = []
  const mes = await openMes({ stays: true, url: broker.url, gateway: 'demo', listens: ['lineside/v1/demo/up/j'], hears(_topic, payload) {
    const batch = JSON.parse((payload[0] === 1 ? inflateRawSync(payload.subarray(1)) : payload).toString()) as { readonly hist: boolean; readonly recs: readonly { readonly s: number }[] }
    for (const { s } of batch.recs) heard.push({ s, hist: batch.hist })
  } })
  t.teardown(() => mes.leave())

  const to = instant(Math.floor((systemClock.now() - 6 * 60_000) / 60_000) * 60_000)
  const from = later(to, -2 * HOUR_MS)
  await lived(a, later(from, -HOUR_MS), later(to, 60_000))
  const corrects = (box: TestBox, seconds: number) => box.ask('POST', `/api/v1/enhanced/equipment/${BAG1}/ideal-correction`, { from: rfc3339(from), to: rfc3339(to), ideal_cycle_seconds: seconds, reason: 'nameplate' })
  const unheard = async (box: TestBox): Promise<readonly number[]> => {
    const told = new Set(heard.map(({ s }) => s))
    return (await factsOf(box)).flatMap(({ seq: number }) => (told.has(number) ? [] : [number]))
  }
  const corrections = async (box: TestBox) => (await factsOf(box)).filter(({ type }) => type === 'ideal_corrected').length

  await a.start()
  const before = await figuresOf(a, from, to)
  await until('the MES has it all', async () => (await unheard(a)).length === 0)

  // The box dies while it works: nobody was answered, so it happened as a whole or not at all.
  const unanswered = corrects(a, 1.5).then(() => true, () => false)
  await new Promise((resolve) => { setTimeout(resolve, 60) })
  await a.end('SIGKILL')
  await unanswered
  await broker.stop()
  await a.start()
  const isMade = await corrections(a) === 1
  if (!isMade) {
    t.strictSame(await figuresOf(a, from, to), before, 'nothing of it has happened')
    t.match(await corrects(a, 1.5), { status: 201 })
  }
  const after = await figuresOf(a, from, to)
  t.notSame(after, before)

  await b.start()
  await follows(b, a)
  t.match(await corrects(a, 1.7), { status: 201 })
  const corrected = await figuresOf(a, from, to)
  await follows(b, a)
  await until('the order is taken', async () => (await b.ask('PUT', '/api/v1/standby/takeover')).status === 200 || (await b.state()).role === 'active')
  await until('b works', async () => (await b.state()).role === 'active')
  t.strictSame(await figuresOf(b, from, to), corrected, 'the copy holds the same figures')
  t.equal(await corrections(b), 2)
  t.match(await corrects(b, 1.5), { status: 201 }, 'and is corrected in its turn')
  t.strictSame(await figuresOf(b, from, to), after, 'as if the one between had never been')

  const missing = await unheard(b)
  const gone = heard.length
  await broker.start()
  await until('the MES has it all', async () => (await unheard(b)).length === 0)
  // What is new comes first, and beside it what was missed. Whatever is slow to be acknowledged may come again, under its number.
  for (const isHistory of [false, true]) {
    const told = [...new Set(heard.slice(gone).flatMap(({ s, hist }) => (hist === isHistory && missing.includes(s) ? [s] : [])))]
    t.strictSame(told, told.toSorted((one, other) => one - other), `in their order: ${isHistory ? 'what was missed' : 'what is new'}`)
  }
  t.ok(missing.length >= 6, 'the corrections and the hours that they tell again')
  await pair.stop()
})

/** Resolves when the one has all that the other has. */
const follows = (standby: TestBox, active: TestBox): Promise<void> => until(`${standby.name} has it all`, async () => {
  const [one, other] = await Promise.all([standby.state(), active.state()])
  return one.role === 'standby' && one.whole === true && one.seq === other.seq
})
