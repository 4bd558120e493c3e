/** Sealed chunks as versions of the schema before 13 wrote them: a row for each column. */

import { layoutsIn } from '../../../src/journal/samples/catalogue.js'
import { readTimes, writeColumn } from '../../../src/journal/samples/block.js'
import { figuresOf } from '../../../src/journal/samples/figures.js'
import { isText } from '../../../src/journal/samples/layouts.js'
import { columnId, columnReader } from '../../../src/journal/samples/strips.js'
import { ByteReader, ByteWriter } from '../../../src/journal/store/bytes.js'
import { seal, unseal } from '../../../src/journal/store/codec.js'
import type { Database } from '../../../src/journal/store/database.js'
import { writeNumbersDensely } from '../../../src/journal/store/numbers.js'

/** Puts the strips of these chunks into rows; all chunks when none are named. */
export function intoRows(database: Database, chunks: readonly number[] = database.prepare<[], number>('SELECT id FROM chunks').pluck().all()): void {
  const layouts = layoutsIn(database)
  const insert = database.prepare('INSERT INTO columns (id, good_count, min, max, sum, content) VALUES (?, ?, ?, ?, ?, ?)')
  const bytes = new ByteWriter()
  for (const chunk of chunks) {
    for (const { id, layout, times, contents } of database.prepare<[number], { id: number; layout: number; times: Buffer; contents: Buffer | null }>('SELECT id, layout, times, contents FROM strips WHERE chunk = ?').all(chunk)) {
      const count = readTimes(new ByteReader(unseal(times))).ats.length
      const read = columnReader(database, { id, contents })
      const { tags, columns } = layouts.get(layout)!
      for (let c = 0; c < columns; c++) {
        const column = read(c, count, tags.some((tag) => isText(tag) && tag.column === c))
        const { goodCount, min, max, sum } = figuresOf(column)
        bytes.clear()
        if (c % 2 === 0) writeColumn(column, bytes)
        else writeColumn(column, bytes, writeNumbersDensely)
        insert.run(columnId(id, c), goodCount, min, max, sum, seal(bytes.view(), 6))
      }
      database.prepare('UPDATE strips SET contents = NULL, figures = NULL WHERE id = ?').run(id)
      database.prepare('DELETE FROM pieces WHERE id >= ? AND id < ?').run(columnId(id, 0), columnId(id + 1, 0))
    }
  }
}
