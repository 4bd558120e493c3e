/** A stranger's first day: one command starts the demo, and every example of the product's first document works against it. */

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { WebSocket } from 'ws'
import { given } from '../../src/base/assert.js'
import type { ViewData } from '../../src/contract/views.js'
import { until } from '../support/child.js'
import { folderOf } from '../support/folder.js'
import { freePort } from '../support/ports.js'
import { siteOf } from './gateway.js'

const LINE = '12345678-1234-5678-9abc-123456789012'
const JOB = '87654321-4321-8765-cba9-876543210987'
const run = promisify(execFile)

t.test('the demo prints a token, and the first document\'s examples work with it', async (t) => {
  const ports = [await freePort(), await freePort()]
  const site = await siteOf(folderOf(t), (config) => { for (const [i, plc] of config.plcs.entries()) Object.assign(plc, { port: ports[i] }) })
  const demo = spawn(new URL('../../../bin/lineside', import.meta.url).pathname, ['run', '--demo', '--config', site.configFile, '--data', site.dataDir, '--port', String(site.port)], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(async () => {
    if (demo.exitCode !== null) return
    const exited = once(demo, 'exit')
    demo.kill('SIGTERM')
    await exited
  })
  let said = ''
  demo.stdout.on('data', (chunk: Buffer) => { said += chunk.toString() })
  while (!/^token \S+$/m.test(said)) await sleep(20)
  const token = given(/^token (\S+)$/m.exec(said)?.[1], 'the token, alone on its line')
  const api = `http://localhost:${site.port}/api/v1`

  /** The document's own command line, but for port and token. */
  const curl = async <T = Record<string, unknown>>(method: 'GET' | 'POST', path: string) => {
    const { stdout } = await run('curl', ['-s', '-X', method, `${api}${path}`, '-H', `Authorization: Bearer ${token}`])
    return JSON.parse(stdout) as { success: boolean; data: T }
  }

  await t.test('production status: a machine that runs and counts', async (t) => {
    const path = '/enhanced/equipment/BP01.PACK.BAG1/production-status?include_plc_data=true&include_oee=true&include_downtime=true'
    let status = await curl<ViewData<'production_status'>>('GET', path)
    while (status.data.counts.total === 0) { await sleep(100); status = await curl('GET', path) }
    t.ok(status.success)
    t.match(status.data, { equipment_code: 'BP01.PACK.BAG1', line_id: LINE })
    t.equal(status.data.plc_data?.signals['total_count']?.quality, 'good')
    t.equal(status.data.plc_data?.connection[0]?.connected, true)
    t.ok((status.data.oee?.oee ?? 0) > 0)
  })

  await t.test('real-time OEE of the line, with trends', async (t) => {
    const { success, data } = await curl<ViewData<'real_time_oee'>>('GET', `/enhanced/lines/${LINE}/real-time-oee?include_trends=true`)
    t.ok(success)
    t.strictSame(Object.keys(data.equipment_oee), ['BP01.PACK.BAG1.BL', 'BP01.PACK.BAG1', 'BP01.PACK.PAL1'])
    t.equal(data.line_oee.method, 'constraint')
    t.ok('trends' in data)
  })

  await t.test('the socket snippet, with a ticket in place of a token in the URL', async (t) => {
    const { data: { ticket } } = await curl<{ ticket: string }>('POST', '/ws/tickets')
    const socket = new WebSocket(`ws://localhost:${site.port}/api/v1/ws/production?line_id=${LINE}`, ['lineside.v1', `ticket.${ticket}`])
    const heard: { type: string; seq?: number }[] = []
    socket.on('message', (message: Buffer) => { heard.push(JSON.parse(message.toString()) as { type: string }) })
    await once(socket, 'open')
    t.equal(socket.protocol, 'lineside.v1')
    socket.send(JSON.stringify({ type: 'subscribe', event_type: 'production_update' }))
    await until('the wish is confirmed, and fulfilled', () => ['subscription_updated', 'production_update'].every((wanted) => heard.some(({ type }) => type === wanted)))
    t.strictSame(heard.slice(0, 2).map(({ type }) => type), ['connection_established', 'initial_status'])
    socket.close()
    await once(socket, 'close')
    const again = new WebSocket(`ws://localhost:${site.port}/api/v1/ws/production`, ['lineside.v1', `ticket.${ticket}`])
    const [, refused] = await once(again, 'unexpected-response') as [unknown, { statusCode: number }]
    t.equal(refused.statusCode, 401, 'a ticket opens once')
  })

  await t.test('job assignment, and the rest of a job\'s life', async (t) => {
    const assigned = await curl('POST', `/enhanced/equipment/BP01.PACK.BAG1/job-assignment?job_id=${JOB}&assign_reason=Production%20schedule%20update`)
    t.match(assigned, { success: true, data: { assignment: { job_id: JOB, assign_reason: 'Production schedule update' } } })
    t.ok((await curl('POST', '/enhanced/equipment/BP01.PACK.BAG1/job-start')).success)
    t.match(await curl('GET', '/enhanced/equipment/BP01.PACK.BAG1/job-progress'), { success: true, data: { status: 'active', job: { job_id: JOB } } })
    t.ok((await curl('POST', '/enhanced/equipment/BP01.PACK.BAG1/job-completion')).success)
    t.match(await curl('GET', '/enhanced/equipment/BP01.PACK.BAG1/job-progress'), { success: true, data: { status: 'no_active_job' } })
  })

  await t.test('the other endpoints of the document answer', async (t) => {
    for (const path of [
      `/enhanced/lines/${LINE}/production-metrics`, '/enhanced/equipment/BP01.PACK.BAG1/downtime-status', `/enhanced/lines/${LINE}/andon-status`,
      '/ws/production/events/types', '/ws/production/subscriptions', '/ws/production/stats',
    ]) t.ok((await curl('GET', path)).success, path)
    t.match(await curl('POST', '/enhanced/equipment/BP01.PACK.BAG1/trigger-andon?event_type=maintenance&priority=high&description=film%20tears'),
      { success: true, data: { andon_event: { andon_type: 'maintenance', priority: 'high' } } })
  })

  await t.test('a scrape of its figures is answered', async (t) => {
    const answer = await fetch(`http://localhost:${site.port}/metrics`, { headers: { authorization: `Bearer ${token}` } })
    t.equal(answer.status, 200)
    t.match(await answer.text(), /^lineside_plc_online\{plc="packer"\} 1$/m)
  })

  await t.test('whoever gets a PIN, its check leaves none of its memory with the threads that made it', async (t) => {
    const told = await Promise.all(Array.from({ length: 8 }, (_, i) => fetch(`${api}/access/people`, {
      method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ name: `Bo ${i}`, role: 'operator', pin: '4711' }),
    })))
    t.ok(told.every(({ ok }) => ok))
    const pid = given(demo.pid, 'a process')
    await until('the 16 MiB of a check are nobody\'s', () => largestHeapOf(pid) < SCRYPT_BYTES)
  })

  await t.test('it ends in order when it is told to', async (t) => {
    const exited = once(demo, 'exit')
    demo.kill('SIGTERM')
    t.strictSame(await exited, [0, null])
  })
})

t.test('a second gateway on the same data is refused, and touches nothing', async (t) => {
  const site = await siteOf(folderOf(t), () => undefined)
  const arguments_ = ['run', '--config', site.configFile, '--data', site.dataDir, '--port', '0']
  const bin = new URL('../../../bin/lineside', import.meta.url).pathname
  const first = spawn(bin, arguments_, { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(first.stdout, 'data')
  const second = spawn(bin, arguments_, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  second.stderr.on('data', (chunk: Buffer) => { said += chunk.toString() })
  const [code] = await once(second, 'exit') as [number]
  t.not(code, 0)
  t.match(said, /another lineside has this journal open/)
  const exited = once(first, 'exit')
  first.kill('SIGTERM')
  await exited
})

const SCRYPT_BYTES = 16 * 2 ** 20
const HEAP_ALIGNED = 64 * 2 ** 20

/** Resident bytes of the largest heap that glibc made for a thread: these begin at multiples of 64 MiB. */
function largestHeapOf(pid: number): number {
  const regions = readFileSync(`/proc/${pid}/smaps`, 'utf8').matchAll(/^([0-9a-f]+)-\S+ rw-p \S+ 00:00 0 +\nSize.*\n(?:.*\n)*?Rss: +(\d+) kB$/gm)
  return [...regions].reduce((largest, [, from, kib]) => (Number.parseInt(from!, 16) % HEAP_ALIGNED === 0 ? Math.max(largest, Number(kib) * 1_024) : largest), 0)
}
