/** Since when the time of jobs would have counted, had the calendar always been as it is now: in scheduled time, or from enough parts on (domain note 4.8). */

import { type Instant, type Ms, instant, instantOf, later, rfc3339 } from '../../base/units.js'
import type { DraftOf, Fact } from '../../contract/events/catalogue.js'
import { configAt, equipmentAt, indexOf } from '../memory/lookups.js'
import type { Job, Line } from '../memory/memory.js'
import { runMsAt } from '../rules/state.js'
import type { Period } from '../time/calendar.js'
import type { LinePlan } from '../time/plan.js'
import { shiftsBetween, slotAt } from '../time/shifts.js'
import { type StateSpan, applyTimeline, initialTimeline } from '../time/timeline.js'
import { piecesOf } from '../time/worked.js'

export type MovedClock = NonNullable<DraftOf<'calendar_corrected'>['body']['jobs']>[number]

/** Jobs whose clock a correction of the calendar over that period may move. */
export const jobsTouched = ({ jobs }: Line, { from, to }: Period): readonly Job[] => Object.values(jobs).filter(({ startedAt, clockFrom, endedAt }) =>
  startedAt !== null && startedAt < to && (clockFrom === null || clockFrom >= from) && (endedAt === null || endedAt > from))

/** All the time that says where the clocks of these jobs may come to stand, and whether a job of which none was told had one. */
export function timeOfClocks({ plan }: Line, jobs: readonly Job[], period: Period, now: Instant): Period {
  const next = shiftsBetween(plan.calendar, plan.timeZone, period.to, later(period.to, AHEAD_MS)).find(({ from }) => from >= period.to)
  return jobs.reduce((all, { startedAt, clockFrom, endedAt }) => ({
    from: instant(Math.min(all.from, startedAt!)),
    to: instant(Math.max(all.to, clockFrom === null ? endedAt ?? now : Math.min(endedAt ?? now, Math.max(clockFrom, next?.from ?? 0)))),
  }), period)
}

/** A job that no shift begins under for so long is left as it is. */
const AHEAD_MS = 8 * 86_400_000

/** The clocks that stand elsewhere under the calendar of `is` than under that of `was`; `facts` are those of the jobs and of their equipment, in order. */
export function clocksMoved(line: Line, was: LinePlan, is: LinePlan, period: Period, facts: readonly Fact[], now: Instant): MovedClock[] {
  return jobsTouched(line, period).flatMap((job): MovedClock[] => {
    const { order: { job_id }, equipment, clockFrom } = job
    const i = indexOf(line, equipment)
    const own = facts.filter((fact) => fact.equipment === equipment && 'job_id' in fact.body && fact.body.job_id === job_id)
    if (i === -1 || !own.some((fact) => fact.type === 'job_started' && fact.at === job.startedAt)) return []
    const needed = configAt(line, i).jobs.clock_parts
    const [before, after] = [was, is].map((plan) => clockBy(plan, job, own, needed, job.endedAt ?? now)) as [Instant | null, Instant | null]
    if (before === after || after === clockFrom) return []
    const states = statesOf(line, i, facts)
    const other = clockFrom ?? now
    const ran = after === null ? 0 : after <= other ? ranMs(states, { from: after, to: other }) : -ranMs(states, { from: other, to: after })
    return [{ job_id, equipment: equipment!, clock_from: textOf(after), previous: textOf(clockFrom), run_seconds: ran / 1_000 }]
  })
}

/** What live rules do with these facts: the clock opens with the job inside a shift, with the next shift, or with the part that makes it more than noise. */
function clockBy({ calendar, timeZone }: LinePlan, { startedAt }: Job, facts: readonly Fact[], needed: number, end: Instant): Instant | null {
  const until = instant(Math.min(end, startedAt! + AHEAD_MS))
  const starts = shiftsBetween(calendar, timeZone, startedAt!, later(until, 1)).flatMap(piecesOf).map(({ from }) => from).filter((from) => from > startedAt! && from <= until)
  const isShift = (at: Instant): boolean => slotAt(calendar, timeZone, at).shift !== null
  let [isOn, parts, seenTo]: [boolean, number, number] = [false, 0, startedAt!]
  for (const fact of facts) {
    if (fact.at < startedAt!) continue
    const start = isOn ? starts.find((from) => from > seenTo && from <= fact.at) : undefined
    if (start !== undefined) return start
    seenTo = Math.max(seenTo, fact.at)
    switch (fact.type) {
      case 'job_started': case 'job_resumed': isOn = true; if (isShift(fact.at)) return fact.at; break
      case 'job_paused': case 'job_completed': case 'job_cancelled': isOn = false; break
      case 'count_recorded': case 'counts_corrected': {
        parts += fact.body.good + fact.body.reject
        if (needed > 0 && parts >= needed) return fact.at
        break
      }
      default: break
    }
  }
  return isOn ? starts.find((from) => from > seenTo) ?? null : null
}

/** As the run time of an equipment is counted: by what it was seen to do. */
function statesOf(line: Line, i: number, facts: readonly Fact[]): readonly StateSpan[] {
  const { code } = equipmentAt(line, i)
  return facts.filter(({ type, equipment }) => equipment === code && (type === 'state_changed' || type === 'changeover_started'))
    .reduce((timeline, fact) => applyTimeline(timeline, fact, line.plan, configAt(line, i)).timeline, initialTimeline).states
}

function ranMs(states: readonly StateSpan[], { from, to }: Period): Ms {
  return states.reduce((ms, span, n) => ms + (span.state === 'running' ? Math.max(0, Math.min(states[n + 1]?.from ?? to, to) - Math.max(span.from, from)) : 0), 0)
}

/** Believes what a correction says of the clocks. */
export function withClocks(line: Line, moved: readonly MovedClock[], at: Instant): Line {
  if (moved.length === 0) return line
  const jobs = moved.flatMap(({ job_id: id, equipment, clock_from: text, run_seconds }): [string, Job][] => {
    const job = line.jobs[id]
    const i = indexOf(line, equipment)
    if (job === undefined || i === -1) return []
    const clockFrom = text === null ? null : instantOf(text)
    const atOther = job.clockFrom === null ? runMsAt(equipmentAt(line, i), at) : job.runMsAtStart
    return [[id, { ...job, clockFrom, runMsAtStart: clockFrom === null ? 0 : atOther - run_seconds * 1_000 }]]
  })
  return { ...line, jobs: { ...line.jobs, ...Object.fromEntries(jobs) } }
}

const textOf = (at: Instant | null): string | null => at === null ? null : rfc3339(at)
