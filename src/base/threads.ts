/** Threads of this process that say how much memory they hold: V8 shows a heap to its own thread and to no other. */

import { getHeapStatistics } from 'node:v8'
import { Worker, type WorkerOptions, workerData } from 'node:worker_threads'
import type { Ms } from './units.js'

export interface ThreadHeap {
  readonly name: string
  /** Bytes in objects, garbage included; bytes that the heap has of the machine; bytes outside of it that objects hold, as buffers do. */
  readonly used: number
  readonly held: number
  readonly external: number
}

export type ThreadWish = WorkerOptions & { readonly name: string; readonly workerData: object }

const TELLS_EVERY_MS: Ms = 5_000
const FIGURES = 3
const running = new Map<Worker, { readonly name: string; readonly told: Float64Array }>()

/** Starts a thread that is listed while it runs, when its program calls `tellHeap`. */
export function startThread(program: URL, { name, workerData: data, ...options }: ThreadWish): Worker {
  const told = new Float64Array(new SharedArrayBuffer(FIGURES * Float64Array.BYTES_PER_ELEMENT))
  const worker = new Worker(program, { ...options, name, workerData: { ...data, toldHeap: told } })
  running.set(worker, { name, told })
  return worker.once('exit', () => { running.delete(worker) })
}

/** As each of them last told it, a few seconds ago. */
export const threadHeaps = (): readonly ThreadHeap[] => [...running.values()].map(({ name, told: [used = 0, held = 0, external = 0] }) => ({ name, used, held, external }))

/** For the program of a thread: tells from now on, and keeps nobody from ending. */
export function tellHeap(): void {
  // Whoever started it otherwise does not want to know.
  const { toldHeap } = workerData as { readonly toldHeap?: Float64Array }
  if (toldHeap === undefined) return
  const tell = (): void => {
    const { used_heap_size: used, total_heap_size: held, external_memory: external } = getHeapStatistics()
    toldHeap.set([used, held, external])
  }
  tell()
  setInterval(tell, TELLS_EVERY_MS).unref()
}
