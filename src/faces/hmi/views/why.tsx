/** Why a tag is what it is: the way of its value from the network to the rule, each step with its evidence and what to do. */

import { useAsk } from '../data/asked.js'
import { sentenceOf } from '../parts/action.js'
import { Link } from '../parts/link.js'
import { dateTime, length, words } from '../words/words.js'
import { Connecting } from './empty.js'

export function WhyPage({ plc, tag }: { readonly plc: string; readonly tag: string }) {
  const { why: said } = words.value
  const { data, refusal } = useAsk('explain_tag', { plc, tag }, {}, true)
  if (refusal !== null) return <p class="empty">{sentenceOf(refusal)}</p>
  if (data === null) return <Connecting />
  return (
    <div class="analysis">
      <div class="analysis-head"><h1>{data.plc}/{data.tag} <small class="muted">{data.address}</small></h1></div>
      <section class={data.verdict === 'wrong' ? 'card trouble-box' : 'card'}>
        <h2>{data.finding}</h2>
        {data.remedy === null ? null : <p>{data.remedy}</p>}
        <dl class="facts">
          <dt>{said.value}</dt><dd>{data.value ?? '–'} {data.unit} · {data.quality}</dd>
          <dt>{said.age}</dt><dd>{data.at === null ? said.never : `${length(data.age_seconds ?? 0)} · ${dateTime(data.at)}`}</dd>
          <dt>{said.place}</dt><dd>{data.driver} · {data.place}</dd>
        </dl>
      </section>
      <ol class="why-steps">
        {data.steps.map((step) => (
          <li key={step.step} class={`card why-${step.verdict}`}>
            <h2><span class="verdict">{said.verdicts[step.verdict]}</span> {said.steps[step.step]}</h2>
            <p>{step.finding}</p>
            {step.remedy === null ? null : <p><b>{step.remedy}</b></p>}
            {step.evidence.length === 0 ? null : <dl class="facts">{step.evidence.map(({ name, value }) => [<dt key={name}>{name}</dt>, <dd key={`${name} value`}>{value}</dd>])}</dl>}
          </li>
        ))}
      </ol>
      {data.uses.length === 0 ? null : (
        <section class="card">
          <h2>{said.uses}</h2>
          <ul class="rows">{data.uses.map((use) => <li key={`${use.equipment_code} ${use.signal}`}><Link to={`/signal/${use.equipment_code}/${use.signal}`} class="row"><span>{use.equipment_code} · <b>{use.signal}</b></span><span>{String(use.value ?? '–')} {use.quality}</span></Link></li>)}</ul>
        </section>
      )}
    </div>
  )
}
