import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { systemChance } from '../../src/base/chance.js'
import { manualClock, systemClock } from '../../src/base/clock.js'
import { limits } from '../../src/base/limits.js'
import { type Log, silentLog } from '../../src/base/log.js'
import { instant } from '../../src/base/units.js'
import { type LinkChange, type Scan, qualities } from '../../src/contract/scan.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { startField } from '../../src/field/host.js'
import { startWard } from '../../src/field/ward.js'
import { until } from '../support/child.js'
import { folderOf } from '../support/folder.js'
import { type Block, startS7Plc } from './support/s7-plc.js'
import { plcOf } from './support/scripted.js'

const block: Block = { area: 'DB', db: 1, bytes: Buffer.from('00070008', 'hex') }
const tags = { a: 'DB1,INT0', b: 'DB1,INT2' }
const good = (scan: Scan): boolean => scan.qualities.every((quality) => quality === qualities.good)
const NODE = process.execPath

/** From now on every process that is forked here is begun by this script, until the test has ended. */
function beginProcessesBy(t: Test, directory: string, script: string): void {
  const file = join(directory, 'node')
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
  process.execPath = file
  t.teardown(() => { process.execPath = NODE })
}

/** A debugger of the driver threads of this process: what it is given runs in each that begins, as code that somebody else brought along would. */
async function inEveryThread(t: Test, waitForDebuggerOnStart: boolean): Promise<{ readonly threadsCount: () => number; readonly run: (code: string) => void; readonly leave: () => void }> {
  const session = new Session()
  session.connect()
  const leave = (): void => { session.disconnect() }
  t.teardown(leave)
  const threads: string[] = []
  const tell = (sessionId: string, method: string, params: object): void => { session.post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id: 1, method, params }) }) }
  session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
    if (workerInfo.url.includes('/field/')) threads.push(sessionId)
    // What loads modules for whoever runs the tests lives in a thread of this process too.
    else tell(sessionId, 'Runtime.runIfWaitingForDebugger', {})
  })
  await new Promise<void>((done, failed) => { session.post('NodeWorker.enable', { waitForDebuggerOnStart }, (error) => { if (error === null) done(); else failed(error) }) })
  return {
    leave, threadsCount: () => threads.length,
    run(expression) { for (const sessionId of threads) tell(sessionId, 'Runtime.evaluate', { expression }) },
  }
}

for (const housing of ['thread', 'process'] as const) t.test(`a timer of a library that throws in a driver ${housing} makes its values bad and renews it, and hurts nobody else`, async (t) => {
  const directory = folderOf(t)
  const [one, two] = [await startS7Plc([block]), await startS7Plc([block])]
  const scans: Scan[] = []
  const links: LinkChange[] = []
  const told: string[] = []
  const log: Log = { ...silentLog, error: (sentence, fields) => { told.push(`${sentence}: ${String(fields?.['detail'])}`) } }
  const threads = housing === 'thread' ? await inEveryThread(t, false) : null
  const sign = join(directory, 'throw')
  if (housing === 'process') {
    writeFileSync(join(directory, 'library.mjs'), `import { existsSync, rmSync } from 'node:fs'\nsetInterval(() => { if (existsSync(${JSON.stringify(sign)})) { rmSync(${JSON.stringify(sign)}); throw new Error('a timer of the library') } }, 10)`)
    beginProcessesBy(t, directory, `exec '${NODE}' --import '${join(directory, 'library.mjs')}' "$@"`)
  }
  // The other PLC lives where nothing is thrown: in a process beside the thread, or in a thread beside the process.
  const field = startField([plcOf({ id: 'hurt', port: one.port, tags, isolation: housing === 'thread' ? 'family' : 'process', timeout: '20s' }), plcOf({ id: 'well', port: two.port, tags, isolation: housing === 'thread' ? 'process' : 'family', timeout: '20s' })],
    { clock: systemClock, chance: systemChance, log, onScan: (scan) => scans.push(scan), onLink: (change) => links.push(change) })
  const of = (plc: string, from = 0) => scans.slice(from).filter(({ group }) => field.groups[group]!.plc === plc)
  await until('both are read', () => of('hurt').some(good) && of('well').some(good))

  if (threads === null) writeFileSync(sign, '')
  else threads.run(`setTimeout(() => { throw new Error('a timer of the library') })`)
  await until('the driver has ended', () => links.some(({ fault }) => fault === 'DRIVER_CRASHED'))
  t.ok(of('hurt').some((scan) => scan.qualities.every((quality) => quality === qualities.link_down)), 'bad at once')
  const from = scans.length
  await until('it is read again, and so is the other', () => of('hurt', from).some(good) && of('well', from).some(good))
  t.strictSame(links.filter(({ plc }) => plc === 'hurt').map(({ up }) => up), [true, false, true])
  t.strictSame(links.filter(({ plc }) => plc === 'well').map(({ up }) => up), [true])
  t.ok(of('well').every(good), 'nobody else was hurt')
  await until('what was thrown is told', () => told.some((one) => new RegExp(`^a driver ${housing} failed: [^]*a timer of the library`).test(one)))
  t.notOk(existsSync(sign))
  await field.stop()
  await one.kill()
  await two.kill()
})

for (const housing of ['thread', 'process'] as const) t.test(`a driver ${housing} that never says a word is given its first minute, and then ended and begun anew`, async (t) => {
  const server = await startS7Plc([block])
  const plcs = [plcOf({ id: 'p', port: server.port, tags })]
  const clock = manualClock(instant(0))
  const ends: string[] = []
  let scansCount = 0
  // A thread that waits for a debugger, and a process that does nothing at all.
  const threads = housing === 'thread' ? await inEveryThread(t, true) : null
  if (housing === 'process') beginProcessesBy(t, folderOf(t), 'exec sleep 1000')
  const ward = startWard({
    clock, chance: systemChance, log: silentLog, housing, poolThreadsCount: 16, start: { kind: 'start', plcs: plcs.map((plc) => ({ plc, groups: scanGroupsOf(plcs).groups, phaseMs: 0 })) },
    onMessage({ kind }) { if (kind === 'scan') scansCount++ },
    onEnd: (fault) => { ends.push(fault) },
  })
  t.teardown(() => ward.stop())
  if (threads !== null) await until('the thread has begun', () => threads.threadsCount() === 1)

  for (let ms = limits.crewSilentMs; ms < limits.crewStartMs; ms += limits.crewSilentMs) await clock.advance(limits.crewSilentMs)
  await sleep(50)
  t.strictSame(ends, [], 'loading may take its time')
  process.execPath = NODE
  while (ends.length === 0) { await clock.advance(limits.crewBeatMs); await sleep(5) }
  t.strictSame(ends, ['DRIVER_HUNG'])
  threads?.leave()
  await clock.advance(limits.crewRestartMsMax)
  await until('the next one reads', () => scansCount > 2)
  await ward.stop()
  await server.kill()
})

t.test('until its end nobody waits: a house that is torn down in its first minute is gone', async (t) => {
  beginProcessesBy(t, folderOf(t), 'exec sleep 1000')
  const ward = startWard({ clock: systemClock, chance: systemChance, log: silentLog, housing: 'process', poolThreadsCount: 16, start: { kind: 'start', plcs: [] }, onMessage: () => undefined, onEnd: () => { t.fail('nobody asked for another') } })
  await sleep(50)
  await ward.stop()
  t.pass('stopped')
})

