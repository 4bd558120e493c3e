import * as fc from 'fast-check'
import t from 'tap'
import { seededChance } from '../../../src/base/chance.js'
import { type S7Target, parseAddress } from '../../../src/field/s7/address.js'
import { type PlanTag, type ReadPlan, planReads } from '../../../src/field/s7/plan.js'
import { fewerCases } from '../../support/cases.js'

const tagsOf = (addresses: readonly string[]): PlanTag[] => addresses.map((text, tag) => ({ tag, target: targetOf(text) }))

function targetOf(text: string): S7Target {
  const address = parseAddress(text)
  if (typeof address === 'string') throw new Error(address)
  return address.target
}

/** A PLC whose every byte is known by its place. Timers and counters have two bytes a number. */
const byteAt = (area: string, db: number, at: number): number => (area.charCodeAt(0) * 31 + db * 17 + at * 7 + (at >> 8)) & 0xff

/** Everything a plan must keep to, computed here from the protocol's sizes and not with the planner's own functions. */
function breaches(plan: ReadPlan, tags: readonly PlanTag[], pdu: number): string[] {
  const found: string[] = []
  const image = new Uint8Array(plan.imageBytes)
  for (const { items } of plan.requests) {
    if (items.length > 20) found.push(`${items.length} items`)
    if (12 + 12 * items.length > pdu) found.push(`a request of ${12 + 12 * items.length} bytes`)
    let reply = 14
    for (const item of items) {
      reply += 4 + 2 * Math.ceil(item.bytes / 2)
      const scale = item.area === 'T' || item.area === 'C' ? 2 : 1
      for (let i = 0; i < item.bytes; i++) image[item.at + i] = byteAt(item.area, item.db, item.start * scale + i)
    }
    if (reply > pdu) found.push(`a reply of ${reply} bytes`)
  }
  for (const { tag, target } of tags) {
    const scale = target.area === 'T' || target.area === 'C' ? 2 : 1
    for (let i = 0; i < target.bytes; i++) {
      if (image[plan.places[tag]! + i] !== byteAt(target.area, target.db, target.start * scale + i)) { found.push(`tag ${tag} has another's bytes`); break }
    }
  }
  return found
}

const address = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom('INT', 'REAL', 'LREAL', 'BYTE', 'DTL'), fc.integer({ min: 0, max: 900 })).map(([db, type, at]) => `DB${db},${type}${at}`),
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 7 })).map(([db, at, bit]) => `DB${db},X${at}.${bit}`),
  fc.tuple(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 1, max: 400 })).map(([at, count]) => `DB5,LREAL${at}[${count}]`),
  fc.tuple(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 1, max: 254 })).map(([at, chars]) => `DB6,STRING${at}.${chars}`),
  fc.integer({ min: 0, max: 50 }).map((number) => `T${number}`), fc.integer({ min: 0, max: 50 }).map((number) => `C${number}`), fc.integer({ min: 0, max: 200 }).map((at) => `MW${at}`),
)

t.test('whatever is asked for, every request and reply fits its PDU and every tag gets its own bytes', async (t) => {
  fc.assert(fc.property(fc.array(address, { minLength: 1, maxLength: 200 }), fc.constantFrom(112, 240, 480, 960), fc.array(fc.nat(199)), (addresses, pdu, apart) => {
    const tags = tagsOf(addresses)
    return breaches(planReads(tags, pdu, new Set(apart)), tags, pdu).length === 0
  }), fewerCases(400))
  t.pass('400 plans')
})

t.test('the formula holds at its edges', async (t) => {
  const reals = (count: number) => tagsOf(Array.from({ length: count }, (_, i) => `DB${i + 1},REAL0`))
  // One REAL of each block: 12 + 12 × 19 = 240 fills the request of a 240-byte PDU; the library's own 20 do not fit.
  t.equal(planReads(reals(19), 240).requests.length, 1)
  t.equal(planReads(reals(20), 240).requests.length, 2)
  t.equal(planReads(reals(20), 480).requests.length, 1)
  t.equal(planReads(reals(21), 960).requests.length, 2, 'the client takes no more than 20 items')
  // A block of 222 bytes: 14 + 4 + 222 = 240.
  t.equal(planReads(tagsOf(['DB1,BYTE0[222]']), 240).requests.length, 1)
  t.equal(planReads(tagsOf(['DB1,BYTE0[223]']), 240).requests.length, 2)
  t.equal(planReads(tagsOf(['DB1,BYTE0[221]']), 240).requests.length, 1, 'an odd length is filled up')
})

t.test('small gaps are read over, large ones cut, and blocks never joined', async (t) => {
  const items = (addresses: readonly string[]) => planReads(tagsOf(addresses), 480).requests.flatMap((request) => request.items.map((item) => `${item.area}${item.db} ${item.start}+${item.bytes}`))
  t.same(items(['DB1,INT0', 'DB1,INT7']), ['DB1 0+9'])
  t.same(items(['DB1,INT0', 'DB1,INT8']), ['DB1 0+2', 'DB1 8+2'])
  t.same(items(['DB1,INT0', 'DB2,INT2']), ['DB1 0+2', 'DB2 2+2'])
  t.same(items(['DB1,LREAL0', 'DB1,X3.1', 'DB1,X3.2', 'DB1,INT2']), ['DB1 0+8'], 'what lies inside is not asked twice')
  t.same(items(['T1', 'T2', 'C1']), ['C0 1+2', 'T0 1+2', 'T0 2+2'], 'timers and counters stand alone')
})

t.test('a tag that stands apart shares its item with nobody, and is still asked only once', async (t) => {
  const plan = planReads(tagsOf(['DB1,INT0', 'DB1,INT2', 'DB1,INT4', 'DB1,X2.0']), 240, new Set([1]))
  t.same(plan.requests.flatMap((request) => request.items.map((item) => item.tags)), [[0], [1], [3, 2]])
})

t.test('a value longer than a PDU is cut between its elements', async (t) => {
  const plan = planReads(tagsOf(['DB1,LREAL0[100]']), 240)
  t.equal(plan.requests.length, 4)
  for (const { items } of plan.requests) t.equal(items[0]!.bytes % 8, 0)
})

t.test('a thousand tags strewn over ten blocks of 4,000 bytes take no more PDUs than were measured for the best plan', async (t) => {
  const chance = seededChance(11)
  const tags = tagsOf(Array.from({ length: 1_000 }, () => `DB${chance.whole(1, 10)},${chance.pick(['REAL', 'INT', 'DINT', 'BYTE', 'WORD'])}${2 * chance.whole(0, 1_998)}`))
  const requests = [240, 480, 960].map((pdu) => planReads(tags, pdu).requests.length)
  t.ok(requests[0]! <= 36 && requests[1]! <= 24 && requests[2]! <= 17, `${requests.join('/')} at 240/480/960`)
})

t.test('dense tags fill their PDUs', async (t) => {
  const plan = planReads(tagsOf(Array.from({ length: 1_000 }, (_, i) => `DB1,REAL${4 * i}`)), 480)
  t.equal(plan.requests.length, 9)
  t.ok(plan.fill > 0.9, String(plan.fill))
})
