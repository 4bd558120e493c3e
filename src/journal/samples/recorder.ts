/** A flight recorder as it stands in its table: turns around the beginnings of stops, as one record. */

import { ByteWriter } from '../store/bytes.js'
import { seal } from '../store/codec.js'
import { type Database, prepared } from '../store/database.js'
import { type Block, type Layouts, writeBlock } from './block.js'
import { spanOf } from './chunk.js'

const LEVEL = 6

export function insertRecorder(database: Database, layouts: Layouts, block: Block): void {
  const bytes = new ByteWriter(16_384)
  writeBlock(block, layouts, bytes)
  prepared(database, 'INSERT INTO recorders (turn_first, at_first, at_last, block) VALUES (?, ?, ?, ?)').run(block.numbers[0]!, ...spanOf(block), seal(bytes.view(), LEVEL))
}
