/** The loss tree in the words of ISO 22400-2: its time elements and ratios at the level of a work unit, for whoever must report them. */

import { parts, ratio, seconds, z } from './schema.js'

export const isoFigures = z.strictObject({
  elements: z.strictObject({
    PBT: seconds.describe('planned busy time: our planned production time'),
    APT: seconds.describe('actual production time: running, without micro-stops'),
    AUST: seconds.describe('actual unit setup time: changeovers'),
    ADET: seconds.describe('actual unit delay time: all that stood while a job was active, micro-stops included'),
    ADOT: seconds.describe('actual unit down time, as the standard has it at the level of a unit: what stood while no job was active'),
    AUPT: seconds.describe('actual unit processing time: APT + AUST'),
    AUBT: seconds.describe('actual unit busy time: AUPT + ADET'),
    PQ: parts.describe('produced'), GQ: parts.describe('good'), SQ: parts.describe('scrap, by its first result'), RQ: parts.describe('reworked: parts of SQ that became good'),
  }),
  ratios: z.strictObject({
    availability: ratio, effectiveness: ratio, quality: ratio.describe('weighted by ideal time where products differ, so that the factors still multiply to OEE'), oee: ratio, nee: ratio,
    allocation_efficiency: ratio, utilization_efficiency: ratio, technical_efficiency: ratio, setup_ratio: ratio, scrap_ratio: ratio, rework_ratio: ratio,
  }),
})
export type IsoFigures = z.output<typeof isoFigures>
