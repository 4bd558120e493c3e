/** A process of its own for the tests of merged chunks: merges and sweeps until it is killed, telling every step. */

import { sweepChunks } from '../../src/journal/samples/chunk.js'
import { openWriter } from '../../src/journal/store/database.js'
import { mergeChunks, mergeDue } from '../../src/journal/samples/merge.js'
import { layoutReader } from '../../src/journal/reads.js'

const database = openWriter(process.argv[2]!)
const layouts = layoutReader(database)()
const told = (): Promise<void> => new Promise((resolve) => { process.send!('step', undefined, undefined, () => { resolve() }) })

for (;;) {
  await told()
  if (sweepChunks(database)) continue
  const alike = mergeDue(database, { spanMs: 60_000, valuesMax: 1e6, turnsMax: 1e6 }, new Set())
  if (alike !== null) for (const _ of mergeChunks(database, layouts, alike)) await told()
}
