/** Files of the data directory that the gateway and the command line may both change: one writer at a time, and never half a file. */

import { statSync } from 'node:fs'
import { open, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../base/clock.js'
import { replaceFile } from '../../base/durable-file.js'
import { makeFolder } from '../../base/folder.js'
import { sinceMono } from '../../base/units.js'
import { Fault } from '../../contract/faults.js'

/** How often a running gateway looks whether the command line has changed such a file. */
const LOOK_MS = 1_000
/** A lock older than this was left by a process that died. */
const ABANDONED_MS = 10_000
/** Whoever holds a lock does so for one small write: it is waited for, as often and so long. */
const TRIES = 50
const TRY_MS = 5

export interface SharedFileParts<R> {
  readonly directory: string
  /** Of the file, without `.json`, and of its lock. */
  readonly name: string
  readonly clock: Clock
  /** A file with more makes no sense to `read`. */
  readonly recordsMax: number
  /** Throws when the file is there but makes no sense. */
  readonly read: (path: string) => readonly R[]
  readonly contentOf: (records: readonly R[]) => object
  /** What the file holds now; called once before `openSharedFile` returns. */
  readonly take: (records: readonly R[]) => void
  /** The file was sound and makes no sense now; it is looked at again until it is mended. */
  readonly forget: () => void
}

export interface SharedFile<R> {
  /** Takes what another process wrote; at most so often. */
  look(): void
  /**
   * Reads again first, so that nothing another process wrote is lost. In force and on the disk when it resolves; changes take place in the order in which they were asked for.
   * Rejects with what `read` throws, `TOKENS_LOCKED`, and `ACCESS_FULL` in place of a change that could not be read again.
   */
  change(amend: (records: readonly R[]) => readonly R[]): Promise<void>
}

export function openSharedFile<R>({ directory, name, clock, recordsMax, read, contentOf, take, forget }: SharedFileParts<R>): SharedFile<R> {
  const path = join(directory, `${name}.json`)
  let stamp = ''
  /** The change that was asked for last, whatever comes of it. */
  let newest: Promise<unknown> = Promise.resolve()
  let lookedAt = clock.mono()

  function load(): readonly R[] {
    const seen = stampOf(path)
    const records = seen === '' ? [] : read(path)
    take(records)
    stamp = seen
    return records
  }

  async function rewrite(amend: (records: readonly R[]) => readonly R[]): Promise<void> {
    const unlock = await lock(directory, name, clock)
    try {
      const records = amend(load())
      if (records.length > recordsMax) throw new Fault('ACCESS_FULL', { path, recordsMax })
      await replaceFile(path, contentOf(records))
    } finally {
      await unlock()
    }
    load()
  }

  load()
  return {
    look() {
      if (sinceMono(clock.mono(), lookedAt) < LOOK_MS) return
      lookedAt = clock.mono()
      if (stampOf(path) === stamp) return
      try {
        load()
      } catch {
        forget()
        stamp = ''
      }
    },
    change(amend) {
      const before = newest
      const done = (async () => {
        await before
        await rewrite(amend)
      })()
      newest = done.catch(() => undefined)
      return done
    },
  }
}

/** Changes whenever the file does; empty when there is none. */
function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.ino}/${stat.mtimeMs}/${stat.size}`
}

/** One writer at a time: whoever makes the lock file. Rejects with `TOKENS_LOCKED` when that stays another. */
async function lock(directory: string, name: string, clock: Clock): Promise<() => Promise<void>> {
  makeFolder(directory)
  const path = join(directory, `${name}.lock`)
  const left = await stat(path).catch(() => null)
  if (left !== null && clock.now() - left.mtimeMs > ABANDONED_MS) await unlink(path).catch(() => undefined)
  for (let left = TRIES; ; left--) {
    try {
      await (await open(path, 'wx', 0o600)).close()
      return () => unlink(path)
    } catch (thrown) {
      if (left === 0) throw new Fault('TOKENS_LOCKED', { path }, thrown)
      await sleep(TRY_MS)
    }
  }
}
