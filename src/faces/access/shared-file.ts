/** Files of the data directory that the gateway and the command line may both change: one writer at a time, and never half a file. */

import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Clock } from '../../base/clock.js'
import { Fault } from '../../contract/faults.js'

/** How often a running gateway looks whether the command line has changed such a file. */
export const LOOK_MS = 1_000
/** A lock older than this was left by a process that died. */
const ABANDONED_MS = 10_000

/** Changes whenever the file does; empty when there is none. */
export function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.ino}/${stat.mtimeMs}/${stat.size}`
}

/** One writer at a time: whoever makes the lock file. Throws `TOKENS_LOCKED`. */
export function lock(directory: string, name: string, clock: Clock): () => void {
  mkdirSync(directory, { recursive: true })
  const path = join(directory, `${name}.lock`)
  const left = statSync(path, { throwIfNoEntry: false })
  if (left !== undefined && clock.now() - left.mtimeMs > ABANDONED_MS) unlinkSync(path)
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (thrown) {
    throw new Fault('TOKENS_LOCKED', { path }, thrown)
  }
  return () => unlinkSync(path)
}

/** A reader sees the old file or the new one, never half of one, also after a power cut. */
export function replace(path: string, content: object): void {
  const next = `${path}.new`
  const file = openSync(next, 'w', 0o600)
  try {
    writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(next, path)
  const directory = openSync(dirname(path), 'r')
  fsyncSync(directory)
  closeSync(directory)
}
