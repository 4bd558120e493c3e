/** Jobs: known, assigned, started, interrupted and ended, by people, by the PLC or by their own count. */

import { limits } from '../../base/limits.js'
import { type Instant, rfc3339, since } from '../../base/units.js'
import type { Command } from '../../contract/commands.js'
import type { Draft, DraftOf } from '../../contract/events/catalogue.js'
import { type Refusal, isRefusal, refuse } from '../../contract/refusals.js'
import { isName } from '../../contract/schema.js'
import { configAt, draft, equipmentAt, indexOf, lateNow, withEquipment } from '../memory/lookups.js'
import type { Equipment, Job, JobOrder, Line } from '../memory/memory.js'
import { readJobTable } from './jobtable.js'
import { runMsAt } from './state.js'

/** What people ask of jobs; `i` is the equipment they mean. */
export function decideJobCommand(line: Line, i: number, command: Command): Draft[] | Refusal {
  const { at } = command
  const by = command.by.name
  const equipment = equipmentAt(line, i)
  switch (command.name) {
    case 'job_create': {
      if (line.jobs[command.body.job_id] !== undefined) return refuse('JOB_EXISTS', { job_id: command.body.job_id })
      return known(line, command.body) ?? [draft(line, 'job_created', at, null, { ...orderOf(command.body), by })]
    }
    case 'job_update': {
      const job = line.jobs[command.body.job_id]
      if (job === undefined) return refuse('JOB_UNKNOWN', { job_id: command.body.job_id })
      if (hasEnded(job)) return refuse('JOB_ENDED', { job_id: job.order.job_id, status: job.status })
      const { expected_revision: expected, ...wished } = command.body
      const changes = Object.fromEntries(Object.entries(wished).filter(([, value]) => value !== undefined))
      return changedSince(job, expected) ?? known(line, wished) ?? [draft(line, 'job_updated', at, null, { ...job.order, ...changes, revision: job.order.revision + 1, by })]
    }
    case 'job_assign': {
      const job = line.jobs[command.body.job_id]
      if (job === undefined) return refuse('JOB_UNKNOWN', { job_id: command.body.job_id })
      const no = unassignable(job, equipment)
      return no ?? [draft(line, 'job_assigned', at, equipment.code, { job_id: job.order.job_id, by, assign_reason: command.body.assign_reason })]
    }
    case 'jobs_import': {
      const orders = readJobTable(line, command.body.csv)
      return isRefusal(orders) ? orders : orders.map((order) => draft(line, 'job_created', at, null, { ...order, by }))
    }
    case 'schedule_set': return schedule(line, command.body, at, by)
    case 'job_accept': {
      const job = line.jobs[command.body.job_id]
      if (job === undefined) return refuse('JOB_UNKNOWN', { job_id: command.body.job_id })
      if (job.equipment !== equipment.code || job.status !== 'assigned') return refuse('JOB_NOT_ASSIGNED', { job_id: job.order.job_id, status: job.status })
      return [draft(line, 'job_accepted', at, equipment.code, { job_id: job.order.job_id, by })]
    }
    case 'job_start': return start(line, i, command.body.job_id, at, by)
    case 'job_pause': {
      if (equipment.job === null) return refuse('JOB_NOT_RUNNING')
      return [draft(line, 'job_paused', at, equipment.code, { job_id: equipment.job, by, reason: command.body.reason })]
    }
    case 'job_resume': {
      if (equipment.job !== null) return refuse('JOB_ALREADY_RUNNING', { job_id: equipment.job })
      const { job_id: id } = command.body
      if (id !== undefined && line.jobs[id] === undefined) return refuse('JOB_UNKNOWN', { job_id: id })
      const paused = jobsAt(line, equipment.code, 'paused').filter(({ order }) => id === undefined || order.job_id === id).sort((a, b) => (b.pausedAt ?? 0) - (a.pausedAt ?? 0))[0]
      return paused === undefined ? refuse('JOB_NOT_PAUSED') : [draft(line, 'job_resumed', at, equipment.code, { job_id: paused.order.job_id, by })]
    }
    case 'rework_report': return reworked(line, i, command.body, at, by)
    case 'job_complete': return complete(line, i, command.body, at, by)
    case 'job_cancel': {
      const id = command.body.job_id ?? equipment.job ?? nextJob(line, equipment.code)?.order.job_id
      const job = id === undefined ? undefined : line.jobs[id]
      if (job === undefined) return id === undefined ? refuse('JOB_NOT_ASSIGNED') : refuse('JOB_UNKNOWN', { job_id: id })
      if (hasEnded(job)) return refuse('JOB_ENDED', { job_id: job.order.job_id, status: job.status })
      if (job.equipment !== null && job.equipment !== equipment.code) return refuse('JOB_ELSEWHERE', { equipment: job.equipment })
      return [draft(line, 'job_cancelled', at, equipment.code, { job_id: job.order.job_id, by, ...progressOf(line, job), reason: command.body.reason })]
    }
    default: return []
  }
}

/** The first part starts the job that is assigned, where the plant wants it so. */
export function decideFirstPart(line: Line, i: number, at: Instant): Draft[] {
  const { job, code } = equipmentAt(line, i)
  if (job !== null || !configAt(line, i).jobs.auto_start) return []
  const next = nextJob(line, code)
  return next === null ? [] : [started(line, i, next, at, 'auto')]
}

/** A job that has its quantity completes itself, where the plant wants it so. */
export function decideQuantity(line: Line, i: number, at: Instant): Draft[] {
  const { job: id } = equipmentAt(line, i)
  const job = id === null ? undefined : line.jobs[id]
  if (job === undefined || !configAt(line, i).jobs.auto_complete || job.order.quantity <= 0) return []
  const { good, reworked_good: reworked } = progressOf(line, job)
  return good + reworked >= job.order.quantity ? [completed(line, i, job, at, 'auto', null, null)] : []
}

/** The PLC names the job it works on: the one before is over, the named one begins. Nothing, or zero, is no job. */
export function decidePlcJob(line: Line, i: number, said: string, at: Instant): Draft[] {
  const { job: id, code } = equipmentAt(line, i)
  if (!configAt(line, i).jobs.from_plc) return []
  const named = said === '' || said === '0' || !isName(said) ? null : said
  if (named === id) return []
  const running = id === null ? undefined : line.jobs[id]
  const drafts = running === undefined ? [] : [completed(line, i, running, at, 'plc', null, null)]
  if (named === null) return drafts
  const job = line.jobs[named]
  if (job === undefined) {
    const order = orderOf({ job_id: named, quantity: 0 })
    return [...drafts, draft(line, 'job_created', at, null, { ...order, by: 'plc' }), started(line, i, newJob(order), at, 'plc')]
  }
  return hasEnded(job) || (job.equipment !== null && job.equipment !== code) ? drafts : [...drafts, started(line, i, job, at, 'plc')]
}

/** All of it or nothing; a job that stays where it was says nothing. */
function schedule(line: Line, { jobs: wishes, revision }: Extract<Command, { name: 'schedule_set' }>['body'], at: Instant, by: string): Draft[] | Refusal {
  if (revision !== undefined && revision <= line.scheduleRevision) return refuse('STALE_REVISION', { revision: line.scheduleRevision })
  const drafts: Draft[] = []
  for (const { job_id: id, planned_start: planned } of wishes) {
    const job = line.jobs[id]
    if (job === undefined) return refuse('JOB_UNKNOWN', { job_id: id })
    if (hasEnded(job)) return refuse('JOB_ENDED', { job_id: id, status: job.status })
    if (job.order.planned_start !== planned) drafts.push(draft(line, 'job_updated', at, null, { ...job.order, planned_start: planned, revision: job.order.revision + 1, by }))
  }
  if (revision !== undefined) drafts.push(draft(line, 'schedule_applied', at, null, { revision, jobs: wishes.map(({ job_id }) => job_id), by }))
  return drafts
}

function start(line: Line, i: number, id: string | undefined, at: Instant, by: string): Draft[] | Refusal {
  const { code, job: running } = equipmentAt(line, i)
  if (running !== null) return refuse('JOB_ALREADY_RUNNING', { job_id: running })
  const job = id === undefined ? nextJob(line, code) : line.jobs[id]
  if (job === null) return refuse('JOB_NOT_ASSIGNED')
  if (job === undefined) return refuse('JOB_UNKNOWN', { job_id: id })
  return unassignable(job, equipmentAt(line, i)) ?? [started(line, i, job, at, by)]
}

function complete(line: Line, i: number, body: Extract<Command, { name: 'job_complete' }>['body'], at: Instant, by: string): Draft[] | Refusal {
  const { job: id, code } = equipmentAt(line, i)
  const job = id === null ? undefined : line.jobs[id]
  if (job === undefined) return refuse('JOB_NOT_RUNNING')
  const counted = progressOf(line, job).good
  const differs = body.good_override !== undefined && body.good_override !== counted
  // The counted parts stay what they are: the difference is an entry of its own, with its reason.
  const correction = differs ? [draft(line, 'counts_corrected', at, code, {
    good: body.good_override! - counted, reject: 0, reason: body.override_reason ?? '', by, job_id: job.order.job_id, shift: line.shifts.open?.shift ?? null, reject_reason: null,
  })] : []
  const last = completed(line, i, job, at, by, body.completion_notes, body.override_reason ?? null, body.good_override)
  return [...correction, last]
}

/** The first result of a part counts; that it is good now fills the quantity of its job, and no part is made good twice. */
function reworked(line: Line, i: number, body: Extract<Command, { name: 'rework_report' }>['body'], at: Instant, by: string): Draft[] | Refusal {
  const { code, job: running } = equipmentAt(line, i)
  const id = body.job_id ?? running
  if (id === null) return refuse('JOB_NOT_RUNNING')
  const job = line.jobs[id]
  if (job === undefined) return refuse('JOB_UNKNOWN', { job_id: id })
  if (hasEnded(job)) return refuse('JOB_ENDED', { job_id: id, status: job.status })
  if (job.equipment !== code) return refuse('JOB_ELSEWHERE', { job_id: id, equipment: job.equipment })
  const { reject, reworked_good: before } = progressOf(line, job)
  if (body.good > reject - before) return refuse('REWORK_EXCEEDS_REJECTS', { job_id: id, at_most: Math.max(0, reject - before) })
  return [draft(line, 'parts_reworked', at, code, { job_id: id, by, good: body.good, comment: body.comment, product: job.order.product })]
}

/** The no to a correction that would leave the job fewer rejects than were made good of them; `null` when nothing stands against it. */
export function rejectsReworked(line: Line, i: number, rejects: number): Refusal | null {
  const { job: id } = equipmentAt(line, i)
  const job = id === null ? undefined : line.jobs[id]
  if (job === undefined || rejects >= 0) return null
  const { reject, reworked_good: reworked } = progressOf(line, job)
  return reject + rejects >= reworked ? null : refuse('REJECTS_REWORKED', { job_id: job.order.job_id, reworked_good: reworked, reject_at_least: Math.min(0, reworked - reject) })
}

function completed(line: Line, i: number, job: Job, at: Instant, by: string, notes: string | null, overrideReason: string | null, good?: number): Draft {
  const equipment = equipmentAt(line, i)
  const progress = progressOf(line, job)
  return draft(line, 'job_completed', at, equipment.code, {
    job_id: job.order.job_id, by, ...progress, good: good ?? progress.good, completion_notes: notes, override_reason: overrideReason,
    run_seconds: job.clockFrom === null ? 0 : (runMsAt(equipment, at) - job.runMsAtStart) / 1_000, elapsed_seconds: job.clockFrom === null ? 0 : since(at, job.clockFrom) / 1_000,
  })
}

function started(line: Line, i: number, job: Job, at: Instant, by: string): Draft {
  const { job_id, product } = job.order
  return draft(line, 'job_started', at, equipmentAt(line, i).code, { job_id, by, product, ...progressOf(line, job) })
}

/** Recorded parts of a job, and those that wait to be. */
export function progressOf(line: Line, job: Job): { target: number; good: number; reject: number; reworked_good: number } {
  const at = indexOf(line, job.equipment)
  const equipment = at === -1 ? null : equipmentAt(line, at)
  const pending = equipment?.job === job.order.job_id ? equipment.seen.pending : null
  const late = lateNow(line, job.equipment).filter(({ job_id }) => job_id === job.order.job_id)
  const sum = (of: 'good' | 'reject') => late.reduce((all, body) => all + body[of], pending?.[of] ?? 0)
  return { target: job.order.quantity, good: job.good + sum('good'), reject: job.reject + sum('reject'), reworked_good: job.reworkedGood }
}

/** What is to be made next: planned first, then important, then assigned first. */
export function nextJob(line: Line, equipment: string): Job | null {
  const last = '9999'
  return [...jobsAt(line, equipment, 'assigned'), ...jobsAt(line, equipment, 'accepted')].sort((a, b) =>
    (a.order.planned_start ?? last).localeCompare(b.order.planned_start ?? last) || b.order.priority - a.order.priority || (a.assignedAt ?? 0) - (b.assignedAt ?? 0))[0] ?? null
}

const jobsAt = (line: Line, equipment: string, status: Job['status']): Job[] =>
  Object.values(line.jobs).filter((job) => job.status === status && job.equipment === equipment)
export const hasEnded = (job: Job): boolean => job.status === 'completed' || job.status === 'cancelled'

/** Somebody who looked at an older revision decides on what is no longer so. */
const changedSince = ({ order }: Job, expected: number | undefined): Refusal | null =>
  expected === undefined || expected === order.revision ? null : refuse('STALE_REVISION', { job_id: order.job_id, revision: order.revision })

function unassignable(job: Job, equipment: Equipment): Refusal | null {
  const { job_id } = job.order
  if (hasEnded(job)) return refuse('JOB_ENDED', { job_id, status: job.status })
  if (equipment.job === job_id) return refuse('JOB_ALREADY_RUNNING', { job_id })
  if ((job.status === 'in_progress' || job.status === 'paused') && job.equipment !== equipment.code) return refuse('JOB_ELSEWHERE', { job_id, equipment: job.equipment })
  return null
}

function known(line: Line, body: { readonly product?: string | null | undefined }): Refusal | null {
  const { product } = body
  if (product === undefined || product === null || line.plan.products.size === 0 || line.plan.products.has(product)) return null
  return refuse('PRODUCT_UNKNOWN', { product, known: [...line.plan.products.keys()].join(', ') })
}

function orderOf(body: Partial<JobOrder> & Pick<JobOrder, 'job_id' | 'quantity'> | Extract<Command, { name: 'job_create' }>['body']): JobOrder {
  return {
    job_id: body.job_id, quantity: body.quantity, name: body.name ?? null, product: body.product ?? null, priority: body.priority ?? 50,
    planned_start: body.planned_start ?? null, due: body.due ?? null, attributes: body.attributes ?? {}, revision: body.revision ?? 1,
  }
}

const newJob = (order: JobOrder): Job =>
  ({ order, status: 'created', equipment: null, good: 0, reject: 0, reworkedGood: 0, assignedAt: null, startedAt: null, clockFrom: null, pausedAt: null, reason: null, endedAt: null, runMsAtStart: 0 })

/* ── memory ──────────────────────────────────────────────────────────────────────────────────── */

export function applyJobs(line: Line, fact: Draft): Line {
  switch (fact.type) {
    case 'job_created': { const { by: _, ...order } = fact.body; return withJob(line, newJob(order)) }
    case 'job_updated': { const { by: _, ...order } = fact.body; return changed(line, order.job_id, () => ({ order })) }
    case 'schedule_applied': return { ...line, scheduleRevision: fact.body.revision }
    case 'job_assigned': return changed(line, fact.body.job_id, () => ({ status: 'assigned', equipment: fact.equipment, assignedAt: fact.at }))
    case 'job_accepted': return changed(line, fact.body.job_id, () => ({ status: 'accepted' }))
    case 'job_started': return runs(line, fact, (equipment) => ({ status: 'in_progress', reason: null, equipment: equipment.code, startedAt: fact.at, ...line.shifts.open === null ? noClock : clockedFrom(equipment, fact.at) }))
    case 'job_resumed': return runs(line, fact, (equipment, job) => ({ status: 'in_progress', pausedAt: null, reason: null, ...waitsForClock(job) && line.shifts.open !== null ? clockedFrom(equipment, fact.at) : {} }))
    case 'job_paused': return rests(line, fact, { status: 'paused', pausedAt: fact.at, reason: fact.body.reason })
    case 'job_completed': return rests(line, fact, { status: 'completed', endedAt: fact.at, reason: null })
    case 'job_cancelled': return rests(line, fact, { status: 'cancelled', endedAt: fact.at, reason: fact.body.reason })
    case 'parts_reworked': { const { job_id, good } = fact.body; return changed(line, job_id, (job) => ({ reworkedGood: job.reworkedGood + good })) }
    case 'shift_started': return line.equipment.reduce((all, { job }) => (job === null ? all : withClock(all, job, fact.at)), line)
    case 'count_recorded': case 'counts_corrected': case 'rejects_found': return counted(line, fact)
    default: return line
  }
}

/** Equipment that follows the line's job reports it too, but a job counts where it runs. */
function counted(line: Line, fact: DraftOf<'count_recorded'> | DraftOf<'counts_corrected'> | DraftOf<'rejects_found'>): Line {
  const id = fact.body.job_id
  if (id === null || line.jobs[id]?.equipment !== fact.equipment) return line
  const credited = changed(line, id, (job) => ({ good: job.good + fact.body.good, reject: job.reject + fact.body.reject }))
  const job = credited.jobs[id]!
  // The record is what waited: it must not count once more.
  return hasClockParts(credited, job, job.good + job.reject) ? withClock(credited, id, fact.at) : credited
}

/* Orders that begin outside shifts by a few parts are mostly noise: they are kept, but their time does not count yet. */

const noClock = { clockFrom: null, runMsAtStart: 0 } as const
const clockedFrom = (equipment: Equipment, at: Instant): Pick<Job, 'clockFrom' | 'runMsAtStart'> => ({ clockFrom: at, runMsAtStart: runMsAt(equipment, at) })
const waitsForClock = (job: Job): boolean => job.startedAt !== null && job.clockFrom === null

function withClock(line: Line, id: string, at: Instant): Line {
  const job = line.jobs[id]
  const i = indexOf(line, job?.equipment ?? null)
  return job === undefined || i === -1 || !waitsForClock(job) ? line : changed(line, id, () => clockedFrom(equipmentAt(line, i), at))
}

/** So many parts of it are more than noise. */
function hasClockParts(line: Line, job: Job, parts: number): boolean {
  const i = indexOf(line, job.equipment)
  const needed = i === -1 ? 0 : configAt(line, i).jobs.clock_parts
  return needed > 0 && waitsForClock(job) && parts >= needed
}

/** The parts that open the clock of the job are recorded at once, so that it opens when they were made. */
export function opensClock(line: Line, i: number): boolean {
  const { job: id } = equipmentAt(line, i)
  const job = id === null ? undefined : line.jobs[id]
  if (job === undefined || !waitsForClock(job)) return false
  const { good, reject } = progressOf(line, job)
  return hasClockParts(line, job, good + reject)
}

type JobFact = DraftOf<'job_started'> | DraftOf<'job_resumed'> | DraftOf<'job_paused'> | DraftOf<'job_completed'> | DraftOf<'job_cancelled'>

function runs(line: Line, fact: JobFact, change: (equipment: Equipment, job: Job) => Partial<Job>): Line {
  const i = indexOf(line, fact.equipment)
  if (i === -1) return line
  const equipment = equipmentAt(line, i)
  return changed(withEquipment(line, i, { ...equipment, job: fact.body.job_id }), fact.body.job_id, (job) => change(equipment, job))
}

function rests(line: Line, fact: JobFact, change: Partial<Job>): Line {
  const i = indexOf(line, fact.equipment)
  const freed = i !== -1 && equipmentAt(line, i).job === fact.body.job_id ? withEquipment(line, i, { ...equipmentAt(line, i), job: null }) : line
  return changed(freed, fact.body.job_id, () => change)
}

function changed(line: Line, id: string, change: (job: Job) => Partial<Job>): Line {
  const job = line.jobs[id]
  return job === undefined ? line : { ...line, jobs: { ...line.jobs, [id]: { ...job, ...change(job) } } }
}

/** When there are too many, the one that ended first is forgotten; the journal still has it. */
function withJob(line: Line, job: Job): Line {
  const jobs = { ...line.jobs, [job.order.job_id]: job }
  if (Object.keys(jobs).length > limits.jobsRememberedMax) {
    const oldest = Object.values(line.jobs).filter(hasEnded).sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))[0] ?? Object.values(line.jobs)[0]
    if (oldest !== undefined) delete jobs[oldest.order.job_id]
  }
  return { ...line, jobs }
}

export const jobTimes = (job: Job): { started_at: string | null; clock_from: string | null; ended_at: string | null } =>
  ({ started_at: job.startedAt === null ? null : rfc3339(job.startedAt), clock_from: job.clockFrom === null ? null : rfc3339(job.clockFrom), ended_at: job.endedAt === null ? null : rfc3339(job.endedAt) })
