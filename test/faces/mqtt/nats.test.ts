/** A second broker, of another make and of MQTT 3.1.1 alone: nats-server with its MQTT interface. */

import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Batch, batch } from '../../../src/contract/upstream.js'
import { type Child, start, until } from '../../support/child.js'
import { folderOf } from '../../support/folder.js'
import { startGateway } from '../../support/gateway.js'
import { type Mes, openMes } from '../../support/mes.js'
import { freePort } from '../../support/ports.js'

t.setTimeout(600_000)

interface Nats { readonly url: string; kill(): Promise<void>; start(): Promise<void> }

async function natsAt(t: Test): Promise<Nats> {
  const directory = folderOf(t, { store: {} })
  const [own, mqtt] = [await freePort(), await freePort()]
  const file = join(directory, 'nats.conf')
  writeFileSync(file, `server_name: plant\nlisten: "127.0.0.1:${own}"\njetstream { store_dir: "${join(directory, 'store')}" }\nmqtt { host: "127.0.0.1", port: ${mqtt} }\n`)
  let child: Child
  const begin = async (): Promise<void> => {
    child = start('nats-server', ['-c', file])
    await until('nats-server listens', () => new Promise((resolve) => {
      const socket = connect(mqtt, '127.0.0.1', () => { socket.destroy(); resolve(true) })
      socket.on('error', () => { resolve(false) })
    }))
  }
  await begin()
  t.teardown(() => child.end('SIGKILL'))
  return { url: `mqtt://127.0.0.1:${mqtt}`, start: begin, kill: () => child.end('SIGKILL') }
}

/** An MES that keeps what is new to it, whole and in order, and then acknowledges it. NATS grants a shared subscription and serves none, so this one is plain. */
async function taking(nats: Nats, gateway: string): Promise<{ readonly mes: Mes; readonly seqs: number[] }> {
  const mes = await openMes({ url: nats.url, gateway, version: 4, listens: [`lineside/v1/${gateway}/up/j`] })
  const seqs: number[] = []
  let seen = 0
  const take = async (): Promise<void> => {
    while (seen < mes.heard.length) {
      // Counted before anything is waited for: this is begun anew every moment.
      const { payload } = mes.heard[seen++]!
      // Deflated or not: here the batches are asked for as they are.
      const said: Batch = batch.parse(JSON.parse(payload.toString('utf8')))
      if (said.after > (seqs.at(-1) ?? 0)) continue
      for (const { s } of said.recs as readonly { readonly s: number }[]) if (s > (seqs.at(-1) ?? 0)) seqs.push(s)
      await mes.say(`lineside/v1/${gateway}/ack/j`, JSON.stringify({ v: 1, ep: said.ep, to: seqs.at(-1) }), { qos: 1, retain: true })
    }
  }
  const timer = setInterval(() => { void take().catch(() => undefined) }, 20)
  t.teardown(async () => { clearInterval(timer); await mes.leave() })
  return { mes, seqs }
}

t.test('a broker of MQTT 3.1.1 is spoken to in it; what it loses when it is killed comes again', async (t) => {
  const nats = await natsAt(t)
  const gateway = await startGateway({ directory: join(t.testdirName, 'data'), id: 'nats', upstreams: [{ name: 'mes', url: nats.url, lanes: ['facts'], ack_timeout: '1s', reconnect_max: '300ms', deflate: false, pull: {} }] })
  const acked = (): number => gateway.upstreams[0]!.figures().lanes.facts!.acked
  const { mes, seqs } = await taking(nats, 'nats')
  await gateway.happen(300)
  await until('the first are acknowledged', () => acked() === 300)
  await nats.kill()
  await gateway.happen(200)
  await nats.start()
  await until('and the others after the broker is back', () => acked() === 500)
  t.strictSame(seqs, Array.from({ length: 500 }, (_, i) => i + 1), 'each once, in order')
  await until('the MES is back too, and is answered', async () => (await mes.ask('ping', {}).catch(() => null))?.status === 200)
  const answer = await mes.ask('streams', {})
  t.match(answer, { status: 200 }, 'asked and answered in the form for 3.1.1')
  await gateway.stop()
})
