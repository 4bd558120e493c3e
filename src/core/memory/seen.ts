/** Working memory of an equipment: what its last samples told, which no fact holds. */

import { since } from '../../base/units.js'
import type { Sample, SignalValue } from '../../contract/inputs.js'
import { configAt, equipmentAt } from './lookups.js'
import type { Line, Seen, Signals } from './memory.js'

const noSignals: Signals = {
  running: null, state: null, mode: null, speed: null, fault: null, first_out: null, blocked: null, starved: null, changeover: null, job: null, product: null,
  total_latched: null, good_latched: null, reject_latched: null,
}
export const initialSeen: Seen = { at: null, pollMs: 0, signals: noSignals, candidate: null, counters: {}, pending: null, partAt: null, goodAt: null, run: null, paces: new Map() }

const names = Object.keys(noSignals) as readonly (keyof Signals)[]
const isLookedAt = (name: string): name is keyof Signals => name in noSignals

/** The signals after a sample; the same object when none that a rule looks at has changed. */
export function signalsAfter(signals: Signals, sample: Sample): Signals {
  let after: Signals | Record<keyof Signals, SignalValue> = signals
  for (const name in sample.signals) {
    const value = sample.signals[name]
    if (value === undefined || !isLookedAt(name) || value === signals[name]) continue
    if (after === signals) after = { ...signals }
    // A copy of our own, not yet handed to anybody.
    ;(after as Record<keyof Signals, SignalValue>)[name] = value
  }
  return after
}

/**
 * Whether a sample says anything that a rule looks at: most bring a count or a speed. The distance of the readings dates the faults
 * that explain an open stop; a speed matters where it says whether the machine runs.
 */
export function isTold(line: Line, i: number, { pollMs, signals }: Pick<Seen, 'pollMs' | 'signals'>): boolean {
  const { seen, stop } = equipmentAt(line, i)
  if (stop !== null && pollMs !== seen.pollMs) return true
  if (signals === seen.signals) return false
  const looksAtSpeed = configAt(line, i).state.run_speed_min !== undefined
  for (const name of names) if (signals[name] !== seen.signals[name] && (name !== 'speed' || looksAtSpeed)) return true
  return false
}

/** The distance to the reading before, as far as it is known. */
export const pollMsOf = (seen: Seen, sample: Sample): number => {
  const before = sample.since ?? seen.at
  return before === null ? seen.pollMs : Math.max(0, since(sample.at, before))
}
