/** One slot of a tag over time, out of flight recorders, sealed chunks and staged turns, piece by piece: a long history is never in memory as a whole. */

import { given } from '../base/assert.js'
import type { SampleQuery } from '../contract/journal.js'
import { type Block, type Layouts, type Strip, readAts, readBlock, readColumn } from './block.js'
import { ByteReader } from './bytes.js'
import { unseal } from './codec.js'
import type { Database } from './database.js'
import type { InTime } from './deadline.js'
import { type Layout, type RecordedTag, isText } from './layouts.js'
import { columnId } from './samples.js'
import { type Wanted, stagedBlocks } from './turns.js'

/** Index i of every array belongs to the same scan. */
export interface Part {
  readonly ats: Float64Array
  readonly values: Float64Array
  readonly qualities: Uint8Array
}

type Asked = Pick<SampleQuery, 'plc' | 'tag' | 'element' | 'from' | 'to'>

/** In the order in which it was recorded. Pieces that `touches` says no to, by their first and last instant, are not read. */
export function* partsOf(database: Database, layouts: Layouts, query: Asked, inTime: InTime, touches: (first: number, last: number) => boolean = () => true): Generator<Part> {
  const slots = [...layouts].flatMap(([layoutId, layout]) => slotOf(layoutId, layout, query))
  const wanted = (layoutId: number, tag: RecordedTag) => slots.some((slot) => slot.layoutId === layoutId && slot.tag === tag)
  function* inBlock({ strips: found }: Block): Generator<Part> {
    for (const strip of found) {
      const slot = slots.find((candidate) => candidate.layoutId === strip.layout)
      if (slot !== undefined) yield stagedPart(strip, slot)
    }
  }
  for (const block of recorderBlocks(database, layouts, query, inTime, wanted)) yield* inBlock(block)
  const sealed = database.prepare<[number, number], { id: number; at_first: number; at_last: number }>('SELECT id, at_first, at_last FROM chunks WHERE sealed = 1 AND at_last >= ? AND at_first < ? ORDER BY id')
  const strips = database.prepare<[number, number], { id: number; times: Buffer }>('SELECT id, times FROM strips WHERE chunk = ? AND layout = ?')
  const columns = database.prepare<[number], Buffer>('SELECT content FROM columns WHERE id = ?').pluck()
  for (const { id, at_first, at_last } of sealed.all(query.from, query.to)) {
    inTime()
    if (!touches(at_first, at_last)) continue
    for (const slot of slots) {
      const strip = strips.get(id, slot.layoutId)
      if (strip === undefined) continue
      const ats = readAts(new ByteReader(unseal(strip.times)))
      const read = (column: number) => readColumn(ats.length, false, new ByteReader(unseal(given(columns.get(columnId(strip.id, column)), 'a column of a sealed chunk'))))
      const low = read(slot.column)
      yield partOf(ats, low.values, isWide(slot.tag) ? read(slot.column + 1).values : null, low.qualities)
    }
  }
  for (const block of stagedBlocks(database, layouts, query.from, query.to, inTime, wanted)) yield* inBlock(block)
}

export interface Slot { readonly layoutId: number; readonly tag: RecordedTag; readonly column: number }

/** What is left around stops of samples that retention took away. */
function* recorderBlocks(database: Database, layouts: Layouts, { from, to }: Asked, inTime: InTime, wanted: Wanted): Generator<Block> {
  for (const block of database.prepare<[number, number], Buffer>('SELECT block FROM recorders WHERE at_last >= ? AND at_first < ? ORDER BY turn_first').pluck().all(from, to)) {
    inTime()
    yield readBlock(unseal(block), layouts, wanted)
  }
}

function stagedPart(strip: Strip, { column, tag }: Slot): Part {
  const low = strip.columns[column]!
  return partOf(strip.ats, low.values, isWide(tag) ? strip.columns[column + 1]!.values : null, low.qualities)
}

const partOf = (ats: Float64Array, low: Float64Array, high: Float64Array | null, qualities: Uint8Array): Part =>
  ({ ats, values: high === null ? low : low.map((word, i) => high[i]! * 2 ** 32 + word), qualities })

/** Where a layout has what is asked for; nowhere, or in one place. */
export function slotOf(layoutId: number, layout: Layout, query: Pick<SampleQuery, 'plc' | 'tag' | 'element'>): Slot[] {
  const tag = layout.plc === query.plc ? layout.tags.find((candidate) => candidate.name === query.tag) : undefined
  if (tag === undefined || isText(tag) || query.element >= tag.length) return []
  return [{ layoutId, tag, column: tag.column + query.element * (isWide(tag) ? 2 : 1) }]
}

/** 64-bit integers have two columns for each element, the low word first. */
export const isWide = (tag: RecordedTag): boolean => tag.columns === 2 * tag.length
