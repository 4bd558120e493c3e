/** What screens and routes show of a line as it is now: plain data in the form it has on the wire. */

import { limits } from '../base/limits.js'
import { type Instant, type Ms, rfc3339, since } from '../base/units.js'
import type { AndonView, EquipmentView, LineView, StopView, ViewData } from '../contract/views.js'
import { configAt, equipmentAt, jobOf, limitingNow, productOf } from './memory/lookups.js'
import type { Andon, Changeover, Job, Line, Stop } from './memory/memory.js'
import { equipmentOee, lineOeeNow } from './memory/oee-now.js'
import { slotOf } from './memory/schedule.js'
import { sumsNow, whichOf, windowOf } from './memory/windows.js'
import { isUnseen } from './rules/andon.js'
import { countsNow } from './rules/counts.js'
import { activeFaults } from './rules/faults.js'
import { jobTimes, progressOf } from './rules/jobs.js'
import { expectedFinish, paceOf, taktMs } from './rules/pace.js'
import { isInside } from './rules/startup.js'
import { lostMsAt } from './rules/stops.js'

type JobView = ViewData<'jobs'>['jobs'][number]
type ShiftView = NonNullable<LineView['shift']>

export function equipmentView(line: Line, i: number, at: Instant): EquipmentView {
  const { code, changeover, awaited, stop, seen, operators } = equipmentAt(line, i)
  const config = configAt(line, i)
  const job = jobOf(line, i)
  const made = job === null ? null : progressOf(line, job)
  return {
    equipment_code: code, name: config.name, line: line.plan.line.code, line_id: line.plan.line.id, constraint: line.plan.constraint === i,
    ...line.plan.constraints.size === 0 ? {} : { limits_now: limitingNow(line) === i },
    state: stateOf(line, i, at),
    production_context: {
      shift: shiftView(line, at), operators: operators.map(({ operator }) => operator), job_id: job?.order.job_id ?? null, product: productOf(line, i),
      changeover: changeover === null ? null : changeoverView(changeover, at), ...awaited === null ? {} : { changeover_awaited: changeoverView(awaited, at) },
      startup: startupOf(line, i, at),
    },
    current_job: job === null ? null : jobView(line, job),
    counts: countsNow(equipmentAt(line, i)), job_counts: made === null ? null : { good: made.good, reject: made.reject, total: made.good + made.reject },
    speed: typeof seen.signals.speed === 'number' ? seen.signals.speed : null, speed_unit: 'parts/min',
    active_faults: activeFaults(equipmentAt(line, i), line.rules[i]!),
    current_stop: stop === null ? null : stopView(line, stop, at),
    oee: equipmentOee(line, i, 'shift', at),
  }
}

export function lineView(line: Line, at: Instant): LineView {
  const { plan } = line
  const constraint = limitingNow(line)
  const figures = lineOeeNow(line, 'shift', at)
  const pace = paceOf(line, constraint, sumsNow(line, constraint, windowOf(line, constraint, 'shift', at)), figures.counts.good)
  return {
    line_id: plan.line.id, code: plan.line.code, name: plan.line.name, method: plan.line.method, target_oee: plan.line.target_oee,
    shift: shiftView(line, at), oee: figures,
    target: { target_now: pace.target_now, actual: figures.counts.good, gap: pace.ahead_parts },
    andons: openAndons(line), unseen: unseenAndons(line), next_planned: nextPlanned(line, at),
    equipment: line.equipment.map((_, i) => {
      const { oee: { oee, availability, performance, quality }, ...view } = equipmentView(line, i, at)
      return { ...view, oee, availability, performance, quality }
    }),
  }
}

export function progressView(line: Line, i: number, at: Instant): Omit<Extract<ViewData<'job_progress'>, { status: 'active' }>, 'status' | 'equipment_code' | 'plc_metrics'> | null {
  const job = jobOf(line, i)
  if (job === null) return null
  const { good, reject, reworked_good: reworked } = progressOf(line, job)
  const target = job.order.quantity
  const remaining = Math.max(0, target - good - reworked)
  return {
    job: jobView(line, job),
    progress: { target, good, reject, remaining, fraction: target > 0 ? (good + reworked) / target : null },
    pace: { ...paceOf(line, i, sumsNow(line, i, windowOf(line, i, 'job', at), whichOf(line, i, 'job')), good), takt_seconds: secondsOrNull(taktMs(line, job)) },
    expected_finish: expectedFinish(line, i, job, remaining, at),
  }
}

/** Those who are known, and those who only signed on, by name. */
export function operatorViews(line: Line): ViewData<'operators'>['operators'] {
  const names = new Set([...Object.keys(line.people), ...line.equipment.flatMap(({ operators }) => operators.map(({ operator }) => operator))])
  return [...names].sort().map((operator) => ({
    operator, team: line.people[operator]?.team ?? null, active: line.people[operator]?.active ?? true, line: line.plan.line.code,
    equipment: line.equipment.filter(({ operators }) => operators.some((one) => one.operator === operator)).map(({ code }) => code),
  }))
}

/** Newest first. */
export const jobViews = (line: Line): JobView[] => Object.values(line.jobs).map((job) => jobView(line, job)).toReversed()

export function stopView(line: Line, stop: Stop, at: Instant): StopView {
  return {
    stop_id: stop.id, line: line.plan.line.code, equipment_code: stop.equipment, state: stop.state, from: rfc3339(stop.from), to: textOrNull(stop.to),
    seconds: lostMsAt(line, stop, at) / 1_000, micro: stop.micro, provisional: stop.to === null && since(at, stop.from) < (line.plan.equipment.get(stop.equipment)?.micro_stop ?? 0),
    reason: stop.reason, cause: stop.cause, job_id: stop.job, product: stop.product, shift: stop.shift, revision: stop.revision,
    notes: stop.notes.map(({ at, by, note }) => ({ at: rfc3339(at), by, note })),
  }
}

/** Calls that have not ended: the most urgent first, then the oldest. */
export function openAndons(line: Line): AndonView[] {
  const urgency = ['critical', 'high', 'medium', 'low']
  return line.andons
    .filter((andon) => andon.resolvedAt === null)
    .sort((a, b) => urgency.indexOf(a.priority) - urgency.indexOf(b.priority) || a.raisedAt - b.raisedAt)
    .map((andon) => andonView(line, andon))
}

/** Newest first, as many as a screen shows. */
function unseenAndons(line: Line): LineView['unseen'] {
  const calls = line.andons.filter(isUnseen)
  return { count: calls.length, newest: calls.slice(-limits.andonsUnseenShownMax).toReversed().map((andon) => andonView(line, andon)) }
}

const changeoverView = ({ since: from, fromProduct, toProduct, standardMs, waitsTo }: Changeover, at: Instant): NonNullable<EquipmentView['production_context']['changeover']> =>
  ({ since: rfc3339(from), from_product: fromProduct, to_product: toProduct, standard_seconds: secondsOrNull(standardMs), seconds: since(at, from) / 1_000, ...waitsTo === null ? {} : { waits_until: rfc3339(waitsTo) } })

function startupOf(line: Line, i: number, at: Instant): EquipmentView['production_context']['startup'] {
  const { counts, seen } = equipmentAt(line, i)
  const window = seen.pending ?? counts
  return isInside(window, at) ? { good_left: window.startupLeft!, until: textOrNull(window.startupTo) } : null
}

function andonView(line: Line, andon: Andon): AndonView {
  return {
    andon_id: andon.id, line: line.plan.line.code, equipment_code: andon.equipment, andon_type: andon.type, priority: andon.priority,
    status: andon.resolvedAt !== null ? 'resolved' : andon.attendedAt !== null ? 'attended' : andon.acknowledgedAt !== null ? 'acknowledged' : 'raised',
    description: andon.description, source: andon.source,
    raised_at: rfc3339(andon.raisedAt), raised_by: andon.raisedBy, acknowledged_at: textOrNull(andon.acknowledgedAt), acknowledged_by: andon.acknowledgedBy,
    attended_at: textOrNull(andon.attendedAt), attended_by: andon.attendedBy, resolved_at: textOrNull(andon.resolvedAt), resolved_by: andon.resolvedBy,
    unseen: isUnseen(andon), seen_at: textOrNull(andon.seenAt), seen_by: andon.seenBy,
    acknowledge_by: rfc3339(andon.acknowledgeBy), resolve_by: rfc3339(andon.resolveBy), escalation: andon.levels,
    repeats: andon.repeats, comments: andon.comments.map(({ at, by, comment }) => ({ at: rfc3339(at), by, comment })), stop_id: andon.stopId,
    ...andon.fixedPosition === null ? {} : { fixed_position: { grace_to: rfc3339(andon.fixedPosition.graceTo), line_stopped_at: textOrNull(andon.fixedPosition.stoppedAt) } },
  }
}

function stateOf(line: Line, i: number, at: Instant): EquipmentView['state'] {
  const { state, stop } = equipmentAt(line, i)
  const from = state.since ?? at
  return { state: state.current, state_code: state.code, since: rfc3339(from), seconds: since(at, from) / 1_000, reason: stop?.reason ?? null }
}

function jobView(line: Line, job: Job): JobView {
  const { target: _, ...made } = progressOf(line, job)
  return { ...job.order, status: job.status, line: line.plan.line.code, equipment_code: job.equipment, ...made, ...jobTimes(job), ...job.reason === null ? {} : { reason: job.reason } }
}

function shiftView(line: Line, at: Instant): ShiftView | null {
  const { shift, inBreak } = slotOf(line, at)
  if (shift === null) return null
  return { shift: shift.id, name: shift.name, day: shift.day, crew: shift.crew, from: rfc3339(shift.from), to: rfc3339(shift.to), in_break: inBreak }
}

/** The next break, or the end of the shift. */
function nextPlanned(line: Line, at: Instant): LineView['next_planned'] {
  const { shift } = slotOf(line, at)
  if (shift === null) return null
  const pause = shift.breaks.find(({ from }) => from > at)
  return pause === undefined ? { name: `end of ${shift.name}`, at: rfc3339(shift.to) } : { name: pause.name, at: rfc3339(pause.from) }
}

const textOrNull = (at: Instant | null): string | null => at === null ? null : rfc3339(at)
const secondsOrNull = (ms: Ms | null): number | null => ms === null ? null : ms / 1_000
