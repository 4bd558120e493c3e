/** Libraries that come between a process and its system: `disk.cc`, whose disk fails, `clock.cc`, whose clock is set, `faster.cc`, which lives faster, `held.cc`, which says what it holds, and `leak.cc`, which forgets. */

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Compiled into the folder when it is first asked for; the path is what LD_PRELOAD takes. */
export function preload(name: 'disk' | 'clock' | 'faster' | 'held' | 'leak', folder: string): string {
  const made = join(folder, `${name}.so`)
  if (!existsSync(made)) execFileSync('g++', ['-std=c++17', '-O1', '-shared', '-fPIC', '-o', made, new URL(`../../../test/chaos/${name}.cc`, import.meta.url).pathname, '-ldl', '-pthread'])
  return made
}
