/** The bundled program: what it loads only when it is first needed works in there too. */

import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { siteOf, startGateway } from '../stories/gateway.js'
import { folderOf } from '../support/folder.js'
import { startMosquitto } from '../support/mosquitto.js'

const BUNDLE = new URL('../../start/cli.js', import.meta.url).pathname

t.setTimeout(600_000)

/** A mail relay that takes everything. */
async function relay(t: Test): Promise<{ readonly port: number; readonly mails: readonly string[] }> {
  const mails: string[] = []
  const server = createServer((socket) => {
    let mail: string[] | null = null
    let rest = ''
    socket.on('error', () => undefined)
    socket.write('220 relay\r\n')
    socket.on('data', (bytes: Buffer) => {
      const lines = (rest + bytes.toString()).split('\r\n')
      rest = lines.pop()!
      for (const line of lines) {
        if (mail !== null && line !== '.') { mail.push(line); continue }
        if (mail !== null) mails.push(mail.join('\n'))
        mail = line === 'DATA' ? [] : null
        socket.write(line === 'DATA' ? '354 go on\r\n' : line === 'QUIT' ? '221 bye\r\n' : '250 yes\r\n')
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  // A TCP server's address is text only for pipes.
  return { port: (server.address() as AddressInfo).port, mails }
}

t.test('mail, MQTT, figures and the other server adapter, out of the bundle', { skip: existsSync(BUNDLE) ? false : 'the program was not bundled: `make build` does' }, async (t) => {
  const directory = folderOf(t, {})
  const [{ port, mails }, broker] = await Promise.all([relay(t), startMosquitto(directory)])
  t.teardown(() => broker.stop())
  const site = await siteOf(directory, (config) => {
    config.server = { ...config.server, adapter: 'node' }
    config.notify = [
      { kind: 'email', name: 'mail', host: '127.0.0.1', port, tls: 'none', from: 'line@plant', to: ['ana@plant'] },
      { kind: 'mqtt', name: 'lamp', url: broker.url },
    ]
    config.upstreams = [{ name: 'mes', url: broker.url }]
  })
  const gateway = await startGateway(site, {}, [process.execPath, BUNDLE])
  t.teardown(() => gateway.stop())
  const base = `http://127.0.0.1:${gateway.port}`
  const headers = { 'authorization': `Bearer ${site.token}`, 'content-type': 'application/json' }
  const called = await fetch(`${base}/api/v1/enhanced/equipment/BP01.PACK.BAG1/trigger-andon`, { method: 'POST', headers, body: JSON.stringify({ event_type: 'safety', priority: 'critical', description: 'the knife' }) })
  t.equal(called.status, 201)
  while (mails.length === 0) await sleep(50)
  t.match(mails[0], /^From: line@plant$/m)
  t.match(mails[0], /the knife/)
  const sent = async (): Promise<readonly string[]> => {
    const { events } = await gateway.get<{ events: readonly { readonly data: { readonly channel: string; readonly ok: boolean } }[] }>('/api/v1/enhanced/journal?types=notification_sent')
    return events.filter(({ data }) => data.ok).map(({ data }) => data.channel).sort()
  }
  while ((await sent()).length < 2) await sleep(50)
  t.strictSame(await sent(), ['lamp', 'mail'])
  const connected = async (): Promise<boolean> => (await gateway.get<{ upstreams: readonly { readonly connected: boolean }[] }>('/api/v1/enhanced/upstreams')).upstreams.every((one) => one.connected)
  while (!(await connected())) await sleep(50)
  const metrics = await fetch(`${base}/metrics`, { headers })
  t.equal(metrics.status, 200)
  t.match(await metrics.text(), /^# HELP lineside_/m)
})
