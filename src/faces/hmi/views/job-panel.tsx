/** The job at an equipment: how far it is, and what can be done with it. */

import type { LineView } from '../../../contract/views.js'
import { useAsk } from '../data/asked.js'
import { Action } from '../parts/action.js'
import { Link } from '../parts/link.js'
import { May } from '../parts/may.js'
import { Bar } from '../parts/ratios.js'
import { number, percent, shortTime, words } from '../words/words.js'
import { GoOn } from './go-on.js'

type Equipment = LineView['equipment'][number]

/** More would push away what the panel is for; the list of jobs has them all. */
const WAITING_MAX = 3

export function JobPanel({ equipment }: { readonly equipment: Equipment }) {
  const { equipment: said, jobStatuses, nav } = words.value
  const { equipment_code: code, current_job: job, production_context: { startup } } = equipment
  const progress = useAsk('job_progress', job === null ? null : { equipment_code: code }, { include_plc_metrics: false }, true)
  const finish = progress.data?.status === 'active' ? progress.data.expected_finish.p50 : null
  const fraction = job === null || job.quantity === 0 ? null : (job.good + job.reworked_good) / job.quantity
  // A job that is not running is nobody's current one: what this equipment could go on with is asked for.
  const idle = useAsk('jobs', job === null ? {} : null, { line_id: equipment.line, status: ['paused', 'accepted', 'assigned'], limit: 100 }, true)
  const waiting = (idle.data?.jobs ?? []).filter((one) => one.equipment_code === code).slice(0, WAITING_MAX)
  const at = { params: { equipment_code: code }, body: {} }
  return (
    <section class="card">
      <h2>{said.job}</h2>
      {job === null ? (
        <div class="idle-jobs">
          <p class="muted">{said.noJob} · <Link to={`/jobs/${equipment.line}`}>{nav.jobs}</Link></p>
          {waiting.map((one) => (
            <div key={one.job_id}>
              <p><b>{one.name ?? one.product ?? one.job_id}</b> <small class="muted">{jobStatuses[one.status]}{one.reason === undefined ? '' : ` · ${one.reason}`}</small></p>
              <May what="run_job"><div class="choices"><GoOn job={one} /></div></May>
            </div>
          ))}
        </div>
      ) : (
        <div>
          <p><b>{job.name ?? job.product ?? job.job_id}</b> <small class="muted">{jobStatuses[job.status]}{job.reason === undefined ? '' : ` · ${job.reason}`}</small></p>
          <p><b>{number(job.good)}</b> {fraction === null ? `· ${said.noTarget}` : said.of(number(job.quantity))}{job.reworked_good === 0 ? '' : ` · ${said.reworked(number(job.reworked_good))}`}{fraction === null ? '' : ` · ${percent(fraction)}`}{finish === null ? '' : ` · ${said.expected(shortTime(finish))}`}</p>
          {fraction === null ? null : <Bar value={fraction} />}
        </div>
      )}
      {startup === null ? null : <p>{said.startup(startup.good_left === 0 ? '' : number(startup.good_left), startup.until === null ? '' : shortTime(startup.until))}</p>}
      <May what="run_job">
        <div class="choices">
          {job?.status === 'in_progress' ? <Action tells="job_pause" {...at} id={code} says={said.pause} /> : null}
          {job?.status === 'in_progress' ? <Action tells="job_completion" {...at} id={code} says={said.finish} hold /> : null}
          {equipment.production_context.changeover === null
            ? <Action tells="changeover_start" {...at} id={code} says={said.changeoverStart} />
            : <Action tells="changeover_completion" {...at} id={code} says={said.changeoverEnd} kind="primary" />}
          {startup === null ? null : <Action tells="startup_release" {...at} id={code} says={said.startupEnd} kind="primary" />}
        </div>
      </May>
    </section>
  )
}
