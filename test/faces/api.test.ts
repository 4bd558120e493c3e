import * as fc from 'fast-check'
import t, { type Test } from 'tap'
import { manualClock } from '../../src/base/clock.js'
import { openLog } from '../../src/base/log.js'
import { instant, later, rfc3339 } from '../../src/base/units.js'
import { catalogue } from '../../src/contract/events/catalogue.js'
import { commands } from '../../src/contract/commands.js'
import type { Endpoint } from '../../src/contract/endpoints/endpoint.js'
import { type EndpointName, endpoints, table } from '../../src/contract/endpoints/table.js'
import { Fault } from '../../src/contract/faults.js'
import { type RefusalCode, refusals, refuse } from '../../src/contract/refusals.js'
import { type Actor, type Role, may, roles } from '../../src/contract/roles.js'
import { openAccess } from '../../src/faces/access/access.js'
import { openPeople } from '../../src/faces/access/people.js'
import { openTokens } from '../../src/faces/access/tokens.js'
import { openApi } from '../../src/faces/api/api.js'
import { pastHandlers } from '../../src/faces/api/past.js'
import { requestIds } from '../../src/faces/api/envelope.js'
import { permissionOf } from '../../src/faces/api/tell.js'
import type { HttpReply } from '../../src/faces/http.js'
import { Writable } from 'node:stream'
import { type StandbyDesk, noStandby } from '../../src/faces/api/standby.js'
import { openMemoryDesk, twoLines } from './support/desk.js'
import { fewerCases } from '../support/cases.js'
import { tells } from '../support/tells.js'

const start = instant(Date.parse('2026-03-29T06:00:00Z'))
const BAG1 = 'BP01.PACK.BAG1'
const LINE = '12345678-1234-5678-9abc-123456789012'
const equipment = `/api/v1/enhanced/equipment/${BAG1}`
const line = `/api/v1/enhanced/lines/${LINE}`

interface Asked { readonly method?: string; readonly body?: unknown; readonly raw?: string; readonly headers?: Record<string, string>; readonly as?: string; readonly from?: string }
interface Answered { readonly status: number; readonly headers: Map<string, string>; readonly text: string; readonly json: Envelope }
interface Envelope { success: boolean; data: Record<string, never>; error: { code: RefusalCode; message: string; details: { path: string; message: string }[] }; meta: Record<string, unknown> }

/** The face over the example plant, with a token for each role; the clock stands at 06:10. */
async function open(t: Test) {
  const clock = manualClock(start)
  const config = twoLines()
  const desk = openMemoryDesk(config, clock)
  const directory = t.testdir()
  const tokens = openTokens(directory, clock)
  const tokenOf = async (role: Role, lines: readonly string[] | null = null): Promise<string> => (await tokens.create({ name: role, role, lines, expiresAt: null })).token
  const byRole = Object.fromEntries(await Promise.all(roles.map(async (role) => [role, await tokenOf(role)]))) as Record<Role, string>
  const logged: string[] = []
  const log = openLog('info', new Writable({ write: (chunk: Buffer, _, done) => { logged.push(chunk.toString()); done() } }))
  const access = openAccess({ tokens, clock, requests: { perSecond: 1e6, burst: 1e6 } })
  const sockets = {
    connections: () => [],
    stats: () => ({ connections: 1, sent: { state_changed: 3 }, queued_bytes: 0, resumed: 0, closed_too_slow: 0, fan_out_milliseconds: { p50: 0.1, p99: 0.2 } }),
  }
  const people = openPeople(directory, clock)
  const inForce = { version: 1, state: 'good', warnings: [], shown: 1, text: 'version: 1', versions: [] }
  const unchanged = async () => ({ applied: 1, changes: [] })
  const house = {
    box: { logLines: () => logged, supportBundle: async () => Buffer.from('bundle') }, doors: { tokens, people },
    settings: { show: (version: number | null) => version === null || version === 1 ? inForce : null, apply: unchanged, rollback: unchanged },
    standby: { ...noStandby(() => desk.head()), ...pairedBox(() => desk.head()) },
    past: pastHandlers(desk),
  }
  const api = openApi({ desk, access, sockets, house, log })
  await clock.advance(600_000)

  async function ask(target: string, { method = 'GET', body, raw, headers = {}, as = byRole.admin, from = '10.0.0.7' }: Asked = {}): Promise<Answered> {
    const [path = '', query = ''] = target.split('?')
    const sent: Record<string, string> = { ...(as === '' ? {} : { authorization: `Bearer ${as}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }
    const given = raw ?? (body === undefined ? '' : JSON.stringify(body))
    const reply = await api.handler({ method, path: decodeURIComponent(path), query, header: (name) => sent[name] ?? '', body: Buffer.from(given), address: from })
    return answered(reply)
  }
  return { clock, config, desk, access, api, ask, tokenOf, byRole, logged }
}

/** A box of two, as far as the interface asks it. */
function pairedBox(head: () => { readonly epoch: string; readonly seq: number }): StandbyDesk {
  const place = { epoch: 'e1', seq: 1, rows: 0, commands: 0 }
  const state = () => ({ ...noStandby(head).state(), role: 'active' as const, box: 'b', peer: 'http://10.0.0.2:8000', takeover: 'on_silence' as const, whole: true, behind_facts: 0, behind_seconds: 0.5 })
  const page = { epochs: [], facts: [], rows: [], commands: [], snapshots: [], bookmarks: {}, notes: {}, turn: 1, at: null, head: 1, whole: true }
  return {
    state, takeOver: async () => state(), release: async () => state(), page: async () => JSON.stringify(page), chunks: async () => ({ chunks: [], before: null }), chunkPart: async () => JSON.stringify({ head: null, columns: [], next: null }), recorders: async () => ({ recorders: [], before: null }),
    recorder: async () => JSON.stringify({ recorder: { first: 1, from: 0, to: 1, bytes: 0 }, layouts: {}, block: '' }), house: () => ({ house: 'h', versions: [], tokens: [], people: [] }),
    beat: async () => ({ role: 'active', box: 'a', ...head(), epochs: ['e1'], version: '0', goes_on: [], stamp: 's', leased: true, ordering: false, house: 'h' }),
    handOver: async () => ({ place, at: '2026-03-29T06:00:00.000Z' }),
  }
}

function answered(reply: HttpReply): Answered {
  const text = reply.body.toString()
  const isJson = reply.headers.some(([name, value]) => name === 'Content-Type' && value.startsWith('application/json'))
  return { status: reply.status, headers: new Map(reply.headers), text, json: (isJson && text !== '' ? JSON.parse(text) : {}) as Envelope }
}

const job = { job_id: 'J1', quantity: 100, product: 'BAG500' }
type Plant = Awaited<ReturnType<typeof open>>

/** A job that runs, a stop with its reason and one without, an open call: something for every list to show. */
async function busy({ ask, desk }: Plant): Promise<void> {
  await ask('/api/v1/enhanced/jobs?line_id=BP01', { method: 'POST', body: job })
  await ask(`${equipment}/job-assignment?job_id=J1`, { method: 'POST' })
  await ask(`${equipment}/job-start`, { method: 'POST' })
  await ask(`${equipment}/trigger-andon?event_type=material`, { method: 'POST' })
  const about = { state: 'faulted', reason: null, cause: null, job_id: null, product: null, shift: null } as const
  desk.happen('state_changed', later(start, 60_000), BAG1, { state: 'faulted', state_code: null, previous: 'running', previous_seconds: 60 })
  desk.happen('downtime_event', later(start, 60_000), BAG1, { stop_id: 'BP01-S1', ...about })
  desk.happen('downtime_resolved', later(start, 240_000), BAG1, { stop_id: 'BP01-S1', ...about, from: rfc3339(later(start, 60_000)), lost_seconds: 180, micro: false })
  desk.happen('state_changed', later(start, 240_000), BAG1, { state: 'running', state_code: null, previous: 'faulted', previous_seconds: 180 })
  desk.happen('downtime_event', later(start, 540_000), BAG1, { stop_id: 'BP01-S2', ...about })
  desk.turn()
}

/** An address of an endpoint in the busy plant. */
const targetOf = ({ path }: Endpoint): string => path
  .replace('{line_id}', 'BP01').replace('{equipment_code}', BAG1).replace('{job_id}', 'J1')
  .replace('{stop_id}', 'BP01-S1').replace('{andon_id}', 'BP01-A1').replace('{signal}', 'speed').replace('{upstream}', 'mes').replace('{plc}', 'packer').replace('{tag}', 'bl_speed').replace('{person}', 'Eve')

/** A body that fits, for each endpoint that takes one. */
const bodies: Partial<Record<EndpointName, object>> = {
  job_assignment: { job_id: 'J1' }, trigger_andon: { event_type: 'quality' }, job_creation: { line_id: 'BP01', job_id: 'J2', quantity: 5 }, job_change: { line_id: 'BP01', quantity: 7 },
  counts_correction: { good: -1, reject: 1, reason: 'found damaged' }, quality_report: { description: 'label skewed' }, operator_sign_on: { operator: 'ana' }, operator_sign_off: { operator: 'ana' },
  stop_reason: { reason: 'MAT_JAM' }, stop_split: { at: '2026-03-29T06:02:00.000Z' }, stop_merge: { with: 'BP01-S2' }, stop_note: { note: 'knife' }, jobs_import: { line_id: 'BP01', csv: 'job_id,quantity\nJ9,5' }, schedule_change: { line_id: 'BP01', jobs: [{ job_id: 'J1', planned_start: null }] }, job_acceptance: { job_id: 'J1' }, rework_report: { good: 1 }, operator_creation: { line_id: 'BP01', operator: 'ben' }, person_setting: { name: 'Ana', pin: '4711' }, person_pin: { pin: '4712' }, operator_change: { line_id: 'BP01', operator: 'ben', active: false }, andon_unshelving: { event_type: 'maintenance' }, andon_shelving: { event_type: 'maintenance', minutes: 10, reason: 'sensor' }, ideal_correction: { from: '2026-03-29T06:00:00.000Z', to: '2026-03-29T06:03:00.000Z', ideal_cycle_seconds: 1.5, reason: 'nameplate' }, calendar_correction: { from: '2026-03-29T06:00:00.000Z', to: '2026-03-29T06:03:00.000Z', as: 'closed', reason: 'nobody came' }, gap_declaration: { at: '2026-03-29T06:02:00.000Z', as: 'running' }, andon_comment: { comment: 'on my way' },
}

t.test('every endpoint answers in the busy plant, and each answer fits its schema', async (t) => {
  for (const [name, endpoint] of endpoints) {
    const plant = await open(t)
    await busy(plant)
    if (name === 'person_pin') await plant.ask('/api/v1/access/people', { method: 'POST', body: { name: 'Eve', pin: '0815' } })
    const query = name === 'calendar' ? '?line_id=BP01' : name === 'explain_equipment' || name === 'explain_line' ? '?from=2026-03-29T06:00:00Z&to=2026-03-29T07:00:00Z' : name === 'standby_chunk' ? '?first=1&last=2' : name === 'standby_recorder' ? '?first=1' : ''
    const { status, text, json, headers } = await plant.ask(targetOf(endpoint) + query, { method: endpoint.method, ...(endpoint.kind === 'tells' || bodies[name] !== undefined ? { body: bodies[name] ?? {} } : {}) })
    if (name === 'job_start') { t.equal(json.error.code, 'JOB_ALREADY_RUNNING', name); continue }
    t.equal(headers.get('X-Content-Type-Options'), 'nosniff', name)
    if (status !== 304) t.match(headers.get('Content-Security-Policy') ?? (endpoint.kind === 'asks' ? endpoint.bare : ''), /frame-ancestors 'none'|^text\/(csv|plain)|^application\//, `${name} is shown in nobody's frame`)
    t.equal(status, endpoint.status ?? (endpoint.method === 'POST' ? 201 : 200), `${name}: ${text.slice(0, 200)}`)
    const isText = endpoint.kind === 'asks' && endpoint.bare !== undefined && !endpoint.bare.startsWith('application/json')
    const data: unknown = endpoint.kind === 'asks' && endpoint.bare !== undefined ? (isText ? text : json) : json.data
    t.strictSame(endpoint.data.safeParse(data).error?.issues ?? [], [], name)
  }
})

t.test('each role reaches what the table says, on the lines it has', async (t) => {
  const { ask, byRole, tokenOf } = await open(t)
  for (const [name, endpoint] of endpoints) {
    const permission = permissionOf(endpoint)
    for (const role of roles) {
      const { status } = await ask(targetOf(endpoint), { method: endpoint.method, as: byRole[role] })
      const actor: Actor = { id: role, name: role, role, lines: null }
      if (permission === null || may(actor, permission, null)) t.not(status, 403, `${role} may ${name}`)
      else t.equal(status, 403, `${role} may not ${name}`)
    }
    if (permission !== null) t.equal((await ask(targetOf(endpoint), { method: endpoint.method, as: '', from: name })).status, 401, `a stranger may not ${name}`)
    if (!/\{(line_id|equipment_code|stop_id|andon_id|plc)\}/.test(endpoint.path)) continue
    t.equal((await ask(targetOf(endpoint), { method: endpoint.method, as: await tokenOf('admin', ['BP02']) })).status, 403, `another line's admin may not ${name}`)
  }
})

t.test('lists show only the lines in reach', async (t) => {
  const plant = await open(t)
  await busy(plant)
  const as = await plant.tokenOf('viewer', ['BP02'])
  t.strictSame((await plant.ask('/api/v1/enhanced/lines', { as })).json.data, { lines: [{ line_id: '87654321-4321-8765-cba9-876543210987', code: 'BP02', name: 'Bagging line 2', equipment: [{ equipment_code: 'BP02.PACK.BAG1', name: 'Bagger', constraint: true }] }] })
  for (const [list, member] of [['stops', 'stops'], ['andons', 'andons'], ['jobs', 'jobs'], ['journal', 'events'], ['shifts', 'shifts']] as const) {
    t.strictSame((await plant.ask(`/api/v1/enhanced/${list}`, { as })).json.data[member], [], list)
    t.equal((await plant.ask(`/api/v1/enhanced/${list}?line_id=BP01`, { as })).status, 403, `${list} of the other line`)
  }
  t.equal((await plant.ask('/api/v1/enhanced/jobs/J1', { as })).json.error.code, 'JOB_UNKNOWN')
})

/* ── section 1: the envelope and its statuses ────────────────────────────────────────────────── */

t.test('a success and a failure look as they are told to', async (t) => {
  const { ask } = await open(t)
  const good = await ask(`${equipment}/production-status?include_oee=false`)
  t.strictSame(Object.keys(good.json), ['success', 'data', 'meta'])
  t.strictSame(Object.keys(good.json.meta), ['request_id', 'timestamp', 'gateway', 'epoch', 'seq'])
  t.match(good.json.meta, { request_id: /^[0-9a-f]{16}$/, timestamp: '2026-03-29T06:10:00.000Z', gateway: 'demo', epoch: 'e1', seq: 0 })
  const bad = await ask('/nowhere')
  t.match(bad.json, { success: false, error: { code: 'NOT_FOUND', details: [] }, meta: { gateway: 'demo' } })
  t.not(bad.json.meta['request_id'], good.json.meta['request_id'])
  t.equal(good.headers.get('X-Content-Type-Options'), 'nosniff')
})

t.test('what a box of a later version says more to this one is passed over', async (t) => {
  const { ask, byRole } = await open(t)
  t.match(await ask('/api/v1/standby/beat', { method: 'POST', body: { box: 'a', later: 1 }, as: byRole.admin }), { status: 200, json: { data: { role: 'active' } } })
  t.match(await ask('/api/v1/standby/journal?after=0&later=1', { as: byRole.admin }), { status: 200 })
  t.match(await ask('/api/v1/standby/takeover?later=1', { method: 'PUT', as: byRole.admin }), { status: 400 }, 'a person may have meant something by it')
})

const refusedCases: readonly [says: string, target: string, asked: Asked, code: RefusalCode, details?: readonly string[]][] = [
  ['malformed JSON', `${equipment}/job-pause`, { method: 'POST', raw: '{"a":', headers: { 'content-type': 'application/json' } }, 'BODY_MISFIT', ['']],
  ['a list where an object is expected', `${equipment}/job-pause`, { method: 'POST', raw: '[]', headers: { 'content-type': 'application/json' } }, 'BODY_MISFIT', ['']],
  ['every misfit of a body, with its path', `${equipment}/counts-correction`, { method: 'POST', body: { good: 'x', reason: '', more: 1 } }, 'BODY_MISFIT', ['good', 'reason', '']],
  ['every misfit of a query, by name', `${equipment}/production-status?include_oeee=1&include_plc_data=maybe`, {}, 'BODY_MISFIT', ['include_oeee']],
  ['a query of the wrong type', `${line}/production-metrics?time_period_hours=many`, {}, 'BODY_MISFIT', ['time_period_hours']],
  ['fewer parts than none', '/api/v1/enhanced/jobs?line_id=BP01', { method: 'POST', body: { job_id: 'J-5', quantity: -5 } }, 'BODY_MISFIT', ['quantity']],
  ['a query out of range', `${line}/production-metrics?time_period_hours=0`, {}, 'BODY_MISFIT', ['time_period_hours']],
  ['more hours than one answer holds', `${line}/production-metrics?time_period_hours=169`, {}, 'WINDOW_TOO_LARGE', ['hours_max']],
  ['a parameter given twice', `${line}/production-metrics?time_period_hours=1&time_period_hours=2`, {}, 'BODY_MISFIT', ['time_period_hours']],
  ['an instant without an offset', '/api/v1/enhanced/stops?from=2026-03-29T06:00:00', {}, 'BODY_MISFIT', ['from']],
  ['a member that reaches behind the object', `${equipment}/job-pause`, { method: 'POST', raw: '{"__proto__":{"admin":true}}', headers: { 'content-type': 'application/json' } }, 'BODY_MISFIT', ['']],
  ['a body too deep', `${equipment}/job-pause`, { method: 'POST', raw: `{"a":${'['.repeat(50)}${']'.repeat(50)}}`, headers: { 'content-type': 'application/json' } }, 'BODY_MISFIT', ['']],
  ['the same input in query and body', `${equipment}/job-assignment?job_id=J1`, { method: 'POST', body: { job_id: 'J1' } }, 'BODY_MISFIT', ['job_id']],
  ['which line a new job is for', '/api/v1/enhanced/jobs', { method: 'POST', body: job }, 'BODY_MISFIT', ['line_id']],
  ['a cursor of another list', '/api/v1/enhanced/stops?cursor=x', {}, 'BODY_MISFIT', ['cursor']],
  ['an idempotency key that is no key', `${equipment}/job-pause`, { method: 'POST', headers: { 'idempotency-key': 'a b' } }, 'BODY_MISFIT', ['idempotency-key']],
  ['no token', `${equipment}/production-status`, { as: '' }, 'UNAUTHENTICATED'],
  ['a bad token', `${equipment}/production-status`, { as: 'ls_0000000000_x' }, 'UNAUTHENTICATED'],
  ['an unknown route', '/api/v1/enhanced/lines/BP01/nothing', {}, 'NOT_FOUND'],
  ['a route with a slash too many', '/api/v1/enhanced/lines/', {}, 'NOT_FOUND'],
  ['an unknown line', '/api/v1/enhanced/lines/XX/real-time-oee', {}, 'LINE_UNKNOWN'],
  ['equipment of another line', `${line}/real-time-oee?equipment_code=BP02.PACK.BAG1`, {}, 'EQUIPMENT_UNKNOWN'],
  ['unknown equipment', '/api/v1/enhanced/equipment/XX/production-status', {}, 'EQUIPMENT_UNKNOWN'],
  ['equipment that cannot be', '/api/v1/enhanced/equipment/..%20/production-status', {}, 'EQUIPMENT_UNKNOWN'],
  ['an unknown job', '/api/v1/enhanced/jobs/J9', {}, 'JOB_UNKNOWN'],
  ['an unknown job to assign', `${equipment}/job-assignment?job_id=J9`, { method: 'POST' }, 'JOB_UNKNOWN'],
  ['an unknown stop', '/api/v1/enhanced/stops/BP01-S99', {}, 'STOP_UNKNOWN'],
  ['a stop of no line', '/api/v1/enhanced/stops/ZZ-S1', {}, 'STOP_UNKNOWN'],
  ['an unknown call', '/api/v1/enhanced/andons/BP01-A99', {}, 'ANDON_UNKNOWN'],
  ['an unknown call to take', '/api/v1/enhanced/andons/BP01-A99/acknowledge', { method: 'POST' }, 'ANDON_UNKNOWN'],
  ['an unknown signal', `${equipment}/signals/nothing/history`, {}, 'NOT_FOUND'],
  ['a wrong method', `${equipment}/production-status`, { method: 'POST' }, 'METHOD_NOT_ALLOWED', ['allow']],
  ['a media type we cannot answer in', `${equipment}/production-status`, { headers: { accept: 'text/csv' } }, 'NOT_ACCEPTABLE', ['offers']],
  ['a body that is no JSON', `${equipment}/job-pause`, { method: 'POST', raw: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 'MEDIA_TYPE', ['content-type']],
  ['nothing to complete', `${equipment}/job-completion`, { method: 'POST' }, 'JOB_NOT_RUNNING'],
  ['an end before its start', '/api/v1/enhanced/stops?from=2026-03-29T06:05:00Z&to=2026-03-29T06:00:00Z', {}, 'WINDOW_MEANINGLESS', ['from', 'to']],
  ['an explanation over its limit', `/api/v1/explain/equipment/${BAG1}/oee?from=2024-03-01T00:00:00Z&to=2026-03-29T06:00:00Z`, {}, 'WINDOW_TOO_LARGE', ['days_max']],
  ['a report over its limit', `/api/v1/enhanced/oee/equipment/${BAG1}/oee-performance-report?start_date=2025-01-01T00:00:00Z`, {}, 'WINDOW_TOO_LARGE', ['days_max']],
  ['a horizon over its limit, in the body', '/api/v1/enhanced/oee/lines/BP01/oee-optimization-recommendations', { method: 'POST', body: { horizon_days: 91 } }, 'WINDOW_TOO_LARGE', ['days_max']],
  ['a focus that is none, in the body', '/api/v1/enhanced/oee/lines/BP01/oee-optimization-recommendations', { method: 'POST', body: { optimization_focus: 'speed' } }, 'BODY_MISFIT', ['optimization_focus']],
  ['a comparison over its limit', '/api/v1/enhanced/oee/lines/BP01/oee-comparative-analysis?comparison_days=366', {}, 'WINDOW_TOO_LARGE', ['days_max']],
  ['alerts over their limit', '/api/v1/enhanced/oee/lines/BP01/oee-alert-analysis?days=91', {}, 'WINDOW_TOO_LARGE', ['days_max']],
  ['a horizon over its limit', '/api/v1/enhanced/oee/lines/BP01/oee-optimization-recommendations?horizon_days=91', { method: 'POST' }, 'WINDOW_TOO_LARGE', ['days_max']],
  ['a window over its limit', '/api/v1/enhanced/stops?from=2026-01-01T00:00:00Z', {}, 'WINDOW_TOO_LARGE', ['days_max']],
  ['an unknown reason', '/api/v1/enhanced/stops/BP01-S1/reason', { method: 'POST', body: { reason: 'NOPE' } }, 'REASON_UNKNOWN'],
]

t.test('what is refused is refused with its status, its code and every detail', async (t) => {
  const { ask } = await open(t)
  for (const [says, target, asked, code, details] of refusedCases) {
    const { status, json, text } = await ask(target, asked)
    t.equal(json.error?.code, code, `${says}: ${text.slice(0, 300)}`)
    t.equal(status, refusals[code][0], says)
    if (details !== undefined) t.strictSame(json.error.details.map(({ path }) => path), details, says)
  }
})

t.test('405 names the methods, 401 the scheme, 503 and 429 when to come back', async (t) => {
  const { ask, desk, api } = await open(t)
  t.equal((await ask('/api/v1/enhanced/jobs', { method: 'DELETE' })).headers.get('Allow'), 'GET, POST')
  t.match((await ask('/api/v1/enhanced/jobs', { as: '' })).headers.get('WWW-Authenticate'), /^Bearer/)
  desk.breakNext('tell', new Fault('JOURNAL_UNWRITABLE'))
  const full = await ask(`${equipment}/job-pause`, { method: 'POST' })
  t.equal(full.status, 503)
  t.equal(full.headers.get('Retry-After'), '1')
  const paced = answered(api.refused(refuse('TOO_MANY_REQUESTS', { retry_after_seconds: 7 })))
  t.equal(paced.status, 429)
  t.equal(paced.headers.get('Retry-After'), '7')
})

t.test('a rule of the plant is a 409', async (t) => {
  const plant = await open(t)
  await busy(plant)
  for (const [target, asked, code] of [
    [`${equipment}/job-start`, {}, 'JOB_ALREADY_RUNNING'],
    [`${equipment}/trigger-andon?event_type=material`, {}, 'ANDON_ALREADY_OPEN'],
    ['/api/v1/enhanced/jobs?line_id=BP01', { body: job }, 'JOB_EXISTS'],
    ['/api/v1/enhanced/stops/BP01-S1/note', { body: { note: 'x', expected_revision: 4 } }, 'STALE_REVISION'],
  ] as const) {
    const { status, json } = await plant.ask(target, { method: 'POST', ...asked })
    t.equal(json.error.code, code)
    t.equal(status, 409)
  }
})

t.test('a fault of ours is a 500 whose request id is in the log, and nothing of it is told', async (t) => {
  const { ask, desk, logged } = await open(t)
  for (const [what, target, method] of [['view', `${equipment}/production-status`, 'GET'], ['facts', '/api/v1/enhanced/stops', 'GET'], ['tell', `${equipment}/job-pause`, 'POST']] as const) {
    desk.breakNext(what, new Error('the secret of the house'))
    const { status, json, text } = await ask(target, { method })
    t.equal(status, 500)
    t.equal(json.error.code, 'INTERNAL')
    t.notMatch(text, /secret/)
    t.ok(logged.some((entry) => entry.includes(String(json.meta['request_id'])) && entry.includes('the secret of the house')), what)
  }
  t.equal((await ask(`${equipment}/production-status`)).status, 200, 'and the next one is answered')
})

/* ── writing ─────────────────────────────────────────────────────────────────────────────────── */

t.test('a job is assigned by query or by body, started and completed; each answer is what the journal says', async (t) => {
  const { ask } = await open(t)
  const created = await ask(`/api/v1/enhanced/jobs?line_id=${LINE}`, { method: 'POST', body: job })
  t.match(created, { status: 201, json: { data: { job: { job_id: 'J1', by: 'admin', line_id: LINE, seq: 1 }, events: [{ type: 'job_created', seq: 1 }] }, meta: { seq: 1 } } })
  const assigned = await ask(`${equipment}/job-assignment?job_id=J1&assign_reason=Production%20schedule%20update`, { method: 'POST' })
  t.match(assigned, { status: 201, json: { data: { assignment: { job_id: 'J1', assign_reason: 'Production schedule update', equipment_code: BAG1, line_id: LINE, timestamp: '2026-03-29T06:10:00.000Z' } } } })
  t.match(await ask(`${equipment}/job-assignment`, { method: 'POST', body: { job_id: 'J1', assign_reason: null } }), { status: 201 })
  t.match(await ask(`${equipment}/job-start`, { method: 'POST' }), { status: 200, json: { data: { start: { job_id: 'J1', target: 100 } } } })
  const completed = await ask(`${equipment}/job-completion`, { method: 'POST', body: { completion_notes: 'done' } })
  t.match(completed, { status: 200, json: { data: { completion: { completion_notes: 'done' }, final_metrics: { run_seconds: 10_400 } } } })
  t.match(await ask(`${equipment}/job-completion?good_override=5`, { method: 'POST' }), { status: 400, json: { error: { details: [{ path: 'override_reason' }] } } })
})

t.test('the same key and body give the stored answer again, another body is refused, another person has keys of their own', async (t) => {
  const { ask, desk, byRole } = await open(t)
  const raise = (event_type: string, as = byRole.operator) => ask(`${equipment}/trigger-andon`, { method: 'POST', body: { event_type }, headers: { 'idempotency-key': 'tap-1' }, as })
  const first = await raise('material')
  const again = await raise('material')
  t.equal(first.status, 201)
  t.equal(again.status, 201)
  t.strictSame(again.json.data, first.json.data)
  t.equal(desk.head().seq, 1, 'one tap, one call')
  t.equal((await raise('quality')).json.error.code, 'KEY_REUSED')
  t.equal((await raise('quality', byRole.supervisor)).status, 201)
})

t.test('whoever makes, changes or ends a token or a person stands in the audit with it, and no secret does', async (t) => {
  const { ask, desk, byRole, clock } = await open(t)
  const doors = '/api/v1/access'
  const post = (path: string, body: object, as = byRole.admin) => ask(`${doors}${path}`, { method: 'POST', body, as })
  const made = (await post('/tokens', { name: 'board', role: 'viewer', lines: ['BP01'] })).json.data as unknown as { token: string; record: { id: string } }
  t.match(await post('/people', { name: 'Ana', pin: '4711' }), { status: 200, json: { data: { name: 'Ana', role: 'operator', lines: null } } })
  t.equal((await post('/people', { name: 'Eve', role: 'supervisor', pin: '0815' })).status, 200)
  t.equal((await post('/people', { name: 'Ana', role: 'maintenance', pin: '4712' })).status, 200)
  t.equal((await post('/people/Ana/pin', { pin: '9274' }, byRole.supervisor)).status, 200)
  t.equal((await ask(`${doors}/tokens/${made.record.id}`, { method: 'DELETE' })).status, 200)
  t.equal((await ask(`${doors}/people/Ana`, { method: 'DELETE' })).status, 200)

  const known = desk.head().seq
  t.match(await post('/people', { name: 'Ben', pin: '12' }), { status: 400, json: { error: { code: 'BODY_MISFIT', details: [{ path: 'pin', message: 'four to twelve digits' }] } } })
  t.match(await post('/people', { name: 'Ben', pin: '1234', lines: ['XX'] }), { status: 404, json: { error: { code: 'LINE_UNKNOWN' } } })
  t.match(await post('/people', { name: 'Ben', pin: '1234' }, byRole.supervisor), { status: 403 }, 'rights are given by an administrator alone')
  t.match(await post('/people/Eve/pin', { pin: '1234' }, byRole.supervisor), { status: 403 }, 'nobody becomes an equal')
  t.match(await post('/people/Ana/pin', { pin: '1234' }, byRole.operator), { status: 403 })
  t.match(await post('/people/Zoe/pin', { pin: '1234' }), { status: 404, json: { error: { code: 'OPERATOR_UNKNOWN' } } })
  t.match(await ask(`${doors}/tokens/0123456789`, { method: 'DELETE' }), { json: { data: { revoked: null } } })
  t.match(await ask(`${doors}/people`, { as: byRole.supervisor }), { json: { data: { people: [{ name: 'Eve', pin_may_be_reset: false }] } } })
  t.equal(desk.head().seq, known, 'what was not done is no fact')

  await clock.advance(1)
  const audit = await ask('/api/v1/enhanced/audit')
  t.match(audit.json.data, { complete: true, commands: [
    { command: 'access_changed', line: null, by_name: 'admin', role: 'admin', seqs: [1], refused: null, body: { what: 'token', change: 'created', of: made.record.id, name: 'board', role: 'viewer', lines: ['BP01'] } },
    { by_name: 'admin', body: { what: 'person', change: 'created', of: 'Ana', role: 'operator' } }, { body: { what: 'person', change: 'created', of: 'Eve' } }, { body: { what: 'person', change: 'changed', of: 'Ana', role: 'maintenance' } },
    { by_name: 'supervisor', role: 'supervisor', body: { what: 'pin', change: 'changed', of: 'Ana' } }, { body: { what: 'token', change: 'ended', of: made.record.id } }, { body: { what: 'person', change: 'ended', of: 'Ana' } },
  ] })
  t.notOk(audit.text.includes(made.token.slice(14)), 'a secret is told to nobody')
  for (const pin of ['4711', '4712', '9274', '0815']) t.notOk(tells(audit.text, pin), 'nor is a PIN')
  t.match((await ask('/api/v1/enhanced/audit?line_id=BP01')).json.data, { commands: [] }, 'what concerns the gateway concerns no one line')
})

/* ── reading ─────────────────────────────────────────────────────────────────────────────────── */

t.test('a live answer has the same bytes as one made the plain way', async (t) => {
  const { api, desk, clock, byRole, ask } = await open(t)
  const ids = new Set<unknown>()
  for (const route of [`${equipment}/production-status`, `${equipment}/production-status?include_plc_data=false`, `${line}/real-time-oee?window=hour`, `${equipment}/job-progress`, line, equipment, `${equipment}/signals`]) {
    for (let i = 0; i < 3; i++) {
      const { text, json } = await ask(route)
      const plain = { success: true, data: json.data, meta: { request_id: json.meta['request_id'], timestamp: rfc3339(clock.now()), gateway: desk.gateway, epoch: desk.head().epoch, seq: desk.head().seq } }
      t.equal(text, JSON.stringify(plain), route)
      ids.add(json.meta['request_id'])
      await clock.advance(7)
    }
    desk.happen('gateway_stopped', clock.now(), null, { reason: 'a number more' })
    desk.turn()
  }
  t.equal(ids.size, 21, 'each request has its own name')
  const reply = api.handler({ method: 'GET', path: equipment, query: '', header: (name) => name === 'authorization' ? `Bearer ${byRole.viewer}` : '', body: Buffer.alloc(0), address: '' })
  t.notOk(reply instanceof Promise, 'and it is there at once')
})

t.test('who has seen a view is told that nothing changed, until something did', async (t) => {
  const { ask, desk } = await open(t)
  const first = await ask(equipment)
  const etag = first.headers.get('ETag')!
  t.match(etag, /^W\/"/)
  for (const offered of [etag, etag.slice(2), `"x", ${etag}`, '*']) t.match(await ask(equipment, { headers: { 'if-none-match': offered } }), { status: 304, text: '' }, offered)
  t.equal((await ask(equipment, { headers: { 'if-none-match': '"x"' } })).status, 200)
  t.equal((await ask(equipment, { headers: { 'if-none-match': etag }, as: '' })).status, 401, 'and who may not see it is not told')
  desk.turn()
  t.equal((await ask(equipment, { headers: { 'if-none-match': etag } })).status, 200)
})

t.test('a line is named by its UUID in any case, or by its code', async (t) => {
  const { ask } = await open(t)
  for (const name of [LINE, LINE.toUpperCase(), 'BP01']) t.equal((await ask(`/api/v1/enhanced/lines/${name}`)).json.data['line_id'], LINE, name)
})

t.test('a list comes in pages that miss nothing and repeat nothing', async (t) => {
  const { ask, desk } = await open(t)
  for (let i = 1; i <= 25; i++) {
    desk.happen('downtime_resolved', later(start, i * 10_000), BAG1, { stop_id: `BP01-S${i}`, state: 'stopped', reason: null, cause: null, job_id: null, product: null, shift: null, from: rfc3339(later(start, i * 10_000 - 5_000)), lost_seconds: 5, micro: true })
  }
  const seen: string[] = []
  let cursor: string | null = ''
  for (let page = 0; cursor !== null && page < 10; page++) {
    const { json } = await ask(`/api/v1/enhanced/stops?limit=10${cursor === '' ? '' : `&cursor=${cursor}`}`)
    seen.push(...(json.data['stops'] as unknown as { stop_id: string }[]).map(({ stop_id }) => stop_id))
    cursor = json.data['next_cursor'] as unknown as string | null
  }
  t.strictSame(seen, Array.from({ length: 25 }, (_, i) => `BP01-S${25 - i}`))

  // Between two pages a stop begins, and the one at which the page ended is explained: it is no unexplained one any more.
  const unexplained = async (after = ''): Promise<{ readonly ids: readonly string[]; readonly next: string | null }> => {
    const { json } = await ask(`/api/v1/enhanced/stops?explained=false&limit=10${after}`)
    return { ids: (json.data['stops'] as unknown as { stop_id: string }[]).map(({ stop_id }) => stop_id), next: json.data['next_cursor'] as unknown as string | null }
  }
  const page = await unexplained()
  t.equal(page.ids.at(-1), 'BP01-S16')
  desk.happen('downtime_resolved', later(start, 400_000), BAG1, { stop_id: 'BP01-S26', state: 'stopped', reason: null, cause: null, job_id: null, product: null, shift: null, from: rfc3339(later(start, 395_000)), lost_seconds: 5, micro: true })
  desk.happen('downtime_updated', later(start, 400_000), BAG1, {
    stop_id: 'BP01-S16', revision: 1, change: 'reason', reason: { code: 'MAT_JAM', name: 'Jam', category: 'unplanned', is_failure: true, external: false, source: 'operator', by: 'ana' }, cause: null,
    from: rfc3339(later(start, 155_000)), to: rfc3339(later(start, 160_000)), merged: null, split_off: null, note: null, by: 'ana',
  })
  t.strictSame((await unexplained(`&cursor=${page.next}`)).ids, Array.from({ length: 10 }, (_, i) => `BP01-S${15 - i}`))
  t.strictSame((await ask('/api/v1/enhanced/stops?include_micro_stops=false')).json.data['stops'], [])
})

t.test('a call that is answered between two pages of open calls ends no list', async (t) => {
  const { ask, desk } = await open(t)
  for (let i = 1; i <= 3; i++) desk.happen('andon_event', later(start, i * 10_000), BAG1, { ...catalogue.andon_event.example, andon_id: `BP01-A${i}` })
  const page = async (after = ''): Promise<{ readonly ids: readonly string[]; readonly next: string | null }> => {
    const { json } = await ask(`/api/v1/enhanced/andons?open=true&limit=1${after}`)
    return { ids: (json.data['andons'] as unknown as { andon_id: string }[]).map(({ andon_id }) => andon_id), next: json.data['next_cursor'] as unknown as string | null }
  }
  const first = await page()
  t.strictSame(first.ids, ['BP01-A3'])
  desk.happen('andon_resolved', later(start, 40_000), BAG1, { ...catalogue.andon_resolved.example, andon_id: 'BP01-A3' })
  const second = await page(`&cursor=${first.next}`)
  t.strictSame([second.ids, (await page(`&cursor=${second.next}`)).ids], [['BP01-A2'], ['BP01-A1']])
})

t.test('the journal is read on from a number', async (t) => {
  const plant = await open(t)
  await busy(plant)
  const first = (await plant.ask('/api/v1/enhanced/journal?limit=4')).json.data as unknown as { events: { seq: number; type: string }[]; next_after: number; head: number }
  t.strictSame(first.events.map(({ seq }) => seq), [1, 2, 3, 4])
  const rest = (await plant.ask(`/api/v1/enhanced/journal?after=${first.next_after}`)).json.data as unknown as typeof first
  t.equal(rest.events[0]?.seq, 5)
  t.equal(rest.next_after, first.head)
  t.strictSame((await plant.ask('/api/v1/enhanced/journal?types=andon_event,job_started')).json.data['events'], [...first.events.filter(({ type }) => ['andon_event', 'job_started'].includes(type))])
})

t.test('a timeline tiles its period, and a stop brings its flight recorder', async (t) => {
  const plant = await open(t)
  await busy(plant)
  const timeline = (await plant.ask(`${equipment}/timeline?from=2026-03-29T06:00:30Z`)).json.data as unknown as { slices: { state: string; seconds: number }[]; stops: { stop_id: string }[] }
  t.strictSame(timeline.slices.map(({ state, seconds }) => [state, seconds]), [['running', 30], ['faulted', 180], ['running', 360]])
  t.strictSame(timeline.stops.map(({ stop_id }) => stop_id), ['BP01-S1', 'BP01-S2'])
  const stop = (await plant.ask('/api/v1/enhanced/stops/BP01-S1')).json.data as unknown as { flight_recorder: { window: object; signals: Record<string, { points: unknown[] }>; neighbours: { equipment_code: string; signals: Record<string, { points: unknown[] }> }[] } }
  t.strictSame(stop.flight_recorder.window, { from: '2026-03-29T06:00:30.000Z', to: '2026-03-29T06:01:05.000Z' })
  t.ok(stop.flight_recorder.signals['speed']!.points.length > 0)
  t.ok(stop.flight_recorder.neighbours.length > 0 && stop.flight_recorder.neighbours.every(({ signals }) => Object.keys(signals).length > 0), 'the whole line is on record')
})

t.test('the pulse is open and says when the gateway is not ready', async (t) => {
  const { ask, desk } = await open(t)
  t.match(await ask('/healthz', { as: '' }), { status: 200, json: { alive: true } })
  desk.ready = false
  t.match(await ask('/readyz'), { status: 503, json: { ready: false, reasons: ['the journal cannot be written'] } })
})

t.test('metrics have help, units and labels; a second scrape counts nothing twice', async (t) => {
  const { ask } = await open(t)
  await ask('/metrics', { headers: { accept: 'text/plain' } })
  const { text } = await ask('/metrics')
  for (const entry of ['# HELP lineside_turn_seconds ', '# TYPE lineside_turns_total counter', 'lineside_turn_seconds{quantile="0.99"} 0.002', 'lineside_plc_online{plc="packer"} 1', 'lineside_plc_requests_total{plc="packer"} 20', 'lineside_plc_requests_per_cycle{plc="packer"} 2', 'lineside_plc_pdu_fill{plc="packer"} 0.9', 'lineside_plc_pdu_bytes{plc="packer"} 480', 'lineside_plc_cycle_seconds{plc="packer"} 0.1', 'lineside_plc_bad_tags_by_cause{plc="packer",fault="TAG_NOT_FOUND"} 2', 'lineside_socket_messages_total{type="state_changed"} 3', 'process_resident_memory_bytes ']) t.ok(text.includes(entry), entry)
})

t.test('the docs page runs its own script and nothing else', async (t) => {
  const { ask } = await open(t)
  const { headers, text } = await ask('/docs', { as: '' })
  t.match(headers.get('Content-Security-Policy'), /default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'/)
  t.notMatch(text, /https?:\/\//)
})

/* ── fuzz ────────────────────────────────────────────────────────────────────────────────────── */

t.test('whatever is asked, nobody gets a 500 and every answer is an envelope', async (t) => {
  const plant = await open(t)
  await busy(plant)
  const text = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('', '0', '-1', '1e9', 'true', 'null', 'BP01', BAG1, LINE, 'J1', 'BP01-S1', 'BP01-A1', '2026-03-29', '2026-03-29T06:00:00Z', '__proto__', '../..', '%', '\u0000'))
  const input = fc.record({
    endpoint: fc.constantFrom(...endpoints.filter(([, { tag }]) => tag !== 'service')),
    values: fc.array(text, { minLength: 2, maxLength: 2 }), real: fc.boolean(),
    query: fc.array(fc.tuple(fc.nat(20), text), { maxLength: 4 }),
    body: fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.dictionary(fc.constantFrom(...Object.values(commands).flatMap(({ body }) => Object.keys(body.shape))), fc.oneof(fc.jsonValue({ maxDepth: 1 }), text))),
  })
  await fc.assert(fc.asyncProperty(input, async ({ endpoint: [, endpoint], values, real, query, body }) => {
    let next = 0
    const path = real ? targetOf(endpoint) : endpoint.path.replace(/\{\w+\}/g, () => encodeURIComponent(values[next++ % 2]!))
    const names = [...Object.keys(endpoint.query.shape), 'unknown']
    const search = query.map(([index, value]) => `${names[index % names.length]}=${encodeURIComponent(value)}`).join('&')
    const answer = await plant.ask(`${path}?${search}`, { method: endpoint.method, ...(endpoint.method === 'GET' ? {} : { body }) })
    if (answer.status === 500) throw new Error(`${endpoint.method} ${path}?${search} ${JSON.stringify(body)}: ${plant.logged.at(-1)}`)
    if (answer.json.success && endpoint.kind === 'asks' && !endpoint.data.safeParse(answer.json.data).success) throw new Error(`${path}?${search}: an answer that does not fit`)
    return typeof answer.json.success === 'boolean' && typeof answer.json.meta['request_id'] === 'string'
  }), fewerCases(1_500))
})

t.test('the table and the tests above know the same endpoints', async (t) => {
  t.strictSame(Object.keys(bodies).filter((name) => !(name in table)), [])
})

t.test('names of requests have one width and do not repeat', async (t) => {
  const next = requestIds()
  const names = new Set(Array.from({ length: 10_000 }, next))
  t.equal(names.size, 10_000)
  t.ok([...names].every((name) => /^[0-9a-f]{16}$/.test(name)))
  t.equal([...names][4_096]!.slice(8), '00001001', 'they count on')
})
