/** Which past periods can be corrected: whole minutes that are over, written down, still known and not locked. */

import { limits } from '../../base/limits.js'
import { instant, instantOf, later, rfc3339, since } from '../../base/units.js'
import type { Command } from '../../contract/commands.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import { MINUTE, minuteOf } from '../losses/lossbook.js'
import { lockOf } from '../memory/locks.js'
import { equipmentAt } from '../memory/lookups.js'
import type { Line } from '../memory/memory.js'
import type { Period } from '../time/calendar.js'

/** So long a minute is left alone after its end: what the last turns counted in it may not be written down yet. */
const SETTLED_MS = 2 * MINUTE

/** The period that a correction speaks of, or why it cannot be corrected. Assumes a line with the past of the period (`withPast`) at equipment `i`. */
export function correctable(line: Line, i: number, said: { readonly from: string; readonly to: string }, command: Command): Period | Refusal {
  const { code, losses: { timeline } } = equipmentAt(line, i)
  const period = { from: instantOf(said.from)!, to: instantOf(said.to)! }
  const toAtMost = minuteOf(instant(Math.min(closedTo(line), command.at - SETTLED_MS)))
  if (period.from >= period.to) return refuse('WINDOW_MEANINGLESS', { from: said.from, to: said.to })
  if (since(period.to, period.from) > limits.correctedMsMax) return refuse('WINDOW_TOO_LARGE', { hours_max: limits.correctedMsMax / 3_600_000 })
  if (period.to > toAtMost) return refuse('PERIOD_NOT_OVER', { to_at_most: rfc3339(toAtMost) })
  const knownFrom = command.past === undefined ? null : timeline.states[0]?.from ?? null
  const firstState = command.past?.statesFrom ?? null
  if (knownFrom === null || period.from < minuteOf(knownFrom)) return refuse('PAST_FORGOTTEN', { equipment: code, known_from: firstState === null ? 'never' : rfc3339(minuteOf(later(firstState, MINUTE - 1))) })
  return lockOf(line, period, command) ?? period
}

/** Minutes before this are rows, of all equipment. */
const closedTo = (line: Line): number => Math.min(...line.equipment.map(({ losses }) => losses.closedTo ?? Infinity))
