/** Appends to a journal without a pause, as the cycle does: what was refused is asked again, and what breaks ends the process. Tells every number that was answered. */

import { seq } from '../../src/base/units.js'
import { Fault } from '../../src/contract/faults.js'
import { openJournal } from '../../src/journal/journal.js'
import { factOf, optionsFor, turnOf } from '../journal/plant.js'

const AGAIN_MS = 20
const BROKEN = 70
const tell = (message: object): void => { process.send?.(message) }
const broken = (): never => process.exit(BROKEN)

try {
  const journal = await openJournal(optionsFor(process.argv[2]!, { stageMs: 5, onBroken: broken }))
  const { epoch, head, lastTurn } = journal.remembered
  tell({ opened: head })
  let given = head
  for (let number = lastTurn + 1; ; number++) {
    const facts = Array.from({ length: number % 4 }, () => factOf(++given, epoch))
    for (let isWritten = false; !isWritten;) {
      try {
        await journal.append(turnOf(number, facts))
        // An upstream whose bookmark was not set goes on; that the disk failed meanwhile is the journal's to know.
        if (number % 5 === 0) await journal.bookmark('upstream/mes', seq(given)).catch(() => undefined)
        isWritten = true
      } catch (thrown) {
        if (!(thrown instanceof Fault) || thrown.code !== 'JOURNAL_UNWRITABLE' || thrown.fields['why'] !== 'disk full') throw thrown
        tell({ refused: thrown.code })
        await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS) })
      }
    }
    if (facts.length > 0) tell({ answered: given })
  }
} catch (thrown) {
  tell({ failed: thrown instanceof Fault ? thrown.code : String(thrown) })
  process.exit(BROKEN)
}
