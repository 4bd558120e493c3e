/** What every driver owes the poller, tried against a real peer: the same cases for each family. */

import { readdirSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Test } from 'tap'
import { given } from '../../src/base/assert.js'
import type { Driver, DriverFamily, ReadInfo } from '../../src/contract/driver.js'
import { Fault, type FaultCode } from '../../src/contract/faults.js'
import type { Plc } from '../../src/contract/plcs.js'
import { type Quality, type ScanGroup, qualityNames } from '../../src/contract/scan.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { until } from '../support/child.js'
import { type Wire, layWire } from './support/wire.js'

/** A value the peer holds, and what a reading of it must give. */
export interface Held {
  readonly address: string
  /** Slots as a scan has them; for a text its only value. */
  readonly values: readonly number[] | string
  /** Good when it is left out. */
  readonly quality?: Quality
}

/** A peer that can be mistreated. */
export interface Peer {
  /** It is a file, so there is no link to break and nobody to wait for. */
  readonly isFile?: true
  readonly held: readonly Held[]
  /** An address whose block or tag does not exist. */
  readonly missing: string
  /** An address beyond the end of something that exists. */
  readonly beyond: string
  /** Its TCP port, so that a wire can be laid in front of it. */
  readonly port: number
  /** The configuration of a PLC that reads this peer; `more` may bring another `port`. */
  plc(tags: Readonly<Record<string, string>>, more?: Readonly<Record<string, unknown>>): Plc
  /** It keeps its connections and answers nothing. */
  freeze(): Promise<void>
  thaw(): void
  kill(): Promise<void>
  /** A new life at the same address with the same values. */
  revive(): Promise<void>
  end(): Promise<void>
}

export interface Reading {
  readonly values: ReadonlyMap<string, readonly number[] | string>
  readonly qualities: ReadonlyMap<string, Quality>
  readonly info: ReadInfo
}

/** Wide, since a busy machine is slow and most of what is tried here is not about time. */
export const deadlines = { connect: 20_000, request: 20_000 }
/** For answers that are meant not to come. */
const HURRY_MS = 150
/** For connections that are meant not to be made. */
const hopeless = { connect: 200, request: 150 }
/** RECONNECTS=10000 takes a minute or two for most drivers; from a thousand on memory is looked at too. */
const RECONNECTS = Number(process.env['RECONNECTS'] ?? 25)
const RECONNECTS_TO_WEIGH = 1_000
/** The time limit of a test file that runs this suite. */
export const suiteMs = 600_000 + 200 * RECONNECTS

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** What is still held when all garbage is gone. */
function bytesHeld(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

export function groupsOf(plc: Plc): readonly ScanGroup[] {
  const { groups, bad } = scanGroupsOf([plc])
  if (bad.length > 0) throw new Error(bad[0]!.message)
  return groups
}

export async function readGroup(driver: Driver, group: ScanGroup, quarantined: ReadonlySet<number> = new Set()): Promise<Reading> {
  const into = { values: new Float64Array(group.slots).fill(Number.NaN), qualities: new Uint8Array(group.tags.length).fill(1), texts: new Map<number, string>() }
  const info = await driver.read(group, into, quarantined)
  const slotsOf = (type: string, length: number): number => length * (type === 'int64' || type === 'uint64' ? 2 : 1)
  return {
    info,
    values: new Map(group.tags.map(({ name, slot, type, length }, tag) => [name, slot === -1 ? into.texts.get(tag) ?? '' : [...into.values.subarray(slot, slot + slotsOf(type, length))]])),
    qualities: new Map(group.tags.map(({ name }, tag) => [name, given(qualityNames[into.qualities[tag]!], 'a known quality')])),
  }
}

/** The code of the fault that a promise ends with. */
export async function faultOfCall(call: Promise<unknown>): Promise<FaultCode | 'none'> {
  try {
    await call
    return 'none'
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.code
    throw thrown
  }
}

/** A driver in a hurry that has read once and is still open. A busy machine may be too slow for it, so each further one has twice the time; `hurryMs` is what it came to. */
export async function readingHastily<D extends { readonly driver: Driver; readonly group: ScanGroup }>(make: (deadlineMs: typeof deadlines) => D): Promise<D & { readonly first: Reading; readonly hurryMs: number }> {
  for (let hurryMs = HURRY_MS; ; hurryMs *= 2) {
    const made = make({ ...deadlines, request: hurryMs })
    try {
      await made.driver.open()
      return { ...made, first: await readGroup(made.driver, made.group), hurryMs }
    } catch (thrown) {
      await made.driver.close()
      if (!(thrown instanceof Fault) || thrown.code !== 'PLC_TIMEOUT') throw thrown
    }
  }
}

export async function conforms(t: Test, family: DriverFamily, start: () => Promise<Peer>): Promise<void> {
  const make = (plc: Plc, deadlineMs = deadlines) => {
    const groups = groupsOf(plc)
    return { group: given(groups[0], 'a group'), driver: family.make(plc, groups, deadlineMs) }
  }
  const peer = await start()
  t.teardown(() => peer.end())

  await t.test('every value arrives as it is held, at the borders of its type', async (t) => {
    const { driver, group } = make(peer.plc(Object.fromEntries(peer.held.map(({ address }, i) => [`t${i}`, address]))))
    const { requestsPerScan } = await driver.open()
    const { values, qualities, info } = await readGroup(driver, group)
    for (const [i, { address, values: expected, quality = 'good' }] of peer.held.entries()) {
      t.equal(qualities.get(`t${i}`), quality, address)
      if (quality === 'good') t.strictSame(values.get(`t${i}`), expected, address)
    }
    t.equal(info.requestsCount, requestsPerScan.get(group.index), 'the announced number of requests')
    t.ok(info.bytesCount > 0)
    await driver.close()
  })

  await t.test('a tag that is not there is bad by itself and says why; its neighbours are read', async (t) => {
    const { driver, group } = make(peer.plc({ missing: peer.missing, ...one(peer), beyond: peer.beyond }))
    await driver.open()
    for (const _ of [1, 2]) {
      const { values, qualities, info } = await readGroup(driver, group)
      t.strictSame(values.get('one'), peer.held[0]!.values)
      t.equal(qualities.get('one'), 'good')
      t.not(qualities.get('missing'), 'good')
      t.not(qualities.get('beyond'), 'good')
      t.same(new Map(info.badTags.map(({ tag, fault }) => [tag, fault])), new Map([[0, 'TAG_NOT_FOUND'], [2, 'TAG_OUT_OF_RANGE']]))
    }
    await driver.close()
  })

  await t.test('a quarantined tag is not asked', async (t) => {
    const { driver, group } = make(peer.plc({ missing: peer.missing, ...one(peer) }))
    await driver.open()
    const { qualities, info } = await readGroup(driver, group, new Set([0]))
    t.same([...qualities], [['missing', 'quarantined'], ['one', 'good']])
    t.same(info.badTags, [])
    t.same((await readGroup(driver, group)).info.badTags.map(({ tag }) => tag), [0], 'released, it is asked again')
    await driver.close()
  })

  if (peer.isFile !== true) await linkConforms(t, make, peer)

  await t.test('closing twice, or before opening, harms nobody', async () => {
    const { driver } = make(peer.plc(one(peer)))
    await driver.close()
    await driver.close()
    const opened = make(peer.plc(one(peer))).driver
    await opened.open()
    await Promise.all([opened.close(), opened.close()])
  })
}

const one = (peer: Peer): Record<string, string> => ({ one: peer.held[0]!.address })

type Make = (plc: Plc, deadlineMs?: typeof deadlines) => { readonly group: ScanGroup; readonly driver: Driver }

/** What a driver owes where there is a network between it and its PLC. */
async function linkConforms(t: Test, make: Make, peer: Peer): Promise<void> {
  await t.test('a PLC that hangs is a timeout, and nothing more is read over that connection', async (t) => {
    const { driver, group } = await readingHastily((deadlineMs) => make(peer.plc(one(peer)), deadlineMs))
    await peer.freeze()
    t.equal(await faultOfCall(readGroup(driver, group)), 'PLC_TIMEOUT')
    peer.thaw()
    t.not(await faultOfCall(readGroup(driver, group)), 'none')
    await driver.close()
    const next = make(peer.plc(one(peer)))
    await next.driver.open()
    t.strictSame((await readGroup(next.driver, next.group)).values.get('one'), peer.held[0]!.values)
    await next.driver.close()
  })

  await t.test('a PLC that accepts and says nothing is a timeout of the opening', async (t) => {
    await peer.freeze()
    const { driver } = make(peer.plc(one(peer)), hopeless)
    t.match(await faultOfCall(driver.open()), /^PLC_(TIMEOUT|UNREACHABLE)$/)
    peer.thaw()
    await driver.close()
  })

  await t.test('closing ends a reading in flight at once, however long its deadline is', async (t) => {
    const { driver, group } = make(peer.plc(one(peer)), { connect: 20_000, request: 240_000 })
    await driver.open()
    await peer.freeze()
    const reading = faultOfCall(readGroup(driver, group))
    await new Promise((done) => setTimeout(done, 50))
    await driver.close()
    t.equal(await reading, 'PLC_LINK_LOST')
    peer.thaw()
  })

  await t.test('a power cut is a lost link, a dead port a refusal, and after the restart everything is as before', async (t) => {
    const { driver, group } = make(peer.plc(one(peer)))
    await driver.open()
    await readGroup(driver, group)
    await peer.kill()
    t.equal(await faultOfCall(readGroup(driver, group)), 'PLC_LINK_LOST')
    await driver.close()
    const dead = make(peer.plc(one(peer)))
    t.equal(await faultOfCall(dead.driver.open()), 'PLC_REFUSED')
    await dead.driver.close()
    await peer.revive()
    const next = make(peer.plc(one(peer)))
    await next.driver.open()
    t.strictSame((await readGroup(next.driver, next.group)).values.get('one'), peer.held[0]!.values)
    await next.driver.close()
  })

  const [first, second] = peer.held
  const wired = async (t: Test): Promise<Wired> => {
    const wire = await layWire(peer.port)
    t.teardown(() => { wire.end() })
    const made = (address: string, deadlineMs?: typeof deadlines): ReturnType<Make> => make(peer.plc({ one: address }, { port: wire.port }), deadlineMs)
    const connection = ({ driver, group }: ReturnType<Make>): Connection => ({ driver, read: async () => (await readGroup(driver, group)).values.get('one') })
    return {
      wire,
      open: async (address = first!.address, deadlineMs = deadlines) => connection(await opened(made(address, deadlineMs))),
      async hasten() {
        const hastened = await readingHastily((deadlineMs) => made(first!.address, deadlineMs))
        return { ...connection(hastened), hurryMs: hastened.hurryMs }
      },
    }
  }

  await t.test('a reply that comes too late is never taken for the answer to another question', async (t) => {
    const { wire, open, hasten } = await wired(t)
    for (let round = 0; round < 2; round++) {
      const late = await hasten()
      wire.delayMs = 3 * late.hurryMs
      t.equal(await faultOfCall(late.read()), 'PLC_TIMEOUT')
      wire.delayMs = 0
      t.not(await faultOfCall(late.read()), 'none', 'the connection is not used again')
      await late.driver.close()
      const next = await open(second!.address)
      t.strictSame(await next.read(), second!.values)
      await next.driver.close()
    }
  })

  await t.test('a link that is open on one side only is a timeout, and the next connection is a new one', async (t) => {
    const { wire, open, hasten } = await wired(t)
    const { driver, read } = await hasten()
    wire.isCut = true
    t.equal(await faultOfCall(read()), 'PLC_TIMEOUT')
    await driver.close()
    t.match(await faultOfCall(open(first!.address, hopeless)), /^PLC_(TIMEOUT|UNREACHABLE)$/, 'nothing passes')
    wire.isCut = false
    const next = await open()
    t.strictSame(await next.read(), first!.values, 'mended')
    await next.driver.close()
  })

  await t.test('garbage, too much and too little are faults, and never a value', async (t) => {
    const { wire, open, hasten } = await wired(t)
    for (const [name, tamper] of [
      ['noise', (reply: Buffer) => Buffer.from(reply.map((_, i) => (i * 151 + 89) & 0xff))], ['nothing but zeros', (reply: Buffer) => Buffer.alloc(reply.length)], ['another protocol', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
      ['a reply cut short', (reply: Buffer) => reply.subarray(0, reply.length - 1)], ['a reply and a thousand bytes', (reply: Buffer) => Buffer.concat([reply, Buffer.alloc(1_000, 0xee)])],
      ['every bit the other way round', (reply: Buffer) => Buffer.from(reply.map((byte) => ~byte))],
    ] as const) {
      wire.tamper = (reply) => reply
      const { driver, read } = await hasten()
      wire.tamper = tamper
      // A whole reply may be read before the garbage behind it is seen; nothing is read after it.
      const before = await Promise.allSettled([read()])
      if (before[0].status === 'fulfilled') t.strictSame(before[0].value, first!.values, name)
      t.match(before[0].status === 'fulfilled' ? await faultOfCall(read()) : (before[0].reason as Fault).code, /^PLC_(PROTOCOL|STALE_REPLY|SHORT_REPLY|TIMEOUT|LINK_LOST)$/, name)
      await driver.close()
    }
    wire.tamper = (reply) => reply
    const well = await open()
    t.strictSame(await well.read(), first!.values)
    await well.driver.close()
  })

  await t.test('connecting again and again leaves nothing behind', async (t) => {
    const held = (): string => `${readdirSync('/proc/self/fd').length} files, ${process.getActiveResourcesInfo().length} timers and sockets`
    let right = 0
    const once = async (): Promise<void> => {
      const { driver, group } = make(peer.plc(one(peer)))
      await driver.open()
      if (isDeepStrictEqual((await readGroup(driver, group)).values.get('one'), first!.values)) right++
      await driver.close()
    }
    const warmUps = RECONNECTS < RECONNECTS_TO_WEIGH ? 5 : RECONNECTS / 10
    for (let i = 0; i < warmUps; i++) await once()
    const bytesBefore = bytesHeld()
    const [filesBefore, workBefore] = [readdirSync('/proc/self/fd').length, process.getActiveResourcesInfo().length]
    for (let i = 0; i < RECONNECTS; i++) await once()
    t.equal(right, RECONNECTS + warmUps)
    // A library may have timers of its own, but not one for each connection there ever was; and what is closed takes a moment to go.
    await until(`no more is open than before, ${filesBefore} files, ${workBefore} timers and sockets, and a few`, () =>
      readdirSync('/proc/self/fd').length < filesBefore + RECONNECTS / 5 && process.getActiveResourcesInfo().length < workBefore + RECONNECTS / 5, 60_000)
    t.comment(held())
    if (RECONNECTS < RECONNECTS_TO_WEIGH) return
    // What a process holds goes up and down by some MiB of itself; only many connections tell what each of them leaves.
    const grown = bytesHeld() - bytesBefore
    t.comment(`${Math.round(grown / RECONNECTS)} bytes more a reconnect`)
    t.ok(grown < MEMORY_NOISE_BYTES + RECONNECTS * 1_024, `${RECONNECTS} reconnects, ${(grown / 2 ** 20).toFixed(1)} MiB more`)
  })
}

const MEMORY_NOISE_BYTES = 20 * 2 ** 20

async function opened<D extends { readonly driver: Driver }>(made: D): Promise<D> {
  try {
    await made.driver.open()
    return made
  } catch (thrown) {
    await made.driver.close()
    throw thrown
  }
}

interface Wired {
  readonly wire: Wire
  readonly open: (address?: string, deadlineMs?: typeof deadlines) => Promise<Connection>
  /** One that has read, and waits for further answers no longer than `hurryMs`. */
  readonly hasten: () => Promise<Connection & { readonly hurryMs: number }>
}

interface Connection { readonly driver: Driver; readonly read: () => Promise<readonly number[] | string | undefined> }
