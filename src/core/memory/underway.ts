/** Parts behind the constraint, counted for the line when its constraint made them: a book beside those of the equipment (domain note 3). */

import { type Instant, instant, instantOf, later, rfc3339, since } from '../../base/units.js'
import type { EquipmentConfig } from '../../contract/config.js'
import type { Draft, DraftOf } from '../../contract/events/catalogue.js'
import type { LossRow, LossSums } from '../../contract/losses.js'
import { lineSlices } from '../losses/limiting.js'
import { LossBook, MINUTE, minuteOf } from '../losses/lossbook.js'
import { maskAt, shareOf, sumLosses } from '../losses/losses.js'
import { type PartBooking, bookingsOf, leavesOf, maskAgain } from '../losses/parts.js'
import { RowDraft } from '../losses/rowdraft.js'
import { slicesOf } from '../losses/slices.js'
import { Tally, noParts } from '../losses/sums.js'
import type { Period } from '../time/calendar.js'
import { shownAt, withStep } from '../time/clock-steps.js'
import { idealAt } from '../time/ideals.js'
import { type LinePlan, constraintAt, idealMsPerPart, isMoving } from '../time/plan.js'
import { slotAt } from '../time/shifts.js'
import { type Timeline, type WorkSpan, indexAt, sameIdeal } from '../time/timeline.js'
import { configAt, equipmentAt, indexOf, productOf } from './lookups.js'
import type { Equipment, Late, Line, Made, UnderWay } from './memory.js'
import { addMovedTime, timelinesOf } from './moved-time.js'
import { slotOf } from './schedule.js'

/**
 * At the start: `rows` are the journal's, those of this book under the code of the line. It takes each part out of the minute in which it was counted, and puts it
 * into that of the constraint. So it adds up to nothing over time, and what the equipment give with this book is what the line has, whatever `transit` was when.
 */
export function initialUnderWay(plan: LinePlan, rows: readonly LossRow[], memory: Partial<Omit<UnderWay, 'book'>> | null, equipment: readonly Pick<Equipment, 'losses'>[]): UnderWay {
  return { steps: memory?.steps ?? [], bookings: (memory?.bookings ?? []).filter(isOpen(equipment)), book: LossBook.of(rows.filter((row) => row.line === plan.line.code && row.equipment === plan.line.code)) }
}

/* ── counting ────────────────────────────────────────────────────────────────────────────────── */

interface Parts { readonly good: number; readonly reject: number; readonly startupReject: number }

/** What was counted between `from` and `at`, by what the constraint did when it made these parts. Parts that nobody saw leave stand where they were found. */
export function withMade(line: Line, i: number, made: readonly Made[], counted: Parts, from: Instant, at: Instant): readonly Made[] {
  if (isAtOnce(line.plan, i)) return made
  return piecesOf(counted, from, at).reduce((all, piece) => {
    const own = partsOf(line, i, piece, madeAt(line, i, piece.at))
    return own === null ? all : joined(all, own)
  }, made)
}

/** Whether what an equipment counts was made just then, whatever the line makes. */
const isAtOnce = ({ transits }: LinePlan, i: number): boolean => [...transits.values()].every((ways) => ways[i] === 0)

/** When a part was made, and by which equipment, by its position: that which limited the line with what this made then. */
interface Origin { readonly at: Instant; readonly by: number }

/**
 * The way is as long as from what limited the line when the part began it, which is what we ask for: the oldest answer that agrees with itself, for parts do not overtake
 * each other. Where the constraint has just moved up the line, none does: what lay between the two was made by neither in its time, and counts when it passed the nearer.
 */
function madeAt(line: Line, i: number, at: Instant): Origin {
  const ways = [...line.plan.transits].map(([by, transits]) => ({ by, at: shownAt(line.underWay.steps, later(at, -transits[i]!)) })).sort((one, other) => one.at - other.at)
  return ways.find((way) => constraintAt(line.plan, workAt(line, way.at)?.product ?? null) === way.by) ?? ways.findLast(({ by }) => by <= i) ?? { at, by: i }
}

/** What the line makes is what its constraint is at. */
function workAt(line: Line, at: Instant): WorkSpan | undefined {
  const { works } = equipmentAt(line, line.plan.constraint).losses.timeline
  return works[indexAt(works, at)]
}

/** Readings follow each other closely. What is known of a longer time only was made evenly in it. */
export function piecesOf(counted: Parts, from: Instant, at: Instant): (Parts & { readonly at: Instant })[] {
  const allMs = since(at, from)
  if (allMs <= MINUTE) return [{ ...counted, at }]
  const count = Math.min(PIECES_MAX, Math.ceil(allMs / MINUTE))
  const upTo = (parts: number, n: number) => n === count ? parts : Math.floor((parts * n) / count)
  const share = (parts: number, n: number) => upTo(parts, n) - upTo(parts, n - 1)
  return Array.from({ length: count }, (_, n) => ({
    at: n + 1 === count ? at : later(from, Math.round((allMs * (n + 1)) / count)), good: share(counted.good, n + 1), reject: share(counted.reject, n + 1), startupReject: share(counted.startupReject, n + 1),
  }))
}

/** One record holds no more of them. */
const PIECES_MAX = 60

/** The exit gives its good parts; every equipment from that on which made them its rejects. */
function partsOf(line: Line, i: number, { good, reject, startupReject }: Parts, { at, by }: Origin): Made | null {
  const { plan } = line
  // Before it was made it was no part of the line's yet.
  if (by > i && isMoving(plan)) return null
  const work = workAt(line, at)
  const product = work?.product ?? null
  const where = { at: rfc3339(at), shift: slotOf(line, at).shift?.id ?? null, job_id: work?.job ?? null, product, ideal_cycle_seconds: idealMsPerPart(plan, configAt(line, i), product) / 1_000 }
  const exit = isExit(plan, i)
  if (reject === 0 && (!exit || good === 0)) return null
  const counted = { good: exit ? good : 0, startup_reject: startupReject, production_reject: reject - startupReject }
  if (maskAt(limitingAt(line, at).losses, at, plan) !== 'off_schedule') return { ...where, ...counted, off_schedule: 0 }
  return { ...where, good: 0, startup_reject: 0, production_reject: 0, off_schedule: exit ? good + reject : 0, masked: counted }
}

/** Whose time the line has at an instant. */
function limitingAt(line: Line, at: Instant): Equipment {
  const constraint = equipmentAt(line, line.plan.constraint)
  if (!isMoving(line.plan)) return constraint
  const [slice] = lineSlices(line.plan, timelinesOf(line), at, later(at, 1), at)
  return line.equipment.find(({ code }) => code === slice!.by) ?? constraint
}

export const isExit = (plan: LinePlan, i: number): boolean => i === plan.line.equipment.length - 1

function joined(made: readonly Made[], own: Made): readonly Made[] {
  const last = made.at(-1)
  if (last === undefined || !isSamePlace(last, own)) return [...made, own]
  const masked = last.masked === undefined && own.masked === undefined ? {} : { masked: countedTogether(last.masked ?? NOTHING, own.masked ?? NOTHING) }
  return [...made.slice(0, -1), { ...own, ...countedTogether(last, own), off_schedule: last.off_schedule + own.off_schedule, ...masked }]
}

type Counted = NonNullable<Made['masked']>
const NOTHING: Counted = { good: 0, startup_reject: 0, production_reject: 0 }
const countedTogether = (one: Counted, other: Counted): Counted =>
  ({ good: one.good + other.good, startup_reject: one.startup_reject + other.startup_reject, production_reject: one.production_reject + other.production_reject })

const isSamePlace = (one: Made, other: Made): boolean =>
  minuteOf(instantOf(one.at)!) === minuteOf(instantOf(other.at)!) && one.shift === other.shift && one.job_id === other.job_id && one.product === other.product

/* ── the book ────────────────────────────────────────────────────────────────────────────────── */

/** Facts whose parts may have been under way. */
export type MovedFact = DraftOf<'count_recorded'> | DraftOf<'rejects_found'>
export const isMoved = <F extends Draft>(fact: F): fact is F & MovedFact => (fact.type === 'count_recorded' || fact.type === 'rejects_found') && fact.body.made !== undefined

/** Believes a record of parts that were under way, and a step of the clock that overtook others. */
export function applyUnderWay(line: Line, fact: Draft): Line {
  if (fact.type === 'clock_stepped') return { ...line, underWay: { ...line.underWay, steps: withStep(line.underWay.steps, fact) } }
  if (!isMoved(fact)) return line
  const { bookings } = line.underWay
  return { ...line, underWay: { ...line.underWay, bookings: [...bookings, ...movedBy(line, fact, fact.body.made ?? []).filter(isOpen(line.equipment))] } }
}

/** While facts are replayed after a start: rows know those of the minutes that they were written for, and which these are the equipment know. */
function isOpen(equipment: readonly Pick<Equipment, 'losses'>[]): (booking: PartBooking) => boolean {
  const sealedTo = latest(equipment.map(({ losses }) => losses.sealedTo))
  return ({ minute }) => sealedTo === null || minute >= sealedTo
}

/** Out of the minutes that its equipment books a record in, and into those of the constraint. */
function movedBy(line: Line, fact: MovedFact, made: readonly Made[]): PartBooking[] {
  const i = indexOf(line, fact.equipment)
  if (i === -1) return []
  const counted = bookingsOf(fact, equipmentAt(line, i).losses.timeline, line.plan, configAt(line, i))
  return [...counted.map((booking) => takenOut(line.plan, i, booking)), ...putIn(made)]
}

/** What the line counts elsewhere, of what it has of equipment `i`: from what limits it on its rejects, of the exit all. Parts that nobody saw leave, and rework, stay where they are. */
export function takenOut<T extends Pick<PartBooking, 'product' | 'parts'>>(plan: LinePlan, i: number, booking: T): T {
  const { good, startup_reject, production_reject, off_schedule } = booking.parts
  const rejects = isMoving(plan) && i < constraintAt(plan, booking.product) ? {} : { startup_reject: less(startup_reject), production_reject: less(production_reject) }
  return { ...booking, parts: { ...noParts, ...rejects, ...isExit(plan, i) ? { good: less(good), off_schedule: less(off_schedule) } : {} } }
}

/** There is no other nothing than 0. */
const less = (parts: number): number => parts === 0 ? 0 : -parts

/** And where it does. */
export const putIn = (made: readonly Made[]): PartBooking[] => made.flatMap(({ at: text, shift, job_id, product, ideal_cycle_seconds, good, startup_reject, production_reject, off_schedule }) => {
  if (good === 0 && startup_reject === 0 && production_reject === 0 && off_schedule === 0) return []
  const at = instantOf(text)!
  return [{ minute: minuteOf(at), at, shift, job: job_id, product, idealMs: sameIdeal(ideal_cycle_seconds * 1_000), parts: { ...noParts, good, startup_reject, production_reject, off_schedule } }]
})

/** What an equipment did, by all that is known now. */
export interface Known { readonly timeline: Timeline; readonly config: EquipmentConfig }

/** The same of what limited the line at an instant, where each equipment is known by its code. */
export function limitingOf(plan: LinePlan, knownOf: (code: string) => Known): (at: Instant) => Known {
  const constraint = knownOf(plan.line.equipment[plan.constraint]!.code)
  if (!isMoving(plan)) return () => constraint
  return (at) => knownOf(lineSlices(plan, (code) => knownOf(code).timeline, at, later(at, 1), at)[0]!.by)
}

/**
 * The same as it stands after corrections: what counted these parts is what they are valued by, and what the constraint did decides whether they count. Those of
 * which it turns out that nobody saw them leave stand where they were found.
 */
export function putInBy(fact: MovedFact, plan: LinePlan, own: Known, limiting: (at: Instant) => Known): PartBooking[] {
  const { body } = fact
  const { from, to: at } = spanOf(fact)
  if (body.made === undefined || maskAgain({ from, to: at }, own.timeline, plan, own.config) === 'recovered') return []
  return putIn(body.made.map((made) => masked(made, own.config === plan.line.equipment.at(-1), plan, limiting(instantOf(made.at)!))))
    .map((booking) => ({ ...booking, idealMs: idealAt(own.timeline.ideals, later(at, -1), booking.product, booking.idealMs) }))
}

/** In which time the parts were made that an equipment counted. */
function spanOf(fact: MovedFact): Period {
  if (fact.type === 'count_recorded') return { from: instantOf(fact.body.from)!, to: fact.at }
  const to = instantOf(fact.body.made_at)!
  return { from: minuteOf(later(to, -1)), to }
}

/** Older versions did not keep what they masked: of that, all that left the line is taken for good. */
function masked(made: Made, exit: boolean, plan: LinePlan, { timeline, config }: Known): Made {
  const at = instantOf(made.at)!
  const mask = maskAgain({ from: minuteOf(at), to: later(at, 1) }, timeline, plan, config)
  if (mask === null) return made
  const counted = countedTogether(made, made.masked ?? { ...NOTHING, good: made.off_schedule })
  const shift = slotAt(plan.calendar, plan.timeZone, at).shift?.id ?? null
  if (mask !== 'off_schedule') return { ...made, shift, ...counted, off_schedule: 0 }
  return { ...made, shift, ...NOTHING, off_schedule: exit ? counted.good + counted.startup_reject + counted.production_reject : 0 }
}

/** The equipment have closed minutes: what was moved into and out of them becomes rows. */
export function advanceUnderWay(line: Line): { readonly underWay: UnderWay; readonly rows: readonly LossRow[] } {
  const { bookings, book } = line.underWay
  const closedTo = closedToOf(line)
  const arrived = bookings.filter(({ minute }) => closedTo !== null && minute < closedTo)
  if (arrived.length === 0) return { underWay: line.underWay, rows: [] }
  const rows = rowsOf(line, arrived)
  return { underWay: { ...line.underWay, bookings: bookings.filter(({ minute }) => closedTo === null || minute >= closedTo), book: book.put(rows) }, rows }
}

/** The rows of minutes that are not over yet. */
export const openUnderWay = (line: Line): readonly LossRow[] => rowsOf(line, line.underWay.bookings)

function rowsOf({ plan, underWay }: Line, bookings: readonly PartBooking[]): LossRow[] {
  const draft = new RowDraft(underWay.book, plan.line.code, plan.line.code)
  for (const booking of bookings) draft.book(booking)
  return draft.rows()
}

/** Rows of old minutes were changed: those that the book reaches back to are so in it too. */
export const withUnderWayRows = (underWay: UnderWay, rows: readonly LossRow[]): UnderWay =>
  rows.length === 0 ? underWay : { ...underWay, book: underWay.book.put(rows.filter(({ minute }) => underWay.book.from !== null && minute >= underWay.book.from)) }

/** Equipment close their minutes together; one that has just come to the line may be behind. */
const closedToOf = (line: Line): Instant | null => latest(line.equipment.map(({ losses }) => losses.closedTo))
const latest = (instants: readonly (Instant | null)[]): Instant | null => instants.reduce((a, b) => a === null ? b : b === null ? a : instant(Math.max(a, b)), null)

/* ── adding up ───────────────────────────────────────────────────────────────────────────────── */

/** What a line is made of over [from, to), when all parts until then have been written down: its equipment by their codes, and this book by that of the line. */
export function lineSumsBetween(line: Line, { from, to }: Period): ReadonlyMap<string, LossSums> {
  const sums = line.equipment.map(({ code, losses }) => [code, sumLosses(losses, from, to, line.plan)] as const)
  return new Map([...sums, [line.plan.line.code, sumUnderWay(line, { from, to })]])
}

/** Whether this book is whole since then. Few minutes have rows in it, so the oldest of them says nothing. */
export const isWholeSince = ({ underWay }: Line, from: Instant): boolean => (underWay.book.forgottenTo ?? from) <= from

/** What is moved into [from, to), less what is moved out of it. */
export function sumUnderWay(line: Line, { from, to }: Period): LossSums {
  return tallyOf(line, { from, to }).sums()
}

/** The same of a window that ends now, with the parts that are not yet written down. */
export function underWayNow(line: Line, period: Period): LossSums {
  const tally = tallyOf(line, period)
  for (const [i, { seen: { pending } }] of line.equipment.entries()) {
    for (const late of pending?.late ?? []) for (const { at, product, idealMs, parts } of lateMoved(line, late)) if (at >= period.from && at < period.to) tally.addParts(product, idealMs, parts)
    if (pending === null || pending.made.length === 0) continue
    for (const { at, product, idealMs, parts } of putIn(pending.made)) if (at >= period.from && at < period.to) tally.addParts(product, idealMs, parts)
    if (pending.from < period.from) continue
    const { good, reject, startupReject, offSchedule, recovered } = pending
    const product = productOf(line, i)
    const counted = leavesOf({ good, reject, startup_reject: startupReject, off_schedule: offSchedule, recovered })
    tally.addParts(product, sameIdeal(idealMsPerPart(line.plan, configAt(line, i), product)), takenOut(line.plan, i, { product, parts: counted }).parts)
  }
  return tally.sums()
}

/** Rejects that were found and are not yet written down: out of the minute that made them at their equipment, and into that of the constraint. */
function lateMoved(line: Line, { equipment, body }: Late): PartBooking[] {
  return body.made === undefined ? [] : movedBy(line, { type: 'rejects_found', at: instantOf(body.found_at)!, line: line.plan.line.code, equipment, body }, body.made)
}

function tallyOf(line: Line, { from, to }: Period): Tally {
  const { bookings, book } = line.underWay
  const tally = new Tally()
  const firstWhole = minuteOf(later(from, MINUTE - 1))
  const lastWhole = minuteOf(to)
  if (firstWhole <= lastWhole) {
    book.addTo(tally, { from: firstWhole, to: lastWhole })
    partOfMinute(from, firstWhole)
    partOfMinute(lastWhole, to)
  } else partOfMinute(from, to)
  for (const { at, product, idealMs, parts } of bookings) if (at >= from && at < to) tally.addParts(product, idealMs, parts)
  addMovedTime(tally, line, { from, to })
  return tally

  /** A row is shared by the time that the constraint had for its shift, job and product in this minute. */
  function partOfMinute(pieceFrom: Instant, pieceTo: Instant): void {
    if (pieceFrom >= pieceTo) return
    const minute = minuteOf(pieceFrom)
    const rows = [...book.rows(minute, later(minute, 1))]
    if (rows.length === 0) return
    const { plan } = line
    const { losses } = equipmentAt(line, plan.constraint)
    const slices = slicesOf(losses.timeline, minute, later(minute, MINUTE), losses.now ?? later(minute, MINUTE), plan, configAt(line, plan.constraint))
    for (const row of rows) {
      const own = slices.filter(({ shift, job, product }) => shift === row.shift && job === row.job && product === row.product)
      tally.addParts(row.product, row.idealMs, shareOf(row, own, pieceFrom, pieceTo))
    }
  }
}
