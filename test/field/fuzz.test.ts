/** Replies broken in every way that chance finds: a driver answers with a fault or with what was sent, and never with anything else. */

import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { type Chance, seededChance } from '../../src/base/chance.js'
import { Fault } from '../../src/contract/faults.js'
import type { Plc } from '../../src/contract/plcs.js'
import { familyOf } from '../../src/field/drivers.js'
import { openLogixServer } from '../../src/plant/logix/server.js'
import { atomic } from '../../src/plant/logix/tags.js'
import { groupsOf, readGroup } from './conformance.js'
import { plcOf } from './support/scripted.js'
import { startS7Plc } from './support/s7-plc.js'

t.setTimeout(24 * 3_600_000)

/** FUZZ_CASES=1000000 takes an hour or two per protocol, most of it in waiting for replies that were lost. */
const CASES = Number(process.env['FUZZ_CASES'] ?? 600)
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)
const TAGS = 20
/** Long enough for a reply on this machine, short enough for those that never come. */
const DEADLINES = { connect: 100, request: 25 }

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

/** The length in front of a frame, made right again, so that the damage gets further. */
const lengths = {
  s7: (reply: Buffer): Buffer => { if (reply.length >= 4) reply.writeUInt16BE(reply.length & 0xffff, 2); return reply },
  eip: (reply: Buffer): Buffer => { if (reply.length >= 24) reply.writeUInt16LE((reply.length - 24) & 0xffff, 2); return reply },
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

async function fuzz(t: Test, driver: 's7' | 'eip', to: number, tags: Readonly<Record<string, string>>, encoded: (value: number) => Buffer): Promise<void> {
  const chance = seededChance(SEED).fork(driver)
  const breaker = await startBreaker(to)
  const plc: Plc = plcOf({ driver, port: breaker.port, tags })
  const [group] = groupsOf(plc)
  const family = familyOf(plc)
  if (typeof family === 'string') throw new Error(family)
  const seen = new Map<string, number>()
  const note = (what: string): void => { seen.set(what, (seen.get(what) ?? 0) + 1) }
  let invented = 0
  for (let done = 0; done < CASES;) {
    const one = family.make(plc, groupsOf(plc), DEADLINES)
    breaker.breakage = null
    try {
      const broken = (reply: Buffer): Buffer => {
        done++
        const damaged = chance.pick(breakages)(reply, chance)
        return chance.happens(0.5) ? lengths[driver](Buffer.from(damaged)) : damaged
      }
      // Now and then the handshake is damaged already.
      if (chance.happens(0.1)) breaker.breakage = broken
      await one.open()
      breaker.breakage = broken
      for (let reading = 0; reading < 4; reading++) {
        breaker.sent = Buffer.alloc(0)
        const { values, qualities } = await readGroup(one, group!)
        for (const [i, [name, quality]] of [...qualities].entries()) {
          note(quality)
          const value = (values.get(name) as readonly number[])[0]!
          if (quality === 'good' && value !== truth[i] && !breaker.sent.includes(encoded(value))) invented++
        }
      }
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      note(thrown.code)
    } finally {
      await one.close()
    }
  }
  t.equal(invented, 0, 'every good value was sent')
  for (const expected of ['good', 'PLC_PROTOCOL', 'PLC_STALE_REPLY', 'PLC_SHORT_REPLY', 'PLC_TIMEOUT']) t.ok((seen.get(expected) ?? 0) > 0, `${expected}: ${seen.get(expected)}`)
  breaker.breakage = null
  const well = family.make(plc, groupsOf(plc), { connect: 5_000, request: 5_000 })
  await well.open()
  t.strictSame([...(await readGroup(well, group!)).values.values()].flat(), truth, 'and whole replies are read as ever')
  await well.close()
  breaker.end()
}

t.test('EtherNet/IP', async (t) => {
  const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags: truth.map((value, i) => atomic(`T${i}`, 'DINT', value)) })
  await fuzz(t, 'eip', logix.port, Object.fromEntries(truth.map((_, i) => [`t${i}`, `T${i}`])), (value) => { const bytes = Buffer.alloc(4); bytes.writeInt32LE(value); return bytes })
  await logix.close()
})

t.test('S7', async (t) => {
  const bytes = Buffer.alloc(4 * TAGS)
  for (const [i, value] of truth.entries()) bytes.writeInt32BE(value, 4 * i)
  const server = await startS7Plc([{ area: 'DB', db: 1, bytes }])
  await fuzz(t, 's7', server.port, Object.fromEntries(truth.map((_, i) => [`t${i}`, `DB1,DINT${4 * i}`])), (value) => { const bytes = Buffer.alloc(4); bytes.writeInt32BE(value); return bytes })
  await server.kill()
})
