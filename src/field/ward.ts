/** Keeps one driver process alive: starts it, hears its heartbeat, ends it when it hangs, starts it again. */

import { type ChildProcess, fork } from 'node:child_process'
import type { Chance } from '../base/chance.js'
import type { Clock } from '../base/clock.js'
import { limits } from '../base/limits.js'
import type { Log } from '../base/log.js'
import { retryWaits } from '../base/retry.js'
import { type Mono, laterMono, sinceMono } from '../base/units.js'
import type { FaultCode } from '../contract/faults.js'
import type { FromChild, ToChild } from './parcel.js'

export interface WardParts {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** Of the thread pool. */
  readonly threadsCount: number
  /** The first message to every new process. */
  readonly start: ToChild
  readonly onMessage: (message: FromChild) => void
  /** The process is gone and will be started again. Not called after `stop`. */
  readonly onEnd: (fault: Extract<FaultCode, 'DRIVER_CRASHED' | 'DRIVER_HUNG'>) => void
}

export interface Ward {
  /** False when there is no process to tell. */
  tell(message: ToChild): boolean
  stop(): Promise<void>
}

export function startWard(parts: WardParts): Ward {
  const { clock, chance, log, onEnd } = parts
  const stopping = new AbortController()
  let child: ChildProcess | null = null

  const live = async (): Promise<void> => {
    const rule = { waitMsFirst: limits.childRestartMsFirst, waitMsMax: limits.childRestartMsMax, jitter: 0.2 }
    let waits = retryWaits(rule, chance)
    while (!stopping.signal.aborted) {
      const begun = clock.mono()
      const own = child = spawn(parts)
      const exited = endOf(own)
      const hung = await heartbeat(own, parts, exited, stopping.signal)
      if (hung) own.kill('SIGKILL')
      await exited
      child = null
      if (stopping.signal.aborted) return
      onEnd(hung ? 'DRIVER_HUNG' : 'DRIVER_CRASHED')
      if (sinceMono(clock.mono(), begun) >= limits.goodMsToForgive) waits = retryWaits(rule, chance)
      const waitMs = waits.next().value
      log.warn('driver process is started again', { waitMs: Math.round(waitMs) })
      await clock.wait(laterMono(clock.mono(), waitMs), stopping.signal)
    }
  }
  const life = live()

  return {
    tell(message) {
      if (child?.connected !== true) return false
      child.send(message)
      return true
    },
    async stop() {
      stopping.abort()
      // A driver process holds nothing that needs an orderly end, and an orderly end could wait for a blocked call.
      child?.kill('SIGKILL')
      await life
    },
  }
}

function spawn({ threadsCount, start, onMessage }: WardParts): ChildProcess {
  const child = fork(new URL('./child.js', import.meta.url), {
    serialization: 'advanced',
    // Collecting garbage on helper threads takes the other core from whoever has it; a small young generation keeps each pause short;
    // each further thread of V8 would hold memory of its own.
    execArgv: ['--single-threaded-gc', '--max-semi-space-size=1', '--v8-pool-size=1'],
    // The pool of an ES module program is set from outside or not at all. Nothing else of our environment is a driver's business.
    env: { PATH: process.env['PATH'], TZ: process.env['TZ'], UV_THREADPOOL_SIZE: String(threadsCount) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  child.on('message', (message) => { onMessage(message as FromChild) })
  child.send(start)
  return child
}

/** Resolves when the process is gone, or never came to be. Any other error is of telling a process that is just ending. */
function endOf(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    child.once('exit', () => { done() })
    child.on('error', () => { if (child.pid === undefined) done() })
  })
}

/** Resolves with true when the process has been silent for too long, and with false when it has ended. */
async function heartbeat(child: ChildProcess, { clock }: WardParts, exited: Promise<unknown>, stopping: AbortSignal): Promise<boolean> {
  let heard: Mono = clock.mono()
  child.on('message', (message) => { if ((message as FromChild).kind === 'health') heard = clock.mono() })
  const ended = new AbortController()
  const end = (): void => { ended.abort() }
  void exited.then(end)
  stopping.addEventListener('abort', end, { once: true })
  while (!ended.signal.aborted) {
    await clock.wait(laterMono(heard, limits.childSilentMs), ended.signal)
    if (!ended.signal.aborted && sinceMono(clock.mono(), heard) >= limits.childSilentMs) return true
  }
  return false
}
