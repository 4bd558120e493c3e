/** Turns that nobody was told about: they wait for each other on the daemon's side, and cross to the writing thread together. */

import type { Ms } from '../base/units.js'
import type { WireTurn } from './wire.js'

/** Turns that may wait in memory for their commit; then the next one has to be written with all of them. */
const TURNS_MAX = 1_000

export interface StageParts {
  /** How long a turn may wait; 0 gives every turn a commit of its own. */
  readonly stageMs: Ms
  /** Puts turns on the disk in one commit, all or nothing. */
  readonly write: (turns: readonly WireTurn[]) => Promise<void>
  /** Turns that waited could not be written; they go on waiting. */
  readonly onTrouble: (trouble: unknown, turnsCount: number) => void
}

/**
 * Waking the writing thread costs more than what it then does for a turn of samples, and an answer wakes the daemon once more.
 * A commit costs the flash some pages, however little is in it, and a calm line has nothing but samples to say. What waits here is lost with
 * the process: at most `stageMs` of samples, which no fact rests on. Whoever asks for samples is answered after a `flush`, so nobody is shown old ones.
 */
export class Stage {
  readonly #parts: StageParts
  /** Oldest first. */
  #waiting: WireTurn[] = []
  #timer: NodeJS.Timeout | null = null
  /** Commits come one after the other, so that what failed is written before what followed. */
  #underWay: Promise<unknown> = Promise.resolve()

  constructor(parts: StageParts) { this.#parts = parts }

  /** Resolves at once for a turn that can wait; else when it is on the disk with all before it. Rejects when it is not: then it is forgotten, and the others wait on. */
  append(turn: WireTurn): Promise<void> {
    if (this.#parts.stageMs === 0 || turn.facts.length > 0 || turn.commands.length > 0 || this.#waiting.length >= TURNS_MAX) return this.#commit([turn])
    this.#waiting.push(turn)
    this.#timer ??= setTimeout(() => { void this.flush().catch(() => undefined) }, this.#parts.stageMs)
    return Promise.resolve()
  }

  /** Writes what waits. Rejects when it cannot be written, and then it waits on. */
  flush(): Promise<void> { return this.#commit([]) }

  #commit(turns: readonly WireTurn[]): Promise<void> {
    const done = this.#underWay.then(() => this.#write(turns))
    this.#underWay = done.catch(() => undefined)
    return done
  }

  async #write(turns: readonly WireTurn[]): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const waited = this.#waiting
    if (waited.length + turns.length === 0) return
    this.#waiting = []
    try {
      await this.#parts.write([...waited, ...turns])
    } catch (trouble) {
      this.#waiting = [...waited, ...this.#waiting]
      if (waited.length > 0) this.#parts.onTrouble(trouble, waited.length)
      throw trouble
    }
  }
}
