/** A file that is replaced as a whole, and stays replaced when the power fails. */

import { closeSync, constants, fchownSync, fsyncSync, openSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

// Whoever owns the folder must not make root write, or give away, what lies elsewhere.
const WRITE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW
const FOR_OWNER = 0o600

const nextOf = (path: string): string => `${path}.new`
const textOf = (content: object): string => `${JSON.stringify(content, null, 2)}\n`
const isRoot = (): boolean => process.getuid?.() === 0

/**
 * Writes `content` as JSON for its owner alone. It is on the disk when this resolves; a reader sees the old file or the new one, never half of one.
 * What root writes belongs to whom the folder belongs to, from the first moment: the gateway runs as another user and may read it at once.
 * The disk is waited for on another thread, and one file is for one caller at a time. Rejects with what the system says.
 */
export async function replaceFile(path: string, content: object): Promise<void> {
  const folder = dirname(path)
  const file = await open(nextOf(path), WRITE, FOR_OWNER)
  try {
    if (isRoot()) {
      const { uid, gid } = await stat(folder)
      await file.chown(uid, gid)
    }
    await file.writeFile(textOf(content))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(nextOf(path), path)
  const directory = await open(folder, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** The same, holding the thread meanwhile: for what must have happened before anything else does. */
export function replaceFileSync(path: string, content: object): void {
  const folder = dirname(path)
  const file = openSync(nextOf(path), WRITE, FOR_OWNER)
  try {
    if (isRoot()) {
      const { uid, gid } = statSync(folder)
      fchownSync(file, uid, gid)
    }
    writeFileSync(file, textOf(content))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(nextOf(path), path)
  const directory = openSync(folder, 'r')
  fsyncSync(directory)
  closeSync(directory)
}
