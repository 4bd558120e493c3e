/** How the box and its links are doing: why a value is bad, and since when. */

import { useState } from 'preact/hooks'
import type { LineView } from '../../../contract/views.js'
import { useAsk } from '../data/asked.js'
import { heard, lines } from '../data/store.js'
import { Icon } from '../parts/icon.js'
import { clockTime, dateTime, length, number, words } from '../words/words.js'
import { Signals } from './equipment.js'

const LATEST = 20

export function MaintenancePage({ line: code }: { readonly line: string }) {
  const { maintenance: said } = words.value
  const line = lines.value?.get(code)
  if (line === undefined) return null
  return (
    <div class="analysis">
      <h1>{said.title}</h1>
      <div class="columns"><Plcs code={code} /><Gateway /></div>
      {line.equipment.map((one) => <Signals key={one.equipment_code} code={one.equipment_code} title={one.name} />)}
      <Journal line={line} />
    </div>
  )
}

function Plcs({ code }: { readonly code: string }) {
  const { maintenance: said } = words.value
  const { data } = useAsk('line_plcs', { line_id: code }, {}, true)
  return (
    <section class="card">
      <h2>{said.plcs}</h2>
      {data?.plcs.map((plc) => (
        <div key={plc.plc} class={plc.state === 'online' ? '' : 'trouble-box'}>
          <p><b>{plc.plc}</b> · {plc.state === 'online' ? null : <Icon name="broken" />} {said.states[plc.state]} {said.since} {dateTime(plc.since)}</p>
          {plc.fault === null ? null : <p><b>{plc.fault}</b> {plc.remedy}</p>}
          <dl class="facts">
            <dt>{said.cycle}</dt><dd>{number(plc.cycle_seconds * 1_000)} ms</dd>
            <dt>{said.jitter}</dt><dd>{said.p50} {number(plc.jitter_milliseconds.p50, 1)} · {said.p99} {number(plc.jitter_milliseconds.p99, 1)} ms</dd>
            <dt>{said.read}</dt><dd>{said.p50} {number(plc.read_milliseconds.p50, 1)} · {said.p99} {number(plc.read_milliseconds.p99, 1)} ms</dd>
            <dt>{said.missed}</dt><dd>{number(plc.cycles_missed)} / {number(plc.cycles)}</dd>
            <dt>{said.reconnects}</dt><dd>{number(plc.reconnects)}</dd>
            <dt>{said.pdu}</dt><dd>{number(plc.pdu_bytes)} {said.bytes}</dd>
            <dt>{said.badTags}</dt><dd>{plc.bad_tags.length === 0 ? said.none : number(plc.bad_tags.length)}</dd>
          </dl>
          {plc.bad_tags.length === 0 ? null : <ul class="bad-tags">{plc.bad_tags.map((tag) => <li key={tag.tag} class="hatched"><span><b>{tag.tag}</b> {tag.quality} {tag.fault} {tag.detail}</span></li>)}</ul>}
        </div>
      ))}
    </section>
  )
}

function Gateway() {
  const { maintenance: said } = words.value
  const { data } = useAsk('readyz', {}, {}, true)
  if (data === null) return <section class="card"><h2>{said.gateway}</h2></section>
  return (
    <section class="card">
      <h2>{said.gateway} {data.gateway}</h2>
      <dl class="facts">
        <dt>{data.ready ? said.ready : said.notReady}</dt><dd>{data.reasons.join(', ')}</dd>
        <dt>{said.version}</dt><dd>{data.version}</dd>
        <dt>{said.config}</dt><dd>{data.config}</dd>
        <dt>{said.uptime}</dt><dd>{length(data.uptime_seconds)}</dd>
        <dt>{said.turns}</dt><dd>{number(data.turns.finished)} · {said.missed} {number(data.turns.missed)} · {said.p50} {number(data.turns.p50_milliseconds, 1)} · {said.p99} {number(data.turns.p99_milliseconds, 1)} ms</dd>
        <dt>{said.facts}</dt><dd>{number(data.seq)}</dd>
        <dt>{said.epoch}</dt><dd>{data.epoch}</dd>
      </dl>
    </section>
  )
}

function Journal({ line }: { readonly line: LineView }) {
  const { maintenance: said } = words.value
  // From a fixed number on, so that the question stays the same while facts come in.
  const [after] = useState(() => Math.max(0, heard.seq - LATEST * 3))
  const { data } = useAsk('journal', {}, { after, limit: 1_000 }, true)
  const nameOf = (code: string | undefined) => line.equipment.find(({ equipment_code }) => equipment_code === code)?.name ?? code ?? ''
  return (
    <section class="card">
      <h2>{said.journal}</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label={said.journal}><table><tbody>
        {data?.events.filter(({ type }) => type !== 'count_recorded').slice(-LATEST).reverse().map((event) => (
          <tr key={event.seq}><td class="number muted">{event.seq}</td><td>{clockTime(event.timestamp)}</td><td>{event.type.replaceAll('_', ' ')}</td><td>{nameOf(event.equipment_code)}</td><td>{told(event.data)}</td></tr>
        ))}
      </tbody></table></div>
    </section>
  )
}

/** What of a fact fits into a line. */
function told(data: Readonly<Record<string, unknown>>): string {
  return ['state', 'name', 'andon_type', 'stop_id', 'plc', 'by', 'fault', 'reason'].flatMap((key) => {
    const value = data[key]
    return typeof value === 'string' ? [value] : []
  }).slice(0, 3).join(' · ')
}
