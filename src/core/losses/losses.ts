/** The loss tree of one equipment, as it grows: facts in, rows of minutes out, live sums at any time. */

import { given } from '../../base/assert.js'
import { limits } from '../../base/limits.js'
import { type Instant, instant, instantOf, later, since } from '../../base/units.js'
import type { EquipmentConfig } from '../../contract/config.js'
import type { Draft } from '../../contract/events/catalogue.js'
import { type LossRow, type LossSums, type PartCounts, type TimeLeaf, timeLeaves } from '../../contract/losses.js'
import { microMsOf } from '../time/attribution.js'
import type { Period } from '../time/calendar.js'
import { withIdeals } from '../time/ideals.js'
import { type LinePlan, idealMsPerPart } from '../time/plan.js'
import { type Timeline, applyTimeline, forgetBefore, initialTimeline, standingStart } from '../time/timeline.js'
import { LossBook, MINUTE, type Which, keyOf, matches, minuteOf } from './lossbook.js'
import { type Mask, type PartBooking, bookingsOf, maskOf } from './parts.js'
import { RowDraft } from './rowdraft.js'
import { slicesOf } from './slices.js'
import { Tally } from './sums.js'

/** Never changes: every fact gives a new one. JSON, but for the rows, which the journal brings back. */
export interface Losses {
  readonly equipment: string
  readonly timeline: Timeline
  /** How far time has been told; an open standstill is as long as this says. */
  readonly now: Instant | null
  /** Minutes before this are rows; the time after it is cut when it is asked for. */
  readonly closedTo: Instant | null
  /** Closed time that a later fact may have changed. */
  readonly touched: Period | null
  /** Blind time that somebody declared: the parts found in it count as made in it. */
  readonly declared: Period | null
  /** Parts that are not yet in a row. */
  readonly bookings: readonly PartBooking[]
  /** While facts are replayed after a start: rows before this know them already. `null` once they have been (`replayed`). */
  readonly sealedTo: Instant | null
  readonly book: LossBook
}

/**
 * At the start: `rows` are the journal's, `memory` the losses of the line's snapshot. Apply the facts since the snapshot next, and then `replayed`.
 * Rows are written in the turn of their facts, so those of closed minutes already contain every fact of the journal.
 */
export function initialLosses(plan: LinePlan, equipment: EquipmentConfig, rows: Iterable<LossRow> = [], memory: Omit<Losses, 'book'> | null = null): Losses {
  const book = LossBook.of([...rows].filter((row) => row.line === plan.line.code && row.equipment === equipment.code))
  const sealedTo = book.to
  return {
    equipment: equipment.code,
    // A timeline of a version that knew of no corrections has none.
    timeline: { ...initialTimeline, ...memory?.timeline },
    now: memory?.now ?? null,
    closedTo: latest(memory?.closedTo ?? null, sealedTo),
    touched: memory?.touched ?? null,
    declared: memory?.declared ?? null,
    bookings: (memory?.bookings ?? []).filter((booking) => sealedTo === null || booking.minute >= sealedTo),
    sealedTo,
    book,
  }
}

/** The facts of the journal have been told. Whatever comes now is news, for minutes that closed before the start too. */
export const replayed = (losses: Losses): Losses => ({ ...losses, touched: null, declared: null, sealedTo: null })

/** Believes a fact of this equipment; facts of others and those without meaning for time and parts change nothing. */
export function applyLosses(losses: Losses, fact: Draft, plan: LinePlan): Losses {
  if (fact.equipment !== null && fact.equipment !== losses.equipment) return losses
  const equipment = equipmentOf(losses, plan)
  if (fact.type === 'count_recorded' || fact.type === 'counts_corrected' || fact.type === 'rejects_found' || fact.type === 'parts_reworked') {
    const { sealedTo, book } = losses
    const bookings = bookingsOf(fact, losses.timeline, plan, equipment)
      .filter((booking) => sealedTo === null || booking.minute >= sealedTo)
      // Parts of forgotten minutes are not lost: they stand in the oldest minute that is known.
      .map((booking) => book.from !== null && booking.minute < book.from ? { ...booking, minute: book.from, at: book.from } : booking)
    return bookings.length === 0 ? losses : { ...losses, bookings: [...losses.bookings, ...bookings] }
  }
  const { timeline, touched } = applyTimeline(losses.timeline, fact, plan, equipment)
  if (timeline === losses.timeline) return losses
  const declared = fact.type === 'gap_declared' ? { from: instantOf(fact.body.from)!, to: instantOf(fact.body.to)! } : null
  const found = declared === null ? losses.bookings : losses.bookings.map((booking) => countedIn(booking, declared))
  const bookings = fact.type === 'ideal_corrected' ? withIdeals(timeline.ideals, found) : found
  const kept = losses.sealedTo === null ? timeline : lessTold(timeline, instant(Math.min(losses.sealedTo, fact.at)))
  const changed = { ...losses, timeline: kept, touched: hull(losses.touched, touched), declared: hull(losses.declared, declared), bookings }
  if (fact.type !== 'clock_stepped' || fact.body.by_seconds >= 0) return changed
  // The clock went back: minutes that come again close again.
  const after = instantOf(fact.body.after)!
  return { ...changed, now: after, closedTo: losses.closedTo === null ? null : instant(Math.min(losses.closedTo, minuteOf(after))) }
}

/** Time has come to `to`: the rows of minutes that closed since, and of those that a fact or a growing stop has changed. */
export function advanceLosses(losses: Losses, to: Instant, plan: LinePlan): { readonly losses: Losses; readonly rows: readonly LossRow[] } {
  const equipment = equipmentOf(losses, plan)
  const closed = losses.closedTo ?? firstMinute(losses, to)
  // A long sleep is made into rows over several turns; sums do not wait for them.
  const settled = minuteOf(later(to, -limits.lossRowSettleMs))
  const closedTo = instant(Math.max(closed, Math.min(settled, closed + limits.lossMinutesPerTurnMax * MINUTE)))
  const touched = hull(losses.touched, grownStandstill(losses, to, plan))
  const arrived = losses.bookings.filter((booking) => booking.minute < closedTo)
  const advanced = { ...losses, now: to, closedTo, touched: null, declared: null }
  if (closedTo === closed && touched === null && arrived.length === 0) return { losses: advanced, rows: [] }

  const draft = new RowDraft(losses.book, plan.line.code, equipment.code)
  const again = touched === null ? null : rowsAgain(losses, touched, closed)
  if (again !== null) draft.recut(again, slicesOf(losses.timeline, again.from, again.to, to, plan, equipment))
  draft.recut({ from: closed, to: closedTo }, slicesOf(losses.timeline, closed, closedTo, to, plan, equipment))
  if (touched !== null) draft.revalue({ from: minuteOf(touched.from), to: instant(Math.min(touched.to, closed)) }, losses.timeline.ideals)
  if (losses.declared !== null) draft.countRecovered(losses.declared)
  for (const booking of arrived) draft.book(booking)
  const rows = draft.rows()
  return {
    losses: {
      ...advanced,
      timeline: closedTo === closed ? losses.timeline : forgetBefore(losses.timeline, minuteOf(instant(Math.min(closedTo, to - limits.timelineMsMax)))),
      bookings: losses.bookings.filter((booking) => booking.minute >= closedTo),
      book: losses.book.put(rows),
    },
    rows,
  }
}

/** Weeks of facts told at a start close no minute that would forget the time before it: what their rows know is forgotten on the way, now and then. */
function lessTold(timeline: Timeline, to: Instant): Timeline {
  if (timeline.states.length < 2 * limits.timelineSpansMax && timeline.stops.length < 2 * limits.timelineSpansMax) return timeline
  return forgetBefore(timeline, latest(timeline.keptFrom, minuteOf(later(to, -limits.timelineMsMax)))!)
}

/** Rows of old minutes were changed: those that the book reaches back to are so in it too. */
export const withRows = (losses: Losses, rows: readonly LossRow[]): Losses =>
  ({ ...losses, book: losses.book.put(rows.filter((row) => losses.book.from !== null && row.minute >= losses.book.from)) })

const countedIn = (booking: PartBooking, { from, to }: Period): PartBooking => booking.minute < minuteOf(from) || booking.minute >= to ? booking
  : { ...booking, parts: { ...booking.parts, good: booking.parts.good + booking.parts.recovered, recovered: 0 } }

/** The tree of an equipment begins with the first that is known of it. */
const firstMinute = ({ timeline, bookings }: Losses, to: Instant): Instant =>
  minuteOf(instant(bookings.reduce((first, { minute }) => Math.min(first, minute), Math.min(to, timeline.states[0]?.from ?? to))))

/** The whole closed minutes that a period touches, as far back as rows and the timeline reach. */
function rowsAgain(losses: Losses, touched: Period, closed: Instant): Period | null {
  const wholeFrom = (at: Instant) => minuteOf(later(at, MINUTE - 1))
  const kept = losses.timeline.keptFrom
  const from = instant(Math.max(minuteOf(touched.from), losses.book.from ?? closed, kept === null ? -Infinity : wholeFrom(kept)))
  const to = instant(Math.min(wholeFrom(instant(Math.min(touched.to, closed))), closed))
  return from < to ? { from, to } : null
}

/**
 * Everything in [from, to), of all or of one job, product or shift, with the open minute and the open standstill as of `to`. A minute that is cut shares its parts by the time of their row.
 * Looks back as far as memory does (`knownFrom`); longer reports add up the journal's rows with `sumRows`.
 */
export function sumLosses(remembered: Losses, from: Instant, to: Instant, plan: LinePlan, which: Which = {}): LossSums {
  const equipment = equipmentOf(remembered, plan)
  const asOf = latest(remembered.now, to)!
  const losses = asOfThen(remembered, asOf, plan)
  const tally = new Tally()
  const cut = (start: Instant, end: Instant) => {
    for (const slice of slicesOf(losses.timeline, start, end, asOf, plan, equipment)) if (matches(slice, which)) tally.addTime(slice.leaf, since(slice.to, slice.from), slice.product)
  }

  // Rows begin where memory does; before it nobody knows anything.
  const closedTo = losses.closedTo ?? from
  const booksFrom = instant(Math.min(losses.book.from ?? closedTo, closedTo))
  cut(from, instant(Math.min(to, booksFrom)))

  const start = instant(Math.max(from, booksFrom))
  const end = instant(Math.min(to, closedTo))
  if (start < end) {
    const firstWhole = minuteOf(later(start, MINUTE - 1))
    const lastWhole = minuteOf(end)
    if (firstWhole <= lastWhole) {
      losses.book.addTo(tally, { from: firstWhole, to: lastWhole }, which)
      partOfMinute(start, firstWhole)
      partOfMinute(lastWhole, end)
    } else partOfMinute(start, end)
  }
  cut(instant(Math.max(from, closedTo)), to)
  for (const booking of losses.bookings) {
    if (booking.at >= from && booking.at < to && matches(booking, which)) tally.addParts(booking.product, booking.idealMs, booking.parts)
  }
  return tally.sums()

  /** A piece of one closed minute: its time by the timeline while that is kept, else laid out in the fixed order of the leaves. */
  function partOfMinute(pieceFrom: Instant, pieceTo: Instant): void {
    if (pieceFrom >= pieceTo) return
    const minute = minuteOf(pieceFrom)
    const rows = [...losses.book.rows(minute, later(minute, 1))]
    if (losses.timeline.keptFrom === null || losses.timeline.keptFrom <= minute) cut(pieceFrom, pieceTo)
    else layOut(rows, pieceFrom, pieceTo, (row, leaf, ms) => { if (matches(row, which)) tally.addTime(leaf, ms, row.product) })
    const slices = slicesOf(losses.timeline, minute, later(minute, MINUTE), asOf, plan, equipment)
    for (const row of rows) {
      if (!matches(row, which)) continue
      const own = slices.filter((slice) => keyOf({ ...slice, minute: row.minute }) === keyOf(row))
      tally.addParts(row.product, row.idealMs, shareOf(row, own, pieceFrom, pieceTo))
    }
  }
}

/** Closed time that the rows of the book do not tell right any more: of a fact since time was last told, or a standstill that grew. */
export const staleOf = (losses: Losses, asOf: Instant, plan: LinePlan): Period | null => hull(losses.touched, grownStandstill(losses, asOf, plan))

/** A fact or a stop that grew since time was last told changes minutes that are rows already: the same with these as they are now, for whoever asks for many sums. */
export const asOfThen = (losses: Losses, asOf: Instant, plan: LinePlan): Losses => staleOf(losses, asOf, plan) === null ? losses : advanceLosses(losses, asOf, plan).losses

/** Since when sums are whole. */
export const knownFrom = (losses: Losses): Instant | null => losses.book.from ?? losses.timeline.states[0]?.from ?? null

/** Where a part made at `at` belongs. */
export function maskAt(losses: Losses, at: Instant, plan: LinePlan): Mask {
  const [slice] = slicesOf(losses.timeline, at, later(at, 1), latest(losses.now, at)!, plan, equipmentOf(losses, plan))
  return maskOf(slice!.leaf)
}

const equipmentOf = (losses: Losses, plan: LinePlan): EquipmentConfig => given(plan.equipment.get(losses.equipment), `equipment ${losses.equipment}`)
const latest = (a: Instant | null, b: Instant | null): Instant | null => a === null ? b : b === null ? a : instant(Math.max(a, b))

function hull(a: Period | null, b: Period | null): Period | null {
  if (a === null || b === null) return a ?? b
  return { from: instant(Math.min(a.from, b.from)), to: instant(Math.max(a.to, b.to)) }
}

/** An open standstill that outgrew the micro-stop threshold since time was last told: all of it changes its class. */
function grownStandstill(losses: Losses, to: Instant, plan: LinePlan): Period | null {
  const { states, stops, works } = losses.timeline
  const last = states.at(-1)
  if (last === undefined || last.state === 'running') return null
  const equipment = equipmentOf(losses, plan)
  const stop = stops.at(-1)
  const from = stop !== undefined && stop.to === null ? stop.from : states[standingStart(states, states.length - 1)]!.from
  const microMs = microMsOf(equipment, works.at(-1)?.idealMs ?? idealMsPerPart(plan, equipment, null))
  const outgrown = since(losses.now ?? from, from) < microMs && microMs <= since(to, from)
  return outgrown ? { from, to } : null
}

/** The parts of a row that fall into [from, to) of its minute, by its own spans of it: whole parts, and the shares of neighbouring pieces add up. */
export function shareOf(row: LossRow, own: readonly Period[], from: Instant, to: Instant): PartCounts {
  const spans: readonly Period[] = own.length > 0 ? own : [{ from: row.minute, to: later(row.minute, MINUTE) }]
  const before = (at: Instant) => spans.reduce((ms, span) => ms + Math.max(0, Math.min(at, span.to) - span.from), 0)
  const all = before(later(row.minute, MINUTE))
  const upTo = (parts: number, at: Instant) => before(at) === all ? parts : Math.floor((parts * before(at)) / all)
  const share = (parts: number) => upTo(parts, to) - upTo(parts, from)
  const { good, startup_reject, production_reject, off_schedule, recovered, reworked } = row.parts
  return { good: share(good), startup_reject: share(startup_reject), production_reject: share(production_reject), off_schedule: share(off_schedule), recovered: share(recovered), reworked: share(reworked) }
}

/** Lays the leaves of a minute's rows side by side in their fixed order, and tells what lies in [from, to). */
function layOut(rows: readonly LossRow[], from: Instant, to: Instant, tell: (row: LossRow, leaf: TimeLeaf, ms: number) => void): void {
  let at: number = minuteOf(from)
  for (const row of rows) {
    for (const leaf of timeLeaves) {
      const end = at + row.ms[leaf]
      const ms = Math.min(end, to) - Math.max(at, from)
      if (ms > 0) tell(row, leaf, ms)
      at = end
    }
  }
}
