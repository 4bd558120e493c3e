import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { systemChance } from '../../src/base/chance.js'
import { manualClock, systemClock } from '../../src/base/clock.js'
import { limits } from '../../src/base/limits.js'
import { type Log, silentLog } from '../../src/base/log.js'
import { instant } from '../../src/base/units.js'
import type { Plc } from '../../src/contract/plcs.js'
import { type LinkChange, type Scan, qualities } from '../../src/contract/scan.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { type Field, poolThreadsOf, startField } from '../../src/field/host.js'
import { startWard } from '../../src/field/ward.js'
import { faultOfCall } from './conformance.js'
import { plcOf } from './support/scripted.js'
import { type Block, type S7Plc, startS7Plc } from './support/s7-plc.js'
import { childrenOf } from '../support/child.js'
import { freePort } from '../support/ports.js'

const block: Block = { area: 'DB', db: 1, bytes: Buffer.from('00070008 3fc00000 0403 616263 00'.replaceAll(' ', ''), 'hex') }
const tags = { a: 'DB1,INT0', b: 'DB1,INT2', r: 'DB1,REAL4', word: 'DB1,STRING8.4' }

interface Watched { readonly field: Field; readonly scans: Scan[]; readonly links: LinkChange[]; until: (what: (all: Watched) => boolean) => Promise<void> }

/** A field and everything it says. `until` waits for something to become true; only the test's own time limit ends it. */
function watch(plcs: readonly Plc[]): Watched {
  const scans: Scan[] = []
  const links: LinkChange[] = []
  const field = startField(plcs, { clock: systemClock, chance: systemChance, log: silentLog, onScan: (scan) => scans.push(scan), onLink: (change) => links.push(change) })
  const watched: Watched = {
    field, scans, links,
    async until(what) { while (!what(watched)) await new Promise((done) => setTimeout(done, 10)) },
  }
  return watched
}

/** The driver processes of a process, by what they run. */
function drivers(of: number | 'self' = 'self'): { pid: number; environment: string; command: string }[] {
  return childrenOf(of)
    .map((pid) => ({ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8'), environment: readFileSync(`/proc/${pid}/environ`, 'utf8') }))
    .filter(({ command }) => command.includes('field/crew-process.js'))
}

const good = (scan: Scan): boolean => scan.qualities.every((quality) => quality === qualities.good)

for (const isolation of ['family', 'process'] as const) t.test(`scans come whole from a ${isolation === 'family' ? 'thread' : 'process'}: numbers, texts, qualities and both clocks`, async (t) => {
  const server = await startS7Plc([block])
  const { field, scans, links, until } = watch([plcOf({ id: 'p', port: server.port, tags, isolation, timeout: '20s' })])
  await until(() => scans.length >= 3)
  const scan = scans[2]!
  t.strictSame([...scan.values], [7, 8, 1.5])
  t.same([...scan.texts], [[3, 'abc']])
  t.ok(good(scan))
  t.ok(Math.abs(scan.mono - systemClock.mono()) < 60_000, 'the monotonic clock is this process\'s own')
  t.ok(Math.abs(scan.at - systemClock.now()) < 60_000)
  t.same(links.map(({ plc, up }) => [plc, up]), [['p', true]])
  await until(() => field.health()[0]!.cyclesCount > 3)
  t.match(field.health()[0], { plc: 'p', state: 'online', fault: null, pduBytes: 960, requestsPerScan: 1 })
  t.equal(drivers().length, isolation === 'process' ? 1 : 0)
  await field.stop()
  t.same(drivers(), [], 'no driver process is left')
  await server.kill()
})

for (const transport of ['pipelined', 'snap7'] as const) t.test(`dead, silent and hung PLCs over ${transport} take nothing from the one that works`, async (t) => {
  const [well, ...hung] = await Promise.all(Array.from({ length: 7 }, () => startS7Plc([block])))
  const dead = await freePort()
  for (const server of hung) await server.freeze()
  // Six hung PLCs would fill the thread pool's default four, and the well one would be read every three seconds.
  const { field, scans, until } = watch([
    plcOf({ id: 'dead', transport, port: dead, tags }), ...hung.map((server: S7Plc, i) => plcOf({ id: `hung${i}`, transport, port: server.port, tags })), plcOf({ id: 'well', transport, port: well!.port, tags, timeout: '20s' }),
  ])
  const group = field.groups.find(({ plc }) => plc === 'well')!.index
  await until(() => field.health()[0]!.fault === 'PLC_REFUSED')
  await until(() => field.health().slice(1, -1).every(({ fault }) => fault === 'PLC_TIMEOUT'))
  await until(() => field.health().at(-1)!.cyclesCount >= 20 && scans.filter((scan) => scan.group === group).length >= 20)
  const { cyclesCount, cyclesMissedCount } = field.health().at(-1)!
  // Read only once a hung call gave up, it would miss thirty cycles for each; on a busy machine it may miss a few.
  t.ok(cyclesMissedCount < 10 * cyclesCount, `${cyclesMissedCount} missed, ${cyclesCount} read`)
  t.ok(scans.filter((scan) => scan.group === group).every(good))
  t.ok(scans.filter((scan) => scan.group !== group).every((scan) => !good(scan)))
  const [driver, ...more] = drivers()
  t.same(more, [], 'no more than one process for all')
  if (transport === 'snap7') {
    t.match(driver!.environment, `UV_THREADPOOL_SIZE=68`)
    t.match(driver!.command, '--single-threaded-gc')
  } else t.equal(driver, undefined, 'our own session needs no process')
  await field.stop()
  await Promise.all([well!, ...hung].map((server) => server.kill()))
})

t.test('a thread for every call that can block, and some to spare', async (t) => {
  const plcs = (count: number, transport: string) => Array.from({ length: count }, () => plcOf({ transport }))
  t.same([1, 12, 13, 100].map((count) => poolThreadsOf(plcs(count, 'pipelined'))), [16, 16, 17, 104])
  t.same([1, 2, 40].map((count) => poolThreadsOf(plcs(count, 'snap7'))), [16, 20, 324])
})

t.test('native code has no more files in a process than it can see', async (t) => {
  const { field, until } = watch(Array.from({ length: 41 }, (_, i) => plcOf({ id: `p${i}`, transport: 'snap7', port: 9, tags })))
  await until(() => drivers().length === 2)
  t.pass('41 PLCs over snap7 are read by two processes')
  await field.stop()
})

t.test('a driver process that crashes makes its values bad at once, and is started again', async (t) => {
  const [one, two] = [await startS7Plc([block]), await startS7Plc([block])]
  const { field, scans, links, until } = watch([plcOf({ id: 'one', port: one.port, tags, transport: 'snap7', timeout: '20s' }), plcOf({ id: 'two', port: two.port, tags, isolation: 'process', timeout: '20s' })])
  await until(() => [0, 1].every((group) => scans.some((scan) => scan.group === group && good(scan))))
  t.equal(drivers().length, 2, 'a PLC of its own process')
  const victim = drivers().find(({ command }) => command.includes('crew-process.js'))!
  process.kill(victim.pid, 'SIGKILL')
  await until(() => links.some(({ fault }) => fault === 'DRIVER_CRASHED'))
  const fallen = links.find(({ fault }) => fault === 'DRIVER_CRASHED')!.plc
  t.ok(scans.some((scan) => field.groups[scan.group]!.plc === fallen && scan.qualities.every((quality) => quality === qualities.link_down)))
  t.match(field.health().find(({ plc }) => plc === fallen), { state: 'backoff', fault: 'DRIVER_CRASHED' })
  const from = scans.length
  await until(() => scans.slice(from).some((scan) => field.groups[scan.group]!.plc === fallen && good(scan)))
  t.same(links.filter(({ plc }) => plc === fallen).map(({ up }) => up), [true, false, true])
  t.same(links.filter(({ plc }) => plc !== fallen).map(({ up }) => up), [true], 'the other process was not touched')
  await field.stop()
  await one.kill()
  await two.kill()
})

t.test('a PLC that is gone is told as bad cycle by cycle, so that its last values hold for no longer than they may', async (t) => {
  const server = await startS7Plc([block])
  const { field, scans, links, until } = watch([plcOf({ id: 'p', port: server.port, tags, timeout: '20s' })])
  await until(() => scans.some(good))
  await server.kill()
  await until(() => links.some(({ up }) => !up))
  const from = scans.findLastIndex(good) + 1
  await until(() => scans.length - from > 5)
  t.ok(scans.slice(from).every((scan) => scan.qualities.every((quality) => quality !== qualities.good)))
  await field.stop()
  t.equal(links.filter(({ up }) => !up).length, 1, 'the loss itself is told once')
})

for (const housing of ['thread', 'process'] as const) t.test(`a driver ${housing} in which something is thrown ends alone, and is started again`, async (t) => {
  const server = await startS7Plc([block])
  const plcs = [plcOf({ id: 'p', port: server.port, tags })]
  const start = { kind: 'start', plcs: plcs.map((plc) => ({ plc, groups: scanGroupsOf(plcs).groups, phaseMs: 0 })) } as const
  let scansCount = 0
  const told: string[] = []
  const log: Log = { ...silentLog, error: (sentence, fields) => { told.push(`${sentence}: ${String(fields?.['detail'])}`) } }
  const ended = new Promise<string>((done) => {
    const ward = startWard({
      clock: systemClock, chance: systemChance, log, housing, poolThreadsCount: 16, start,
      // A crew is started once: what asserts that stands for every mistake of ours.
      onMessage({ kind }) { if (kind === 'scan' && ++scansCount === 1) ward.tell(start) },
      onEnd: done,
    })
    t.teardown(() => ward.stop())
  })
  t.equal(await ended, 'DRIVER_CRASHED')
  const from = scansCount
  while (scansCount < from + 3 || told.length === 0) await new Promise((done) => setTimeout(done, 10))
  t.match(told, [new RegExp(`^a driver ${housing} failed: [^]*a crew is started once`)], 'what was thrown is in the log, and nowhere else')
  await server.kill()
})

t.test('a crew that nobody could hear, because the gateway itself was held up, does not hang', async (t) => {
  const server = await startS7Plc([block])
  const plcs = [plcOf({ id: 'p', port: server.port, tags })]
  const clock = manualClock(instant(0))
  const ends: string[] = []
  let beatsCount = 0
  const ward = startWard({
    clock, chance: systemChance, log: silentLog, housing: 'thread', poolThreadsCount: 16,
    start: { kind: 'start', plcs: plcs.map((plc) => ({ plc, groups: scanGroupsOf(plcs).groups, phaseMs: 0 })) },
    onMessage({ kind }) { if (kind === 'health') beatsCount++ },
    onEnd: (fault) => { ends.push(fault) },
  })
  const beats = async (): Promise<void> => { for (const from = beatsCount; beatsCount === from && ends.length === 0;) await new Promise((done) => setTimeout(done, 10)) }
  await beats()
  await clock.advance(limits.crewSilentMs)
  await beats()
  await clock.advance(limits.crewBeatMs)
  await beats()
  t.strictSame(ends, [])
  await ward.stop()
  await server.kill()
})

t.test('a driver process that hangs is ended and started again', async (t) => {
  const server = await startS7Plc([block])
  const { field, scans, links, until } = watch([plcOf({ id: 'p', port: server.port, tags, isolation: 'process', timeout: '20s' })])
  await until(() => scans.some(good))
  process.kill(drivers()[0]!.pid, 'SIGSTOP')
  await until(() => links.some(({ fault }) => fault === 'DRIVER_HUNG'))
  const from = scans.length
  await until(() => scans.slice(from).some(good))
  t.same(links.map(({ up }) => up), [true, false, true])
  await field.stop()
  t.same(drivers(), [])
  await server.kill()
})

t.test('a daemon that is killed leaves no driver process behind', async (t) => {
  const server = await startS7Plc([block])
  const program = `
    const load = (path) => import(new URL(path, ${JSON.stringify(import.meta.url)}))
    const [{ startField }, { systemClock }, { systemChance }, { silentLog }] = await Promise.all(['../../src/field/host.js', '../../src/base/clock.js', '../../src/base/chance.js', '../../src/base/log.js'].map(load))
    startField([${JSON.stringify(plcOf({ id: 'p', port: server.port, tags, isolation: 'process' }))}], { clock: systemClock, chance: systemChance, log: silentLog, onScan: () => process.stdout.write('scan'), onLink: () => undefined })`
  const daemon = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'] } })
  await once(daemon.stdout, 'data')
  const [driver] = drivers(daemon.pid)
  daemon.kill('SIGKILL')
  const isThere = (): boolean => existsSync(`/proc/${driver!.pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${driver!.pid}/stat`, 'utf8'))
  while (isThere()) await new Promise((done) => setTimeout(done, 10))
  t.notOk(isThere())
  await server.kill()
})

t.test('a PLC restart is seen as such: bad at once, good again by itself', async (t) => {
  const server = await startS7Plc([block])
  const { field, scans, links, until } = watch([plcOf({ id: 'p', port: server.port, tags, timeout: '20s' })])
  await until(() => scans.some(good))
  await server.kill()
  await until(() => links.some(({ up }) => !up))
  const again = await startS7Plc([block], { port: server.port })
  await until(() => links.at(-1)!.up && good(scans.at(-1)!))
  t.same(links.map(({ up, fault }) => [up, fault]), [[true, null], [false, 'PLC_LINK_LOST'], [true, null]])
  t.ok(field.health()[0]!.cyclesMissedCount > 0)
  await field.stop()
  await again.kill()
})

t.test('a PLC or a tag that is taken out is read no more', async (t) => {
  const server = await startS7Plc([block])
  let calls = 0
  const other = createServer((socket) => { calls++; socket.destroy() })
  await new Promise<void>((listening) => { other.listen(0, '127.0.0.1', listening) })
  const { port } = other.address() as AddressInfo
  const kept = plcOf({ id: 'p', port: server.port, tags: { a: 'DB1,INT0', b: 'DB1,INT2' }, timeout: '20s' })
  const both = watch([kept, plcOf({ id: 'q', port, tags })])
  await both.until(({ scans }) => calls > 0 && scans.some(good))
  await both.field.stop()
  const before = calls
  const one = watch([{ ...kept, tags: { a: kept.tags['a']! } }])
  await one.until(({ scans }) => scans.length >= 10)
  t.equal(calls, before)
  t.same(one.field.groups.map(({ plc, tags: read }) => [plc, read.map(({ name }) => name)]), [['p', ['a']]])
  t.same([...one.scans.at(-1)!.values], [7])
  await one.field.stop()
  other.close()
  await server.kill()
})

t.test('what cannot be read is named and left out; the rest runs', async (t) => {
  const server = await startS7Plc([block])
  const { field, scans, until } = watch([plcOf({ id: 'p', port: server.port, tags: { a: 'DB1,INT0', wrong: 'DB1,IMT2', gone: 'DB9,INT0' }, timeout: '20s' })])
  t.match(field.bad, [{ path: 'plcs.0.tags.wrong.address', plc: 'p', tag: 'wrong', fault: 'CONFIG_INVALID', message: /did you mean DB1,INT2/ }])
  await until(() => scans.length > 5 && field.health()[0]!.badTags.length === 2)
  t.same([...scans[0]!.qualities], [qualities.good, qualities.not_found])
  t.same(field.health()[0]!.badTags.map(({ tag, fault }) => [tag, fault]), [['wrong', 'CONFIG_INVALID'], ['gone', 'TAG_NOT_FOUND']])
  t.equal(await faultOfCall(field.write('p', 'a', 5)), 'TAG_PROTECTED', 'nothing is written unless the configuration says so')
  await field.stop()
  await server.kill()
})
