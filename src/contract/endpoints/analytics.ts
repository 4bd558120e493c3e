/** The five OEE analytics routes: where the points go, whether that is more than noise, and what would bring them back. */

import { isoFigures } from '../iso.js'
import { oee, oeeWindows } from '../oee.js'
import { instantText, parts, ratio, seconds, z } from '../schema.js'
import { asks } from './endpoint.js'
import { BASE, moment, ofEquipment, ofLine, window } from './inputs.js'
import { downtimeStatistics } from './production.js'

const OEE = `${BASE}/oee`
const tag = 'analytics'
const points = z.number().describe('share of planned production time: 0.01 is one OEE point')
const loss = z.enum(['unplanned_stop', 'external_stop', 'planned_stop', 'changeover', 'micro_stop', 'speed_loss', 'startup_reject', 'production_reject'])
const factor = z.enum(['availability', 'performance', 'quality'])

const lossTree = z.array(z.strictObject({
  loss, factor, seconds, parts: parts.nullable(), points,
  recoverable_points: points.describe('what OEE would gain if this came back and the rest stayed; never to be added up'), recoverable_parts: parts.nullable(),
})).nullable().describe('largest first; all points and the OEE add up to 1; null where nothing was planned')

const trend = z.strictObject({
  n: z.int(), s: z.int().describe('rises less falls, over all pairs'), variance: z.number().describe('of s, with ties and what neighbours resemble each other'), z: z.number(),
  slope: points.describe('per step'), low: points, high: points, p: z.number().describe('two-sided, of no trend'), significant: z.boolean(),
}).nullable().describe('Mann-Kendall with Theil-Sen, corrected for autocorrelation; null below eight points')

const block = z.strictObject({ oee, loss_tree: lossTree, current_losses: z.array(loss).describe('the largest three, of those that lose anything'), trend })

const series = z.array(z.strictObject({ key: z.string().nullable(), oee }))
const paretoBar = z.strictObject({ reason: z.string(), name: z.string(), seconds, events: parts, lost_parts: parts.nullable(), share: z.number(), cumulative: z.number() })
const step = z.strictObject({ failures: z.int().describe('of which this step is known'), mean_seconds: seconds.nullable() })
const restoration = z.strictObject({
  detect: step.describe('from the stop to the call'), acknowledge: step.describe('until somebody took it'), arrive: step.describe('until somebody was there'), repair: step.describe('until it was mended'), verify: step.describe('until the equipment ran again'),
}).nullable().describe('what the time to repair was made of, by the calls for help; null when nobody was called to a failure')
const rejects = z.array(z.strictObject({ reason: z.string(), name: z.string(), parts, entries: z.int(), share: z.number() }))
  .describe('what people said of rejected parts, in entries of scrap and in quality issues; the rest is unassigned')
const reliability = z.strictObject({
  failures: z.int(), run_hours: z.number(), mtbf_hours: z.number().nullable(), mtbf_low_hours: z.number().nullable(), mtbf_high_hours: z.number().nullable(),
  mttr_hours: z.number().nullable(), inherent_availability: ratio, restoration,
  growth: z.strictObject({
    n: z.int(), laplace: z.number(), p: z.number(), beta: z.number().describe('of Crow and AMSAA, without the bias of few failures'), beta_likeliest: z.number().describe('with it, as most tables print it'),
    lambda: z.number().describe('of `beta_likeliest`, in hours of run'), mtbf_now_hours: z.number(), advice: z.boolean().describe('from ten failures on'),
  }).nullable().describe('from five failures on'),
})
const changeovers = z.array(z.strictObject({
  from_product: z.string().nullable(), to_product: z.string().nullable(), n: z.int(), median_seconds: seconds, p10_seconds: seconds, p90_seconds: seconds, spread: z.number().nullable(), potential_seconds: seconds,
  excess_seconds: seconds.optional().describe('changeover over standard, all together: planned stops like the rest of them'),
}))

const idealTimes = z.array(z.strictObject({
  product: z.string().nullable(), ideal_seconds: seconds, held_seconds: seconds.nullable().describe('what the best tenth of the hours held: offered as the ideal time, and set by nobody but a person'), hours: z.int(),
})).describe('products that were made faster than their ideal time')

const edits = z.strictObject({ edits: z.int(), seconds })
const atTarget = z.strictObject({ target_oee: z.number(), good: parts, planned_hours_for_same_good: z.number() }).nullable()
  .describe('what the same planned time would have made at the target OEE of the line, and how much of it what is good would have taken; null where there is no OEE to start from')

const plannedTimeEdits = z.strictObject({ removed: edits, returned: edits, removed_by: z.array(edits.extend({ by: z.string() })).describe('by person, most time first') })
  .describe('how often people gave stops a reason that leaves planned production time, or took it back, and how much of it these stops had cost')

const evidence = z.strictObject({
  data: z.string(), n: z.int(), period: window, coverage: ratio,
  effect: z.strictObject({ value: z.number(), unit: z.string() }),
  uncertainty: z.strictObject({ low: z.number().nullable(), high: z.number().nullable(), p: z.number().nullable(), method: z.string() }),
})

export const analytics = {
  oee_analytics: asks({
    path: `${OEE}/lines/{line_id}/real-time-oee-analytics`, tag, sentence: 'Where the OEE of a line and its equipment goes, so far.',
    params: ofLine, query: z.strictObject({ window: z.enum(oeeWindows).default('shift') }),
    data: () => z.strictObject({
      line: block, equipment: z.record(z.string(), block),
      insights: z.array(z.strictObject({ of: z.string(), loss: loss.nullable(), points: points.nullable(), sentence: z.string() })),
    }),
  }),
  oee_performance_report: asks({
    path: `${OEE}/equipment/{equipment_code}/oee-performance-report`, tag, sentence: 'How an equipment performed over a period, in groups and in all.', offers: ['text/csv'],
    params: ofEquipment,
    query: z.strictObject({
      start_date: moment.optional().describe('an instant, or a day of the plant; default: seven days before the end'), end_date: moment.optional().describe('an instant, or the last day; default: now'),
      report_type: z.enum(['summary', 'detailed', 'comprehensive']).default('detailed'), group_by: z.enum(['hour', 'shift', 'day', 'week', 'job', 'product']).default('day'),
    }),
    data: () => z.strictObject({
      window, equipment_code: z.string(), group_by: z.string(), totals: oee, loss_tree: lossTree, at_target: atTarget,
      rows: series.optional().describe('detailed: their sums are the totals'),
      pareto: z.strictObject({ by_time: z.array(paretoBar), by_count: z.array(paretoBar), by_lost_parts: z.array(paretoBar) }).optional(),
      iso_22400: isoFigures.optional().describe('detailed: the same sums in the words of the standard'), ideal_times: idealTimes.optional().describe('detailed'),
      rejects: rejects.optional().describe('detailed'), planned_time_edits: plannedTimeEdits.optional().describe('detailed: of the stops that the period knows of'),
      downtime: downtimeStatistics.optional(), reliability: reliability.optional().describe('comprehensive'), changeovers: changeovers.optional().describe('comprehensive'), trend: trend.optional().describe('comprehensive, over days'),
    }),
  }),
  oee_comparative_analysis: asks({
    path: `${OEE}/lines/{line_id}/oee-comparative-analysis`, tag, sentence: 'Like with like: against the time before, other equipment, or the target.',
    params: ofLine, query: z.strictObject({ comparison_days: z.int().min(1).default(30).describe('at most 365'), against: z.enum(['history', 'equipment', 'benchmark']).default('history') }),
    data: () => z.strictObject({
      against: z.string(), window,
      comparisons: z.array(z.strictObject({
        of: z.string(), with: z.string(), product: z.string().nullable(), shifts: z.int(), shifts_with: z.int(), oee: ratio, oee_with: ratio,
        difference_points: points.nullable(), by_loss: z.array(z.strictObject({ loss, points })).describe('what each loss adds to the difference; they add up to it'),
        p: z.number().nullable(), p_adjusted: z.number().nullable().describe('for all comparisons of this answer'), significant: z.boolean(),
      })),
      no_finding: z.string().nullable(),
    }),
  }),
  oee_alert_analysis: asks({
    path: `${OEE}/lines/{line_id}/oee-alert-analysis`, tag, sentence: 'How often and how long the OEE of a line was too low, and why.',
    params: ofLine, query: z.strictObject({ alert_threshold: z.number().min(0).max(1.5).default(0.7), days: z.int().min(1).default(7).describe('at most 90') }),
    data: () => z.strictObject({
      window, threshold: z.number(), critical_threshold: z.number(),
      alerts: z.array(z.strictObject({ at: instantText, cleared_at: instantText.nullable(), level: z.string(), oee: ratio, lasted_seconds: seconds })),
      below: z.strictObject({ hours: z.int(), critical_hours: z.int(), planned_hours: z.int(), planned_seconds: seconds, share: ratio }),
      causes: z.array(z.strictObject({ loss, seconds, points })).describe('in the hours below, largest first'),
      chattering: z.array(z.strictObject({ from: instantText, to: instantText, alerts: z.int() })).describe('three or more within an hour'), stale: z.array(instantText).describe('raised more than a day ago and still open'),
    }),
  }),
  oee_optimization_recommendations: asks({
    path: `${OEE}/lines/{line_id}/oee-optimization-recommendations`, tag, sentence: 'What would bring points back, with its evidence; and what the data do not say.', method: 'POST', status: 200,
    params: ofLine, query: z.strictObject({ optimization_focus: z.enum(['all', 'availability', 'performance', 'quality']).default('all'), horizon_days: z.int().min(1).default(30).describe('at most 90') }),
    data: () => z.strictObject({
      window, of: z.string().describe('the constraint: only its gain is the line\'s; where that moves with the product, the one for the longest planned time'), focus: z.string(),
      constraints: oee.shape.constraints.describe('where what limits the line moves with the product: all that did, each with the planned time of the line in which it limited it, the longest first. What follows looks at each in that time alone, and at what it made of these products'),
      recommendations: z.array(z.strictObject({
        equipment_code: z.string().describe('what limits the line: of it, and of the time in which it does'), share: z.number().describe('of the planned time of the line: that in which this equipment limited it'),
        title: z.string(), factor, loss: loss.nullable(), advice: z.string(), evidence, recoverable_points: points.nullable().describe('of the line, over all its planned time'), recoverable_parts: parts.nullable(),
        caution: z.string(),
      })),
      no_finding: z.array(z.strictObject({ equipment_code: z.string(), question: z.string(), why: z.string() })),
    }),
  }),
} as const
