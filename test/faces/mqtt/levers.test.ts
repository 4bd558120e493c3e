/** `lineside upstream`: what a person at the box sees of an upstream, and does to it, against a real gateway and a real broker. */

import { text } from 'node:stream/consumers'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { inflateRawSync } from 'node:zlib'
import t from 'tap'
import { type Gateway, type Site, siteOf, startGateway } from '../../stories/gateway.js'
import { until } from '../../support/child.js'
import { folderOf } from '../../support/folder.js'
import { openMes } from '../../support/mes.js'
import { startMosquitto } from '../../support/mosquitto.js'

t.setTimeout(600_000)
const broker = await startMosquitto(folderOf(t, { broker: {}, box: {} }))
const site: Site = await siteOf(`${t.testdirName}/box`, (config) => {
  config.gateway.id = 'box'
  config.upstreams = [{ name: 'mes', url: broker.url, ack: 'puback', lanes: ['facts'], reconnect_max: '500ms' }]
})
const consumer = await openMes({ url: broker.url, gateway: 'box', listens: ['lineside/v1/box/up/j'] })
let gateway: Gateway = await startGateway(site)
t.teardown(async () => {
  await gateway.stop()
  await consumer.leave()
  await broker.stop()
})

const LINESIDE = new URL('../../../../bin/lineside', import.meta.url).pathname
async function lineside(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(LINESIDE, ['upstream', ...args, '--url', `http://127.0.0.1:${gateway.port}`], { env: { PATH: process.env['PATH'], LINESIDE_TOKEN: site.token! }, stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close') as Promise<[number]>])
  return { code, out, err }
}
interface Status { readonly state: string; readonly acked: number; readonly head: number; readonly behind: number; readonly trouble: string | null; readonly last_trouble: string | null }
async function status(): Promise<Status & { code: number }> {
  const { code, out } = await lineside('status', '-o', 'json')
  return { ...(JSON.parse(out) as [Status])[0], code }
}
async function post(path: string, body: object): Promise<void> {
  await fetch(`http://127.0.0.1:${gateway.port}/api/v1/enhanced/${path}`, { method: 'POST', headers: { authorization: `Bearer ${site.token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) })
}
const figure = async (name: string): Promise<number> => Number(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(
  await (await fetch(`http://127.0.0.1:${gateway.port}/metrics`, { headers: { authorization: `Bearer ${site.token}` } })).text())?.[1])
const seqsHeard = (): number[] => consumer.heard.flatMap(({ payload }) => {
  const { recs } = JSON.parse((payload[0] === 1 ? inflateRawSync(payload.subarray(1)) : payload).toString()) as { recs: { s: number }[] }
  return recs.map(({ s }) => s)
})

t.test('while it sends, its status is short and ends well', async (t) => {
  await until('everything is delivered', async () => await figure('lineside_upstream_behind') === 0)
  const { code, out } = await lineside('status')
  t.equal(code, 0)
  t.match(out, /^UPSTREAM +STATE +ACKED +HEAD +BEHIND/i)
  t.match(out, /mes +sends/)
})

t.test('paused it keeps its records, over a restart too; resumed it sends them once', async (t) => {
  t.match(await lineside('pause', 'mes'), { code: 0, err: /mes is paused/ })
  const { acked } = await status()
  await until('what was on its way has arrived', () => new Set(seqsHeard()).size >= acked)
  const before = seqsHeard().length
  for (const job of ['J1', 'J2', 'J3']) await post('jobs', { job_id: job, quantity: 5, line_id: 'BP01' })
  await gateway.stop()
  gateway = await startGateway(site)
  await until('the broker is there', async () => await figure('lineside_upstream_connected') === 1)
  const held = await status()
  t.match(held, { code: 0, state: 'paused' }, 'a person wanted it so, which is no problem')
  t.ok(held.behind >= 3)
  t.equal(await figure('lineside_upstream_paused'), 1)
  t.ok(await figure('lineside_upstream_behind_seconds') > 0)
  t.equal(seqsHeard().length, before)
  t.match(await lineside('resume', 'mes'), { code: 0 })
  await until('it is all there', async () => (await status()).behind === 0)
  const heard = seqsHeard()
  t.strictSame(heard, heard.map((_, i) => i + 1), 'every number once')
})

t.test('facts are sent again from a number on, and not from one that was never sent', async (t) => {
  const before = seqsHeard().length
  const { head } = await status()
  t.match(await lineside('resend', 'mes', '--from', '3'), { code: 0 })
  const again = (): number[] => [...new Set(seqsHeard().slice(before))].filter((number) => number <= head).sort((one, other) => one - other)
  await until('they come again', () => again().length >= head - 2)
  t.strictSame(again(), Array.from({ length: head - 2 }, (_, i) => i + 3))
  t.match(await lineside('resend', 'mes', '--from', '100000'), { code: 1, err: /has not been sent yet/ })
  t.match(await lineside('resend', 'other', '--from', '3'), { code: 5, err: /no such upstream/ })
  t.match(await lineside('resend', 'mes'), { code: 2 })
  await until('it is all there', async () => (await status()).behind === 0)
})

t.test('without its broker it says so in plain words, and afterwards what it was', async (t) => {
  await broker.kill()
  await until('it is noticed', async () => await figure('lineside_upstream_connected') === 0)
  t.match(await lineside('status'), { code: 6, out: /not connected/ })
  await until('the attempts fail', async () => /^mes: the broker does not answer\. Check its address and the network/m.test((await lineside('status')).err))
  await broker.start()
  await until('it is back', async () => await figure('lineside_upstream_connected') === 1)
  t.match(await status(), { code: 0, state: 'sends', trouble: null, last_trouble: /the broker does not answer/ })
})
