/** Stack lights over a real S7 server: what the calls of a line make of a byte in the PLC, and of no other byte. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { silentLog } from '../../src/base/log.js'
import { config } from '../../src/contract/config.js'
import { unsoundOf } from '../../src/contract/sound.js'
import type { AndonView } from '../../src/contract/views.js'
import type { BoxDesk } from '../../src/faces/api/box.js'
import { startDaemon } from '../../src/gateway/daemon.js'
import { lightOf } from '../../src/gateway/lights.js'
import { startS7Plc } from '../field/support/s7-plc.js'
import { until } from '../support/child.js'
import { folderOf } from '../support/folder.js'
import { startS7Client } from '../support/s7-client.js'

const box: BoxDesk = { logLines: () => [], supportBundle: () => Promise.resolve(Buffer.alloc(0)) }

const patterns = { quiet: 1, attended: 2, acknowledged: 3, raised: 4, escalated: 5 }

const siteOf = (port: number, dataDir: string, lights: readonly object[]) => ({
  version: 1, gateway: { id: 'test' }, storage: { directory: dataDir, ballast: '1MB' }, server: { port: 0 },
  plcs: [{ id: 'p', driver: 's7', host: '127.0.0.1', port, cycle: '200ms', timeout: '20s', tags: {
    light: { address: 'DB90,BYTE0', writable: true }, second: { address: 'DB90,BYTE1', writable: true }, count: 'DB90,BYTE2',
  } }],
  calendars: { c: {} },
  lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'c', stack_lights: lights, equipment: [{ code: 'BAG', name: 'Bagger', signals: { total_count: 'p/count' }, state: { from: 'counts' } }] }],
})

const call = (more: Partial<AndonView>): AndonView => ({
  andon_id: 'L1-A1', line: 'L1', equipment_code: 'BAG', andon_type: 'material', priority: 'medium', status: 'raised', description: null, source: 'manual', raised_at: '', raised_by: null,
  acknowledged_at: null, acknowledged_by: null, attended_at: null, attended_by: null, resolved_at: null, resolved_by: null, unseen: false, seen_at: null, seen_by: null, acknowledge_by: '', resolve_by: '', escalation: { response: 0, resolution: 0 },
  repeats: 0, comments: [], stop_id: null, ...more,
})

t.test('the worst call decides what a light shows', async (t) => {
  const shows = (...calls: AndonView[]) => lightOf(calls, {}).state
  t.equal(shows(), 'quiet')
  t.equal(shows(call({ status: 'attended' })), 'attended')
  t.equal(shows(call({ status: 'attended' }), call({ andon_id: 'L1-A2' })), 'raised')
  t.equal(shows(call({ escalation: { response: 1, resolution: 0 } })), 'escalated')
  t.equal(shows(call({ status: 'acknowledged', escalation: { response: 1, resolution: 0 } })), 'acknowledged', 'somebody took it after it had climbed')
  t.equal(shows(call({ status: 'attended', escalation: { response: 0, resolution: 1 } })), 'escalated')
  const fixed = (line_stopped_at: string | null) => call({ status: 'attended', fixed_position: { grace_to: '2026-03-24T06:00:20.000Z', line_stopped_at } })
  t.equal(shows(fixed(null)), 'attended', 'a pull within its grace is a call like any other')
  t.equal(shows(call({ escalation: { response: 1, resolution: 0 } }), fixed('2026-03-24T06:00:20.000Z')), 'line_stopped', 'whoever has come: the line stands')
  t.equal(lightOf([call({ equipment_code: 'PAL' }), call({ equipment_code: null })], { equipment: ['BAG'] }).state, 'quiet', 'only calls of its own equipment')
})

t.test('a light may be written only where the configuration allows it', async (t) => {
  const misfits = (light: object) => unsoundOf(config.parse(siteOf(1, 'x', [{ name: 'a', patterns, ...light }]))).map(({ path, message }) => `${path.join('.')}: ${message}`)
  t.same(misfits({ tag: 'p/light' }), [])
  t.same(misfits({ tag: 'p/count' }), ['lines.0.stack_lights.0.tag: "p/count" must say `writable: true`'])
  t.match(misfits({ tag: 'q/light' }), [/there is no PLC "q"/])
  t.match(misfits({ tag: 'p/ligth' }), [/there is no tag "ligth"; did you mean "light"/])
  t.match(misfits({ tag: 'p/light', equipment: ['PAL'] }), [/there is no equipment "PAL"/])
})

t.test('a call lights the lamp until it ends; a PLC that restarts shows it again; what is not enabled is never written', async (t) => {
  const dataDir = folderOf(t)
  const blocks = [{ area: 'DB' as const, db: 90, bytes: new Uint8Array(4) }]
  let plc = await startS7Plc(blocks)
  const client = startS7Client()
  const { port } = plc
  t.teardown(async () => { await client.stop(); await plc.kill() })
  const file = join(dataDir, 'lineside.yaml')
  writeFileSync(file, stringify(siteOf(port, join(dataDir, 'data'), [{ name: 'lamp', enabled: true, tag: 'p/light', patterns, again: '1s' }, { name: 'dark', tag: 'p/second', patterns }])))
  const daemon = await startDaemon({ configFile: file, demo: false, dataDir: join(dataDir, 'data'), log: silentLog, box, onBroken: (fault) => { throw fault } })
  t.teardown(() => daemon.stop('test'))
  const headers = { authorization: `Bearer ${daemon.firstToken}`, 'content-type': 'application/json' }
  // The routes are held against their schemas elsewhere.
  const ask = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${daemon.address}/api/v1/enhanced/${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${await answer.text()}`)
    return (await answer.json() as { data: { andon_event: { andon_id: string }; events: { type: string; data: Record<string, unknown> }[] } }).data
  }
  const bytes = async () => (await client.read(90, 4)).image
  const lit = (what: string, value: number) => until(what, async () => (await bytes())[0] === value)
  t.equal((await client.connect(port)).error, 0)
  await lit('quiet', 1)
  const { andon_event: { andon_id } } = await ask('POST', 'equipment/BAG/trigger-andon', { event_type: 'material', priority: 'high', description: 'film' })
  await lit('raised', 4)
  await ask('POST', `andons/${andon_id}/acknowledge`, {})
  await lit('acknowledged', 3)
  await ask('POST', `andons/${andon_id}/attend`, {})
  await lit('attended', 2)

  await plc.kill()
  plc = await startS7Plc(blocks, { port })
  await until('it is there again', async () => (await client.connect(port)).error === 0)
  await lit('the PLC was switched off and knows nothing, and is told again', 2)
  await ask('POST', `andons/${andon_id}/resolve`, {})
  await lit('quiet again', 1)
  t.same([...(await bytes()).subarray(1, 4)], [0, 0, 0], 'no other byte')

  let told: Record<string, unknown>[] = []
  await until('each switching is a fact', async () => {
    told = (await ask('GET', 'journal?after=0&limit=1000&types=output_written')).events.map(({ data }) => data).filter(({ ok }) => ok === true)
    return told.length >= 5 && told.at(-1)!['state'] === 'quiet'
  })
  t.same(told.map(({ value }) => value).filter((value, i, all) => value !== all[i - 1]), [1, 4, 3, 2, 1], 'each switching is a fact')
  t.match(told[1], { light: 'lamp', tag: 'p/light', state: 'raised', andon_id, fault: null })
})
