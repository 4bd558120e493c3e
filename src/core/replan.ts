/** A line under another plan: what it remembers goes on, and what is new to it begins empty. */

import type { Instant } from '../base/units.js'
import type { Line } from './memory/memory.js'
import { initialSeen } from './memory/seen.js'
import { openLine } from './snapshot.js'
import { planAfter } from './time/eras.js'
import type { LinePlan } from './time/plan.js'

/**
 * It takes effect at `at`, and what was before stays as it was. Assumes that what was pending has been flushed under the old plan. With `blindFrom` the
 * signals are read anew, as after a start: nobody sees the equipment from then until its next sample.
 */
export function replanned(line: Line, plan: LinePlan, at: Instant, blindFrom: Instant | null): Line {
  const fresh = openLine(planAfter(line.plan, plan, at), null, [])
  return {
    ...line, plan: fresh.plan, rules: fresh.rules, minute: null, advancedTo: null, quietTo: null,
    equipment: fresh.equipment.map((empty) => {
      const known = line.equipment.find(({ code }) => code === empty.code)
      if (known === undefined) return empty
      return blindFrom === null ? known : { ...known, seen: { ...initialSeen, paces: known.seen.paces }, state: { ...known.state, blindFrom } }
    }),
  }
}
