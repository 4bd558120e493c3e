import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { plc } from '../../src/contract/plcs.js'
import { openLogixServer } from '../../src/plant/logix/server.js'
import { type TagSpec, atomic, bools, text } from '../../src/plant/logix/tags.js'
import { counter, string, templateOf, timer } from '../../src/plant/logix/datatypes.js'
import { CliError } from '../../src/faces/cli/exit.js'
import { folderOf } from '../support/folder.js'
import { plcBrowse, plcList, plcRead, plcTest } from '../../src/verbs/plc.js'

const tags: TagSpec[] = [
  atomic('Speed', 'REAL', 61.5), atomic('Total', 'LINT', -(2n ** 60n)), text('Product', 'BAG500'), bools('Faults', Array.from({ length: 64 }, (_, i) => i === 63)), atomic('List', 'INT', 1, 2, 3),
  { name: 'Wait', type: timer, bytes: Buffer.alloc(12) }, ...Array.from({ length: 400 }, (_, i) => atomic(`Further_tag_number_${i}`, 'DINT', i)), atomic('Program:Main.Step', 'INT', 40),
]

const cell = templateOf('Cell', 0x123, 0x4242, [{ name: 'Ready', type: 'BOOL' }, { name: 'Jam', type: 'BOOL' }, { name: 'Parts', type: counter }, { name: 'Words', type: 'INT', length: 3 }, { name: 'Name', type: string }, { name: 'Faults', type: 'DWORD', length: 2 }])
tags.push({ name: 'Cells', type: cell, dimensions: [4], bytes: Buffer.alloc(4 * cell.bytes) })

const configOf = (port: number, more: Readonly<Record<string, string>> = {}) => ({
  plcs: [plc.parse({ id: 'bagger', driver: 'eip', host: '127.0.0.1', port, tags: { speed: { address: 'Speed:REAL', unit: 'parts/min' }, total: 'Total:LINT', product: 'Product:STRING', list: 'List[0..2]:INT', ...more } })],
})
const json = (said: { readonly text: string }) => JSON.parse(said.text) as Record<string, unknown>[]

t.test('PLCs are listed, tested and read as the configuration names them', async (t) => {
  const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags })
  const plant = configOf(logix.port)
  t.match(json(plcList(plant, 'json')), [{ plc: 'bagger', driver: 'eip', place: `127.0.0.1:${logix.port}`, tags: 4 }])
  const tested = await plcTest(plant, undefined, 'json')
  t.equal(tested.exit, 'done')
  t.match(json(tested), [{ answer: 'ok', tags: 4, bad: 0, requests: 1 }])
  t.same(json(await plcRead(plant, 'bagger', [], 'json')).map(({ tag, value, quality }) => [tag, value, quality]), [['speed', '61.5', 'good'], ['total', String(-(2n ** 60n)), 'good'], ['product', 'BAG500', 'good'], ['list', '1 2 3', 'good']])
  const some = await plcRead(plant, 'bagger', ['speed', 'Faults[63]:BOOL', 'Nowhere'], 'json')
  t.equal(some.exit, 'problems')
  t.match(json(some), [{ value: '61.5', unit: 'parts/min' }, { value: '1' }, { value: null, quality: 'not_found' }])
  await logix.close()
})

t.test('what is wrong is said with its remedy, and ends with a problem', async (t) => {
  const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags })
  const spoilt = await plcTest(configOf(logix.port, { wrong: 'Speed:DINT', gone: 'Sped:REAL' }), 'bagger', 'json')
  t.equal(spoilt.exit, 'problems')
  t.match(spoilt.talk, [
    /^bagger\/wrong: TAG_TYPE_MISFIT: .*\(Speed:DINT: configured as DINT, the PLC holds a REAL\)\. Correct the type of the tag\.$/,
    /^bagger\/gone: TAG_NOT_FOUND: the PLC has no such tag \(Sped:REAL: CIP status 0x05: no tag or member of that name is there, .*\)\. Check the address; .*\.$/,
  ])
  t.match((await plcRead(configOf(logix.port), 'bagger', ['Sped:REAL'], 'table')).talk, [/^bagger\/Sped:REAL: TAG_NOT_FOUND: .*Check the address/])
  await logix.close()
  const dead = await plcTest(configOf(1), undefined, 'json')
  t.equal(dead.exit, 'problems')
  t.match(json(dead), [{ answer: 'PLC_REFUSED' }])
  t.match(dead.talk, [/^bagger: PLC_REFUSED: .*ECONNREFUSED.*nothing listens at the port/])
  await t.rejects(plcTest(configOf(1), 'bager', 'json'), new CliError('missing', 'there is no PLC "bager"; did you mean bagger?', 'there is bagger'))
})

t.test('what takes the connection and says nothing may be no such PLC', async (t) => {
  const silent = createServer()
  t.teardown(() => { silent.close() })
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const at = { host: '127.0.0.1', port }
  await Promise.all([
    { driver: 's7', ...at, tags: { a: 'MW2' } }, { driver: 's7', transport: 'snap7', ...at, tags: { a: 'MW2' } }, { driver: 'eip', ...at, tags: { a: 'Total' } }, { driver: 'eip', transport: 'st-ethernet-ip', ...at, tags: { a: 'Total' } },
    { driver: 'modbus', ...at, tags: { a: 'HR1' } }, { driver: 'opcua', endpoint: `opc.tcp://127.0.0.1:${port}`, security: 'none', certificates: folderOf(t), tags: { a: 'ns=2;s=Total:Int32' } },
  ].map(async (one) => {
    const { talk } = await plcTest({ plcs: [plc.parse({ id: 'p', ...one })] }, 'p', 'json')
    t.match(talk, [/^p: PLC_TIMEOUT: .*it took the connection and said nothing.*check `driver`, `host` and `port`/], one.driver)
  }))
})

t.test('browsing gives the address that reads each tag, page by page, programs included', async (t) => {
  const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags, isLargeKnown: false })
  const plant = configOf(logix.port)
  const found = json(await plcBrowse(plant, 'bagger', 'json'))
  t.match(found.slice(0, 6).map(({ address }) => address), ['Speed:REAL', 'Total:LINT', 'Product:STRING', 'Faults[0..63]:BOOL', 'List[0..2]:INT', 'Wait.CTL:DINT'])
  t.strictSame(found.filter(({ address }) => String(address).startsWith('Cells')).map(({ address }) => address), ['Cells[0].Ready:BOOL', 'Cells[0].Jam:BOOL', 'Cells[0].Parts.CTL:DINT', 'Cells[0].Parts.PRE:DINT', 'Cells[0].Parts.ACC:DINT', 'Cells[0].Words[0..2]:INT', 'Cells[0].Name:STRING', 'Cells[0].Faults[0..63]:BOOL'])
  t.equal(found.filter(({ address }) => String(address).startsWith('Further')).length, 400)
  t.equal(found.at(-1)!['address'], 'Program:Main.Step:INT')
  t.same((await plcRead(plant, 'bagger', found.map(({ address }) => String(address)), 'json')).talk, [], 'every address reads')
  await logix.close()
})
