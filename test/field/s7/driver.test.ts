import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { DriverFamily } from '../../../src/contract/driver.js'
import { Fault } from '../../../src/contract/faults.js'
import type { PlcOf } from '../../../src/contract/plcs.js'
import { s7Family } from '../../../src/field/s7/driver.js'
import { type Held, type Peer, conforms, deadlines, faultOfCall, groupsOf, readGroup, readingHastily, suiteMs } from '../conformance.js'
import { plcOf } from '../support/scripted.js'
import { type Block, type S7Plc, startS7Plc } from '../support/s7-plc.js'

t.setTimeout(suiteMs)

const family: DriverFamily = s7Family

/* ── what the PLC holds ──────────────────────────────────────────────────────────────────────── */

const blocks: Block[] = []
const held: Held[] = []

/** Puts bytes at the next place of DB1 and says what they must be read as; `%` stands for the place. */
function hold(address: string, hex: string, values: Held['values'], quality: Held['quality'] = 'good'): void {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex')
  held.push({ address: address.replace('%', String(memory.length)), values, quality })
  memory = Buffer.concat([memory, bytes, Buffer.alloc(bytes.length & 1)])
}
let memory: Buffer = Buffer.alloc(0)
const text = (plain: string): string => Buffer.from(plain, 'latin1').toString('hex')

hold('DB1,INT%', '8000', [-32_768])
hold('DB1,INT%', '7fff', [32_767])
hold('DB1,UINT%', 'ffff', [65_535])
hold('DB1,WORD%', '8001', [32_769])
hold('DB1,SINT%', '80', [-128])
hold('DB1,USINT%', 'ff', [255])
hold('DB1,BYTE%', '5a', [90])
hold('DB1,DINT%', '80000000', [-2_147_483_648])
hold('DB1,UDINT%', 'ffffffff', [4_294_967_295])
hold('DB1,DWORD%', '00000001', [1])
hold('DB1,LINT%', 'ffffffff fffffffe', [4_294_967_294, -1])
hold('DB1,LINT%', '80000000 00000000', [0, -2_147_483_648])
hold('DB1,ULINT%', 'ffffffff 00000001', [1, 4_294_967_295])
hold('DB1,LWORD%', '80000000 00000001', [1, 2_147_483_648])
hold('DB1,REAL%', '3fc00000', [1.5])
hold('DB1,REAL%', '7f7fffff', [3.4028234663852886e38])
hold('DB1,REAL%', '80000000', [-0])
hold('DB1,REAL%', '7fc00000', [Number.NaN], 'not_a_number')
hold('DB1,LREAL%', '3ff8000000000000', [1.5])
hold('DB1,LREAL%', '7fefffffffffffff', [Number.MAX_VALUE])
hold('DB1,LREAL%', '7ff0000000000000', [Infinity], 'not_a_number')
hold('DB1,X%.0', '01', [1])
hold('DB1,X%.7', '7f', [0])
hold('DB1,X%.6[4]', '40 02', [1, 0, 0, 1])
hold('DB1,WORD%.15', '8000', [1])
hold('DB1,WORD%.0', '0001', [1])
hold('DB1,LWORD%.63', '8000000000000000', [1])
hold('DB1,INT%[3]', '0001 ffff 7fff', [1, -1, 32_767])
hold('DB1,LWORD%[2]', '0000000100000002 0000000300000004', [2, 1, 4, 3])
hold('DB1,REAL%[2]', '3f800000 c0000000', [1, -2])
// Time base 1 s and 123: two minutes and three seconds. Time base 10 ms and 999. A digit above nine is no S5TIME.
hold('DB1,S5TIME%', '2123', [123_000])
hold('DB1,S5TIME%', '0999', [9_990])
hold('DB1,S5TIME%', '2a00', [0], 'type_misfit')
hold('DB1,TIME%', 'ffffffff', [-1])
hold('DB1,LTIME%', '000000003b9aca00', [1_000])
hold('DB1,TIME_OF_DAY%', '05265bff', [86_399_999])
hold('DB1,DATE%', '0000', [Date.UTC(1990, 0, 1)])
hold('DB1,DATE_AND_TIME%', '26 03 29 01 59 59 99 91', [Date.UTC(2026, 2, 29, 1, 59, 59, 999)])
hold('DB1,DATE_AND_TIME%', '90 01 01 00 00 00 00 02', [Date.UTC(1990, 0, 1)])
hold('DB1,DATE_AND_TIME%', '26 13 01 00 00 00 00 01', [0], 'type_misfit')
hold('DB1,DTL%', '07ea 03 1d 01 01 3b 3b 3b9ac9ff', [Date.UTC(2026, 2, 29, 1, 59, 59, 999)])
hold('DB1,DTL%', '0000 00 00 00 00 00 00 00000000', [0], 'type_misfit')
hold('DB1,CHAR%', text('A'), 'A')
hold('DB1,CHAR%[4]', text('AB\0\0'), 'AB')
hold('DB1,STRING%.8', `0805${text('Grün!')}000000`, 'Grün!')
hold('DB1,STRING%.4', `0400${text('gone')}`, '')
// Configured shorter than it is: what fits is read. A length beyond the header's own maximum is no STRING at all.
hold('DB1,STRING%.2', `0404${text('abcd')}`, 'ab')
hold('DB1,STRING%.4', `0409${text('abcd')}`, '', 'type_misfit')
hold('DB1,WSTRING%.4', '0004 0002 20ac 0041 0000 0000', '€A')
hold('DB1,BYTE%[1000]', Buffer.from(Array.from({ length: 1_000 }, (_, i) => i & 0xff)).toString('hex'), Array.from({ length: 1_000 }, (_, i) => i & 0xff))

const memoryBytes = memory.length
blocks.push({ area: 'DB', db: 1, bytes: memory })
for (const db of [2, 3, 4]) blocks.push({ area: 'DB', db, bytes: Buffer.alloc(16, db) })
for (const [area, fill] of [['M', 0x11], ['I', 0x22], ['Q', 0x33]] as const) blocks.push({ area, db: 0, bytes: Buffer.alloc(64, fill) })
// snap7's server looks for timer n at byte n / 2, where a CPU has its number n.
blocks.push({ area: 'T', db: 0, bytes: Buffer.from('000021230000', 'hex') }, { area: 'C', db: 0, bytes: Buffer.from('00000000000000000999', 'hex') })
held.push(
  { address: 'MW20', values: [0x1111] }, { address: 'M10.4', values: [1] }, { address: 'EB3', values: [0x22] }, { address: 'QD4', values: [0x33333333] },
  { address: 'T4', values: [123_000] }, { address: 'C16', values: [999] }, { address: '%DB2.DBW2:INT', values: [0x0202] },
)

type Transport = PlcOf<'s7'>['transport']

async function startPeer(transport: Transport): Promise<Peer> {
  let server = await startS7Plc(blocks)
  return {
    held, missing: 'DB77,INT0', beyond: `DB1,INT${memoryBytes}`, port: server.port,
    plc: (tags, more = {}) => plcOf({ transport, port: server.port, tags, ...more }),
    freeze: () => server.freeze(),
    thaw: () => { server.thaw() },
    kill: () => server.kill(),
    async revive() { server = await startS7Plc(blocks, { port: server.port }) },
    end: () => server.kill(),
  }
}

/* ── what both transports owe ────────────────────────────────────────────────────────────────── */

const everything = Object.fromEntries(held.map(({ address }, i) => [`t${i}`, address]))

/** A peer in between that passes frames on, and may keep, change or delay what the PLC answers. */
async function startMeddler(to: S7Plc): Promise<{ port: number; meddle: (reply: Buffer) => Buffer | null; delayMs: number; end: () => Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const plc = connect(to.port, '127.0.0.1')
    for (const socket of [client, plc]) { sockets.add(socket); socket.on('error', () => undefined); socket.on('close', () => { client.destroy(); plc.destroy() }) }
    client.on('data', (bytes) => plc.write(bytes))
    plc.on('data', (bytes: Buffer) => {
      const isReadReply = bytes[8] === 3 && bytes[19] === 4
      const changed = isReadReply ? meddler.meddle(bytes) : bytes
      if (changed !== null) setTimeout(() => { if (!client.destroyed) client.write(changed) }, isReadReply ? meddler.delayMs : 0)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const meddler = {
    port: (server.address() as AddressInfo).port, delayMs: 0, meddle: (reply: Buffer): Buffer | null => reply,
    async end() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await to.kill()
    },
  }
  return meddler
}

/** Whether somebody has asked for a connection to the port and got no answer yet. */
function isDropping(port: number): boolean {
  const SYN_SENT = '02'
  const there = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync('/proc/net/tcp', 'utf8').split('\n').map((line) => line.trim().split(/\s+/)).some((fields) => fields[2] === there && fields[3] === SYN_SENT)
}

/** A port whose queue of connections is full and that nobody serves: the kernel drops every further SYN. */
async function startBlackHole(): Promise<{ port: number; end: () => void }> {
  const program = `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'] } })
  const [said] = await once(child.stdout, 'data') as [Buffer]
  const port = Number(said.toString())
  const fillers: Socket[] = []
  // That nothing was heard for a while may be this process's own fault; whether the last SYN found no place, the kernel says.
  for (let joined = true; joined; joined = !isDropping(port)) {
    const filler = connect(port, '127.0.0.1').on('error', () => undefined)
    fillers.push(filler)
    await Promise.race([once(filler, 'connect'), new Promise((done) => setTimeout(done, 200))])
  }
  return { port, end: () => { child.kill('SIGKILL'); for (const filler of fillers) filler.destroy() } }
}

for (const transport of ['snap7', 'pipelined'] as const) t.test(`S7 over ${transport}`, async (t) => {
  await t.test('conforms', (t) => conforms(t, family, () => startPeer(transport)))

  await t.test('every PDU size the CPUs grant gives the same values', async (t) => {
    for (const pdu of [240, 480, 960]) {
      const server = await startS7Plc(blocks, { pdu })
      const plc = plcOf({ transport, port: server.port, tags: everything })
      const driver = family.make(plc, groupsOf(plc), deadlines)
      t.equal((await driver.open()).pduBytes, pdu)
      const { values, qualities } = await readGroup(driver, groupsOf(plc)[0]!)
      for (const [i, { address, values: expected, quality }] of held.entries()) if ((quality ?? 'good') === 'good') t.strictSame(values.get(`t${i}`), expected, `${address} at ${pdu}`)
      t.equal([...qualities.values()].filter((quality) => quality === 'good').length, held.filter(({ quality }) => (quality ?? 'good') === 'good').length)
      await driver.close()
      await server.kill()
    }
  })

  await t.test('a late reply is never taken for the answer to a later question', async (t) => {
    const meddler = await startMeddler(await startS7Plc(blocks))
    const plc = plcOf({ transport, port: meddler.port, tags: { two: 'DB2,BYTE0', three: { address: 'DB3,BYTE0', class: 'slow' } } })
    const [two, three] = groupsOf(plc)
    for (let round = 0; round < 3; round++) {
      meddler.delayMs = 0
      const { driver, first, hurryMs } = await readingHastily((deadlineMs) => ({ driver: family.make(plc, groupsOf(plc), deadlineMs), group: two! }))
      t.strictSame(first.values.get('two'), [2])
      meddler.delayMs = 3 * hurryMs
      t.equal(await faultOfCall(readGroup(driver, two!)), 'PLC_TIMEOUT')
      meddler.delayMs = 0
      t.not(await faultOfCall(readGroup(driver, three!)), 'none', 'the connection is not used again')
      await driver.close()
      const next = family.make(plc, groupsOf(plc), deadlines)
      await next.open()
      t.strictSame((await readGroup(next, three!)).values.get('three'), [3])
      await next.close()
    }
    await meddler.end()
  })

  await t.test('a reply that does not fit its question is never believed', async (t) => {
    const meddler = await startMeddler(await startS7Plc(blocks))
    const plc = plcOf({ transport, port: meddler.port, tags: { a: 'DB2,BYTE0[10]' } })
    const [group] = groupsOf(plc)
    const resized = (reply: Buffer, by: number): Buffer => {
      const grown = Buffer.concat([reply.subarray(0, Math.min(reply.length, reply.length + by)), Buffer.alloc(Math.max(0, by), 0xee)])
      grown.writeUInt16BE(grown.length, 2)
      grown.writeUInt16BE(reply.readUInt16BE(15) + by, 15)
      grown.writeUInt16BE(reply.readUInt16BE(23) + by * 8, 23)
      return grown
    }
    const changed = (at: number, value: number) => (reply: Buffer): Buffer => { const copy = Buffer.from(reply); copy[at] = value; return copy }
    for (const [name, meddle, fault] of [
      ['two bytes short', (reply: Buffer) => resized(reply, -2), 'PLC_SHORT_REPLY'],
      ['a thousand bytes long', (reply: Buffer) => resized(reply, 1_000), 'PLC_SHORT_REPLY'],
      ['an item that claims more than its frame holds', changed(23, 0x40), 'PLC_SHORT_REPLY'],
      ['a number nobody used', changed(12, 0xee), 'PLC_STALE_REPLY'],
      ['two items for one', changed(20, 2), 'PLC_PROTOCOL'],
      ['an answer to another call', changed(19, 5), 'PLC_PROTOCOL'],
      ['no S7 at all', changed(7, 0x33), 'PLC_PROTOCOL'],
      ['no TPKT at all', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'PLC_PROTOCOL'],
      ['the same reply twice', (reply: Buffer) => Buffer.concat([reply, reply]), 'PLC_STALE_REPLY'],
      ['the end of the connection', () => Buffer.from('03000007028000', 'hex'), 'PLC_LINK_LOST'],
    ] as const) {
      meddler.meddle = (reply) => reply
      const driver = family.make(plc, groupsOf(plc), deadlines)
      await driver.open()
      t.strictSame((await readGroup(driver, group!)).values.get('a'), Array.from({ length: 10 }, () => 2), name)
      meddler.meddle = meddle
      const first = await faultOfCall(readGroup(driver, group!))
      // A second reply may come a moment after the first, which was right.
      t.equal(first === 'none' ? await faultOfCall(readGroup(driver, group!)) : first, fault, name)
      await driver.close()
    }
    await meddler.end()
  })

  await t.test('a block with optimised access is told by its errors, and the remedy said', async (t) => {
    const meddler = await startMeddler(await startS7Plc(blocks))
    const plc = plcOf({ transport, port: meddler.port, tags: { zero: 'DB2,BYTE0', eight: 'DB2,BYTE8', other: 'DB3,BYTE0', far: 'DB4,BYTE12' } })
    // Every item of DB2 and DB4 fails with this code, whichever request asks for it: their bytes are 2 and 4 throughout.
    const refusing = (code: number) => (reply: Buffer): Buffer => {
      const items: Buffer[] = []
      for (let at = 21; at < reply.length;) {
        const bytes = reply[at] === 0xff ? reply.readUInt16BE(at + 2) >> 3 : 0
        const isRefused = reply[at] === 0xff && reply[at + 4] !== 3
        items.push(isRefused ? Buffer.from([code, 0, 0, 0]) : reply.subarray(at, at + 4 + bytes + (bytes & 1)))
        at += 4 + bytes + (bytes & 1)
      }
      const changed = Buffer.concat([reply.subarray(0, 21), ...items])
      changed.writeUInt16BE(changed.length, 2)
      changed.writeUInt16BE(changed.length - 21, 15)
      return changed
    }
    for (const [code, quality, advice, farQuality, farAdvice] of [
      [0x03, 'protected', /nothing that was asked of DB2 can be read: switch "optimized block access" off/, 'protected', /DB4 .* switch "optimized block access" off/],
      [0x05, 'protected', /nothing that was asked of DB2 can be read: switch "optimized block access" off/, 'out_of_range', /beyond the end of DB4, or its "optimized block access" is on/],
      [0x0a, 'not_found', /there is no DB2, or its "optimized block access" is on: switch that off/, 'not_found', /there is no DB4/],
    ] as const) {
      meddler.meddle = refusing(code)
      const driver = family.make(plc, groupsOf(plc), deadlines)
      await driver.open()
      const { qualities, values, info } = await readGroup(driver, groupsOf(plc)[0]!)
      t.same([...qualities.values()], [quality, quality, 'good', farQuality], `code ${code}`)
      t.strictSame(values.get('other'), [3])
      t.match(info.badTags.map(({ detail }) => detail), [advice, advice, farAdvice])
      await driver.close()
    }
    await meddler.end()
  })

  await t.test('a reply in the smallest pieces is put together', async (t) => {
    const server = await startS7Plc(blocks)
    const slow = createServer((client) => {
      const plc = connect(server.port, '127.0.0.1')
      for (const socket of [client, plc]) socket.on('error', () => undefined).on('close', () => { client.destroy(); plc.destroy() })
      client.on('data', (bytes) => plc.write(bytes))
      plc.on('data', async (bytes: Buffer) => {
        for (const byte of bytes) { client.write(Buffer.from([byte])); await new Promise((done) => setImmediate(done)) }
      })
    }).listen(0, '127.0.0.1')
    await once(slow, 'listening')
    const plc = plcOf({ transport, port: (slow.address() as AddressInfo).port, tags: { a: 'DB3,BYTE0[16]' } })
    const driver = family.make(plc, groupsOf(plc), deadlines)
    await driver.open()
    t.strictSame((await readGroup(driver, groupsOf(plc)[0]!)).values.get('a'), Array.from({ length: 16 }, () => 3))
    await driver.close()
    slow.close()
    await server.kill()
  })

  await t.test('a host is found by its name, and one that has none is unreachable', async (t) => {
    const server = await startS7Plc(blocks)
    for (const [host, fault] of [['localhost', 'none'], ['no-such-host.invalid', 'PLC_UNREACHABLE']] as const) {
      const plc = plcOf({ transport, host, port: server.port })
      const driver = family.make(plc, groupsOf(plc), fault === 'none' ? deadlines : { connect: 1_000, request: 300 })
      t.equal(await faultOfCall(driver.open()), fault, host)
      await driver.close()
    }
    await server.kill()
  })

  await t.test('a host that swallows every packet is unreachable, within the deadline of the connection', async (t) => {
    const hole = await startBlackHole()
    const plc = plcOf({ transport, port: hole.port })
    const driver = family.make(plc, groupsOf(plc), { connect: 300, request: 300 })
    t.equal(await faultOfCall(driver.open()), 'PLC_UNREACHABLE')
    await driver.close()
    hole.end()
  })

  await t.test('what is written is what is held, and nothing else changes', async (t) => {
    const bytes = Buffer.alloc(80, 0x55)
    bytes.set([20, 0], 40)
    const server = await startS7Plc([{ area: 'DB', db: 1, bytes }, { area: 'M', db: 0, bytes: Buffer.alloc(4) }])
    const values: readonly [address: string, value: number | boolean | string | bigint, reads: readonly number[] | string][] = [
      ['DB1,INT0', -32_768, [-32_768]], ['DB1,UINT2', 65_535, [65_535]], ['DB1,DINT4', -1, [-1]], ['DB1,LWORD8', 2n ** 64n - 2n, [0xffff_fffe, 0xffff_ffff]], ['DB1,REAL16', 1.5, [1.5]], ['DB1,LREAL20', -2.25, [-2.25]],
      ['DB1,X28.1', true, [1]], ['DB1,X28.0', false, [0]], ['DB1,WORD30.9', true, [1]], ['DB1,STRING40.20', 'Grün 7', 'Grün 7'], ['DB1,CHAR62[4]', 'AB', 'AB'], ['DB1,TIME66', -5, [-5]], ['DB1,BYTE70', 255, [255]], ['M2.7', true, [1]],
    ]
    const plc = plcOf({ transport, port: server.port, pdu: 240, tags: Object.fromEntries(values.map(([address], i) => [`t${i}`, { address, writable: true }])) })
    const [group] = groupsOf(plc)
    const driver = family.make(plc, groupsOf(plc), deadlines)
    await driver.open()
    for (const [i, [address, value, expected]] of values.entries()) {
      await driver.write!(group!, i, value, () => undefined)
      t.strictSame((await readGroup(driver, group!)).values.get(`t${i}`), expected, address)
    }
    const whole = plcOf({ transport, port: server.port, tags: { bits: 'DB1,BYTE28', word: 'DB1,WORD30', head: 'DB1,BYTE40', after: 'DB1,BYTE71[9]', first: 'DB1,INT0' } })
    const reader = family.make(whole, groupsOf(whole), deadlines)
    await reader.open()
    t.same([...(await readGroup(reader, groupsOf(whole)[0]!)).values.values()], [[0x56], [0x5755], [20], Array.from({ length: 9 }, () => 0x55), [-32_768]], 'neighbours, and the greatest length of a STRING')
    const at = (address: string) => values.findIndex(([other]) => other === address)
    for (const [address, value] of [['DB1,INT0', 32_768], ['DB1,INT0', 1.5], ['DB1,INT0', true], ['DB1,UINT2', -1], ['DB1,REAL16', 1e39], ['DB1,X28.1', 1], ['DB1,STRING40.20', 'x'.repeat(21)], ['DB1,STRING40.20', '€']] as const) {
      t.equal(await faultOfCall(driver.write!(group!, at(address), value, () => undefined)), 'TAG_TYPE_MISFIT', `${address} = ${value}`)
    }
    t.equal(await faultOfCall(driver.write!(group!, at('DB1,INT0'), 5, () => { throw new Fault('STANDBY_FENCED') })), 'STANDBY_FENCED')
    t.strictSame((await readGroup(driver, group!)).values.get(`t${at('DB1,INT0')}`), [-32_768], 'what is too late is not written')
    if (transport === 'snap7') {
      // The library takes a while to hand a request on, and whoever was stopped meanwhile comes too late.
      let looks = 0
      t.equal(await faultOfCall(driver.write!(group!, at('DB1,INT0'), 5, () => { if (++looks === 2) throw new Fault('STANDBY_FENCED') })), 'STANDBY_FENCED')
      t.strictSame((await readGroup(reader, groupsOf(whole)[0]!)).values.get('first'), [-32_768], 'nor what became so on its way')
    }
    await reader.close()
    await driver.close()
    const missing = plcOf({ transport, port: server.port, tags: { none: 'DB9,INT0', beyond: 'DB1,INT200' } })
    const other = family.make(missing, groupsOf(missing), deadlines)
    await other.open()
    t.match(await faultOfCall(other.write!(groupsOf(missing)[0]!, 0, 1, () => undefined)), /^TAG_/)
    t.match(await faultOfCall(other.write!(groupsOf(missing)[0]!, 1, 1, () => undefined)), /^TAG_/)
    await other.close()
    await server.kill()
  })

  await t.test('a locked block is a timeout, and well again when it is unlocked', async (t) => {
    const server = await startS7Plc(blocks)
    const plc = plcOf({ transport, port: server.port, tags: { a: 'DB2,INT0' } })
    const [group] = groupsOf(plc)
    const { driver } = await readingHastily((deadlineMs) => ({ driver: family.make(plc, groupsOf(plc), deadlineMs), group: group! }))
    await server.lock('DB', 2)
    t.equal(await faultOfCall(readGroup(driver, group!)), 'PLC_TIMEOUT')
    await server.unlock('DB', 2)
    await driver.close()
    const next = family.make(plc, groupsOf(plc), deadlines)
    await next.open()
    t.strictSame((await readGroup(next, group!)).values.get('a'), [0x0202])
    await next.close()
    await server.kill()
  })
})

/* ── what is node-snap7's own ────────────────────────────────────────────────────────────────── */

t.test('a client that nobody remembers survives the garbage collector while its call is out', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const server = await startS7Plc(blocks)
  await server.freeze()
  const opens = Array.from({ length: 4 }, () => {
    const plc = plcOf({ port: server.port })
    return faultOfCall(family.make(plc, groupsOf(plc), { connect: 300, request: 300 }).open())
  })
  for (let i = 0; i < 10; i++) { collect(); await new Promise((done) => setTimeout(done, 20)) }
  // On a busy machine the time can be over before we saw that TCP was connected.
  for (const fault of await Promise.all(opens)) t.match(fault, /^PLC_(TIMEOUT|UNREACHABLE)$/)
  server.thaw()
  await server.kill()
})
