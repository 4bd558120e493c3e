/** A file that is replaced as a whole, and stays replaced when the power fails. */

import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes `content` as JSON for its owner alone. It is on the disk when this returns; a reader sees the old file or the new one, never half of one. Throws what the system throws. */
export function replaceFile(path: string, content: object): void {
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
