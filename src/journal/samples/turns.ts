/** Recorded turns one after the other, out of sealed chunks and staged records, each of which is read once. */

import { unseal } from '../store/codec.js'
import type { Database } from '../store/database.js'
import { type Block, type KeptTurn, type Layouts, type LazyBlock, type Strip, readBlock } from './block.js'
import { readChunk } from './chunk.js'
import type { RecordedTag } from './layouts.js'
import { turnsOf } from './unrolled.js'

interface Span { readonly from: number; readonly to: number }

/**
 * The turns of a period, oldest first. Each block is asked for by the number of the turn before it, so that a writer may seal what is staged
 * or merge what is sealed meanwhile: it comes with the same numbers, also from the middle of a larger block. `inTime` is asked between two blocks.
 */
export function* turnsBetween(database: Database, layouts: Layouts, { from, to }: Span, inTime: () => void): Generator<KeptTurn> {
  const sealed = database.prepare<[number, number, number], { id: number; turns: Buffer }>(
    'SELECT id, turns FROM chunks WHERE sealed = 1 AND turn_last > ? AND at_last >= ? AND at_first < ? ORDER BY turn_first LIMIT 1')
  const staged = database.prepare<[number, number, number], Buffer>('SELECT block FROM staged WHERE turn_first > ? AND at_last >= ? AND at_first < ? ORDER BY turn_first LIMIT 1').pluck()
  const nextAfter = database.transaction((number: number): Block | null => {
    const chunk = sealed.get(number, from, to)
    if (chunk !== undefined) return wholly(readChunk(database, layouts, chunk))
    const record = staged.get(number, from, to)
    return record === undefined ? null : readBlock(unseal(record), layouts)
  })
  let last = -1
  for (let block = nextAfter.deferred(last); block !== null; block = nextAfter.deferred(last)) {
    inTime()
    for (const turn of turnsOf(block, layouts)) if (turn.number > last && turn.at >= from && turn.at < to) yield turn
    last = block.numbers.at(-1)!
  }
}

export type Wanted = (layout: number, tag: RecordedTag) => boolean

/** What is staged of a period; the columns of tags that are not wanted are left empty. */
export function* stagedBlocks(database: Database, layouts: Layouts, from: number, to: number, inTime: () => void, wanted: Wanted): Generator<Block> {
  const records = database.prepare<[number, number, number], { turn_first: number; block: Buffer }>(
    'SELECT turn_first, block FROM staged WHERE turn_first > ? AND at_last >= ? AND at_first < ? ORDER BY turn_first LIMIT 64')
  for (let after = -1; ;) {
    const some = records.all(after, from, to)
    if (some.length === 0) return
    for (const record of some) {
      inTime()
      yield readBlock(unseal(record.block), layouts, wanted)
      after = record.turn_first
    }
  }
}

const wholly = (block: LazyBlock): Block =>
  ({ ...block, strips: block.strips.map((strip): Strip => ({ ...strip, columns: Array.from({ length: strip.columnsCount }, (_, c) => strip.column(c)) })) })
