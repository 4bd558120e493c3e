/** The live windows of an equipment, and the sums of the loss tree over them, with the parts that are not yet written down. */

import { type Instant, instant } from '../../base/units.js'
import type { LossSums } from '../../contract/losses.js'
import type { OeeWindow } from '../../contract/oee.js'
import { type Which, matches } from '../losses/lossbook.js'
import { sumLosses } from '../losses/losses.js'
import { bookingsOf, leavesOf } from '../losses/parts.js'
import { Tally } from '../losses/sums.js'
import type { Period } from '../time/calendar.js'
import { productionDay } from '../time/dated.js'
import { idealMsPerPart } from '../time/plan.js'
import { sameIdeal } from '../time/timeline.js'
import { configAt, equipmentAt, jobOf, lateNow, productOf } from './lookups.js'
import type { Job, Line } from './memory.js'
import { slotOf } from './schedule.js'

const HOUR_MS = 3_600_000

/** From the start of the window until now. Outside shifts the shift is the production day; without a job the job is the shift. */
export function windowOf(line: Line, i: number, window: OeeWindow, at: Instant): Period {
  switch (window) {
    case 'hour': return { from: instant(at - HOUR_MS), to: at }
    case 'day': return { from: dayOf(line, at).from, to: at }
    case 'shift': return { from: (slotOf(line, at).shift ?? dayOf(line, at)).from, to: at }
    case 'job': {
      const job = jobOf(line, i)
      if (job === null || job.startedAt === null) return windowOf(line, i, 'shift', at)
      return { from: jobFrom(line, i, job) ?? at, to: at }
    }
  }
}

/** Since when the time of a job counts: the changeover to it is its own (domain note 9). `null` while what it made may be noise. */
export function jobFrom(line: Line, i: number, { order, clockFrom }: Job): Instant | null {
  const changeover = equipmentAt(line, i).losses.timeline.changeovers.find(({ job }) => job === order.job_id)
  return clockFrom === null || changeover === undefined || changeover.from > clockFrom ? clockFrom : changeover.from
}

/** What of a window belongs to it: a job that was interrupted has no part in what was made meanwhile. */
export function whichOf(line: Line, i: number, window: OeeWindow): Which {
  const job = window === 'job' ? jobOf(line, i) : null
  return job === null ? {} : { job: job.order.job_id }
}

/** What the loss tree holds of a window that ends now. */
export function sumsNow(line: Line, i: number, { from, to }: Period, which: Which = {}): LossSums {
  const equipment = equipmentAt(line, i)
  const written = sumLosses(equipment.losses, from, to, line.plan, which)
  const { pending } = equipment.seen
  const late = lateNow(line, equipment.code).flatMap((body) => bookingsOf({ type: 'rejects_found', at: to, line: line.plan.line.code, equipment: equipment.code, body }, equipment.losses.timeline, line.plan, configAt(line, i)))
    .filter((booking) => booking.at >= from && booking.at < to && matches(booking, which))
  if (late.length === 0 && (pending === null || pending.from < from)) return written
  const tally = new Tally()
  tally.addSums(written)
  for (const { product, idealMs, parts } of late) tally.addParts(product, idealMs, parts)
  if (pending === null || pending.from < from) return tally.sums()
  const product = productOf(line, i)
  const { good, reject, startupReject, offSchedule, recovered } = pending
  tally.addParts(product, sameIdeal(idealMsPerPart(line.plan, configAt(line, i), product)), leavesOf({ good, reject, startup_reject: startupReject, off_schedule: offSchedule, recovered }))
  return tally.sums()
}

const dayOf = (line: Line, at: Instant) => productionDay(line.plan.calendar, line.plan.timeZone, at)
