/** Reading S7: how few PDUs a thousand tags take, and how long, beside nodes7 on the same PLC. */

import { seededChance } from '../../src/base/chance.js'
import { given } from '../../src/base/assert.js'
import { s7Plc } from '../../src/contract/plcs.js'
import type { ScanGroup } from '../../src/contract/scan.js'
import { familyOf } from '../../src/field/drivers.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { parseAddress } from '../../src/field/s7/address.js'
import { planReads } from '../../src/field/s7/plan.js'
import { startS7Plc } from '../field/support/s7-plc.js'
import { type Bench, type Figure, median } from './bench.js'

const TAGS = 1_000
const BLOCK_BYTES = 4_000
const ROUNDS = 5
const READS = 20

/** A thousand tags of mixed types anywhere in ten blocks: the plan's worst ordinary day. */
function strewn(): string[] {
  const chance = seededChance(11)
  return Array.from({ length: TAGS }, () => `DB${chance.whole(1, 10)},${chance.pick(['REAL', 'INT', 'DINT', 'BYTE', 'WORD'])}${2 * chance.whole(0, BLOCK_BYTES / 2 - 2)}`)
}
const dense = (): string[] => Array.from({ length: TAGS }, (_, i) => `DB1,REAL${4 * i}`)

function pdusOf(addresses: readonly string[], pdu: number): number {
  const tags = addresses.map((text, tag) => {
    const address = parseAddress(text)
    if (typeof address === 'string') throw new Error(address)
    return { tag, target: address.target }
  })
  return planReads(tags, pdu).requests.length
}

/** Milliseconds of one reading of all tags with our driver, the median of many. */
async function ours(port: number, addresses: readonly string[], transport: 'snap7' | 'pipelined'): Promise<number> {
  const plc = s7Plc.parse({ id: 'plc', driver: 's7', host: '127.0.0.1', port, transport, tags: Object.fromEntries(addresses.map((address, i) => [`t${i}`, address])) })
  const { groups } = scanGroupsOf([plc])
  const group: ScanGroup = given(groups[0], 'a group')
  const family = familyOf(plc)
  if (typeof family === 'string') throw new Error(family)
  const driver = family.make(plc, groups, { connect: 3_000, request: 3_000 })
  await driver.open()
  const sink = { values: new Float64Array(group.slots), qualities: new Uint8Array(group.tags.length), texts: new Map<number, string>() }
  const none = new Set<number>()
  const readMs = await timed(async () => { await driver.read(group, sink, none) })
  if (sink.qualities.some((quality) => quality !== 0)) throw new Error('a tag was not read')
  await driver.close()
  return readMs
}

/** The part of nodes7 that is used here. */
interface Nodes7 {
  initiateConnection(options: object, done: (error?: Error) => void): void
  addItems(names: readonly string[]): void
  setTranslationCB(translate: (name: string) => string): void
  readAllItems(done: (isBad: boolean, values: Readonly<Record<string, unknown>>) => void): void
  dropConnection(done: () => void): void
}

async function nodes7(make: new (options: object) => Nodes7, port: number, addresses: readonly string[]): Promise<number> {
  const client = new make({ silent: true })
  await new Promise<void>((resolve, reject) => { client.initiateConnection({ host: '127.0.0.1', port, rack: 0, slot: 1 }, (error) => { if (error === undefined) resolve(); else reject(error) }) })
  client.setTranslationCB((name) => name)
  client.addItems(addresses)
  const readMs = await timed(() => new Promise((resolve, reject) => {
    client.readAllItems((isBad) => { if (isBad) reject(new Error('nodes7 could not read a tag')); else resolve() })
  }))
  await new Promise<void>((resolve) => { client.dropConnection(resolve) })
  return readMs
}

async function timed(read: () => Promise<void>): Promise<number> {
  await read()
  const times: number[] = []
  for (let i = 0; i < READS; i++) {
    const from = performance.now()
    await read()
    times.push(performance.now() - from)
  }
  return median(times)
}

export const bench: Bench = {
  name: 's7-read',
  peers: ['nodes7@0.3.18'],
  async run(peers) {
    const figures: Figure[] = []
    for (const [pdu, atMost] of [[240, 36], [480, 24], [960, 17]] as const) {
      figures.push({ figure: `PDUs of ${pdu} bytes for ${TAGS} strewn tags`, value: pdusOf(strewn(), pdu), unit: 'PDUs', target: { atMost } })
    }
    const Nodes7Client = peers.load('nodes7') as new (options: object) => Nodes7
    // Beyond 240 bytes nodes7 asks for more than 20 items at once, which no PLC answers, and dies of the reply.
    for (const [kind, addresses, pdu, atMost] of [['strewn', strewn(), 240, 1 / 4], ['dense', dense(), 480, 1]] as const) {
      const plc = await startS7Plc(Array.from({ length: 10 }, (_, i) => ({ area: 'DB' as const, db: i + 1, bytes: new Uint8Array(BLOCK_BYTES + 8) })), { pdu })
      const rounds: { readonly theirs: number; readonly snap7: number; readonly pipelined: number }[] = []
      try {
        // In turns, so that whatever else the machine does meets all of them.
        for (let round = 0; round < ROUNDS; round++) {
          rounds.push({ theirs: await nodes7(Nodes7Client, plc.port, addresses), snap7: await ours(plc.port, addresses, 'snap7'), pipelined: await ours(plc.port, addresses, 'pipelined') })
        }
      } finally {
        await plc.kill()
      }
      const of = (key: 'theirs' | 'snap7' | 'pipelined') => median(rounds.map((round) => round[key]))
      figures.push(
        { figure: `${kind}, PDU ${pdu}: nodes7`, value: of('theirs'), unit: 'ms', target: null },
        { figure: `${kind}, PDU ${pdu}: ours, snap7`, value: of('snap7'), unit: 'ms', target: null },
        { figure: `${kind}, PDU ${pdu}: ours, pipelined`, value: of('pipelined'), unit: 'ms', target: null },
        { figure: `${kind}: ours, snap7, over nodes7`, value: median(rounds.map((round) => round.snap7 / round.theirs)), unit: '×', target: null },
        { figure: `${kind}: ours, pipelined, over nodes7`, value: median(rounds.map((round) => round.pipelined / round.theirs)), unit: '×', target: { atMost } },
      )
    }
    return figures
  },
}
