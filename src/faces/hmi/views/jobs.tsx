/** The jobs of a line: what runs, what waits, and giving one to equipment. */

import { useState } from 'preact/hooks'
import type { DataOf } from '../../../contract/endpoints/table.js'
import type { LineView } from '../../../contract/views.js'
import { useAsk } from '../data/asked.js'
import { useDraft } from '../data/draft.js'
import { mayI } from '../data/person.js'
import { lines } from '../data/store.js'
import { Action } from '../parts/action.js'
import { Bar } from '../parts/ratios.js'
import { dateTime, number, words } from '../words/words.js'
import { GoOn } from './go-on.js'
import { Rest } from './rest.js'

type Job = DataOf<'jobs'>['jobs'][number]

export function JobsPage({ line: code }: { readonly line: string }) {
  const { jobs: said } = words.value
  const line = lines.value?.get(code)
  const { data } = useAsk('jobs', {}, { line_id: code, limit: 100 }, true)
  if (line === undefined) return null
  return (
    <div class="analysis">
      <h1>{said.title}</h1>
      <section class="card">
        {data?.jobs.length === 0 ? <p class="muted">{said.none}</p> : null}
        <ul class="job-list">{data?.jobs.map((job) => <JobRow key={job.job_id} job={job} line={line} />)}</ul>
      </section>
      {mayI('manage_jobs') ? <NewJob line={line} /> : null}
    </div>
  )
}

const titleOf = (job: Job): string => job.name ?? job.product ?? job.job_id

function JobRow({ job, line }: { readonly job: Job; readonly line: LineView }) {
  const { equipment, jobs: said, jobStatuses } = words.value
  const [isGiving, setGiving] = useState(false)
  const [isResting, setResting] = useState(false)
  const where = line.equipment.find(({ equipment_code }) => equipment_code === job.equipment_code)?.name
  const canGive = mayI('run_job') && (job.status === 'created' || job.status === 'assigned')
  const at = job.equipment_code ?? line.equipment.find(({ constraint }) => constraint)?.equipment_code
  const canRest = mayI('run_job') && at !== undefined && job.status !== 'completed' && job.status !== 'cancelled'
  return (
    <li>
      <div class="job-what"><b>{titleOf(job)}</b><small class="muted">{[titleOf(job) === job.job_id ? null : job.job_id, job.due === null ? null : `${said.due} ${dateTime(job.due)}`].filter((one) => one !== null).join(' · ')}</small></div>
      {job.quantity === 0 ? <div class="job-made"><span><b>{number(job.good)}</b> · {equipment.noTarget}</span></div>
        : <div class="job-made"><span><b>{number(job.good)}</b> / {number(job.quantity)}</span><Bar value={job.good / job.quantity} /></div>}
      <div class="job-where">{jobStatuses[job.status]}{where === undefined ? '' : ` · ${where}`}{job.reason === undefined ? null : <small class="muted"> · {job.reason}</small>}</div>
      <div class="job-acts">
        {mayI('run_job') ? <GoOn job={job} /> : null}
        {canGive ? <button type="button" class="button" aria-expanded={isGiving} onClick={() => { setGiving(!isGiving) }}>{said.assignTo} …</button> : null}
        {canRest ? <button type="button" class="button" aria-expanded={isResting} onClick={() => { setResting(!isResting) }}>{job.status === 'in_progress' ? said.rest : said.giveUp} …</button> : null}
      </div>
      {isGiving ? (
        <div class="choices">
          {line.equipment.map((one) => <Action key={one.equipment_code} tells="job_assignment" params={{ equipment_code: one.equipment_code }} body={{ job_id: job.job_id }} id={`${job.job_id}/${one.equipment_code}`} says={one.name} kind={one.constraint ? 'primary' : 'plain'} done={() => { setGiving(false) }} />)}
        </div>
      ) : null}
      {canRest && isResting ? <Rest job={job} code={at} close={() => { setResting(false) }} /> : null}
    </li>
  )
}

function NewJob({ line }: { readonly line: LineView }) {
  const { jobs: said } = words.value
  const [id, setId] = useDraft('job/id')
  const [product, setProduct] = useDraft('job/product')
  const [quantity, setQuantity] = useDraft('job/quantity')
  const parts = Number(quantity)
  const isComplete = id.trim() !== '' && parts > 0
  const clear = () => { setId(''); setQuantity('') }
  return (
    <details class="card">
      <summary><h2>{said.add}</h2></summary>
      <form class="new-job" onSubmit={(event) => { event.preventDefault() }}>
        <label>{said.id}<input type="text" maxLength={64} value={id} onInput={(event) => { setId(event.currentTarget.value) }} /></label>
        <label>{said.product}<input type="text" maxLength={64} value={product} onInput={(event) => { setProduct(event.currentTarget.value) }} /></label>
        <label>{said.quantity}<input type="number" min={1} inputMode="numeric" value={quantity} onInput={(event) => { setQuantity(event.currentTarget.value) }} /></label>
        {isComplete ? <Action tells="job_creation" params={{}} body={{ line_id: line.line_id, job_id: id.trim(), quantity: parts, ...(product.trim() === '' ? {} : { product: product.trim() }) } as { job_id: string; quantity: number }} id={id} says={said.create} kind="primary" done={clear} /> : <button type="button" class="button" aria-disabled="true">{said.create}</button>}
      </form>
    </details>
  )
}
