/** A whole data directory is put back, with everything by which the gateway could have noticed: the watermark of the MES is the witness. */

import { cpSync, rmSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'
import t from 'tap'
import { type Gateway, siteOf, startGateway } from '../../stories/gateway.js'
import { until } from '../../support/child.js'
import { type Mes, openMes } from '../../support/mes.js'
import { startMosquitto } from '../../support/mosquitto.js'

t.setTimeout(600_000)

interface Batch { readonly ep: string; readonly after: number; readonly to: number; readonly recs: readonly { readonly s?: number; readonly ep?: string; readonly k?: string; readonly b?: object; readonly gone?: readonly number[] }[] }

/** An MES that keeps what it gets under its name, and tells how far it is. */
function keeper() {
  const kept = new Map<string, string>()
  const doubles: string[] = []
  let [ep, contiguous] = ['', 0]
  return {
    kept, doubles, at: () => contiguous, epoch: () => ep,
    take(batch: Batch, mes: Mes, gateway: string): void {
      if (batch.ep !== ep) [ep, contiguous] = [batch.ep, batch.after]
      for (const rec of batch.recs) {
        if (rec.s === undefined) continue
        const [name, text] = [`${rec.ep ?? batch.ep}/${rec.s}`, JSON.stringify(rec.b)]
        if (kept.has(name) && kept.get(name) !== text) doubles.push(name)
        else kept.set(name, text)
      }
      if (batch.after <= contiguous) contiguous = Math.max(contiguous, batch.to)
      void mes.say(`lineside/v1/${gateway}/ack/j`, JSON.stringify({ v: 1, ep, to: contiguous }), { qos: 1, retain: true })
    },
  }
}

t.test('it starts again under a new epoch, and nothing that happens then is taken for what was', async (t) => {
  const broker = await startMosquitto(t.testdir({ broker: {}, box: {} }))
  const site = await siteOf(`${t.testdirName}/box`, (config) => {
    config.gateway.id = 'box'
    config.upstreams = [{ name: 'mes', url: broker.url, lanes: ['facts'], reconnect_max: '500ms', ack_timeout: '1s' }]
  })
  const memory = keeper()
  const sayer = await openMes({ url: broker.url, gateway: 'box' })
  const listener = await openMes({
    url: broker.url, gateway: 'box', listens: ['lineside/v1/box/up/j'],
    hears: (_topic, payload) => { memory.take(JSON.parse((payload[0] === 1 ? inflateRawSync(payload.subarray(1)) : payload).toString()) as Batch, sayer, 'box') },
  })
  const make = async (gateway: Gateway, ...jobs: string[]): Promise<void> => {
    for (const job of jobs) await fetch(`http://127.0.0.1:${gateway.port}/api/v1/enhanced/jobs`, { method: 'POST', headers: { authorization: `Bearer ${site.token}`, 'content-type': 'application/json' }, body: JSON.stringify({ job_id: job, quantity: 5 }) })
  }
  const head = async (gateway: Gateway) => gateway.get<{ epoch: string; head: number; events: { seq: number; type: string; data: { previous_epoch?: string } }[] }>('/api/v1/enhanced/journal?after=0&limit=1000')
  const delivered = (gateway: Gateway) => until('the MES has it all', async () => memory.at() === (await head(gateway)).head && memory.epoch() === (await head(gateway)).epoch)

  const first = await startGateway(site)
  await make(first, 'J1', 'J2')
  await delivered(first)
  await first.stop()
  cpSync(site.dataDir, `${site.dataDir}.copy`, { recursive: true })
  const second = await startGateway(site)
  await make(second, 'K1', 'K2', 'K3')
  await delivered(second)
  const before = await head(second)
  await second.stop()
  const seen = memory.at()
  rmSync(site.dataDir, { recursive: true })
  cpSync(`${site.dataDir}.copy`, site.dataDir, { recursive: true })

  // It may end before it could say that it is ready.
  const third = await startGateway(site).catch((thrown: unknown) => { t.match(String(thrown), /JOURNAL_ROLLED_BACK/); return null })
  if (third !== null) await until('it has heard the witness and ended', () => head(third).then(() => false, () => true))
  const fourth = await startGateway(site)
  await make(fourth, 'L1', 'L2')
  await delivered(fourth)
  const after = await head(fourth)
  t.not(after.epoch, before.epoch)
  const started = after.events.findLast(({ type }) => type === 'gateway_started')!
  t.equal(started.data.previous_epoch, before.epoch)
  t.ok(started.seq > seen, 'numbers go on above every one the MES has')
  t.ok(memory.doubles.every((name) => name.startsWith(`${before.epoch}/`)), 'only what was written before the witness was heard has a double')
  for (const job of ['J1', 'K3', 'L1', 'L2']) t.ok([...memory.kept.values()].some((text) => text.includes(`"${job}"`)), `${job} is kept`)

  await sayer.say('lineside/v1/box/ack/j', JSON.stringify({ v: 1, ep: after.epoch, to: after.head + 1_000 }), { qos: 1, retain: true })
  await make(fourth, 'L3')
  t.equal((await head(fourth)).epoch, after.epoch, 'a start that began an epoch believes no such witness')
  await fourth.stop()
  await listener.leave()
  await sayer.leave()
  await broker.stop()
})
