import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { ExplainedTag } from '../../src/contract/why.js'
import { type TagSpec, atomic } from '../../src/plant/logix/tags.js'
import { openLogixServer } from '../../src/plant/logix/server.js'
import { hexOf } from '../../src/verbs/hex.js'
import { type Site, siteOf, startGateway } from '../stories/gateway.js'
import { until } from '../support/child.js'
import { folderOf } from '../support/folder.js'
import { freePort } from '../support/ports.js'

const LINESIDE = new URL('../../../bin/lineside', import.meta.url).pathname
const tags: TagSpec[] = [atomic('Run', 'BOOL', 1), atomic('Parts', 'DINT', 41), atomic('Speed', 'REAL', 58.2524261)]
t.setTimeout(600_000)

/** A press with a Logix controller; `gone` is not in it. */
async function pressAt(t: Test, port: number): Promise<Site> {
  const own = await freePort()
  const site = await siteOf(folderOf(t), (config) => {
    config.server = { port: own }
    config.plcs = [{ id: 'press', driver: 'eip', host: '127.0.0.1', port, cycle: '50ms', tags: { run: 'Run:BOOL', parts: 'Parts', speed: { address: 'Speed:REAL', unit: 'parts/min' }, gone: 'Gone:REAL', wrong: 'Speed:DINT' } }]
    config.lines = [{ ...config.lines[0]!, oee_alert: undefined, equipment: [{ code: 'P1', name: 'Press', signals: { running: 'press/run', total_count: 'press/parts', speed: 'press/speed' } }] }]
    config.products = []
    config.andon = {}
    for (const line of config.lines) delete line.constraints
  })
  return { ...site, port: own }
}

interface Ended { readonly code: number; readonly out: string; readonly err: string }
const lineside = (site: Site, ...args: readonly string[]): Promise<Ended> => new Promise((resolve) => {
  execFile(LINESIDE, [...args, '--config', site.configFile, '--data', site.dataDir], { env: { PATH: process.env['PATH'] } }, (error, out, err) => {
    resolve({ code: error === null ? 0 : Number(error.code), out, err })
  })
})

t.test('why walks to the step that is wrong, with the gateway up and with it down', async (t) => {
  const port = await freePort()
  let logix = await openLogixServer({ host: '127.0.0.1', port, tags })
  t.teardown(() => logix.close())
  const site = await pressAt(t, port)
  const gateway = await startGateway(site)
  t.teardown(() => gateway.stop())
  const ask = (of: string) => gateway.get<ExplainedTag>(`/api/v1/explain/tag/${of}`)
  const asksUntil = async (of: string, is: (explained: ExplainedTag) => boolean): Promise<ExplainedTag> => {
    for (;;) {
      const explained = await ask(of)
      if (is(explained)) return explained
      await sleep(50)
    }
  }
  t.match(await asksUntil('press/parts', ({ verdict }) => verdict === 'well'), { asked: 'gateway', value: 41, quality: 'good', because: null, uses: [{ equipment_code: 'P1', signal: 'total_count', value: 41 }] })
  t.match(await ask('P1/total_count'), { plc: 'press', tag: 'parts' }, 'by its signal')
  t.match(await asksUntil('press/gone', ({ because }) => because === 'tag'), { verdict: 'wrong', remedy: /after a download/ })
  t.match(await asksUntil('press/wrong', ({ because }) => because === 'type'), { finding: /configured as DINT, the PLC holds a REAL/ })
  await t.rejects(ask('press/part'), /404.*did you mean parts/)
  t.match(await lineside(site, 'why', 'press/part'), { code: 5, err: /did you mean parts/ }, 'and the command line passes it on')

  await logix.close()
  t.match(await asksUntil('press/parts', ({ steps }) => steps[2]!.verdict === 'wrong' && steps[2]!.evidence.some(({ value }) => value.includes('ECONNREFUSED'))), { because: 'session', value: null, quality: 'link_down', remedy: /nothing listens at the port/ })
  const plcsIn = async (language: string) => (await (await fetch(`http://127.0.0.1:${gateway.port}/api/v1/enhanced/lines/BP01/plcs`, { headers: { authorization: `Bearer ${site.token}`, 'accept-language': language } })).json() as { data: { plcs: object[] } }).data.plcs
  await until('the last try was refused', async () => JSON.stringify(await plcsIn('en')).includes('ECONNREFUSED'))
  t.match(await plcsIn('en'), [{ plc: 'press', fault: 'PLC_REFUSED', detail: /ECONNREFUSED/, remedy: /nothing listens at the port/ }])
  t.match(await plcsIn('de'), [{ remedy: /am Port hört niemand/ }])
  await gateway.stop()

  const down = await lineside(site, 'why', 'parts', '-o', 'json')
  t.equal(down.code, 6, down.err)
  t.match(JSON.parse(down.out), { asked: 'plc', because: 'session', steps: [{ step: 'gateway', verdict: 'doubtful' }] })
  t.match(down.err, /no gateway answers at .* the PLC is asked directly/)

  logix = await openLogixServer({ host: '127.0.0.1', port, tags })
  const direct = await lineside(site, 'why', 'P1/speed', '--direct')
  t.equal(direct.code, 0, direct.err)
  t.match(direct.out, /value 58.25/)
  t.match(direct.out, /✔ rule {6}speed of P1: actual speed in parts per minute/)
  t.match(await lineside(site, 'why', 'press/gone', '--direct'), { code: 6, out: /✖ tag: the PLC has no such tag/ })
  writeFileSync(site.configFile, readFileSync(site.configFile, 'utf8').replace(/\bgone\b/, 'fresh').replace(/\bGone:REAL\b/, 'Parts:DINT'))
  t.match(await lineside(site, 'why', 'press/fresh', '--direct'), { code: 0, out: /value 41/ }, 'by the file that was named, before it is in force')
  t.match(await lineside(site, 'why', 'prats'), { code: 5, err: /did you mean parts/ })

  const watch: ChildProcess = spawn(LINESIDE, ['plc', 'watch', 'press', 'parts', 'Speed:REAL', 'gone', '--json', '--config', site.configFile, '--data', site.dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(watch, 'exit')
  let said = ''
  watch.stdout!.on('data', (chunk: Buffer) => { said += chunk.toString() })
  while (!(said.includes('"parts"') && said.includes('"Speed:REAL"') && /not_found|quarantined/.test(said))) await sleep(20)
  t.match(said, /"tag":"parts","value":41,"unit":null,"quality":"good"/)
  watch.kill('SIGINT')
  t.equal((await exited)[0], 130)
})

t.test('a peer that accepts and says nothing is a timeout of the session, not of the network', async (t) => {
  const silent = createServer(() => undefined)
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => { silent.close() })
  const address = silent.address()
  const site = await pressAt(t, typeof address === 'object' && address !== null ? address.port : 0)
  const { code, out } = await lineside(site, 'why', 'parts', '--direct', '-o', 'json')
  t.equal(code, 6)
  t.match(JSON.parse(out), { because: 'session', steps: [{}, { step: 'network', verdict: 'well' }, { step: 'session', evidence: [{ value: 'PLC_TIMEOUT' }] }] })
})

t.test('bytes are shown as the watch table of the PLC shows them', async (t) => {
  for (const [type, value, hex] of [
    ['uint16', 255, '16#00FF'], ['int16', -2, '16#FFFE'], ['uint32', 4_294_967_295, '16#FFFF_FFFF'], ['float32', 1.5, '16#3FC0_0000'], ['float64', 1.5, '16#3FF8_0000_0000_0000'], ['uint8', 7, '16#07'],
    ['int64', String(-(2n ** 60n)), '16#F000_0000_0000_0000'], ['bool', 1, ''], ['text', 'A', ''],
  ] as const) t.equal(hexOf({ type, length: 1 }, value), hex, type)
})
