/** OEE over the windows that end now: of an equipment, and of its line. */

import { type Instant, later } from '../../base/units.js'
import type { OeeWindow } from '../../contract/oee.js'
import { minuteOf } from '../losses/lossbook.js'
import { lineOee, oeeOf } from '../losses/oee.js'
import { shownAt } from '../time/clock-steps.js'
import { underWayMs } from '../time/plan.js'
import { configAt } from './lookups.js'
import type { Line } from './memory.js'
import { lineSumsBetween, underWayNow } from './underway.js'
import { sumsNow, whichOf, windowOf } from './windows.js'

export function equipmentOee(line: Line, i: number, window: OeeWindow, at: Instant) {
  const period = windowOf(line, i, window, at)
  const which = whichOf(line, i, window)
  return oeeOf(sumsNow(line, i, period, which), period, line.plan, configAt(line, i), which)
}

/**
 * The line's window is that of its constraint. What is under way is no good part of it yet (`work_in_process`): where the window has a beginning this settles.
 * The last hour never would, so it is the last whose parts have all had the time to leave.
 */
export function lineOeeNow(line: Line, window: OeeWindow, at: Instant) {
  if (window === 'hour' && underWayMs(line.plan) > 0) return lineOeeThen(line, window, settledAt(line, at))
  const period = windowOf(line, line.plan.constraint, window, at)
  const sums = line.equipment.map(({ code }, i) => [code, sumsNow(line, i, period)] as const)
  return lineOee(new Map([...sums, [line.plan.line.code, underWayNow(line, period)]]), period, line.plan)
}

/** Up to this minute all parts that the constraint made have left the line and are written down, which they are when a minute ends; now where none are under way. */
export const settledAt = ({ plan, underWay }: Line, at: Instant): Instant => underWayMs(plan) === 0 ? at : minuteOf(shownAt(underWay.steps, later(minuteOf(at), -underWayMs(plan))))

/** The same as it was at a minute of the last days, when all parts until then had been written down. */
export function lineOeeThen(line: Line, window: OeeWindow, at: Instant) {
  const period = windowOf(line, line.plan.constraint, window, at)
  return lineOee(lineSumsBetween(line, period), period, line.plan)
}
