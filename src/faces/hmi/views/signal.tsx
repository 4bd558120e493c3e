/** What one signal was over a period, as the PLC gave it: the raw readings behind counts and states. */

import { useAsk } from '../data/asked.js'
import { choose, place } from '../data/place.js'
import { liveEquipment } from '../data/store.js'
import { sentenceOf } from '../parts/action.js'
import { Choice } from '../parts/choice.js'
import { lazy } from '../parts/lazy.js'
import { Link } from '../parts/link.js'
import { clockTime, dateTime, number, words } from '../words/words.js'
import { Connecting } from './empty.js'

/** The chart is the largest library of the screens, and few people ever open it. */
const Chart = lazy(async () => (await import('../parts/chart.js')).Chart)

const spans = [1, 10, 60, 480, 1_440] as const
const POINTS_MAX = 4_000
const MINUTE_MS = 60_000

export function SignalPage({ equipment, signal }: { readonly equipment: string; readonly signal: string }) {
  const { signal: said } = words.value
  const { query } = place.value
  const from = query.get('from')
  const to = query.get('to')
  const { data, refusal } = useAsk('signal_history', { equipment_code: equipment, signal }, { points: POINTS_MAX, ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) })
  const window = data?.window
  const minutes = window === undefined ? 0 : Math.round((Date.parse(window.to) - Date.parse(window.from)) / MINUTE_MS)
  const end = window === undefined ? 0 : Date.parse(window.to)
  /** Around the same end, so that a person can look further back from where they are. */
  const show = (span: number, last = end) => { choose({ from: new Date(last - span * MINUTE_MS).toISOString(), to: new Date(last).toISOString() }) }
  return (
    <div class="analysis">
      <div class="analysis-head">
        <h1>{signal} <small class="muted">{window === undefined ? '' : `${dateTime(window.from)} – ${minutes < 60 ? clockTime(window.to) : dateTime(window.to)}`}</small></h1>
        <Link to={`/equipment/${equipment}`} class="button">{liveEquipment(equipment).value?.name ?? equipment}</Link>
      </div>
      {window === undefined ? null : (
        <div class="choices-row">
          <Choice name={said.span} of={spans.map((span) => [String(span), said.spans[span]])} chosen={String(minutes)} pick={(span) => { show(Number(span)) }} />
          <button type="button" class="button" onClick={() => { show(minutes, end - minutes * MINUTE_MS) }}>{said.earlier}</button>
          <button type="button" class="button" onClick={() => { show(minutes, end + minutes * MINUTE_MS) }}>{said.later}</button>
        </div>
      )}
      <section class="card">
        {refusal !== null ? <p>{sentenceOf(refusal)}</p> : data === null ? <Connecting /> : data.points.every(({ value }) => value === null) ? <p class="muted">{said.none}</p> : <Chart points={data.points} unit={data.unit} name={signal} window={data.window} />}
        {data === null ? null : <p class="muted">{said.count(number(data.points.length))}</p>}
      </section>
    </div>
  )
}
