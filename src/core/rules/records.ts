/** OEE that is written down: of every closed hour, shift and job, and the alert when a line stays below its threshold. */

import { limits } from '../../base/limits.js'
import { type Instant, instant, instantOf, later, rfc3339, since } from '../../base/units.js'
import type { LineConfig } from '../../contract/config.js'
import type { Draft, DraftOf } from '../../contract/events/catalogue.js'
import { MINUTE, type Which, minuteOf } from '../losses/lossbook.js'
import { advanceLosses, sumLosses } from '../losses/losses.js'
import { bookingsOf } from '../losses/parts.js'
import { lineOee, oeeOf } from '../losses/oee.js'
import { configAt, draft, indexOf } from '../memory/lookups.js'
import type { Line, OeeAlert } from '../memory/memory.js'
import { lineOeeNow, lineOeeThen, settledAt } from '../memory/oee-now.js'
import { advanceMovedTime } from '../memory/moved-time.js'
import { slotOf } from '../memory/schedule.js'
import { lineSumsBetween } from '../memory/underway.js'
import { jobFrom } from '../memory/windows.js'
import type { Period } from '../time/calendar.js'
import { reckonedAt, shownAt } from '../time/clock-steps.js'
import { planAt } from '../time/eras.js'
import { type LinePlan, underWayMs } from '../time/plan.js'
import { endsOf, hoursOf, shiftsBetween } from '../time/shifts.js'
import { foundWhole } from './found.js'

export const initialAlert: OeeAlert = { active: null, critical: false, belowSince: null }

/** Hours are counted from the start of their shift, so that they line up with it wherever it begins. */
export function decideHours(line: Line, from: Instant, to: Instant): Draft[] {
  const { calendar, timeZone } = line.plan
  const slot = slotOf(line, from)
  // Almost always a minute inside one shift, which needs no search.
  const shifts = slot.shift !== null && to <= slot.shift.to ? [slot.shift] : shiftsBetween(calendar, timeZone, instant(Math.max(from, to - limits.shiftsCaughtUpMs)), to)
  return shifts.flatMap((shift) => hoursOf(shift).filter(({ to: end }) => end > from && end <= to).flatMap((hour) => recorded(line, 'hour', rfc3339(hour.from), hour)))
}

/** Where parts are under way, the hours and shifts of the line are told when the last that its constraint made in them have had the time to leave it. */
export function decideSettled(line: Line, from: Instant, to: Instant): Draft[] {
  const { plan, underWay: { steps } } = line
  const underWay = underWayMs(plan)
  if (underWay === 0) return []
  // What was due when the clock was set was told before, and what it leapt over is due as long after.
  const toldTo = instant(Math.max(from, Math.min(steps.at(-1)?.after ?? from, to)))
  const dueAt = ({ to: end }: Period) => later(reckonedAt(steps, end), underWay)
  const isDue = (window: Period) => dueAt(window) > toldTo && dueAt(window) <= to
  const first = later(instant(Math.max(toldTo, to - limits.shiftsCaughtUpMs)), -underWay)
  return shiftsBetween(plan.calendar, plan.timeZone, instant(Math.min(first, shownAt(steps, first))), to).flatMap((shift) => [
    ...hoursOf(shift).filter(isDue).flatMap((hour) => recordedLine(line, 'hour', rfc3339(hour.from), hour, 0, dueAt(hour))),
    ...isDue(shift) ? recordedLine(line, 'shift', shift.id, shift, 0, dueAt(shift)) : [],
  ])
}

/** One that ended before, and that another calendar brought back, is told again. */
export function decideShiftRecord(line: Line, fact: DraftOf<'shift_ended'>): Draft[] {
  const { shift, from, to } = fact.body
  const again = endsOf(line.shifts, shift) - 1
  return recorded(line, 'shift', shift, { from: instantOf(from)!, to: instantOf(to)! }, again === 0 ? 0 : Math.max(again, revisionOf(line, 'shift', shift) + 1))
}

/**
 * What people say later changes hours, shifts and jobs that were recorded: each is told again under its next revision.
 * Intervals older than memory stay as they were told; their rows are in the journal. `isTold`: somebody else tells it.
 */
export function decideCorrections(before: Line, fact: Correction, isTold: (interval: string, key: string) => boolean = () => false): Draft[] {
  const i = indexOf(before, fact.equipment)
  const changed = changedBy(before, fact)
  if (i === -1 || changed === null) return []
  const line = cutAgain(before)
  const { calendar, timeZone } = line.plan
  const known = later(fact.at, -limits.timelineMsMax)
  const drafts: Draft[] = []
  const again = (interval: 'hour' | 'shift', key: string, window: Period) => {
    if (window.to > fact.at || window.to <= changed.from || window.from >= changed.to || window.from < known || isTold(interval, key)) return
    const revision = revisionOf(line, interval, key) + 1
    drafts.push(...recorded(line, interval, key, window, revision, fact.at, [i]))
  }
  for (const shift of shiftsBetween(calendar, timeZone, instant(Math.max(changed.from, known)), changed.to)) {
    for (const hour of hoursOf(shift)) again('hour', rfc3339(hour.from), hour)
    again('shift', shift.id, shift)
  }
  return [...drafts, ...jobsAgain(line, i, changed, fact.at, (key) => isTold('job', key))]
}

/**
 * Rejects that were found late change what was told of then: hours, shifts and jobs are told again once, when the last that was made in them has been found.
 * Their rows have each at once. What is told in between, for another reason, holds those that were found by then.
 */
export function decideFound(before: Line, at: Instant): Draft[] {
  const whole = foundWhole(before, at)
  if (whole.length === 0) return []
  const line = cutAgain(before)
  const { calendar, timeZone } = line.plan
  return whole.flatMap(({ interval, key, equipment, to }, n) => {
    const i = indexOf(line, equipment)
    if (i === -1) return []
    if (interval === 'job') return jobsAgain(line, i, ALL_TIME, at, (job) => job !== key)
    const windows = shiftsBetween(calendar, timeZone, later(to, -1), to).flatMap((shift) => interval === 'shift' ? (shift.id === key ? [shift] : []) : hoursOf(shift).filter(({ from }) => rfc3339(from) === key))
    // Of several machines the line is told with the last.
    const isLast = !whole.some((other, m) => m > n && other.interval === interval && other.key === key)
    return windows.filter((window) => window.to <= at && window.from >= later(at, -limits.timelineMsMax))
      .flatMap((window) => recorded(line, interval, key, window, revisionOf(line, interval, key) + 1, at, [i]).filter((fact) => fact.equipment !== null || isLast))
  })
}

const ALL_TIME: Period = { from: instant(-Infinity), to: instant(Infinity) }

/**
 * Parts that are counted when an hour or a shift has been told, though they were made in it, as after blind time or a start: they are in its rows, and it is told
 * again. A job is told when all of its parts are.
 */
export function decideLateCount(before: Line, fact: DraftOf<'count_recorded'>): Draft[] {
  const i = indexOf(before, fact.equipment)
  const toldTo = before.minute
  // Nearly all parts are of the minute that has just ended.
  if (i === -1 || toldTo === null || instantOf(fact.body.from)! >= toldTo) return []
  const minutes = bookingsOf(fact, before.equipment[i]!.losses.timeline, before.plan, configAt(before, i)).map(({ minute }) => minute).filter((minute) => minute < toldTo)
  if (minutes.length === 0) return []
  const line = cutAgain(before)
  const known = later(fact.at, -limits.timelineMsMax)
  const { calendar, timeZone } = line.plan
  return shiftsBetween(calendar, timeZone, instant(Math.max(known, Math.min(...minutes))), toldTo).flatMap((shift) => [
    ...hoursOf(shift).flatMap((hour) => again('hour', rfc3339(hour.from), hour)), ...again('shift', shift.id, shift),
  ])

  function again(interval: 'hour' | 'shift', key: string, window: Period): Draft[] {
    if (window.to > toldTo! || window.from < known || !minutes.some((minute) => minute + MINUTE > window.from && minute < window.to)) return []
    const told = recorded(line, interval, key, window, revisionOf(line, interval, key) + 1, fact.at, [i])
    // Where parts are under way, the line is told of it for the first time when they have left.
    return settledAt(line, toldTo!) < window.to ? told.filter(({ equipment }) => equipment !== null) : told
  }
}

/** What a fact changed long ago is cut once, and not for each figure that it changes. */
function cutAgain(line: Line): Line {
  const equipment = line.equipment.map((one) => (one.losses.touched === null || one.losses.now === null ? one : { ...one, losses: advanceLosses(one.losses, one.losses.now, line.plan).losses }))
  const { now } = equipment[line.plan.constraint]!.losses
  return { ...line, equipment, underWay: now === null ? line.underWay : { ...line.underWay, book: advanceMovedTime(line, equipment, now).book } }
}

/** A changeover that was over, or begun, before the job it was for began: the job before was told with it, and is told again without. */
export function decideHandedOver(line: Line, fact: DraftOf<'job_started'>): Draft[] {
  const i = indexOf(line, fact.equipment)
  const changeover = i === -1 ? undefined : line.equipment[i]!.losses.timeline.changeovers.at(-1)
  return changeover?.job === fact.body.job_id && changeover.from < fact.at ? jobsAgain(line, i, { from: changeover.from, to: fact.at }, fact.at) : []
}

/** Jobs that have ended on an equipment, and whose figures may be others now. */
function jobsAgain(line: Line, i: number, changed: Period, at: Instant, isTold: (key: string) => boolean = () => false): Draft[] {
  const { code } = line.equipment[i]!
  return Object.values(line.jobs).flatMap((job) => {
    const { job_id: key } = job.order
    const from = jobFrom(line, i, job)
    if (job.equipment !== code || job.status !== 'completed' || from === null || job.endedAt === null) return []
    if (job.endedAt <= changed.from || from >= changed.to || from < later(at, -limits.timelineMsMax) || isTold(key)) return []
    const figures = oeeBetween(line, i, { from, to: job.endedAt }, { job: key })
    return [draft(line, 'oee_recorded', at, code, { interval: 'job', key, revision: revisionOf(line, 'job', key) + 1, figures })]
  })
}

type Correction = DraftOf<'downtime_updated'> | DraftOf<'gap_declared'> | DraftOf<'counts_corrected'> | DraftOf<'ideal_corrected'>

/** The time whose figures may be others now. */
function changedBy(line: Line, fact: Correction): Period | null {
  switch (fact.type) {
    case 'gap_declared': case 'ideal_corrected': return { from: instantOf(fact.body.from)!, to: instantOf(fact.body.to)! }
    case 'downtime_updated': {
      // A note says nothing about time, a split alone moves none, and of blind time in it the declaration tells, as a correction of the calendar does of what stops cost.
      if (fact.body.change === 'note' || fact.body.change === 'split' || fact.body.change === 'seen' || fact.body.change === 'calendar') return null
      return { from: instantOf(fact.body.from)!, to: fact.body.to === null ? fact.at : instantOf(fact.body.to)! }
    }
    case 'counts_corrected': {
      const job = fact.body.job_id === null ? undefined : line.jobs[fact.body.job_id]
      return job?.endedAt === null || job?.endedAt === undefined ? null : { from: job.startedAt ?? job.endedAt, to: job.endedAt }
    }
  }
}

/** The last under which an interval was told again; 0 when it was not, or long ago. */
export const revisionOf = (line: Line, interval: string, key: string): number => line.revisions[`${interval} ${key}`] ?? 0

/** The revision under which an interval was last told; only those that were corrected are remembered, the newest of them. */
export function applyRevisions(line: Line, fact: Draft): Line {
  if (fact.type !== 'oee_recorded' || fact.body.revision === 0) return line
  const { interval, key, revision } = fact.body
  const name = `${interval} ${key}`
  const { [name]: _before, ...others } = line.revisions
  const kept = Object.entries(others).slice(1 - limits.revisionsRememberedMax)
  return { ...line, revisions: { ...Object.fromEntries(kept), [name]: revision } }
}

/** Of the equipment the job ran on. */
export function decideJobRecord(line: Line, fact: DraftOf<'job_completed'>): Draft[] {
  const i = indexOf(line, fact.equipment)
  const job = line.jobs[fact.body.job_id]
  const from = i === -1 || job === undefined ? null : jobFrom(line, i, job)
  if (from === null) return []
  const figures = oeeBetween(line, i, { from, to: fact.at }, { job: fact.body.job_id })
  return [draft(line, 'oee_recorded', fact.at, fact.equipment, { interval: 'job', key: fact.body.job_id, revision: 0, figures })]
}

function recorded(line: Line, interval: 'hour' | 'shift', key: string, window: Period, revision = 0, at = window.to, of: Iterable<number> = line.equipment.keys()): Draft[] {
  return [
    ...Array.from(of, (i) => draft(line, 'oee_recorded', at, line.equipment[i]!.code, { interval, key, revision, figures: oeeBetween(line, i, window) })),
    ...settledAt(line, at) < window.to ? [] : recordedLine(line, interval, key, window, revision, at),
  ]
}

const recordedLine = (line: Line, interval: 'hour' | 'shift', key: string, window: Period, revision: number, at: Instant): Draft[] =>
  [draft(line, 'oee_recorded', at, null, { interval, key, revision, figures: lineOee(lineSumsBetween(line, window), window, planOver(line, window)) })]

/** The parts of a closed interval are all written down, so the loss tree has them. */
function oeeBetween(line: Line, i: number, window: Period, which: Which = {}) {
  const { code, losses } = line.equipment[i]!
  const then = planOver(line, window)
  return oeeOf(sumLosses(losses, window.from, window.to, line.plan, which), window, then, then.equipment.get(code) ?? configAt(line, i), which)
}

/** What was in force when a window ended: its method and policies are those of its figures, also when they are told late or again. A line of other machines than today cannot be added up any more. */
function planOver(line: Line, { to }: Period): LinePlan {
  const then = planAt(line.plan, later(to, -1))
  return then.line.equipment.every(({ code }) => line.plan.equipment.has(code)) ? then : line.plan
}

/** How the line stands against its threshold, and what follows: since when it has been below, and the alert that this makes or ends. */
export interface AlertLook { readonly belowSince: Instant | null; readonly drafts: readonly Draft[] }

/** What is under way must not look like a loss, so the line is judged as of the last minute whose parts have had the time to leave. Raised when it has lasted, cleared only above a higher mark, so that it does not chatter. An undefined OEE is not below anything. */
export function lookAtAlert(line: Line, at: Instant): AlertLook {
  const rule = line.plan.line.oee_alert
  if (rule === undefined) return { belowSince: null, drafts: [] }
  const { oee } = underWayMs(line.plan) === 0 ? lineOeeNow(line, rule.window, at) : lineOeeThen(line, rule.window, settledAt(line, at))
  const { active, critical } = line.alert
  if (oee === null || oee >= rule.below) {
    const over = active !== null && oee !== null && oee >= rule.clear_above
    return { belowSince: null, drafts: over ? [draft(line, 'oee_alert_cleared', at, null, { oee, clear_above: rule.clear_above, lasted_seconds: since(at, active) / 1_000 })] : [] }
  }
  const belowSince = line.alert.belowSince ?? beganBelow(line, rule, at)
  // Far below is critical: less than four fifths of the threshold. A warning that gets there is told again, and a critical one stays so to its end.
  const level = oee < 0.8 * rule.below ? 'critical' : 'warning'
  if (active === null ? since(at, belowSince) < rule.for : critical || level === 'warning') return { belowSince, drafts: [] }
  return { belowSince, drafts: [draft(line, 'oee_alert', at, null, { oee, threshold: rule.below, level, window: rule.window, below_since: rfc3339(belowSince) })] }
}

/** After a restart nobody remembers since when. The loss tree does: minute by minute back, as far as it matters. */
function beganBelow(line: Line, rule: NonNullable<LineConfig['oee_alert']>, at: Instant): Instant {
  let began = at
  for (let minute = minuteOf(later(at, -1)); since(at, began) < rule.for; minute = later(minute, -MINUTE)) {
    const { oee } = lineOeeThen(line, rule.window, settledAt(line, minute))
    if (oee === null || oee >= rule.below) break
    began = minute
  }
  return began
}

export function applyAlert(line: Line, fact: Draft): Line {
  switch (fact.type) {
    case 'oee_alert': return { ...line, alert: { ...line.alert, active: line.alert.active ?? fact.at, critical: fact.body.level === 'critical' } }
    case 'oee_alert_cleared': return { ...line, alert: initialAlert }
    default: return line
  }
}
