/** PackML: what its state and mode numbers mean for the booking of time (ISA-TR88.00.02 PackTags; domain note 6.1). */

import type { StateClass } from '../../contract/config.js'

type Meaning = StateClass | 'external' | 'complete' | 'as before'

/** By StateCurrent. `external` is starved or blocked; `as before` belongs to the wait state it comes from. */
const meanings: readonly Meaning[] = [
  'unknown', //   0 Undefined
  'faulted', //   1 Clearing: goes on from Aborted
  'stopped', //   2 Stopped
  'as before', // 3 Starting
  'idle', //      4 Idle
  'external', //  5 Suspended
  'running', //   6 Execute
  'stopped', //   7 Stopping
  'faulted', //   8 Aborting
  'faulted', //   9 Aborted
  'stopped', //  10 Holding
  'stopped', //  11 Held: caused inside the machine
  'stopped', //  12 Unholding
  'external', // 13 Suspending
  'external', // 14 Unsuspending
  'as before', // 15 Resetting
  'running', //  16 Completing
  'complete', // 17 Complete
]

export const modes = { production: 1, maintenance: 2, manual: 3 } as const

export interface PackmlContext {
  readonly previous: StateClass
  readonly blocked: boolean
  readonly changeover: boolean
  readonly jobActive: boolean
  readonly jobNext: boolean
}

export function packmlClass(state: number, mode: number | null, context: PackmlContext): StateClass {
  const { previous } = context
  if (mode === modes.maintenance) return previous === 'faulted' && context.jobActive ? 'faulted' : 'maintenance'
  if (mode === modes.manual) return context.changeover ? 'setup' : 'stopped'
  const meaning = meanings[state] ?? 'unknown'
  switch (meaning) {
    case 'external': return context.blocked ? 'blocked' : 'starved'
    case 'complete': return context.jobNext ? 'setup' : 'idle'
    case 'as before': return previous === 'running' || previous === 'unknown' ? (state === 3 ? 'idle' : 'stopped') : previous
    default: return meaning
  }
}
