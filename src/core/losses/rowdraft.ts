/** Loss rows being drawn anew beside those that stand: only what differs is written, under the next revision. */

import { type Ms, instant, later, since } from '../../base/units.js'
import { type LossRow, type PartCounts, type TimeLeaf, type TimeLeaves, partCounts, timeLeaves } from '../../contract/losses.js'
import type { Period } from '../time/calendar.js'
import { type IdealSpan, idealAt } from '../time/ideals.js'
import { type LossBook, MINUTE, type RowKey, keyOf, minuteOf } from './lossbook.js'
import type { PartBooking } from './parts.js'
import type { Slice } from './slices.js'
import { noParts, noTime } from './sums.js'

export class RowDraft {
  readonly #book: LossBook
  readonly #line: string
  readonly #equipment: string
  readonly #drawn = new Map<string, Drawn>()

  constructor(book: LossBook, line: string, equipment: string) {
    this.#book = book
    this.#line = line
    this.#equipment = equipment
  }

  /** The times of whole minutes anew; their parts stay. */
  recut(minutes: Period, slices: readonly Drawable[]): void {
    for (const row of this.#book.rows(minutes.from, minutes.to)) this.#drawn.set(keyOf(row), { row: { ...row, ms: { ...noTime } }, standing: row })
    for (const slice of slices) {
      for (let from = slice.from; from < slice.to;) {
        const minute = minuteOf(from)
        const to = instant(Math.min(slice.to, minute + MINUTE))
        const { ms } = this.#at({ ...slice, minute })
        ms[slice.leaf] += since(to, from)
        if (slice.instead !== undefined) ms[slice.instead] -= since(to, from)
        from = to
      }
    }
  }

  /** Parts that were found after blind time which somebody has declared: they count where their minute is not blind any more. */
  countRecovered(declared: Period): void {
    for (const row of [...this.#book.rows(minuteOf(declared.from), declared.to)]) {
      const drawn = this.#at(row)
      if (drawn.parts.recovered !== 0 && drawn.ms.no_data === 0) drawn.parts = { ...drawn.parts, good: drawn.parts.good + drawn.parts.recovered, recovered: 0 }
    }
  }

  /** Time and parts under the ideal times that hold now. What stands under another goes over whole, and where it goes is no first writing. */
  revalue(minutes: Period, ideals: readonly IdealSpan[]): void {
    if (ideals.length === 0) return
    for (const row of [...this.#book.rows(minutes.from, minutes.to)]) {
      const idealMs = idealAt(ideals, row.minute, row.product, row.idealMs)
      if (idealMs === row.idealMs || isNothing(row)) continue
      const [from, to] = [this.#at(row), this.#at({ ...row, idealMs })]
      for (const leaf of timeLeaves) to.ms[leaf] += from.ms[leaf]
      to.parts = sumOfParts(to.parts, from.parts)
      to.revision = Math.max(to.revision, row.revision + 1)
      from.ms = { ...noTime }
      from.parts = noParts
    }
  }

  /** Time of one row that is in another leaf. */
  move(where: RowKey, from: TimeLeaf, to: TimeLeaf, ms: Ms): void {
    const row = this.#at(where)
    row.ms[from] -= ms
    row.ms[to] += ms
  }

  book(booking: PartBooking): void {
    const row = this.#at(booking)
    row.parts = sumOfParts(row.parts, booking.parts)
  }

  /** Those that differ from what stands, under the next revision; a row whose time went elsewhere stays, empty. */
  rows(): LossRow[] {
    const rows: LossRow[] = []
    for (const { row, standing } of this.#drawn.values()) {
      if (standing === undefined) rows.push(row)
      else if (!same(standing, row)) rows.push({ ...row, revision: standing.revision + 1 })
    }
    return rows.sort((a, b) => a.minute - b.minute)
  }

  #at(where: RowKey): Draw {
    const { minute, shift, job, product, idealMs } = where
    const key = keyOf(where)
    const known = this.#drawn.get(key)
    if (known !== undefined) return known.row
    const standing = this.#standing(where, key)
    const row = standing === undefined
      ? { line: this.#line, equipment: this.#equipment, minute, shift, job, product, idealMs, ms: { ...noTime }, parts: noParts, revision: 0 }
      : { ...standing, ms: { ...standing.ms } }
    this.#drawn.set(key, { row, standing })
    return row
  }

  #standing(where: RowKey, key: string): LossRow | undefined {
    // Nearly all that is drawn is a minute that has just closed.
    if (where.minute >= (this.#book.to ?? 0)) return undefined
    for (const row of this.#book.rows(where.minute, later(where.minute, 1))) if (keyOf(row) === key) return row
    return undefined
  }
}

export const sumOfParts = (a: PartCounts, b: PartCounts): PartCounts => ({
  good: a.good + b.good, startup_reject: a.startup_reject + b.startup_reject, production_reject: a.production_reject + b.production_reject,
  off_schedule: a.off_schedule + b.off_schedule, recovered: a.recovered + b.recovered, reworked: a.reworked + b.reworked,
})

const isNothing = ({ ms, parts }: LossRow): boolean => timeLeaves.every((leaf) => ms[leaf] === 0) && partCounts.every((count) => parts[count] === 0)

const same = (a: LossRow, b: LossRow): boolean =>
  timeLeaves.every((leaf) => a.ms[leaf] === b.ms[leaf]) && partCounts.every((count) => a.parts[count] === b.parts[count])

/** A slice, or one that stands in place of time in another leaf (`limiting.ts`). */
type Drawable = Slice & { readonly instead?: TimeLeaf }

/** A row beside the one that stands in its place. */
interface Drawn { readonly row: Draw; readonly standing: LossRow | undefined }
/** A row whose times are being added up. */
type Draw = { -readonly [K in keyof LossRow]: LossRow[K] } & { ms: { -readonly [K in keyof TimeLeaves]: TimeLeaves[K] } }
