/** Where rejects were found late: which hours, shifts and jobs are to be told again, and when no more of them can come (domain note 2.3). */

import { limits } from '../../base/limits.js'
import { type Instant, instantOf, later, rfc3339 } from '../../base/units.js'
import type { Draft } from '../../contract/events/catalogue.js'
import { MINUTE, minuteOf } from '../losses/lossbook.js'
import { indexOf } from '../memory/lookups.js'
import type { FoundIn, Job, Line } from '../memory/memory.js'
import { lateMsOf } from '../time/plan.js'
import { hoursOf, shiftsBetween } from '../time/shifts.js'

/** What is told, for the first time or again, holds all that was found so far. */
export function applyFound(line: Line, fact: Draft): Line {
  if (fact.type === 'oee_recorded') {
    const isTold = ({ interval, key, equipment }: FoundIn) => interval === fact.body.interval && key === fact.body.key && equipment === fact.equipment
    return line.foundIn.some(isTold) ? { ...line, foundIn: line.foundIn.filter((one) => !isTold(one)) } : line
  }
  if (fact.type !== 'rejects_found' || indexOf(line, fact.equipment) === -1) return line
  const { equipment, at, body: { made_at, job_id: job } } = fact
  const minute = minuteOf(later(instantOf(made_at)!, -1))
  const end = later(minute, MINUTE)
  const into = (interval: FoundIn['interval'], key: string, to: Instant): FoundIn => ({ interval, key, equipment: equipment!, to, at })
  const found = shiftsBetween(line.plan.calendar, line.plan.timeZone, minute, end).flatMap((shift) => [
    ...hoursOf(shift).filter(({ from, to }) => from < end && to > minute).map(({ from, to }) => into('hour', rfc3339(from), to)), into('shift', shift.id, shift.to),
  ])
  if (job !== null) found.push(into('job', job, end))
  const isSame = (one: FoundIn) => found.some(({ interval, key, equipment: of }) => one.interval === interval && one.key === key && one.equipment === of)
  return { ...line, foundIn: [...line.foundIn.filter((one) => !isSame(one) && one.to > at - limits.timelineMsMax), ...found].slice(-limits.foundInMax) }
}

/** Those in which nothing more is found from `at` on, but by a reading that comes late. A minute more, because the reading after the last instant tells of it too. */
export function foundWhole(line: Line, at: Instant): readonly FoundIn[] {
  return line.foundIn.filter(({ interval, key, equipment, to }) => {
    const end = interval === 'job' ? endOf(line.jobs[key]) : to
    return end !== null && end > at - limits.timelineMsMax && later(end, lateMsOf(line.plan, equipment) + MINUTE) <= at
  })
}

/** A job that was cancelled is told to nobody. */
const endOf = (job: Job | undefined): Instant | null => job?.status === 'completed' ? job.endedAt : null
