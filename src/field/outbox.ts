/** What a driver process has to send while its host is busy: bounded, the newest scan of a group in place of an older one. */

import { limits } from '../base/limits.js'
import type { FromChild } from './parcel.js'

export class Outbox {
  readonly #give: (message: FromChild, sent: () => void) => void
  readonly #waiting = new Map<number, { readonly plc: string; readonly message: FromChild }>()
  readonly #forgotten = new Map<string, number>()
  #underWay = 0

  /** `give` sends one message and calls back when the channel has taken it. */
  constructor(give: (message: FromChild, sent: () => void) => void) { this.#give = give }

  /** Link changes, health and answers: rare, and never dropped. */
  send(message: FromChild): void {
    this.#underWay++
    this.#give(message, () => { this.#underWay--; this.#next() })
  }

  /** Sends a scan, or keeps it until the channel takes more; one that is overtaken by the next of its group is forgotten and counted. */
  scan(plc: string, group: number, message: FromChild): void {
    if (this.#underWay < limits.childTurnsMax) return this.send(message)
    if (this.#waiting.delete(group)) this.#forgotten.set(plc, this.forgottenCount(plc) + 1)
    this.#waiting.set(group, { plc, message })
  }

  forgottenCount(plc: string): number { return this.#forgotten.get(plc) ?? 0 }

  #next(): void {
    for (const [group, { message }] of this.#waiting) {
      if (this.#underWay >= limits.childTurnsMax) return
      this.#waiting.delete(group)
      this.send(message)
    }
  }
}
