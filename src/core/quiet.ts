/** How long a line stays as it is when nobody tells it anything: the first instant for which one of its rules waits. */

import { type Instant, instant } from '../base/units.js'
import { MINUTE } from './losses/lossbook.js'
import type { Line } from './memory/memory.js'
import { asWorks, slotOf } from './memory/schedule.js'
import { blindCallDue, escalationsDue, quietDue, stopCallDue } from './rules/andon.js'
import { waitDue } from './rules/changeovers.js'
import { gapDue } from './rules/gaps.js'
import { stateDue } from './rules/state.js'

/** Whether a beat at `at` would find nothing, because all rules have looked at the line as it is and wait for later. */
export const isQuiet = ({ quietTo }: Line, at: Instant): boolean => quietTo !== null && at < quietTo

/**
 * Assumes that every rule has looked at this line at `at` and found nothing to say. A rule waits for time in one of two ways: it names
 * the instant itself, or it looks at every minute and at every change of shift and break.
 */
export function quietUntil(line: Line, at: Instant): Instant {
  let due = Math.min((line.minute ?? -MINUTE) + MINUTE, line.advancedTo ?? 0, slotOf(line, at).to, escalationsDue(line), quietDue(line, at))
  for (let i = 0; i < line.equipment.length; i++) due = Math.min(due, slotOf(asWorks(line, line.equipment[i]!.code), at).to, stateDue(line, i), gapDue(line, i), waitDue(line, i), stopCallDue(line, i, at), blindCallDue(line, i, at))
  return instant(Math.ceil(due))
}
