/** How fast the flash wears: what this thread has written, by the system's own account. */

import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

const DAY_MS = 86_400_000

/** Call it on the thread that writes. The answer is in bytes a day since it was opened; `null` where the system does not tell. */
export function openWear(): () => number | null {
  const bytesAtStart = bytesWritten()
  const start = performance.now()
  return () => {
    const bytes = bytesWritten()
    return bytes === null || bytesAtStart === null ? null : Math.round((bytes - bytesAtStart) / (performance.now() - start) * DAY_MS)
  }
}

/** Pages that were made dirty for the disk, in bytes; on Linux the kernel counts them for each thread. */
function bytesWritten(): number | null {
  try {
    const match = /^write_bytes: (\d+)$/m.exec(readFileSync('/proc/thread-self/io', 'utf8'))
    return match === null ? null : Number(match[1])
  } catch {
    return null
  }
}
