/** Ideal times that people corrected afterwards: which one holds for a product at an instant, whatever it was made under. */

import type { Instant } from '../../base/units.js'
import type { Period } from './calendar.js'

/** One correction, over whole minutes. Of two over the same time the later one holds. */
export interface IdealSpan extends Period {
  /** `null`: what no product is known of; absent: all. */
  readonly product?: string | null
  readonly idealMs: number
  readonly revision: number
}

/** Whether a correction is about a product. */
export const isAbout = (span: Pick<IdealSpan, 'product'>, product: string | null): boolean => span.product === undefined || span.product === product

/** What `idealMs` is at an instant after all corrections. */
export function idealAt(spans: readonly IdealSpan[], at: Instant, product: string | null, idealMs: number): number {
  // Nearly no equipment ever has one.
  if (spans.length === 0) return idealMs
  return spans.findLast((span) => span.from <= at && at < span.to && isAbout(span, product))?.idealMs ?? idealMs
}

/** Until when that answer holds. */
export function idealUntil(spans: readonly IdealSpan[], at: Instant): number {
  let until = Infinity
  for (const { from, to } of spans) {
    if (from > at) until = Math.min(until, from)
    else if (to > at) until = Math.min(until, to)
  }
  return until
}

/** Parts by their minutes, under the ideal times that hold now. */
export function withIdeals<T extends { readonly minute: Instant; readonly product: string | null; readonly idealMs: number }>(spans: readonly IdealSpan[], bookings: readonly T[]): readonly T[] {
  if (spans.length === 0) return bookings
  return bookings.map((booking) => {
    const idealMs = idealAt(spans, booking.minute, booking.product, booking.idealMs)
    return idealMs === booking.idealMs ? booking : { ...booking, idealMs }
  })
}

/** One more than the last correction over any of this time has. */
export function nextRevision(spans: readonly IdealSpan[], { from, to }: Period): number {
  return 1 + Math.max(0, ...spans.filter((span) => span.from < to && span.to > from).map(({ revision }) => revision))
}
