/** A period on paper: sums first, then rows, losses and their reasons; to print, or as a table for other programs. */

import { useState } from 'preact/hooks'
import type { DataOf } from '../../../contract/endpoints/table.js'
import { useAsk } from '../data/asked.js'
import { now } from '../data/clock.js'
import { download } from '../data/client.js'
import { choose, place } from '../data/place.js'
import type { Place } from '../data/store.js'
import { sentenceOf } from '../parts/action.js'
import { Choice } from '../parts/choice.js'
import { oneOf } from '../parts/one-of.js'
import { Link } from '../parts/link.js'
import { Pareto } from '../parts/pareto.js'
import { TrendSentence } from '../parts/trend.js'
import { Waterfall } from '../parts/waterfall.js'
import { dateTime, length, number, percent, shortTime, words } from '../words/words.js'

type Data = DataOf<'oee_performance_report'>
type Oee = Data['totals']

const groups = ['shift', 'hour', 'day', 'week', 'job', 'product'] as const
const spans = [1, 7, 30, 90] as const
const paretos = ['by_time', 'by_count', 'by_lost_parts'] as const
const restorationSteps = ['detect', 'acknowledge', 'arrive', 'repair', 'verify'] as const
const DAY_MS = 86_400_000

export function Report({ line }: { readonly line: Place }) {
  const { shift: said, compare, report } = words.value
  const { query } = place.value
  const equipment = line.equipment.find(({ code }) => code === query.get('equipment')) ?? line.equipment.find(({ constraint }) => constraint) ?? line.equipment[0]!
  const group = oneOf(groups, query.get('group'))
  const days = oneOf(spans, query.get('days'))
  // Until a fixed end the question stays the same while time goes on; `to` in the address holds the period for whoever it is sent to.
  const [until] = useState(() => query.get('to') ?? new Date(now.value).toISOString())
  const asked = { start_date: new Date(Date.parse(until) - days * DAY_MS).toISOString(), end_date: until, group_by: group }
  const { data, refusal } = useAsk('oee_performance_report', { equipment_code: equipment.code }, { ...asked, report_type: 'comprehensive' })
  const [isFailed, setFailed] = useState(false)
  const asTable = () => {
    setFailed(false)
    download('oee_performance_report', { equipment_code: equipment.code }, asked, 'text/csv', `${equipment.code}-${until.slice(0, 10)}-${group}.csv`).catch(() => { setFailed(true) })
  }
  return (
    <>
      <div class="analysis-head no-print">
        <Choice name={said.equipment} of={line.equipment.map(({ code, name }) => [code, name])} chosen={equipment.code} pick={(to) => { choose({ equipment: to, to: until }) }} />
        <Choice name={said.window} of={spans.map((one) => [String(one), compare.days(number(one))])} chosen={String(days)} pick={(to) => { choose({ days: to, to: until }) }} />
      </div>
      <div class="analysis-head no-print">
        <Choice name={report.by} of={groups.map((one) => [one, report.groups[one]])} chosen={group} pick={(to) => { choose({ group: to, to: until }) }} />
        <div class="choices-row"><button type="button" class="button" onClick={() => { print() }}>{said.print}</button><button type="button" class="button" onClick={asTable}>{said.csv}</button></div>
      </div>
      {isFailed ? <p class="problem" role="alert">{words.value.login.unreachable}</p> : null}
      {refusal === null ? null : <p class="card">{sentenceOf(refusal)}</p>}
      {data === null ? null : <Sheet data={data} name={equipment.name} line={line.name} />}
    </>
  )
}

function Sheet({ data, name, line }: { readonly data: Data; readonly name: string; readonly line: string }) {
  const { shift: said, report } = words.value
  const { totals, rows = [], pareto, reliability, changeovers = [], rejects = [], planned_time_edits: edits } = data
  const by = oneOf(paretos, place.value.query.get('pareto'))
  return (
    <>
      <section class="card">
        <h2>{line} · {name}</h2>
        <p class="muted">{dateTime(data.window.from)} – {dateTime(data.window.to)}{totals.coverage === null ? '' : ` · ${words.value.overview.coverage(percent(totals.coverage, 1))}`}<span class="only-print"> · {report.printed(dateTime(now.value))}</span></p>
        <div class="scroll" tabIndex={0} role="region" aria-label={report.rows}>
          <table>
            <thead><tr><th>{report.groups[data.group_by as keyof typeof report.groups]}</th>{(['oee', 'availability', 'performance', 'quality'] as const).map((one) => <th key={one} class="number">{words.value.overview[one]}</th>)}<th class="number">{words.value.equipment.good}</th><th class="number">{words.value.equipment.reject}</th><th class="number">{said.planned}</th><th class="number">{report.seen}</th></tr></thead>
            <tbody>{rows.map(({ key, oee }) => <Row key={key} name={keyOf(key)} oee={oee} />)}</tbody>
            <tfoot><Row name={report.total} oee={totals} /></tfoot>
          </table>
        </div>
        {data.trend === undefined ? null : <TrendSentence trend={data.trend} step={said.perDay} />}
      </section>
      <div class="columns">
        <section class="card"><h2>{said.losses}</h2><Waterfall times={totals.times} /></section>
        <section class="card">
          <h2>{report.reliability}</h2>
          {reliability === undefined ? null : (
            <dl class="facts">
              <dt>{report.failures}</dt><dd>{number(reliability.failures)}</dd>
              <dt>{said.mtbf}</dt><dd>{reliability.mtbf_hours === null ? '–' : `${number(reliability.mtbf_hours, 1)} ${words.value.units.h}`}{reliability.mtbf_low_hours === null ? '' : ` (${number(reliability.mtbf_low_hours, 1)} – ${reliability.mtbf_high_hours === null ? '∞' : number(reliability.mtbf_high_hours, 1)})`}</dd>
              <dt>{said.mttr}</dt><dd>{reliability.mttr_hours === null ? '–' : length(reliability.mttr_hours * 3_600)}</dd>
              {reliability.restoration === null ? null : restorationSteps.map((step) => <RestorationStep key={step} name={report.restoration[step]} {...reliability.restoration![step]} />)}
            </dl>
          )}
          {edits === undefined || edits.removed.edits === 0 ? null : <p>{report.removed(number(edits.removed.edits), length(edits.removed.seconds))} <small class="muted">{edits.removed_by.map(({ by }) => by).join(', ')}</small></p>}
          {rejects.length === 0 ? null : (
            <>
              <h3>{report.rejects}</h3>
              <table><tbody>{rejects.map((one) => <tr key={one.reason}><td>{one.reason === 'unassigned' ? report.noReject : one.name}</td><td class="number">{number(one.parts)}</td><td class="number">{percent(one.share)}</td></tr>)}</tbody></table>
            </>
          )}
          {changeovers.length === 0 ? null : (
            <>
              <h3>{report.changeovers}</h3>
              <table><tbody>{changeovers.map((one) => <tr key={`${one.from_product ?? ''} ${one.to_product ?? ''}`}><td>{one.from_product ?? '–'} → {one.to_product ?? '–'}</td><td class="number">{number(one.n)} ×</td><td class="number">{length(one.median_seconds)}</td><td class="number">{one.excess_seconds === undefined || one.excess_seconds === 0 ? '' : report.overStandard(length(one.excess_seconds))}</td></tr>)}</tbody></table>
            </>
          )}
        </section>
      </div>
      {pareto === undefined ? null : (
        <section class="card">
          <div class="analysis-head"><h2>{said.pareto}</h2><Choice name={said.pareto} of={paretos.map((one) => [one, report.paretos[one]])} chosen={by} pick={(to) => { choose({ pareto: to }) }} /></div>
          {pareto[by].length === 0 ? <p class="muted">{said.nothing}</p> : <Pareto entries={pareto[by]} by={by === 'by_time' ? 'minutes' : by === 'by_count' ? 'count' : 'parts'} />}
        </section>
      )}
    </>
  )
}

function RestorationStep({ name, failures, mean_seconds }: { readonly name: string; readonly failures: number; readonly mean_seconds: number | null }) {
  return mean_seconds === null ? null : <><dt class="step">{name}</dt><dd>{length(mean_seconds)} <small class="muted">({number(failures)} ×)</small></dd></>
}

function Row({ name, oee }: { readonly name: string; readonly oee: Oee }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="number"><Link to={oee.explain.replace('/api/v1', '')} title={words.value.explain.open}>{percent(oee.oee, 1)}</Link></td>
      {[oee.availability, oee.performance, oee.quality].map((value, i) => <td key={i} class="number">{percent(value, 1)}</td>)}
      <td class="number">{number(oee.counts.good)}</td><td class="number">{number(oee.counts.startup_reject + oee.counts.production_reject)}</td><td class="number">{length(oee.times.planned_production)}</td><td class={oee.partial ? 'number hatched-text' : 'number'}>{percent(oee.coverage)}</td>
    </tr>
  )
}

/** Hours, days and weeks are instants or days; shifts, jobs and products have names. */
function keyOf(key: string | null): string {
  if (key === null) return '–'
  if (/^\d{4}-\d\d-\d\dT/.test(key)) return `${dateTime(key)} – ${shortTime(Date.parse(key) + 3_600_000)}`
  return key.replace(/^(\d{4})-(\d\d)-(\d\d)(?:\/(.+))?$/, (_, y: string, m: string, d: string, shift: string | undefined) => `${d}.${m}.${y}${shift === undefined ? '' : ` ${shift}`}`)
}
