/** Begins a job where it was assigned, or goes on with it where it was paused. */

import type { DataOf } from '../../../contract/endpoints/table.js'
import { Action } from '../parts/action.js'
import { words } from '../words/words.js'

export function GoOn({ job: { job_id, equipment_code: code, status } }: { readonly job: DataOf<'jobs'>['jobs'][number] }) {
  const { equipment: said } = words.value
  if (code === null) return null
  const at = { params: { equipment_code: code }, body: { job_id }, id: job_id, kind: 'primary' as const }
  if (status === 'assigned' || status === 'accepted') return <Action tells="job_start" {...at} says={said.start} />
  return status === 'paused' ? <Action tells="job_resume" {...at} says={said.resume} /> : null
}
