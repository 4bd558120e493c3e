/** A service of the controller: what it is asked with, and what it answers. */

import type { Segment } from './path.js'
import type { TagTable } from './tags.js'

/** What a service needs to answer. */
export interface Asked {
  readonly tags: TagTable
  readonly path: readonly Segment[]
  readonly data: Buffer
  /** The most data a reply may carry after its head. */
  readonly roomBytes: number
}

export interface Answer {
  readonly status: number
  /** Additional status words. */
  readonly extended?: readonly number[]
  readonly data?: Buffer
}

/** General status codes (CIP volume 1, appendix B). */
export const status = { good: 0x00, unknownSegment: 0x04, unknownDestination: 0x05, partial: 0x06, unsupported: 0x08, notEnoughData: 0x13, tooMuchData: 0x15, embedded: 0x1e, general: 0xff } as const
export const beyondTheEnd: Answer = { status: status.general, extended: [0x2105] }
export const typeMisfit: Answer = { status: status.general, extended: [0x2107] }
