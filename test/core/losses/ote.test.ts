import fc from 'fast-check'
import t from 'tap'
import { given } from '../../../src/base/assert.js'
import type { LossSums, TimeLeaf } from '../../../src/contract/losses.js'
import { oeeOf } from '../../../src/core/losses/oee.js'
import { oteOf, stepsOf } from '../../../src/core/losses/ote.js'
import { noParts, noTime } from '../../../src/core/losses/sums.js'
import { at, planOf } from '../story.js'
import { cases } from '../../support/cases.js'

const window = { from: at('06:00:00'), to: at('07:00:00') }

interface Made { readonly idealMs: number; readonly good: number; readonly reject: number }
interface Worked { readonly ms: Partial<Record<TimeLeaf, number>>; readonly made: readonly Made[] }
type Plant = Readonly<Record<'fil' | 'bag' | 'pal', Worked>>

const sumsOf = ({ ms, made }: Worked): LossSums => ({ ms: { ...noTime, ...ms }, products: made.map(({ idealMs, good, reject }, n) => ({ ...noParts, product: `${n}`, idealMs, good, production_reject: reject })) })

function ote(plant: Plant, plan = planOf()) {
  const sums = new Map(Object.entries(plant).map(([code, one]) => [code, sumsOf(one)]))
  return oteOf(plan, sums, new Map([...sums].map(([code, one]) => [code, oeeOf(one, window, plan, given(plan.equipment.get(code), code))])))
}

/* ── the same by fractions of whole numbers, from the formula as it is printed ───────────────── */

type Fraction = readonly [bigint, bigint]
const times = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * c, b * d]
const over = (one: Fraction, [c, d]: Fraction): Fraction => times(one, [d, c])
const plus = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * d + c * b, b * d]
const least = (fractions: readonly Fraction[]): Fraction => fractions.reduce((one, other) => (one[0] * other[1] <= other[0] * one[1] ? one : other))
const sum = (terms: readonly number[]): bigint => terms.reduce((total, term) => total + BigInt(term), 0n)
const valueOf = ([a, b]: Fraction): number => Number(a * 10n ** 18n / b) / 1e18

function fractionsOf({ ms, made }: Worked) {
  const planned = sum(Object.values(ms))
  const [net, worth] = [sum(made.map(({ idealMs, good, reject }) => idealMs * (good + reject))), sum(made.map(({ idealMs, good }) => idealMs * good))]
  return { rate: [sum(made.map(({ good, reject }) => good + reject)), net] as Fraction, oee: [worth, planned] as Fraction, made: [net, planned] as Fraction }
}

/** Steps of machines side by side, one after the other. */
function printed(steps: readonly (readonly Worked[])[]): number {
  const reckoned = steps.map((step) => {
    const all = step.map(fractionsOf)
    const total = (of: (one: ReturnType<typeof fractionsOf>) => Fraction) => all.map(of).reduce(plus)
    const good = total(({ oee, rate }) => times(oee, rate))
    return { rate: total(({ rate }) => rate), good, quality: over(good, total(({ made, rate }) => times(made, rate))) }
  })
  const through = reckoned.map(({ good }, i) => reckoned.slice(i + 1).reduce((rate, { quality }) => times(rate, quality), good))
  return valueOf(over(least(through), least(reckoned.map(({ rate }) => rate))))
}

const near = (found: number | null, wanted: number): boolean => found !== null && Math.abs(found - wanted) <= 1e-12 * Math.max(1, wanted)

/* ── worked out by hand ──────────────────────────────────────────────────────────────────────── */

const hour: Plant = {
  fil: { ms: { running: 3_000_000, unplanned: 600_000 }, made: [{ idealMs: 1_000, good: 2_700, reject: 100 }] },
  bag: { ms: { running: 3_300_000, external: 300_000 }, made: [{ idealMs: 2_000, good: 1_200, reject: 300 }] },
  pal: { ms: { running: 3_600_000 }, made: [{ idealMs: 1_500, good: 1_140, reject: 60 }] },
}

t.test('a chain lets through what its weakest machine does, less what later ones reject, by the slowest rate', async (t) => {
  const { method, ote: value, steps, unreliable } = ote(hour)
  // Filler 2700/h · 4/5 · 19/20 = 2052/h; bagger 1200/h · 19/20 = 1140/h; palletizer 1140/h. The bagger could make 1800/h.
  t.ok(near(value, 1_140 / 1_800), `${value}`)
  t.same([method, unreliable], ['ote', []])
  t.ok(steps.every(({ through_per_hour }, i) => near(through_per_hour / 1_000, [2.052, 1.14, 1.14][i]!)))
  t.same(steps.map(({ equipment, rate_per_hour }) => [equipment, Math.round(rate_per_hour * 1e6) / 1e6]), [[['fil'], 3_600], [['bag'], 1_800], [['pal'], 2_400]])
})

t.test('the rate of several products is the one that makes the ideal time of all that was made', async (t) => {
  const mixed = { ...hour, bag: { ms: { running: 3_600_000 }, made: [{ idealMs: 1_000, good: 900, reject: 0 }, { idealMs: 4_000, good: 540, reject: 60 }] } }
  const { ote: value, steps } = ote(mixed)
  // 1500 parts in 900 s + 2400 s of ideal time; not the mean of 3600/h and 900/h.
  t.ok(near(steps[1]!.rate_per_hour, 1_500 * 3_600 / 3_300))
  t.ok(near(value, printed([[mixed.fil], [mixed.bag], [mixed.pal]])))
})

t.test('machines of one step stand side by side and are summed first', async (t) => {
  const plan = planOf({ palletizer: 'upstream: [fil]' })
  t.same(stepsOf(plan)?.map((step) => step.map(({ code }) => code)), [['fil'], ['bag', 'pal']])
  const { ote: value, steps } = ote(hour, plan)
  // 1200/h + 1140/h of 4200/h; the filler is the slower step, 2700/h · 2340/2700 good of 3600/h.
  t.same(steps[1]!.equipment, ['bag', 'pal'])
  t.ok(near(steps[1]!.oee, 2_340 / 4_200) && near(steps[1]!.quality, 2_340 / 2_700))
  t.ok(near(value, 2_340 / 3_600) && near(value, printed([[hour.fil], [hour.bag, hour.pal]])), `${value}`)
})

t.test('no figure without good figures of all machines, and the machine says why', async (t) => {
  const without = (change: Partial<Plant>, plan = planOf()) => { const { ote: value, unreliable } = ote({ ...hour, ...change }, plan); return [value, unreliable] }
  t.same(without({ fil: { ms: {}, made: [] } }), [null, [{ equipment_code: 'fil', why: 'no_oee' }]])
  t.same(without({ pal: { ms: { unplanned: 3_600_000 }, made: [] } }), [null, [{ equipment_code: 'pal', why: 'nothing_made' }]])
  t.same(without({ bag: { ...hour.bag, ms: { running: 3_300_000, no_data: 300_000 } } }), [null, [{ equipment_code: 'bag', why: 'partial' }]])
  t.same(without({ bag: { ...hour.bag, ms: { running: 3_500_000, no_data: 100_000 } } })[1], [], 'a coverage of 97 % is good')
  t.same(without({}, planOf({ palletizer: 'upstream: [fil, bag]' })), [null, [{ equipment_code: null, why: 'no_chain' }]])
})

t.test('a chain of any machines is what the printed formula says, by fractions of whole numbers', async () => {
  const worked: fc.Arbitrary<Worked> = fc.record({
    ms: fc.record({ running: fc.integer({ min: 1, max: 3_600_000 }), unplanned: fc.nat({ max: 3_600_000 }), micro_stop: fc.nat({ max: 100_000 }) }),
    made: fc.array(fc.record({ idealMs: fc.integer({ min: 50, max: 9_000 }), good: fc.integer({ min: 1, max: 4_000 }), reject: fc.nat({ max: 500 }) }), { minLength: 1, maxLength: 3 }),
  })
  const [chain, sideBySide] = [planOf(), planOf({ palletizer: 'upstream: [fil]' })]
  fc.assert(fc.property(fc.record({ fil: worked, bag: worked, pal: worked }), fc.boolean(), (plant, parallel) => {
    return near(ote(plant, parallel ? sideBySide : chain).ote, printed(parallel ? [[plant.fil], [plant.bag, plant.pal]] : [[plant.fil], [plant.bag], [plant.pal]]))
  }), cases)
})
