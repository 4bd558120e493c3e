/** Shifts that are closed and locked: what was written of them is changed only by those who may. */

import { type Instant, later, rfc3339 } from '../../base/units.js'
import type { Command } from '../../contract/commands.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import { may, permissions } from '../../contract/roles.js'
import type { Period } from '../time/calendar.js'
import { shiftsBetween } from '../time/shifts.js'
import type { Line } from './memory.js'

/** The no to a command that would change this time; `null` when nothing stands against it. Of the shifts that it reaches over the first is locked first. */
export function lockOf(line: Line, { from, to }: Period, command: Pick<Command, 'at' | 'by'>): Refusal | null {
  const [shift] = shiftsBetween(line.plan.calendar, line.plan.timeZone, from, to)
  const locked = shift === undefined ? null : lockedSince(line, shift.to, command)
  return shift === undefined || locked === null ? null : refuse('SHIFT_LOCKED', { shift: shift.id, ...locked })
}

/** Since when a shift that ended then is locked to who asks, and to whom it is not; `null` when it is open to him. */
export function lockedSince({ plan }: Line, end: Instant, { at, by }: Pick<Command, 'at' | 'by'>): { readonly locked_at: string; readonly roles: string } | null {
  const { lock_after: afterMs } = plan.edits
  if (afterMs === undefined || at < later(end, afterMs) || may(by, 'edit_locked_shift', plan.line.code)) return null
  return { locked_at: rfc3339(later(end, afterMs)), roles: permissions.edit_locked_shift.join(', ') }
}
