/** The parts waiting between two machines: finite, so that a machine can starve the next and block the one before. */

import { assert } from '../base/assert.js'

export class Store {
  readonly capacity: number
  #count: number

  constructor(capacity: number, count: number) {
    assert(count >= 0 && count <= capacity, 'a store begins between empty and full')
    this.capacity = capacity
    this.#count = count
  }

  get count(): number { return this.#count }
  get room(): number { return this.capacity - this.#count }

  put(): void {
    this.#count++
    assert(this.#count <= this.capacity, 'a full store takes no part')
  }

  take(): void {
    this.#count--
    assert(this.#count >= 0, 'an empty store gives no part')
  }
}

/** What stands before the first machine and after the last: always a part to give, always room to take one. */
export const openEnd: Side = { capacity: Infinity, count: Infinity, room: Infinity, put(): void {}, take(): void {} }

/** A part as it leaves a machine. */
export interface Passed { readonly product: string; readonly isStartup: boolean }

/** What stands before or after a machine. */
export interface Side {
  readonly capacity: number
  readonly count: number
  readonly room: number
  put(part: Passed): void
  take(): void
}
