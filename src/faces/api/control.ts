/** Answers about process control: rows and summaries come from the reading thread in small pages, what they mean from `analysis`. */

import { rules as sentences, rulesByDefault } from '../../analysis/chart.js'
import { type Point, type RunMinute, controlOf, mostMade, pointsOf, runMinutes } from '../../analysis/control.js'
import { type Candidate, STOPS_MIN, indicatorsOf } from '../../analysis/indicators.js'
import { type Window, minutesAround, windowsAround } from '../../analysis/quiet.js'
import { spoken } from '../../analysis/words/spoken.js'
import { given } from '../../base/assert.js'
import { type Instant, instant, instantOf, later, rfc3339 } from '../../base/units.js'
import type { SignalConfig } from '../../contract/config.js'
import type { Desk } from '../../contract/desk.js'
import type { Summary } from '../../contract/journal.js'
import type { LossRow } from '../../contract/losses.js'
import { isRefusal, refuse } from '../../contract/refusals.js'
import type { Handlers } from './ask.js'
import { DAY_MS, type Period, periodOf, windowOf } from './history.js'
import { signalOf, signalsOf, slotOf, unitOf } from './signal.js'
import { stopsOver } from './stop-list.js'

const CHART_DAYS_MAX = 7
const LEAD_DAYS_MAX = 30
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** Rows and summaries cross to this thread in pieces that do not hold it. */
const ROWS_HOURS = 6
const WINDOWS_PER_PAGE = 500

export function controlHandlers(desk: Desk): Pick<Handlers, 'control_chart' | 'lead_indicators'> {
  return {
    async control_chart({ params, query, line, language }) {
      const { control: said } = spoken[language]
      const of = params.equipment_code
      const period = periodOf(desk, query, line, CHART_DAYS_MAX * DAY_MS)
      if (isRefusal(period)) return period
      const baseline = query.baseline_from === undefined && query.baseline_to === undefined ? { from: later(period.from, period.from - period.to), to: period.from }
        : periodOf(desk, { from: query.baseline_from, to: query.baseline_to }, line, CHART_DAYS_MAX * DAY_MS)
      if (isRefusal(baseline)) return baseline
      const signal = query.signal === 'cycle_time' ? null : signalOf(desk, of, query.signal)
      if (signal === undefined) return refuse('BODY_MISFIT', [{ path: 'signal', message: `no signal of ${of}; it has ${Object.keys(signalsOf(desk, of)).join(', ')}` }])

      const [ran, ranBefore] = [runMinutes(await rowsOf(of, period)), runMinutes(await rowsOf(of, baseline))]
      const product = query.product ?? mostMade(ran)
      const read = async (minutes: readonly RunMinute[]) => pointsOf(await valuesOf(minutes.filter((minute) => minute.product === product), signal), query.minutes)
      const { limits, points, found } = controlOf(await read(ranBefore), await read(ran), query.rules ?? rulesByDefault, query.points_min)
      return {
        window: windowOf(period), baseline: windowOf(baseline), equipment_code: of, signal: query.signal, unit: signal === null ? 's' : unitOf(desk, signal),
        product, products: [...new Set(ran.map((minute) => minute.product))],
        limits: limits === null ? null : {
          n: limits.n, mean: limits.mean, sigma: limits.sigma, low: limits.low, high: limits.high, range_mean: limits.rangeMean, range_high: limits.rangeHigh, autocorrelation: limits.autocorrelation,
        },
        points: points.map(({ at, value, range, rules }) => ({ at: rfc3339(at), value, range, rules: [...rules] })),
        found: found.map(({ rule, points: count }) => ({ rule, sentence: sentences[rule], points: count })),
        no_finding: limits === null ? said.fewPoints(String(query.points_min)) : points.length === 0 ? said.nothingMade : found.length === 0 ? said.nothing : null,
      }
    },

    async lead_indicators({ params, query, line, language }) {
      const { control: said } = spoken[language]
      if (query.days > LEAD_DAYS_MAX) return refuse('WINDOW_TOO_LARGE', { days_max: LEAD_DAYS_MAX })
      const of = params.equipment_code
      const to = instant(Math.floor(desk.now() / MINUTE_MS) * MINUTE_MS)
      const period = { from: later(to, -query.days * DAY_MS), to }
      const stops = await stopsOver(desk, line!, of, period)
      if (isRefusal(stops)) return stops
      const asked = stops.filter((stop) => !stop.micro && (query.reason === undefined ? (stop.reason?.category ?? 'unplanned') === 'unplanned' : stop.reason?.code === query.reason))
      const begins = (list: typeof stops): Instant[] => list.map((stop) => given(instantOf(stop.from), 'an instant'))
      const minutes = runMinutes(await rowsOf(of, minutesAround(period.from, period.to)))
      const { beforeStops, quiet } = windowsAround(begins(asked), begins(stops), minutes, query.before * 1_000, query.gap * 1_000)
      const base = { window: windowOf(period), equipment_code: of, reason: query.reason ?? null, stops: beforeStops.length, controls: quiet.length }
      if (beforeStops.length < STOPS_MIN) return { ...base, looked_at: 0, indicators: [], no_finding: said.fewStops(String(beforeStops.length), String(STOPS_MIN)) }
      const candidates = await candidatesOf(line!, beforeStops, quiet)
      const shown = indicatorsOf(candidates).filter((indicator) => indicator.shown)
      return {
        ...base, looked_at: candidates.length,
        indicators: shown.map(({ signal, stops: n, controls, auc, p, lift, holds }) => {
          const [equipment = '', name = '', summary = ''] = signal.split(' ')
          return {
            // The name was made of these three below.
            equipment_code: equipment, signal: name, summary: summary as 'mean' | 'change' | 'on', stops: n, controls, auc, p_adjusted: p,
            lift: lift === null ? null : { value: lift.value, before_stops: lift.beforeStops, quiet: lift.quiet }, holds_later: holds,
          }
        }),
        no_finding: shown.length === 0 ? said.noSignal : null,
      }
    },
  }

  async function rowsOf(equipment: string, { from, to }: Period): Promise<LossRow[]> {
    const rows: LossRow[] = []
    for (let at = from; at < to; at = later(at, ROWS_HOURS * HOUR_MS)) {
      rows.push(...await desk.rows({ equipment: [equipment], from: at, to: instant(Math.min(to, at + ROWS_HOURS * HOUR_MS)) }))
    }
    return rows
  }

  /** The cycle time of the minutes, or the mean of a signal in those that ran through. */
  async function valuesOf(minutes: readonly RunMinute[], signal: SignalConfig | null): Promise<Point[]> {
    if (signal === null) return minutes.flatMap(({ at, cycleSeconds }) => (cycleSeconds === null ? [] : [{ at, value: cycleSeconds }]))
    const whole = minutes.filter((minute) => minute.whole)
    const summaries = await summariesOf(signal, whole.map(({ at }) => ({ from: at, to: later(at, MINUTE_MS) })))
    return whole.flatMap(({ at }, i) => (summaries[i]!.mean === null ? [] : [{ at, value: summaries[i]!.mean * signal.scale + signal.offset }]))
  }

  async function summariesOf(signal: SignalConfig, windows: readonly Window[]): Promise<Summary[]> {
    const summaries: Summary[] = []
    for (let i = 0; i < windows.length; i += WINDOWS_PER_PAGE) summaries.push(...await desk.summaries({ ...slotOf(signal), windows: windows.slice(i, i + WINDOWS_PER_PAGE) }))
    return summaries
  }

  /** Every signal of the line that is a number or a bit: its level and its change, or whether it was on. Counters tell how fast it runs. */
  async function candidatesOf(line: string, beforeStops: readonly Window[], quiet: readonly Window[]): Promise<Candidate[]> {
    const candidates: Candidate[] = []
    for (const { code, signals } of given(desk.config.lines.find((one) => one.code === line), 'a line that was found').equipment) {
      for (const [name, signal] of Object.entries(signals)) {
        if (NO_CANDIDATES.includes(name)) continue
        const [before, calm] = [await summariesOf(signal, beforeStops), await summariesOf(signal, quiet)]
        const all = [...before, ...calm].filter(({ n }) => n > 0)
        const isBit = all.length > 0 && all.every(({ min, max }) => (min === 0 || min === 1) && (max === 0 || max === 1))
        for (const [summary, value] of isBit ? [['on', wasOn] as const] : COUNTERS.includes(name) ? [['change', changed] as const] : [['mean', level] as const, ['change', changed] as const]) {
          candidates.push({ signal: `${code} ${name} ${summary}`, beforeStops: before.flatMap(value), quiet: calm.flatMap(value) })
        }
      }
    }
    return candidates
  }
}

/** Names of things are no quantities, and what says that a machine stands is no sign that it will. */
const NO_CANDIDATES: readonly string[] = ['job', 'product', 'state', 'mode', 'running', 'first_out', 'fault_word']
const COUNTERS: readonly string[] = ['total_count', 'good_count', 'reject_count']

const level = ({ mean }: Summary): number[] => mean === null ? [] : [mean]
const changed = ({ first, last }: Summary): number[] => first === null || last === null ? [] : [last - first]
const wasOn = ({ max }: Summary): number[] => max === null ? [] : [max]
