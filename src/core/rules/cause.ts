/** Why an equipment stands, as far as the controls can tell: the first fault to rise, or the neighbour that stood before (domain note 7.1). */

import { type Instant, later, since } from '../../base/units.js'
import type { FaultEntry, StateClass } from '../../contract/config.js'
import { equipmentAt, indexOf } from '../memory/lookups.js'
import type { Line, StopCause } from '../memory/memory.js'
import { type StateSpan, indexAt } from '../time/timeline.js'
import { severityRank } from './faults.js'
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
  const afterMs = Math.min(Math.max(seen.pollMs, 1), AFTER_MS_MAX)
  const before = standsBefore(line, i, from)
  // What rose with how it stood before explains that.
  const explainsBefore = (at: Instant): boolean => before !== null && since(at, before.from) <= afterMs
  const rose = faults.risen.flatMap(({ bit, at }) => {
    const entry = rules.faults.get(bit)
    return entry?.kind === 'fault' && since(from, at) <= BEFORE_MS && since(at, from) <= afterMs && !explainsBefore(at) ? [{ entry, at }] : []
  })
  const named = rose.map(({ entry }) => entry.code).filter((code, n, all) => all.indexOf(code) === n)
  const waits = state === 'starved' || state === 'blocked'
  const firstOut = typeof seen.signals.first_out === 'number' && seen.signals.first_out > 0 ? rules.faults.get(seen.signals.first_out - 1) : undefined
  // A latch that is not reset before the machine runs names a fault that is over by now: whoever says that it waits, or is ready, has none of its own.
  const latched = (waits || state === 'idle') && firstOut?.marker === 'internal' && !faults.active.some(({ bit }) => bit === firstOut.bit) ? undefined : firstOut
  if (latched?.kind === 'fault') return { entry: latched, cause: causeBy(line, i, state, from, latched, named.length === 0 ? [latched.code] : named, false) }

  const [first, second] = rose.toSorted((a, b) => severityRank(a.entry) - severityRank(b.entry) || a.at - b.at)
  if (first !== undefined) {
    const ambiguous = second !== undefined && second.entry.code !== first.entry.code && second.at === first.at && second.entry.severity === first.entry.severity
    return { entry: first.entry, cause: causeBy(line, i, state, from, first.entry, named, ambiguous) }
  }
  if (!waits) return null
  return { entry: null, cause: causeBy(line, i, state, from, null, [], false) }
}

/** How it stood before it stands as it does, without a run between; plain standing and blindness say nothing of why. */
function standsBefore(line: Line, i: number, from: Instant): StateSpan | null {
  const { states } = equipmentAt(line, i).losses.timeline
  let n = indexAt(states, from) - 1
  while (n >= 0 && (states[n]!.state === 'stopped' || states[n]!.state === 'unknown')) n--
  return n < 0 || states[n]!.state === 'running' ? null : states[n]!
}

function causeBy(line: Line, i: number, state: StateClass, from: Instant, entry: FaultEntry | null, faults: string[], ambiguous: boolean): StopCause {
  const direction = entry !== null && entry.marker !== 'internal' ? entry.marker
    : entry !== null ? 'internal' : state === 'starved' ? 'upstream' : state === 'blocked' ? 'downstream' : 'internal'
  return {
    fault: entry?.code ?? null, fault_name: entry?.name ?? null, faults, ambiguous,
    blame: { direction, equipment: direction === 'internal' ? null : culpritOf(line, i, direction, from) },
  }
}

/** A neighbour, and when what it did then is felt: so much earlier as its parts are under way. */
interface Neighbour { readonly n: number; readonly felt: Instant }

/** Walks along the declared flow to the neighbour that stood when its standing was felt, and did not itself wait for another. It may run again by now. */
function culpritOf(line: Line, i: number, direction: 'upstream' | 'downstream', from: Instant): string | null {
  const visited = new Set<number>([i])
  let front = neighbours(line, { n: i, felt: from }, direction)
  while (front.length > 0) {
    const standing = front
      .flatMap(({ n, felt }) => {
        const span = n === -1 || visited.has(n) ? null : spanAt(line, n, felt)
        return span === null || !stands(span.state) ? [] : [{ n, felt, ...span }]
      })
      .sort((a, b) => a.from - b.from)
    for (const { n } of standing) visited.add(n)
    const culprit = standing.find(({ state }) => state !== 'starved' && state !== 'blocked')
    if (culprit !== undefined) return equipmentAt(line, culprit.n).code
    front = standing.flatMap((one) => neighbours(line, one, direction))
  }
  return null
}

/** What an equipment did at an instant, and since when, whatever it does by now. Its past is no sharper than a poll. */
function spanAt(line: Line, n: number, at: Instant): { readonly state: StateClass; readonly from: Instant } | null {
  const { state, seen, losses: { timeline: { states } } } = equipmentAt(line, n)
  if (state.since === null || state.since <= at) return { state: state.current, from: state.since ?? at }
  return states[indexAt(states, later(at, Math.min(seen.pollMs, AFTER_MS_MAX)))] ?? null
}

function neighbours(line: Line, { n, felt }: Neighbour, direction: 'upstream' | 'downstream'): Neighbour[] {
  const rules = line.rules[n]!
  return (direction === 'upstream' ? rules.config.upstream : rules.downstream).map((code) => {
    const other = indexOf(line, code)
    const transitMs = (direction === 'upstream' ? rules.config.transit[code] : line.rules[other]?.config.transit[rules.config.code]) ?? 0
    return { n: other, felt: later(felt, -transitMs) }
  })
}
