/** One slot of a tag over time, out of flight recorders, sealed chunks and staged turns, piece by piece: a long history is never in memory as a whole. */

import type { SampleQuery } from '../../contract/journal.js'
import { ByteReader } from '../store/bytes.js'
import { unseal } from '../store/codec.js'
import { type Database, prepared } from '../store/database.js'
import type { InTime } from '../store/deadline.js'
import { type Block, type Layouts, type Strip, readBlock, readTimes } from './block.js'
import { atsOf } from './instants.js'
import { type Layout, type RecordedTag, isText } from './layouts.js'
import { columnReader, stripOf } from './strips.js'
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
  const inBlock = ({ strips: found }: Block): Part[] => interleaved(found.flatMap((strip) => {
    const slot = slots.find((candidate) => candidate.layoutId === strip.layout)
    return slot === undefined ? [] : [{ ordinals: strip.ordinals, ...stagedPart(strip, slot) }]
  }))
  for (const block of recorderBlocks(database, layouts, query, inTime, wanted)) yield* inBlock(block)
  const sealed = prepared<[number, number], { id: number; at_first: number; at_last: number }>(database, 'SELECT id, at_first, at_last FROM chunks WHERE sealed = 1 AND at_last >= ? AND at_first < ? ORDER BY turn_first')
  for (const { id, at_first, at_last } of sealed.all(query.from, query.to)) {
    inTime()
    if (!touches(at_first, at_last)) continue
    const found = slots.flatMap((slot) => {
      const strip = stripOf(database, id, slot.layoutId)
      return strip === undefined ? [] : [{ slot, strip }]
    })
    const parts = found.map(({ slot, strip }) => {
      // Who has no other to be held against needs no more than the instants.
      const { ordinals, ats } = found.length === 1 ? { ordinals: noOrdinals, ats: atsOf(database, strip) } : readTimes(new ByteReader(unseal(strip.times)))
      const read = columnReader(database, strip)
      const low = read(slot.column, ats.length, false)
      return { ordinals, ...partOf(ats, low.values, isWide(slot.tag) ? read(slot.column + 1, ats.length, false).values : null, low.qualities) }
    })
    yield* interleaved(parts)
  }
  for (const block of stagedBlocks(database, layouts, query.from, query.to, inTime, wanted)) yield* inBlock(block)
}

const noOrdinals = new Float64Array(0)

/** A tag that was read by one group and then by another, in one block: scan by scan as they came. */
function interleaved(parts: readonly (Part & { readonly ordinals: Float64Array })[]): Part[] {
  if (parts.length < 2) return [...parts]
  const places = parts.flatMap((part) => Array.from(part.ordinals, (ordinal, i) => ({ ordinal, part, i }))).sort((one, other) => one.ordinal - other.ordinal)
  return [{
    ats: Float64Array.from(places, ({ part, i }) => part.ats[i]!),
    values: Float64Array.from(places, ({ part, i }) => part.values[i]!),
    qualities: Uint8Array.from(places, ({ part, i }) => part.qualities[i]!),
  }]
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
