/** A process of its own for the tests of packs: packs and sweeps until it is killed, telling every step. */

import { dropUnsealedPacks, packDue, sealPack, sweepPacked } from '../../src/journal/facts/packs.js'
import { openWriter } from '../../src/journal/store/database.js'

const [path, now] = process.argv.slice(2)
const database = openWriter(path!)
const told = (): Promise<void> => new Promise((resolve) => { process.send!('step', undefined, undefined, () => { resolve() }) })

for (;;) {
  await told()
  const run = packDue(database, { lagMs: 86_400_000, waitMs: 86_400_000, factsMax: 40 }, Number(now))
  if (run === null) { sweepPacked(database); continue }
  dropUnsealedPacks(database)
  for (const _ of sealPack(database, run)) await told()
}
