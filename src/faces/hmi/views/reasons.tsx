/** Why it stands: three likely reasons as big buttons, all others behind one more tap, and "don't know yet". */

import { useState } from 'preact/hooks'
import type { LineView, StopView } from '../../../contract/views.js'
import { useAsk } from '../data/asked.js'
import { mayI } from '../data/person.js'
import { isCopy } from '../data/standby.js'
import { Action } from '../parts/action.js'
import { SignOn, canSignOn } from '../parts/may.js'
import { shortTime, stopwatch, words } from '../words/words.js'

type Equipment = LineView['equipment'][number]

export function Reasons({ equipment }: { readonly equipment: Equipment }) {
  const code = equipment.equipment_code
  const standing = equipment.current_stop
  const isAsked = standing !== null && !standing.provisional
  // While nothing stands, the last stop that nobody has explained is worth a question.
  const { data } = useAsk('stops', isAsked ? null : {}, { equipment_code: code, explained: false, include_micro_stops: false, limit: 1 }, true)
  const stop = isAsked ? standing : data?.stops.find(({ to }) => to !== null) ?? null
  return stop === null ? null : <ReasonPanel key={stop.stop_id} stop={stop} />
}

export function ReasonPanel({ stop }: { readonly stop: StopView }) {
  const { equipment: said } = words.value
  const [isChanging, setChanging] = useState(false)
  const [isPut, setPut] = useState(false)
  const [isWide, setWide] = useState(false)
  const suggested = useAsk('suggested_reasons', { stop_id: stop.stop_id })
  const all = useAsk('reasons', {}, { equipment_code: stop.equipment_code })
  if (isPut) return null
  const title = <h2>{stop.to === null ? said.why : said.wasWhy} <small class="muted">{shortTime(stop.from)}{stop.to === null ? '' : ` · ${stopwatch(stop.seconds)}`}</small></h2>
  if (stop.reason !== null && !isChanging) {
    return (
      <section class="card">
        {title}
        <p class="given"><b>{stop.reason.name}</b> <small class="muted">{stop.reason.source === 'auto' ? said.seen : stop.reason.by === null ? '' : said.by(stop.reason.by)}</small>
          {mayI('reason_stop') ? <button type="button" class="button" onClick={() => { setChanging(true) }}>{said.change}</button> : null}</p>
      </section>
    )
  }
  const reasons = all.data?.reasons ?? []
  const likely = [...new Set([...suggested.data?.suggestions.map(({ reason }) => reason) ?? [], ...reasons.filter(({ category }) => category === 'unplanned').map(({ code }) => code)])].slice(0, 3)
  const others = reasons.filter(({ code }) => !likely.includes(code))
  const button = (code: string, kind: 'primary' | 'plain') => {
    const reason = reasons.find((one) => one.code === code)
    return reason === undefined ? null : (
      <Action key={code} tells="stop_reason" params={{ stop_id: stop.stop_id }} body={{ reason: code, expected_revision: stop.revision }} id={`${stop.stop_id}/${code}`} says={reason.name} kind={kind} done={() => { setChanging(false) }} />
    )
  }
  return (
    <section class="card ask">
      {title}
      {mayI('reason_stop') || isCopy.value ? null : canSignOn() ? <div class="choices big"><SignOn /></div> : <p class="muted">{words.value.refusals.FORBIDDEN}</p>}
      {mayI('reason_stop') ? <div class="choices big">{likely.map((code) => button(code, 'primary'))}</div> : null}
      {isWide && mayI('reason_stop') ? <div class="choices">{others.map(({ code }) => button(code, 'plain'))}</div> : null}
      {mayI('reason_stop') ? <div class="choices foot">
        <button type="button" class="button quiet" aria-expanded={isWide} onClick={() => { setWide(!isWide) }}>{isWide ? said.less : said.more}</button>
        <button type="button" class="button quiet" onClick={() => { if (isChanging) setChanging(false); else setPut(true) }}>{isChanging ? said.cancel : said.unknownYet}</button>
      </div> : null}
    </section>
  )
}
