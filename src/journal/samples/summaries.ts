/** What a slot was in each of many periods, added up where the samples are: statistics need thousands of them, and no single value. */

import type { Summary, SummaryQuery } from '../../contract/journal.js'
import type { Database } from '../store/database.js'
import type { InTime } from '../store/deadline.js'
import type { Layouts } from './block.js'
import { type Part, partsOf } from './history.js'

interface Draft { n: number; sum: number; min: number; max: number; first: number | null; last: number | null }

/** One for each window, in their order. Only good values count. */
export function summariesOf(database: Database, layouts: Layouts, { windows, ...of }: SummaryQuery, inTime: InTime): Summary[] {
  const drafts = windows.map((): Draft => ({ n: 0, sum: 0, min: Infinity, max: -Infinity, first: null, last: null }))
  const ordered = windows.map((window, i) => ({ ...window, draft: drafts[i]! })).sort((one, other) => one.from - other.from)
  if (ordered.length === 0) return []
  const [from, to] = [ordered[0]!.from, ordered.reduce((latest, window) => (window.to > latest ? window.to : latest), ordered[0]!.to)]
  const touches = (first: number, last: number) => ordered.some((window) => window.from <= last && window.to > first)
  for (const part of partsOf(database, layouts, { ...of, from, to }, inTime, touches)) {
    const isSteady = part.ats.every((at, i) => i === 0 || at >= part.ats[i - 1]!)
    const [first, last] = isSteady ? [part.ats[0] ?? Infinity, part.ats.at(-1) ?? -Infinity] : [-Infinity, Infinity]
    for (const window of ordered) if (window.from <= last && window.to > first) add(window.draft, part, window.from, window.to, isSteady)
  }
  return drafts.map(({ n, sum, min, max, first, last }) => n === 0
    ? { n, mean: null, min: null, max: null, first: null, last: null } : { n, mean: sum / n, min, max, first, last })
}

/** Where the clock was set meanwhile, what belongs to a period stands anywhere. */
function add(draft: Draft, { ats, values, qualities }: Part, from: number, to: number, isSteady: boolean): void {
  for (let i = isSteady ? firstAt(ats, from) : 0; i < ats.length && (!isSteady || ats[i]! < to); i++) {
    const value = values[i]!
    if (qualities[i] !== 0 || !Number.isFinite(value) || ats[i]! < from || ats[i]! >= to) continue
    draft.n++
    draft.sum += value
    draft.min = Math.min(draft.min, value)
    draft.max = Math.max(draft.max, value)
    draft.first ??= value
    draft.last = value
  }
}

/** Index of the first scan at or after an instant, among ascending ones. */
function firstAt(ats: Float64Array, at: number): number {
  let [low, high] = [0, ats.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ats[middle]! < at) low = middle + 1
    else high = middle
  }
  return low
}
