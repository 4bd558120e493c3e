/** A thread with room for what lives only briefly. */

import { setFlagsFromString } from 'node:v8'
import type { Worker } from 'node:worker_threads'
import { type ThreadWish, startThread } from '../base/threads.js'

const FLAG = '--max-semi-space-size='

/**
 * The gateway holds all its threads to a young heap of a few MiB (`bin/lineside`), for most of them run for years and keep little. One that reads years for a
 * moment spends most of that moment collecting garbage there. V8 heeds the flag of the process and not `resourceLimits`, so the flag is another one until the
 * thread has its heap; the heaps that exist stay as they are. Where the process was given no flag, V8's own bound is roomy enough.
 */
export function roomyWorker(file: URL, options: ThreadWish, semiSpaceMb: number): Worker {
  const own = process.execArgv.find((flag) => flag.startsWith(FLAG))
  if (own === undefined) return startThread(file, options)
  setFlagsFromString(`${FLAG}${semiSpaceMb}`)
  const giveBack = () => { setFlagsFromString(own) }
  return startThread(file, options).once('online', giveBack).once('exit', giveBack)
}
