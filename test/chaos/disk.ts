/** A journal on a disk that fails: its power is cut between a write and its sync, it is full at the n-th write, a sync fails, nothing can be written. */

import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type Chance, seededChance } from '../../src/base/chance.js'
import { checkDatabase } from '../../src/journal/keeping/care.js'
import { databasePath } from '../../src/journal/keeping/gate.js'
import { openJournal } from '../../src/journal/journal.js'
import { factOf, optionsFor } from '../journal/plant.js'
import { factsIn } from '../support/recorded.js'
import { patient, rounds, startScribe, wait } from './scribes.js'
import { type Trial, Wrong } from './trial.js'

/** How many of the facts up to `answered` are missing or others than they were, and what the check of the whole file says. */
export async function look(data: string, answered: number): Promise<{ readonly head: number; readonly lost: number; readonly changed: number; readonly unsound: readonly string[] }> {
  const journal = await openJournal(optionsFor(data))
  const { head, epoch } = journal.remembered
  const facts = await factsIn(journal)
  await journal.close()
  const found = facts.length
  const changed = facts.filter((fact, i) => !isDeepStrictEqual(fact, factOf(i + 1, epoch))).length
  return { head, lost: Math.max(0, answered - found), changed, unsound: checkDatabase(databasePath(data)).findings.filter(({ ok }) => !ok).map(({ check, detail }) => `${check}: ${detail}`) }
}

export const power: Trial = {
  name: 'power cut between write and sync', count: 200,
  async run(seed, count, goesOn = () => true) {
    const chance = seededChance(seed)
    const wrong = new Wrong('lost', 'changed', 'unsound')
    let [head, sectors] = [0, 0]
    const done = await rounds(count, goesOn, async (folder, data, number) => {
      const undo = join(folder, 'undo')
      rmSync(undo, { force: true })
      const scribe = await startScribe('scribe', folder, data, { DISK_UNDO: undo })
      await wait(chance.whole(20, 250))
      const answered = Math.max(head, scribe.answered())
      scribe.child.kill('SIGKILL')
      await scribe.gone
      sectors += cutPower(undo, chance)
      const found = await look(data, answered)
      wrong.is('lost', `seed ${seed}, cut ${number}: ${answered} answered, ${found.head} found`, found.lost)
      wrong.is('changed', `seed ${seed}, cut ${number}`, found.changed)
      wrong.is('unsound', `seed ${seed}, cut ${number}: ${found.unsound.join('; ')}`, found.unsound.length)
      head = found.head
    })
    return { thrown: `${done} cuts, ${sectors} sectors forgotten, ${head} facts`, wrong: wrong.counts, details: wrong.details }
  },
}

/** A start and what follows it; from there on each write is like one before. */
const WRITES = 60

export const full: Trial = {
  name: 'disk full from the n-th write on', count: WRITES,
  async run(seed, count, goesOn = () => true) {
    const chance = seededChance(seed)
    const wrong = new Wrong('lost', 'changed', 'unsound', 'ended', 'not resumed')
    let [head, refused] = [0, 0]
    const done = await rounds(count, goesOn, async (folder, data, number) => {
      // At length every write is the first that fails in some round; a while later there is space again, and nobody did anything.
      const nth = 1 + Math.floor((number * WRITES) / count)
      const scribe = await startScribe('scribe', folder, data, { DISK_FULL: `${nth},${chance.whole(1, 40)}` })
      let code: number | null | undefined
      void scribe.gone.then((found) => { code = found })
      const goal = (): boolean => scribe.answered() > head + 20 && (scribe.refusedCount() > 0 || scribe.answered() > head + 200)
      for (let left = 3_000; left > 0 && code === undefined && !goal(); left--) await wait(20)
      // Without space a start says so and ends, and the service manager starts it again; who has started goes on.
      if (code !== undefined && (scribe.failed() !== 'JOURNAL_UNWRITABLE' || scribe.answered() > 0)) wrong.is('ended', `seed ${seed}, write ${nth}: ${code} ${scribe.failed()}`)
      if (code === undefined && !goal()) wrong.is('not resumed', `seed ${seed}, write ${nth}: ${scribe.refusedCount()} refused`)
      refused += scribe.refusedCount()
      const answered = Math.max(head, scribe.answered())
      scribe.child.kill('SIGKILL')
      await scribe.gone
      const found = await look(data, answered)
      wrong.is('lost', `seed ${seed}, write ${nth}`, found.lost)
      wrong.is('changed', `seed ${seed}, write ${nth}`, found.changed)
      wrong.is('unsound', `seed ${seed}, write ${nth}: ${found.unsound.join('; ')}`, found.unsound.length)
      head = found.head
    })
    return { thrown: `${done} full disks, ${refused} turns refused, ${head} facts`, wrong: wrong.counts, details: wrong.details }
  },
}

export const sync: Trial = {
  name: 'the n-th sync fails', count: 30,
  async run(seed, count, goesOn = () => true) {
    const wrong = new Wrong('lost', 'changed', 'unsound', 'went on')
    let head = 0
    const done = await rounds(count, goesOn, async (folder, data, number) => {
      const scribe = await startScribe('scribe', folder, data, { DISK_SYNC_FAILS: String(number + 1) })
      const code = await Promise.race([scribe.gone, patient()])
      // A sync that failed may have dropped what it should have written, and a second one that succeeds proves nothing: only a new start does.
      if (code === 'goes on' || code === 0) wrong.is('went on', `seed ${seed}, sync ${number + 1}: ${code}`)
      const answered = Math.max(head, scribe.answered())
      scribe.child.kill('SIGKILL')
      await scribe.gone
      const found = await look(data, answered)
      wrong.is('lost', `seed ${seed}, sync ${number + 1}`, found.lost)
      wrong.is('changed', `seed ${seed}, sync ${number + 1}`, found.changed)
      wrong.is('unsound', `seed ${seed}, sync ${number + 1}: ${found.unsound.join('; ')}`, found.unsound.length)
      head = found.head
    })
    return { thrown: `${done} failed syncs, ${head} facts`, wrong: wrong.counts, details: wrong.details }
  },
}

export const readonly: Trial = {
  name: 'a file system that is read-only', count: 3,
  async run(seed, count, goesOn = () => true) {
    const wrong = new Wrong('lost', 'changed', 'unsound', 'not said')
    let head = 0
    const done = await rounds(count, goesOn, async (folder, data, number) => {
      const before = await startScribe('scribe', folder, data, {})
      await wait(100)
      before.child.kill('SIGKILL')
      await before.gone
      const answered = Math.max(head, before.answered())
      const scribe = await startScribe('scribe', folder, data, { DISK_READONLY: '1' })
      const code = await Promise.race([scribe.gone, patient()])
      if (code === 'goes on' || scribe.failed() !== 'JOURNAL_UNWRITABLE') wrong.is('not said', `seed ${seed}, round ${number}: ${code} ${scribe.failed()}`)
      scribe.child.kill('SIGKILL')
      await scribe.gone
      const found = await look(data, answered)
      wrong.is('lost', `seed ${seed}, round ${number}`, found.lost)
      wrong.is('changed', `seed ${seed}, round ${number}`, found.changed)
      wrong.is('unsound', `seed ${seed}, round ${number}: ${found.unsound.join('; ')}`, found.unsound.length)
      head = found.head
    })
    return { thrown: `${done} starts, ${head} facts`, wrong: wrong.counts, details: wrong.details }
  },
}

/* ── the power cut ───────────────────────────────────────────────────────────────────────────── */

const SECTOR = 512

interface Overwritten { readonly kind: 'w' | 't'; readonly offset: number; readonly length: number; readonly before: Buffer }

/** Whatever was written and not synced is there or not, sector by sector; returns how many were forgotten. */
function cutPower(undo: string, chance: Chance): number {
  let forgotten = 0
  for (const [path, writes] of unsyncedIn(undo)) {
    const file = openSync(path, 'r+')
    try {
      // Some disks lose all of it, some nothing, and most something.
      const share = chance.pick([1, 1, 0.5, 0.1, 0])
      const fate = new Map<number, boolean>()
      const isForgotten = (sector: number): boolean => {
        if (!fate.has(sector)) fate.set(sector, chance.happens(share))
        return fate.get(sector)!
      }
      let size = fstatSync(file).size
      for (const { kind, offset, length, before } of writes.toReversed()) {
        if (kind === 't') {
          // What was cut off may be there still.
          if (share === 1) { writeSync(file, before, 0, before.length, offset); size = Math.max(size, offset + before.length) }
          continue
        }
        for (let at = offset; at < offset + length; at = (Math.floor(at / SECTOR) + 1) * SECTOR) {
          const end = Math.min(offset + length, (Math.floor(at / SECTOR) + 1) * SECTOR)
          if (!isForgotten(Math.floor(at / SECTOR)) || at >= size) continue
          forgotten++
          const old = Buffer.alloc(end - at)
          before.copy(old, 0, Math.min(before.length, at - offset), Math.min(before.length, end - offset))
          writeSync(file, old, 0, old.length, at)
        }
        // The file was not as long before: the length may be forgotten too.
        if (before.length < length && share === 1) { size = Math.min(size, offset + before.length); ftruncateSync(file, size) }
      }
    } finally {
      closeSync(file)
    }
  }
  return forgotten
}

/** By path, in the order in which they were made. */
function unsyncedIn(undo: string): Map<string, Overwritten[]> {
  const writes = new Map<string, Overwritten[]>()
  if (!existsSync(undo)) return writes
  const bytes = readFileSync(undo)
  for (let at = 0; at + 33 <= bytes.length;) {
    const kind = String.fromCharCode(bytes[at]!)
    const [offset, length, had, named] = [1, 9, 17, 25].map((from) => Number(bytes.readBigUInt64LE(at + from))) as [number, number, number, number]
    // Killed while it noted what it was about to write: then that was not written.
    if (at + 33 + named + had > bytes.length) break
    const path = bytes.toString('utf8', at + 33, at + 33 + named)
    const before = bytes.subarray(at + 33 + named, at + 33 + named + had)
    at += 33 + named + had
    // The index of the log is memory that processes share; nothing of it survives a power cut anyway.
    if (path.endsWith('-shm') || path.endsWith(' (deleted)')) continue
    if (kind === 's') writes.delete(path)
    else writes.set(path, [...writes.get(path) ?? [], { kind: kind as 'w' | 't', offset, length, before }])
  }
  return writes
}
