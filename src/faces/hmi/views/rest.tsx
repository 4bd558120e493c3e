/** Interrupting a job or giving it up, with the reason that somebody will ask for. */

import type { DataOf } from '../../../contract/endpoints/table.js'
import { useDraft } from '../data/draft.js'
import { Action } from '../parts/action.js'
import { words } from '../words/words.js'

export interface RestProps {
  readonly job: DataOf<'jobs'>['jobs'][number]
  /** Where it is made; of a job that nobody has given away, any equipment of its line. */
  readonly code: string
  readonly close: () => void
}

export function Rest({ job: { job_id, status }, code, close }: RestProps) {
  const { equipment, jobs: said } = words.value
  const [typed, setTyped] = useDraft(`job/${job_id}/why`)
  const reason = typed.trim() === '' ? null : typed.trim()
  const params = { equipment_code: code }
  const done = () => { setTyped(''); close() }
  return (
    <form class="scrap" onSubmit={(event) => { event.preventDefault() }}>
      <label>{said.why}<input type="text" maxLength={200} value={typed} onInput={(event) => { setTyped(event.currentTarget.value) }} /></label>
      <div class="choices">
        {status === 'in_progress' ? <Action tells="job_pause" params={params} body={{ reason }} id={job_id} says={equipment.pause} done={done} /> : null}
        <Action tells="job_cancellation" params={params} body={{ job_id, reason }} id={job_id} says={said.giveUp} hold done={done} />
        <button type="button" class="button quiet" onClick={done}>{equipment.cancel}</button>
      </div>
    </form>
  )
}
