/** Entering scrap with a number pad's worth of taps: how many, what is wrong, done. */

import { useDraft } from '../data/draft.js'
import { mayI } from '../data/person.js'
import { Action } from '../parts/action.js'
import { May } from '../parts/may.js'
import { Stepper, partsOf } from '../parts/stepper.js'
import { number, words } from '../words/words.js'

export function Scrap({ code, close }: { readonly code: string; readonly close: () => void }) {
  const { equipment: said } = words.value
  const [typed, setTyped] = useDraft(`scrap/${code}/parts`)
  const [why, setWhy] = useDraft(`scrap/${code}/why`)
  const parts = partsOf(typed, PARTS_MAX)
  const done = () => { setTyped(''); setWhy(''); close() }
  const body = { description: why === '' ? said.scrap : why, parts, severity: 'low' as const }
  return (
    <form class="scrap" onSubmit={(event) => { event.preventDefault() }}>
      <Stepper label={said.scrapParts} parts={parts} max={PARTS_MAX} set={(next) => { setTyped(String(next)) }} />
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
