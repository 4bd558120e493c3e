/** Recorded turns one after the other, out of sealed chunks and staged records, each of which is read once. */

import { type Block, type KeptTurn, type Layouts, type Strip, layoutBy, readBlock, readColumn, readTimes, readTurns } from './block.js'
import { ByteReader } from './bytes.js'
import { unseal } from './codec.js'
import type { Database } from './database.js'
import { type RecordedTag, isText } from './layouts.js'
import { columnId } from './samples.js'
import { turnsOf } from './unrolled.js'

interface Span { readonly from: number; readonly to: number }

/**
 * The turns of a period, oldest first. Each block is asked for by the number of the turn before it, so that a writer may seal what is staged
 * meanwhile: it comes with the same numbers. `inTime` is asked between two blocks.
 */
export function* turnsBetween(database: Database, layouts: Layouts, { from, to }: Span, inTime: () => void): Generator<KeptTurn> {
  const sealed = database.prepare<[number, number, number], { id: number; turns: Buffer }>(
    'SELECT id, turns FROM chunks WHERE sealed = 1 AND turn_first > ? AND at_last >= ? AND at_first < ? ORDER BY id LIMIT 1')
  const staged = database.prepare<[number, number, number], Buffer>('SELECT block FROM staged WHERE turn_first > ? AND at_last >= ? AND at_first < ? ORDER BY turn_first LIMIT 1').pluck()
  const nextAfter = database.transaction((number: number): Block | null => {
    const chunk = sealed.get(number, from, to)
    if (chunk !== undefined) return readChunk(database, layouts, chunk)
    const record = staged.get(number, from, to)
    return record === undefined ? null : readBlock(unseal(record), layouts)
  })
  for (let block = nextAfter.deferred(-1); block !== null; block = nextAfter.deferred(block.numbers.at(-1)!)) {
    inTime()
    for (const turn of turnsOf(block, layouts)) if (turn.at >= from && turn.at < to) yield turn
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

function readChunk(database: Database, layouts: Layouts, chunk: { readonly id: number; readonly turns: Buffer }): Block {
  const strips = database.prepare<[number], { id: number; layout: number; times: Buffer }>('SELECT id, layout, times FROM strips WHERE chunk = ? ORDER BY layout').all(chunk.id)
  const columns = database.prepare<[number, number], Buffer>('SELECT content FROM columns WHERE id >= ? AND id < ? ORDER BY id').pluck()
  return {
    ...readTurns(new ByteReader(unseal(chunk.turns))),
    strips: strips.map(({ id, layout, times }): Strip => {
      const shared = readTimes(new ByteReader(unseal(times)))
      const texts = new Set(layoutBy(layouts, layout).tags.filter(isText).map((tag) => tag.column))
      return {
        layout, ...shared,
        columns: columns.all(columnId(id, 0), columnId(id + 1, 0)).map((content, c) => readColumn(shared.ats.length, texts.has(c), new ByteReader(unseal(content)))),
      }
    }),
  }
}
