/** Entering scrap with a number pad's worth of taps: how many, what is wrong, done. */

import { useState } from 'preact/hooks'
import { mayI } from '../data/person.js'
import { Action } from '../parts/action.js'
import { number, words } from '../words/words.js'

export function Scrap({ code, close }: { readonly code: string; readonly close: () => void }) {
  const { equipment: said } = words.value
  const [parts, setParts] = useState(1)
  const [why, setWhy] = useState('')
  const body = { description: why === '' ? said.scrap : why, parts, severity: 'low' as const }
  return (
    <form class="scrap" onSubmit={(event) => { event.preventDefault() }}>
      <div class="stepper">
        <button type="button" class="button" aria-label="−1" onClick={() => { setParts(Math.max(1, parts - 1)) }}>−</button>
        <label>{said.scrapParts}<input type="number" inputMode="numeric" min={1} max={100_000} value={parts} onInput={(event) => { setParts(Math.max(1, Math.min(100_000, Math.round(Number(event.currentTarget.value) || 1)))) }} /></label>
        <button type="button" class="button" aria-label="+1" onClick={() => { setParts(parts + 1) }}>+</button>
        <button type="button" class="button" aria-label="+10" onClick={() => { setParts(parts + 10) }}>+10</button>
      </div>
      <label>{said.scrapReason}<input type="text" maxLength={200} value={why} onInput={(event) => { setWhy(event.currentTarget.value) }} /></label>
      <div class="choices">
        {mayI('correct_counts')
          ? <Action tells="counts_correction" params={{ equipment_code: code }} body={{ good: -parts, reject: parts, reason: body.description }} id={code} says={`${number(parts)} · ${said.scrapGo}`} kind="primary" done={close} />
          : <Action tells="quality_report" params={{ equipment_code: code }} body={body} id={code} says={`${number(parts)} · ${said.scrapGo}`} kind="primary" done={close} />}
        <button type="button" class="button quiet" onClick={close}>{said.cancel}</button>
      </div>
    </form>
  )
}
