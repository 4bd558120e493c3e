/** What an MES asks and orders over MQTT, from a gateway in a process of its own: answered once, obeyed once, and never in part. */

import t from 'tap'
import { silentLog } from '../../../src/base/log.js'
import { instant } from '../../../src/base/units.js'
import type { SampleRecord } from '../../../src/contract/upstream.js'
import { START, groups, turnOf } from '../../journal/plant.js'
import { until } from '../../support/child.js'
import { folderOf } from '../../support/folder.js'
import { startGateway as startJournal } from '../../support/gateway.js'
import { openMes } from '../../support/mes.js'
import { startMosquitto } from '../../support/mosquitto.js'
import { type Gateway, type Site, siteOf, startGateway } from '../../stories/gateway.js'

t.setTimeout(600_000)
const broker = await startMosquitto(folderOf(t, { broker: {}, box: {} }))
const limited = { lines: ['BP02'] }
const site: Site = await siteOf(`${t.testdirName}/box`, (config) => {
  config.gateway.id = 'demo'
  config.upstreams = [
    { name: 'mes', url: broker.url, lanes: ['facts'], reconnect_max: '500ms', pull: {} },
    { name: 'lookers', url: broker.url, root: 'lookers/v1', lanes: ['facts'], reconnect_max: '500ms', pull: { role: 'viewer' } },
    { name: 'other', url: broker.url, root: 'other/v1', lanes: ['facts'], reconnect_max: '500ms', pull: limited },
    { name: 'deaf', url: broker.url, root: 'deaf/v1', lanes: ['facts'], reconnect_max: '500ms' },
  ]
  const [line] = config.lines
  config.lines = [line!, { ...line!, id: '87654321-4321-4765-8ba9-876543210987', code: 'BP02', name: 'Second', constraints: {}, equipment: [{ code: 'BP02.BAG', name: 'Bagger' }] }]
})
let gateway: Gateway = await startGateway(site)
const mes = await openMes({ url: broker.url, gateway: 'demo', listens: ['lineside/v1/demo/up/j'] })
await until('the gateway listens', async () => (await upstream('mes')).connected && (await upstream('other')).connected && (await upstream('lookers')).connected)
t.teardown(async () => {
  await mes.leave()
  await gateway.stop()
  await broker.stop()
})

const BAG = 'BP01.PACK.BAG1'
let orders = 0
const nextId = (): string => `01J9ZZZZ-${++orders}`
const order = (action: string, body: object, more: object = {}) => ({ id: nextId(), action, body, ...more })
interface Figures { readonly connected: boolean; readonly pulls: { readonly answered: number; readonly refused: number; readonly unanswerable: number } | null }
async function upstream(name: string): Promise<Figures> {
  const { upstreams } = await gateway.get<{ upstreams: (Figures & { upstream: string })[] }>('/api/v1/enhanced/upstreams')
  return upstreams.find((one) => one.upstream === name)!
}
const jobs = async (line = 'BP01'): Promise<Record<string, { status: string; quantity: number; revision: number }>> => {
  const data = await gateway.get<{ jobs: { job_id: string; status: string; quantity: number; revision: number }[] }>(`/api/v1/enhanced/jobs?line_id=${line}`)
  return Object.fromEntries(data.jobs.map((job) => [job.job_id, job]))
}

t.test('a job is ordered, assigned and started; each answer has the number of its fact, and the facts travel', async (t) => {
  const created = await mes.ask('job', order('create', { job_id: 'A1', quantity: 500, product: 'BAG500' }, { line: 'BP01', by: 'planner' }))
  t.match(created, { v: 1, op: 'job', status: 202, correlation: '1', data: { again: false, seqs: [Number] } })
  t.match(await mes.ask('job', order('assign', { job_id: 'A1' }, { equipment: BAG })), { status: 202 })
  t.match(await mes.ask('job', order('start', {}, { equipment: BAG })), { status: 202 })
  t.match((await jobs())['A1'], { status: 'in_progress', quantity: 500 })
  const { seq } = created.data as { seq: number }
  const [fact] = (await gateway.get<{ events: { seq: number; type: string; data: object }[] }>(`/api/v1/enhanced/journal?after=${seq - 1}&limit=1`)).events
  t.match(fact, { seq, type: 'job_created', data: { job_id: 'A1', by: 'planner' } })
  const audit = await gateway.get<{ commands: object[] }>('/api/v1/enhanced/audit')
  t.match(audit.commands.find((one) => (one as { command: string }).command === 'job_create'), { by_id: 'upstream/mes', by_name: 'planner', role: 'mes' })
})

t.test('which configuration is in force is told, with the lines within reach', async (t) => {
  const { status, data } = await mes.ask('config', {})
  t.equal(status, 200)
  t.match(data, { version: 1, applied: { version: 1, hash: /^[0-9a-f]+$/, at: /Z$/, by: String }, lines: [{ code: 'BP01', equipment: [{ code: String, constraint: Boolean }] }, { code: 'BP02' }] })
  const narrow = await openMes({ url: broker.url, gateway: 'demo', root: 'other/v1' })
  const { data: seen } = await narrow.ask('config', {})
  t.strictSame((seen as { lines: { code: string }[] }).lines.map(({ code }) => code), ['BP02'])
  t.match(await mes.ask('config', { version: 3 }), { status: 400 }, 'it cannot be changed from here')
  await narrow.leave()
})

t.test('an order that comes again is not obeyed again, and another one under its id is refused', async (t) => {
  const first = order('create', { job_id: 'A2', quantity: 5 }, { line: 'BP01' })
  const [once, twice, late] = [await mes.ask('job', first), await mes.ask('job', first), await mes.ask('job', { ...first, exp: '2020-01-01T00:00:00.000Z' })]
  t.match(once, { status: 202, data: { again: false } })
  for (const repeated of [twice, late]) t.strictSame(repeated.data, { ...once.data, again: true }, 'the stored answer, also when its time is over')
  t.match(await mes.ask('job', { ...first, body: { job_id: 'A2', quantity: 6 } }), { status: 409, error: { code: 'KEY_REUSED' } })
  const refused = order('create', { job_id: 'A2', quantity: 7 }, { line: 'BP01' })
  t.match(await mes.ask('job', refused), { status: 409, error: { code: 'JOB_EXISTS' } })
  t.match(await mes.ask('job', refused), { status: 409, error: { code: 'JOB_EXISTS' } })
  t.equal((await jobs())['A2']!.quantity, 5)
})

t.test('both at once are one', async (t) => {
  const wish = order('create', { job_id: 'A3', quantity: 5 }, { line: 'BP01' })
  const both = await Promise.all([mes.ask('job', wish), mes.ask('job', wish), mes.ask('job', wish)])
  t.strictSame(both.map(({ data }) => (data as { again: boolean }).again).sort(), [false, true, true])
  t.equal(new Set(both.map(({ data }) => (data as { seq: number }).seq)).size, 1)
})

t.test('what came too late is refused, for good', async (t) => {
  const late = order('create', { job_id: 'late', quantity: 5 }, { line: 'BP01', exp: new Date(Date.now() - 10_000).toISOString() })
  t.match(await mes.ask('job', late), { status: 410, error: { code: 'EXPIRED' } })
  t.match(await mes.ask('job', { ...late, exp: new Date(Date.now() + 3_600_000).toISOString() }), { status: 410 }, 'the same order stays refused')
  t.match(await mes.ask('job', order('create', { job_id: 'timely', quantity: 5 }, { line: 'BP01', exp: new Date(Date.now() + 60_000).toISOString() })), { status: 202 })
  t.strictSame(Object.keys(await jobs()).filter((id) => id === 'late' || id === 'timely'), ['timely'])
})

t.test('a schedule is taken as a whole, by its number; an older one, and one with an unknown job, change nothing', async (t) => {
  const planned = (planned_start: string | null) => [{ job_id: 'A2', planned_start }, { job_id: 'A3', planned_start }]
  const schedule = (body: object) => mes.ask('schedule', { id: nextId(), line: 'BP01', body })
  t.match(await schedule({ revision: 5, jobs: planned('2026-03-29T06:00:00.000Z') }), { status: 202 })
  t.match(await schedule({ revision: 4, jobs: planned(null) }), { status: 409, error: { code: 'STALE_REVISION', details: [{ path: 'revision', message: '5' }] } })
  t.match(await schedule({ revision: 6, jobs: [...planned(null), { job_id: 'nowhere', planned_start: null }] }), { status: 404, error: { code: 'JOB_UNKNOWN' } })
  t.match(await mes.ask('job', order('update', { job_id: 'A2', quantity: 9, expected_revision: 1 }, { line: 'BP01' })), { status: 409, error: { code: 'STALE_REVISION' } })
  t.match((await jobs())['A2'], { planned_start: '2026-03-29T06:00:00.000Z', quantity: 5, revision: 2 })
})

t.test('what makes no sense is told so, counted, and never obeyed in part', async (t) => {
  const before = Object.keys(await jobs())
  const counted = (await upstream('mes')).pulls!
  const place = 'lineside/v1/demo/res/x'
  const wrong = await openMes({ url: broker.url, gateway: 'demo', listens: [place] })
  const send = (operation: string, payload: string | Buffer, responseTopic = place) => wrong.say(`lineside/v1/demo/cmd/${operation}`, payload, { qos: 1, properties: { responseTopic } })
  const good = { id: nextId(), action: 'create', line: 'BP01', body: { job_id: 'half', quantity: 5 } }
  const bad: [string, string | Buffer, number, string][] = [
    ['job', '{', 400, 'BODY_MISFIT'], ['job', Buffer.of(0xff, 0xfe), 400, 'BODY_MISFIT'], ['job', '[]', 400, 'BODY_MISFIT'], ['job', '{"__proto__":{"id":1}}', 400, 'BODY_MISFIT'],
    ['job', JSON.stringify({ ...good, body: { job_id: 'half', quantity: 'many' } }), 400, 'BODY_MISFIT'], ['job', JSON.stringify({ ...good, surprise: 1 }), 400, 'BODY_MISFIT'],
    ['job', JSON.stringify({ ...good, id: '../x' }), 400, 'BODY_MISFIT'], ['job', JSON.stringify({ ...good, action: 'destroy' }), 400, 'BODY_MISFIT'],
    ['job', JSON.stringify({ ...good, padding: 'x'.repeat(70_000) }), 413, 'BODY_TOO_LARGE'],
    ['job', JSON.stringify({ ...good, id: nextId(), line: 'BP09' }), 404, 'LINE_UNKNOWN'], ['job', JSON.stringify({ ...good, id: nextId(), action: 'start', body: {}, equipment: 'nothing' }), 404, 'EQUIPMENT_UNKNOWN'],
    ['job', JSON.stringify({ ...good, id: nextId(), line: undefined }), 400, 'BODY_MISFIT'], ['job', JSON.stringify({ ...good, id: nextId(), equipment: BAG }), 400, 'BODY_MISFIT'],
    ['job', JSON.stringify({ ...good, id: nextId(), body: { job_id: 'half', quantity: 5, product: 'NONE' } }), 422, 'PRODUCT_UNKNOWN'],
    ['erase', '{}', 404, 'OPERATION_UNKNOWN'], ['toString', '{}', 404, 'OPERATION_UNKNOWN'], ['replay', '{"limit":100000}', 400, 'BODY_MISFIT'], ['replay', '{"ep":"0000000000000000"}', 404, 'EPOCH_UNKNOWN'],
    ['replay', '{"from_time":"2026-03-29T06:00:00Z","to_time":"2026-03-29T05:00:00Z"}', 422, 'WINDOW_MEANINGLESS'], ['replay', '{"lane":"r","kinds":["job_created"]}', 400, 'BODY_MISFIT'],
    ['snapshot', '{"cursor":"abc.1"}', 410, 'PAGE_GONE'], ['snapshot', '{"line":"BP09"}', 404, 'LINE_UNKNOWN'],
  ]
  for (const [operation, payload] of bad) await send(operation, payload)
  await until('each is answered', () => wrong.heard.length === bad.length)
  const answered = wrong.heard.map(({ payload }) => JSON.parse(payload.toString()) as { op: string; status: number; error: { code: string } })
  for (const [operation, payload, status, code] of bad) {
    t.ok(answered.some((one) => one.op === operation && one.status === status && one.error.code === code), `${operation} ${String(payload).slice(0, 60)}: ${status} ${code}`)
  }

  const forged = ['lineside/v1/other/cmd/job', 'lineside/v1/demo/st', 'lineside/v1/demo/res/', 'lineside/v1/demo/res/a/b/c', 'lineside/v1/demo/res/../x', 'x']
  for (const topic of forged) await send('job', JSON.stringify({ ...good, id: nextId() }), topic)
  await wrong.say('lineside/v1/demo/cmd/job', JSON.stringify({ ...good, id: nextId(), re: 'x' }))
  await wrong.say('lineside/v1/demo/cmd/ping', '{}')
  await wrong.say('lineside/v1/demo/cmd/job', '{')
  await until('what cannot be answered is counted', async () => (await upstream('mes')).pulls!.unanswerable === counted.unanswerable + forged.length + 3)
  const now = (await upstream('mes')).pulls!
  t.equal(now.refused - counted.refused, bad.length)
  t.strictSame(Object.keys(await jobs()), before, 'nothing of it was obeyed')
  await wrong.leave()
})

t.test('an order without a place for its answer is obeyed, and its fact is the answer', async (t) => {
  await mes.say('lineside/v1/demo/cmd/job', JSON.stringify(order('create', { job_id: 'silent', quantity: 5 }, { line: 'BP01' })))
  await until('it is known', async () => 'silent' in await jobs())
  t.match((await jobs())['silent'], { status: 'created' })
})

t.test('roles and lines hold here as they do over REST', async (t) => {
  const [looker, other, nobody] = [await openMes({ url: broker.url, gateway: 'demo', root: 'lookers/v1' }), await openMes({ url: broker.url, gateway: 'demo', root: 'other/v1' }), await openMes({ url: broker.url, gateway: 'demo', root: 'deaf/v1' })]
  await until('they are heard', async () => (await upstream('other')).connected && (await upstream('lookers')).connected)
  t.match(await looker.ask('ping', {}), { status: 200 })
  t.match(await looker.ask('job', order('create', { job_id: 'no', quantity: 5 }, { line: 'BP01' })), { status: 403, error: { code: 'FORBIDDEN' } })
  t.match(await other.ask('job', order('create', { job_id: 'no', quantity: 5 }, { line: 'BP01' })), { status: 403 })
  t.match(await other.ask('job', order('create', { job_id: 'B1', quantity: 5 }, { line: 'BP02' })), { status: 202 })
  t.match(await other.ask('replay', { line: 'BP01' }), { status: 403 })
  const replayed = (await other.ask('replay', {})).data as { recs: { l?: string }[] }
  t.strictSame([...new Set(replayed.recs.map(({ l }) => l))].filter((line) => line !== undefined), ['BP02'], 'facts of the other line are left out')
  const snapshot = (await other.ask('snapshot', {})).data as { items: { of: string }[] }
  t.strictSame([...new Set(snapshot.items.map(({ of }) => of))], ['BP02', 'BP02.BAG'])
  await nobody.say('deaf/v1/demo/cmd/ping', JSON.stringify({ re: 'deaf/v1/demo/res/x' }))
  t.match(await other.ask('ping', {}), { status: 200 })
  t.equal((await upstream('deaf')).pulls, null, 'where nothing is said nobody is heard')
  for (const one of [looker, other, nobody]) await one.leave()
})

t.test('MQTT 3.1.1, and a bridge that drops properties, say the same in the body and get the same answers', async (t) => {
  const old = await openMes({ url: broker.url, gateway: 'demo', version: 4 })
  const [inOld, inNew] = [await old.ask('replay', { limit: 3 }), await mes.ask('replay', { limit: 3 })]
  t.strictSame((inOld.data as { recs: object[] }).recs, (inNew.data as { recs: object[] }).recs)
  t.match(inOld, { correlation: null, cid: '1' })
  t.match(await old.ask('job', order('create', { job_id: 'A2', quantity: 1 }, { line: 'BP01' })), { status: 409, error: { code: 'JOB_EXISTS' } })
  await old.leave()
})

t.test('replay comes page by page, by number, by time and by kind, and is what the journal has', async (t) => {
  const whole: { s: number; k: string; t: number }[] = []
  for (let after = 0, isDone = false; !isDone;) {
    const page = (await mes.ask('replay', { after, bytes: 2_048, limit: 50 })).data as { recs: typeof whole; next: number; done: boolean }
    t.ok(page.recs.length > 0 && JSON.stringify(page.recs).length <= 2_200)
    whole.push(...page.recs)
    after = page.next
    isDone = page.done
  }
  t.strictSame(whole.map(({ s }) => s), whole.map((_, i) => i + 1), 'each number once, in order')
  const created = (await mes.ask('replay', { kinds: ['job_created'] })).data as { recs: typeof whole; done: boolean }
  t.strictSame(created.recs.map(({ s }) => s), whole.filter(({ k }) => k === 'job_created').map(({ s }) => s))
  t.equal(created.done, true)
  const middle = whole[5]!
  const since = (await mes.ask('replay', { from_time: new Date(middle.t).toISOString() })).data as { recs: typeof whole }
  t.equal(since.recs[0]!.s, whole.find((fact) => fact.t >= middle.t)!.s)
  const streams = (await mes.ask('streams', {})).data as { ep: string; epochs: object[]; lanes: { j: object } }
  t.match(streams, { epochs: [{ ep: streams.ep, first: 1, previous: null, why: 'created' }], lanes: { j: { first: 1, head: Number } }, trimmed: null })
  t.match((await mes.ask('replay', { ep: streams.ep, after: whole.length - 1 })).data, { next: Number })
})

t.test('a snapshot, and the stream from its number on, are the state', async (t) => {
  const first = (await mes.ask('snapshot', { line: 'BP01', parts: ['jobs', 'line', 'equipment'], bytes: 1_024 })).data as { seq: number; next: string | null; items: Item[] }
  interface Item { readonly part: string; readonly of: string; readonly data: { readonly jobs: { job_id: string; quantity: number; status: string }[] } }
  // While its pages are fetched the plant goes on.
  const [, made] = [mes.ask('job', order('update', { job_id: 'A2', quantity: 77 }, { line: 'BP01' })), await mes.ask('job', order('create', { job_id: 'A9', quantity: 9 }, { line: 'BP01' }))]
  t.equal(made.status, 202)
  const items = [...first.items]
  for (let { next } = first; next !== null;) {
    const page = (await mes.ask('snapshot', { cursor: next, bytes: 1_024 })).data as typeof first
    t.equal(page.seq, first.seq, 'every page is of the same number')
    items.push(...page.items)
    ;({ next } = page)
  }
  t.strictSame(items.map(({ part, of }) => `${part} ${of}`), ['jobs BP01', 'line BP01', 'equipment BP01.PACK.BAG1.BL', 'equipment BP01.PACK.BAG1', 'equipment BP01.PACK.PAL1'])
  const state = new Map(items[0]!.data.jobs.map(({ job_id, quantity }) => [job_id, quantity]))
  const follows = (await mes.ask('replay', { after: first.seq, kinds: ['job_created', 'job_updated'] })).data as { recs: { b: { job_id: string; quantity: number } }[] }
  for (const { b } of follows.recs) state.set(b.job_id, b.quantity)
  t.strictSame(Object.fromEntries(state), Object.fromEntries(Object.entries(await jobs()).map(([id, { quantity }]) => [id, quantity])))
})

t.test('more than can wait are told so, and every one is answered', async (t) => {
  const asked = await Promise.all(Array.from({ length: 300 }, () => mes.ask('replay', { limit: 100 })))
  const [served, full] = [asked.filter(({ status }) => status === 200), asked.filter(({ status }) => status === 503)]
  t.ok(served.length >= 64, `${served.length} were served`)
  t.equal(served.length + full.length, asked.length)
  for (const one of full) t.equal(one.error!.code, 'INBOX_FULL')
})

t.test('the answer was true: a gateway that is killed after it knows the order, and says so again', async (t) => {
  const wish = order('create', { job_id: 'killed', quantity: 5 }, { line: 'BP01' })
  const before = await mes.ask('job', wish)
  await gateway.kill()
  gateway = await startGateway(site)
  await until('it listens again', async () => (await upstream('mes')).connected)
  const after = await mes.ask('job', wish)
  t.strictSame(after.data, { ...before.data, again: true })
  t.match((await jobs())['killed'], { status: 'created' })
})

t.test('what was ordered is worked off without a broker, and the MES hears of it later', async (t) => {
  t.match(await mes.ask('job', order('complete', {}, { equipment: BAG })), { status: 202 })
  for (const action of ['create', 'assign'] as const) {
    t.match(await mes.ask('job', order(action, action === 'create' ? { job_id: 'offline', quantity: 5 } : { job_id: 'offline' }, action === 'create' ? { line: 'BP01' } : { equipment: BAG })), { status: 202 })
  }
  await broker.kill()
  const started = await fetch(`http://127.0.0.1:${gateway.port}/api/v1/enhanced/equipment/${BAG}/job-start`, { method: 'POST', headers: { authorization: `Bearer ${site.token}`, 'content-type': 'application/json' }, body: '{}' })
  t.equal(started.status, 200)
  t.match((await jobs())['offline'], { status: 'in_progress' })
  await broker.start()
  await until('the gateway is back', async () => (await upstream('mes')).connected)
  const late = await openMes({ url: broker.url, gateway: 'demo' })
  const { recs } = (await late.ask('replay', { kinds: ['job_started'] })).data as { recs: { b: { job_id: string } }[] }
  t.strictSame(recs.map(({ b }) => b.job_id), ['A1', 'offline'])
  await late.leave()
})

t.test('what retention took is named, and the rest is given; an order that lies at the broker is not obeyed', async (t) => {
  const directory = folderOf(t)
  const first = await startJournal({ directory, id: 'short', forgetful: true, upstreams: [], log: silentLog })
  await first.happen(30, { at: instant(1_000_000) })
  await first.happen(5)
  await until('retention took the first', async () => (await first.journal.sizes()).factSeqFirst > 1)
  const kept = (await first.journal.sizes()).factSeqFirst
  await first.stop()
  await mes.say('lineside/v1/short/cmd/job', JSON.stringify(order('create', { job_id: 'retained', quantity: 5 }, { re: 'lineside/v1/short/res/x' })), { qos: 1, retain: true })
  const again = await startJournal({ directory, id: 'short', upstreams: [{ name: 'mes', url: broker.url, lanes: ['facts'], pull: {} }] })
  await until('it is connected', () => again.upstreams[0]!.figures().connected)
  const asker = await openMes({ url: broker.url, gateway: 'short' })
  t.match((await asker.ask('replay', { after: 3 })).data, { gone: [4, kept - 1], recs: Array.from({ length: 36 - kept }, (_, i) => ({ s: kept + i })), done: true, next: 35 })
  t.match((await asker.ask('replay', { after: 3, to: 6 })).data, { gone: [4, 6], recs: [], done: true, next: 6 })
  t.match(again.upstreams[0]!.figures().pulls, { unanswerableCount: 1, answeredCount: 2, refusedCount: 0 }, 'it would come again with every connection')
  await asker.leave()
  await again.stop()
})

t.test('samples are given again by the turns they were read in, page by page', async (t) => {
  const samples = { tags: ['packer/speed', 'packer/zones'] }
  const quiet = await startJournal({ directory: folderOf(t), id: 'scans', groups, upstreams: [{ name: 'mes', url: broker.url, lanes: [], samples, pull: {} }, { name: 'some', root: 'some/v1', url: broker.url, lanes: [], samples, pull: { lines: ['BP01'] } }] })
  for (let turn = 1; turn <= 900; turn++) await quiet.happen(turn === 900 ? 1 : 0, { scans: (number) => turnOf(number).scans, at: instant(START + turn * 100) })
  await until('it is connected', () => quiet.upstreams.every((one) => one.figures().connected))
  const asker = await openMes({ url: broker.url, gateway: 'scans' })
  interface Page { readonly next: number; readonly done: boolean; readonly gone: null; readonly recs: readonly SampleRecord[] }
  const turns: number[] = []
  let pages = 0
  for (let after = 100; ; pages++) {
    const { data } = await asker.ask('replay', { lane: 'm', after, limit: 300, bytes: 8_192 })
    const { next, done, recs } = data as Page
    for (const { g } of recs) for (const { n } of g) n.reduce((sum, step) => { turns.push(sum + step); return sum + step }, 0)
    if (done) break
    t.ok(next > after)
    after = next
  }
  t.strictSame(turns, Array.from({ length: 800 }, (_, i) => i + 101))
  t.ok(pages >= 3, `${pages} pages`)
  t.match(await asker.ask('replay', { lane: 'm', from_time: '2026-03-29T06:00:00Z' }), { status: 400 })
  t.match(await mes.ask('replay', { lane: 'm' }), { status: 400, error: { details: [{ path: 'lane', message: 'this upstream gets no samples' }] } })
  const some = await openMes({ url: broker.url, gateway: 'scans', root: 'some/v1' })
  t.match(await some.ask('replay', { lane: 'm' }), { status: 403 }, 'a tag may say something about any line')
  await Promise.all([asker.leave(), some.leave()])
  await quiet.stop()
})
