/** What OPC UA costs who does not use it: nothing. The modules that a process has loaded are asked of its own debugger. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type Plc, plc } from '../../../src/contract/plcs.js'
import { scanGroupsOf } from '../../../src/field/groups.js'
import type { FromCrew } from '../../../src/field/parcel.js'
import { folderOf } from '../../support/folder.js'
import { heard, probeIn, scriptsOf } from '../../support/scripts.js'
import { startServer } from './server.js'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const directory = folderOf(t)

const probe = probeIn(directory)

/** A driver process as the host starts it, once it has read the PLC or found that it is not there. */
async function driverProcess(one: Plc): Promise<ChildProcess> {
  const child = fork(at('../../../src/field/crew-process.js'), { serialization: 'advanced', execArgv: ['--import', probe], stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { PATH: process.env['PATH'] } })
  // It writes its certificates into the folder that is removed at the end.
  t.teardown(async () => {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  })
  child.send({ kind: 'start', plcs: [{ plc: one, groups: scanGroupsOf([one]).groups, phaseMs: 0 }] })
  await heard<FromCrew>(child, (message) => 'kind' in message && message.kind === 'link')
  return child
}

const ofOpcua = (scripts: readonly string[]): readonly string[] => scripts.filter((url) => url.includes('node_modules/node-opcua'))

t.test('the library is in the process of the OPC UA driver, and in no other', async (t) => {
  const server = await startServer({ nodes: [{ name: 'A', type: 'Int32', value: 1 }], directory })
  t.teardown(() => server.kill())
  const robot = plc.parse({ id: 'robot', driver: 'opcua', endpoint: server.endpoint, security: 'none', cycle: '100ms', timeout: '10s', certificates: `${directory}/opcua`, tags: { a: 'ns=2;s=Line.A:Int32' } })
  t.ok(ofOpcua(await scriptsOf(await driverProcess(robot))).length > 100, 'the probe sees it where it is')

  const filler = plc.parse({ id: 'filler', driver: 'modbus', host: '127.0.0.1', port: 1, cycle: '100ms', tags: { a: 'HR0' } })
  const scripts = await scriptsOf(await driverProcess(filler))
  t.same(ofOpcua(scripts), [], 'another driver')
  t.same(scripts.filter((url) => /\/(field\/(?!modbus)\w+\/driver\.js|node_modules\/zod\/)/.test(url)), [], 'nor the drivers of other PLCs, nor what checks a configuration')
  t.ok(scripts.some((url) => url.includes('field/modbus/driver.js')), 'the probe sees what is there')
})

t.test('a gateway that reads an OPC UA server has none of it itself', async (t) => {
  const program = `${directory}/host.mjs`
  const robot = plc.parse({ id: 'robot', driver: 'opcua', endpoint: 'opc.tcp://127.0.0.1:1', security: 'none', cycle: '100ms', certificates: `${directory}/opcua`, tags: { a: 'ns=2;s=Line.A:Int32' } })
  writeFileSync(program, `
const load = (path) => import(new URL(path, ${JSON.stringify(import.meta.url)}))
const [{ startField }, { systemClock }, { systemChance }, { silentLog }] = await Promise.all(['../../../src/field/host.js', '../../../src/base/clock.js', '../../../src/base/chance.js', '../../../src/base/log.js'].map(load))
const field = startField([${JSON.stringify(robot)}], { clock: systemClock, chance: systemChance, log: silentLog, onScan() {}, onLink(change) { process.send({ change }) } })
process.on('message', (message) => { if (message === 'stop') void field.stop().then(() => process.disconnect()) })
`)
  const host = fork(program, { execArgv: ['--import', probe], stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { PATH: process.env['PATH'] } })
  const [{ change }] = await once(host, 'message') as [{ readonly change: { readonly fault: string } }]
  t.equal(change.fault, 'PLC_REFUSED', 'its driver process has tried')
  t.same(ofOpcua(await scriptsOf(host)), [])
  host.send('stop')
  t.same(await once(host, 'exit'), [0, null])
})
