/** The configuration: what is in force, what another would have made of the last hours, and the way there and back. */

import { useEffect, useState } from 'preact/hooks'
import type { DataOf } from '../../../contract/endpoints/table.js'
import { useAsk } from '../data/asked.js'
import { Refused, ask, order } from '../data/client.js'
import { useDraft } from '../data/draft.js'
import { choose, place } from '../data/place.js'
import { changes } from '../data/store.js'
import { sentenceOf } from '../parts/action.js'
import { Diff } from '../parts/diff.js'
import { Sure } from '../parts/sure.js'
import { dateTime, number, percent, words } from '../words/words.js'

type Config = DataOf<'config'>
type PlanState = DataOf<'plan_state'>
type Outcome = DataOf<'config_apply'>

export function ConfigurationPage() {
  const { nav } = words.value
  const wanted = Number(place.value.query.get('version') ?? Number.NaN)
  const { data, refusal } = useAsk('config', {}, Number.isInteger(wanted) ? { version: wanted } : {}, true)
  const [draft, setDraft] = useDraft('configuration')
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const [problem, setProblem] = useState<Refused | string | null>(null)
  if (refusal !== null) return <p class="empty">{sentenceOf(refusal)}</p>
  if (data === null) return null
  const text = draft === '' ? data.text : draft
  const change = (what: Promise<Outcome>) => {
    setProblem(null)
    setOutcome(null)
    what.then((answer) => { setOutcome(answer); setDraft(''); choose({ version: null }); changes.value++ }, (thrown: unknown) => { setProblem(thrown instanceof Refused ? thrown : words.value.login.unreachable) })
  }
  return (
    <div class="analysis">
      <h1>{nav.configuration}</h1>
      {typeof problem === 'string' ? <p class="problem" role="alert">{problem}</p> : null}
      {problem instanceof Refused ? <NotAppliedCard why={problem} /> : null}
      {outcome === null ? null : <AppliedCard outcome={outcome} />}
      <div class="columns">
        <Versions data={data} rollback={(version) => { change(order('config_rollback', {}, { version })) }} />
        <PlanCard text={draft === '' ? null : draft} />
      </div>
      <section class="card">
        <Editor data={data} text={text} setDraft={(next) => { setDraft(next === data.text ? '' : next) }} isChanged={draft !== ''} apply={() => { change(order('config_apply', {}, { text })) }} discard={() => { setDraft('') }} />
      </section>
    </div>
  )
}

function Versions({ data, rollback }: { readonly data: Config; readonly rollback: (version: number) => void }) {
  const { configuration: said } = words.value
  return (
    <section class="card">
      <h2>{said.inForce(String(data.version))} <small class="muted">{said.states[data.state as keyof typeof said.states] ?? data.state}</small></h2>
      {data.warnings.map((warning) => <p key={warning} class="note">{warning}</p>)}
      <ul class="versions">
        {data.versions.map((one) => (
          <li key={one.version}>
            <button type="button" class="button" aria-pressed={one.version === data.shown} onClick={() => { choose({ version: String(one.version) }) }}>{one.version}</button>
            <div><b>{dateTime(one.at)}</b> {one.by} · {said.states[one.state]}{one.changes.slice(0, 3).map((change) => <small key={change} class="muted config-change">{change}</small>)}{one.changes.length > 3 ? <small class="muted">{words.value.explain.more(number(one.changes.length - 3))}</small> : null}</div>
            {one.version === data.version || one.state === 'failed' ? null : <Sure says={said.back} run={() => { rollback(one.version) }} />}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Editor({ data, text, setDraft, isChanged, apply, discard }: { readonly data: Config; readonly text: string; readonly setDraft: (text: string) => void; readonly isChanged: boolean; readonly apply: () => void; readonly discard: () => void }) {
  const { configuration: said } = words.value
  return (
    <>
      <label>{said.text(String(data.shown))}<textarea class="config-text" spellcheck={false} rows={18} value={text} onInput={(event) => { setDraft(event.currentTarget.value) }} /></label>
      {isChanged ? (
        <>
          <h3>{said.difference}</h3>
          <Diff before={data.text} after={text} />
          <div class="choices"><Sure says={said.apply} run={apply} /><button type="button" class="button quiet" onClick={discard}>{said.discard}</button></div>
        </>
      ) : null}
      <p class="muted">{said.note}</p>
    </>
  )
}

function AppliedCard({ outcome }: { readonly outcome: Outcome }) {
  return (
    <section class="card" role="status">
      <h2>{words.value.configuration.applied(String(outcome.applied))}</h2>
      <ul>{outcome.changes.map((one) => <li key={one}>{one}</li>)}</ul>
    </section>
  )
}

/** Nothing was changed: why, and where in the text. */
function NotAppliedCard({ why }: { readonly why: Refused }) {
  return (
    <section class="card trouble-box" role="alert">
      <h2>{words.value.configuration.refused} {sentenceOf(why)}</h2>
      <ul>{why.details.map(({ message }) => <li key={message}>{message}</li>)}</ul>
    </section>
  )
}

const ASK_MS = 500
const HOURS = 8

/** What the last hours would have come to: it runs beside the gateway, and is asked for until it is done. */
function PlanCard({ text }: { readonly text: string | null }) {
  const { configuration: said } = words.value
  const [state, setState] = useState<PlanState | null>(null)
  const [problem, setProblem] = useState('')
  const fail = (thrown: unknown) => { setProblem(thrown instanceof Refused ? sentenceOf(thrown) : words.value.login.unreachable) }
  useEffect(() => {
    if (state?.state !== 'running') return
    const timer = setTimeout(() => { ask('plan_state', {}).then(setState, fail) }, ASK_MS)
    return () => { clearTimeout(timer) }
  }, [state])
  const start = () => { setProblem(''); order('plan_start', {}, { hours: HOURS, ...(text === null ? {} : { text }) }).then(setState, fail) }
  const plan = state?.plan ?? null
  return (
    <section class="card">
      <h2>{said.plan}</h2>
      <p class="muted">{text === null ? said.planFile : said.planText}</p>
      <div class="choices"><button type="button" class="button primary" disabled={state?.state === 'running'} onClick={start}>{state?.state === 'running' ? `${percent(state.progress)} …` : said.tryIt(String(HOURS))}</button></div>
      <p class="problem" role="alert">{problem}</p>
      {state?.state === 'failed' ? <p class="problem" role="alert">{state.why}</p> : null}
      {plan === null ? null : (
        <>
          <p><b>{said.reach[plan.reach]}</b>{plan.reconnects.length === 0 ? '' : ` · ${said.reconnects(plan.reconnects.join(', '))}`}</p>
          <dl class="facts"><dt>{words.value.shift.stops}</dt><dd>{number(plan.stops_count)}</dd><dt>{words.value.overview.calls}</dt><dd>{number(plan.andons_count)}</dd></dl>
          {plan.figures.length === 0 ? <p>{said.same}</p> : (
            <table><thead><tr><th /><th class="number">{said.before}</th><th class="number">{said.after}</th></tr></thead>
              <tbody>{plan.figures.map(({ of, before, after }) => <tr key={of}><th scope="row">{of}</th><td class="number">{percent(before.oee, 1)}</td><td class="number"><b>{percent(after.oee, 1)}</b></td></tr>)}</tbody></table>
          )}
          <ul>{plan.changes.slice(0, CHANGES_SHOWN).map((one) => <li key={one.path}><b>{one.path}</b>: {one.before ?? '–'} → {one.after ?? '–'}</li>)}</ul>
          {plan.unrecorded.length === 0 ? null : <p class="muted">{said.unrecorded(plan.unrecorded.join(', '))}</p>}
        </>
      )}
    </section>
  )
}
const CHANGES_SHOWN = 12
