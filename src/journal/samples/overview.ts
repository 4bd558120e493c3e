/** What many slots were over one period. A chunk that lies in it whole has the figures of each slot beside its column, so that none is unpacked. */

import type { Overview, OverviewQuery } from '../../contract/journal.js'
import type { Database } from '../store/database.js'
import type { InTime } from '../store/deadline.js'
import type { Column, Layouts } from './block.js'
import { type Slot, isWide, slotOf } from './history.js'
import { atsOf } from './instants.js'
import { columnReader, figuresWithin, stripOf } from './strips.js'
import { stagedBlocks } from './turns.js'

interface Draft { n: number; sum: number; min: number; max: number }
/** One for each part of the period. */
interface Drafted extends Slot { readonly drafts: readonly Draft[] }
/** Which part of the period an instant in it lies in. */
type PartOf = (at: number) => number
interface Chunk { readonly id: number; readonly at_first: number; readonly at_last: number }

/** One for each slot, in their order. Only good values count, and only what retention has not taken. */
export function overviewOf(database: Database, layouts: Layouts, { slots, from, to, parts = 0 }: OverviewQuery, inTime: InTime): Overview[] {
  const count = Math.max(1, parts)
  const partOf: PartOf = (at) => Math.floor(((at - from) * count) / (to - from))
  const drafts = slots.map(() => Array.from({ length: count }, (): Draft => ({ n: 0, sum: 0, min: Infinity, max: -Infinity })))
  const wanted = [...layouts].map(([id, layout]) => ({ id, slots: slots.flatMap((slot, i) => slotOf(id, layout, slot).map((found): Drafted => ({ ...found, drafts: drafts[i]! }))) })).filter((layout) => layout.slots.length > 0)
  const chunks = database.prepare<[number, number], Chunk>('SELECT id, at_first, at_last FROM chunks WHERE sealed = 1 AND at_last >= ? AND at_first < ? ORDER BY turn_first')
  for (const { id, at_first, at_last } of chunks.all(from, to)) {
    const isWhole = at_first >= from && at_last < to && partOf(at_first) === partOf(at_last)
    for (const layout of wanted) {
      inTime()
      const strip = stripOf(database, id, layout.id)
      if (strip === undefined) continue
      // Figures of the halves of a wide number do not say what its least and largest were.
      const known = layout.slots.filter(({ tag }) => isWhole && !isWide(tag))
      if (known.length > 0) addFigures(database, strip.id, known, partOf(at_first))
      const others = layout.slots.filter((slot) => !known.includes(slot))
      if (others.length === 0) continue
      const ats = atsOf(database, strip)
      const read = columnReader(database, strip)
      for (const slot of others) addColumn(slot, ats, (column) => read(column, ats.length, false), from, to, partOf)
    }
  }
  const isWanted = (layoutId: number, tag: Slot['tag']): boolean => wanted.some((layout) => layout.id === layoutId && layout.slots.some((slot) => slot.tag === tag))
  for (const block of stagedBlocks(database, layouts, from, to, inTime, isWanted)) {
    for (const strip of block.strips) {
      for (const slot of wanted.find(({ id }) => id === strip.layout)?.slots ?? []) addColumn(slot, strip.ats, (column) => strip.columns[column]!, from, to, partOf)
    }
  }
  return drafts.map((of) => ({ ...whole(of), means: parts === 0 ? [] : of.map(({ n, sum }) => (n === 0 ? null : sum / n)) }))
}

function whole(parts: readonly Draft[]): Omit<Overview, 'means'> {
  const { n, sum, min, max } = parts.reduce((one, other) => ({ n: one.n + other.n, sum: one.sum + other.sum, min: Math.min(one.min, other.min), max: Math.max(one.max, other.max) }))
  // The figures beside a column know no -0, because SQLite keeps none; so there is none, however a period lies to its chunks.
  return n === 0 ? { n, mean: null, min: null, max: null } : { n, mean: sum / n + 0, min: min + 0, max: max + 0 }
}

function addFigures(database: Database, strip: number, slots: readonly Drafted[], part: number): void {
  const columns = slots.map(({ column }) => column)
  const figuresOf = figuresWithin(database, strip, Math.min(...columns), Math.max(...columns))
  for (const { column, drafts } of slots) {
    const { goodCount, min, max, sum } = figuresOf(column)
    if (min === null || max === null || sum === null) continue
    const draft = drafts[part]!
    draft.n += goodCount
    draft.sum += sum
    draft.min = Math.min(draft.min, min)
    draft.max = Math.max(draft.max, max)
  }
}

function addColumn({ column, tag, drafts }: Drafted, ats: Float64Array, read: (column: number) => Column, from: number, to: number, partOf: PartOf): void {
  const low = read(column)
  const high = isWide(tag) ? read(column + 1).values : null
  for (let i = 0; i < ats.length; i++) {
    const value = high === null ? low.values[i]! : high[i]! * 2 ** 32 + low.values[i]!
    if (ats[i]! < from || ats[i]! >= to || low.qualities[i] !== 0 || !Number.isFinite(value)) continue
    const draft = drafts[partOf(ats[i]!)]!
    draft.n++
    draft.sum += value
    draft.min = Math.min(draft.min, value)
    draft.max = Math.max(draft.max, value)
  }
}
