/** OPC UA: what a thousand nodes cost, watched and polled, beside the bare library on the same server; the memory of the driver's process; and what it costs who has none. */

import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { given } from '../../src/base/assert.js'
import { type Plc, opcuaPlc, plc } from '../../src/contract/plcs.js'
import { familyOf } from '../../src/field/drivers.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { type Server, startServer } from '../field/opcua/server.js'
import { heard, probeIn, scriptsOf } from '../support/scripts.js'
import { type Bench, median } from './bench.js'
import { memoryOf } from './support/process.js'

const NODES = 1_000
const ROUNDS = 3
const READS = 50
/** A driver reads all day: what V8 compiles meanwhile, mostly for whoever comes first, is none of its cost. */
const READS_FIRST = 100
const SETTLED_MS = 10_000
const names = Array.from({ length: NODES }, (_, i) => `N${i}`)

interface Measured { readonly ms: number; readonly cpuMs: number; readonly requests: number }

async function timed(read: () => Promise<number>): Promise<Measured> {
  for (let i = 0; i < READS_FIRST; i++) await read()
  const times: number[] = []
  let requests = 0
  const before = process.cpuUsage()
  for (let i = 0; i < READS; i++) {
    const from = performance.now()
    requests = await read()
    times.push(performance.now() - from)
  }
  const { user, system } = process.cpuUsage(before)
  return { ms: median(times.slice(1)), cpuMs: (user + system) / READS / 1_000, requests }
}

async function ours(endpoint: string, reading: 'subscribe' | 'poll', directory: string): Promise<Measured> {
  const config = plcOf(endpoint, directory, { reading })
  const { groups } = scanGroupsOf([config])
  const group = given(groups[0], 'a group')
  const family = familyOf(config)
  if (typeof family === 'string') throw new Error(family)
  const driver = family.make(config, groups, { connect: 10_000, request: 10_000 })
  try {
    await driver.open()
    const none = new Set<number>()
    return await timed(async () => {
      const sink = { values: new Float64Array(group.slots), qualities: new Uint8Array(group.tags.length), texts: new Map<number, string>() }
      const { requestsCount } = await driver.read(group, sink, none)
      if (sink.values[NODES - 1] !== NODES - 1 || sink.qualities.some((quality) => quality !== 0)) throw new Error('a node was not read')
      return requestsCount
    })
  } finally {
    await driver.close()
  }
}

async function bare(endpoint: string): Promise<Measured> {
  const { AttributeIds, OPCUAClient } = await import('node-opcua-client')
  const client = OPCUAClient.create({ endpointMustExist: false })
  await client.connect(endpoint)
  const session = await client.createSession()
  const nodesToRead = names.map((name) => ({ nodeId: `ns=2;s=Line.${name}`, attributeId: AttributeIds.Value }))
  try {
    return await timed(async () => {
      const read = await session.read(nodesToRead)
      if (read.at(-1)?.value.value !== NODES - 1) throw new Error('a node was not read')
      return 1
    })
  } finally {
    await session.close()
    await client.disconnect()
  }
}

const plcOf = (endpoint: string, directory: string, more: object = {}): Plc =>
  opcuaPlc.parse({ id: 'robot', driver: 'opcua', endpoint, security: 'none', cycle: '1s', certificates: directory, tags: Object.fromEntries(names.map((name) => [name, `ns=2;s=Line.${name}:Double`])), ...more })

/** A driver process as the host starts it, once it has reached its PLC or failed to. */
async function driverProcess(one: Plc, execArgv: readonly string[]): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('../../src/field/crew-process.js', import.meta.url)), {
    serialization: 'advanced', execArgv: ['--single-threaded-gc', '--max-semi-space-size=1', '--v8-pool-size=1', ...execArgv], stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { PATH: process.env['PATH'] },
  })
  child.send({ kind: 'start', plcs: [{ plc: one, groups: scanGroupsOf([one]).groups, phaseMs: 0 }] })
  await heard(child, (message) => 'kind' in message && message.kind === 'link')
  return child
}

async function memoryOfDriver(one: Plc): Promise<number> {
  const child = await driverProcess(one, [])
  await sleep(SETTLED_MS)
  const { rss } = memoryOf([given(child.pid, 'a process')])
  child.kill('SIGKILL')
  return rss
}

async function scriptsElsewhere(one: Plc, directory: string): Promise<number> {
  const child = await driverProcess(one, ['--import', probeIn(directory)])
  const scripts = await scriptsOf(child)
  child.kill('SIGKILL')
  return scripts.filter((url) => url.includes('node_modules/node-opcua')).length
}

export const bench: Bench = {
  name: 'opcua',
  peers: [],
  async run() {
    const directory = mkdtempSync(join(tmpdir(), 'lineside-opcua-'))
    let server: Server | null = null
    try {
      server = await startServer({ nodes: names.map((name, i) => ({ name, type: 'Double', value: i })), directory })
      const rounds: { readonly watched: Measured; readonly polled: Measured; readonly bare: Measured }[] = []
      // In turns, so that whatever else the machine does meets all.
      for (let round = 0; round < ROUNDS; round++) rounds.push({ watched: await ours(server.endpoint, 'subscribe', directory), polled: await ours(server.endpoint, 'poll', directory), bare: await bare(server.endpoint) })
      const of = (figure: (round: typeof rounds[number]) => number): number => median(rounds.map(figure))
      const other = plc.parse({ id: 'filler', driver: 'modbus', host: '127.0.0.1', port: 1, cycle: '1s', tags: { a: 'HR0' } })
      return [
        { figure: `requests for a reading of ${NODES} nodes, watched`, value: of(({ watched }) => watched.requests), unit: 'requests', target: { atMost: 1 } },
        { figure: 'the same, polled', value: of(({ polled }) => polled.requests), unit: 'requests', target: null },
        { figure: 'a reading, watched', value: of(({ watched }) => watched.ms), unit: 'ms', target: null },
        { figure: 'a reading, polled', value: of(({ polled }) => polled.ms), unit: 'ms', target: null },
        { figure: 'a reading by the bare library', value: of(({ bare }) => bare.ms), unit: 'ms', target: null },
        { figure: 'CPU of a watched reading over one by the bare library', value: of(({ watched, bare }) => watched.cpuMs / bare.cpuMs), unit: '×', target: { atMost: 0.5 } },
        { figure: 'CPU of a polled reading over one by the bare library', value: of(({ polled, bare }) => polled.cpuMs / bare.cpuMs), unit: '×', target: { atMost: 1.2 } },
        { figure: `RSS of the driver's process with ${NODES} nodes`, value: await memoryOfDriver(plcOf(server.endpoint, directory)), unit: 'MiB', target: null },
        { figure: 'RSS of the process of another driver', value: await memoryOfDriver(other), unit: 'MiB', target: null },
        { figure: 'scripts of OPC UA in the process of another driver', value: await scriptsElsewhere(other, directory), unit: '', target: { atMost: 0 } },
      ]
    } finally {
      await server?.kill()
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
