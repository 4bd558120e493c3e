/** `lineside db vacuum` on a disk that becomes full while it writes a journal anew: then the journal is as it was, somebody is told, and it can be tried again. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { seededChance } from '../../src/base/chance.js'
import { vacuum } from '../../src/journal/keeping/care.js'
import { PAGE_BYTES, openReader, openWriter } from '../../src/journal/store/database.js'
import { databasePath } from '../../src/journal/keeping/gate.js'
import { openJournal } from '../../src/journal/journal.js'
import { factOf, optionsFor, turnOf } from '../journal/plant.js'
import { look } from './disk.js'
import { preload } from './preload.js'
import { rounds } from './scribes.js'
import { type Trial, Wrong } from './trial.js'

const LINESIDE = new URL('../../src/cli.js', import.meta.url).pathname
const FACTS = 1_000
/** About as many as such a journal is written anew with; a round that comes to its end before is one in which nothing was full. */
const WRITES = 260
const LARGE_PAGE_BYTES = 16_384

export const rewritten: Trial = {
  name: 'disk full while a journal is written anew with small pages', count: 60,
  async run(seed, count, goesOn = () => true) {
    const chance = seededChance(seed)
    const wrong = new Wrong('lost', 'changed', 'unsound', 'not said', 'not done at last', 'never full')
    let full = 0
    const done = await rounds(count, goesOn, async (folder, data, number) => {
      const written = join(folder, 'written')
      if (number === 0) await write(written)
      rmSync(data, { recursive: true })
      cpSync(written, data, { recursive: true })
      const nth = 1 + Math.floor(((number + chance.unit()) * WRITES) / count)
      const of = `seed ${seed}, write ${nth}`
      const child = spawn(process.execPath, [LINESIDE, 'db', 'vacuum', '--data', data], {
        env: { PATH: process.env['PATH'], SQLITE_TMPDIR: data, LD_PRELOAD: preload('disk', folder), DISK_UNDER: data, DISK_FULL: `${nth},1000000` }, stdio: ['ignore', 'pipe', 'pipe'],
      })
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => { said += part.toString() })
      const [code] = await once(child, 'close') as [number | null]
      if (code !== 0) full++
      if (code !== 0 && !said.includes('the journal cannot be written')) wrong.is('not said', `${of}: ${code} ${said.slice(0, 500)}`)
      if (code === 0 && pageBytes(data) !== PAGE_BYTES) wrong.is('not done at last', `${of}: ${said}`)
      await judge(of, data)
      vacuum(data)
      if (pageBytes(data) !== PAGE_BYTES) wrong.is('not done at last', `${of}: pages of ${String(pageBytes(data))} bytes`)
      await judge(of, data)
    })
    wrong.is('never full', `of ${done}`, Number(full === 0))
    return { thrown: `${done} journals of ${FACTS} facts, ${full} of them on a disk that was full before the end`, wrong: wrong.counts, details: wrong.details }

    async function judge(of: string, data: string): Promise<void> {
      const found = await look(data, FACTS)
      wrong.is('lost', of, found.lost)
      wrong.is('changed', of, found.changed)
      wrong.is('unsound', `${of}: ${found.unsound.join('; ')}`, found.unsound.length)
    }
  },
}

/** With the large pages of an earlier version. */
async function write(data: string): Promise<void> {
  const journal = await openJournal(optionsFor(data))
  const { epoch } = journal.remembered
  for (let number = 0; number < FACTS; number += 10) await journal.append(turnOf(number + 10, Array.from({ length: 10 }, (_, i) => factOf(number + 1 + i, epoch))))
  await journal.close()
  const database = openWriter(databasePath(data))
  database.pragma('journal_mode = DELETE')
  database.pragma(`page_size = ${LARGE_PAGE_BYTES}`)
  database.exec('VACUUM')
  database.close()
}

function pageBytes(data: string): unknown {
  const reader = openReader(databasePath(data))
  try {
    return reader.pragma('page_size', { simple: true })
  } finally {
    reader.close()
  }
}
