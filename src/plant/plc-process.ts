/** The PLC process seen from its parent: started, given orders, and killed like a PLC that loses power. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { given } from '../base/assert.js'
import { Fault } from '../contract/faults.js'
import type { Answer, Order, PlcOptions, RunningPlc } from './orders.js'

interface Waiting {
  readonly answered: (answer: Answer) => void
  readonly lost: (fault: Fault) => void
}

export class PlcProcess implements RunningPlc {
  readonly port: number
  readonly logixPort: number | null
  readonly #child: ChildProcess
  readonly #orders: Orders

  private constructor(child: ChildProcess, orders: Orders, port: number, logixPort: number | null) {
    this.#child = child
    this.#orders = orders
    this.port = port
    this.logixPort = logixPort
  }

  /** Resolves when the port accepts. */
  static async start(options: PlcOptions): Promise<PlcProcess> {
    const child = fork(new URL('./plc-child.js', import.meta.url), { serialization: 'advanced', execArgv: ['--max-semi-space-size=1', '--max-old-space-size=64'] })
    const orders = new Orders(child)
    try {
      const { port, logixPort } = await orders.give({ do: 'open', options })
      return new PlcProcess(child, orders, given(port, 'the port of an open PLC'), logixPort)
    } catch (thrown) {
      child.kill('SIGKILL')
      throw thrown
    }
  }

  get pid(): number { return given(this.#child.pid, 'the pid of a forked child') }
  get isAlive(): boolean { return this.#child.exitCode === null && this.#child.signalCode === null }

  /** Resolves when the order has been carried out; fails when the process ends before. */
  async obey(order: Order): Promise<void> { await this.#orders.give(order) }

  /** Ends it as a power cut does. */
  async kill(): Promise<void> {
    if (!this.isAlive) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}

/** Orders on their way to the child, each waiting for its answer. */
class Orders {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #last = 0

  constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.answered(answer)
      this.#waiting.delete(answer.id)
    })
    child.once('exit', (code, signal) => this.#lose({ code, signal }))
    child.once('error', (cause) => this.#lose({}, cause))
  }

  give(order: Order): Promise<Answer> {
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      const lost = (fault: Fault) => { this.#waiting.delete(id); reject(fault) }
      const answered = (answer: Answer) => answer.fault === null ? resolve(answer) : reject(new Fault(answer.fault.code, { order: order.do, ...answer.fault.fields }))
      this.#waiting.set(id, { answered, lost })
      if (!this.#child.connected) lost(new Fault('PLC_UNREACHABLE', { order: order.do }))
      else this.#child.send({ id, order }, (cause) => { if (cause !== null) lost(new Fault('PLC_UNREACHABLE', { order: order.do }, cause)) })
    })
  }

  #lose(fields: object, cause?: unknown): void {
    for (const { lost } of this.#waiting.values()) lost(new Fault('PLC_LINK_LOST', { ...fields }, cause))
  }
}
