/** Thins a history for the eye: of each stretch of time the smallest, the largest and what was not known, in their order. */

export interface History {
  readonly ats: readonly Float64Array[]
  readonly values: readonly Float64Array[]
  readonly qualities: readonly Uint8Array[]
}
export interface Point { readonly at: number; readonly value: number | null; readonly quality: number }

/** All points of the period when there are no more than `pointsMax`; else at most that many, with every peak of the stretches kept. */
export function thin(history: History, query: { readonly from: number; readonly to: number; readonly pointsMax: number }): Point[] {
  const count = history.ats.reduce((sum, ats) => sum + countWithin(ats, query), 0)
  if (count <= query.pointsMax) return everyPoint(history, query)
  const stretches = Math.max(1, Math.floor(query.pointsMax / 3))
  const stretchMs = (query.to - query.from) / stretches
  const points: Point[] = []
  let stretch = -1
  let lowest: Point | null = null
  let highest: Point | null = null
  let gap: Point | null = null
  const close = (): void => {
    const kept = [...new Set([lowest, highest, gap])].filter((point) => point !== null).sort((a, b) => a.at - b.at)
    points.push(...kept)
    lowest = highest = gap = null
  }
  eachWithin(history, query, (at, value, quality) => {
    const its = Math.floor((at - query.from) / stretchMs)
    if (its !== stretch) { close(); stretch = its }
    if (quality !== 0 || Number.isNaN(value)) { gap ??= { at, value: null, quality }; return }
    if (lowest === null || value < lowest.value!) lowest = { at, value, quality }
    if (highest === null || value > highest.value!) highest = { at, value, quality }
  })
  close()
  return points
}

function everyPoint(history: History, query: { readonly from: number; readonly to: number }): Point[] {
  const points: Point[] = []
  eachWithin(history, query, (at, value, quality) => { points.push({ at, value: quality === 0 && !Number.isNaN(value) ? value : null, quality }) })
  return points
}

function countWithin(ats: Float64Array, query: { readonly from: number; readonly to: number }): number {
  let count = 0
  for (const at of ats) if (at >= query.from && at < query.to) count++
  return count
}

function eachWithin(history: History, query: { readonly from: number; readonly to: number }, see: (at: number, value: number, quality: number) => void): void {
  history.ats.forEach((ats, part) => {
    const values = history.values[part]!
    const qualities = history.qualities[part]!
    for (let i = 0; i < ats.length; i++) {
      const at = ats[i]!
      if (at >= query.from && at < query.to) see(at, values[i]!, qualities[i]!)
    }
  })
}
