/** Replies broken in every way that chance finds: a driver answers with a fault or with what was sent, and never with anything else. */

import t, { type Test } from 'tap'
import { type Chance, seededChance } from '../../src/base/chance.js'
import { Fault } from '../../src/contract/faults.js'
import { type Plc, plc as plcSchema } from '../../src/contract/plcs.js'
import { familyOf } from '../../src/field/drivers.js'
import { openLogixServer } from '../../src/plant/logix/server.js'
import { atomic } from '../../src/plant/logix/tags.js'
import { until } from '../support/child.js'
import { folderOf } from '../support/folder.js'
import { groupsOf, readGroup } from './conformance.js'
import { startDevice } from './modbus/device.js'
import { PUBLISH, frames, parrot, repertoireOf } from './opcua/parrot.js'
import { startServer } from './opcua/server.js'
import { anything, noise, tidings } from './support/damage.js'
import { type Liar, type Patience, startLiar } from './support/liar.js'
import { overhear } from './support/overhear.js'
import { startS7Plc } from './support/s7-plc.js'
import { eip } from './support/speech-eip.js'
import { modbus } from './support/speech-modbus.js'
import { s7 } from './support/speech-s7.js'
import type { Speech } from './support/speech.js'

/**
 * Broken replies per protocol and transport that a driver was still there to judge. FUZZ_CASES=1000000 takes minutes for each, and longer for OPC UA.
 * FUZZ_MINUTES ends it after so long, with whatever number was reached; FUZZ_SEED makes others; TAP_GREP='/Modbus/' tries one alone.
 */
const CASES = Number(process.env['FUZZ_CASES'] ?? 600)
/** A connection of OPC UA costs ten of any other. */
const CASES_OPCUA = Number(process.env['FUZZ_CASES'] ?? 200)
const MINUTES = Number(process.env['FUZZ_MINUTES'] ?? Infinity)
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)
t.setTimeout(Math.max(240_000, CASES * 100))
/** Drivers at work side by side, so that their waiting overlaps. */
const LANES = Number(process.env['FUZZ_LANES'] ?? 24)
const CASES_PER_LANE_MIN = 100
/** Of one connection, if it lasts so long. */
const READINGS = 100
const TAGS = 30
/** Whoever waits for a long run hears of it this often. */
const TELL_MS = 15_000

const patient = { connect: 60_000, request: 60_000 }
/** Each so many-th connection is to a peer that says nothing more, and to a driver that waits only so long. */
const SILENT_EVERY = 20
const hasty = { connect: 500, request: 25 }
/** Most drivers are done with a reply before anybody else in this process has another turn; snap7 has threads of its own. */
const AT_ONCE: Patience = { turns: 6, ms: 0 }
const IN_A_MOMENT: Patience = { turns: 0, ms: 30 }

/** Other values in every reply, so that none of an older one passes for new. */
const valueOf = (serial: number) => (tag: number): number => {
  const mixed = Math.imul(serial ^ (serial >>> 15) ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(tag + 1, 0x01234567)
  return mixed ^ (mixed >>> 13)
}
const truth = Array.from({ length: TAGS }, (_, tag) => valueOf(0)(tag))

interface Attack {
  readonly speech: Speech
  /** What the configuration says beside place and tags. */
  readonly more?: Readonly<Record<string, unknown>>
  readonly cases?: number
  readonly lanes?: number
  readonly patience?: Patience
  /** A value may be shown again for as long as nothing newer was said of it. */
  readonly isRemembered?: boolean
}

async function fuzz(t: Test, { speech, more = {}, cases = CASES, lanes = LANES, patience = AT_ONCE, isRemembered = false }: Attack): Promise<void> {
  const seen = new Map<string, number>()
  const note = (what: string): void => { seen.set(what, (seen.get(what) ?? 0) + 1) }
  const invented: string[] = []
  const begun = performance.now()
  const end = begun + MINUTES * 60_000
  const liars = await Promise.all(Array.from({ length: Math.min(lanes, Math.ceil(cases / CASES_PER_LANE_MIN)) }, () => startLiar(speech, valueOf, patience)))
  const done = (): number => liars.reduce((sum, { judgedCount }) => sum + judgedCount, 0)
  const tell = progress(t, begun, cases, end)

  /** Reads once; every good value must have been said. */
  const read = async (liar: Liar, { driver, group }: ReturnType<typeof driverOf>): Promise<number> => {
    if (!isRemembered) liar.forget()
    let good = 0
    const { values, qualities } = await readGroup(driver, group)
    for (const [tag, [name, quality]] of [...qualities].entries()) {
      note(quality)
      if (quality !== 'good') continue
      good++
      const value = (values.get(name) as readonly number[])[0]!
      if (!liar.hasSaid(tag, value)) invented.push(`${name} = ${value}`)
    }
    return good
  }

  await Promise.all(liars.map(async (liar, lane) => {
    const chance = seededChance(SEED).fork(`${speech.driver} ${lane}`)
    for (let connections = 0; done() < cases && performance.now() < end; connections++) {
      tell(done())
      liar.isSilent = connections % SILENT_EVERY === 0
      const made = driverOf(speech, more, liar.port, liar.isSilent ? { ...hasty, ...(connections === 0 ? { connect: patient.connect } : {}) } : patient)
      // Now and then the handshake is damaged already. The first reply of all is never said, and the second is noise.
      const damage = lane === 0 && connections === 0 ? () => Buffer.alloc(0) : lane === 0 && connections === 1 ? () => noise(chance) : damaging(speech, chance)
      liar.damage = connections > 1 && chance.happens(0.1) ? damage : null
      liar.forget()
      try {
        await made.driver.open()
        liar.damage = damage
        for (let readings = 0; readings < READINGS && done() < cases; readings++) await read(liar, made)
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown
        note(thrown.code)
      } finally {
        await made.driver.close()
      }
    }
    liar.damage = null
    liar.forget()
    const made = driverOf(speech, more, liar.port, patient)
    await made.driver.open()
    for (const _ of [1, 2]) t.equal(await read(liar, made), TAGS, 'and whole replies are read as ever')
    await made.driver.close()
    liar.end()
  }))
  t.comment(`${done()} broken replies in ${Math.round((performance.now() - begun) / 1_000)} s, seed ${SEED}: ${[...seen].map(([what, count]) => `${what} ${count}`).join(', ')}; ${liars.reduce((sum, { lostCount }) => sum + lostCount, 0)} frames judged by their bytes alone`)
  t.strictSame(invented.slice(0, 10), [], 'every good value was sent')
  for (const expected of ['good', 'PLC_PROTOCOL', 'PLC_TIMEOUT']) t.ok((seen.get(expected) ?? 0) > 0, `${expected}: ${seen.get(expected)}`)
}

/** What happens to the replies of one connection: in most, what they tell; in others, anything at all. */
function damaging(speech: Speech, chance: Chance): (frame: Buffer) => Buffer {
  const damage = chance.happens(0.7) ? tidings : anything
  let earlier: Buffer | null = null
  return (frame) => {
    const sound = Buffer.from(frame)
    const damaged = damage({ speech, reply: frame, earlier, chance })
    earlier = sound
    return damaged
  }
}

/** Tells now and then how far a run has come, how fast, and how long the rest will take. */
function progress(t: Test, begun: number, cases: number, end: number): (done: number) => void {
  let told = begun
  let doneThen = 0
  return (done) => {
    const now = performance.now()
    if (now - told < TELL_MS) return
    const perSecond = (done - doneThen) / (now - told) * 1_000
    t.comment(`${done} of ${cases} broken replies, ${Math.round(perSecond)} a second, ${Math.min((cases - done) / perSecond / 60, (end - now) / 60_000).toFixed(1)} minutes left`)
    told = now
    doneThen = done
  }
}

function driverOf({ driver, address, placeOf }: Pick<Speech, 'driver' | 'address' | 'placeOf'>, more: Readonly<Record<string, unknown>>, port: number, deadlines: typeof patient) {
  const tags = Object.fromEntries(truth.map((_, tag) => [`t${tag}`, address(tag)]))
  const plc: Plc = plcSchema.parse({ id: 'hostile', driver, ...placeOf(port), cycle: '100ms', tags, ...more })
  const family = familyOf(plc)
  if (typeof family === 'string') throw new Error(family)
  const groups = groupsOf(plc)
  return { driver: family.make(plc, groups, deadlines), group: groups[0]! }
}

/** Before it lies, a peer of ours says what a real one says, byte by byte from `from` on, wherever values are told. */
async function saysTheSame(t: Test, speech: Speech, to: number, from = 0): Promise<void> {
  const { asked, said } = await overhear(to, speech, async (port) => {
    const { driver, group } = driverOf(speech, {}, port, patient)
    await driver.open()
    t.strictSame([...(await readGroup(driver, group)).values.values()].flat(), truth)
    await driver.close()
  })
  const conversation = speech.converse()
  let told = 0
  for (const request of asked) {
    for (const ours of conversation.answer(request, valueOf(0))) {
      const { values } = conversation.carried(request, ours)
      if (values.size === 0) continue
      told += values.size
      t.ok(said.some((theirs) => theirs.subarray(from).equals(ours.subarray(from))), 'word for word what the real one says')
    }
  }
  t.equal(told, TAGS, 'of every tag')
}

t.test('EtherNet/IP', async (t) => {
  const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags: truth.map((value, i) => atomic(`T${i}`, 'DINT', value)) })
  // In front stand the numbers of session and connection.
  await saysTheSame(t, eip, logix.port, 40)
  await logix.close()
  for (const transport of ['direct', 'st-ethernet-ip']) await t.test(`EtherNet/IP, ${transport}`, (t) => fuzz(t, { speech: eip, more: { transport } }))
})

t.test('S7', async (t) => {
  const bytes = Buffer.alloc(1_000)
  for (const [tag, value] of truth.entries()) bytes.writeInt32BE(value, Number(/\d+$/.exec(s7.address(tag))![0]))
  const server = await startS7Plc([{ area: 'DB', db: 1, bytes }], { pdu: 240 })
  await saysTheSame(t, s7, server.port)
  await server.kill()
  await t.test('S7, pipelined', (t) => fuzz(t, { speech: s7, more: { transport: 'pipelined' } }))
  // Every call of snap7 takes a thread of the pool, two to a reading, and one is left for everything else.
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4)
  await t.test('S7, snap7', (t) => fuzz(t, { speech: s7, more: { transport: 'snap7' }, lanes: Math.min(LANES, Math.floor((threads - 1) / 2)), patience: IN_A_MOMENT }))
})

t.test('Modbus/TCP', async (t) => {
  const registers = Array.from({ length: 400 }, () => 0)
  for (const [tag, value] of truth.entries()) registers.splice(Number(/\d+/.exec(modbus.address(tag))![0]), 2, value >>> 16, value & 0xffff)
  const device = await startDevice({ registers, bits: [] })
  await saysTheSame(t, modbus, device.port)
  await device.kill()
  await fuzz(t, { speech: modbus })
})

// What the library does not know of a status it says to the console, whoever asked it to be quiet.
Object.assign(console, { warn: () => undefined })

// A real server keeps the session of every broken link for half a minute and has few to give; so it is heard once, and repeated.
t.test('OPC UA', async (t) => {
  const directory = folderOf(t)
  const server = await startServer({ nodes: truth.map((value, tag) => ({ name: `T${tag}`, type: 'Int32', value })), directory })
  t.teardown(() => server.kill())
  for (const reading of ['poll', 'subscribe']) {
    const more = { reading, certificates: `${directory}/opcua` }
    const silence = parrot(new Map(), truth)
    const heard = await overhear(server.port, frames, async (port, heard) => {
      const { driver, group } = driverOf(silence, more, port, patient)
      await driver.open()
      await readGroup(driver, group)
      if (reading === 'subscribe') await until('news were told', () => repertoireOf(heard).has(PUBLISH))
      await driver.close()
    })
    await t.test(`OPC UA, ${reading}`, (t) => fuzz(t, { speech: parrot(repertoireOf(heard), truth), more, cases: CASES_OPCUA, isRemembered: reading === 'subscribe' }))
  }
})
