/** One equipment: what it does, what blocks it, and what to do next. */

import { useEffect, useState } from 'preact/hooks'
import type { LineView } from '../../../contract/views.js'
import { useAsk } from '../data/asked.js'
import { now } from '../data/clock.js'
import { useDraft } from '../data/draft.js'
import { hearMore } from '../data/live.js'
import { mayI } from '../data/person.js'
import { seenCounts } from '../data/seen.js'
import { lines, metrics, oees } from '../data/store.js'
import { Opens } from '../parts/explain-link.js'
import { Link } from '../parts/link.js'
import { canSignOn } from '../parts/may.js'
import { Ratios } from '../parts/ratios.js'
import { StateIcon, toneOf } from '../parts/state.js'
import { Timeline } from '../parts/timeline.js'
import { length, number, percent, qualityOf, shortTime, stopwatch, words } from '../words/words.js'
import { CallPanel } from './calls.js'
import { NotFound } from './empty.js'
import { JobPanel } from './job-panel.js'
import { Reasons } from './reasons.js'
import { Rework } from './rework.js'
import { Scrap } from './scrap.js'

type Equipment = LineView['equipment'][number]

export function EquipmentPage({ code, line: lineCode }: { readonly code: string; readonly line: string }) {
  const line = lines.value?.get(lineCode)
  const equipment = line?.equipment.find(({ equipment_code }) => equipment_code === code)
  if (line === undefined || equipment === undefined) return <NotFound />
  return (
    <div class="equipment">
      <Banner equipment={equipment} />
      <div class="work">
        <div class="column">
          <Reasons equipment={equipment} />
          <Counts equipment={equipment} />
          <TimelinePanel line={line} code={code} />
        </div>
        <div class="column">
          <CallPanel code={code} calls={line.andons.filter((call) => call.equipment_code === code)} unseen={line.unseen.newest.filter((call) => call.equipment_code === code)} />
          <JobPanel equipment={equipment} />
        </div>
      </div>
      <Signals code={code} />
    </div>
  )
}

function Banner({ equipment }: { readonly equipment: Equipment }) {
  const { equipment: said, states } = words.value
  const { state, current_stop: stop, active_faults: faults } = equipment
  const why = state.reason?.name ?? stop?.cause?.fault_name
  return (
    <section class={`now tone-${toneOf[state.state]}`}>
      <StateIcon state={state.state} />
      <div class="now-what">
        <h1>{equipment.name}</h1>
        <p class="now-state"><b>{states[state.state]}</b>{why === undefined || why === null ? null : <span> · {why}</span>}</p>
        <p class="now-next">{nextOf(equipment)} <OverStandard equipment={equipment} /></p>
      </div>
      <div class="now-timer"><span>{said.since}</span><b>{stopwatch((now.value - Date.parse(state.since)) / 1_000)}</b></div>
      <ul class="now-faults" aria-label={said.faults}>{faults.map((fault) => <li key={fault.fault}>{fault.name}</li>)}</ul>
    </section>
  )
}

/** By how much a changeover is longer than it should be, while it lasts. Before it stands it has not begun. */
function OverStandard({ equipment: { state, production_context: { changeover, changeover_awaited: awaited } } }: { readonly equipment: Equipment }) {
  const open = changeover ?? awaited
  const standard = open?.standard_seconds ?? null
  if (open === undefined || standard === null || state.state === 'running') return null
  const over = (now.value - Date.parse(open.since)) / 1_000 - standard
  return over < 1 ? null : <b class="over-standard">{words.value.equipment.overStandard(stopwatch(over), length(standard))}</b>
}

function nextOf({ state, current_stop: stop, constraint, production_context: { changeover_awaited: awaited } }: Equipment): string {
  const { next } = words.value.equipment
  const isBlamed = stop?.cause?.blame.direction === 'internal' || constraint
  if (state.state === 'stopped' && stop?.reason !== null && stop !== null && isBlamed) return stop.provisional ? next.micro : ''
  return state.state === 'changeover' && awaited !== undefined ? next.awaited : next[state.state]
}

function Counts({ equipment }: { readonly equipment: Equipment }) {
  const { equipment: said, overview } = words.value
  const reading = oees.value.get(equipment.equipment_code)
  useEffect(() => hearMore('oee_update', equipment.equipment_code), [equipment.equipment_code])
  // Readings come when something has changed; who opens a machine that stands wants its figures, too.
  const first = useAsk('equipment', reading === undefined ? { equipment_code: equipment.equipment_code } : null)
  const oee = reading ?? first.data?.oee
  const counts = seenCounts(equipment)
  return (
    <section class="card">
      <h2>{said.counts}</h2>
      <div class="figures">
        <Opens of={oee?.explain} figure="good" class="figure"><span>{said.good}</span><b>{number(counts.good)}</b></Opens>
        <Opens of={oee?.explain} figure="reject" class="figure"><span>{said.reject}</span><b>{number(counts.reject)}</b></Opens>
        <Opens of={oee?.explain} figure="oee" class="figure"><span>{overview.oee}</span><b>{percent(equipment.oee)}</b></Opens>
      </div>
      {oee === undefined ? null : <Ratios oee={oee} />}
      <Entries equipment={equipment} />
    </section>
  )
}

/** What people count: scrap, and rejects that became good. One form is open at a time. */
function Entries({ equipment: { equipment_code: code, current_job: job } }: { readonly equipment: Equipment }) {
  const { equipment: said } = words.value
  const [open, setOpen] = useDraft(`scrap/${code}/open`)
  if (!mayI('report_quality') && !mayI('correct_counts') && !canSignOn()) return null
  const close = () => { setOpen('') }
  const left = job === null ? 0 : job.reject - job.reworked_good
  if (open === 'rework' && job !== null && left > 0) return <Rework code={code} job={job.job_id} left={left} close={close} />
  if (open === 'scrap') return <Scrap code={code} close={close} />
  return (
    <div class="choices">
      <button type="button" class="button" onClick={() => { setOpen('scrap') }}>{said.scrap}</button>
      {left > 0 ? <button type="button" class="button" onClick={() => { setOpen('rework') }}>{said.rework}</button> : null}
    </div>
  )
}

function TimelinePanel({ line, code }: { readonly line: LineView; readonly code: string }) {
  const { equipment: said } = words.value
  const from = line.shift?.from
  const { data } = useAsk('equipment_timeline', { equipment_code: code }, from === undefined ? {} : { from }, true)
  const last = data?.stops.find(({ micro, to }) => !micro && to !== null)
  return (
    <section class="card">
      <h2>{words.value.shift.timeline}</h2>
      {data === null ? <p class="muted">{said.noTimeline}</p> : <Timeline slices={data.slices} stops={data.stops} from={Date.parse(data.window.from)} to={Math.max(now.value, Date.parse(data.window.to))} />}
      {last === undefined ? null : <p><Link to={`/stop/${last.stop_id}`} class="row"><StateIcon state={last.state} /><span>{said.lastStop} {shortTime(last.from)} · {last.reason?.name ?? words.value.stop.noReason}</span><span class="timer">{stopwatch(last.seconds)}</span></Link></p>}
    </section>
  )
}

/** Every value with its quality and its age; what is old or cannot be believed is hatched. */
export function Signals({ code, title }: { readonly code: string; readonly title?: string }) {
  const { equipment: said } = words.value
  const [isOpen, setOpen] = useState(false)
  useEffect(() => isOpen ? hearMore('plc_metrics_update', code) : undefined, [code, isOpen])
  const first = useAsk('equipment_signals', isOpen ? { equipment_code: code } : null)
  const live = metrics.value.get(code)
  const signals = live?.signals ?? first.data?.signals ?? {}
  return (
    <details class="card" onToggle={(event) => { setOpen(event.currentTarget.open) }}>
      <summary><h2>{title === undefined ? said.signals : `${title} · ${said.signals}`}</h2></summary>
      <div class="scroll" tabIndex={0} role="region" aria-label={said.signals}><table>
        <thead><tr><th>{said.signal}</th><th class="number">{said.value}</th><th>{said.quality}</th><th class="number">{said.age}</th></tr></thead>
        <tbody>
          {Object.entries(signals).map(([name, signal]) => {
            const age = signal.at === null ? null : (now.value - Date.parse(signal.at)) / 1_000
            const isOld = signal.quality !== 'good' || age === null || age > OLD_SECONDS
            return <tr key={name} class={isOld ? 'hatched' : ''}><td><Link to={`/signal/${code}/${name}`}>{name}</Link></td><td class="number">{shown(signal.value)} {signal.unit}</td><td>{qualityOf(signal.quality)}</td><td class="number">{age === null ? '–' : length(age)}</td></tr>
          })}
        </tbody>
      </table></div>
    </details>
  )
}

/** Readings come once a second, those of slow scan classes somewhat later. */
const OLD_SECONDS = 10

const shown = (value: number | boolean | string | null): string => typeof value === 'boolean' ? value ? '1' : '0' : typeof value === 'number' ? number(value, Number.isInteger(value) ? 0 : 2) : value ?? '–'
