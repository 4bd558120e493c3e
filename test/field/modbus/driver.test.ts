import t from 'tap'
import type { DriverFamily } from '../../../src/contract/driver.js'
import { plc } from '../../../src/contract/plcs.js'
import { parseAddress } from '../../../src/field/modbus/address.js'
import { modbusFamily } from '../../../src/field/modbus/driver.js'
import { planReads } from '../../../src/field/modbus/plan.js'
import { type Held, type Peer, conforms, deadlines, groupsOf, readGroup, suiteMs } from '../conformance.js'
import { type Memory, startDevice } from './device.js'

t.setTimeout(suiteMs)

const family: DriverFamily = modbusFamily

/* ── what the device holds ───────────────────────────────────────────────────────────────────── */

const registers: number[] = []
const held: Held[] = []

/** Puts registers at the next place and says what they must be read as; `%` stands for the place. */
function hold(address: string, hex: string, values: Held['values'], quality: Held['quality'] = 'good'): void {
  held.push({ address: address.replace('%', String(registers.length)), values, quality })
  for (const word of hex.split(' ')) registers.push(Number.parseInt(word, 16))
}

hold('HR%', 'ffff', [65_535])
hold('HR%:INT16', '8000', [-32_768])
hold('IR%:INT16', '7fff', [32_767])
hold('HR%:UINT32', 'ffff ffff', [4_294_967_295])
hold('HR%:INT32', '8000 0000', [-2_147_483_648])
hold('HR%:UINT64', 'ffff ffff 0000 0001', [1, 4_294_967_295])
hold('HR%:INT64', 'ffff ffff ffff fffe', [4_294_967_294, -1])
hold('HR%:FLOAT32', '3fc0 0000', [1.5])
hold('HR%:FLOAT32', '7fc0 0000', [Number.NaN], 'not_a_number')
hold('HR%:FLOAT64', '7fef ffff ffff ffff', [Number.MAX_VALUE])
hold('HR%.0', '0001', [1])
hold('HR%.15', '8000', [1])
hold('HR%.14', '8000', [0])
hold('HR%:INT16[3]', '0001 ffff 7fff', [1, -1, 32_767])
hold('HR%:UINT32[2]', '0000 0001 0000 0002', [1, 2])
hold('HR%:STRING.8', '4772 fc6e 2100 0000', 'Grün!')
hold('HR%:UINT16[120]', Array.from({ length: 120 }, (_, i) => i.toString(16)).join(' '), Array.from({ length: 120 }, (_, i) => i))
const last = registers.length
const bits = Array.from({ length: 40 }, (_, i) => i % 3 === 0)
held.push({ address: 'C0', values: [1] }, { address: 'C1', values: [0] }, { address: 'DI3[9]', values: [1, 0, 0, 1, 0, 0, 1, 0, 0] }, { address: '40001', values: [65_535] }, { address: '00004', values: [1] })
const memory: Memory = { registers, bits }

async function startPeer(): Promise<Peer> {
  let device = await startDevice(memory)
  return {
    held, missing: 'DI1000', beyond: `HR${last + 500}`, port: device.port,
    plc: (tags, more = {}) => plc.parse({ id: 'modbus', driver: 'modbus', host: '127.0.0.1', port: device.port, cycle: '100ms', tags, ...more }),
    freeze: () => device.freeze(),
    thaw: () => { device.thaw() },
    kill: () => device.kill(),
    async revive() { device = await startDevice(memory, device.port) },
    end: () => device.kill(),
  }
}

t.test('Modbus/TCP conforms', (t) => conforms(t, family, startPeer))

t.test('word and byte order are the device\'s', async (t) => {
  // 1.5 is 3fc0 0000, and 3f c0 00 00 with its bytes and words the other way round.
  const device = await startDevice({ registers: [0x0000, 0x3fc0, 0x0000, 0xc03f], bits: [] })
  t.teardown(() => device.kill())
  for (const [word_order, byte_order, address] of [['little', 'big', 'HR0:FLOAT32'], ['little', 'little', 'HR2:FLOAT32']] as const) {
    const config = plc.parse({ id: 'modbus', driver: 'modbus', host: '127.0.0.1', port: device.port, cycle: '100ms', word_order, byte_order, tags: { a: address } })
    const driver = family.make(config, groupsOf(config), deadlines)
    await driver.open()
    t.strictSame((await readGroup(driver, groupsOf(config)[0]!)).values.get('a'), [1.5], `${word_order} words, ${byte_order} bytes`)
    await driver.close()
  }
})

t.test('addresses say what they mean, and what is wrong with them', async (t) => {
  for (const [text, target] of [
    ['HR100', { table: 'holding', start: 100, count: 1, kind: 'UINT16' }], ['40101', { table: 'holding', start: 100 }], ['300001:REAL', { table: 'input', start: 0, count: 2, kind: 'FLOAT32' }],
    ['IR7.3', { table: 'input', start: 7, bit: 3 }], ['hr10:dint[4]', { count: 8, kind: 'INT32' }], ['10001', { table: 'discrete', start: 0 }],
  ] as const) t.match(parseAddress(text), { target }, text)
  for (const [text, why] of [
    ['HR100:STRING', /needs its greatest length.*HR100:STRING.20/], ['HR1.16', /bits 0 to 15/], ['C3:INT16', /holds bits/], ['HR65535:INT32', /ends at 65535/],
    ['HR0:UINT16[126]', /longer than one request/], ['40000', /begin at 1/], ['DB1,INT0', /cannot be read.*write table/], ['HR1:INT17', /no type INT17/],
  ] as const) t.match(parseAddress(text), why, text)
})

t.test('runs are merged over gaps as far as one request carries them', async (t) => {
  const targets = ['HR0', 'HR60', 'HR124', 'HR125', 'C0', 'C1999', 'C2000', 'IR5'].map((text) => {
    const address = parseAddress(text)
    if (typeof address === 'string') throw new Error(address)
    return address.target
  })
  t.match(planReads(targets, new Set()), [
    { table: 'coil', start: 0, count: 2_000, tags: [4, 5] }, { table: 'coil', start: 2_000, count: 1, tags: [6] },
    { table: 'holding', start: 0, count: 125, tags: [0, 1, 2] }, { table: 'holding', start: 125, count: 1, tags: [3] }, { table: 'input', start: 5, count: 1, tags: [7] },
  ])
  t.equal(planReads(targets, new Set([1])).length, 6, 'a tag that must be asked alone cuts the run in three')
})
