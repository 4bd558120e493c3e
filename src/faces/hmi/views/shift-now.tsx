/** Where the shift went: the picture for the morning meeting. */

import type { DataOf } from '../../../contract/endpoints/table.js'
import type { LineView } from '../../../contract/views.js'
import { useAsk } from '../data/asked.js'
import { now } from '../data/clock.js'
import { choose, place } from '../data/place.js'
import { lines } from '../data/store.js'
import { Choice } from '../parts/choice.js'
import { oneOf } from '../parts/one-of.js'
import { Opens } from '../parts/explain-link.js'
import { Pareto } from '../parts/pareto.js'
import { Ratios } from '../parts/ratios.js'
import { Timeline } from '../parts/timeline.js'
import { Trend, TrendSentence } from '../parts/trend.js'
import { Waterfall } from '../parts/waterfall.js'
import { length, number, percent, words } from '../words/words.js'

const windows = ['shift', 'hour', 'day'] as const
const spans = [8, 24, 168] as const

export function ShiftNow({ line: code }: { readonly line: string }) {
  const { shift: said, overview } = words.value
  const line = lines.value?.get(code)
  const { query } = place.value
  const window = oneOf(windows, query.get('window'))
  const constraint = line?.equipment.find((one) => one.constraint) ?? line?.equipment[0]
  const chosen = line?.equipment.find(({ equipment_code }) => equipment_code === query.get('equipment')) ?? constraint
  const answer = useAsk('real_time_oee', { line_id: code }, { window, include_trends: true }, true)
  const analytics = useAsk('oee_analytics', { line_id: code }, { window })
  if (line === undefined || chosen === undefined) return null
  const oee = query.get('equipment') === null ? answer.data?.line_oee : answer.data?.equipment_oee[chosen.equipment_code]
  const trend = answer.data?.trends?.[query.get('equipment') === null ? line.code : chosen.equipment_code] ?? answer.data?.trends?.['line']
  return (
    <>
      <div class="analysis-head">
        <Choice name={said.window} of={windows.map((one) => [one, said.windows[one]])} chosen={window} pick={(to) => { choose({ window: to }) }} />
        <Choice name={said.equipment} of={[['', line.name], ...line.equipment.map((one) => [one.equipment_code, one.name] as const)]} chosen={query.get('equipment') ?? ''} pick={(to) => { choose({ equipment: to === '' ? null : to }) }} />
      </div>
      <div class="columns">
        <section class="card">
          <h2>{said.losses}</h2>
          {oee === undefined ? <p class="muted">{said.noData}</p> : <Waterfall times={oee.times} />}
        </section>
        <section class="card">
          <Opens of={oee?.explain} figure="oee" class="figure-line"><h2>{overview.oee} <b>{percent(oee?.oee, 1)}</b></h2></Opens>
          <p>{oee?.partial === true ? <small class="muted">{overview.coverage(percent(oee.coverage))}, {overview.bounds(percent(oee.bounds.low), percent(oee.bounds.high))}</small> : null}</p>
          {oee === undefined ? null : <Ratios oee={oee} />}
          {trend === undefined || trend.length === 0 ? null : <><h3>{said.trend}</h3><Trend points={trend.slice(-12)} goal={line.target_oee} /></>}
          {analytics.data === null ? null : <TrendSentence trend={(query.get('equipment') === null ? analytics.data.line : analytics.data.equipment[chosen.equipment_code])?.trend ?? null} step={said.perHour} />}
        </section>
      </div>
      <section class="card">
        <h2>{said.timeline}</h2>
        {line.equipment.map((one) => <Band key={one.equipment_code} line={line} code={one.equipment_code} name={one.name} />)}
      </section>
      <Downtime code={chosen.equipment_code} name={chosen.name} />
    </>
  )
}

function Band({ line, code, name }: { readonly line: LineView; readonly code: string; readonly name: string }) {
  const { data } = useAsk('equipment_timeline', { equipment_code: code }, line.shift === null ? {} : { from: line.shift.from }, true)
  return <div class="band"><h3>{name}</h3>{data === null ? null : <Timeline slices={data.slices} stops={data.stops} from={Date.parse(data.window.from)} to={Math.max(now.value, Date.parse(data.window.to))} />}</div>
}

function Downtime({ code, name }: { readonly code: string; readonly name: string }) {
  const { shift: said } = words.value
  const { query } = place.value
  const hours = oneOf(spans, query.get('hours'))
  const by = oneOf(['minutes', 'count'] as const, query.get('by'))
  const { data } = useAsk('downtime_status', { equipment_code: code }, { history_hours: hours, include_downtime_history: false }, true)
  return (
    <section class="card">
      <div class="analysis-head">
        <h2>{said.pareto} · {name}</h2>
        <Choice name={said.window} of={spans.map((one) => [String(one), said.history[one]])} chosen={String(hours)} pick={(to) => { choose({ hours: to }) }} />
        <Choice name={said.pareto} of={[['minutes', said.byMinutes], ['count', said.byCount]]} chosen={by} pick={(to) => { choose({ by: to }) }} />
      </div>
      {data === null ? null : <Statistics statistics={data.downtime_statistics} by={by} />}
    </section>
  )
}

function Statistics({ statistics, by }: { readonly statistics: DataOf<'downtime_status'>['downtime_statistics']; readonly by: 'minutes' | 'count' }) {
  const { shift: said } = words.value
  if (statistics.pareto.length === 0) return <p class="muted">{said.nothing}</p>
  return (
    <div class="columns">
      <Pareto entries={statistics.pareto} by={by} />
      <dl class="facts">
        <dt>{said.stops}</dt><dd>{number(statistics.events)}</dd>
        <dt>{said.loss.micro_stop}</dt><dd>{number(statistics.micro_stops)}</dd>
        <dt>{said.mtbf}</dt><dd>{statistics.mtbf_hours === null ? '–' : length(statistics.mtbf_hours * 3_600)}</dd>
        <dt>{said.mttr}</dt><dd>{statistics.mttr_minutes === null ? '–' : length(statistics.mttr_minutes * 60)}</dd>
        <dd class="whole">{said.explained(percent(statistics.reason_coverage))}</dd>
      </dl>
    </div>
  )
}
