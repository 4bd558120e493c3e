/** How far the other side has everything: stored where a restart finds it, without a write to the disk for every step. */

import type { Clock } from '../../base/clock.js'
import type { Log } from '../../base/log.js'
import { type Ms, laterMono } from '../../base/units.js'
import type { Source } from './sources.js'

/** So long a stored bookmark rests before the next one: each is a write that waits for the disk, and a backlog moves it a hundred times a second. */
const KEEP_MS: Ms = 500

export interface BookmarkParts {
  readonly source: Pick<Source, 'lane' | 'load' | 'keep'>
  readonly clock: Clock
  readonly log: Log
}

export class Bookmark {
  readonly #parts: BookmarkParts
  #number = 0
  /** What is stored of it. */
  #kept = 0
  #keeping: Promise<void> | null = null
  readonly #settling = new AbortController()

  constructor(parts: BookmarkParts) { this.#parts = parts }

  get number(): number { return this.#number }

  async load(): Promise<void> { this.#number = this.#kept = await this.#parts.source.load() }

  /** Stored at once when it has rested, and otherwise soon. One that was lost in a crash only sends again what the other side knows. */
  move(to: number): void {
    this.#number = to
    this.#keep()
  }

  /** Resolves when it is stored. */
  async settle(): Promise<void> {
    this.#settling.abort()
    while (this.#keeping !== null) await this.#keeping
  }

  #keep(): void {
    if (this.#keeping !== null || this.#kept === this.#number) return
    const { source, log, clock } = this.#parts
    const number = this.#number
    this.#keeping = source.keep(number).then(
      () => { this.#kept = number },
      (thrown: unknown) => { log.warn('a bookmark could not be stored', { lane: source.lane, error: String(thrown) }) },
    ).then(() => clock.wait(laterMono(clock.mono(), KEEP_MS), this.#settling.signal)).then(() => {
      this.#keeping = null
      if (this.#kept === number) this.#keep()
    })
  }
}
