/** Ballast: a file that is given back to the file system when the disk is full, so that the journal can write what it must. */

import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

export interface Ballast {
  /** Gives the space back. Returns whether there was any. */
  drop(): boolean
  /** It was given back and could not be taken again: the disk is as good as full. */
  readonly dropped: boolean
  /** Takes the space again, once there is plenty. */
  restore(): void
}

/** The disk must have this many times the ballast free before it is taken again. */
const PLENTY = 4
const WRITE_BYTES = 1_048_576

export function openBallast(path: string, bytes: number): Ballast {
  const held = (): boolean => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= bytes
  const ballast: Ballast = {
    get dropped() { return bytes > 0 && !held() },
    drop() {
      const had = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0
      rmSync(path, { force: true })
      return had
    },
    restore() {
      if (bytes === 0 || held() || !isPlenty(dirname(path), bytes)) return
      try {
        fill(path, bytes)
      } catch {
        // The space went elsewhere meanwhile; half a ballast would only be in the way.
        rmSync(path, { force: true })
      }
    },
  }
  ballast.restore()
  return ballast
}

function isPlenty(directory: string, bytes: number): boolean {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize > PLENTY * bytes
}

/** A file with holes would hold no space, so every byte is written. */
function fill(path: string, bytes: number): void {
  const file = openSync(path, 'w', 0o600)
  try {
    const zeros = Buffer.alloc(WRITE_BYTES)
    for (let written = 0; written < bytes;) written += writeSync(file, zeros, 0, Math.min(WRITE_BYTES, bytes - written))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
