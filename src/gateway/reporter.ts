/** Has questions about the past answered on a thread of their own: started when somebody asks, ended when it takes too long or when nobody has asked for a while. */

import type { Worker } from 'node:worker_threads'
import type { Clock } from '../base/clock.js'
import { limits } from '../base/limits.js'
import { type Ms, laterMono } from '../base/units.js'
import type { CalendarSpan } from '../contract/calendar-span.js'
import type { Config } from '../contract/config.js'
import type { VersionUntil } from '../contract/desk.js'
import { Fault } from '../contract/faults.js'
import { refuse } from '../contract/refusals.js'
import type { PastHandlers, PastName } from '../faces/api/past.js'
import { unwireFault } from '../journal/wire.js'
import type { ToldUntil } from './explain.js'
import { roomyWorker } from './roomy-worker.js'
import type { FromReports, Question, Reported, ReportJob } from './report-thread.js'

export interface Reporter {
  readonly handlers: PastHandlers
  stop(): Promise<void>
}

export interface ReporterParts {
  readonly directory: string
  readonly clock: Clock
  /** The configuration in force. */
  readonly inForce: () => { readonly config: Config; readonly version: number }
  /** Until when the time of each equipment of a line has been told. */
  readonly told: (line: string) => ToldUntil
  /** What people said afterwards of the calendar of a line. */
  readonly corrected: (line: string) => readonly CalendarSpan[]
  /** The versions of the configuration that were in force before. */
  readonly before: (line: string) => readonly VersionUntil[]
  /** Resolves when what has happened so far is on the disk, from where reports read it. */
  readonly flush: () => Promise<void>
  /** Default: the one that makes reports. */
  readonly thread?: URL
}

interface Waiting { readonly resolve: (answer: Reported) => void; readonly reject: (error: Error) => void; readonly timer: AbortController }

export function startReporter({ directory, clock, inForce, told, corrected, before, flush, thread = new URL('./report-thread.js', import.meta.url) }: ReporterParts): Reporter {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | null = null
  let known: Config | null = null
  let idle = new AbortController()
  let askedCount = 0
  let lastId = 0
  let isStopped = false

  function running(): Worker {
    if (worker !== null) return worker
    const started = roomyWorker(thread, { workerData: { directory }, name: 'reports', resourceLimits: { maxOldGenerationSizeMb: limits.reportHeapMb } }, limits.reportYoungMb)
    started.on('message', ({ id, ...answer }: FromReports) => {
      if ('failed' in answer) settle(id, (one) => { one.reject(unwireFault(answer.failed)) })
      else settle(id, (one) => { one.resolve(answer.made) })
    })
    started.on('error', (error) => { if (worker === started) void end(error) })
    worker = started
    known = null
    return started
  }

  function settle(id: number, how: (one: Waiting) => void): void {
    const one = waiting.get(id)
    if (one === undefined) return
    waiting.delete(id)
    one.timer.abort()
    how(one)
    if (waiting.size === 0 && worker !== null) idle = after(limits.reportIdleMs, () => { void end(null) })
  }

  function after(ms: Ms, act: () => void): AbortController {
    const timer = new AbortController()
    void clock.wait(laterMono(clock.mono(), ms), timer.signal).then(() => { if (!timer.signal.aborted) act() })
    return timer
  }

  /** Whoever still waits hears why. */
  function end(why: Error | null): Promise<unknown> {
    idle.abort()
    const ended = worker
    worker = null
    for (const id of waiting.keys()) settle(id, (one) => { one.reject(why ?? new Fault('JOURNAL_UNWRITABLE', { why: 'the gateway stops' })) })
    return ended?.terminate() ?? Promise.resolve()
  }

  async function report(name: PastName, ask: Question): Promise<Reported> {
    if (askedCount >= limits.reportsWaitingMax) return refuse('TOO_MANY_REQUESTS', { reports_waiting: askedCount })
    askedCount++
    try {
      await flush()
      if (isStopped) throw new Fault('JOURNAL_UNWRITABLE', { why: 'the gateway stops' })
      return await answered(name, ask)
    } finally {
      askedCount--
    }
  }

  function answered(name: PastName, { params, query, line, accept, language }: Question): Promise<Reported> {
    idle.abort()
    const { config, version } = inForce()
    const asked = running()
    const id = ++lastId
    return new Promise<Reported>((resolve, reject) => {
      const timer = after(limits.reportMs, () => { void end(new Fault('READ_DEADLINE', { deadlineMs: limits.reportMs })) })
      waiting.set(id, { resolve, reject, timer })
      const job: ReportJob = { id, name, ask: { params, query, line, accept, language }, now: clock.now(), told: line === null ? new Map() : told(line), corrected: line === null ? [] : corrected(line), before: line === null ? [] : before(line), inForce: known === config ? null : { config, version } }
      known = config
      asked.postMessage(job)
    })
  }

  // The answer is that of the handler of this name, written out: the thread asks it with exactly this.
  const handlerOf = (name: PastName) => (ask: Question) => report(name, ask)
  return {
    handlers: {
      oee_performance_report: handlerOf('oee_performance_report'),
      oee_comparative_analysis: handlerOf('oee_comparative_analysis'),
      oee_alert_analysis: handlerOf('oee_alert_analysis'),
      oee_optimization_recommendations: handlerOf('oee_optimization_recommendations'),
      explain_equipment: handlerOf('explain_equipment'),
      explain_line: handlerOf('explain_line'),
    },
    async stop() {
      isStopped = true
      await end(null)
    },
  }
}
