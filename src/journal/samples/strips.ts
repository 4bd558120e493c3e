/** The sealed columns of a layout in one chunk, wherever they stand: in a roll, or in rows of their own, as they were written until version 12 of the schema. */

import { given } from '../../base/assert.js'
import { Fault } from '../../contract/faults.js'
import { ByteReader } from '../store/bytes.js'
import { unseal } from '../store/codec.js'
import { type Database, prepared } from '../store/database.js'
import { type Column, readColumn } from './block.js'
import { type Figures, readFigures } from './figures.js'
import { Roll } from './roll.js'

export interface StripRow {
  readonly id: number
  readonly layout: number
  readonly times: Buffer
  /** `null`: its columns have rows of their own. */
  readonly contents: Buffer | null
}

const COLUMNS_PER_STRIP_MAX = 2 ** 20

export const columnId = (strip: number, column: number): number => strip * COLUMNS_PER_STRIP_MAX + column

export const stripsOf = (database: Database, chunk: number): StripRow[] =>
  prepared<[number], StripRow>(database, 'SELECT id, layout, times, contents FROM strips WHERE chunk = ? ORDER BY layout').all(chunk)

export const stripOf = (database: Database, chunk: number, layout: number): StripRow | undefined =>
  prepared<[number, number], StripRow>(database, 'SELECT id, layout, times, contents FROM strips WHERE chunk = ? AND layout = ?').get(chunk, layout)

/** One column of so many scans. */
export type ReadColumn = (column: number, count: number, text: boolean) => Column

/** What it returns throws JOURNAL_CORRUPT. */
export function columnReader(database: Database, { id, contents }: Pick<StripRow, 'id' | 'contents'>): ReadColumn {
  if (contents !== null) {
    const roll = new Roll(database, id, contents)
    return (column, count, text) => roll.column(column, count, text)
  }
  const content = prepared<[number], Buffer>(database, 'SELECT content FROM columns WHERE id = ?').pluck()
  return (column, count, text) => readColumn(count, text, new ByteReader(unseal(content.get(columnId(id, column)) ?? misfit('a column of a sealed chunk is gone'))))
}

interface FiguresRow { readonly id: number; readonly good_count: number; readonly min: number | null; readonly max: number | null; readonly sum: number | null }

/** The figures of the columns from `first` to `last`, each by its column. Throws JOURNAL_CORRUPT. */
export function figuresWithin(database: Database, strip: number, first: number, last: number): (column: number) => Figures {
  const written = prepared<[number], Buffer | null>(database, 'SELECT figures FROM strips WHERE id = ?').pluck().get(strip) ?? null
  const found = written === null ? figuresInRows(database, strip, first, last) : figuresIn(written, first, last)
  return (column) => found[column - first] ?? misfit('the figures of a sealed column are missing')
}

function figuresIn(written: Buffer, first: number, last: number): Figures[] {
  const from = new ByteReader(unseal(written))
  for (let before = 0; before < first; before++) readFigures(from)
  return Array.from({ length: last - first + 1 }, () => readFigures(from))
}

/** Read in one go, because they lie beside each other. */
function figuresInRows(database: Database, strip: number, first: number, last: number): (Figures | undefined)[] {
  const found: Figures[] = []
  const rows = prepared<[number, number], FiguresRow>(database, 'SELECT id, good_count, min, max, sum FROM columns WHERE id >= ? AND id <= ? ORDER BY id').all(columnId(strip, first), columnId(strip, last))
  for (const { id, good_count: goodCount, min, max, sum } of rows) found[id - columnId(strip, first)] = { goodCount, min, max, sum }
  return found
}

/** Every record in which samples are sealed, one after the other; `null` for one that cannot be found. Of a database of an earlier version, too. */
export function* sealedRecords(database: Database): Generator<Buffer | null> {
  const hasRolls = database.prepare("SELECT 1 FROM pragma_table_info('strips') WHERE name = 'contents'").get() !== undefined
  yield* database.prepare<[], Buffer>('SELECT turns FROM chunks').pluck().iterate()
  yield* database.prepare<[], Buffer>('SELECT content FROM columns').pluck().iterate()
  const strip = database.prepare<[number], Pick<StripRow, 'times' | 'contents'> & { figures: Buffer | null }>(`SELECT times, ${hasRolls ? 'contents, figures' : 'NULL AS contents, NULL AS figures'} FROM strips WHERE id = ?`)
  for (const id of database.prepare<[], number>('SELECT id FROM strips ORDER BY id').pluck().all()) {
    const { times, contents, figures } = given(strip.get(id), 'a strip of this moment')
    yield times
    if (contents === null) continue
    yield contents
    yield figures
    yield* recordsOf(database, id, contents)
  }
}

function* recordsOf(database: Database, strip: number, contents: Buffer): Generator<Buffer | null> {
  const roll = openedOrNull(() => new Roll(database, strip, contents))
  // That the contents are damaged was told with themselves.
  for (let c = 0; c < (roll?.columnsCount ?? 0); c++) yield openedOrNull(() => roll!.record(c))
}

function openedOrNull<T>(open: () => T): T | null {
  try {
    return open()
  } catch (error) {
    if (error instanceof Fault && error.code === 'JOURNAL_CORRUPT') return null
    throw error
  }
}

function misfit(what: string): never {
  throw new Fault('JOURNAL_CORRUPT', { what })
}
