/** Answers of the production routes. What is live comes as the view of the turn; what is past comes from the journal. */

import { type Instant, later } from '../../base/units.js'
import { andonFacts, andonStatistics, andonsOf } from '../../analysis/andons.js'
import { downtimeStatistics } from '../../analysis/downtime.js'
import { stopsWithin } from '../../analysis/stops.js'
import { targetParts } from '../../analysis/target.js'
import { constraintFor } from '../../contract/constraint.js'
import type { Desk, LiveView } from '../../contract/desk.js'
import type { DataOf, QueryOf } from '../../contract/endpoints/table.js'
import type { Fact } from '../../contract/events/catalogue.js'
import type { LossRow } from '../../contract/losses.js'
import type { Oee } from '../../contract/oee.js'
import { isRefusal, refuse } from '../../contract/refusals.js'
import type { StopView, ViewData, ViewName, ViewOptions } from '../../contract/views.js'
import type { Handlers } from './ask.js'
import { DAY_MS, allFacts, lastHours, windowOf } from './history.js'
import { stopsOver } from './stop-list.js'

type Names = 'production_status' | 'real_time_oee' | 'job_progress' | 'production_metrics' | 'downtime_status' | 'andon_status'
type Metrics = DataOf<'production_metrics'>['line_metrics']

const HOUR_SECONDS = 3_600

export function productionHandlers(desk: Desk): Pick<Handlers, Names> {
  return {
    production_status: ({ params, query }) => desk.view('production_status', params.equipment_code, statusOptions(query)),

    real_time_oee({ query, line }) {
      const { equipment_code: equipment, window } = query
      const view = desk.view('real_time_oee', line!, equipment === undefined ? { window } : { window, equipment })
      return query.include_trends ? withTrends(view, line!, equipment) : view
    },

    job_progress: ({ params, query }) => desk.view('job_progress', params.equipment_code, query.include_plc_metrics ? {} : { without: ['plc_metrics'] }),

    async production_metrics({ query, line }) {
      const period = lastHours(desk, query.time_period_hours)
      if (isRefusal(period)) return period
      const config = desk.config.lines.find(({ code }) => code === line)!
      const codes = config.equipment.map(({ code }) => code)
      const rows = await desk.rows({ equipment: codes, ...period })
      const [lineOee, ...oees] = await Promise.all([line!, ...codes].map((of) => desk.oee({ of, ...period })))
      const metricsOf = (oee: Oee, isMeant: (row: LossRow) => boolean): Omit<Metrics, 'active_andons'> => metrics(oee, rows.filter(isMeant), config.target_oee)
      const { active_events } = dataOf(desk.view('andon_now', line!), 'andon_now')
      return {
        window: windowOf(period),
        // The pace of a line is that of what limits it.
        line_metrics: { ...metricsOf(lineOee!, (row) => row.equipment === constraintFor(config, row.product).code), active_andons: active_events.length },
        ...(query.include_equipment_breakdown ? { equipment_metrics: Object.fromEntries(codes.map((code, i) => [code, metricsOf(oees[i]!, (row) => row.equipment === code)])) } : {}),
      }
    },

    async downtime_status({ params, query, line }) {
      const equipment = params.equipment_code
      const period = lastHours(desk, query.history_hours)
      if (isRefusal(period)) return period
      const { from, to } = period
      const live = dataOf(desk.view('downtime_now', equipment), 'downtime_now')
      const [told, rows] = await Promise.all([stopsOver(desk, line!, equipment, { from, to }), desk.rows({ equipment: [equipment], from, to })])
      if (isRefusal(told)) return told
      const stops = stopsWithin(withLive(told, live.current_downtime), from, to)
      return {
        ...(query.include_current_downtime ? { current_downtime: live.current_downtime } : {}),
        ...(query.include_downtime_history ? { downtime_history: stops } : {}),
        downtime_statistics: downtimeStatistics(stops, rows, from, to),
      }
    },

    async andon_status({ query, line }) {
      const period = lastHours(desk, query.recent_hours)
      if (isRefusal(period)) return period
      const { from, to } = period
      const { active_events } = dataOf(desk.view('andon_now', line!), 'andon_now')
      const [facts, oee] = await Promise.all([allFacts(desk, { types: andonFacts, line: line!, from }), desk.oee({ of: line!, from, to })])
      if (!Array.isArray(facts)) return facts
      const recent = andonsOf(facts).toReversed()
      return {
        ...(query.include_active_events ? { active_events } : {}),
        ...(query.include_recent_events ? { recent_events: recent } : {}),
        andon_statistics: { ...andonStatistics(recent, from, to, oee.counts.total), active: active_events.length },
      }
    },
  }

  /** The closed hours of the last day beside the live figures. */
  async function withTrends(view: LiveView, line: string, equipment: string | undefined): Promise<DataOf<'real_time_oee'>> {
    const live = dataOf(view, 'real_time_oee')
    const facts = await allFacts(desk, { types: ['oee_recorded'], line, from: later(desk.now(), -DAY_MS) })
    if (isRefusal(facts)) return { ...live, trends: {} }
    return { ...live, trends: trendsOf(facts, line, equipment) }
  }
}

export const unknownEquipment = (equipment_code: string) => refuse('EQUIPMENT_UNKNOWN', { equipment_code })

/** The data of a view: made by our own core, and held to its schema by the tests of core. */
export const dataOf = <N extends ViewName>(view: LiveView, _name: N): ViewData<N> => JSON.parse(view.json.toString()) as ViewData<N>

/** The live view knows the stop that stands now, however long ago it began. */
export function withLive(stops: readonly StopView[], live: StopView | null): StopView[] {
  return live === null ? [...stops] : [...stops.filter((stop) => stop.stop_id !== live.stop_id), live]
}

function statusOptions({ include_plc_data, include_oee, include_downtime }: QueryOf<'production_status'>): ViewOptions {
  const without = [...(include_plc_data ? [] : ['plc_data'] as const), ...(include_oee ? [] : ['oee'] as const), ...(include_downtime ? [] : ['downtime'] as const)]
  return without.length === 0 ? {} : { without }
}

function metrics(oee: Oee, rows: readonly LossRow[], targetOee: number): Omit<Metrics, 'active_andons'> {
  const { counts, times } = oee
  const plannedHours = times.planned_production / HOUR_SECONDS
  return {
    produced: counts.total, target: targetParts(rows, targetOee), good: counts.good, reject: counts.startup_reject + counts.production_reject,
    quality: oee.quality, oee, downtime_hours: (times.unplanned_stop + times.planned_stop) / HOUR_SECONDS,
    throughput_per_hour: plannedHours === 0 ? null : counts.good / plannedHours,
  }
}

type Trends = NonNullable<DataOf<'real_time_oee'>['trends']>

/** A later revision of an hour replaces the earlier one. */
function trendsOf(facts: readonly Fact[], line: string, equipment: string | undefined): Trends {
  const hours = new Map<string, Map<Instant | string, Trends[string][number]>>()
  for (const fact of facts) {
    if (fact.type !== 'oee_recorded' || fact.body.interval !== 'hour') continue
    const of = fact.equipment ?? line
    if (equipment !== undefined && of !== equipment && of !== line) continue
    const { window, oee, availability, performance, quality, coverage } = fact.body.figures
    const own = hours.get(of) ?? new Map<string, Trends[string][number]>()
    own.set(fact.body.key, { ...window, oee, availability, performance, quality, coverage })
    hours.set(of, own)
  }
  return Object.fromEntries([...hours].map(([of, own]) => [of, [...own.values()]]))
}
