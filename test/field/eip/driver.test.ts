import t from 'tap'
import { type Chance, seededChance } from '../../../src/base/chance.js'
import type { Plc, PlcOf } from '../../../src/contract/plcs.js'
import { Fault } from '../../../src/contract/faults.js'
import { eipFamily } from '../../../src/field/eip/driver.js'
import { type LogixServer, openLogixServer } from '../../../src/plant/logix/server.js'
import { type TagSpec, atomic, bools, text } from '../../../src/plant/logix/tags.js'
import { type AtomName, bytesOf, counter, encode, string, templateOf } from '../../../src/plant/logix/datatypes.js'
import { noMischief } from '../../../src/plant/logix/mischief.js'
import type { DriverFamily } from '../../../src/contract/driver.js'
import { type Held, type Peer, conforms, deadlines, faultOfCall, groupsOf, readGroup, readingHastily } from '../conformance.js'
import { freePort } from '../../support/ports.js'
import { plcOf } from '../support/scripted.js'

const family: DriverFamily = eipFamily

t.setTimeout(24 * 3_600_000)

/* ── what the controller holds ───────────────────────────────────────────────────────────────── */

const machine = templateOf('Machine', 0x101, 0x1234, [
  { name: 'Running', type: 'BOOL' }, { name: 'Fault', type: 'BOOL' }, { name: 'Speed', type: 'REAL' }, { name: 'Parts', type: counter }, { name: 'Word', type: 'INT', length: 3 }, { name: 'Name', type: string },
])
const machineBytes = Buffer.alloc(bytesOf(machine))
const placeOf = (name: string): number => machine.members.find((member) => member.name === name)!.offset
machineBytes[placeOf('Fault')] = 0b10
machineBytes.writeFloatLE(61.5, placeOf('Speed'))
machineBytes.writeInt32LE(4711, placeOf('Parts') + 8)
machineBytes.writeInt16LE(-7, placeOf('Word') + 4)
machineBytes.writeInt32LE(machineBytes.write('Grün', placeOf('Name') + 4, 'latin1'), placeOf('Name'))

const specs: TagSpec[] = [
  { name: 'Bagger', type: machine, bytes: machineBytes }, { name: 'Machines', type: machine, dimensions: [3], bytes: Buffer.concat([Buffer.alloc(bytesOf(machine)), Buffer.alloc(bytesOf(machine)), machineBytes]) },
  bools('Faults', Array.from({ length: 96 }, (_, i) => i === 0 || i === 31 || i === 63 || i === 95)), text('Product', 'BAG500'), text('Nameless', ''),
  { name: 'Grid', type: 'DINT', dimensions: [2, 3], bytes: Buffer.concat([0, 1, 2, 10, 11, 12].map((value) => encode('DINT', value))) },
  atomic('List', 'INT', ...Array.from({ length: 5_000 }, (_, i) => i - 2_500)), atomic('Longs', 'LINT', ...Array.from({ length: 700 }, (_, i) => -BigInt(i))),
  bools('Bits', Array.from({ length: 20_000 }, (_, i) => i % 7 === 0)), atomic('Count_Blade_PEC_Total', 'DINT', 12), atomic('Program:Main.Step', 'DINT', 40), atomic('Program:Main.Speed', 'REAL', 2.25),
]
const held: Held[] = [
  { address: 'Bagger.Running:BOOL', values: [0] }, { address: 'Bagger.Fault:BOOL', values: [1] }, { address: 'Bagger.Speed:REAL', values: [61.5] }, { address: 'Bagger.Parts.ACC', values: [4711] },
  { address: 'Bagger.Word[2]:INT', values: [-7] }, { address: 'Bagger.Name:STRING', values: 'Grün' }, { address: 'Machines[2].Parts.ACC:DINT', values: [4711] },
  { address: 'bagger.PARTS.acc', values: [4711] }, { address: 'Product:STRING', values: 'BAG500' }, { address: 'Product:STRING[3]', values: 'BAG' }, { address: 'Nameless:STRING', values: '' },
  { address: 'Faults[0..63]:BITS', values: [0x8000_0001, 0x8000_0000] }, { address: 'Faults[32..95]:BITS', values: [0x8000_0000, 0x8000_0000] }, { address: 'Faults[31]:BOOL', values: [1] }, { address: 'Faults[30]:BOOL', values: [0] },
  { address: 'Faults[62..64]:BOOL', values: [0, 1, 0] }, { address: 'Faults[95]:BOOL', values: [1] }, { address: 'Faults[0..2]:DWORD', values: [0x8000_0001, 0x8000_0000, 0x8000_0000] },
  { address: 'Grid[1,2]', values: [12] }, { address: 'List[3..5]:INT', values: [-2_497, -2_496, -2_495] }, { address: 'List[0..4999]:INT', values: Array.from({ length: 5_000 }, (_, i) => i - 2_500) },
  { address: 'Longs[0..699]:LINT', values: Array.from({ length: 700 }, (_, i) => [Number(BigInt.asUintN(32, -BigInt(i))), i === 0 ? 0 : -1]).flat() },
  { address: 'Bits[5..4999]:BOOL', values: Array.from({ length: 4_995 }, (_, i) => (i + 5) % 7 === 0 ? 1 : 0) },
  { address: 'Program:Main.Step', values: [40] }, { address: 'program:main.speed:REAL', values: [2.25] }, { address: 'Count_Blade_PEC_Total.2', values: [1] }, { address: 'Count_Blade_PEC_Total.1', values: [0] },
]

/** A tag of this type and value, and what reading it by its own type gives. */
function hold(type: AtomName, value: number | bigint | boolean, values: readonly number[], more: Partial<Held> & { readonly as?: string } = {}): void {
  const name = `V${specs.length}`
  specs.push(atomic(name, type, value))
  held.push({ address: `${name}:${more.as ?? type}`, values, ...(more.quality === undefined ? {} : { quality: more.quality }) })
}
hold('BOOL', true, [1])
hold('BOOL', false, [0])
hold('SINT', -128, [-128])
hold('SINT', -5, [251], { as: 'BYTE' })
hold('USINT', 255, [255])
hold('INT', -32_768, [-32_768])
hold('INT', -1, [65_535], { as: 'WORD' })
hold('UINT', 65_535, [65_535])
hold('DINT', -2_147_483_648, [-2_147_483_648])
hold('DINT', -1, [4_294_967_295], { as: 'DWORD' })
hold('UDINT', 4_294_967_295, [4_294_967_295])
hold('LINT', -2n, [4_294_967_294, -1])
hold('LINT', -(2n ** 63n), [0, -2_147_483_648])
hold('LINT', -(2n ** 63n), [0, 2_147_483_648], { as: 'LWORD' })
hold('ULINT', 2n ** 64n - 1n, [4_294_967_295, 4_294_967_295])
hold('REAL', 1.5, [1.5])
hold('REAL', 3.4028234663852886e38, [3.4028234663852886e38])
hold('REAL', -0, [-0])
hold('REAL', Number.NaN, [Number.NaN], { quality: 'not_a_number' })
hold('LREAL', Number.MAX_VALUE, [Number.MAX_VALUE])
hold('LREAL', -Infinity, [-Infinity], { quality: 'not_a_number' })
hold('DINT', 1, [0], { as: 'REAL', quality: 'type_misfit' })
hold('REAL', 1, [0], { as: 'DINT', quality: 'type_misfit' })
hold('LREAL', 1, [0], { as: 'REAL', quality: 'type_misfit' })
hold('DINT', 65, [0], { as: 'STRING', quality: 'type_misfit' })
held.push({ address: 'Bagger:DINT', values: [0], quality: 'type_misfit' }, { address: 'Bagger:STRING', values: '', quality: 'type_misfit' }, { address: 'Bagger.Word[0].16', values: [0], quality: 'type_misfit' })

interface Made { readonly isLargeKnown?: boolean; readonly processor?: 'logix' | 'micro800'; readonly transport?: Transport }
type Transport = PlcOf<'eip'>['transport']
const transports: readonly Transport[] = ['direct', 'st-ethernet-ip']

async function startPeer({ isLargeKnown = true, processor = 'logix', transport = 'direct' }: Made): Promise<Peer> {
  const port = await freePort()
  let logix = await openLogixServer({ host: '127.0.0.1', port, tags: specs, isLargeKnown })
  return {
    held, missing: 'Nowhere', beyond: 'List[5000]:INT', port,
    plc: (tags, more = {}) => plcOf({ driver: 'eip', port, processor, transport, tags, ...more }),
    freeze: () => { logix.mischief.isHung = true; return Promise.resolve() },
    thaw: () => { logix.mischief.isHung = false },
    kill: () => logix.close(),
    async revive() { logix = await openLogixServer({ host: '127.0.0.1', port, tags: specs, isLargeKnown }) },
    end: () => logix.close(),
  }
}

for (const [name, made] of [
  ['a connection of 4002 bytes', {}], ['a connection of 500 bytes', { isLargeKnown: false }], ['a Micro800', { processor: 'micro800', isLargeKnown: false }],
  ['st-ethernet-ip', { transport: 'st-ethernet-ip' }], ['st-ethernet-ip and a connection of 500 bytes', { transport: 'st-ethernet-ip', isLargeKnown: false }],
] as const) {
  t.test(`EtherNet/IP over ${name} conforms`, (t) => conforms(t, family, () => startPeer(made)))
}

/* ── what Logix alone has ────────────────────────────────────────────────────────────────────── */

function made(logix: LogixServer, tags: Readonly<Record<string, unknown>>, transport: Transport, deadlineMs = deadlines) {
  const plc: Plc = plcOf({ driver: 'eip', port: logix.port, transport, tags })
  const groups = groupsOf(plc)
  return { driver: family.make(plc, groups, deadlineMs), group: groups[0]! }
}

async function opened(logix: LogixServer, tags: Readonly<Record<string, unknown>>, transport: Transport) {
  const { driver, group } = made(logix, tags, transport)
  return { driver, group, info: await driver.open() }
}

/** Readings while replies are disturbed; EIP_READINGS=1000000 takes an hour. */
const READINGS = Number(process.env['EIP_READINGS'] ?? 900)
const VALUES = 50

interface Counts { readings: number; right: number; wrong: number; broken: number }

/** Reads a controller whose values change before every reading and whose replies are mistreated on their way. */
async function readDisturbed(chance: Chance, transport: Transport, readings: number): Promise<Counts> {
  const names = Array.from({ length: VALUES }, (_, i) => `N${i}`)
  const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags: names.map((name, i) => atomic(name, 'DINT', i)), isLargeKnown: false })
  const tags = Object.fromEntries(names.map((name) => [name, name]))
  const counts: Counts = { readings: 0, right: 0, wrong: 0, broken: 0 }
  while (counts.readings < readings) {
    Object.assign(logix.mischief, noMischief())
    const { driver, group } = made(logix, tags, transport, { connect: 10_000, request: 60 })
    try {
      await driver.open()
      for (let reading = 0; reading < 10; reading++) {
        Object.assign(logix.mischief, noMischief(), {
          splitBytes: chance.pick([0, 1, 10, 40, 200]), glueCount: chance.pick([1, 1, 2]), delayMs: chance.happens(0.01) ? 70 : chance.pick([0, 0, 1]),
          dropCount: chance.happens(0.01) ? 1 : 0, resetCount: chance.happens(0.03) ? 1 : 0, sequenceOffset: chance.happens(0.03) ? -1 : 0, shortBytes: chance.happens(0.03) ? chance.whole(1, 30) : 0,
        })
        const first = ++counts.readings % 20_000_000 * 100
        for (const [i, name] of names.entries()) logix.tags.set(name, encode('DINT', first + i))
        const { values, qualities } = await readGroup(driver, group)
        for (const [i, name] of names.entries()) if (qualities.get(name) === 'good') counts[values.get(name)?.[0] === first + i ? 'right' : 'wrong']++
      }
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      counts.broken++
    } finally {
      await driver.close()
    }
  }
  await logix.close()
  return counts
}

const thousand = Array.from({ length: 1_000 }, (_, i) => atomic(`Line${String(i).padStart(4, '0')}_Speed`, 'REAL', i / 4))
const thousandTags = Object.fromEntries(thousand.map(({ name }) => [name, `${name}:REAL`]))

for (const transport of transports) t.test(`EtherNet/IP over ${transport}`, async (t) => {
  await t.test('a thousand REALs take few messages, and all of the connection', async (t) => {
    for (const [isLargeKnown, most] of [[true, 7], [false, 60]] as const) {
      const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags: thousand, isLargeKnown })
      const { driver, group, info } = await opened(logix, thousandTags, transport)
      const before = logix.requestsCount
      const { values } = await readGroup(driver, group)
      t.strictSame([...values.values()].flat(), thousand.map((_, i) => i / 4))
      t.ok(logix.requestsCount - before <= most, `${logix.requestsCount - before} messages`)
      t.ok(info.pduFill! > 0.8, `${info.pduFill} full`)
      await driver.close()
      while (logix.connectionsCount > 0) await new Promise((done) => setTimeout(done, 5))
      await logix.close()
    }
  })

  await t.test('a group refused as a whole is halved until the tag is found that spoils it', async (t) => {
    const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags: thousand.slice(0, 60) })
    const { driver, group } = await opened(logix, Object.fromEntries(Object.entries(thousandTags).slice(0, 60)), transport)
    // A multiple request is refused, single ones are answered: some bridges do so when a route inside one of them is wrong.
    logix.tags.remove('Line0041_Speed')
    logix.mischief.refusesMultipleWith = 'Line0041_Speed'
    const { qualities, values, info } = await readGroup(driver, group)
    t.same([...qualities].filter(([, quality]) => quality !== 'good'), [['Line0041_Speed', 'not_found']])
    t.strictSame(values.get('Line0042_Speed'), [10.5])
    t.ok(info.requestsCount <= 2 * Math.ceil(Math.log2(60)) + 1, `${info.requestsCount} messages`)
    const again = await readGroup(driver, group, new Set([41]))
    t.equal(again.info.requestsCount, 1, 'without it they are one group again')
    await driver.close()
    await logix.close()
  })

  await t.test('a controller that refuses every connection says why', async (t) => {
    const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags: thousand.slice(0, 1) })
    logix.mischief.isOpenRefused = true
    const plc = plcOf({ driver: 'eip', port: logix.port, transport, tags: { a: 'Line0000_Speed:REAL' } })
    const driver = family.make(plc, groupsOf(plc), deadlines)
    const fault = await driver.open().then(() => null, (thrown: unknown) => thrown as Fault)
    t.match(fault, { code: 'PLC_REFUSED', fields: { detail: /Forward Open: status 0x01, 0x113/ } })
    await driver.close()
    await logix.close()
  })

  await t.test('a download that renumbers, renames and retypes is seen at once and never misread', async (t) => {
    const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags: [atomic('A', 'DINT', 1), atomic('B', 'DINT', 2), atomic('C', 'DINT', 3)] })
    const { driver, group } = await opened(logix, { a: 'A', b: 'B', c: 'C' }, transport)
    t.same([...(await readGroup(driver, group)).values.values()], [[1], [2], [3]])
    logix.tags.replace(atomic('B', 'REAL', 2.5))
    logix.tags.remove('C')
    const { qualities, info } = await readGroup(driver, group)
    t.same([...qualities.values()], ['good', 'type_misfit', 'not_found'])
    t.match(info.badTags[0]!.detail, /configured as DINT, the PLC holds a REAL/)
    logix.download()
    t.equal(await faultOfCall(readGroup(driver, group)), 'PLC_LINK_LOST')
    await driver.close()
    const next = await opened(logix, { a: 'A', b: 'B:REAL' }, transport)
    t.same([...(await readGroup(next.driver, next.group)).values.values()], [[1], [2.5]])
    await next.driver.close()
    await logix.close()
  })

  await t.test('a reply that does not fit its question is never believed', async (t) => {
    const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags: thousand.slice(0, 30) })
    const tags = Object.fromEntries(Object.entries(thousandTags).slice(0, 30))
    for (const [mischief, fault] of [
      [{ sequenceOffset: 1 }, 'PLC_STALE_REPLY'], [{ sequenceOffset: -1 }, 'PLC_STALE_REPLY'], [{ shortBytes: 2 }, 'PLC_SHORT_REPLY'], [{ shortBytes: 200 }, 'PLC_SHORT_REPLY'],
      [{ dropCount: 1 }, 'PLC_TIMEOUT'], [{ isLate: true }, 'PLC_TIMEOUT'], [{ resetCount: 1 }, 'PLC_LINK_LOST'],
    ] as const) {
      Object.assign(logix.mischief, noMischief())
      const { driver, group, hurryMs } = await readingHastily((deadlineMs) => made(logix, tags, transport, fault === 'PLC_TIMEOUT' ? deadlineMs : deadlines))
      Object.assign(logix.mischief, 'isLate' in mischief ? { delayMs: 3 * hurryMs } : mischief)
      t.equal(await faultOfCall(readGroup(driver, group)), fault, JSON.stringify(mischief))
      Object.assign(logix.mischief, noMischief())
      t.not(await faultOfCall(readGroup(driver, group)), 'none', 'the connection is not used again')
      await driver.close()
    }
    Object.assign(logix.mischief, noMischief(), { status: 0x02 })
    const { driver, group } = await opened(logix, tags, transport)
    t.ok([...(await readGroup(driver, group)).qualities.values()].every((quality) => quality === 'protected'), 'a status is an answer')
    await driver.close()
    await logix.close()
  })

  await t.test('split, glued, late and lost replies: what is read is always what was held', async (t) => {
    const lanes = Math.min(8, Math.ceil(READINGS / 500))
    const counts = await Promise.all(Array.from({ length: lanes }, (_, lane) => readDisturbed(seededChance(44_818).fork(`lane ${lane}`), transport, Math.ceil(READINGS / lanes))))
    const sum = (what: keyof Counts): number => counts.reduce((sum, count) => sum + count[what], 0)
    t.comment(`${sum('readings')} readings: ${sum('right')} values right, ${sum('wrong')} wrong, ${sum('broken')} connections given up`)
    t.equal(sum('wrong'), 0)
    t.ok(sum('right') > READINGS, 'and some were read')
    t.ok(sum('broken') > READINGS / 50)
  })

  await t.test('what is written is what is held, and nothing else changes', async (t) => {
    const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags: specs })
    const values: readonly [address: string, value: number | boolean | string | bigint, reads: readonly number[] | string][] = [
      ['Count_Blade_PEC_Total', -5, [-5]], ['Bagger.Speed:REAL', 2.5, [2.5]], ['Bagger.Running:BOOL', true, [1]], ['Faults[40]:BOOL', true, [1]], ['Faults[63]:BOOL', false, [0]], ['Bagger.Word[1].15', true, [1]],
      ['Longs[9]:LINT', -(2n ** 40n), [0, -256]], ['Longs[8]:LWORD', 2n ** 64n - 1n, [0xffff_ffff, 0xffff_ffff]], ['Product:STRING', 'BAG1000', 'BAG1000'], ['List[7]:INT', -7, [-7]], ['List[8]:WORD', 65_535, [65_535]],
    ]
    const { driver, group } = await opened(logix, Object.fromEntries(values.map(([address], i) => [`t${i}`, { address, writable: true }])), transport)
    for (const [i, [address, value, expected]] of values.entries()) {
      await driver.write!(group, i, value, () => undefined)
      t.strictSame((await readGroup(driver, group)).values.get(`t${i}`), expected, address)
    }
    t.equal(logix.tags.tag('Faults').bytes.readUInt32LE(0), 0x8000_0001)
    t.equal(logix.tags.tag('Bagger').bytes[placeOf('Fault')], 0b11)
    const at = (address: string) => values.findIndex(([other]) => other === address)
    for (const [address, value] of [['Count_Blade_PEC_Total', 2 ** 31], ['Count_Blade_PEC_Total', 1.5], ['Count_Blade_PEC_Total', 'one'], ['Bagger.Running:BOOL', 1], ['Product:STRING', 'x'.repeat(83)], ['Product:STRING', '€'], ['Bagger.Speed:REAL', 1e300], ['Bagger.Speed:REAL', Number.NaN]] as const) {
      t.equal(await faultOfCall(driver.write!(group, at(address), value, () => undefined)), 'TAG_TYPE_MISFIT', `${address} = ${value}`)
    }
    const tooLate = (): void => { throw new Fault('STANDBY_FENCED') }
    t.equal(await faultOfCall(driver.write!(group, at('List[7]:INT'), 5, tooLate)), 'STANDBY_FENCED')
    t.strictSame((await readGroup(driver, group)).values.get(`t${at('List[7]:INT')}`), [-7], 'what is too late is not written')
    logix.tags.remove('Product')
    t.equal(await faultOfCall(driver.write!(group, at('Product:STRING'), 'x', tooLate)), 'TAG_NOT_FOUND', 'it is asked last, behind everything that the controller had to tell')
    await driver.close()
    await logix.close()
  })
})
