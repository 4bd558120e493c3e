/** Two boxes over one PLC, with certificates of the site: followed, ordered, killed, frozen, cut apart and put together again. Nothing is counted twice, and never do both write. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { given } from '../../src/base/assert.js'
import { systemChance } from '../../src/base/chance.js'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { partLeaves } from '../../src/contract/losses.js'
import { startIngest } from '../../src/faces/ingest/ingest.js'
import { startPlant } from '../../src/plant/plant.js'
import { startS7Plc } from '../field/support/s7-plc.js'
import { authorityIn } from '../support/authority.js'
import { folderOf } from '../support/folder.js'
import { startMosquitto } from '../support/mosquitto.js'
import { type TestBox, type TestPair, factsOf, pairOf } from '../support/pair.js'
import { PLANT_FACTOR, difference, hurried, partsOf, partsOfTruth, seesAll, settled, until } from '../support/pair-plant.js'
import { startPostgres } from '../support/postgres.js'
import { countsAll, machines } from '../support/sight.js'
import { watchWrites } from '../support/write-watch.js'

const BAG1 = '/api/v1/enhanced/equipment/BP01.PACK.BAG1'

t.setTimeout(600_000)

t.test('an hour in which the work changes hands five times', async (t) => {
  const plant = await startPlant({ seed: 4711, factor: 0.01, s7Port: 0, logixPort: 0, controlPort: null, runMs: 24 * 3_600_000, stepMs: 10 })
  const lamps = await startS7Plc([{ area: 'DB', db: 90, bytes: new Uint8Array(4) }])
  const wire = await watchWrites(lamps.port, () => [pair.a, pair.b].flatMap((box) => box.pid() ?? []))
  const postgres = await startPostgres()
  const folder = folderOf(t, { site: {}, broker: {}, boxes: {} })
  const broker = await startMosquitto(join(folder, 'broker'))
  const ingest = await startIngest({
    database: postgres.url, broker: { url: broker.url, keepaliveMs: 20_000, waitMsMax: 500 }, root: 'lineside/v1', worker: 'a', group: 'ingest', clock: systemClock, chance: systemChance, log: silentLog,
  })
  const site = authorityIn(join(folder, 'site'))
  const pair: TestPair = await pairOf(join(folder, 'boxes'), { takeover: 'on_silence', silence: '4s' }, (config) => {
    hurried(config, plant, wire.port)
    config.upstreams = [{ name: 'mes', url: broker.url, reconnect_max: '500ms' }]
  }, site)
  t.teardown(async () => {
    if (!t.passing()) for (const box of [pair.a, pair.b]) t.comment(`${box.name}: ${box.said()}`)
    await pair.stop(); await ingest.stop(); await broker.stop(); await postgres.stop(); await wire.stop(); await lamps.kill(); await plant.stop()
  })
  const writes = (box: TestBox): number => wire.countOf(given(box.pid(), 'the process'))

  await plant.pull({ lever: 'time/pause', body: {} })
  await Promise.all([pair.a.start(), pair.b.start()])
  await seesAll(pair.a)
  const before = partsOfTruth(plant)
  await plant.pull({ lever: 'time/factor', body: { factor: PLANT_FACTOR } })
  await plant.pull({ lever: 'time/resume', body: {} })

  let [active, standby] = await settled(pair)
  t.equal(active.name, 'a', 'who is said to be active begins')
  const call = await raised(active)
  await until('the call is seen on the standby', async () => (await openCalls(standby)).includes(call))
  const refused = await standby.ask('POST', `${BAG1}/trigger-andon`, { event_type: 'quality', priority: 'low', description: 'x' })
  t.match(refused, { status: 503, code: 'STANDBY' }, 'orders are refused where nobody works')
  t.match(JSON.stringify(refused.data), /"path":"active","message":"https:/, 'with the address of who takes them')
  t.match((await standby.ask('GET', '/readyz')).data, { ready: true, warnings: [/^standby: following https:.*, as of .*, \d+ s behind$/] })
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
  ;[active] = await handed(pair, standby)
  await grows('the new one writes', () => writes(active))
  // What had left the frozen box in time has been heard by now.
  const frozenWrites = writes(frozen)
  frozen.signal('SIGCONT')
  ;[active, standby] = await settled(pair)
  t.equal(standby.name, frozen.name)
  t.equal(writes(frozen), frozenWrites, 'a box that was frozen and woke has written nothing')

  pair.cut(true)
  const lonely = active
  await until('who is not heard is fenced', async () => (await lonely.state()).fenced)
  const { seq: fencedAt } = await lonely.state()
  t.match(await lonely.ask('POST', `${BAG1}/trigger-andon`, { event_type: 'quality', priority: 'low', description: 'x' }), { status: 503, code: 'STANDBY_FENCED' })
  t.match((await lonely.ask('GET', '/readyz')).data, { ready: true, warnings: [/^the other box is not heard/] })
  ;[active] = await handed(pair, standby)
  const second = await raised(active, 'quality')
  await grows('the new one writes', () => writes(active))
  // What had left the lonely one before it was fenced has been heard by now.
  const lonelyWrites = writes(lonely)
  const known = await totalOf(lonely)
  await until('the lonely one goes on counting, and records it', async () => await totalOf(lonely) > known && (await lonely.state()).seq > fencedAt)
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
  await countsAll({ get: async <T>(path: string) => (await active.ask('GET', path)).data as T }, plant)
  // An orderly handover writes down what is pending.
  ;[, standby] = await settled(pair)
  await until('the order is taken', async () => (await standby.ask('PUT', '/api/v1/standby/takeover')).status === 200 || (await standby.state()).role === 'active')
  ;[active, standby] = await handed(pair, standby)
  ;[active, standby] = await settled(pair)
  const facts = await factsOf(active)
  for (const code of machines) t.strictSame(partsOf(facts, code), difference(after[code]!, before[code]!), `${code}: each part once`)
  await until('the MES has it all', async () => Number((await postgres.rows<{ n: string }>('SELECT max(seq) AS n FROM lineside.facts'))[0]!.n) >= facts.at(-1)!.seq && (await postgres.rows('SELECT * FROM lineside.gaps')).length === 0)
  const counted = await postgres.rows<{ equipment: string; good: number; reject: number }>(`
    SELECT equipment, sum((body ->> 'good')::float8) AS good, sum((body ->> 'reject')::float8) AS reject FROM lineside.facts WHERE kind IN ('count_recorded', 'rejects_found') GROUP BY equipment ORDER BY equipment`)
  t.strictSame(counted, machines.toSorted().map((equipment) => ({ equipment, ...difference(after[equipment]!, before[equipment]!) })), 'the MES has counted each part once')
  // Parts that were found after a blind time stand in a leaf of their own, good or not.
  const inRows = () => postgres.rows<{ parts: number }>(`SELECT equipment, sum(${partLeaves.join(' + ')}) AS parts FROM lineside.losses GROUP BY equipment ORDER BY equipment`)
  t.ok((await inRows()).every(({ parts }, i) => parts <= counted[i]!.good + counted[i]!.reject), 'and none twice in its loss rows, of which the last minute is still to come')
  t.strictSame(await postgres.rows('SELECT * FROM lineside.superseded'), [], 'and had never heard of a part that only a dead box knew')
  await until('the standby has it all', async () => (await standby.state()).seq === (await active.state()).seq)
  t.strictSame((await factsOf(standby)).slice(0, facts.length), facts, 'and the copy is the same, fact for fact')
  t.equal(facts.filter(({ type }) => type === 'taken_over').length, 5)
  for (const name of ['downtime_event', 'andon_event'] as const) {
    const ids = facts.filter(({ type }) => type === name).map(({ data }) => data['stop_id'] ?? data['andon_id'])
    t.equal(new Set(ids).size, ids.length, `no ${name} has a name that another one had`)
  }
  await pair.stop()
})

t.test('a person decides where two boxes alone cannot', async (t) => {
  // Nobody reads a PLC here: what changes hands is the work itself.
  const { a, b, ...pair }: TestPair = await pairOf(folderOf(t), { takeover: 'on_silence', silence: '4s' }, (config) => {
    config.server = {}
    for (const plc of config.plcs) Object.assign(plc, { port: 1 })
  })
  t.teardown(async () => {
    if (!t.passing()) for (const box of [a, b]) t.comment(`${box.name}: ${box.said()}`)
    await pair.stop()
  })
  await b.start()
  t.match(await b.ask('PUT', '/api/v1/standby/takeover'), { status: 409, code: 'STANDBY_NOT_WHOLE' }, 'without a copy there is nothing to go on with')
  t.match(await b.ask('PUT', '/api/v1/standby/takeover?force=true'), { status: 409, code: 'STANDBY_NOT_WHOLE' }, 'whoever orders it')
  t.match(await b.ask('PUT', '/api/v1/standby/release'), { status: 409, code: 'STANDBY_ROLE' })
  t.match(await b.ask('POST', '/api/v1/access/tokens', { name: 'x' }), { status: 503, code: 'STANDBY' }, 'nobody is let in on a copy')
  await a.start()
  await settled({ a, b, ...pair })
  await until('it is known what there is of samples', async () => (await b.state()).samples?.trouble === null)
  t.match((await b.state()).samples, { left: 0, unusable: 0 })
  t.match(await a.ask('PUT', '/api/v1/standby/takeover'), { status: 409, code: 'STANDBY_ROLE' })
  t.match(await a.ask('PUT', '/api/v1/standby/release'), { status: 409, code: 'STANDBY_ROLE' }, 'a box that is heard is not off')
  t.match(await a.ask('GET', '/api/v1/standby/journal?after=1&epoch=another'), { status: 409, code: 'STANDBY_FOREIGN' })

  // The standby dies: the active box cannot know that it did not take over, until somebody says so.
  await b.end('SIGKILL')
  await until('who is not heard is fenced', async () => (await a.state()).fenced)
  t.match(await a.ask('POST', `${BAG1}/trigger-andon`, { event_type: 'quality', priority: 'low', description: 'x' }), { status: 503, code: 'STANDBY_FENCED' })
  t.match(await statusOf(a, /fenced/), { code: 6, out: /^a is active, and fenced:/ })
  t.match(await lineside(a, 'standby', 'release'), { code: 0 })
  const call = await raised(a)

  // One that starts after the silence began has no answer to count from.
  await a.end('SIGKILL')
  await b.start()
  await until('it knows that it hears nobody', async () => (await b.state()).trouble !== null)
  t.match(await b.ask('PUT', '/api/v1/standby/takeover?force=true'), { status: 200 }, 'the copy of before is gone on with')
  await handed({ a, b, ...pair }, b)
  const told = await takenAfter(b, 0)
  t.match(told, { data: { box: 'b', why: 'force' } })
  t.ok(told.seq > Number(told.data['from_seq']) + 1_000_000, 'numbers are left to who was not heard')
  t.notOk((await openCalls(b)).includes(call), 'what was not copied is not known')
  await a.start()
  await settled({ a, b, ...pair })
  t.match(await statusOf(a, /^a stands by/), { code: 0, out: /^a stands by, \d+ facts and \d+ s behind; it takes over on silence; http.* was heard \d+ s ago\n$/, err: /journal\.fork-.*\.db holds what only this box had recorded/ })
  t.match(await statusOf(b, /while it is heard/), { code: 0, out: /^b is active, while it is heard;/ })
  await until('and is named', async () => (await factsOf(b)).some(({ type, data }) => type === 'fork_kept' && data['box'] === 'a'))
  t.match(await lineside(a, 'status'), { out: /! standby: following http/ })
  // Nobody may write to a directory that is about to go.
  await pair.stop()
})

/* ── the two ─────────────────────────────────────────────────────────────────────────────────── */

/** The command line, as somebody far away uses it. */
async function lineside(box: TestBox, ...words: readonly string[]): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const bin = new URL('../../../bin/lineside', import.meta.url).pathname
  const child = spawn(bin, [...words, '--url', box.url], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LINESIDE_TOKEN: box.token } })
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: child.exitCode, out, err }
}

/** What a person is told of the two, as soon as it is that: on a busy machine a word is late now and then. */
async function statusOf(box: TestBox, what: RegExp): ReturnType<typeof lineside> {
  let told: Awaited<ReturnType<typeof lineside>> | undefined
  await until(`${box.name} says ${what}`, async () => what.test((told = await lineside(box, 'standby', 'status')).out), () => JSON.stringify(told))
  return given(told, 'what was told')
}

/** Resolves when that box works. */
async function handed({ a, b }: TestPair, to: TestBox): Promise<[active: TestBox, standby: TestBox]> {
  await until(`${to.name} works`, async () => (await to.state()).role === 'active')
  return [to, to.name === 'a' ? b : a]
}

/** Parts of every machine, as that box knows them now. */
async function totalOf(box: TestBox): Promise<number> {
  const answers = await Promise.all(machines.map((code) => box.ask('GET', `/api/v1/enhanced/equipment/${code}/production-status`)))
  return answers.reduce((sum, { data }) => sum + (data as { readonly counts: { readonly total: number } }).counts.total, 0)
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
