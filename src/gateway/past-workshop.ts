/** Has commands about a long past worked out on a thread of their own: started when somebody asks, ended when it takes too long or when nobody has asked for a while. */

import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { breather } from '../base/breath.js'
import type { Clock } from '../base/clock.js'
import { limits } from '../base/limits.js'
import { type Ms, type Seq, laterMono } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import { Fault } from '../contract/faults.js'
import type { LossRow } from '../contract/losses.js'
import type { Worked } from '../contract/past.js'
import type { Line } from '../core/memory/memory.js'
import { snapshotOf } from '../core/snapshot.js'
import { unwireFault } from '../journal/wire.js'
import type { FromPast, PastJob, ToPast } from './past-thread.js'
import { roomyWorker } from './roomy-worker.js'

export interface PastWorkshop {
  /** Of the line as it was when `head` was the last fact. One at a time. Throws a `Fault` when it takes too long, and what the thread fell over when it did: nothing has happened then. */
  workOut(command: Command, line: Line, head: Seq): Promise<Worked>
  stop(): Promise<void>
}

export interface WorkshopParts {
  readonly directory: string
  readonly clock: Clock
  /** The configuration in force. */
  readonly inForce: () => PastJob['inForce']
  /** Resolves when what has happened so far is on the disk, from where the thread reads it. */
  readonly flush: () => Promise<void>
  /** Default: the one that works it out. */
  readonly thread?: URL
}

export function startPastWorkshop({ directory, clock, inForce, flush, thread = new URL('./past-thread.js', import.meta.url) }: WorkshopParts): PastWorkshop {
  let worker: Worker | null = null
  let idle = new AbortController()
  let ending: ((why: Error) => void) | null = null
  let isStopped = false

  function running(): Worker {
    if (worker !== null) return worker
    const started = roomyWorker(thread, { workerData: { directory }, name: 'corrections', resourceLimits: { maxOldGenerationSizeMb: limits.correctedHeapMb } }, limits.correctedYoungMb)
    started.on('error', (error) => { if (worker === started) void end(error) })
    worker = started
    return started
  }

  /** Whoever waits hears why. */
  function end(why: Error): Promise<unknown> {
    idle.abort()
    const ended = worker
    worker = null
    ending?.(why)
    return ended?.terminate() ?? Promise.resolve()
  }

  function after(ms: Ms, act: () => void): AbortController {
    const timer = new AbortController()
    void clock.wait(laterMono(clock.mono(), ms), timer.signal).then(() => { if (!timer.signal.aborted) act() })
    return timer
  }

  async function answered(message: ToPast, asked: Worker): Promise<Exclude<FromPast, { failed: unknown }>> {
    asked.postMessage(message)
    // It sends nothing else.
    const [answer] = await once(asked, 'message') as [FromPast]
    if ('failed' in answer) throw unwireFault(answer.failed)
    return answer
  }

  async function made(job: PastJob): Promise<Worked> {
    const asked = running()
    const answer = await answered({ job }, asked)
    if (!('made' in answer)) throw new Error('rows that nobody asked for')
    const rows: LossRow[] = []
    // What crosses at once holds this thread while it is read.
    const breathe = breather()
    while (rows.length < answer.rowsCount) {
      const more = await answered({ more: true }, asked)
      if ('rows' in more) rows.push(...more.rows)
      await breathe()
    }
    return { ...answer.made, edited: { ...answer.made.edited, rows } }
  }

  return {
    async workOut(command, line, head) {
      const { config, version } = inForce()
      const job: PastJob = { command, head, line: snapshotOf(line), inForce: { config, version }, before: line.plan.eras.map(({ to, plan }) => ({ to, version: plan.configVersion })), rowsFrom: rowsFrom(line) }
      await flush()
      if (isStopped) throw new Fault('JOURNAL_UNWRITABLE', { why: 'the gateway stops' })
      idle.abort()
      const late = after(limits.correctedMs, () => { void end(new Fault('READ_DEADLINE', { deadlineMs: limits.correctedMs })) })
      const ended = new Promise<never>((_, reject) => { ending = reject })
      try {
        return await Promise.race([made(job), ended])
      } finally {
        late.abort()
        ending = null
        if (worker !== null) idle = after(limits.correctedIdleMs, () => { void end(new Error('nobody asks')) })
      }
    },
    async stop() {
      isStopped = true
      await end(new Fault('JOURNAL_UNWRITABLE', { why: 'the gateway stops' }))
    },
  }
}

const rowsFrom = ({ plan, equipment, underWay }: Line): PastJob['rowsFrom'] =>
  new Map([...equipment.map(({ code, losses }) => [code, losses.book.from] as const), [plan.line.code, underWay.book.from] as const].flatMap(([code, from]) => (from === null ? [] : [[code, from]])))
