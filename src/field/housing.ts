/** Where a crew lives: on a thread of the gateway when every driver of it is JavaScript of our own, in a process of its own otherwise. */

import { fork } from 'node:child_process'
import { limits } from '../base/limits.js'
import type { Log } from '../base/log.js'
import { startThread } from '../base/threads.js'
import type { FromCrew, ToCrew } from './parcel.js'

export type Housing = 'thread' | 'process'

export interface House {
  /** False when nobody is there to be told. */
  tell(message: ToCrew): boolean
  /** At once, in whatever it does. A crew holds nothing that needs an orderly end, and an orderly end could wait for a blocked call. */
  end(): void
  readonly ended: Promise<void>
}

export interface HouseParts {
  /** Of the thread pool of a process. */
  readonly poolThreadsCount: number
  readonly log: Log
  readonly onMessage: (message: FromCrew) => void
}

/** Native code can take its process down and blocks threads of a pool, so it gets a process and a pool of its own. */
export const build = (housing: Housing, parts: HouseParts): House => (housing === 'process' ? ownProcess(parts) : ownThread(parts))

/** Nothing else of our environment is a driver's business. */
const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], TZ: process.env['TZ'] })
/** As `bin/lineside` has it. */
const allocator = (): NodeJS.ProcessEnv => ({ MALLOC_TRIM_THRESHOLD_: process.env['MALLOC_TRIM_THRESHOLD_'], MALLOC_ARENA_MAX: process.env['MALLOC_ARENA_MAX'] })

function ownProcess({ poolThreadsCount, log, onMessage }: HouseParts): House {
  const child = fork(new URL('./crew-process.js', import.meta.url), {
    serialization: 'advanced',
    // Collecting garbage on helper threads takes the other core from whoever has it; a small young generation keeps each pause short;
    // each further thread of V8 would hold memory of its own.
    execArgv: ['--single-threaded-gc', '--max-semi-space-size=1', '--v8-pool-size=1'],
    // The pool of an ES module program is set from outside or not at all.
    env: { ...environment(), ...allocator(), UV_THREADPOOL_SIZE: String(poolThreadsCount) },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  })
  child.on('message', (message) => { onMessage(message as FromCrew) })
  // What a process says when it falls: a stack of ours, or the last sentence of a library. It belongs into the log, whole, beside what follows from it.
  let words = ''
  child.stderr?.setEncoding('utf8').on('data', (some: string) => { words = (words + some).slice(-limits.crewWordsMax) })
  child.once('close', () => { if (words !== '') log.error('a driver process failed', { detail: words.trim() }) })
  return {
    tell(message) {
      if (!child.connected) return false
      child.send(message)
      return true
    },
    end() { child.kill('SIGKILL') },
    // Any error of a process that has a number is of telling one that is just ending.
    ended: new Promise((done) => {
      child.once('exit', () => { done() })
      child.on('error', () => { if (child.pid === undefined) done() })
    }),
  }
}

/** A process of Node holds 40 MB before it does anything, and each scan would cross a pipe; a thread costs a fifth, and hands its scans over. It can run away or run out of memory, and is ended like a process. */
function ownThread({ log, onMessage }: HouseParts): House {
  const taken = new Int32Array(new SharedArrayBuffer(4))
  const worker = startThread(new URL('./crew-thread.js', import.meta.url), {
    name: 'drivers', workerData: { taken: taken.buffer }, env: environment(), execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 3, maxOldGenerationSizeMb: limits.crewHeapMb },
  })
  let isThere = true
  worker.on('message', (message: FromCrew) => {
    Atomics.add(taken, 0, 1)
    onMessage(message)
  })
  worker.on('error', (error) => { log.error('a driver thread failed', { detail: error instanceof Error ? error.stack ?? error.message : String(error) }) })
  return {
    tell(message) {
      if (isThere) worker.postMessage(message)
      return isThere
    },
    end() { void worker.terminate() },
    ended: new Promise((done) => { worker.once('exit', () => { isThere = false; done() }) }),
  }
}
