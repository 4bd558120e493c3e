/** Keeps the PLC's blocks like the machines: an image each, sent when it changed. */

import type { Clock } from '../base/clock.js'
import type { Log } from '../base/log.js'
import { type Mono, type Ms, laterMono } from '../base/units.js'
import { Fault } from '../contract/faults.js'
import { IMAGE_BYTES, imageOf } from './image.js'
import type { Line } from './line.js'
import type { RunningPlc } from './orders.js'
import type { Block } from './s7server.js'

export class Display {
  readonly #line: Line
  readonly #clock: Clock
  readonly #log: Log
  /** The images as the PLC last got them. */
  #shown = new Map<number, Buffer>()
  #blankUntil: Mono | null = null
  #last: Promise<void> = Promise.resolve()

  constructor(line: Line, clock: Clock, log: Log) {
    this.#line = line
    this.#clock = clock
    this.#log = log
  }

  /** What a PLC that starts now is to show. */
  begin(): readonly Block[] {
    const images = this.#images()
    this.#shown = images
    return blocksOf(images)
  }

  /** All blocks are zero for so long, as while a program is downloaded. */
  blank(ms: Ms): void { this.#blankUntil = laterMono(this.#clock.mono(), ms) }

  /** Resolves when the PLC has taken the images as they are now, or is dead. One after the other, so that they never pile up. */
  show(plc: RunningPlc | null): Promise<void> {
    this.#last = this.#last.then(() => this.#send(plc))
    return this.#last
  }

  async #send(plc: RunningPlc | null): Promise<void> {
    if (plc?.isAlive !== true) return
    const changed = new Map([...this.#images()].filter(([db, image]) => this.#shown.get(db)?.equals(image) !== true))
    if (changed.size === 0) return
    for (const [db, image] of changed) this.#shown.set(db, image)
    try {
      await plc.obey({ do: 'write', blocks: blocksOf(changed) })
    } catch (thrown) {
      // Most likely the PLC was killed with the order on its way, by a lever or by somebody else.
      this.#log.warn('blocks not written', { fault: thrown instanceof Fault ? thrown.code : String(thrown) })
    }
  }

  #images(): Map<number, Buffer> {
    if (this.#blankUntil !== null && this.#clock.mono() >= this.#blankUntil) this.#blankUntil = null
    return new Map(this.#line.equipment.map((equipment) =>
      [equipment.recipe.db, this.#blankUntil === null ? imageOf(equipment) : Buffer.alloc(IMAGE_BYTES)]))
  }
}

const blocksOf = (images: ReadonlyMap<number, Buffer>): Block[] => [...images].map(([db, image]) => ({ db, image }))
