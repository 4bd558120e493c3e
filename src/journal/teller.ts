/** Tells the writing thread what to do, and hears what became of it. */

import type { Worker } from 'node:worker_threads'
import { assert } from '../base/assert.js'
import type { Log } from '../base/log.js'
import { startThread } from '../base/threads.js'
import { Fault } from '../contract/faults.js'
import type { Trimmed } from '../contract/journal.js'
import type { Layout } from './samples/layouts.js'
import { type FromWriter, type Order, type Results, type ThreadOptions, type ToWriter, unwireFault, type WireFault, type WireRemembered } from './wire.js'

export interface TellerOptions {
  readonly thread: ThreadOptions
  readonly log: Log
  /** Turns are on the disk, after a commit that took so long. */
  readonly onAppended: (ms: number) => void
  /** The disk can no longer be trusted: nothing may be written any more. */
  readonly onBroken: (fault: Error) => void
  readonly onTrimmed?: ((trimmed: Trimmed) => void) | undefined
  /** A file of an earlier version, which is brought up before it is open, has come another portion further. */
  readonly onMoved?: (() => void) | undefined
}

export interface Opened { readonly remembered: WireRemembered; readonly layouts: ReadonlyMap<number, Layout> }

interface Waiting { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void }

export class Teller {
  /** Rejects with the `Fault` for which there is no journal. */
  readonly opened: Promise<Opened>
  readonly #options: TellerOptions
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  #ended: Error | null = null
  /** The disk can no longer be trusted; the thread still answers and closes. */
  #broken: Error | null = null
  #isMoving = false

  constructor(options: TellerOptions) {
    this.#options = options
    this.#worker = startThread(new URL('./worker.js', import.meta.url), { workerData: options.thread, name: 'journal writer' })
    this.opened = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromWriter) => {
        if (message.kind === 'opened') resolve(message)
        else if (message.kind === 'refused') reject(unwireFault(message.fault))
        else this.#hear(message)
      })
      this.#worker.on('error', (error) => {
        reject(error)
        this.#end(error)
      })
      this.#worker.on('exit', () => { this.#rejectAll(this.#ended ?? closed()) })
    })
  }

  /** Why no turn can be written any more; `null`: it can. */
  get refusal(): Error | null { return this.#ended ?? this.#broken }

  /** Rejects with the `Fault` that kept it from being done. */
  tell<K extends Order['kind']>(order: Extract<Order, { kind: K }>): Promise<Results[K]> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    const id = this.#nextId++
    return new Promise<Results[K]>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      const told: ToWriter = { ...order, id }
      this.#worker.postMessage(told)
    })
  }

  /** Whether there is still a thread that can be told to close. */
  get isOpen(): boolean { return this.#ended === null }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve))
    await this.tell({ kind: 'close' })
    await ended
  }

  /** Ends the thread, and with it every lock it holds. */
  async abandon(): Promise<void> {
    this.#ended ??= closed()
    await this.#worker.terminate()
  }

  #hear(message: Exclude<FromWriter, { kind: 'opened' | 'refused' }>): void {
    switch (message.kind) {
      case 'appended':
        this.#options.onAppended(message.ms)
        for (const id of message.ids) this.#settle(id, (waiting) => { waiting.resolve(null as never) })
        return
      // The kind of what was done is that of the order: `Writer` holds the two together.
      case 'done': this.#settle(message.id, (waiting) => { waiting.resolve(message.value as never) }); return
      case 'failed': this.#settle(message.id, (waiting) => { waiting.reject(unwireFault(message.fault)) }); return
      case 'broke': this.#broke(message.fault); return
      case 'moved': this.#moved(); return
      case 'trimmed': this.#options.onTrimmed?.(message.trimmed); return
      case 'said': this.#options.log[message.level](message.sentence, message.fields)
    }
  }

  #moved(): void {
    if (!this.#isMoving) this.#options.log.warn('the journal of an earlier version is brought up to this one, which may take minutes')
    this.#isMoving = true
    this.#options.onMoved?.()
  }

  #settle(id: number, settle: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id)
    assert(waiting !== undefined, 'the writer answers each message once')
    this.#waiting.delete(id)
    settle(waiting)
  }

  #broke(wire: WireFault): void {
    this.#broken = unwireFault(wire)
    this.#options.onBroken(this.#broken)
  }

  /** The writing thread died: nothing can be written any more. */
  #end(error: Error): void {
    if (this.#ended !== null) return
    this.#ended = new Fault('JOURNAL_UNWRITABLE', { why: error.message }, error)
    this.#rejectAll(this.#ended)
    this.#options.onBroken(this.#ended)
  }

  #rejectAll(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}

const closed = (): Fault => new Fault('JOURNAL_UNWRITABLE', { why: 'the journal is closed' })
