/** Rows that go ahead of their turn: they are written with it or not at all, whatever ends the journal in between. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { epoch, later } from '../../src/base/units.js'
import type { Journal } from '../../src/contract/journal.js'
import type { LossRow } from '../../src/contract/losses.js'
import { openJournal } from '../../src/journal/journal.js'
import type { FromWriter, ThreadOptions, WireTurn } from '../../src/journal/wire.js'
import { Writer } from '../../src/journal/writer.js'
import { factsIn } from '../support/recorded.js'
import { CORRECTED_ROWS, START, correctionOf, factOf, optionsFor, rowOf, turnOf } from './plant.js'

// Each turn here is on the disk before the next, and a busy disk takes its time.
t.setTimeout(600_000)

const rowsIn = async (directory: string): Promise<readonly LossRow[]> => {
  const journal = await openJournal(optionsFor(directory))
  const rows = await journal.rowsWritten({ after: 0, limit: 10_000 })
  await journal.close()
  return rows
}

/** Those that a correction of `correctionOf` writes. */
const correctedRows = (journal: Journal): Promise<readonly LossRow[]> => journal.rows({ equipment: ['BAG1'], from: START, to: later(START, CORRECTED_ROWS * 60_000) })

/** The writer on this thread, so that what it is told comes in exactly this order. */
function openWriting(directory: string) {
  const said: FromWriter[] = []
  const options: ThreadOptions = {
    directory, now: START, layouts: [], lines: null, beginning: { as: 'continue' }, ballastBytes: 0, chunkMs: 600_000,
    facts: { keepMs: 730 * 86_400_000, bytes: 2e9 }, samples: { keepMs: 90 * 86_400_000, bytes: 4e9 },
  }
  const writer = new Writer(options, (message) => { said.push(message) })
  const opened = said.find((message) => message.kind === 'opened')!
  let id = 0
  return {
    ahead(rows: readonly LossRow[]) { writer.take([{ kind: 'rows', id: ++id, rows }]) },
    append(number: number, rows: readonly LossRow[] = []) {
      const { body, ...fact } = factOf(number, epoch(opened.remembered.epoch))
      const turn: WireTurn = { ...turnOf(number), scans: [], rows, facts: [{ ...fact, body: JSON.stringify(body) }] }
      writer.take([{ kind: 'append', id: ++id, turns: [turn] }])
      return said.at(-1)!.kind
    },
    close: () => writer.take([{ kind: 'close', id: ++id }]),
  }
}

t.test('rows that went ahead are written with the turn that follows, in their order', async (t) => {
  const directory = t.testdir()
  const writer = openWriting(directory)
  writer.ahead([rowOf(1), rowOf(2)])
  writer.ahead([rowOf(1, { revision: 1 }), rowOf(3)])
  t.equal(writer.append(1, [rowOf(3, { revision: 1 })]), 'appended')
  t.equal(writer.append(2), 'appended')
  t.ok(writer.close())
  t.strictSame((await rowsIn(directory)).map(({ minute, revision }) => [(minute - START) / 60_000, revision]), [[2, 0], [1, 1], [3, 1]])
})

t.test('rows whose turn could not be written go with it, and not with the next one', async (t) => {
  const directory = t.testdir()
  const writer = openWriting(directory)
  writer.ahead([rowOf(1)])
  t.equal(writer.append(7), 'failed', 'a number is missing')
  t.equal(writer.append(1, [rowOf(2)]), 'appended')
  writer.close()
  t.strictSame((await rowsIn(directory)).map(({ minute }) => (minute - START) / 60_000), [2])
})

t.test('rows whose turn never comes are dropped by an orderly end, and the journal is sound', async (t) => {
  const directory = t.testdir()
  const writer = openWriting(directory)
  writer.append(1, [rowOf(1)])
  writer.ahead([rowOf(1, { revision: 1 }), rowOf(2)])
  t.ok(writer.close())
  const journal = await openJournal(optionsFor(directory))
  t.match(journal.remembered, { origin: 'continued', clean: true, head: 1 })
  await journal.close()
  t.strictSame((await rowsIn(directory)).map(({ minute, revision }) => [(minute - START) / 60_000, revision]), [[1, 0]])
})

t.test('a journal that is closed while rows go ahead writes their turn first, whole', async (t) => {
  const directory = t.testdir()
  const journal = await openJournal(optionsFor(directory))
  const written = journal.append(correctionOf(1, journal.remembered.epoch))
  await journal.close()
  await written
  const again = await openJournal(optionsFor(directory))
  t.strictSame([again.remembered.head, (await correctedRows(again)).length], [1, CORRECTED_ROWS])
  await again.close()
})

t.test('kill -9 in the middle of a correction leaves it with all its rows, or without any', async (t) => {
  const directory = t.testdir()
  let before = 0
  for (const breaths of [1, 300]) {
    const [, signal] = await once(fork(new URL('./child.js', import.meta.url), ['correct', directory, String(breaths)]), 'exit') as [unknown, string]
    t.equal(signal, 'SIGKILL')
    const journal = await openJournal(optionsFor(directory))
    const { head, lastTurn, clean } = journal.remembered
    const rows = await correctedRows(journal)
    const facts = await factsIn(journal)
    await journal.close()
    t.strictSame({ clean, lastTurn, facts: facts.length }, { clean: false, lastTurn: head, facts: head })
    t.ok(head === before + 1 || (breaths > 1 && head === before + 2), 'the first was answered; the second, while its rows are on their way, has not been')
    t.strictSame([rows.length, ...new Set(rows.map(({ revision }) => revision))], [CORRECTED_ROWS, head], 'every row is as the last correction that there is has left it')
    before = head
  }
})
