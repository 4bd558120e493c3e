/** How the box and its links are doing: why a value is bad and since when, what is stored, what ends, what was logged. */

import { useState } from 'preact/hooks'
import type { DataOf } from '../../../contract/endpoints/table.js'
import type { LineView } from '../../../contract/views.js'
import { useAsk } from '../data/asked.js'
import { download } from '../data/client.js'
import { mayI } from '../data/person.js'
import { heard, lines } from '../data/store.js'
import { Icon } from '../parts/icon.js'
import { Link } from '../parts/link.js'
import { amount, clockTime, dateTime, deedOf, length, number, percent, qualityOf, words } from '../words/words.js'
import { Signals } from './equipment.js'

const LATEST = 20

export function MaintenancePage({ line: code }: { readonly line: string }) {
  const { maintenance: said, nav } = words.value
  const line = lines.value?.get(code)
  if (line === undefined) return null
  return (
    <div class="analysis">
      <div class="analysis-head">
        <h1>{said.title}</h1>
        <div class="choices-row">
          <Link to={`/signals/${code}`} class="button">{nav.signals}</Link>
          {mayI('maintain') ? <Link to="/log" class="button">{nav.log}</Link> : null}
          {mayI('configure') ? <Link to="/configuration" class="button">{nav.configuration}</Link> : null}
          {mayI('audit') ? <Link to="/audit" class="button">{nav.audit}</Link> : null}
          {mayI('manage_people') ? <Link to="/people" class="button">{nav.people}</Link> : null}
          {mayI('manage_tokens') ? <Link to="/tokens" class="button">{nav.tokens}</Link> : null}
        </div>
      </div>
      <div class="columns"><Plcs code={code} /><div class="column"><Gateway />{mayI('maintain') ? <Box /> : null}<Upstreams /></div></div>
      {line.equipment.map((one) => <Signals key={one.equipment_code} code={one.equipment_code} title={one.name} />)}
      <Journal line={line} />
    </div>
  )
}

function Plcs({ code }: { readonly code: string }) {
  const { maintenance: said, equipment } = words.value
  const { data } = useAsk('line_plcs', { line_id: code }, {}, true)
  return (
    <section class="card">
      <h2>{said.plcs}</h2>
      {data?.plcs.map((plc) => (
        <div key={plc.plc} class={plc.state === 'online' ? 'plc' : 'plc trouble-box'}>
          <p><b>{plc.plc}</b> · {plc.state === 'online' ? null : <Icon name="broken" />} {said.states[plc.state]} {said.since} {dateTime(plc.since)}</p>
          {plc.fault === null ? null : <p><b>{plc.fault}</b> {plc.remedy}</p>}
          <dl class="facts">
            <dt>{said.cycle}</dt><dd>{number(plc.cycle_seconds * 1_000)} ms</dd>
            <dt>{said.jitter}</dt><dd>{spreadOf(plc, plc.jitter_milliseconds)}</dd>
            <dt>{said.read}</dt><dd>{spreadOf(plc, plc.read_milliseconds)}</dd>
            <dt>{said.missed}</dt><dd>{number(plc.cycles_missed)} {equipment.of(number(plc.cycles + plc.cycles_missed))}</dd>
            <dt>{said.reconnects}</dt><dd>{number(plc.reconnects)}</dd>
            <dt>{said.pdu}</dt><dd>{plc.pdu_bytes === null ? '–' : `${number(plc.pdu_bytes)} ${said.bytes} · ${said.filled(percent(plc.pdu_fill))}`}</dd>
            <dt>{said.requests}</dt><dd>{plc.cycles === 0 ? '–' : said.perCycle(number(plc.requests_per_cycle), number(plc.requests_per_cycle / plc.cycle_seconds, 1), number(plc.requests_per_second_max))}</dd>
            <dt>{said.badTags}</dt><dd>{plc.bad_tags.length === 0 ? said.none : number(plc.bad_tags.length)}</dd>
          </dl>
          {plc.bad_tags.length === 0 ? null : (
            <ul class="bad-tags">{plc.bad_tags.map((tag) => (
              <li key={tag.tag} class="hatched"><Link to={`/why/${plc.plc}/${encodeURIComponent(tag.tag)}`} class="row"><span><b>{tag.tag}</b> {qualityOf(tag.quality)} <small>{tag.fault}</small><br /><small>{tag.detail}</small></span><b>{said.why}</b></Link></li>
            ))}</ul>
          )}
        </div>
      ))}
    </section>
  )
}

/** Of a PLC that was never read there is nothing to say. */
function spreadOf({ cycles }: { readonly cycles: number }, { p50, p99 }: { readonly p50: number; readonly p99: number }): string {
  const { maintenance: said } = words.value
  return cycles === 0 ? '–' : `${said.p50} ${number(p50, 1)} · ${said.p99} ${number(p99, 1)} ms`
}

function Gateway() {
  const { maintenance: said } = words.value
  const { data } = useAsk('readyz', {}, {}, true)
  if (data === null) return <section class="card"><h2>{said.gateway}</h2></section>
  return (
    <section class="card">
      <h2>{said.gateway} {data.gateway}</h2>
      {data.warnings.map((warning) => <p key={warning} class="note">{warning}</p>)}
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

function Box() {
  const { maintenance: said, login } = words.value
  const { data } = useAsk('box', {}, {}, true)
  const [state, setState] = useState<'idle' | 'asking' | 'failed'>('idle')
  const bundle = () => {
    setState('asking')
    download('support_bundle', {}, {}, 'application/gzip', `lineside-support-${new Date().toISOString().slice(0, 10)}.json.gz`).then(() => { setState('idle') }, () => { setState('failed') })
  }
  if (data === null) return null
  const { storage, disk } = data
  return (
    <section class="card">
      <h2>{said.box}</h2>
      <dl class="facts">
        <dt>{said.disk}</dt><dd>{disk === null ? '–' : `${amount(disk.free_bytes)} ${said.freeOf} ${amount(disk.total_bytes)}`}</dd>
        <dt>{said.journalSize}</dt><dd>{amount(storage.database_bytes)} + {amount(storage.wal_bytes)} · {number(storage.facts)} {said.facts}, {said.fromNumber} #{number(storage.first_seq)} · {number(storage.samples)} {said.samples}</dd>
        <dt>{said.retention}</dt><dd>{said.facts}: {said.days(number(storage.keep.facts_days))}, {amount(storage.keep.facts_bytes)} · {said.samples}: {said.days(number(storage.keep.samples_days))}, {amount(storage.keep.samples_bytes)}</dd>
        <dt>{said.wear}</dt><dd>{storage.written_bytes_per_day === null ? '–' : `${amount(storage.written_bytes_per_day)} ${said.perDay}`}</dd>
        <dt>{said.memory}</dt><dd>{amount(data.memory_bytes)}</dd>
        <dt>{said.system}</dt><dd>Node {data.node} · {data.system}</dd>
      </dl>
      <h3>{said.certificates}</h3>
      {data.certificates.length === 0 ? <p class="muted">{said.noCertificates}</p> : (
        <ul class="rows">{data.certificates.map((one) => <li key={`${one.of} ${one.subject}`} class={(one.days_left ?? 0) < SOON_DAYS ? 'trouble-box' : ''}><b>{one.of}</b> · {one.subject} · {one.trouble ?? `${said.ends} ${dateTime(one.ends_at!)}, ${said.days(number(one.days_left))}`}</li>)}</ul>
      )}
      <div class="choices"><button type="button" class="button" disabled={state === 'asking'} onClick={bundle}>{state === 'asking' ? login.working : said.bundle}</button></div>
      {state === 'failed' ? <p class="problem" role="alert">{login.unreachable}</p> : null}
    </section>
  )
}

/** Time enough to have a certificate made anew. */
const SOON_DAYS = 30

function Upstreams() {
  const { maintenance: said } = words.value
  const { data } = useAsk('upstreams', {}, {}, true)
  return (
    <section class="card">
      <h2>{said.upstreams}</h2>
      {data?.upstreams.length === 0 ? <p class="muted">{said.noUpstreams}</p> : data?.upstreams.map((one) => <Upstream key={one.upstream} one={one} />)}
    </section>
  )
}

function Upstream({ one }: { readonly one: DataOf<'upstreams'>['upstreams'][number] }) {
  const { maintenance: said } = words.value
  return (
    <div class={one.connected ? '' : 'trouble-box'}>
      <p><b>{one.upstream}</b> · {one.connected ? said.online : said.offline} · {one.url}</p>
      {one.trouble === null ? null : <p>{one.trouble}</p>}
      <dl class="facts">
        <dt>{said.behind}</dt><dd>{number(one.behind)}{one.behind_bytes === null ? '' : ` · ${amount(one.behind_bytes)}`}{one.behind_since === null ? '' : ` · ${said.since} ${dateTime(one.behind_since)}`}</dd>
        <dt>{said.drained}</dt><dd>{one.drained_in_seconds === null ? '–' : length(one.drained_in_seconds)}</dd>
      </dl>
    </div>
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
          <tr key={event.seq}><td class="number muted">{event.seq}</td><td>{clockTime(event.timestamp)}</td><td>{deedOf(event.type)}</td><td>{nameOf(event.equipment_code)}</td><td>{told(event.data)}</td></tr>
        ))}
      </tbody></table></div>
    </section>
  )
}

/** What of a fact fits into a line; states and calls by their names on the other screens. */
function told(data: Readonly<Record<string, unknown>>): string {
  const { states, callTypes } = words.value
  const names: Readonly<Record<string, Readonly<Record<string, string>>>> = { state: states, andon_type: callTypes }
  return ['state', 'name', 'andon_type', 'stop_id', 'plc', 'by', 'fault', 'reason'].flatMap((key) => {
    const value = data[key]
    return typeof value === 'string' ? [names[key]?.[value] ?? value] : []
  }).slice(0, 3).join(' · ')
}
