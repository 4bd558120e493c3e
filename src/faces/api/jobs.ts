/** Answers about jobs: the lines hold them all. */

import type { Desk } from '../../contract/desk.js'
import { isRefusal, refuse } from '../../contract/refusals.js'
import { type Actor, may } from '../../contract/roles.js'
import type { ViewData } from '../../contract/views.js'
import type { Handlers } from './ask.js'
import { pageOf } from './history.js'
import { dataOf } from './production.js'

type JobView = ViewData<'jobs'>['jobs'][number]

export function jobHandlers(desk: Desk): Pick<Handlers, 'jobs' | 'job' | 'schedule' | 'operators'> {
  const linesOf = (actor: Actor, line: string | null): string[] => line === null ? desk.config.lines.map(({ code }) => code).filter((code) => may(actor, 'view', code)) : [line]

  function reached(actor: Actor, line: string | null): JobView[] {
    return linesOf(actor, line).flatMap((code) => dataOf(desk.view('jobs', code), 'jobs').jobs)
  }

  return {
    jobs({ query, actor, line }) {
      const page = pageOf(reached(actor, line), (job) => job.job_id, ({ status }) => query.status === undefined || query.status.includes(status), query)
      return isRefusal(page) ? page : { jobs: page.items, next_cursor: page.next_cursor }
    },
    schedule({ actor, line }) {
      const last = '9999'
      const open = reached(actor, line).filter(({ status }) => status !== 'completed' && status !== 'cancelled')
      return { jobs: open.sort((a, b) => (a.planned_start ?? last).localeCompare(b.planned_start ?? last) || b.priority - a.priority) }
    },
    operators: ({ actor, line }) => ({ operators: linesOf(actor, line).flatMap((code) => dataOf(desk.view('operators', code), 'operators').operators) }),
    job({ params, actor }) {
      const job = reached(actor, null).find(({ job_id }) => job_id === params.job_id)
      return job === undefined ? refuse('JOB_UNKNOWN', params) : { job }
    },
  }
}
