/** What would bring OEE points back, each with its evidence; and what the data do not say. */

import type { DataOf } from '../../../contract/endpoints/table.js'
import { useAsk } from '../data/asked.js'
import { choose, place } from '../data/place.js'
import type { Place } from '../data/store.js'
import { sentenceOf } from '../parts/action.js'
import { Choice } from '../parts/choice.js'
import { oneOf } from '../parts/one-of.js'
import { dateTime, number, percent, words } from '../words/words.js'

type Recommendation = DataOf<'oee_optimization_recommendations'>['recommendations'][number]

const focuses = ['all', 'availability', 'performance', 'quality'] as const
const spans = [30, 7, 90] as const

export function Advice({ line }: { readonly line: Place }) {
  const { compare, shift: said, advice } = words.value
  const { query } = place.value
  const focus = oneOf(focuses, query.get('focus'))
  const days = oneOf(spans, query.get('days'))
  const nameOf = (code: string): string => line.equipment.find((one) => one.code === code)?.name ?? code
  const { data, refusal } = useAsk('oee_optimization_recommendations', { line_id: line.code }, { optimization_focus: focus, horizon_days: days })
  /** Who limited the line and for how much of its planned time, where that moves with the product. */
  const limits = (code: string): string | null => {
    const limiting = data?.constraints?.find((one) => one.equipment_code === code)
    return limiting === undefined ? null : `${nameOf(code)} · ${percent(limiting.share)}`
  }
  return (
    <>
      <div class="analysis-head">
        <Choice name={advice.focus} of={focuses.map((one) => [one, one === 'all' ? advice.all : words.value.overview[one]])} chosen={focus} pick={(to) => { choose({ focus: to }) }} />
        <Choice name={said.window} of={[...spans].sort((one, other) => one - other).map((one) => [String(one), compare.days(number(one))])} chosen={String(days)} pick={(to) => { choose({ days: to }) }} />
      </div>
      {refusal === null ? null : <p class="card">{sentenceOf(refusal)}</p>}
      {data?.recommendations.map((one) => <Card key={`${one.equipment_code} ${one.title}`} one={one} limits={limits(one.equipment_code)} />)}
      {data === null ? null : (
        <section class="card">
          <h2>{advice.silent}</h2>
          <dl class="facts">{data.recommendations.length === 0 && data.no_finding.length === 0 ? advice.nothing : null}{data.no_finding.map(({ equipment_code: code, question, why }) => [<dt key={`${code} ${question}`}>{limits(code) === null ? '' : `${nameOf(code)}: `}{question}</dt>, <dd key={`${code} ${question} why`} class="finding">{why}</dd>])}</dl>
        </section>
      )}
    </>
  )
}

function Card({ one, limits }: { readonly one: Recommendation; readonly limits: string | null }) {
  const { advice, overview } = words.value
  const { evidence } = one
  return (
    <section class="card">
      <h2 class="finding">{one.title}</h2>
      <p>{one.advice}</p>
      <dl class="facts">
        {limits === null ? null : <><dt>{overview.constraint}</dt><dd>{limits}</dd></>}
        <dt>{advice.gain}</dt><dd>{one.recoverable_points === null ? '–' : `${number(one.recoverable_points * 100, 1)} ${advice.points}`}{one.recoverable_parts === null ? '' : ` · ${number(one.recoverable_parts)} ${advice.parts}`}</dd>
        <dt>{advice.evidence}</dt><dd>{evidence.data} · n = {number(evidence.n)} · {dateTime(evidence.period.from)} – {dateTime(evidence.period.to)} · {words.value.overview.coverage(percent(evidence.coverage))}</dd>
        <dt>{advice.effect}</dt><dd>{number(evidence.effect.value, 2)} {evidence.effect.unit}{evidence.uncertainty.low === null || evidence.uncertainty.high === null ? '' : ` (${number(evidence.uncertainty.low, 2)} – ${number(evidence.uncertainty.high, 2)})`}{evidence.uncertainty.p === null ? '' : ` · p ${number(evidence.uncertainty.p, 3)}`} · {evidence.uncertainty.method}</dd>
        <dt>{advice.caution}</dt><dd>{one.caution}</dd>
      </dl>
    </section>
  )
}
