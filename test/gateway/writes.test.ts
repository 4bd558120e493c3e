/** What reaches a PLC but questions: nothing from any door, and from a stack light only what the journal tells. A witness on the wire reads every frame. */

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { WebSocket } from 'ws'
import { stringify } from 'yaml'
import { silentLog } from '../../src/base/log.js'
import { endpoints } from '../../src/contract/endpoints/table.js'
import { pulls } from '../../src/contract/pull.js'
import type { BoxDesk } from '../../src/faces/api/box.js'
import { encode } from '../../src/faces/mqtt/sparkplug/payload.js'
import { startDaemon } from '../../src/gateway/daemon.js'
import { startS7Plc } from '../field/support/s7-plc.js'
import { until } from '../support/child.js'
import { folderOf } from '../support/folder.js'
import { openMes } from '../support/mes.js'
import { startMosquitto } from '../support/mosquitto.js'

/** Functions of S7 jobs: all that a reader ever needs, and the one that changes the PLC. */
const SETUP = 0xf0
const READ = 0x04
const WRITE = 0x05

/** A write as it stood on the wire. */
interface Written { readonly db: number; readonly byte: number; readonly value: number }

/** The way to the PLC, and everything that was asked of it there. */
async function startWitness(to: number): Promise<{ readonly port: number; readonly writes: Written[]; readonly functions: Set<number>; end(): void }> {
  const sockets = new Set<Socket>()
  const writes: Written[] = []
  const functions = new Set<number>()
  const note = (frame: Buffer): void => {
    if (frame[5] !== 0xf0 || frame[8] !== 1) return
    functions.add(frame[17]!)
    if (frame[17] !== WRITE) return
    // One item behind the head: its pointer is an area, a block and a bit, and its value is what stands last.
    writes.push({ db: frame.readUInt16BE(25), byte: frame.readUIntBE(28, 3) >> 3, value: frame.at(-1)! })
  }
  const server = createServer((client) => {
    const plc = connect({ port: to, host: '127.0.0.1', noDelay: true })
    let rest = Buffer.alloc(0)
    for (const socket of [client, plc]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => { sockets.delete(socket); client.destroy(); plc.destroy() })
    }
    client.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes])
      for (; rest.length >= 4 && rest.length >= rest.readUInt16BE(2); rest = rest.subarray(rest.readUInt16BE(2))) note(rest.subarray(0, rest.readUInt16BE(2)))
      plc.write(bytes)
    })
    plc.on('data', (bytes) => client.write(bytes))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, writes, functions, end() { server.close(); for (const socket of sockets) socket.destroy() } }
}

const box: BoxDesk = { logLines: () => [], supportBundle: () => Promise.resolve(Buffer.alloc(0)) }
const patterns = { quiet: 1, attended: 2, acknowledged: 3, raised: 4, escalated: 5 }
/** What somebody would say who takes us for a gateway that writes. */
const wish = { plc: 'p', tag: 'p/second', name: 'second', address: 'DB90,BYTE1', signal: 'total_count', value: 9, writable: true }

t.test('no door leads to a write; a stack light writes its one tag, and each time is in the journal', { timeout: 600_000 }, async (t) => {
  const directory = folderOf(t, { box: {}, broker: {} })
  const plc = await startS7Plc([{ area: 'DB', db: 90, bytes: new Uint8Array(8) }])
  const witness = await startWitness(plc.port)
  const broker = await startMosquitto(join(directory, 'broker'))
  const file = join(directory, 'box', 'lineside.yaml')
  const data = join(directory, 'box', 'data')
  writeFileSync(file, stringify({
    version: 1, gateway: { id: 'test' }, storage: { directory: data, ballast: '1MB' }, server: { port: 0 }, calendars: { c: {} },
    upstreams: [{ name: 'mes', url: broker.url, lanes: ['facts'], reconnect_max: '500ms', pull: { role: 'admin' }, sparkplug: { group: 'Line' } }],
    plcs: [{ id: 'p', driver: 's7', host: '127.0.0.1', port: witness.port, cycle: '200ms', timeout: '20s', tags: {
      light: { address: 'DB90,BYTE0', writable: true }, second: { address: 'DB90,BYTE1', writable: true }, count: 'DB90,INT2',
    } }],
    lines: [{
      id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'c', stack_lights: [{ name: 'lamp', enabled: true, tag: 'p/light', patterns, again: '1s' }],
      equipment: [{ code: 'BAG', name: 'Bagger', signals: { total_count: 'p/count' }, state: { from: 'counts' } }],
    }],
  }))
  const daemon = await startDaemon({ configFile: file, demo: false, dataDir: data, log: silentLog, box, onBroken: (fault) => { throw fault } })
  const mes = await openMes({ url: broker.url, gateway: 'test' })
  t.teardown(async () => {
    await mes.leave()
    await daemon.stop('test')
    await broker.stop()
    witness.end()
    await plc.kill()
  })
  const headers = { authorization: `Bearer ${daemon.firstToken}`, 'content-type': 'application/json' }
  const shown = (value: number): Promise<void> => until(`the lamp shows ${value}`, () => witness.writes.at(-1)?.value === value, 60_000)
  await shown(patterns.quiet)

  // REST: every route that tells, and those that ask as if they could be told.
  for (const [name, { kind, method, path }] of endpoints) {
    if (kind !== 'tells' && method !== 'GET') continue
    const at = path.replace('{line_id}', 'L1').replace('{equipment_code}', 'BAG').replace('{signal}', 'total_count').replace('{plc}/{tag}', 'p/second').replace(/\{\w+\}/g, 'p')
    for (const how of kind === 'tells' ? [method] : ['POST', 'PUT', 'PATCH']) {
      const answer = await fetch(`${daemon.address}${at}`, { method: how, headers, body: JSON.stringify(wish) })
      t.ok(answer.status >= 400 || kind === 'tells', `${how} ${name}: ${answer.status}`)
    }
  }

  // The socket: whatever it is told, it answers that it does not know this.
  const socket = new WebSocket(`${daemon.address.replace('http', 'ws')}/api/v1/ws/production`, { headers })
  const said: { type: string }[] = []
  socket.on('message', (text: Buffer) => { said.push(JSON.parse(text.toString()) as { type: string }) })
  await once(socket, 'open')
  const words = ['write', 'set', 'command', 'tell', 'plc_write']
  for (const type of words) {
    const before = said.filter(({ type }) => type === 'error').length
    socket.send(JSON.stringify({ type, data: wish, ...wish }))
    await until(`the socket answers ${type}`, () => said.filter(({ type }) => type === 'error').length > before)
    // Five that make no sense in a row would close it.
    socket.send(JSON.stringify({ type: 'ping' }))
  }
  socket.close()

  // MQTT: every operation there is and some that are not, and the commands of Sparkplug.
  for (const operation of [...Object.keys(pulls), 'write', 'set', 'plc']) {
    await mes.say(`lineside/v1/test/cmd/${operation}`, JSON.stringify({ id: `wish-${operation}`, action: 'write', equipment: 'BAG', ...wish, body: wish }))
  }
  for (const topic of ['NCMD/test', 'DCMD/test/BAG', 'DCMD/test/L1']) {
    await mes.say(`spBv1.0/Line/${topic}`, encode({ at: Date.now(), metrics: ['total_count', 'p/second', 'second'].map((name) => ({ name, type: 'Int64', saysType: true, at: Date.now(), value: 9 })) }))
  }
  t.match(await mes.ask('ping', {}), { status: 200 }, 'what came before it has been heard')

  // The command line, with the configuration in hand: what is there asks only.
  const bin = new URL('../../../bin/lineside', import.meta.url).pathname
  const lineside = (...words: string[]): Promise<number> => promisify(execFile)(bin, words, { env: { ...process.env, NO_COLOR: '1' } }).then(() => 0, (failed: { code: number }) => failed.code)
  t.equal(await lineside('plc', 'test', '--config', file), 0)
  t.equal(await lineside('plc', 'read', 'p', 'second', '--config', file), 0)
  for (const verb of ['write', 'set']) t.not(await lineside('plc', verb, 'p', 'second', '9', '--config', file), 0, `there is no plc ${verb}`)

  t.same(new Set(witness.writes.map(({ value }) => value)), new Set([patterns.quiet]), 'nothing of all this wrote')

  // The one that may.
  const raised = await fetch(`${daemon.address}/api/v1/enhanced/equipment/BAG/trigger-andon`, { method: 'POST', headers, body: JSON.stringify({ event_type: 'material', priority: 'high', description: 'film' }) })
  const { data: { andon_event: { andon_id } } } = await raised.json() as { data: { andon_event: { andon_id: string } } }
  await shown(patterns.raised)
  const raisedFrom = witness.writes.length
  await until('it is written again', () => witness.writes.length > raisedFrom, 60_000)
  await fetch(`${daemon.address}/api/v1/enhanced/andons/${andon_id}/resolve`, { method: 'POST', headers, body: '{}' })
  await shown(patterns.quiet)

  interface Output { readonly tag: string; readonly value: number; readonly ok: boolean; readonly repeated: number; readonly andon_id: string | null }
  let told: readonly Output[] = []
  await until('the journal tells of the last', async () => {
    const answer = await fetch(`${daemon.address}/api/v1/enhanced/journal?after=0&limit=1000&types=output_written`, { headers })
    told = ((await answer.json()) as { data: { events: { data: Output }[] } }).data.events.map(({ data }) => data).filter(({ ok }) => ok)
    return told.at(-1)?.value === patterns.quiet && told.length >= 3
  })
  t.match(told[1], { tag: 'p/light', value: patterns.raised, andon_id })
  const expected = told.flatMap(({ value }, i) => Array.from({ length: 1 + (told[i + 1]?.repeated ?? 0) }, () => value))
  t.same(witness.writes.slice(0, expected.length), expected.map((value) => ({ db: 90, byte: 0, value })), 'every write on the wire is told, in its order, those again too')
  t.ok(witness.writes.slice(expected.length).every(({ db, byte, value }) => db === 90 && byte === 0 && value === patterns.quiet), 'and after the last fact only what it says again')
  t.same([...witness.functions].filter((one) => ![SETUP, READ, WRITE].includes(one)), [], 'a PLC is never stopped, started, loaded or listed')
})
