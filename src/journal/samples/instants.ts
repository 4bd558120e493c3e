/** When the scans of sealed strips were made, kept for a while: whoever looks at one signal of a group looks at the next one over the same hours. */

import { ByteReader } from '../store/bytes.js'
import { unseal } from '../store/codec.js'
import type { Database } from '../store/database.js'
import { readAts } from './block.js'
import type { StripRow } from './strips.js'

/** Two megabytes, which are three days at 1 Hz. */
const KEPT_MAX = 2 ** 18

interface Kept { readonly times: Buffer; readonly ats: Float64Array }
interface Shelf { readonly strips: Map<number, Kept>; count: number }

const shelves = new WeakMap<Database, Shelf>()

/** In ms UTC, one for each scan. Nobody changes them. Throws JOURNAL_CORRUPT. */
export function atsOf(database: Database, { id, times }: Pick<StripRow, 'id' | 'times'>): Float64Array {
  const shelf = shelves.get(database) ?? { strips: new Map<number, Kept>(), count: 0 }
  shelves.set(database, shelf)
  const known = shelf.strips.get(id)
  // The number of a strip that is gone may be given again.
  if (known?.times.equals(times) === true) return known.ats
  const ats = readAts(new ByteReader(unseal(times)))
  if (ats.length > KEPT_MAX) return ats
  take(shelf, id)
  for (const oldest of shelf.strips.keys()) {
    if (shelf.count + ats.length <= KEPT_MAX) break
    take(shelf, oldest)
  }
  shelf.strips.set(id, { times, ats })
  shelf.count += ats.length
  return ats
}

function take(shelf: Shelf, id: number): void {
  shelf.count -= shelf.strips.get(id)?.ats.length ?? 0
  shelf.strips.delete(id)
}
