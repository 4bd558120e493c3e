/** One plan at a time, in a process of its own: started, watched, and ended when it takes too long. */

import { type ChildProcess, fork } from 'node:child_process'
import { limits } from '../base/limits.js'
import type { Clock } from '../base/clock.js'
import { later } from '../base/units.js'
import { sentenceOf } from '../configuration/configure.js'
import { type Read, type Source, configOfSource, readSource } from '../configuration/versions.js'
import type { PlanState, PlanWish } from '../contract/plan.js'
import { type Refusal, refuse } from '../contract/refusals.js'
import type { PlanJob, PlanReport } from './plan-child.js'

export interface Planner {
  /** Refused when the text is no configuration, or while another plan is made. */
  start(wish: PlanWish): PlanState | Refusal
  state(): PlanState
  stop(): void
}

interface PlannerParts {
  readonly directory: string
  readonly clock: Clock
  /** The configuration in force. */
  readonly source: () => Source
}

const none: PlanState = { state: 'none', progress: 0, why: null, plan: null }

export function startPlanner({ directory, clock, source }: PlannerParts): Planner {
  let state = none
  let child: ChildProcess | null = null

  function run(job: PlanJob): void {
    const started = fork(new URL('./plan-child.js', import.meta.url), { execArgv: ['--single-threaded-gc', `--max-old-space-size=${limits.planHeapMb}`], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    child = started
    state = { ...none, state: 'running' }
    const fail = (why: string): void => { if (state.state === 'running') state = { ...none, state: 'failed', why } }
    const deadline = setTimeout(() => {
      fail(`it took longer than ${limits.planMs / 60_000} min; ask for fewer hours`)
      started.kill('SIGKILL')
    }, limits.planMs)
    started.on('message', (message) => {
      // It sends nothing else.
      const report = message as PlanReport
      if ('progress' in report) state = { ...state, progress: report.progress }
      else if ('plan' in report) state = { state: 'done', progress: 1, why: null, plan: report.plan }
      else fail(report.failed)
    })
    started.on('error', (error) => { fail(error.message) })
    started.on('exit', (code, signal) => {
      clearTimeout(deadline)
      if (child === started) child = null
      fail(`its process ended (${signal ?? code}); ask for fewer hours`)
    })
    started.send(job)
  }

  const readText = (source: Source): Read => ({ ...configOfSource(source), source })

  return {
    start({ text, hours }) {
      if (child !== null) return refuse('PLAN_RUNNING')
      const before = source()
      const read = text === undefined ? readSource(before.file) : readText({ file: before.file, texts: { ...before.texts, [before.file]: text } })
      if ('errors' in read) return refuse('BODY_MISFIT', read.errors.map((error) => ({ path: error.path, message: sentenceOf(error) })))
      const to = clock.now()
      run({ before, after: read.source, directory, from: later(to, -hours * 3_600_000), to })
      return state
    },
    state: () => state,
    stop() { child?.kill('SIGKILL') },
  }
}
