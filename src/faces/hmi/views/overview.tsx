/** A line at a glance: is it on target, what holds it up, who has been called. */

import { useMemo } from 'preact/hooks'
import type { AndonView, LineView } from '../../../contract/views.js'
import { useAsk } from '../data/asked.js'
import { now } from '../data/clock.js'
import { lines } from '../data/store.js'
import { Opens } from '../parts/explain-link.js'
import { Icon } from '../parts/icon.js'
import { Link } from '../parts/link.js'
import { Bar, Ratios, SmallRatios } from '../parts/ratios.js'
import { StateIcon, toneOf } from '../parts/state.js'
import { Ago, Timer } from '../parts/timer.js'
import { length, number, percent, shortTime, signed, stopwatch, words } from '../words/words.js'
import { NotFound } from './empty.js'

type Equipment = LineView['equipment'][number]

export function LinePage({ code }: { readonly code: string }) {
  const line = lines.value?.get(code)
  if (line === undefined) return <NotFound />
  return (
    <div class="overview">
      <h1 class="away">{line.name}</h1>
      <Score line={line} />
      <section aria-label={words.value.overview.flow}>
        <Blind line={line} />
        <ol class="flow">{line.equipment.map((one) => <Tile key={one.equipment_code} equipment={one} andons={line.andons} />)}</ol>
      </section>
      <div class="columns">
        <Calls line={line} />
        <Unexplained line={line} />
      </div>
    </div>
  )
}

/** All lines, the one that needs somebody first. */
export function LinesPage() {
  const urgency = (line: LineView) => line.andons.length * 10 + line.equipment.filter(({ state }) => toneOf[state.state] !== 'quiet').length
  const sorted = [...lines.value?.values() ?? []].sort((one, other) => urgency(other) - urgency(one))
  return (
    <div class="overview">
      <h1>{words.value.overview.lines}</h1>
      {sorted.map((line) => <section key={line.code} class="line-row"><h2><Link to={`/line/${line.code}`}>{line.name}</Link></h2><Score line={line} /></section>)}
    </div>
  )
}

function Score({ line }: { readonly line: LineView }) {
  const { overview } = words.value
  const { target_now: target, actual, gap } = line.target
  const { oee } = line
  const isBehind = gap !== null && gap < -0.5
  return (
    <section class="score" aria-label={overview.shift}>
      <div class="card figures">
        <Figure name={overview.target} value={number(target)} />
        <Opens of={oee.explain} figure="good" class="figure"><span>{overview.actual}</span><b>{number(actual)}</b></Opens>
        <div class={`figure ${isBehind ? 'is-behind' : ''}`}><span>{overview.gap}</span><b>{signed(gap)}</b><small>{gap === null ? '' : isBehind ? overview.behind : overview.ahead}</small></div>
      </div>
      <div class="card oee">
        <Opens of={oee.explain} figure="oee" class="figure"><span>{overview.oee}</span><b>{percent(oee.oee)}</b><Bar value={oee.oee} goal={line.target_oee} /><small>{overview.goal} {percent(line.target_oee)}</small></Opens>
        <Ratios oee={oee} />
      </div>
      <div class="card context">
        <p><b>{line.shift === null ? overview.noShift : line.shift.name}</b> {line.shift === null ? '' : `${shortTime(line.shift.from)}–${shortTime(line.shift.to)}`}{line.shift?.in_break === true ? ` · ${overview.inBreak}` : ''}</p>
        {line.next_planned === null ? null : <p class="muted">{overview.next}: {nameOf(line.next_planned.name)} {shortTime(line.next_planned.at)}</p>}
        <p class={oee.partial ? 'hatched' : 'muted'}><span>{oee.coverage === null ? overview.undefined : overview.coverage(percent(oee.coverage))}{oee.partial && oee.bounds.low !== null && oee.bounds.high !== null ? `, ${overview.oee} ${overview.bounds(percent(oee.bounds.low), percent(oee.bounds.high))}` : ''}</span></p>
      </div>
    </section>
  )
}

/** The plant's own names stay as they are; only the gateway's words are translated. */
const nameOf = (planned: string): string => planned.startsWith('end of ') ? words.value.overview.endOf(planned.slice(7)) : planned

const Figure = ({ name, value }: { readonly name: string; readonly value: string }) => <div class="figure"><span>{name}</span><b>{value}</b></div>

/** Which PLC is gone: what it feeds is not known, whatever the tiles still say. */
function Blind({ line }: { readonly line: LineView }) {
  const { data } = useAsk('line_plcs', { line_id: line.code }, {}, true)
  const gone = data?.plcs.filter(({ state }) => state !== 'online') ?? []
  if (gone.length === 0) return null
  return <div class="banner hatched" role="status"><Icon name="broken" /><div>{gone.map((plc) => <p key={plc.plc}>{words.value.link.noPlc(plc.plc)} {plc.fault} {plc.remedy}</p>)}</div></div>
}

/** Drawn again only when something about this machine has changed: a line may have dozens. */
function Tile({ equipment, andons }: { readonly equipment: Equipment; readonly andons: readonly AndonView[] }) {
  const said = words.value
  return useMemo(() => <TileFace equipment={equipment} calls={andons.filter((call) => call.equipment_code === equipment.equipment_code)} />, [equipment, andons, said])
}

function TileFace({ equipment, calls }: { readonly equipment: Equipment; readonly calls: readonly AndonView[] }) {
  const { overview, states } = words.value
  const { state, counts, current_stop: stop } = equipment
  const fault = equipment.active_faults[0]
  const why = state.reason?.name ?? stop?.cause?.fault_name ?? fault?.name
  return (
    <li>
      <Link to={`/equipment/${equipment.equipment_code}`} class={`tile tone-${toneOf[state.state]}`}>
        <div class="tile-head"><h2>{equipment.name}</h2>{equipment.constraint ? <span class="tag"><Icon name="flag" />{overview.constraint}</span> : null}</div>
        <p class="tile-state"><StateIcon state={state.state} /><b>{states[state.state]}</b><Timer since={state.since} /></p>
        <p class="tile-why">{state.state === 'running' ? `${number(equipment.speed)} ${overview.perMinute}` : why ?? ' '}</p>
        <p class="tile-counts"><span><b>{number(counts.good)}</b> {overview.good}</span><span><b>{number(counts.reject)}</b> {overview.reject}</span></p>
        <SmallRatios availability={equipment.availability} performance={equipment.performance} quality={equipment.quality} />
        {calls.map((call) => <p key={call.andon_id} class="tile-call"><Icon name="bell" />{words.value.callTypes[call.andon_type]} · <Ago since={call.raised_at} /></p>)}
      </Link>
    </li>
  )
}

function Calls({ line }: { readonly line: LineView }) {
  const { overview, equipment, callTypes, priorities } = words.value
  return (
    <section class="card">
      <h2>{overview.calls}</h2>
      {line.andons.length === 0 ? <p class="muted">{overview.noCalls}</p> : null}
      <ul class="rows">
        {line.andons.map((call) => (
          <li key={call.andon_id}>
            <Link to={call.equipment_code === null ? '/' : `/equipment/${call.equipment_code}`} class={`row ${call.status === 'raised' ? 'is-open' : ''}`}>
              <Icon name={call.status === 'raised' ? 'bell' : 'eye'} />
              <span><b>{callTypes[call.andon_type]}</b> · {nameAt(line, call.equipment_code)} <small>{priorities[call.priority]}</small><br /><small>{answerOf(call, equipment)}</small></span>
              <Timer since={call.raised_at} />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}

const nameAt = (line: LineView, code: string | null): string => line.equipment.find(({ equipment_code }) => equipment_code === code)?.name ?? line.name

/** Who has answered a call, and when. */
export function answerOf(call: AndonView, said: typeof words.value.equipment): string {
  if (call.attended_by !== null) return said.here(call.attended_by)
  if (call.acknowledged_by !== null && call.acknowledged_at !== null) return said.seenBy(call.acknowledged_by, length((now.value - Date.parse(call.acknowledged_at)) / 1_000))
  return said.waitingFor
}

function Unexplained({ line }: { readonly line: LineView }) {
  const { overview } = words.value
  const { data } = useAsk('stops', {}, { line_id: line.code, explained: false, include_micro_stops: false, limit: 6, ...(line.shift === null ? {} : { from: line.shift.from }) }, true)
  const stops = data?.stops.filter(({ provisional }) => !provisional)
  return (
    <section class="card">
      <h2>{overview.stops}</h2>
      {stops?.length === 0 ? <p class="muted">{overview.noStops}</p> : null}
      <ul class="rows">
        {stops?.map((stop) => (
          <li key={stop.stop_id}><Link to={`/stop/${stop.stop_id}`} class="row"><StateIcon state={stop.state} /><span><b>{nameAt(line, stop.equipment_code)}</b> · {shortTime(stop.from)}</span>{stop.to === null ? <Timer since={stop.from} /> : <span class="timer">{stopwatch(stop.seconds)}</span>}</Link></li>
        ))}
      </ul>
    </section>
  )
}
