/** The loss tree in rows: integer milliseconds and parts per equipment, minute, shift and job. Every report is a sum of these; ratios come last. */

import type { Instant, Ms } from '../base/units.js'
import type { LineConfig } from './config.js'

/** The leaves that tile time: every millisecond of an equipment stands in exactly one (domain note 1.1). */
export const timeLeaves = [
  'schedule_loss', // closed, no shift, excluded break or reason
  'no_order', //      the part of schedule loss that is "no order" inside a shift
  'no_data', //       scheduled, but nobody can know
  'unplanned', //     a stop whose cause is in the equipment, or not known
  'external', //      a stop whose cause is outside: starved, blocked, no material, no operator
  'planned', //       planned maintenance, cleaning, counted breaks
  'changeover', //    planned stop between two products
  'micro_stop', //    part of run: stops shorter than the threshold
  'running', //       the rest of run
] as const
export type TimeLeaf = (typeof timeLeaves)[number]
export type TimeLeaves = Readonly<Record<TimeLeaf, Ms>>

export const partLeaves = ['good', 'startup_reject', 'production_reject', 'off_schedule', 'recovered'] as const
export type PartLeaf = (typeof partLeaves)[number]
export type PartLeaves = Readonly<Record<PartLeaf, number>>

/** What is counted of parts: each stands in exactly one leaf. Rejects that rework made good stay in theirs, for the first result counts, and are told beside it. */
export const partCounts = [...partLeaves, 'reworked'] as const
export type PartCounts = Readonly<Record<(typeof partCounts)[number], number>>

/** Planned production time: what is open to production and was seen. A break or blind time is none. */
export const plannedMsOf = (ms: TimeLeaves): Ms => ms.unplanned + ms.external + ms.planned + ms.changeover + ms.micro_stop + ms.running

/** Parts that should be made in a planned time so that the target OEE is met; `null` without an ideal time (domain note 9). */
export const targetPartsOf = (plannedMs: Ms, idealMs: number, targetOee: number): number | null => idealMs > 0 ? plannedMs / idealMs * targetOee : null

/** One row: a minute of an equipment under one shift, job and ideal time. Its times sum to the part of the minute it covers. */
export interface LossRow {
  readonly line: string
  readonly equipment: string
  /** Start of the UTC minute. */
  readonly minute: Instant
  readonly shift: string | null
  readonly job: string | null
  readonly product: string | null
  /** Ideal time per part, in milliseconds, that the parts of this row are valued with. May be fractional. */
  readonly idealMs: number
  readonly ms: TimeLeaves
  readonly parts: PartCounts
  /** 0 as first written; raised when an edit rebuilt the row. */
  readonly revision: number
}

/** Under which codes the rows of a line stand: those of its equipment, and its own: for what was under way between them, which has parts and no time, and for the time that it has of another equipment than its constraint, which adds up to none. */
export const rowCodesOf = ({ code, equipment }: Pick<LineConfig, 'code' | 'equipment'>): string[] => [...equipment.map((one) => one.code), code]

/** A row and the number of its last writing. A row written again gets a new number and leaves its old one, so these numbers have holes. */
export interface WrittenRow extends LossRow {
  readonly written: number
}

/** The parts of one product valued with one ideal time. */
export interface ProductSums extends PartCounts {
  readonly product: string | null
  readonly idealMs: number
}

/** Any set of rows, added up. Milliseconds and parts only, so that the same rows give the same sums whatever the grouping. */
export interface LossSums {
  readonly ms: TimeLeaves
  /** By product, then by ideal time; each pair once. */
  readonly products: readonly ProductSums[]
  /** Planned production time of each product, of those that had any; absent where nobody told products apart. */
  readonly planned?: readonly { readonly product: string | null; readonly ms: Ms }[]
}
