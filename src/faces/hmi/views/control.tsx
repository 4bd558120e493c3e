/** Whether a machine runs as it did: single values and their moving range against the limits of a time before, with the rules that fired. */

import { useState } from 'preact/hooks'
import type { DataOf } from '../../../contract/endpoints/table.js'
import { useAsk } from '../data/asked.js'
import { now } from '../data/clock.js'
import { choose, place } from '../data/place.js'
import type { Place } from '../data/store.js'
import { sentenceOf } from '../parts/action.js'
import { Choice } from '../parts/choice.js'
import { oneOf } from '../parts/one-of.js'
import { ticks } from '../parts/timeline.js'
import { number, shortTime, words } from '../words/words.js'

type Data = DataOf<'control_chart'>

const hours = [8, 24, 168] as const
const WIDTH = 1_000
const HEIGHT = 200

export function Control({ line }: { readonly line: Place }) {
  const { shift: said, control } = words.value
  const { query } = place.value
  const equipment = line.equipment.find(({ code }) => code === query.get('equipment')) ?? line.equipment.find(({ constraint }) => constraint) ?? line.equipment[0]!
  const span = oneOf(hours, query.get('hours'))
  // The question stays the same while time goes on; `to` in the address holds the period for whoever it is sent to.
  const [to] = useState(() => query.get('to') ?? new Date(now.value).toISOString())
  const from = new Date(Date.parse(to) - span * 3_600_000).toISOString()
  const { data, refusal } = useAsk('control_chart', { equipment_code: equipment.code }, { signal: query.get('signal') ?? 'cycle_time', from, to })
  return (
    <>
      <div class="analysis-head">
        <Choice name={said.equipment} of={line.equipment.map(({ code, name }) => [code, name])} chosen={equipment.code} pick={(next) => { choose({ equipment: next, to }) }} />
        <Choice name={said.window} of={hours.map((one) => [String(one), said.history[one]])} chosen={String(span)} pick={(next) => { choose({ hours: next, to }) }} />
      </div>
      {refusal === null ? null : <p class="card">{sentenceOf(refusal)}</p>}
      {data === null ? null : <Charts data={data} />}
      <p class="muted">{control.method}</p>
    </>
  )
}

function Charts({ data }: { readonly data: Data }) {
  const { control } = words.value
  const { limits, points, found } = data
  const title = data.signal === 'cycle_time' ? control.cycleTime : data.signal
  return (
    <>
      <section class="card">
        <h2>{title} {data.unit === null ? '' : `(${data.unit})`} · {data.product ?? words.value.explain.noProduct}</h2>
        {limits === null || points.length === 0 ? <p class="muted">{data.no_finding ?? control.tooFew}</p> : (
          <>
            <Chart points={points.map(({ at, value, rules }) => ({ at, value, isOut: rules.length > 0 }))} lines={[limits.low, limits.mean, limits.high]} window={data.window} name={title} />
            <h3>{control.range}</h3>
            <Chart points={points.flatMap(({ at, range }) => range === null ? [] : [{ at, value: range, isOut: range > limits.range_high }])} lines={[0, limits.range_mean, limits.range_high]} window={data.window} name={control.range} />
          </>
        )}
      </section>
      {limits === null ? null : (
        <section class="card">
          <h2>{control.found}</h2>
          {found.length === 0 ? <p>{control.nothing}</p> : <ul class="rows">{found.map((one) => <li key={one.rule}><b>{control.rules[one.rule]}</b> · {control.points(one.points)}</li>)}</ul>}
          <dl class="facts">
            <dt>{control.mean}</dt><dd>{number(limits.mean, 3)} {data.unit}</dd>
            <dt>{control.limits}</dt><dd>{number(limits.low, 3)} – {number(limits.high, 3)}</dd>
            <dt>{control.baseline}</dt><dd>{control.points(limits.n)}</dd>
          </dl>
          {(limits.autocorrelation ?? 0) > AUTOCORRELATED ? <p class="muted">{control.autocorrelated}</p> : null}
        </section>
      )}
    </>
  )
}

/** Neighbouring points that are so alike make the limits too narrow. */
const AUTOCORRELATED = 0.3

interface Mark { readonly at: string; readonly value: number; readonly isOut: boolean }

function Chart({ points, lines, window, name }: { readonly points: readonly Mark[]; readonly lines: readonly number[]; readonly window: Data['window']; readonly name: string }) {
  const [begin, end] = [Date.parse(window.from), Date.parse(window.to)]
  const values = [...lines, ...points.map(({ value }) => value)]
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const x = (at: string) => (Date.parse(at) - begin) / Math.max(1, end - begin) * WIDTH
  const y = (value: number) => high === low ? HEIGHT / 2 : HEIGHT - 8 - (value - low) / (high - low) * (HEIGHT - 16)
  return (
    <figure class="control">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={name}>
        {lines.map((line, i) => <path key={i} class={i === 1 ? 'control-mean' : 'control-limit'} d={`M0 ${y(line)}H${WIDTH}`} />)}
        <path class="control-line" d={points.map(({ at, value }, i) => `${i === 0 ? 'M' : 'L'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join('')} />
        {/* A square that is out, a bar that is not: told apart without colour. */}
        {points.map(({ at, value, isOut }) => <rect key={at} class={isOut ? 'control-out' : 'control-in'} x={x(at) - (isOut ? 4 : 1)} y={y(value) - (isOut ? 7 : 3)} width={isOut ? 8 : 2} height={isOut ? 14 : 6} />)}
      </svg>
      <div class="control-scale" aria-hidden="true">{lines.map((line, i) => <span key={i} style={{ top: `${y(line) / HEIGHT * 100}%` }}>{number(line, 2)}</span>)}</div>
      <div class="axis" aria-hidden="true">{ticks(begin, end).map((tick) => <span key={tick} style={{ left: `${(tick - begin) / (end - begin) * 100}%` }}>{shortTime(tick)}</span>)}</div>
    </figure>
  )
}
