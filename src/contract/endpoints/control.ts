/** Process control: whether a machine runs as it did, and what announces its stops. */

import { code, instantText, z } from '../schema.js'
import { asks } from './endpoint.js'
import { BASE, moment, ofEquipment, period, window } from './inputs.js'

const OEE = `${BASE}/oee`
const tag = 'analytics'

/** Western Electric (1956) and Nelson (1984). */
export const controlRules = [
  'beyond_3_sigma', 'nine_on_one_side', 'six_rising_or_falling', 'fourteen_alternating', 'two_of_three_beyond_2', 'four_of_five_beyond_1', 'fifteen_within_1', 'eight_outside_1',
] as const

const share = z.strictObject({ share: z.number(), low: z.number(), high: z.number() })

export const control = {
  control_chart: asks({
    path: `${OEE}/equipment/{equipment_code}/control-chart`, tag, sentence: 'Individuals and moving ranges of the cycle time, or of any numeric signal, against the limits of an earlier period.',
    params: ofEquipment,
    query: z.strictObject({
      signal: code.default('cycle_time').describe('`cycle_time` (seconds of run time per part, micro-stops left out), or a signal of the equipment'),
      ...period, baseline_from: moment.optional().describe('the period that sets the limits; default: as long a time, just before'), baseline_to: moment.optional(),
      product: z.string().optional().describe('only this one; default: the one most made'),
      minutes: z.int().min(1).max(60).default(5).describe('a point is the median of so many minutes of running'),
      points_min: z.int().min(2).max(1_000).default(20).describe('a baseline of fewer points sets no limits; below 20 they are rough'),
      rules: z.array(z.enum(controlRules)).optional().describe('default: beyond_3_sigma, nine_on_one_side, two_of_three_beyond_2, four_of_five_beyond_1; more rules, more false alarms'),
    }),
    data: () => z.strictObject({
      window, baseline: window, equipment_code: code, signal: z.string(), unit: z.string().nullable(), product: z.string().nullable(), products: z.array(z.string().nullable()).describe('those made in the window'),
      limits: z.strictObject({
        n: z.int().describe('points of the baseline'), mean: z.number(), sigma: z.number(), low: z.number(), high: z.number(), range_mean: z.number(), range_high: z.number(),
        autocorrelation: z.number().nullable().describe('of neighbouring points of the baseline: well above 0, limits are too narrow and alarms too many'),
      }).nullable().describe('null: the baseline has too few points'),
      points: z.array(z.strictObject({ at: instantText, value: z.number(), range: z.number().nullable(), rules: z.array(z.enum(controlRules)).describe('patterns that this point takes part in') })),
      found: z.array(z.strictObject({ rule: z.enum(controlRules), sentence: z.string(), points: z.int() })),
      no_finding: z.string().nullable(),
    }),
  }),
  lead_indicators: asks({
    path: `${OEE}/equipment/{equipment_code}/lead-indicators`, tag, sentence: 'Which recorded signals of the line differ before stops from what they are in quiet time; an association, not a cause.',
    params: ofEquipment,
    query: z.strictObject({
      days: z.int().min(1).default(7).describe('at most 30'), reason: code.optional().describe('only stops of this reason; default: all unplanned ones'),
      before: z.int().min(60).max(1_800).default(300).describe('seconds before a stop that are looked at'), gap: z.int().min(0).max(60).default(5).describe('seconds just before it that are left out, because signals change with the stop'),
    }),
    data: () => z.strictObject({
      window, equipment_code: code, reason: z.string().nullable(), stops: z.int(), controls: z.int().describe('windows of the same product, running, without a stop around'), looked_at: z.int().describe('signals and ways to sum them up, for all of which p is adjusted'),
      indicators: z.array(z.strictObject({
        equipment_code: code, signal: z.string(), summary: z.enum(['mean', 'change', 'on']), stops: z.int(), controls: z.int(),
        auc: z.number().describe('how often a window before a stop is above a quiet one; 0.5 says nothing'), p_adjusted: z.number().describe('Benjamini-Hochberg'),
        lift: z.strictObject({ value: z.number().nullable(), before_stops: share, quiet: share }).nullable().describe('of bits'), holds_later: z.boolean().describe('also in the last third, which did not help to find it'),
      })).describe('only those that may be told: ten stops, AUC 0.7 beyond, p below 0.05, and it holds later'),
      no_finding: z.string().nullable(),
    }),
  }),
} as const
