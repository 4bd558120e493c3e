/** A configuration from its first start to its return: weighed, applied, watched, taken back. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { instant } from '../../src/base/units.js'
import type { Health } from '../../src/contract/desk.js'
import type { FaultCode } from '../../src/contract/faults.js'
import { changesBetween, reachOf, sentenceOfChange } from '../../src/configuration/changes.js'
import type { Config } from '../../src/contract/config.js'
import { decideInForce } from '../../src/configuration/in-force.js'
import { Looks } from '../../src/configuration/trial.js'
import { inForce, openVersions, previousOf, readSource } from '../../src/configuration/versions.js'
import { until } from '../support/child.js'
import { folderOf } from '../support/folder.js'
import { freePort } from '../support/ports.js'

const LINESIDE = new URL('../../../bin/lineside', import.meta.url).pathname
const EXAMPLE = readFileSync(new URL('../../../config/lineside.yaml', import.meta.url), 'utf8')
// A gateway and a dozen commands, each a process of its own, and the machine may be busy.
t.setTimeout(600_000)
const NOON = instant(Date.UTC(2026, 2, 29, 12))

const configIn = (directory: string, content: string): Config => {
  const file = join(directory, 'one.yaml')
  writeFileSync(file, content)
  const read = readSource(file)
  if (!('config' in read)) throw new Error(read.errors.map((error) => error.expected).join())
  return read.config
}

t.test('changes are told by name, in the units of the file, with what they ask for', async (t) => {
  const directory = folderOf(t, {})
  const before = configIn(directory, EXAMPLE)
  const changed = (from: string, to: string) => changesBetween(before, configIn(directory, EXAMPLE.replace(from, to)))
  for (const [from, to, sentence, reach] of [
    ['# lineside: the annotated', '# the annotated', undefined, 'live'],
    ['stop_longer: 5m', 'stop_longer: 90s', 'andon.stop_longer: 5m → 90s', 'live'],
    ['startup_good_parts: 20', 'startup_good_parts: 25', 'lines[BP01].equipment[BP01.PACK.BAG1].startup_good_parts: 20 → 25', 'live'],
    ['  - { code: NO_ORDER,        name: No order,             category: excluded }', '', 'reasons[NO_ORDER]: gone, was {"code":"NO_ORDER","name":"No order","category":"excluded"', 'live'],
    ['startup_good_parts: 20', 'micro_stop: 1m\n        startup_good_parts: 20', 'lines[BP01].equipment[BP01.PACK.BAG1].micro_stop: 2m → 1m', 'live'],
    ['port: 10102', 'port: 10103', 'plcs[packer].port: 10102 → 10103', 'reconnect'],
    ['storage:\n', 'storage:\n  ballast: 1MB\n', 'storage.ballast: 16000000B → 1000000B', 'restart'],
  ] as const) {
    const changes = changed(from, to)
    t.equal(reachOf(changes), reach, to)
    t.equal(changes.length, sentence === undefined ? 0 : 1)
    if (sentence !== undefined && changes[0] !== undefined) t.ok(sentenceOfChange(changes[0]).startsWith(sentence), sentenceOfChange(changes[0]))
  }
})

t.test('a start takes the file when it has changed, and what worked when the file cannot be used', async (t) => {
  const directory = folderOf(t, { 'lineside.yaml': EXAMPLE })
  const file = join(directory, 'lineside.yaml')
  const start = () => {
    const versions = openVersions(directory)
    const decided = decideInForce(readSource(file), versions, NOON)
    decided.settle()
    return { decided, versions }
  }
  t.match(start().decided, { version: 1, applied: { previous: null, changes: [] }, rejected: null, warnings: [] })
  t.match(start().decided, { version: 1, applied: null, rejected: null }, 'an unchanged file is no news')
  writeFileSync(file, `# a comment\n${EXAMPLE}`)
  t.match(start().decided, { version: 1, applied: null, warnings: [] }, 'a comment changes nothing')

  writeFileSync(file, EXAMPLE.replace('stop_longer: 5m', 'stop_longer: 6m'))
  const { decided, versions } = start()
  t.match(decided, { version: 2, applied: { previous: 1, changes: ['andon.stop_longer: 5m → 6m'] } })
  t.equal(inForce(versions)?.state, 'trial')
  const died = start()
  t.match(died.decided, { version: 1, rejected: { version: 1, rejected: 2 }, config: { andon: { stop_longer: 300_000 } } }, 'one that did not survive its trial is not tried again')
  t.match(start().decided, { version: 1, rejected: null, warnings: [/version 1 is in force, which is not what .* says/] }, 'nor at the start after it')

  writeFileSync(file, 'lines: [')
  t.match(start().decided, { version: 1, rejected: { version: 1, rejected: null, errors: [/lineside\.yaml:\d+:\d+ / ] } })
  writeFileSync(file, EXAMPLE.replace('stop_longer: 5m', 'stop_longer: 7m'))
  t.match(start().decided, { version: 3, applied: { previous: 1 } }, 'numbers are not given twice')
  writeFileSync(join(directory, 'config', '000009.json'), '{ half')
  t.equal(openVersions(directory).list().length, 3, 'a torn version is as good as none')
  t.throws(() => decideInForce(readSource(join(directory, 'none.yaml')), openVersions(join(directory, 'nowhere')), NOON), { code: 'CONFIG_INVALID' }, 'with nothing to go on with there is no start')
  const one = openVersions(directory).list()[0]!
  t.equal(previousOf(openVersions(directory), null)?.version, one.version)
  for (const name of readdirSync(join(directory, 'config'))) if (name !== '000009.json') t.equal(statSync(join(directory, 'config', name)).mode & 0o077, 0, 'only its owner reads it')
})

t.test('a configuration on trial does harm when the gateway or a PLC that answered before does worse, whatever the fault', async (t) => {
  const none = { p50: 0, p99: 0, max: 0 }
  const plcOf = (id: string, fault: FaultCode | null): Health['plcs'][number] => ({
    plc: id, state: fault === null ? 'online' : 'backoff', fault, detail: null, since: NOON, pduBytes: null, pduFill: null, requestsPerScan: 1, cycleMs: 100, jitterMs: none, readMs: none,
    cyclesCount: 0, cyclesMissedCount: 0, requestsCount: 0, bytesCount: 0, reconnectsCount: 0, scansForgottenCount: 0, badTags: [],
  })
  const well: Health = {
    alive: true, ready: true, reasons: [], warnings: [], startedAt: NOON, lastTurnAt: NOON, turnsCount: 1, turnsMissedCount: 0, scansForgottenCount: 0, turnMs: none, stages: { read: none, solve: none, write: none, announce: none },
    plcs: [plcOf('filler', null), plcOf('packer', null)],
  }
  const without = (fault: FaultCode): Health => ({ ...well, plcs: [plcOf('filler', null), plcOf('packer', fault)] })
  const judged = (looks: readonly Health[], wasReady = true, online: readonly string[] = ['filler', 'packer']) => {
    const all = new Looks(wasReady, online)
    for (const one of looks) all.take(one)
    return all.harm()
  }
  t.equal(judged([]), null, 'nobody has looked')
  t.equal(judged([well, well]), null)
  for (const fault of ['PLC_TIMEOUT', 'DRIVER_HUNG', 'PLC_REFUSED'] as const) {
    t.match(judged([well, well, without(fault)]), new RegExp(`^packer answered before and does not now \\(${fault}: `), `${fault} at the last`)
    t.equal(judged([well, without(fault), well, well]), null, `${fault} once, and over: a cable, or a busy box`)
    t.equal(judged([without(fault), without(fault), well]), 'packer answered before and is away most of the time now', `${fault} again and again`)
    t.equal(judged([without(fault), without(fault)], true, ['filler']), null, 'it was away before')
  }
  t.equal(judged([without('PLC_TIMEOUT')], true, ['packer', 'gone'])?.split('; ').length, 2)
  t.equal(judged([well, { ...well, ready: false, reasons: ['the disk is full'] }]), 'the disk is full')
  t.equal(judged([well, { ...well, ready: false, reasons: ['the disk is full'] }], false), null, 'as before')
  t.equal(judged([{ ...well, ready: false, reasons: ['the disk was full'] }, well]), null)
  const dead = new Looks(false, [])
  dead.take({ ...well, alive: false, reasons: ['no turn'] })
  t.ok(dead.isOver())
  t.equal(dead.harm(), 'no turn')
})

/** Of each PLC before anything is applied: enough to tell its poller from one that was made later. */
const CYCLES_BEFORE = 30

interface Ended { readonly code: number | null; readonly out: string; readonly err: string }

async function ended(child: ChildProcess): Promise<Ended> {
  const [out, err, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'close') as Promise<[number | null]>])
  return { code, out, err }
}

t.test('a running gateway takes a configuration, takes a harmful one back, and starts without a usable file', async (t) => {
  const directory = folderOf(t, {})
  const file = join(directory, 'lineside.yaml')
  const s7Port = await freePort()
  const example = EXAMPLE.replace('port: 10102', `port: ${s7Port}\n    timeout: 20s`).replace('port: 10144', `port: ${await freePort()}`).replace('port: 8000', `port: ${await freePort()}`)
  writeFileSync(file, example)
  const at = ['--config', file, '--data', join(directory, 'data')]
  const start = (...args: readonly string[]) => spawn(LINESIDE, args, { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe'] })
  const lineside = (...args: readonly string[]) => ended(start(...args, ...at))
  const up = async () => {
    const child = start('run', '--demo', ...at)
    const result = ended(child)
    t.teardown(() => child.kill('SIGKILL'))
    await Promise.race([once(child.stdout, 'data'), result.then(({ err }) => { throw new Error(err) })])
    return { child, result }
  }
  const factsOf = async (type: string) => {
    const { out } = await lineside('status', '-o', 'json')
    t.ok(JSON.parse(out))
    const token = readFileSync(join(directory, 'data', 'cli.token'), 'utf8').trim()
    const answer = await fetch(`http://127.0.0.1:${/^server:\n.*\n {2}port: (\d+)/m.exec(example)![1]}/api/v1/enhanced/journal?after=0&limit=1000`, { headers: { authorization: `Bearer ${token}` } })
    const { data } = await answer.json() as { data: { events: { type: string; data: Record<string, unknown> }[] } }
    return data.events.filter((event) => event.type === type).map((event) => event.data)
  }

  /** How many cycles each PLC has behind it, read or missed: enough of them, and as many as have passed since its poller began. */
  const polled = async () => {
    const token = readFileSync(join(directory, 'data', 'cli.token'), 'utf8').trim()
    const { url } = JSON.parse(readFileSync(join(directory, 'data', 'served.json'), 'utf8')) as { url: string }
    const answer = await fetch(`${url}/api/v1/enhanced/lines/BP01/plcs`, { headers: { authorization: `Bearer ${token}` } })
    const { data } = await answer.json() as { data: { plcs: { plc: string; cycles: number; cycles_missed: number; cycle_seconds: number }[] } }
    const at = performance.now()
    return data.plcs.map(({ plc, cycles, cycles_missed: missed, cycle_seconds: seconds }) => ({ plc, at, cycles: cycles + missed, cycleMs: seconds * 1_000 }))
  }

  const first = await up()
  t.equal(statSync(join(directory, 'data', 'admin.sock')).mode & 0o077, 0, 'nobody else reaches the socket')
  t.match(await lineside('config', 'apply'), { code: 0, err: /not applied: version 1 says the same/ })
  t.match(await lineside('status'), { code: 0 }, 'which makes a token for whoever asks here')
  await until('every PLC has been read for a while', async () => (await polled()).every(({ cycles }) => cycles >= CYCLES_BEFORE))
  const polledBefore = await polled()

  writeFileSync(file, example.replace('stop_longer: 5m', 'stop_longer: 7m'))
  t.match(await lineside('config', 'diff'), { code: 0, out: 'andon.stop_longer: 5m → 7m\n' })
  t.match(await lineside('config', 'plan', '--last', '1h'), { code: 0, out: /^from .*\n {2}andon\.stop_longer: 5m → 7m\n/, err: /it would take effect between two turns/ })
  const [{ url }, token] = [JSON.parse(readFileSync(join(directory, 'data', 'served.json'), 'utf8')) as { url: string }, readFileSync(join(directory, 'data', 'cli.token'), 'utf8').trim()]
  const ask = async (body?: object) => (await (await fetch(`${url}/api/v1/enhanced/config/plan`, { headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }) })).json() as { data?: { state: string; plan: object | null }; error?: { code: string; details: object[] } })
  t.match(await ask({ text: 'lines: [' }), { error: { code: 'BODY_MISFIT', details: [{ message: /lineside\.yaml:\d+:\d+ / }] } })
  // Asked at once, since the one that comes first may soon be done.
  const asked = await Promise.all([1, 2].map(() => ask({ text: readFileSync(file, 'utf8'), hours: 1 })))
  t.strictSame(asked.map(({ data, error }) => data?.state ?? error?.code).sort(), ['PLAN_RUNNING', 'running'])
  let state = await ask()
  while (state.data?.state === 'running') state = await ask()
  t.match(state.data, { state: 'done', plan: { changes: [{ path: 'andon.stop_longer', reach: 'live' }], reconnects: [] } })

  // A catalogue of which one line is broken: it is named with what to do, and not a line of it is believed.
  writeFileSync(join(directory, 'faults.csv'), 'bit,code,name,severity\n20,CHAIN,Chain torn,high\n21,OIL,No oil,hihg\n22,AIR,No air,low\n')
  writeFileSync(file, example.replace('faults: *faults', 'faults_file: faults.csv'))
  const told = async (path: string, body?: object) => {
    const answer = await fetch(`${url}/api/v1/enhanced/${path}`, { headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }) })
    return { status: answer.status, ...await answer.json() as object }
  }
  t.match(await told('config/apply', {}), { status: 422, success: false, error: { code: 'CONFIG_INVALID', details: [{ message: /faults\.csv:3:15 .*severity: expected one of critical, high, medium, low, found "hihg"; did you mean "high"\?$/ }] } })
  t.match(await told('config'), { data: { version: 1, versions: { length: 1 } } }, 'nothing of the file was applied')
  t.match(await told('config/apply', { text: example.replace('storage:\n', 'storage:\n  ballast: 1MB\n') }), { status: 409, error: { code: 'CONFIG_NEEDS_RESTART', details: [{ message: /storage\.ballast/ }] } })
  t.match(await told('config/rollback', { version: 7 }), { status: 404, error: { code: 'VERSION_UNKNOWN', details: [{ message: '1' }] } })
  t.match(await told('config/apply', { text: example }), { status: 200, data: { applied: 1, changes: { length: 0 } } }, 'what is in force is as it was asked to be')
  t.equal((await factsOf('config_applied')).length, 1)
  writeFileSync(file, example.replace('stop_longer: 5m', 'stop_longer: 7m'))
  t.match(await lineside('config', 'apply', '--dry-run'), { code: 0, out: 'andon.stop_longer: 5m → 7m\n' })
  t.match(await lineside('config', 'apply', '--trial', '1s'), { code: 0, out: 'andon.stop_longer: 5m → 7m\n', err: /version 2 is in force\nit has proved itself/ })
  t.match(await factsOf('config_applied'), [{ version: 1, previous: null, by: 'file' }, { version: 2, previous: 1, changes: ['andon.stop_longer: 5m → 7m'] }])
  // A poller made anew counts from nothing, and never catches up with the cycles that the one before it had behind it.
  await until('no PLC was disturbed for it', async () => (await polled()).every(({ plc, cycles, at, cycleMs }) => {
    const before = polledBefore.find((one) => one.plc === plc)!
    return cycles >= before.cycles + (at - before.at) / cycleMs - CYCLES_BEFORE / 2
  }) || (await factsOf('plc_connection_status')).some(({ fault }) => fault === 'DRIVER_HUNG'))

  writeFileSync(file, example.replace('heartbeat', 'x').replace('storage:\n', 'storage:\n  ballast: 1MB\n'))
  t.match(await lineside('config', 'apply'), { code: 6, err: /take effect at a start only.*\n {2}storage\.ballast/ })

  writeFileSync(file, example.replace('stop_longer: 5m', 'stop_longer: 7m').replace(`port: ${s7Port}`, `port: ${await freePort()}`))
  t.match(await lineside('config', 'apply', '--trial', '2s'), { code: 6, err: /version 3 was taken back: packer answered before and does not now \(PLC_[A-Z]+: the PLC .*\)\nversion 4 is in force/ })
  t.match(await factsOf('config_rejected'), [{ version: 4, rejected: 3 }])
  t.match(await lineside('config', 'rollback'), { code: 0, err: /version 5 is in force/, out: 'andon.stop_longer: 7m → 5m\n' })
  const rows = JSON.parse((await lineside('config', 'history', '-o', 'json')).out) as { version: number; state: string }[]
  t.strictSame(rows.map(({ version, state }) => `${version} ${state}`), ['5 good, in force', '4 good', '3 failed', '2 good', '1 good'])
  t.match((await lineside('config', 'show', '--origin')).out, /^andon\.stop_longer: 5m {2}# .*lineside\.yaml:\d+:\d+$/m)
  first.child.kill('SIGTERM')
  await first.result

  writeFileSync(file, `${example}\nlines: [`)
  const second = await up()
  t.match(await lineside('status'), { code: 0, out: /! .*lineside\.yaml has 2 errors: version 5 is in force/ })
  t.match((await factsOf('config_rejected')).at(-1), { version: 5, rejected: null, errors: { length: 2 } })
  t.match(await lineside('config', 'apply'), { code: 6, err: /lineside\.yaml:\d+:\d+ / })
  second.child.kill('SIGTERM')
  t.match((await second.result).err, /"level":"error".*has 2 errors: version 5 is in force/)

  t.match(await lineside('config', 'rollback', '2'), { code: 0, err: /at its next start version 6, which is version 2 again/ })
  t.match(await lineside('config', 'apply'), { code: 6 })
  writeFileSync(file, example)
  t.match(await lineside('config', 'apply'), { code: 3, err: /no gateway runs with the data directory/ })
  chmodSync(file, 0o600)
})
