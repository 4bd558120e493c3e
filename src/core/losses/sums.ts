/** Adding up the loss tree: rows and sums into sums, in whole milliseconds and parts. */

import type { Ms } from '../../base/units.js'
import { type LossRow, type LossSums, type PartCounts, type ProductSums, type TimeLeaf, type TimeLeaves, plannedMsOf } from '../../contract/losses.js'

export function sumRows(rows: Iterable<LossRow>): LossSums {
  const tally = new Tally()
  for (const row of rows) tally.addRow(row)
  return tally.sums()
}

export function addSums(all: Iterable<LossSums>): LossSums {
  const tally = new Tally()
  for (const sums of all) tally.addSums(sums)
  return tally.sums()
}

/** The sums of each group of rows, groups in the order in which they first appear. */
export function sumRowsBy<K>(rows: Iterable<LossRow>, keyOf: (row: LossRow) => K): Map<K, LossSums> {
  const tallies = new Map<K, Tally>()
  for (const row of rows) {
    const key = keyOf(row)
    let tally = tallies.get(key)
    if (tally === undefined) tallies.set(key, tally = new Tally())
    tally.addRow(row)
  }
  return new Map([...tallies].map(([key, tally]) => [key, tally.sums()]))
}

export const noTime: TimeLeaves = { schedule_loss: 0, no_order: 0, no_data: 0, unplanned: 0, external: 0, planned: 0, changeover: 0, micro_stop: 0, running: 0 }
export const noParts: PartCounts = { good: 0, startup_reject: 0, production_reject: 0, off_schedule: 0, recovered: 0, reworked: 0 }
export const noSums: LossSums = { ms: noTime, products: [] }

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A sum under way. */
export class Tally {
  readonly #ms: Mutable<TimeLeaves> = { ...noTime }
  /** A handful at most, in the order in which they came. */
  readonly #products: Mutable<ProductSums>[] = []
  readonly #planned: { readonly product: string | null; ms: Ms }[] = []

  addTime(leaf: TimeLeaf, ms: Ms, product: string | null): void {
    this.#ms[leaf] += ms
    if (isPlanned[leaf]) this.#addPlanned(product, ms)
  }

  #addPlanned(product: string | null, ms: Ms): void {
    if (ms === 0) return
    for (const sums of this.#planned) {
      if (sums.product !== product) continue
      sums.ms += ms
      return
    }
    this.#planned.push({ product, ms })
  }

  /** Leaf by leaf, because reports add up millions of these. */
  #addTimes(ms: TimeLeaves): void {
    const sum = this.#ms
    sum.schedule_loss += ms.schedule_loss
    sum.no_order += ms.no_order
    sum.no_data += ms.no_data
    sum.unplanned += ms.unplanned
    sum.external += ms.external
    sum.planned += ms.planned
    sum.changeover += ms.changeover
    sum.micro_stop += ms.micro_stop
    sum.running += ms.running
  }

  addParts(product: string | null, idealMs: number, parts: PartCounts): void {
    if (isNothing(parts)) return
    for (const sums of this.#products) {
      if (sums.idealMs !== idealMs || sums.product !== product) continue
      sums.good += parts.good
      sums.startup_reject += parts.startup_reject
      sums.production_reject += parts.production_reject
      sums.off_schedule += parts.off_schedule
      sums.recovered += parts.recovered
      sums.reworked += parts.reworked
      return
    }
    this.#products.push({ product, idealMs, ...pick(parts) })
  }

  addRow(row: LossRow): void {
    this.#addTimes(row.ms)
    this.#addPlanned(row.product, plannedMsOf(row.ms))
    this.addParts(row.product, row.idealMs, row.parts)
  }

  addSums(sums: LossSums): void {
    this.#addTimes(sums.ms)
    for (const { product, ms } of sums.planned ?? []) this.#addPlanned(product, ms)
    for (const product of sums.products) this.addParts(product.product, product.idealMs, product)
  }

  sums(): LossSums {
    const products = this.#products.map((product) => ({ ...product }))
    const planned = this.#planned.filter(({ ms }) => ms !== 0).map((one) => ({ ...one }))
    return { ms: { ...this.#ms }, products: products.sort(byProduct), ...planned.length === 0 ? {} : { planned: planned.sort((a, b) => ((a.product ?? '') < (b.product ?? '') ? -1 : 1)) } }
  }
}

/** The leaves of planned production time (`plannedMsOf`). */
const isPlanned: Readonly<Record<TimeLeaf, boolean>> = { schedule_loss: false, no_order: false, no_data: false, unplanned: true, external: true, planned: true, changeover: true, micro_stop: true, running: true }

const pick = (parts: PartCounts): PartCounts => ({
  good: parts.good, startup_reject: parts.startup_reject, production_reject: parts.production_reject, off_schedule: parts.off_schedule, recovered: parts.recovered, reworked: parts.reworked,
})

const isNothing = (parts: PartCounts): boolean =>
  parts.good === 0 && parts.startup_reject === 0 && parts.production_reject === 0 && parts.off_schedule === 0 && parts.recovered === 0 && parts.reworked === 0

/** A fixed order makes products of floating-point ideal times add up to the same bits every time. */
function byProduct(a: ProductSums, b: ProductSums): number {
  if (a.product !== b.product) return (a.product ?? '') < (b.product ?? '') ? -1 : 1
  return a.idealMs - b.idealMs
}
