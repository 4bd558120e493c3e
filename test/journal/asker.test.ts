/** The reading thread: there while somebody asks, gone when nobody has for a while, and there again. */

import t from 'tap'
import { threadHeaps } from '../../src/base/threads.js'
import { Asker } from '../../src/journal/asker.js'
import { openJournal } from '../../src/journal/journal.js'
import { until } from '../support/child.js'
import { folderOf } from '../support/folder.js'
import { factOf, optionsFor, turnOf } from './plant.js'

t.setTimeout(240_000)

const isReading = (): boolean => threadHeaps().some(({ name }) => name === 'journal reader')

t.test('the thread that reads ends when nobody asks, and another one answers the next question', async (t) => {
  const directory = folderOf(t, {})
  const journal = await openJournal(optionsFor(directory, { stageMs: 0 }))
  t.teardown(() => journal.close())
  const asker = new Asker(directory, 60_000, 20)
  for (let seq = 1; seq <= 3; seq++) {
    await journal.append(turnOf(seq, [factOf(seq, journal.remembered.epoch)]))
    t.notOk(isReading(), 'nobody has asked')
    const asked = Promise.all([1, 2, 3].map(() => asker.ask({ kind: 'fact', seq })))
    t.ok(isReading(), 'nor waits for the thread')
    for (const text of await asked) t.match(JSON.parse(text), [{ seq }])
    await until('it has ended', () => !isReading())
  }
  const last = asker.ask({ kind: 'fact', seq: 1 })
  await asker.close()
  t.match(JSON.parse(await last), [{ seq: 1 }], 'what was asked before the end is answered')
  t.notOk(isReading())
  await t.rejects(asker.ask({ kind: 'sizes' }), { code: 'JOURNAL_UNWRITABLE' })
})
