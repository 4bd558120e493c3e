/** The state of equipment that only counts: the gap between two parts says whether it ran, and it is known late (domain note 2.5). */

import { type Instant, instant, later, since } from '../../base/units.js'
import type { Draft } from '../../contract/events/catalogue.js'
import { configAt, equipmentAt, productOf } from '../memory/lookups.js'
import type { Equipment, Line } from '../memory/memory.js'
import { microMsOf } from '../time/attribution.js'
import { idealMsPerPart } from '../time/plan.js'
import { isTrial, stateChanged } from './state.js'

/**
 * A gap that is no cycle any more, not even a slow one: the equipment stood from one ideal cycle after its last part.
 * After a short stop that parts ended, asked again, it runs.
 */
export function decideGap(line: Line, i: number, parts: number, from: Instant, at: Instant): Draft[] {
  const { state, seen } = equipmentAt(line, i)
  const { slow_factor } = configAt(line, i).state
  const idealMs = idealMsPerPart(line.plan, configAt(line, i), productOf(line, i))
  const stood = seen.partAt === null ? null : later(seen.partAt, idealMs)
  const standing = changes(equipmentAt(line, i)) ? 'changeover' : 'stopped'
  if (parts <= 0) return stood !== null && at >= gapDue(line, i) ? [stateChanged(line, i, standing, null, instant(stood))] : []
  // Several parts in one reading are spread evenly over it, and nothing shorter than two readings can be told apart.
  // A part that is told without the reading before it happened when it was told.
  const pollMs = since(at, from)
  const first = instant(from + pollMs / parts)
  if (isTrial(equipmentAt(line, i))) return []
  if (state.current !== 'running') return [stateChanged(line, i, 'running', null, first)]
  const gapMs = seen.partAt === null ? 0 : since(first, seen.partAt)
  if (stood === null || gapMs <= slow_factor * idealMs || gapMs < 2 * pollMs) return []
  return [stateChanged(line, i, standing, null, instant(stood))]
}

const changes = ({ changeover, awaited }: Equipment): boolean => changeover !== null || awaited !== null

/** When the part that does not come will be so late that the equipment stands. */
export function gapDue(line: Line, i: number): number {
  const { state, seen: { partAt } } = equipmentAt(line, i)
  const config = configAt(line, i)
  if (config.state.from !== 'counts' || partAt === null || (state.current !== 'running' && state.current !== 'unknown')) return Infinity
  const idealMs = idealMsPerPart(line.plan, config, productOf(line, i))
  return partAt + idealMs + microMsOf(config, idealMs)
}
