/** A folder that is there afterwards. */

import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it that are missing. Throws what the system throws.
 * Node's own `recursive` goes round for ever where a file system answers ENOENT below a folder that is there, as /proc does.
 */
export function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode })
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'EEXIST' && statSync(path).isDirectory()) return
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw thrown
    makeFolder(dirname(path), mode)
    makeFolder(path, mode)
  }
}
