/** A process of its own for the journal tests: opens a journal, or appends to it until it is killed, telling each number that was answered. */

import { Fault } from '../../src/contract/faults.js'
import { openJournal } from '../../src/journal/journal.js'
import { factOf, optionsFor, turnOf } from './plant.js'

const [what, directory] = process.argv.slice(2)
const tell = (message: string | number): void => { process.send!(message) }

try {
  const journal = await openJournal(optionsFor(directory!, { stageMs: 5 }))
  if (what === 'append') await append(journal)
  await journal.close()
  tell('opened')
} catch (error) {
  tell(error instanceof Fault ? error.code : String(error))
}
process.disconnect()

async function append(journal: Awaited<ReturnType<typeof openJournal>>): Promise<never> {
  const { epoch, head, lastTurn } = journal.remembered
  let given = head
  for (let number = lastTurn + 1; ; number++) {
    const facts = number % 3 === 0 ? [] : [factOf(++given, epoch), ...(number % 4 === 0 ? [factOf(++given, epoch)] : [])]
    await journal.append(turnOf(number, facts))
    if (facts.length > 0) tell(given)
  }
}
