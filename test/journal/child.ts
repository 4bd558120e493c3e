/** A process of its own for the journal tests: opens a journal, or appends facts or corrections to it until it is killed, telling each number that was answered. */

import { setImmediate } from 'node:timers/promises'
import { Fault } from '../../src/contract/faults.js'
import { openJournal } from '../../src/journal/journal.js'
import { correctionOf, factOf, optionsFor, turnOf } from './plant.js'

const [what, directory, more] = process.argv.slice(2)
const tell = (message: string | number): void => { process.send!(message) }

try {
  const journal = await openJournal(optionsFor(directory!, { stageMs: 5 }))
  if (what === 'append') await append(journal)
  if (what === 'correct') await correct(journal)
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

/** Begins a second correction, and is gone after so many rounds of the event loop. Its rows go ahead in three, and then its turn. */
async function correct(journal: Awaited<ReturnType<typeof openJournal>>): Promise<void> {
  const { epoch, lastTurn } = journal.remembered
  await journal.append(correctionOf(lastTurn + 1, epoch))
  void journal.append(correctionOf(lastTurn + 2, epoch))
  for (let round = 0; round < Number(more); round++) await setImmediate()
  process.kill(process.pid, 'SIGKILL')
}
