/** The example configuration of the broker, as it is delivered: certificates on both sides, and nobody hears or says what is another's. */

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:tls'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemChance } from '../../../src/base/chance.js'
import { systemClock } from '../../../src/base/clock.js'
import { silentLog } from '../../../src/base/log.js'
import type { Fault } from '../../../src/contract/faults.js'
import { type Broker, type Connection, startLink } from '../../../src/faces/mqtt/link.js'
import { type Authority, type Papers, authorityIn } from '../../support/authority.js'
import { type Child, start, until } from '../../support/child.js'
import { folderOf } from '../../support/folder.js'
import { freePort } from '../../support/ports.js'

const EXAMPLES = new URL('../../../../config/mqtt/', import.meta.url)

interface Site { readonly url: string; readonly authority: Authority; restart(): Promise<void> }

/** mosquitto with the very lines of the example, but for the places of files and the port. */
async function brokerAt(t: Test): Promise<Site> {
  const directory = folderOf(t, { store: {} })
  const authority = authorityIn(join(directory, 'papers'))
  authority.issue('localhost', 'broker')
  copyFileSync(new URL('acl', EXAMPLES), join(directory, 'papers/acl'))
  const port = await freePort()
  const lines = readFileSync(new URL('mosquitto.conf', EXAMPLES), 'utf8')
    .replaceAll('/etc/mosquitto/lineside/', join(directory, 'papers/')).replace('/var/lib/mosquitto/', join(directory, 'store/')).replace('listener 8883', `listener ${port} 127.0.0.1`)
  const file = join(directory, 'mosquitto.conf')
  writeFileSync(file, `${lines}${process.getuid?.() === 0 ? 'user root\n' : ''}`)
  let child: Child
  const begin = async (): Promise<void> => {
    child = start('mosquitto', ['-v', '-c', file])
    await until('mosquitto runs', () => /mosquitto version \S+ running/.test(child.text()))
  }
  await begin()
  t.teardown(() => child.end('SIGKILL'))
  return {
    url: `mqtts://localhost:${port}`, authority,
    async restart() {
      await child.end('SIGTERM')
      await begin()
    },
  }
}

interface Client { readonly connections: Connection[]; readonly faults: Fault[]; readonly heard: string[] }

function clientOf(t: Test, site: Pick<Site, 'url' | 'authority'>, name: string, papers: Partial<Papers> | null, more: Partial<Broker> = {}): Client {
  const client: Client = { connections: [], faults: [], heard: [] }
  const link = startLink({
    broker: { url: site.url, clientId: name, caFile: site.authority.caFile, ...papers, keepaliveMs: 5_000, waitMsMax: 50, sessionSeconds: 0, ...more },
    clock: systemClock, chance: systemChance, log: silentLog,
    up: (connection) => { client.connections.push(connection) }, down: (fault) => { client.faults.push(fault) },
    message: ({ topic, payload }) => { client.heard.push(`${topic} ${payload.toString()}`) },
  })
  t.teardown(() => link.stop())
  return client
}

const upOf = async ({ connections, faults }: Client): Promise<Connection> => {
  await until('it is connected', () => connections.length > 0 || faults.some(({ code }) => code === 'UPSTREAM_REFUSED'))
  return connections.at(-1)!
}

t.test('a gateway says and hears what is its own, and an MES what it is there for', async (t) => {
  const site = await brokerAt(t)
  const [demo, other, ingest, mes] = ['demo', 'other', 'ingest', 'mes'].map((name) => clientOf(t, site, name, site.authority.issue(name))) as [Client, Client, Client, Client]
  const [asDemo, asOther, asIngest, asMes] = [await upOf(demo), await upOf(other), await upOf(ingest), await upOf(mes)]
  // mosquitto grants what it then does not deliver, so only what arrives tells anything.
  await asDemo.subscribe(['lineside/v1/demo/ack/+', 'lineside/v1/demo/cmd/+'])
  await asOther.subscribe(['lineside/v1/demo/ack/+', 'lineside/v1/demo/cmd/+', 'lineside/v1/demo/up/+', '#'])
  await asIngest.subscribe(['$share/ingest/lineside/v1/+/up/+', 'lineside/v1/+/st'])
  await asMes.subscribe(['lineside/v1/+/up/+', 'lineside/v1/+/st', 'lineside/v1/+/res/#'])

  await asDemo.publish('lineside/v1/demo/up/j', 'batch', { qos: 1 })
  await asDemo.publish('lineside/v1/demo/st', 'here', { qos: 1 })
  await asDemo.publish('lineside/v1/demo/res/4711', 'answer', { qos: 1 })
  await asIngest.publish('lineside/v1/demo/ack/j', 'watermark', { qos: 1 })
  await asMes.publish('lineside/v1/demo/cmd/ping', 'question', { qos: 1 })
  for (const [connection, topic] of [[asOther, 'demo/up/j'], [asOther, 'demo/ack/j'], [asOther, 'demo/cmd/job'], [asIngest, 'demo/cmd/job'], [asMes, 'demo/ack/j'], [asMes, 'demo/up/j'], [asDemo, 'demo/cmd/job'], [asDemo, 'demo/ack/j']] as const) {
    await connection.publish(`lineside/v1/${topic}`, 'forged', { qos: 1 }).catch(() => undefined)
  }
  // What comes after all of that on the same way says that nothing of it is still under way.
  await asDemo.publish('lineside/v1/demo/st', 'still here', { qos: 1 })
  await asIngest.publish('lineside/v1/demo/ack/r', 'last', { qos: 1 })
  await until('the last words arrive', () => demo.heard.some((one) => one.endsWith(' last')) && ingest.heard.some((one) => one.endsWith(' still here')) && mes.heard.some((one) => one.endsWith(' still here')))

  t.strictSame(demo.heard.sort(), ['lineside/v1/demo/ack/j watermark', 'lineside/v1/demo/ack/r last', 'lineside/v1/demo/cmd/ping question'])
  t.strictSame(ingest.heard.sort(), ['lineside/v1/demo/st here', 'lineside/v1/demo/st still here', 'lineside/v1/demo/up/j batch'])
  t.strictSame(mes.heard.sort(), ['lineside/v1/demo/res/4711 answer', 'lineside/v1/demo/st here', 'lineside/v1/demo/st still here'])
  t.strictSame(other.heard, [], 'nothing of another gateway is delivered, whatever was subscribed to')
})

t.test('without a certificate that the broker knows there is no connection, and no switch that would make one', async (t) => {
  const site = await brokerAt(t)
  const stranger = authorityIn(join(t.testdirName, 'stranger'), 'stranger')
  const known = site.authority.issue('demo')
  const none = clientOf(t, site, 'none', null)
  const strange = clientOf(t, site, 'strange', stranger.issue('demo'))
  const misled = clientOf(t, { url: site.url, authority: stranger }, 'misled', known)
  const elsewhere = clientOf(t, { ...site, url: site.url.replace('localhost', '127.0.0.2') }, 'elsewhere', known)
  const missing = clientOf(t, site, 'missing', { ...known, keyFile: join(t.testdirName, 'gone.key') })
  for (const client of [none, strange, misled, elsewhere, missing]) await until('it failed twice', () => client.faults.length >= 2)
  t.ok([none, strange, misled, elsewhere, missing].every(({ connections }) => connections.length === 0))
  t.match(misled.faults[0], { code: 'UPSTREAM_UNREACHABLE', fields: { why: /certificate/ } }, 'a broker that cannot prove who it is')
  t.match(missing.faults[0], { code: 'UPSTREAM_FILE', fields: { file: /gone\.key/ } })
})

t.test('a certificate that was replaced is used from the next connection on, without a restart', async (t) => {
  const site = await brokerAt(t)
  const client = clientOf(t, site, 'gateway', site.authority.issue('first', 'gateway'))
  await (await upOf(client)).subscribe(['lineside/v1/second/ack/+'])
  site.authority.issue('second', 'gateway')
  await site.restart()
  await until('it is connected again', () => client.connections.length === 2)
  const asSecond = client.connections[1]!
  await asSecond.subscribe(['lineside/v1/second/ack/+'])
  const ingest = await upOf(clientOf(t, site, 'ingest', site.authority.issue('ingest')))
  await ingest.publish('lineside/v1/second/ack/j', 'for the second', { qos: 1 })
  await until('it hears by its new name', () => client.heard.length > 0)
  t.strictSame(client.heard, ['lineside/v1/second/ack/j for the second'])
})

t.test('a broker that offers nothing newer than TLS 1.1 is not spoken to', async (t) => {
  const authority = authorityIn(join(folderOf(t), 'papers'))
  const { certFile, keyFile } = authority.issue('localhost')
  let handshakes = 0
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, () => { handshakes++ })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const client = clientOf(t, { url: `mqtts://localhost:${(server.address() as AddressInfo).port}`, authority }, 'gw', null)
  await until('it failed', () => client.faults.length > 0)
  t.equal(handshakes, 0)
  t.match(client.faults[0], { code: 'UPSTREAM_UNREACHABLE', fields: { why: /protocol|version/i } })
})
