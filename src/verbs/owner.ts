/** What root leaves in the data directory belongs to the gateway: it runs as another user, and must open its own files again. */

import { chownSync, existsSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** For root in the directory of another user; for everybody else there is nothing to do. */
export function giveBack(directory: string, me: number | undefined = process.getuid?.()): void {
  const owner = me === 0 && existsSync(directory) ? lstatSync(directory) : undefined
  if (owner === undefined || owner.uid === 0) return
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name)
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found?.uid === 0 && !found.isSymbolicLink()) chownSync(path, owner.uid, owner.gid)
  }
}
