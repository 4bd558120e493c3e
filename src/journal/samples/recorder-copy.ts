/** Flight recorders copied by a second box: listed, read as they are stored, and written there under the numbers that their layouts have there. */

import { limits } from '../../base/limits.js'
import type { CopiedRecorder, ListedRecorder, RecorderList } from '../../contract/copied-samples.js'
import { Fault } from '../../contract/faults.js'
import { unseal } from '../store/codec.js'
import { type Database, prepared } from '../store/database.js'
import { type Layouts, layoutBy, readBlock } from './block.js'
import type { Layout } from './layouts.js'
import { insertRecorder } from './recorder.js'

const LISTED = 'turn_first AS first, at_first AS "from", at_last AS "to", length(block) AS bytes'

/** Newest first, those that begin before a turn. */
export function listRecorders(database: Database, before: number): RecorderList {
  const recorders = prepared<[number, number], ListedRecorder>(database, `SELECT ${LISTED} FROM recorders WHERE turn_first < ? ORDER BY turn_first DESC LIMIT ?`).all(before, limits.copyChunksListedMax)
  return { recorders, before: recorders.length < limits.copyChunksListedMax ? null : recorders.at(-1)!.first }
}

/** JSON of a `CopiedRecorder`. `null` when there is none any more. */
export function readRecorder(database: Database, layouts: Layouts, first: number): string | null {
  const row = prepared<[number], ListedRecorder & { block: Buffer }>(database, `SELECT ${LISTED}, block FROM recorders WHERE turn_first = ?`).get(first)
  if (row === undefined) return null
  const { block, ...recorder } = row
  const used = new Set(readBlock(unseal(block), layouts, () => false).strips.map((strip) => strip.layout))
  return JSON.stringify({ recorder, layouts: Object.fromEntries([...used].map((id) => [id, JSON.stringify(layoutBy(layouts, id))])), block: block.toString('base64') } satisfies CopiedRecorder)
}

/** Keeps it beside what is here. Throws JOURNAL_CORRUPT when it cannot be read or is not what was listed. */
export function copyRecorder(database: Database, layouts: Layouts, idOf: (layout: string) => number, { recorder, layouts: theirs, block }: CopiedRecorder): void {
  // Written by `addLayouts` of the other one, and never by anybody else.
  const known = new Map(Object.entries(theirs).map(([id, text]) => [Number(id), JSON.parse(text) as Layout]))
  const read = readBlock(unseal(Buffer.from(block, 'base64')), known)
  if (read.numbers[0] !== recorder.first) throw new Fault('JOURNAL_CORRUPT', { what: 'a flight recorder holds other turns than were listed' })
  const strips = read.strips.map((strip) => ({ ...strip, layout: idOf(theirs[strip.layout]!) }))
  insertRecorder(database, layouts, { ...read, strips })
}
