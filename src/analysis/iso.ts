/** ISO 22400-2 out of the sums of the loss tree (domain note 1.2). */

import type { IsoFigures } from '../contract/iso.js'
import { type LossRow, type LossSums, type TimeLeaves, timeLeaves } from '../contract/losses.js'

/**
 * `all` are the sums of a period, `withoutJob` those of its part in which no job was active.
 * PBT = AUST + APT + ADET + ADOT holds to the millisecond (domain note 1.2). Micro-stops are a delay there and a loss of
 * performance here: availability and effectiveness differ from ours, their product does not.
 */
export function isoOf(all: LossSums, withoutJob: LossSums): IsoFigures {
  const stood = ({ ms }: LossSums): number => ms.unplanned + ms.external + ms.planned + ms.micro_stop
  const APT = all.ms.running
  const AUST = all.ms.changeover
  const ADOT = stood(withoutJob)
  const ADET = stood(all) - ADOT
  const AUPT = APT + AUST
  const AUBT = AUPT + ADET
  const PBT = AUBT + ADOT

  let GQ = 0
  let SQ = 0
  let RQ = 0
  let goodMs = 0
  let netMs = 0
  for (const { idealMs, good, startup_reject, production_reject, reworked } of all.products) {
    const scrap = startup_reject + production_reject
    GQ += good
    SQ += scrap
    RQ += reworked
    goodMs += idealMs * good
    netMs += idealMs * (good + scrap)
  }
  const PQ = GQ + SQ
  return {
    elements: {
      PBT: PBT / 1_000, APT: APT / 1_000, AUST: AUST / 1_000, ADET: ADET / 1_000, ADOT: ADOT / 1_000, AUPT: AUPT / 1_000, AUBT: AUBT / 1_000, PQ, GQ, SQ, RQ,
    },
    ratios: {
      availability: ratioOf(APT, PBT), effectiveness: ratioOf(netMs, APT), quality: ratioOf(goodMs, netMs),
      oee: ratioOf(goodMs, PBT),
      // Setup is no loss here: (AUPT / PBT) × (net / APT) × (good / net).
      nee: APT === 0 ? null : ratioOf(AUPT * goodMs, PBT * APT),
      allocation_efficiency: ratioOf(AUBT, PBT), utilization_efficiency: ratioOf(APT, AUBT), technical_efficiency: ratioOf(APT, APT + ADET),
      setup_ratio: ratioOf(AUST, AUPT), scrap_ratio: ratioOf(SQ, PQ), rework_ratio: ratioOf(RQ, PQ),
    },
  }
}

/** The same of rows that tell the job. */
export const isoOfRows = (rows: readonly LossRow[]): IsoFigures => isoOf(sumsOf(rows), sumsOf(rows.filter(({ job }) => job === null)))

const sumsOf = (rows: readonly LossRow[]): LossSums => ({
  // Each leaf once, which `fromEntries` cannot say.
  ms: Object.fromEntries(timeLeaves.map((leaf) => [leaf, rows.reduce((ms, row) => ms + row.ms[leaf], 0)])) as unknown as TimeLeaves,
  products: rows.map(({ product, idealMs, parts }) => ({ product, idealMs, ...parts })),
})

const ratioOf = (part: number, whole: number): number | null => whole === 0 ? null : part / whole
