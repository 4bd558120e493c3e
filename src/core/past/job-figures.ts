/** Jobs that ended, and whose time counts since another instant now that the calendar is corrected: their figures are told over that time. */

import type { Portions } from '../../base/portions.js'
import { type Instant, instantOf, rfc3339 } from '../../base/units.js'
import type { Draft, DraftOf, FactOf } from '../../contract/events/catalogue.js'
import type { LossSums } from '../../contract/losses.js'
import { explainPath, figuresRevalued, isJudged, oeeOf } from '../losses/oee.js'
import { Tally, noTime } from '../losses/sums.js'
import { configAt, draft, indexOf } from '../memory/lookups.js'
import { jobFrom } from '../memory/windows.js'
import { revisionOf } from '../rules/records.js'
import type { Period } from '../time/calendar.js'
import type { Again } from './again.js'
import { type Account, inWindow } from './accounts.js'
import type { MovedClock } from './job-clocks.js'

/** One that was never told, because its time did not count, is told for the first time; one of which no time counts any more keeps its window, in which nothing was planned. */
export function* jobsAgain(again: Again, fact: DraftOf<'calendar_corrected'>): Portions<Draft[]> {
  const { line, was, is, known } = again
  const drafts: Draft[] = []
  for (const moved of fact.body.jobs ?? []) {
    yield
    const i = indexOf(line, moved.equipment)
    const job = line.jobs[moved.job_id]
    if (i === -1 || job?.status !== 'completed' || job.endedAt === null) continue
    const told = known.find(({ equipment, body }) => equipment === moved.equipment && body.interval === 'job' && body.key === moved.job_id)
    const from = told === undefined ? jobFrom(line, i, job) : fromAfter(told, moved)
    if (from === null) continue
    const window = { from, to: job.endedAt }
    const config = configAt(line, i)
    const sums = (accounts: readonly Account[], over: Period) => sumsOfJob(accounts.find(({ code }) => code === moved.equipment)!, over, moved.job_id, fact.at)
    const now = sums(is, window)
    if (told === undefined) {
      drafts.push(draft(line, 'oee_recorded', fact.at, moved.equipment, { interval: 'job', key: moved.job_id, revision: 0, figures: oeeOf(now, window, line.plan, config, { job: moved.job_id }) }))
      continue
    }
    const { figures, revision } = told.body
    const before = sums(was, { from: instantOf(figures.window.from)!, to: instantOf(figures.window.to)! })
    const times = { ...noTime }
    for (const leaf of Object.keys(times) as (keyof typeof times)[]) times[leaf] = now.ms[leaf] - before.ms[leaf]
    drafts.push(draft(line, 'oee_recorded', fact.at, moved.equipment, { interval: 'job', key: moved.job_id, revision: 1 + Math.max(revision, revisionOf(line, 'job', moved.job_id)), figures: {
      ...figuresRevalued(figures, { was: before.products, is: now.products, times, line: null }, isJudged(line.plan, config), line.plan.grades),
      window: { from: rfc3339(window.from), to: rfc3339(window.to) }, explain: explainPath(`equipment/${moved.equipment}`, window, { job: moved.job_id }),
    } }))
  }
  return drafts
}

/** The changeover to a job is of its time as long as it began before it (`jobFrom`). */
function fromAfter({ body: { figures } }: FactOf<'oee_recorded'>, { clock_from, previous }: MovedClock): Instant {
  const from = instantOf(figures.window.from)!
  const clock = clock_from === null ? from : instantOf(clock_from)!
  return previous !== null && from < instantOf(previous)! && from < clock ? from : clock
}

function sumsOfJob({ made, slices }: Account, window: Period, job: string, asOf: Instant): LossSums {
  const tally = new Tally()
  for (const slice of slices(window, asOf)) if (slice.job === job) tally.addTime(slice.leaf, slice.to - slice.from, slice.product)
  for (const { booking } of inWindow(made, window)) if (booking.job === job) tally.addParts(booking.product, booking.idealMs, booking.parts)
  return tally.sums()
}
