/** A line at a glance: is it on target, what holds it up, who has been called. */

import { type ReadonlySignal, useComputed } from '@preact/signals'
import type { AndonView, LineView } from '../../../contract/views.js'
import { useAsk } from '../data/asked.js'
import { now } from '../data/clock.js'
import { seenCounts, seenTarget } from '../data/seen.js'
import { type Place, lines, liveEquipment, places } from '../data/store.js'
import { Opens } from '../parts/explain-link.js'
import { Icon } from '../parts/icon.js'
import { Link } from '../parts/link.js'
import { Bar, Ratios, SmallRatios, slotsOfRatios } from '../parts/ratios.js'
import { StateIcon, toneOf } from '../parts/state.js'
import { useSlots } from '../parts/text.js'
import { Ago, Timer } from '../parts/timer.js'
import { length, number, percent, shortTime, signed, stopwatch, words } from '../words/words.js'
import { NotFound } from './empty.js'
import { Unseen } from './unseen.js'

type Equipment = LineView['equipment'][number]

export function LinePage({ code }: { readonly code: string }) {
  const place = places.value?.find((one) => one.code === code)
  if (place === undefined) return <NotFound />
  return (
    <div class="overview">
      <h1 class="away">{place.name}</h1>
      <Score line={code} />
      <section aria-label={words.value.overview.flow}>
        <Blind line={code} />
        <Flow place={place} />
      </section>
      <div class="columns">
        <Calls place={place} />
        <Unexplained place={place} />
      </div>
    </div>
  )
}

/** One member of a live line; whoever shows it looks again when it has changed, and not when its neighbours have. */
function useLine<T>(code: string, pick: (line: LineView) => T): T | undefined {
  return useComputed(() => { const line = lines.value?.get(code); return line === undefined ? undefined : pick(line) }).value
}
const NO_CALLS: readonly AndonView[] = []
const NO_UNSEEN: LineView['unseen'] = { count: 0, newest: [] }

function Flow({ place }: { readonly place: Place }) {
  const calls = useLine(place.code, ({ andons }) => andons) ?? NO_CALLS
  return <ol class="flow">{place.equipment.map(({ code, name, constraint }) => <Tile key={code} code={code} name={name} constraint={constraint} calls={calls.filter((call) => call.equipment_code === code)} />)}</ol>
}

/** All lines, the one that needs somebody first. */
export function LinesPage() {
  const urgency = (line: LineView) => line.andons.length * 10 + line.equipment.filter(({ state }) => toneOf[state.state] !== 'quiet').length
  const sorted = [...lines.value?.values() ?? []].sort((one, other) => urgency(other) - urgency(one))
  return (
    <div class="overview">
      <h1>{words.value.overview.lines}</h1>
      {sorted.map((line) => <section key={line.code} class="line-row"><h2><Link to={`/line/${line.code}`} class="button">{line.name}</Link></h2><Score line={line.code} /></section>)}
    </div>
  )
}

function Score({ line: code }: { readonly line: string }) {
  const { overview } = words.value
  const aim = useLine(code, (line) => line.target)
  const oee = useLine(code, (line) => line.oee)
  const shift = useLine(code, (line) => line.shift) ?? null
  const next = useLine(code, (line) => line.next_planned) ?? null
  const goal = useLine(code, (line) => line.target_oee) ?? 0
  if (aim === undefined || oee === undefined) return null
  const { target_now: target, actual, gap } = seenTarget({ target: aim, oee })
  const isBehind = gap !== null && gap < -0.5
  return (
    <section class="score" aria-label={overview.shift}>
      <div class="card figures">
        <Opens of={oee.explain} figure="good" class="figure"><span>{overview.target}</span><b>{number(target)}</b></Opens>
        <Opens of={oee.explain} figure="good" class="figure"><span>{overview.actual}</span><b>{number(actual)}</b></Opens>
        <div class={`figure ${isBehind ? 'is-behind' : ''}`}><span>{overview.gap}</span><b>{signed(gap)}</b><small>{gap === null ? '' : isBehind ? overview.behind : overview.ahead}</small></div>
      </div>
      <div class="card oee">
        <Opens of={oee.explain} figure="oee" class="figure"><span>{overview.oee}</span><b>{percent(oee.oee)}</b><Bar value={oee.oee} goal={goal} /><small>{overview.goal} {percent(goal)}</small></Opens>
        <Ratios oee={oee} />
      </div>
      <div class="card context">
        <p><b>{shift === null ? overview.noShift : shift.name}</b> {shift === null ? '' : `${shortTime(shift.from)}–${shortTime(shift.to)}`}{shift?.in_break === true ? ` · ${overview.inBreak}` : ''}</p>
        {next === null ? null : <p class="muted">{overview.next}: {nameOf(next.name)} {shortTime(next.at)}</p>}
        <p class={oee.partial ? 'hatched' : 'muted'}><span>{oee.coverage === null ? overview.undefined : overview.coverage(percent(oee.coverage))}{oee.partial && oee.bounds.low !== null && oee.bounds.high !== null ? `, ${overview.oee} ${overview.bounds(percent(oee.bounds.low), percent(oee.bounds.high))}` : ''}</span></p>
      </div>
    </section>
  )
}

/** The plant's own names stay as they are; only the gateway's words are translated. */
const nameOf = (planned: string): string => planned.startsWith('end of ') ? words.value.overview.endOf(planned.slice(7)) : planned

/** Which PLC is gone: what it feeds is not known, whatever the tiles still say. */
function Blind({ line }: { readonly line: string }) {
  const { data } = useAsk('line_plcs', { line_id: line }, {}, true)
  const gone = data?.plcs.filter(({ state }) => state !== 'online') ?? []
  if (gone.length === 0) return null
  return <div class="banner hatched" role="status"><Icon name="broken" /><div>{gone.map((plc) => <p key={plc.plc}>{words.value.link.noPlc(plc.plc)} {plc.fault} {plc.remedy}</p>)}</div></div>
}

/** A line may have dozens of machines and every one changes every second: each figure is a node of its own, and only those that changed are touched. */
function Tile({ code, name, constraint, calls }: { readonly code: string; readonly name: string; readonly constraint: boolean; readonly calls: readonly AndonView[] }) {
  const { overview } = words.value
  const live = liveEquipment(code)
  const slot = useSlots(live, faceOf)
  const state = useComputed(() => live.value?.state.state ?? 'unknown').value
  // Where that moves with the product, the one that limits the line now.
  const limits = useComputed(() => live.value?.limits_now ?? constraint).value
  return (
    <li>
      <Link to={`/equipment/${code}`} class={`tile tone-${toneOf[state]}`}>
        <div class="tile-head"><h2>{name}</h2>{limits ? <span class="tag"><Icon name="flag" />{overview.constraint}</span> : null}</div>
        <p class="tile-state"><StateIcon state={state} /><b>{words.value.states[state]}</b><Since of={live} /></p>
        <p class="tile-why"><span class="cell" ref={slot('speed')} /><span ref={slot('why')} /></p>
        <p class="tile-counts"><span class="cell"><b ref={slot('good')} /> {overview.good}</span> <span class="cell"><b ref={slot('reject')} /> {overview.reject}</span></p>
        <SmallRatios slot={slot} />
        {calls.map((call) => <p key={call.andon_id} class="tile-call"><Icon name="bell" /><b>{words.value.callTypes[call.andon_type]}</b><Ago since={call.raised_at} /></p>)}
      </Link>
    </li>
  )
}

function Since({ of: live }: { readonly of: ReadonlySignal<Equipment | null> }) {
  const since = useComputed(() => live.value?.state.since).value
  return since === undefined ? null : <Timer since={since} />
}

const faceOf = (one: Equipment | null) => ({
  speed: one?.state.state === 'running' ? `${number(one.speed)} ${words.value.overview.perMinute}` : '', why: whyOf(one),
  good: number(one === null ? null : seenCounts(one).good), reject: number(one === null ? null : seenCounts(one).reject), ...slotsOfRatios(one),
})

/** Why it stands, as far as anybody or anything has said so. */
function whyOf(equipment: Equipment | null): string {
  if (equipment === null || equipment.state.state === 'running') return ''
  const { state, current_stop: stop, active_faults: faults } = equipment
  return state.reason?.name ?? stop?.cause?.fault_name ?? faults[0]?.name ?? ''
}

function Calls({ place }: { readonly place: Place }) {
  const { overview, equipment, callTypes, priorities } = words.value
  const calls = useLine(place.code, ({ andons }) => andons) ?? NO_CALLS
  const unseen = useLine(place.code, (line) => line.unseen) ?? NO_UNSEEN
  return (
    <section class="card">
      <h2>{overview.calls}</h2>
      {calls.length === 0 ? <p class="muted">{overview.noCalls}</p> : null}
      <ul class="rows">
        {calls.map((call) => (
          <li key={call.andon_id}>
            <Link to={call.equipment_code === null ? '/' : `/equipment/${call.equipment_code}`} class={`row ${call.status === 'raised' ? 'is-open' : ''}`}>
              <Icon name={call.status === 'raised' ? 'bell' : 'eye'} />
              <span><b>{callTypes[call.andon_type]}</b> · {nameAt(place, call.equipment_code)} <small>{priorities[call.priority]}</small><br /><small>{answerOf(call, equipment)}</small></span>
              <Timer since={call.raised_at} />
            </Link>
          </li>
        ))}
      </ul>
      <Unseen calls={unseen.newest} more={unseen.count - unseen.newest.length} nameOf={(code) => nameAt(place, code)} />
    </section>
  )
}

const nameAt = (place: Place, code: string | null): string => place.equipment.find((one) => one.code === code)?.name ?? place.name

/** Who has answered a call, and when. */
export function answerOf(call: AndonView, said: typeof words.value.equipment): string {
  if (call.attended_by !== null) return said.here(call.attended_by)
  if (call.acknowledged_by !== null && call.acknowledged_at !== null) return said.seenBy(call.acknowledged_by, length((now.value - Date.parse(call.acknowledged_at)) / 1_000))
  return said.waitingFor
}

function Unexplained({ place }: { readonly place: Place }) {
  const { overview } = words.value
  const from = useLine(place.code, ({ shift }) => shift?.from)
  const { data } = useAsk('stops', {}, { line_id: place.code, explained: false, include_micro_stops: false, limit: 6, ...(from === undefined ? {} : { from }) }, true)
  const stops = data?.stops.filter(({ provisional }) => !provisional)
  return (
    <section class="card">
      <h2>{overview.stops}</h2>
      {stops?.length === 0 ? <p class="muted">{overview.noStops}</p> : null}
      <ul class="rows">
        {stops?.map((stop) => (
          <li key={stop.stop_id}><Link to={`/stop/${stop.stop_id}`} class="row"><StateIcon state={stop.state} /><span><b>{nameAt(place, stop.equipment_code)}</b> · {shortTime(stop.from)}</span>{stop.to === null ? <Timer since={stop.from} /> : <span class="timer">{stopwatch(stop.seconds)}</span>}</Link></li>
        ))}
      </ul>
    </section>
  )
}
