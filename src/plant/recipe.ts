/** The demo's line as data: its machines, what they make, and what goes wrong how often. */

import type { Ms } from '../base/units.js'
import type { Mishap } from './mishap.js'

export interface Reel {
  readonly parts: number
  /** The prompt rises when so many parts are left. */
  readonly promptAt: number
  readonly promptBit: number
  readonly end: Mishap
}

/** A belt behind a machine that brings parts to a tester: what that finds was made `ms` before, elsewhere, and was passed on as good. */
export interface InspectionRecipe {
  /** Whose parts are tested. */
  readonly of: string
  /** Whose reject counter counts what is found; a machine after that one. */
  readonly by: string
  /** From the machine to the tester. The belt has a drive of its own and never stands. */
  readonly ms: Ms
  readonly rejectRatio: number
}

/** The orders that a machine works off without stopping. Their number changes with their last part, and then the PLC latches the count. */
export interface OrdersRecipe {
  readonly prefix: string
  readonly first: number
  readonly parts: number
}

export interface EquipmentRecipe {
  readonly code: string
  /** The data block it is served in over S7. */
  readonly db: number
  /** The tag it is served in over EtherNet/IP. */
  readonly tag: string
  readonly totalBits: 16 | 32
  /** Raw values at the start: near the top, so that a rollover is never far. */
  readonly totalFirst: number
  readonly rejectFirst: number
  /** Ideal cycle time per product. */
  readonly idealMs: Readonly<Record<string, Ms>>
  readonly rejectRatio: number
  /** After a changeover or a long stop rejects are more likely until so many good parts came in a row. */
  readonly startup: { readonly coldAfterMs: Ms; readonly goodParts: number; readonly rejectRatio: number }
  readonly mishaps: readonly Mishap[]
  readonly reel: Reel | null
  readonly orders: OrdersRecipe | null
}

export interface LineRecipe {
  readonly code: string
  readonly products: readonly string[]
  readonly equipment: readonly EquipmentRecipe[]
  /** Capacity of the store after each machine but the last, with the belt before it; it begins half full. */
  readonly stores: readonly number[]
  readonly inspection: InspectionRecipe | null
  /** The machine whose batches decide when the product changes. */
  readonly leader: string
  readonly batchPartsMin: number
  readonly batchPartsMax: number
  readonly changeoverMsMin: Ms
  readonly changeoverMsMean: Ms
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

const bits = { eStop: 0, guardOpen: 1, infeedJam: 2, outfeedJam: 3, driveTrip: 4, knifeWorn: 5, sensorDirt: 6, filmEnd: 7, refillSoon: 61 } as const

/** Raised by the machine itself when it stands for its neighbours, or has made a batch. */
export const ownBits = { noInfeed: 8, outfeedFull: 9, batchDone: 60 } as const

const opensGuard = { bit: bits.guardOpen, afterMsMin: 5 * second, afterMsMax: 20 * second }

const infeedJam: Mishap = { bit: bits.infeedJam, mtbfMs: 18 * minute, leadsTo: 'held', repairMsMin: 6 * second, repairMsMean: 20 * second, spoils: 0.4, follows: [] }
const outfeedJam: Mishap = { bit: bits.outfeedJam, mtbfMs: 45 * minute, leadsTo: 'held', repairMsMin: 10 * second, repairMsMean: 35 * second, spoils: 0.2, follows: [] }
const sensorDirt: Mishap = { bit: bits.sensorDirt, mtbfMs: 70 * minute, leadsTo: 'held', repairMsMin: 20 * second, repairMsMean: 70 * second, spoils: 0, follows: [] }
const guardOpen: Mishap = { bit: bits.guardOpen, mtbfMs: 5 * hour, leadsTo: 'aborted', repairMsMin: 15 * second, repairMsMean: 45 * second, spoils: 0.5, follows: [] }
const driveTrip: Mishap = { bit: bits.driveTrip, mtbfMs: 6 * hour, leadsTo: 'aborted', repairMsMin: 2 * minute, repairMsMean: 7 * minute, spoils: 1, follows: [opensGuard] }
const knifeWorn: Mishap = { bit: bits.knifeWorn, mtbfMs: 9 * hour, leadsTo: 'aborted', repairMsMin: 6 * minute, repairMsMean: 9 * minute, spoils: 1, follows: [opensGuard] }
const eStop: Mishap = {
  bit: bits.eStop, mtbfMs: 14 * hour, leadsTo: 'aborted', repairMsMin: 40 * second, repairMsMean: 2 * minute, spoils: 1,
  follows: [{ bit: bits.driveTrip, afterMsMin: 20, afterMsMax: 200 }, opensGuard],
}
const filmEnd: Mishap = { bit: bits.filmEnd, mtbfMs: Infinity, leadsTo: 'held', repairMsMin: 25 * second, repairMsMean: 50 * second, spoils: 0, follows: [] }

/** Its bags come in bundles and are stacked again by hand: nothing is spoilt. */
const harmless = (mishap: Mishap): Mishap => ({ ...mishap, spoils: 0 })

const common = [infeedJam, outfeedJam, sensorDirt, guardOpen, driveTrip, eStop]
const noStartup = { coldAfterMs: Infinity, goodParts: 0, rejectRatio: 0 }

export const baggingLine: LineRecipe = {
  code: 'BP01',
  products: ['BAG500', 'BAG1000'],
  equipment: [
    {
      code: 'BP01.PACK.BAG1.BL', db: 10, tag: 'Loader', totalBits: 32, totalFirst: 2 ** 32 - 2_500, rejectFirst: 2 ** 16 - 10,
      idealMs: { BAG500: 900, BAG1000: 1_600 }, rejectRatio: 0.004, startup: noStartup, mishaps: common, reel: null, orders: null,
    },
    {
      code: 'BP01.PACK.BAG1', db: 20, tag: 'Bagger', totalBits: 32, totalFirst: 1_204_117, rejectFirst: 2 ** 16 - 25,
      idealMs: { BAG500: 1_000, BAG1000: 1_500 }, rejectRatio: 0.012, startup: { coldAfterMs: 30 * minute, goodParts: 20, rejectRatio: 0.1 },
      mishaps: [...common, knifeWorn], reel: { parts: 2_600, promptAt: 150, promptBit: bits.refillSoon, end: filmEnd }, orders: null,
    },
    {
      code: 'BP01.PACK.PAL1', db: 30, tag: 'Palletizer', totalBits: 16, totalFirst: 2 ** 16 - 1_500, rejectFirst: 0,
      // What its counter of rejects counts is what the tester before it found.
      idealMs: { BAG500: 800, BAG1000: 1_100 }, rejectRatio: 0, startup: noStartup, mishaps: common.map(harmless), reel: null,
      orders: { prefix: 'SO-', first: 24_117, parts: 1_440 },
    },
  ],
  stores: [60, 60],
  inspection: { of: 'BP01.PACK.BAG1', by: 'BP01.PACK.PAL1', ms: 20 * second, rejectRatio: 0.006 },
  leader: 'BP01.PACK.BAG1',
  batchPartsMin: 4_000,
  batchPartsMax: 9_000,
  changeoverMsMin: 6 * minute,
  changeoverMsMean: 7 * minute,
}
