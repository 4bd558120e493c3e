/** A thinned history has every peak, each point once, and no more points than were asked for. */

import fc from 'fast-check'
import t from 'tap'
import { thin } from '../../../src/journal/samples/thin.js'
import { fewerCases } from '../../support/cases.js'

interface Sample { readonly at: number; readonly value: number; readonly quality: number }

const value = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -3, max: 3 }) }, { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity, -0) })
const sample = fc.record({ stepMs: fc.integer({ min: 0, max: 40 }), value, quality: fc.constantFrom(0, 0, 0, 0, 3) })
const history = fc.array(sample, { maxLength: 120 }).map((samples): Sample[] => {
  let at = 1_774_764_000_000
  return samples.map(({ stepMs, ...rest }) => ({ at: at += stepMs, ...rest }))
})
const cuts = fc.array(fc.nat(120), { maxLength: 4 }).map((places) => places.sort((one, other) => one - other))

/** The samples in as many pieces as there are cuts, and one. */
const inParts = (samples: readonly Sample[], at: readonly number[]) => [...at, samples.length].map((end, i) => {
  const its = samples.slice(at[i - 1] ?? 0, end)
  return { ats: Float64Array.from(its, ({ at }) => at), values: Float64Array.from(its, ({ value }) => value), qualities: Uint8Array.from(its, ({ quality }) => quality) }
})

const shown = ({ at, value, quality }: Sample): string => [at, Object.is(value, -0) ? '-0' : value, quality].join(' ')

t.test('of each stretch the least, the largest and the first unknown are there, wherever it was cut', async (t) => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(history, cuts, fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 3_000 }), (samples, at, pointsMax, spanMs) => {
      const from = (samples[0]?.at ?? 0) + 5
      const query = { from, to: from + spanMs, pointsMax }
      const within = samples.filter((one) => one.at >= query.from && one.at < query.to)
      const drawn = thin(inParts(samples, at), query)
      const told = Array.from(drawn.ats, (its, i) => shown({ at: its, value: drawn.values[i]!, quality: drawn.qualities[i]! }))
      if (within.length <= pointsMax) return told.join() === within.map(shown).join()
      const stretches = Math.max(1, Math.floor(pointsMax / 3))
      const expected = Array.from({ length: stretches }, (_, stretch) => {
        const its = within.filter((one) => Math.floor((one.at - from) * stretches / spanMs) === stretch)
        const known = its.filter((one) => one.quality === 0 && !Number.isNaN(one.value))
        const [lowest, highest] = [known.toSorted((a, b) => a.value - b.value)[0], known.toSorted((a, b) => b.value - a.value)[0]]
        const kept = new Set([lowest, highest, its.find((one) => !known.includes(one))])
        return its.filter((one) => kept.has(one)).map(shown)
      }).flat()
      return told.join() === expected.join() && told.length <= Math.max(3, pointsMax)
    }), fewerCases(500))
  })
})

t.test('where the clock was set back a stretch comes twice, and its peaks with it', async (t) => {
  const samples = [10, 20, 30, 210, 220, 30, 40, 230].map((at, value): Sample => ({ at, value, quality: 0 }))
  for (const at of [[], [2], [3, 6]]) t.strictSame([...thin(inParts(samples, at), { from: 0, to: 400, pointsMax: 6 }).values], [0, 2, 3, 4, 5, 6, 7])
})
