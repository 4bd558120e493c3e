import { X509Certificate, createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { systemChance } from '../../../src/base/chance.js'
import { systemClock } from '../../../src/base/clock.js'
import { silentLog } from '../../../src/base/log.js'
import type { Driver, DriverFamily } from '../../../src/contract/driver.js'
import { Fault } from '../../../src/contract/faults.js'
import { type Scan, type ScanGroup, qualities } from '../../../src/contract/scan.js'
import { type PlcOf, plc } from '../../../src/contract/plcs.js'
import { startField } from '../../../src/field/host.js'
import { opcuaFamily } from '../../../src/field/opcua/driver.js'
import { plcBrowse, plcRead, plcTest } from '../../../src/verbs/plc.js'
import { type Peer, type Reading, conforms, deadlines as patient, faultOfCall, groupsOf, readGroup, readingHastily, suiteMs } from '../conformance.js'
import { childrenOf, until } from '../../support/child.js'
import { folderOf } from '../../support/folder.js'
import { layWire } from '../support/wire.js'
import { held, nodes } from './nodes.js'
import { type Lodger, NAMESPACE, type Node, type Server, type ServerOptions, startServer } from './server.js'

t.setTimeout(2 * suiteMs)
const family: DriverFamily = opcuaFamily
const directory = folderOf(t)

type More = Readonly<Record<string, unknown>>
const plcAt = (endpoint: string, tags: Readonly<Record<string, string>>, more: More = {}): PlcOf<'opcua'> =>
  plc.parse({ id: 'robot', driver: 'opcua', endpoint, security: 'none', cycle: '50ms', certificates: `${directory}/opcua`, tags, ...more }) as PlcOf<'opcua'>

interface Opened { readonly driver: Driver; readonly group: ScanGroup; readonly read: (leftOut?: ReadonlySet<number>) => Promise<Reading> }

async function opened(t: Test, endpoint: string, tags: Readonly<Record<string, string>>, more: More = {}, deadlines = patient): Promise<Opened> {
  const config = plcAt(endpoint, tags, more)
  const groups = groupsOf(config)
  const driver = family.make(config, groups, deadlines)
  t.teardown(() => driver.close())
  await driver.open()
  return { driver, group: groups[0]!, read: (leftOut) => readGroup(driver, groups[0]!, leftOut) }
}

let running: Promise<Server> | null = null
const begin = (port?: number): Promise<Server> => startServer({ nodes: [...nodes, int('A', 1), int('B', 2), { name: 'Closed', type: 'Int32', value: 1, access: 'none' }], directory, ...(port === undefined ? {} : { port }) })
/** The one server of all tests that leave it as they found it; starting one takes longer than most of them. */
const theServer = (): Promise<Server> => running ??= begin()
/** A new life of it, where the old one ended. */
const revived = (port: number): Promise<Server> => running = begin(port)
t.teardown(async () => { await (await running)?.kill() })

/** A server with nodes and limits of its own. */
async function serverFor(t: Test, nodes: readonly Node[], more: Partial<ServerOptions> = {}): Promise<Lodger> {
  const server = await (await theServer()).beside({ nodes, directory, ...more })
  t.teardown(() => server.close())
  return server
}

/** Reads until it is so; only the test's own time limit ends it. */
async function readUntil({ read }: Opened, isSo: (reading: Reading) => boolean): Promise<Reading> {
  for (;;) {
    const reading = await read()
    if (isSo(reading)) return reading
    await new Promise((done) => setTimeout(done, 20))
  }
}

const int = (name: string, value: number): Node => ({ name, type: 'Int32', value })
const address = (name: string): string => `ns=2;s=Line.${name}:Int32`
const valueOf = ({ values }: Reading, tag: string): unknown => values.get(tag)?.[0]

for (const reading of ['subscribe', 'poll']) {
  t.test(`OPC UA conforms (${reading})`, (t) => conforms(t, family, async (): Promise<Peer> => {
    let server = await theServer()
    return {
      held, missing: 'ns=2;s=Line.Nowhere:Int32', beyond: held.find(({ address }) => address.includes('Int16[0..3]'))!.address.replace('[0..3]', '[4..5]'),
      port: server.port,
      plc: (tags, { port = server.port, ...more } = {}) => plcAt(server.endpoint.replace(`:${server.port}`, `:${String(port)}`), tags, { reading, ...more }),
      freeze: () => server.freeze(),
      thaw: () => { server.thaw() },
      kill: () => server.kill(),
      async revive() { server = await revived(server.port) },
      // The next test goes on with it.
      end: () => Promise.resolve(),
    }
  }))
}

t.test('a thousand nodes that are watched take one small request a reading, and changes come by themselves', async (t) => {
  const names = Array.from({ length: 1_000 }, (_, i) => `N${i}`)
  const server = await serverFor(t, names.map((name, i) => int(name, i)))
  const tags = Object.fromEntries(names.map((name) => [name, address(name)]))
  const watched = await opened(t, server.endpoint, tags)
  const { values, qualities, info } = await watched.read()
  t.same([...values.values()].flat(), names.map((_, i) => i))
  t.ok([...qualities.values()].every((quality) => quality === 'good'))
  t.equal(info.requestsCount, 1)
  t.ok((await readUntil(watched, ({ info }) => info.bytesCount < 500)).info.bytesCount > 0, 'the first values have arrived, and nothing more is said')
  await server.tell({ what: 'set', name: 'N7', value: -7 })
  t.equal(valueOf(await readUntil(watched, (reading) => valueOf(reading, 'N7') === -7), 'N8'), 8)

  const polled = await opened(t, server.endpoint, tags, { reading: 'poll' })
  const asked = await polled.read()
  t.same([...asked.values.values()].flat(), [...(await watched.read()).values.values()].flat())
  t.equal(asked.info.requestsCount, 1)
})

t.test('what the server allows at once is not exceeded, whether it says so or only refuses more', async (t) => {
  const names = Array.from({ length: 50 }, (_, i) => `N${i}`)
  const tags = { ...Object.fromEntries(names.map((name) => [name, address(name)])), path1: '/2:Line/2:N1:Int32', path2: '/2:Line/2:N2:Int32', path3: 'nsu=urn:lineside:test:line;/Line/N3:Int32' }
  const server = await serverFor(t, names.map((name, i) => int(name, i)), { limits: { read: 7, items: 6, paths: 2, browse: 3 } })
  for (const [reading, requests] of [['poll', Math.ceil(54 / 7)], ['subscribe', 1]] as const) {
    const { read } = await opened(t, server.endpoint, tags, { reading })
    const { values, info } = await read()
    t.same([...values.values()].flat(), [...names.keys(), 1, 2, 3], reading)
    t.equal(info.requestsCount, requests)
  }
  t.equal((await opcuaFamily.browse!(plcAt(server.endpoint, tags), patient)).length, 50, 'browsing keeps to it too')
})

t.test('a server that watches nothing is asked at every reading', async (t) => {
  const server = await serverFor(t, [int('A', 1)], { watches: { subscriptions: 0, items: 10 } })
  const one = await opened(t, server.endpoint, { a: address('A') })
  t.equal(valueOf(await one.read(), 'a'), 1)
  await server.tell({ what: 'set', name: 'A', value: 2 })
  t.equal(valueOf(await one.read(), 'a'), 2, 'at once')
})

t.test('nodes beyond what a server watches are asked for beside those that it does', async (t) => {
  const names = ['A', 'B', 'C', 'D', 'E']
  const server = await serverFor(t, names.map((name, i) => int(name, i)), { watches: { subscriptions: 1, items: 3 } })
  const one = await opened(t, server.endpoint, Object.fromEntries(names.map((name) => [name, address(name)])))
  for (const [i, name] of names.entries()) await server.tell({ what: 'set', name, value: 10 + i })
  t.equal(valueOf(await one.read(), 'E'), 14, 'at once')
  t.same([...(await readUntil(one, (reading) => valueOf(reading, 'A') === 10 && valueOf(reading, 'C') === 12)).values.values()].flat(), [10, 11, 12, 13, 14])
  t.equal((await one.read()).info.requestsCount, 1)
})

t.test('a subscription that the server forgot shows no old value as new', async (t) => {
  const server = await theServer()
  const one = await opened(t, server.endpoint, { a: address('A') }, {}, { connect: 20_000, request: 5_000 })
  await server.tell({ what: 'forget' })
  await server.tell({ what: 'set', name: 'A', value: 2 })
  t.equal(valueOf(await readUntil(one, (reading) => valueOf(reading, 'a') === 2), 'a'), 2)
  await server.tell({ what: 'set', name: 'A', value: 1 })
})

t.test('nodes that are removed, made anew with another type, and brought back', async (t) => {
  const server = await theServer()
  const one = await opened(t, server.endpoint, { a: address('A'), b: address('B') })
  await one.read()
  await server.tell({ what: 'remove', name: 'A' })
  const gone = await readUntil(one, ({ qualities }) => qualities.get('a') !== 'good')
  t.match(gone.info.badTags, [{ tag: 0, fault: 'TAG_NOT_FOUND', detail: /BadNodeId/ }])
  t.equal(gone.qualities.get('b'), 'good', 'its neighbour is read')
  await server.tell({ what: 'put', node: { name: 'A', type: 'Float', value: 1.5 } })
  const retyped = await readUntil(one, ({ qualities }) => qualities.get('a') === 'type_misfit')
  t.match(retyped.info.badTags, [{ tag: 0, fault: 'TAG_TYPE_MISFIT', detail: /configured as Int32, the PLC holds a Float/ }])
  t.equal((await one.read(new Set([0]))).qualities.get('a'), 'quarantined')
  await server.tell({ what: 'remove', name: 'A' })
  await server.tell({ what: 'put', node: int('A', 5) })
  t.equal(valueOf(await readUntil(one, ({ qualities }) => qualities.get('a') === 'good'), 'a'), 5)
  await server.tell({ what: 'set', name: 'A', value: 6 })
  t.equal(valueOf(await readUntil(one, (reading) => valueOf(reading, 'a') === 6), 'a'), 6, 'and is watched again')
  await server.tell({ what: 'set', name: 'A', value: 1 })
})

t.test('what the server says of a value is kept: doubts pass, and quarantine nobody', async (t) => {
  const server = await theServer()
  const one = await opened(t, server.endpoint, { a: address('A'), closed: address('Closed') })
  t.match((await one.read()).info.badTags, [{ tag: 1, fault: 'TAG_PROTECTED' }])
  for (const [status, quality] of [['BadNoCommunication', 'link_down'], ['UncertainLastUsableValue', 'stale'], ['BadWaitingForInitialData', 'not_read'], ['BadOutOfService', 'not_read']] as const) {
    await server.tell({ what: 'status', name: 'A', status })
    const { info } = await readUntil(one, ({ qualities, info }) => qualities.get('a') === quality && info.badTags[0]?.detail.includes(status) === true)
    t.match(info.badTags[0], { fault: 'TAG_DOUBTFUL', passes: true }, status)
  }
  await server.tell({ what: 'set', name: 'A', value: 3 })
  t.equal(valueOf(await readUntil(one, ({ qualities }) => qualities.get('a') === 'good'), 'a'), 3)
  await server.tell({ what: 'state', state: 3 })
  t.match((await readUntil(one, ({ qualities }) => qualities.get('a') === 'stale')).info.badTags[0], { fault: 'TAG_DOUBTFUL', detail: /suspended/ })
  await server.tell({ what: 'state', state: 0 })
  await readUntil(one, ({ qualities }) => qualities.get('a') === 'good')
  await server.tell({ what: 'set', name: 'A', value: 1 })
})

t.test('a namespace that got another number is found by its URI', async (t) => {
  const server = await serverFor(t, [int('A', 1)], { namespaceBefore: 'urn:other' })
  const { read } = await opened(t, server.endpoint, { uri: `nsu=${NAMESPACE};s=Line.A:Int32`, number: address('A'), nowhere: 'nsu=urn:nobody;s=Line.A:Int32' })
  const { values, info } = await read()
  t.same(values.get('uri'), [1])
  t.match(info.badTags, [{ tag: 1, fault: 'TAG_NOT_FOUND' }, { tag: 2, fault: 'TAG_NOT_FOUND', detail: /no namespace urn:nobody; it has .*urn:lineside:test:line/ }])
})

t.test('values are written as the server holds them, and only where they fit', async (t) => {
  const server = await theServer()
  const named = (type: string, more = ''): string => `ns=2;s=Line.${nodes.find((node) => node.type === type && (node.isArray === true) === (more !== ''))!.name}:${type}${more}`
  const tags = { flag: named('Boolean'), small: named('SByte'), wide: named('Int64'), huge: named('UInt64'), real: named('Float'), text: named('String'), at: named('DateTime'), element: named('Int16', '[2]'), bit: 'ns=2;s=Line.UInt3213:UInt32.3', any: `ns=2;s=Line.${nodes.find(({ type }) => type === 'UInt32')!.name}` }
  const one = await opened(t, server.endpoint, tags)
  const at = (name: string): number => Object.keys(tags).indexOf(name)
  const write = (name: string, value: number | boolean | string | bigint, leaves = (): void => undefined) => one.driver.write!(one.group, at(name), value, leaves)
  for (const [name, value, as] of [['flag', false, [0]], ['small', -128, [-128]], ['wide', -(2n ** 63n), [0, -2_147_483_648]], ['huge', 2n ** 64n - 1n, [4_294_967_295, 4_294_967_295]], ['real', 2.5, [2.5]], ['text', 'Beutel', 'Beutel'], ['at', 1_000, [1_000]], ['element', -5, [-5]], ['any', 12, [12]]] as const) {
    await write(name, value)
    t.strictSame((await readUntil(one, ({ values }) => JSON.stringify(values.get(name)) === JSON.stringify(as))).values.get(name), as, name)
  }
  for (const [name, value] of [['flag', 1], ['small', 128], ['wide', 2n ** 63n], ['real', 1e39], ['real', 'x'], ['text', 5], ['any', 1.5], ['bit', true]] as const) t.equal(await faultOfCall(write(name, value)), 'TAG_TYPE_MISFIT', `${name} ${String(value)}`)
  const tooLate = (): void => { throw new Fault('STANDBY_FENCED') }
  t.equal(await faultOfCall(write('small', 5, tooLate)), 'STANDBY_FENCED')
  t.equal(await faultOfCall(write('small', 128, tooLate)), 'TAG_TYPE_MISFIT', 'it is asked last, behind everything that the server had to tell')
  t.strictSame((await readUntil(one, ({ values }) => values.has('small'))).values.get('small'), [-128], 'and what is too late is not written')
})

t.test('every security policy and mode, with a certificate that was listed by file or by thumbprint', async (t) => {
  const server = await theServer()
  const untrusted = await faultOf(opened(t, server.endpoint, { a: address('A') }, { security: 'sign' }))
  t.equal(untrusted.code, 'PLC_UNTRUSTED', 'nothing is trusted by itself')
  const file = `${directory}/opcua/untrusted-robot.der`
  const sha1 = createHash('sha1').update(readFileSync(file)).digest('hex')
  t.match(untrusted.fields['detail'], sha1, 'the thumbprint to compare is told')
  t.equal(await faultOfCall(opened(t, server.endpoint, { a: address('A') }, { security: 'sign', trust: [`${directory}/opcua/own.der`, 'ff'.repeat(20)] })), 'PLC_UNTRUSTED', 'another certificate vouches for nobody')
  const pem = `${directory}/server.pem`
  writeFileSync(pem, new X509Certificate(readFileSync(file)).toString())
  const trusts = [[file], [sha1], [pem], [createHash('sha256').update(readFileSync(file)).digest('hex').toUpperCase().replace(/..(?=.)/g, '$&:')]]
  for (const security of ['sign', 'sign_and_encrypt']) {
    for (const policy of ['basic256sha256', 'aes128_sha256_rsaoaep', 'aes256_sha256_rsapss']) {
      const { read, driver } = await opened(t, server.endpoint, { a: address('A') }, { security, policy, trust: trusts[(trusts.push(trusts.shift()!), 0)] })
      t.equal(valueOf(await read(), 'a'), 1, `${security} ${policy}`)
      await driver.close()
    }
  }
  const own = `${directory}/opcua/own.pem`
  t.equal(statSync(own).mode & 0o777, 0o600, 'our key is ours alone')
  t.match(new X509Certificate(readFileSync(`${directory}/opcua/own.der`)).subjectAltName, /URI:urn:.*:lineside/)
  t.notOk(readdirSync(`${directory}/opcua`).some((name) => name.endsWith('.draft')))
})

t.test('a server that does not trust us says so, and users are let in by their password', async (t) => {
  const strict = await serverFor(t, [int('A', 1)], { isStrict: true, directory: `${directory}/strict` })
  await faultOfCall(opened(t, strict.endpoint, { a: address('A') }, { security: 'sign_and_encrypt' }))
  const trust = [`${directory}/opcua/untrusted-robot.der`]
  t.equal(await faultOfCall(opened(t, strict.endpoint, { a: address('A') }, { security: 'sign_and_encrypt', trust })), 'PLC_DISTRUSTS')
  await strict.close()

  const closed = await serverFor(t, [int('A', 1)], { users: { line: 'geheim' } })
  await faultOfCall(opened(t, closed.endpoint, { a: address('A') }, { security: 'sign_and_encrypt' }))
  writeFileSync(`${directory}/password`, 'geheim\n')
  writeFileSync(`${directory}/wrong`, 'falsch')
  const login = (password_file: string, security = 'sign_and_encrypt') => opened(t, closed.endpoint, { a: address('A') }, { security, trust, user: 'line', password_file })
  t.equal(valueOf(await (await login(`${directory}/password`)).read(), 'a'), 1)
  t.equal(valueOf(await (await login(`${directory}/password`, 'sign')).read(), 'a'), 1, 'encrypted by itself where the channel is only signed')
  t.equal(await faultOfCall(login(`${directory}/wrong`)), 'PLC_LOGIN')
  t.equal(await faultOfCall(login(`${directory}/nowhere`)), 'PLC_LOGIN')
  t.equal(await faultOfCall(opened(t, closed.endpoint, { a: address('A') }, { security: 'sign_and_encrypt', trust })), 'PLC_LOGIN', 'nobody without a name')
})

/* ── the way to the server ───────────────────────────────────────────────────────────────────── */

interface Way { readonly endpoint: string; mode: 'open' | 'cut' | 'garbage'; delayMs: number; readonly count: () => number; drop(): void }

/** A wire between us and the server that can be cut without anybody being told, delayed, or spoiled. */
async function wayTo(t: Test, port: number): Promise<Way> {
  const sockets = new Set<Socket>()
  let count = 0
  const server = createServer((client) => {
    count++
    const peer = connect({ port, host: '127.0.0.1', noDelay: true })
    for (const socket of [client, peer]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => { sockets.delete(socket); client.destroy(); peer.destroy() })
    }
    client.on('data', (bytes) => { if (way.mode !== 'cut') peer.write(bytes) })
    peer.on('data', (bytes: Buffer) => {
      if (way.mode === 'cut') return
      const sent = way.mode === 'garbage' ? Buffer.from(bytes.map((byte, i) => i > 8 ? byte ^ 0x5a : byte)) : bytes
      if (way.delayMs === 0) client.write(sent)
      else setTimeout(() => { client.write(sent) }, way.delayMs)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const way: Way = { endpoint: `opc.tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, mode: 'open', delayMs: 0, count: () => count, drop() { for (const socket of sockets) socket.destroy() } }
  t.teardown(() => { server.close(); way.drop() })
  return way
}

t.test('cables pulled, answers late or spoiled: a fault, never another value', async (t) => {
  const server = await theServer()
  const way = await wayTo(t, server.port)
  const tags = { a: address('A'), b: address('B') }
  for (const [what, act, faults] of [
    ['half open', () => { way.mode = 'cut' }, /PLC_TIMEOUT/],
    ['pulled', () => { way.drop() }, /PLC_LINK_LOST/],
    ['late', (hurryMs: number) => { way.delayMs = 3 * hurryMs }, /PLC_TIMEOUT/],
    ['garbage', () => { way.mode = 'garbage' }, /PLC_/],
  ] as const) {
    const config = plcAt(way.endpoint, tags, { reading: 'poll' })
    const [group] = groupsOf(config)
    const { driver, first, hurryMs } = await readingHastily((deadlineMs) => ({ driver: family.make(config, groupsOf(config), deadlineMs), group: group! }))
    const read = () => readGroup(driver, group!)
    t.same([...first.values.values()], [[1], [2]])
    act(hurryMs)
    t.match(await faultOfCall(read()), faults, what)
    t.match(await faultOfCall(read()), faults, `${what}: nothing more over that connection`)
    await driver.close()
    way.mode = 'open'
    way.delayMs = 0
    way.drop()
  }
  t.same([...(await (await opened(t, way.endpoint, tags)).read()).values.values()], [[1], [2]], 'and all is well again')
})

/** The acknowledgement (OPC 10000-6, 7.1.2.4) with one of its numbers another: version, what it receives, what it sends, bytes of a message, frames of a message. */
const acknowledging = (field: number, value: number) => (reply: Buffer): Buffer => {
  if (reply.toString('latin1', 0, 4) === 'ACKF') reply.writeUInt32LE(value, 8 + 4 * field)
  return reply
}
const errorFrame = (...words: readonly number[]): Buffer => {
  const frame = Buffer.alloc(8 + 4 * words.length)
  frame.write('ERRF', 'latin1')
  for (const [i, word] of [frame.length, ...words].entries()) frame.writeUInt32LE(word, 4 + 4 * i)
  return frame
}

t.test('a server that takes or sends next to nothing at once is refused; what it promises too much is not used', async (t) => {
  const server = await theServer()
  const wire = await layWire(server.port)
  t.teardown(() => { wire.end() })
  const endpoint = `opc.tcp://127.0.0.1:${wire.port}`
  for (const field of [1, 2, 3]) {
    for (const bytes of [1, 7, 8, 8_191]) {
      wire.tamper = acknowledging(field, bytes)
      t.match(await faultOf(opened(t, endpoint, { a: address('A') })), { code: 'PLC_PROTOCOL', fields: { detail: /8192 are the least/ } }, `${field}: ${bytes}`)
    }
    wire.tamper = acknowledging(field, 0xffff_ffff)
    t.equal(valueOf(await (await opened(t, endpoint, { a: address('A') })).read(), 'a'), 1)
  }
  wire.tamper = (reply) => reply.toString('latin1', 0, 3) === 'ACK' ? errorFrame(0x807d_0000, 0xffff_ffff) : reply
  t.match(await faultOf(opened(t, endpoint, { a: address('A') })), { code: 'PLC_REFUSED', fields: { detail: /BadTcpServerTooBusy/ } })
})

t.test('requests are cut to what the server takes', async (t) => {
  const server = await theServer()
  const wire = await layWire(server.port)
  t.teardown(() => { wire.end() })
  wire.tamper = acknowledging(3, 20_000)
  const tags = Object.fromEntries(Array.from({ length: 1_500 }, (_, i) => [`t${i}`, address(i % 2 === 0 ? 'A' : 'B')]))
  const { read } = await opened(t, `opc.tcp://127.0.0.1:${wire.port}`, tags, { reading: 'poll' })
  const { values, info } = await read()
  t.same([...values.values()].flat(), Object.keys(tags).map((_, i) => 1 + i % 2))
  t.ok(info.requestsCount > 1)
})

t.test('frames on which the library throws where nobody would catch it end this connection and nothing else', async (t) => {
  const server = await theServer()
  const wire = await layWire(server.port)
  t.teardown(() => { wire.end() })
  const well = await opened(t, server.endpoint, { a: address('A') })
  const chunk = (kind: string, bytes: number): Buffer => { const frame = Buffer.alloc(Math.max(8, bytes)); frame.write(kind, 'latin1'); frame.writeUInt32LE(bytes, 4); return frame }
  for (const [what, frame] of Object.entries({ 'an error without its number': errorFrame(), 'an error that ends in its text': errorFrame(0x8000_0000, 1_000), 'no length': chunk('MSGF', 0), 'more than was agreed': chunk('MSGF', 0x7fff_ffff) })) {
    wire.tamper = (reply) => reply
    const { read } = await opened(t, `opc.tcp://127.0.0.1:${wire.port}`, { a: address('A') }, { reading: 'poll' })
    wire.tamper = () => frame
    t.match(await faultOfCall(read()), /^PLC_(PROTOCOL|LINK_LOST)$/, what)
    t.equal(valueOf(await well.read(), 'a'), 1, 'its neighbour in the same process is read')
  }
})

t.test('a server that refuses a service is a fault, never the end of the process', async (t) => {
  const server = await theServer()
  const wire = await layWire(server.port)
  t.teardown(() => { wire.end() })
  const endpoint = `opc.tcp://127.0.0.1:${wire.port}`
  // News would come in the same breath as answers.
  const asked = { reading: 'poll' }
  let refused = 0
  /** The result of each service of a kind, which stands in the head of its answer (OPC 10000-4, 7.33), becomes BadServiceUnsupported. */
  const refusing = (kind: number, from: number) => (reply: Buffer): Buffer => {
    if (reply.toString('latin1', 0, 4) === 'MSGF' && reply.readUInt16LE(26) === kind && ++refused > from) reply.writeUInt32LE(0x800b_0000, 40)
    return reply
  }
  const LIMITS = 4
  wire.tamper = refusing(READ, LIMITS)
  t.match(await faultOf(opened(t, endpoint, { a: address('A') }, asked)), { code: 'PLC_PROTOCOL', fields: { detail: /BadServiceUnsupported/ } }, 'reading')
  refused = 0
  wire.tamper = (reply) => refused < LIMITS ? refusing(READ, 0)(reply) : reply
  const { read, driver, group } = await opened(t, endpoint, { a: address('A') }, asked)
  t.equal(valueOf(await read(), 'a'), 1, 'a server that does not tell its limits')
  wire.tamper = refusing(WRITE, 0)
  t.equal(await faultOfCall(driver.write!(group, 0, 1, () => undefined)), 'TAG_PROTECTED', 'writing')
  wire.tamper = (reply) => reply
  t.equal(valueOf(await read(), 'a'), 1, 'which ends nothing else')
  refused = 0
  wire.tamper = refusing(BROWSE, 0)
  t.match(await faultOf(opcuaFamily.browse!(plcAt(endpoint, {}), patient)), { code: 'PLC_PROTOCOL', fields: { detail: /BadServiceUnsupported/ } }, 'browsing')
})
/** Types of answers, by the number of their encoding (OPC 10000-6, A.3). */
const READ = 634
const WRITE = 676
const BROWSE = 530

t.test('every session is closed at the server too', async (t) => {
  const server = await theServer()
  const before = await server.tell({ what: 'sessions' })
  for (let i = 0; i < 10; i++) {
    const { driver, read } = await opened(t, server.endpoint, { a: address('A') })
    await read()
    await driver.close()
  }
  t.ok(await server.tell({ what: 'sessions' }) <= before, 'none is left but those whose cable was cut before')
})

t.test('the driver process crashes, the server restarts: bad at once, and good again by itself', async (t) => {
  const server = await theServer()
  const scans: Scan[] = []
  const links: string[] = []
  const field = startField([plcAt(server.endpoint, { a: address('A'), gone: address('Gone') }, { timeout: '20s' })], {
    clock: systemClock, chance: systemChance, log: silentLog, onScan: (scan) => { scans.push(scan) }, onLink: ({ up, fault }) => { links.push(up ? 'up' : fault!) },
  })
  t.teardown(() => field.stop())
  const goodAgain = async (): Promise<void> => { const from = scans.length; await until('it is read again', () => scans.slice(from).some((scan) => scan.qualities[0] === qualities.good), 120_000) }
  await goodAgain()
  await until('the one bad node is quarantined', () => scans.at(-1)!.qualities[1] === qualities.quarantined)
  await until('it is named', () => field.health()[0]!.badTags.length > 0)
  t.match(field.health()[0]!.badTags, [{ tag: 'gone', fault: 'TAG_NOT_FOUND' }])
  process.kill(driverPid(), 'SIGKILL')
  await until('the crash is told', () => links.includes('DRIVER_CRASHED'))
  t.ok(scans.some((scan) => scan.qualities[0] === qualities.link_down), 'its values are bad at once')
  await goodAgain()
  await server.kill()
  await until('the server is missed', () => links.at(-1) === 'PLC_LINK_LOST')
  const next = await revived(server.port)
  await next.tell({ what: 'set', name: 'A', value: 2 })
  await until('its value is the new one', () => scans.at(-1)!.qualities[0] === qualities.good && scans.at(-1)!.values[0] === 2, 120_000)
  await next.tell({ what: 'set', name: 'A', value: 1 })
  t.same(links, ['up', 'DRIVER_CRASHED', 'up', 'PLC_LINK_LOST', 'up'])
})

/** The driver process among our children. */
function driverPid(): number {
  return childrenOf('self').find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('crew-process'))!
}

t.test('the command line browses, tests and reads it; every address that browsing names reads', async (t) => {
  const server = await theServer()
  const plcs = [plcAt(server.endpoint, { flag: held[0]!.address }, { timeout: '10s' })]
  const json = ({ text }: { readonly text: string }) => JSON.parse(text) as Record<string, unknown>[]
  t.match(json(await plcTest({ plcs }, undefined, 'json')), [{ plc: 'robot', answer: 'ok', tags: 1, bad: 0 }])
  const found = json(await plcBrowse({ plcs }, 'robot', 'json'))
  t.equal(found.length, nodes.length + 2, 'those that may be read')
  t.match(found[0], { address: `nsu=${NAMESPACE};s=Line.${nodes[0]!.name}:Boolean`, type: 'Boolean' })
  const read = json(await plcRead({ plcs }, 'robot', found.map(({ address }) => String(address)), 'json'))
  t.same(read.filter(({ quality }) => quality !== 'good').map(({ quality }) => quality), ['not_a_number', 'not_a_number'], 'NaN and infinity are there, and are no numbers')
  t.ok(existsSync(`${directory}/opcua/own.pem`))
})

interface Told { readonly code: string; readonly fields: Readonly<Record<string, unknown>> }
async function faultOf(call: Promise<unknown>): Promise<Told> {
  try {
    await call
  } catch (thrown) {
    return thrown as Told
  }
  throw new Error('it went well')
}
