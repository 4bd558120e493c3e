/** Replies broken in every way that chance finds: a driver answers with a fault or with what was sent, and never with anything else. */

import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { type Chance, seededChance } from '../../src/base/chance.js'
import { Fault } from '../../src/contract/faults.js'
import { type Plc, plc as plcSchema } from '../../src/contract/plcs.js'
import { familyOf } from '../../src/field/drivers.js'
import { openLogixServer } from '../../src/plant/logix/server.js'
import { atomic } from '../../src/plant/logix/tags.js'
import { groupsOf, readGroup } from './conformance.js'
import { startDevice } from './modbus/device.js'
import { startS7Plc } from './support/s7-plc.js'

/**
 * Broken replies per protocol and transport; FUZZ_CASES=1000000 takes a quarter of an hour or two each, most of it in waiting for replies that were lost.
 * FUZZ_MINUTES ends it after so long, with whatever number was reached; TAP_GREP='/Modbus/' tries one alone.
 */
const CASES = Number(process.env['FUZZ_CASES'] ?? 500)
const MINUTES = Number(process.env['FUZZ_MINUTES'] ?? Infinity)
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)
t.setTimeout(Math.max(240_000, CASES * 100))
/** Drivers at work side by side, so that their waiting overlaps. */
const LANES = Math.min(Number(process.env['FUZZ_LANES'] ?? 12), Math.ceil(CASES / 100))
const TAGS = 20

const truth = Array.from({ length: TAGS }, (_, i) => Math.imul(i + 1, 0x01234567) | 0)

/** One thing that goes wrong with a reply. */
const breakages: readonly ((reply: Buffer, chance: Chance) => Buffer)[] = [
  (reply, chance) => { const at = chance.whole(0, reply.length - 1); reply[at] = reply[at]! ^ (1 << chance.whole(0, 7)); return reply },
  (reply, chance) => { reply[chance.whole(0, reply.length - 1)] = chance.pick([0, 1, 0x7f, 0x80, 0xff]); return reply },
  // Heads and lengths are where it hurts, and they are in front.
  (reply, chance) => { reply[chance.whole(0, Math.min(60, reply.length - 1))] = chance.whole(0, 255); return reply },
  (reply, chance) => { reply.writeUInt16LE(chance.whole(0, 0xffff), chance.whole(0, reply.length - 2)); return reply },
  (reply, chance) => reply.subarray(0, chance.whole(0, reply.length - 1)),
  (reply, chance) => { const at = chance.whole(0, reply.length); return Buffer.concat([reply.subarray(0, at), Buffer.alloc(chance.whole(1, 8), chance.whole(0, 255)), reply.subarray(at)]) },
  (reply, chance) => { const at = chance.whole(0, reply.length - 1); return Buffer.concat([reply.subarray(0, at), reply.subarray(Math.min(reply.length, at + chance.whole(1, 8)))]) },
  (reply) => Buffer.concat([reply, reply]),
  (_, chance) => Buffer.from(Array.from({ length: chance.whole(1, 200) }, () => chance.whole(0, 255))),
]

/** What must be known of a protocol to break it well, and to tell a value that was sent from one that was made up. */
interface Protocol {
  readonly driver: Plc['driver']
  readonly transport?: string
  /** Where the peer is, as its configuration names it. */
  readonly placeOf: (port: number) => object
  /** Long enough for a reply on this machine, short enough for those that never come. */
  readonly deadlines: { readonly connect: number; readonly request: number }
  readonly address: (tag: number) => string
  readonly lengthBytes: number
  /** Length of the frame that begins here. */
  frameBytes(at: Buffer): number
  /** Makes the length in front of a frame right again, so that the damage gets further. */
  mend(reply: Buffer): Buffer
  /** Where a tag can stand in a sound frame, as the frame itself tells. */
  placesOf(tag: number, frame: Buffer): readonly number[]
  valueAt(frame: Buffer, place: number): number
}

const tcp = { placeOf: (port: number) => ({ host: '127.0.0.1', port }), deadlines: { connect: 100, request: 25 } }
const s7: Omit<Protocol, 'transport'> = {
  ...tcp, driver: 's7', address: (tag) => `DB1,DINT${4 * tag}`, lengthBytes: 4, frameBytes: (at) => at.readUInt16BE(2),
  mend: (reply) => { if (reply.length >= 4) reply.writeUInt16BE(reply.length & 0xffff, 2); return reply },
  // One run of all, or each an item of its own.
  placesOf: (tag, frame) => [frame[20] === 1 ? 25 + 4 * tag : 25 + 8 * tag],
  valueAt: (frame, place) => frame.readInt32BE(place),
}
const eip: Omit<Protocol, 'transport'> = {
  ...tcp, driver: 'eip', address: (tag) => `T${tag}`, lengthBytes: 24, frameBytes: (at) => 24 + at.readUInt16LE(2),
  mend: (reply) => { if (reply.length >= 24) reply.writeUInt16LE((reply.length - 24) & 0xffff, 2); return reply },
  // Alone behind its type, or in a reply to several, each of four bytes, a type and a value.
  placesOf: (_, frame) => {
    if (frame[46] !== 0x8a || frame.length < 52) return [52]
    const count = frame.readUInt16LE(50)
    return Array.from({ length: Math.min(count, TAGS) }, (_, i) => 52 + 2 * count + 10 * i + 6)
  },
  valueAt: (frame, place) => frame.readInt32LE(place),
}
const modbus: Protocol = {
  ...tcp, driver: 'modbus', address: (tag) => `HR${2 * tag}:INT32`, lengthBytes: 6, frameBytes: (at) => 6 + at.readUInt16BE(4),
  mend: (reply) => { if (reply.length >= 6) reply.writeUInt16BE((reply.length - 6) & 0xffff, 4); return reply },
  placesOf: (tag, frame) => [frame[8] === 4 ? 9 : 9 + 4 * tag],
  valueAt: (frame, place) => frame.readInt32BE(place),
}

/** Whether this value of this tag stands in a frame of what was sent, where it belongs. */
function wasSent(protocol: Protocol, sent: Buffer, tag: number, value: number): boolean {
  for (let at = 0; at + protocol.lengthBytes <= sent.length;) {
    const bytes = protocol.frameBytes(sent.subarray(at))
    const frame = sent.subarray(at, at + bytes)
    if (bytes === 0 || frame.length < bytes) return false
    if (protocol.placesOf(tag, frame).some((place) => place + 4 <= frame.length && protocol.valueAt(frame, place) === value)) return true
    at += bytes
  }
  return false
}

interface Breaker { readonly port: number; breakage: ((reply: Buffer) => Buffer) | null; sent: Buffer; end(): void }

async function startBreaker(to: number): Promise<Breaker> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    const plc = connect({ port: to, host: '127.0.0.1', noDelay: true })
    for (const socket of [client, plc]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => { sockets.delete(socket); client.destroy(); plc.destroy() })
    }
    client.on('data', (bytes) => { plc.write(bytes) })
    plc.on('data', (bytes: Buffer) => {
      const reply = breaker.breakage === null ? bytes : breaker.breakage(Buffer.from(bytes))
      breaker.sent = Buffer.concat([breaker.sent, reply])
      client.write(reply)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const breaker: Breaker = {
    port: (server.address() as AddressInfo).port, breakage: null, sent: Buffer.alloc(0),
    end() { server.close(); for (const socket of sockets) socket.destroy() },
  }
  return breaker
}

async function fuzz(t: Test, protocol: Protocol, to: number, lanes = LANES): Promise<void> {
  const seen = new Map<string, number>()
  const note = (what: string): void => { seen.set(what, (seen.get(what) ?? 0) + 1) }
  const invented: string[] = []
  let done = 0
  const end = performance.now() + MINUTES * 60_000
  await Promise.all(Array.from({ length: lanes }, async (_, lane) => {
    const chance = seededChance(SEED).fork(`${protocol.driver} ${lane}`)
    const breaker = await startBreaker(to)
    const make = (deadlines = protocol.deadlines) => driverOf(protocol, breaker.port, deadlines)
    const broken = (reply: Buffer): Buffer => {
      done++
      const damaged = chance.pick(breakages)(reply, chance)
      return chance.happens(0.5) ? protocol.mend(Buffer.from(damaged)) : damaged
    }
    while (done < CASES && performance.now() < end) {
      const { driver, group } = make()
      // Now and then the handshake is damaged already.
      breaker.breakage = chance.happens(0.1) ? broken : null
      try {
        await driver.open()
        breaker.breakage = broken
        for (let reading = 0; reading < 4; reading++) {
          breaker.sent = Buffer.alloc(0)
          const { values, qualities } = await readGroup(driver, group)
          for (const [tag, [name, quality]] of [...qualities].entries()) {
            note(quality)
            const value = (values.get(name) as readonly number[])[0]!
            if (quality === 'good' && value !== truth[tag] && !wasSent(protocol, breaker.sent, tag, value)) invented.push(`${name} = ${value} in ${breaker.sent.toString('hex')}`)
          }
        }
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown
        note(thrown.code)
      } finally {
        await driver.close()
      }
    }
    breaker.breakage = null
    breaker.sent = Buffer.alloc(0)
    const { driver, group } = make({ connect: 20_000, request: 20_000 })
    await driver.open()
    breaker.sent = Buffer.alloc(0)
    t.strictSame([...(await readGroup(driver, group)).values.values()].flat(), truth, 'and whole replies are read as ever')
    t.ok(truth.every((value, tag) => wasSent(protocol, breaker.sent, tag, value)), 'the places of values are known')
    await driver.close()
    breaker.end()
  }))
  t.comment(`${done} broken replies: ${[...seen].map(([what, count]) => `${what} ${count}`).join(', ')}`)
  t.strictSame(invented, [], 'every good value was sent')
  for (const expected of ['good', 'PLC_PROTOCOL', 'PLC_TIMEOUT']) t.ok((seen.get(expected) ?? 0) > 0, `${expected}: ${seen.get(expected)}`)
}

function driverOf({ driver, transport, address, placeOf }: Protocol, port: number, deadlines: Protocol['deadlines']) {
  const tags = Object.fromEntries(truth.map((_, tag) => [`t${tag}`, address(tag)]))
  const plc: Plc = plcSchema.parse({ id: 'hostile', driver, ...placeOf(port), cycle: '100ms', tags, ...(transport === undefined ? {} : { transport }) })
  const family = familyOf(plc)
  if (typeof family === 'string') throw new Error(family)
  const groups = groupsOf(plc)
  return { driver: family.make(plc, groups, deadlines), group: groups[0]! }
}

for (const transport of ['direct', 'st-ethernet-ip']) t.test(`EtherNet/IP, ${transport}`, async (t) => {
  const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags: truth.map((value, i) => atomic(`T${i}`, 'DINT', value)) })
  await fuzz(t, { ...eip, transport }, logix.port)
  await logix.close()
})

// Every call of snap7 takes a thread of the pool, and one is left for everything else.
const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4)
for (const [transport, lanes] of [['pipelined', LANES], ['snap7', Math.min(threads - 1, LANES)]] as const) t.test(`S7, ${transport}`, async (t) => {
  const bytes = Buffer.alloc(4 * TAGS)
  for (const [i, value] of truth.entries()) bytes.writeInt32BE(value, 4 * i)
  const server = await startS7Plc([{ area: 'DB', db: 1, bytes }])
  await fuzz(t, { ...s7, transport }, server.port, lanes)
  await server.kill()
})

t.test('Modbus/TCP', async (t) => {
  const device = await startDevice({ registers: truth.flatMap((value) => [value >>> 16, value & 0xffff]), bits: [] })
  await fuzz(t, modbus, device.port)
  await device.kill()
})
