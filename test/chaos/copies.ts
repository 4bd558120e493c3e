/** A second box whose disk is full, or fails, while it copies: what it has is always the beginning of what the other one has, and it goes on by itself. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type Chance, seededChance } from '../../src/base/chance.js'
import { type CopyPage, type CopyQuery, copyPage } from '../../src/contract/copy.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import type { Journal } from '../../src/contract/journal.js'
import { checkDatabase } from '../../src/journal/keeping/care.js'
import { databasePath } from '../../src/journal/keeping/gate.js'
import { openJournal } from '../../src/journal/journal.js'
import { factOf, optionsFor, turnOf } from '../journal/plant.js'
import { factsIn } from '../support/recorded.js'
import { patient, rounds, startScribe, wait } from './scribes.js'
import { type Trial, Wrong } from './trial.js'

/** A start of a copy and what follows it; from there on each write is like one before. */
const WRITES = 60

export const copies: Trial = {
  name: 'disk full, or its sync failing, while a second box copies', count: WRITES,
  async run(seed, count, goesOn = () => true) {
    const chance = seededChance(seed)
    const wrong = new Wrong('lost', 'changed', 'unsound', 'ended', 'not resumed', 'went on')
    let [refused, ends, head] = [0, 0, 0]
    let source: Journal | null = null
    try {
      const done = await rounds(count, goesOn, async (folder, data, number) => {
        if (source === null) {
          mkdirSync(join(folder, 'source'))
          source = await openJournal(optionsFor(join(folder, 'source')))
        }
        const active = source
        const nth = 1 + Math.floor((number * WRITES) / count)
        const of = `seed ${seed}, write ${nth}`
        // One in four has a sync that fails: after that nobody knows what the disk holds, and only a new start does.
        const isSync = number % 4 === 3
        const disk: Record<string, string> = isSync ? { DISK_SYNC_FAILS: String(1 + Math.floor(nth / 4)) } : { DISK_FULL: `${nth},${chance.whole(1, 40)}` }
        const copyist = await startScribe('copyist', folder, data, disk, (child, message) => {
          if ('after' in message) void next(active, message.after as CopyQuery['after'], chance).then((page) => { child.send(page, () => undefined) })
        })
        let code: number | null | undefined
        void copyist.gone.then((found) => { code = found })
        if (isSync) {
          const ended = await Promise.race([copyist.gone, patient()])
          if (ended === 'goes on' || ended === 0) wrong.is('went on', `${of}: ${ended}`)
          else ends++
        } else {
          const goal = (): boolean => copyist.answered() > head + 20 && (copyist.refusedCount() > 0 || copyist.answered() > head + 200)
          for (let left = 3_000; left > 0 && code === undefined && !goal(); left--) await wait(20)
          // Without space a start says so and ends, and the service manager starts it again; who has started goes on.
          if (code !== undefined && (copyist.failed() !== 'JOURNAL_UNWRITABLE' || copyist.answered() > 0)) wrong.is('ended', `${of}: ${code} ${copyist.failed()}`)
          if (code === undefined && !goal()) wrong.is('not resumed', `${of}: ${copyist.refusedCount()} refused`)
        }
        refused += copyist.refusedCount()
        const answered = Math.max(head, copyist.answered())
        copyist.child.kill('SIGKILL')
        await copyist.gone
        const [found, original] = [await copied(data), await factsIn(active)]
        wrong.is('lost', of, Math.max(0, answered - found.length))
        wrong.is('changed', of, found.filter((fact, i) => !isDeepStrictEqual(fact, original[i])).length)
        const unsound = checkDatabase(databasePath(data)).findings.filter(({ ok }) => !ok)
        wrong.is('unsound', `${of}: ${unsound.map(({ check, detail }) => `${check}: ${detail}`).join('; ')}`, unsound.length)
        head = found.length
      })
      return { thrown: `${done} disks, ${refused} pages refused, ${ends} ends after a failed sync, ${head} facts copied`, wrong: wrong.counts, details: wrong.details }
    } finally {
      await (source as Journal | null)?.close()
    }
  },
}

/** The other box makes something, and tells of it. */
async function next(active: Journal, after: CopyQuery['after'], chance: Chance): Promise<CopyPage> {
  const { epoch } = active.remembered
  const { head, turn } = made.get(active) ?? { head: 0, turn: 0 }
  const count = chance.whole(1, 20)
  made.set(active, { head: head + count, turn: turn + 1 })
  await active.append(turnOf(turn + 1, Array.from({ length: count }, (_, i) => factOf(head + 1 + i, epoch))))
  return copyPage.parse(JSON.parse((await active.copyPage({ after, snapshotsAfter: 0 }))!))
}
const made = new WeakMap<Journal, { readonly head: number; readonly turn: number }>()

async function copied(data: string): Promise<Fact[]> {
  const journal = await openJournal(optionsFor(data, { beginning: { as: 'copy' } }))
  try {
    return await factsIn(journal)
  } finally {
    await journal.close()
  }
}
