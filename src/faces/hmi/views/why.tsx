/** Why a tag is what it is: the way of its value from the network to the rule, each step with its evidence and what to do. */

import { useAsk } from '../data/asked.js'
import { sentenceOf } from '../parts/action.js'
import { Link } from '../parts/link.js'
import { clockTime, dateTime, length, number, qualityOf, words } from '../words/words.js'
import { Connecting } from './empty.js'

export function WhyPage({ plc, tag }: { readonly plc: string; readonly tag: string }) {
  const { why: said } = words.value
  const evidence: Readonly<Record<string, string>> = words.value.why.evidence
  const { data, refusal } = useAsk('explain_tag', { plc, tag }, {}, true)
  if (refusal !== null) return <p class="empty">{sentenceOf(refusal)}</p>
  if (data === null) return <Connecting />
  return (
    <div class="analysis">
      <div class="analysis-head"><h1>{data.plc}/{data.tag} <small class="muted">{data.address}</small></h1></div>
      <section class={data.verdict === 'wrong' ? 'card trouble-box' : 'card'}>
        <h2 class="finding">{data.finding}</h2>
        {data.remedy === null ? null : <p>{data.remedy}</p>}
        <dl class="facts">
          <dt>{said.value}</dt><dd>{data.value === null ? '–' : readable(String(data.value))} {data.unit} · {qualityOf(data.quality)}</dd>
          <dt>{said.age}</dt><dd>{data.at === null ? said.never : `${length(data.age_seconds ?? 0)} · ${dateTime(data.at)}`}</dd>
          <dt>{said.place}</dt><dd>{data.driver} · {data.place}</dd>
        </dl>
      </section>
      <ol class="why-steps">
        {data.steps.map((step) => (
          <li key={step.step} class={`card why-step why-${step.verdict}`}>
            <span class="verdict">{said.verdicts[step.verdict]}</span>
            <h2>{said.steps[step.step]}</h2>
            <div>
              <p class="finding">{step.finding}</p>
              {step.remedy === null ? null : <p><b>{step.remedy}</b></p>}
              {step.evidence.length === 0 ? null : <p class="why-evidence">{step.evidence.map(({ name, value }) => `${evidence[name] ?? name.replaceAll('_', ' ')} ${readable(value)}`).join(' · ')}</p>}
            </div>
          </li>
        ))}
      </ol>
      {data.uses.length === 0 ? null : (
        <section class="card">
          <h2>{said.uses}</h2>
          <ul class="rows">{data.uses.map((use) => <li key={`${use.equipment_code} ${use.signal}`}><Link to={`/signal/${use.equipment_code}/${use.signal}`} class="row"><span>{use.equipment_code} · <b>{use.signal}</b></span><span>{use.value === null ? '–' : readable(String(use.value))} · {qualityOf(use.quality)}</span></Link></li>)}</ul>
        </section>
      )}
    </div>
  )
}

/** Instants and long fractions as people write them; everything else stays as the gateway says it. */
function readable(text: string): string {
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return clockTime(text)
  return text.replace(/-?\d+\.\d{4,}/, (figure) => number(Number(figure), 3))
}
