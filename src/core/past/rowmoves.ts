/** Loss rows after some of their parts were found to belong elsewhere: in another minute, leaf, shift, or under another ideal time. */

import type { Portions } from '../../base/portions.js'
import { type Instant, instant, later } from '../../base/units.js'
import { type LossRow, type PartCounts, partCounts } from '../../contract/losses.js'
import { HOUR, LossBook, byHour, hourOf, keyOf } from '../losses/lossbook.js'
import type { PartBooking } from '../losses/parts.js'
import { RowDraft, sumOfParts } from '../losses/rowdraft.js'
import type { Slice } from '../losses/slices.js'
import type { Period } from '../time/calendar.js'
import type { Account, Made } from './accounts.js'

/** What is less where it was, and more where it is. */
export function* movesOf(was: readonly Made[], is: readonly Made[]): Portions<readonly PartBooking[]> {
  const [before, after] = [yield* named(was), yield* named(is)]
  const net = new Map<string, PartBooking>()
  const add = (booking: PartBooking, parts: PartCounts) => {
    const key = keyOf(booking)
    const known = net.get(key)
    net.set(key, known === undefined ? { ...booking, parts } : { ...known, parts: sumOfParts(known.parts, parts) })
  }
  for (const [name, booking] of before) if (!after.has(name)) add(booking, negated(booking.parts))
  yield
  for (const [name, booking] of after) if (!before.has(name)) add(booking, booking.parts)
  return [...net.values()].filter(({ parts }) => partCounts.some((count) => parts[count] !== 0))
}

/** Parts of one fact in one row, whose leaf may be another in each account. */
function* named(made: readonly Made[]): Portions<ReadonlyMap<string, PartBooking>> {
  const names = new Map<string, PartBooking>()
  for (const [i, { fact, booking }] of made.entries()) {
    names.set(`${fact.seq} ${keyOf(booking)} ${JSON.stringify(booking.parts)}${sameBefore(made, i)}`, booking)
    yield
  }
  return names
}

/** One fact may put the same into one row twice. */
function sameBefore(made: readonly Made[], i: number): string {
  const { fact, booking } = made[i]!
  let count = 0
  for (let before = i - 1; before >= 0 && made[before]!.fact === fact; before--) if (keyOf(made[before]!.booking) === keyOf(booking)) count++
  return ' '.repeat(count)
}

/** The rows of one book that others' parts move into and out of; `old` are those of the journal, and those in the book are newer. */
export function* rowsMoved(line: string, of: string, old: readonly LossRow[], book: LossBook, moves: readonly PartBooking[], time: { readonly period: Period; readonly slicesOf: (period: Period) => readonly Slice[] } | null = null): Portions<LossRow[]> {
  const [standing, moved] = [byHour(old), byHour(moves)]
  const hours = new Set([...moved.keys(), ...time === null ? [] : hoursIn(time.period)])
  const rows: LossRow[] = []
  for (const hour of hours) {
    // A few rows at a time, so that no loss book is too small for them.
    const draft = new RowDraft(LossBook.of(standing.get(hour) ?? []).put([...book.rows(hour, later(hour, HOUR))]), line, of)
    if (time !== null) {
      const minutes = { from: instant(Math.max(hour, time.period.from)), to: instant(Math.min(hour + HOUR, time.period.to)) }
      if (minutes.from < minutes.to) draft.recut(minutes, time.slicesOf(minutes))
    }
    for (const booking of moved.get(hour) ?? []) draft.book(booking)
    rows.push(...draft.rows())
    yield
  }
  return rows
}

export const madeBy = (accounts: readonly Account[], which: 'made' | 'moved'): readonly Made[] => accounts.flatMap((account) => account[which])


function hoursIn({ from, to }: Period): Instant[] {
  const hours: Instant[] = []
  for (let hour = hourOf(from); hour < to; hour = later(hour, HOUR)) hours.push(hour)
  return hours
}

const negated = (parts: PartCounts): PartCounts => ({
  good: 0 - parts.good, startup_reject: 0 - parts.startup_reject, production_reject: 0 - parts.production_reject, off_schedule: 0 - parts.off_schedule, recovered: 0 - parts.recovered, reworked: 0 - parts.reworked,
})
