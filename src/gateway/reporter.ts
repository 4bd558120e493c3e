/** Has reports made on a thread of their own: started when somebody asks, ended when it takes too long or when nobody has asked for a while. */

import { Worker } from 'node:worker_threads'
import { limits } from '../base/limits.js'
import type { Instant } from '../base/units.js'
import type { Config } from '../contract/config.js'
import { Fault } from '../contract/faults.js'
import { refuse } from '../contract/refusals.js'
import type { Handlers } from '../faces/api/ask.js'
import type { ReportName } from '../faces/api/reports.js'
import { unwireFault } from '../journal/wire.js'
import type { FromReports, Question, Reported, ReportJob } from './report-thread.js'

export interface Reporter {
  readonly handlers: Pick<Handlers, ReportName>
  stop(): Promise<void>
}

export interface ReporterParts {
  readonly directory: string
  readonly now: () => Instant
  /** The configuration in force. */
  readonly inForce: () => { readonly config: Config; readonly version: number }
  /** Resolves when what has happened so far is on the disk, from where reports read it. */
  readonly flush: () => Promise<void>
}

interface Waiting { readonly resolve: (answer: Reported) => void; readonly reject: (error: Error) => void; readonly timer: NodeJS.Timeout }

export function startReporter({ directory, now, inForce, flush }: ReporterParts): Reporter {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | null = null
  let told: Config | null = null
  let idle: NodeJS.Timeout | null = null
  let lastId = 0
  let isStopped = false

  function running(): Worker {
    if (worker !== null) return worker
    const started = new Worker(new URL('./report-thread.js', import.meta.url), { workerData: { directory }, name: 'reports', resourceLimits: { maxOldGenerationSizeMb: limits.reportHeapMb } })
    started.on('message', ({ id, ...answer }: FromReports) => {
      if ('failed' in answer) settle(id, (one) => { one.reject(unwireFault(answer.failed)) })
      else settle(id, (one) => { one.resolve(answer.made) })
    })
    started.on('error', (error) => { if (worker === started) void end(error) })
    worker = started
    told = null
    return started
  }

  function settle(id: number, how: (one: Waiting) => void): void {
    const one = waiting.get(id)
    if (one === undefined) return
    waiting.delete(id)
    clearTimeout(one.timer)
    how(one)
    if (waiting.size === 0 && worker !== null) idle = setTimeout(() => { void end(null) }, limits.reportIdleMs)
  }

  /** Whoever still waits hears why. */
  function end(why: Error | null): Promise<unknown> {
    if (idle !== null) clearTimeout(idle)
    const ended = worker
    worker = null
    for (const id of waiting.keys()) settle(id, (one) => { one.reject(why ?? new Fault('JOURNAL_UNWRITABLE', { why: 'the gateway stops' })) })
    return ended?.terminate() ?? Promise.resolve()
  }

  async function report(name: ReportName, ask: Question): Promise<Reported> {
    if (waiting.size >= limits.reportsWaitingMax) return refuse('TOO_MANY_REQUESTS', { reports_waiting: waiting.size })
    const { params, query, line, accept, language } = ask
    await flush()
    if (isStopped) throw new Fault('JOURNAL_UNWRITABLE', { why: 'the gateway stops' })
    if (idle !== null) clearTimeout(idle)
    const { config, version } = inForce()
    const thread = running()
    const id = ++lastId
    return new Promise<Reported>((resolve, reject) => {
      const timer = setTimeout(() => { void end(new Fault('READ_DEADLINE', { deadlineMs: limits.reportMs })) }, limits.reportMs)
      waiting.set(id, { resolve, reject, timer })
      const job: ReportJob = { id, name, ask: { params, query, line, accept, language }, now: now(), inForce: told === config ? null : { config, version } }
      told = config
      thread.postMessage(job)
    })
  }

  // The answer is that of the handler of this name, written out: the thread asks it with exactly this.
  const handlerOf = (name: ReportName) => (ask: Question) => report(name, ask)
  return {
    handlers: {
      oee_performance_report: handlerOf('oee_performance_report'),
      oee_comparative_analysis: handlerOf('oee_comparative_analysis'),
      oee_alert_analysis: handlerOf('oee_alert_analysis'),
      oee_optimization_recommendations: handlerOf('oee_optimization_recommendations'),
    },
    async stop() {
      isStopped = true
      await end(null)
    },
  }
}
