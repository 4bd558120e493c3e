/** A file that is replaced as a whole, and stays replaced when the power fails. */

import { closeSync, constants, fchownSync, fsyncSync, openSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const WRITE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW

/**
 * Writes `content` as JSON for its owner alone. It is on the disk when this returns; a reader sees the old file or the new one, never half of one.
 * What root writes belongs to whom the folder belongs to, from the first moment: the gateway runs as another user and may read it at once. Throws what the system throws.
 */
export function replaceFile(path: string, content: object): void {
  const next = `${path}.new`
  const folder = dirname(path)
  // Whoever owns the folder must not make root write, or give away, what lies elsewhere.
  const file = openSync(next, WRITE, 0o600)
  try {
    if (process.getuid?.() === 0) {
      const { uid, gid } = statSync(folder)
      fchownSync(file, uid, gid)
    }
    writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(next, path)
  const directory = openSync(folder, 'r')
  fsyncSync(directory)
  closeSync(directory)
}
