/** Two boxes over one PLC: followed, ordered, killed, frozen, cut apart and put together again. Nothing is counted twice, and never do both write. */

import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { given } from '../../src/base/assert.js'
import { durationOf } from '../../src/base/units.js'
import type { Message } from '../../src/contract/events/message.js'
import { type Plant, startPlant } from '../../src/plant/plant.js'
import { startS7Plc } from '../field/support/s7-plc.js'
import { type TestBox, type TestPair, type Written, factsOf, pairOf } from '../support/pair.js'
import { watchWrites } from '../support/write-watch.js'

const FACTOR = 40
const POLL_MS = 25
const machines = ['BP01.PACK.BAG1.BL', 'BP01.PACK.BAG1', 'BP01.PACK.PAL1']
const BAG1 = '/api/v1/enhanced/equipment/BP01.PACK.BAG1'

t.setTimeout(240_000)

t.test('an hour in which the work changes hands five times', async (t) => {
  const plant = await startPlant({ seed: 4711, factor: 0.01, s7Port: 0, logixPort: 0, controlPort: null, runMs: 24 * 3_600_000, stepMs: 10 })
  const lamps = await startS7Plc([{ area: 'DB', db: 90, bytes: new Uint8Array(4) }])
  const wire = await watchWrites(lamps.port, () => [pair.a, pair.b].flatMap((box) => box.pid() ?? []))
  const pair: TestPair = await pairOf(t.testdir(), { takeover: 'on_silence', silence: '2s' }, (config) => { settings(config, plant, wire.port) })
  t.teardown(async () => {
    if (!t.passing()) for (const box of [pair.a, pair.b]) t.comment(`${box.name}: ${box.said()}`)
    await pair.stop(); await wire.stop(); await lamps.kill(); await plant.stop()
  })
  const writes = (box: TestBox): number => wire.countOf(given(box.pid(), 'the process'))

  await plant.pull({ lever: 'time/pause', body: {} })
  await Promise.all([pair.a.start(), pair.b.start()])
  await seesAll(pair.a)
  const before = partsOfTruth(plant)
  await plant.pull({ lever: 'time/factor', body: { factor: FACTOR } })
  await plant.pull({ lever: 'time/resume', body: {} })

  let [active, standby] = await settled(pair)
  t.equal(active.name, 'a', 'who is said to be active begins')
  const call = await raised(active)
  await until('the call is seen on the standby', async () => (await openCalls(standby)).includes(call))
  const refused = await standby.ask('POST', `${BAG1}/trigger-andon`, { event_type: 'quality', priority: 'low', description: 'x' })
  t.match(refused, { status: 503, code: 'STANDBY' }, 'orders are refused where nobody works')
  t.match(JSON.stringify(refused.data), /"path":"active","message":"http/, 'with the address of who takes them')
  t.match((await standby.ask('GET', '/readyz')).data, { ready: true, warnings: [/^standby: following http:.*, as of .*, \d+ s behind$/] })
  t.equal(writes(standby), 0, 'a standby writes nothing')

  const ordered = await standby.ask('PUT', '/api/v1/standby/takeover')
  t.equal(ordered.status, 200)
  ;[active, standby] = await handed(pair, standby)
  const told = await takenAfter(active, 0)
  t.match(told, { data: { why: 'order', box: 'b' } })
  t.equal(told.seq, Number(told.data['from_seq']) + 1, 'an order leaves no number out')
  t.ok((await openCalls(active)).includes(call), 'calls are open under their names')
  await grows('the new one writes', () => writes(active))

  ;[active, standby] = await settled(pair)
  await active.end('SIGKILL')
  const dead = active
  ;[active] = await handed(pair, standby)
  t.match(await takenAfter(active, told.seq), { data: { why: 'silence', box: 'a' } })
  await dead.start()
  ;[active, standby] = await settled(pair)
  t.equal(standby.name, dead.name, 'who comes back stands by')
  t.match(await active.ask('POST', `/api/v1/enhanced/andons/${call}/acknowledge`, {}), { status: 200 }, 'work goes on where it was')

  active.signal('SIGSTOP')
  const frozen = active
  const frozenWrites = writes(frozen)
  ;[active] = await handed(pair, standby)
  await grows('the new one writes', () => writes(active))
  frozen.signal('SIGCONT')
  ;[active, standby] = await settled(pair)
  t.equal(standby.name, frozen.name)
  t.equal(writes(frozen), frozenWrites, 'a box that was frozen and woke has written nothing')

  pair.cut(true)
  const lonely = active
  await until('who is not heard is fenced', async () => (await lonely.state()).fenced)
  const lonelyWrites = writes(lonely)
  t.match(await lonely.ask('POST', `${BAG1}/trigger-andon`, { event_type: 'quality', priority: 'low', description: 'x' }), { status: 503, code: 'STANDBY_FENCED' })
  t.match((await lonely.ask('GET', '/readyz')).data, { ready: true, warnings: [/^the other box is not heard/] })
  ;[active] = await handed(pair, standby)
  const second = await raised(active, 'quality')
  await grows('the new one writes', () => writes(active))
  const lonelyHead = (await lonely.state()).seq
  await until('the lonely one goes on recording', async () => (await lonely.state()).seq > lonelyHead)
  t.equal(writes(lonely), lonelyWrites, 'and writes nothing')
  pair.cut(false)
  ;[active, standby] = await settled(pair)
  t.equal(standby.name, lonely.name)
  t.ok((await openCalls(standby)).includes(second), 'the copy is that of who went on')
  const fork = given((await standby.state()).forks.at(-1), 'the fork')
  await until('the fork is named to everybody', async () => (await factsOf(active)).some(({ type, data }) => type === 'fork_kept' && isDeepStrictEqual(data, { box: lonely.name, ...fork })))
  t.ok(fork.to_seq > fork.after_seq, 'what only the lonely one had recorded')

  await plant.pull({ lever: 'time/pause', body: {} })
  const after = partsOfTruth(plant)
  await sleep(20 * POLL_MS)
  // An orderly handover writes down what is pending.
  await standby.ask('PUT', '/api/v1/standby/takeover')
  ;[active, standby] = await handed(pair, standby)
  ;[active, standby] = await settled(pair)
  const facts = await factsOf(active)
  for (const code of machines) t.strictSame(partsOf(facts, code), difference(after[code]!, before[code]!), `${code}: each part once`)
  await until('the standby has it all', async () => (await standby.state()).seq === (await active.state()).seq)
  t.strictSame((await factsOf(standby)).slice(0, facts.length), facts, 'and the copy is the same, fact for fact')
  t.equal(facts.filter(({ type }) => type === 'taken_over').length, 5)
  for (const name of ['downtime_event', 'andon_event'] as const) {
    const ids = facts.filter(({ type }) => type === name).map(({ data }) => data['stop_id'] ?? data['andon_id'])
    t.equal(new Set(ids).size, ids.length, `no ${name} has a name that another one had`)
  }
})

/* ── the two ─────────────────────────────────────────────────────────────────────────────────── */

/** Resolves when it is so; whoever waits in vain is ended by the time limit of the test, and this says what for. */
async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const begun = Date.now()
  while (!(await Promise.resolve(isSo()).catch(() => false))) {
    if (Date.now() - begun > 60_000) throw new Error(`in vain: ${what}`)
    await sleep(20)
  }
}

/** One works on the word of the other, which has a whole copy. */
async function settled({ a, b }: TestPair): Promise<[active: TestBox, standby: TestBox]> {
  let found: [TestBox, TestBox] | null = null
  await until('one box works, and the other follows', async () => {
    const [one, other] = await Promise.all([a.state(), b.state()])
    if (one.role === other.role) return false
    const [active, standby] = one.role === 'active' ? [one, other] : [other, one]
    found = one.role === 'active' ? [a, b] : [b, a]
    return active.leased && !active.fenced && standby.leased && standby.whole === true && standby.epoch === active.epoch && standby.trouble === null
  })
  return given(found as [TestBox, TestBox] | null, 'the two')
}

/** Resolves when that box works. */
async function handed({ a, b }: TestPair, to: TestBox): Promise<[active: TestBox, standby: TestBox]> {
  await until(`${to.name} works`, async () => (await to.state()).role === 'active')
  return [to, to.name === 'a' ? b : a]
}

async function grows(what: string, count: () => number): Promise<void> {
  const from = count()
  await until(what, () => count() > from)
}

/** The first turn tells of it. */
async function takenAfter(box: TestBox, seq: number) {
  let found: Awaited<ReturnType<typeof factsOf>>[number] | undefined
  await until('a fact tells of the takeover', async () => (found = (await factsOf(box)).find((fact) => fact.type === 'taken_over' && fact.seq > seq)) !== undefined)
  return given(found, 'the fact')
}

async function raised(box: TestBox, type = 'material'): Promise<string> {
  const { data } = await box.ask('POST', `${BAG1}/trigger-andon`, { event_type: type, priority: 'high', description: 'film' })
  return (data as { readonly andon_event: { readonly andon_id: string } }).andon_event.andon_id
}

async function openCalls(box: TestBox): Promise<string[]> {
  const { data } = await box.ask('GET', '/api/v1/enhanced/lines/BP01/andon-status')
  return (data as { readonly active_events: { readonly andon_id: string }[] }).active_events.map(({ andon_id: id }) => id)
}

/* ── the plant ───────────────────────────────────────────────────────────────────────────────── */

async function seesAll(box: TestBox): Promise<void> {
  for (const code of machines) {
    await until(`${code} is seen`, async () => {
      const { data } = await box.ask('GET', `/api/v1/enhanced/equipment/${code}/production-status`)
      return (data as { readonly state: { readonly state: string } }).state.state !== 'unknown'
    })
  }
}

/** The demo, faster, with a lamp that is written again and again. */
function settings(config: Written, plant: Plant, lampPort: number): void {
  const faster = (text: string) => `${given(durationOf(text), text) / FACTOR}ms`
  config.server = {}
  config.gateway.cycle = `${POLL_MS}ms`
  for (const plc of config.plcs) Object.assign(plc, { port: plc.driver === 's7' ? plant.s7Port : plant.logixPort, cycle: `${POLL_MS}ms`, budget: { requests_per_second: 2_000, bytes_per_second: 10_000_000 } })
  config.plcs.push({ id: 'lamps', driver: 's7', host: '127.0.0.1', port: lampPort, cycle: '100ms', tags: { lamp: { address: 'DB90,BYTE0', writable: true } } })
  config.calendars = { three_shifts: { day_start: '00:00', shifts: [{ name: 'all_day', start: '00:00', end: '00:00' }] } }
  config.andon = {}
  for (const { ideal_cycle = {} } of config.products ?? []) for (const [code, cycle] of Object.entries(ideal_cycle)) ideal_cycle[code] = faster(cycle)
  const line = given(config.lines[0], 'a line')
  line.stack_lights = [{ name: 'lamp', enabled: true, tag: 'lamps/lamp', patterns: { quiet: 1, attended: 2, acknowledged: 3, raised: 4, escalated: 5 }, again: '100ms' }]
  for (const equipment of line.equipment) {
    Object.assign(equipment, { ideal_cycle: faster(equipment.ideal_cycle ?? '1s'), micro_stop: faster('120s'), cold_after: faster('30m') })
    delete equipment.changeover_standard
  }
}

interface Parts { readonly good: number; readonly reject: number }

const partsOfTruth = (plant: Plant): Record<string, Parts> =>
  Object.fromEntries(Object.entries(plant.truth().equipment).map(([code, { parts }]) => [code, { good: parts.good, reject: parts.reject + parts.startup_reject }]))

const difference = (one: Parts, other: Parts): Parts => ({ good: one.good - other.good, reject: one.reject - other.reject })

function partsOf(facts: readonly Message[], code: string): Parts {
  const records = facts.filter(({ type, equipment_code: of }) => type === 'count_recorded' && of === code)
  const sum = (what: 'good' | 'reject') => records.reduce((parts, { data }) => parts + Number(data[what]), 0)
  return { good: sum('good'), reject: sum('reject') }
}
