/** Reading EtherNet/IP: how few messages a thousand REALs take, how long, and at what cost, over both transports, beside bare st-ethernet-ip on the same controller. */

import { Controller, Tag, TagGroup } from 'st-ethernet-ip'
import { given } from '../../src/base/assert.js'
import { type PlcOf, eipPlc } from '../../src/contract/plcs.js'
import { familyOf } from '../../src/field/drivers.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { startLogixPlc } from '../field/support/logix-plc.js'
import { type Bench, type Figure, median } from './bench.js'

const TAGS = 1_000
const ROUNDS = 5
const READS = 100
/** The only port that st-ethernet-ip knows. */
const PORT = 44_818

interface Measured { readonly ms: number; readonly cpuUsPerTag: number; readonly messages: number | null }

interface Round { readonly own: Measured; readonly library: Measured; readonly bare: Measured }

async function ours(host: string, transport: PlcOf<'eip'>['transport']): Promise<Measured> {
  const plc = eipPlc.parse({ id: 'plc', driver: 'eip', host, port: PORT, transport, tags: Object.fromEntries(Array.from({ length: TAGS }, (_, i) => [`t${i}`, `R${i}:REAL`])) })
  const { groups } = scanGroupsOf([plc])
  const group = given(groups[0], 'a group')
  const family = familyOf(plc)
  if (typeof family === 'string') throw new Error(family)
  const driver = family.make(plc, groups, { connect: 3_000, request: 3_000 })
  await driver.open()
  const none = new Set<number>()
  let messages = 0
  const measured = await timed(async () => {
    const sink = { values: new Float64Array(group.slots), qualities: new Uint8Array(group.tags.length), texts: new Map<number, string>() }
    messages = (await driver.read(group, sink, none)).requestsCount
    if (sink.values[TAGS - 1] !== TAGS - 1 || sink.qualities.some((quality) => quality !== 0)) throw new Error('a tag was not read')
  })
  await driver.close()
  return { ...measured, messages }
}

async function bare(host: string): Promise<Measured> {
  const plc = new Controller(true)
  await plc.connect(host, 0, false)
  const group = new TagGroup()
  const tags = Array.from({ length: TAGS }, (_, i) => new Tag(`R${i}`))
  for (const tag of tags) group.add(tag)
  const measured = await timed(async () => {
    await plc.readTagGroup(group)
    if (tags[TAGS - 1]!.value !== TAGS - 1) throw new Error('a tag was not read')
  })
  plc.destroy()
  return { ...measured, messages: null }
}

async function timed(read: () => Promise<void>): Promise<Omit<Measured, 'messages'>> {
  for (let i = 0; i < 10; i++) await read()
  const times: number[] = []
  const before = process.cpuUsage()
  for (let i = 0; i < READS; i++) {
    const from = performance.now()
    await read()
    times.push(performance.now() - from)
  }
  const { user, system } = process.cpuUsage(before)
  return { ms: median(times), cpuUsPerTag: (user + system) / READS / TAGS }
}

export const bench: Bench = {
  name: 'eip-read',
  peers: [],
  async run() {
    const figures: Figure[] = []
    for (const [name, isLargeKnown, host] of [['4002 bytes', true, '127.44.8.1'], ['500 bytes', false, '127.44.8.2']] as const) {
      const plc = await startLogixPlc(host, PORT, TAGS, isLargeKnown)
      const rounds: Round[] = []
      try {
        // In turns, so that whatever else the machine does meets both.
        for (let round = 0; round < ROUNDS; round++) rounds.push({ own: await ours(host, 'direct'), library: await ours(host, 'st-ethernet-ip'), bare: await bare(host) })
      } finally {
        await plc.kill()
      }
      const of = (figure: (round: Round) => number) => median(rounds.map(figure))
      figures.push(
        { figure: `${name}: messages for ${TAGS} REALs`, value: of(({ own }) => own.messages ?? 0), unit: 'messages', target: { atMost: 60 } },
        { figure: `${name}: ours`, value: of(({ own }) => own.ms), unit: 'ms', target: { atMost: 35 } },
        { figure: `${name}: ours, over st-ethernet-ip`, value: of(({ library }) => library.ms), unit: 'ms', target: null },
        { figure: `${name}: bare st-ethernet-ip`, value: of(({ bare }) => bare.ms), unit: 'ms', target: null },
        { figure: `${name}: CPU per tag, ours`, value: of(({ own }) => own.cpuUsPerTag), unit: 'us', target: null },
        { figure: `${name}: CPU per tag, ours, over st-ethernet-ip`, value: of(({ library }) => library.cpuUsPerTag), unit: 'us', target: null },
        { figure: `${name}: CPU per tag, bare st-ethernet-ip`, value: of(({ bare }) => bare.cpuUsPerTag), unit: 'us', target: null },
        { figure: `${name}: CPU per tag, ours / bare st-ethernet-ip`, value: of(({ own, bare }) => own.cpuUsPerTag / bare.cpuUsPerTag), unit: '×', target: { atMost: 1.2 } },
        { figure: `${name}: CPU per tag, ours, over st-ethernet-ip / bare`, value: of(({ library, bare }) => library.cpuUsPerTag / bare.cpuUsPerTag), unit: '×', target: { atMost: 1.2 } },
      )
    }
    return figures
  },
}
