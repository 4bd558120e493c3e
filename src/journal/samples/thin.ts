/** Thins a history for the eye: of each stretch of time the smallest, the largest and what was not known, in the order in which they were recorded. */

import type { Part } from './history.js'

interface Query { readonly from: number; readonly to: number; readonly pointsMax: number }

/** All points of the period when there are no more than `pointsMax`; else at most that many, with every peak of the stretches kept. */
export function thin(parts: readonly Part[], query: Query): Part {
  const count = parts.reduce((sum, { ats }) => sum + countWithin(ats, query), 0)
  return picked(parts, count <= query.pointsMax ? placesWithin(parts, query) : placesOfPeaks(parts, query))
}

/** What stands at ascending places. A place counts through all parts. */
function picked(parts: readonly Part[], places: readonly number[]): Part {
  const points = { ats: new Float64Array(places.length), values: new Float64Array(places.length), qualities: new Uint8Array(places.length) }
  let before = 0
  let p = 0
  for (const { ats, values, qualities } of parts) {
    for (; p < places.length && places[p]! < before + ats.length; p++) {
      const i = places[p]! - before
      points.ats[p] = ats[i]!
      points.values[p] = values[i]!
      points.qualities[p] = qualities[i]!
    }
    before += ats.length
  }
  return points
}

function countWithin(ats: Float64Array, { from, to }: Query): number {
  let count = 0
  for (let i = 0; i < ats.length; i++) if (ats[i]! >= from && ats[i]! < to) count++
  return count
}

function placesWithin(parts: readonly Part[], { from, to }: Query): number[] {
  const places: number[] = []
  let before = 0
  for (const { ats } of parts) {
    for (let i = 0; i < ats.length; i++) if (ats[i]! >= from && ats[i]! < to) places.push(before + i)
    before += ats.length
  }
  return places
}

/** Of a stretch in which there was nothing of the kind. */
const NOWHERE = -1
/** The least, the largest, the first that is not known. */
const KEPT_MAX = 3

/** Asked of every sample of months: one loop over numbers that lie in a row, with nothing made on the way. */
function placesOfPeaks(parts: readonly Part[], { from, to, pointsMax }: Query): number[] {
  const stretches = Math.max(1, Math.floor(pointsMax / KEPT_MAX))
  const beginOf = (stretch: number): number => from + Math.ceil(stretch * (to - from) / stretches)
  const places: number[] = []
  let [begin, end] = [Infinity, -Infinity]
  let [lowest, highest, unknown] = [NOWHERE, NOWHERE, NOWHERE]
  let [least, largest] = [0, 0]
  let before = 0
  for (const { ats, values, qualities } of parts) {
    for (let i = 0; i < ats.length; i++) {
      const at = ats[i]!
      if (at < from || at >= to) continue
      // The clock may have been set back into a stretch that was left.
      if (at < begin || at >= end) {
        keep(places, lowest, highest, unknown)
        lowest = highest = unknown = NOWHERE
        const stretch = Math.floor((at - from) * stretches / (to - from))
        begin = beginOf(stretch)
        end = beginOf(stretch + 1)
      }
      const value = values[i]!
      if (qualities[i] !== 0 || Number.isNaN(value)) {
        if (unknown === NOWHERE) unknown = before + i
        continue
      }
      if (lowest === NOWHERE || value < least) { lowest = before + i; least = value }
      if (highest === NOWHERE || value > largest) { highest = before + i; largest = value }
    }
    before += ats.length
  }
  keep(places, lowest, highest, unknown)
  return places
}

function keep(places: number[], ...kept: readonly number[]): void {
  for (const place of new Set(kept.toSorted((one, other) => one - other))) if (place !== NOWHERE) places.push(place)
}
