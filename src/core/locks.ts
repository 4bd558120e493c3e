/** Shifts that are closed and locked: what was written of them is changed only by those who may. */

import { type Instant, later, rfc3339 } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import { type Refusal, refuse } from '../contract/refusals.js'
import { may, permissions } from '../contract/roles.js'
import type { Line } from './memory.js'
import { slotOf } from './schedule.js'

/** The no to a command that would change the time around `at`; `null` when nothing stands against it. */
export function lockOf(line: Line, at: Instant, command: Pick<Command, 'at' | 'by'>): Refusal | null {
  const { lock_after: afterMs } = line.plan.edits
  const { shift } = slotOf(line, at)
  if (afterMs === undefined || shift === null) return null
  const locked = later(shift.to, afterMs)
  if (command.at < locked || may(command.by, 'edit_locked_shift', line.plan.line.code)) return null
  return refuse('SHIFT_LOCKED', { shift: shift.id, locked_at: rfc3339(locked), roles: permissions.edit_locked_shift.join(', ') })
}
