/** From a change in the PLC to the message in a socket: a thousand tags at 50 ms, beside Node-RED; with 500 sockets; and at 10 ms, which Node-RED does not offer. */

import { setTimeout as sleep } from 'node:timers/promises'
import { seededChance } from '../../src/base/chance.js'
import { machineMs } from '../../src/field/parcel.js'
import type { PlcProcess } from '../../src/plant/plc-process.js'
import { type Bench, type Figure, median, percentile } from './bench.js'
import { type Ear, type EarWish, startEar } from './support/ear.js'
import { startGateway } from './support/gateway.js'
import { startNodeRed } from './support/node-red.js'
import { configOf, markerBlock, startSwinging } from './support/plant.js'
import { cpuMs, memoryOf, treeOf } from './support/process.js'

const CYCLE_MS = 50
const FAST_CYCLE_MS = 10
const TAGS = 998
const ROUNDS = Number(process.env['ROUNDS'] ?? 3)
const CHANGES = 80
/** Changes that nobody counts: meanwhile what runs often is compiled, and V8 takes away what the start has left behind. */
const CHANGES_FIRST = 60
const SOCKETS = 500

const chance = seededChance(3)
let marker = 0

interface Run { readonly p50: number; readonly p99: number; readonly cpu: number; readonly rss: number; readonly pss: number }

/** Changes the marker now and then, so that no change falls together with the cycle for long. */
async function change(plc: PlcProcess, ear: Ear, pid: number, changesCount: number): Promise<Run> {
  const changedAt = new Map<number, number>()
  await ear.heard()
  const processes = treeOf(pid)
  const [from, before] = [performance.now(), cpuMs(processes)]
  for (let i = 0; i < changesCount; i++) {
    const due = performance.now() + chance.whole(130, 260)
    changedAt.set(++marker, machineMs())
    await plc.obey({ do: 'write', blocks: [markerBlock(marker)], machines: [] })
    await sleep(due - performance.now())
  }
  const cpu = 100 * (cpuMs(processes) - before) / (performance.now() - from)
  const latencies = (await ear.heard()).flatMap(([value, at]) => (changedAt.has(value) ? [at - changedAt.get(value)!] : []))
  if (latencies.length < changesCount - 1) throw new Error(`only ${latencies.length} of ${changesCount} changes were heard of`)
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), cpu, ...memoryOf(processes) }
}

/** Starts a program and its listeners, lets it warm up, changes, stops it. */
async function measure(plc: PlcProcess, start: () => Promise<{ readonly pid: number; readonly ear: EarWish; stop(): Promise<void> }>): Promise<Run> {
  const program = await start()
  let ear: Ear | null = null
  try {
    await sleep(3_000)
    ear = await startEar(program.ear)
    await change(plc, ear, program.pid, CHANGES_FIRST)
    return await change(plc, ear, program.pid, CHANGES)
  } finally {
    ear?.stop()
    await program.stop()
  }
}

const ours = (plc: PlcProcess, sockets: number, cycleMs = CYCLE_MS) => async () => {
  const gateway = await startGateway(configOf([{ port: plc.port, tagsCount: TAGS, cycleMs, transport: 'pipelined' }], { shown: [0], readingMs: 10 }))
  return {
    pid: gateway.pid, stop: () => gateway.stop(),
    ear: {
      url: `${gateway.address.replace('http', 'ws')}/api/v1/ws/production`, token: gateway.tokens[0]!, count: sockets,
      hello: JSON.stringify({ type: 'subscribe', event_type: 'plc_metrics_update' }), pattern: '"plc_metrics_update".*"marker":{"value":(\\d+)',
    },
  }
}

const nodeRed = (plc: PlcProcess, peers: string) => async () => {
  const tags = { marker: 'DB2,DINT0', running: 'DB2,X4.0', ...Object.fromEntries(Array.from({ length: TAGS }, (_, tag) => [`t${tag}`, `DB1,REAL${4 * tag}`])) }
  const flows = await startNodeRed(peers, { plcPort: plc.port, cycleMs: CYCLE_MS, tags, shown: 'marker' })
  return { pid: flows.pid, stop: () => flows.stop(), ear: { url: flows.url, token: null, count: 1, hello: null, pattern: '(\\d+)' } }
}

export const bench: Bench = {
  name: 'latency',
  peers: ['node-red@4.1.15', 'node-red-contrib-s7@3.1.3'],
  async run(peers) {
    const plc = await startSwinging(TAGS, CYCLE_MS)
    try {
      const rounds: { readonly ours: Run; readonly theirs: Run }[] = []
      for (let round = 0; round < ROUNDS; round++) rounds.push({ ours: await measure(plc, ours(plc, 1)), theirs: await measure(plc, nodeRed(plc, peers.directory)) })
      const many = await measure(plc, ours(plc, SOCKETS))
      const fast = await measure(plc, ours(plc, 1, FAST_CYCLE_MS))
      const of = (who: 'ours' | 'theirs', what: keyof Run): number => median(rounds.map((round) => round[who][what]))
      const ratio = (what: keyof Run): number => median(rounds.map((round) => round.ours[what] / round.theirs[what]))
      const figures: Figure[] = []
      for (const [who, name] of [['ours', 'ours'], ['theirs', 'Node-RED']] as const) {
        figures.push(
          { figure: `change to message, p50: ${name}`, value: of(who, 'p50'), unit: 'ms', target: null },
          { figure: `change to message, p99: ${name}`, value: of(who, 'p99'), unit: 'ms', target: null },
          { figure: `processor: ${name}`, value: of(who, 'cpu'), unit: '% of a core', target: null },
          { figure: `RSS: ${name}`, value: of(who, 'rss'), unit: 'MiB', target: null },
          { figure: `shared pages counted once: ${name}`, value: of(who, 'pss'), unit: 'MiB', target: null },
        )
      }
      return [
        ...figures,
        { figure: 'p50 over Node-RED', value: ratio('p50'), unit: '×', target: { atMost: 1 } },
        { figure: 'p99 over Node-RED', value: ratio('p99'), unit: '×', target: { atMost: 1 } },
        { figure: 'processor over Node-RED', value: ratio('cpu'), unit: '×', target: { atMost: 0.6 } },
        { figure: 'RSS over Node-RED', value: ratio('rss'), unit: '×', target: { atMost: 0.65 } },
        { figure: 'shared pages counted once, over Node-RED', value: ratio('pss'), unit: '×', target: null },
        { figure: `at ${FAST_CYCLE_MS} ms: p50 over Node-RED at ${CYCLE_MS}`, value: fast.p50 / of('theirs', 'p50'), unit: '×', target: { atMost: 0.25 } },
        { figure: 'the same: p99', value: fast.p99 / of('theirs', 'p99'), unit: '×', target: { atMost: 0.25 } },
        { figure: 'the same: processor, ours', value: fast.cpu, unit: '% of a core', target: null },
        { figure: `with ${SOCKETS} sockets: p50`, value: many.p50, unit: 'ms', target: null },
        { figure: `with ${SOCKETS} sockets: p99`, value: many.p99, unit: 'ms', target: { atMost: CYCLE_MS + 15 } },
      ]
    } finally {
      await plc.kill()
    }
  },
}
