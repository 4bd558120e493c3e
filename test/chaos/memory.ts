/** Where a trial keeps its files that is not about a disk: waiting for one would be most of what it does. */

import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder, in memory where the system has one for files; whoever asked removes it. */
export const folderInMemory = (name: string): string => mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `lineside-${name}-`))
