/** Jobs, changeovers and the people at the equipment. */

import { jobStatuses } from '../events/jobs.js'
import { z } from '../schema.js'
import { jobView, operatorView } from '../views.js'
import { asks } from './endpoint.js'
import { BASE, nextCursor, ofEquipment, ofJob, page, whichLine } from './inputs.js'
import { tells } from './tells.js'

const tag = 'jobs'
const line = z.strictObject(whichLine)
const at = { tag, params: ofEquipment } as const
const path = (end: string) => `${BASE}/equipment/{equipment_code}/${end}`

export const jobs = {
  jobs: asks({
    path: `${BASE}/jobs`, tag, sentence: 'The jobs of a line, newest first.',
    query: z.strictObject({ ...whichLine, status: z.array(z.enum(jobStatuses)).optional(), ...page }), data: () => z.strictObject({ jobs: z.array(jobView), ...nextCursor }),
  }),
  job: asks({ path: `${BASE}/jobs/{job_id}`, tag, sentence: 'One job.', params: ofJob, data: () => z.strictObject({ job: jobView }) }),
  job_creation: tells({ path: `${BASE}/jobs`, tag, command: 'job_create', status: 201, query: line, gives: { job: { fact: 'job_created' } } }),
  jobs_import: tells({ path: `${BASE}/jobs/import`, tag, command: 'jobs_import', status: 201, query: line, gives: {} }),
  schedule: asks({
    path: `${BASE}/schedule`, tag, sentence: 'The jobs that are still to be made, in the order they are planned.',
    query: line, data: () => z.strictObject({ jobs: z.array(jobView) }),
  }),
  schedule_change: tells({ method: 'PUT', path: `${BASE}/schedule`, tag, command: 'schedule_set', query: line, gives: {} }),
  job_acceptance: tells({ ...at, path: path('job-acceptance'), command: 'job_accept', gives: { acceptance: { fact: 'job_accepted' } } }),
  job_change: tells({ method: 'PATCH', path: `${BASE}/jobs/{job_id}`, tag, command: 'job_update', params: ofJob, query: line, fromPath: ['job_id'], gives: { job: { fact: 'job_updated' } } }),

  job_start: tells({ ...at, path: path('job-start'), command: 'job_start', gives: { start: { fact: 'job_started' } } }),
  job_pause: tells({ ...at, path: path('job-pause'), command: 'job_pause', gives: { pause: { fact: 'job_paused' } } }),
  job_resume: tells({ ...at, path: path('job-resume'), command: 'job_resume', gives: { resumption: { fact: 'job_resumed' } } }),
  job_cancellation: tells({ ...at, path: path('job-cancel'), command: 'job_cancel', gives: { cancellation: { fact: 'job_cancelled' } } }),
  changeover_start: tells({ ...at, path: path('changeover-start'), command: 'changeover_start', status: 201, gives: { changeover: { fact: 'changeover_started' } } }),
  changeover_completion: tells({ ...at, path: path('changeover-completion'), command: 'changeover_complete', gives: { changeover: { fact: 'changeover_completed' } } }),
  startup_release: tells({ ...at, path: path('startup-release'), command: 'startup_release', gives: { release: { fact: 'startup_released' } } }),
  counts_correction: tells({ ...at, path: path('counts-correction'), command: 'counts_correct', status: 201, gives: { correction: { fact: 'counts_corrected' } } }),
  rework_report: tells({ ...at, path: path('rework-report'), command: 'rework_report', status: 201, gives: { rework: { fact: 'parts_reworked' } } }),
  quality_report: tells({ ...at, path: path('quality-report'), command: 'quality_report', status: 201, gives: { quality_issue: { fact: 'quality_issue' } } }),
  operators: asks({
    path: `${BASE}/operators`, tag, sentence: 'The people who are known on a line, and where they work now.',
    query: line, data: () => z.strictObject({ operators: z.array(operatorView) }),
  }),
  operator_creation: tells({ path: `${BASE}/operators`, tag, command: 'operator_create', status: 201, query: line, gives: { operator: { fact: 'operator_created' } } }),
  operator_change: tells({ method: 'PATCH', path: `${BASE}/operators`, tag, command: 'operator_update', query: line, gives: { operator: { fact: 'operator_updated' } } }),
  operator_sign_on: tells({ ...at, path: path('operator-sign-on'), command: 'operator_sign_on', status: 201, gives: { sign_on: { fact: 'operator_signed_on' } } }),
  operator_sign_off: tells({ ...at, path: path('operator-sign-off'), command: 'operator_sign_off', gives: { sign_off: { fact: 'operator_signed_off' } } }),
} as const
