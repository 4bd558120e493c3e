/** Entering scrap with a number pad's worth of taps: how many, what is wrong, done. */

import { useAsk } from '../data/asked.js'
import { useDraft } from '../data/draft.js'
import { mayI } from '../data/person.js'
import { Action } from '../parts/action.js'
import { Choice } from '../parts/choice.js'
import { May } from '../parts/may.js'
import { Stepper, partsOf } from '../parts/stepper.js'
import { number, words } from '../words/words.js'

export function Scrap({ code, close }: { readonly code: string; readonly close: () => void }) {
  const { equipment: said } = words.value
  const [typed, setTyped] = useDraft(`scrap/${code}/parts`)
  const [why, setWhy] = useDraft(`scrap/${code}/why`)
  const [wrong, setWrong] = useDraft(`scrap/${code}/wrong`)
  const known = useAsk('reject_reasons', {}, { equipment_code: code }).data?.reject_reasons ?? []
  const reason = known.find((one) => one.code === wrong)
  const parts = partsOf(typed, PARTS_MAX)
  const done = () => { setTyped(''); setWhy(''); setWrong(''); close() }
  const description = why === '' ? reason?.name ?? said.scrap : why
  const reject_reason = reason?.code ?? null
  return (
    <form class="scrap" onSubmit={(event) => { event.preventDefault() }}>
      <Stepper label={said.scrapParts} parts={parts} max={PARTS_MAX} set={(next) => { setTyped(String(next)) }} />
      {known.length === 0 ? null : <div><h3>{said.scrapReason}</h3><Choice name={said.scrapReason} of={known.map((one) => [one.code, one.name])} chosen={wrong} optional pick={(to) => { setWrong(to === wrong ? '' : to) }} /></div>}
      <label>{known.length === 0 ? said.scrapReason : said.scrapNote}<input type="text" maxLength={200} value={why} onInput={(event) => { setWhy(event.currentTarget.value) }} /></label>
      <div class="choices">
        <May what="report_quality">{mayI('correct_counts')
          ? <Action tells="counts_correction" params={{ equipment_code: code }} body={{ good: -parts, reject: parts, reason: description, reject_reason }} id={code} says={`${number(parts)} · ${said.scrapGo}`} kind="primary" done={done} />
          : <Action tells="quality_report" params={{ equipment_code: code }} body={{ description, parts, severity: 'low', reject_reason }} id={code} says={`${number(parts)} · ${said.scrapGo}`} kind="primary" done={done} />}</May>
        <button type="button" class="button quiet" onClick={done}>{said.cancel}</button>
      </div>
    </form>
  )
}

const PARTS_MAX = 100_000
