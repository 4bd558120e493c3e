/** Copies a journal page by page, as a standby does: whatever went wrong, it asks again, and only what breaks the journal ends the process. Its parent has the pages. */

import { once } from 'node:events'
import type { CopyPage } from '../../src/contract/copy.js'
import { Fault } from '../../src/contract/faults.js'
import { openJournal } from '../../src/journal/journal.js'
import { optionsFor } from '../journal/plant.js'

const AGAIN_MS = 20
const BROKEN = 70
const tell = (message: object): void => { process.send?.(message) }
const broken = (): never => process.exit(BROKEN)

try {
  const journal = await openJournal(optionsFor(process.argv[2]!, { stageMs: 5, beginning: { as: 'copy' }, onBroken: broken }))
  let place = await journal.place()
  tell({ opened: place.seq })
  for (;;) {
    const answer = once(process, 'message')
    tell({ after: place })
    // What `copies.ts` answers with, and it answers nothing else.
    const [page] = await answer as [CopyPage]
    try {
      place = await journal.copy([page])
      tell({ answered: place.seq })
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      tell({ refused: thrown.code })
      await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS) })
    }
  }
} catch (thrown) {
  tell({ failed: thrown instanceof Fault ? thrown.code : String(thrown) })
  process.exit(BROKEN)
}
