/** Reading S7 over each transport, beside bare node-snap7 that sends the same plan: how many requests and polls a second, and at what cost. */

import snap7, { type S7Client } from 'node-snap7'
import { given } from '../../src/base/assert.js'
import { seededChance } from '../../src/base/chance.js'
import { type PlcOf, s7Plc } from '../../src/contract/plcs.js'
import { familyOf } from '../../src/field/drivers.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { parseAddress } from '../../src/field/s7/address.js'
import { type PlannedItem, planReads } from '../../src/field/s7/plan.js'
import { startS7Plc } from '../field/support/s7-plc.js'
import { type Bench, type Figure, median } from './bench.js'

const TAGS = 1_000
const BLOCK_BYTES = 4_000
const ROUNDS = 5
const ROUND_MS = 1_000
const DEADLINE_MS = 3_000

interface Measured { readonly pollsPerSecond: number; readonly readsPerSecond: number; readonly cpuMsPerPoll: number }
interface Round { readonly bare: Measured; readonly snap7: Measured; readonly pipelined: Measured }

/** Anywhere in ten blocks, and one behind the other. */
function strewn(): string[] {
  const chance = seededChance(11)
  return Array.from({ length: TAGS }, () => `DB${chance.whole(1, 10)},${chance.pick(['REAL', 'INT', 'DINT', 'BYTE', 'WORD'])}${2 * chance.whole(0, BLOCK_BYTES / 2 - 2)}`)
}
const dense = (): string[] => Array.from({ length: TAGS }, (_, i) => `DB1,REAL${4 * i}`)

async function measured(poll: () => Promise<void>, requests: number): Promise<Measured> {
  for (let i = 0; i < 5; i++) await poll()
  const [from, before] = [performance.now(), process.cpuUsage()]
  let polls = 0
  while (performance.now() - from < ROUND_MS) { await poll(); polls++ }
  const seconds = (performance.now() - from) / 1_000
  const { user, system } = process.cpuUsage(before)
  return { pollsPerSecond: polls / seconds, readsPerSecond: polls * requests / seconds, cpuMsPerPoll: (user + system) / 1_000 / polls }
}

async function ours(port: number, addresses: readonly string[], transport: PlcOf<'s7'>['transport']): Promise<Measured> {
  const plc = s7Plc.parse({ id: 'plc', driver: 's7', host: '127.0.0.1', port, transport, tags: Object.fromEntries(addresses.map((address, i) => [`t${i}`, address])) })
  const { groups } = scanGroupsOf([plc])
  const group = given(groups[0], 'a group')
  const family = familyOf(plc)
  if (typeof family === 'string') throw new Error(family)
  const driver = family.make(plc, groups, { connect: DEADLINE_MS, request: DEADLINE_MS })
  const { requestsPerScan } = await driver.open()
  const none = new Set<number>()
  try {
    return await measured(async () => {
      const sink = { values: new Float64Array(group.slots), qualities: new Uint8Array(group.tags.length), texts: new Map<number, string>() }
      await driver.read(group, sink, none)
      if (sink.qualities.some((quality) => quality !== 0)) throw new Error('a tag was not read')
    }, requestsPerScan.get(group.index)!)
  } finally {
    await driver.close()
  }
}

/** One call after the other, as its README shows it, and nothing decoded. */
async function bare(port: number, addresses: readonly string[]): Promise<Measured> {
  const client = new snap7.S7Client()
  client.SetParam(client.RemotePort, port)
  client.SetParam(client.PDURequest, 960)
  await asked((done) => { client.ConnectTo('127.0.0.1', 0, 1, done) })
  const { requests } = planReads(addresses.map((text, tag) => {
    const address = parseAddress(text)
    if (typeof address === 'string') throw new Error(address)
    return { tag, target: address.target }
  }), client.PDULength())
  const calls = requests.map(({ items }) => items.map((item) => variableOf(client, item)))
  try {
    return await measured(async () => { for (const call of calls) await asked((done) => { client.ReadMultiVars(call, done) }) }, calls.length)
  } finally {
    client.Disconnect()
  }
}

const variableOf = (client: S7Client, { db, start, bytes }: PlannedItem) => ({ Area: client.S7AreaDB, WordLen: client.S7WLByte, DBNumber: db, Start: start, Amount: bytes })

const asked = (call: (done: (error: number | null) => void) => void): Promise<void> => new Promise((resolve, reject) => {
  call((error) => { if (error === null || error === 0) resolve(); else reject(new Error(`snap7 ${error}`)) })
})

export const bench: Bench = {
  name: 's7-transports',
  peers: [],
  async run() {
    const figures: Figure[] = []
    for (const [kind, addresses, pdu] of [['strewn', strewn(), 240], ['dense', dense(), 480]] as const) {
      const plc = await startS7Plc(Array.from({ length: 10 }, (_, i) => ({ area: 'DB' as const, db: i + 1, bytes: new Uint8Array(BLOCK_BYTES + 8) })), { pdu })
      const rounds: Round[] = []
      try {
        // In turns, so that whatever else the machine does meets all of them.
        for (let round = 0; round < ROUNDS; round++) {
          rounds.push({ bare: await bare(plc.port, addresses), snap7: await ours(plc.port, addresses, 'snap7'), pipelined: await ours(plc.port, addresses, 'pipelined') })
        }
      } finally {
        await plc.kill()
      }
      const ratio = (who: 'snap7' | 'pipelined', what: keyof Measured): number => median(rounds.map((round) => round[who][what] / round.bare[what]))
      for (const who of ['bare', 'snap7', 'pipelined'] as const) {
        figures.push({ figure: `${kind}, PDU ${pdu}: ${who === 'bare' ? 'bare node-snap7' : `ours, ${who}`}`, value: median(rounds.map((round) => round[who].readsPerSecond)), unit: 'requests/s', target: null })
      }
      figures.push(
        { figure: `${kind}: requests/s, ours, snap7, over bare`, value: ratio('snap7', 'readsPerSecond'), unit: '×', target: { atLeast: 0.95 } },
        { figure: `${kind}: CPU per poll, ours, snap7, over bare`, value: ratio('snap7', 'cpuMsPerPoll'), unit: '×', target: null },
        { figure: `${kind}: polls/s, ours, pipelined, over bare`, value: ratio('pipelined', 'pollsPerSecond'), unit: '×', target: { atLeast: 20 } },
        { figure: `${kind}: CPU per poll, ours, pipelined, over bare`, value: ratio('pipelined', 'cpuMsPerPoll'), unit: '×', target: { atMost: 1 / 3 } },
      )
    }
    return figures
  },
}
