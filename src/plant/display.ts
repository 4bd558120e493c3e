/** Keeps the PLC's blocks like the machines: an image each, sent when it changed. */

import type { Clock } from '../base/clock.js'
import type { Log } from '../base/log.js'
import { type Mono, type Ms, laterMono } from '../base/units.js'
import { Fault } from '../contract/faults.js'
import type { Equipment } from './equipment.js'
import { IMAGE_BYTES, imageOf } from './image.js'
import type { Line } from './line.js'
import { blankMachine, machineOf } from './logix/machine.js'
import type { RunningPlc, Shown } from './orders.js'

export class Display {
  readonly #line: Line
  readonly #clock: Clock
  readonly #log: Log
  /** The images as the PLC last got them. */
  #shown = new Map<Equipment, Buffer>()
  #blankUntil: Mono | null = null
  #last: Promise<void> = Promise.resolve()

  constructor(line: Line, clock: Clock, log: Log) {
    this.#line = line
    this.#clock = clock
    this.#log = log
  }

  /** What a PLC that starts now is to show. */
  begin(): Shown {
    const images = this.#images()
    this.#shown = images
    return this.#shownOf(images)
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
    const changed = new Map([...this.#images()].filter(([equipment, image]) => this.#shown.get(equipment)?.equals(image) !== true))
    if (changed.size === 0) return
    for (const [equipment, image] of changed) this.#shown.set(equipment, image)
    try {
      await plc.obey({ do: 'write', ...this.#shownOf(changed) })
    } catch (thrown) {
      // Most likely the PLC was killed with the order on its way, by a lever or by somebody else.
      this.#log.warn('blocks not written', { fault: thrown instanceof Fault ? thrown.code : String(thrown) })
    }
  }

  #images(): Map<Equipment, Buffer> {
    if (this.#blankUntil !== null && this.#clock.mono() >= this.#blankUntil) this.#blankUntil = null
    return new Map(this.#line.equipment.map((equipment) => [equipment, this.#blankUntil === null ? imageOf(equipment) : Buffer.alloc(IMAGE_BYTES)]))
  }

  /** Both images show the same, so that one alone tells whether it changed. */
  #shownOf(images: ReadonlyMap<Equipment, Buffer>): Shown {
    return {
      blocks: [...images].map(([{ recipe }, image]) => ({ db: recipe.db, image })),
      machines: [...images.keys()].map((equipment) => ({ tag: equipment.recipe.tag, bytes: this.#blankUntil === null ? machineOf(equipment) : blankMachine() })),
    }
  }
}
