/** Entering scrap with a number pad's worth of taps: how many, what is wrong, done. */

import { useDraft } from '../data/draft.js'
import { mayI } from '../data/person.js'
import { Action } from '../parts/action.js'
import { May } from '../parts/may.js'
import { number, words } from '../words/words.js'

export function Scrap({ code, close }: { readonly code: string; readonly close: () => void }) {
  const { equipment: said } = words.value
  const [typed, setTyped] = useDraft(`scrap/${code}/parts`)
  const [why, setWhy] = useDraft(`scrap/${code}/why`)
  const parts = Math.max(1, Math.min(PARTS_MAX, Math.round(Number(typed) || 1)))
  const setParts = (next: number) => { setTyped(String(Math.max(1, Math.min(PARTS_MAX, next)))) }
  const done = () => { setTyped(''); setWhy(''); close() }
  const body = { description: why === '' ? said.scrap : why, parts, severity: 'low' as const }
  return (
    <form class="scrap" onSubmit={(event) => { event.preventDefault() }}>
      <div class="stepper">
        <button type="button" class="button" aria-label="−1" onClick={() => { setParts(parts - 1) }}>−</button>
        <label>{said.scrapParts}<input type="number" inputMode="numeric" min={1} max={PARTS_MAX} value={parts} onInput={(event) => { setTyped(event.currentTarget.value) }} /></label>
        <button type="button" class="button" aria-label="+1" onClick={() => { setParts(parts + 1) }}>+</button>
        <button type="button" class="button" aria-label="+10" onClick={() => { setParts(parts + 10) }}>+10</button>
      </div>
      <label>{said.scrapReason}<input type="text" maxLength={200} value={why} onInput={(event) => { setWhy(event.currentTarget.value) }} /></label>
      <div class="choices">
        <May what="report_quality">{mayI('correct_counts')
          ? <Action tells="counts_correction" params={{ equipment_code: code }} body={{ good: -parts, reject: parts, reason: body.description }} id={code} says={`${number(parts)} · ${said.scrapGo}`} kind="primary" done={done} />
          : <Action tells="quality_report" params={{ equipment_code: code }} body={body} id={code} says={`${number(parts)} · ${said.scrapGo}`} kind="primary" done={done} />}</May>
        <button type="button" class="button quiet" onClick={done}>{said.cancel}</button>
      </div>
    </form>
  )
}

const PARTS_MAX = 100_000
