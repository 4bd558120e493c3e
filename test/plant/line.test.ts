import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import t from 'tap'
import { parse } from 'yaml'
import { given } from '../../src/base/assert.js'
import { type Instant, instant } from '../../src/base/units.js'
import { config } from '../../src/contract/config.js'
import { noFaults, risen, fallen } from '../../src/plant/fault-word.js'
import type { Happening } from '../../src/plant/happening.js'
import { Line } from '../../src/plant/line.js'
import type { Mishap } from '../../src/plant/mishap.js'
import { type StateName, makesParts } from '../../src/plant/packml.js'
import { type EquipmentRecipe, type LineRecipe, type Reel, baggingLine, ownBits } from '../../src/plant/recipe.js'
import { Truth, type TruthTotals } from '../../src/plant/truth.js'
import { fewerCases } from '../support/cases.js'

const from = instant(Date.UTC(2026, 2, 29))
const hour = 3_600_000

/** A line that lived for a while, with all that was told about it. */
interface Life {
  readonly line: Line
  readonly happenings: readonly Happening[]
  readonly totals: TruthTotals
}

interface Injury { readonly atMs: number; readonly equipment: number; readonly bit: number }

function live(recipe: LineRecipe, seed: number, forMs: number, cutsMs: readonly number[] = [], injuries: readonly Injury[] = [], look: (line: Line) => void = () => {}): Life {
  const happenings: Happening[] = []
  const truth = new Truth(recipe.equipment.map(({ code }) => code), from, () => {})
  const line = new Line(recipe, seed, from, (happening) => {
    happenings.push(happening)
    truth.record(happening)
  })
  for (const atMs of [...cutsMs, ...injuries.map((injury) => injury.atMs), forMs].filter((ms) => ms <= forMs).sort((a, b) => a - b)) {
    line.advance(instant(from + atMs))
    for (const injury of injuries) if (injury.atMs === atMs) line.cause(given(line.equipment[injury.equipment], 'equipment'), injury.bit)
    look(line)
  }
  return { line, happenings, totals: truth.totals(line.now) }
}

let lived: Life | null = null
const threeHours = (): Life => (lived ??= live(baggingLine, 3, 3 * hour))

/** Lines with stores so small, mishaps so many and batches so short that everything meets everything. */
const recipes = fc.record({
  stores: fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 })),
  worse: fc.integer({ min: 1, max: 60 }),
  batch: fc.integer({ min: 1, max: 400 }),
  rejectRatio: fc.double({ min: 0, max: 0.5, noNaN: true }),
}).map(worsened)

function worsened({ stores, worse, batch, rejectRatio }: { stores: readonly number[]; worse: number; batch: number; rejectRatio: number }): LineRecipe {
  const reeled = (reel: Reel): Reel => ({ ...reel, parts: 300, promptAt: 20 })
  const likelier = (mishap: Mishap): Mishap => ({ ...mishap, mtbfMs: mishap.mtbfMs / worse })
  const equipment = baggingLine.equipment.map((one): EquipmentRecipe =>
    ({ ...one, rejectRatio, mishaps: one.mishaps.map(likelier), reel: one.reel === null ? null : reeled(one.reel) }))
  return { ...baggingLine, stores, batchPartsMin: batch, batchPartsMax: batch * 2, equipment }
}
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const cuts = fc.array(fc.integer({ min: 0, max: 2 * hour }), { maxLength: 40 })
const injuries = fc.array(fc.record({ atMs: fc.integer({ min: 0, max: 2 * hour }), equipment: fc.nat(2), bit: fc.integer({ min: 0, max: 59 }) }), { maxLength: 12 })

t.test('parts are conserved between the machines, whatever goes wrong and whenever one looks', async () => {
  fc.assert(fc.property(recipes, seeds, cuts, injuries, (recipe, seed, cutsMs, hurt) => {
    live(recipe, seed, 2 * hour, cutsMs, hurt, (line) => {
      for (const [i, { parts, partsInside, nextAt }] of line.equipment.entries()) {
        if (nextAt <= line.now) throw new Error('what was due has not happened')
        if (parts.taken !== parts.passed + parts.rejected + partsInside) throw new Error('a part was lost in a machine')
        const store = line.stores[i]
        const next = line.equipment[i + 1]
        if (store === undefined || next === undefined) continue
        const { onBelt, rejected } = recipe.inspection?.of === recipe.equipment[i]!.code ? given(line.inspection, 'inspection') : { onBelt: 0, rejected: 0 }
        if (store.count !== Math.floor(store.capacity / 2) + parts.passed - onBelt - rejected - next.parts.taken) throw new Error('a part was lost in a store')
        if (store.count < 0 || store.count + onBelt > store.capacity) throw new Error('a store beyond its bounds')
      }
    })
  }), fewerCases(60))
})

t.test('every millisecond of a machine is in one state and one class', async () => {
  fc.assert(fc.property(recipes, seeds, injuries, fc.integer({ min: 0, max: 2 * hour }), (recipe, seed, hurt, forMs) => {
    const { totals } = live(recipe, seed, forMs, [], hurt)
    for (const truth of Object.values(totals.equipment)) {
      if (sum(Object.values(truth.stateMs)) !== forMs) throw new Error('states do not tile')
      if (sum(Object.values(truth.classMs)) !== forMs) throw new Error('classes do not tile')
      const stoodMs = sum(truth.stops.map((stop) => (stop.to ?? totals.at) - stop.from))
      if (stoodMs !== forMs - (truth.classMs.running ?? 0)) throw new Error('stops are not the time without running')
    }
  }), fewerCases(60))
})

t.test('the counters are the parts, modulo their width', async (t) => {
  const { line, totals } = live(baggingLine, 7, 24 * hour)
  for (const { recipe, total, reject } of line.equipment) {
    const { parts } = given(totals.equipment[recipe.code], recipe.code)
    const rejects = parts.reject + parts.startup_reject
    const foundHere = recipe.code === baggingLine.inspection?.by ? given(line.inspection, 'inspection').rejected : 0
    t.equal(total.value, (recipe.totalFirst + parts.good + rejects + foundHere) % 2 ** recipe.totalBits)
    t.equal(reject.value, (recipe.rejectFirst + rejects - totals.equipment[recipe.code]!.foundLater + foundHere) % 2 ** 16)
  }
  const [loader, , palletizer] = line.equipment
  t.ok(given(loader, 'loader').total.value < given(loader, 'loader').recipe.totalFirst, '32 bits rolled over')
  t.ok(given(palletizer, 'palletizer').total.value < given(palletizer, 'palletizer').recipe.totalFirst, '16 bits rolled over')
})

t.test('the same seed is the same life, however its time is cut; another seed is another', async (t) => {
  fc.assert(fc.property(recipes, seeds, cuts, injuries, (recipe, seed, cutsMs, hurt) => {
    const whole = live(recipe, seed, 2 * hour, [], hurt).totals
    const cut = live(recipe, seed, 2 * hour, cutsMs, hurt).totals
    if (whole.hash !== cut.hash) throw new Error('the pieces are not the whole')
  }), fewerCases(40))
  t.not(live(baggingLine, 1, hour).totals.hash, live(baggingLine, 2, hour).totals.hash)
})

t.test('first-out is the fault that rose while no other stood', async () => {
  fc.assert(fc.property(recipes, seeds, injuries, (recipe, seed, hurt) => {
    const { line, happenings } = live(recipe, seed, 2 * hour, [], hurt)
    for (const equipment of line.equipment) {
      const standing = new Set<number>()
      let first: number | null = null
      for (const happening of happenings) {
        if (happening.equipment !== equipment.recipe.code || !('bit' in happening) || happening.bit >= 60) continue
        if (happening.what === 'fault_fell') standing.delete(happening.bit)
        else {
          if (happening.first !== (standing.size === 0)) throw new Error('the truth log names another first fault')
          if (standing.size === 0) first = happening.bit
          standing.add(happening.bit)
        }
        if (standing.size === 0) first = null
      }
      if (equipment.faults.firstOut !== first) throw new Error('the machine latched another fault')
    }
  }), fewerCases(40))
})

t.test('an emergency stop brings further faults after it, and all fall when it is mended', async (t) => {
  const { happenings } = live(baggingLine, 3, hour, [], [{ atMs: 600_000, equipment: 1, bit: 0 }])
  const own = happenings.filter((happening) => happening.equipment === 'BP01.PACK.BAG1' && happening.at >= from + 600_000 && 'bit' in happening && happening.bit < 60)
  const rises = own.slice(0, 3).map((happening) => happening.what === 'fault_rose' ? [happening.bit, happening.first] : null)
  t.same(rises, [[0, true], [4, false], [1, false]])
  t.same(own.slice(3, 6).map((happening) => happening.what), ['fault_fell', 'fault_fell', 'fault_fell'])
})

t.test('a machine goes from state to state as PackML allows, through the states between', async () => {
  const allowed: Readonly<Record<StateName, readonly StateName[]>> = {
    stopped: ['resetting', 'aborting'], resetting: ['idle', 'aborting'], idle: ['starting', 'aborting'], starting: ['execute', 'aborting'],
    execute: ['suspending', 'holding', 'completing', 'aborting'],
    suspending: ['suspended', 'holding', 'aborting'], suspended: ['unsuspending', 'holding', 'aborting'], unsuspending: ['execute', 'holding', 'aborting'],
    holding: ['held'], held: ['unholding'], unholding: ['execute', 'aborting'],
    completing: ['complete'], complete: ['stopping'], stopping: ['stopped'],
    aborting: ['aborted'], aborted: ['clearing'], clearing: ['stopped', 'aborting'],
  }
  fc.assert(fc.property(recipes, seeds, injuries, (recipe, seed, hurt) => {
    for (const happening of live(recipe, seed, 2 * hour, [], hurt).happenings) {
      if (happening.what === 'state' && !allowed[happening.from].includes(happening.to)) throw new Error(`${happening.from} to ${happening.to}`)
    }
  }), fewerCases(60))
})

t.test('parts are made only where PackML makes parts, and never while a fault stands', async () => {
  fc.assert(fc.property(recipes, seeds, injuries, (recipe, seed, hurt) => {
    const state = new Map<string, StateName>()
    const standing = new Set<string>()
    for (const happening of live(recipe, seed, 2 * hour, [], hurt).happenings) {
      const { equipment } = happening
      if (happening.what === 'state') state.set(equipment, happening.to)
      if (happening.what === 'fault_rose' && happening.bit < 60) standing.add(`${equipment} ${happening.bit}`)
      if (happening.what === 'fault_fell' && happening.bit < 60) standing.delete(`${equipment} ${happening.bit}`)
      if (happening.what !== 'part') continue
      if (!makesParts(state.get(equipment) ?? 'stopped')) throw new Error(`a part in ${state.get(equipment)}`)
      if ([...standing].some((fault) => fault.startsWith(`${equipment} `))) throw new Error('a part under a fault')
    }
  }), fewerCases(60))
})

t.test('the line never comes to rest for good', async () => {
  fc.assert(fc.property(recipes, seeds, injuries, (recipe, seed, hurt) => {
    const { line } = live(recipe, seed, 2 * hour, [], hurt)
    if (Math.min(line.inspection?.nextAt ?? Infinity, ...line.equipment.map((equipment) => equipment.nextAt)) === Infinity) throw new Error('everybody waits for somebody')
  }), fewerCases(60))
})

t.test('after a changeover rejects are start-up rejects until twenty good parts came in a row', async (t) => {
  const { happenings } = live(baggingLine, 11, 24 * hour)
  let left = 0
  let startupRejects = 0
  for (const happening of happenings) {
    if (happening.equipment !== 'BP01.PACK.BAG1') continue
    if (happening.what === 'changeover_ended') left = 20
    if (happening.what !== 'part') continue
    if (happening.result === 'startup_reject') { startupRejects++; if (left === 0) t.fail('a start-up reject outside the window') }
    if (happening.result === 'reject' && left > 0) t.fail('an ordinary reject inside the window')
    if (left > 0) left = happening.result === 'good' ? left - 1 : 20
  }
  t.ok(startupRejects > 0)
})

t.test('a tester further down finds what the bagger made twenty seconds before, and no bag it ejects is stacked', async (t) => {
  const { line, happenings, totals } = threeHours()
  const { ms } = given(baggingLine.inspection, 'inspection')
  const found = happenings.flatMap((happening) => (happening.what === 'reject_found' ? [happening] : []))
  t.ok(found.length > 20, `${found.length} were found`)
  const made = happenings.filter((happening) => happening.equipment === 'BP01.PACK.BAG1' && happening.what === 'part' && happening.result === 'good')
  for (const one of found) {
    t.match(one, { equipment: 'BP01.PACK.BAG1', by: 'BP01.PACK.PAL1', after_ms: ms })
    // The bagger lets go of a bag at once, or when there is room again.
    t.ok(made.some(({ at }) => at <= one.at - ms), 'it was made before')
  }
  const { parts, foundLater } = given(totals.equipment['BP01.PACK.BAG1'], 'bagger')
  const stacked = given(totals.equipment['BP01.PACK.PAL1'], 'palletizer')
  const [, bagger, palletizer] = line.equipment
  t.equal(foundLater, found.length)
  t.equal(given(bagger, 'bagger').parts.passed, parts.good + foundLater)
  t.equal(stacked.parts.reject + stacked.parts.startup_reject, 0, 'what the palletizer counts the bagger made')
  t.equal(given(palletizer, 'palletizer').reject.value, baggingLine.equipment[2]!.rejectFirst + found.length)
})

t.test('each order of the palletizer has the bags between two latched counts, over a rollover as well', async (t) => {
  const { line, happenings } = threeHours()
  const recipe = given(baggingLine.equipment[2], 'palletizer')
  const orders = given(recipe.orders, 'orders')
  const made = new Map<string, number>()
  let order = `${orders.prefix}${orders.first}`
  let latched = recipe.totalFirst
  let found = 0
  for (const happening of happenings) {
    if (happening.what === 'reject_found') found++
    if (happening.equipment !== recipe.code) continue
    if (happening.what === 'part') made.set(order, (made.get(order) ?? 0) + 1)
    if (happening.what !== 'order_changed') continue
    t.equal(happening.from, order)
    t.equal((happening.total_raw - latched + 2 ** 16) % 2 ** 16, orders.parts + found, 'what was ejected before it is in its total, too')
    found = 0
    t.equal(made.get(order), orders.parts)
    order = happening.to
    latched = happening.total_raw
  }
  t.ok(made.size > 3, `${made.size} orders`)
  t.match(line.equipment[2]?.orders, { name: order, totalLatched: latched })
})

t.test('a batch that is ended by hand is followed by the changeover and the other product', async (t) => {
  const { line, happenings } = live(baggingLine, 3, hour, [600_000], [], (living) => { if (living.now === from + 600_000) living.endBatch() })
  t.ok(happenings.some(({ what }) => what === 'changeover_ended'))
  t.match(line.equipment.map(({ product }) => product), ['BAG1000', 'BAG1000', 'BAG1000'])
})

t.test('a long fault of the bagger blocks the loader and starves the palletizer, until it is mended', async (t) => {
  const inFault = 600_000 + 240_000
  const { happenings, totals } = live(baggingLine, 5, hour, [inFault], [{ atMs: 600_000, equipment: 1, bit: 5 }], (line) => {
    if (line.now !== from + inFault) return
    t.match(line.equipment[0], { state: 'suspended', blocked: true, starved: false })
    t.match(line.equipment[1], { state: 'aborted', blocked: false, starved: false })
    t.match(line.equipment[2], { state: 'suspended', blocked: false, starved: true })
  })
  const stopOf = (code: string) => totals.equipment[code]?.stops.find((stop) => stop.from <= from + inFault && (stop.to ?? Infinity) > from + inFault)
  t.match(stopOf('BP01.PACK.BAG1.BL'), { class: 'blocked', firstOut: 9 })
  t.match(stopOf('BP01.PACK.BAG1'), { class: 'faulted', firstOut: 5 })
  t.match(stopOf('BP01.PACK.PAL1'), { class: 'starved', firstOut: 8 })
  const after = happenings.filter((happening) => happening.at >= from + 600_000)
  const rise = (equipment: string, bit: number): Instant | undefined =>
    after.find((happening) => happening.equipment === equipment && happening.what === 'fault_rose' && happening.bit === bit)?.at
  const mended = given(after.find((happening) => happening.equipment === 'BP01.PACK.BAG1' && happening.what === 'fault_fell' && happening.bit === 5)?.at, 'the end of the fault')
  t.ok(given(rise('BP01.PACK.BAG1.BL', 9), 'outfeed full') < mended)
  t.ok(given(rise('BP01.PACK.PAL1', 8), 'no infeed') < mended)
  for (const code of ['BP01.PACK.BAG1.BL', 'BP01.PACK.PAL1']) {
    t.ok(after.some((happening) => happening.equipment === code && happening.at > mended && happening.what === 'part'), `${code} makes parts again`)
  }
})

t.test('the plant is the line of the annotated configuration', async (t) => {
  const described = config.parse(parse(readFileSync('config/lineside.yaml', 'utf8')))
  const line = given(described.lines.find(({ code }) => code === baggingLine.code), 'the line')
  t.same(baggingLine.equipment.map(({ code }) => code), line.equipment.map(({ code }) => code))
  t.equal(baggingLine.leader, line.equipment.find(({ constraint }) => constraint)?.code)
  for (const [i, recipe] of baggingLine.equipment.entries()) {
    const equipment = given(line.equipment[i], recipe.code)
    const catalogued = new Set(equipment.faults.map(({ bit }) => bit))
    const raised = [...Object.values(ownBits), ...recipe.mishaps.flatMap(({ bit, follows }) => [bit, ...follows.map((follow) => follow.bit)]),
      ...recipe.reel === null ? [] : [recipe.reel.promptBit, recipe.reel.end.bit]]
    t.same(raised.filter((bit) => !catalogued.has(bit)), [], `${recipe.code} raises only faults of the catalogue`)
    t.equal(equipment.counters['total_count']?.modulus, 2 ** recipe.totalBits)
    t.equal(equipment.startup_good_parts, recipe.startup.goodParts)
    for (const product of described.products) t.equal(recipe.idealMs[product.code], product.ideal_cycle[recipe.code])
    t.equal(equipment.signals['total_latched'] !== undefined && equipment.jobs.from_plc, recipe.orders !== null)
    const late = equipment.counters['reject_count']?.late
    t.same(late, recipe.code === baggingLine.inspection?.by ? { delay: baggingLine.inspection.ms, of: baggingLine.inspection.of } : undefined)
  }
  for (const product of described.products) {
    const slowest = [...baggingLine.equipment].sort((a, b) => b.idealMs[product.code]! - a.idealMs[product.code]!)[0]
    t.equal(line.constraints[product.code] ?? baggingLine.leader, slowest?.code, `${product.code} is limited by the slowest`)
  }
})

t.test('the fault word has room for 64 faults, and notices are never first', async (t) => {
  const word = [63, 60, 59, 0].reduce(risen, noFaults)
  t.equal(word.word, 1n << 63n | 1n << 60n | 1n << 59n | 1n)
  t.equal(word.firstOut, 59)
  t.equal(fallen(word, 59).firstOut, 59, 'it stays latched while another fault stands')
  t.equal(fallen(fallen(word, 59), 0).firstOut, null)
})

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
