import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { given } from '../../src/base/assert.js'
import { instant, later, rfc3339 } from '../../src/base/units.js'
import { isRefusal } from '../../src/contract/refusals.js'
import { eipPlc, s7Plc } from '../../src/contract/plcs.js'
import { eipFamily } from '../../src/field/eip/driver.js'
import { s7Family } from '../../src/field/s7/driver.js'
import { greetingOf } from '../../src/plant/greeting.js'
import { type LeverName, pullOf } from '../../src/plant/levers.js'
import { type Plant, type PlantOptions, startPlant } from '../../src/plant/plant.js'
import { states } from '../../src/plant/packml.js'
import { swung } from '../../src/plant/swing.js'
import { deadlines, faultOfCall, groupsOf, readGroup, readingHastily } from '../field/conformance.js'
import { folderOf } from '../support/folder.js'
import { freePort } from '../support/ports.js'
import { type Read, startS7Client } from '../support/s7-client.js'

t.setTimeout(600_000)

const BLOCK_BYTES = 78
const from = instant(Date.UTC(2026, 2, 29, 6))
/** For answers that are meant not to come. */
const HOPELESS_MS = 300
const defaults: PlantOptions = { seed: 1, factor: 60, s7Port: 0, controlPort: 0, from }

/** A data block, read by the addresses of config/lineside.yaml. */
function decoded(image: Buffer, totalBits: 16 | 32) {
  const bit = (number: number) => ((image[0] ?? 0) >> number & 1) === 1
  return {
    running: bit(0), auto: bit(1), fault: bit(2), blocked: bit(3), starved: bit(4), changeover: bit(5),
    state: image.readInt16BE(2), total: totalBits === 32 ? image.readUInt32BE(4) : image.readUInt16BE(4), reject: image.readUInt16BE(8),
    mode: image.readInt16BE(10), faults: image.readBigUInt64BE(12), firstOut: image.readInt16BE(20),
    speed: image.readFloatBE(24), speedSet: image.readFloatBE(28), product: image.toString('latin1', 38, 38 + (image[37] ?? 0)),
  }
}

async function pull(plant: Plant, lever: LeverName, query: Readonly<Record<string, string>> = {}): Promise<void> {
  const asked = pullOf(lever, query)
  if (isRefusal(asked)) throw new Error(asked.message)
  const refused = await plant.pull(asked)
  if (refused !== null) throw new Error(refused.message)
}

/** Asks again until the answer is as wished; the test's own time limit ends it. */
async function until<T>(ask: () => Promise<T>, wished: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (wished(answer)) return answer
    await sleep(10)
  }
}

function openClient(t: Test) {
  const client = startS7Client()
  t.teardown(() => client.stop())
  return client
}
async function openPlant(t: Test, options: Partial<PlantOptions> = {}): Promise<Plant> {
  // Its own while the PLC is away, too: one that the system gives may be somebody else's by the time it restarts.
  const port = await freePort()
  const plant = await startPlant({ ...defaults, s7Port: port, ...options, ...(options.logixPort === undefined ? {} : { logixPort: port + 1 }) })
  t.teardown(() => plant.stop())
  return plant
}

t.test('what an S7 client reads at the end is the truth', async (t) => {
  const truthFile = `${folderOf(t)}/truth.jsonl`
  const plant = await startPlant({ ...defaults, factor: 2_000, runMs: 3_600_000, truthFile })
  const client = openClient(t)
  t.equal((await client.connect(plant.s7Port)).error, 0)
  await plant.ended
  const truth = plant.truth()
  t.equal(truth.at, later(from, 3_600_000), 'it ends at the very instant')
  for (const recipe of plant.recipe.equipment) {
    const block = decoded((await client.read(recipe.db, BLOCK_BYTES)).image, recipe.totalBits)
    const own = given(truth.equipment[recipe.code], recipe.code)
    const rejects = own.parts.reject + own.parts.startup_reject
    t.ok(own.parts.good > 500, `${recipe.code} made parts`)
    const foundHere = recipe.code === plant.recipe.inspection?.by ? truth.equipment[plant.recipe.inspection.of]!.foundLater : 0
    t.equal(block.total, (recipe.totalFirst + own.parts.good + rejects + foundHere) % 2 ** recipe.totalBits)
    t.equal(block.reject, (recipe.rejectFirst + rejects - own.foundLater + foundHere) % 2 ** 16)
    t.equal(block.state, states[own.state])
    t.equal(block.running, own.state === 'execute' || own.state === 'completing')
    t.equal(block.product, 'BAG500')
    t.equal(block.speedSet, Math.fround(60_000 / given(recipe.idealMs['BAG500'], 'ideal')))
  }
  await plant.stop()
  t.equal(createHash('sha256').update(readFileSync(truthFile)).digest('hex'), truth.hash, 'the log on disk is the whole truth')
})

/** Opens a connection to the tag of a machine; `read` gives what a data block of it would. Who is in a hurry waits no longer for an answer than the first one took. */
async function openLogix(port: number, machine: string, isHasty = false) {
  const addresses = {
    running: 'Running:BOOL', auto: 'Auto:BOOL', fault: 'Fault:BOOL', blocked: 'Blocked:BOOL', starved: 'Starved:BOOL', changeover: 'Changeover:BOOL', state: 'State', total: 'Total:DWORD', reject: 'Reject:WORD',
    mode: 'Mode', faults: 'Faults[0..63]:BITS', firstOut: 'FirstOut:INT', speed: 'Speed:REAL', speedSet: 'SpeedSet:REAL', product: 'Product:STRING',
  }
  const plc = eipPlc.parse({ id: 'bagger', driver: 'eip', host: '127.0.0.1', port, tags: Object.fromEntries(Object.entries(addresses).map(([name, address]) => [name, `${machine}.${address}`])) })
  const make = (deadlineMs: typeof deadlines) => ({ driver: eipFamily.make(plc, groupsOf(plc), deadlineMs), group: groupsOf(plc)[0]! })
  const { driver, group } = isHasty ? await readingHastily(make) : make(deadlines)
  if (!isHasty) await driver.open()
  return {
    close: () => driver.close(),
    async read() {
      const { values, qualities } = await readGroup(driver, group)
      const bad = [...qualities].filter(([, quality]) => quality !== 'good')
      if (bad.length > 0) throw new Error(String(bad))
      return Object.fromEntries([...values].map(([name, value]) => [name, typeof value === 'string' ? value : ['running', 'auto', 'fault', 'blocked', 'starved', 'changeover'].includes(name) ? value[0] === 1 : value.length === 1 ? value[0] : BigInt(value[0]!) + 2n ** 32n * BigInt(value[1]!)]))
    },
  }
}

t.test('an EtherNet/IP client reads of every machine what an S7 client does, and meets the same faults', async (t) => {
  const plant = await openPlant(t, { logixPort: 0, factor: 2_000, runMs: 1_800_000 })
  const client = openClient(t)
  await plant.ended
  await client.connect(plant.s7Port)
  for (const { db, tag, totalBits } of plant.recipe.equipment) {
    const logix = await openLogix(plant.logixPort!, tag)
    const { total, ...block } = decoded((await client.read(db, BLOCK_BYTES)).image, totalBits)
    t.strictSame(await logix.read(), { ...block, total }, tag)
    await logix.close()
  }
  t.match(greetingOf(plant), `127.0.0.1:${plant.logixPort}`)
  for (const [lever, fault] of [['faults/hang', 'PLC_TIMEOUT'], ['faults/silence', 'PLC_TIMEOUT'], ['faults/pull', 'PLC_LINK_LOST'], ['faults/kill', 'PLC_LINK_LOST']] as const) {
    const logix = await openLogix(plant.logixPort!, 'Bagger', fault === 'PLC_TIMEOUT')
    await pull(plant, lever)
    t.equal(await faultOfCall(logix.read()), fault, lever)
    await logix.close()
    await pull(plant, lever === 'faults/kill' ? 'faults/restart' : 'faults/release')
  }
  const again = await openLogix(plant.logixPort!, 'Bagger')
  t.equal((await again.read())['product'], 'BAG500', 'on the same port')
  await again.close()
})

t.test('while it lives the blocks move, and pause when told', async (t) => {
  const plant = await openPlant(t)
  const client = openClient(t)
  await client.connect(plant.s7Port)
  const bagger = async () => decoded((await client.read(20, BLOCK_BYTES)).image, 32)
  const first = await until(bagger, (block) => block.running)
  t.ok(first.speed > 40 && first.speed <= 60)
  await until(bagger, (block) => block.total > first.total)

  await pull(plant, 'time/pause')
  const { at, equipment } = plant.state()
  t.equal((await bagger()).total, equipment[1]?.totalRaw, 'a lever is pulled when the blocks show it')
  await sleep(60)
  t.equal(plant.state().at, at)
  t.equal((await bagger()).total, equipment[1]?.totalRaw)

  await pull(plant, 'time/factor', { factor: '600' })
  t.equal(plant.state().at, at, 'a new factor alone does not resume')
  await pull(plant, 'time/resume')
  await until(async () => plant.state().at, (now) => now > at)
  await pull(plant, 'time/freeze', { after_ms: '5000' })
  await plant.ended
  t.equal(plant.state().at, plant.state().until)
})

t.test('a machine that is made to fail shows the fault, its first-out and its state', async (t) => {
  const plant = await openPlant(t)
  const client = openClient(t)
  await client.connect(plant.s7Port)
  const loader = async () => decoded((await client.read(10, BLOCK_BYTES)).image, 32)
  await until(loader, (block) => block.running)
  await pull(plant, 'time/factor', { factor: '1' })
  await pull(plant, 'faults/machine', { equipment: 'BP01.PACK.BAG1.BL', bit: '4' })
  const failed = await until(loader, (block) => block.fault)
  t.equal(failed.faults >> 4n & 1n, 1n)
  t.match(failed, { firstOut: 5, running: false, speed: 0 })
  await until(loader, (block) => block.state === states.aborted)
  t.notOk(failed.blocked || failed.starved)
  await pull(plant, 'time/factor', { factor: '600' })
  await until(async () => decoded((await client.read(30, BLOCK_BYTES)).image, 16), (block) => block.starved && !block.blocked && !block.fault)
  await pull(plant, 'faults/machine', { equipment: 'BP01.PACK.PAL1', bit: '4' })
  await until(async () => decoded((await client.read(20, BLOCK_BYTES)).image, 32), (block) => block.blocked && !block.starved && !block.fault)
})

t.test('hang: connections open, reads are not answered, until released; the line goes on meanwhile', async (t) => {
  const plant = await openPlant(t)
  const client = openClient(t)
  await client.connect(plant.s7Port)
  await pull(plant, 'faults/hang')
  const { at } = plant.state()
  t.not((await client.read(10, BLOCK_BYTES, HOPELESS_MS)).error, 0)
  t.equal((await client.connect(plant.s7Port)).error, 0, 'the handshake is answered')
  t.not((await client.read(10, BLOCK_BYTES, HOPELESS_MS)).error, 0)
  t.ok(plant.state().at > at)
  await pull(plant, 'faults/release')
  await client.connect(plant.s7Port)
  await pull(plant, 'time/freeze', { after_ms: '0' })
  await plant.ended
  const { image } = await client.read(10, BLOCK_BYTES)
  t.equal(decoded(image, 32).total, plant.state().equipment[0]?.totalRaw, 'nothing was forgotten')
})

t.test('silence: not even the handshake is answered', async (t) => {
  const plant = await openPlant(t)
  const client = openClient(t)
  await pull(plant, 'faults/silence')
  t.not((await client.connect(plant.s7Port, { timeoutMs: HOPELESS_MS })).error, 0)
  await pull(plant, 'faults/release')
  t.equal((await client.connect(plant.s7Port)).error, 0)
})

t.test('slow: every reply is late, and still right', async (t) => {
  const plant = await openPlant(t)
  const client = openClient(t)
  await client.connect(plant.s7Port)
  await pull(plant, 'faults/slow', { ms: '250' })
  const asked = performance.now()
  t.equal((await client.read(10, BLOCK_BYTES)).error, 0)
  t.ok(performance.now() - asked >= 250)
  await pull(plant, 'faults/slow', { ms: '900' })
  await client.connect(plant.s7Port)
  await pull(plant, 'faults/release')
  t.equal((await client.read(10, BLOCK_BYTES)).error, 0)
})

t.test('pull: connections break and are refused, until the cable is back', async (t) => {
  const CONNECTION_REFUSED = 111
  const plant = await openPlant(t)
  const client = openClient(t)
  await client.connect(plant.s7Port)
  await pull(plant, 'faults/pull')
  t.not((await client.read(10, BLOCK_BYTES)).error, 0)
  t.equal((await client.connect(plant.s7Port)).error, CONNECTION_REFUSED)
  await pull(plant, 'faults/release')
  t.equal((await client.connect(plant.s7Port)).error, 0)
  t.equal((await client.read(10, BLOCK_BYTES)).error, 0)
  await pull(plant, 'faults/drop')
  t.not((await client.read(10, BLOCK_BYTES)).error, 0)
  t.equal((await client.connect(plant.s7Port)).error, 0, 'drop refuses nobody')
})

t.test('pdu: new connections get what the PLC says, not what they ask', async (t) => {
  const plant = await openPlant(t, { pduBytes: 480 })
  const client = openClient(t)
  t.same(await client.connect(plant.s7Port, { pduBytes: 960 }), { error: 0, pduBytes: 480 })
  await pull(plant, 'faults/pdu', { bytes: '960' })
  t.not((await client.read(10, BLOCK_BYTES)).error, 0)
  t.same(await client.connect(plant.s7Port, { pduBytes: 240 }), { error: 0, pduBytes: 960 })
  await pull(plant, 'faults/pdu', { bytes: '0' })
  t.same(await client.connect(plant.s7Port, { pduBytes: 240 }), { error: 0, pduBytes: 240 })
})

t.test('kill and restart: the PLC is gone, comes back on its port with counters at zero, and no part is unmade', async (t) => {
  const plant = await openPlant(t)
  const client = openClient(t)
  await client.connect(plant.s7Port)
  await until(async () => plant.truth(), (truth) => (truth.equipment['BP01.PACK.BAG1']?.parts.good ?? 0) > 10)
  await pull(plant, 'faults/kill')
  t.equal(plant.state().plcPid, null)
  t.not((await client.connect(plant.s7Port)).error, 0)
  t.match(await plant.pull({ lever: 'faults/hang', body: {} }), { refused: 'PLANT_PLC_DEAD' })
  const before = given(plant.truth().equipment['BP01.PACK.BAG1'], 'bagger').parts.good
  await pull(plant, 'faults/restart', { zero_counters: 'true' })
  t.equal((await client.connect(plant.s7Port)).error, 0)
  t.not(plant.state().plcPid, process.pid, 'from now on in a process of its own')
  await pull(plant, 'time/freeze', { after_ms: '0' })
  await plant.ended
  const block = decoded((await client.read(20, BLOCK_BYTES)).image, 32)
  const { parts } = given(plant.truth().equipment['BP01.PACK.BAG1'], 'bagger')
  t.ok(parts.good >= before)
  t.ok(block.total < 1_000 && block.total <= parts.good + parts.reject, 'counted from zero')
})

t.test('download: blocks are zero for a while, then counters begin again', async (t) => {
  const plant = await openPlant(t)
  const client = openClient(t)
  await client.connect(plant.s7Port)
  const read = async (): Promise<Read> => client.read(20, BLOCK_BYTES)
  // The slower the machine, the longer it has to last to be seen.
  for (let ms = 300, isSeen = false; !isSeen; ms *= 4) {
    await pull(plant, 'faults/download', { ms: String(ms) })
    t.not((await read()).error, 0, 'connections broke')
    await client.connect(plant.s7Port)
    isSeen = (await read()).image.every((byte) => byte === 0)
  }
  const block = decoded((await until(read, ({ image }) => image.some((byte) => byte !== 0))).image, 32)
  t.ok(block.total < 1_000)
  t.not(block.state, 0)
})

t.test('further blocks of moving values are served for benches, with the S7 server bare', async (t) => {
  // One that fits into one PDU is read whole; a longer one is read in pieces, and may move in between.
  const bytes = 440
  const swing = [40, 41, 42].map((db) => ({ db, bytes, everyMs: 10 }))
  const plant = await openPlant(t, { swing, door: false })
  const client = openClient(t)
  t.equal((await client.connect(plant.s7Port)).error, 0)
  const first = (await client.read(41, bytes)).image
  const moved = await until(async () => (await client.read(41, bytes)).image, (image) => !image.equals(first))
  t.ok(Array.from({ length: 10_000 }, (_, step) => swung(swing[1]!, step)).some((image) => image.equals(moved)), 'a whole image of one step')
  t.match(await plant.pull({ lever: 'faults/slow', body: { ms: 1 } }), { refused: 'PLANT_NO_DOOR' })
})

t.test('over HTTP the same levers, the truth, and a no that says why', async (t) => {
  const plant = await openPlant(t)
  const ask = async (method: string, path: string, headers = {}) => {
    const response = await fetch(`http://127.0.0.1:${plant.controlPort}${path}`, { method, headers })
    return { status: response.status, body: await response.json() }
  }
  t.match(await ask('GET', '/'), { status: 200, body: { success: true, data: { look: ['/truth', '/state'] } } })
  t.match(await ask('GET', '/truth'), { status: 200, body: { data: { from: rfc3339(from), equipment: { 'BP01.PACK.BAG1': { parts: { good: Number }, stops: [{ class: 'stopped' }] } } } } })
  t.match(await ask('GET', '/state'), { status: 200, body: { data: { factor: 60, s7_port: plant.s7Port, equipment: [{ db: 10 }, { db: 20 }, { db: 30 }] } } })
  t.match(await ask('POST', '/time/factor?factor=5'), { status: 200, body: { data: { factor: 5 } } })
  t.match(await ask('POST', '/faults/machine?equipment=BP01.PACK.BAG1&bit=2'), { status: 200 })
  t.match(await ask('POST', '/faults/machine?equipment=NOBODY&bit=2'), { status: 404, body: { error: { code: 'EQUIPMENT_UNKNOWN' } } })
  t.match(await ask('POST', '/faults/slow?ms=soon'), { status: 400, body: { error: { code: 'BODY_MISFIT', details: [{ path: 'ms' }] } } })
  t.match(await ask('POST', '/faults/slow?ms=1&hour=2'), { status: 400 })
  t.match(await ask('GET', '/faults/hang'), { status: 404 })
  t.match(await ask('PUT', '/faults/hang'), { status: 405 })
  t.match(await ask('POST', '/faults/none'), { status: 404 })
  t.match(await ask('POST', '/faults/hang', { origin: 'http://example.org' }), { status: 403 })
  const greeting = greetingOf(plant)
  for (const told of [`127.0.0.1:${plant.s7Port}`, `127.0.0.1:${plant.controlPort}/truth`, 'faults/slow ms', 'faults/machine equipment bit']) t.match(greeting, told)
})

t.test('stopped by a signal the PLC hangs as a whole, and goes on where the plant has come to', async (t) => {
  const plant = await openPlant(t)
  const client = openClient(t)
  await client.connect(plant.s7Port)
  const pid = given(plant.state().plcPid, 'pid')
  process.kill(pid, 'SIGSTOP')
  t.not((await client.read(10, BLOCK_BYTES, HOPELESS_MS)).error, 0)
  const { at } = plant.state()
  await until(async () => plant.state().at, (now) => now > at)
  process.kill(pid, 'SIGCONT')
  await until(() => client.connect(plant.s7Port), ({ error }) => error === 0)
  await pull(plant, 'time/pause')
  t.equal(decoded((await client.read(10, BLOCK_BYTES)).image, 32).total, plant.state().equipment[0]?.totalRaw)
  await pull(plant, 'time/resume')
  // The plant is stopped with its PLC hanging, and must end all the same.
  process.kill(pid, 'SIGSTOP')
})

t.test('a PLC whose parent dies goes too, even while it hangs', async (t) => {
  const parent = fork(new URL('../support/plant-parent.js', import.meta.url), { execArgv: [] })
  const [{ pid, port }] = await once(parent, 'message') as [{ pid: number; port: number }]
  const client = openClient(t)
  await client.connect(port)
  t.not((await client.read(10, BLOCK_BYTES, HOPELESS_MS)).error, 0, 'a read hangs')
  parent.kill('SIGKILL')
  await until(async () => isAlive(pid), (alive) => !alive)
})

t.test('a port that is taken is a fault, and leaves no process behind', async (t) => {
  const plant = await openPlant(t)
  await t.rejects(startPlant({ ...defaults, s7Port: plant.s7Port }), { code: 'PLANT_PORT_IN_USE' })
  await t.rejects(startPlant({ ...defaults, s7Port: plant.s7Port, door: false }), { code: 'PLANT_PORT_IN_USE' })
  await t.rejects(startPlant({ ...defaults, controlPort: plant.controlPort }), { code: 'PLANT_PORT_IN_USE' })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

t.test('a plant whose PLC lives in its own process ends in order, even while a reader waits for a locked block', async (t) => {
  for (const lever of ['faults/release', 'faults/hang']) {
    const child = fork(new URL('../../src/gateway/demo.js', import.meta.url), [JSON.stringify({ seed: 1, factor: 1, s7Port: 0, logixPort: 0, controlPort: 0 })], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] })
    const [{ s7Port, controlPort }] = await once(child, 'message') as [{ s7Port: number; controlPort: number }]
    const plc = s7Plc.parse({ id: 'plc', driver: 's7', host: '127.0.0.1', port: s7Port, tags: { state: 'DB10,INT2' } })
    const groups = groupsOf(plc)
    const driver = s7Family.make(plc, groups, { connect: 5_000, request: 60_000 })
    await driver.open()
    await fetch(`http://127.0.0.1:${controlPort}/${lever}`, { method: 'POST' })
    const reading = readGroup(driver, groups[0]!).catch(() => null)
    await sleep(100)
    const exited = once(child, 'exit')
    child.disconnect()
    t.same(await exited, [0, null], lever)
    await driver.close()
    await reading
  }
})
