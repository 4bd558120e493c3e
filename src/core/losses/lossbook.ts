/** The loss rows of the last days in memory, by the hour, so that a live sum over a day costs little and changing a minute less. */

import { limits } from '../../base/limits.js'
import { type Instant, instant } from '../../base/units.js'
import type { LossRow, LossSums } from '../../contract/losses.js'
import type { Period } from '../time/calendar.js'
import { type Tally, noSums, sumRows, sumRowsBy } from './sums.js'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

export const minuteOf = (at: Instant): Instant => instant(Math.floor(at / MINUTE) * MINUTE)
export const hourOf = (at: Instant): Instant => instant(Math.floor(at / HOUR) * HOUR)

interface Hour {
  readonly from: Instant
  /** In the order of their minutes. */
  readonly rows: readonly LossRow[]
  /** Made when first asked for; an hour that changes is a new object. */
  sums: LossSums | null
  jobs: ReadonlyMap<string | null, LossSums> | null
}

/** Which rows: those of a job, a product or a shift. */
export interface Which { readonly job?: string | null; readonly product?: string | null; readonly shift?: string | null }

/** Never changes; `put` gives a new one that shares the hours it did not touch. */
export class LossBook {
  readonly #hours: readonly Hour[]
  readonly #count: number
  /** Hours before this made room for later ones. */
  readonly forgottenTo: Instant | null

  static readonly empty = new LossBook([])

  private constructor(hours: readonly Hour[], forgottenTo: Instant | null = null) {
    this.#hours = hours
    this.forgottenTo = forgottenTo
    this.#count = hours.reduce((sum, hour) => sum + hour.rows.length, 0)
  }

  static of(rows: Iterable<LossRow>): LossBook { return LossBook.empty.put([...rows]) }

  /** Snapshots leave the rows out: they stand in the journal. */
  toJSON(): undefined { return undefined }

  get rowsCount(): number { return this.#count }
  /** Start of the oldest minute; `null` when there are no rows. */
  get from(): Instant | null { return this.#hours[0]?.rows[0]?.minute ?? null }
  /** End of the newest minute. */
  get to(): Instant | null {
    const last = this.#hours.at(-1)?.rows.at(-1)
    return last === undefined ? null : instant(last.minute + MINUTE)
  }

  /** Adds rows or replaces those with the same key; forgets the oldest hours beyond the limit. */
  put(rows: readonly LossRow[]): LossBook {
    if (rows.length === 0) return this
    const hours = [...this.#hours]
    for (const [from, changed] of byHour(rows)) {
      const at = hours.findLastIndex((hour) => hour.from <= from)
      const known = hours[at]
      if (known?.from === from) hours[at] = { from, rows: merged(known.rows, changed), sums: null, jobs: null }
      else hours.splice(at + 1, 0, { from, rows: changed.toSorted(byMinute), sums: null, jobs: null })
    }
    let count = hours.reduce((sum, hour) => sum + hour.rows.length, 0)
    let first = 0
    while (count > limits.lossRowsPerEquipmentMax && first < hours.length - 1) count -= hours[first++]!.rows.length
    return new LossBook(hours.slice(first), first === 0 ? this.forgottenTo : hours[first]!.from)
  }

  /** The rows of the minutes that begin in [from, to). */
  * rows(from: Instant, to: Instant): Generator<LossRow> {
    // Nearly always the newest hours are meant.
    for (let at = Math.max(0, this.#hours.findLastIndex((hour) => hour.from <= from)); at < this.#hours.length; at++) {
      const hour = this.#hours[at]!
      if (hour.from >= to) return
      for (let i = hour.from >= from ? 0 : firstFrom(hour.rows, from); i < hour.rows.length && hour.rows[i]!.minute < to; i++) yield hour.rows[i]!
    }
  }

  /** Adds the minutes that begin in the period: whole hours by their kept sums, the rest row by row. */
  addTo(tally: Tally, period: Period, which: Which = {}): void {
    for (const hour of this.#hours) {
      if (hour.from >= period.to) return
      if (hour.from + HOUR <= period.from) continue
      const whole = period.from <= hour.from && hour.from + HOUR <= period.to
      const kept = whole ? keptSums(hour, which) : null
      if (kept !== null) tally.addSums(kept)
      else for (const row of hour.rows) if (row.minute >= period.from && row.minute < period.to && matches(row, which)) tally.addRow(row)
    }
  }
}

/** Whether two books have the same rows for the minutes in [from, to), hours of which most are one. */
export function sameRows(one: LossBook, other: LossBook, from: Instant, to: Instant): boolean {
  if (one === other) return true
  const [rows, others] = [one.rows(from, to), other.rows(from, to)]
  for (;;) {
    const [a, b] = [rows.next(), others.next()]
    if (a.done === true || b.done === true) return a.done === b.done
    if (a.value !== b.value) return false
  }
}

/** Where the rows of an hour come to that minute. */
function firstFrom(rows: readonly LossRow[], from: Instant): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows[middle]!.minute < from) low = middle + 1
    else high = middle
  }
  return low
}

/** The sums of a whole hour that the live windows ask for again and again: of everything, or of a job. */
function keptSums(hour: Hour, which: Which): LossSums | null {
  if (which.product !== undefined || which.shift !== undefined) return null
  if (which.job === undefined) return hour.sums ??= sumRows(hour.rows)
  hour.jobs ??= sumRowsBy(hour.rows, (row) => row.job)
  return hour.jobs.get(which.job) ?? noSums
}

export const matches = (row: Pick<LossRow, 'job' | 'product' | 'shift'>, which: Which): boolean =>
  (which.job === undefined || row.job === which.job)
  && (which.product === undefined || row.product === which.product)
  && (which.shift === undefined || row.shift === which.shift)

/** What a row of an equipment is found by; the journal replaces a row under the same key. */
export type RowKey = Pick<LossRow, 'minute' | 'shift' | 'job' | 'product' | 'idealMs'>

export const keyOf = ({ minute, shift, job, product, idealMs }: RowKey): string => `${minute}\0${shift ?? ''}\0${job ?? ''}\0${product ?? ''}\0${idealMs}`

/** New minutes follow those that are known; only where a minute is told again are its rows looked through. */
function merged(known: readonly LossRow[], changed: readonly LossRow[]): readonly LossRow[] {
  const sorted = changed.toSorted(byMinute)
  if (known.at(-1)!.minute < sorted[0]!.minute) return [...known, ...sorted]
  const minutes = new Set(changed.map((row) => row.minute))
  const keys = new Set(changed.map(keyOf))
  return [...known.filter((row) => !minutes.has(row.minute) || !keys.has(keyOf(row))), ...changed].sort(byMinute)
}

/** A fixed order within the minute, so that a rebuilt book is the same book. */
function byMinute(a: LossRow, b: LossRow): number {
  if (a.minute !== b.minute) return a.minute - b.minute
  return keyOf(a) < keyOf(b) ? -1 : 1
}

export function byHour<T extends { readonly minute: Instant }>(rows: readonly T[]): Map<Instant, T[]> {
  const hours = new Map<Instant, T[]>()
  for (const row of rows) {
    const hour = hourOf(row.minute)
    const group = hours.get(hour)
    if (group === undefined) hours.set(hour, [row])
    else group.push(row)
  }
  return hours
}
