import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Config } from '../../src/contract/config.js'
import type { ExplainedTag } from '../../src/contract/why.js'
import { openLogixServer } from '../../src/plant/logix/server.js'
import { atomic } from '../../src/plant/logix/tags.js'
import { plcBrowse, plcList, plcOf, plcRead, plcTest, withTags } from '../../src/verbs/plc.js'
import { whyDirectly } from '../../src/verbs/probe.js'
import { plcWatch } from '../../src/verbs/watch.js'
import { startDevice } from '../field/modbus/device.js'
import { startServer } from '../field/opcua/server.js'
import { startS7Plc } from '../field/support/s7-plc.js'
import { configOf, siteOf, startGateway } from '../stories/gateway.js'
import { folderOf } from '../support/folder.js'

t.setTimeout(600_000)

const drivers = ['s7', 'snap7', 'eip', 'modbus', 'opcua', 'trace'] as const
const browsing: readonly string[] = ['eip', 'opcua']

/** In every PLC `parts` is 41, and `gone` is not there. */
t.test('what is asked of one PLC can be asked of every kind, with the gateway down and with it up', async (t) => {
  const dir = folderOf(t, { 'line.scans': [
    { scan_trace: 1, plc: 'x', driver: 's7', at: '2026-03-29T06:00:00.000Z', cycle_ms: 100, tags: ['parts', 'gone'].map((name) => ({ name, address: name, type: 'int16', length: 1, unit: null })) },
    { ms: 0, good: { parts: 41 }, bad: { gone: 'not_found' } }, { ms: 600_000, end: true },
  ].map((line) => `${JSON.stringify(line)}\n`).join('') })
  const [s7, logix, modbus, opcua] = await Promise.all([
    startS7Plc([{ area: 'DB', db: 1, bytes: Buffer.from([0, 41]) }]), openLogixServer({ host: '127.0.0.1', port: 0, tags: [atomic('Parts', 'DINT', 41)] }),
    startDevice({ registers: [41], bits: [] }), startServer({ nodes: [{ name: 'Parts', type: 'Int32', value: 41 }], directory: dir }),
  ])
  t.teardown(() => Promise.all([s7.kill(), logix.close(), modbus.kill(), opcua.kill()]))
  const common = { host: '127.0.0.1', cycle: '100ms', timeout: '5s' } as const
  const site = await siteOf(dir, (config) => {
    config.plcs = [
      { id: 's7', driver: 's7', ...common, port: s7.port, tags: { parts: 'DB1,INT0', gone: 'DB99,INT0' } },
      { id: 'snap7', driver: 's7', transport: 'snap7', ...common, port: s7.port, tags: { parts: 'DB1,INT0', gone: 'DB99,INT0' } },
      { id: 'eip', driver: 'eip', ...common, port: logix.port, tags: { parts: 'Parts', gone: 'Gone' } },
      { id: 'modbus', driver: 'modbus', ...common, port: modbus.port, tags: { parts: 'HR0', gone: 'HR9999' } },
      { id: 'opcua', driver: 'opcua', endpoint: opcua.endpoint, security: 'none', certificates: join(dir, 'opcua'), cycle: '100ms', timeout: '5s', tags: { parts: 'ns=2;s=Line.Parts:Int32', gone: 'ns=2;s=Line.Gone:Int32' } },
      { id: 'trace', driver: 'trace', file: join(dir, 'line.scans'), cycle: '100ms', tags: { parts: 'parts', gone: 'gone' } },
    ]
    config.lines = [{ ...config.lines[0]!, oee_alert: undefined, equipment: [{ code: 'E1', name: 'Machine', state: { from: 'counts' }, signals: { total_count: 's7/parts' } }] }]
    config.products = []
    config.andon = {}
    for (const line of config.lines) delete line.constraints
  })
  const config = configOf(site)

  await t.test('down', (t) => asked(t, config))

  const gateway = await startGateway(site)
  t.teardown(() => gateway.stop())
  await t.test('up', (t) => asked(t, config))
  const explained = async (of: string, is: (explained: ExplainedTag) => boolean): Promise<ExplainedTag> => {
    for (;;) {
      const found = await gateway.get<ExplainedTag>(`/api/v1/explain/tag/${of}`)
      if (is(found)) return found
      await sleep(100)
    }
  }
  for (const driver of drivers) {
    t.match(await explained(`${driver}/parts`, ({ quality }) => quality === 'good'), { asked: 'gateway', value: 41 }, driver)
    t.match(await explained(`${driver}/gone`, ({ because }) => because === 'tag'), { verdict: 'wrong', remedy: /address|block|Repair/ }, driver)
  }
})

async function asked(t: Test, config: Config): Promise<void> {
  const json = (said: { readonly text: string }) => JSON.parse(said.text) as Record<string, unknown>[]
  t.strictSame(json(plcList(config, 'json')).map(({ plc, tags }) => [plc, tags]), drivers.map((driver) => [driver, 2]))
  const tested = await plcTest(config, undefined, 'json')
  t.equal(tested.exit, 'problems')
  t.strictSame(json(tested).map(({ plc, answer, bad }) => [plc, answer, bad]), drivers.map((driver) => [driver, 'bad tags', 1]))
  t.equal(tested.talk.length, drivers.length, 'each says what is wrong')
  for (const driver of drivers) {
    const read = await plcRead(config, driver, ['parts'], 'json')
    t.match(json(read), [{ value: '41', quality: 'good' }], driver)
    t.equal(read.exit, 'done')
    if (browsing.includes(driver)) t.match((await plcBrowse(config, driver, 'name')).text, /Parts/, `${driver} is browsed`)
    else await t.rejects(plcBrowse(config, driver, 'name'), { exit: 'failed', message: /does not say what it holds/ }, driver)
    const well = await whyDirectly(config, { plc: driver, tag: 'parts' }, null)
    t.match(well, { asked: 'plc', value: 41, quality: 'good' }, driver)
    // A busy machine reads slowly, which is a doubt and no fault.
    t.not(well.verdict, 'wrong', driver)
    t.match(await whyDirectly(config, { plc: driver, tag: 'gone' }, null), { verdict: 'wrong', because: 'tag' }, driver)
    const stopped = new AbortController()
    let said = ''
    t.equal(await plcWatch(withTags(plcOf(config.plcs, driver), ['parts']), {
      isScreen: false, isJson: true, stopped: stopped.signal,
      print: (text) => { said += text; if (said.includes('"value":41')) stopped.abort() },
    }), 'interrupted', driver)
  }
}
