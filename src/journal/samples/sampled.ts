/** Samples by the numbers of their turns, piece by piece: how somebody takes a copy of them who says how far he has got. */

import { given } from '../../base/assert.js'
import { matcher } from '../../base/glob.js'
import type { Sampled, SampledColumn, SampledQuery, SampledStrip } from '../../contract/journal.js'
import { unseal } from '../store/codec.js'
import type { Database } from '../store/database.js'
import { type Layouts, type LazyBlock, type LazyStrip, layoutBy, lazily, readBlock } from './block.js'
import { readChunk } from './chunk.js'
import { isText, type RecordedTag } from './layouts.js'

/** What follows a turn, out of the one chunk or staged record that it begins in; `null` when no later turn is on the disk. */
export function sampledReader(database: Database): (layouts: Layouts, query: SampledQuery) => Sampled | null {
  // Turns follow each other from row to row, so the row that holds the next one begins at it, before it, or is the first there is.
  const staged = database.prepare<{ after: number }, Buffer>(`
    SELECT block FROM staged WHERE turn_first >= coalesce((SELECT max(turn_first) FROM staged WHERE turn_first <= :after + 1), 0) AND turn_last > :after
    ORDER BY turn_first LIMIT 1`).pluck()
  const sealed = database.prepare<{ after: number }, { id: number; turns: Buffer }>(`
    SELECT id, turns FROM chunks WHERE turn_first >= coalesce((SELECT max(turn_first) FROM chunks WHERE turn_first <= :after + 1 AND sealed = 1), 0)
      AND turn_last > :after AND sealed = 1 ORDER BY turn_first LIMIT 1`)

  function pieceAfter(layouts: Layouts, after: number, wanted: Wanted): LazyBlock | null {
    const chunk = sealed.get({ after })
    if (chunk !== undefined) return readChunk(database, layouts, chunk, (layout) => layoutBy(layouts, layout).tags.some((tag) => wanted(layout, tag)))
    const record = staged.get({ after })
    return record === undefined ? null : lazily(readBlock(unseal(record), layouts, wanted))
  }

  return (layouts, { after, turnsMax, tags }) => {
    const isLike = matcher(tags)
    const wanted: Wanted = (layout, tag) => isLike(`${layoutBy(layouts, layout).plc}/${tag.name}`)
    const piece = pieceAfter(layouts, after, wanted)
    if (piece === null) return null
    const begin = piece.numbers.findIndex((number) => number > after)
    const numbers = piece.numbers.subarray(begin, begin + turnsMax)
    const [first, last] = [numbers[0]!, numbers.at(-1)!]
    const turns = turnsOfScans(piece)
    return { first, last, strips: piece.strips.flatMap((strip) => stripOf(strip, layouts, turns, first, last, wanted)) }
  }
}

type Wanted = (layout: number, tag: RecordedTag) => boolean

/** For each scan of a piece, by its place among them, the turn it came in. */
function turnsOfScans({ numbers, scanCounts }: LazyBlock): Float64Array {
  const turns = new Float64Array(scanCounts.reduce((sum, count) => sum + count, 0))
  let scan = 0
  numbers.forEach((number, i) => {
    turns.fill(number, scan, scan + scanCounts[i]!)
    scan += scanCounts[i]!
  })
  return turns
}

/** The scans of the turns from `first` to `last`, copied: what crosses to another thread takes the whole of its buffer along. */
function stripOf(strip: LazyStrip, layouts: Layouts, turns: Float64Array, first: number, last: number, wanted: Wanted): SampledStrip[] {
  const { plc, tags } = layoutBy(layouts, strip.layout)
  const all = strip.ordinals.map((ordinal) => turns[ordinal]!)
  const from = all.findIndex((turn) => turn >= first)
  const beyond = all.findIndex((turn) => turn > last)
  const to = beyond === -1 ? all.length : beyond
  if (from === -1 || from >= to) return []
  const columns = tags.filter((tag) => wanted(strip.layout, tag)).flatMap((tag) => columnsOf(strip, tag, from, to))
  return columns.length === 0 ? [] : [{ plc, turns: all.slice(from, to), ats: strip.ats.slice(from, to), columns }]
}

function columnsOf(strip: LazyStrip, tag: RecordedTag, from: number, to: number): SampledColumn[] {
  const { name } = tag
  if (isText(tag)) {
    const { texts, qualities } = strip.column(tag.column)
    return [{ tag: name, element: 0, values: given(texts, 'the texts of a text').slice(from, to), qualities: qualities.slice(from, to) }]
  }
  // 64-bit integers have two columns for each element, the low word first.
  const words = tag.columns / tag.length
  return Array.from({ length: tag.length }, (_, element) => {
    const low = strip.column(tag.column + element * words)
    const high = words === 2 ? strip.column(tag.column + element * words + 1).values : null
    const values = low.values.slice(from, to)
    return { tag: name, element, values: high === null ? values : values.map((word, i) => high[from + i]! * 2 ** 32 + word), qualities: low.qualities.slice(from, to) }
  })
}
