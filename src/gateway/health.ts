/** How the gateway is doing, for `healthz`, `readyz`, `/metrics` and the maintenance screen. */

import type { Clock } from '../base/clock.js'
import { type Instant, type Ms, since } from '../base/units.js'
import type { Health } from '../contract/desk.js'
import type { PlcHealth } from '../contract/scan.js'
import type { Cycle } from './cycle.js'

/** Turns may be late; a gateway that has not finished one for so many cycles is not alive. */
const SILENT_TURNS = 50
const SILENT_MS_MIN: Ms = 5_000

interface HealthParts {
  readonly startedAt: Instant
  readonly cycleMs: Ms
  readonly clock: Clock
  readonly cycle: Cycle
  readonly plcs: readonly PlcHealth[]
  /** What people should know although the gateway can do its job. */
  readonly warnings: readonly string[]
}

export function healthOf({ startedAt, cycleMs, clock, cycle, plcs, warnings }: HealthParts): Health {
  const figures = cycle.figures()
  const silentMs = since(clock.now(), figures.lastTurnAt ?? startedAt)
  const alive = silentMs < Math.max(SILENT_MS_MIN, SILENT_TURNS * cycleMs)
  const reasons: string[] = []
  if (!alive) reasons.push(`no turn was finished for ${Math.round(silentMs / 1_000)} s`)
  if (figures.fault !== null) reasons.push(`${figures.fault.code}: ${figures.fault.remedy}`)
  if (figures.turnsCount === 0) reasons.push('the first turn is under way')
  return { ...figures, alive, ready: reasons.length === 0, reasons, warnings, startedAt, plcs }
}
