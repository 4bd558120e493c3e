/** The unit as the service manager reads it, and what the gateway tells the service manager. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { silentLog } from '../src/base/log.js'
import { openNotify } from '../src/base/notify.js'
import { signatureOf } from '../src/faces/notify/webhook.js'
import { siteOf } from './stories/gateway.js'
import { folderOf } from './support/folder.js'

t.setTimeout(600_000)

const UNIT = new URL('../../systemd/lineside.service', import.meta.url).pathname
const LINESIDE = new URL('../../bin/lineside', import.meta.url).pathname
const text = readFileSync(UNIT, 'utf8')
const has = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
const noSystemd = has('systemd-analyze') ? false : 'there is no systemd-analyze on this machine'

/** Tenths, as `systemd-analyze security` counts them: the notes' unit came to 1.0. */
const EXPOSURE_MAX = 12

t.test('the unit is one that systemd understands without a complaint', { skip: noSystemd }, async (t) => {
  const root = folderOf(t, {})
  for (const folder of ['etc/systemd/system', 'usr/bin', 'lib/systemd/system']) mkdirSync(join(root, folder), { recursive: true })
  // What the unit starts, so that verifying does not miss it.
  writeFileSync(join(root, 'usr/bin/lineside'), '#!/bin/sh\n', { mode: 0o755 })
  for (const target of ['sysinit', 'basic', 'shutdown', 'network-online', 'time-sync', 'multi-user']) writeFileSync(join(root, 'lib/systemd/system', `${target}.target`), '[Unit]\nDescription=a target\n')
  writeFileSync(join(root, 'etc/systemd/system/lineside.service'), text)
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', `--root=${root}`, 'lineside.service'], { encoding: 'utf8' })
  t.strictSame(stderr.split('\n').filter((line) => line.includes('lineside.service')), [])
  t.equal(status, 0, stderr)
})

t.test('the unit leaves next to nothing open', { skip: noSystemd }, async (t) => {
  const directory = folderOf(t, { 'lineside.service': text })
  const run = (...more: string[]) => spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', ...more, join(directory, 'lineside.service')], { encoding: 'utf8' })
  const { status, stdout, stderr } = run(`--threshold=${EXPOSURE_MAX}`)
  t.equal(status, 0, stdout.split('\n').filter((line) => line.startsWith('✗')).join('\n') + stderr)
  writeFileSync(join(directory, 'lineside.service'), text.replace('ProtectSystem=strict', '').replace('CapabilityBoundingSet=', '').replace('NoNewPrivileges=yes', ''))
  t.not(run(`--threshold=${EXPOSURE_MAX}`).status, 0, 'a weaker one is noticed')
})

t.test('what must hold together with the program does', async (t) => {
  t.match(text, /^Type=notify$/m)
  t.match(text, /^WatchdogSec=\d+$/m)
  t.match(text, /^RestartPreventExitStatus=78$/m, 'a configuration that does not fit does not loop')
  t.match(text, /^StateDirectory=lineside$/m)
  t.match(text, /--data \/var\/lib\/lineside$/m)
  t.notMatch(text, /^MemoryDenyWriteExecute=yes/m, 'V8 writes the code it runs')
})

/** Listens as the service manager does. The socket is a datagram one, which Node itself cannot open. */
interface Manager { readonly path: string; readonly heard: string[]; readonly close: () => void }

function manager(): Manager {
  const { createSocket } = createRequire(import.meta.url)('unix-dgram') as { readonly createSocket: (type: 'unix_dgram', hear: (message: Buffer) => void) => { bind(path: string): void; close(): void } }
  const heard: string[] = []
  // The system takes at most 107 bytes for the name of a socket.
  const directory = mkdtempSync(join(tmpdir(), 'lineside-'))
  const path = join(directory, 'n.sock')
  const socket = createSocket('unix_dgram', (message) => { heard.push(message.toString()) })
  socket.bind(path)
  return { path, heard, close: () => { socket.close(); rmSync(directory, { recursive: true }) } }
}

const noDatagrams = ((): string | false => {
  try {
    createRequire(import.meta.url)('unix-dgram')
    return false
  } catch {
    return 'unix-dgram was not built here'
  }
})()

const until = async (done: () => boolean): Promise<void> => { while (!done()) await new Promise((resolve) => setTimeout(resolve, 20)) }

t.test('ready, alive and stopping are told in the words of sd_notify', { skip: noDatagrams }, async (t) => {
  const { path, heard, close } = manager()
  t.teardown(close)
  const notify = openNotify({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '600000000' }, silentLog)
  notify.watchdog()
  notify.watchdog()
  notify.starting()
  notify.ready('serving')
  notify.stopping()
  await until(() => heard.includes('STOPPING=1'))
  t.strictSame(heard, ['WATCHDOG=1', 'EXTEND_TIMEOUT_USEC=60000000', 'READY=1\nSTATUS=serving', 'STOPPING=1'], 'a watchdog that was just fed is not fed again')
  notify.close()
  notify.stopping()
  openNotify({}, silentLog).ready('nobody listens')
  const unheard = openNotify({ NOTIFY_SOCKET: join(path, 'none') }, silentLog)
  unheard.ready('nobody can listen')
  unheard.close()
})

t.test('the gateway feeds the watchdog with finished turns, and stops in order', { skip: noDatagrams }, async (t) => {
  const directory = folderOf(t, {})
  const { path, heard, close } = manager()
  t.teardown(close)
  const child = spawn(LINESIDE, ['run', '--port', '0', '--data', join(directory, 'data'), '--config', new URL('../../config/lineside.yaml', import.meta.url).pathname], {
    env: { PATH: process.env['PATH'], NOTIFY_SOCKET: path, WATCHDOG_USEC: '2000000' }, stdio: ['ignore', 'ignore', 'ignore'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  await until(() => heard.filter((said) => said === 'WATCHDOG=1').length >= 2 && heard.some((said) => said.startsWith('READY=1')))
  t.match(heard.find((said) => said.startsWith('READY=1')), /^READY=1\nSTATUS=serving http:\/\/127\.0\.0\.1:\d+$/)
  // A process that stands still feeds nobody: no timer of another thread does it in its place.
  child.kill('SIGSTOP')
  // It is fed every second at the most; what was on its way may still come.
  for (let count = -1; count !== heard.length;) {
    count = heard.length
    await new Promise((resolve) => setTimeout(resolve, 1_500))
  }
  t.pass('it falls silent')
  child.kill('SIGCONT')
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit') as [number | null]
  t.equal(code, 0, 'nothing keeps the process from ending')
  t.ok(heard.includes('STOPPING=1'))
})

t.test('a secret that the service manager hands over is used, and stands nowhere else', async (t) => {
  const SECRET = 'wOt9-the-key-of-the-mes'
  const directory = folderOf(t, {})
  mkdirSync(join(directory, 'handed'))
  writeFileSync(join(directory, 'handed/hook.key'), `${SECRET}\n`)
  const told: { readonly body: string; readonly signature: string }[] = []
  const receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => { body += chunk.toString() })
    request.on('end', () => { told.push({ body, signature: String(request.headers['lineside-signature']) }); response.end() })
  }).listen(0, '127.0.0.1')
  t.teardown(() => { receiver.close() })
  await once(receiver, 'listening')
  // A TCP server's address is text only for pipes.
  const { port } = receiver.address() as AddressInfo
  const site = await siteOf(directory, (config) => { config.notify = [{ kind: 'webhook', name: 'hook', url: `http://127.0.0.1:${port}/`, secret_file: '$CREDENTIALS_DIRECTORY/hook.key' }] })
  const log = join(directory, 'log')
  const child = spawn(LINESIDE, ['run', '--port', String(site.port), '--data', site.dataDir, '--config', site.configFile], { env: { PATH: process.env['PATH'], CREDENTIALS_DIRECTORY: join(directory, 'handed') }, stdio: ['ignore', 'pipe', openSync(log, 'w')] })
  t.teardown(() => child.kill('SIGKILL'))
  let shown = ''
  child.stdout!.on('data', (chunk: Buffer) => { shown += chunk.toString() })
  await until(() => child.exitCode !== null || /^try:$/m.test(shown))
  const headers = { 'authorization': `Bearer ${/^token (\S+)$/m.exec(shown)?.[1]}`, 'content-type': 'application/json' }
  const ask = (path: string, body?: object) => fetch(`http://127.0.0.1:${site.port}${path}`, { headers, ...body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) } })
  t.equal((await ask('/api/v1/enhanced/equipment/BP01.PACK.BAG1/trigger-andon', { event_type: 'safety', priority: 'critical', description: 'the knife' })).status, 201)
  await until(() => told.length > 0)
  const { body, signature } = told[0]!
  t.equal(signature, signatureOf(SECRET, Number(/^t=(\d+)/.exec(signature)?.[1]), body), 'who was told can tell who said it')
  const bundle = await ask('/api/v1/enhanced/box/support-bundle')
  const places: Readonly<Record<string, string>> = {
    metrics: await (await ask('/metrics')).text(), configuration: await (await ask('/api/v1/enhanced/config')).text(), bundle: gunzipSync(Buffer.from(await bundle.arrayBuffer())).toString(), greeting: shown,
  }
  child.kill('SIGTERM')
  await once(child, 'exit')
  const files = readdirSync(site.dataDir, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  for (const [name, said] of [...Object.entries(places), ...[log, ...files].map((file) => [file, readFileSync(file, 'latin1')] as const)]) t.notOk(said.includes(SECRET), `not in ${name}`)
  t.match(places['bundle'], /the knife/, 'there was something to look through')
  t.ok(files.some((file) => file.endsWith('journal.db')) && readFileSync(log, 'utf8').length > 0)
})
