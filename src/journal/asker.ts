/** Asks the reading thread: started when somebody asks, ended when nobody has asked for a while, and replaced when it does not answer in time. */

import type { Worker } from 'node:worker_threads'
import { limits } from '../base/limits.js'
import { startThread } from '../base/threads.js'
import { Fault } from '../contract/faults.js'
import { type Answers, type FromReader, type Question, type ToReader, unwireFault } from './wire.js'

/** A question that looks at its deadline itself answers a little late; one that cannot is given up after this. */
const GRACE_MS = 500

interface Waiting { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void; timer: NodeJS.Timeout | undefined }

export class Asker {
  readonly #directory: string
  readonly #deadlineMs: number
  readonly #idleMs: number
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | null = null
  /** Those that were told to end, and still hold the journal open. */
  readonly #ending = new Set<Promise<unknown>>()
  #idle: NodeJS.Timeout | undefined
  /** A thread that is still loading uses up nobody's time. */
  #isReady = false
  #nextId = 1
  #closed = false

  constructor(directory: string, deadlineMs: number = limits.readDeadlineMs, idleMs: number = limits.readerIdleMs) {
    this.#directory = directory
    this.#deadlineMs = deadlineMs
    this.#idleMs = idleMs
  }

  ask<K extends Question['kind']>(question: Extract<Question, { kind: K }>): Promise<Answers[K]> {
    if (this.#closed) return Promise.reject(new Fault('JOURNAL_UNWRITABLE', { why: 'the journal is closed' }))
    const id = this.#nextId++
    clearTimeout(this.#idle)
    return new Promise<Answers[K]>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, timer: undefined })
      const asked: ToReader = { id, question, deadlineMs: this.#deadlineMs }
      this.#running().postMessage(asked)
      if (this.#isReady) this.#await(id)
    })
  }

  #await(id: number): void {
    const waiting = this.#waiting.get(id)
    if (waiting !== undefined) waiting.timer = setTimeout(() => { this.#restart(id) }, this.#deadlineMs + GRACE_MS)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#idle)
    // One that takes too long over what it was asked is still ended by its deadline.
    if (this.#worker !== null) this.#end(this.#worker)
    await Promise.all(this.#ending)
    this.#rejectAll(new Fault('JOURNAL_UNWRITABLE', { why: 'the journal is closed' }))
  }

  /** What it was asked before is still answered. */
  #end(worker: Worker): void {
    const ended: Promise<unknown> = new Promise((resolve) => worker.once('exit', resolve)).then(() => this.#ending.delete(ended))
    this.#ending.add(ended)
    worker.postMessage('close')
  }

  #rest(): void {
    const worker = this.#worker
    this.#worker = null
    this.#isReady = false
    if (worker !== null) this.#end(worker)
  }

  #running(): Worker {
    if (this.#worker !== null) return this.#worker
    const worker = startThread(new URL('./reader.js', import.meta.url), { workerData: { directory: this.#directory }, name: 'journal reader' })
    worker.on('message', (message: FromReader) => {
      if (message.kind !== 'ready') this.#hear(message)
      else if (this.#worker === worker) {
        this.#isReady = true
        for (const id of this.#waiting.keys()) this.#await(id)
      }
    })
    worker.on('error', (error) => {
      if (this.#worker !== worker) return
      this.#worker = null
      this.#isReady = false
      this.#rejectAll(error)
    })
    this.#worker = worker
    return worker
  }

  #hear(message: Exclude<FromReader, { kind: 'ready' }>): void {
    const waiting = this.#waiting.get(message.id)
    if (waiting === undefined) return
    this.#waiting.delete(message.id)
    clearTimeout(waiting.timer)
    // The kind of the answer is that of the question: `answerer` holds the two together.
    if (message.kind === 'done') waiting.resolve(message.value as never)
    else waiting.reject(unwireFault(message.fault))
    if (this.#waiting.size === 0 && !this.#closed) this.#idle = setTimeout(() => { this.#rest() }, this.#idleMs)
  }

  /** One statement took longer than its time; it cannot be interrupted, so its thread is left behind and ends with it. */
  #restart(id: number): void {
    const worker = this.#worker
    this.#worker = null
    this.#isReady = false
    void worker?.terminate()
    const late = this.#waiting.get(id)
    this.#waiting.delete(id)
    late?.reject(new Fault('READ_DEADLINE', { deadlineMs: this.#deadlineMs }))
    this.#rejectAll(new Fault('READ_DEADLINE', { deadlineMs: this.#deadlineMs, why: 'an earlier question took too long' }))
  }

  #rejectAll(error: Error): void {
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer)
      waiting.reject(error)
    }
    this.#waiting.clear()
  }
}
