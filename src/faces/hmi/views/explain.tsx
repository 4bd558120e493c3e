/** A figure opened up: how it is worked out, the leaves of time it is made of, the slices and counts behind them, and their facts. */

import type { DataOf } from '../../../contract/endpoints/table.js'
import type { Oee } from '../../../contract/oee.js'
import { useAsk } from '../data/asked.js'
import { choose, place } from '../data/place.js'
import { lines, places } from '../data/store.js'
import { sentenceOf } from '../parts/action.js'
import { Choice } from '../parts/choice.js'
import { type Figure, figures } from '../parts/explain-link.js'
import { Link } from '../parts/link.js'
import { Paged } from '../parts/more.js'
import { Bar } from '../parts/ratios.js'
import { dateTime, exact, number, percent, words } from '../words/words.js'
import { Connecting, NotFound } from './empty.js'
import { Counts, Parts } from './explain-counts.js'
import { Iso } from './explain-iso.js'
import { Slices } from './explain-slices.js'

type Explained = DataOf<'explain_equipment'>
type ExplainedLine = DataOf<'explain_line'>
type TimeLeaf = Explained['leaves'][number]['leaf']

/** The period is part of the address, so a figure that was live when it was tapped stays what it was. */
function periodHere(): { readonly from?: string; readonly to?: string; readonly shift?: string; readonly job?: string; readonly product?: string } {
  const { query } = place.value
  return Object.fromEntries((['from', 'to', 'shift', 'job', 'product'] as const).flatMap((name) => query.has(name) ? [[name, query.get(name)!]] : []))
}

export function ExplainPage({ kind, of }: { readonly kind: string; readonly of: string }) {
  if (kind === 'equipment') return <ExplainEquipment code={of} />
  return kind === 'lines' ? <ExplainLine code={of} /> : <NotFound />
}

function ExplainEquipment({ code }: { readonly code: string }) {
  const { explain: said } = words.value
  const { data, refusal } = useAsk('explain_equipment', { equipment_code: code }, periodHere())
  const figure = figures.find((one) => one === place.value.query.get('figure')) ?? 'oee'
  if (refusal !== null) return <p class="empty">{sentenceOf(refusal)}</p>
  if (data === null) return <Connecting />
  const leaf = data.leaves.find((one) => one.leaf === place.value.query.get('leaf'))?.leaf ?? null
  return (
    <div class="analysis">
      <Head name={nameOf(code)} window={data.window} back={`/equipment/${code}`} />
      <Choice name={said.which} of={figures.map((one) => [one, said.figures[one]])} chosen={figure} pick={(to) => { choose({ figure: to, leaf: null, count: null }) }} />
      <div class="columns">
        <Working explained={data} figure={figure} />
        <Parts explained={data} />
      </div>
      <Leaves explained={data} figure={figure} chosen={leaf} />
      {data.days === undefined ? null : <Days days={data.days} />}
      {data.days === undefined && (isOfTime[figure] || leaf !== null) ? <Slices explained={data} leaves={leaf === null ? shownLeaves[figure] : [leaf]} /> : null}
      {data.days === undefined && isOfParts[figure] ? <Counts explained={data} figure={figure} /> : null}
      <Iso iso={data.iso_22400} />
      <Made explained={data} />
    </div>
  )
}

const isOfTime: Readonly<Record<Figure, boolean>> = { oee: true, availability: true, performance: true, quality: false, good: false, reject: false }
const isOfParts: Readonly<Record<Figure, boolean>> = { oee: true, availability: false, performance: true, quality: true, good: true, reject: true }

/** The leaves whose time a figure has as its whole. */
const planned = ['running', 'micro_stop', 'unplanned', 'external', 'planned', 'changeover'] as const satisfies readonly TimeLeaf[]
const run = ['running', 'micro_stop'] as const satisfies readonly TimeLeaf[]
const wholeOf: Readonly<Record<Figure, readonly TimeLeaf[]>> = { oee: planned, availability: planned, performance: run, quality: [], good: [], reject: [] }
/** What is missing in a figure is what people look for: not the time in which it ran. */
const shownLeaves: Readonly<Record<Figure, readonly TimeLeaf[]>> = {
  oee: ['unplanned', 'external', 'planned', 'changeover', 'micro_stop'], availability: ['unplanned', 'external', 'planned', 'changeover'], performance: ['micro_stop', 'running'], quality: [], good: [], reject: [],
}

function Head({ name, window, back }: { readonly name: string; readonly window: Explained['window']; readonly back: string }) {
  const { explain: said } = words.value
  return (
    <div class="analysis-head">
      <h1>{said.title} <small class="muted">{[`${dateTime(window.from)} – ${dateTime(window.to)}`, ...chosenHere()].join(' · ')}</small></h1>
      <Link to={back} class="button">{name}</Link>
    </div>
  )
}

/** The job or product that the figure is of, where it is not of all. */
function chosenHere(): string[] {
  const { explain: said } = words.value
  const { job, product } = periodHere()
  return [...job === undefined ? [] : [job === '' ? said.noJob : `${said.job} ${job}`], ...product === undefined ? [] : [product === '' ? said.noProduct : product]]
}

const nameOf = (code: string): string => places.value?.flatMap(({ equipment }) => equipment).find((one) => one.code === code)?.name ?? code

/** The sums on both sides of the line of a fraction, as they were divided. */
function Working({ explained, figure }: { readonly explained: Explained; readonly figure: Figure }) {
  const { explain: said } = words.value
  const factor = explained.factors.find(({ name }) => name === figure)
  const part = said.times[factor?.part.name as keyof typeof said.times]
  const whole = said.times[factor?.whole.name as keyof typeof said.times]
  if (factor === undefined || part === undefined || whole === undefined) {
    const made = explained.parts.reduce((sum, product) => sum + (figure === 'good' ? product.good : product.startup_reject + product.production_reject), 0)
    return <section class="card working"><h2>{said.figures[figure]}</h2><p class="working-result">{number(made)}</p><p>{said.sentences[figure]}</p></section>
  }
  return (
    <section class="card working">
      <h2>{said.figures[figure]}</h2>
      <p class="working-result">{percent(factor.value, 1)}</p>
      <table><tbody>
        <tr><th scope="row">{part}</th><td class="number">{exact(factor.part.ms)}</td></tr>
        <tr><th scope="row">÷ {whole}</th><td class="number">{exact(factor.whole.ms)}</td></tr>
      </tbody></table>
      <p>{said.sentences[figure]}</p>
      {factor.value === null ? <p class="muted">{said.undefined}</p> : null}
      {figure === 'oee' ? <p class="muted">{said.product}</p> : null}
      <Doubts oee={explained.oee} />
    </section>
  )
}

/** Every millisecond of the window stands in exactly one of them. */
function Leaves({ explained, figure, chosen }: { readonly explained: Explained; readonly figure: Figure; readonly chosen: TimeLeaf | null }) {
  const { explain: said } = words.value
  const all = explained.leaves.reduce((sum, { ms }) => sum + ms, 0)
  const whole = wholeOf[figure]
  const wholeMs = explained.leaves.filter(({ leaf }) => whole.includes(leaf)).reduce((sum, { ms }) => sum + ms, 0)
  return (
    <section class="card">
      <h2>{said.leaves}</h2>
      <ul class="leaves">
        {explained.leaves.filter(({ ms, leaf }) => ms > 0 || leaf === chosen).map(({ leaf, ms, slices }) => (
          <li key={leaf}>
            <button type="button" class={`button leaf ${whole.includes(leaf) ? 'is-in' : ''}`} aria-pressed={leaf === chosen} onClick={() => { choose({ leaf: leaf === chosen ? null : leaf }) }}>
              <b>{said.leaf[leaf]}</b><span class="leaf-rule">{said.leafRules[leaf]}</span><Bar value={all === 0 ? null : ms / all} /><b class="number">{exact(ms)}</b><span class="number">{explained.days === undefined ? said.slices(slices) : ''}</span>
            </button>
          </li>
        ))}
      </ul>
      <p class="muted">{whole.length === 0 ? '' : `${said.inWhole} ${exact(wholeMs)} · `}{said.inAll} {exact(all)}</p>
    </section>
  )
}

/** A long time, folded: each day opens by itself. */
function Days({ days }: { readonly days: NonNullable<Explained['days']> }) {
  const { explain: said } = words.value
  return (
    <section class="card">
      <h2>{said.byDay}</h2>
      <p class="muted">{said.byDayRule}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label={said.byDay}>
        <table>
          <thead><tr><th>{said.day}</th><th class="number">{said.figures.oee}</th><th class="number">{said.figures.good}</th><th class="number">{said.figures.reject}</th></tr></thead>
          <tbody>
            <Paged of={days} row={({ day, oee, good, rejects, explain }) => (
              <tr key={day}>
                <th scope="row"><Link to={screenOf(explain)} class="button">{day}</Link></th>
                <td class="number">{percent(oee, 1)}</td><td class="number">{number(good)}</td><td class="number">{number(rejects)}</td>
              </tr>
            )} />
          </tbody>
        </table>
      </div>
    </section>
  )
}

/** By which rules, under which configuration. */
function Made({ explained: { configs, oee } }: { readonly explained: Explained }) {
  const { explain: said } = words.value
  return (
    <section class="card">
      <h2>{said.made}</h2>
      <dl class="facts">
        <dt>{said.config}</dt><dd>{configs.length === 0 ? '–' : configs.map((version) => <Link key={version} to={`/configuration?version=${version}`} class="version">{number(version)}</Link>)}</dd>
        <dt>{said.policy}</dt><dd>{oee.policy}</dd>
        <Wider oee={oee} />
      </dl>
    </section>
  )
}

/** What must be known before the figure is believed or compared. */
function Doubts({ oee: { warnings } }: { readonly oee: Oee }) {
  const { warnings: said } = words.value.explain
  return warnings.length === 0 ? null : <ul class="doubts">{warnings.map((one) => <li key={one} class="note">{said[one]}</li>)}</ul>
}

/** The same good parts out of more than the planned time; and how much of it was seen. */
function Wider({ oee }: { readonly oee: Oee }) {
  const { explain: said, overview } = words.value
  return (
    <>
      <dt>{said.coverage}</dt><dd>{percent(oee.coverage, 1)}{oee.partial ? ` · ${overview.oee} ${overview.bounds(percent(oee.bounds.low), percent(oee.bounds.high))}` : ''}</dd>
      {oee.ooe === undefined ? null : <><dt>{said.wider.ooe}</dt><dd>{percent(oee.ooe, 1)} · {said.wider.noOrder(exact((oee.no_order_seconds ?? 0) * 1_000))}</dd></>}
      <dt>{said.wider.teep}</dt><dd>{percent(oee.teep, 1)} · {said.wider.utilization(percent(oee.utilization, 1))}</dd>
    </>
  )
}

/** Who limited the line: one, or several with their shares of its planned time. */
function limitedBy({ constraint, constraints }: Oee): string {
  const { explain: said } = words.value
  if (constraints !== undefined) return ` ${said.constraintsWere(constraints.map((one) => `${nameOf(one.equipment_code)} ${percent(one.share, 1)}`).join(' · '))}`
  return constraint === undefined ? '' : ` ${said.constraintIs(nameOf(constraint))}`
}

function ExplainLine({ code }: { readonly code: string }) {
  const { explain: said, overview } = words.value
  const { data, refusal } = useAsk('explain_line', { line_id: code }, periodHere())
  if (refusal !== null) return <p class="empty">{sentenceOf(refusal)}</p>
  if (data === null) return <Connecting />
  return (
    <div class="analysis">
      <Head name={places.value?.find((one) => one.code === code)?.name ?? code} window={data.window} back={`/line/${code}`} />
      <section class="card">
        <h2>{overview.oee} {percent(data.oee.oee, 1)}</h2>
        <p>{said.methods[data.method as keyof typeof said.methods] ?? data.method}{limitedBy(data.oee)}</p>
        <Doubts oee={data.oee} />
        <div class="scroll" tabIndex={0} role="region" aria-label={said.madeOf}>
          <table>
            <thead><tr><th>{words.value.shift.equipment}</th><th>{said.gives}</th><th class="number">{said.times.planned_production}</th><th class="number">{said.times.run}</th><th class="number">{said.standalone}</th><th class="number">{said.figures.good}</th><th class="number">{said.figures.reject}</th></tr></thead>
            <tbody>{data.made_of.map((one) => <Member key={one.equipment_code} one={one} />)}</tbody>
          </table>
        </div>
        <p class="muted">{said.standaloneRule}{data.made_of.some(({ under_way: moved }) => moved !== undefined) ? ` ${said.underWayRule}` : ''}</p>
      </section>
      {data.days === undefined ? null : <Days days={data.days} />}
      <section class="card">
        <h2>{said.made}</h2>
        <dl class="facts">
          <dt>{overview.target}</dt><dd>{said.targetRule(exact(data.oee.times.planned_production * 1_000), percent(lines.value?.get(code)?.target_oee))}</dd>
          {data.oee.work_in_process === undefined ? null : <><dt>{said.inProcess}</dt><dd>{number(data.oee.work_in_process)} · {said.inProcessRule}</dd></>}
          {data.from_before === 0 ? null : <><dt>{said.fromBefore}</dt><dd>{number(data.from_before)} · {said.fromBeforeRule}</dd></>}
          <dt>{said.policy}</dt><dd>{data.oee.policy}</dd>
          <Wider oee={data.oee} />
        </dl>
      </section>
    </div>
  )
}

function Member({ one }: { readonly one: ExplainedLine['made_of'][number] }) {
  const { explain: said } = words.value
  const gives = (what: (typeof one.gives)[number]) => one.gives.includes(what) ? '' : 'muted'
  const time = gives('time')
  return (
    <tr>
      <th scope="row"><Link to={screenOf(one.explain)} class="button">{nameOf(one.equipment_code)}</Link></th>
      <td>{one.gives.length === 0 ? said.givesNothing : one.gives.map((what) => said.give[what]).join(', ')}</td>
      <td class={`number ${time}`}>{exact(one.planned_production * 1_000)}</td><td class={`number ${time}`}>{exact(one.run * 1_000)}</td><td class="number">{percent(one.standalone_availability, 1)}</td>
      <td class={`number ${gives('good')}`}>{number(one.good)}{movedBy(one.under_way?.good)}</td><td class={`number ${gives('rejects')}`}>{number(one.rejects)}{movedBy(one.under_way?.rejects)}</td>
    </tr>
  )
}

/** What the line counts in this time and the equipment in another, or the other way round. */
const movedBy = (parts = 0): string => parts === 0 ? '' : ` ${parts < 0 ? '−' : '+'} ${number(Math.abs(parts))}`

/** An explanation is shown under the address that gives it, less the prefix of the interface. */
const screenOf = (link: string): string => link.replace('/api/v1', '')
