/** Why an equipment stands, as far as the controls can tell: the first fault to rise, or the neighbour that stood before (domain note 7.1). */

import { type Instant, since } from '../base/units.js'
import type { FaultEntry, StateClass } from '../contract/config.js'
import { severityRank } from './faults.js'
import { equipmentAt, indexOf } from './lookups.js'
import type { Line, StopCause } from './memory.js'
import { stands } from './state.js'

/** A fault that rose so long before the stop still explains it. */
const BEFORE_MS = 30_000
/** And one that is read a poll later; but not after so long, however rarely the PLC is read. */
const AFTER_MS_MAX = 5_000

export interface Cause { readonly cause: StopCause; readonly entry: FaultEntry | null }

/** The cause of a stop that began at `from`; `null` when nothing points anywhere. */
export function causeOf(line: Line, i: number, state: StateClass, from: Instant): Cause | null {
  const { seen, faults } = equipmentAt(line, i)
  const rules = line.rules[i]!
  // One poll later the bit of a fault that stopped the machine may only just have been read.
  const rose = faults.risen.flatMap(({ bit, at }) => {
    const entry = rules.faults.get(bit)
    return entry?.kind === 'fault' && since(from, at) <= BEFORE_MS && since(at, from) <= Math.min(Math.max(seen.pollMs, 1), AFTER_MS_MAX) ? [{ entry, at }] : []
  })
  const named = rose.map(({ entry }) => entry.code).filter((code, n, all) => all.indexOf(code) === n)
  const latched = typeof seen.signals.first_out === 'number' && seen.signals.first_out > 0 ? rules.faults.get(seen.signals.first_out - 1) : undefined
  if (latched?.kind === 'fault') return { entry: latched, cause: causeBy(line, i, state, from, latched, named.length === 0 ? [latched.code] : named, false) }

  const [first, second] = rose.toSorted((a, b) => severityRank(a.entry) - severityRank(b.entry) || a.at - b.at)
  if (first !== undefined) {
    const ambiguous = second !== undefined && second.entry.code !== first.entry.code && second.at === first.at && second.entry.severity === first.entry.severity
    return { entry: first.entry, cause: causeBy(line, i, state, from, first.entry, named, ambiguous) }
  }
  if (state !== 'starved' && state !== 'blocked') return null
  return { entry: null, cause: causeBy(line, i, state, from, null, [], false) }
}

function causeBy(line: Line, i: number, state: StateClass, from: Instant, entry: FaultEntry | null, faults: string[], ambiguous: boolean): StopCause {
  const direction = entry !== null && entry.marker !== 'internal' ? entry.marker
    : entry !== null ? 'internal' : state === 'starved' ? 'upstream' : state === 'blocked' ? 'downstream' : 'internal'
  return {
    fault: entry?.code ?? null, fault_name: entry?.name ?? null, faults, ambiguous,
    blame: { direction, equipment: direction === 'internal' ? null : culpritOf(line, i, direction, from) },
  }
}

/** Walks along the declared flow to the neighbour that stood earlier and does not itself wait for another. */
function culpritOf(line: Line, i: number, direction: 'upstream' | 'downstream', from: Instant): string | null {
  const visited = new Set<number>([i])
  let front = neighbours(line, i, direction)
  while (front.length > 0) {
    const standing = front
      .filter((n) => n !== -1 && !visited.has(n) && stands(equipmentAt(line, n).state.current) && (equipmentAt(line, n).state.since ?? from) <= from)
      .sort((a, b) => equipmentAt(line, a).state.since! - equipmentAt(line, b).state.since!)
    for (const n of standing) visited.add(n)
    const culprit = standing.find((n) => equipmentAt(line, n).state.current !== 'starved' && equipmentAt(line, n).state.current !== 'blocked')
    if (culprit !== undefined) return equipmentAt(line, culprit).code
    front = standing.flatMap((n) => neighbours(line, n, direction))
  }
  return null
}

function neighbours(line: Line, i: number, direction: 'upstream' | 'downstream'): number[] {
  const rules = line.rules[i]!
  return (direction === 'upstream' ? rules.config.upstream : rules.downstream).map((code) => indexOf(line, code))
}
