/** Shifts that are closed and locked: what was written of them is changed only by those who may. */

import { later, rfc3339 } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import { type Refusal, refuse } from '../contract/refusals.js'
import { may, permissions } from '../contract/roles.js'
import type { Period } from './calendar.js'
import type { Line } from './memory.js'
import { shiftsBetween } from './shifts.js'

/** The no to a command that would change this time; `null` when nothing stands against it. Of the shifts that it reaches over the first is locked first. */
export function lockOf(line: Line, { from, to }: Period, command: Pick<Command, 'at' | 'by'>): Refusal | null {
  const { calendar, timeZone, edits: { lock_after: afterMs } } = line.plan
  if (afterMs === undefined) return null
  const [shift] = shiftsBetween(calendar, timeZone, from, to)
  if (shift === undefined) return null
  const locked = later(shift.to, afterMs)
  if (command.at < locked || may(command.by, 'edit_locked_shift', line.plan.line.code)) return null
  return refuse('SHIFT_LOCKED', { shift: shift.id, locked_at: rfc3339(locked), roles: permissions.edit_locked_shift.join(', ') })
}
