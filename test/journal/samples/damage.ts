/** A sealed column spoiled on the disk, and nothing beside it. */

import { Roll, PIECE_BYTES, pieceId } from '../../../src/journal/samples/roll.js'
import { columnId } from '../../../src/journal/samples/strips.js'
import type { Database } from '../../../src/journal/store/database.js'

/** One bit of the last byte but one, wherever the column lies. */
export function damageColumn(database: Database, strip: number, column: number): void {
  const contents = database.prepare<[number], Buffer | null>('SELECT contents FROM strips WHERE id = ?').pluck().get(strip)!
  const [table, name, id, at] = contents === null ? ['columns', 'content', columnId(strip, column), null] as const : ['pieces', 'bytes', ...placeOf(new Roll(database, strip, contents).place(column), strip)] as const
  const bytes = database.prepare<[number], Buffer>(`SELECT ${name} FROM ${table} WHERE id = ?`).pluck().get(id)!
  bytes[at ?? bytes.length - 2]! ^= 4
  database.prepare(`UPDATE ${table} SET ${name} = ? WHERE id = ?`).run(bytes, id)
}

function placeOf({ start, length }: { readonly start: number; readonly length: number }, strip: number): readonly [id: number, at: number] {
  const byte = start + length - 2
  return [pieceId(strip, Math.floor(byte / PIECE_BYTES)), byte % PIECE_BYTES]
}
