/** Gives pages that nothing needs any more back to the file system, a few at a time, so that a file that was large once does not stay so for ever. */

import type { Database } from '../store/database.js'

/** Pages are used again, every day: only what is far too much goes, and what a while needs stays. */
const FREE_SHARE_BEGIN = 0.25
const FREE_SHARE_END = 0.1
const FREE_BYTES_MIN = 16 * 2 ** 20
/** One commit, which a turn may have to wait for. */
const BYTES_PER_STEP = 512 * 2 ** 10

/** One step; true while there is more to do. */
export function openShrinker(database: Database): () => boolean {
  const count = (name: string): number => Number(database.pragma(name, { simple: true }))
  const pageBytes = count('page_size')
  let isShrinking = false
  return () => {
    const free = count('freelist_count')
    const was = isShrinking
    isShrinking = free * pageBytes > FREE_BYTES_MIN && free > count('page_count') * (was ? FREE_SHARE_END : FREE_SHARE_BEGIN)
    if (isShrinking) database.pragma(`incremental_vacuum(${Math.ceil(BYTES_PER_STEP / pageBytes)})`)
    // The file itself gets shorter when the log is folded into it.
    else if (was) database.pragma('wal_checkpoint(PASSIVE)')
    return isShrinking
  }
}
