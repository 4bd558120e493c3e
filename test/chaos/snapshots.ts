/** What the main thread of a gateway has in memory, counted by constructor after a collection: who grew from one look to the next. */

import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { orNone } from './held.js'

export interface Kind { readonly count: number; readonly bytes: number }
export type Kinds = ReadonlyMap<string, Kind>

/** With these options a gateway writes a snapshot of its heap when it gets the signal. */
export const snapping = (folder: string): string => `--heapsnapshot-signal=${SIGNAL} --diagnostic-dir=${folder}`
const SIGNAL = 'SIGUSR2'
const WRITTEN_WITHIN_MS = 120_000

/** V8 collects all garbage before it writes one; the process stands still meanwhile. */
export async function kindsIn(pid: number, folder: string): Promise<Kinds> {
  process.kill(pid, SIGNAL)
  for (let left = WRITTEN_WITHIN_MS; left > 0; left -= POLL_MS) {
    await sleep(POLL_MS)
    const name = readdirSync(folder).find((file) => file.endsWith('.heapsnapshot'))
    if (name === undefined) continue
    // While it is being written it is no JSON.
    const snapshot = orNone(null, () => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Snapshot)
    if (snapshot === null) continue
    rmSync(join(folder, name))
    return kindsOf(snapshot)
  }
  throw new Error('no snapshot was written')
}
const POLL_MS = 500

interface Snapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly [readonly string[]] } }
  readonly nodes: readonly number[]
  readonly strings: readonly string[]
}

function kindsOf({ snapshot: { meta }, nodes, strings }: Snapshot): Kinds {
  const fields = meta.node_fields
  const [type, name, size] = ['type', 'name', 'self_size'].map((field) => fields.indexOf(field)) as [number, number, number]
  const kinds = new Map<string, { count: number; bytes: number }>()
  for (let at = 0; at < nodes.length; at += fields.length) {
    const of = meta.node_types[0][nodes[at + type]!]!
    // Strings are named by themselves.
    const kind = of === 'string' || of === 'concatenated string' || of === 'sliced string' || of === 'number' || of === 'hidden' || of === 'code' ? of : `${of} ${strings[nodes[at + name]!]!.slice(0, 80)}`
    const found = kinds.get(kind) ?? { count: 0, bytes: 0 }
    kinds.set(kind, found)
    found.count++
    found.bytes += nodes[at + size]!
  }
  return kinds
}

/** Kinds of which there were more at each look than at the one before, most bytes first. */
export function grown(looks: readonly Kinds[], most: number): string[] {
  const [first, last] = [looks[0], looks.at(-1)]
  if (first === undefined || last === undefined || looks.length < 2) return []
  const at = (look: Kinds, kind: string): Kind => look.get(kind) ?? { count: 0, bytes: 0 }
  return [...last.keys()]
    .filter((kind) => looks.slice(1).every((look, i) => at(look, kind).count > at(looks[i]!, kind).count))
    .sort((one, other) => at(last, other).bytes - at(first, other).bytes - (at(last, one).bytes - at(first, one).bytes))
    .slice(0, most)
    .map((kind) => `${kind}: ${looks.map((look) => at(look, kind).count).join(' → ')}, ${Math.round((at(last, kind).bytes - at(first, kind).bytes) / 1_024)} KiB more`)
}
