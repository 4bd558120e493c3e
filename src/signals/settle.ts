/** Noise: bits that must stand for a while before they count, numbers that must move far enough. */

import { type Instant, since } from '../base/units.js'
import type { SignalValue } from '../contract/inputs.js'
import type { Binding } from './plan.js'

export interface Settled {
  readonly value: SignalValue
  /** A bit that has turned and has not stood long enough, since then. */
  readonly turnedAt: Instant | null
}

/** The value that counts after a reading. Gives `before` back when nothing has changed. */
export function settle(before: Settled, read: SignalValue, at: Instant, binding: Binding): Settled {
  if (read === before.value) return before.turnedAt === null ? before : { value: before.value, turnedAt: null }
  // What was unknown has nothing to settle from.
  if (before.value === null || read === null) return { value: read, turnedAt: null }
  if (typeof read === 'number' && typeof before.value === 'number') return Math.abs(read - before.value) < binding.deadband ? before : { value: read, turnedAt: null }
  const delayMs = read === true ? binding.onDelayMs : read === false ? binding.offDelayMs : 0
  const turnedAt = before.turnedAt ?? at
  if (since(at, turnedAt) >= delayMs) return { value: read, turnedAt: null }
  return turnedAt === before.turnedAt ? before : { value: before.value, turnedAt }
}
