/** Blocks of moving values for benches: REALs that swing, each at its own pace, so that every scan finds news. */

import type { Ms } from '../base/units.js'
import type { Block } from './s7server.js'

export interface SwingBlock {
  readonly db: number
  readonly bytes: number
  /** How often its values move. */
  readonly everyMs: Ms
}

const REAL_BYTES = 4

/** Moves the blocks until the process ends. */
export function startSwing(blocks: readonly SwingBlock[], write: (block: Block) => void): void {
  for (const block of blocks) {
    let step = 0
    setInterval(() => write({ db: block.db, image: swung(block, step++) }), block.everyMs).unref()
  }
}

/** The block at a step: value i is 100 · sin(step ÷ (10 + i)) + i. */
export function swung(block: SwingBlock, step: number): Buffer {
  const image = Buffer.alloc(block.bytes)
  for (let i = 0; (i + 1) * REAL_BYTES <= block.bytes; i++) image.writeFloatBE(100 * Math.sin(step / (10 + i)) + i, i * REAL_BYTES)
  return image
}
