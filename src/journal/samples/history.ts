/** One slot of a tag over time, out of flight recorders, sealed chunks and staged turns, piece by piece: a long history is never in memory as a whole. */

import type { HistoryQuery, SampleQuery } from '../../contract/journal.js'
import { ByteReader } from '../store/bytes.js'
import { unseal } from '../store/codec.js'
import { type Database, prepared } from '../store/database.js'
import type { InTime } from '../store/deadline.js'
import { type Block, type Layouts, type Strip, readBlock, readTimes } from './block.js'
import { atsOf } from './instants.js'
import { type Layout, type RecordedTag, isText } from './layouts.js'
import { columnReader, stripOf } from './strips.js'
import { thin } from './thin.js'
import { type Wanted, stagedBlocks } from './turns.js'

/** Index i of every array belongs to the same scan. */
export interface Part {
  readonly ats: Float64Array
  readonly values: Float64Array
  readonly qualities: Uint8Array
}

type Asked = Pick<SampleQuery, 'plc' | 'tag' | 'element' | 'from' | 'to'>

/** In the order in which it was recorded. Pieces that `touches` says no to, by their first and last instant, are not read. */
export function* partsOf(database: Database, layouts: Layouts, query: Asked, inTime: InTime, touches: Touches = everything): Generator<Part> {
  for (const { part } of piecesOf(database, layouts, { slots: [query], from: query.from, to: query.to }, inTime, touches)) yield part
}

/** A piece of the history of one of some slots: that at this index. */
interface Piece { readonly slot: number; readonly part: Part }
type Touches = (first: number, last: number) => boolean
const everything: Touches = () => true

/** Many slots of one period, each by itself in the order in which it was recorded: what is kept of all of them together is read once. */
export function historiesOf(database: Database, layouts: Layouts, query: HistoryQuery, inTime: InTime): Part[] {
  const parts = query.slots.map((): Part[] => [])
  for (const { slot, part } of piecesOf(database, layouts, query, inTime, everything)) parts[slot]!.push(part)
  return parts.map((of) => thin(of, query))
}

function* piecesOf(database: Database, layouts: Layouts, { slots: asked, from, to }: Pick<HistoryQuery, 'slots' | 'from' | 'to'>, inTime: InTime, touches: Touches): Generator<Piece> {
  const slots = asked.map((one) => [...layouts].flatMap(([layoutId, layout]) => slotOf(layoutId, layout, one)))
  const tags = new Set(slots.flat().map(({ tag }) => tag))
  const wanted: Wanted = (_, tag) => tags.has(tag)
  const inBlock = ({ strips: found }: Block): Piece[] => slots.flatMap((of, slot) => interleaved(found.flatMap((strip) => {
    const place = of.find((candidate) => candidate.layoutId === strip.layout)
    return place === undefined ? [] : [{ ordinals: strip.ordinals, ...stagedPart(strip, place) }]
  })).map((part) => ({ slot, part })))
  for (const block of recorderBlocks(database, layouts, { from, to }, inTime, wanted)) yield* inBlock(block)
  const sealed = prepared<[number, number], Chunk>(database, 'SELECT id, at_first, at_last FROM chunks WHERE sealed = 1 AND at_last >= ? AND at_first < ? ORDER BY turn_first')
  for (const chunk of sealed.all(from, to)) {
    inTime()
    if (touches(chunk.at_first, chunk.at_last)) yield* inChunk(database, slots, chunk.id, inTime)
  }
  for (const block of stagedBlocks(database, layouts, from, to, inTime, wanted)) yield* inBlock(block)
}

interface Chunk { readonly id: number; readonly at_first: number; readonly at_last: number }

function* inChunk(database: Database, slots: readonly (readonly Slot[])[], id: number, inTime: InTime): Generator<Piece> {
  const opened = new Map<number, OpenStrip | null>()
  const strip = (layoutId: number): OpenStrip | null => {
    let known = opened.get(layoutId)
    if (known === undefined) opened.set(layoutId, known = openStrip(database, stripOf(database, id, layoutId)))
    return known
  }
  for (const [slot, of] of slots.entries()) {
    inTime()
    const found = of.flatMap((place) => {
      const open = strip(place.layoutId)
      return open === null ? [] : [{ place, open }]
    })
    const parts = found.map(({ place: { column, tag }, open }) => {
      // Who has no other to be held against needs no more than the instants.
      const { ordinals, ats } = found.length === 1 ? { ordinals: noOrdinals, ats: open.ats() } : open.times()
      const low = open.read(column, ats.length, false)
      return { ordinals, ...partOf(ats, low.values, isWide(tag) ? open.read(column + 1, ats.length, false).values : null, low.qualities) }
    })
    for (const part of interleaved(parts)) yield { slot, part }
  }
}

/** A strip of a chunk, whose times are read once, and only when they are asked for. */
interface OpenStrip {
  readonly ats: () => Float64Array
  readonly times: () => ReturnType<typeof readTimes>
  readonly read: ReturnType<typeof columnReader>
}

function openStrip(database: Database, strip: ReturnType<typeof stripOf>): OpenStrip | null {
  if (strip === undefined) return null
  return { ats: once(() => atsOf(database, strip)), times: once(() => readTimes(new ByteReader(unseal(strip.times)))), read: columnReader(database, strip) }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => (made ??= { value: make() }).value
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
function* recorderBlocks(database: Database, layouts: Layouts, { from, to }: Pick<Asked, 'from' | 'to'>, inTime: InTime, wanted: Wanted): Generator<Block> {
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
