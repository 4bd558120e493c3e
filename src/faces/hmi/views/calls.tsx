/** Calling for help, and seeing that somebody has heard it. */

import { andonTypes } from '../data/lists.js'
import type { AndonView } from '../../../contract/views.js'
import { now } from '../data/clock.js'
import { mayI } from '../data/person.js'
import { Action } from '../parts/action.js'
import { Icon } from '../parts/icon.js'
import { May, canSignOn } from '../parts/may.js'
import { calledFor, stopwatch, words } from '../words/words.js'
import { answerOf } from './overview.js'
import { fixedPositionOf } from '../data/fixed-position.js'
import { Unseen } from './unseen.js'

/** Every kind of call keeps its place, open or not: a finger on its way to one never lands on another. */
export function CallPanel({ code, calls, unseen }: { readonly code: string; readonly calls: readonly AndonView[]; readonly unseen: readonly AndonView[] }) {
  const { equipment: said, callTypes } = words.value
  if (calls.length === 0 && unseen.length === 0 && !mayI('raise_andon') && !canSignOn()) return null
  return (
    <section class="card">
      <h2>{said.calls}</h2>
      <May what="raise_andon">
        <div class="choices calls-free">
          {andonTypes.map((type) => calls.some(({ andon_type }) => andon_type === type)
            ? <button key={type} type="button" class="button is-open" disabled>{callTypes[type]}<small>{said.isCalled}</small></button>
            : <Action key={type} tells="trigger_andon" params={{ equipment_code: code }} body={{ event_type: type, priority: type === 'safety' ? 'critical' : 'medium' }} id={`${code}/${type}`} says={callTypes[type]} />)}
        </div>
      </May>
      <ul class="calls">{calls.map((call) => <Call key={call.andon_id} call={call} />)}</ul>
      <Unseen calls={unseen} more={0} />
    </section>
  )
}

function Call({ call }: { readonly call: AndonView }) {
  const { equipment: said, callTypes, callers } = words.value
  const to = { params: { andon_id: call.andon_id }, body: {} }
  const why = calledFor(call)
  const fixed = fixedPositionOf(call)
  return (
    <li class={call.status === 'raised' ? 'call is-open' : 'call'}>
      <p><Icon name={call.status === 'raised' ? 'bell' : 'eye'} /><b>{callTypes[call.andon_type]}</b><span class="timer">{stopwatch((now.value - Date.parse(call.raised_at)) / 1_000)}</span></p>
      <p role="status">{answerOf(call, said)} <small>· {said.called(call.raised_by ?? callers[call.source])}</small></p>
      {why === null ? null : <p>{why}</p>}
      {fixed === null ? null : <p class={fixed.isStopped ? 'fixed is-stopped' : 'fixed is-grace'} role="status"><Icon name={fixed.isStopped ? 'halt' : 'clock'} /><b>{fixed.isStopped ? said.lineStopped : said.lineStopsIn(stopwatch(fixed.leftSeconds))}</b></p>}
      {fixed !== null && !fixed.isStopped && mayI('raise_andon') ? <div class="choices"><Action tells="andon_cancel" {...to} id={call.andon_id} says={said.secondPull} kind="call" /></div> : null}
      {mayI('answer_andon') ? (
        <div class="choices">
          {call.status === 'raised' ? <Action tells="andon_acknowledge" {...to} id={call.andon_id} says={said.take} kind="call" /> : null}
          {call.status === 'acknowledged' ? <Action tells="andon_attend" {...to} id={call.andon_id} says={said.arrive} kind="call" /> : null}
          <Action tells="andon_resolve" {...to} id={call.andon_id} says={said.end} />
        </div>
      ) : null}
    </li>
  )
}
