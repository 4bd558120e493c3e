/** Every numeric signal of a line over the last hours: least, mean and largest value, and a small picture of how it went. */

import { useComputed } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { DataOf } from '../../../contract/endpoints/table.js'
import { useAsk } from '../data/asked.js'
import { now } from '../data/clock.js'
import { choose, place } from '../data/place.js'
import { lines } from '../data/store.js'
import { sentenceOf } from '../parts/action.js'
import { Choice } from '../parts/choice.js'
import { Link } from '../parts/link.js'
import { Spark } from '../parts/spark.js'
import { number, shortTime, words } from '../words/words.js'
import { Connecting } from './empty.js'

const spans = [60, 480, 1_440] as const
const POINTS = 60
const MINUTE_MS = 60_000

type Signals = DataOf<'signals_overview'>['signals']

export function SignalsPage({ line: code }: { readonly line: string }) {
  const { signal: said, nav } = words.value
  const asked = Number(place.value.query.get('span'))
  const span = spans.find((one) => one === asked) ?? spans[0]
  // Asked anew with each minute that passes, and for as long the picture before it stays.
  const minute = useComputed(() => Math.floor(now.value / MINUTE_MS)).value
  const to = minute * MINUTE_MS
  const window = minute === 0 ? {} : { from: new Date(to - span * MINUTE_MS).toISOString(), to: new Date(to).toISOString() }
  const { data, refusal } = useAsk('signals_overview', minute === 0 ? null : { line_id: code }, { ...window, points: POINTS })
  const last = useRef<{ readonly span: number; readonly data: DataOf<'signals_overview'> } | null>(null)
  if (data !== null) last.current = { span, data }
  const shown = data ?? (last.current?.span === span ? last.current.data : null)
  return (
    <div class="analysis">
      <div class="analysis-head">
        <h1>{nav.signals} <small class="muted">{shown === null ? '' : `${shortTime(shown.window.from)} – ${shortTime(shown.window.to)}`}</small></h1>
        <Choice name={said.span} of={spans.map((one) => [String(one), said.spans[one]])} chosen={String(span)} pick={(one) => { choose({ span: one }) }} />
      </div>
      {refusal !== null ? <p>{sentenceOf(refusal)}</p> : shown === null ? <Connecting /> : lines.value?.get(code)?.equipment.map((one) => (
        <Overview key={one.equipment_code} code={one.equipment_code} name={one.name} signals={shown.signals.filter(({ equipment_code }) => equipment_code === one.equipment_code)} window={shown.window} />
      ))}
    </div>
  )
}

function Overview({ code, name, signals, window: { from, to } }: { readonly code: string; readonly name: string; readonly signals: Signals; readonly window: DataOf<'signals_overview'>['window'] }) {
  const { signal: said, equipment } = words.value
  return (
    <section class="card">
      <h2>{name}</h2>
      {signals.length === 0 ? <p class="muted">{said.none}</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={name}><table class="sparks">
          <thead><tr><th>{equipment.signal}</th><th>{said.course}</th><th class="number">{said.least}</th><th class="number">{said.mean}</th><th class="number">{said.largest}</th></tr></thead>
          <tbody>{signals.map(({ signal, unit, min, mean, max, means }) => (
            <tr key={signal}>
              <td><Link to={`/signal/${code}/${signal}?from=${from}&to=${to}`}>{signal}</Link> {unit === null ? null : <small class="muted">{unit}</small>}</td>
              <td><Spark values={means} /></td><td class="number">{figure(min)}</td><td class="number">{figure(mean)}</td><td class="number">{figure(max)}</td>
            </tr>
          ))}</tbody>
        </table></div>
      )}
    </section>
  )
}

/** Thousands are counts, and whole ones are told whole. */
const figure = (value: number | null): string => number(value, value === null || Number.isInteger(value) || Math.abs(value) >= 1_000 ? 0 : 2)
