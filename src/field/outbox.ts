/** What a crew has to send while its host is busy: bounded, the newest scan of a group in place of an older one. */

import { limits } from '../base/limits.js'
import type { FromCrew } from './parcel.js'

/** The way to the host. Whoever makes one calls `goOn` of its outbox when the host has taken something. */
export interface Channel {
  give(message: FromCrew): void
  /** Messages that were given and not yet taken. */
  underWay(): number
}

export class Outbox {
  readonly #channel: Channel
  readonly #waiting = new Map<number, { readonly plc: string; readonly message: FromCrew }>()
  readonly #forgotten = new Map<string, number>()

  constructor(channel: Channel) { this.#channel = channel }

  /** Link changes, health and answers: rare, and never dropped. */
  send(message: FromCrew): void {
    this.#channel.give(message)
  }

  /** Sends a scan, or keeps it until the channel takes more; one that is overtaken by the next of its group is forgotten and counted. */
  scan(plc: string, group: number, message: FromCrew): void {
    this.goOn()
    if (this.#channel.underWay() < limits.crewTurnsMax) return this.#channel.give(message)
    if (this.#waiting.delete(group)) this.#forgotten.set(plc, this.forgottenCount(plc) + 1)
    this.#waiting.set(group, { plc, message })
  }

  forgottenCount(plc: string): number { return this.#forgotten.get(plc) ?? 0 }

  /** Sends what waits, oldest first, as far as the channel takes it. */
  goOn(): void {
    for (const [group, { message }] of this.#waiting) {
      if (this.#channel.underWay() >= limits.crewTurnsMax) return
      this.#waiting.delete(group)
      this.#channel.give(message)
    }
  }
}
