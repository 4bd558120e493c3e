/** Replies broken in every way that chance finds: a driver answers with a fault or with what was sent, and never with anything else. */

import t, { type Test } from 'tap'
import { seededChance } from '../../src/base/chance.js'
import { Fault } from '../../src/contract/faults.js'
import { type Plc, plc as plcSchema } from '../../src/contract/plcs.js'
import { familyOf } from '../../src/field/drivers.js'
import { openLogixServer } from '../../src/plant/logix/server.js'
import { atomic } from '../../src/plant/logix/tags.js'
import { until } from '../support/child.js'
import { folderOf } from '../support/folder.js'
import { groupsOf, readGroup } from './conformance.js'
import { startDevice } from './modbus/device.js'
import { PUBLISH, record, startParrot } from './opcua/parrot.js'
import { startServer } from './opcua/server.js'
import { breakages, startBreaker } from './support/breaker.js'
import { type Frames, eip, modbus, opcua, s7, wasSent } from './support/frames.js'
import { startS7Plc } from './support/s7-plc.js'

/**
 * Broken replies per protocol and transport; FUZZ_CASES=1000000 takes a quarter of an hour or two each.
 * FUZZ_MINUTES ends it after so long, with whatever number was reached; TAP_GREP='/Modbus/' tries one alone.
 */
const CASES = Number(process.env['FUZZ_CASES'] ?? 500)
/** A connection of OPC UA costs ten of any other. */
const CASES_OPCUA = Number(process.env['FUZZ_CASES'] ?? 150)
const MINUTES = Number(process.env['FUZZ_MINUTES'] ?? Infinity)
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)
t.setTimeout(Math.max(240_000, CASES * 100))
/** Drivers at work side by side, so that their waiting overlaps. */
const LANES = Math.min(Number(process.env['FUZZ_LANES'] ?? 12), Math.ceil(CASES / 100))
const LANES_OPCUA = Math.min(LANES, Math.ceil(CASES_OPCUA / 100))
const READINGS = 4
const TAGS = 20
/** Whoever waits for a long run hears of it this often. */
const TELL_MS = 15_000

/** Long enough for a reply on a machine with nothing else to do; on another one they grow until whole replies arrive in time. */
const HASTE = { connect: 100, request: 25 }
const PATIENCE_MAX = 1_000
const patient = { connect: 60_000, request: 60_000 }
/** A peer that has sent nonsense mostly hangs up, so that most of the time is not spent in waiting for more. */
const HANGS_UP = { probability: 0.8, ms: 2 }

const truth = Array.from({ length: TAGS }, (_, i) => Math.imul(i + 1, 0x01234567) | 0)

interface Attack {
  readonly frames: Frames
  /** What the configuration says beside place and tags. */
  readonly more?: Readonly<Record<string, unknown>>
  readonly cases?: number
  readonly lanes?: number
  /** A value may be shown again for as long as nothing newer was said of it. */
  readonly isRemembered?: boolean
}

async function fuzz(t: Test, attack: Attack, to: number): Promise<void> {
  const { frames, more = {}, cases = CASES, lanes = LANES, isRemembered = false } = attack
  const seen = new Map<string, number>()
  const note = (what: string): void => { seen.set(what, (seen.get(what) ?? 0) + 1) }
  const invented: string[] = []
  let done = 0
  const begun = performance.now()
  const end = begun + MINUTES * 60_000
  const tell = progress(t, begun, cases)
  await Promise.all(Array.from({ length: lanes }, async (_, lane) => {
    const chance = seededChance(SEED).fork(`${frames.driver} ${lane}`)
    const breaker = await startBreaker(to)
    let patience = 1
    const broken = (reply: Buffer): Buffer => {
      done++
      const damaged = chance.pick(breakages)(reply, chance)
      return chance.happens(0.5) ? frames.mend(Buffer.from(damaged)) : damaged
    }
    while (done < cases && performance.now() < end) {
      tell(done)
      const { driver, group } = driverOf(frames, more, breaker.port, { connect: HASTE.connect * patience, request: HASTE.request * patience })
      // Now and then the handshake is damaged already.
      breaker.breakage = chance.happens(0.1) ? broken : null
      breaker.hangsUpMs = chance.happens(HANGS_UP.probability) ? HANGS_UP.ms * patience : null
      breaker.sent = Buffer.alloc(0)
      try {
        await driver.open()
        if (breaker.breakage === null) patience = Math.max(1, 0.9 * patience)
        breaker.breakage = broken
        for (let reading = 0; reading < READINGS; reading++) {
          if (!isRemembered) breaker.sent = Buffer.alloc(0)
          const { values, qualities } = await readGroup(driver, group)
          for (const [tag, [name, quality]] of [...qualities].entries()) {
            note(quality)
            const value = (values.get(name) as readonly number[])[0]!
            if (quality === 'good' && value !== truth[tag] && !wasSent(frames, breaker.sent, tag, value)) invented.push(`${name} = ${value} in ${breaker.sent.toString('hex')}`)
          }
        }
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown
        note(thrown.code)
        if (breaker.breakage === null) patience = Math.min(PATIENCE_MAX, 2 * patience)
      } finally {
        await driver.close()
      }
    }
    breaker.breakage = null
    breaker.sent = Buffer.alloc(0)
    const { driver, group } = driverOf(frames, more, breaker.port, patient)
    await driver.open()
    if (!isRemembered) breaker.sent = Buffer.alloc(0)
    t.strictSame([...(await readGroup(driver, group)).values.values()].flat(), truth, 'and whole replies are read as ever')
    t.ok(truth.every((value, tag) => wasSent(frames, breaker.sent, tag, value)), 'the places of values are known')
    await driver.close()
    breaker.end()
  }))
  t.comment(`${done} broken replies in ${Math.round((performance.now() - begun) / 1_000)} s: ${[...seen].map(([what, count]) => `${what} ${count}`).join(', ')}`)
  t.strictSame(invented, [], 'every good value was sent')
  for (const expected of ['good', 'PLC_PROTOCOL', 'PLC_TIMEOUT']) t.ok((seen.get(expected) ?? 0) > 0, `${expected}: ${seen.get(expected)}`)
}

/** Tells now and then how far a run has come, how fast, and how long the rest will take. */
function progress(t: Test, begun: number, cases: number): (done: number) => void {
  let told = begun
  let doneThen = 0
  return (done) => {
    const now = performance.now()
    if (now - told < TELL_MS) return
    const perSecond = (done - doneThen) / (now - told) * 1_000
    const minutesLeft = Math.min((cases - done) / perSecond / 60, MINUTES - (now - begun) / 60_000)
    t.comment(`${done} of ${cases} broken replies, ${Math.round(perSecond)} a second, ${minutesLeft.toFixed(1)} minutes left`)
    told = now
    doneThen = done
  }
}

function driverOf({ driver, address, placeOf }: Frames, more: Readonly<Record<string, unknown>>, port: number, deadlines: typeof HASTE) {
  const tags = Object.fromEntries(truth.map((_, tag) => [`t${tag}`, address(tag)]))
  const plc: Plc = plcSchema.parse({ id: 'hostile', driver, ...placeOf(port), cycle: '100ms', tags, ...more })
  const family = familyOf(plc)
  if (typeof family === 'string') throw new Error(family)
  const groups = groupsOf(plc)
  return { driver: family.make(plc, groups, deadlines), group: groups[0]! }
}

for (const transport of ['direct', 'st-ethernet-ip']) t.test(`EtherNet/IP, ${transport}`, async (t) => {
  const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags: truth.map((value, i) => atomic(`T${i}`, 'DINT', value)) })
  await fuzz(t, { frames: eip, more: { transport } }, logix.port)
  await logix.close()
})

// Every call of snap7 takes a thread of the pool, and one is left for everything else.
const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4)
for (const [transport, lanes] of [['pipelined', LANES], ['snap7', Math.min(threads - 1, LANES)]] as const) t.test(`S7, ${transport}`, async (t) => {
  const bytes = Buffer.alloc(4 * TAGS)
  for (const [i, value] of truth.entries()) bytes.writeInt32BE(value, 4 * i)
  const server = await startS7Plc([{ area: 'DB', db: 1, bytes }])
  await fuzz(t, { frames: s7, more: { transport }, lanes }, server.port)
  await server.kill()
})

t.test('Modbus/TCP', async (t) => {
  const device = await startDevice({ registers: truth.flatMap((value) => [value >>> 16, value & 0xffff]), bits: [] })
  await fuzz(t, { frames: modbus }, device.port)
  await device.kill()
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
    const repertoire = await record(server.port, async (port, said) => {
      const { driver, group } = driverOf(opcua, more, port, patient)
      await driver.open()
      await readGroup(driver, group)
      // News first, and then that there are none, which can be said for ever.
      if (reading === 'subscribe') await until('all news were told', () => { const lengths = (said.get(PUBLISH) ?? []).map(({ length }) => length); return (lengths.at(-1) ?? Infinity) < Math.max(...lengths) })
      await driver.close()
    })
    const parrot = await startParrot(repertoire)
    await t.test(reading, (t) => fuzz(t, { frames: opcua, more, cases: CASES_OPCUA, lanes: LANES_OPCUA, isRemembered: reading === 'subscribe' }, parrot.port))
    parrot.end()
  }
})
