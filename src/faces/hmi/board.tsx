/** The Andon board of a line: read from far away, touched by nobody. */

import '@fontsource-variable/inter/wght.css'
import './style/base.css'
import './style/board.css'
import { render } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { AndonView, LineView } from '../../contract/views.js'
import { begin } from './data/begin.js'
import { copyAge, frozenSince, now } from './data/clock.js'
import { statesByUrgency } from './data/lists.js'
import { person } from './data/person.js'
import { seenTarget } from './data/seen.js'
import { fixedPositionOf } from './data/fixed-position.js'
import { isCopy, isKnown } from './data/standby.js'
import { lines } from './data/store.js'
import { fontSizes } from './parts/distance.js'
import { Icon } from './parts/icon.js'
import { StateIcon } from './parts/state.js'
import { chime } from './parts/chime.js'
import { chooseLanguage, clockTime, length, number, signed, stopwatch, words } from './words/words.js'

const query = new URLSearchParams(location.search)
/** A size from the address, if it is one that a screen or a hall can have. */
const size = (name: string, usual: number, max: number): number => {
  const value = Number(query.get(name))
  return value > 0 && value <= max ? value : usual
}
const seen = { diagonal: size('diag', 55, 300), distance: size('dist', 10, 100) }

function Board() {
  const { board, link } = words.value
  if (person.value === null) return <main class="board-note">{board.signIn} <a href="/">lineside</a></main>
  const all = [...lines.value?.values() ?? []]
  const line = query.has('line') ? all.find(({ code }) => code === query.get('line')) : all[0]
  if (person.value === undefined || lines.value === null) return <main class="board-note"><p role="status">{link.connecting}</p></main>
  if (line === undefined) return <main class="board-note">{board.noLine}</main>
  const isFrozen = frozenSince.value !== null
  const age = copyAge.value
  return (
    <main class={isFrozen || isCopy.value || !isKnown.value ? 'board frozen-board' : 'board'}>
      <header><h1>{line.name}</h1><Sound calls={line.andons} /><time>{now.value === 0 ? '–' : clockTime(frozenSince.value ?? now.value)}</time></header>
      <Figures line={line} />
      <Stations line={line} />
      {isFrozen ? <p class="board-frozen" role="alert">{board.frozen(clockTime(frozenSince.value ?? 0))}</p>
        : isCopy.value ? <p class="board-frozen" role="status">{board.copy(age === null || !Number.isFinite(age) ? '–' : length(age))}</p>
          : !isKnown.value ? <p class="board-frozen" role="status">{link.connecting}</p> : <Trouble line={line} />}
    </main>
  )
}

function Figures({ line }: { readonly line: LineView }) {
  const { board } = words.value
  const { target_now: target, actual, gap } = seenTarget(line)
  const figures = [number(target), number(actual), signed(gap)]
  return (
    <dl class="board-figures" style={{ '--digits': Math.max(...figures.map((figure) => figure.length)) }}>
      <div><dt>{board.target}</dt><dd>{figures[0]}</dd></div>
      <div><dt>{board.actual}</dt><dd>{figures[1]}</dd></div>
      <div class={gap === null ? '' : gap < -0.5 ? 'behind' : 'ahead'}><dt>{board.gap}</dt><dd>{figures[2]}</dd></div>
    </dl>
  )
}

/** As many stations as can be read; those that run make room for those that do not. */
function Stations({ line }: { readonly line: LineView }) {
  const shown = line.equipment.length <= STATIONS_MAX ? line.equipment
    : [...line.equipment].sort((one, other) => statesByUrgency.indexOf(one.state.state) - statesByUrgency.indexOf(other.state.state)).slice(0, STATIONS_MAX)
  const { board } = words.value
  const letters = Math.max(...shown.map(({ state }) => board.states[state.state].length))
  return (
    <ol class="board-stations" style={{ '--stations': shown.length, '--letters': letters }}>
      {shown.map((one) => (
        <li key={one.equipment_code} class={`station is-${one.state.state}`}>
          <h2>{one.name}</h2>
          <p class="station-state"><StateIcon state={one.state.state} />{board.states[one.state.state]}</p>
          <p class="station-timer">{stopwatch((now.value - Date.parse(one.state.since)) / 1_000)}</p>
        </li>
      ))}
    </ol>
  )
}
const STATIONS_MAX = 6

/** The most urgent call; without one, the longest stop that stands. */
function Trouble({ line }: { readonly line: LineView }) {
  const { board, callTypes, states } = words.value
  const nameOf = (code: string | null) => line.equipment.find(({ equipment_code }) => equipment_code === code)?.name ?? line.name
  const [call, ...others] = [...line.andons].sort((one, other) => Number(isStopped(other)) - Number(isStopped(one)))
  if (call !== undefined) {
    const fixed = fixedPositionOf(call)
    if (fixed !== null) {
      return (
        <p class={fixed.isStopped ? 'trouble is-raised is-halted' : 'trouble is-grace'} role="status">
          <Icon name={fixed.isStopped ? 'halt' : 'clock'} /><b>{fixed.isStopped ? board.lineStopped : board.lineStopsIn(stopwatch(fixed.leftSeconds))}</b> <span>{nameOf(call.equipment_code)}{others.length === 0 ? null : <small aria-label={board.more(others.length)}> +{others.length}</small>}</span>{fixed.isStopped ? <time>{stopwatch((now.value - Date.parse(call.fixed_position!.line_stopped_at!)) / 1_000)}</time> : null}
        </p>
      )
    }
    return (
      <p class={`trouble ${call.status === 'raised' ? 'is-raised' : 'is-taken'} ${call.priority === 'critical' && call.status === 'raised' ? 'pulse' : ''}`} role="status">
        <b>{callTypes[call.andon_type]}</b> <span>{nameOf(call.equipment_code)} <small>{call.acknowledged_by ?? board.open}{others.length === 0 ? '' : ` · ${board.more(others.length)}`}</small></span> <time>{stopwatch((now.value - Date.parse(call.raised_at)) / 1_000)}</time>
      </p>
    )
  }
  const [worst] = line.equipment.filter(({ current_stop: stop }) => stop !== null && !stop.provisional).sort((one, other) => Date.parse(one.state.since) - Date.parse(other.state.since))
  if (worst === undefined) return <p class="trouble calm">{board.calm}</p>
  return <p class="trouble is-stop"><b>{worst.name}</b> <span>{worst.state.reason?.name ?? worst.active_faults[0]?.name ?? states[worst.state.state]}</span> <time>{stopwatch((now.value - Date.parse(worst.state.since)) / 1_000)}</time></p>
}

const isStopped = ({ fixed_position: fixed }: AndonView): boolean => (fixed?.line_stopped_at ?? null) !== null

/** Browsers let a page sound only after somebody has touched it once. */
function Sound({ calls }: { readonly calls: readonly AndonView[] }) {
  const [isOn, setOn] = useState(false)
  const known = useRef<ReadonlySet<string>>(new Set(calls.map(({ andon_id }) => andon_id)))
  useEffect(() => {
    const fresh = calls.filter(({ andon_id, priority }) => priority === 'critical' && !known.current.has(andon_id))
    known.current = new Set(calls.map(({ andon_id }) => andon_id))
    if (isOn && fresh.length > 0) chime()
  }, [calls, isOn])
  return isOn ? null : <button type="button" onClick={() => { setOn(true); chime() }}>{words.value.board.sound}</button>
}

/** Letters as large as the distance asks, as far as the screen has room for six lines of them. */
function fit(): void {
  const { good, least } = fontSizes({ ...seen, width: innerWidth, height: innerHeight })
  const font = Math.max(Math.min(good, innerHeight * 0.117, innerWidth * 0.075), 14)
  document.documentElement.style.setProperty('--big', `${font}px`)
  document.documentElement.dataset['legible'] = String(font >= least)
}

async function start(): Promise<void> {
  document.documentElement.dataset['theme'] = 'dark'
  fit()
  addEventListener('resize', fit)
  await chooseLanguage()
  render(<Board />, document.getElementById('screen')!)
  await begin()
}
void start()
