/** One stop: what was seen before and after it, what rose first, and whom the controls blame. */

import type { StopView } from '../../../contract/views.js'
import { useAsk } from '../data/asked.js'
import { now } from '../data/clock.js'
import { lineOf } from '../data/store.js'
import { sentenceOf } from '../parts/action.js'
import { Link } from '../parts/link.js'
import { Recorder } from '../parts/recorder.js'
import { StateBadge } from '../parts/state.js'
import { Timeline } from '../parts/timeline.js'
import { clockTime, dateTime, stopwatch, words } from '../words/words.js'
import { Connecting, NotFound } from './empty.js'
import { ReasonPanel } from './reasons.js'

export function StopPage({ id }: { readonly id: string }) {
  const { stop: said } = words.value
  const { data, refusal } = useAsk('stop', { stop_id: id }, {}, true)
  if (refusal !== null) return refusal.code === 'STOP_UNKNOWN' ? <NotFound /> : <p class="empty">{sentenceOf(refusal)}</p>
  if (data === null) return <Connecting />
  const { stop, flight_recorder: recorder } = data
  const line = lineOf(stop.equipment_code)
  const equipment = line?.equipment.find(({ equipment_code }) => equipment_code === stop.equipment_code)
  const neighbours = line?.equipment.filter(({ equipment_code }) => equipment_code !== stop.equipment_code) ?? []
  return (
    <div class="analysis">
      <div class="analysis-head">
        <h1>{said.title} <small class="muted">{stop.stop_id}</small></h1>
        <Link to={`/equipment/${stop.equipment_code}`} class="button">{equipment?.name ?? stop.equipment_code}</Link>
      </div>
      <div class="columns">
        <section class="card">
          <p><StateBadge state={stop.state} /> {stop.micro ? <span class="tag">{said.micro}</span> : null}</p>
          <dl class="facts">
            <dt>{said.from}</dt><dd>{dateTime(stop.from)}</dd>
            <dt>{said.to}</dt><dd>{stop.to === null ? said.now : clockTime(stop.to)}</dd>
            <dt>{said.lasted}</dt><dd>{stopwatch(stop.to === null ? (now.value - Date.parse(stop.from)) / 1_000 : stop.seconds)}</dd>
          </dl>
          <Cause stop={stop} />
        </section>
        <ReasonPanel key={stop.revision} stop={stop} />
      </div>
      <section class="card"><h2>{said.signals}</h2><Recorder recorder={recorder} from={stop.from} to={stop.to} /></section>
      <div class="columns">
        <section class="card">
          <h2>{said.faults}</h2>
          {recorder.faults.length === 0 ? <p class="muted">{said.none}</p> : <table><tbody>{recorder.faults.map((fault) => <tr key={`${fault.fault}${fault.at}${fault.rose}`}><td>{clockTime(fault.at)}</td><td>{fault.name}</td><td class="muted">{fault.rose ? said.rose : said.fell}</td></tr>)}</tbody></table>}
        </section>
        <section class="card">
          <h2>{said.neighbours}</h2>
          {neighbours.map((one) => <Neighbour key={one.equipment_code} code={one.equipment_code} name={one.name} window={recorder.window} />)}
        </section>
      </div>
      {stop.notes.length === 0 ? null : <section class="card"><h2>{said.notes}</h2>{stop.notes.map((note) => <p key={note.at}>{note.note} <small class="muted">{note.by} {dateTime(note.at)}</small></p>)}</section>}
    </div>
  )
}

function Cause({ stop: { cause } }: { readonly stop: StopView }) {
  const { stop: said } = words.value
  if (cause === null) return null
  const blamed = cause.blame.equipment === null ? null : lineOf(cause.blame.equipment)?.equipment.find(({ equipment_code }) => equipment_code === cause.blame.equipment)?.name
  return (
    <dl class="facts">
      {cause.fault_name === null ? null : <><dt>{said.first}</dt><dd><b>{cause.fault_name}</b>{cause.ambiguous ? <small class="muted"> {said.ambiguous}</small> : null}</dd></>}
      <dt>{said.cause}</dt><dd>{said[cause.blame.direction]}{blamed === null || blamed === undefined ? '' : ` · ${blamed}`}</dd>
    </dl>
  )
}

function Neighbour({ code, name, window }: { readonly code: string; readonly name: string; readonly window: { readonly from: string; readonly to: string } }) {
  const { data } = useAsk('equipment_timeline', { equipment_code: code }, window)
  return <div class="band"><h3>{name}</h3>{data === null ? null : <Timeline slices={data.slices} stops={data.stops} from={Date.parse(window.from)} to={Date.parse(window.to)} />}</div>
}
