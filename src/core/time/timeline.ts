/** What is known of one equipment over the last hours: its states, stops, jobs and changeovers, each with its instant. */

import { limits } from '../../base/limits.js'
import { type Instant, type Ms, instant, instantOf } from '../../base/units.js'
import type { EquipmentConfig, StateClass } from '../../contract/config.js'
import type { Draft, DraftOf } from '../../contract/events/catalogue.js'
import { type Why, isChanging } from './attribution.js'
import type { Period } from './calendar.js'
import type { IdealSpan } from './ideals.js'
import { planAt } from './eras.js'
import { type LinePlan, idealMsPerPart } from './plan.js'

/** Plain data, in the order of time. A span without an end lasts until the next of its kind, or until now. */
export interface Timeline {
  /** What happened before this is forgotten; `null` while nothing is. */
  readonly keptFrom: Instant | null
  readonly states: readonly StateSpan[]
  readonly stops: readonly StopSpan[]
  readonly works: readonly WorkSpan[]
  readonly changeovers: readonly ChangeoverSpan[]
  /** Corrections, in the order in which they were made. */
  readonly ideals: readonly IdealSpan[]
}
export interface StateSpan { readonly from: Instant; readonly state: StateClass }
export interface StopSpan {
  readonly id: string
  readonly from: Instant
  readonly to: Instant | null
  readonly why: Why
  /** As told at its end, by its full length; the parts of a split stop keep the answer of the whole. `null` while it is open. */
  readonly micro: boolean | null
}
export interface WorkSpan { readonly from: Instant; readonly job: string | null; readonly product: string | null; readonly idealMs: number }
export interface ChangeoverSpan {
  readonly from: Instant
  readonly to: Instant | null
  readonly job: string | null
  readonly product: string | null
  /** The equipment has stood for it. Until then it is still at what it made before. */
  readonly stood?: boolean
}

export const initialTimeline: Timeline = { keptFrom: null, states: [], stops: [], works: [], changeovers: [], ideals: [] }

/** The timeline after a fact, and the time whose attribution may have changed by it. */
export interface Changed { readonly timeline: Timeline; readonly touched: Period | null }

const ever = instant(Number.MAX_SAFE_INTEGER)

export function applyTimeline(timeline: Timeline, fact: Draft, plan: LinePlan, equipment: EquipmentConfig): Changed {
  const unchanged = { timeline, touched: null }
  switch (fact.type) {
    case 'state_changed': return standFor(enterState(timeline, fact.at, fact.body.state), fact)
    case 'downtime_event': return putStop(timeline, { id: fact.body.stop_id, from: fact.at, to: null, why: whyOf(fact.body), micro: null })
    case 'downtime_resolved': return putStop(timeline, { id: fact.body.stop_id, from: instantOf(fact.body.from)!, to: fact.at, why: whyOf(fact.body), micro: fact.body.micro })
    case 'downtime_updated': return updateStop(timeline, fact)
    case 'gap_declared': return declareGap(timeline, fact)
    case 'job_started': case 'product_changed': return startWork(timeline, workOf(fact.at, fact.body.job_id, fact.body.product), equipment.micro_stop)
    case 'job_resumed': return enterWork(timeline, workOf(fact.at, fact.body.job_id, productOf(timeline, fact.body.job_id)))
    // A job that is interrupted or over leaves the machine set up for its product.
    case 'job_paused': case 'job_completed': case 'job_cancelled':
      return timeline.works.at(-1)?.job === fact.body.job_id ? enterWork(timeline, workOf(fact.at, null, timeline.works.at(-1)!.product)) : unchanged
    case 'changeover_started': {
      const from = fact.body.from === undefined ? null : instantOf(fact.body.from)!
      const changeover = { from: from ?? fact.at, to: null, job: fact.body.to_job_id, product: fact.body.to_product }
      const changes = { ...timeline, changeovers: [...until(timeline.changeovers, changeover.from), from === null ? changeover : { ...changeover, stood: true }] }
      return from === null ? { timeline: changes, touched: { from: fact.at, to: ever } } : stoodSince(changes, from)
    }
    case 'changeover_completed': {
      const open = timeline.changeovers.at(-1)
      if (open === undefined || open.to !== null) return unchanged
      const changeovers = [...timeline.changeovers.slice(0, -1), { ...open, to: fact.at }]
      return { timeline: { ...timeline, changeovers }, touched: { from: fact.at, to: ever } }
    }
    case 'changeover_measured': {
      const last = timeline.changeovers.at(-1)
      const to = instantOf(fact.body.to)!
      if (last === undefined || last.to === null || to <= last.from) return unchanged
      return { timeline: { ...timeline, changeovers: [...timeline.changeovers.slice(0, -1), { ...last, to }] }, touched: { from: instant(Math.min(to, last.to)), to: ever } }
    }
    // A new ideal time holds from its day on; the past keeps the one it was made under.
    case 'config_applied': case 'config_rejected': {
      const work = timeline.works.at(-1)
      return enterWork(timeline, workOf(fact.at, work?.job ?? null, work?.product ?? null))
    }
    case 'ideal_corrected': return correctIdeal(timeline, fact)
    case 'clock_stepped': return stepClock(timeline, instantOf(fact.body.before)!, instantOf(fact.body.after)!)
    default: return unchanged
  }

  function workOf(from: Instant, job: string | null, product: string | null): WorkSpan {
    const then = planAt(plan, from)
    return { from, job, product, idealMs: sameIdeal(idealMsPerPart(then, then.equipment.get(equipment.code) ?? equipment, product)) }
  }
}

/** Ideal times pass through seconds in facts; fifteen digits bring both ways back to the same number. */
export const sameIdeal = (idealMs: number): number => Number.isSafeInteger(idealMs) ? idealMs : Number(idealMs.toPrecision(15))

/** Index of the last span that began at or before `at`; -1 when none did. */
export function indexAt(spans: readonly { readonly from: Instant }[], at: Instant): number {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (spans[middle]!.from <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Where the standstill that the state at `index` is part of began: its first index. */
export function standingStart(states: readonly StateSpan[], index: number): number {
  let first = index
  while (first > 0 && states[first - 1]!.state !== 'running') first--
  return first
}

/** Forgets what ended before `to`, except what still explains the time after it. */
export function forgetBefore(timeline: Timeline, to: Instant): Timeline {
  const crowded = timeline.states[timeline.states.length - limits.timelineSpansMax]?.from ?? to
  const keptFrom = instant(Math.max(to, crowded))
  const state = indexAt(timeline.states, keptFrom)
  // However long a job lasts, the changeover to it is told with it at its end.
  const job = timeline.works.at(-1)?.job ?? null
  return {
    keptFrom,
    states: state <= 0 ? timeline.states : timeline.states.slice(state === -1 ? 0 : Math.max(standingStart(timeline.states, state), state - limits.timelineSpansMax)),
    stops: timeline.stops.filter((stop) => stop.to === null || stop.to > keptFrom).slice(-limits.timelineSpansMax),
    works: timeline.works.slice(Math.max(0, indexAt(timeline.works, keptFrom))).slice(-limits.timelineSpansMax),
    changeovers: timeline.changeovers.filter((changeover) => changeover.to === null || changeover.to > keptFrom || (job !== null && changeover.job === job)).slice(-limits.timelineSpansMax),
    ideals: timeline.ideals.filter((ideal) => ideal.to > keptFrom).slice(-limits.timelineSpansMax),
  }
}

/* ── states ──────────────────────────────────────────────────────────────────────────────────── */

/** A fact that is dated back replaces what was believed of the time after it: order is by number, not by time. */
function enterState(timeline: Timeline, at: Instant, state: StateClass): Changed {
  const kept = until(timeline.states, at)
  const states = kept.at(-1)?.state === state ? kept : [...kept, { from: at, state }]
  // The length of the standstill before it changes as well, and with it the class of its time.
  const before = kept.length === 0 ? at : kept[standingStart(kept, kept.length - 1)]!.from
  return { timeline: { ...timeline, states }, touched: { from: before, to: ever } }
}

/** What stood since then turns out to be a changeover; what nobody saw of it stays so. */
function stoodSince(timeline: Timeline, from: Instant): Changed {
  const unseen = timeline.states.flatMap(({ state, from: start }, i) => (state === 'unknown' && start > from && timeline.states[i + 1] !== undefined ? [{ from: start, to: timeline.states[i + 1]!.from }] : []))
  const changed = enterState(timeline, from, 'changeover')
  return { ...changed, timeline: unseen.reduce((all, gap) => enterState(enterState(all, gap.from, 'unknown').timeline, gap.to, 'changeover').timeline, changed.timeline) }
}

/** A changeover begins where the equipment first stands for it, and once more when it stands again after it went on with what it made before. */
function standFor({ timeline, touched }: Changed, { at, body: { state } }: DraftOf<'state_changed'>): Changed {
  const open = timeline.changeovers.at(-1)
  if (open === undefined || open.to !== null || (open.stood === true ? state !== 'running' : !isChanging(state))) return { timeline, touched }
  const changeover = state === 'running' ? { ...open, stood: false } : { ...open, from: at, stood: true }
  return { timeline: { ...timeline, changeovers: [...timeline.changeovers.slice(0, -1), changeover] }, touched: { from: instant(Math.min(at, open.from, touched?.from ?? at)), to: ever } }
}

/**
 * The wall clock stepped. Forward: the time in between never was, and nobody can know it. Back: the time that comes again
 * is booked anew, so that no wall time is counted twice.
 */
function stepClock(timeline: Timeline, before: Instant, after: Instant): Changed {
  const current = timeline.states.at(-1)?.state ?? 'unknown'
  if (after >= before) {
    const blind = enterState(timeline, before, 'unknown').timeline
    return { timeline: enterState(blind, after, current).timeline, touched: { from: before, to: ever } }
  }
  const kept: Timeline = {
    ...timeline,
    states: until(timeline.states, after),
    stops: timeline.stops.filter((stop) => stop.to === null || stop.from < after)
      .map((stop) => ({ ...stop, from: instant(Math.min(stop.from, after)), to: stop.to === null ? null : instant(Math.min(stop.to, after)) })),
    works: until(timeline.works, after),
    changeovers: until(timeline.changeovers, after),
  }
  const work = timeline.works.at(-1)
  const changeover = timeline.changeovers.at(-1)
  return {
    timeline: {
      ...enterState(kept, after, current).timeline,
      works: work === undefined ? kept.works : [...kept.works, { ...work, from: after }],
      changeovers: changeover === undefined || changeover.to !== null || changeover.from < after ? kept.changeovers : [...kept.changeovers, { ...changeover, from: after }],
    },
    touched: { from: after, to: ever },
  }
}

/* ── stops ───────────────────────────────────────────────────────────────────────────────────── */

function putStop(timeline: Timeline, stop: StopSpan, ...gone: string[]): Changed {
  const last = timeline.stops.at(-1)
  // Nearly always it is the last one, which has come to its end.
  if (last?.id === stop.id && last.from === stop.from && gone.length === 0) return { timeline: { ...timeline, stops: [...timeline.stops.slice(0, -1), stop] }, touched: { from: stop.from, to: instant(Math.max(stop.to ?? ever, last.to ?? ever)) } }
  const old = timeline.stops.filter((one) => one.id === stop.id || gone.includes(one.id))
  const others = old.length === 0 ? timeline.stops : timeline.stops.filter((one) => !old.includes(one))
  const from = instant(Math.min(stop.from, ...old.map((one) => one.from)))
  const to = instant(Math.max(stop.to ?? ever, ...old.map((one) => one.to ?? ever)))
  const stops = [...others, stop]
  return { timeline: { ...timeline, stops: (others.at(-1)?.from ?? stop.from) <= stop.from ? stops : stops.sort((a, b) => a.from - b.from) }, touched: { from, to } }
}

function updateStop(timeline: Timeline, fact: DraftOf<'downtime_updated'>): Changed {
  const { body } = fact
  const before = timeline.stops.find((one) => one.id === body.stop_id)
  const stop = {
    id: body.stop_id, from: instantOf(body.from)!, to: body.to === null ? null : instantOf(body.to),
    why: whyOf(body), micro: body.change === 'split' && before?.to === null ? false : before?.micro ?? null,
  }
  if (body.change === 'merge' && body.merged !== null) {
    const merged = timeline.stops.find((one) => one.id === body.merged)
    return putStop(timeline, { ...stop, micro: stop.micro === null || merged === undefined || merged.micro === null ? null : stop.micro && merged.micro }, body.merged)
  }
  // What it costs was told again, or a note was made: its time is as it was.
  if ((body.change === 'calendar' || body.change === 'note') && before !== undefined && JSON.stringify(before) === JSON.stringify(stop)) return { timeline, touched: null }
  const changed = putStop(timeline, stop)
  if (body.change !== 'split' || body.split_off === null || before === undefined || stop.to === null) return changed
  // Until a fact of its own says otherwise, the second part keeps the end and the reason of the whole.
  const rest = { ...before, id: body.split_off, from: stop.to, micro: stop.micro }
  return { timeline: putStop(changed.timeline, rest).timeline, touched: changed.touched }
}

function whyOf(body: Pick<DraftOf<'downtime_event'>['body'], 'reason' | 'cause'>): Why {
  const { reason, cause } = body
  return {
    category: reason?.category ?? null,
    external: reason?.external ?? (cause !== null && cause.blame.direction !== 'internal'),
    said: reason?.source === 'operator' || reason?.source === 'edited',
  }
}

/** What a person says of blind time stands in its place. Where no stop was open through it, standing is a stop of its own. */
function declareGap(timeline: Timeline, fact: DraftOf<'gap_declared'>): Changed {
  const { body } = fact
  const [from, to] = [instantOf(body.from)!, instantOf(body.to)!]
  const states = timeline.states.map((span) => (span.from === from && span.state === 'unknown' ? { from, state: body.as } : span))
  const index = indexAt(states, from)
  const touched = { from: states[standingStart(states, Math.max(0, index))]?.from ?? from, to: ever }
  if (body.stop_id === null) return { timeline: { ...timeline, states }, touched }
  const stop: StopSpan = { id: body.stop_id, from, to, why: { category: body.reason?.category ?? null, external: body.reason?.external ?? false, said: true }, micro: false }
  return { timeline: { ...putStop(timeline, stop).timeline, states }, touched }
}

/* ── corrections ─────────────────────────────────────────────────────────────────────────────── */

/** What was made then is worth another time. How long it stood and ran stays as it was seen. */
function correctIdeal(timeline: Timeline, { body }: DraftOf<'ideal_corrected'>): Changed {
  const touched = { from: instantOf(body.from)!, to: instantOf(body.to)! }
  const ideal = { ...touched, ...body.product === undefined ? {} : { product: body.product }, idealMs: sameIdeal(body.ideal_cycle_seconds * 1_000), revision: body.revision }
  return { timeline: { ...timeline, ideals: [...timeline.ideals, ideal] }, touched }
}

/* ── jobs and changeovers ────────────────────────────────────────────────────────────────────── */

function enterWork(timeline: Timeline, work: WorkSpan): Changed {
  const kept = until(timeline.works, work.from)
  const last = kept.at(-1)
  const same = last !== undefined && last.job === work.job && last.product === work.product && last.idealMs === work.idealMs
  return { timeline: { ...timeline, works: same ? kept : [...kept, work] }, touched: { from: work.from, to: ever } }
}

/** The changeover since what was made before belongs to what comes, which may be known only now. */
function startWork(timeline: Timeline, work: WorkSpan, microMs: Ms): Changed {
  const started = enterWork(timeline, work)
  const changeover = timeline.changeovers.at(-1)
  const before = timeline.works.at(-1)
  const isNewJob = work.job !== null && work.job !== before?.job
  const isNewProduct = work.product !== null && work.product !== before?.product
  if (changeover === undefined || changeover.from > work.from || (!isNewJob && !isNewProduct)) return started
  const isWork = (one: WorkSpan): boolean => one.job !== null || (!isNewJob && one.product !== null)
  const others = timeline.works.some((one) => one.from > changeover.from && one.from < work.from && isWork(one) && (one.job !== null || one.product !== timeline.works[indexAt(timeline.works, changeover.from)]?.product))
  // After a changeover within a job that job goes on. Whoever names the next one a moment late has not gone on with it.
  if (others || (changeover.to !== null && ranMs(timeline, { from: changeover.to, to: work.from }, isWork) > microMs)) return started
  const changeovers = [...timeline.changeovers.slice(0, -1), { ...changeover, job: work.job, product: work.product ?? changeover.product }]
  return { timeline: { ...started.timeline, changeovers }, touched: { from: changeover.from, to: ever } }
}

/** How long it ran for such work. */
function ranMs({ states, works }: Timeline, { from, to }: Period, isMeant: (work: WorkSpan) => boolean): Ms {
  let ms = 0
  for (const [i, state] of states.entries()) {
    if (state.state !== 'running') continue
    for (const [n, work] of works.entries()) {
      if (isMeant(work)) ms += Math.max(0, Math.min(states[i + 1]?.from ?? to, works[n + 1]?.from ?? to, to) - Math.max(state.from, work.from, from))
    }
  }
  return ms
}

const productOf = (timeline: Timeline, job: string): string | null => timeline.works.findLast((work) => work.job === job)?.product ?? null

/** The spans that began before `at`. */
const until = <T extends { readonly from: Instant }>(spans: readonly T[], at: Instant): readonly T[] => (spans.at(-1)?.from ?? -Infinity) < at ? spans : spans.slice(0, indexAt(spans, instant(at - 1)) + 1)
