/** Parts of the loss tree: which leaf each counted part is, and the minute it is booked to. */

import { limits } from '../../base/limits.js'
import { type Instant, instant, instantOf, later, since } from '../../base/units.js'
import type { EquipmentConfig } from '../../contract/config.js'
import type { DraftOf } from '../../contract/events/catalogue.js'
import { type PartCounts, type PartLeaves, type TimeLeaf, partLeaves } from '../../contract/losses.js'
import type { Period, Shift } from '../time/calendar.js'
import { withIdeals } from '../time/ideals.js'
import { type LinePlan, calendarOf, idealMsPerPart } from '../time/plan.js'
import { isCorrectedAt, slotAt } from '../time/shifts.js'
import { type Timeline, sameIdeal } from '../time/timeline.js'
import { configuredOf, dayOfShift, workedShifts } from '../time/worked.js'
import { MINUTE, minuteOf } from './lossbook.js'
import { slicesOf } from './slices.js'
import { noParts } from './sums.js'

/** Parts that belong to one minute. */
export interface PartBooking {
  readonly minute: Instant
  /** When the last of them was counted, within the minute: where they stand while it is open. */
  readonly at: Instant
  readonly shift: string | null
  readonly job: string | null
  readonly product: string | null
  readonly idealMs: number
  readonly parts: PartCounts
}

/** Facts that say something of parts. */
export type PartsFact = DraftOf<'count_recorded'> | DraftOf<'counts_corrected'> | DraftOf<'rejects_found'> | DraftOf<'parts_reworked'>

export function bookingsOf(fact: PartsFact, timeline: Timeline, plan: LinePlan, equipment: EquipmentConfig): readonly PartBooking[] {
  return withIdeals(timeline.ideals, asMade(fact, timeline, plan, equipment))
}

function asMade(fact: PartsFact, timeline: Timeline, plan: LinePlan, equipment: EquipmentConfig): PartBooking[] {
  switch (fact.type) {
    case 'count_recorded': return recorded(fact, timeline, plan, equipment)
    case 'counts_corrected': return [corrected(fact, timeline, plan, equipment)]
    case 'rejects_found': return found(fact, timeline, plan, equipment)
    case 'parts_reworked': return [reworked(fact, timeline, plan, equipment)]
  }
}

/** Parts are spread over the minutes of their period by the time in which they can have been made. */
function recorded(fact: DraftOf<'count_recorded'>, timeline: Timeline, plan: LinePlan, equipment: EquipmentConfig): PartBooking[] {
  const { body } = fact
  const mask = maskAgain({ from: instantOf(body.from)!, to: fact.at }, timeline, plan, equipment)
  const parts = leavesOf(mask === null ? body : { ...body, ...outsideOf(mask, body.good + body.reject) })
  const shift = mask === null ? shiftById(plan, body.shift) : slotAt(plan.calendar, plan.timeZone, later(fact.at, -1)).shift
  const period = within({ from: instant(Math.max(instantOf(body.from)!, fact.at - limits.timelineMsMax)), to: fact.at }, shift)
  const made = weigh(period, timeline, plan, equipment)
  const spreads: Record<keyof PartLeaves, number[]> = {
    good: spread(parts.good, made.planned),
    startup_reject: spread(parts.startup_reject, made.planned),
    production_reject: spread(parts.production_reject, made.planned),
    off_schedule: spread(parts.off_schedule, made.offSchedule),
    recovered: spread(parts.recovered, made.blind),
  }
  return made.minutes.flatMap((minute, index) => {
    const share = { ...noParts, ...Object.fromEntries(partLeaves.map((leaf) => [leaf, spreads[leaf][index]!])) }
    if (partLeaves.every((leaf) => share[leaf] === 0)) return []
    return [{
      minute, at: instant(Math.max(minute, Math.min(fact.at, minute + MINUTE) - 1)), shift: slotAt(plan.calendar, plan.timeZone, minute).shift?.id ?? null,
      job: body.job_id, product: body.product, idealMs: sameIdeal(body.ideal_cycle_seconds * 1_000), parts: share,
    }]
  })
}

/**
 * The mask rule over parts that were read until `to`, again, where people corrected the calendar afterwards; `null` elsewhere: there it was right when they were counted.
 * They were read in the minute that they were recorded in, and what was made while the equipment ran in it at all was made by running.
 */
export function maskAgain({ from, to }: Period, timeline: Timeline, plan: LinePlan, equipment: EquipmentConfig): Mask | null {
  const last = later(to, -1)
  if (!isCorrectedAt(calendarOf(plan, equipment.code), plan.timeZone, last)) return null
  const slices = slicesOf(timeline, instant(Math.min(last, Math.max(from, minuteOf(last)))), to, to, plan, equipment)
  return slices.some(({ leaf }) => leaf === 'running') ? 'planned' : maskOf(slices.at(-1)!.leaf)
}

const outsideOf = (mask: Mask, total: number) => ({ off_schedule: mask === 'off_schedule' ? total : 0, recovered: mask === 'recovered' ? total : 0 })

/** A correction stands in the shift it speaks of, at its end when that is past; where that was by the rules, so that no correction of the calendar moves it. */
function corrected(fact: DraftOf<'counts_corrected'>, timeline: Timeline, plan: LinePlan, equipment: EquipmentConfig): PartBooking {
  const { body } = fact
  const shift = shiftById({ ...plan, calendar: configuredOf(plan.calendar) }, body.shift) ?? shiftById(plan, body.shift)
  const minute = minuteOf(shift !== null && shift.to <= fact.at ? later(shift.to, -1) : fact.at)
  const work = timeline.works.findLast((span) => span.job === body.job_id && span.from <= fact.at)
  const product = work?.product ?? null
  return {
    minute, at: minute, shift: slotAt(plan.calendar, plan.timeZone, minute).shift?.id ?? null, job: body.job_id, product,
    idealMs: work?.idealMs ?? sameIdeal(idealMsPerPart(plan, equipment, product)),
    parts: { ...noParts, good: body.good, production_reject: body.reject },
  }
}

/** A reject found late stands where it was made, in the leaf that time is of; a good part that it was taken for is one less. Below zero is kept. */
function found({ body }: DraftOf<'rejects_found'>, timeline: Timeline, plan: LinePlan, equipment: EquipmentConfig): PartBooking[] {
  const to = instantOf(body.made_at)!
  const at = later(to, -1)
  const minute = minuteOf(at)
  const mask = maskAgain({ from: minute, to }, timeline, plan, equipment) ?? body.mask
  const outside = body.good + body.reject
  if (mask !== 'planned' && outside === 0) return []
  return [{
    minute, at, shift: slotAt(plan.calendar, plan.timeZone, minute).shift?.id ?? null, job: body.job_id, product: body.product, idealMs: sameIdeal(body.ideal_cycle_seconds * 1_000),
    parts: mask === 'planned' ? { ...noParts, good: body.good, startup_reject: body.startup_reject, production_reject: body.reject - body.startup_reject } : { ...noParts, [mask]: outside },
  }]
}

/** Rework stands where it was told, under the job that it was of: when those parts were rejected nobody says. */
function reworked({ at, body }: DraftOf<'parts_reworked'>, timeline: Timeline, plan: LinePlan, equipment: EquipmentConfig): PartBooking {
  const minute = minuteOf(at)
  const work = timeline.works.findLast((span) => span.job === body.job_id && span.from <= at)
  const product = work?.product ?? body.product ?? null
  return {
    minute, at: minute, shift: slotAt(plan.calendar, plan.timeZone, minute).shift?.id ?? null, job: body.job_id, product,
    idealMs: work?.idealMs ?? sameIdeal(idealMsPerPart(plan, equipment, product)),
    parts: { ...noParts, reworked: body.good },
  }
}

/**
 * Every part in exactly one leaf. A fact does not say which of its parts were made outside planned time;
 * they are taken from the good ones first, so that no reject is lost.
 */
export function leavesOf(body: Pick<DraftOf<'count_recorded'>['body'], 'good' | 'reject' | 'startup_reject' | 'off_schedule' | 'recovered'>): PartCounts {
  let outside = body.off_schedule + body.recovered
  const inside = (parts: number) => {
    const taken = Math.max(0, Math.min(parts, outside))
    outside -= taken
    return parts - taken
  }
  const good = inside(body.good)
  const production_reject = inside(body.reject - body.startup_reject)
  const startup_reject = inside(body.startup_reject)
  return { good, startup_reject, production_reject, off_schedule: body.off_schedule, recovered: body.recovered, reworked: 0 }
}

interface Weights {
  readonly minutes: readonly Instant[]
  readonly planned: readonly number[]
  readonly offSchedule: readonly number[]
  readonly blind: readonly number[]
}

/** How much time of each kind the minutes of a period have. */
function weigh(period: Period, timeline: Timeline, plan: LinePlan, equipment: EquipmentConfig): Weights {
  const first = minuteOf(period.from < period.to ? period.from : later(period.to, -1))
  const count = Math.max(1, Math.ceil((period.to - first) / MINUTE))
  const minutes = Array.from({ length: count }, (_, index) => later(first, index * MINUTE))
  if (count === 1) return { minutes, planned: [1], offSchedule: [1], blind: [1] }

  const times = { all: zeros(count), planned: zeros(count), running: zeros(count), off_schedule: zeros(count), recovered: zeros(count) }
  for (const slice of slicesOf(timeline, period.from, period.to, period.to, plan, equipment)) {
    for (let from = slice.from; from < slice.to;) {
      const index = Math.floor((from - first) / MINUTE)
      const to = instant(Math.min(slice.to, first + (index + 1) * MINUTE))
      const ms = since(to, from)
      times.all[index]! += ms
      times[maskOf(slice.leaf)][index]! += ms
      if (slice.leaf === 'running') times.running[index]! += ms
      from = to
    }
  }
  const firstOf = (...choices: number[][]) => choices.find((weights) => weights.some((weight) => weight > 0)) ?? times.all
  return { minutes, planned: firstOf(times.running, times.planned), offSchedule: firstOf(times.off_schedule), blind: firstOf(times.recovered) }
}

/** Where a part belongs that was made in such time: the same function of time as the time itself (the mask rule). */
export type Mask = 'planned' | 'off_schedule' | 'recovered'

export function maskOf(leaf: TimeLeaf): Mask {
  if (leaf === 'schedule_loss' || leaf === 'no_order') return 'off_schedule'
  return leaf === 'no_data' ? 'recovered' : 'planned'
}

/** Shares of whole parts that add up to the total exactly. Fractions of parts stay with the largest share. */
function spread(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0)
  const whole = Math.trunc(total)
  let before = 0
  let weighed = 0
  const shares = weights.map((weight) => {
    weighed += weight
    const upTo = Math.round((whole * weighed) / sum)
    const share = upTo - before
    before = upTo
    return share
  })
  if (total !== whole) shares[weights.indexOf(Math.max(...weights))]! += total - whole
  return shares
}

function within(period: Period, shift: Shift | null): Period {
  if (shift === null) return period
  const from = instant(Math.max(period.from, shift.from))
  const to = instant(Math.min(period.to, shift.to))
  return from < to ? { from, to } : period
}

function shiftById(plan: Pick<LinePlan, 'calendar' | 'timeZone'>, id: string | null): Shift | null {
  if (id === null) return null
  return workedShifts(plan.calendar, plan.timeZone, dayOfShift(id)).find((shift) => shift.id === id) ?? null
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0)
