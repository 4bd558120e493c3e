/** Entering rework: how many rejects of the job that runs have become good. No more of them than there are. */

import { useDraft } from '../data/draft.js'
import { Action } from '../parts/action.js'
import { May } from '../parts/may.js'
import { Stepper, partsOf } from '../parts/stepper.js'
import { number, words } from '../words/words.js'

export interface ReworkProps {
  readonly code: string
  readonly job: string
  /** Rejects of the job that are not good yet. */
  readonly left: number
  readonly close: () => void
}

export function Rework({ code, job, left, close }: ReworkProps) {
  const { equipment: said } = words.value
  const [typed, setTyped] = useDraft(`rework/${code}/parts`)
  const parts = partsOf(typed, left)
  const done = () => { setTyped(''); close() }
  return (
    <form class="scrap" onSubmit={(event) => { event.preventDefault() }}>
      <Stepper label={said.reworkParts} parts={parts} max={left} set={(next) => { setTyped(String(next)) }} />
      <p class="muted">{said.reworkLeft(number(left))}</p>
      <div class="choices">
        <May what="report_quality">
          <Action tells="rework_report" params={{ equipment_code: code }} body={{ good: parts, job_id: job }} id={code} says={`${number(parts)} · ${said.reworkGo}`} kind="primary" done={done} />
        </May>
        <button type="button" class="button quiet" onClick={done}>{said.cancel}</button>
      </div>
    </form>
  )
}
